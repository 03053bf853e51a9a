//! Identity questionnaires as they were first asked: of a person of the roster, or of what was entered where it is
//! nobody's.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{Column, Fingerprint, Sealed};
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// The sealed column.
pub const QUESTIONS: Column = Column("questionnaires.questions");

/// A questionnaire as it is kept.
#[derive(Debug)]
pub struct Questionnaire {
    /// Its id; a new one when it is made anew.
    pub id: String,
    /// At [`QUESTIONS`].
    pub questions: Sealed,
    /// When it was first asked.
    pub asked_at: Timestamp,
    /// The last try but one that was not right, or is being compared.
    pub tried_before_at: Option<Timestamp>,
}

/// A questionnaire to be asked.
#[derive(Debug)]
pub struct NewQuestionnaire<'a> {
    /// A new id.
    pub id: &'a str,
    /// Where it is asked.
    pub organization_id: &'a str,
    /// Of whom.
    pub subject: &'a Fingerprint,
    /// At [`QUESTIONS`].
    pub questions: &'a Sealed,
    /// Now.
    pub now: Timestamp,
}

/// The questionnaire of the subject if it was first asked after `since`, or else the new one in its place; the tries stay.
/// Of many at once all get the same. Locks it until the unit ends.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn open(
    unit: &mut Unit,
    new: &NewQuestionnaire<'_>,
    since: Timestamp,
) -> Result<Questionnaire, StoreError> {
    let row = sqlx::query(
        "INSERT INTO questionnaires (organization_id, subject, id, questions, asked_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (organization_id, subject) DO UPDATE SET
             id = CASE WHEN questionnaires.asked_at > $6 THEN questionnaires.id ELSE excluded.id END,
             questions = CASE WHEN questionnaires.asked_at > $6 THEN questionnaires.questions
                 ELSE excluded.questions END,
             asked_at = CASE WHEN questionnaires.asked_at > $6 THEN questionnaires.asked_at
                 ELSE excluded.asked_at END
         RETURNING id, questions, asked_at, tried_before_at",
    )
    .bind(new.organization_id)
    .bind(new.subject.as_bytes())
    .bind(new.id)
    .bind(new.questions.as_bytes())
    .bind(to_micros(new.now))
    .bind(to_micros(since))
    .fetch_one(unit.connection())
    .await?;
    read(&row)
}

/// The questionnaire of a subject, if it was first asked after `since`.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn find(
    unit: &mut Unit,
    organization_id: &str,
    subject: &Fingerprint,
    since: Timestamp,
) -> Result<Option<Questionnaire>, StoreError> {
    let row = sqlx::query(
        "SELECT id, questions, asked_at, tried_before_at FROM questionnaires
         WHERE organization_id = $1 AND subject = $2 AND asked_at > $3",
    )
    .bind(organization_id)
    .bind(subject.as_bytes())
    .bind(to_micros(since))
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// The questionnaire of an id.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn lookup(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
) -> Result<Option<Questionnaire>, StoreError> {
    let row = sqlx::query(
        "SELECT id, questions, asked_at, tried_before_at FROM questionnaires
         WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Counts a try before anything is compared, unless there were two after `since`. Returns whether it did: of many at once
/// as many succeed as are left. Locks the questionnaire until the unit ends.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn take_try(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE questionnaires SET tried_before_at = tried_at, tried_at = $4
         WHERE organization_id = $1 AND id = $2 AND (tried_before_at IS NULL OR tried_before_at <= $3)",
    )
    .bind(organization_id)
    .bind(id)
    .bind(to_micros(since))
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives back the try that was right. To be called in the unit of [`take_try`]: what that one forgot was no longer
/// counted.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn give_back_try(unit: &mut Unit, organization_id: &str, id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE questionnaires SET tried_at = tried_before_at, tried_before_at = NULL
         WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Forgets up to `limit` questionnaires that were first asked at `until` or before, the oldest first. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn forget(unit: &mut Unit, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    // The condition is there twice because PostgreSQL, having waited for somebody who is asked anew, looks again at the
    // outer one alone.
    let done = sqlx::query(
        "DELETE FROM questionnaires WHERE id IN
             (SELECT id FROM questionnaires WHERE asked_at <= $1 ORDER BY asked_at, id LIMIT $2)
         AND asked_at <= $1",
    )
    .bind(to_micros(until))
    .bind(i64::from(limit))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}

fn read(row: &Row) -> Result<Questionnaire, StoreError> {
    Ok(Questionnaire {
        id: row.try_get("id")?,
        questions: Sealed::from_database(row.try_get("questions")?),
        asked_at: from_micros(row.try_get("asked_at")?),
        tried_before_at: row.try_get::<Option<i64>, _>("tried_before_at")?.map(from_micros),
    })
}
