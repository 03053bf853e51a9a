//! What happened to one's own account lately, as the audit log has it.

use jiff::Timestamp;
use portico_store::audit;
use serde_json::Value;

use crate::audit::Event;
use crate::organization::Organization;
use crate::sessions::{EndReason, SignedIn};
use crate::{Access, AccessError};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// Why a session ended, or all of them.
    pub reason: Option<EndReason>,
    /// The browser that signed in, such as "Firefox on Windows"; empty where none is noted.
    pub browser: String,
}

/// The latest `count` things that happened to an account, the newest first.
///
/// # Errors
/// [`AccessError`].
pub async fn latest(
    access: &Access,
    organization: &Organization,
    account_id: &str,
    count: u32,
) -> Result<Vec<Happening>, AccessError> {
    let mut unit = access.store.read().await?;
    let entries = audit::latest_of_account(&mut unit, &organization.id, account_id, i64::from(count)).await?;
    drop(unit);
    let mut happenings = Vec::new();
    for entry in entries {
        // A later version may write events that this one does not know.
        let Some(event) = Event::from_name(&entry.event) else { continue };
        let row = format!("{}/{}", entry.organization_id, entry.sequence);
        let detail = access.keys.open(audit::DETAIL.of(&row), &entry.detail)?;
        let detail: Value =
            serde_json::from_slice(&detail).map_err(|_| AccessError::Unreadable { place: "audit.detail" })?;
        happenings.push(Happening {
            at: entry.at,
            event,
            reason: detail["reason"].as_str().and_then(EndReason::from_name),
            browser: detail["browser"].as_str().unwrap_or_default().to_owned(),
        });
    }
    Ok(happenings)
}

/// When the person signed in the time before; `None` when this session is their first.
///
/// # Errors
/// [`AccessError`].
pub async fn signed_in_before(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
) -> Result<Option<Timestamp>, AccessError> {
    let mut unit = access.store.read().await?;
    let event = Event::AccountSignedIn.name();
    let SignedIn { account_id, began_at, .. } = signed_in;
    Ok(audit::last_before(&mut unit, &organization.id, account_id, event, *began_at).await?)
}
