//! The command line: what an operator types, and how it is answered.
//!
//! A command prints what it did on stdout, and one sentence on stderr when it could not. It ends with 0 when it is done,
//! 1 when it was refused or failed, 2 when it was not understood.

mod account;
mod doctor;
mod keys;
mod office;
mod organization;
mod policy;
mod roster;
mod serve;
mod staff;

use super::{
    logs,
    settings::{LogLevel, Settings},
};
use clap::{Parser, Subcommand};
use std::{
    fmt::Display,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

/// The self-hosted front door of a health program.
#[derive(Parser)]
#[command(
    name = "portico",
    version,
    arg_required_else_help = true,
    after_help = "Example: portico serve --demo\n\nSettings are read from portico.toml and the environment; docs/OPERATING.md \
                  lists them all."
)]
struct CommandLine {
    /// The settings file [default: portico.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    #[command(
        after_help = "Examples:\n  portico serve --demo\n  portico serve --config /etc/portico/portico.toml"
    )]
    Serve {
        /// Throw-away data, a mailbox and a clock to move; on this machine only
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database to this version's schema
    #[command(
        after_help = "Example: portico migrate\n\nBack the database up before. Doing it twice changes nothing."
    )]
    Migrate,
    /// Make the secret keys, or add one
    #[command(subcommand)]
    Keys(keys::Command),
    /// Create, change and show organizations
    #[command(subcommand)]
    Organization(organization::Command),
    /// Explain what an organization's policy deviates from
    #[command(subcommand)]
    Policy(policy::Command),
    /// Load an organization's people
    #[command(subcommand)]
    Roster(roster::Command),
    /// Invite staff
    #[command(subcommand)]
    Staff(staff::Command),
    /// Show and change an account
    #[command(subcommand)]
    Account(account::Command),
    /// Check settings, keys, database, mail and clock
    #[command(
        after_help = "Example: portico doctor --config /etc/portico/portico.toml\n\nEnds with 1 if something needs you."
    )]
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Does what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    // Ends the process with 2 for wrong usage, 0 for --help.
    let command_line = CommandLine::parse();
    match answer(command_line) {
        Ok(code) => code,
        Err(failure) => {
            // Whoever closed stderr does not want to know.
            let _unheard = writeln!(io::stderr(), "portico: {}", one_line(&failure));
            ExitCode::FAILURE
        }
    }
}

fn answer(command_line: CommandLine) -> anyhow::Result<ExitCode> {
    let settings = || Settings::load(command_line.config.as_deref(), from_environment);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let work = async {
        match command_line.command {
            Command::Serve { demo } => {
                let settings = settings()?;
                // Whoever tries the demo is reading what to try.
                let usual = if demo { LogLevel::Warn } else { LogLevel::Info };
                logs::start(settings.log.unwrap_or(usual));
                serve::run(settings, demo).await?;
            }
            Command::Migrate => office::migrate(&settings()?).await?,
            Command::Keys(command) => keys::run(command, settings)?,
            Command::Organization(command) => organization::run(command, &settings()?).await?,
            Command::Policy(command) => policy::run(command, &settings()?).await?,
            Command::Roster(command) => roster::run(command, &settings()?).await?,
            Command::Staff(command) => staff::run(command, &settings()?).await?,
            Command::Account(command) => account::run(command, &settings()?).await?,
            Command::Doctor { json } => return doctor::run(settings(), json).await,
        }
        Ok(ExitCode::SUCCESS)
    };
    let done = runtime.block_on(work);
    // What may still run here is of no use to anybody: a look-up, a hash.
    runtime.shutdown_background();
    done
}

fn from_environment(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// A failure with its causes, on one line.
fn one_line(failure: &anyhow::Error) -> String {
    format!("{failure:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Prints a line; a reader that went away (`| head`) is no failure.
fn say(line: impl Display) {
    let _unread = writeln!(io::stdout(), "{line}");
}

/// Prints data as JSON.
fn say_json(data: &impl serde::Serialize) -> anyhow::Result<()> {
    say(serde_json::to_string_pretty(data)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn look(command: &clap::Command, path: &str, missing: &mut Vec<String>) {
            let path = format!("{path} {}", command.get_name());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            if !help.contains("portico ") && command.get_subcommands().next().is_none() {
                missing.push(path.clone());
            }
            command.get_subcommands().for_each(|below| look(below, &path, missing));
        }
        let mut missing = Vec::new();
        look(&CommandLine::command(), "", &mut missing);
        assert!(missing.is_empty(), "{missing:?}");
    }
}
