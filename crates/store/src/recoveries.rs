//! Links by mail with which a password is set: after an invitation, or after it was forgotten.
//!
//! A link leads to a code by a second mail, and both together, once, to a new password. Links of one account live
//! side by side until one of them is used.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{CodeHash, TokenHash};
use crate::registrations::{CODE_ATTEMPTS, IssuedCode, NewCode};
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// A link as it is kept.
#[derive(Debug)]
pub struct Recovery {
    /// Its id, to which codes are bound.
    pub id: String,
    /// Where it was asked for.
    pub organization_id: String,
    /// Whose password it sets; `None` for a request with an address that no account has.
    pub account_id: Option<String>,
    /// When an invitation sent it; `None` when it was asked for.
    pub invited_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The first moment at which it is no longer good.
    pub expires_at: Timestamp,
    /// Counts the codes, so that no two are the same.
    pub code_round: u32,
    /// The code under way, if any.
    pub code: Option<IssuedCode>,
    /// When the code of this round came back.
    pub code_proven_at: Option<Timestamp>,
    /// When it set a password.
    pub used_at: Option<Timestamp>,
    /// When another link of the account was used instead.
    pub voided_at: Option<Timestamp>,
}

/// A link to be sent.
#[derive(Debug)]
pub struct NewRecovery<'a> {
    /// A new id.
    pub id: &'a str,
    /// Where it is asked for.
    pub organization_id: &'a str,
    /// Whose password it is to set, if anybody's.
    pub account_id: Option<&'a str>,
    /// Whether an invitation sends it.
    pub invited: bool,
    /// The hash of what the link carries.
    pub token_hash: &'a TokenHash,
    /// Now.
    pub now: Timestamp,
    /// The first moment at which it is no longer good.
    pub expires_at: Timestamp,
    /// Whether it is sent. A link that is not is void from the beginning.
    pub sent: bool,
}

/// Keeps a link.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn add(unit: &mut Unit, new: &NewRecovery<'_>) -> Result<(), StoreError> {
    let now = to_micros(new.now);
    sqlx::query(
        "INSERT INTO recoveries
             (id, organization_id, account_id, invited_at, token_hash, created_at, expires_at, code_round,
              code_failures, voided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8)",
    )
    .bind(new.id)
    .bind(new.organization_id)
    .bind(new.account_id)
    .bind(new.invited.then_some(now))
    .bind(new.token_hash.as_bytes())
    .bind(now)
    .bind(to_micros(new.expires_at))
    .bind((!new.sent).then_some(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// The link that carries a token, whatever its state.
///
/// # Errors
/// [`StoreError`] when the database does not answer, or holds what this version cannot read.
pub async fn find_by_token(
    unit: &mut Unit,
    organization_id: &str,
    token_hash: &TokenHash,
) -> Result<Option<Recovery>, StoreError> {
    let row = sqlx::query(
        "SELECT id, organization_id, account_id, invited_at, created_at, expires_at, code_round, code_hash,
                code_expires_at, code_failures, code_proven_at, used_at, voided_at
         FROM recoveries WHERE token_hash = $1 AND organization_id = $2",
    )
    .bind(token_hash.as_bytes())
    .bind(organization_id)
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Puts a new code in the place of the one before, on a link that is still good. Returns whether it did. A proof of
/// the earlier code is undone with it.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn issue_code(
    unit: &mut Unit,
    id: &str,
    new: &NewCode<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE recoveries
         SET code_round = $2, code_hash = $3, code_expires_at = $4, code_failures = 0, code_proven_at = NULL
         WHERE id = $1 AND code_round = $2 - 1 AND used_at IS NULL AND voided_at IS NULL AND expires_at > $5",
    )
    .bind(id)
    .bind(i64::from(new.round))
    .bind(new.hash.as_bytes())
    .bind(to_micros(new.expires_at))
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts an entry of the code as wrong, before anything is compared, and returns the link with it counted. `None`
/// when there is no code to compare with: none sent, expired, ended by wrong entries, or the link no longer good.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn take_attempt(unit: &mut Unit, id: &str, now: Timestamp) -> Result<Option<Recovery>, StoreError> {
    let row = sqlx::query(
        "UPDATE recoveries SET code_failures = code_failures + 1
         WHERE id = $1 AND used_at IS NULL AND voided_at IS NULL AND expires_at > $2
           AND code_hash IS NOT NULL AND code_expires_at > $2 AND code_failures < $3
         RETURNING id, organization_id, account_id, invited_at, created_at, expires_at, code_round, code_hash,
                code_expires_at, code_failures, code_proven_at, used_at, voided_at",
    )
    .bind(id)
    .bind(to_micros(now))
    .bind(CODE_ATTEMPTS)
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Notes that the code came back, and takes back the count of this entry. The code stays good for its life, since
/// the password that came with it may be refused. To be called in the unit of [`take_attempt`].
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn prove_code(unit: &mut Unit, id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE recoveries SET code_proven_at = COALESCE(code_proven_at, $2), code_failures = code_failures - 1
         WHERE id = $1",
    )
    .bind(id)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Uses a link whose code of this round is proven. Returns whether it did: of many at once exactly one does.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn consume(unit: &mut Unit, id: &str, round: u32, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE recoveries SET used_at = $3, code_hash = NULL, code_expires_at = NULL
         WHERE id = $1 AND code_round = $2 AND code_proven_at IS NOT NULL
           AND used_at IS NULL AND voided_at IS NULL AND expires_at > $3",
    )
    .bind(id)
    .bind(i64::from(round))
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Voids every link of an account that has not been used. Returns how many there were.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn void_all(unit: &mut Unit, account_id: &str, now: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE recoveries SET voided_at = $2, code_hash = NULL, code_expires_at = NULL
         WHERE account_id = $1 AND used_at IS NULL AND voided_at IS NULL",
    )
    .bind(account_id)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}

/// Forgets up to `limit` links that had expired at `until`, the oldest first. Returns how many there were. The codes of
/// such links must be over too.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn forget(unit: &mut Unit, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM recoveries WHERE id IN
             (SELECT id FROM recoveries WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2)",
    )
    .bind(to_micros(until))
    .bind(i64::from(limit))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}

fn read(row: &Row) -> Result<Recovery, StoreError> {
    let time = |column| row.try_get::<Option<i64>, _>(column).map(|micros| micros.map(from_micros));
    let code = match (row.try_get::<Option<Vec<u8>>, _>("code_hash")?, time("code_expires_at")?) {
        (Some(hash), Some(expires_at)) => Some(IssuedCode {
            hash: CodeHash::from_database(hash),
            expires_at,
            failures: row.try_get("code_failures")?,
        }),
        _ => None,
    };
    Ok(Recovery {
        id: row.try_get("id")?,
        organization_id: row.try_get("organization_id")?,
        account_id: row.try_get("account_id")?,
        invited_at: time("invited_at")?,
        created_at: from_micros(row.try_get("created_at")?),
        expires_at: from_micros(row.try_get("expires_at")?),
        code_round: u32::try_from(row.try_get::<i64, _>("code_round")?)
            .map_err(|_| StoreError::Unreadable { place: "recoveries.code_round" })?,
        code,
        code_proven_at: time("code_proven_at")?,
        used_at: time("used_at")?,
        voided_at: time("voided_at")?,
    })
}
