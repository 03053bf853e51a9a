//! Registrations that could not go on: kept for the desk, counted against those who make many, and told of when they look
//! like somebody going through the roster.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use portico_roster::matching::Comparison;
use portico_rules::identity::AboutYou;
use portico_store::keys::Fingerprint;
use portico_store::limits::{self, Limit};
use portico_store::registrations::{self, MASKED};
use portico_store::{Unit, keys::Sealed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::about_you::Typed;
use crate::organization::Organization;
use crate::people::Sought;
use crate::{Access, AccessError};

/// Registrations that could not go on, from one browser.
const BROWSER: Limit =
    Limit { kind: "registration_browser", at_most: 10, within: SignedDuration::from_hours(24) };

/// The same from one network. More than from a browser, since many people share one at work and in a clinic.
const NETWORK: Limit =
    Limit { kind: "registration_network", at_most: 30, within: SignedDuration::from_hours(1) };

/// The same for one name, date of birth and address.
const PERSON: Limit =
    Limit { kind: "registration_person", at_most: 5, within: SignedDuration::from_hours(24) };

/// Entries of About you with a Social Security number, their own or the employee's, for one name, date of birth and
/// address. They count whether or not the number is right, since what follows may tell it, and whether or not there is
/// such a person.
const NUMBER: Limit =
    Limit { kind: "registration_number", at_most: 5, within: SignedDuration::from_hours(24) };

/// Entries of About you from one network, whatever comes of them, so that a store of begun registrations does not grow
/// past what the other limits allow to be tried.
const BEGUN: Limit =
    Limit { kind: "registration_begun", at_most: 120, within: SignedDuration::from_hours(1) };

/// How often one browser or network is told of.
const TOLD: Limit = Limit { kind: "registration_told", at_most: 1, within: SignedDuration::from_hours(1) };

/// Where a form comes from: from whose page, and from where as limits count it. What is empty is not known and not
/// counted.
#[derive(Clone, Copy, Default)]
pub struct Source<'a> {
    /// Slug of the employer whose registration page it is; `None`: the one for people who are enrolled in a program.
    pub employer: Option<&'a str>,
    /// What tells the browser from others: its own cookie.
    pub browser: &'a str,
    /// The network, as coarse as its limit is to be.
    pub network: &'a str,
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(…)")
    }
}

/// What was typed, as the desk sees it: of each word the first character, of the date of birth the year, of the ZIP code
/// three digits. It does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// First and last name.
    pub name: String,
    /// Date of birth.
    pub date_of_birth: String,
    /// Both lines of the address.
    pub address: String,
    /// City, state and ZIP code.
    pub place: String,
    /// Whether a Social Security number was given.
    pub has_ssn: bool,
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masked(…)")
    }
}

impl Masked {
    pub(super) fn of(typed: &Typed, about: &AboutYou) -> Self {
        let zip: String = about.facts.zip.chars().take(3).collect();
        Self {
            name: mask(&format!("{} {}", typed.first_name, typed.last_name)),
            date_of_birth: format!("••/••/{:04}", about.facts.date_of_birth.year()),
            address: mask(&format!("{} {}", typed.address_line1, typed.address_line2)),
            place: format!(
                "{} {} {zip}••",
                mask(&typed.city),
                about.facts.state.as_deref().unwrap_or_default()
            ),
            has_ssn: about.ssn.is_some(),
        }
    }

    pub(super) fn seal(&self, access: &Access, registration: &str) -> Result<Sealed, AccessError> {
        let plain = serde_json::to_vec(self).map(zeroize::Zeroizing::new).map_err(|_| unreadable())?;
        Ok(access.keys.seal(&*access.randomness, MASKED.of(registration), &plain))
    }
}

/// The first character of each word and three dots, however long it is.
fn mask(text: &str) -> String {
    let masked: Vec<String> = text
        .split_whitespace()
        .filter_map(|word| word.chars().next())
        .map(|first| [first.to_string(), "•••".to_owned()].concat())
        .collect();
    masked.join(" ")
}

/// A registration that could not go on, for the desk.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The registration.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Why, in a word of the audit log: `no_match`, `has_account`, `wrong_answers` and so on.
    pub why: String,
    /// The person of the roster who was meant, or was nearest; `None` where nobody was near.
    pub person_id: Option<String>,
    /// Which fields agree with that person.
    pub comparison: Option<Comparison>,
    /// What was typed; `None` for those from before it was kept.
    pub typed: Option<Masked>,
}

/// The registrations of an organization that could not go on and are still kept, the latest first.
///
/// # Errors
/// [`AccessError`].
pub async fn refused(
    access: &Access,
    organization: &Organization,
    limit: u32,
) -> Result<Vec<Refused>, AccessError> {
    let mut unit = access.store.read().await?;
    let stopped = registrations::stopped(&mut unit, &organization.id, limit).await?;
    let mut refused = Vec::new();
    for one in stopped {
        let typed = match &one.masked {
            Some(sealed) => {
                let plain = access.keys.open(MASKED.of(&one.id), sealed)?;
                Some(serde_json::from_slice(&plain).map_err(|_| unreadable())?)
            }
            None => None,
        };
        refused.push(Refused {
            id: one.id,
            at: one.stopped_at,
            why: one.refusal.unwrap_or_default(),
            person_id: one.near_id,
            comparison: one.agreement.map(|bits| Comparison::from_bits(bits.compared, bits.agreed)),
            typed,
        });
    }
    Ok(refused)
}

/// Counts an entry of About you before anything is made of it. Returns whether it is one too many, by this or by what
/// could not go on before.
pub(super) async fn begin(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    about: &AboutYou,
    source: Source<'_>,
) -> Result<bool, AccessError> {
    let mut limited = are_too_many(unit, access, organization, Some(about), source).await?;
    let (now, id) = (access.now(), &organization.id);
    if !source.network.is_empty() {
        let network = access.keys.fingerprint(BEGUN.kind, id, source.network);
        limited |= !limits::take(unit, BEGUN, &network, now).await?;
    }
    if about.ssn.is_some() || about.employee_ssn.is_some() {
        let person = Sought::Facts(&about.facts).fingerprint(&access.keys, id);
        limited |= !limits::take(unit, NUMBER, &person, now).await?;
    }
    Ok(limited)
}

/// Whether there were as many as there may be: from this browser, from this network, or for what was typed, where it
/// can still be read. Whoever asks has their turn until the unit ends: of many at once, each sees what the one before
/// counted.
pub(super) async fn are_too_many(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    about: Option<&AboutYou>,
    source: Source<'_>,
) -> Result<bool, AccessError> {
    let now = access.now();
    let mut subjects = counted(access, organization, source);
    if let Some(about) = about {
        let person = Sought::Facts(&about.facts).fingerprint(&access.keys, &organization.id);
        subjects.push((PERSON, person));
    }
    for (limit, subject) in &subjects {
        limits::take_turn(unit, *limit, subject, now).await?;
    }
    let mut spent = false;
    for (limit, subject) in &subjects {
        spent |= limits::is_spent(unit, *limit, subject, now).await?;
    }
    Ok(spent)
}

/// Counts one more, in the turn that [`are_too_many`] gave. `about` is what was typed, where it can still be read. What
/// it gives belongs into the log, as the last that the unit does: an alert for each of those from which there were as
/// many as there may be.
pub(super) async fn count(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    about: Option<&AboutYou>,
    source: Source<'_>,
) -> Result<Vec<Value>, AccessError> {
    let now = access.now();
    if let Some(about) = about {
        let person = Sought::Facts(&about.facts).fingerprint(&access.keys, &organization.id);
        limits::take(unit, PERSON, &person, now).await?;
    }
    let mut alerts = Vec::new();
    for (limit, subject) in counted(access, organization, source) {
        limits::take(unit, limit, &subject, now).await?;
        if limits::is_spent(unit, limit, &subject, now).await?
            && limits::take(unit, TOLD, &subject, now).await?
        {
            let from = if limit == NETWORK { "network" } else { "browser" };
            alerts.push(json!({ "from": from, "network": source.network }));
        }
    }
    Ok(alerts)
}

/// The limits that a source has, always in the same order.
fn counted(access: &Access, organization: &Organization, source: Source<'_>) -> Vec<(Limit, Fingerprint)> {
    [(NETWORK, source.network), (BROWSER, source.browser)]
        .into_iter()
        .filter(|(_, from)| !from.is_empty())
        .map(|(limit, from)| (limit, access.keys.fingerprint(limit.kind, &organization.id, from)))
        .collect()
}

fn unreadable() -> AccessError {
    AccessError::Unreadable { place: "registrations.masked" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_keeps_its_first_character() {
        for (text, masked) in [
            ("Ana Brookfield", "A••• B•••"),
            (" 12  North Main St. ", "1••• N••• M••• S•••"),
            ("李小龍", "李•••"),
            ("", ""),
        ] {
            assert_eq!(mask(text), masked);
        }
    }
}
