//! One labelled input with its hint and its mistake.

use crate::{
    text::{self, Text},
    visit::{Form, Mistake, Visit},
};
use crate::view::{AnyView, IntoAny};
use leptos::prelude::*;
use portico_rules::Lang;

/// What the parts of a page need to know of the visit.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) lang: Lang,
    /// The organization's slug.
    pub(crate) slug: String,
    /// This page's own path.
    pub(crate) address: String,
    pub(crate) form: Form,
    /// What is wrong with the form at the moment.
    pub(crate) mistakes: RwSignal<Vec<Mistake>>,
}

impl Page {
    pub(crate) fn new(visit: &Visit) -> Self {
        Self {
            lang: visit.frame.language,
            slug: visit.frame.slug.clone(),
            address: visit.address.clone(),
            mistakes: RwSignal::new(visit.form.mistakes.clone()),
            form: visit.form.clone(),
        }
    }

    /// The text in the page's language.
    pub(crate) fn say(&self, text: Text) -> &'static str {
        text.of(self.lang)
    }

    /// The mistake about the field `id`, as it comes and goes.
    fn mistake(&self, id: &'static str) -> impl Fn() -> Option<String> + Copy + Send + Sync + 'static {
        let mistakes = self.mistakes;
        move || mistakes.with(|all| all.iter().find(|m| m.field == id).map(|m| m.message.clone()))
    }
}

/// How an input is to be filled in. The defaults are a plain line of text.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// Name of the field in the form, and id of the input.
    pub(crate) id: &'static str,
    pub(crate) label: Text,
    pub(crate) hint: Option<Text>,
    /// `text`, `password` or `email`.
    pub(crate) kind: &'static str,
    /// The `autocomplete` token that tells password managers and browsers what belongs here.
    pub(crate) autocomplete: &'static str,
    /// `numeric` for digits, `email` for addresses.
    pub(crate) inputmode: Option<&'static str>,
    /// Class that sizes the input to its content.
    pub(crate) width: &'static str,
}

impl Field {
    pub(crate) const fn new(id: &'static str, label: Text) -> Self {
        Self { id, label, hint: None, kind: "text", autocomplete: "off", inputmode: None, width: "w20" }
    }

    pub(crate) const fn hint(self, hint: Text) -> Self {
        Self { hint: Some(hint), ..self }
    }

    pub(crate) const fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    pub(crate) const fn digits(self) -> Self {
        Self { inputmode: Some("numeric"), ..self }
    }

    pub(crate) const fn email(self) -> Self {
        Self { kind: "email", inputmode: Some("email"), autocomplete: "email", ..self }
    }

    pub(crate) const fn password(self, autocomplete: &'static str) -> Self {
        Self { kind: "password", autocomplete, ..self }
    }

    pub(crate) const fn width(self, width: &'static str) -> Self {
        Self { width, ..self }
    }
}

/// A labelled input. Its value is what was typed before, except for passwords, which are never shown again.
pub(crate) fn field(page: &Page, spec: Field) -> AnyView {
    let Field { id, kind, .. } = spec;
    let mistake = page.mistake(id);
    let value = (kind != "password").then(|| page.form.value(id).to_owned());
    let label = page.say(spec.label);
    let hint = spec.hint.map(|hint| view! { <p class="hint" id=[id, "-hint"].concat()>{page.say(hint)}</p> });
    let has_hint = spec.hint.is_some();
    let described = move || described_by(id, has_hint, mistake().is_some());
    view! {
        <div class="field" class:bad=move || mistake().is_some()>
            <label for=id>{label}</label>
            {hint}
            {error(page, id)}
            <input
                id=id
                name=id
                type=kind
                class=spec.width
                value=value
                autocomplete=spec.autocomplete
                inputmode=spec.inputmode
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=move || mistake().map(|_| "true")
                aria-describedby=described
            />
        </div>
    }
    .into_any()
}

/// The message of a field, between its hint and its input.
pub(crate) fn error(page: &Page, id: &'static str) -> AnyView {
    let mistake = page.mistake(id);
    let prefix = page.say(text::common::ERROR_PREFIX);
    (move || {
        mistake().map(|message| {
            view! { <p class="error" id=[id, "-error"].concat()><span class="sr">{prefix}" "</span>{message}</p> }
        })
    })
    .into_any()
}

/// The ids of what describes the input `id`, for `aria-describedby`.
pub(crate) fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (false, false) => None,
        (true, false) => Some([id, "-hint"].concat()),
        (false, true) => Some([id, "-error"].concat()),
        (true, true) => Some([id, "-hint ", id, "-error"].concat()),
    }
}
