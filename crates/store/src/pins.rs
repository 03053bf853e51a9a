//! PINs by mail, with which a member finds the User ID or sets a password, and the requests for them.
//!
//! A request is of an address with a date of birth, whether or not anybody has them: it lives as long as a PIN, and
//! counts the entries. Each account that was asked for has a PIN of its own under the request.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{CodeHash, Fingerprint};
use crate::registrations::CODE_ATTEMPTS;
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// A request for a PIN as it is kept.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its id; a new one when it begins anew.
    pub id: String,
    /// The first moment at which its PINs are no longer good.
    pub expires_at: Timestamp,
    /// Wrong entries, those under way included.
    pub failures: i64,
}

impl Request {
    /// Whether a PIN may still be entered for it.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.expires_at > now && self.failures < CODE_ATTEMPTS
    }
}

/// A PIN as it is kept.
#[derive(Debug, Clone)]
pub struct Pin {
    /// Its id, which it follows from.
    pub id: String,
    /// Whose it is.
    pub account_id: String,
    /// The keyed hash of the digits.
    pub hash: CodeHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// The first moment at which it is no longer good.
    pub expires_at: Timestamp,
    /// When it set a password.
    pub used_at: Option<Timestamp>,
    /// When it first showed the User ID.
    pub user_id_shown_at: Option<Timestamp>,
    /// Wrong answers to security questions after it, those under way included.
    pub answer_failures: i64,
}

/// A PIN to be sent.
#[derive(Debug)]
pub struct NewPin<'a> {
    /// A new id.
    pub id: &'a str,
    /// Where it is asked for.
    pub organization_id: &'a str,
    /// Whose it is.
    pub account_id: &'a str,
    /// Which request it answers.
    pub request_id: &'a str,
    /// The keyed hash of the digits.
    pub hash: &'a CodeHash,
    /// Now.
    pub now: Timestamp,
    /// The first moment at which it is no longer good.
    pub expires_at: Timestamp,
}

/// The request for `subject` that is open, or else a new one under `id` that lives until `expires_at`. Of many at once
/// all get the same. Locks it until the unit ends.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn open_request(
    unit: &mut Unit,
    organization_id: &str,
    subject: &Fingerprint,
    id: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Request, StoreError> {
    let row = sqlx::query(
        "INSERT INTO pin_requests (organization_id, subject, id, expires_at, failures) VALUES ($1, $2, $3, $4, 0)
         ON CONFLICT (organization_id, subject) DO UPDATE SET failures = pin_requests.failures
         RETURNING id, expires_at, failures",
    )
    .bind(organization_id)
    .bind(subject.as_bytes())
    .bind(id)
    .bind(to_micros(expires_at))
    .fetch_one(unit.connection())
    .await?;
    let request = read_request(&row)?;
    if request.is_open(now) {
        return Ok(request);
    }
    let row = sqlx::query(
        "UPDATE pin_requests SET id = $3, expires_at = $4, failures = 0 WHERE organization_id = $1 AND subject = $2
         RETURNING id, expires_at, failures",
    )
    .bind(organization_id)
    .bind(subject.as_bytes())
    .bind(id)
    .bind(to_micros(expires_at))
    .fetch_one(unit.connection())
    .await?;
    read_request(&row)
}

/// A request, unless it has made way for a newer one.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn find_request(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
) -> Result<Option<Request>, StoreError> {
    let row = sqlx::query(
        "SELECT id, expires_at, failures FROM pin_requests WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read_request).transpose()
}

/// Counts an entry as wrong, before anything is compared, and returns the request with it counted. `None` when it is
/// not open.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn take_attempt(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    now: Timestamp,
) -> Result<Option<Request>, StoreError> {
    let row = sqlx::query(
        "UPDATE pin_requests SET failures = failures + 1
         WHERE organization_id = $1 AND id = $2 AND expires_at > $3 AND failures < $4
         RETURNING id, expires_at, failures",
    )
    .bind(organization_id)
    .bind(id)
    .bind(to_micros(now))
    .bind(CODE_ATTEMPTS)
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read_request).transpose()
}

/// Takes back the count of an entry that was right. To be called in the unit of [`take_attempt`].
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn return_attempt(unit: &mut Unit, id: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE pin_requests SET failures = failures - 1 WHERE id = $1")
        .bind(id)
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Keeps a PIN.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn add(unit: &mut Unit, new: &NewPin<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO pins (id, organization_id, account_id, request_id, hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id)
    .bind(new.organization_id)
    .bind(new.account_id)
    .bind(new.request_id)
    .bind(new.hash.as_bytes())
    .bind(to_micros(new.now))
    .bind(to_micros(new.expires_at))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// The PINs of a request, whatever their state, the oldest first.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn of_request(
    unit: &mut Unit,
    organization_id: &str,
    request_id: &str,
) -> Result<Vec<Pin>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, account_id, hash, created_at, expires_at, used_at, user_id_shown_at, answer_failures
         FROM pins WHERE organization_id = $1 AND request_id = $2 ORDER BY created_at, id",
    )
    .bind(organization_id)
    .bind(request_id)
    .fetch_all(unit.connection())
    .await?;
    rows.iter().map(read).collect()
}

/// A PIN, whatever its state.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn lookup(unit: &mut Unit, organization_id: &str, id: &str) -> Result<Option<Pin>, StoreError> {
    let row = sqlx::query(
        "SELECT id, account_id, hash, created_at, expires_at, used_at, user_id_shown_at, answer_failures
         FROM pins WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Counts answers as wrong, before they are compared, and returns how many were counted with them; `None` when as many as
/// a PIN bears have been.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn take_answers(unit: &mut Unit, id: &str) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query(
        "UPDATE pins SET answer_failures = answer_failures + 1 WHERE id = $1 AND answer_failures < $2
         RETURNING answer_failures",
    )
    .bind(id)
    .bind(CODE_ATTEMPTS)
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.map(|row| row.try_get("answer_failures")).transpose()?)
}

/// Takes back the count of answers that were right, or never compared.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn return_answers(unit: &mut Unit, id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE pins SET answer_failures = answer_failures - 1 WHERE id = $1 AND answer_failures > 0",
    )
    .bind(id)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Uses a PIN for a password. Returns whether it did: of many at once exactly one does.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn consume(unit: &mut Unit, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE pins SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2")
            .bind(id)
            .bind(to_micros(now))
            .execute(unit.connection())
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a PIN shows the User ID. Returns whether it is the first time.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn show_user_id(unit: &mut Unit, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE pins SET user_id_shown_at = $2 WHERE id = $1 AND user_id_shown_at IS NULL")
            .bind(id)
            .bind(to_micros(now))
            .execute(unit.connection())
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets up to `limit` PINs and as many requests that had expired at `until`, the oldest first. Returns how many there
/// were.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn forget(unit: &mut Unit, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    for sql in [
        "DELETE FROM pins WHERE id IN
             (SELECT id FROM pins WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2)",
        "DELETE FROM pin_requests WHERE id IN
             (SELECT id FROM pin_requests WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2)",
    ] {
        let done =
            sqlx::query(sql).bind(to_micros(until)).bind(i64::from(limit)).execute(unit.connection()).await?;
        forgotten += done.rows_affected();
    }
    Ok(forgotten)
}

fn read_request(row: &Row) -> Result<Request, StoreError> {
    Ok(Request {
        id: row.try_get("id")?,
        expires_at: from_micros(row.try_get("expires_at")?),
        failures: row.try_get("failures")?,
    })
}

fn read(row: &Row) -> Result<Pin, StoreError> {
    let time = |column| row.try_get::<Option<i64>, _>(column).map(|micros| micros.map(from_micros));
    Ok(Pin {
        id: row.try_get("id")?,
        account_id: row.try_get("account_id")?,
        hash: CodeHash::from_database(row.try_get("hash")?),
        created_at: from_micros(row.try_get("created_at")?),
        expires_at: from_micros(row.try_get("expires_at")?),
        used_at: time("used_at")?,
        user_id_shown_at: time("user_id_shown_at")?,
        answer_failures: row.try_get("answer_failures")?,
    })
}
