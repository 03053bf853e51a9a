//! The portal as a browser meets it, in process, on both databases: what every address promises, and what a request
//! from elsewhere does not get.

mod browser;
mod enumeration;
mod floor;
mod journeys;
