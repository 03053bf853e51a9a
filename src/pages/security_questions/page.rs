//! The page of the journey.

use super::api;
use crate::{
    components::{
        field::Page,
        form::portal_form,
        parts::submit,
        password::current_password,
        security_questions::{QuestionChoice, question_fields},
    },
    pages::Sheet,
    routes::Place,
    text::security_questions as text,
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

/// What the page needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecurityQuestionsPage {
    /// Whether the policy lets a password be shown while it is typed.
    pub reveal: bool,
    /// What can be chosen.
    pub choice: QuestionChoice,
}

pub(crate) fn sheet(page: &Page, data: &SecurityQuestionsPage) -> Sheet {
    let fields = view! {
        {question_fields(page, &data.choice)}
        {current_password(page, data.reveal)}
        {submit(page.say(text::SAVE))}
    };
    Sheet::with_form(view! {
        <p class="lead">{page.say(text::LEAD)}</p>
        <p>{page.say(text::CHANGE_LEAD)}</p>
        {portal_form(page, api::ChangeSecurityQuestions::PATH, fields)}
    })
    .back(Place::Account.of(&page.slug))
}
