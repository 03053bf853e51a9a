//! What happened to a person's account lately.

#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::load;
pub use page::ActivityPage;
pub(crate) use page::sheet;
