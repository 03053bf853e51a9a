//! `portico policy`.

use super::{office, say, say_json};
use crate::server::settings::Settings;
use clap::Subcommand;
use portico_access::organization::Organization;
use portico_rules::policy::conformance::{Conformance, Deviation, explain};
use serde_json::{Value, json};

/// `portico policy …`.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List what an organization's policy deviates from in OWASP ASVS 5.0 and NIST SP 800-63B-4
    #[command(after_help = "Example: portico policy explain --organization evergreen\n\n\
                            Each deviation comes with its number, the keys under [policy] that decide it, and the reason. Apart \
                            from them stands what this version claims for no policy at all.")]
    Explain {
        /// Which organization
        #[arg(long, value_name = "SLUG")]
        organization: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let Command::Explain { organization, json } = command;
    let access = office::open(settings).await?;
    let organization = office::organization(&access, &organization).await?;
    let conformance = explain(&organization.policy);
    if json {
        return say_json(&as_json(&organization, &conformance));
    }
    let definition = &organization.definition;
    say(format_args!("{} ({}), preset {}", definition.name, definition.slug, definition.preset.name()));
    say("");
    if conformance.deviations.is_empty() {
        say("Deviates from nothing that Portico claims.");
    } else {
        say(format_args!("Deviates from {}:", conformance.deviations.len()));
        conformance.deviations.iter().for_each(say_deviation);
    }
    say("");
    if !conformance.not_claimed.is_empty() {
        say(format_args!("Not claimed by this version, for any policy, {}:", conformance.not_claimed.len()));
        conformance.not_claimed.iter().for_each(say_deviation);
        say("");
    }
    say(format_args!("Keeps {}:", conformance.keeps.len()));
    for requirement in &conformance.keeps {
        say(format_args!("  {}  {}", requirement.id, requirement.asks));
    }
    Ok(())
}

fn say_deviation(deviation: &Deviation) {
    let keys = deviation.keys.join(", ");
    let by = if keys.is_empty() { "this version" } else { keys.as_str() };
    say(format_args!("  {}  {}", deviation.requirement.id, deviation.requirement.asks));
    say(format_args!("      {} ({by})", deviation.reason));
}

fn as_json(organization: &Organization, conformance: &Conformance) -> Value {
    json!({
        "organization": organization.definition.slug,
        "preset": organization.definition.preset,
        "deviations": conformance.deviations,
        "not_claimed": conformance.not_claimed,
        "keeps": conformance.keeps,
    })
}
