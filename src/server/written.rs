//! How the value of a key is written in a TOML file, for the settings and for organization files: whether it is, and what
//! to say to whoever wrote something else, in the words of an administrator.

use portico_rules::policy::Written;
use toml::de::DeValue;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text in quotes.
    Text,
    /// A whole number.
    Integer,
    /// A whole number from the first to the second. Whether it is between them is left to whoever can say why.
    Number(u32, u32),
    /// `true` or `false`.
    Flag,
    /// One of these words, in quotes.
    Word(&'static [&'static str]),
    /// A whole number up to this one, in the same way, or `"all"`.
    NumberOrAll(u32),
    /// A list of texts, such as this one.
    Texts(&'static str),
}

impl Shape {
    /// How a value of a policy is written.
    pub(super) fn of(written: Written) -> Self {
        match written {
            Written::Number { least, most } => Self::Number(least, most),
            Written::Flag => Self::Flag,
            Written::Word(words) => Self::Word(words),
            Written::NumberOrAll { most } => Self::NumberOrAll(most),
        }
    }

    /// Whether the value is written so.
    pub(super) fn fits(self, value: &DeValue<'_>) -> bool {
        let is_number = || integer(value).is_some_and(|number| u32::try_from(number).is_ok());
        match self {
            Self::Text => value.as_str().is_some(),
            Self::Integer => integer(value).is_some(),
            Self::Number(..) => is_number(),
            Self::Flag => value.as_bool().is_some(),
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::NumberOrAll(_) => is_number() || value.as_str() == Some("all"),
            Self::Texts(_) => value
                .as_array()
                .is_some_and(|items| items.iter().all(|item| item.get_ref().as_str().is_some())),
        }
    }

    /// What a value that is not should have been, to be read after its key.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Text => "must be text in quotes".to_owned(),
            Self::Integer => "must be a whole number, without quotes".to_owned(),
            Self::Number(least, u32::MAX) => {
                format!("must be a whole number, {least} or more, without quotes")
            }
            Self::Number(least, most) => {
                format!("must be a whole number from {least} to {most}, without quotes")
            }
            Self::Flag => "must be true or false, without quotes".to_owned(),
            Self::Word(words) => format!("must be {}", one_of(words)),
            Self::NumberOrAll(most) => {
                format!("must be a whole number from 0 to {most}, without quotes, or \"all\"")
            }
            Self::Texts(example) => format!("must be a list of texts, such as {example}"),
        }
    }
}

/// The whole number that a value is, however it is written.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// The line of a file, counted from 1, that the byte `at` is in.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// `"a", "b" or "c"`.
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => String::new(),
    }
}
