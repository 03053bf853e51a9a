//! How a policy stands to OWASP ASVS 5.0 and NIST SP 800-63B-4: which of their requirements it decides, and which of
//! those it deviates from.
//!
//! Only what a policy decides is here, and what this version lacks whatever the policy. What the code always does is
//! held by tests, not by a list.

use serde::Serialize;

use super::{EmailSource, GUESSES, History, KNOWN_BROWSERS, Policy, Recovery, SecondFactor};

/// A requirement that a policy can keep or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Its number: `V6.2.1` of ASVS, `63B-4 3.1.1.2(1)` of NIST SP 800-63B-4 with the item of the list.
    pub id: &'static str,
    /// What it asks.
    pub asks: &'static str,
}

/// A requirement that a policy does not keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// Which.
    #[serde(flatten)]
    pub requirement: Requirement,
    /// The keys of the policy that decide it; none where this version cannot keep it.
    pub keys: &'static [&'static str],
    /// What is done instead, and what speaks for it or against it.
    pub reason: &'static str,
}

/// What a policy comes to. Each requirement is in one of the lists, all in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conformance {
    /// The requirements that it keeps.
    pub keeps: Vec<Requirement>,
    /// Those that Portico claims and this policy does not keep.
    pub deviations: Vec<Deviation>,
    /// Those that this version claims for no policy, the `modern` preset's included, and that this one does not keep.
    pub not_claimed: Vec<Deviation>,
}

/// The requirements that Portico claims: the `modern` preset deviates from none of them.
pub const CLAIMED: &[&str] = &[
    "V6.1.1",
    "V6.2.1",
    "V6.2.4",
    "V6.2.5",
    "V6.2.6",
    "V6.2.9",
    "V6.2.10",
    "V6.2.11",
    "V6.3.8",
    "V6.4.2",
    "63B-4 3.1.1.2(1)",
    "63B-4 3.1.1.2(2)",
    "63B-4 3.1.1.2(5)",
    "63B-4 3.1.1.2(6)",
    "63B-4 3.1.1.2(8)",
    "63B-4 3.1.1.2 blocklist",
    "63B-4 3.2.2 limit",
    "63B-4 4.2.1.2 code",
    "63A-4 verification",
    "63A-4 evidence",
];

/// What a policy keeps and what it does not.
pub fn explain(policy: &Policy) -> Conformance {
    let (broken, kept): (Vec<&Row>, Vec<&Row>) = ROWS.iter().partition(|row| (row.deviates)(policy));
    let requirement = |row: &Row| Requirement { id: row.id, asks: row.asks };
    let (deviations, not_claimed) = broken
        .into_iter()
        .map(|row| Deviation { requirement: requirement(row), keys: row.keys, reason: row.reason })
        .partition(|broken| CLAIMED.contains(&broken.requirement.id));
    Conformance { keeps: kept.into_iter().map(requirement).collect(), deviations, not_claimed }
}

struct Row {
    id: &'static str,
    asks: &'static str,
    keys: &'static [&'static str],
    deviates: fn(&Policy) -> bool,
    reason: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        id: "V6.1.1",
        asks: "controls against guessing do not let a stranger lock people out for good",
        keys: &["lockout_minutes"],
        deviates: |p| p.lockout_minutes == 0,
        reason: "a lock stays until its owner recovers access or the desk lifts it, so whoever knows an identifier can \
                 cause that work; the owner is told by email at once, and is let in with a browser that has signed in \
                 before",
    },
    Row {
        id: "V6.2.1",
        asks: "passwords have at least 8 characters",
        keys: &["password_min"],
        deviates: |p| p.password_min < 8,
        reason: "shorter ones are let in; few guesses before a lock are what protects them while people sign in, and \
                 nothing does if the hashes are stolen",
    },
    Row {
        id: "V6.2.4",
        asks: "new passwords are not among the 3,000 most common that the policy would let pass",
        keys: &["password_blocklist"],
        deviates: |p| !p.password_blocklist,
        reason: "new passwords are not compared with common ones",
    },
    Row {
        id: "V6.2.5",
        asks: "no kind of character is required",
        keys: &["password_letter", "password_digit", "password_uppercase", "password_symbol"],
        deviates: requires_characters,
        reason: "kinds of characters are required; people answer with the same few tricks",
    },
    Row {
        id: "V6.2.6",
        asks: "passwords are masked, and people may show what they type",
        keys: &["password_reveal"],
        deviates: |p| !p.password_reveal,
        reason: "there is no Show button, since screens in clinics and workplaces are seen by others",
    },
    Row {
        id: "V6.2.9",
        asks: "passwords of 64 characters and more are taken",
        keys: &["password_max"],
        deviates: |p| p.password_max < 64,
        reason: "longer ones are refused with a message, never cut",
    },
    Row {
        id: "V6.2.10",
        asks: "a password stays good until it is known to be compromised or its owner changes it",
        keys: &["password_remind_days"],
        deviates: |p| p.password_remind_days > 0,
        reason: "people are reminded to change it after a time; they may dismiss the reminder, and nothing is forced",
    },
    Row {
        id: "V6.2.11",
        asks: "passwords made of names of the organization or of the person are refused",
        keys: &["password_blocklist", "password_not_name"],
        deviates: |p| !p.password_blocklist || !p.password_not_name,
        reason: "names of the person, of the organization or of its programs are let in",
    },
    Row {
        id: "V6.2.12",
        asks: "new passwords are compared with a set of breached ones",
        keys: &[],
        deviates: |_| true,
        reason: "the embedded list of common passwords was made from breaches, but it is small and does not grow with \
                 new ones; nothing is asked of a service outside",
    },
    Row {
        id: "V6.3.3",
        asks: "a second factor is needed to sign in",
        keys: &["second_factor"],
        deviates: |_| true,
        reason: "this version has no second factor yet",
    },
    Row {
        id: "V6.3.8",
        asks: "the identity questionnaire tells nobody whether a person is known",
        keys: &["questionnaire_too_few", "questionnaire"],
        deviates: Policy::waives_questions,
        reason: "people of whom the roster knows too little are asked no questions, which tells whoever enters their \
                 details that they are on it",
    },
    Row {
        id: "V6.4.2",
        asks: "there are no secret questions",
        keys: &["security_questions", "recovery"],
        deviates: |p| p.questions_after_pin() > 0,
        reason: "they are asked, but only after a mailed PIN has been proven: they never recover access by themselves",
    },
    Row {
        id: "V6.5.5",
        asks: "codes sent by another channel are good for 10 minutes at most",
        keys: &["code_minutes", "pin_minutes"],
        deviates: |p| code_minutes(p) > 10,
        reason: "they are good for longer, 15 minutes and more by default, since mail may be slow; they recover access, \
                 which NIST SP 800-63B-4 4.2.1.2 lets take 24 hours by mail, and never sign anybody in",
    },
    Row {
        id: "63B-4 3.1.1.2(1)",
        asks: "passwords that are the only factor have at least 15 characters, others at least 8",
        keys: &["password_min", "second_factor"],
        deviates: |p| p.password_min < if p.second_factor == SecondFactor::Required { 8 } else { 15 },
        reason: "shorter ones are let in as the only factor",
    },
    Row {
        id: "63B-4 3.1.1.2(2)",
        asks: "passwords of 64 characters and more are taken",
        keys: &["password_max"],
        deviates: |p| p.password_max < 64,
        reason: "longer ones are refused with a message, never cut",
    },
    Row {
        id: "63B-4 3.1.1.2(5)",
        asks: "no rules of composition beyond length and blocklist",
        keys: &[
            "password_letter",
            "password_digit",
            "password_uppercase",
            "password_symbol",
            "password_history",
        ],
        deviates: |p| requires_characters(p) || looks_back(p),
        reason: "kinds of characters are required, or passwords used before are refused",
    },
    Row {
        id: "63B-4 3.1.1.2(6)",
        asks: "no periodic change of passwords",
        keys: &["password_remind_days"],
        deviates: |p| p.password_remind_days > 0,
        reason: "people are reminded to change it after a time; they may dismiss the reminder, and nothing is forced",
    },
    Row {
        id: "63B-4 3.1.1.2(8)",
        asks: "no questions about oneself when choosing a password",
        keys: &["security_questions", "recovery"],
        deviates: |p| p.questions_after_pin() > 0,
        reason: "security questions are chosen at registration and asked before a reset, after a mailed PIN",
    },
    Row {
        id: "63B-4 3.1.1.2 blocklist",
        asks: "new passwords are compared with common, expected and context-specific ones",
        keys: &["password_blocklist"],
        deviates: |p| !p.password_blocklist,
        reason: "new passwords are not compared with common ones",
    },
    Row {
        id: "63B-4 3.2.2 limit",
        asks: "no more than 100 wrong passwords in a row",
        keys: &["lockout_attempts", "lockout_minutes"],
        deviates: |p| p.lockout_attempts > GUESSES / (KNOWN_BROWSERS + 1),
        reason: "more are let in, counting those in the browsers that have signed in before",
    },
    Row {
        id: "63B-4 4.2.1.2 code",
        asks: "recovery codes by mail are good for 24 hours at most",
        keys: &["code_minutes", "link_minutes", "pin_minutes"],
        deviates: |p| {
            let minutes = code_minutes(p);
            minutes.max(if p.recovery == Recovery::LinkAndCode { p.link_minutes } else { minutes }) > 24 * 60
        },
        reason: "the link is good for longer; the code that it takes as well is not",
    },
    Row {
        id: "63A-4 verification",
        asks: "what a person knows about themselves does not verify who they are",
        keys: &["email_source"],
        deviates: |p| p.email_source != EmailSource::OnFile,
        reason: "a code may go to an address that the person enters, so that whoever knows the facts on the roster can \
                 register as them",
    },
    Row {
        id: "63A-4 evidence",
        asks: "an address that a person enters is taken only with more to say who they are than name, address and date of \
               birth",
        keys: &["questionnaire", "email_source"],
        deviates: Policy::takes_any_address,
        reason: "no questions are asked, so whoever knows name, address and date of birth of a person can register as \
                 them with an email address of their own: as anybody on the roster where email_source is \"entered\", \
                 as people without an email address on it where it is \"either\"",
    },
];

fn requires_characters(policy: &Policy) -> bool {
    policy.password_letter || policy.password_digit || policy.password_uppercase || policy.password_symbol
}

/// Whether earlier passwords than the current one are refused.
fn looks_back(policy: &Policy) -> bool {
    match policy.password_history {
        History::All => true,
        History::Last(count) => count > 1,
    }
}

/// How long the code is good for that recovers access.
fn code_minutes(policy: &Policy) -> u32 {
    match policy.recovery {
        Recovery::Pin => policy.pin_minutes,
        Recovery::LinkAndCode => policy.code_minutes,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, Preset, resolve};
    use super::*;

    fn explained(preset: Preset, toml: &str) -> Conformance {
        let overrides: Overrides = toml::from_str(toml).unwrap();
        explain(&resolve(preset, &overrides).unwrap())
    }

    fn ids(of: &[Deviation]) -> Vec<&'static str> {
        of.iter().map(|deviation| deviation.requirement.id).collect()
    }

    fn deviations(preset: Preset, toml: &str) -> Vec<&'static str> {
        ids(&explained(preset, toml).deviations)
    }

    #[test]
    fn modern_deviates_from_nothing_that_is_claimed() {
        let Conformance { keeps, deviations, not_claimed } = explained(Preset::Modern, "");
        assert_eq!(deviations, []);
        assert_eq!(keeps.into_iter().map(|kept| kept.id).collect::<Vec<_>>(), CLAIMED);
        assert_eq!(ids(&not_claimed), ["V6.2.12", "V6.3.3", "V6.5.5"]);
        assert!(not_claimed.iter().all(|one| !one.reason.is_empty()));
    }

    /// What is not claimed is nobody's deviation, and whoever keeps it all the same is told so.
    #[test]
    fn what_is_not_claimed_is_claimed_for_nobody() {
        for (preset, toml) in [
            (Preset::Member, ""),
            (Preset::Staff, ""),
            (Preset::Modern, "password_min = 7\nsecond_factor = \"required\""),
        ] {
            let explained = explained(preset, toml);
            assert_eq!(ids(&explained.not_claimed), ["V6.2.12", "V6.3.3", "V6.5.5"], "{preset:?} {toml}");
            assert!(!explained.deviations.is_empty(), "{preset:?} {toml}");
        }
        let short = explained(Preset::Modern, "code_minutes = 10");
        assert_eq!(ids(&short.not_claimed), ["V6.2.12", "V6.3.3"]);
        assert!(short.keeps.iter().any(|kept| kept.id == "V6.5.5"));
    }

    #[test]
    fn the_other_presets_deviate_where_the_programs_of_today_do() {
        assert_eq!(
            deviations(Preset::Member, "questionnaire = 0\nsecurity_questions = 3"),
            [
                "V6.1.1",
                "V6.2.1",
                "V6.2.4",
                "V6.2.5",
                "V6.2.6",
                "V6.2.9",
                "V6.2.10",
                "V6.2.11",
                "V6.4.2",
                "63B-4 3.1.1.2(1)",
                "63B-4 3.1.1.2(2)",
                "63B-4 3.1.1.2(5)",
                "63B-4 3.1.1.2(6)",
                "63B-4 3.1.1.2(8)",
                "63B-4 3.1.1.2 blocklist",
                "63A-4 verification",
                "63A-4 evidence",
            ]
        );
        assert!(!deviations(Preset::Member, "").contains(&"63A-4 evidence"));
        let staff = deviations(Preset::Staff, "");
        for id in ["V6.1.1", "V6.2.5", "V6.2.6", "63B-4 3.1.1.2(1)", "63B-4 3.1.1.2(5)"] {
            assert!(staff.contains(&id), "{id}");
        }
        assert!(!staff.contains(&"63B-4 3.1.1.2(2)") && !staff.contains(&"V6.4.2"));
    }

    /// One override at a time takes `modern` away from exactly what the value is about.
    #[test]
    fn each_value_leads_to_its_own_deviations() {
        for (toml, expected) in [
            ("password_min = 14", &["63B-4 3.1.1.2(1)"][..]),
            ("password_min = 8\nsecond_factor = \"required\"", &[]),
            ("password_min = 7", &["V6.2.1", "63B-4 3.1.1.2(1)"]),
            ("password_max = 63", &["V6.2.9", "63B-4 3.1.1.2(2)"]),
            ("password_max = 64", &[]),
            ("password_symbol = true", &["V6.2.5", "63B-4 3.1.1.2(5)"]),
            ("password_history = 2", &["63B-4 3.1.1.2(5)"]),
            ("password_history = 0", &[]),
            ("password_blocklist = false", &["V6.2.4", "V6.2.11", "63B-4 3.1.1.2 blocklist"]),
            ("password_not_name = false", &["V6.2.11"]),
            ("password_reveal = false", &["V6.2.6"]),
            ("password_remind_days = 365", &["V6.2.10", "63B-4 3.1.1.2(6)"]),
            ("lockout_minutes = 0", &["V6.1.1"]),
            ("lockout_attempts = 16", &[]),
            ("lockout_attempts = 17", &["63B-4 3.2.2 limit"]),
            ("recovery = \"pin\"\nsecurity_questions = 1", &["V6.4.2", "63B-4 3.1.1.2(8)"]),
            ("link_minutes = 1441", &["63B-4 4.2.1.2 code"]),
            ("email_source = \"either\"", &["63A-4 verification"]),
            ("questionnaire = 0", &[]),
            ("questionnaire_too_few = \"go_on\"", &["V6.3.8"]),
            ("questionnaire = 0\nquestionnaire_too_few = \"go_on\"", &[]),
            ("email_source = \"entered\"\nquestionnaire = 0", &["63A-4 verification", "63A-4 evidence"]),
        ] {
            assert_eq!(deviations(Preset::Modern, toml), expected, "{toml}");
        }
    }

    #[test]
    fn every_row_names_its_keys_once() {
        for (at, row) in ROWS.iter().enumerate() {
            assert!(row.keys.iter().all(|key| Policy::KEYS.contains(key)), "{}", row.id);
            assert!(ROWS[..at].iter().all(|other| other.id != row.id), "{}", row.id);
        }
    }
}
