//! Registration: step by step from *About you* to the account.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;
#[cfg(feature = "ssr")]
pub(crate) mod problems;
#[cfg(feature = "ssr")]
mod questions;

#[cfg(feature = "ssr")]
pub(crate) use load::load;
#[cfg(feature = "ssr")]
pub(crate) use page::CHOICES;
pub(crate) use page::sheet;
pub use page::{Checked, DeadEnd, QuestionsPage, RegisterPage, SignInDetailsPage};
