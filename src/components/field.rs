//! Labelled inputs, each with its hint and its mistake.
//!
//! A mistake stands between hint and input, in the same words as in the summary at the top of the page, and the input
//! is described by both. Which inputs a person has to change is said by the server alone, after they have sent the
//! form: nothing turns red while they type.

use crate::{
    text::{self, Text},
    view::{AnyView, IntoAny},
    visit::{Form, Mistake, Visit},
};
use leptos::prelude::*;
use portico_rules::Lang;

/// What the parts of a page need to know of the visit.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) lang: Lang,
    /// The organization's slug.
    pub(crate) slug: String,
    /// Customer service.
    pub(crate) phone: String,
    /// This page's own path.
    pub(crate) address: String,
    pub(crate) form: Form,
    /// What is wrong with the form at the moment.
    pub(crate) mistakes: RwSignal<Vec<Mistake>>,
    /// Whether the app has taken over, so that what needs scripts may show itself.
    pub(crate) live: RwSignal<bool>,
    /// The covered input that is shown in clear at the moment: one at a time, and none once the form is sent.
    pub(crate) shown: RwSignal<&'static str>,
}

impl Page {
    pub(crate) fn new(visit: &Visit) -> Self {
        let live = RwSignal::new(false);
        Effect::new(move |_| live.set(true));
        Self {
            lang: visit.frame.language,
            slug: visit.frame.slug.clone(),
            phone: visit.frame.phone.clone(),
            address: visit.address.clone(),
            mistakes: RwSignal::new(visit.form.mistakes.clone()),
            form: visit.form.clone(),
            live,
            shown: RwSignal::new(""),
        }
    }

    /// The text in the page's language.
    pub(crate) fn say(&self, text: Text) -> &'static str {
        text.of(self.lang)
    }

    fn wrong(&self, ids: [&'static str; 3]) -> Wrong {
        Wrong { mistakes: self.mistakes, ids }
    }
}

/// What is wrong with the inputs of one field, as it comes and goes. A field has up to three inputs, those of a date;
/// where it has one, the id is there three times.
#[derive(Clone, Copy)]
struct Wrong {
    mistakes: RwSignal<Vec<Mistake>>,
    ids: [&'static str; 3],
}

impl Wrong {
    fn message(self) -> Option<String> {
        let Self { mistakes, ids } = self;
        mistakes.with(|all| all.iter().find(|m| ids.contains(&m.field.as_str())).map(|m| m.message.clone()))
    }

    fn is_at(self, id: &'static str) -> bool {
        self.mistakes.with(|all| all.iter().any(|m| m.field == id))
    }

    fn anywhere(self) -> impl Fn() -> bool + Copy + Send + Sync + 'static {
        move || self.ids.iter().any(|id| self.is_at(id))
    }

    /// `aria-invalid` of the input `id`.
    fn invalid(self, id: &'static str) -> impl Fn() -> Option<&'static str> + Copy + Send + Sync + 'static {
        move || self.is_at(id).then_some("true")
    }

    /// `aria-describedby`: the hint, the mistake and what else describes the field, as far as they are there.
    fn described(
        self,
        hint: bool,
        more: Option<&'static str>,
    ) -> impl Fn() -> Option<String> + Copy + Send + Sync + 'static {
        let id = self.ids[0];
        let wrong = self.anywhere();
        move || {
            let parts = [
                (hint, id, "-hint"),
                (wrong(), id, "-error"),
                (more.is_some(), more.unwrap_or_default(), ""),
            ];
            let mut ids = String::new();
            for (_, id, what) in parts.iter().filter(|(there, ..)| *there) {
                if !ids.is_empty() {
                    ids.push(' ');
                }
                ids.push_str(id);
                ids.push_str(what);
            }
            (!ids.is_empty()).then_some(ids)
        }
    }
}

/// How an input is to be filled in. The defaults are a plain line of text.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// Name of the field in the form, and id of the input.
    pub(crate) id: &'static str,
    label: Text,
    hint: Option<Text>,
    /// `text`, `password` or `email`.
    kind: &'static str,
    /// The `autocomplete` token that tells password managers and browsers what belongs here.
    autocomplete: &'static str,
    /// `numeric` for digits, `email` for addresses.
    inputmode: Option<&'static str>,
    /// `words` for names; addresses and identifiers are left as they are typed.
    capitals: &'static str,
    /// Class that sizes the input to its content.
    width: &'static str,
    cover: Cover,
    /// The id of something else on the page that describes the input.
    described_by: Option<&'static str>,
}

/// What protects an input from the eyes of others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cover {
    /// Nothing.
    Open,
    /// Covered for as long as it stands on the page.
    Closed,
    /// Covered, with a button that shows it. Passwords: where the policy lets them be shown.
    Reveal,
    /// Covered whenever the input of this id is.
    Like(&'static str),
}

impl Field {
    pub(crate) const fn new(id: &'static str, label: Text) -> Self {
        Self {
            id,
            label,
            hint: None,
            kind: "text",
            autocomplete: "off",
            inputmode: None,
            capitals: "none",
            width: "w20",
            cover: Cover::Open,
            described_by: None,
        }
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

    /// Part of a person's name or address: `autocomplete` says which.
    pub(crate) const fn words(self, autocomplete: &'static str) -> Self {
        Self { capitals: "words", autocomplete, ..self }
    }

    /// A code or PIN that came by mail.
    pub(crate) const fn code(self) -> Self {
        Self {
            autocomplete: "one-time-code",
            width: "code w10",
            hint: Some(text::components::CODE_HINT),
            ..self.digits()
        }
    }

    /// A Social Security number: covered once scripts are there, with a button that shows it. Not of type
    /// `password`, which would have password managers offer to keep it.
    pub(crate) const fn ssn(self) -> Self {
        Self { cover: Cover::Reveal, width: "w10", hint: Some(text::components::SSN_HINT), ..self.digits() }
    }

    pub(crate) const fn password(self, autocomplete: &'static str) -> Self {
        Self { kind: "password", cover: Cover::Closed, autocomplete, ..self }
    }

    /// With a button that shows a password, if `allowed` by the policy.
    pub(crate) const fn reveal(self, allowed: bool) -> Self {
        if allowed { Self { cover: Cover::Reveal, ..self } } else { self }
    }

    /// Shown together with the input `id`.
    pub(crate) const fn reveal_with(self, id: &'static str) -> Self {
        Self { cover: Cover::Like(id), ..self }
    }

    pub(crate) const fn described_by(self, id: &'static str) -> Self {
        Self { described_by: Some(id), ..self }
    }

    pub(crate) const fn width(self, width: &'static str) -> Self {
        Self { width, ..self }
    }

    /// The input whose button uncovers this one.
    const fn uncovered_by(self) -> &'static str {
        match self.cover {
            Cover::Open | Cover::Closed => "",
            Cover::Reveal => self.id,
            Cover::Like(id) => id,
        }
    }
}

/// A labelled input. Its value is what was typed before, except for passwords, which are never shown again.
pub(crate) fn field(page: &Page, spec: Field) -> AnyView {
    field_called(page, spec, page.say(spec.label).to_owned())
}

/// The same under a label that is made while the page is.
pub(crate) fn field_called(page: &Page, spec: Field, label: String) -> AnyView {
    let Page { live, shown, .. } = *page;
    let Field { id, kind, cover, .. } = spec;
    let wrong = page.wrong([id; 3]);
    let value = (kind != "password").then(|| page.form.value(id).to_owned());
    let by = spec.uncovered_by();
    let uncovered = move || !by.is_empty() && shown.get() == by;
    let masked = move || cover != Cover::Open && kind == "text" && live.get() && !uncovered();
    let input = view! {
        <input
            id=id
            name=id
            type=move || if kind == "password" && uncovered() { "text" } else { kind }
            class=spec.width
            class:masked=masked
            value=value
            autocomplete=spec.autocomplete
            inputmode=spec.inputmode
            autocapitalize=spec.capitals
            spellcheck="false"
            aria-invalid=wrong.invalid(id)
            aria-describedby=wrong.described(spec.hint.is_some(), spec.described_by)
        />
    }
    .into_any();
    labelled(page, &spec, label, if cover == Cover::Reveal { with_reveal(page, &spec, input) } else { input })
}

/// A choice among a few fixed values, the empty one first. `options` are value and words.
pub(crate) fn select(page: &Page, spec: Field, options: Vec<(String, String)>) -> AnyView {
    select_called(page, spec, page.say(spec.label).to_owned(), options)
}

/// The same under a label that is made while the page is.
pub(crate) fn select_called(
    page: &Page,
    spec: Field,
    label: String,
    options: Vec<(String, String)>,
) -> AnyView {
    let wrong = page.wrong([spec.id; 3]);
    let chosen = page.form.value(spec.id);
    let options: Vec<AnyView> = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }.into_any()
        })
        .collect();
    let input = view! {
        <select
            id=spec.id
            name=spec.id
            class=spec.width
            autocomplete=spec.autocomplete
            aria-invalid=wrong.invalid(spec.id)
            aria-describedby=wrong.described(spec.hint.is_some(), spec.described_by)
        >
            <option value=""></option>
            {options}
        </select>
    };
    labelled(page, &spec, label, input.into_any())
}

/// Label, hint and mistake around an input.
fn labelled(page: &Page, spec: &Field, label: String, input: AnyView) -> AnyView {
    let bad = page.wrong([spec.id; 3]).anywhere();
    view! {
        <div class="field" class:bad=bad>
            <label for=spec.id>{label}</label>
            {hint(page, spec.id, spec.hint)}
            {error(page, spec.id)}
            {input}
        </div>
    }
    .into_any()
}

fn hint(page: &Page, id: &'static str, hint: Option<Text>) -> AnyView {
    hint.map(|hint| view! { <p class="hint" id=[id, "-hint"].concat()>{page.say(hint)}</p> }).into_any()
}

/// The message of a field, between its hint and its input.
pub(crate) fn error(page: &Page, id: &'static str) -> AnyView {
    message(page, [id; 3])
}

fn message(page: &Page, ids: [&'static str; 3]) -> AnyView {
    let wrong = page.wrong(ids);
    let prefix = page.say(text::common::ERROR_PREFIX);
    (move || {
        wrong.message().map(|message| {
            view! { <p class="error" id=[ids[0], "-error"].concat()><span class="sr">{prefix}" "</span>{message}</p> }
        })
    })
    .into_any()
}

/// A covered input with the button that shows and hides it. The button needs scripts and appears with them.
fn with_reveal(page: &Page, spec: &Field, input: AnyView) -> AnyView {
    let Page { lang, live, shown, .. } = *page;
    let id = spec.id;
    let label = page.say(spec.label);
    let words = move || if shown.get() == id { text::components::HIDE } else { text::components::SHOW };
    let said = move || {
        if shown.get() == id {
            text::components::NOW_VISIBLE.fill(lang, &[("label", label)])
        } else {
            String::new()
        }
    };
    view! {
        <div class="reveal">
            {input}
            <button
                type="button"
                class="button quiet"
                hidden=move || !live.get()
                aria-controls=id
                on:click=move |_| shown.update(|shown| *shown = if *shown == id { "" } else { id })
            >
                {move || words().of(lang)}
                <span class="sr">" "{label}</span>
            </button>
            <span class="sr" role="status">{said}</span>
        </div>
    }
    .into_any()
}

/// A date of birth in three text inputs.
#[derive(Clone, Copy)]
pub(crate) struct DateField {
    /// Names of the fields and ids of the inputs: month, day, year.
    pub(crate) ids: [&'static str; 3],
    pub(crate) legend: Text,
}

impl DateField {
    /// A date of birth in the fields `month`, `day` and `year`.
    pub(crate) const fn birth(legend: Text) -> Self {
        Self { ids: ["month", "day", "year"], legend }
    }
}

/// Month, day and year in a group. Text inputs, since a month may be a name; they never move on by themselves. A
/// mistake's field is the part to change, and its message stands once, above all three.
pub(crate) fn date_field(page: &Page, spec: DateField) -> AnyView {
    let [month, day, year] = spec.ids;
    let wrong = page.wrong(spec.ids);
    let part =
        |id: &'static str, label: Text, width: &'static str, autocomplete: &'static str, digits: bool| {
            view! {
                <div>
                    <label for=id>{page.say(label)}</label>
                    <input
                        id=id
                        name=id
                        class=width
                        value=page.form.value(id).to_owned()
                        autocomplete=autocomplete
                        inputmode=digits.then_some("numeric")
                        autocapitalize="none"
                        spellcheck="false"
                        aria-invalid=wrong.invalid(id)
                    />
                </div>
            }
            .into_any()
        };
    view! {
        <fieldset class="field" class:bad=wrong.anywhere() aria-describedby=wrong.described(true, None)>
            <legend>{page.say(spec.legend)}</legend>
            {hint(page, month, Some(text::components::BIRTH_HINT))}
            {message(page, spec.ids)}
            <div class="parts">
                {part(month, text::components::MONTH, "w5", "bday-month", false)}
                {part(day, text::components::DAY, "w2", "bday-day", true)}
                {part(year, text::components::YEAR, "w4", "bday-year", true)}
            </div>
        </fieldset>
    }
    .into_any()
}

/// A box to tick, and the fields that matter while it is ticked: the stylesheet alone shows and hides them, so they
/// are there without scripts as well. The field's value is `yes` or nothing.
pub(crate) fn checkbox(page: &Page, id: &'static str, label: Text, more: Option<AnyView>) -> AnyView {
    let more = more.map(|more| view! { <div class="more">{more}</div> });
    view! {
        <div class="choice">
            <input type="checkbox" id=id name=id value="yes" checked=page.form.value(id) == "yes"/>
            <label for=id>{page.say(label)}</label>
            {more}
        </div>
    }
    .into_any()
}

/// A question with one answer. The value of an option is its number, counted from 1. The first radio has the id `id`, so
/// that the summary leads to it; the others have the number behind it.
pub(crate) fn radios(page: &Page, id: &'static str, legend: String, options: Vec<String>) -> AnyView {
    let wrong = page.wrong([id; 3]);
    let chosen = page.form.value(id);
    let options: Vec<AnyView> = options
        .into_iter()
        .enumerate()
        .map(|(number, words)| {
            let value = (number + 1).to_string();
            let this = if number == 0 { id.to_owned() } else { [id, "-", &value].concat() };
            view! {
                <div class="choice">
                    <input type="radio" id=this.clone() name=id checked=value == chosen value=value/>
                    <label for=this>{words}</label>
                </div>
            }
            .into_any()
        })
        .collect();
    view! {
        <fieldset class="field" class:bad=wrong.anywhere() aria-describedby=wrong.described(false, None)>
            <legend>{legend}</legend>
            {error(page, id)}
            {options}
        </fieldset>
    }
    .into_any()
}
