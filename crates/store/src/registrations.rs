//! Registrations in progress: one row is one browser, one set of answers and at most one person of the roster.
//!
//! Every statement that moves a registration on names what must hold for it, so that of two requests at once only
//! one has its way and neither can do what the other made impossible.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{CodeHash, Column, Sealed, TokenHash};
use crate::security_answers::Kept;
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// What the person typed about themselves, without the Social Security number.
pub const ANSWERS: Column = Column("registrations.answers");
/// The same, masked: what the desk sees of it.
pub const MASKED: Column = Column("registrations.masked");
/// The address that the code of this registration goes to.
pub const EMAIL: Column = Column("registrations.email");
/// The User ID chosen.
pub const USER_ID: Column = Column("registrations.user_id");

/// Wrong entries that end a code.
pub const CODE_ATTEMPTS: i64 = 5;

/// A registration as it is kept.
#[derive(Debug)]
pub struct Registration {
    /// Its id, to which sealed values and codes are bound.
    pub id: String,
    /// Whose roster it is about.
    pub organization_id: String,
    /// The person of the roster it is for; `None` when there is none, which whoever is asked questions does not learn.
    pub person_id: Option<String>,
    /// The employer through whose page it was begun, if it was.
    pub employer: Option<String>,
    /// Why it leads nowhere; `None` while it may become an account.
    pub refusal: Option<String>,
    /// The person of the roster that was meant, whether or not it is for them.
    pub near_id: Option<String>,
    /// The questionnaire that is asked, if one is.
    pub questionnaire_id: Option<String>,
    /// When enough of it was answered right.
    pub questions_passed_at: Option<Timestamp>,
    /// When it was found that there is too little to ask, and that the policy lets them go on.
    pub questions_waived_at: Option<Timestamp>,
    /// When they gave the Social Security number that is on file.
    pub ssn_agreed_at: Option<Timestamp>,
    /// When it came to where it cannot go on.
    pub stopped_at: Option<Timestamp>,
    /// At [`ANSWERS`]; `None` once the registration is over.
    pub answers: Option<Sealed>,
    /// At [`EMAIL`].
    pub email: Option<Sealed>,
    /// Counts the codes, so that no two are the same.
    pub code_round: u32,
    /// The code under way, if any.
    pub code: Option<IssuedCode>,
    /// When a code that went to the address came back.
    pub email_proven_at: Option<Timestamp>,
    /// At [`USER_ID`].
    pub user_id: Option<Sealed>,
    /// The password chosen, hashed.
    pub password: Option<ChosenPassword>,
    /// The security questions chosen, with the hash of their answers.
    pub security: Option<Kept>,
    /// The names of these questions, also while their answers are to be given again.
    pub questions: Vec<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When the person last did something.
    pub active_at: Timestamp,
    /// When it was last taken up again after it had idled out.
    pub resumed_at: Option<Timestamp>,
    /// When it became an account.
    pub consumed_at: Option<Timestamp>,
    /// The account it became.
    pub account_id: Option<String>,
    /// When it ended without becoming one.
    pub ended_at: Option<Timestamp>,
}

/// A code that was sent and not yet taken back.
#[derive(Debug, Clone)]
pub struct IssuedCode {
    /// What it is compared with.
    pub hash: CodeHash,
    /// The first moment at which it is no longer good.
    pub expires_at: Timestamp,
    /// Wrong entries so far.
    pub failures: i64,
}

/// A chosen password, as the account will keep it.
#[derive(Clone)]
pub struct ChosenPassword {
    /// What signing in compares with.
    pub hash: String,
    /// The salt of the account's history.
    pub history_salt: Vec<u8>,
    /// The parameters of the history's hash.
    pub history_parameters: String,
    /// What later passwords are compared with.
    pub history_hash: Vec<u8>,
}

impl std::fmt::Debug for ChosenPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChosenPassword(…)")
    }
}

/// Which registrations count as going on: begun and used recently enough.
#[derive(Debug, Clone, Copy)]
pub struct Alive {
    /// The current moment.
    pub now: Timestamp,
    /// Used after this.
    pub active_since: Timestamp,
    /// Begun, or taken up again, after this.
    pub begun_since: Timestamp,
}

/// Which fields were compared, and which of them agreed: a bit each, whose meaning is the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bits {
    /// The fields compared.
    pub compared: u8,
    /// Those of them that agreed.
    pub agreed: u8,
}

/// A registration to begin.
#[derive(Debug)]
pub struct NewRegistration<'a> {
    /// A new id.
    pub id: &'a str,
    /// Whose roster.
    pub organization_id: &'a str,
    /// The browser.
    pub token_hash: &'a TokenHash,
    /// The person found; `None` when there is none who may go on.
    pub person_id: Option<&'a str>,
    /// The employer through whose page it begins, if it does.
    pub employer: Option<&'a str>,
    /// Why it leads nowhere, if it does.
    pub refusal: Option<&'a str>,
    /// The person of the roster that was meant, if one was.
    pub near_id: Option<&'a str>,
    /// How what was typed agrees with that person.
    pub agreement: Option<Bits>,
    /// Sealed at [`MASKED`].
    pub masked: &'a Sealed,
    /// The questionnaire to be asked, if there is one.
    pub questionnaire_id: Option<&'a str>,
    /// Whether they go on without one that the policy asks for.
    pub questions_waived: bool,
    /// Whether they gave the Social Security number that is on file.
    pub ssn_agreed: bool,
    /// Whether it is over before it began.
    pub stopped: bool,
    /// Sealed at [`ANSWERS`].
    pub answers: &'a Sealed,
    /// Now.
    pub now: Timestamp,
}

/// Begins a registration.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn add(unit: &mut Unit, new: &NewRegistration<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO registrations
             (id, organization_id, token_hash, person_id, answers, code_round, code_failures, started_at, active_at,
              questionnaire_id, questions_waived_at, ssn_agreed_at, stopped_at, refusal, near_id,
              compared, agreed, masked, employer)
         VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(new.id)
    .bind(new.organization_id)
    .bind(new.token_hash.as_bytes())
    .bind(new.person_id)
    .bind(new.answers.as_bytes())
    .bind(to_micros(new.now))
    .bind(new.questionnaire_id)
    .bind(new.questions_waived.then(|| to_micros(new.now)))
    .bind(new.ssn_agreed.then(|| to_micros(new.now)))
    .bind(new.stopped.then(|| to_micros(new.now)))
    .bind(new.refusal)
    .bind(new.near_id)
    .bind(new.agreement.map(|bits| i64::from(bits.compared)))
    .bind(new.agreement.map(|bits| i64::from(bits.agreed)))
    .bind(new.masked.as_bytes())
    .bind(new.employer)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// The registration of a browser, whatever its state.
///
/// # Errors
/// [`StoreError`] when the database does not answer, or holds what this version cannot read.
pub async fn find_by_token(
    unit: &mut Unit,
    organization_id: &str,
    token_hash: &TokenHash,
) -> Result<Option<Registration>, StoreError> {
    let row = sqlx::query(
        "SELECT id, organization_id, person_id, answers, email, code_round, code_hash, code_expires_at,
                code_failures, email_proven_at, user_id, password_hash, history_salt, history_parameters,
                history_hash, security_questions, security_hash, started_at, active_at, resumed_at,
                consumed_at, account_id, ended_at, employer, refusal, near_id, questionnaire_id,
                questions_passed_at, questions_waived_at, ssn_agreed_at, stopped_at
         FROM registrations WHERE token_hash = $1 AND organization_id = $2",
    )
    .bind(token_hash.as_bytes())
    .bind(organization_id)
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Notes that the person did something, while the registration goes on. Returns whether it does.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn touch(unit: &mut Unit, id: &str, alive: Alive) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations SET active_at = $2
         WHERE id = $1 AND consumed_at IS NULL AND ended_at IS NULL
           AND active_at > $3 AND COALESCE(resumed_at, started_at) > $4",
    )
    .bind(id)
    .bind(to_micros(alive.now))
    .bind(to_micros(alive.active_since))
    .bind(to_micros(alive.begun_since))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a registration that goes on another token, and notes that the person did something: the one before leads nowhere
/// any more. Returns whether it goes on.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn renew_token(
    unit: &mut Unit,
    id: &str,
    token_hash: &TokenHash,
    alive: Alive,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations SET token_hash = $5, active_at = $2
         WHERE id = $1 AND consumed_at IS NULL AND ended_at IS NULL
           AND active_at > $3 AND COALESCE(resumed_at, started_at) > $4",
    )
    .bind(id)
    .bind(to_micros(alive.now))
    .bind(to_micros(alive.active_since))
    .bind(to_micros(alive.begun_since))
    .bind(token_hash.as_bytes())
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that the questionnaire is passed.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn pass_questions(unit: &mut Unit, id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE registrations SET questions_passed_at = $2, active_at = $2 WHERE id = $1")
        .bind(id)
        .bind(to_micros(now))
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Notes that they gave the Social Security number that is on file, having left it out before.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn note_ssn(unit: &mut Unit, id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE registrations SET ssn_agreed_at = $2 WHERE id = $1")
        .bind(id)
        .bind(to_micros(now))
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Stops a registration where it cannot go on, for `refusal` unless it had one before. What was typed about them is kept,
/// so that they may try again; what was chosen since is wiped. Returns whether it was not stopped before.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn stop(unit: &mut Unit, id: &str, refusal: &str, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations
         SET stopped_at = $2, active_at = $2, refusal = COALESCE(refusal, $3),
             email = NULL, email_proven_at = NULL, user_id = NULL, code_hash = NULL, code_expires_at = NULL,
             password_hash = NULL, history_salt = NULL, history_parameters = NULL, history_hash = NULL,
             security_questions = NULL, security_hash = NULL
         WHERE id = $1 AND stopped_at IS NULL",
    )
    .bind(id)
    .bind(to_micros(now))
    .bind(refusal)
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A code to send.
#[derive(Debug)]
pub struct NewCode<'a> {
    /// One more than the registration's round so far; nothing happens when it is not.
    pub round: u32,
    /// What the entry is compared with.
    pub hash: &'a CodeHash,
    /// The first moment at which it is no longer good.
    pub expires_at: Timestamp,
}

/// Puts a new code in the place of the one before. Returns whether it did.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn issue_code(unit: &mut Unit, id: &str, new: &NewCode<'_>) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations SET code_round = $2, code_hash = $3, code_expires_at = $4, code_failures = 0
         WHERE id = $1 AND code_round = $2 - 1 AND consumed_at IS NULL AND ended_at IS NULL",
    )
    .bind(id)
    .bind(i64::from(new.round))
    .bind(new.hash.as_bytes())
    .bind(to_micros(new.expires_at))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets the address that is to be proven. Whatever was proven of another one is undone, and its code is void.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn change_email(unit: &mut Unit, id: &str, email: &Sealed) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations
         SET email = $2, email_proven_at = NULL, code_hash = NULL, code_expires_at = NULL, code_failures = 0
         WHERE id = $1 AND consumed_at IS NULL AND ended_at IS NULL",
    )
    .bind(id)
    .bind(email.as_bytes())
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts an entry of the code as wrong, before anything is compared, and returns the registration with it counted.
/// `None` when there is no code to compare with: none sent, expired, ended by wrong entries, or the registration over.
///
/// `proven`: whether the address is proven already, which is when a code takes an idle registration up again.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn take_attempt(
    unit: &mut Unit,
    id: &str,
    proven: bool,
    now: Timestamp,
) -> Result<Option<Registration>, StoreError> {
    let row = sqlx::query(
        "UPDATE registrations SET code_failures = code_failures + 1
         WHERE id = $1 AND consumed_at IS NULL AND ended_at IS NULL
           AND code_hash IS NOT NULL AND code_expires_at > $2 AND code_failures < $3
           AND CASE WHEN email_proven_at IS NULL THEN 0 ELSE 1 END = $4
         RETURNING id, organization_id, person_id, answers, email, code_round, code_hash, code_expires_at,
                code_failures, email_proven_at, user_id, password_hash, history_salt, history_parameters,
                history_hash, security_questions, security_hash, started_at, active_at, resumed_at,
                consumed_at, account_id, ended_at, employer, refusal, near_id, questionnaire_id,
                questions_passed_at, questions_waived_at, ssn_agreed_at, stopped_at",
    )
    .bind(id)
    .bind(to_micros(now))
    .bind(CODE_ATTEMPTS)
    .bind(i64::from(proven))
    .fetch_optional(unit.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Notes that the address is proven. The code is used up. To be called in the unit of [`take_attempt`].
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn prove_email(unit: &mut Unit, id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE registrations
         SET email_proven_at = $2, active_at = $2, code_hash = NULL, code_expires_at = NULL, code_failures = 0
         WHERE id = $1",
    )
    .bind(id)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Takes an idle registration up again. The code is used up. To be called in the unit of [`take_attempt`].
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn resume(unit: &mut Unit, id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE registrations
         SET resumed_at = $2, active_at = $2, code_hash = NULL, code_expires_at = NULL, code_failures = 0
         WHERE id = $1",
    )
    .bind(id)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Keeps the User ID and the password chosen, while the registration goes on and its address is proven. Answers to
/// security questions, which may be neither, are to be given again unless their hash is `compared`. Returns whether they
/// were kept.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn choose_sign_in_details(
    unit: &mut Unit,
    id: &str,
    user_id: &Sealed,
    password: &ChosenPassword,
    compared: Option<&str>,
    alive: Alive,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations
         SET user_id = $2, password_hash = $3, history_salt = $4, history_parameters = $5, history_hash = $6,
             active_at = $7, security_hash = CASE WHEN security_hash = $10 THEN security_hash ELSE NULL END
         WHERE id = $1 AND consumed_at IS NULL AND ended_at IS NULL AND email_proven_at IS NOT NULL
           AND active_at > $8 AND COALESCE(resumed_at, started_at) > $9",
    )
    .bind(id)
    .bind(user_id.as_bytes())
    .bind(password.hash.as_str())
    .bind(password.history_salt.as_slice())
    .bind(password.history_parameters.as_str())
    .bind(password.history_hash.as_slice())
    .bind(to_micros(alive.now))
    .bind(to_micros(alive.active_since))
    .bind(to_micros(alive.begun_since))
    // No hash is empty.
    .bind(compared.unwrap_or_default())
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps the security questions chosen, while the registration goes on and its User ID and password are. Returns whether
/// they were kept.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn choose_security_questions(
    unit: &mut Unit,
    id: &str,
    kept: &Kept,
    alive: Alive,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations SET security_questions = $2, security_hash = $3, active_at = $4
         WHERE id = $1 AND consumed_at IS NULL AND ended_at IS NULL AND email_proven_at IS NOT NULL
           AND user_id IS NOT NULL AND active_at > $5 AND COALESCE(resumed_at, started_at) > $6",
    )
    .bind(id)
    .bind(kept.joined())
    .bind(kept.hash.0.as_str())
    .bind(to_micros(alive.now))
    .bind(to_micros(alive.active_since))
    .bind(to_micros(alive.begun_since))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes a registration that has everything into the past of an account. Returns whether it did: of many at once
/// exactly one does. What was typed and chosen is wiped, and how it compared with the roster.
///
/// `seen` is the registration as it was checked; nothing happens when it is no longer that.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn consume(
    unit: &mut Unit,
    seen: &Registration,
    account_id: &str,
    alive: Alive,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations
         SET consumed_at = $2, account_id = $3, active_at = $2,
             answers = NULL, email = NULL, user_id = NULL, code_hash = NULL, code_expires_at = NULL,
             password_hash = NULL, history_salt = NULL, history_parameters = NULL, history_hash = NULL,
             security_questions = NULL, security_hash = NULL,
             masked = NULL, compared = NULL, agreed = NULL, near_id = NULL
         WHERE id = $1 AND consumed_at IS NULL AND ended_at IS NULL AND email_proven_at = $4
           AND email = $5 AND user_id = $6 AND password_hash = $7 AND COALESCE(security_hash, '') = $10
           AND active_at > $8 AND COALESCE(resumed_at, started_at) > $9",
    )
    .bind(seen.id.as_str())
    .bind(to_micros(alive.now))
    .bind(account_id)
    .bind(seen.email_proven_at.map(to_micros))
    .bind(seen.email.as_ref().map(|email| email.as_bytes().to_vec()))
    .bind(seen.user_id.as_ref().map(|user_id| user_id.as_bytes().to_vec()))
    .bind(seen.password.as_ref().map(|password| password.hash.as_str()))
    .bind(to_micros(alive.active_since))
    .bind(to_micros(alive.begun_since))
    .bind(seen.security.as_ref().map_or("", |kept| kept.hash.0.as_str()))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back the User ID and the password, because somebody else has the User ID by now, and with them the answers to
/// security questions; unless other ones were chosen since `seen`.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn undo_sign_in_details(unit: &mut Unit, seen: &Registration) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE registrations
         SET user_id = NULL, password_hash = NULL, history_salt = NULL, history_parameters = NULL,
             history_hash = NULL, security_hash = NULL
         WHERE id = $1 AND user_id = $2 AND consumed_at IS NULL AND ended_at IS NULL",
    )
    .bind(seen.id.as_str())
    .bind(seen.user_id.as_ref().map(|user_id| user_id.as_bytes().to_vec()))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Takes from the registrations that became an account whose they were. To be called in the unit that closes it.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn forget_account(unit: &mut Unit, account_id: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE registrations SET person_id = NULL, account_id = NULL WHERE account_id = $1")
        .bind(account_id)
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Ends a registration that has not become an account. What was typed is wiped; masked, it is kept of one that could
/// not go on, for the desk.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn end(unit: &mut Unit, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations
         SET ended_at = $2, answers = NULL, email = NULL, user_id = NULL, code_hash = NULL, code_expires_at = NULL,
             password_hash = NULL, history_salt = NULL, history_parameters = NULL, history_hash = NULL,
             security_questions = NULL, security_hash = NULL,
             masked = CASE WHEN stopped_at IS NULL THEN NULL ELSE masked END
         WHERE id = $1 AND consumed_at IS NULL AND ended_at IS NULL",
    )
    .bind(id)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends and wipes up to `limit` registrations that an organization's people left lying since `before`, the oldest
/// first. Returns how many there were.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn end_abandoned(
    unit: &mut Unit,
    organization_id: &str,
    before: Timestamp,
    now: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    // The conditions are there twice because PostgreSQL, having waited for somebody who takes one up again, looks
    // again at the outer ones alone.
    let done = sqlx::query(
        "UPDATE registrations
         SET ended_at = $3, answers = NULL, email = NULL, user_id = NULL, code_hash = NULL, code_expires_at = NULL,
             password_hash = NULL, history_salt = NULL, history_parameters = NULL, history_hash = NULL,
             security_questions = NULL, security_hash = NULL,
             masked = CASE WHEN stopped_at IS NULL THEN NULL ELSE masked END
         WHERE id IN
             (SELECT id FROM registrations
              WHERE organization_id = $1 AND active_at <= $2 AND consumed_at IS NULL AND ended_at IS NULL
              ORDER BY active_at, id LIMIT $4)
           AND active_at <= $2 AND consumed_at IS NULL AND ended_at IS NULL",
    )
    .bind(organization_id)
    .bind(to_micros(before))
    .bind(to_micros(now))
    .bind(i64::from(limit))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}

/// A registration that could not go on, as it is kept for the desk.
#[derive(Debug)]
pub struct Stopped {
    /// Its id.
    pub id: String,
    /// Why.
    pub refusal: Option<String>,
    /// The person of the roster that was meant, or who was nearest.
    pub near_id: Option<String>,
    /// How what was typed agrees with that person.
    pub agreement: Option<Bits>,
    /// At [`MASKED`].
    pub masked: Option<Sealed>,
    /// When.
    pub stopped_at: Timestamp,
}

/// Up to `limit` registrations of an organization that could not go on, the latest first.
///
/// # Errors
/// [`StoreError`] when the database does not answer, or holds what this version cannot read.
pub async fn stopped(unit: &mut Unit, organization_id: &str, limit: u32) -> Result<Vec<Stopped>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, refusal, near_id, compared, agreed, masked, stopped_at FROM registrations
         WHERE organization_id = $1 AND stopped_at IS NOT NULL ORDER BY stopped_at DESC, id LIMIT $2",
    )
    .bind(organization_id)
    .bind(i64::from(limit))
    .fetch_all(unit.connection())
    .await?;
    let unreadable = |_| StoreError::Unreadable { place: "registrations.agreed" };
    let read = |row: &Row| {
        let bits: (Option<i64>, Option<i64>) = (row.try_get("compared")?, row.try_get("agreed")?);
        let agreement = match bits {
            (Some(compared), Some(agreed)) => Some(Bits {
                compared: u8::try_from(compared).map_err(unreadable)?,
                agreed: u8::try_from(agreed).map_err(unreadable)?,
            }),
            _ => None,
        };
        Ok(Stopped {
            id: row.try_get("id")?,
            refusal: row.try_get("refusal")?,
            near_id: row.try_get("near_id")?,
            agreement,
            masked: row.try_get::<Option<Vec<u8>>, _>("masked")?.map(Sealed::from_database),
            stopped_at: from_micros(row.try_get("stopped_at")?),
        })
    };
    rows.iter().map(read).collect()
}

/// Forgets up to `limit` registrations that had ended at `until` without becoming an account, the oldest first: those
/// that could not go on, or the others. Returns how many there were.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn forget(unit: &mut Unit, until: Timestamp, stopped: bool, limit: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM registrations WHERE id IN
             (SELECT id FROM registrations WHERE ended_at <= $1 AND consumed_at IS NULL
                  AND CASE WHEN stopped_at IS NULL THEN 0 ELSE 1 END = $3
              ORDER BY ended_at, id LIMIT $2)",
    )
    .bind(to_micros(until))
    .bind(i64::from(limit))
    .bind(i64::from(stopped))
    .execute(unit.connection())
    .await?;
    Ok(done.rows_affected())
}

fn read(row: &Row) -> Result<Registration, StoreError> {
    let unreadable = |place| StoreError::Unreadable { place };
    let time = |column| row.try_get::<Option<i64>, _>(column).map(|micros| micros.map(from_micros));
    let bytes = |column| row.try_get::<Option<Vec<u8>>, _>(column);
    let sealed = |column| bytes(column).map(|bytes| bytes.map(Sealed::from_database));
    let code = match (bytes("code_hash")?, time("code_expires_at")?) {
        (Some(hash), Some(expires_at)) => Some(IssuedCode {
            hash: CodeHash::from_database(hash),
            expires_at,
            failures: row.try_get("code_failures")?,
        }),
        _ => None,
    };
    let hashed: (Option<String>, Option<String>) =
        (row.try_get("password_hash")?, row.try_get("history_parameters")?);
    let password = match (hashed, bytes("history_salt")?, bytes("history_hash")?) {
        ((Some(hash), Some(history_parameters)), Some(history_salt), Some(history_hash)) => {
            Some(ChosenPassword { hash, history_salt, history_parameters, history_hash })
        }
        _ => None,
    };
    let security: (Option<String>, Option<String>) =
        (row.try_get("security_questions")?, row.try_get("security_hash")?);
    let questions = security.0.as_deref().into_iter().flat_map(|names| names.split(','));
    Ok(Registration {
        questions: questions.map(str::to_owned).collect(),
        id: row.try_get("id")?,
        organization_id: row.try_get("organization_id")?,
        person_id: row.try_get("person_id")?,
        answers: sealed("answers")?,
        email: sealed("email")?,
        code_round: u32::try_from(row.try_get::<i64, _>("code_round")?)
            .map_err(|_| unreadable("registrations.code_round"))?,
        code,
        email_proven_at: time("email_proven_at")?,
        user_id: sealed("user_id")?,
        password,
        security: match security {
            (Some(questions), Some(hash)) => Some(Kept::of(&questions, hash)),
            _ => None,
        },
        started_at: from_micros(row.try_get("started_at")?),
        active_at: from_micros(row.try_get("active_at")?),
        resumed_at: time("resumed_at")?,
        consumed_at: time("consumed_at")?,
        account_id: row.try_get("account_id")?,
        ended_at: time("ended_at")?,
        employer: row.try_get("employer")?,
        refusal: row.try_get("refusal")?,
        near_id: row.try_get("near_id")?,
        questionnaire_id: row.try_get("questionnaire_id")?,
        questions_passed_at: time("questions_passed_at")?,
        questions_waived_at: time("questions_waived_at")?,
        ssn_agreed_at: time("ssn_agreed_at")?,
        stopped_at: time("stopped_at")?,
    })
}
