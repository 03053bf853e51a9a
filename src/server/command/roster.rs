//! `portico roster`.

use super::{office, say_json};
use crate::server::settings::Settings;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use portico_access::roster_import::{self, Counts};
use portico_roster::Reject;
use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, IsTerminal as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

/// `portico roster …`.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Add and change the people of a roster file; people who are missing from it stay
    #[command(
        after_help = "Example: portico roster import --organization evergreen people.csv --rejects rejects.csv\n\n\
                      The good rows go in together, or none does. docs/OPERATING.md describes the columns."
    )]
    Import(Import),
}

#[derive(Args)]
pub(super) struct Import {
    /// Whose people
    #[arg(long, value_name = "SLUG")]
    organization: String,
    /// The roster file: CSV, UTF-8
    file: PathBuf,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Write the rows that were not taken, with line, column and reason
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let Command::Import(Import { organization, file, dry_run, rejects, json }) = command;
    let access = office::open(settings).await?;
    let organization = office::organization(&access, &organization).await?;
    let opened = File::open(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let progress = Progress::start("Reading");
    let today = organization.day(access.now());
    let reading = portico_roster::read(opened, &organization.definition, today)
        .with_context(|| format!("{} was not imported", file.display()))?;
    for warning in &reading.warnings {
        note(warning);
    }
    if let Some(path) = &rejects {
        write_rejects(path, &reading.rejected).with_context(|| format!("{} cannot be written", path.display()))?;
    } else {
        for Reject { line, column, reason } in &reading.rejected {
            note(format_args!("line {line}, {}: {reason}", column.unwrap_or("row")));
        }
    }
    progress.says("Importing");
    let counts = roster_import::import(&access, &organization, &reading, dry_run).await?;
    drop(progress);
    if json {
        return say_json(&counts);
    }
    let Counts { added, changed, unchanged, rejected } = counts;
    let would = if dry_run { "Nothing was written. It would be: " } else { "" };
    note(format_args!("{would}{added} added, {changed} changed, {unchanged} unchanged, {rejected} rows rejected"));
    Ok(())
}

/// A line on stderr: counts and warnings are not the command's data.
fn note(line: impl std::fmt::Display) {
    let _unread = writeln!(io::stderr(), "{line}");
}

/// A file that only its owner may read: the rows that were not taken tell who is on the roster.
fn write_rejects(path: &Path, rejected: &[Reject]) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    portico_roster::write_rejects(file, rejected)
}

/// A spinner while a person watches; nothing where stderr is a file.
struct Progress(Option<ProgressBar>);

impl Progress {
    fn start(what: &'static str) -> Self {
        let bar = io::stderr().is_terminal().then(|| ProgressBar::new_spinner().with_message(what));
        if let Some(bar) = &bar {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self(bar)
    }

    fn says(&self, what: &'static str) {
        if let Some(bar) = &self.0 {
            bar.set_message(what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
