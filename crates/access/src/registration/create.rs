//! The last step: the registration becomes an account.

use portico_mail::Message;
use portico_rules::Lang;
use portico_rules::policy::SignInWith;
use portico_rules::registration::{Step, first_gap};
use portico_store::accounts::{self, NewAccount, PasswordHash};
use portico_store::password_history::Earlier;
use portico_store::registrations::{self, Registration, USER_ID};
use portico_store::{Unit, encode_base32, security_answers, sessions as stored_sessions};
use serde_json::{Value, json};

use super::person::{self, Refusal};
use super::sign_in_details::{is_taken, suggestions_for};
use super::state::{self, Standing};
use super::{Elsewhere, about_you, email, shown};
use crate::audit::{self, Event};
use crate::known_browsers;
use crate::organization::Organization;
use crate::passwords::Prepared;
use crate::people::Sought;
use crate::reset::find_by_address;
use crate::secret::Token;
use crate::sessions::{self, EndReason};
use crate::sign_in::Browser;
use crate::{Access, AccessError, letters, passwords};

/// What came of creating the account.
#[derive(Debug)]
pub enum CreateOutcome {
    /// The account exists, and the browser is signed in to it. The same form sent twice has this answer twice, with one
    /// account and one session.
    Created {
        /// Its id.
        account_id: String,
        /// The User ID, to keep.
        user_id: String,
        /// For the session's cookie.
        session: Token,
        /// What the account knows the browser by, for its cookie.
        known_browser: String,
    },
    /// Another tab has changed what the form was shown with, or begun a registration for somebody else. Nothing is created
    /// before that was looked at.
    Changed,
    /// The roster no longer has them as somebody who may register, or they have an account: the neutral page.
    CannotGoOn,
    /// Somebody took the User ID meanwhile. User ID and password are to be chosen again.
    UserIdTaken {
        /// Some that nobody has.
        suggestions: Vec<String>,
    },
    /// Another step is to be done first.
    Elsewhere(Elsewhere),
}

/// Creates the account: everything is checked again, and everything happens in one transaction or not at all. One person
/// of the roster has one account, and one User ID one owner, however many come at once. `shown` is what the form was
/// given ([`Going::shown`](super::Going::shown)): what it was not shown with becomes no account.
///
/// # Errors
/// [`AccessError`].
pub async fn create(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    shown: &str,
    browser: &Browser,
    language: Lang,
) -> Result<CreateOutcome, AccessError> {
    let now = access.now();
    let Some(token) = token else {
        return Ok(CreateOutcome::Elsewhere(Elsewhere::Begin));
    };
    let mut unit = access.store.begin().await?;
    let registration = match state::find(&mut unit, access, organization, Some(token)).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(CreateOutcome::Elsewhere(elsewhere)),
    };
    if state::standing(&registration, &organization.policy, now) == Standing::Done {
        return again(&mut unit, access, organization, token, &registration).await;
    }
    if let Err(elsewhere) = state::gate(&registration, &organization.policy, now, Step::Check) {
        return Ok(CreateOutcome::Elsewhere(elsewhere));
    }
    if !shown::is_digest(&access.keys, &registration, shown) {
        return Ok(CreateOutcome::Changed);
    }

    let typed = about_you::open(&access.keys, &registration)?;
    let found = match (typed.form().read(organization.day(now)), &registration.person_id) {
        (Ok(about), Some(person_id)) => {
            let employer = registration.employer.as_deref();
            person::examine_again(&mut unit, access, organization, &about, person_id, employer).await?
        }
        _ => Err(Refusal::NoMatch),
    };
    let found = match found {
        Ok(found) => found,
        Err(refusal) => return refuse(unit, access, organization, token, &registration, refusal).await,
    };
    let (Some(proven), Some(sealed_user_id), Some(password)) =
        (email::chosen(access, &registration)?, &registration.user_id, &registration.password)
    else {
        return Ok(CreateOutcome::Elsewhere(Elsewhere::Begin));
    };
    if !email::is_current(&organization.policy, &found.record, &registration, &proven) {
        // The roster has another address by now: the code that came back proves nothing of that one.
        let sealed = access.keys.seal(
            &*access.randomness,
            registrations::EMAIL.of(&registration.id),
            proven.as_str().as_bytes(),
        );
        registrations::change_email(&mut unit, &registration.id, &sealed).await?;
        unit.commit().await?;
        return Ok(CreateOutcome::Elsewhere(Elsewhere::Step(Step::Email)));
    }
    let user_id = access.keys.open_text(USER_ID.of(&registration.id), sealed_user_id)?;
    if is_taken(&mut unit, access, organization, &user_id).await? {
        drop(unit);
        return lost_user_id(access, organization, token, &registration).await;
    }

    let account_id = access.id();
    let seal = |place, text: &str| access.keys.seal(&*access.randomness, place, text.as_bytes());
    let name = seal(accounts::NAME.of(&account_id), &found.record.full_name());
    let kept_user_id = seal(accounts::USER_ID.of(&account_id), &user_id);
    let user_id_fingerprint = Sought::UserId(&user_id).fingerprint(&access.keys, &organization.id);
    let kept_email = seal(accounts::EMAIL.of(&account_id), proven.as_str());
    let email_fingerprint = Sought::Email(proven.as_str()).fingerprint(&access.keys, &organization.id);
    // This row decides: it is the person's only one, and the User ID's.
    let is_theirs = accounts::add(
        &mut unit,
        NewAccount {
            id: &account_id,
            organization_id: &organization.id,
            person_id: Some(&found.person_id),
            role: "member",
            name: &name,
            user_id: Some((&kept_user_id, &user_id_fingerprint)),
            email: Some((&kept_email, &email_fingerprint)),
            language: language.code(),
            history_salt: &password.history_salt,
            created_at: now,
        },
    )
    .await?;
    if !is_theirs {
        let owner = accounts::find_by_person(&mut unit, &organization.id, &found.person_id).await?;
        if owner.is_none() {
            drop(unit);
            return lost_user_id(access, organization, token, &registration).await;
        }
        return refuse(unit, access, organization, token, &registration, Refusal::HasAccount).await;
    }
    let alive = state::alive(&organization.policy, now);
    if !registrations::consume(&mut unit, &registration, &account_id, alive).await? {
        // It changed while it was checked, in another tab: nothing of the above happened.
        drop(unit);
        return changed(access, organization, token).await;
    }

    let prepared = Prepared {
        hash: PasswordHash(password.hash.clone()),
        history_salt: password.history_salt.clone(),
        history: Earlier {
            parameters: password.history_parameters.clone(),
            hash: password.history_hash.clone(),
        },
    };
    passwords::set(&mut unit, &organization.policy, &organization.id, &account_id, &prepared, now).await?;
    if let Some(kept) = &registration.security {
        security_answers::set(&mut unit, &account_id, kept, now).await?;
    }
    accounts::sign_in(&mut unit, &organization.id, &account_id, None, now).await?;
    let known_browser =
        known_browsers::remember(&mut unit, access, &organization.id, &account_id, &browser.known).await?;
    let session = session_token(access, token)?;
    sessions::open_with(&mut unit, access, &organization.id, &account_id, browser, &known_browser, &session)
        .await?;
    let account = accounts::lookup(&mut unit, &organization.id, &account_id)
        .await?
        .ok_or(AccessError::Unreadable { place: "accounts.id" })?;
    // Together with the account that was added a moment ago.
    let is_shared = organization.policy.sign_in_with != SignInWith::UserId
        && find_by_address(&mut unit, access, organization, &proven).await?.len() > 1;
    let (user_id, sign_in) = (user_id.to_string(), organization.url(access, "/sign-in"));
    let message = Message::Registered { user_id: user_id.clone(), sign_in, is_shared };
    let change = format!("registered/{account_id}");
    letters::send(&mut unit, access, organization, &account, &message, &change, None).await?;
    if let Some(old) = &browser.session {
        sessions::end_in(&mut unit, access, &organization.id, old, EndReason::Replaced).await?;
    }
    let id = Some(account_id.as_str());
    let detail = json!({ "registration": registration.id, "agreed": agreed(organization) });
    audit::append(&mut unit, access, &organization.id, Event::AccountRegistered, id, detail).await?;
    let detail = json!({ "browser": browser.label });
    audit::append(&mut unit, access, &organization.id, Event::AccountSignedIn, id, detail).await?;
    unit.commit().await?;
    Ok(CreateOutcome::Created { user_id, account_id, session, known_browser })
}

/// What the person agreed to by creating the account: the address of each text and its version, as the organization had
/// them at that moment; nothing for a text that it has not.
fn agreed(organization: &Organization) -> Value {
    let definition = &organization.definition;
    let text = |url: &Option<String>, version: &Option<String>| {
        url.as_ref().map(|url| json!({ "url": url, "version": version }))
    };
    json!({
        "privacy": text(&definition.privacy_url, &definition.privacy_version),
        "terms": text(&definition.terms_url, &definition.terms_version),
    })
}

/// The session that a registration opens has a token that follows from the registration's: the same form sent twice is
/// answered with the same one, and once that session has ended there is none to be had.
fn session_token(access: &Access, registration: &Token) -> Result<Token, AccessError> {
    let mac = access.keys.mac("session of a registration", registration.expose().as_bytes());
    // The last 32 bytes are the hash; before them is the name of the key.
    mac.split_last_chunk::<32>()
        .and_then(|(_, hash)| Token::parse(&encode_base32(hash)))
        .ok_or(AccessError::Interrupted)
}

/// The session that was opened with the account, while it lives, and what the account knows its browser by.
pub(super) async fn living_session(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: &Token,
) -> Result<Option<(Token, String)>, AccessError> {
    let session = session_token(access, token)?;
    let hash = access.keys.token_hash(sessions::TOKEN, &session);
    let alive = state::alive(&organization.policy, access.now());
    let found = stored_sessions::find_by_token(unit, &organization.id, &hash).await?;
    let living = found.filter(|found| {
        found.ended_at.is_none()
            && found.active_at > alive.active_since
            && found.created_at > alive.begun_since
    });
    Ok(living.map(|found| (session, found.known_browser_id.unwrap_or_default())))
}

/// The answer to a form that was sent before.
async fn again(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: &Token,
    registration: &Registration,
) -> Result<CreateOutcome, AccessError> {
    let session = living_session(unit, access, organization, token).await?;
    let user_id = super::done(unit, access, organization, token, registration).await?;
    Ok(match (session, user_id, &registration.account_id) {
        (Some((session, known_browser)), Some(user_id), Some(account_id)) => {
            CreateOutcome::Created { account_id: account_id.clone(), user_id, session, known_browser }
        }
        _ => CreateOutcome::Elsewhere(Elsewhere::Begin),
    })
}

/// The person may not have an account, or has one, perhaps by this very form.
async fn refuse(
    mut unit: Unit,
    access: &Access,
    organization: &Organization,
    token: &Token,
    registration: &Registration,
    refusal: Refusal,
) -> Result<CreateOutcome, AccessError> {
    let now = access.now();
    if let Ok(after) = state::find(&mut unit, access, organization, Some(token)).await?
        && state::standing(&after, &organization.policy, now) == Standing::Done
    {
        return again(&mut unit, access, organization, token, &after).await;
    }
    registrations::stop(&mut unit, &registration.id, refusal.word(), now).await?;
    let person_id = registration.person_id.as_deref();
    about_you::refuse(
        &mut unit,
        access,
        organization,
        &registration.id,
        refusal.word(),
        person_id,
        Vec::new(),
    )
    .await?;
    unit.commit().await?;
    Ok(CreateOutcome::CannotGoOn)
}

async fn lost_user_id(
    access: &Access,
    organization: &Organization,
    token: &Token,
    registration: &Registration,
) -> Result<CreateOutcome, AccessError> {
    let mut unit = access.store.begin().await?;
    registrations::undo_sign_in_details(&mut unit, registration).await?;
    let suggestions = suggestions_for(&mut unit, access, organization, Some(token)).await?;
    let after = state::find(&mut unit, access, organization, Some(token)).await?;
    if let Ok(after) = &after
        && state::standing(after, &organization.policy, access.now()) == Standing::Done
    {
        return again(&mut unit, access, organization, token, after).await;
    }
    unit.commit().await?;
    Ok(CreateOutcome::UserIdTaken { suggestions })
}

async fn changed(
    access: &Access,
    organization: &Organization,
    token: &Token,
) -> Result<CreateOutcome, AccessError> {
    let mut unit = access.store.read().await?;
    let registration = match state::find(&mut unit, access, organization, Some(token)).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(CreateOutcome::Elsewhere(elsewhere)),
    };
    Ok(match state::standing(&registration, &organization.policy, access.now()) {
        Standing::Done => return again(&mut unit, access, organization, token, &registration).await,
        Standing::Idle => CreateOutcome::Elsewhere(Elsewhere::Resume),
        Standing::Over => CreateOutcome::Elsewhere(Elsewhere::Begin),
        Standing::Going => match first_gap(&state::progress(&registration), &organization.policy) {
            Step::Check => CreateOutcome::Changed,
            gap => CreateOutcome::Elsewhere(Elsewhere::Step(gap)),
        },
    })
}
