//! The identity questionnaire: what is asked of whom, and whether the answers are right.
//!
//! Whoever gives the form About you without a mistake is asked, whether or not they are on the roster: people who may
//! not go on are asked what somebody else of the roster, drawn by lot, would be asked, and always fail, as wrong
//! answers do. What was asked first is asked again for ninety days, of a person or, where there is none, of what was
//! entered; so nobody learns from two questionnaires what one does not tell.

use jiff::SignedDuration;
use portico_rules::identity::AboutYou;
use portico_rules::policy::TooFew;
use portico_rules::questionnaire::{Known, Question, draw};
use portico_rules::registration::{Step, first_gap};
use portico_store::environment::Randomness;
use portico_store::people::Enrolment;
use portico_store::questionnaires::{self, NewQuestionnaire, QUESTIONS, Questionnaire};
use portico_store::registrations::{self, Registration};
use portico_store::{Unit, people as roster};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::person::{Examined, Found, Refusal, enrolled, known};
use super::{Elsewhere, Source, about_you, email, state, tries};
use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::people::Sought;
use crate::secret::Token;
use crate::{Access, AccessError};

/// For so long what was asked first is asked again.
const FROZEN: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Of two tries that were not right within this time, none is left.
const TRIED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Out of how many people decoys are drawn, and the one in whose place nobody is asked.
const DRAWN: u32 = 24;

/// What came of answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerOutcome {
    /// Enough is right; the first step still to be done.
    Next(Step),
    /// Not enough is right, or it makes no difference: the neutral page.
    CannotGoOn,
    /// Some have no answer. It does not count as a try.
    Unanswered {
        /// All of them.
        questions: Vec<Question>,
        /// Those without an answer, counted from 0.
        at: Vec<usize>,
    },
    /// Another step is to be done first.
    Elsewhere(Elsewhere),
}

/// What is asked of somebody.
pub(super) enum Asked {
    /// Nothing: the policy has no questionnaire.
    Nothing,
    /// Nothing: too little is known of them, and the policy lets them go on.
    Waived,
    /// A questionnaire.
    Questions {
        id: String,
        /// It is about the person themselves: right answers mean something.
        is_theirs: bool,
        /// There is no try left for now.
        is_spent: bool,
    },
}

/// What is kept of a questionnaire, sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    is_theirs: bool,
    questions: Vec<Question>,
}

/// Finds out what to ask somebody, and keeps it if it is asked for the first time.
pub(super) async fn ask(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    about: &AboutYou,
    examined: &Examined,
) -> Result<Asked, AccessError> {
    let policy = &organization.policy;
    let count = usize::try_from(policy.questionnaire).unwrap_or(usize::MAX);
    if count == 0 {
        return Ok(Asked::Nothing);
    }
    let (now, keys) = (access.now(), &access.keys);
    let today = organization.day(now);
    let drawn = people_by_lot(unit, access, organization).await?;
    let mut pick = |below: usize| pick(&*access.randomness, below);
    let others = Known::of(drawn.iter().flatten().map(enrolled), today);
    let own = draw(&examined.known, &others, count, today, &mut pick);
    let is_theirs = own.is_some();
    if let (false, TooFew::GoOn, Ok(Found { record, .. })) =
        (is_theirs, policy.questionnaire_too_few, &examined.found)
        && email::has_address(policy, record, examined.ssn_agreed)
    {
        return Ok(Asked::Waived);
    }
    let questions = own
        .or_else(|| drawn.iter().find_map(|one| draw(&known(one, today), &others, count, today, &mut pick)))
        .or_else(|| draw(&Known::invented(today, &mut pick), &others, count, today, &mut pick))
        .unwrap_or_default();

    let subject = match &examined.asked_id {
        Some(person_id) => keys.fingerprints("questionnaire_person", &organization.id, person_id),
        None => Sought::Facts(&about.facts).fingerprints(keys, &organization.id),
    };
    let since = state::before(now, FROZEN);
    let mut asked = None;
    // Under a key that was the newest before.
    for older in subject.iter().skip(1) {
        if asked.is_none() {
            asked = questionnaires::find(unit, &organization.id, older, since).await?;
        }
    }
    let asked = match (asked, subject.first()) {
        (Some(asked), _) => asked,
        (None, Some(subject)) => {
            let id = access.id();
            let plain = serde_json::to_vec(&Kept { is_theirs, questions }).map(zeroize::Zeroizing::new);
            let plain = plain.map_err(|_| unreadable())?;
            let sealed = keys.seal(&*access.randomness, QUESTIONS.of(&id), &plain);
            let new = NewQuestionnaire {
                id: &id,
                organization_id: &organization.id,
                subject,
                questions: &sealed,
                now,
            };
            questionnaires::open(unit, &new, since).await?
        }
        (None, None) => return Err(unreadable()),
    };
    let is_spent = asked.tried_before_at.is_some_and(|tried_at| tried_at > state::before(now, TRIED));
    let kept = open(access, &asked)?;
    Ok(Asked::Questions { is_theirs: kept.is_theirs, is_spent, id: asked.id })
}

/// The questions of a browser's registration, as they were first asked.
///
/// # Errors
/// [`AccessError`].
pub async fn questions(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
) -> Result<Result<Vec<Question>, Elsewhere>, AccessError> {
    let mut unit = access.store.read().await?;
    Ok(match find(&mut unit, access, organization, token).await? {
        Ok((_, kept)) => Ok(kept.questions),
        Err(elsewhere) => Err(elsewhere),
    })
}

/// Takes the answers: `answers` are the values of the form, in the order of the questions. A try is counted before
/// anything is compared, and given back when it was right: of any number at once two may be wrong in thirty days.
///
/// # Errors
/// [`AccessError`].
pub async fn answer_questions(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    answers: &[&str],
    source: Source<'_>,
) -> Result<AnswerOutcome, AccessError> {
    let (now, policy) = (access.now(), &organization.policy);
    let mut unit = access.store.read().await?;
    let (registration, kept) = match find(&mut unit, access, organization, token).await? {
        Ok(found) => found,
        // The same form once more.
        Err(Elsewhere::Step(Step::AboutYou)) => return Ok(AnswerOutcome::CannotGoOn),
        Err(elsewhere) => return Ok(AnswerOutcome::Elsewhere(elsewhere)),
    };
    drop(unit);
    let chosen: Vec<Option<usize>> = kept
        .questions
        .iter()
        .enumerate()
        .map(|(at, question)| answers.get(at).and_then(|value| question.read(value)))
        .collect();
    let unanswered: Vec<usize> = (0..chosen.len()).filter(|at| chosen[*at].is_none()).collect();
    if !unanswered.is_empty() {
        return Ok(AnswerOutcome::Unanswered { questions: kept.questions, at: unanswered });
    }
    let right = chosen.iter().zip(&kept.questions);
    let right = right.filter(|(chosen, question)| chosen.is_some_and(|at| question.is_right(at))).count();
    // No more than there are: the policy may have asked fewer when these were drawn.
    let wanted = usize::try_from(policy.questionnaire_right).unwrap_or(usize::MAX).min(kept.questions.len());

    let mut unit = access.store.begin().await?;
    let questionnaire = registration.questionnaire_id.as_deref().unwrap_or_default();
    let since = state::before(now, TRIED);
    let counts = questionnaires::take_try(&mut unit, &organization.id, questionnaire, since, now).await?;
    // Asked again, now that nobody else answers this questionnaire.
    let registration = match state::find(&mut unit, access, organization, token).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(AnswerOutcome::Elsewhere(elsewhere)),
    };
    if registration.stopped_at.is_some() {
        return Ok(AnswerOutcome::CannotGoOn);
    }
    if let Err(elsewhere) = state::gate(&registration, policy, now, Step::Questions) {
        return Ok(AnswerOutcome::Elsewhere(elsewhere));
    }
    let progress = state::progress(&registration);
    if progress.questions_passed {
        return Ok(AnswerOutcome::Next(first_gap(&progress, policy)));
    }
    // Here too: registrations begun before there were too many are answered no more often than others are begun.
    let about = about_you::open(&access.keys, &registration)?.form().read(organization.day(now)).ok();
    let is_limited = tries::are_too_many(&mut unit, access, organization, about.as_ref(), source).await?;
    if counts && is_limited {
        // Nothing was compared.
        questionnaires::give_back_try(&mut unit, &organization.id, questionnaire).await?;
    }
    if counts && !is_limited && registration.person_id.is_some() && right >= wanted {
        questionnaires::give_back_try(&mut unit, &organization.id, questionnaire).await?;
        registrations::pass_questions(&mut unit, &registration.id, now).await?;
        let detail = json!({ "registration": registration.id });
        audit::append(&mut unit, access, &organization.id, Event::RegistrationQuestionsPassed, None, detail)
            .await?;
        unit.commit().await?;
        return Ok(AnswerOutcome::Next(first_gap(&progress.after(Step::Questions), policy)));
    }
    let refusal = match (counts, is_limited) {
        (false, _) => Refusal::TooManyTries,
        (true, true) => Refusal::Limited,
        (true, false) => Refusal::WrongAnswers,
    };
    if !registrations::stop(&mut unit, &registration.id, refusal.word(), now).await? {
        // By the same form, a moment ago.
        return Ok(AnswerOutcome::CannotGoOn);
    }
    let refusal = registration.refusal.as_deref().unwrap_or(refusal.word());
    let alerts = tries::count(&mut unit, access, organization, about.as_ref(), source).await?;
    let near_id = registration.near_id.as_deref();
    about_you::refuse(&mut unit, access, organization, &registration.id, refusal, near_id, alerts).await?;
    unit.commit().await?;
    Ok(AnswerOutcome::CannotGoOn)
}

/// A browser's registration that may be asked, and its questions.
async fn find(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
) -> Result<Result<(Registration, Kept), Elsewhere>, AccessError> {
    let registration = match state::find_at(unit, access, organization, token, Step::Questions).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(Err(elsewhere)),
    };
    let progress = state::progress(&registration);
    if progress.questions_passed {
        return Ok(Err(Elsewhere::Step(first_gap(&progress, &organization.policy))));
    }
    let id = registration.questionnaire_id.as_deref().unwrap_or_default();
    let Some(asked) = questionnaires::lookup(unit, &organization.id, id).await? else {
        // Ninety days were over meanwhile, or the policy has only begun to ask: the form brings new ones.
        return Ok(Err(Elsewhere::Begin));
    };
    let kept = open(access, &asked)?;
    Ok(Ok((registration, kept)))
}

fn open(access: &Access, asked: &Questionnaire) -> Result<Kept, AccessError> {
    let plain = access.keys.open(QUESTIONS.of(&asked.id), &asked.questions)?;
    serde_json::from_slice(&plain).map_err(|_| unreadable())
}

fn unreadable() -> AccessError {
    AccessError::Unreadable { place: "questionnaires.questions" }
}

/// The enrolments of some people of the roster.
async fn people_by_lot(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
) -> Result<Vec<Vec<Enrolment>>, AccessError> {
    let chance = access.id();
    let from = Sought::MemberId(&chance).fingerprints(&access.keys, &organization.id);
    // Each key has people of its own until they are imported again.
    let from = from.get(pick(&*access.randomness, from.len()));
    let mut drawn = roster::sample(unit, &organization.id, from, DRAWN).await?;
    let missing = DRAWN.saturating_sub(u32::try_from(drawn.len()).unwrap_or(DRAWN));
    drawn.extend(roster::sample(unit, &organization.id, None, missing).await?);
    Ok(drawn)
}

/// A number below `below`.
fn pick(randomness: &dyn Randomness, below: usize) -> usize {
    let mut bytes = [0; 8];
    randomness.fill(&mut bytes);
    // The bias of so large a number is far below what anybody could count.
    usize::try_from(u64::from_be_bytes(bytes) % u64::try_from(below.max(1)).unwrap_or(1)).unwrap_or(0)
}
