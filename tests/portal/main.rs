//! The portal as a browser meets it, in process, on both databases: what every address promises, and what a request
//! from elsewhere does not get.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test whose helper fails has failed")]

mod access;
mod account;
mod answer;
mod autofill;
mod browser;
mod employers;
mod enumeration;
mod floor;
mod help;
mod journeys;
mod odd_input;
mod payloads;
mod questions;
mod recover;
mod secrets;
mod trouble;
mod windows;
