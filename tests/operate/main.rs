//! Running Portico: the command line, the front that every request passes, the logs, the demo.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without")]

mod command_line;
mod connections;
mod demo;
mod documents;
mod front;
mod logs;
mod process;
mod sources;
