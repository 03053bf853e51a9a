//! The table `sessions`.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{Column, Sealed, TokenHash};
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// The sealed column.
pub const NETWORK: Column = Column("sessions.network");

/// One row.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Who is signed in.
    pub account_id: String,
    /// Where.
    pub organization_id: String,
    /// Such as "Firefox on Windows".
    pub browser: String,
    /// The range of network addresses it was opened from; none for one from before they were kept.
    pub network: Option<Sealed>,
    /// When it began.
    pub created_at: Timestamp,
    /// The last activity.
    pub active_at: Timestamp,
    /// When the last document of it that was known to be open went.
    pub left_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why.
    pub end_reason: Option<String>,
    /// The browser that the account knew it by then; none for one from before they were known.
    pub known_browser_id: Option<String>,
}

/// From when on a session must have begun and been active to be alive. A session is over *at* the moment its time is
/// up, not after it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Now.
    pub now: Timestamp,
    /// Now less the idle time: alive is who was active after it.
    pub active_after: Timestamp,
    /// Now less the whole session's time: alive is what began after it.
    pub created_after: Timestamp,
    /// Now less the grace of leaving: alive is what was not left, or was left after it.
    pub left_after: Timestamp,
}

fn read(row: &Row) -> Result<Session, sqlx::Error> {
    Ok(Session {
        id: row.try_get("id")?,
        account_id: row.try_get("account_id")?,
        organization_id: row.try_get("organization_id")?,
        browser: row.try_get("browser")?,
        network: row.try_get::<Option<Vec<u8>>, _>("network")?.map(Sealed::from_database),
        created_at: from_micros(row.try_get("created_at")?),
        active_at: from_micros(row.try_get("active_at")?),
        left_at: row.try_get::<Option<i64>, _>("left_at")?.map(from_micros),
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(from_micros),
        end_reason: row.try_get("end_reason")?,
        known_browser_id: row.try_get("known_browser_id")?,
    })
}

/// What makes a new session.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Its id.
    pub id: &'a str,
    /// The hash of its token.
    pub token: &'a TokenHash,
    /// Who is signed in.
    pub account_id: &'a str,
    /// Where.
    pub organization_id: &'a str,
    /// Such as "Firefox on Windows".
    pub browser: &'a str,
    /// The range of network addresses it is opened from.
    pub network: &'a Sealed,
    /// The browser, as the account knows it.
    pub known_browser_id: Option<&'a str>,
    /// Now.
    pub created_at: Timestamp,
}

/// Adds a session.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add(unit: &mut Unit, session: NewSession<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (id, token_hash, account_id, organization_id, browser, network, created_at, active_at,
             known_browser_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(session.id)
    .bind(session.token.as_bytes())
    .bind(session.account_id)
    .bind(session.organization_id)
    .bind(session.browser)
    .bind(session.network.as_bytes())
    .bind(to_micros(session.created_at))
    .bind(session.known_browser_id)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Gives a session another token; `false` when it has ended.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn rotate(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    token: &TokenHash,
) -> Result<bool, StoreError> {
    let rotated = sqlx::query(
        "UPDATE sessions SET token_hash = $3 WHERE organization_id = $1 AND id = $2 AND ended_at IS NULL",
    )
    .bind(organization_id)
    .bind(id)
    .bind(token.as_bytes())
    .execute(unit.connection())
    .await?;
    Ok(rotated.rows_affected() == 1)
}

/// Whether a request is activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// The idle time starts anew.
    StartsAnew,
    /// It goes on.
    GoesOn,
}

/// The living session of a token, which asks for something: it was not left.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn touch(
    unit: &mut Unit,
    organization_id: &str,
    token: &TokenHash,
    idle: Idle,
    limits: Limits,
) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query(
        "UPDATE sessions SET left_at = NULL, active_at = CASE WHEN active_at < $3 THEN $3 ELSE active_at END
         WHERE organization_id = $1 AND token_hash = $2 AND ended_at IS NULL
             AND active_at > $4 AND created_at > $5 AND (left_at IS NULL OR left_at > $6)
         RETURNING id, account_id, organization_id, browser, network, created_at, active_at, left_at,
             ended_at, end_reason, known_browser_id",
    )
    .bind(organization_id)
    .bind(token.as_bytes())
    .bind(to_micros(match idle {
        Idle::StartsAnew => limits.now,
        Idle::GoesOn => Timestamp::UNIX_EPOCH,
    }))
    .bind(to_micros(limits.active_after))
    .bind(to_micros(limits.created_after))
    .bind(to_micros(limits.left_after))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Notes that a document was opened in a living session; `false` in one that has ended.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn open_document(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let opened = sqlx::query(
        "UPDATE sessions SET document_at = $3, left_at = NULL
         WHERE organization_id = $1 AND id = $2 AND ended_at IS NULL",
    )
    .bind(organization_id)
    .bind(id)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(opened.rows_affected() == 1)
}

/// Notes that the document that was opened at `opened` has gone; nothing while a later one is open, and in a session
/// that has ended.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn leave(
    unit: &mut Unit,
    organization_id: &str,
    token: &TokenHash,
    opened: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE sessions SET left_at = $4, document_at = NULL
         WHERE organization_id = $1 AND token_hash = $2 AND ended_at IS NULL
             AND (document_at IS NULL OR document_at = $3)",
    )
    .bind(organization_id)
    .bind(token.as_bytes())
    .bind(to_micros(opened))
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// The session of a token, alive or not.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_by_token(
    unit: &mut Unit,
    organization_id: &str,
    token: &TokenHash,
) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query(
        "SELECT id, account_id, organization_id, browser, network, created_at, active_at, left_at,
             ended_at, end_reason, known_browser_id FROM sessions
         WHERE organization_id = $1 AND token_hash = $2",
    )
    .bind(organization_id)
    .bind(token.as_bytes())
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Ends a session; `None` when it has ended before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    reason: &str,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query(
        "UPDATE sessions SET ended_at = $4, end_reason = $3
         WHERE organization_id = $1 AND id = $2 AND ended_at IS NULL
         RETURNING id, account_id, organization_id, browser, network, created_at, active_at, left_at,
             ended_at, end_reason, known_browser_id",
    )
    .bind(organization_id)
    .bind(id)
    .bind(reason)
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// [`end`] for a session of this account alone.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end_of_account(
    unit: &mut Unit,
    organization_id: &str,
    account_id: &str,
    id: &str,
    reason: &str,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query(
        "UPDATE sessions SET ended_at = $5, end_reason = $4
         WHERE organization_id = $1 AND account_id = $2 AND id = $3 AND ended_at IS NULL
         RETURNING id, account_id, organization_id, browser, network, created_at, active_at, left_at,
             ended_at, end_reason, known_browser_id",
    )
    .bind(organization_id)
    .bind(account_id)
    .bind(id)
    .bind(reason)
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// [`end`] by the token, so that the first statement of a unit can be the one that decides.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end_by_token(
    unit: &mut Unit,
    organization_id: &str,
    token: &TokenHash,
    reason: &str,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query(
        "UPDATE sessions SET ended_at = $4, end_reason = $3
         WHERE organization_id = $1 AND token_hash = $2 AND ended_at IS NULL
         RETURNING id, account_id, organization_id, browser, network, created_at, active_at, left_at,
             ended_at, end_reason, known_browser_id",
    )
    .bind(organization_id)
    .bind(token.as_bytes())
    .bind(reason)
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Ends a session whose time is up; `None` when it has ended before, or was active meanwhile.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end_overdue(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    reason: &str,
    limits: Limits,
) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query(
        "UPDATE sessions SET ended_at = $4, end_reason = $3
         WHERE organization_id = $1 AND id = $2 AND ended_at IS NULL
             AND (active_at <= $5 OR created_at <= $6 OR left_at <= $7)
         RETURNING id, account_id, organization_id, browser, network, created_at, active_at, left_at,
             ended_at, end_reason, known_browser_id",
    )
    .bind(organization_id)
    .bind(id)
    .bind(reason)
    .bind(to_micros(limits.now))
    .bind(to_micros(limits.active_after))
    .bind(to_micros(limits.created_after))
    .bind(to_micros(limits.left_after))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Ends every session of an account but `except`, and says how many.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end_all(
    unit: &mut Unit,
    organization_id: &str,
    account_id: &str,
    except: Option<&str>,
    reason: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let ended = sqlx::query(
        "UPDATE sessions SET ended_at = $5, end_reason = $4
         WHERE organization_id = $1 AND account_id = $2 AND id <> $3 AND ended_at IS NULL",
    )
    .bind(organization_id)
    .bind(account_id)
    .bind(except.unwrap_or_default())
    .bind(reason)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(ended.rows_affected())
}

/// The living sessions of an account, the latest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn living(
    unit: &mut Unit,
    organization_id: &str,
    account_id: &str,
    limits: Limits,
) -> Result<Vec<Session>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, account_id, organization_id, browser, network, created_at, active_at, left_at,
             ended_at, end_reason, known_browser_id FROM sessions
         WHERE organization_id = $1 AND account_id = $2 AND ended_at IS NULL
             AND active_at > $3 AND created_at > $4 AND (left_at IS NULL OR left_at > $5)
         ORDER BY created_at DESC, id",
    )
    .bind(organization_id)
    .bind(account_id)
    .bind(to_micros(limits.active_after))
    .bind(to_micros(limits.created_after))
    .bind(to_micros(limits.left_after))
    .fetch_all(unit.connection())
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Forgets up to `limit` sessions that had ended at `until`, or were last active then, the oldest first. Returns how many
/// there were. No session may live that was last active so long ago.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget(unit: &mut Unit, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM sessions WHERE id IN
             (SELECT id FROM sessions WHERE COALESCE(ended_at, active_at) <= $1
              ORDER BY COALESCE(ended_at, active_at), id LIMIT $2)",
    )
    .bind(to_micros(until))
    .bind(i64::from(limit))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}
