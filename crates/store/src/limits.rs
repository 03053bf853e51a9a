//! How much of something may be taken within a time: mails to one account, codes for one person.
//!
//! A limit is exact at any moment, not by the clock's hour: the times of what was taken are kept and counted.

use jiff::{SignedDuration, Timestamp};
use sqlx::Row as _;

use crate::keys::Fingerprint;
use crate::{StoreError, Unit, to_micros};

/// So much, of one kind, within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is counted; sets unlike things of one subject apart.
    pub kind: &'static str,
    /// How many may be taken.
    pub at_most: usize,
    /// Within how long.
    pub within: SignedDuration,
}

/// Takes one, unless that would be more than the limit. Of many at once exactly as many succeed as are left.
///
/// Locks the subject until the unit ends, so that what is decided by a limit is decided in turn.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn take(
    unit: &mut Unit,
    limit: Limit,
    subject: &Fingerprint,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "INSERT INTO limits (kind, subject, taken, touched_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (kind, subject) DO UPDATE SET touched_at = excluded.touched_at
         RETURNING taken",
    )
    .bind(limit.kind)
    .bind(subject.as_bytes())
    .bind(Vec::<u8>::new())
    .bind(to_micros(now))
    .fetch_one(unit.connection())
    .await?;
    let mut taken = still_counting(&row.try_get::<Vec<u8>, _>("taken")?, limit.within, now);
    if taken.len() >= limit.at_most {
        return Ok(false);
    }
    taken.push(to_micros(now));
    let bytes: Vec<u8> = taken.iter().flat_map(|at| at.to_be_bytes()).collect();
    sqlx::query("UPDATE limits SET taken = $3 WHERE kind = $1 AND subject = $2")
        .bind(limit.kind)
        .bind(subject.as_bytes())
        .bind(bytes)
        .execute(unit.connection())
        .await?;
    Ok(true)
}

/// Takes nothing, but waits as [`take`] does, and makes others wait, until the unit ends.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn take_turn(
    unit: &mut Unit,
    limit: Limit,
    subject: &Fingerprint,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO limits (kind, subject, taken, touched_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (kind, subject) DO UPDATE SET touched_at = excluded.touched_at",
    )
    .bind(limit.kind)
    .bind(subject.as_bytes())
    .bind(Vec::<u8>::new())
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Whether none is left to take. It takes none, and locks nothing.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn is_spent(
    unit: &mut Unit,
    limit: Limit,
    subject: &Fingerprint,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let taken = sqlx::query_scalar::<_, Vec<u8>>("SELECT taken FROM limits WHERE kind = $1 AND subject = $2")
        .bind(limit.kind)
        .bind(subject.as_bytes())
        .fetch_optional(unit.connection())
        .await?;
    Ok(still_counting(&taken.unwrap_or_default(), limit.within, now).len() >= limit.at_most)
}

/// Forgets up to `limit` subjects that nothing was asked of after `until`, the oldest first. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn forget(unit: &mut Unit, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    // The condition is there twice because PostgreSQL, having waited for somebody who takes one, looks again at the
    // outer one alone.
    let done = sqlx::query(
        "DELETE FROM limits WHERE (kind, subject) IN
             (SELECT kind, subject FROM limits WHERE touched_at <= $1 ORDER BY touched_at, kind, subject LIMIT $2)
         AND touched_at <= $1",
    )
    .bind(to_micros(until))
    .bind(i64::from(limit))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}

fn still_counting(bytes: &[u8], within: SignedDuration, now: Timestamp) -> Vec<i64> {
    let within = i64::try_from(within.as_micros()).unwrap_or(i64::MAX);
    let since = to_micros(now).saturating_sub(within);
    bytes.as_chunks::<8>().0.iter().map(|eight| i64::from_be_bytes(*eight)).filter(|&at| at > since).collect()
}
