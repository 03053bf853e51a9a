//! Who may see the page, and what it shows.

use super::ActivityPage;
use crate::{
    pages::{
        Content, Loaded, account,
        sessions::{browser_in_words, moment_in_words},
    },
    server::visitor::Visitor,
    text::activity as text,
    visit::Fault,
};
use portico_access::{
    activity::{self, Happening},
    audit::Event,
    sessions::EndReason,
};

/// How many things are shown.
const SHOWN: usize = 30;

/// How many are looked at: what tells a person nothing is left out.
const LOOKED_AT: u32 = 100;

/// *Recent activity*.
pub(crate) async fn load(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    let signed_in = match account::signed_in(visitor, address, outside) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    let happened = activity::latest(access, organization, &signed_in.account_id, LOOKED_AT).await;
    let happened = happened
        .map_err(|error| visitor.fault(&error))?
        .iter()
        .filter_map(|one| Some((moment_in_words(visitor, one.at), in_words(visitor, one)?)))
        .take(SHOWN)
        .collect();
    let lead = text::LEAD.fill(visitor.language, &[("phone", &visitor.frame().phone)]);
    Ok(Loaded::page(visitor, text::HEADING, Content::Activity(ActivityPage { lead, happened })))
}

/// What happened in plain words; nothing for what only follows from something that is shown.
fn in_words(visitor: &Visitor, happened: &Happening) -> Option<String> {
    let words = match happened.event {
        Event::AccountSignedIn if happened.browser.is_empty() => text::SIGNED_IN,
        Event::AccountSignedIn => {
            let browser = browser_in_words(visitor, &happened.browser);
            return Some(text::SIGNED_IN_WITH.fill(visitor.language, &[("browser", &browser)]));
        }
        Event::AccountSignInFailed => text::SIGN_IN_FAILED,
        Event::AccountSignInBarred => text::SIGN_IN_BARRED,
        Event::AccountPasswordFailed => text::PASSWORD_FAILED,
        Event::AccountPasswordSet => text::PASSWORD_SET,
        Event::AccountRegistered => text::REGISTERED,
        Event::AccountInvited => text::INVITED,
        Event::AccountLocked => text::LOCKED,
        Event::AccountUnlocked => text::UNLOCKED,
        Event::AccountDisavowed => text::DISAVOWED,
        Event::AccountDisabled => text::DISABLED,
        Event::AccountReactivated => text::REACTIVATED,
        Event::AccountEmailCodeSent => text::EMAIL_CODE_SENT,
        Event::AccountEmailCodeFailed => text::EMAIL_CODE_FAILED,
        Event::AccountEmailChanged => text::EMAIL_CHANGED,
        Event::AccountSecurityQuestionsSet => text::SECURITY_QUESTIONS_SET,
        Event::AccountAnswersFailed => text::ANSWERS_FAILED,
        Event::AccountLanguageSet => text::LANGUAGE_SET,
        Event::UserIdLookedUp => text::USER_ID_LOOKED_UP,
        Event::RecoveryRequested => text::RECOVERY_REQUESTED,
        Event::RecoveryCodeSent => text::CODE_SENT,
        Event::RecoveryCodeFailed => text::CODE_FAILED,
        Event::SessionEnded => match happened.reason? {
            EndReason::SignedOut => text::SIGNED_OUT,
            EndReason::Idle | EndReason::Absolute => text::TIMED_OUT,
            EndReason::Left => text::LEFT,
            EndReason::EndedByOwner => text::SESSION_ENDED,
            EndReason::EndedByDesk => text::SESSIONS_ENDED_BY_DESK,
            EndReason::Replaced
            | EndReason::PasswordSet
            | EndReason::QuestionsSet
            | EndReason::Barred
            | EndReason::Disavowed
            | EndReason::Closed => return None,
        },
        Event::SessionsEnded => match happened.reason? {
            EndReason::EndedByOwner => text::OTHERS_ENDED,
            EndReason::EndedByDesk => text::SESSIONS_ENDED_BY_DESK,
            EndReason::PasswordSet => text::ENDED_FOR_PASSWORD,
            EndReason::QuestionsSet => text::ENDED_FOR_QUESTIONS,
            _ => return None,
        },
        // Nobody signs in to a closed account to read of it.
        Event::AccountClosed
        | Event::OrganizationApplied
        | Event::RosterImported
        | Event::RegistrationStarted
        | Event::RegistrationRefused
        | Event::RegistrationQuestionsPassed
        | Event::RosterProbed
        | Event::RegistrationCodeSent
        | Event::RegistrationCodeFailed
        | Event::RegistrationEmailProven
        | Event::RecoveryCodeProven => return None,
    };
    Some(visitor.say(words))
}
