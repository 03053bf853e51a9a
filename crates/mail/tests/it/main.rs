//! The mails as they read, and their way from a committed change to a mail server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod delivery;
mod fixtures;
mod mails;
mod wire;
