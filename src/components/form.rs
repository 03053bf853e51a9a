//! The one form of the portal: a plain HTML form that works without scripts, sent in place by the app otherwise.

use crate::{
    text,
    view::{AnyView, IntoAny},
    visit::Mistake,
};
use leptos::{ev::SubmitEvent, prelude::*};
use portico_rules::Lang;

use super::field::Page;

/// The page's form. `action` is the address of a server function; `children` are its fields and buttons.
///
/// The id is the same on every page, so that the language switch in the header can carry along what was typed.
pub(crate) fn portal_form(page: &Page, action: &'static str, children: impl IntoView + 'static) -> AnyView {
    let on_submit = submit_handler(page);
    view! {
        <form id="form" method="post" action=action novalidate on:submit=on_submit>
            {hidden_fields(page)}
            {children.into_any()}
        </form>
    }
    .into_any()
}

/// A form beside the page's own, or one of several: buttons that each do one thing.
pub(crate) fn small_form(page: &Page, action: &'static str, children: impl IntoView + 'static) -> AnyView {
    let on_submit = submit_handler(page);
    view! {
        <form method="post" action=action on:submit=on_submit>
            {hidden_fields(page)}
            {children.into_any()}
        </form>
    }
    .into_any()
}

/// What every form names: the organization, the page it stands on, and the proof that it came from here.
pub(crate) fn hidden_fields(page: &Page) -> AnyView {
    view! {
        <input type="hidden" name="organization" value=page.slug.clone()/>
        <input type="hidden" name="page" value=page.address.clone()/>
        <input type="hidden" name="form_token" value=page.form.token.clone()/>
    }
    .into_any()
}

/// Sends the form in place of the browser, once the app has hydrated. What was uncovered is covered first, so that
/// browsers keep a password as one, and the next person to look at the screen does not see it.
pub(crate) fn submit_handler(page: &Page) -> impl Fn(SubmitEvent) + 'static {
    let Page { mistakes, shown, .. } = *page;
    #[cfg(feature = "hydrate")]
    let follow = expect_context::<crate::browser::Follow>();
    move |event| {
        shown.set("");
        #[cfg(feature = "hydrate")]
        crate::browser::submit(&event, mistakes, follow);
        #[cfg(not(feature = "hydrate"))]
        let _ = (&event, mistakes);
    }
}

/// The list of what has to be put right, at the top of the page; nothing while all is well.
pub(crate) fn error_summary(mistakes: RwSignal<Vec<Mistake>>, lang: Lang) -> AnyView {
    (move || {
        let found = mistakes.get();
        (!found.is_empty()).then(|| {
            let items: Vec<AnyView> = found.into_iter().map(item).collect();
            // Without scripts the summary takes the focus by itself; the app moves it.
            // The alert is an inner element: JAWS does not read it when it is the focused one (govuk-frontend 4.4.0).
            view! {
                <div class="problem" id="problem-summary" tabindex="-1" autofocus=cfg!(feature = "ssr") aria-labelledby="problem">
                    <div role="alert">
                        <h2 id="problem">{text::common::PROBLEM.of(lang)}</h2>
                        <ul>{items}</ul>
                    </div>
                </div>
            }
        })
    })
    .into_any()
}

fn item(mistake: Mistake) -> AnyView {
    if mistake.field.is_empty() {
        view! { <li>{mistake.message}</li> }.into_any()
    } else {
        view! { <li><a href=["#", &mistake.field].concat() on:click=focus_field>{mistake.message}</a></li> }
            .into_any()
    }
}

/// A link of the summary puts the cursor into the field; without scripts it scrolls there.
fn focus_field(event: leptos::ev::MouseEvent) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let link = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if let Some(field) = link.and_then(|link| link.get_attribute("href")) {
            event.prevent_default();
            crate::browser::focus_first(&[&field]);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}
