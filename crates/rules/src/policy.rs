//! What an organization may decide: one preset, and any value of it overridden.
//!
//! Every value here is read from the organization wherever it matters; none is a constant elsewhere. The defaults
//! are the table of DESIGN.md, the names of the keys are those of CONTRACT.md.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

pub mod conformance;
mod presets;

/// A set of defaults for the whole policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Members of a health program register themselves and sign in with a User ID.
    Member,
    /// Clinic staff are invited, sign in with their email and reset passwords with two emails.
    Staff,
    /// NIST SP 800-63B-4 and OWASP ASVS 5.0 to the letter: what an organization has that names no preset.
    #[default]
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
                u32::try_from(value).map(History::Last).map_err(|_| E::custom("too many passwords"))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<History, E> {
                u32::try_from(value).map(History::Last).map_err(|_| E::custom("not a number of passwords"))
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

/// Why a policy is refused, or what to know of one that is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The key of the value that it is about.
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

/// How the value of a key is written in an organization file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// A whole number.
    Number {
        /// The smallest.
        least: u32,
        /// The largest.
        most: u32,
    },
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, or the word `all`.
    NumberOrAll {
        /// The largest.
        most: u32,
    },
}

/// A type that a value of the policy has.
trait Value {
    /// How it is written, where it has no bounds.
    const WRITTEN: Written;
}

impl Value for u32 {
    const WRITTEN: Written = Written::Number { least: 0, most: u32::MAX };
}

impl Value for bool {
    const WRITTEN: Written = Written::Flag;
}

impl Value for History {
    const WRITTEN: Written = Written::NumberOrAll { most: u32::MAX };
}

impl Value for SignInWith {
    const WRITTEN: Written = Written::Word(&["user_id", "email", "either"]);
}

impl Value for Recovery {
    const WRITTEN: Written = Written::Word(&["pin", "link_and_code"]);
}

impl Value for TooFew {
    const WRITTEN: Written = Written::Word(&["refuse", "go_on"]);
}

impl Value for EmployeeSsn {
    const WRITTEN: Written = Written::Word(&["off", "when_no_own", "always"]);
}

impl Value for EmailSource {
    const WRITTEN: Written = Written::Word(&["on_file", "entered", "either"]);
}

impl Value for SecondFactor {
    const WRITTEN: Written = Written::Word(&["off", "offered", "required"]);
}

/// How the value of a key of the policy is written; `None` of a key that there is not.
pub fn written(key: &str) -> Option<Written> {
    let bounds = Preset::Member.defaults().bounds().into_iter().find(|bounds| bounds.key == key);
    Some(match (Overrides::written(key)?, bounds) {
        (Written::Number { .. }, Some(Bounds { least, most, .. })) => Written::Number { least, most },
        (Written::NumberOrAll { .. }, Some(Bounds { most, .. })) => Written::NumberOrAll { most },
        (written, _) => written,
    })
}

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
            fn written(key: &str) -> Option<Written> {
                $(if key == stringify!($key) { return Some(<$type as Value>::WRITTEN); })+
                None
            }

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

/// The policy of an organization: the preset with its overrides, within the bounds and free of contradictions. A value of
/// the preset that hangs on one that is overridden follows it.
///
/// # Errors
///
/// The first key whose value is out of bounds or contradicts another one, with the reason.
pub fn resolve(preset: Preset, overrides: &Overrides) -> Result<Policy, PolicyError> {
    let policy = preset.defaults().overridden(overrides).following(overrides);
    policy.check_bounds()?;
    policy.check_contradictions()?;
    // A preset's own number is no more than what it would be with PINs.
    if overrides.security_questions.is_some_and(|count| count > policy.questions_after_pin()) {
        let reason = format!(
            "is {}; security questions are asked after a PIN, and recovery is link_and_code",
            policy.security_questions
        );
        return Err(PolicyError { key: "security_questions", reason });
    }
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

/// The shortest warning before the idle end, in seconds.
const LEAST_WARNING: u32 = 20;

/// Wrong passwords in a row that NIST SP 800-63B-4 3.2.2 allows before recovery is needed.
const GUESSES: u32 = 100;

/// The most security questions that a policy asks for.
pub const MOST_SECURITY_QUESTIONS: u32 = 10;

/// Browsers that an account knows at most, those that signed in to it last. Each has a counter of its own beside that of
/// all others.
pub const KNOWN_BROWSERS: u32 = 5;

/// The longest that a lock lasts which lifts by itself.
const LONGEST_LOCK_MINUTES: u32 = 24 * 60;

impl Policy {
    /// Minutes after which a lock lifts by itself that is the `nth` (from 1) of its counter since the last right password
    /// on it, and one of `in_all` of the account: `lockout_minutes` for the first, twice as long for each further one, a
    /// day at most.
    ///
    /// `None` where only recovery or the desk lifts it: always if `lockout_minutes` is 0, and otherwise from the lock on
    /// after which more than [`GUESSES`] wrong passwords in a row could be tried, were every counter used up once more.
    pub fn lock_minutes(&self, nth: u32, in_all: u32) -> Option<u32> {
        let counters = KNOWN_BROWSERS + 1;
        let guesses = in_all.saturating_add(counters).saturating_mul(self.lockout_attempts);
        if self.lockout_minutes == 0 || guesses > GUESSES {
            return None;
        }
        let doubled = 2_u32.saturating_pow(nth.saturating_sub(1));
        Some(self.lockout_minutes.saturating_mul(doubled).min(LONGEST_LOCK_MINUTES))
    }

    /// How many security questions are chosen at registration: none where nothing would ever ask them, since they are asked
    /// after a PIN alone.
    pub fn questions_after_pin(&self) -> u32 {
        match self.recovery {
            Recovery::Pin => self.security_questions,
            Recovery::LinkAndCode => 0,
        }
    }

    fn bounds(&self) -> Vec<Bounds> {
        let bound = |key, value, least, most, why| Bounds { key, value, least, most, why };
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
            bound("password_history", history, 0, 100, "write \"all\" for every earlier one"),
            bound("password_remind_days", self.password_remind_days, 0, 3650, "0 means never"),
            bound(
                "lockout_attempts",
                self.lockout_attempts,
                3,
                100,
                "NIST SP 800-63B-4 allows no more than 100 guesses, and people mistype",
            ),
            bound("lockout_minutes", self.lockout_minutes, 0, 1440, "0 means until recovery or the desk"),
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
            bound("welcome_hours", self.welcome_hours, 1, 720, "an invitation waits 30 days at most"),
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
                LEAST_WARNING,
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
            bound(
                "questionnaire",
                self.questionnaire,
                0,
                5,
                "0 means none, and there are five kinds of facts on a roster to ask about",
            ),
            bound("security_questions", self.security_questions, 0, MOST_SECURITY_QUESTIONS, "0 means none"),
            bound("minimum_age", self.minimum_age, 0, 21, "0 means any age"),
            bound("resume_hours", self.resume_hours, 1, 168, "what was entered is kept for a week at most"),
        ]
    }

    /// Fits what is not overridden to what is, where the preset's own value would contradict it or make no sense beside
    /// it: whoever says one thing need not know of the other.
    fn following(mut self, overrides: &Overrides) -> Self {
        if let (Some(idle), None) = (overrides.idle_seconds, overrides.idle_warning_seconds) {
            self.idle_warning_seconds = self.idle_warning_seconds.min((idle / 2).max(LEAST_WARNING));
        }
        if let (Some(asked @ 1..), None) = (overrides.questionnaire, overrides.questionnaire_right) {
            // A preset without questions says nothing of how many should be right.
            self.questionnaire_right = match self.questionnaire_right {
                0 => asked,
                right => right.min(asked),
            };
        }
        self
    }

    fn check_bounds(&self) -> Result<(), PolicyError> {
        match self.bounds().into_iter().find(|b| b.value < b.least || b.value > b.most) {
            None => Ok(()),
            Some(Bounds { key, value, least, most, why }) => {
                Err(PolicyError { key, reason: format!("is {value}; it must be {least} to {most} ({why})") })
            }
        }
    }

    fn check_contradictions(&self) -> Result<(), PolicyError> {
        let refuse = |key, reason| Err(PolicyError { key, reason });
        if self.password_min > self.password_max {
            return refuse(
                "password_min",
                format!("is {}, more than password_max, which is {}", self.password_min, self.password_max),
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

    /// Whether an address that is entered needs neither answers nor a Social Security number on file.
    fn takes_any_address(&self) -> bool {
        self.email_source != EmailSource::OnFile && self.questionnaire == 0
    }

    /// Whether people of whom too little is known are asked nothing, unlike everybody else.
    fn waives_questions(&self) -> bool {
        self.questionnaire > 0 && self.questionnaire_too_few == TooFew::GoOn
    }

    /// What whoever sets this policy should know of it: nothing is wrong, but a check is weaker than it might seem.
    pub fn warnings(&self) -> Vec<PolicyError> {
        let mut warnings = Vec::new();
        let mut warn = |key, reason: &str| warnings.push(PolicyError { key, reason: reason.to_owned() });
        if self.takes_any_address() {
            warn(
                "questionnaire",
                match self.email_source {
                    EmailSource::Entered => {
                        "is 0 and email_source is \"entered\": whoever knows name, address and date of birth of \
                         anybody on the roster can register as them with an email address of their own"
                    }
                    EmailSource::OnFile | EmailSource::Either => {
                        "is 0: whoever knows name, address and date of birth of a person without an email address on \
                         the roster can register as them"
                    }
                },
            );
        }
        if self.waives_questions() {
            warn(
                "questionnaire_too_few",
                "is \"go_on\": people of whom the roster knows too little are asked no questions, which tells whoever \
                 enters their details that they are on it",
            );
        }
        warnings
    }

    /// The keys whose value asks for something that nothing does yet, so that nobody relies on it.
    pub fn not_yet_in_force(&self) -> Vec<&'static str> {
        UNBUILT.iter().filter(|unbuilt| (unbuilt.wanted)(self)).map(|unbuilt| unbuilt.key).collect()
    }
}

/// A key that nothing reads yet, and whether a policy's value of it wants something.
struct Unbuilt {
    key: &'static str,
    wanted: fn(&Policy) -> bool,
}

const UNBUILT: &[Unbuilt] =
    &[Unbuilt { key: "second_factor", wanted: |p| p.second_factor != SecondFactor::Off }];

/// The keys that an organization sets although nothing reads them yet.
pub fn not_yet_in_force(overrides: &Overrides) -> Vec<&'static str> {
    let set = overrides.keys();
    UNBUILT.iter().map(|unbuilt| unbuilt.key).filter(|key| set.contains(key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overrides(toml: &str) -> Overrides {
        toml::from_str(toml).unwrap()
    }

    fn refusal(preset: Preset, toml: &str) -> Option<&'static str> {
        resolve(preset, &overrides(toml)).err().map(|error| error.key)
    }

    #[test]
    fn presets_hold() {
        for preset in Preset::ALL {
            assert_eq!(resolve(preset, &Overrides::default()), Ok(preset.defaults()), "{preset:?}");
        }
    }

    /// The table of DESIGN.md, word for word where the seeds promise it.
    #[test]
    fn presets_are_those_of_the_design() {
        let member = Preset::Member.defaults();
        assert_eq!((member.password_min, member.password_max), (6, 12));
        assert!(member.password_letter && member.password_digit && member.password_not_name);
        assert!(!member.password_uppercase && !member.password_symbol && !member.password_reveal);
        assert_eq!(member.password_history, History::All);
        assert_eq!((member.lockout_attempts, member.lockout_minutes), (5, 0));
        assert_eq!((member.recovery, member.pin_minutes), (Recovery::Pin, 90));
        assert_eq!((member.idle_seconds, member.idle_warning_seconds, member.session_hours), (900, 120, 12));
        assert!(member.end_on_leaving);
        let staff = Preset::Staff.defaults();
        assert_eq!((staff.password_min, staff.password_max), (10, 128));
        assert!(staff.password_digit && staff.password_uppercase && staff.password_symbol);
        assert_eq!(staff.password_history, History::Last(5));
        assert_eq!((staff.link_minutes, staff.code_minutes, staff.welcome_hours), (1440, 90, 72));
        assert_eq!((staff.expire_days, staff.end_on_leaving), (90, false));
        let modern = Preset::Modern.defaults();
        assert_eq!((modern.password_min, modern.password_max), (15, 128));
        assert!(modern.password_blocklist && modern.password_reveal);
        assert_eq!((modern.link_minutes, modern.code_minutes, modern.lockout_minutes), (60, 15, 15));
        assert_eq!((modern.idle_seconds, modern.session_hours), (1800, 24));
    }

    #[test]
    fn overrides_win() {
        let policy = resolve(
            Preset::Member,
            &overrides(
                r#"
                sign_in_with = "either"
                password_history = 7
                recovery = "link_and_code"
                questionnaire = 0
                questionnaire_too_few = "go_on"
                employee_ssn = "always"
                email_source = "on_file"
                second_factor = "required"
                idle_seconds = 60
                idle_warning_seconds = 30
                "#,
            ),
        )
        .unwrap();
        assert_eq!(policy.sign_in_with, SignInWith::Either);
        assert_eq!(policy.password_history, History::Last(7));
        assert_eq!(policy.second_factor, SecondFactor::Required);
        assert_eq!(policy.idle_seconds, 60);
        assert_eq!(policy.session_hours, Preset::Member.defaults().session_hours);
    }

    #[test]
    fn history_is_a_number_or_all() {
        for (toml, history) in
            [("0", Some(History::Last(0))), ("5", Some(History::Last(5))), ("\"all\"", Some(History::All))]
                .into_iter()
                .chain(["\"five\"", "-1", "5.0", "true", "99999999999"].map(|toml| (toml, None)))
        {
            let read = toml::from_str::<Overrides>(&format!("password_history = {toml}"));
            assert_eq!(read.ok().and_then(|overrides| overrides.password_history), history, "{toml}");
        }
    }

    #[test]
    fn bounds_are_refused_on_both_sides_with_the_key() {
        let policy = Preset::Member.defaults();
        for bounds in policy.bounds() {
            let too_little = bounds.least.checked_sub(1).map(|value| format!("{} = {value}", bounds.key));
            for toml in too_little.into_iter().chain([format!("{} = {}", bounds.key, bounds.most + 1)]) {
                let error = resolve(Preset::Member, &overrides(&toml)).unwrap_err();
                assert_eq!(error.key, bounds.key, "{toml}");
                assert!(error.reason.contains(bounds.why), "{error}");
            }
        }
        assert_eq!(refusal(Preset::Member, "idle_seconds = 30\nidle_warning_seconds = 20"), None);
        assert_eq!(refusal(Preset::Modern, "idle_seconds = 86400"), None);
    }

    #[test]
    fn locks_grow_and_end_lifting_by_themselves() {
        let modern = Preset::Modern.defaults();
        let minutes: Vec<_> = (1..=9).map(|nth| modern.lock_minutes(nth, nth)).collect();
        assert_eq!(minutes, [15, 30, 60, 120, 240, 480, 960, 1440, 1440].map(Some));
        assert_eq!((modern.lock_minutes(14, 14), modern.lock_minutes(15, 15)), (Some(1440), None));
        assert_eq!((modern.lock_minutes(1, 14), modern.lock_minutes(1, 15)), (Some(15), None));
        assert_eq!(modern.lock_minutes(u32::MAX, u32::MAX), None);
        assert_eq!(Preset::Member.defaults().lock_minutes(1, 1), None);
        for attempts in 3..=GUESSES / (KNOWN_BROWSERS + 1) {
            let policy = Policy { lockout_attempts: attempts, ..modern.clone() };
            let lifted = (1..=100).take_while(|nth| policy.lock_minutes(*nth, *nth).is_some()).count();
            // Those that were lifted, and then every counter once more.
            let guesses = (u32::try_from(lifted).unwrap() + KNOWN_BROWSERS + 1) * attempts;
            assert!(guesses <= GUESSES, "{attempts} at a time come to {guesses}");
        }
    }

    /// A number without a bound could overflow what is computed from it.
    #[test]
    fn every_number_has_bounds() {
        let policy = Preset::Staff.defaults();
        let bounded: Vec<_> = policy.bounds().into_iter().map(|bounds| bounds.key).collect();
        let values = serde_json::to_value(&policy).unwrap();
        for (key, value) in values.as_object().unwrap() {
            // Bounded by the questionnaire itself.
            let has_bounds = bounded.contains(&key.as_str()) || key == "questionnaire_right";
            assert_eq!(value.is_number(), has_bounds, "{key}");
        }
    }

    #[test]
    fn contradictions_are_refused_with_the_key() {
        for (preset, toml, key) in [
            (Preset::Member, "password_min = 13", "password_min"),
            (Preset::Staff, "password_max = 9", "password_min"),
            (Preset::Member, "idle_seconds = 60\nidle_warning_seconds = 60", "idle_warning_seconds"),
            (Preset::Member, "idle_seconds = 120\nidle_warning_seconds = 120", "idle_warning_seconds"),
            (Preset::Member, "idle_warning_seconds = 900", "idle_warning_seconds"),
            (Preset::Member, "session_hours = 1\nidle_seconds = 3601", "idle_seconds"),
            (Preset::Staff, "link_minutes = 60", "code_minutes"),
            (Preset::Staff, "code_minutes = 1440\nlink_minutes = 1439", "code_minutes"),
            (Preset::Member, "questionnaire = 1\nquestionnaire_right = 2", "questionnaire_right"),
            (Preset::Member, "questionnaire = 1\nquestionnaire_right = 0", "questionnaire_right"),
            (Preset::Staff, "questionnaire = 3\nquestionnaire_right = 0", "questionnaire_right"),
            (Preset::Member, "questionnaire_right = 4", "questionnaire_right"),
            (Preset::Member, "questionnaire_right = 0", "questionnaire_right"),
            (Preset::Staff, "security_questions = 2", "security_questions"),
            (Preset::Member, "recovery = \"link_and_code\"\nsecurity_questions = 3", "security_questions"),
        ] {
            assert_eq!(refusal(preset, toml), Some(key), "{preset:?} {toml}");
        }
        for (preset, toml) in [
            (Preset::Member, "password_min = 12"),
            (Preset::Member, "idle_seconds = 121"),
            (Preset::Member, "questionnaire = 0"),
            (Preset::Member, "link_minutes = 60"),
            (Preset::Member, "recovery = \"link_and_code\""),
            (Preset::Staff, "security_questions = 0"),
            (Preset::Staff, "recovery = \"pin\"\nsecurity_questions = 2"),
            (Preset::Member, "session_hours = 1\nidle_seconds = 3600"),
        ] {
            assert_eq!(refusal(preset, toml), None, "{preset:?} {toml}");
        }
    }

    #[test]
    fn what_is_not_overridden_follows_what_is() {
        for (preset, toml, warning, right) in [
            (Preset::Member, "", 120, 2),
            (Preset::Member, "idle_seconds = 30", 20, 2),
            (Preset::Member, "idle_seconds = 39", 20, 2),
            (Preset::Member, "idle_seconds = 42", 21, 2),
            (Preset::Member, "idle_seconds = 60", 30, 2),
            (Preset::Member, "idle_seconds = 120", 60, 2),
            (Preset::Member, "idle_seconds = 239", 119, 2),
            (Preset::Member, "idle_seconds = 240", 120, 2),
            (Preset::Modern, "idle_seconds = 86400", 120, 3),
            (Preset::Member, "idle_seconds = 60\nidle_warning_seconds = 59", 59, 2),
            (Preset::Member, "questionnaire = 1", 120, 1),
            (Preset::Member, "questionnaire = 5", 120, 2),
            (Preset::Modern, "questionnaire = 2", 120, 2),
            (Preset::Modern, "questionnaire = 4", 120, 3),
            (Preset::Modern, "questionnaire = 4\nquestionnaire_right = 1", 120, 1),
            (Preset::Staff, "questionnaire = 3", 120, 3),
            // Whoever asks nothing may still say later how many should be right.
            (Preset::Member, "questionnaire = 0", 120, 2),
        ] {
            let policy = resolve(preset, &overrides(toml)).unwrap();
            let found = (policy.idle_warning_seconds, policy.questionnaire_right);
            assert_eq!(found, (warning, right), "{preset:?} {toml}");
        }
        // One that is out of bounds is refused as it was given.
        assert_eq!(refusal(Preset::Member, "idle_seconds = 29"), Some("idle_seconds"));
        assert_eq!(refusal(Preset::Member, "questionnaire = 6"), Some("questionnaire"));
    }

    #[test]
    fn security_questions_are_chosen_where_a_pin_would_ask_them() {
        let chosen = |preset, toml| resolve(preset, &overrides(toml)).unwrap().questions_after_pin();
        assert_eq!(chosen(Preset::Member, ""), 3);
        assert_eq!(chosen(Preset::Member, "recovery = \"link_and_code\""), 0);
        assert_eq!(chosen(Preset::Modern, "recovery = \"pin\"\nsecurity_questions = 1"), 1);
    }

    #[test]
    fn keys_are_those_of_the_contract() {
        let values = serde_json::to_value(Preset::Member.defaults()).unwrap();
        let keys: Vec<_> = values.as_object().unwrap().keys().map(String::as_str).collect();
        let mut declared = Policy::KEYS.to_vec();
        declared.sort_unstable();
        assert_eq!(keys, declared);
        assert_eq!(Policy::KEYS.len(), 33);
        assert!(UNBUILT.iter().all(|unbuilt| Policy::KEYS.contains(&unbuilt.key)));
        let unknown = toml::from_str::<Overrides>("password_minimum = 8").unwrap_err();
        assert!(unknown.to_string().contains("unknown field `password_minimum`"));
    }

    /// What is written as it says can be read, and there are no other words.
    #[test]
    fn values_are_written_as_they_are_read() {
        assert_eq!(written("password_minimum"), None);
        for key in Policy::KEYS {
            let reads = |value: &str| toml::from_str::<Overrides>(&format!("{key} = {value}"));
            match written(key).unwrap() {
                Written::Number { least, most } => {
                    assert!(reads(&least.to_string()).is_ok() && reads(&most.to_string()).is_ok(), "{key}");
                }
                Written::Flag => assert!(reads("true").is_ok() && reads("false").is_ok(), "{key}"),
                Written::NumberOrAll { most } => {
                    assert!(reads(&most.to_string()).is_ok() && reads("\"all\"").is_ok(), "{key}");
                }
                Written::Word(words) => {
                    assert!(words.iter().all(|word| reads(&format!("\"{word}\"")).is_ok()), "{key}");
                    let other = reads("\"nonsense\"").unwrap_err();
                    // The word itself, and each that would be right.
                    let named = other.message().matches('`').count() / 2;
                    assert_eq!(named, 1 + words.len(), "{key}: {other}");
                }
            }
        }
        assert_eq!(written("idle_seconds"), Some(Written::Number { least: 30, most: 86_400 }));
        assert_eq!(written("password_history"), Some(Written::NumberOrAll { most: 100 }));
    }

    #[test]
    fn a_stored_policy_reads_back() {
        for preset in Preset::ALL {
            let json = serde_json::to_string(&preset.defaults()).unwrap();
            assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), preset.defaults());
            assert_eq!(serde_json::to_value(preset).unwrap(), preset.name());
        }
    }

    #[test]
    fn says_what_is_not_in_force() {
        assert_eq!(not_yet_in_force(&overrides("idle_seconds = 900")), <[&str; 0]>::default());
        assert_eq!(
            not_yet_in_force(&overrides(
                "password_remind_days = 90\nsecond_factor = \"off\"\nexpire_days = 30"
            )),
            ["second_factor"]
        );
        assert_eq!(Preset::Member.defaults().not_yet_in_force(), ["second_factor"]);
        assert_eq!(Preset::Staff.defaults().not_yet_in_force(), ["second_factor"]);
    }

    #[test]
    fn warns_where_a_check_is_weaker_than_it_seems() {
        let warned = |preset, toml| {
            let policy = resolve(preset, &overrides(toml)).unwrap();
            policy.warnings().iter().map(|warning| warning.key).collect::<Vec<_>>()
        };
        for preset in Preset::ALL {
            assert!(warned(preset, "").is_empty(), "{preset:?}");
        }
        assert_eq!(warned(Preset::Member, "questionnaire = 0"), ["questionnaire"]);
        assert!(warned(Preset::Modern, "questionnaire = 0").is_empty(), "only the address on file is taken");
        let go_on = "questionnaire_too_few = \"go_on\"";
        assert_eq!(warned(Preset::Modern, go_on), ["questionnaire_too_few"]);
        assert!(warned(Preset::Staff, go_on).is_empty());
        // Of everybody, where everybody enters one.
        let sentence = |source: &str| {
            let toml = format!("questionnaire = 0\nemail_source = \"{source}\"");
            resolve(Preset::Member, &overrides(&toml)).unwrap().warnings()[0].to_string()
        };
        assert!(sentence("either").contains("of a person without an email address on the roster"));
        let everybody = sentence("entered");
        assert!(
            everybody.contains("of anybody on the roster") && !everybody.contains("without"),
            "{everybody}"
        );
    }
}
