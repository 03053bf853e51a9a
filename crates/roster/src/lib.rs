//! The roster: reading its files, and finding the person that a registration means.
//!
//! Nothing here prints or logs a value of a file: what is wrong with a row is told by line and column.

pub mod matching;
mod person;
mod reading;

pub use person::{Enrolment, EnrolmentIdentity, Person, Relationship};
pub use reading::{ReadError, Reading, Reject, read, write_rejects};
