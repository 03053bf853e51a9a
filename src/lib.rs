//! Portico's app: the pages, their server functions and, natively, the server that answers with them.
//!
//! The crate is built twice: with the feature `ssr` it is the server, with `hydrate` the WebAssembly that
//! brings a served page to life. What both need (addresses, the data of a page, its view) is compiled
//! into both from the same source.

#![recursion_limit = "256"]

pub mod app;
pub(crate) mod components;
pub mod pages;
pub mod routes;
pub(crate) mod text;
pub(crate) mod view;
pub mod visit;

#[cfg(feature = "hydrate")]
pub(crate) mod browser;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub(crate) mod shell;

/// Entry point in the browser: takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
