//! Questions and answers.

use crate::{
    components::{
        field::Page,
        parts::{call, prose},
    },
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
    /// What the search came to, in words; empty where nothing was looked for.
    pub result: String,
    /// In the order they are read; those that a search left.
    pub sections: Vec<HelpSection>,
}

/// Questions about one thing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HelpSection {
    /// The part of the address that leads to it.
    pub id: String,
    /// What they are about.
    pub title: String,
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

pub(crate) fn help_sheet(page: &Page, data: &HelpPage) -> Sheet {
    let contents: Vec<AnyView> = data.sections.iter().map(contents).collect();
    let sections: Vec<AnyView> = data.sections.iter().map(|one| section(page, one)).collect();
    let searched = (!data.result.is_empty()).then(|| {
        view! {
            <p class="lead" role="status">{prose(page, &data.result)}</p>
            <p><a href=Place::Help.of(&page.slug)>{page.say(text::SHOW_ALL)}</a></p>
        }
    });
    let top = (!data.sections.is_empty()).then(|| view! { <p><a href="#main">{page.say(text::TOP)}</a></p> });
    Sheet::plain(view! {
        // Sent by the browser in any case: what was looked for stands in the address.
        <form class="search" role="search" action=Place::Help.of(&page.slug)>
            <label for="q">{page.say(text::SEARCH)}</label>
            <input id="q" name="q" type="search" value=page.form.value("q").to_owned()/>
            <button class="button quiet">{page.say(text::SEARCH_BUTTON)}</button>
        </form>
        {searched}
        <nav class="contents" aria-label=page.say(text::CONTENTS)>{contents}</nav>
        {sections}
        {top}
    })
}

fn contents(section: &HelpSection) -> AnyView {
    let links: Vec<AnyView> = section
        .questions
        .iter()
        .map(|Question { id, question, .. }| {
            view! { <li><a href=["#", id].concat()>{question.clone()}</a></li> }.into_any()
        })
        .collect();
    view! { <p>{section.title.clone()}</p><ul>{links}</ul> }.into_any()
}

fn section(page: &Page, section: &HelpSection) -> AnyView {
    let questions: Vec<AnyView> = section
        .questions
        .iter()
        .cloned()
        .map(|Question { id, question, answer }| {
            let answer: Vec<AnyView> =
                answer.iter().map(|words| view! { <p>{prose(page, words)}</p> }.into_any()).collect();
            // The focus goes along with a link to it, so that a screen reader reads on from there.
            view! { <h3 id=id tabindex="-1">{question}</h3>{answer} }.into_any()
        })
        .collect();
    view! { <h2 id=section.id.clone()>{section.title.clone()}</h2>{questions} }.into_any()
}

/// What to do about a forgotten User ID where it cannot be recovered here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ForgotPage {
    /// What was forgotten, and who helps.
    pub lead: String,
}

pub(crate) fn forgot_sheet(page: &Page, data: &ForgotPage, frame: &Frame) -> Sheet {
    Sheet::plain(view! {
        <p class="lead">{data.lead.clone()}</p>
        {call(page.say(text::CALL), &frame.phone)}
        <p>{page.say(text::HAVE_AT_HAND)}</p>
    })
    .back(Place::SignIn.of(&frame.slug))
}
