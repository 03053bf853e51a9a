//! A signed-in person changes their security questions; and what every page with them has in common.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;
#[cfg(feature = "ssr")]
pub(crate) mod words;

#[cfg(feature = "ssr")]
pub(crate) use load::load;
pub use page::SecurityQuestionsPage;
pub(crate) use page::sheet;
