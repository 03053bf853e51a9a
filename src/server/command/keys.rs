//! `portico keys`.

use super::say;
use crate::server::{
    keys_file,
    settings::{Settings, SettingsError},
};
use clap::Subcommand;
use portico_access::SystemRandomness;
use std::path::PathBuf;

/// `portico keys …`.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a keys file, readable by you alone; an existing one is never overwritten
    #[command(
        after_help = "Example: portico keys new --out /etc/portico/keys\n\nBack it up, apart from the database: \
                            without it the database cannot be read."
    )]
    New {
        /// Where to [default: `keys_file` of the settings]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Add a key, which new values are sealed with; old ones stay readable
    #[command(
        after_help = "Example: portico keys rotate\n\nRestart every server after it, each with the same file."
    )]
    Rotate,
}

pub(super) fn run(
    command: Command,
    settings: impl FnOnce() -> Result<Settings, SettingsError>,
) -> anyhow::Result<()> {
    match command {
        Command::New { out } => {
            // With --out no settings are needed, nor looked at: they may well come later.
            let file = match out {
                Some(file) => file,
                None => settings()?.keys_file()?.to_owned(),
            };
            keys_file::create(&file, &SystemRandomness)?;
            say(format_args!(
                "{} is made, readable by you alone. Name it as `keys_file`, and back it up apart from the database.",
                file.display()
            ));
        }
        Command::Rotate => {
            let settings = settings()?;
            let file = settings.keys_file()?;
            keys_file::rotate(file, &SystemRandomness)?;
            say(format_args!(
                "{} has a new current key. Back it up, and restart every server.",
                file.display()
            ));
        }
    }
    Ok(())
}
