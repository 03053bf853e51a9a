//! The server: router, middleware and everything else that only runs natively.

pub mod assets;
pub mod command;
pub mod demo;
mod document;
pub mod forms;
pub mod front;
pub(crate) mod headers;
mod health;
mod housekeeping;
pub mod keys_file;
mod language;
pub mod logs;
pub mod network;
mod organization_file;
pub mod portal;
pub mod serve;
pub mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod theme;
pub mod tls;
pub mod visitor;
mod written;

use axum::{
    Router, middleware,
    routing::{get, post},
};
pub use portal::{Portal, Shared};
use tower_http::compression::CompressionLayer;

/// Every address that the portal answers.
pub fn router(portal: Portal) -> Router {
    // Leptos renders on the runtime that it is told of; a second router in one process finds it told already.
    let _already = any_spawner::Executor::init_tokio();
    let forms = Router::new()
        .route("/api/{function}", post(forms::server_function))
        .route("/language", post(language::switch))
        .layer(middleware::from_fn_with_state(portal.clone(), forms::guard));
    let asked_by_the_app = Router::new()
        .route("/api/visit", get(document::visit_function))
        .route("/api/timer", get(document::timer_function))
        .layer(middleware::from_fn(document::for_the_app));
    let mut routes = Router::new()
        .route("/health", get(health::alive))
        .route("/ready", get(health::ready))
        .route("/", get(document::start))
        .route("/o/{organization}/{*page}", get(document::page))
        .route("/o/{organization}/theme.css", get(theme::serve))
        .merge(asked_by_the_app)
        .route("/pkg/{digest}/{file}", get(assets::serve))
        .merge(forms)
        .fallback(document::not_found)
        .layer(CompressionLayer::new());
    if portal.demo.is_some() {
        routes = routes.merge(demo::routes()).route("/dev/components", get(document::page));
    }
    front::fortify(routes, &portal).with_state(portal)
}
