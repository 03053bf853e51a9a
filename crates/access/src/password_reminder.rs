//! The reminder to change a password that one has had for long.

use jiff::{SignedDuration, Timestamp};
use portico_rules::policy::Policy;
use portico_store::{accounts, password_history};

use crate::organization::Organization;
use crate::sessions::SignedIn;
use crate::{Access, AccessError};

/// Whether the person is to be reminded now: the policy's `password_remind_days` after the password was set, and as
/// many again after the reminder was put off.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn is_due(
    access: &Access,
    organization: &Organization,
    SignedIn { account_id, .. }: &SignedIn,
) -> Result<bool, AccessError> {
    let mut unit = access.store.read().await?;
    let Some(set_at) = password_history::current_set_at(&mut unit, account_id).await? else {
        return Ok(false);
    };
    let put_off_at = accounts::reminder_put_off_at(&mut unit, &organization.id, account_id).await?;
    Ok(due_at(&organization.policy, set_at, put_off_at).is_some_and(|at| at <= access.now()))
}

/// *Not now.*
///
/// # Errors
/// [`AccessError::Store`].
pub async fn put_off(
    access: &Access,
    organization: &Organization,
    SignedIn { account_id, .. }: &SignedIn,
) -> Result<(), AccessError> {
    let mut unit = access.store.begin().await?;
    accounts::put_off_reminder(&mut unit, &organization.id, account_id, access.now()).await?;
    Ok(unit.commit().await?)
}

/// The moment from which on to remind; `None` where the policy does not.
fn due_at(policy: &Policy, set_at: Timestamp, put_off_at: Option<Timestamp>) -> Option<Timestamp> {
    if policy.password_remind_days == 0 {
        return None;
    }
    let since = put_off_at.map_or(set_at, |put_off_at| put_off_at.max(set_at));
    since.checked_add(SignedDuration::from_hours(24 * i64::from(policy.password_remind_days))).ok()
}
