//! `portico roster`.

use super::{office, say_json};
use crate::server::settings::Settings;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use portico_access::roster_import::{self, Counts};
use portico_roster::{Reading, Reject};
use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);
/// How many rows that were not taken are named on the terminal.
const NAMED: usize = 20;

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
    let Command::Import(import) = command;
    let file = File::open(&import.file)
        .with_context(|| format!("{} cannot be read: name a roster file", import.file.display()))?;
    let access = office::open(settings).await?;
    let organization = office::organization(&access, &import.organization).await?;

    let reading = {
        let bar = progress(ProgressBar::new(file.metadata()?.len()), "Reading the file");
        let today = organization.day(access.now());
        let reading = portico_roster::read(bar.wrap_read(file), &organization.definition, today);
        bar.finish_and_clear();
        reading.with_context(|| import.file.display().to_string())?
    };
    // Before anything is imported: a rejects file that cannot be written is found out in time.
    if let Some(rejects) = &import.rejects {
        write_rejects(rejects, &reading.rejected)
            .with_context(|| format!("{} cannot be written: nothing was imported", rejects.display()))?;
    }
    let counts = {
        let bar = progress(ProgressBar::new_spinner(), "Putting them on the roster");
        bar.enable_steady_tick(TICK);
        let counts = roster_import::import(&access, &organization, &reading, import.dry_run).await;
        bar.finish_and_clear();
        counts?
    };
    if import.json {
        say_json(&counts)?;
    }
    report(&import, &reading, counts);
    Ok(())
}

/// On stderr, and only where it is a terminal.
fn progress(bar: ProgressBar, message: &'static str) -> ProgressBar {
    bar.set_draw_target(ProgressDrawTarget::stderr());
    if bar.length().is_some()
        && let Ok(style) = ProgressStyle::with_template("{msg}  {bar:40} {percent} %")
    {
        bar.set_style(style);
    }
    bar.with_message(message)
}

/// Tells on stderr what was noticed, which rows were not taken, and how many were.
fn report(import: &Import, reading: &Reading, counts: Counts) {
    let mut lines: Vec<String> =
        reading.warnings.iter().map(|warning| format!("warning: {warning}")).collect();
    if import.rejects.is_none() {
        let named = reading.rejected.iter().take(NAMED).map(|Reject { line, column, reason }| match column {
            Some(column) => format!("line {line}: {column} {reason}"),
            None => format!("line {line}: {reason}"),
        });
        lines.extend(named);
        if reading.rejected.len() > NAMED {
            lines.push(format!(
                "and {} more: see them all with --rejects FILE",
                reading.rejected.len() - NAMED
            ));
        }
    }
    let would = if import.dry_run { "would be " } else { "" };
    let Counts { added, changed, unchanged, rejected } = counts;
    lines.push(format!("{added} people {would}added, {changed} {would}changed, {unchanged} as they were, {rejected} rows rejected"));
    for line in lines {
        // Whoever closed stderr does not want to know.
        let _unheard = writeln!(io::stderr(), "{line}");
    }
}

/// Writes the rejects for their owner alone. They hold no values of the file, but they say who has made mistakes.
fn write_rejects(path: &Path, rejected: &[Reject]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // An existing file keeps the mode it had.
    file.set_permissions(Permissions::from_mode(0o600))?;
    portico_roster::write_rejects(&mut file, rejected)
}
