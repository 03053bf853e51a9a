//! A member closes their account.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::load;
pub use page::ClosePage;
pub(crate) use page::sheet;
