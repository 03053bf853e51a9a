//! The mail Portico sends: what it says, the outbox it waits in, and its way to the mail server.
//!
//! A change of state and its mail are one transaction: [`outbox::enqueue`] renders the mail and seals it into the
//! caller's unit of work. A [`worker`] leases what is due and hands it to a [`transport`]. Delivery is at least once,
//! with the same Message-ID on every attempt, so that a mail server or a reader can tell a double.
//!
//! Nothing here logs a recipient, a subject or a body, and nothing here reads a clock or makes randomness.

mod message;
pub mod moment;
pub mod outbox;
mod render;
mod sender;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transport;
mod words;
pub mod worker;

pub use message::{LockedFor, Message};
pub use render::{Rendered, render};
pub use sender::Sender;
