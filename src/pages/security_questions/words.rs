//! The questions in words, the fields of a form that has some of them, and what can be wrong with these.

use crate::{
    components::security_questions::{FIELDS, QuestionChoice},
    server::{forms::Fields, visitor::Visitor},
    text::{Text, security_questions as text},
    visit,
};
use portico_access::security_questions::{Answer, Chosen};
use portico_rules::security_questions::{AnswerMistake, Mistake, Question};

/// A question as it is asked.
pub(crate) fn question(question: Question) -> Text {
    match question {
        Question::FirstPet => text::FIRST_PET,
        Question::ChildhoodFriend => text::CHILDHOOD_FRIEND,
        Question::Teacher => text::TEACHER,
        Question::Toy => text::TOY,
        Question::FirstDish => text::FIRST_DISH,
        Question::FirstBoss => text::FIRST_BOSS,
        Question::FirstFilm => text::FIRST_FILM,
        Question::FirstConcert => text::FIRST_CONCERT,
        Question::Book => text::BOOK,
        Question::FirstTrip => text::FIRST_TRIP,
        Question::Wish => text::WISH,
        Question::Nickname => text::NICKNAME,
    }
}

/// What can be chosen.
pub(crate) fn choice(visitor: &Visitor) -> QuestionChoice {
    let catalogue =
        Question::ALL.iter().map(|one| (one.name().to_owned(), visitor.say(question(*one)))).collect();
    let count = visitor.organization.policy.questions_after_pin();
    QuestionChoice { count: usize::try_from(count).unwrap_or(0), catalogue }
}

/// What the selects start with.
pub(crate) fn values(chosen: &[Question]) -> Vec<(&'static str, String)> {
    FIELDS.iter().zip(chosen).map(|((field, _), one)| (*field, one.name().to_owned())).collect()
}

/// What was asked, as the labels of the answers.
pub(crate) fn asked(visitor: &Visitor, questions: &[Question]) -> Vec<String> {
    (1..)
        .zip(questions)
        .map(|(number, one): (u32, _)| {
            let (number, words) = (number.to_string(), question(*one).of(visitor.language));
            text::ASKED.fill(visitor.language, &[("number", &number), ("question", words)])
        })
        .collect()
}

/// Questions and answers of a form.
pub(crate) fn chosen(visitor: &Visitor, fields: &Fields) -> Vec<Chosen> {
    let count = usize::try_from(visitor.organization.policy.questions_after_pin()).unwrap_or(0);
    let of = |(question, answer): &(&str, &str)| Chosen {
        question: fields.get(question).to_owned(),
        answer: Answer::from(fields.get(answer)),
    };
    FIELDS.iter().take(count).map(of).collect()
}

/// The answers of a form.
pub(crate) fn answers(fields: &Fields) -> Vec<Answer> {
    FIELDS.iter().map(|(_, answer)| Answer::from(fields.get(answer))).collect()
}

/// A mistake, at its field.
pub(crate) fn mistake(visitor: &Visitor, mistake: Mistake) -> visit::Mistake {
    let (at, is_question, words) = match mistake {
        Mistake::NoQuestion(at) => (at, true, text::QUESTION_MISSING),
        Mistake::QuestionAgain(at) => (at, true, text::QUESTION_AGAIN),
        Mistake::Answer(at, wrong) => {
            let words = match wrong {
                AnswerMistake::Missing => text::ANSWER_MISSING,
                AnswerMistake::TooShort => text::ANSWER_SHORT,
                AnswerMistake::TooLong => text::ANSWER_LONG,
                AnswerMistake::Again => text::ANSWER_AGAIN,
                AnswerMistake::Known => text::ANSWER_KNOWN,
            };
            (at, false, words)
        }
    };
    let (question, answer) = FIELDS.get(at).copied().unwrap_or_default();
    let message = words.fill(visitor.language, &[("number", &(at + 1).to_string())]);
    let field = if is_question { question } else { answer };
    visit::Mistake { field: field.to_owned(), message }
}
