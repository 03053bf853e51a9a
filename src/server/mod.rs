//! The server: router, middleware and everything else that only runs natively.

pub mod assets;
mod document;
pub mod forms;
mod headers;
mod language;
pub mod portal;
mod theme;
pub mod visitor;

use axum::{
    Router, middleware,
    routing::{get, post},
};
pub use portal::Portal;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

/// Every address that the portal answers.
pub fn router(portal: Portal) -> Router {
    let forms = Router::new()
        .route("/api/{function}", post(forms::server_function))
        .route("/language", post(language::switch))
        .layer(middleware::from_fn_with_state(portal.clone(), forms::guard));
    Router::new()
        .route("/", get(document::start))
        .route("/o/{organization}/{*page}", get(document::page))
        .route("/o/{organization}/theme.css", get(theme::serve))
        .route("/api/visit", get(document::visit_function))
        .route("/api/timer", get(document::timer_function))
        .route("/pkg/{digest}/{file}", get(assets::serve))
        .merge(forms)
        .fallback(document::not_found)
        .layer(middleware::from_fn_with_state(portal.clone(), headers::secure))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
        .with_state(portal)
}
