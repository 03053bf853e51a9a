//! Organizations: applying their files, and finding them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use portico_mail::Sender;
use portico_rules::organization::{Definition, DefinitionError, is_slug};
use portico_rules::policy::{self, Policy, PolicyError};
use portico_store::{Unit, organizations};
use serde_json::{Value, json};

use crate::audit::{self, Event};
use crate::{Access, AccessError};

/// An organization with its policy worked out.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// Its file.
    pub definition: Definition,
    /// The preset with the file's overrides.
    pub policy: Policy,
    /// The zone that its days begin in.
    pub time_zone: TimeZone,
}

impl Organization {
    fn read(row: organizations::Organization) -> Result<Self, AccessError> {
        let unreadable = || AccessError::Unreadable { place: "organizations.definition" };
        let definition: Definition = serde_json::from_str(&row.definition).map_err(|_| unreadable())?;
        let policy = policy::resolve(definition.preset, &definition.policy).map_err(|_| unreadable())?;
        let time_zone = TimeZone::get(&definition.time_zone).map_err(|_| unreadable())?;
        Ok(Self { id: row.id, definition, policy, time_zone })
    }

    /// The day that `now` falls on there.
    #[must_use]
    pub fn day(&self, now: Timestamp) -> Date {
        now.to_zoned(self.time_zone.clone()).date()
    }

    /// An address of this organization on the portal: `page` begins with a slash.
    #[must_use]
    pub fn url(&self, access: &Access, page: &str) -> String {
        format!("{}/o/{}{page}", access.public_url, self.definition.slug)
    }

    /// On whose behalf its mails are written.
    #[must_use]
    pub fn sender(&self) -> Sender {
        Sender {
            organization: self.definition.name.clone(),
            phone: self.definition.support_phone.clone(),
            phone_es: self.definition.support_phone_es.clone(),
            email: self.definition.support_email.clone(),
            hours: self.definition.support_hours.clone(),
            hours_es: self.definition.support_hours_es.clone(),
            theme_color: self.definition.theme_color.clone(),
            time_zone: self.time_zone.clone(),
        }
    }
}

/// What applying a file did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The organization was not there before.
    pub is_new: bool,
    /// What changed, key by key; nothing when the file was applied before.
    pub changes: Vec<Change>,
    /// Keys whose value, the preset's or the file's, asks for something that this version does not do yet.
    pub not_yet_in_force: Vec<&'static str>,
    /// What to know of the policy.
    pub warnings: Vec<PolicyError>,
}

/// One key of the file that changed. Tables are named by their path: `policy.idle_seconds`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub key: String,
    /// As JSON; none when it was not set.
    pub from: Option<Value>,
    /// As JSON; none when it is no longer set.
    pub to: Option<Value>,
}

/// Creates or changes an organization. Applying a file twice changes nothing the second time.
///
/// # Errors
/// Inside: [`DefinitionError`] names the key that is refused, and why; nothing has changed then.
pub async fn apply(
    access: &Access,
    definition: &Definition,
) -> Result<Result<Applied, DefinitionError>, AccessError> {
    let policy = match definition.validate() {
        Ok(policy) => policy,
        Err(refused) => return Ok(Err(refused)),
    };
    if TimeZone::get(&definition.time_zone).is_err() {
        let reason = "is no time zone that this machine knows, such as \"America/Los_Angeles\"".to_owned();
        return Ok(Err(DefinitionError { key: "time_zone".to_owned(), reason }));
    }
    let now = access.now();
    let new = as_json(definition)?;
    let text = new.to_string();

    let mut unit = access.store.begin().await?;
    let id = access.id();
    let is_new = organizations::add(&mut unit, &id, &definition.slug, &text, now).await?;
    let (id, old) = if is_new {
        (id, json!({}))
    } else {
        let held = organizations::hold_by_slug(&mut unit, &definition.slug).await?;
        let held = held.ok_or(AccessError::Unreadable { place: "organizations.slug" })?;
        let old = serde_json::from_str(&held.definition)
            .map_err(|_| AccessError::Unreadable { place: "organizations.definition" })?;
        (held.id, old)
    };
    let mut changes = Vec::new();
    compare(String::new(), Some(&old), Some(&new), &mut changes);
    if !changes.is_empty() {
        organizations::change(&mut unit, &id, &text, now).await?;
        let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
        audit::append(&mut unit, access, &id, Event::OrganizationApplied, None, json!({ "changed": keys }))
            .await?;
        unit.commit().await?;
    }
    Ok(Ok(Applied {
        is_new,
        changes,
        not_yet_in_force: policy.not_yet_in_force(),
        warnings: policy.warnings(),
    }))
}

/// The organization of a slug, as it is now.
///
/// # Errors
/// [`AccessError`].
pub async fn find(access: &Access, slug: &str) -> Result<Option<Organization>, AccessError> {
    let mut unit = access.store.read().await?;
    find_in(&mut unit, slug).await
}

/// [`find`] inside a unit of work.
///
/// # Errors
/// [`AccessError`].
pub async fn find_in(unit: &mut Unit, slug: &str) -> Result<Option<Organization>, AccessError> {
    // It may come from an address, which can say anything; PostgreSQL refuses a NUL with an error.
    if !is_slug(slug) {
        return Ok(None);
    }
    organizations::find_by_slug(unit, slug).await?.map(Organization::read).transpose()
}

/// The organization of an id, as it is now.
///
/// # Errors
/// [`AccessError`].
pub async fn lookup(access: &Access, id: &str) -> Result<Option<Organization>, AccessError> {
    let mut unit = access.store.read().await?;
    organizations::lookup(&mut unit, id).await?.map(Organization::read).transpose()
}

/// Every organization, by slug.
///
/// # Errors
/// [`AccessError`].
pub async fn list(access: &Access) -> Result<Vec<Organization>, AccessError> {
    let mut unit = access.store.read().await?;
    organizations::list(&mut unit).await?.into_iter().map(Organization::read).collect()
}

fn as_json(definition: &Definition) -> Result<Value, AccessError> {
    serde_json::to_value(definition)
        .map_err(|_| AccessError::Unreadable { place: "organizations.definition" })
}

/// Goes down into tables, and into lists whose items have slugs, so that a change is named where it is.
fn compare(path: String, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<Change>) {
    if old == new {
        return;
    }
    match (old.and_then(by_key), new.and_then(by_key)) {
        (None, None) => {
            changes.push(Change { key: path, from: old.cloned(), to: new.cloned() });
        }
        (old, new) => {
            let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
            let gone = old.iter().filter(|(key, _)| !new.iter().any(|(kept, _)| kept == key));
            for (key, _) in new.iter().chain(gone) {
                let value = |side: &[(String, Value)]| {
                    side.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
                };
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(path, value(&old).as_ref(), value(&new).as_ref(), changes);
            }
        }
    }
}

fn by_key(value: &Value) -> Option<Vec<(String, Value)>> {
    match value {
        Value::Object(table) => Some(table.iter().map(|(key, value)| (key.clone(), value.clone())).collect()),
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| Some((item.get("slug")?.as_str()?.to_owned(), item.clone()))).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(old: &Value, new: &Value) -> Vec<String> {
        let mut changes = Vec::new();
        compare(String::new(), Some(old), Some(new), &mut changes);
        changes.into_iter().map(|change| change.key).collect()
    }

    #[test]
    fn changes_are_named_where_they_are() {
        let old = json!({
            "name": "A", "policy": {"idle_seconds": 60},
            "programs": [{"slug": "walk", "name": "Walk"}, {"slug": "run", "name": "Run"}],
        });
        assert!(changes(&old, &old).is_empty());
        let new = json!({
            "name": "B", "policy": {"idle_seconds": 60, "session_hours": 1},
            "programs": [{"slug": "run", "name": "Run fast"}, {"slug": "swim", "name": "Swim"}],
        });
        assert_eq!(
            changes(&old, &new),
            [
                "name",
                "policy.session_hours",
                "programs.run.name",
                "programs.swim.name",
                "programs.swim.slug",
                "programs.walk.name",
                "programs.walk.slug",
            ]
        );
    }

    #[test]
    fn an_order_that_changed_is_no_change_of_an_item() {
        let old = json!({"programs": [{"slug": "a", "x": 1}, {"slug": "b", "x": 1}]});
        let new = json!({"programs": [{"slug": "b", "x": 1}, {"slug": "a", "x": 1}]});
        assert!(changes(&old, &new).is_empty());
    }
}
