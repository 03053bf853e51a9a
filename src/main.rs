//! Portico's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    portico::server::command::run()
}
