//! The rules of Portico that need nothing but their arguments: no I/O, no clock, no randomness.
//!
//! The crate builds for the server and for the browser, so that what a page says while a person types is decided by
//! the same function that decides when the form arrives. Whatever the browser uses stays light: no regular
//! expressions, no Unicode tables.

pub mod code;
pub mod date;
mod digits;
pub mod email;
pub mod identity;
pub mod lang;
mod letters;
pub mod next;
pub mod normalise;
pub mod organization;
pub mod password;
pub mod policy;
pub mod questionnaire;
pub mod registration;
pub mod security_questions;
pub mod ssn;
pub mod state;
pub mod user_id;
pub mod zip;

pub use lang::Lang;
