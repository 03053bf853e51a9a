//! `portico account`.

use super::{office, say, say_json};
use crate::server::settings::Settings;
use anyhow::bail;
use clap::{Args, Subcommand};
use portico_access::{
    Access,
    accounts::{self, Done, Found, State, View},
    organization::Organization,
};

/// `portico account …`.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Show an account and its state
    #[command(
        after_help = "Example: portico account show --organization evergreen helen.marsh --json\n\nShowing an account changes \
                      nothing, needs no reason and leaves nothing in the audit log."
    )]
    Show {
        #[command(flatten)]
        who: Who,
        /// Taken as by the other commands, and kept nowhere: none is needed
        #[arg(long = "reason", value_name = "TEXT", value_parser = reason)]
        _reason: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Lift the lock after too many failures
    #[command(
        after_help = "Example: portico account unlock --organization evergreen helen.marsh --reason 'called, knew her plan'"
    )]
    Unlock(Action),
    /// End an account's use until it is reactivated
    #[command(
        after_help = "Example: portico account disable --organization riverside dana@riverside.example --reason 'left'"
    )]
    Disable(Action),
    /// Make a disabled or expired account usable again
    #[command(
        after_help = "Example: portico account reactivate --organization riverside dana@riverside.example --reason 'is back'"
    )]
    Reactivate(Action),
    /// Sign an account out everywhere
    #[command(
        after_help = "Example: portico account end-sessions --organization evergreen helen.marsh --reason 'lost her phone'"
    )]
    EndSessions(Action),
}

/// Whose account.
#[derive(Args)]
pub(super) struct Who {
    /// Of which organization
    #[arg(long, value_name = "SLUG")]
    organization: String,
    /// User ID, email address, member id or account id
    #[arg(value_name = "WHO")]
    who: String,
}

/// Something done to an account.
#[derive(Args)]
pub(super) struct Action {
    #[command(flatten)]
    who: Who,
    /// Why; it is kept in the audit log
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
}

fn reason(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() { Err("say why, for the audit log") } else { Ok(text.to_owned()) }
}

pub(super) async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let access = office::open(settings).await?;
    let (who, reason) = match &command {
        Command::Show { who, .. } => (who, ""),
        Command::Unlock(action)
        | Command::Disable(action)
        | Command::Reactivate(action)
        | Command::EndSessions(action) => (&action.who, action.reason.as_str()),
    };
    let organization = office::organization(&access, &who.organization).await?;
    let id = find(&access, &organization, &who.who).await?;
    let (done, changed, so_already) = match &command {
        Command::Show { json, .. } => return show(&access, &organization, &id, *json).await,
        Command::Unlock(_) => (
            accounts::unlock(&access, &organization, &id, reason).await?,
            "The account is unlocked, and its owner told.",
            "The account was not locked.",
        ),
        Command::Disable(_) => (
            accounts::disable(&access, &organization, &id, reason).await?,
            "The account is disabled, its sessions ended and its owner told.",
            "The account was disabled already.",
        ),
        Command::Reactivate(_) => (
            accounts::reactivate(&access, &organization, &id, reason).await?,
            "The account is usable again, and its owner told.",
            "The account was neither disabled nor expired.",
        ),
        Command::EndSessions(_) => (
            accounts::end_sessions(&access, &organization, &id, reason).await?,
            "The account is signed out everywhere.",
            "The account was not signed in anywhere.",
        ),
    };
    match done {
        Done::Changed => say(changed),
        Done::AlreadySo => say(so_already),
        Done::NoSuchAccount => bail!("the account is gone: look it up again with `portico account show`"),
    }
    Ok(())
}

async fn find(access: &Access, organization: &Organization, who: &str) -> anyhow::Result<String> {
    match accounts::find(access, organization, who).await? {
        Found::One(id) => Ok(id),
        Found::Nobody => bail!(
            "{} has no such account: give a User ID, an email address, a member id or an account id",
            organization.definition.slug
        ),
        Found::Several(ids) => bail!(
            "{} accounts share this address: give one of their ids instead, {}",
            ids.len(),
            ids.join(" or ")
        ),
    }
}

async fn show(access: &Access, organization: &Organization, id: &str, json: bool) -> anyhow::Result<()> {
    let Some(view) = accounts::show(access, organization, id).await? else {
        bail!("the account is gone: look it up again")
    };
    if json {
        return say_json(&view);
    }
    for (label, value) in lines(&view) {
        say(format_args!("{label:<14} {value}"));
    }
    Ok(())
}

fn lines(view: &View) -> Vec<(&'static str, String)> {
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let state = match view.state {
        State::Invited => "invited: no password yet".to_owned(),
        State::Active => "active".to_owned(),
        State::Locked { since, until } => {
            let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
            let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
            format!("locked{since}{until}")
        }
        State::Expired { since } => format!("expired since {since}"),
        State::Disabled { since } => format!("disabled since {since}"),
        State::Ended { last_day } => format!("coverage ended; last day {last_day}"),
    };
    vec![
        ("account", view.id.clone()),
        ("state", state),
        ("role", view.role.clone()),
        ("name", view.name.clone()),
        ("User ID", or_none(view.user_id.clone())),
        ("email", or_none(view.email.clone())),
        ("language", view.language.clone()),
        ("made", view.created_at.to_string()),
        ("last sign-in", or_none(view.signed_in_at.map(|at| at.to_string()))),
        ("expires", or_none(view.expires_at.map(|at| at.to_string()))),
        ("failures", view.failures.to_string()),
        ("sessions", view.sessions.to_string()),
    ]
}
