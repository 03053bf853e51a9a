//! Importing a roster file: all of its good rows, in one transaction.

use jiff::Timestamp;
use jiff::civil::Date;
use portico_roster::Reading;
use portico_store::keys::Fingerprint;
use portico_store::people::{Enrolment, Near, NewPerson, Person};
use portico_store::{Unit, accounts, people};
use serde::Serialize;
use serde_json::json;

use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::people::{Record, Sought, near, open};
use crate::{Access, AccessError};

/// What an import did, or with `dry_run` would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// People who were not on the roster.
    pub added: usize,
    /// People who are on it with other fields, enrolments or days of coverage.
    pub changed: usize,
    /// People who are on it just so.
    pub unchanged: usize,
    /// Rows that were not taken.
    pub rejected: usize,
}

/// Imports what was read of a roster file. Importing it twice changes nothing the second time; people who are missing
/// from it stay as they are.
///
/// # Errors
/// [`AccessError`]; nothing was imported then.
pub async fn import(
    access: &Access,
    organization: &Organization,
    reading: &Reading,
    dry_run: bool,
) -> Result<Counts, AccessError> {
    let mut entries: Vec<Entry<'_>> =
        reading.people.iter().map(|person| Entry::new(access, organization, person)).collect();
    // Two imports at once touch people in the same order, so that neither waits for the other in a circle.
    entries.sort_by(|one, other| one.member_id().as_bytes().cmp(other.member_id().as_bytes()));

    let mut counts = Counts { rejected: reading.rejected.len(), ..Counts::default() };
    let now = access.now();
    let mut unit = access.store.begin().await?;
    for entry in &entries {
        match entry.put(&mut unit, access, now).await? {
            Put::Added => counts.added += 1,
            Put::Changed => counts.changed += 1,
            Put::Unchanged => counts.unchanged += 1,
        }
    }
    if dry_run || counts.added + counts.changed == 0 {
        return Ok(counts);
    }
    let detail = json!({ "added": counts.added, "changed": counts.changed, "rejected": counts.rejected });
    audit::append(&mut unit, access, &organization.id, Event::RosterImported, None, detail).await?;
    unit.commit().await?;
    Ok(counts)
}

enum Put {
    Added,
    Changed,
    Unchanged,
}

/// A person of the file, with what they are kept and found by.
struct Entry<'a> {
    organization_id: &'a str,
    person: &'a portico_roster::Person,
    record: Record,
    /// The newest key's first; there is always one.
    member_ids: Vec<Fingerprint>,
    facts: Fingerprint,
    near: Near,
    ssns: Vec<Fingerprint>,
    email: Option<Fingerprint>,
    subscribers: Vec<Fingerprint>,
}

impl<'a> Entry<'a> {
    fn new(access: &Access, organization: &'a Organization, person: &'a portico_roster::Person) -> Self {
        let (keys, id) = (&access.keys, organization.id.as_str());
        let prints = |sought: Option<Sought<'_>>| {
            sought.map(|sought| sought.fingerprints(keys, id)).unwrap_or_default()
        };
        let subscriber = person.subscriber_member_id.as_deref();
        let email = person.email.as_ref();
        let facts = person.facts();
        Self {
            organization_id: id,
            person,
            record: record(person),
            member_ids: prints(Some(Sought::MemberId(&person.member_id))),
            facts: Sought::Facts(&facts).fingerprint(keys, id),
            near: near(&facts, keys, id),
            ssns: prints(person.ssn.as_ref().map(|ssn| Sought::Ssn(ssn.digits()))),
            email: email.map(|email| Sought::Email(email.as_str()).fingerprint(keys, id)),
            subscribers: prints(subscriber.map(Sought::MemberId)),
        }
    }

    fn member_id(&self) -> &Fingerprint {
        &self.member_ids[0]
    }

    async fn put(&self, unit: &mut Unit, access: &Access, now: Timestamp) -> Result<Put, AccessError> {
        let (person_id, mut put) = match self.hold(unit).await? {
            Some(person) => self.change(unit, access, person, now).await?,
            None => {
                let id = access.id();
                if people::add(unit, self.row(access, &id, now).borrowed()).await? {
                    (id, Put::Added)
                } else {
                    // Another import was quicker.
                    let person = self.hold(unit).await?.ok_or(AccessError::Interrupted)?;
                    self.change(unit, access, person, now).await?
                }
            }
        };
        for enrolment in self.person.enrolments.iter().map(enrolment) {
            let is_new = people::put_enrolment(unit, &access.id(), &person_id, &enrolment).await?;
            if is_new && matches!(put, Put::Unchanged) {
                put = Put::Changed;
            }
        }
        Ok(put)
    }

    async fn hold(&self, unit: &mut Unit) -> Result<Option<Person>, AccessError> {
        for member_id in &self.member_ids {
            let held = people::hold_by_member_id(unit, self.organization_id, member_id).await?;
            if held.is_some() {
                return Ok(held);
            }
        }
        Ok(None)
    }

    async fn change(
        &self,
        unit: &mut Unit,
        access: &Access,
        person: Person,
        now: Timestamp,
    ) -> Result<(String, Put), AccessError> {
        let known = open(&access.keys, &person)?;
        let same = |kept: &Option<Fingerprint>, new: &[Fingerprint]| match kept {
            Some(kept) => new.contains(kept),
            None => new.is_empty(),
        };
        if known == self.record
            && person.has_near
            && person.relationship == self.person.relationship.name()
            && same(&person.ssn_fingerprint, &self.ssns)
            && same(&person.subscriber_fingerprint, &self.subscribers)
        {
            return Ok((person.id, Put::Unchanged));
        }
        people::change(unit, self.row(access, &person.id, now).borrowed()).await?;
        if known.full_name() != self.record.full_name() {
            self.rename(unit, access, &person.id).await?;
        }
        Ok((person.id, Put::Changed))
    }

    /// The account carries the name too, for pages that need nothing else of the person.
    async fn rename(&self, unit: &mut Unit, access: &Access, person_id: &str) -> Result<(), AccessError> {
        let account = accounts::find_by_person(unit, self.organization_id, person_id).await?;
        if let Some(account) = account {
            let place = accounts::NAME.of(&account.id);
            let name = access.keys.seal(&*access.randomness, place, self.record.full_name().as_bytes());
            accounts::set_name(unit, self.organization_id, &account.id, &name).await?;
        }
        Ok(())
    }

    fn row<'b>(&'b self, access: &Access, id: &'b str, now: Timestamp) -> Row<'b> {
        // A record is text in a flat struct: it can always be written.
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(&self.record).unwrap_or_default());
        Row {
            entry: self,
            id,
            record: access.keys.seal(&*access.randomness, people::RECORD.of(id), &plain),
            now,
        }
    }
}

struct Row<'a> {
    entry: &'a Entry<'a>,
    id: &'a str,
    record: portico_store::keys::Sealed,
    now: Timestamp,
}

impl Row<'_> {
    fn borrowed(&self) -> NewPerson<'_> {
        let entry = self.entry;
        NewPerson {
            id: self.id,
            organization_id: entry.organization_id,
            member_id_fingerprint: entry.member_id(),
            record: &self.record,
            match_fingerprint: &entry.facts,
            near: &entry.near,
            ssn_fingerprint: entry.ssns.first(),
            email_fingerprint: entry.email.as_ref(),
            relationship: entry.person.relationship.name(),
            subscriber_fingerprint: entry.subscribers.first(),
            imported_at: self.now,
        }
    }
}

fn record(person: &portico_roster::Person) -> Record {
    let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
    Record {
        member_id: person.member_id.clone(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        date_of_birth: person.date_of_birth.to_string(),
        address_line1: person.address_line1.clone(),
        address_line2: or_empty(&person.address_line2),
        city: or_empty(&person.city),
        state: or_empty(&person.state),
        postal_code: person.postal_code.clone(),
        email: person.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        phone: or_empty(&person.phone),
        subscriber_member_id: or_empty(&person.subscriber_member_id),
    }
}

fn enrolment(enrolment: &portico_roster::Enrolment) -> Enrolment {
    let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
    Enrolment {
        program: or_empty(&enrolment.program),
        plan_name: or_empty(&enrolment.plan_name),
        clinic: or_empty(&enrolment.clinic),
        employer: or_empty(&enrolment.employer),
        coverage_start: enrolment.coverage_start.as_ref().map(Date::to_string).unwrap_or_default(),
        coverage_end: enrolment.coverage_end.as_ref().map(Date::to_string),
    }
}
