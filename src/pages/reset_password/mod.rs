//! Setting a password with two emails: a link, then a code. The same journey sets the first password.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::{ask, new_password, sent};
pub(crate) use page::sheet;
pub use page::{LinkState, ResetPage};
