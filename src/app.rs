//! The app as both sides build it: one visit, its frame and its page.
//!
//! A page is a pure function of its [`Visit`]. The server makes the first one before it renders, so that status,
//! cookies and redirects are settled before the first byte; the browser reads it from the document and
//! asks for the next one when a link is followed. No page waits for data inside its view.

use crate::{
    components::{field::Page, frame::frame, idle_timer::idle_timer},
    pages,
    visit::Visit,
};
use leptos::prelude::*;
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment, WildcardSegment,
    components::{FlatRoutes, Route, Router},
};

/// The page that is shown, for every component below.
#[derive(Clone, Copy)]
pub(crate) struct Current(pub(crate) RwSignal<Visit>);

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    let first = first_visit();
    let current = Current(RwSignal::new(first));
    provide_context(current);
    view! {
        <Router>
            <Addresses/>
        </Router>
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

/// The addresses of the portal. Links are followed here, above the routes: from an address that has none, too.
#[component]
fn Addresses() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::follow(expect_context::<Current>().0);
    view! {
        <FlatRoutes fallback=|| view! { <Portal/> }>
            <Route path=(StaticSegment("o"), ParamSegment("organization"), WildcardSegment("page")) view=Portal ssr=SsrMode::Async/>
            <Route path=(StaticSegment("dev"), WildcardSegment("page")) view=Portal ssr=SsrMode::Async/>
        </FlatRoutes>
    }
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
