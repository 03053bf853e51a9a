//! Every POST of the portal goes through here, so that a new server function is guarded by itself: where the
//! request comes from, how large it is, whose portal it names, and the form token. A server function then only
//! answers an [`Outcome`]; how that reaches the browser, with scripts or without, is decided here as well.

use super::{
    Portal,
    network::Client,
    visitor::{Visitor, cookies},
};
use crate::{
    components::security_questions::FIELDS,
    pages::{account::api::Leave, components, register::CHOICES},
    routes::Place,
    text,
    visit::{Fault, Form, Mistake, Outcome},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, ORIGIN, REFERER},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use leptos::server_fn::ServerFn as _;
use portico_access::{organization, sessions::Touch};
use portico_rules::next::is_inside;
use portico_store::keys::{Column, Sealed};
use serde::{Deserialize, Serialize};

/// The largest form that is read, in bytes. The longest real one (About you) is under 2 kB.
pub const LARGEST_FORM: usize = 32 * 1024;

/// How long a failed form waits for its page, in seconds.
const WAITS: i64 = 300;

/// The largest cookie that browsers keep is 4,096 bytes with its name and attributes.
const LARGEST_COOKIE: usize = 3_900;

/// Fields that may be shown again, and what a page goes by (`next`, `since`, `q`; `state` is one of both). Not on the
/// list, so never kept: passwords, codes, answers, SSN, tokens.
const SHOWN_AGAIN: &[&str] = &[
    "identifier",
    "email",
    "user_id",
    "first_name",
    "last_name",
    "month",
    "day",
    "year",
    "address_line1",
    "address_line2",
    "city",
    "state",
    "postal_code",
    "covered",
    "next",
    "since",
    "q",
];

/// Whether what was typed into the field `name` may be shown again: also which security questions were chosen, and the
/// numbers of the options of a questionnaire, which say nothing without it.
fn is_shown_again(name: &str) -> bool {
    SHOWN_AGAIN.contains(&name)
        || CHOICES.contains(&name)
        || FIELDS.iter().any(|(question, _)| *question == name)
}

/// In the address of a page whose form came without any cookie: what is left in one would not come back either.
const NO_COOKIES: &str = "cookies=none";

/// What a form leaves for the page that is shown next, in a sealed cookie.
#[derive(Serialize, Deserialize)]
struct Left {
    page: String,
    form: Form,
}

/// Fields of a form, in the order they were sent.
#[derive(Clone)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first field of that name; empty where it is missing.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    fn has_nul(&self) -> bool {
        self.0.iter().any(|(name, value)| name.contains('\0') || value.contains('\0'))
    }

    /// Those that may be shown again.
    #[must_use]
    pub fn to_show_again(&self) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, value)| is_shown_again(name) && !value.is_empty()).cloned().collect()
    }
}

/// Lets a POST through to its server function, and brings the outcome back in the way the browser can use.
pub async fn guard(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    if !comes_from_here(&portal, request.headers()) {
        return (StatusCode::FORBIDDEN, "This request came from another site.").into_response();
    }
    let is_form = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_FORM).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    // No field of ours holds a NUL, and PostgreSQL takes none in a text.
    let Some(fields) =
        serde_urlencoded::from_bytes(&body).ok().map(Fields).filter(|fields| !fields.has_nul())
    else {
        return StatusCode::BAD_REQUEST.into_response();
    };

    let slug = fields.get("organization");
    let Some(page) = page_of(&portal, slug, fields.get("page")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let organization = match organization::find(&portal.access, slug).await {
        Ok(Some(organization)) => organization,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "the organization could not be read");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut visitor = Visitor::new(&portal, organization, page.clone(), &parts.headers);
    visitor.network = parts.extensions.get::<Client>().map(|client| client.network()).unwrap_or_default();
    let touch = if parts.uri.path() == Leave::PATH { Touch::Leaving } else { Touch::Activity };
    if visitor.look_up(touch).await.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let plain = parts
        .headers
        .get(ACCEPT)
        .is_some_and(|accept| accept.to_str().is_ok_and(|a| a.contains("text/html")));
    if !visitor.holds_form_token(fields.get("form_token")) {
        let expired = Mistake { field: String::new(), message: visitor.say(text::common::EXPIRED_FORM) };
        leave(
            &visitor,
            &page,
            Form { mistakes: vec![expired], values: fields.to_show_again(), ..Form::default() },
        );
        let to = if visitor.keeps_cookies() { page } else { [&page, "?", NO_COOKIES].concat() };
        return answer(&visitor, plain, &fields, Outcome::Go { to, document: true });
    }
    // A server function always answers in JSON; what a browser without scripts needs is made of it below.
    parts.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    parts.headers.remove(REFERER);
    parts.extensions.insert(visitor.clone());
    parts.extensions.insert(fields.clone());
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body, LARGEST_FORM * 4).await.unwrap_or_default();
    let outcome = match read_outcome(head.status, &body) {
        Some(outcome) => outcome,
        // Not an outcome: the language switch redirects by itself, and a timer answers with numbers.
        None if head.status.is_success() || head.status.is_redirection() => {
            visitor.answer_cookies(&mut head.headers);
            return Response::from_parts(head, Body::from(body));
        }
        None => visitor.again(vec![fault(&visitor, head.status, &body)]),
    };
    answer(&visitor, plain, &fields, outcome)
}

/// The page of `organization` that a form stands on, to be led back to. It need not be in the table of addresses, since
/// *Page not found* has forms as well; where its address could be read in two ways, it is the sign-in page instead.
fn page_of(portal: &Portal, organization: &str, page: &str) -> Option<String> {
    let is_components = page == components::ADDRESS && portal.demo.is_some();
    if is_components || is_inside(page, organization) {
        return Some(page.to_owned());
    }
    page.starts_with(&format!("/o/{organization}/")).then(|| Place::SignIn.of(organization))
}

/// Whether a POST was sent by one of our own pages. A browser too old to say so relies on the form token.
fn comes_from_here(portal: &Portal, headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let site = says("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let origin = says(ORIGIN.as_str()).is_none_or(|origin| portal.is_own_origin(origin));
    site && origin
}

fn read_outcome(status: StatusCode, body: &Bytes) -> Option<Outcome> {
    status.is_success().then(|| serde_json::from_slice(body).ok()).flatten()
}

/// A fault in words: what the person can do. The detail is in the log already.
fn fault(visitor: &Visitor, status: StatusCode, body: &Bytes) -> Mistake {
    let message = match serde_json::from_slice(body) {
        Ok(Fault::Busy) => visitor.say(text::common::BUSY),
        Ok(Fault::Internal { reference }) => {
            text::common::INTERNAL.fill(visitor.language, &[("reference", &reference)])
        }
        other => {
            tracing::warn!(%status, ?other, "a server function did not answer");
            visitor.say(text::common::FAULT)
        }
    };
    Mistake { field: String::new(), message }
}

/// The answer to a POST: JSON for the app; otherwise always 303, never a page, since on `no-store` pages Back would
/// end in "Confirm Form Resubmission".
fn answer(visitor: &Visitor, plain: bool, fields: &Fields, outcome: Outcome) -> Response {
    let mut response = if plain {
        let to = match outcome {
            Outcome::Go { to, .. } => to,
            Outcome::Again { page, mistakes } => {
                leave(visitor, &page, Form { mistakes, values: fields.to_show_again(), ..Form::default() });
                page
            }
        };
        see_other(&to)
    } else {
        axum::Json(outcome).into_response()
    };
    response.headers_mut().remove(CONTENT_LENGTH);
    visitor.answer_cookies(response.headers_mut());
    response
}

/// 303 to a path of this portal.
pub(super) fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Leaves `form` for the next visit to `page`; without what was typed where that is too much for a cookie.
pub(crate) fn leave(visitor: &Visitor, page: &str, form: Form) {
    let mut left = Left { page: page.to_owned(), form };
    let sealed = |left: &Left| {
        let plain = serde_json::to_vec(left).ok()?;
        let access = &visitor.portal.access;
        let place = Column("cookie.form").of(visitor.browser_id());
        let sealed = access.keys.seal(access.randomness.as_ref(), place, &plain);
        Some(URL_SAFE_NO_PAD.encode(sealed.as_bytes())).filter(|value| value.len() <= LARGEST_COOKIE)
    };
    let value = sealed(&left).or_else(|| {
        left.form.values.clear();
        sealed(&left)
    });
    if let Some(value) = value {
        visitor.set_cookie(cookies::FORM, &value, Some(WAITS));
    }
}

/// Says on the next visit to `page` what was wrong.
pub(crate) fn leave_mistakes(visitor: &Visitor, page: &str, mistakes: Vec<Mistake>) {
    leave(visitor, page, Form { mistakes, ..Form::default() });
}

/// Says something good on the next visit to `page`.
pub fn leave_notice(visitor: &Visitor, page: &str, notice: String) {
    leave(visitor, page, Form { notice: Some(notice), ..Form::default() });
}

/// What was left for this page, or that the browser keeps nothing.
pub(super) fn take(visitor: &Visitor, address: &str) -> Form {
    let lost = address.split_once('?').is_some_and(|(_, query)| query == NO_COOKIES);
    if lost && !visitor.keeps_cookies() {
        let message = visitor.say(text::common::NO_COOKIES);
        return Form { mistakes: vec![Mistake { field: String::new(), message }], ..Form::default() };
    }
    take_left(visitor)
}

/// Takes what was left for this page; the cookie lapses with it.
fn take_left(visitor: &Visitor) -> Form {
    let form = visitor.cookie(cookies::FORM).and_then(|value| {
        visitor.end_cookie(cookies::FORM);
        let sealed = Sealed::from_bytes(URL_SAFE_NO_PAD.decode(value).ok()?);
        let plain =
            visitor.portal.access.keys.open(Column("cookie.form").of(visitor.browser_id()), &sealed).ok()?;
        let left: Left = serde_json::from_slice(&plain).ok()?;
        (left.page == visitor.page).then_some(left.form)
    });
    form.unwrap_or_default()
}

/// `POST /api/{function}`: hands over to Leptos.
pub(super) async fn server_function(State(portal): State<Portal>, request: Request) -> Response {
    leptos_axum::handle_server_fns_with_context(
        move || leptos::prelude::provide_context(portal.clone()),
        request,
    )
    .await
    .into_response()
}
