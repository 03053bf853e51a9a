//! The table `password_history`: hashes of the passwords an account had, under one salt.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::{StoreError, Unit, from_micros, to_micros};

/// One row: a hash under the account's `history_salt`.
#[derive(Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The parameters it was made with.
    pub parameters: String,
    /// The output.
    pub hash: Vec<u8>,
}

impl std::fmt::Debug for Earlier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Earlier").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

/// Adds the current password's hash. The unit must have written the account's row before, so that numbers are taken
/// in turn.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add(
    unit: &mut Unit,
    account_id: &str,
    current: &Earlier,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO password_history (account_id, number, parameters, hash, set_at)
         SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4 FROM password_history WHERE account_id = $1",
    )
    .bind(account_id)
    .bind(&current.parameters)
    .bind(current.hash.as_slice())
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Forgets every password of an account.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget_all(unit: &mut Unit, account_id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM password_history WHERE account_id = $1")
        .bind(account_id)
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// The latest `count` passwords of an account, the current one first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn latest(unit: &mut Unit, account_id: &str, count: i64) -> Result<Vec<Earlier>, StoreError> {
    let rows = sqlx::query(
        "SELECT parameters, hash FROM password_history WHERE account_id = $1 ORDER BY number DESC LIMIT $2",
    )
    .bind(account_id)
    .bind(count)
    .fetch_all(unit.connection())
    .await?;
    rows.iter()
        .map(|row| Ok(Earlier { parameters: row.try_get("parameters")?, hash: row.try_get("hash")? }))
        .collect()
}

/// When the current password of an account was set; `None` while it has none.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn current_set_at(unit: &mut Unit, account_id: &str) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query("SELECT MAX(set_at) AS set_at FROM password_history WHERE account_id = $1")
        .bind(account_id)
        .fetch_one(unit.connection())
        .await?;
    Ok(row.try_get::<Option<i64>, _>("set_at")?.map(from_micros))
}

/// Forgets all but the latest `count` passwords of an account.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn keep_latest(unit: &mut Unit, account_id: &str, count: i64) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM password_history WHERE account_id = $1
         AND number <= (SELECT MAX(number) FROM password_history WHERE account_id = $1) - $2",
    )
    .bind(account_id)
    .bind(count)
    .execute(unit.connection())
    .await?;
    Ok(())
}
