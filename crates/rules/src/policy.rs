//! What an organization may decide: one preset, and any value of it overridden.
//!
//! Every value here is read from the organization wherever it matters; none is a constant elsewhere. The defaults
//! are the table of DESIGN.md, the names of the keys are those of CONTRACT.md.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

mod presets;

/// A set of defaults for the whole policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Members of a health program register themselves and sign in with a User ID.
    Member,
    /// Clinic staff are invited, sign in with their email and reset passwords with two emails.
    Staff,
    /// NIST SP 800-63B-4 and OWASP ASVS 5.0 to the letter.
    Modern,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Member, Self::Staff, Self::Modern];

    /// The word in the organization file and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Staff => "staff",
            Self::Modern => "modern",
        }
    }
}

/// What a person signs in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInWith {
    /// The User ID chosen at registration.
    UserId,
    /// The email address of the account.
    Email,
    /// Whichever the person types; an email only while it belongs to one account.
    Either,
}

/// How a person who forgot something gets back in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// One PIN by email, then the security questions.
    Pin,
    /// A link by email, then a code by a second email.
    LinkAndCode,
}

/// What happens when the roster holds too few facts of a person to ask the whole questionnaire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TooFew {
    /// The registration cannot go on.
    Refuse,
    /// The registration goes on without the questionnaire.
    GoOn,
}

/// Whether a dependent is asked for the Social Security number of the employee (the subscriber).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmployeeSsn {
    /// Never asked.
    Off,
    /// Asked from a dependent of whom the roster has no number.
    WhenNoOwn,
    /// Asked from every dependent.
    Always,
}

/// Where the email address of a registration comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailSource {
    /// Only the address in the roster.
    OnFile,
    /// Always the address the person enters.
    Entered,
    /// The address in the roster where there is one, else the one entered.
    Either,
}

/// Whether a second factor is part of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// There is none.
    Off,
    /// A person may set one up.
    Offered,
    /// Nobody signs in without one.
    Required,
}

/// Which of an account's earlier passwords a new one must differ from. The current one counts as the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// The last so many, the current one included; 0 means no rule.
    Last(u32),
    /// Every one the account ever had. Written `"all"`.
    All,
}

impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Last(count) => serializer.serialize_u32(*count),
            Self::All => serializer.serialize_str("all"),
        }
    }
}

impl<'de> Deserialize<'de> for History {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrAll;

        impl Visitor<'_> for NumberOrAll {
            type Value = History;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of passwords or \"all\"")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<History, E> {
                u32::try_from(value)
                    .map(History::Last)
                    .map_err(|_| E::custom("too many passwords"))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<History, E> {
                u32::try_from(value)
                    .map(History::Last)
                    .map_err(|_| E::custom("not a number of passwords"))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<History, E> {
                if value == "all" {
                    Ok(History::All)
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(value), &self))
                }
            }
        }

        deserializer.deserialize_any(NumberOrAll)
    }
}

/// Why a policy is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The key of the value that is refused.
    pub key: &'static str,
    /// What is wrong and what would be right, to be read after the key.
    pub reason: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.reason)
    }
}

impl std::error::Error for PolicyError {}

/// Declares the keys once, for [`Policy`], [`Overrides`] and everything that goes through all of them.
macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $key:ident: $type:ty,)+) => {
        /// Every value of an organization's policy.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Policy {
            $($(#[doc = $doc])+ pub $key: $type,)+
        }

        /// The values that an organization sets itself; the others come from its preset.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Overrides {
            $(
                $(#[doc = $doc])+
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $key: Option<$type>,
            )+
        }

        impl Policy {
            /// The name of every key, in the order of CONTRACT.md.
            pub const KEYS: &[&str] = &[$(stringify!($key)),+];

            fn overridden(mut self, overrides: &Overrides) -> Self {
                $(if let Some(value) = overrides.$key { self.$key = value; })+
                self
            }
        }

        impl Overrides {
            /// The keys that are set, in the order of CONTRACT.md.
            pub fn keys(&self) -> Vec<&'static str> {
                let mut keys = Vec::new();
                $(if self.$key.is_some() { keys.push(stringify!($key)); })+
                keys
            }
        }
    };
}

keys! {
    /// What a person signs in with.
    sign_in_with: SignInWith,
    /// Fewest characters of a password.
    password_min: u32,
    /// Most characters of a password.
    password_max: u32,
    /// A password must contain a letter.
    password_letter: bool,
    /// A password must contain a digit.
    password_digit: bool,
    /// A password must contain an uppercase letter.
    password_uppercase: bool,
    /// A password must contain a punctuation mark or symbol.
    password_symbol: bool,
    /// A password may not be the person's name or User ID.
    password_not_name: bool,
    /// Which earlier passwords a new one must differ from.
    password_history: History,
    /// Common and breached passwords are refused.
    password_blocklist: bool,
    /// A password may be shown while it is typed.
    password_reveal: bool,
    /// Days until a person is reminded to change the password; 0: never.
    password_remind_days: u32,
    /// Failures in a row that lock an account.
    lockout_attempts: u32,
    /// Minutes until a lock lifts by itself, longer at each further lock; 0: only recovery or the desk lifts it.
    lockout_minutes: u32,
    /// How a person who forgot something gets back in.
    recovery: Recovery,
    /// Minutes a recovery PIN is good for, from the time its mail is generated.
    pin_minutes: u32,
    /// Minutes the link of the first recovery mail is good for.
    link_minutes: u32,
    /// Minutes a code by mail is good for.
    code_minutes: u32,
    /// Hours the link of a welcome mail is good for.
    welcome_hours: u32,
    /// Seconds without activity after which a session ends.
    idle_seconds: u32,
    /// Seconds before the idle end at which the page warns.
    idle_warning_seconds: u32,
    /// Hours after which a session ends whatever the activity.
    session_hours: u32,
    /// Days without a sign-in after which an account expires; 0: never.
    expire_days: u32,
    /// The session ends when its last tab goes away.
    end_on_leaving: bool,
    /// How many questions the identity questionnaire asks; 0: there is none.
    questionnaire: u32,
    /// How many of them must be answered right.
    questionnaire_right: u32,
    /// What happens when there are too few facts to ask them all.
    questionnaire_too_few: TooFew,
    /// How many security questions are chosen at registration; 0: none.
    security_questions: u32,
    /// Whether dependents are asked for the employee's Social Security number.
    employee_ssn: EmployeeSsn,
    /// Years of age from which a person may register; 0: any.
    minimum_age: u32,
    /// Hours in which an unfinished registration can be resumed.
    resume_hours: u32,
    /// Where the email address of a registration comes from.
    email_source: EmailSource,
    /// Whether a second factor is part of signing in.
    second_factor: SecondFactor,
}

/// The policy of an organization: the preset with its overrides, within the bounds and free of contradictions.
///
/// # Errors
///
/// The first key whose value is out of bounds or contradicts another one, with the reason.
pub fn resolve(preset: Preset, overrides: &Overrides) -> Result<Policy, PolicyError> {
    let policy = preset.defaults().overridden(overrides);
    policy.check_bounds()?;
    policy.check_contradictions()?;
    Ok(policy)
}

/// The smallest and largest value of each number, and why.
struct Bounds {
    key: &'static str,
    value: u32,
    least: u32,
    most: u32,
    why: &'static str,
}

impl Policy {
    fn bounds(&self) -> Vec<Bounds> {
        let bound = |key, value, least, most, why| Bounds {
            key,
            value,
            least,
            most,
            why,
        };
        let history = match self.password_history {
            History::Last(count) => count,
            History::All => 0,
        };
        vec![
            bound(
                "password_min",
                self.password_min,
                6,
                64,
                "a shorter one is guessed, a longer one locks people out",
            ),
            bound(
                "password_max",
                self.password_max,
                8,
                256,
                "nobody types more, and each character is work to hash",
            ),
            bound(
                "password_history",
                history,
                0,
                100,
                "write \"all\" for every earlier one",
            ),
            bound(
                "password_remind_days",
                self.password_remind_days,
                0,
                3650,
                "0 means never",
            ),
            bound(
                "lockout_attempts",
                self.lockout_attempts,
                3,
                100,
                "NIST SP 800-63B-4 allows no more than 100 guesses, and people mistype",
            ),
            bound(
                "lockout_minutes",
                self.lockout_minutes,
                0,
                1440,
                "0 means until recovery or the desk",
            ),
            bound(
                "pin_minutes",
                self.pin_minutes,
                5,
                1440,
                "a mail takes minutes, and a PIN of yesterday is nobody's",
            ),
            bound(
                "link_minutes",
                self.link_minutes,
                5,
                10_080,
                "a mail takes minutes, and a link of last week is nobody's",
            ),
            bound(
                "code_minutes",
                self.code_minutes,
                5,
                1440,
                "a mail takes minutes, and a code of yesterday is nobody's",
            ),
            bound(
                "welcome_hours",
                self.welcome_hours,
                1,
                720,
                "an invitation waits 30 days at most",
            ),
            bound(
                "idle_seconds",
                self.idle_seconds,
                30,
                86_400,
                "less cannot be warned of, more protects nobody",
            ),
            bound(
                "idle_warning_seconds",
                self.idle_warning_seconds,
                20,
                3600,
                "WCAG 2.2.1 gives at least 20 seconds to answer",
            ),
            bound(
                "session_hours",
                self.session_hours,
                1,
                720,
                "NIST SP 800-63B-4 ends a session after 30 days",
            ),
            bound("expire_days", self.expire_days, 0, 3650, "0 means never"),
            bound("questionnaire", self.questionnaire, 0, 10, "0 means none"),
            bound(
                "security_questions",
                self.security_questions,
                0,
                10,
                "0 means none",
            ),
            bound("minimum_age", self.minimum_age, 0, 21, "0 means any age"),
            bound(
                "resume_hours",
                self.resume_hours,
                1,
                168,
                "what was entered is kept for a week at most",
            ),
        ]
    }

    fn check_bounds(&self) -> Result<(), PolicyError> {
        match self
            .bounds()
            .into_iter()
            .find(|b| b.value < b.least || b.value > b.most)
        {
            None => Ok(()),
            Some(Bounds {
                key,
                value,
                least,
                most,
                why,
            }) => Err(PolicyError {
                key,
                reason: format!("is {value}; it must be {least} to {most} ({why})"),
            }),
        }
    }

    fn check_contradictions(&self) -> Result<(), PolicyError> {
        let refuse = |key, reason| Err(PolicyError { key, reason });
        if self.password_min > self.password_max {
            return refuse(
                "password_min",
                format!(
                    "is {}, more than password_max, which is {}",
                    self.password_min, self.password_max
                ),
            );
        }
        if self.idle_warning_seconds >= self.idle_seconds {
            return refuse(
                "idle_warning_seconds",
                format!(
                    "is {}; the warning must come before the end, and idle_seconds is {}",
                    self.idle_warning_seconds, self.idle_seconds
                ),
            );
        }
        if u64::from(self.idle_seconds) > u64::from(self.session_hours) * 3600 {
            return refuse(
                "idle_seconds",
                format!(
                    "is {}, longer than the whole session of session_hours, {}",
                    self.idle_seconds, self.session_hours
                ),
            );
        }
        if self.recovery == Recovery::LinkAndCode && self.code_minutes > self.link_minutes {
            return refuse(
                "code_minutes",
                format!(
                    "is {}; a code cannot outlive its link, and link_minutes is {}",
                    self.code_minutes, self.link_minutes
                ),
            );
        }
        if self.questionnaire > 0 && !(1..=self.questionnaire).contains(&self.questionnaire_right) {
            return refuse(
                "questionnaire_right",
                format!(
                    "is {}; of the {1} of questionnaire, 1 to {1} can be right",
                    self.questionnaire_right, self.questionnaire
                ),
            );
        }
        Ok(())
    }

    /// The keys whose value asks for something that nothing does yet, so that nobody relies on it.
    pub fn not_yet_in_force(&self) -> Vec<&'static str> {
        UNBUILT
            .iter()
            .filter(|unbuilt| (unbuilt.wanted)(self))
            .map(|unbuilt| unbuilt.key)
            .collect()
    }
}

/// A key that nothing reads yet, and whether a policy's value of it wants something.
struct Unbuilt {
    key: &'static str,
    wanted: fn(&Policy) -> bool,
}

const UNBUILT: &[Unbuilt] = &[
    Unbuilt {
        key: "password_blocklist",
        wanted: |p| p.password_blocklist,
    },
    Unbuilt {
        key: "password_remind_days",
        wanted: |p| p.password_remind_days > 0,
    },
    Unbuilt {
        key: "lockout_minutes",
        wanted: |p| p.lockout_minutes > 0,
    },
    Unbuilt {
        key: "recovery",
        wanted: |p| p.recovery == Recovery::Pin,
    },
    Unbuilt {
        key: "pin_minutes",
        wanted: |p| p.recovery == Recovery::Pin,
    },
    Unbuilt {
        key: "end_on_leaving",
        wanted: |p| p.end_on_leaving,
    },
    Unbuilt {
        key: "questionnaire",
        wanted: |p| p.questionnaire > 0,
    },
    Unbuilt {
        key: "questionnaire_right",
        wanted: |p| p.questionnaire > 0,
    },
    Unbuilt {
        key: "questionnaire_too_few",
        wanted: |p| p.questionnaire > 0,
    },
    Unbuilt {
        key: "security_questions",
        wanted: |p| p.security_questions > 0,
    },
    Unbuilt {
        key: "employee_ssn",
        wanted: |p| p.employee_ssn != EmployeeSsn::Off,
    },
    Unbuilt {
        key: "minimum_age",
        wanted: |p| p.minimum_age > 0,
    },
    Unbuilt {
        key: "second_factor",
        wanted: |p| p.second_factor != SecondFactor::Off,
    },
];

/// The keys that an organization sets although nothing reads them yet.
pub fn not_yet_in_force(overrides: &Overrides) -> Vec<&'static str> {
    let set = overrides.keys();
    UNBUILT
        .iter()
        .map(|unbuilt| unbuilt.key)
        .filter(|key| set.contains(key))
        .collect()
}

/// Why an organization with this preset and policy cannot be applied by this version, if so: accepting it would
/// promise a check of identity that is not made.
pub fn refused_for_now(preset: Preset, policy: &Policy) -> Option<PolicyError> {
    let refuse = |key, reason: &str| {
        Some(PolicyError {
            key,
            reason: reason.to_owned(),
        })
    };
    if preset == Preset::Modern {
        return refuse(
            "preset",
            "\"modern\" is not available in this version; use \"member\" or \"staff\"",
        );
    }
    if policy.questionnaire > 0 {
        return refuse(
            "questionnaire",
            "must be 0: this version asks no identity questions; set it under [policy]",
        );
    }
    if policy.security_questions > 0 {
        return refuse(
            "security_questions",
            "must be 0: this version has no security questions; set it under [policy]",
        );
    }
    None
}
