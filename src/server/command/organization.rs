//! `portico organization`.

use super::{office, say, say_json};
use crate::server::{organization_file::OrganizationFile, settings::Settings};
use anyhow::Context as _;
use clap::Subcommand;
use portico_access::organization::{self, Applied, Change};
use portico_rules::organization::Definition;
use serde_json::{Value, json};
use std::{fs, path::Path, path::PathBuf};

/// `portico organization …`.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Create or change an organization, and print what changed
    #[command(
        after_help = "Example: portico organization apply evergreen.toml\n\nApplying a file twice changes nothing."
    )]
    Apply {
        /// The organization file
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the organizations
    #[command(after_help = "Example: portico organization list")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show an organization with its whole policy
    #[command(after_help = "Example: portico organization show evergreen --json")]
    Show {
        /// Which
        slug: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Command::Apply { file, json } => apply(settings, &file, json).await,
        Command::List { json } => list(settings, json).await,
        Command::Show { slug, json } => show(settings, &slug, json).await,
    }
}

async fn apply(settings: &Settings, file: &Path, json: bool) -> anyhow::Result<()> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file)
        .with_context(|| format!("{name} cannot be read: name an organization file"))?;
    let file = OrganizationFile::read(&name, &text)?;
    let definition = &file.definition;
    let access = office::open(settings).await?;
    let applied =
        organization::apply(&access, definition).await?.map_err(|refused| file.refused(&refused))?;
    if json {
        return say_json(&as_json(definition, &applied));
    }
    let slug = &definition.slug;
    match (applied.is_new, applied.changes.is_empty()) {
        (true, _) => say(format_args!("{slug} is created.")),
        (false, true) => say(format_args!("{slug} is as the file says already; nothing changed.")),
        (false, false) => {
            say(format_args!("{slug} is changed:"));
            applied.changes.iter().for_each(|change| say(format_args!("  {}", in_words(change))));
        }
    }
    if !applied.not_yet_in_force.is_empty() {
        say(format_args!("Not yet in force, until they are built: {}.", applied.not_yet_in_force.join(", ")));
    }
    for warning in &applied.warnings {
        say(format_args!("Mind that policy.{warning}."));
    }
    Ok(())
}

fn in_words(change: &Change) -> String {
    let value =
        |value: &Option<Value>| value.as_ref().map_or_else(|| "not set".to_owned(), ToString::to_string);
    format!("{}: {} → {}", change.key, value(&change.from), value(&change.to))
}

fn as_json(definition: &Definition, applied: &Applied) -> Value {
    let changes: Vec<_> = applied
        .changes
        .iter()
        .map(|change| json!({ "key": change.key, "from": change.from, "to": change.to }))
        .collect();
    json!({
        "slug": definition.slug,
        "created": applied.is_new,
        "changes": changes,
        "not_yet_in_force": applied.not_yet_in_force,
        "warnings": applied.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

async fn list(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let access = office::open(settings).await?;
    let organizations = organization::list(&access).await?;
    if json {
        let list: Vec<_> = organizations
            .iter()
            .map(|organization| {
                let definition = &organization.definition;
                json!({ "slug": definition.slug, "name": definition.name, "preset": definition.preset })
            })
            .collect();
        return say_json(&list);
    }
    if organizations.is_empty() {
        say("There is no organization yet: create one with `portico organization apply FILE.toml`.");
    }
    for organization in organizations {
        let definition = organization.definition;
        say(format_args!("{:<20} {:<8} {}", definition.slug, preset(&definition), definition.name));
    }
    Ok(())
}

fn preset(definition: &Definition) -> String {
    serde_json::to_value(definition.preset)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

async fn show(settings: &Settings, slug: &str, json: bool) -> anyhow::Result<()> {
    let access = office::open(settings).await?;
    let organization = office::organization(&access, slug).await?;
    let definition = &organization.definition;
    if json {
        return say_json(&json!({ "organization": definition, "policy": organization.policy }));
    }
    say(format_args!("{} ({}), preset {}", definition.name, definition.slug, preset(definition)));
    say(format_args!("{}, {}, {}", definition.support_phone, definition.support_email, definition.time_zone));
    for program in &definition.programs {
        say(format_args!("program {:<20} {}", program.slug, program.name));
    }
    for employer in &definition.employers {
        say(format_args!("employer {:<19} {}", employer.slug, employer.name));
    }
    let Value::Object(policy) = serde_json::to_value(&organization.policy)? else { return Ok(()) };
    let overridden = definition.policy.keys();
    for (key, value) in &policy {
        let mark = if overridden.contains(&key.as_str()) { "  (overrides the preset)" } else { "" };
        say(format_args!("policy {key:<22} {value}{mark}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_put_into_words() {
        let change = Change { key: "policy.idle_seconds".into(), from: None, to: Some(json!(60)) };
        assert_eq!(in_words(&change), "policy.idle_seconds: not set → 60");
    }
}
