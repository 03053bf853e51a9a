//! Questions and answers.

use crate::{
    components::field::Page,
    pages::Sheet,
    routes::Place,
    text::help as text,
    view::{AnyView, IntoAny},
    visit::Frame,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Login Help, with every figure from the organization's policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HelpPage {
    /// In the order they are read.
    pub questions: Vec<Question>,
}

/// A question with its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    /// The part of the address that leads to it.
    pub id: String,
    /// As a person would ask it.
    pub question: String,
    /// Paragraphs.
    pub answer: Vec<String>,
}

pub(crate) fn help_sheet(data: &HelpPage) -> Sheet {
    let questions: Vec<AnyView> = data
        .questions
        .iter()
        .cloned()
        .map(|Question { id, question, answer }| {
            let answer: Vec<AnyView> = answer.into_iter().map(|p| view! { <p>{p}</p> }.into_any()).collect();
            view! {
                <section id=id>
                    <h2>{question}</h2>
                    {answer}
                </section>
            }
            .into_any()
        })
        .collect();
    Sheet::plain(questions)
}

/// What to do about a forgotten User ID where it cannot be recovered here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ForgotPage {
    /// What was forgotten, and who helps.
    pub lead: String,
}

pub(crate) fn forgot_sheet(page: &Page, data: &ForgotPage, frame: &Frame) -> Sheet {
    let phone = frame.phone.clone();
    Sheet::plain(view! {
        <p class="lead">{data.lead.clone()}</p>
        <div class="keep"><p>{page.say(text::CALL)}</p><strong><a href=["tel:", &phone].concat()>{phone.clone()}</a></strong></div>
        <p>{page.say(text::HAVE_AT_HAND)}</p>
    })
    .back(Place::SignIn.of(&frame.slug))
}
