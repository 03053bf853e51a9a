//! A signed-in person changes their email address.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::load;
pub use page::EmailPage;
pub(crate) use page::sheet;
