//! Security questions and the fields of their answers.

use super::field::{Field, Page, field_called, select_called};
use crate::{
    text::security_questions as text,
    view::{AnyView, IntoAny},
};
use portico_rules::policy::MOST_SECURITY_QUESTIONS;
use serde::{Deserialize, Serialize};

/// What choosing questions needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QuestionChoice {
    /// How many are chosen.
    pub count: usize,
    /// Name and words of each that there is.
    pub catalogue: Vec<(String, String)>,
}

/// Names of the fields: a question and its answer, as many as a policy may ask for.
pub(crate) const FIELDS: [(&str, &str); MOST_SECURITY_QUESTIONS as usize] = [
    ("question1", "answer1"),
    ("question2", "answer2"),
    ("question3", "answer3"),
    ("question4", "answer4"),
    ("question5", "answer5"),
    ("question6", "answer6"),
    ("question7", "answer7"),
    ("question8", "answer8"),
    ("question9", "answer9"),
    ("question10", "answer10"),
];

/// A select and an input for each question that is chosen.
pub(crate) fn question_fields(page: &Page, choice: &QuestionChoice) -> AnyView {
    let fields: Vec<AnyView> = (1..=choice.count)
        .zip(FIELDS)
        .flat_map(|(number, (question, answer))| {
            let number = number.to_string();
            let called = |label: crate::text::Text| label.fill(page.lang, &[("number", &number)]);
            let select = Field::new(question, text::QUESTION).width("");
            [
                select_called(page, select, called(text::QUESTION), choice.catalogue.clone()),
                field_called(page, Field::new(answer, text::ANSWER), called(text::ANSWER)),
            ]
        })
        .collect();
    fields.into_any()
}

/// An input for the answer to each question that is asked. `asked` are their labels.
pub(crate) fn answer_fields(page: &Page, asked: &[String]) -> AnyView {
    let fields: Vec<AnyView> = asked
        .iter()
        .zip(FIELDS)
        .map(|(label, (_, answer))| field_called(page, Field::new(answer, text::ASKED), label.clone()))
        .collect();
    fields.into_any()
}
