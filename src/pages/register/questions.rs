//! The questions of the questionnaire in words.

use super::{
    QuestionsPage,
    page::{CHOICES, Choice},
};
use crate::{server::visitor::Visitor, text::register as text, visit::Mistake};
use portico_rules::{
    Lang,
    questionnaire::{Question, Topic, invented_program},
};

/// The page that asks them.
pub(super) fn page(visitor: &Visitor, questions: &[Question]) -> QuestionsPage {
    let choices = questions.iter().map(|question| {
        let mut options = in_words(visitor, question);
        options.push(visitor.say(text::NONE_OF_THESE));
        Choice { question: legend(visitor, question.topic), options }
    });
    QuestionsPage { lead: visitor.say(text::QUESTIONS_LEAD), choices: choices.collect() }
}

/// A question without an answer, counted from 0.
pub(super) fn unanswered(visitor: &Visitor, questions: &[Question], at: usize) -> Mistake {
    let question = questions.get(at).map(|question| legend(visitor, question.topic)).unwrap_or_default();
    let message = text::QUESTION_MISSING.fill(visitor.language, &[("question", &question)]);
    let field = CHOICES.get(at).copied().unwrap_or_default();
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

/// The options as the person knows them. Names that are none of the organization's stand for themselves.
fn in_words(visitor: &Visitor, Question { topic, options, .. }: &Question) -> Vec<String> {
    let definition = &visitor.organization.definition;
    // All programs in one language, whichever are shown: among Spanish names an English one would be known for a real
    // program that has no other.
    let has_spanish = definition.programs.iter().all(|program| program.name_es.is_some());
    let language = if has_spanish { visitor.language } else { Lang::En };
    let known = |option: &String| match topic {
        Topic::Clinic | Topic::Plan => None,
        Topic::CoverageBegan => {
            let first = portico_rules::date::parse_iso(&[option, "-01"].concat());
            first.map(|first| visitor.month(first))
        }
        Topic::Program => {
            let real = definition.programs.iter().find(|program| program.slug == *option);
            real.map(|program| program.name_in(language))
                .or_else(|| invented_program(option, language))
                .map(str::to_owned)
        }
        Topic::Employer => {
            let employer = definition.employers.iter().find(|employer| employer.slug == *option);
            employer.map(|employer| employer.name.clone())
        }
    };
    options.iter().map(|option| known(option).unwrap_or_else(|| option.clone())).collect()
}
