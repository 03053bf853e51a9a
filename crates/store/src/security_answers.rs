//! The table `security_answers`: what an account is asked after a PIN.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::accounts::PasswordHash;
use crate::{StoreError, Unit, to_micros};

/// Questions that were chosen, and their answers as one hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// As the catalogue names them, in the order in which they are asked.
    pub questions: Vec<String>,
    /// Of all answers together.
    pub hash: PasswordHash,
}

impl Kept {
    pub(crate) fn of(questions: &str, hash: String) -> Self {
        Self { questions: questions.split(',').map(str::to_owned).collect(), hash: PasswordHash(hash) }
    }

    pub(crate) fn joined(&self) -> String {
        self.questions.join(",")
    }
}

/// What an account is asked; `None` where it has chosen nothing.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lookup(unit: &mut Unit, account_id: &str) -> Result<Option<Kept>, StoreError> {
    let row = sqlx::query("SELECT questions, hash FROM security_answers WHERE account_id = $1")
        .bind(account_id)
        .fetch_optional(unit.connection())
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Kept::of(&row.try_get::<String, _>("questions")?, row.try_get("hash")?)))
}

/// Puts these in the place of what the account had.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set(unit: &mut Unit, account_id: &str, kept: &Kept, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO security_answers (account_id, questions, hash, set_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account_id) DO UPDATE
         SET questions = excluded.questions, hash = excluded.hash, set_at = excluded.set_at",
    )
    .bind(account_id)
    .bind(kept.joined())
    .bind(kept.hash.0.as_str())
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Forgets the questions and answers of an account.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget(unit: &mut Unit, account_id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM security_answers WHERE account_id = $1")
        .bind(account_id)
        .execute(unit.connection())
        .await?;
    Ok(())
}
