//! Security questions: chosen at registration, changed behind sign-in, asked after a PIN before a password is set.
//!
//! All answers are hashed together, as one text with their questions, under one salt. So a try costs one slow hash
//! however many questions there are; nothing tells which of the answers was wrong; and whoever steals the database has
//! to guess them all at once, where a hash for each would let them be guessed one after the other. The price is that
//! none can be changed alone: all are given anew.

use std::fmt;

use portico_mail::Message;
use portico_rules::password::{self, Context, PasswordRules, Verdict};
use portico_rules::policy::Policy;
use portico_rules::security_questions::{self as rules, AnswerMistake, Known, Mistake, Question};
use portico_store::accounts::{self, PasswordHash};
use portico_store::security_answers::{self, Kept};
use portico_store::{Unit, known_browsers, to_micros};
use serde_json::json;
use tracing::Instrument as _;
use zeroize::Zeroizing;

use crate::audit::{self, Event};
use crate::current_password::{self, CurrentMistake};
use crate::disavowal;
use crate::organization::Organization;
use crate::reset::names;
use crate::secret::{Password, Token};
use crate::sessions::{self, EndReason, SignedIn};
use crate::{Access, AccessError, Busy, letters};

/// An answer as it was typed. It does not print, and is wiped when dropped.
#[derive(Clone, Default)]
pub struct Answer(Zeroizing<String>);

impl Answer {
    /// What was typed.
    #[must_use]
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// Whether there is nothing in it to compare.
    pub(crate) fn is_empty(&self) -> bool {
        rules::normalise(&self.0).is_empty()
    }
}

impl From<&str> for Answer {
    fn from(typed: &str) -> Self {
        Self::new(typed.to_owned())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(…)")
    }
}

/// A question with its answer, as a form has them.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The name of the question; empty where none was chosen.
    pub question: String,
    /// Its answer.
    pub answer: Answer,
}

/// What the form of a signed-in person holds.
#[derive(Debug)]
pub struct Change {
    /// The password there is.
    pub current: Password,
    /// As many as the policy asks for.
    pub chosen: Vec<Chosen>,
}

/// What came of changing the questions.
#[derive(Debug)]
pub enum ChangeOutcome {
    /// They are changed. Every other session of the account has ended; this one goes on under another token.
    Changed {
        /// For the cookie, in place of the one there is.
        token: Token,
    },
    /// Something is to be put right.
    Again {
        /// About the current password.
        current: Option<CurrentMistake>,
        /// About questions and answers.
        mistakes: Vec<Mistake>,
    },
    /// The organization asks no security questions.
    NotAsked,
    /// The session ended meanwhile. The questions are as they were.
    SessionOver,
}

/// The questions that an account is asked after a PIN, in order; none where it has chosen none, or its organization no
/// longer asks any.
///
/// # Errors
/// [`AccessError`].
pub async fn of_account(
    access: &Access,
    organization: &Organization,
    account_id: &str,
) -> Result<Vec<Question>, AccessError> {
    let mut unit = access.store.read().await?;
    match lookup(&mut unit, organization, account_id).await? {
        Some(kept) => questions(&kept),
        None => Ok(Vec::new()),
    }
}

/// Changes the questions and answers of the person who is signed in (ASVS 5.0, V7.4.3 and V7.5.1). What was issued for
/// the account before, a PIN in the mail, is void: whoever has one was not asked these.
///
/// What is wrong with the choice is said first and costs nothing; then the current password is checked. As with signing
/// in, the decision runs on when the caller goes away.
///
/// # Errors
/// [`AccessError`]; with [`AccessError::Busy`] the attempt does not count.
pub async fn change(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    change: Change,
) -> Result<ChangeOutcome, AccessError> {
    let (access, organization, signed_in) = (access.clone(), organization.clone(), signed_in.clone());
    let decision = async move { decide(&access, &organization, &signed_in, change).await };
    let decision = tokio::spawn(decision.in_current_span());
    decision.await.unwrap_or(Err(AccessError::Interrupted))
}

async fn decide(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    Change { current, chosen }: Change,
) -> Result<ChangeOutcome, AccessError> {
    let (id, SignedIn { account_id, session_id, .. }) = (&organization.id, signed_in);
    if organization.policy.questions_after_pin() == 0 {
        return Ok(ChangeOutcome::NotAsked);
    }
    let mut unit = access.store.read().await?;
    let Some(account) = accounts::lookup(&mut unit, id, account_id).await? else {
        return Ok(ChangeOutcome::SessionOver);
    };
    let names = names(&mut unit, access, &account).await?;
    drop(unit);
    let known = Known {
        first_name: &names.first,
        last_name: &names.last,
        user_id: &names.user_id,
        password: current.expose(),
    };
    let answers = match read(&organization.policy, &chosen, &known) {
        Ok(answers) => answers,
        Err(mistakes) => {
            let current = current.expose().is_empty().then_some(CurrentMistake::Missing);
            return Ok(ChangeOutcome::Again { current, mistakes });
        }
    };
    let proof = match current_password::check(access, organization, signed_in, &current).await? {
        Ok(proof) => proof,
        Err(mistake) => return Ok(ChangeOutcome::Again { current: Some(mistake), mistakes: Vec::new() }),
    };
    let kept = prepare(access, &answers).await;

    let now = access.now();
    let mut unit = access.store.begin().await?;
    if !current_password::settle(&mut unit, &proof).await? {
        let current = Some(CurrentMistake::Wrong);
        return Ok(ChangeOutcome::Again { current, mistakes: Vec::new() });
    }
    let kept = match kept {
        Ok(kept) => kept,
        // The current password was right: the attempts are forgotten.
        Err(busy) => {
            unit.commit().await?;
            return Err(busy.into());
        }
    };
    accounts::void_issued(&mut unit, id, account_id, now).await?;
    security_answers::set(&mut unit, account_id, &kept, now).await?;
    let Some(token) = sessions::rotate(&mut unit, access, id, session_id).await? else {
        return Ok(ChangeOutcome::SessionOver);
    };
    let mail = format!("security-questions-changed/{session_id}/{}", to_micros(now));
    known_browsers::void_all(&mut unit, account_id, signed_in.known_browser.as_deref()).await?;
    let not_me = disavowal::link(&mut unit, access, organization, account_id).await?;
    let message = Message::SecurityQuestionsChanged { at: now, not_me };
    letters::send(&mut unit, access, organization, proof.account(), &message, &mail, None).await?;
    sessions::end_all(&mut unit, access, id, account_id, Some(session_id), EndReason::QuestionsSet).await?;
    let detail = json!({ "session": session_id });
    audit::append(&mut unit, access, id, Event::AccountSecurityQuestionsSet, Some(account_id), detail)
        .await?;
    unit.commit().await?;
    Ok(ChangeOutcome::Changed { token })
}

/// Reads as many choices as the policy asks for; those that are missing are empty ones.
///
/// # Errors
/// Every mistake, in the order of the fields.
pub(crate) fn read(
    policy: &Policy,
    chosen: &[Chosen],
    known: &Known<'_>,
) -> Result<Vec<(Question, Zeroizing<String>)>, Vec<Mistake>> {
    let count = usize::try_from(policy.questions_after_pin()).unwrap_or(usize::MAX);
    let given = chosen.iter().map(|one| (one.question.as_str(), one.answer.0.as_str()));
    let asked: Vec<_> = given.chain(std::iter::repeat(("", ""))).take(count).collect();
    let answers = rules::read(&asked, known)?;
    Ok(answers.into_iter().map(|(question, answer)| (question, Zeroizing::new(answer))).collect())
}

/// Which of the answers is the password that `hash` is of; only those are compared that could be one by the rules.
///
/// # Errors
/// [`Busy`].
pub(crate) async fn find_password(
    access: &Access,
    policy: &Policy,
    chosen: &[Chosen],
    hash: &str,
) -> Result<Vec<Mistake>, Busy> {
    let nobody = Context { first_name: "", last_name: "", user_id: "", email: "", names: &[] };
    let mut found = Vec::new();
    for (at, Chosen { answer, .. }) in chosen.iter().enumerate() {
        let verdicts = password::check(&PasswordRules::of(policy), &nobody, &answer.0);
        if verdicts.iter().all(|(_, verdict)| *verdict != Verdict::NotYet)
            && access.hasher.verify(&Password::from(answer.0.as_str()), hash).await?
        {
            found.push(Mistake::Answer(at, AnswerMistake::Known));
        }
    }
    Ok(found)
}

/// Hashes questions and answers, to be kept.
///
/// # Errors
/// [`Busy`].
pub(crate) async fn prepare(
    access: &Access,
    answers: &[(Question, Zeroizing<String>)],
) -> Result<Kept, Busy> {
    let questions = answers.iter().map(|(question, _)| question.name().to_owned()).collect();
    let text = canonical(answers.iter().map(|(question, answer)| (question.name(), answer.as_str())));
    Ok(Kept { questions, hash: PasswordHash(access.hasher.hash(&*access.randomness, &text).await?) })
}

/// Whether all answers, in the order in which they were asked, are right: one hash.
///
/// # Errors
/// [`Busy`].
pub(crate) async fn check(access: &Access, kept: &Kept, answers: &[Answer]) -> Result<bool, Busy> {
    access.hasher.verify(&answered(kept, answers), &kept.hash.0).await
}

/// Right answers with the work that new hashes have; `None` where they have it. Being too busy for it is no reason to
/// refuse anyone.
pub(crate) async fn rehash(access: &Access, kept: &Kept, answers: &[Answer]) -> Option<Kept> {
    if !access.hasher.is_outdated(&kept.hash.0) {
        return None;
    }
    let hash = access.hasher.hash(&*access.randomness, &answered(kept, answers)).await.ok()?;
    Some(Kept { hash: PasswordHash(hash), ..kept.clone() })
}

/// What the account is asked after a PIN, as long as its organization asks anything.
///
/// # Errors
/// [`AccessError::Store`].
pub(crate) async fn lookup(
    unit: &mut Unit,
    organization: &Organization,
    account_id: &str,
) -> Result<Option<Kept>, AccessError> {
    if organization.policy.questions_after_pin() == 0 {
        return Ok(None);
    }
    Ok(security_answers::lookup(unit, account_id).await?)
}

/// The questions, in order.
///
/// # Errors
/// [`AccessError::Unreadable`] when the catalogue has one no longer.
pub(crate) fn questions(kept: &Kept) -> Result<Vec<Question>, AccessError> {
    let unreadable = || AccessError::Unreadable { place: "security_answers.questions" };
    kept.questions.iter().map(|name| Question::from_name(name).ok_or_else(unreadable)).collect()
}

/// The text of the answers to what was asked.
fn answered(kept: &Kept, answers: &[Answer]) -> Password {
    let normalised: Vec<_> =
        answers.iter().map(|answer| Zeroizing::new(rules::normalise(&answer.0))).collect();
    let asked = kept.questions.iter().map(String::as_str);
    let given = normalised.iter().map(|answer| answer.as_str()).chain(std::iter::repeat(""));
    canonical(asked.zip(given))
}

/// The text that is hashed. Normalised answers have letters and digits alone, so that no two sets have the same.
fn canonical<'a>(answers: impl Iterator<Item = (&'a str, &'a str)>) -> Password {
    let mut text = Zeroizing::new(String::new());
    for (question, answer) in answers {
        for part in [question, "=", answer, "\n"] {
            text.push_str(part);
        }
    }
    Password::from(text.as_str())
}
