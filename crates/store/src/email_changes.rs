//! The table `email_changes`: addresses that are to take the place of accounts' own, once their code comes back.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{CodeHash, Column, Sealed};
use crate::registrations::{CODE_ATTEMPTS, IssuedCode};
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// The sealed address, at the change's own id.
pub const EMAIL: Column = Column("email_changes.email");

/// A change under way.
#[derive(Debug, Clone)]
pub struct EmailChange {
    /// Its id, which its codes follow from.
    pub id: String,
    /// The address, at [`EMAIL`].
    pub email: Sealed,
    /// Counts the codes, so that no two are the same.
    pub code_round: u32,
    /// The code under way.
    pub code: IssuedCode,
    /// When the current password was given for it.
    pub started_at: Timestamp,
}

/// A change to begin, or the next code of one.
#[derive(Debug)]
pub struct NewEmailChange<'a> {
    /// Whose.
    pub account_id: &'a str,
    /// A new id, or that of the change whose next code it is.
    pub id: &'a str,
    /// Sealed at [`EMAIL`].
    pub email: &'a Sealed,
    /// One more than that of the code before.
    pub round: u32,
    /// What the entry is compared with.
    pub hash: &'a CodeHash,
    /// The first moment at which the code is no longer good.
    pub expires_at: Timestamp,
    /// When the current password was given for it.
    pub started_at: Timestamp,
}

/// Puts a change, or its next code, in the place of what the account had under way.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn put(unit: &mut Unit, new: &NewEmailChange<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO email_changes
             (account_id, id, email, code_round, code_hash, code_expires_at, code_failures, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7)
         ON CONFLICT (account_id) DO UPDATE
         SET id = excluded.id, email = excluded.email, code_round = excluded.code_round,
             code_hash = excluded.code_hash, code_expires_at = excluded.code_expires_at, code_failures = 0,
             started_at = excluded.started_at",
    )
    .bind(new.account_id)
    .bind(new.id)
    .bind(new.email.as_bytes())
    .bind(i64::from(new.round))
    .bind(new.hash.as_bytes())
    .bind(to_micros(new.expires_at))
    .bind(to_micros(new.started_at))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// The change that an account has under way, whatever its state.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn lookup(unit: &mut Unit, account_id: &str) -> Result<Option<EmailChange>, StoreError> {
    let row = sqlx::query(
        "SELECT id, email, code_round, code_hash, code_expires_at, code_failures, started_at
         FROM email_changes WHERE account_id = $1",
    )
    .bind(account_id)
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Counts an entry of the code as wrong, before anything is compared, and returns the change with it counted. `None` when
/// there is no code to compare with: none sent, expired, or ended by wrong entries.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn take_attempt(
    unit: &mut Unit,
    account_id: &str,
    now: Timestamp,
) -> Result<Option<EmailChange>, StoreError> {
    let row = sqlx::query(
        "UPDATE email_changes SET code_failures = code_failures + 1
         WHERE account_id = $1 AND code_expires_at > $2 AND code_failures < $3
         RETURNING id, email, code_round, code_hash, code_expires_at, code_failures, started_at",
    )
    .bind(account_id)
    .bind(to_micros(now))
    .bind(CODE_ATTEMPTS)
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Ends the change that an account has under way, if any.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn end(unit: &mut Unit, account_id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM email_changes WHERE account_id = $1")
        .bind(account_id)
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Forgets up to `limit` changes whose code had expired at `until`, the oldest first. Returns how many there were.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn forget(unit: &mut Unit, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    // The condition is there twice because PostgreSQL, having waited for somebody who asks anew, looks again at the outer
    // one alone.
    let done = sqlx::query(
        "DELETE FROM email_changes WHERE account_id IN
             (SELECT account_id FROM email_changes WHERE code_expires_at <= $1
              ORDER BY code_expires_at, account_id LIMIT $2)
         AND code_expires_at <= $1",
    )
    .bind(to_micros(until))
    .bind(i64::from(limit))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}

fn read(row: &Row) -> Result<EmailChange, StoreError> {
    Ok(EmailChange {
        id: row.try_get("id")?,
        email: Sealed::from_database(row.try_get("email")?),
        code_round: u32::try_from(row.try_get::<i64, _>("code_round")?)
            .map_err(|_| StoreError::Unreadable { place: "email_changes.code_round" })?,
        code: IssuedCode {
            hash: CodeHash::from_database(row.try_get("code_hash")?),
            expires_at: from_micros(row.try_get("code_expires_at")?),
            failures: row.try_get("code_failures")?,
        },
        started_at: from_micros(row.try_get("started_at")?),
    })
}
