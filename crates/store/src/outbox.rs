//! Mail that waits for the mail server: written with the change it tells of, leased by workers, wiped when done.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{Column, Sealed};
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// Where the recipient of a mail is sealed.
pub const RECIPIENT: Column = Column("outbox.recipient");
/// Where subject and parts of a mail are sealed.
pub const BODY: Column = Column("outbox.body");

/// A mail to be kept until it is delivered.
#[derive(Debug)]
pub struct NewMail<'a> {
    /// A new id.
    pub id: &'a str,
    /// Whose mail it is.
    pub organization_id: &'a str,
    /// The account it is about; `None` when it goes to an address without one.
    pub account_id: Option<&'a str>,
    /// Which mail it is, for counting and for the desk.
    pub kind: &'a str,
    /// `en` or `es`.
    pub language: &'a str,
    /// Names the change it tells of. A second mail of the same change is not added.
    pub change: &'a str,
    /// The Message-ID of every attempt, without angle brackets.
    pub message_id: &'a str,
    /// Sealed for [`RECIPIENT`] of this id.
    pub recipient: &'a Sealed,
    /// Sealed for [`BODY`] of this id.
    pub body: &'a Sealed,
    /// When the change happened: from then on it is due.
    pub queued_at: Timestamp,
    /// When the code or link in it ends and delivering it is of no use.
    pub expires_at: Option<Timestamp>,
}

/// A mail that one worker has in hand.
#[derive(Debug)]
pub struct LeasedMail {
    /// Its id.
    pub id: String,
    /// Which mail it is.
    pub kind: String,
    /// `en` or `es`.
    pub language: String,
    /// Without angle brackets.
    pub message_id: String,
    /// Opens with [`RECIPIENT`] of the id.
    pub recipient: Sealed,
    /// Opens with [`BODY`] of the id.
    pub body: Sealed,
    /// When the change happened.
    pub queued_at: Timestamp,
    /// When the code or link in it ends.
    pub expires_at: Option<Timestamp>,
    /// How often it was leased to be delivered, this time included.
    pub attempts: u32,
}

/// What waits, for `portico doctor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// How many mails wait to be delivered.
    pub queued: u64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
    /// How many were given up since the moment asked for.
    pub given_up: u64,
}

/// A dead letter. What it said and to whom is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: String,
    /// Whose mail it was.
    pub organization_id: String,
    /// Which mail it was.
    pub kind: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub given_up_at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Adds a mail. `false` when the change it tells of has its mail already.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add(unit: &mut Unit, mail: &NewMail<'_>) -> Result<bool, StoreError> {
    let added = sqlx::query(
        "INSERT INTO outbox (id, organization_id, account_id, kind, language, change, message_id, recipient, body, \
         queued_at, expires_at, due_at, attempts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, 0) \
         ON CONFLICT (change) DO NOTHING RETURNING id",
    )
    .bind(mail.id)
    .bind(mail.organization_id)
    .bind(mail.account_id)
    .bind(mail.kind)
    .bind(mail.language)
    .bind(mail.change)
    .bind(mail.message_id)
    .bind(mail.recipient.as_bytes())
    .bind(mail.body.as_bytes())
    .bind(to_micros(mail.queued_at))
    .bind(mail.expires_at.map(to_micros))
    .fetch_optional(unit.connection())
    .await?;
    Ok(added.is_some())
}

/// Whether a mail could be leased now. Asked in a reading unit, so that an idle worker writes nothing.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn is_due(unit: &mut Unit, now: Timestamp) -> Result<bool, StoreError> {
    let due = sqlx::query(
        "SELECT id FROM outbox WHERE sent_at IS NULL AND given_up_at IS NULL AND due_at <= $1 \
         AND (leased_until IS NULL OR leased_until <= $1) LIMIT 1",
    )
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(due.is_some())
}

/// Leases up to `limit` mails that are due, the longest waiting first, to the worker that calls itself `lease` (a new
/// id each time). Until `until` nobody else gets them. The first statement of a unit of its own, committed before
/// anything is sent.
///
/// # Errors
/// [`StoreError::Database`], [`StoreError::Unreadable`] for a row without a body.
pub async fn lease_due(
    unit: &mut Unit,
    lease: &str,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<LeasedMail>, StoreError> {
    sqlx::query("UPDATE outbox_turn SET taken_at = $1 WHERE id = 1")
        .bind(to_micros(now))
        .execute(unit.connection())
        .await?;
    // The conditions are there twice because PostgreSQL, having waited for a worker that settles a late mail, looks
    // again at the outer ones alone.
    let rows = sqlx::query(
        "UPDATE outbox SET lease = $1, leased_until = $2, attempts = attempts + 1 WHERE id IN \
         (SELECT id FROM outbox WHERE sent_at IS NULL AND given_up_at IS NULL AND due_at <= $3 \
         AND (leased_until IS NULL OR leased_until <= $3) ORDER BY due_at, id LIMIT $4) \
         AND sent_at IS NULL AND given_up_at IS NULL AND due_at <= $3 \
         AND (leased_until IS NULL OR leased_until <= $3) \
         RETURNING id, kind, language, message_id, recipient, body, queued_at, expires_at, attempts",
    )
    .bind(lease)
    .bind(to_micros(until))
    .bind(to_micros(now))
    .bind(i64::from(limit))
    .fetch_all(unit.connection())
    .await?;
    rows.iter().map(leased).collect()
}

/// Prolongs what `lease` still has in hand.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn renew(unit: &mut Unit, lease: &str, until: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox SET leased_until = $2 WHERE lease = $1")
        .bind(lease)
        .bind(to_micros(until))
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// The mail server took it: recipient and body are wiped. `false` when it was settled before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn mark_sent(unit: &mut Unit, id: &str, at: Timestamp) -> Result<bool, StoreError> {
    let marked = sqlx::query(
        "UPDATE outbox SET sent_at = $2, recipient = NULL, body = NULL, lease = NULL, leased_until = NULL, \
         reason = NULL WHERE id = $1 AND sent_at IS NULL AND given_up_at IS NULL RETURNING id",
    )
    .bind(id)
    .bind(to_micros(at))
    .fetch_optional(unit.connection())
    .await?;
    Ok(marked.is_some())
}

/// The attempt failed: it is due again at `due_at`. `false` when `lease` no longer has it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn put_off(
    unit: &mut Unit,
    id: &str,
    lease: &str,
    due_at: Timestamp,
    reason: &str,
) -> Result<bool, StoreError> {
    let put_off = sqlx::query(
        "UPDATE outbox SET due_at = $3, reason = $4, lease = NULL, leased_until = NULL \
         WHERE id = $1 AND lease = $2 RETURNING id",
    )
    .bind(id)
    .bind(lease)
    .bind(to_micros(due_at))
    .bind(reason)
    .fetch_optional(unit.connection())
    .await?;
    Ok(put_off.is_some())
}

/// Gives back, as if it had never been leased, what `lease` did not get to.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn release(unit: &mut Unit, id: &str, lease: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE outbox SET attempts = attempts - 1, lease = NULL, leased_until = NULL WHERE id = $1 AND lease = $2",
    )
    .bind(id)
    .bind(lease)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// It will not be tried again: a dead letter, recipient and body wiped. `false` when it was settled before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn give_up(unit: &mut Unit, id: &str, at: Timestamp, reason: &str) -> Result<bool, StoreError> {
    let given_up = sqlx::query(
        "UPDATE outbox SET given_up_at = $2, reason = $3, recipient = NULL, body = NULL, lease = NULL, \
         leased_until = NULL WHERE id = $1 AND sent_at IS NULL AND given_up_at IS NULL RETURNING id",
    )
    .bind(id)
    .bind(to_micros(at))
    .bind(reason)
    .fetch_optional(unit.connection())
    .await?;
    Ok(given_up.is_some())
}

/// How many mails of `kind` an account was written since `since`, delivered or not: for *at most ten an hour*. Asked
/// after the unit has written the account's row, so that two requests at once do not both see nine.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_since(
    unit: &mut Unit,
    account_id: &str,
    kind: &str,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar::<_, i64>(
        "SELECT COUNT(*) FROM outbox WHERE account_id = $1 AND kind = $2 AND queued_at > $3",
    )
    .bind(account_id)
    .bind(kind)
    .bind(to_micros(since))
    .fetch_one(unit.connection())
    .await?;
    Ok(unsigned(count))
}

/// What waits now, and what was given up since `since`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn backlog(unit: &mut Unit, since: Timestamp) -> Result<Backlog, StoreError> {
    let waiting = sqlx::query(
        "SELECT COUNT(*) AS queued, MIN(queued_at) AS oldest FROM outbox \
         WHERE sent_at IS NULL AND given_up_at IS NULL",
    )
    .fetch_one(unit.connection())
    .await?;
    let given_up = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM outbox WHERE given_up_at >= $1")
        .bind(to_micros(since))
        .fetch_one(unit.connection())
        .await?;
    Ok(Backlog {
        queued: unsigned(waiting.try_get("queued")?),
        oldest: waiting.try_get::<Option<i64>, _>("oldest")?.map(from_micros),
        given_up: unsigned(given_up),
    })
}

/// The last `limit` dead letters, newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn dead_letters(unit: &mut Unit, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, organization_id, kind, attempts, given_up_at, reason FROM outbox \
         WHERE given_up_at IS NOT NULL ORDER BY given_up_at DESC, id LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(unit.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(DeadLetter {
                id: row.try_get("id")?,
                organization_id: row.try_get("organization_id")?,
                kind: row.try_get("kind")?,
                attempts: attempts(row)?,
                given_up_at: from_micros(row.try_get("given_up_at")?),
                reason: row.try_get::<Option<String>, _>("reason")?.unwrap_or_default(),
            })
        })
        .collect()
}

/// Forgets up to `limit` mails that had been delivered or given up at `until`, the oldest first. Returns how many there
/// were. The change that such a mail tells of must be long past, since from then on it would get another.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget(unit: &mut Unit, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM outbox WHERE id IN \
         (SELECT id FROM outbox WHERE COALESCE(sent_at, given_up_at) <= $1 \
         ORDER BY COALESCE(sent_at, given_up_at), id LIMIT $2)",
    )
    .bind(to_micros(until))
    .bind(i64::from(limit))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}

fn leased(row: &Row) -> Result<LeasedMail, StoreError> {
    let sealed = |column: &'static str, place: Column| {
        row.try_get::<Option<Vec<u8>>, _>(column)?
            .map(Sealed::from_database)
            .ok_or(StoreError::Unreadable { place: place.0 })
    };
    Ok(LeasedMail {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        language: row.try_get("language")?,
        message_id: row.try_get("message_id")?,
        recipient: sealed("recipient", RECIPIENT)?,
        body: sealed("body", BODY)?,
        queued_at: from_micros(row.try_get("queued_at")?),
        expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(from_micros),
        attempts: attempts(row)?,
    })
}

fn attempts(row: &Row) -> Result<u32, StoreError> {
    let attempts: i64 = row.try_get("attempts")?;
    u32::try_from(attempts).map_err(|_| StoreError::Unreadable { place: "outbox.attempts" })
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
