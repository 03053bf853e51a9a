//! Login Help, and what to do about something forgotten.

#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::{forgot, help};
pub use page::{ForgotPage, HelpPage, HelpSection, Question};
pub(crate) use page::{forgot_sheet, help_sheet};
