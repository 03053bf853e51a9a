//! The table `accounts`.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{Column, Fingerprint, Sealed};
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// The sealed name, as it is shown.
pub const NAME: Column = Column("accounts.name");
/// The sealed User ID, as it was typed.
pub const USER_ID: Column = Column("accounts.user_id");
/// The sealed email address.
pub const EMAIL: Column = Column("accounts.email");

/// One row.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Whose account.
    pub organization_id: String,
    /// The person of the roster it belongs to; none for staff.
    pub person_id: Option<String>,
    /// `member`, `user`, `support` or `administrator`.
    pub role: String,
    /// As it is shown.
    pub name: Sealed,
    /// As it was typed.
    pub user_id: Option<Sealed>,
    /// The address that mails go to.
    pub email: Option<Sealed>,
    /// `en` or `es`.
    pub language: String,
    /// PHC string; none while invited.
    pub password_hash: Option<PasswordHash>,
    /// The salt of the account's password history.
    pub history_salt: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its first password was set.
    pub activated_at: Option<Timestamp>,
    /// The last sign-in.
    pub signed_in_at: Option<Timestamp>,
    /// The last reactivation by the desk.
    pub reactivated_at: Option<Timestamp>,
    /// Attempts by browsers that it does not know since the last right password of one of them.
    pub failures: i64,
    /// The last of them.
    pub failed_at: Option<Timestamp>,
    /// When too many of them locked it.
    pub locked_at: Option<Timestamp>,
    /// How often it was locked since such a right password, recovery or unlocking by the desk.
    pub locks: u32,
    /// When its owner said "this was not me": locked since, and no time lifts it.
    pub disavowed_at: Option<Timestamp>,
    /// When the desk disabled it.
    pub disabled_at: Option<Timestamp>,
    /// Links and codes issued at or before this moment are dead.
    pub void_before: Timestamp,
}

/// A PHC string, which does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// What makes a new account.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    /// Its id.
    pub id: &'a str,
    /// Whose account.
    pub organization_id: &'a str,
    /// The person of the roster it belongs to.
    pub person_id: Option<&'a str>,
    /// `member`, `user`, `support` or `administrator`.
    pub role: &'a str,
    /// As it is shown.
    pub name: &'a Sealed,
    /// The User ID and its fingerprint.
    pub user_id: Option<(&'a Sealed, &'a Fingerprint)>,
    /// The email address and its fingerprint.
    pub email: Option<(&'a Sealed, &'a Fingerprint)>,
    /// `en` or `es`.
    pub language: &'a str,
    /// The salt of the account's password history.
    pub history_salt: &'a [u8],
    /// Now.
    pub created_at: Timestamp,
}

/// Every column of an [`Account`], for statements that give one back.
macro_rules! returning_account {
    ($($sql:literal),+) => {
        concat!(
            $($sql,)+
            " id, organization_id, person_id, role, name, user_id, email, language, password_hash, history_salt,
              created_at, activated_at, signed_in_at, reactivated_at, failures, failed_at, locked_at, locks,
              disavowed_at, disabled_at, void_before"
        )
    };
}

macro_rules! select_account {
    ($condition:literal) => {
        concat!(
            "SELECT id, organization_id, person_id, role, name, user_id, email, language, password_hash,
                 history_salt, created_at, activated_at, signed_in_at, reactivated_at, failures, failed_at, locked_at,
                 locks, disavowed_at, disabled_at, void_before
             FROM accounts WHERE ",
            $condition
        )
    };
}

fn read(row: &Row) -> Result<Account, sqlx::Error> {
    let at = |column: &str| -> Result<_, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(from_micros))
    };
    let sealed = |column: &str| -> Result<_, sqlx::Error> {
        Ok(row.try_get::<Option<Vec<u8>>, _>(column)?.map(Sealed::from_database))
    };
    Ok(Account {
        id: row.try_get("id")?,
        organization_id: row.try_get("organization_id")?,
        person_id: row.try_get("person_id")?,
        role: row.try_get("role")?,
        name: Sealed::from_database(row.try_get("name")?),
        user_id: sealed("user_id")?,
        email: sealed("email")?,
        language: row.try_get("language")?,
        password_hash: row.try_get::<Option<String>, _>("password_hash")?.map(PasswordHash),
        history_salt: row.try_get("history_salt")?,
        created_at: from_micros(row.try_get("created_at")?),
        activated_at: at("activated_at")?,
        signed_in_at: at("signed_in_at")?,
        reactivated_at: at("reactivated_at")?,
        failures: row.try_get("failures")?,
        failed_at: at("failed_at")?,
        locked_at: at("locked_at")?,
        locks: u32::try_from(row.try_get::<i64, _>("locks")?).unwrap_or(u32::MAX),
        disavowed_at: at("disavowed_at")?,
        disabled_at: at("disabled_at")?,
        void_before: from_micros(row.try_get("void_before")?),
    })
}

/// Adds an account without a password; `false` when the person has one already, or the User ID is taken.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add(unit: &mut Unit, account: NewAccount<'_>) -> Result<bool, StoreError> {
    let added = sqlx::query(
        "INSERT INTO accounts (id, organization_id, person_id, role, name, user_id, user_id_fingerprint, email,
             email_fingerprint, language, history_salt, created_at, failures, void_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0)
         ON CONFLICT DO NOTHING",
    )
    .bind(account.id)
    .bind(account.organization_id)
    .bind(account.person_id)
    .bind(account.role)
    .bind(account.name.as_bytes())
    .bind(account.user_id.map(|(sealed, _)| sealed.as_bytes()))
    .bind(account.user_id.map(|(_, fingerprint)| fingerprint.as_bytes()))
    .bind(account.email.map(|(sealed, _)| sealed.as_bytes()))
    .bind(account.email.map(|(_, fingerprint)| fingerprint.as_bytes()))
    .bind(account.language)
    .bind(account.history_salt)
    .bind(to_micros(account.created_at))
    .execute(unit.connection())
    .await?;
    Ok(added.rows_affected() == 1)
}

/// The account of an id, unless it was closed.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lookup(unit: &mut Unit, organization_id: &str, id: &str) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(select_account!("organization_id = $1 AND id = $2 AND closed_at IS NULL"))
        .bind(organization_id)
        .bind(id)
        .fetch_optional(unit.connection())
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// The account of an id, kept from changing until the unit ends.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn hold(unit: &mut Unit, organization_id: &str, id: &str) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(returning_account!(
        "UPDATE accounts SET created_at = created_at
         WHERE organization_id = $1 AND id = $2 AND closed_at IS NULL RETURNING"
    ))
    .bind(organization_id)
    .bind(id)
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// The account of a User ID.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_by_user_id(
    unit: &mut Unit,
    organization_id: &str,
    user_id: &Fingerprint,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(select_account!("organization_id = $1 AND user_id_fingerprint = $2"))
        .bind(organization_id)
        .bind(user_id.as_bytes())
        .fetch_optional(unit.connection())
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// The accounts of an email address: members of a household may share one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_by_email(
    unit: &mut Unit,
    organization_id: &str,
    email: &Fingerprint,
) -> Result<Vec<Account>, StoreError> {
    let rows = sqlx::query(select_account!("organization_id = $1 AND email_fingerprint = $2 ORDER BY id"))
        .bind(organization_id)
        .bind(email.as_bytes())
        .fetch_all(unit.connection())
        .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The account of a person of the roster.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_by_person(
    unit: &mut Unit,
    organization_id: &str,
    person_id: &str,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(select_account!("organization_id = $1 AND person_id = $2"))
        .bind(organization_id)
        .bind(person_id)
        .fetch_optional(unit.connection())
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// The account of a User ID that people sign in to with it, kept from changing until the unit ends.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn hold_by_user_id(
    unit: &mut Unit,
    organization_id: &str,
    user_id: &Fingerprint,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(returning_account!(
        "UPDATE accounts SET created_at = created_at
         WHERE organization_id = $1 AND user_id_fingerprint = $2 AND role IN ('member', 'user')
         RETURNING"
    ))
    .bind(organization_id)
    .bind(user_id.as_bytes())
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// [`hold_by_user_id`] for an email address, which signs in only while it belongs to one account.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn hold_by_email(
    unit: &mut Unit,
    organization_id: &str,
    email: &Fingerprint,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(returning_account!(
        "UPDATE accounts SET created_at = created_at
         WHERE organization_id = $1 AND email_fingerprint = $2 AND role IN ('member', 'user')
             AND (SELECT COUNT(*) FROM accounts others
                  WHERE others.organization_id = $1 AND others.email_fingerprint = $2) = 1
         RETURNING"
    ))
    .bind(organization_id)
    .bind(email.as_bytes())
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Writes as much as counting an attempt on an account does, so that the time it takes does not tell that there is none.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_attempt_on_nobody(unit: &mut Unit, organization_id: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE organizations SET changed_at = changed_at WHERE id = $1")
        .bind(organization_id)
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Takes back an attempt that was counted but never checked.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn return_attempt(unit: &mut Unit, organization_id: &str, id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE accounts SET failures = failures - 1
         WHERE organization_id = $1 AND id = $2 AND failures > 0 AND locked_at IS NULL",
    )
    .bind(organization_id)
    .bind(id)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Counts an attempt by a browser that the account does not know; `None` when there is no such account or `limit` attempts
/// have been counted. Of any number at once, exactly as many succeed as are left.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_attempt(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(returning_account!(
        "UPDATE accounts SET failures = failures + 1, failed_at = $4
         WHERE organization_id = $1 AND id = $2 AND failures < $3 AND locked_at IS NULL
         RETURNING"
    ))
    .bind(organization_id)
    .bind(id)
    .bind(limit)
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Locks an account against browsers that it does not know when they have made `limit` attempts, and kills what was
/// issued before; `None` when it is locked already or a right password came between.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lock(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(returning_account!(
        "UPDATE accounts SET locked_at = $4, void_before = $4, locks = locks + 1
         WHERE organization_id = $1 AND id = $2 AND failures >= $3 AND locked_at IS NULL
         RETURNING"
    ))
    .bind(organization_id)
    .bind(id)
    .bind(limit)
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Lifts a lock whose time is over: attempts count from the first again. How often it locked stays.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end_lock(unit: &mut Unit, organization_id: &str, id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE accounts SET failures = 0, failed_at = NULL, locked_at = NULL
         WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Forgets the attempts after a right password by a browser that the account does not know; `false` when it was locked
/// meanwhile.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn clear_attempts(unit: &mut Unit, organization_id: &str, id: &str) -> Result<bool, StoreError> {
    let cleared = sqlx::query(
        "UPDATE accounts SET failures = 0, failed_at = NULL, locks = 0
         WHERE organization_id = $1 AND id = $2 AND locked_at IS NULL",
    )
    .bind(organization_id)
    .bind(id)
    .execute(unit.connection())
    .await?;
    Ok(cleared.rows_affected() == 1)
}

/// Notes a sign-in, and the same password's hash made anew where there is one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn sign_in(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    rehashed: Option<&PasswordHash>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE accounts SET signed_in_at = $3, password_hash = COALESCE($4, password_hash)
         WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .bind(to_micros(now))
    .bind(rehashed.map(|hash| hash.0.as_str()))
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Sets the password; the first one activates the account. Links and codes issued before are dead. A lock stays: that is
/// what [`unlock`] is for. `false` when there is no such account.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_password(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    hash: &PasswordHash,
    history_salt: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let set = sqlx::query(
        "UPDATE accounts SET password_hash = $3, history_salt = $4, activated_at = COALESCE(activated_at, $5),
             void_before = $5
         WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .bind(&hash.0)
    .bind(history_salt)
    .bind(to_micros(now))
    .execute(unit.connection())
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Kills links, codes and PINs that were issued before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn void_issued(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET void_before = $3 WHERE organization_id = $1 AND id = $2")
        .bind(organization_id)
        .bind(id)
        .bind(to_micros(now))
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// When the reminder to change the password was last put off.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn reminder_put_off_at(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query("SELECT reminder_put_off_at FROM accounts WHERE organization_id = $1 AND id = $2")
        .bind(organization_id)
        .bind(id)
        .fetch_optional(unit.connection())
        .await?;
    let at = row.map(|row| row.try_get::<Option<i64>, _>("reminder_put_off_at")).transpose()?;
    Ok(at.flatten().map(from_micros))
}

/// Puts the reminder to change the password off.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn put_off_reminder(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET reminder_put_off_at = $3 WHERE organization_id = $1 AND id = $2")
        .bind(organization_id)
        .bind(id)
        .bind(to_micros(now))
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Sets the name that is shown.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_name(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    name: &Sealed,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET name = $3 WHERE organization_id = $1 AND id = $2")
        .bind(organization_id)
        .bind(id)
        .bind(name.as_bytes())
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Sets the email address.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_email(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    email: (&Sealed, &Fingerprint),
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE accounts SET email = $3, email_fingerprint = $4 WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .bind(email.0.as_bytes())
    .bind(email.1.as_bytes())
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Sets the language that mails are written in.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_language(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    language: &str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET language = $3 WHERE organization_id = $1 AND id = $2")
        .bind(organization_id)
        .bind(id)
        .bind(language)
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// Lifts a lock, and forgets the attempts and how often they locked.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn unlock(unit: &mut Unit, organization_id: &str, id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE accounts SET failures = 0, failed_at = NULL, locked_at = NULL, locks = 0, disavowed_at = NULL
         WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// Locks an account whose owner said "this was not me", and kills what was issued before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn disavow(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(returning_account!(
        "UPDATE accounts SET locked_at = COALESCE(locked_at, $3), disavowed_at = $3, void_before = $3
         WHERE organization_id = $1 AND id = $2 AND closed_at IS NULL
         RETURNING"
    ))
    .bind(organization_id)
    .bind(id)
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Disables an account and kills what was issued before; `None` when it is disabled.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn disable(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(returning_account!(
        "UPDATE accounts SET disabled_at = $3, void_before = $3
         WHERE organization_id = $1 AND id = $2 AND disabled_at IS NULL AND closed_at IS NULL
         RETURNING"
    ))
    .bind(organization_id)
    .bind(id)
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Enables a disabled account and starts the time anew after which an unused one expires. The lock stays.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn reactivate(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(returning_account!(
        "UPDATE accounts SET disabled_at = NULL, reactivated_at = $3
         WHERE organization_id = $1 AND id = $2 AND closed_at IS NULL
         RETURNING"
    ))
    .bind(organization_id)
    .bind(id)
    .bind(to_micros(now))
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Closes an account: whoever it was of, what they are found by and what they sign in with is gone, and the person of the
/// roster may have another one. `false` when it was closed before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn close(
    unit: &mut Unit,
    organization_id: &str,
    id: &str,
    no_name: &Sealed,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let closed = sqlx::query(
        "UPDATE accounts SET closed_at = $3, void_before = $3, person_id = NULL, name = $4, user_id = NULL,
             user_id_fingerprint = NULL, email = NULL, email_fingerprint = NULL, password_hash = NULL,
             history_salt = $5
         WHERE organization_id = $1 AND id = $2 AND closed_at IS NULL",
    )
    .bind(organization_id)
    .bind(id)
    .bind(to_micros(now))
    .bind(no_name.as_bytes())
    .bind(b"".as_slice())
    .execute(unit.connection())
    .await?;
    Ok(closed.rows_affected() == 1)
}
