//! Sessions: who is signed in, and for how long. The server owns the time.

use jiff::{SignedDuration, Timestamp};
use portico_rules::Lang;
use portico_rules::policy::Policy;
use portico_store::sessions::{self, Idle, Limits, NewSession, Session};
use portico_store::{Unit, accounts, known_browsers};
use serde_json::json;

use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::secret::Token;
use crate::sign_in::Browser;
use crate::{Access, AccessError, people};

/// Sets the tokens of sessions apart from all others.
pub(crate) const TOKEN: &str = "session";

/// How long a session lives on once its last document has gone: enough for a reload or another page to arrive over a
/// slow network, and for other tabs to speak up.
pub const LEAVING_GRACE: SignedDuration = SignedDuration::from_secs(20);

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Nobody did anything for the policy's `idle_seconds`.
    Idle,
    /// The policy's `session_hours` were over.
    Absolute,
    /// *Log out*.
    SignedOut,
    /// The same browser signed in again.
    Replaced,
    /// The person ended it from another one.
    EndedByOwner,
    /// The desk ended them.
    EndedByDesk,
    /// A new password was set.
    PasswordSet,
    /// Other security questions were chosen.
    QuestionsSet,
    /// The account was disabled, or its coverage ended.
    Barred,
    /// The last tab of the portal went away.
    Left,
    /// The owner said "this was not me".
    Disavowed,
    /// The owner closed the account.
    Closed,
}

impl EndReason {
    const ALL: [Self; 12] = [
        Self::Idle,
        Self::Absolute,
        Self::SignedOut,
        Self::Replaced,
        Self::EndedByOwner,
        Self::EndedByDesk,
        Self::PasswordSet,
        Self::QuestionsSet,
        Self::Barred,
        Self::Left,
        Self::Disavowed,
        Self::Closed,
    ];

    /// The word in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Absolute => "absolute",
            Self::SignedOut => "signed_out",
            Self::Replaced => "replaced",
            Self::EndedByOwner => "ended_by_owner",
            Self::EndedByDesk => "ended_by_desk",
            Self::PasswordSet => "password_set",
            Self::QuestionsSet => "questions_set",
            Self::Barred => "barred",
            Self::Left => "left",
            Self::Disavowed => "disavowed",
            Self::Closed => "closed",
        }
    }

    /// Whether it was time that ended it: the page then says *You were signed out to protect your information*.
    #[must_use]
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::Idle | Self::Absolute)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// A living session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session.
    pub session_id: String,
    /// Whose it is.
    pub account_id: String,
    /// Where.
    pub organization_id: String,
    /// The browser, as the account knows it.
    pub known_browser: Option<String>,
    /// `member`, `user`, `support` or `administrator`.
    pub role: String,
    /// What the person is called on a page.
    pub name: String,
    /// The language that mails to the person are written in.
    pub language: Lang,
    /// When it began.
    pub began_at: Timestamp,
    /// How long until it ends if nobody does anything.
    pub idle_left: SignedDuration,
    /// How long until it ends whatever is done.
    pub absolute_left: SignedDuration,
}

impl SignedIn {
    /// How long until it ends unless the person does something: the shorter of the two.
    #[must_use]
    pub fn left(&self) -> SignedDuration {
        self.idle_left.min(self.absolute_left)
    }
}

/// What there is behind a token.
#[derive(Debug, Clone)]
pub enum LookUp {
    /// A living session.
    SignedIn(SignedIn),
    /// A session that ended, now or before.
    Ended(EndReason),
    /// No session of this organization.
    Unknown,
}

/// What looking means to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// A request the person made: the idle time starts anew.
    Activity,
    /// A page asking for the time left: it is no activity, but tells that the portal was not left.
    Polling,
    /// A page saying that it goes: neither.
    Leaving,
}

/// Opens a session for an account in a browser that it knows by the id `known_browser`, and gives the token for its
/// cookie: the only time that it is seen.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn open(
    unit: &mut Unit,
    access: &Access,
    organization_id: &str,
    account_id: &str,
    browser: &Browser,
    known_browser: &str,
) -> Result<Token, AccessError> {
    let token = Token::new(&*access.randomness);
    open_with(unit, access, organization_id, account_id, browser, known_browser, &token).await?;
    Ok(token)
}

/// [`open`] with a token that the caller has.
///
/// # Errors
/// [`AccessError::Store`].
pub(crate) async fn open_with(
    unit: &mut Unit,
    access: &Access,
    organization_id: &str,
    account_id: &str,
    browser: &Browser,
    known_browser: &str,
    token: &Token,
) -> Result<(), AccessError> {
    let id = access.id();
    let label: String = browser.label.chars().filter(|c| !c.is_control()).take(100).collect();
    let network = sessions::NETWORK.of(&id);
    let session = NewSession {
        id: &id,
        token: &access.keys.token_hash(TOKEN, token),
        account_id,
        organization_id,
        browser: &label,
        network: &access.keys.seal(&*access.randomness, network, browser.network.as_bytes()),
        known_browser_id: Some(known_browser),
        created_at: access.now(),
    };
    Ok(sessions::add(unit, session).await?)
}

/// Gives a living session another token: whoever knows the old one is out. `None` when the session has ended.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn rotate(
    unit: &mut Unit,
    access: &Access,
    organization_id: &str,
    session_id: &str,
) -> Result<Option<Token>, AccessError> {
    let token = Token::new(&*access.randomness);
    let hash = access.keys.token_hash(TOKEN, &token);
    Ok(sessions::rotate(unit, organization_id, session_id, &hash).await?.then_some(token))
}

/// Who is behind a token of this organization, decided now: by the clock, by the account and by the coverage. A
/// session found to be over is ended, with its audit row.
///
/// # Errors
/// [`AccessError`].
pub async fn look_up(
    access: &Access,
    organization: &Organization,
    token: &Token,
    touch: Touch,
) -> Result<LookUp, AccessError> {
    let limits = limits(&organization.policy, access.now());
    let hash = access.keys.token_hash(TOKEN, token);
    let (mut unit, touched) = match touch {
        Touch::Activity => {
            let mut unit = access.store.begin().await?;
            let idle = Idle::StartsAnew;
            let session = sessions::touch(&mut unit, &organization.id, &hash, idle, limits).await?;
            (unit, session)
        }
        Touch::Polling | Touch::Leaving => (access.store.read().await?, None),
    };
    let mut session = match touched {
        Some(session) => session,
        None => match sessions::find_by_token(&mut unit, &organization.id, &hash).await? {
            Some(session) => session,
            None => return Ok(LookUp::Unknown),
        },
    };
    if touch == Touch::Polling && session.left_at.is_some() {
        drop(unit);
        unit = access.store.begin().await?;
        let stayed = sessions::touch(&mut unit, &organization.id, &hash, Idle::GoesOn, limits).await?;
        session = stayed.unwrap_or(session);
    }
    let over = match state(&session, limits) {
        State::Ended(reason) => return Ok(LookUp::Ended(reason)),
        State::Over(reason) => Some(reason),
        State::Living => None,
    };
    if let Some(reason) = over {
        drop(unit);
        end_overdue(access, organization, &session, reason, limits).await?;
        return Ok(LookUp::Ended(reason));
    }
    let account = accounts::lookup(&mut unit, &organization.id, &session.account_id).await?;
    let Some(account) = account else {
        return Ok(LookUp::Unknown);
    };
    let today = organization.day(limits.now);
    let coverage_ended = match &account.person_id {
        Some(person_id) => people::covered_until(&mut unit, person_id, today).await?.is_some(),
        None => false,
    };
    if account.disabled_at.is_some() || coverage_ended {
        drop(unit);
        end(access, organization, token, EndReason::Barred).await?;
        return Ok(LookUp::Ended(EndReason::Barred));
    }
    unit.commit().await?;
    let name = access.keys.open_text(accounts::NAME.of(&account.id), &account.name)?.to_string();
    Ok(LookUp::SignedIn(SignedIn {
        idle_left: session.active_at.duration_since(limits.active_after),
        absolute_left: session.created_at.duration_since(limits.created_after),
        session_id: session.id,
        known_browser: session.known_browser_id,
        account_id: account.id,
        organization_id: account.organization_id,
        role: account.role,
        name,
        language: Lang::from_code(&account.language).unwrap_or_default(),
        began_at: session.created_at,
    }))
}

enum State {
    Living,
    Over(EndReason),
    Ended(EndReason),
}

fn state(session: &Session, limits: Limits) -> State {
    if session.ended_at.is_some() {
        let reason = session.end_reason.as_deref().and_then(EndReason::from_name);
        State::Ended(reason.unwrap_or(EndReason::SignedOut))
    } else if session.created_at <= limits.created_after {
        State::Over(EndReason::Absolute)
    } else if session.active_at <= limits.active_after {
        State::Over(EndReason::Idle)
    } else if session.left_at.is_some_and(|left_at| left_at <= limits.left_after) {
        State::Over(EndReason::Left)
    } else {
        State::Living
    }
}

fn limits(policy: &Policy, now: Timestamp) -> Limits {
    let ago = |time: SignedDuration| now.checked_sub(time).unwrap_or(Timestamp::MIN);
    Limits {
        now,
        active_after: ago(SignedDuration::from_secs(i64::from(policy.idle_seconds))),
        created_after: ago(SignedDuration::from_hours(i64::from(policy.session_hours))),
        left_after: ago(LEAVING_GRACE),
    }
}

async fn end_overdue(
    access: &Access,
    organization: &Organization,
    session: &Session,
    reason: EndReason,
    limits: Limits,
) -> Result<(), AccessError> {
    let mut unit = access.store.begin().await?;
    let ended =
        sessions::end_overdue(&mut unit, &organization.id, &session.id, reason.name(), limits).await?;
    if let Some(session) = ended {
        audit_end(&mut unit, access, &session, reason).await?;
        unit.commit().await?;
    }
    Ok(())
}

/// Notes a document of the portal that the person opens, where the policy ends the session with the last of them, and
/// gives what the document says when it goes: the time it was opened.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn open_document(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
) -> Result<Option<Timestamp>, AccessError> {
    if !organization.policy.end_on_leaving {
        return Ok(None);
    }
    let now = access.now();
    let mut unit = access.store.begin().await?;
    let opened = sessions::open_document(&mut unit, &organization.id, &signed_in.session_id, now).await?;
    unit.commit().await?;
    Ok(opened.then_some(now))
}

/// The document that was opened at `opened` says that it goes. Unless the session has a later one or asks for anything
/// within [`LEAVING_GRACE`], that was the end of it. The news may arrive after the request for the next document: it says
/// nothing then.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn leave(
    access: &Access,
    organization: &Organization,
    token: &Token,
    opened: Timestamp,
) -> Result<(), AccessError> {
    if !organization.policy.end_on_leaving {
        return Ok(());
    }
    let hash = access.keys.token_hash(TOKEN, token);
    let mut unit = access.store.begin().await?;
    sessions::leave(&mut unit, &organization.id, &hash, opened, access.now()).await?;
    unit.commit().await.map_err(AccessError::from)
}

/// Ends the session of a token: *Log out*. Ending one that is over changes nothing.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn end(
    access: &Access,
    organization: &Organization,
    token: &Token,
    reason: EndReason,
) -> Result<(), AccessError> {
    let mut unit = access.store.begin().await?;
    end_in(&mut unit, access, &organization.id, token, reason).await?;
    unit.commit().await.map_err(AccessError::from)
}

/// [`end`] inside a unit of work; it writes an audit row.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn end_in(
    unit: &mut Unit,
    access: &Access,
    organization_id: &str,
    token: &Token,
    reason: EndReason,
) -> Result<(), AccessError> {
    let hash = access.keys.token_hash(TOKEN, token);
    let ended = sessions::end_by_token(unit, organization_id, &hash, reason.name(), access.now()).await?;
    if let Some(session) = ended {
        audit_end(unit, access, &session, reason).await?;
    }
    Ok(())
}

/// Ends every session of an account, but for the session `except`, and says how many. The audit row is written where
/// there were any.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn end_all(
    unit: &mut Unit,
    access: &Access,
    organization_id: &str,
    account_id: &str,
    except: Option<&str>,
    reason: EndReason,
) -> Result<u64, AccessError> {
    let ended =
        sessions::end_all(unit, organization_id, account_id, except, reason.name(), access.now()).await?;
    if ended > 0 {
        let detail = json!({ "reason": reason.name(), "sessions": ended });
        audit::append(unit, access, organization_id, Event::SessionsEnded, Some(account_id), detail).await?;
    }
    Ok(ended)
}

async fn audit_end(
    unit: &mut Unit,
    access: &Access,
    session: &Session,
    reason: EndReason,
) -> Result<(), AccessError> {
    let detail = json!({ "reason": reason.name(), "session": session.id });
    let account_id = Some(session.account_id.as_str());
    audit::append(unit, access, &session.organization_id, Event::SessionEnded, account_id, detail).await
}

/// The living sessions of an account, the latest first.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn living(
    access: &Access,
    organization: &Organization,
    account_id: &str,
) -> Result<Vec<Session>, AccessError> {
    let mut unit = access.store.read().await?;
    let limits = limits(&organization.policy, access.now());
    Ok(sessions::living(&mut unit, &organization.id, account_id, limits).await?)
}

/// A living session, as its owner sees it.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// Its id.
    pub id: String,
    /// Such as "Firefox on Windows"; empty when the browser did not say.
    pub browser: String,
    /// The range of network addresses it was opened from; empty when it is not known.
    pub network: String,
    /// When it began.
    pub began_at: Timestamp,
    /// The last activity.
    pub active_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// The living sessions of the person who is signed in, the latest first.
///
/// # Errors
/// [`AccessError`].
pub async fn own(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
) -> Result<Vec<OwnSession>, AccessError> {
    let living = living(access, organization, &signed_in.account_id).await?;
    let open = |session: Session| {
        let network = match &session.network {
            Some(network) => access.keys.open_text(sessions::NETWORK.of(&session.id), network)?.to_string(),
            None => String::new(),
        };
        Ok(OwnSession {
            is_this: session.id == signed_in.session_id,
            id: session.id,
            browser: session.browser,
            network,
            began_at: session.created_at,
            active_at: session.active_at,
        })
    };
    living.into_iter().map(open).collect()
}

/// Ends another session of the person who is signed in; `false` when they have no such living session elsewhere.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn end_own(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    session_id: &str,
) -> Result<bool, AccessError> {
    if session_id == signed_in.session_id {
        return Ok(false);
    }
    let (id, reason) = (&organization.id, EndReason::EndedByOwner);
    let mut unit = access.store.begin().await?;
    let account_id = &signed_in.account_id;
    let ended =
        sessions::end_of_account(&mut unit, id, account_id, session_id, reason.name(), access.now()).await?;
    let Some(session) = ended else { return Ok(false) };
    audit_end(&mut unit, access, &session, reason).await?;
    unit.commit().await?;
    Ok(true)
}

/// Ends every other session of the person who is signed in, and says how many there were. Other browsers are strangers
/// from now on.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn end_others(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
) -> Result<u64, AccessError> {
    let SignedIn { account_id, session_id, known_browser, .. } = signed_in;
    let (id, reason) = (&organization.id, EndReason::EndedByOwner);
    let mut unit = access.store.begin().await?;
    accounts::hold(&mut unit, id, account_id).await?;
    known_browsers::void_all(&mut unit, account_id, known_browser.as_deref()).await?;
    let ended = end_all(&mut unit, access, id, account_id, Some(session_id), reason).await?;
    unit.commit().await?;
    Ok(ended)
}
