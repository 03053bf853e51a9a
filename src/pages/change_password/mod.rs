//! A signed-in person changes their password.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::load;
pub(crate) use page::sheet;
