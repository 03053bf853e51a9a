//! The app as both sides build it: one visit, its frame and its page.
//!
//! A page is a pure function of its [`Visit`]. The server makes the first one before it renders, so that status,
//! cookies and redirects are settled before the first byte; the browser reads it from the document and
//! asks for the next one when a link is followed (`browser::follow`). No page waits for data inside its view, and no
//! route chooses between views: the visit says which page it is.

use crate::{
    components::{field::Page, frame::frame, idle_timer::idle_timer},
    pages,
    visit::Visit,
};
use leptos::prelude::*;

/// The page that is shown, for every component below.
#[derive(Clone, Copy)]
pub(crate) struct Current(pub(crate) RwSignal<Visit>);

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    let first = first_visit();
    let current = Current(RwSignal::new(first));
    provide_context(current);
    #[cfg(feature = "hydrate")]
    crate::browser::follow(current.0);
    view! {
        <Portal/>
        <p class="sr" id="announcer" aria-live="polite"></p>
        {idle_timer(current.0)}
    }
}

/// The visit that the document shows.
fn first_visit() -> Visit {
    #[cfg(feature = "hydrate")]
    if let Some(visit) = crate::browser::first_visit() {
        return visit;
    }
    expect_context()
}

/// One view serves every page: its data arrives as a whole, and what was there stays until then.
#[component]
fn Portal() -> impl IntoView {
    let Current(visit) = expect_context();
    move || {
        let visit = visit.get();
        let page = Page::new(&visit);
        frame(&visit, &page, pages::sheet(&visit, &page))
    }
}
