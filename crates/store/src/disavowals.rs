//! The table `disavowals`: the links by which an owner says "this was not me".

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{Column, Fingerprint, Sealed, TokenHash};
use crate::{StoreError, Unit, from_micros, to_micros};

/// The sealed address, at the link's own id.
pub const EMAIL: Column = Column("disavowals.email");

/// One row.
#[derive(Debug, Clone)]
pub struct Disavowal {
    /// Its id.
    pub id: String,
    /// Whose account.
    pub account_id: String,
    /// The first moment at which it is no longer good.
    pub expires_at: Timestamp,
    /// When it was used, or another one of the account in its stead.
    pub used_at: Option<Timestamp>,
    /// The address that the account had when the link was made, at [`EMAIL`]; none once it is used.
    pub email: Option<Sealed>,
}

/// A link to keep.
#[derive(Debug)]
pub struct NewDisavowal<'a> {
    /// Its id.
    pub id: &'a str,
    /// Of which organization.
    pub organization_id: &'a str,
    /// Whose account.
    pub account_id: &'a str,
    /// What the token of the link is found by.
    pub token: &'a TokenHash,
    /// The first moment at which it is no longer good.
    pub expires_at: Timestamp,
    /// The address that the account has now, sealed at [`EMAIL`].
    pub email: Option<(&'a Sealed, &'a Fingerprint)>,
}

/// Keeps a link.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add(unit: &mut Unit, new: &NewDisavowal<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO disavowals
             (id, organization_id, account_id, token_hash, expires_at, email, email_fingerprint)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id)
    .bind(new.organization_id)
    .bind(new.account_id)
    .bind(new.token.as_bytes())
    .bind(to_micros(new.expires_at))
    .bind(new.email.map(|(sealed, _)| sealed.as_bytes()))
    .bind(new.email.map(|(_, fingerprint)| fingerprint.as_bytes()))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// The link that carries a token, whatever its state.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_by_token(
    unit: &mut Unit,
    organization_id: &str,
    token: &TokenHash,
) -> Result<Option<Disavowal>, StoreError> {
    let row = sqlx::query(
        "SELECT id, account_id, expires_at, used_at, email FROM disavowals
         WHERE organization_id = $1 AND token_hash = $2",
    )
    .bind(organization_id)
    .bind(token.as_bytes())
    .fetch_optional(unit.connection())
    .await?;
    let read = |row: crate::Row| -> Result<_, sqlx::Error> {
        Ok(Disavowal {
            id: row.try_get("id")?,
            account_id: row.try_get("account_id")?,
            expires_at: from_micros(row.try_get("expires_at")?),
            used_at: row.try_get::<Option<i64>, _>("used_at")?.map(from_micros),
            email: row.try_get::<Option<Vec<u8>>, _>("email")?.map(Sealed::from_database),
        })
    };
    Ok(row.map(read).transpose()?)
}

/// Uses a link that is still good; `false` when it is not. Of any number at once, one is used. Hold the account first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn consume(unit: &mut Unit, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE disavowals SET used_at = $2, email = NULL, email_fingerprint = NULL
         WHERE id = $1 AND used_at IS NULL AND expires_at > $2",
    )
    .bind(id)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all links of an account that were not used. Hold the account first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end_all(unit: &mut Unit, account_id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE disavowals SET used_at = $2, email = NULL, email_fingerprint = NULL
         WHERE account_id = $1 AND used_at IS NULL",
    )
    .bind(account_id)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Ends the links of an account that were not used, but for those that bring back another address than `email` and, where
/// a link was pressed, are older than that one, which expires at `pressed`. So whoever has changed the address cannot
/// void the owner's way back to it, and the owner voids theirs. Hold the account first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end_but_ways_back(
    unit: &mut Unit,
    account_id: &str,
    email: Option<&Fingerprint>,
    pressed: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE disavowals SET used_at = $2, email = NULL, email_fingerprint = NULL
         WHERE account_id = $1 AND used_at IS NULL
             AND (email_fingerprint IS NULL OR email_fingerprint = $3 OR expires_at >= $4)",
    )
    .bind(account_id)
    .bind(to_micros(now))
    .bind(email.map(Fingerprint::as_bytes))
    .bind(to_micros(pressed.unwrap_or(Timestamp::MAX)))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Forgets up to `limit` links that had expired at `until`, the oldest first. Returns how many there were.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget(unit: &mut Unit, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM disavowals WHERE id IN
             (SELECT id FROM disavowals WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2)",
    )
    .bind(to_micros(until))
    .bind(i64::from(limit))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}
