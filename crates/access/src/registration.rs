//! A member of the roster registers: About you, some questions, a code by mail, User ID and password, check, done.
//!
//! A registration in progress belongs to one browser, whose token is kept as a hash, and to one organization. Which
//! step may be taken follows from what the row says ([`portico_rules::registration`]), never from what a request
//! claims; a request for another step is told where to go instead ([`Elsewhere`]). One that has idled out shows nothing
//! until [`resume`] has the date of birth and a fresh code.
//!
//! Who cannot go on is not told why: no match, more than one, an account already, not enrolled any more and not
//! registering here are one outcome, from the same statements. What the desk needs to know of it is kept ([`refused`]).

mod about_you;
mod create;
mod email;
mod person;
mod questions;
mod resume;
mod security_questions;
mod shown;
mod sign_in_details;
mod state;
mod tries;

use jiff::{SignedDuration, Timestamp};
use portico_rules::identity::Mistake;
use portico_rules::registration::{Progress, Step};
use portico_rules::security_questions::Question;
use portico_store::registrations::{self, Registration};
use portico_store::{Unit, accounts};

use crate::organization::Organization;
use crate::retention::BATCH;
use crate::secret::Token;
use crate::{Access, AccessError};

pub use about_you::{Typed, give_about_you};
pub use create::{CreateOutcome, create};
pub(crate) use email::read_code;
pub use email::{CodeOutcome, SendOutcome, Sent, prove_code, send_code};
pub(crate) use person::page_of;
pub use questions::{AnswerOutcome, answer_questions, questions};
pub use resume::{DateOfBirth, ResumeCodeOutcome, ResumeOutcome, resume, send_resume_code};
pub use security_questions::{SecurityQuestionsOutcome, choose_security_questions};
pub use sign_in_details::{
    SignInDetailsOutcome, UserIdAnswer, UserIdMistake, choose_sign_in_details, suggest_user_ids, user_id_free,
};
pub use tries::{Masked, Refused, Source, refused};

/// Sets the tokens of registrations apart from all others.
pub(crate) const TOKEN: &str = "registration";

/// Where a request belongs that asks for a step it may not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// There is no registration in this browser, or none that can be taken up again: About you.
    Begin,
    /// It has idled out: date of birth and a fresh code first.
    Resume,
    /// This is the first step still to be done.
    Step(Step),
    /// The account exists.
    Done,
    /// The organization's people do not register themselves.
    NotOffered,
}

/// What a browser's registration has to show.
#[derive(Debug, Clone)]
pub enum View {
    /// A registration that goes on.
    Going(Box<Going>),
    /// The account exists.
    Done {
        /// The User ID, to keep.
        user_id: String,
    },
    /// Nothing may be shown here.
    Elsewhere(Elsewhere),
}

/// A registration that goes on, with all that its pages may show. It does not print what is personal.
#[derive(Clone)]
pub struct Going {
    /// What is done. Which page may be shown: [`portico_rules::registration::may_show`].
    pub progress: Progress,
    /// The first step still to be done.
    pub step: Step,
    /// About you was given and led nowhere: the neutral page.
    pub stopped: bool,
    /// The employer through whose page it was begun, if it was.
    pub employer: Option<String>,
    /// What was typed about them, to be shown again.
    pub typed: Typed,
    /// Where the code goes; `None` before About you is done.
    pub address: Option<Address>,
    /// When the code on its way ends; `None` when there is none that could be entered.
    pub code_until: Option<Timestamp>,
    /// The User ID chosen.
    pub user_id: Option<String>,
    /// The security questions chosen, also while their answers are to be given again.
    pub questions: Vec<Question>,
    /// Stands for all that would become the account, for the form that asks for it ([`create()`]).
    pub shown: String,
    /// How long until it idles out.
    pub time_left: SignedDuration,
}

impl std::fmt::Debug for Going {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Going")
            .field("progress", &self.progress)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// An address as the person may see it. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// The one on file, masked: its owner recognises it, nobody learns it.
    OnFile(String),
    /// The one they entered themselves; `None` before they did.
    Entered(Option<String>),
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OnFile(_) => "OnFile(…)",
            Self::Entered(_) => "Entered(…)",
        })
    }
}

/// What came of About you. Where a token is given, the browser keeps it in place of any it had.
#[derive(Debug)]
pub enum AboutYouOutcome {
    /// One person of the roster, or questions to answer before it is told whether there is one.
    Next {
        /// For the cookie.
        token: Token,
        /// The first step still to be done.
        step: Step,
    },
    /// Nobody who may go on.
    CannotGoOn {
        /// For the cookie: what was typed is kept.
        token: Token,
    },
    /// Mistakes in the form, in the order of its fields. Nothing was kept.
    Problems(Vec<Mistake>),
    /// The date of birth that was typed is of somebody younger than the policy lets register. Nothing was kept, and the
    /// roster was not asked: it says nothing of who is on it.
    TooYoung,
    /// The organization's people do not register themselves.
    NotOffered,
}

/// The state of a browser's registration, and what may be shown of it. It counts as activity, and changes nothing else.
///
/// # Errors
/// [`AccessError`].
pub async fn view(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
) -> Result<View, AccessError> {
    let now = access.now();
    let mut unit = access.store.read().await?;
    let registration = match state::find(&mut unit, access, organization, token).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(View::Elsewhere(elsewhere)),
    };
    match state::standing(&registration, &organization.policy, now) {
        state::Standing::Over => return Ok(View::Elsewhere(Elsewhere::Begin)),
        state::Standing::Idle => return Ok(View::Elsewhere(Elsewhere::Resume)),
        state::Standing::Done => {
            let Some(token) = token else {
                return Ok(View::Elsewhere(Elsewhere::Begin));
            };
            return Ok(match done(&mut unit, access, organization, token, &registration).await? {
                Some(user_id) => View::Done { user_id },
                None => View::Elsewhere(Elsewhere::Begin),
            });
        }
        state::Standing::Going => {}
    }
    let progress = state::progress(&registration);
    let typed = about_you::open(&access.keys, &registration)?;
    let address = email::address(&mut unit, access, organization, &registration).await?;
    let user_id = match &registration.user_id {
        Some(sealed) => {
            Some(access.keys.open_text(registrations::USER_ID.of(&registration.id), sealed)?.to_string())
        }
        None => None,
    };
    drop(unit);
    let shown = shown::digest(&access.keys, &registration);
    let questions = match &registration.security {
        Some(kept) => crate::security_questions::questions(kept)?,
        None => registration.questions.iter().filter_map(|name| Question::from_name(name)).collect(),
    };

    let alive = state::alive(&organization.policy, now);
    let time_left = if state::is_worth_noting(&registration, &organization.policy, now) {
        let mut unit = access.store.begin().await?;
        registrations::touch(&mut unit, &registration.id, alive).await?;
        unit.commit().await?;
        now.duration_since(alive.active_since)
    } else {
        registration.active_at.duration_since(alive.active_since)
    };
    Ok(View::Going(Box::new(Going {
        progress,
        step: portico_rules::registration::first_gap(&progress, &organization.policy),
        stopped: !progress.matched,
        employer: registration.employer,
        typed,
        address,
        code_until: registration
            .code
            .filter(|code| code.expires_at > now && code.failures < registrations::CODE_ATTEMPTS)
            .map(|code| code.expires_at),
        user_id,
        questions,
        shown,
        time_left,
    })))
}

/// What *Check your answers* shows; elsewhere unless every step before it is done.
///
/// # Errors
/// [`AccessError`].
pub async fn check(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
) -> Result<Result<Box<Going>, Elsewhere>, AccessError> {
    Ok(match view(access, organization, token).await? {
        View::Going(going) if going.step == Step::Check => Ok(going),
        View::Going(going) => Err(Elsewhere::Step(going.step)),
        View::Done { .. } => Err(Elsewhere::Done),
        View::Elsewhere(elsewhere) => Err(elsewhere),
    })
}

/// Ends and wipes registrations that nobody can take up again. For a task that runs now and then; nothing depends on it
/// but that what people typed is not kept. Returns how many there were.
///
/// # Errors
/// [`AccessError`].
pub async fn end_abandoned(access: &Access, organization: &Organization) -> Result<u64, AccessError> {
    let now = access.now();
    let hours = SignedDuration::from_hours(i64::from(organization.policy.resume_hours));
    let idle = SignedDuration::from_secs(i64::from(organization.policy.idle_seconds));
    let before = state::before(now, hours.max(idle));
    let mut ended = 0;
    loop {
        let mut unit = access.store.begin().await?;
        let batch = registrations::end_abandoned(&mut unit, &organization.id, before, now, BATCH).await?;
        unit.commit().await?;
        ended += batch;
        if batch < u64::from(BATCH) {
            return Ok(ended);
        }
    }
}

/// The User ID of an account that came of this registration, while the browser is still signed in to it.
async fn done(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: &Token,
    registration: &Registration,
) -> Result<Option<String>, AccessError> {
    let Some(account_id) = &registration.account_id else {
        return Ok(None);
    };
    if create::living_session(unit, access, organization, token).await?.is_none() {
        return Ok(None);
    }
    let account = accounts::lookup(unit, &organization.id, account_id).await?;
    Ok(match account.and_then(|account| account.user_id) {
        Some(sealed) => Some(access.keys.open_text(accounts::USER_ID.of(account_id), &sealed)?.to_string()),
        None => None,
    })
}
