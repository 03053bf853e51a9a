//! Security questions.

use portico_rules::registration::{Step, first_gap};
use portico_rules::security_questions::{Known, Mistake};
use portico_store::registrations::{self, USER_ID};

use super::{Elsewhere, about_you, state};
use crate::organization::Organization;
use crate::secret::Token;
use crate::security_questions::{Chosen, find_password, prepare, read};
use crate::{Access, AccessError};

/// What came of choosing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityQuestionsOutcome {
    /// They are kept, the answers as a hash; the first step still to be done.
    Next(Step),
    /// Nothing was kept; in the order of the fields.
    Mistakes(Vec<Mistake>),
    /// Another step is to be done first.
    Elsewhere(Elsewhere),
}

/// Keeps questions, and the hash of their answers, for the account to be.
///
/// # Errors
/// [`AccessError`].
pub async fn choose_security_questions(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    chosen: &[Chosen],
) -> Result<SecurityQuestionsOutcome, AccessError> {
    let step = Step::SecurityQuestions;
    let mut unit = access.store.read().await?;
    let registration = match state::find_at(&mut unit, access, organization, token, step).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(SecurityQuestionsOutcome::Elsewhere(elsewhere)),
    };
    drop(unit);
    let (Some(user_id), Some(password)) = (&registration.user_id, &registration.password) else {
        return Ok(SecurityQuestionsOutcome::Elsewhere(Elsewhere::Step(Step::SignInDetails)));
    };
    let user_id = access.keys.open_text(USER_ID.of(&registration.id), user_id)?;
    let typed = about_you::open(&access.keys, &registration)?;
    let known = Known {
        first_name: &typed.first_name,
        last_name: &typed.last_name,
        user_id: &user_id,
        // There is only its hash by now.
        password: "",
    };
    let answers = match read(&organization.policy, chosen, &known) {
        Ok(answers) => answers,
        Err(mistakes) => return Ok(SecurityQuestionsOutcome::Mistakes(mistakes)),
    };
    let mistakes = find_password(access, &organization.policy, chosen, &password.hash).await?;
    if !mistakes.is_empty() {
        return Ok(SecurityQuestionsOutcome::Mistakes(mistakes));
    }
    let kept = prepare(access, &answers).await?;

    let alive = state::alive(&organization.policy, access.now());
    let mut unit = access.store.begin().await?;
    let is_kept = registrations::choose_security_questions(&mut unit, &registration.id, &kept, alive).await?;
    let after = state::find_at(&mut unit, access, organization, token, step).await?;
    unit.commit().await?;
    Ok(match after {
        Ok(after) if is_kept => {
            SecurityQuestionsOutcome::Next(first_gap(&state::progress(&after), &organization.policy))
        }
        Ok(_) => SecurityQuestionsOutcome::Elsewhere(Elsewhere::Begin),
        Err(elsewhere) => SecurityQuestionsOutcome::Elsewhere(elsewhere),
    })
}
