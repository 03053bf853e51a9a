//! The dialog that warns before a session ends.
//!
//! The server owns time: it says how many seconds are left, and is asked again before anything is shown or ended, so
//! that a wrong clock, a sleeping laptop or another tab do not matter. Here is what the dialog says; what it does is
//! in `watch`, which only a browser has. Without WebAssembly the head of the document leads to the page *Are you still
//! there?* instead (`shell.rs`), until the watch takes over.

mod clock;
#[cfg(feature = "hydrate")]
mod watch;

use crate::{
    text::components as words,
    view::{AnyView, IntoAny},
    visit::Visit,
};
use leptos::prelude::*;

/// The id of the dialog.
const DIALOG: &str = "still-there";

/// The id of the form in the header that logs out. The dialog's button belongs to it, and its fields prove to the
/// server who reports activity.
pub(crate) const LOG_OUT_FORM: &str = "log-out";

/// The channel by which the tabs of an organization's portal hear of each other.
pub(crate) fn channel(slug: &str) -> String {
    ["portico ", slug].concat()
}

/// The dialog, closed; nothing on a page that is open to everyone. Signing in and out load a new document, so this is
/// decided once.
pub(crate) fn idle_timer(visit: RwSignal<Visit>) -> AnyView {
    let (timer, lang) =
        visit.with_untracked(|v| (v.frame.person.as_ref().map(|person| person.timer), v.frame.language));
    let Some(timer) = timer else {
        #[cfg(feature = "hydrate")]
        watch::tell_other_tabs(visit);
        return ().into_any();
    };
    // What is seen changes every second, what is heard at some of them.
    let seen = RwSignal::new(timer.warning);
    let heard = RwSignal::new(timer.warning);
    let extends = RwSignal::new(timer.extends);
    #[cfg(feature = "hydrate")]
    let watch = watch::start(visit, watch::Shown { seen, heard, extends });
    #[cfg(feature = "hydrate")]
    let (stay, closed) = (watch.clone(), watch);
    let on_stay = move |_| {
        #[cfg(feature = "hydrate")]
        stay.stay();
    };
    // Escape closes the dialog by itself: nobody who presses it wants to be signed out.
    let on_close = move |_| {
        #[cfg(feature = "hydrate")]
        closed.closed();
    };
    view! {
        <dialog id=DIALOG role="alertdialog" aria-labelledby="still-name" aria-describedby="still-why" on:close=on_close>
            <h2 id="still-name">{words::STILL_THERE.of(lang)}</h2>
            <p id="still-why">{move || if extends.get() { words::STILL_WHY } else { words::STILL_LIMIT }.of(lang)}</p>
            <p class="countdown" aria-hidden="true">{move || clock::face(seen.get())}</p>
            <p class="sr" aria-live="polite">{move || clock::spoken(heard.get(), lang)}</p>
            <div class="actions">
                <button class="button" type="button" autofocus on:click=on_stay>{words::STAY.of(lang)}</button>
                <button class="button quiet" form=LOG_OUT_FORM>{words::LOG_OUT_NOW.of(lang)}</button>
            </div>
        </dialog>
    }
    .into_any()
}
