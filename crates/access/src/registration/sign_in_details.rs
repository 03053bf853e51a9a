//! User ID and password.

use portico_rules::email::EmailAddress;
use portico_rules::password::Context;
use portico_rules::registration::{Step, first_gap};
use portico_rules::security_questions::normalise;
use portico_rules::user_id::{self, UserIdProblem};
use portico_store::registrations::{self, ChosenPassword, Registration, USER_ID};
use portico_store::{Unit, accounts};

use super::about_you::{self, Typed};
use super::{Elsewhere, email, state};
use crate::new_password::{self, PasswordMistake};
use crate::organization::Organization;
use crate::people::Sought;
use crate::secret::{Password, Token};
use crate::{Access, AccessError, passwords};

/// How many User IDs are suggested.
const SUGGESTIONS: usize = 3;
/// How many are looked up for it at most: a name as common as that is tried no further.
const LOOKED_UP: usize = 40;

/// What is wrong with a User ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserIdMistake {
    /// It may not be one.
    Problem(UserIdProblem),
    /// Somebody has it.
    Taken {
        /// Some that nobody has.
        suggestions: Vec<String>,
    },
}

/// Whether a User ID can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserIdAnswer {
    /// Nobody has it.
    Free,
    /// It cannot be had.
    Mistake(UserIdMistake),
    /// Another step is to be done first.
    Elsewhere(Elsewhere),
}

/// What came of choosing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInDetailsOutcome {
    /// Both are kept, the password as a hash; the first step still to be done.
    Next(Step),
    /// Nothing was kept.
    Mistakes {
        /// With the User ID.
        user_id: Option<UserIdMistake>,
        /// With the password.
        password: Option<PasswordMistake>,
    },
    /// Another step is to be done first.
    Elsewhere(Elsewhere),
}

/// User IDs that nobody has, made from the name. Only inside a registration whose address is proven.
///
/// # Errors
/// [`AccessError`].
pub async fn suggest_user_ids(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
) -> Result<Result<Vec<String>, Elsewhere>, AccessError> {
    let mut unit = access.store.read().await?;
    match Chooser::find(&mut unit, access, organization, token).await? {
        Ok(chooser) => Ok(Ok(chooser.suggestions(&mut unit, access, organization).await?)),
        Err(elsewhere) => Ok(Err(elsewhere)),
    }
}

/// Whether a User ID can be had. Only inside a registration whose address is proven.
///
/// # Errors
/// [`AccessError`].
pub async fn user_id_free(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    entered: &str,
) -> Result<UserIdAnswer, AccessError> {
    let mut unit = access.store.read().await?;
    Ok(match Chooser::find(&mut unit, access, organization, token).await? {
        Ok(chooser) => match chooser.read(&mut unit, access, organization, entered).await? {
            Ok(_) => UserIdAnswer::Free,
            Err(mistake) => UserIdAnswer::Mistake(mistake),
        },
        Err(elsewhere) => UserIdAnswer::Elsewhere(elsewhere),
    })
}

/// Keeps a User ID, and the hash of a password, for the account to be. Neither is anybody's until the account exists:
/// [`create`](super::create) decides whose the User ID is. Security questions that were chosen before are kept where
/// both are the same as then.
///
/// # Errors
/// [`AccessError`].
pub async fn choose_sign_in_details(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    user_id: &str,
    password: &Password,
    repeated: &Password,
) -> Result<SignInDetailsOutcome, AccessError> {
    let mut unit = access.store.read().await?;
    let chooser = match Chooser::find(&mut unit, access, organization, token).await? {
        Ok(chooser) => chooser,
        Err(elsewhere) => return Ok(SignInDetailsOutcome::Elsewhere(elsewhere)),
    };
    let chosen = chooser.read(&mut unit, access, organization, user_id).await?;
    drop(unit);
    let proven = email::chosen(access, &chooser.registration)?;
    let context = Context {
        first_name: &chooser.typed.first_name,
        last_name: &chooser.typed.last_name,
        user_id: user_id.trim(),
        email: proven.as_ref().map_or("", EmailAddress::as_str),
        names: &organization.definition.own_names(),
    };
    let checked = new_password::read(&organization.policy, &context, password, repeated);
    let chosen = match (chosen, checked) {
        (Ok(chosen), Ok(())) => chosen,
        (chosen, checked) => {
            return Ok(SignInDetailsOutcome::Mistakes { user_id: chosen.err(), password: checked.err() });
        }
    };
    let compared = chooser.compared_answers(access, &chosen, password).await?;
    let prepared = passwords::prepare_first(access, password).await?;

    let id = &chooser.registration.id;
    let sealed = access.keys.seal(&*access.randomness, USER_ID.of(id), chosen.as_bytes());
    let hashed = ChosenPassword {
        hash: prepared.hash.0,
        history_salt: prepared.history_salt,
        history_parameters: prepared.history.parameters,
        history_hash: prepared.history.hash,
    };
    let alive = state::alive(&organization.policy, access.now());
    let mut unit = access.store.begin().await?;
    let kept =
        registrations::choose_sign_in_details(&mut unit, id, &sealed, &hashed, compared, alive).await?;
    let after = state::find_at(&mut unit, access, organization, token, Step::SignInDetails).await?;
    unit.commit().await?;
    Ok(match after {
        Ok(after) if kept => {
            SignInDetailsOutcome::Next(first_gap(&state::progress(&after), &organization.policy))
        }
        Ok(_) => SignInDetailsOutcome::Elsewhere(Elsewhere::Begin),
        Err(elsewhere) => SignInDetailsOutcome::Elsewhere(elsewhere),
    })
}

/// Somebody who may ask for User IDs.
struct Chooser {
    registration: Registration,
    typed: Typed,
    member_id: String,
}

impl Chooser {
    async fn find(
        unit: &mut Unit,
        access: &Access,
        organization: &Organization,
        token: Option<&Token>,
    ) -> Result<Result<Self, Elsewhere>, AccessError> {
        let registration =
            match state::find_at(unit, access, organization, token, Step::SignInDetails).await? {
                Ok(registration) => registration,
                Err(elsewhere) => return Ok(Err(elsewhere)),
            };
        let Some(record) = email::record(unit, access, organization, &registration).await? else {
            return Ok(Err(Elsewhere::Begin));
        };
        let typed = about_you::open(&access.keys, &registration)?;
        Ok(Ok(Self { registration, typed, member_id: record.member_id.clone() }))
    }

    async fn read(
        &self,
        unit: &mut Unit,
        access: &Access,
        organization: &Organization,
        entered: &str,
    ) -> Result<Result<String, UserIdMistake>, AccessError> {
        let user_id = match user_id::check(entered, &self.member_id) {
            Ok(user_id) => user_id,
            Err(problem) => return Ok(Err(UserIdMistake::Problem(problem))),
        };
        if is_taken(unit, access, organization, user_id).await? {
            let suggestions = self.suggestions(unit, access, organization).await?;
            return Ok(Err(UserIdMistake::Taken { suggestions }));
        }
        Ok(Ok(user_id.to_owned()))
    }

    /// The hash of the answers to security questions, where they were compared with this User ID and this password.
    async fn compared_answers(
        &self,
        access: &Access,
        user_id: &str,
        password: &Password,
    ) -> Result<Option<&str>, AccessError> {
        let Registration { id, user_id: Some(sealed), password: Some(earlier), security: Some(kept), .. } =
            &self.registration
        else {
            return Ok(None);
        };
        let before = access.keys.open_text(USER_ID.of(id), sealed)?;
        let is_same =
            normalise(&before) == normalise(user_id) && access.hasher.verify(password, &earlier.hash).await?;
        Ok(is_same.then_some(kept.hash.0.as_str()))
    }

    async fn suggestions(
        &self,
        unit: &mut Unit,
        access: &Access,
        organization: &Organization,
    ) -> Result<Vec<String>, AccessError> {
        let mut free = Vec::new();
        let candidates = user_id::candidates(&self.typed.first_name, &self.typed.last_name);
        for candidate in candidates.take(LOOKED_UP) {
            if free.len() == SUGGESTIONS {
                break;
            }
            if user_id::check(&candidate, &self.member_id).is_ok()
                && !is_taken(unit, access, organization, &candidate).await?
            {
                free.push(candidate);
            }
        }
        Ok(free)
    }
}

/// Some User IDs for a registration that lost the one it had.
pub(super) async fn suggestions_for(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
) -> Result<Vec<String>, AccessError> {
    match Chooser::find(unit, access, organization, token).await? {
        Ok(chooser) => chooser.suggestions(unit, access, organization).await,
        Err(_) => Ok(Vec::new()),
    }
}

/// Whether somebody has a User ID, by whichever key it was kept.
pub(super) async fn is_taken(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    user_id: &str,
) -> Result<bool, AccessError> {
    for fingerprint in Sought::UserId(user_id).fingerprints(&access.keys, &organization.id) {
        if accounts::find_by_user_id(unit, &organization.id, &fingerprint).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
