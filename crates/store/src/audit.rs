//! The table `audit`, and the head of each organization's log in `organizations`.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{Column, Sealed};
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// The sealed column; its row is `{organization_id}/{sequence}`.
pub const DETAIL: Column = Column("audit.detail");

/// One row.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose log.
    pub organization_id: String,
    /// Counted from 1, without gaps.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// What, such as `account.signed_in`.
    pub event: String,
    /// Whom it concerns, where that is known.
    pub account_id: Option<String>,
    /// JSON.
    pub detail: Sealed,
    /// The link of the row before; empty for the first.
    pub previous: Vec<u8>,
    /// The keyed hash of this row and of `previous`.
    pub link: Vec<u8>,
}

/// Takes the next number of an organization's log, and the link of its last row. Whoever asks next waits until this
/// unit ends, so ask last.
///
/// # Errors
/// [`StoreError::Database`], also when there is no such organization.
pub async fn next(unit: &mut Unit, organization_id: &str) -> Result<(i64, Vec<u8>), StoreError> {
    let row = sqlx::query(
        "UPDATE organizations SET audit_sequence = audit_sequence + 1 WHERE id = $1
         RETURNING audit_sequence, audit_head",
    )
    .bind(organization_id)
    .fetch_one(unit.connection())
    .await?;
    Ok((row.try_get("audit_sequence")?, row.try_get("audit_head")?))
}

/// Adds the row whose number [`next`] gave, and makes its link the head.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add(unit: &mut Unit, entry: &Entry) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (organization_id, sequence, at, event, account_id, detail, previous, link)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&entry.organization_id)
    .bind(entry.sequence)
    .bind(to_micros(entry.at))
    .bind(&entry.event)
    .bind(entry.account_id.as_deref())
    .bind(entry.detail.as_bytes())
    .bind(entry.previous.as_slice())
    .bind(entry.link.as_slice())
    .execute(unit.connection())
    .await?;
    sqlx::query("UPDATE organizations SET audit_head = $2 WHERE id = $1")
        .bind(&entry.organization_id)
        .bind(entry.link.as_slice())
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// The number and the link of the last row; 0 and nothing for an empty log.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn head(unit: &mut Unit, organization_id: &str) -> Result<(i64, Vec<u8>), StoreError> {
    let row = sqlx::query("SELECT audit_sequence, audit_head FROM organizations WHERE id = $1")
        .bind(organization_id)
        .fetch_one(unit.connection())
        .await?;
    Ok((row.try_get("audit_sequence")?, row.try_get("audit_head")?))
}

/// At most `limit` rows after number `after`, oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(
    unit: &mut Unit,
    organization_id: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query(
        "SELECT organization_id, sequence, at, event, account_id, detail, previous, link FROM audit
         WHERE organization_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
    )
    .bind(organization_id)
    .bind(after)
    .bind(limit)
    .fetch_all(unit.connection())
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The latest `limit` rows that concern an account, newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn latest_of_account(
    unit: &mut Unit,
    organization_id: &str,
    account_id: &str,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query(
        "SELECT organization_id, sequence, at, event, account_id, detail, previous, link FROM audit
         WHERE organization_id = $1 AND account_id = $2 ORDER BY sequence DESC LIMIT $3",
    )
    .bind(organization_id)
    .bind(account_id)
    .bind(limit)
    .fetch_all(unit.connection())
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// When an event last happened to an account before a moment.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn last_before(
    unit: &mut Unit,
    organization_id: &str,
    account_id: &str,
    event: &str,
    before: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query(
        "SELECT MAX(at) AS at FROM audit
         WHERE organization_id = $1 AND account_id = $2 AND event = $3 AND at < $4",
    )
    .bind(organization_id)
    .bind(account_id)
    .bind(event)
    .bind(to_micros(before))
    .fetch_one(unit.connection())
    .await?;
    Ok(row.try_get::<Option<i64>, _>("at")?.map(from_micros))
}

fn read(row: &Row) -> Result<Entry, sqlx::Error> {
    Ok(Entry {
        organization_id: row.try_get("organization_id")?,
        sequence: row.try_get("sequence")?,
        at: from_micros(row.try_get("at")?),
        event: row.try_get("event")?,
        account_id: row.try_get("account_id")?,
        detail: Sealed::from_database(row.try_get("detail")?),
        previous: row.try_get("previous")?,
        link: row.try_get("link")?,
    })
}
