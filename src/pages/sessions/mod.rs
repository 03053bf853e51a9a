//! Where a person is signed in.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::{browser_in_words, load, moment_in_words};
pub(crate) use page::sheet;
pub use page::{OtherSession, SessionsPage};
