//! The questions of the questionnaire in words.

use super::{QuestionsPage, page::Choice};
use crate::{
    components::security_questions::FIELDS, server::visitor::Visitor, text::register as text, visit::Mistake,
};
use portico_rules::questionnaire::{Question, Topic};

/// The page that asks them.
pub(super) fn page(visitor: &Visitor, questions: &[Question]) -> QuestionsPage {
    let choices = questions.iter().map(|question| {
        let options = question.options.iter().map(|option| in_words(visitor, question.topic, option));
        let options = options.chain([visitor.say(text::NONE_OF_THESE)]).collect();
        Choice { question: legend(visitor, question.topic), options }
    });
    QuestionsPage { lead: visitor.say(text::QUESTIONS_LEAD), choices: choices.collect() }
}

/// A question without an answer, counted from 0.
pub(super) fn unanswered(visitor: &Visitor, questions: &[Question], at: usize) -> Mistake {
    let question = questions.get(at).map(|question| legend(visitor, question.topic)).unwrap_or_default();
    let message = text::QUESTION_MISSING.fill(visitor.language, &[("question", &question)]);
    let (_, field) = FIELDS.get(at).copied().unwrap_or_default();
    Mistake { field: field.to_owned(), message }
}

fn legend(visitor: &Visitor, topic: Topic) -> String {
    visitor.say(match topic {
        Topic::Clinic => text::WHICH_CLINIC,
        Topic::Plan => text::WHICH_PLAN,
        Topic::CoverageBegan => text::WHICH_MONTH,
        Topic::Program => text::WHICH_PROGRAM,
        Topic::Employer => text::WHICH_EMPLOYER,
    })
}

/// An option as the person knows it. Names that are none of the organization's stand for themselves.
fn in_words(visitor: &Visitor, topic: Topic, option: &str) -> String {
    let definition = &visitor.organization.definition;
    let known = match topic {
        Topic::Clinic | Topic::Plan => None,
        Topic::CoverageBegan => {
            let first = portico_rules::date::parse_iso(&[option, "-01"].concat());
            first.map(|first| visitor.month(first))
        }
        Topic::Program => {
            let program = definition.programs.iter().find(|program| program.slug == option);
            program.map(|program| program.name_in(visitor.language).to_owned())
        }
        Topic::Employer => {
            let employer = definition.employers.iter().find(|employer| employer.slug == option);
            employer.map(|employer| employer.name.clone())
        }
    };
    known.unwrap_or_else(|| option.to_owned())
}
