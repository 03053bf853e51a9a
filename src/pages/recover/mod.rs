//! A forgotten User ID, a forgotten password, or both, with a PIN by mail. Two addresses, one journey: each offers the
//! other with the same PIN.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::load;
pub(crate) use page::sheet;
pub use page::{RecoverPage, Step};
