//! The journeys that lead to a password, on both databases: registration, reset with two emails, invitation.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test whose helper fails has failed")]

mod barred;
mod close_account;
mod disavowal;
mod email_change;
mod employers;
mod households;
mod invite;
mod limits;
mod lockout;
mod model;
mod modern;
mod pin;
mod pin_races;
mod questions;
mod registration;
mod registration_races;
mod reset;
mod reset_races;
mod retention;
mod security_questions;
mod support;
mod tries;
mod two_servers;
