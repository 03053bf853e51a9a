//! What Login Help says, with the organization's own figures.

use super::{ForgotPage, HelpPage, HelpSection, Question};
use crate::{
    pages::{Content, Loaded, in_query, sign_in::asks_from_outside},
    server::visitor::Visitor,
    text::{Text, help as text},
    visit::Fault,
};
use portico_rules::{
    normalise,
    policy::{EmployeeSsn, History, Policy, Recovery},
};

/// The longest search that is read, in characters.
const LONGEST_SEARCH: usize = 100;

/// The browsers that Portico was walked through with; docs/BROWSERS.md says how.
const TRIED: &str = "Chromium 156, Firefox 153 (ESR), WebKitGTK 2.50";

/// A question as it is written: the part of the address that leads to it, the question, and the paragraphs of its answer.
type Entry = (&'static str, Text, Vec<Text>);

/// Login Help: the same for everyone, signed in or not.
pub(crate) fn help(visitor: &Visitor, address: &str) -> Result<Loaded, Fault> {
    let asked = in_query(address, "q").unwrap_or_else(|| visitor.left.value("q").to_owned());
    let search: String = asked.trim().chars().take(LONGEST_SEARCH).collect();
    let words = words_of(&search, text::SMALL_WORDS.of(visitor.language));
    let figures = Figures::of(visitor);
    let mut found = 0;
    let sections: Vec<HelpSection> = sections(visitor)
        .into_iter()
        .map(|(id, title, entries)| {
            let questions: Vec<Question> = entries
                .into_iter()
                .map(|(id, question, answer)| Question {
                    id: id.to_owned(),
                    question: figures.fill(visitor, question),
                    answer: answer.into_iter().map(|paragraph| figures.fill(visitor, paragraph)).collect(),
                })
                .filter(|question| finds(&words, &question.text(also(visitor, &question.id))))
                .collect();
            found += questions.len();
            HelpSection { id: id.to_owned(), title: visitor.say(title), questions }
        })
        .filter(|section| !section.questions.is_empty())
        .collect();
    let result = match (search.is_empty(), found) {
        (true, _) => String::new(),
        (false, 0) => {
            let phone = visitor.frame().phone;
            text::FOUND_NONE.fill(visitor.language, &[("search", &search), ("phone", &phone)])
        }
        (false, 1) => text::FOUND_ONE.fill(visitor.language, &[("search", &search)]),
        (false, count) => {
            text::FOUND.fill(visitor.language, &[("search", &search), ("count", &count.to_string())])
        }
    };
    let content = Content::Help(HelpPage { result, sections });
    let looked_for = if search.is_empty() { Vec::new() } else { vec![("q", search)] };
    Ok(Loaded::page(visitor, crate::text::common::LOGIN_HELP, content).with_values(looked_for))
}

impl Question {
    /// All that is looked through for a search.
    fn text(&self, also: &str) -> String {
        [self.question.as_str(), also, &self.answer.join(" ")].join(" ")
    }
}

/// What else people call what a question is about.
fn also(visitor: &Visitor, question: &str) -> &'static str {
    let words = match question {
        "user-id" | "forgot-user-id" => text::ALSO_USER_ID,
        "what" => text::ALSO_WHAT,
        "cannot-sign-in" => text::ALSO_SIGN_IN,
        "forgot-password" | "reset" | "password" => text::ALSO_PASSWORD,
        "locked" => text::ALSO_LOCKED,
        "timers" => text::ALSO_TIMERS,
        "update" => text::ALSO_UPDATE,
        _ => return "",
    };
    words.of(visitor.language)
}

/// The words of a text, whatever their case and their accents.
fn folded(text: &str) -> Vec<String> {
    text.split_whitespace().map(normalise::name).filter(|word| !word.is_empty()).collect()
}

/// The words of a search that say what it is about: all of them where there are only small ones.
fn words_of(search: &str, small_words: &str) -> Vec<String> {
    let (all, small) = (folded(search), folded(small_words));
    let telling: Vec<String> = all.iter().filter(|word| !small.contains(word)).cloned().collect();
    if telling.is_empty() { all } else { telling }
}

/// Whether every word begins one of the text.
fn finds(words: &[String], text: &str) -> bool {
    let there = folded(text);
    words.iter().all(|wanted| there.iter().any(|word| word.starts_with(wanted.as_str())))
}

/// Every section with its questions, as the policy has them.
fn sections(visitor: &Visitor) -> Vec<(&'static str, Text, Vec<Entry>)> {
    let policy = &visitor.organization.policy;
    let registers = visitor.frame().registers;
    let pin = policy.recovery == Recovery::Pin;
    let only = |wanted: bool, paragraph: Text| wanted.then_some(paragraph);
    let account: Vec<Entry> = if registers {
        let what = [
            Some(text::WHAT_A),
            only(policy.questionnaire > 0, text::WHAT_QUESTIONS),
            only(policy.employee_ssn != EmployeeSsn::Off, text::WHAT_EMPLOYEE),
        ];
        vec![
            ("who", text::WHO, vec![text::WHO_A]),
            ("why", text::WHY, vec![text::WHY_A]),
            ("user-id", text::GET_USER_ID, vec![text::GET_USER_ID_A]),
            ("what", text::WHAT, what.into_iter().flatten().collect()),
            ("not-verified", text::NOT_VERIFIED, vec![text::NOT_VERIFIED_A]),
            ("address", text::ADDRESS, vec![text::ADDRESS_A]),
            ("when", text::WHEN, vec![text::WHEN_A]),
        ]
    } else {
        vec![("first", text::FIRST, vec![text::FIRST_A])]
    };
    let recover: Vec<Entry> = if pin {
        let forgot_password = [
            Some(text::FORGOT_PASSWORD_A),
            only(policy.security_questions > 0, text::FORGOT_PASSWORD_QUESTIONS),
        ];
        vec![
            ("forgot-user-id", text::FORGOT_ID_Q, vec![text::FORGOT_ID_A]),
            ("forgot-password", text::FORGOT_PASSWORD_Q, forgot_password.into_iter().flatten().collect()),
            ("forgot-both", text::FORGOT_BOTH, vec![text::FORGOT_BOTH_A]),
            ("pin", text::PIN, vec![text::PIN_A, text::PIN_B]),
        ]
    } else {
        vec![
            ("reset", text::RESET, vec![text::RESET_A, text::RESET_B]),
            ("no-mail", text::NO_MAIL, vec![text::NO_MAIL_A]),
        ]
    };
    let locked = [
        Some(if pin { text::LOCKED_A } else { text::LOCKED_RESET_A }),
        only(policy.lockout_minutes > 0, text::LOCKED_LIFTS),
    ];
    let mut sign_in = vec![("cannot-sign-in", text::CANNOT, vec![text::CANNOT_A, text::CANNOT_B])];
    sign_in.extend(recover);
    sign_in.push(("locked", text::LOCKED, locked.into_iter().flatten().collect()));
    if policy.expire_days > 0 {
        sign_in.push(("expired", text::EXPIRED, vec![text::EXPIRED_A]));
    }
    if !registers {
        sign_in.push(("disabled", text::DISABLED, vec![text::DISABLED_A]));
    }
    let private =
        [Some(text::PRIVATE_A), Some(text::PRIVATE_B), only(!policy.password_reveal, text::PRIVATE_PASSWORD)];
    let password = [
        Some(text::PASSWORD_A),
        Some(text::PASSWORD_B),
        only(policy.password_remind_days > 0, text::PASSWORD_REMIND),
    ];
    let timers =
        [Some(text::TIMERS_A), Some(text::TIMERS_B), only(policy.end_on_leaving, text::TIMERS_LEAVING)];
    let mut security = vec![
        ("browser", text::BROWSER, vec![text::BROWSER_A, text::BROWSER_B]),
        ("private", text::PRIVATE, private.into_iter().flatten().collect()),
        ("password", text::PASSWORD, password.into_iter().flatten().collect()),
        ("timers", text::TIMERS, timers.into_iter().flatten().collect()),
    ];
    if asks_from_outside(visitor) {
        security.push(("bookmark", text::BOOKMARK, vec![text::BOOKMARK_A]));
    }
    security.extend([
        ("safe", text::SAFE, vec![text::SAFE_A]),
        ("learned", text::LEARNED, vec![if pin { text::LEARNED_A } else { text::LEARNED_RESET_A }]),
        ("encrypted", text::ENCRYPTED, vec![text::ENCRYPTED_A]),
    ]);
    let mut sections = vec![
        ("account", if registers { text::REGISTRATION } else { text::ACCOUNT }, account),
        ("sign-in", text::SIGN_IN, sign_in),
        ("security", text::SECURITY, security),
    ];
    if registers {
        let update = vec![("update", text::UPDATE, vec![text::UPDATE_A, text::UPDATE_B])];
        sections.push(("personal", text::PERSONAL, update));
    }
    sections
}

/// What stands in the answers, from the organization and its policy.
struct Figures(Vec<(&'static str, String)>);

impl Figures {
    fn of(visitor: &Visitor) -> Self {
        let frame = visitor.frame();
        let policy = &visitor.organization.policy;
        let (life, count) = match policy.link_minutes {
            minutes if minutes >= 120 && minutes % 60 == 0 => (text::HOURS, minutes / 60),
            minutes => (text::MINUTES, minutes),
        };
        let (idle, idle_count) = match policy.idle_seconds {
            seconds if seconds >= 120 => (text::MINUTES, seconds / 60),
            seconds => (text::SECONDS, seconds),
        };
        let for_count =
            |unit: Text, count: u32| unit.fill(visitor.language, &[("count", &count.to_string())]);
        Self(vec![
            ("phone", frame.phone),
            ("email", frame.email),
            ("name", frame.name),
            ("min", policy.password_min.to_string()),
            ("max", policy.password_max.to_string()),
            ("rules", password_rules(visitor, policy)),
            ("idle", for_count(idle, idle_count)),
            ("whole", for_count(text::HOURS, policy.session_hours)),
            ("link", for_count(life, count)),
            ("code", policy.code_minutes.to_string()),
            ("lock", policy.lockout_minutes.to_string()),
            ("tries", policy.lockout_attempts.to_string()),
            ("days", policy.expire_days.to_string()),
            ("remind", policy.password_remind_days.to_string()),
            ("welcome", policy.welcome_hours.to_string()),
            ("pin", policy.pin_minutes.to_string()),
            ("browsers", TRIED.to_owned()),
            ("site", visitor.portal.public_url.as_str().trim_end_matches('/').to_owned()),
        ])
    }

    fn fill(&self, visitor: &Visitor, text: Text) -> String {
        let values: Vec<(&str, &str)> = self.0.iter().map(|(name, value)| (*name, value.as_str())).collect();
        text.fill(visitor.language, &values)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_search_is_looked_for() {
        let text = "What is a PIN? Elija Olvidé mi contraseña. It is good for 90 minutes.";
        for (search, found) in [
            ("", true),
            ("pin", true),
            ("PIN 90", true),
            ("contrasena", true),
            ("  ¿contraseña? ", true),
            ("minu", true),
            ("inutes", false),
            ("pin lost", false),
            ("—", true),
            ("how do I the PIN", true),
            ("how do I", false),
            ("what is", true),
        ] {
            assert_eq!(finds(&words_of(search, "how do I the what"), text), found, "{search}");
        }
    }
}
