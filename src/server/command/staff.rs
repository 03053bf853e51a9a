//! `portico staff`.

use super::{office, say, say_json};
use crate::server::settings::Settings;
use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use portico_access::invite::{self, InviteOutcome};
use portico_rules::Lang;
use serde_json::json;

/// `portico staff …`.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an account and mail its owner a link to choose the password
    #[command(
        after_help = "Example: portico staff invite --organization riverside --email dana@riverside.example --name 'Dana Whitfield'\n\n\
                      Inviting somebody again, who has not chosen a password, sends a fresh link."
    )]
    Invite {
        /// To which organization
        #[arg(long, value_name = "SLUG")]
        organization: String,
        /// Where the mail goes, and what they sign in with
        #[arg(long, value_name = "E")]
        email: String,
        /// What they are called
        #[arg(long, value_name = "N")]
        name: String,
        /// user, support or administrator
        #[arg(long, default_value = "user")]
        role: String,
        /// The language of their mail
        #[arg(long, value_enum, default_value_t = Language::En)]
        language: Language,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// The portal's languages.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Language {
    /// English
    En,
    /// Spanish
    Es,
}

pub(super) async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let Command::Invite { organization, email, name, role, language, json } = command;
    let access = office::open(settings).await?;
    let organization = office::organization(&access, &organization).await?;
    let language = match language {
        Language::En => Lang::En,
        Language::Es => Lang::Es,
    };
    match invite::invite(&access, &organization, &email, &name, &role, language).await? {
        InviteOutcome::Refused(refusal) => bail!("{refusal}"),
        InviteOutcome::Invited { account_id, again } if json => {
            say_json(&json!({ "account": account_id, "invited_again": again }))
        }
        InviteOutcome::Invited { account_id, again } => {
            let hours = organization.policy.welcome_hours;
            let again = if again { " again" } else { "" };
            say(format_args!(
                "Invited{again}, as account {account_id}: the link in the mail is good for {hours} hours."
            ));
            Ok(())
        }
    }
}
