//! What the dialog does: it watches the time, reports activity, agrees with other tabs, and leaves nothing behind.

use super::{
    DIALOG, LOG_OUT_FORM,
    clock::{self, Due},
};
use crate::{
    browser::{form_body, get, part, post},
    routes::Place,
    visit::{Timer, Visit},
};
use leptos::{
    leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle},
    prelude::*,
};
use std::{cell::Cell, rc::Rc, time::Duration};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, HtmlDialogElement, MessageEvent, MouseEvent, VisibilityState};

/// Extends the session: the person does something.
const STAY: &str = "/api/stay";
/// Says how long the session lasts, and does not extend it.
const TIMER: &str = "/api/timer?organization=";

/// How long the server may take to answer, in milliseconds, before the page does without.
const PATIENCE: f64 = 5_000.0;

/// How long after a tab has gone the others ask once more: the news of it may reach the server after their first question.
const AGAIN: Duration = Duration::from_secs(8);

/// What a person does on a page: keys, pointer and touch. Nothing that the page could do by itself.
const ACTIVITY: [&str; 5] = ["keydown", "pointerdown", "pointermove", "touchstart", "wheel"];
/// After these the time may have gone on without us.
const AWAKE: [&str; 3] = ["visibilitychange", "focus", "online"];

/// What the dialog shows.
pub(super) struct Shown {
    pub(super) seen: RwSignal<u32>,
    pub(super) heard: RwSignal<u32>,
    pub(super) extends: RwSignal<bool>,
}

/// The watch over one document. Times are `performance.now()`: milliseconds since the document was asked for.
pub(super) struct Watch {
    visit: RwSignal<Visit>,
    shown: Shown,
    /// When the session ends.
    end: Cell<f64>,
    timer: Cell<Timer>,
    /// When activity was last reported.
    reported: Cell<f64>,
    /// When the server was asked, while its answer is under way.
    asked: Cell<Option<f64>>,
    open: Cell<bool>,
    /// The end cannot be moved any more, and the person knows.
    told: Cell<bool>,
    /// The document is on its way out.
    gone: Cell<bool>,
    next: Cell<Option<TimeoutHandle>>,
    /// Absent in browsers that are too old for it; the server tells as well, only later.
    channel: Option<BroadcastChannel>,
}

/// Starts the watch, and ends the document's own timer.
pub(super) fn start(visit: RwSignal<Visit>, shown: Shown) -> Rc<Watch> {
    let timer = visit.with_untracked(|visit| visit.frame.person.as_ref().map(|person| person.timer));
    let watch = Rc::new(Watch {
        visit,
        shown,
        end: Cell::new(0.0),
        timer: Cell::new(timer.unwrap_or(Timer { left: 0, warning: 0, idle: 0, extends: false })),
        reported: Cell::new(0.0),
        asked: Cell::new(None),
        open: Cell::new(false),
        told: Cell::new(false),
        gone: Cell::new(false),
        next: Cell::new(None),
        channel: channel(visit),
    });
    if let Ok(handle) = js_sys::Reflect::get(&window(), &JsValue::from_str("porticoTimer"))
        && let Some(handle) = handle.as_f64()
    {
        #[expect(clippy::cast_possible_truncation, reason = "handles are small integers")]
        window().clear_timeout_with_handle(handle as i32);
    }
    for name in ACTIVITY {
        let watch = watch.clone();
        window_event_listener_untyped(name, move |event| {
            // A pointer at rest "moves" when the page moves below it.
            let at_rest = event.type_() == "pointermove"
                && event
                    .dyn_ref::<MouseEvent>()
                    .is_some_and(|at| at.movement_x() == 0 && at.movement_y() == 0);
            if !at_rest {
                watch.active();
            }
        });
    }
    for name in AWAKE {
        let watch = watch.clone();
        window_event_listener_untyped(name, move |_| watch.look(false));
    }
    if let Some(channel) = &watch.channel {
        let watch = watch.clone();
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            match message.data().as_f64() {
                Some(left) => {
                    watch.end.set(now() + left * 1_000.0);
                    watch.look(true);
                }
                None => {
                    watch.ask();
                    let again = watch.clone();
                    let _ = set_timeout_with_handle(move || again.ask(), AGAIN);
                }
            }
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
    }
    let each = watch.clone();
    Effect::new(move |first: Option<()>| {
        // A page that was asked for is activity. The first one's seconds count from when it was asked for, at the latest.
        let from = if first.is_none() { 0.0 } else { now() };
        let timer = visit.with(|visit| visit.frame.person.as_ref().map(|person| person.timer));
        if let Some(timer) = timer {
            each.reported.set(from);
            each.set(timer, from);
            each.tell(&JsValue::from_f64(each.left()));
            each.look(true);
        }
    });
    watch
}

/// From a page where nobody is signed in: other tabs should see whether they still are.
pub(super) fn tell_other_tabs(visit: RwSignal<Visit>) {
    if let Some(channel) = channel(visit) {
        let _ = channel.post_message(&JsValue::NULL);
        channel.close();
    }
}

fn channel(visit: RwSignal<Visit>) -> Option<BroadcastChannel> {
    visit.with_untracked(|visit| BroadcastChannel::new(&super::channel(&visit.frame.slug)).ok())
}

impl Watch {
    /// Seconds until the session ends.
    fn left(&self) -> f64 {
        (self.end.get() - now()) / 1_000.0
    }

    fn set(&self, timer: Timer, from: f64) {
        self.end.set(from + f64::from(timer.left) * 1_000.0);
        self.told.set(self.told.get() && !timer.extends);
        self.timer.set(timer);
        self.shown.extends.set(timer.extends);
        hide_page(false);
    }

    /// Does what is due. `asked` says that the server has just been: without it nothing is shown or ended.
    fn look(self: &Rc<Self>, asked: bool) {
        if self.gone.get() {
            return;
        }
        match clock::due(self.left(), f64::from(self.timer.get().warning)) {
            Due::Nothing(wait) => {
                self.hide();
                if asked || document().visibility_state() == VisibilityState::Hidden {
                    self.look_after(wait);
                } else {
                    self.ask();
                }
            }
            // This page asks by itself.
            Due::Warning(_, wait) if self.told.get() || self.is_still_there() => self.look_after(wait),
            Due::Warning(seconds, wait) => {
                if self.open.get() {
                    self.count(seconds);
                    self.look_after(wait);
                } else if asked {
                    self.show(seconds);
                    self.look_after(wait);
                } else {
                    self.ask();
                }
            }
            Due::End if asked => self.leave(),
            Due::End => {
                hide_page(true);
                self.ask();
            }
        }
    }

    fn look_after(self: &Rc<Self>, seconds: f64) {
        let watch = self.clone();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a minute")]
        let wait = Duration::from_millis((seconds * 1_000.0).ceil() as u64);
        let next = set_timeout_with_handle(move || watch.look(false), wait).ok();
        if let Some(before) = self.next.replace(next) {
            before.clear();
        }
    }

    /// Asks the server how long the session lasts.
    fn ask(self: &Rc<Self>) {
        if let Some(at) = self.asked.get() {
            // One question at a time; without an answer it goes by what is known.
            if now() - at > PATIENCE {
                self.look(true);
            } else {
                self.look_after(1.0);
            }
            return;
        }
        self.look_after(1.0);
        self.asked.set(Some(now()));
        let watch = self.clone();
        let url = self.visit.with_untracked(|visit| [TIMER, &visit.frame.slug].concat());
        spawn_local(async move { watch.hear(get(&url).await, false) });
    }

    /// Tells the server that the person is there.
    fn report(self: &Rc<Self>) {
        self.reported.set(now());
        let Some(body) = form_body(LOG_OUT_FORM) else { return };
        self.asked.set(Some(now()));
        let watch = self.clone();
        spawn_local(async move { watch.hear(post(STAY, &body).await, true) });
    }

    /// Takes the server's answer.
    fn hear(self: &Rc<Self>, answer: Option<JsValue>, reported: bool) {
        self.asked.set(None);
        if self.gone.get() {
            return;
        }
        match answer.as_ref().and_then(read) {
            Some(timer) => {
                self.set(timer, now());
                if reported {
                    self.tell(&JsValue::from_f64(f64::from(timer.left)));
                }
                self.look(true);
            }
            // There is no session any more.
            _ if answer.is_some_and(|answer| answer.is_null()) => self.leave(),
            // A report that was not understood says nothing about the session.
            _ if reported => self.ask(),
            _ => self.look(true),
        }
    }

    fn tell(&self, what: &JsValue) {
        if let Some(channel) = &self.channel {
            let _ = channel.post_message(what);
        }
    }

    /// A key, the pointer or a touch. Once the dialog is there, only its buttons count.
    fn active(self: &Rc<Self>) {
        let timer = self.timer.get();
        let every = f64::from(clock::report_every(timer.idle)) * 1_000.0;
        let quiet = self.open.get() || self.gone.get() || !timer.extends || self.is_still_there();
        if !quiet && now() - self.reported.get() >= every {
            self.report();
        }
    }

    /// The button Stay signed in.
    pub(super) fn stay(self: &Rc<Self>) {
        self.hide();
        if self.timer.get().extends {
            self.report();
        } else {
            self.told.set(true);
            self.look(true);
        }
    }

    /// The dialog was closed; by us, or with Escape.
    pub(super) fn closed(self: &Rc<Self>) {
        if self.open.get() {
            self.stay();
        }
    }

    fn show(&self, seconds: u32) {
        self.shown.seen.set(seconds);
        self.shown.heard.set(seconds);
        let opened = dialog().is_some_and(|dialog| dialog.open() || dialog.show_modal().is_ok());
        self.open.set(opened);
        if !opened {
            // A browser without dialogs has the page.
            self.go(Place::StillThere);
        }
    }

    fn count(&self, seconds: u32) {
        self.shown.seen.set(seconds);
        if clock::speaks(seconds) {
            self.shown.heard.set(seconds);
        }
    }

    /// Closes the dialog; the browser gives the focus back to where it was.
    fn hide(&self) {
        if self.open.replace(false)
            && let Some(dialog) = dialog()
        {
            dialog.close();
        }
    }

    fn is_still_there(&self) -> bool {
        self.visit.with_untracked(|visit| visit.address == Place::StillThere.of(&visit.frame.slug))
    }

    /// The session is over: the page goes, from the screen first, and from the history.
    fn leave(&self) {
        if let Some(body) = document().body() {
            body.set_text_content(None);
        }
        self.go(Place::SignedOut);
    }

    fn go(&self, place: Place) {
        self.gone.set(true);
        let to = self
            .visit
            .with_untracked(|visit| [&place.of(&visit.frame.slug), "?next=", &visit.address].concat());
        let _ = window().location().replace(&to);
    }
}

/// The server's answer, if it is a timer.
fn read(answer: &JsValue) -> Option<Timer> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole seconds, at most some days"
    )]
    let seconds = |name| part(answer, name)?.as_f64().map(|seconds| seconds as u32);
    Some(Timer {
        left: seconds("left")?,
        warning: seconds("warning")?,
        idle: seconds("idle")?,
        extends: part(answer, "extends")?.as_bool()?,
    })
}

fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

fn dialog() -> Option<HtmlDialogElement> {
    document().get_element_by_id(DIALOG)?.dyn_into().ok()
}

/// Hides everything while it is open whether the session still lives.
fn hide_page(hidden: bool) {
    if let Some(root) = document().document_element() {
        let _ = root.toggle_attribute_with_force("hidden", hidden);
    }
}
