//! Small pieces of a page that only show something.

use super::field::Page;
use crate::{
    routes::Place,
    text,
    view::{AnyView, IntoAny},
};
use leptos::prelude::*;

/// What a notification is about.
#[cfg_attr(
    feature = "hydrate",
    expect(dead_code, reason = "so far pages only bring good news; the others are specimens")
)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something to know.
    Plain,
    /// Something that has worked.
    Good,
    /// Something to do before going on.
    Warn,
    /// Something that is not possible.
    Bad,
}

/// A notification. Screen readers read one that appears later without being led to it.
pub(crate) fn note(tone: Tone, body: AnyView) -> AnyView {
    let class = match tone {
        Tone::Plain => "note",
        Tone::Good => "note good",
        Tone::Warn => "note warn",
        Tone::Bad => "note bad",
    };
    view! { <div class=class role="status"><p>{body}</p></div> }.into_any()
}

/// The one button that sends the form.
pub(crate) fn submit(label: &'static str) -> AnyView {
    view! { <div class="actions"><button class="button">{label}</button></div> }.into_any()
}

/// Links below a form: address and words.
pub(crate) fn links(links: Vec<(String, &'static str)>) -> AnyView {
    let links: Vec<AnyView> =
        links.into_iter().map(|(to, label)| view! { <li><a href=to>{label}</a></li> }.into_any()).collect();
    view! { <ul class="links">{links}</ul> }.into_any()
}

/// The way out of what somebody does not recognize: a button that leads to the page which protects the account.
pub(crate) fn way_out(page: &Page) -> AnyView {
    let label = page.say(text::not_me::NOT_ME);
    view! {
        <form class="actions" action=Place::AccountNotMe.of(&page.slug)><button class="button quiet">{label}</button></form>
    }
    .into_any()
}

/// Something to write down.
pub(crate) fn keep(label: &'static str, value: String) -> AnyView {
    view! { <div class="keep"><p>{label}</p><strong>{value}</strong></div> }.into_any()
}

/// Whom to call, as a link that a phone dials.
pub(crate) fn call(label: &'static str, phone: &str) -> AnyView {
    view! { <div class="keep"><p>{label}</p><strong><a href=["tel:", phone].concat()>{phone.to_owned()}</a></strong></div> }
        .into_any()
}

/// The words of a paragraph. Where they say whom to call, a phone dials the number, and no line breaks within it.
pub(crate) fn prose(page: &Page, words: &str) -> AnyView {
    let phone = page.phone.as_str();
    match words.split_once(phone).filter(|_| !phone.is_empty()) {
        Some((before, after)) => {
            let to = ["tel:", phone].concat();
            view! { {before.to_owned()}<a href=to>{phone.to_owned()}</a>{after.to_owned()} }.into_any()
        }
        None => words.to_owned().into_any(),
    }
}

/// A question whose answer opens below it.
#[cfg_attr(
    feature = "hydrate",
    expect(dead_code, reason = "so far only a specimen, which the server writes")
)]
pub(crate) fn details(question: String, answer: AnyView) -> AnyView {
    view! { <details><summary>{question}</summary>{answer}</details> }.into_any()
}

/// One line of a summary list.
pub(crate) struct Answer {
    /// What it is.
    pub(crate) term: &'static str,
    /// What was answered, or is on file; one line each.
    pub(crate) lines: Vec<String>,
    /// Where it can be changed.
    pub(crate) change: Option<String>,
}

/// Answers to check, or what is on file.
pub(crate) fn summary_list(page: &Page, answers: Vec<Answer>) -> AnyView {
    let change = page.say(text::components::CHANGE);
    let rows: Vec<AnyView> = answers
        .into_iter()
        .map(|Answer { term, lines, change: to }| {
            let to = to.map(|to| view! { <dd><a href=to>{change}<span class="sr">" "{term}</span></a></dd> });
            let lines: Vec<AnyView> = lines
                .into_iter()
                .enumerate()
                .map(|(number, line)| ((number > 0).then(|| view! { <br/> }), line).into_any())
                .collect();
            view! { <div><dt>{term}</dt><dd>{lines}</dd>{to}</div> }.into_any()
        })
        .collect();
    view! { <dl class="answers">{rows}</dl> }.into_any()
}

/// What is known of something: label and value, one a line.
pub(crate) fn fact_list(facts: Vec<(String, String)>) -> AnyView {
    let rows: Vec<AnyView> = facts
        .into_iter()
        .map(|(label, value)| view! { <div><dt>{label}</dt><dd>{value}</dd></div> }.into_any())
        .collect();
    view! { <dl class="answers">{rows}</dl> }.into_any()
}

/// A program on the home page.
pub(crate) struct ProgramCard {
    pub(crate) name: String,
    /// Empty where the organization says nothing.
    pub(crate) description: String,
    pub(crate) url: String,
}

/// The programs of a person, each a link that opens a new tab and says so.
pub(crate) fn programs(page: &Page, programs: Vec<ProgramCard>) -> AnyView {
    let new_tab = page.say(text::components::NEW_TAB);
    let cards: Vec<AnyView> = programs
        .into_iter()
        .map(|ProgramCard { name, description, url }| {
            let initial: String = name.chars().take(1).collect();
            let description = (!description.is_empty()).then(|| view! { <p>{description}</p> });
            view! {
                <li data-initial=initial>
                    <h2><a href=url target="_blank" rel="noopener">{name}<span class="sr">" "{new_tab}</span></a></h2>
                    {description}
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul class="programs">{cards}</ul> }.into_any()
}
