//! What Login Help says, with the organization's own figures.

use super::{ForgotPage, HelpPage, Question};
use crate::{
    pages::{Content, Loaded},
    server::visitor::Visitor,
    text::{Text, help as text},
    visit::Fault,
};
use portico_rules::policy::{History, Policy};

/// Login Help: the same for everyone, signed in or not.
pub(crate) fn help(visitor: &Visitor) -> Result<Loaded, Fault> {
    let frame = visitor.frame();
    let policy = &visitor.organization.policy;
    let (min, max) = (policy.password_min.to_string(), policy.password_max.to_string());
    let minutes = (policy.idle_seconds / 60).to_string();
    let (life, count) = match policy.link_minutes {
        minutes if minutes >= 120 && minutes % 60 == 0 => (text::HOURS, minutes / 60),
        minutes => (text::MINUTES, minutes),
    };
    let link = life.fill(visitor.language, &[("count", &count.to_string())]);
    let (code, lock) = (policy.code_minutes.to_string(), policy.lockout_minutes.to_string());
    let (days, tries) = (policy.expire_days.to_string(), policy.lockout_attempts.to_string());
    let (welcome, pin) = (policy.welcome_hours.to_string(), policy.pin_minutes.to_string());
    let rules = password_rules(visitor, policy);
    let values = [
        ("phone", frame.phone.as_str()),
        ("email", &frame.email),
        ("min", &min),
        ("max", &max),
        ("minutes", &minutes),
        ("link", &link),
        ("lock", &lock),
        ("code", &code),
        ("days", &days),
        ("tries", &tries),
        ("welcome", &welcome),
        ("pin", &pin),
        ("rules", &rules),
    ];
    let questions = |all: &[(&str, Text, &[Text])]| {
        all.iter()
            .map(|(id, question, answer)| Question {
                id: (*id).to_owned(),
                question: question.fill(visitor.language, &values),
                answer: answer.iter().map(|paragraph| paragraph.fill(visitor.language, &values)).collect(),
            })
            .collect()
    };
    let recover: &[(_, _, &[_])] = if frame.resets {
        &[("reset", text::RESET, &[text::RESET_A, text::RESET_B])]
    } else {
        &[
            ("forgot-user-id", text::FORGOT_ID_Q, &[text::FORGOT_ID_A]),
            ("forgot-password", text::FORGOT_PASSWORD_Q, &[text::FORGOT_PASSWORD_A]),
            ("forgot-both", text::FORGOT_BOTH, &[text::FORGOT_BOTH_A]),
            ("pin", text::PIN, &[text::PIN_A, text::PIN_B]),
        ]
    };
    let locked: (_, _, &[_]) = match (frame.resets, policy.lockout_minutes > 0) {
        (true, true) => ("locked", text::LOCKED, &[text::LOCKED_STAFF_A, text::LOCKED_LIFTS]),
        (true, false) => ("locked", text::LOCKED, &[text::LOCKED_STAFF_A]),
        (false, true) => ("locked", text::LOCKED, &[text::LOCKED_A, text::LOCKED_LIFTS]),
        (false, false) => ("locked", text::LOCKED, &[text::LOCKED_A]),
    };
    let (before, after): (&[(_, _, &[_])], &[(_, _, &[_])]) = if frame.registers {
        (
            &[
                ("who", text::WHO, &[text::WHO_A]),
                ("user-id", text::GET_USER_ID, &[text::GET_USER_ID_A]),
                ("what", text::WHAT, &[text::WHAT_A]),
                ("not-verified", text::NOT_VERIFIED, &[text::NOT_VERIFIED_A]),
                ("when", text::WHEN, &[text::WHEN_A]),
            ],
            &[
                ("password", text::PASSWORD, &[text::PASSWORD_A]),
                locked,
                ("timers", text::TIMERS, &[text::TIMERS_A]),
                ("bookmark", text::BOOKMARK, &[text::BOOKMARK_A]),
                ("safe", text::SAFE, &[text::SAFE_A]),
                ("update", text::UPDATE, &[text::UPDATE_A]),
            ],
        )
    } else {
        (
            &[("first", text::FIRST, &[text::FIRST_A])],
            &[
                ("password", text::PASSWORD, &[text::PASSWORD_A]),
                ("no-mail", text::NO_MAIL, &[text::NO_MAIL_A]),
                ("expired", text::EXPIRED, &[text::EXPIRED_A]),
                ("disabled", text::DISABLED, &[text::DISABLED_A]),
                locked,
                ("timers", text::TIMERS, &[text::TIMERS_A]),
                ("safe", text::SAFE, &[text::SAFE_A]),
            ],
        )
    };
    let questions = questions(&[before, recover, after].concat());
    Ok(Loaded::page(visitor, crate::text::common::LOGIN_HELP, Content::Help(HelpPage { questions })))
}

/// The password rules of the policy, in a sentence's words.
fn password_rules(visitor: &Visitor, policy: &Policy) -> String {
    let mut parts = Vec::new();
    for (asked, words) in [
        (policy.password_letter, text::RULE_LETTER),
        (policy.password_digit, text::RULE_DIGIT),
        (policy.password_uppercase, text::RULE_UPPERCASE),
        (policy.password_symbol, text::RULE_SYMBOL),
        (policy.password_not_name, text::RULE_NOT_NAME),
        (policy.password_blocklist, text::RULE_NOT_COMMON),
    ] {
        if asked {
            parts.push(visitor.say(words));
        }
    }
    match policy.password_history {
        History::All => parts.push(visitor.say(text::RULE_NEVER_USED)),
        History::Last(0) => {}
        History::Last(1) => parts.push(visitor.say(text::RULE_CURRENT)),
        History::Last(count) => {
            parts.push(text::RULE_LAST.fill(visitor.language, &[("count", &count.to_string())]))
        }
    }
    parts.join("; ")
}

/// *Forgot your User ID?* where there are no PINs.
pub(crate) fn forgot(visitor: &Visitor) -> Result<Loaded, Fault> {
    let data = ForgotPage { lead: visitor.say(text::FORGOT_USER_ID_LEAD) };
    Ok(Loaded::page(visitor, text::FORGOT_USER_ID, Content::Forgot(data)))
}
