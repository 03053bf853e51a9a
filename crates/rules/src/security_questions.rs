//! Security questions: the catalogue, and what an answer may be.
//!
//! The catalogue asks for what stays as it was, what people still know after years, and what no roster, public register or
//! profile tells: no mother's maiden name, no place of birth, no favorite color.

use crate::normalise;

macro_rules! questions {
    ($($(#[$doc:meta])* $question:ident = $name:literal,)*) => {
        /// A question of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Question {
            $($(#[$doc])* $question,)*
        }

        impl Question {
            /// Every question, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$question,)*];

            /// The name in forms and in the database.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$question => $name,)*
                }
            }
        }
    };
}

questions! {
    /// The first pet.
    FirstPet = "first_pet",
    /// The best friend of one's childhood.
    ChildhoodFriend = "childhood_friend",
    /// The teacher remembered best.
    Teacher = "teacher",
    /// The toy loved most.
    Toy = "toy",
    /// The first dish one learned to cook.
    FirstDish = "first_dish",
    /// The first boss.
    FirstBoss = "first_boss",
    /// The first film seen in a cinema.
    FirstFilm = "first_film",
    /// Who was seen on a stage first.
    FirstConcert = "first_concert",
    /// The book loved as a child.
    Book = "book",
    /// Where the first trip without one's parents went.
    FirstTrip = "first_trip",
    /// What one wanted to become.
    Wish = "wish",
    /// What one was called as a child.
    Nickname = "nickname",
}

impl Question {
    /// The question of a name in a form or in the database.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|question| question.name() == name)
    }
}

/// Fewest letters and digits of an answer.
pub const SHORTEST: usize = 3;
/// Most characters of an answer as it is typed.
pub const LONGEST: usize = 100;

/// An answer as it is compared: its letters and digits, without case and diacritics.
pub fn normalise(answer: &str) -> String {
    normalise::name(answer)
}

/// What is wrong with a choice, and with which; the first is number 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// No question is chosen.
    NoQuestion(usize),
    /// The same question as an earlier one.
    QuestionAgain(usize),
    /// With the answer.
    Answer(usize, AnswerMistake),
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerMistake {
    /// Nothing was entered.
    Missing,
    /// Fewer than [`SHORTEST`] letters and digits.
    TooShort,
    /// More than [`LONGEST`] characters.
    TooLong,
    /// The same answer as an earlier one.
    Again,
    /// The person's name, User ID or password.
    Known,
}

/// What no answer may be, since others know it or it is a secret of its own.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// Empty where there is none.
    pub user_id: &'a str,
    /// The password, where it is at hand.
    pub password: &'a str,
}

impl Known<'_> {
    fn has(&self, normalised: &str) -> bool {
        let Self { first_name, last_name, user_id, password } = *self;
        let (both, reversed) = ([first_name, last_name].concat(), [last_name, first_name].concat());
        [first_name, last_name, &both, &reversed, user_id, password]
            .into_iter()
            .any(|known| normalise(known) == normalised)
    }
}

/// Reads chosen questions, by name, with their answers as typed.
///
/// # Errors
/// Every mistake, in the order of the fields.
pub fn read(chosen: &[(&str, &str)], known: &Known<'_>) -> Result<Vec<(Question, String)>, Vec<Mistake>> {
    let mut read: Vec<(Option<Question>, String)> = Vec::new();
    let mut mistakes = Vec::new();
    for (at, (name, typed)) in chosen.iter().enumerate() {
        let question = Question::from_name(name);
        match question {
            None => mistakes.push(Mistake::NoQuestion(at)),
            Some(_) if read.iter().any(|(earlier, _)| *earlier == question) => {
                mistakes.push(Mistake::QuestionAgain(at));
            }
            Some(_) => {}
        }
        let answer = normalise(typed);
        let wrong = if typed.trim().is_empty() {
            Some(AnswerMistake::Missing)
        } else if typed.chars().count() > LONGEST {
            Some(AnswerMistake::TooLong)
        } else if answer.chars().count() < SHORTEST {
            Some(AnswerMistake::TooShort)
        } else if known.has(&answer) {
            Some(AnswerMistake::Known)
        } else if read.iter().any(|(_, earlier)| *earlier == answer) {
            Some(AnswerMistake::Again)
        } else {
            None
        };
        mistakes.extend(wrong.map(|wrong| Mistake::Answer(at, wrong)));
        read.push((question, answer));
    }
    if mistakes.is_empty() {
        Ok(read.into_iter().filter_map(|(question, answer)| Some((question?, answer))).collect())
    } else {
        Err(mistakes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: Known<'_> =
        Known { first_name: "Ana", last_name: "Núñez", user_id: "ana.nunez7", password: "walking42" };

    fn mistakes(chosen: &[(&str, &str)]) -> Vec<Mistake> {
        read(chosen, &ANA).err().unwrap_or_default()
    }

    #[test]
    fn names_lead_back_to_their_questions() {
        for question in Question::ALL {
            assert_eq!(Question::from_name(question.name()), Some(*question));
        }
        assert_eq!(Question::from_name(""), None);
    }

    /// Somebody who has to choose the most that a policy asks for still has a choice.
    #[test]
    fn there_are_more_questions_than_a_policy_asks_for() {
        let most = usize::try_from(crate::policy::MOST_SECURITY_QUESTIONS).unwrap();
        assert!(Question::ALL.len() > most);
    }

    #[test]
    fn answers_are_the_same_however_they_are_typed() {
        let [one, other] = [" Señor  Whiskers! ", "senor-whiskers"]
            .map(|typed| read(&[("first_pet", typed)], &ANA).unwrap());
        assert_eq!(one, other);
        assert_eq!(one, [(Question::FirstPet, "senorwhiskers".to_owned())]);
    }

    #[test]
    fn every_mistake_is_named_in_order() {
        use AnswerMistake::{Again, Known, Missing, TooLong, TooShort};
        let long = "x".repeat(LONGEST + 1);
        for (chosen, expected) in [
            (&[("", "")][..], &[Mistake::NoQuestion(0), Mistake::Answer(0, Missing)][..]),
            (&[("maiden_name", "Smith")], &[Mistake::NoQuestion(0)]),
            (&[("toy", "a-b")], &[Mistake::Answer(0, TooShort)]),
            (&[("toy", " - ")], &[Mistake::Answer(0, TooShort)]),
            (&[("toy", &long)], &[Mistake::Answer(0, TooLong)]),
            (&[("toy", "kite"), ("toy", "drum")], &[Mistake::QuestionAgain(1)]),
            (&[("toy", "Kite"), ("book", "K.I.T.E.")], &[Mistake::Answer(1, Again)]),
            (&[("toy", "kite"), ("book", "Emil"), ("wish", "pilot")], &[]),
        ] {
            assert_eq!(mistakes(chosen), expected, "{chosen:?}");
        }
        for known in ["ana", "Nunez", "Ana Núñez", "nunez, ana", "ANA.NUNEZ7", "Walking 42"] {
            assert_eq!(mistakes(&[("toy", known)]), [Mistake::Answer(0, Known)], "{known}");
        }
    }

    #[test]
    fn what_is_not_known_is_no_answer_either() {
        let nobody = Known { first_name: "", last_name: "", user_id: "", password: "" };
        assert!(read(&[("toy", "kite")], &nobody).is_ok());
    }
}
