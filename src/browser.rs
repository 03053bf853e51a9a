//! What only a browser does: following links without loading a document, and sending forms.

use crate::{
    text,
    visit::{Arrival, Mistake, Outcome, Visit},
};
use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Element, Event, EventInit, FormData, HtmlAnchorElement, HtmlElement, HtmlFormElement, HtmlInputElement,
    Request, RequestInit, Response, SubmitEvent, UrlSearchParams,
};

/// Moves between pages: a followed link becomes a request for the page's data, and the page is exchanged when it has
/// come.
#[derive(Clone, Copy)]
pub(crate) struct Follow {
    visit: RwSignal<Visit>,
    /// Counts requests, so that an answer that was overtaken by a later one is dropped.
    asked: StoredValue<u32>,
    /// The address of the page that is shown, or on its way.
    address: StoredValue<String>,
}

/// The visit that the document was rendered from.
pub(crate) fn first_visit() -> Option<Visit> {
    let meta = document().query_selector("meta[name=visit]").ok()??;
    match arrival(&meta.get_attribute("content")?)? {
        Arrival::Here(visit) => Some(*visit),
        Arrival::Elsewhere { .. } => None,
    }
}

fn arrival(text: &str) -> Option<Arrival> {
    // The browser's own base64: each character is a byte.
    let bytes: Vec<u8> =
        window().atob(text).ok()?.chars().filter_map(|byte| u8::try_from(byte).ok()).collect();
    Arrival::decode(&bytes)
}

/// Reads what a form answered: JSON, which the browser parses.
fn outcome(answer: &JsValue) -> Option<Outcome> {
    if let Some(go) = part(answer, "Go") {
        return Some(Outcome::Go { to: word(&go, "to")?, document: part(&go, "document")?.as_bool()? });
    }
    let again = part(answer, "Again")?;
    let mistakes = js_sys::Array::from(&part(&again, "mistakes")?)
        .iter()
        .filter_map(|mistake| {
            Some(Mistake { field: word(&mistake, "field")?, message: word(&mistake, "message")? })
        })
        .collect();
    Some(Outcome::Again { page: word(&again, "page")?, mistakes })
}

/// A member of a parsed object.
pub(crate) fn part(object: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(object, &name.into()).ok().filter(|value| !value.is_undefined())
}

fn word(object: &JsValue, name: &str) -> Option<String> {
    part(object, name)?.as_string()
}

/// Starts following links, Back and Forward, and leaves a [`Follow`] in context for forms.
pub(crate) fn follow(visit: RwSignal<Visit>) {
    let follow = Follow { visit, asked: StoredValue::new(0), address: StoredValue::new(here()) };
    provide_context(follow);
    window_event_listener(ev::click, move |event| {
        if let Some(to) = followed(&event) {
            event.prevent_default();
            follow.enter(&to);
        }
    });
    // Going to another place of the same page is told as well, and is the browser's own affair.
    window_event_listener(ev::popstate, move |_| {
        let here = here();
        if follow.address.with_value(|shown| *shown != here) {
            follow.load(&here);
        }
    });
}

/// The path and the query that the address bar shows.
fn here() -> String {
    let location = window().location();
    [location.pathname(), location.search()].into_iter().flatten().collect()
}

/// Where a click leads within the portal; nothing where it is the browser's: another site, a new tab or document, a
/// place of the same page.
fn followed(event: &web_sys::MouseEvent) -> Option<String> {
    let modified = event.meta_key() || event.alt_key() || event.ctrl_key() || event.shift_key();
    if event.default_prevented() || event.button() != 0 || modified {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let link: HtmlAnchorElement = link.dyn_into().ok()?;
    let elsewhere = link.origin() != window().location().origin().ok()?
        || !link.target().is_empty()
        || link.rel() == "external";
    let to = [link.pathname(), link.search()].concat();
    let place = link.hash();
    if elsewhere || (!place.is_empty() && to == here()) {
        return None;
    }
    Some([to, place].concat())
}

impl Follow {
    /// Goes to `to` after a form: a new document, another page, or this page again with what has changed.
    pub(crate) fn go(self, to: &str, document: bool) {
        let location = window().location();
        if document {
            let _ = location.assign(to);
        } else if location.pathname().is_ok_and(|here| here == to) {
            self.load(to);
        } else {
            self.enter(to);
        }
    }

    /// Goes to another page, which Back leaves again.
    fn enter(self, to: &str) {
        let entered =
            window().history().and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(to)));
        if entered.is_ok() {
            self.load(&here());
        }
    }

    fn load(self, address: &str) {
        self.asked.update_value(|n| *n += 1);
        let mine = self.asked.get_value();
        let address = address.to_owned();
        self.address.set_value(address.clone());
        spawn_local(async move {
            let url = ["/api/visit?address=", &String::from(js_sys::encode_uri_component(&address))].concat();
            let arrival = fetch(&url, &RequestInit::new()).await.and_then(|text| arrival(&text));
            if self.asked.get_value() != mine {
                return;
            }
            match arrival {
                Some(Arrival::Here(visit)) => {
                    let title = visit.title(!visit.form.mistakes.is_empty());
                    self.visit.set(*visit);
                    request_animation_frame(move || settle(&title));
                }
                Some(Arrival::Elsewhere { to, document }) => self.go(&to, document),
                // The server can say it better than we can: load the page as a document.
                None => {
                    let _ = window().location().assign(&address);
                }
            }
        });
    }
}

/// After a page was exchanged: its title is announced, as a browser does with a new document, and the focus goes to
/// what is new, or to the place on the page that the address names.
fn settle(title: &str) {
    if let Some(announcer) = document().get_element_by_id("announcer") {
        announcer.set_text_content(Some(title));
    }
    // Before the focus, which scrolls to a place further down.
    window().scroll_to_with_x_and_y(0.0, 0.0);
    let place = window().location().hash().unwrap_or_default();
    focus_first(&["#problem-summary", &place, "h1"]);
}

/// Moves the focus to the first of `selectors` that the page has.
pub(crate) fn focus_first(selectors: &[&str]) {
    let found = selectors.iter().find_map(|selector| document().query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Sends a form in place of the browser and shows the outcome without loading a document.
pub(crate) fn submit(event: &SubmitEvent, mistakes: RwSignal<Vec<Mistake>>, follow: Follow) {
    let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else {
        return;
    };
    if event.submitter().is_some_and(|button| button.has_attribute("formaction")) {
        return; // the language switch: it loads a document
    }
    event.prevent_default();
    if form.has_attribute("aria-busy") {
        return; // pressed twice
    }
    let Some(body) = fields(&form) else { return };
    let button = event.submitter();
    let busy = move |form: &HtmlFormElement, busy: bool| {
        for element in [Some(form.as_ref()), button.as_deref()].into_iter().flatten() {
            let _ = if busy {
                element.set_attribute("aria-busy", "true")
            } else {
                element.remove_attribute("aria-busy")
            };
        }
    };
    busy(&form, true);
    let language = follow.visit.with_untracked(|visit| visit.frame.language);
    spawn_local(async move {
        let outcome = post(&form.action(), &body).await.and_then(|answer| outcome(&answer));
        busy(&form, false);
        match outcome {
            Some(Outcome::Go { to, document }) => {
                mistakes.set(Vec::new());
                follow.go(&to, document);
            }
            Some(Outcome::Again { mistakes: found, .. }) => show(&form, mistakes, found),
            None => {
                let message = text::common::FAULT.of(language).to_owned();
                show(&form, mistakes, vec![Mistake { field: String::new(), message }]);
            }
        }
    });
}

/// The fields of a form, as it would send them itself.
fn fields(form: &HtmlFormElement) -> Option<JsValue> {
    let data = FormData::new_with_form(form).ok()?;
    UrlSearchParams::new_with_str_sequence_sequence(&data).ok().map(Into::into)
}

/// The fields of the form `id`, as the body of a request.
pub(crate) fn form_body(id: &str) -> Option<JsValue> {
    fields(document().get_element_by_id(id)?.dyn_ref()?)
}

/// What stands in the input `id`; nothing where the page has none.
pub(crate) fn typed_into(id: &str) -> Option<String> {
    Some(document().get_element_by_id(id)?.dyn_into::<HtmlInputElement>().ok()?.value())
}

/// Shows what was wrong: passwords are cleared, everything else stays as it was typed.
fn show(form: &HtmlFormElement, mistakes: RwSignal<Vec<Mistake>>, found: Vec<Mistake>) {
    // By what they hold rather than by type, which is another one while a password is shown.
    if let Ok(passwords) = form.query_selector_all("input[autocomplete$=password]") {
        for index in 0..passwords.length() {
            if let Some(input) =
                passwords.item(index).and_then(|node| node.dyn_into::<HtmlInputElement>().ok())
            {
                input.set_value("");
                // The live rules listen to this, further out.
                let init = EventInit::new();
                init.set_bubbles(true);
                let _ = Event::new_with_event_init_dict("input", &init)
                    .and_then(|event| input.dispatch_event(&event));
            }
        }
    }
    mistakes.set(found);
    request_animation_frame(|| focus_first(&["#problem-summary"]));
}

/// Reads JSON from `url`; nothing where anything went wrong.
pub(crate) async fn get(url: &str) -> Option<JsValue> {
    js_sys::JSON::parse(&fetch(url, &RequestInit::new()).await?).ok()
}

/// Posts a form's fields to `url` and reads the JSON answer.
pub(crate) async fn post(url: &str, body: &JsValue) -> Option<JsValue> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(body);
    js_sys::JSON::parse(&fetch(url, &init).await?).ok()
}

/// The text of an answer that is one.
async fn fetch(url: &str, init: &RequestInit) -> Option<String> {
    let request = Request::new_with_str_and_init(url, init).ok()?;
    request.headers().set("Accept", "application/json").ok()?;
    let response: Response =
        JsFuture::from(window().fetch_with_request(&request)).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}
