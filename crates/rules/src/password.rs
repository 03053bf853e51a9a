//! The rules of a password, the same while the person types and when the form arrives.

mod pattern;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::letters::{self, Plain};
use crate::policy::{History, Policy};

pub use pattern::{drawn_like, is_pattern, plain_forms, root};

/// What an organization asks of a password. Small: the page takes it along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordRules {
    /// Fewest characters.
    pub min: u32,
    /// Most characters.
    pub max: u32,
    /// It must contain a letter.
    pub letter: bool,
    /// It must contain a digit.
    pub digit: bool,
    /// It must contain an uppercase letter.
    pub uppercase: bool,
    /// It must contain a punctuation mark or symbol.
    pub symbol: bool,
    /// It may not be the person's name or User ID.
    pub not_name: bool,
    /// It may be neither common nor what this account and organization are called.
    pub blocklist: bool,
    /// The earlier passwords that it must differ from.
    #[serde(with = "compact")]
    pub history: History,
}

/// A history on its way to the browser: a number, or none for all. The organization file's way of writing it (a number
/// or a word) cannot be read from a format that does not say what comes next.
mod compact {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::History;

    pub(super) fn serialize<S: Serializer>(history: &History, serializer: S) -> Result<S::Ok, S::Error> {
        match history {
            History::Last(count) => Some(*count),
            History::All => None,
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<History, D::Error> {
        Option::deserialize(deserializer).map(|count| count.map_or(History::All, History::Last))
    }
}

/// One rule, as one line of the list that a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// From `min` to `max` characters.
    Length {
        /// Fewest characters.
        min: u32,
        /// Most characters.
        max: u32,
    },
    /// A letter.
    Letter,
    /// A digit.
    Digit,
    /// An uppercase letter.
    Uppercase,
    /// A punctuation mark or symbol.
    Symbol,
    /// Not the person's name or User ID.
    NotName,
    /// Neither the person's email address nor what the organization and its programs are called.
    NotContext,
    /// Not a password that many people have, and no pattern. Only the server has the list of them.
    NotCommon,
    /// Different from these earlier passwords. Only the server can tell.
    NotEarlier(History),
}

/// What can be said of a rule and a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The password keeps the rule.
    Met,
    /// The password does not keep the rule (yet).
    NotYet,
    /// The rule needs what only the server knows.
    CheckedWhenSaved,
}

/// Who the password is for. Empty where something is not known: an empty name is nobody's.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// User ID.
    pub user_id: &'a str,
    /// Email address.
    pub email: &'a str,
    /// What the organization and its programs are called:
    /// [`Definition::own_names`](crate::organization::Definition::own_names).
    pub names: &'a [String],
}

impl PasswordRules {
    /// The rules of a policy.
    pub fn of(policy: &Policy) -> Self {
        Self {
            min: policy.password_min,
            max: policy.password_max,
            letter: policy.password_letter,
            digit: policy.password_digit,
            uppercase: policy.password_uppercase,
            symbol: policy.password_symbol,
            not_name: policy.password_not_name,
            blocklist: policy.password_blocklist,
            history: policy.password_history,
        }
    }

    /// The rules in force, in the order in which they are shown.
    pub fn rules(&self) -> Vec<Rule> {
        let mut rules = vec![Rule::Length { min: self.min, max: self.max }];
        for (in_force, rule) in [
            (self.letter, Rule::Letter),
            (self.digit, Rule::Digit),
            (self.uppercase, Rule::Uppercase),
            (self.symbol, Rule::Symbol),
            (self.not_name, Rule::NotName),
            (self.blocklist, Rule::NotContext),
            (self.blocklist, Rule::NotCommon),
            (self.history != History::Last(0), Rule::NotEarlier(self.history)),
        ] {
            if in_force {
                rules.push(rule);
            }
        }
        rules
    }
}

/// The verdict of each rule in force on a candidate, in the order of [`PasswordRules::rules`].
///
/// A character is a Unicode scalar value: nothing is trimmed, folded or cut. The candidate comes composed (NFC), by the
/// server's `Password` and by the browser.
pub fn check(rules: &PasswordRules, context: &Context<'_>, candidate: &str) -> Vec<(Rule, Verdict)> {
    rules.rules().into_iter().map(|rule| (rule, verdict(rule, context, candidate))).collect()
}

/// Whether no rule in force is broken, as far as this side can tell.
pub fn acceptable(rules: &PasswordRules, context: &Context<'_>, candidate: &str) -> bool {
    check(rules, context, candidate).iter().all(|(_, verdict)| *verdict != Verdict::NotYet)
}

fn verdict(rule: Rule, context: &Context<'_>, candidate: &str) -> Verdict {
    let met = match rule {
        Rule::Length { min, max } => {
            let length = candidate.chars().count();
            length >= min as usize && length <= max as usize
        }
        Rule::Letter => candidate.chars().any(letters::is_letter),
        Rule::Digit => candidate.bytes().any(|byte| byte.is_ascii_digit()),
        Rule::Uppercase => candidate.chars().any(letters::is_uppercase),
        Rule::Symbol => candidate.chars().any(letters::is_symbol),
        // An empty field keeps this rule, but to tick it before anything is typed would be odd.
        Rule::NotName => !candidate.is_empty() && !is_name(context, candidate),
        Rule::NotContext => !candidate.is_empty() && !is_context(context, candidate),
        Rule::NotCommon if !is_pattern(candidate) => return Verdict::CheckedWhenSaved,
        Rule::NotCommon => false,
        Rule::NotEarlier(_) => return Verdict::CheckedWhenSaved,
    };
    if met { Verdict::Met } else { Verdict::NotYet }
}

/// Whether the candidate is the first name, the last name, both in either order or the User ID, forwards or
/// backwards (DESIGN.md, Passwords).
///
/// Only the letters count, without case and diacritics. `0 1 3 4 5 @ $` each count as the letter they are drawn for or
/// as decoration, whichever makes a name: `j0hn`, `john1` and `1j0hn` are all John. A `1` is an `l` or an `i`.
fn is_name(context: &Context<'_>, candidate: &str) -> bool {
    let first = plain_letters(context.first_name);
    let last = plain_letters(context.last_name);
    let candidate = glyphs(candidate);
    let names = [
        Cow::Borrowed(&*first),
        Cow::Borrowed(&*last),
        Cow::Owned([&*first, &*last].concat()),
        Cow::Owned([&*last, &*first].concat()),
    ];
    names.iter().any(|name| spells_either_way(&candidate, name))
        || readings(context.user_id).any(|user_id| spells_either_way(&candidate, &user_id))
}

/// Whether the candidate is the email address, the part of it before the `@`, or one of the organization's names,
/// compared as [`is_name`] compares (the context-specific words of NIST SP 800-63B-4 3.1.1.2 and ASVS 6.1.2).
fn is_context(context: &Context<'_>, candidate: &str) -> bool {
    let candidate = glyphs(candidate);
    let local_part = context.email.split('@').next().unwrap_or_default();
    [context.email, local_part]
        .into_iter()
        .chain(context.names.iter().map(String::as_str))
        .any(|word| readings(word).any(|reading| spells_either_way(&candidate, &reading)))
}

/// A part of a candidate that counts when it is compared with a name.
#[derive(Clone, Copy)]
enum Glyph {
    /// A letter, which must be in the name.
    Letter(char),
    /// A digit or sign drawn for one of these letters, or for none.
    Drawn(&'static str),
}

fn drawn_for(c: char) -> Option<&'static str> {
    Some(match c {
        '0' => "o",
        '1' => "li",
        '3' => "e",
        '4' | '@' => "a",
        '5' | '$' => "s",
        _ => return None,
    })
}

fn glyphs(text: &str) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(text.len());
    for c in text.chars() {
        if let Some(letters) = drawn_for(c) {
            glyphs.push(Glyph::Drawn(letters));
        } else if letters::is_letter(c) {
            match letters::plain(c) {
                Plain::One(letter) => glyphs.push(Glyph::Letter(letter)),
                Plain::Two(letters) => glyphs.extend(letters.chars().map(Glyph::Letter)),
                Plain::Nothing => {}
            }
        }
    }
    glyphs
}

fn plain_letters(name: &str) -> Vec<char> {
    letters::fold(name).chars().filter(|c| letters::is_letter(*c)).collect()
}

/// The letters of a User ID or another word: those it has, and those it has once what is drawn for a letter is one.
fn readings(user_id: &str) -> impl Iterator<Item = Vec<char>> {
    let read = |one: Option<usize>| {
        let mut letters = Vec::new();
        for glyph in glyphs(user_id) {
            match (glyph, one) {
                (Glyph::Letter(letter), _) => letters.push(letter),
                (Glyph::Drawn(drawn), Some(choice)) => {
                    letters.extend(drawn.chars().nth(choice).or_else(|| drawn.chars().next()));
                }
                (Glyph::Drawn(_), None) => {}
            }
        }
        letters
    };
    [read(None), read(Some(0)), read(Some(1))].into_iter()
}

fn spells_either_way(candidate: &[Glyph], name: &[char]) -> bool {
    !name.is_empty() && (spells(candidate.iter(), name) || spells(candidate.iter().rev(), name))
}

/// Whether the glyphs can be read as the name. `reached[n]` says that what was read so far can be its first n letters.
fn spells<'a>(candidate: impl Iterator<Item = &'a Glyph>, name: &[char]) -> bool {
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for glyph in candidate {
        for n in (1..=name.len()).rev() {
            let before = reached[n - 1];
            reached[n] = match glyph {
                Glyph::Letter(letter) => before && *letter == name[n - 1],
                Glyph::Drawn(letters) => reached[n] || (before && letters.contains(name[n - 1])),
            };
        }
        if matches!(glyph, Glyph::Letter(_)) {
            reached[0] = false;
        }
    }
    reached[name.len()]
}
