//! The table `known_browsers`: browsers that have signed in to an account before, each with a counter of its own.
//!
//! The account's row decides: whoever changes something here, other than to [`forget`] what is old, holds it first
//! ([`accounts::hold`](crate::accounts::hold)).

use jiff::Timestamp;
use sqlx::Row as _;

use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// One row.
#[derive(Debug, Clone)]
pub struct KnownBrowser {
    /// Its id, which the browser's cookie holds.
    pub id: String,
    /// Attempts in it since the last right password.
    pub failures: i64,
    /// The last of them.
    pub failed_at: Option<Timestamp>,
    /// When too many of them locked it.
    pub locked_at: Option<Timestamp>,
    /// How often it was locked since the last right password in it, recovery or unlocking by the desk.
    pub locks: u32,
}

/// The browsers that an account knows, the one that signed in last first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_account(unit: &mut Unit, account_id: &str) -> Result<Vec<KnownBrowser>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, failures, failed_at, locked_at, locks FROM known_browsers
         WHERE account_id = $1 ORDER BY signed_in_at DESC, id",
    )
    .bind(account_id)
    .fetch_all(unit.connection())
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn read(row: &Row) -> Result<KnownBrowser, sqlx::Error> {
    let at = |column: &str| -> Result<_, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(from_micros))
    };
    Ok(KnownBrowser {
        id: row.try_get("id")?,
        failures: row.try_get("failures")?,
        failed_at: at("failed_at")?,
        locked_at: at("locked_at")?,
        locks: u32::try_from(row.try_get::<i64, _>("locks")?).unwrap_or(u32::MAX),
    })
}

/// Adds a browser that signs in to an account for the first time. Of those the account knew, the `others` that signed in
/// last stay known.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add(
    unit: &mut Unit,
    organization_id: &str,
    account_id: &str,
    id: &str,
    others: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM known_browsers WHERE account_id = $1 AND id NOT IN
             (SELECT id FROM known_browsers WHERE account_id = $1 ORDER BY signed_in_at DESC, id LIMIT $2)",
    )
    .bind(account_id)
    .bind(i64::from(others))
    .execute(unit.connection())
    .await?;
    sqlx::query(
        "INSERT INTO known_browsers (id, organization_id, account_id, signed_in_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(id)
    .bind(organization_id)
    .bind(account_id)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Notes another sign-in.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn sign_in(unit: &mut Unit, id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE known_browsers SET signed_in_at = $2 WHERE id = $1")
        .bind(id)
        .bind(to_micros(now))
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Counts an attempt, and gives how many there have been with it; `None` when `limit` have been counted, or the browser
/// is known no more.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_attempt(
    unit: &mut Unit,
    id: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query(
        "UPDATE known_browsers SET failures = failures + 1, failed_at = $3
         WHERE id = $1 AND failures < $2 AND locked_at IS NULL
         RETURNING failures",
    )
    .bind(id)
    .bind(limit)
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.map(|row| row.try_get("failures")).transpose()?)
}

/// Takes back an attempt that was counted but never checked.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn return_attempt(unit: &mut Unit, id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE known_browsers SET failures = failures - 1 WHERE id = $1 AND failures > 0 AND locked_at IS NULL",
    )
    .bind(id)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Locks a browser that `limit` attempts have been counted for; `false` when it is locked already, a right password came
/// between, or it is known no more.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lock(unit: &mut Unit, id: &str, limit: i64, now: Timestamp) -> Result<bool, StoreError> {
    let locked = sqlx::query(
        "UPDATE known_browsers SET locked_at = $3, locks = locks + 1
         WHERE id = $1 AND failures >= $2 AND locked_at IS NULL",
    )
    .bind(id)
    .bind(limit)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(locked.rows_affected() == 1)
}

/// Lifts a lock whose time is over: attempts count from the first again. How often it locked stays.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end_lock(unit: &mut Unit, id: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE known_browsers SET failures = 0, failed_at = NULL, locked_at = NULL WHERE id = $1")
        .bind(id)
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Forgets the attempts after a right password; `false` when the browser was locked meanwhile, or is known no more.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn clear_attempts(unit: &mut Unit, id: &str) -> Result<bool, StoreError> {
    let cleared = sqlx::query(
        "UPDATE known_browsers SET failures = 0, failed_at = NULL, locks = 0
         WHERE id = $1 AND locked_at IS NULL",
    )
    .bind(id)
    .execute(unit.connection())
    .await?;
    Ok(cleared.rows_affected() == 1)
}

/// Lifts the locks of all browsers of an account, and forgets their attempts.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn unlock_all(unit: &mut Unit, account_id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE known_browsers SET failures = 0, failed_at = NULL, locked_at = NULL, locks = 0
         WHERE account_id = $1",
    )
    .bind(account_id)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Makes strangers of all browsers of an account but `except`, and says how many there were.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn void_all(unit: &mut Unit, account_id: &str, except: Option<&str>) -> Result<u64, StoreError> {
    let voided = sqlx::query("DELETE FROM known_browsers WHERE account_id = $1 AND id <> $2")
        .bind(account_id)
        .bind(except.unwrap_or_default())
        .execute(unit.connection())
        .await?;
    Ok(voided.rows_affected())
}

/// Forgets up to `limit` browsers that signed in last at `until` or before, the oldest first. Returns how many there were.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget(unit: &mut Unit, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM known_browsers WHERE id IN
             (SELECT id FROM known_browsers WHERE signed_in_at <= $1 ORDER BY signed_in_at, id LIMIT $2)",
    )
    .bind(to_micros(until))
    .bind(i64::from(limit))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}
