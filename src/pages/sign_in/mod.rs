//! Signing in.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::{asks_from_outside, next_of, sign_in, unavailable};
pub use page::{SignInPage, UnavailablePage};
pub(crate) use page::{sheet, unavailable_sheet};
