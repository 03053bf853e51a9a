//! The audit log: one row for each event of access, chained by a keyed hash within its organization.

use portico_store::keys::Sealed;
use portico_store::{Unit, audit, to_micros};
use serde_json::Value;

use crate::{Access, AccessError};

macro_rules! events {
    ($($(#[$doc:meta])* $event:ident = $name:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event {
            $($(#[$doc])* $event,)*
        }

        impl Event {
            /// The name in the database, in exports and in the log.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)*
                }
            }

            /// The event of a name in the database.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$event),)*
                    _ => None,
                }
            }
        }
    };
}

events! {
    /// An organization file changed something.
    OrganizationApplied = "organization.applied",
    /// A roster file was imported.
    RosterImported = "roster.imported",
    /// A registration began.
    RegistrationStarted = "registration.started",
    /// A registration could not go on: no match, ambiguous, an account already.
    RegistrationRefused = "registration.refused",
    /// Enough of the identity questionnaire was answered right.
    RegistrationQuestionsPassed = "registration.questions_passed",
    /// A code went to the address of a registration.
    RegistrationCodeSent = "registration.code_sent",
    /// A wrong code was entered in a registration.
    RegistrationCodeFailed = "registration.code_failed",
    /// The address of a registration was proven.
    RegistrationEmailProven = "registration.email_proven",
    /// So many registrations from one browser or network could not go on that it looks like going through the roster.
    RosterProbed = "alert.roster_probed",
    /// A registration became an account.
    AccountRegistered = "account.registered",
    /// Someone was invited.
    AccountInvited = "account.invited",
    /// A right password, a new session.
    AccountSignedIn = "account.signed_in",
    /// An attempt to sign in failed; without an account when none could be told.
    AccountSignInFailed = "account.sign_in_failed",
    /// The right password of an account that is disabled, expired or ended.
    AccountSignInBarred = "account.sign_in_barred",
    /// Too many failures.
    AccountLocked = "account.locked",
    /// The lock was lifted.
    AccountUnlocked = "account.unlocked",
    /// Its owner said "this was not me": locked until recovery, signed out everywhere.
    AccountDisavowed = "account.disavowed",
    /// The desk disabled it.
    AccountDisabled = "account.disabled",
    /// The desk reactivated it.
    AccountReactivated = "account.reactivated",
    /// Its owner closed it: it is gone but for its rows here.
    AccountClosed = "account.closed",
    /// A password was set.
    AccountPasswordSet = "account.password_set",
    /// The current password, asked for by a page behind sign-in, was wrong.
    AccountPasswordFailed = "account.password_failed",
    /// The security questions were changed behind sign-in.
    AccountSecurityQuestionsSet = "account.security_questions_set",
    /// Answers to the security questions, asked for after a PIN, were wrong.
    AccountAnswersFailed = "account.answers_failed",
    /// The language of the mails changed, by the switch while signed in.
    AccountLanguageSet = "account.language_set",
    /// A code went to a new email address, or the news that it is in use to its owner.
    AccountEmailCodeSent = "account.email_code_sent",
    /// A wrong code for a new email address was entered.
    AccountEmailCodeFailed = "account.email_code_failed",
    /// The email address changed.
    AccountEmailChanged = "account.email_changed",
    /// Recovery was asked for.
    RecoveryRequested = "recovery.requested",
    /// The button behind a recovery link was pressed.
    RecoveryCodeSent = "recovery.code_sent",
    /// A wrong code was entered.
    RecoveryCodeFailed = "recovery.code_failed",
    /// The right code was entered.
    RecoveryCodeProven = "recovery.code_proven",
    /// A PIN showed the User ID.
    UserIdLookedUp = "account.user_id_looked_up",
    /// A session ended.
    SessionEnded = "session.ended",
    /// All sessions of an account ended.
    SessionsEnded = "session.all_ended",
}

/// Appends a row. Do this last in a unit: whoever appends next in the organization waits until the unit ends.
///
/// `detail` is sealed; still it holds no password, code, token or answer.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn append(
    unit: &mut Unit,
    access: &Access,
    organization_id: &str,
    event: Event,
    account_id: Option<&str>,
    detail: Value,
) -> Result<(), AccessError> {
    let (sequence, previous) = audit::next(unit, organization_id).await?;
    let place = format!("{organization_id}/{sequence}");
    let detail =
        access.keys.seal(&*access.randomness, audit::DETAIL.of(&place), detail.to_string().as_bytes());
    let mut entry = audit::Entry {
        organization_id: organization_id.to_owned(),
        sequence,
        at: access.now(),
        event: event.name().to_owned(),
        account_id: account_id.map(str::to_owned),
        detail,
        previous,
        link: Vec::new(),
    };
    entry.link = access.keys.audit_link(&entry.previous, &row(&entry));
    audit::add(unit, &entry).await?;
    Ok(())
}

/// What checking a log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// Every row is there and as it was written.
    Whole {
        /// How many there are.
        rows: i64,
    },
    /// From this row on the log is not as it was written.
    Broken {
        /// Its number.
        sequence: i64,
    },
}

/// Checks every row of an organization's log, and that none is missing at its end.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn verify(access: &Access, organization_id: &str) -> Result<Verified, AccessError> {
    let mut unit = access.store.read().await?;
    let (mut last, mut link) = (0, Vec::new());
    loop {
        let entries = audit::list(&mut unit, organization_id, last, 1000).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let sequence = last + 1;
            let holds = entry.sequence == sequence
                && entry.previous == link
                && access.keys.audit_link_holds(&entry.previous, &row(&entry), &entry.link);
            if !holds {
                return Ok(Verified::Broken { sequence });
            }
            (last, link) = (sequence, entry.link);
        }
    }
    if audit::head(&mut unit, organization_id).await? == (last, link) {
        Ok(Verified::Whole { rows: last })
    } else {
        Ok(Verified::Broken { sequence: last + 1 })
    }
}

/// The bytes that a link vouches for: no two rows have the same.
fn row(entry: &audit::Entry) -> Vec<u8> {
    let fields: [&[u8]; 6] = [
        entry.organization_id.as_bytes(),
        &entry.sequence.to_be_bytes(),
        &to_micros(entry.at).to_be_bytes(),
        entry.event.as_bytes(),
        entry.account_id.as_deref().unwrap_or_default().as_bytes(),
        Sealed::as_bytes(&entry.detail),
    ];
    fields
        .iter()
        .flat_map(|field| (field.len() as u64).to_be_bytes().into_iter().chain(field.iter().copied()))
        .collect()
}
