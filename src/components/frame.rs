//! What surrounds every page: header, main and footer.

use super::{
    field::Page,
    form::{error_summary, hidden_fields},
    idle_timer::LOG_OUT_FORM,
    parts::{Tone, note},
};
use crate::{
    pages::Sheet,
    routes::Place,
    text,
    view::{AnyView, IntoAny},
    visit::{Frame, Visit},
};
use leptos::prelude::*;
use portico_rules::Lang;

/// Frame and page together.
pub(crate) fn frame(visit: &Visit, page: &Page, sheet: Sheet) -> AnyView {
    let Frame { slug, name, .. } = &visit.frame;
    let lang = page.lang;
    title_follows(visit, page);
    let mark: String = name.chars().take(1).collect();
    let start = if visit.frame.person.is_some() { Place::Home } else { Place::SignIn };
    let notice = visit.form.notice.clone().map(|notice| note(Tone::Good, notice.into_any()));
    let back = sheet.back.map(|back| view! { <a class="back" href=back>{text::common::BACK.of(lang)}</a> });
    let signed_in = visit.frame.person.as_ref().map(|person| person_bar(visit, page, &person.name));
    view! {
        <a class="skip" href="#main">{text::common::SKIP.of(lang)}</a>
        <div class="frame">
            <header class="top">
                <a class="brand" href=start.of(slug)><span class="mark" aria-hidden="true">{mark}</span>" "{name.clone()}</a>
                <ul class="tools">
                    <li>{language_switch(page, sheet.form)}</li>
                    <li><a href=Place::Help.of(slug)>{text::common::LOGIN_HELP.of(lang)}</a></li>
                </ul>
                {signed_in}
            </header>
            <main class="main" id="main" tabindex="-1">
                {back}
                {error_summary(page.mistakes, lang)}
                {notice}
                <h1 tabindex="-1">{visit.heading.clone()}</h1>
                {sheet.body}
            </main>
            {footer(&visit.frame)}
        </div>
    }
    .into_any()
}

/// Keeps the document's title: the page's, and whether its form has to be put right.
fn title_follows(visit: &Visit, page: &Page) {
    #[cfg(feature = "hydrate")]
    {
        let (right, wrong) = (visit.title(false), visit.title(true));
        let mistakes = page.mistakes;
        Effect::new(move |_| {
            document().set_title(if mistakes.with(Vec::is_empty) { &right } else { &wrong })
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (visit, page);
}

/// The other language, named in itself. On a page with a form the button belongs to that form, so that what was
/// typed comes along, with scripts and without; elsewhere what the page goes by does.
fn language_switch(page: &Page, form: bool) -> AnyView {
    let (other, name) = match page.lang {
        Lang::En => (Lang::Es, "Español"),
        Lang::Es => (Lang::En, "English"),
    };
    let code = other.code();
    if form {
        view! {
            // Enter in a field presses the first button of its form, and that shall not be the one of the language.
            <button class="sr" form="form" tabindex="-1" aria-hidden="true"></button>
            <button class="link" form="form" formaction="/language" name="language" value=code lang=code>{name}</button>
        }
        .into_any()
    } else {
        let kept = page.form.values.iter().cloned();
        let kept: Vec<AnyView> = kept
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.into_any())
            .collect();
        view! {
            <form method="post" action="/language">
                {hidden_fields(page)}
                {kept}
                <button class="link" name="language" value=code lang=code>{name}</button>
            </form>
        }
        .into_any()
    }
}

/// Name, navigation and the way out, while signed in.
fn person_bar(visit: &Visit, page: &Page, name: &str) -> AnyView {
    let lang = page.lang;
    let link = |place: Place, label: &'static str| {
        let href = place.of(&page.slug);
        let current = (visit.address == href).then_some("page");
        view! { <li><a href=href aria-current=current>{label}</a></li> }
    };
    view! {
        <div class="bar">
            <nav class="nav" aria-label=text::common::NAVIGATION.of(lang)>
                <ul>
                    {link(Place::Home, text::common::YOUR_PROGRAMS.of(lang))}
                    {link(Place::Account, text::common::YOUR_INFORMATION.of(lang))}
                </ul>
            </nav>
            <div class="person">
                <span>{name.to_owned()}</span>
                <form id=LOG_OUT_FORM method="post" action="/api/log-out">
                    {hidden_fields(page)}
                    <button class="button quiet small">{text::common::LOG_OUT.of(lang)}</button>
                </form>
            </div>
        </div>
    }
    .into_any()
}

/// Customer service, in the same place on every page (WCAG 3.2.6).
fn footer(frame: &Frame) -> AnyView {
    let lang = frame.language;
    // Leaving may end a session: nobody should lose theirs by reading the terms.
    let tab = frame.person.as_ref().map(|_| "_blank");
    let legal = |url: &Option<String>, label: &'static str| {
        let new_tab = tab.map(|_| view! { <span class="sr">" "{text::components::NEW_TAB.of(lang)}</span> });
        url.clone().map(
            |url| view! { <li><a href=url target=tab rel=tab.map(|_| "noopener")>{label}{new_tab}</a></li> },
        )
    };
    let hours = (!frame.hours.is_empty()).then(|| view! { <p>{frame.hours.clone()}</p> });
    let legal_links = (frame.privacy_url.is_some() || frame.terms_url.is_some()).then(|| {
        view! {
            <ul class="legal">
                {legal(&frame.privacy_url, text::common::PRIVACY.of(lang))}
                {legal(&frame.terms_url, text::common::TERMS.of(lang))}
            </ul>
        }
    });
    view! {
        <footer class="foot">
            <h2>{text::common::CUSTOMER_SERVICE.of(lang)}</h2>
            <p class="phone"><a href=["tel:", &frame.phone].concat()>{frame.phone.clone()}</a></p>
            <p><a href=["mailto:", &frame.email].concat()>{frame.email.clone()}</a></p>
            {hours}
            {legal_links}
        </footer>
    }
    .into_any()
}
