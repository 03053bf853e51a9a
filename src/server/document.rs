//! Answering a GET with a page: its data is loaded first, so that status, cookies and redirects are settled, and
//! then it is rendered in one go.

use super::{
    Portal,
    forms::{self, see_other},
    visitor::{CameFrom, Visitor},
};
use crate::{
    app::App,
    pages::{self, Loaded, components},
    routes::{Address, Place},
    shell,
    visit::{Arrival, Fault, Form, Visit},
};
use axum::{
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use portico_access::{organization, sessions::Touch};
use serde::Deserialize;
use url::Url;

/// `GET /`: the default organization's sign-in page.
pub(super) async fn start(State(portal): State<Portal>) -> Response {
    match &portal.default_organization {
        Some(slug) => see_other(&Place::SignIn.of(slug)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /o/{organization}/{page}`.
pub(super) async fn page(State(portal): State<Portal>, request: Request) -> Response {
    let address = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
    match visit(&portal, &address, request.headers(), true).await {
        Ok(Answer::Here { status, visit, visitor }) => {
            render(portal, request, status, *visit, &visitor).await
        }
        Ok(Answer::Elsewhere { to, visitor, .. }) => {
            let mut response = see_other(&to);
            visitor.answer_cookies(response.headers_mut());
            response
        }
        Ok(Answer::Nowhere) => nowhere(portal, request).await,
        Err(fault) => {
            tracing::error!(%fault, "a page could not be loaded");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Any other address.
pub(super) async fn not_found(State(portal): State<Portal>, request: Request) -> Response {
    nowhere(portal, request).await
}

/// *Page not found*, in the name of the default organization where there is one.
async fn nowhere(portal: Portal, request: Request) -> Response {
    let plain = || (StatusCode::NOT_FOUND, "Page not found.\n").into_response();
    let Some(slug) = portal.default_organization.clone() else { return plain() };
    let address = format!("/o/{slug}/not-found");
    match visit(&portal, &address, request.headers(), true).await {
        Ok(Answer::Here { visit, visitor, .. }) => {
            render(portal, request, StatusCode::NOT_FOUND, *visit, &visitor).await
        }
        _ => plain(),
    }
}

/// Lets a question of the app through. Typed or linked to from elsewhere it would pass by the sign-in that a page asked for
/// from outside leads through. A browser too old to say so is let through.
pub(super) async fn for_the_app(request: Request, next: Next) -> Response {
    let is_of_the_app = request.headers().get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    if is_of_the_app { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}

/// What the app asks for when it moves between pages.
#[derive(Deserialize)]
pub(super) struct Wanted {
    address: String,
}

/// `GET /api/visit?address=…`: the data of a page, for the app.
pub(super) async fn visit_function(
    State(portal): State<Portal>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let (arrival, visitor) = match visit(&portal, &wanted.address, &headers, false).await {
        Ok(Answer::Here { visit, visitor, .. }) => (Arrival::Here(visit), visitor),
        Ok(Answer::Elsewhere { to, document, visitor }) => (Arrival::Elsewhere { to, document }, visitor),
        Ok(Answer::Nowhere) => return StatusCode::NOT_FOUND.into_response(),
        Err(fault) => {
            tracing::error!(%fault, "a page could not be loaded");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = arrival.encode().into_response();
    visitor.answer_cookies(response.headers_mut());
    response
}

/// `GET /api/timer?organization=…`: how long the session still lives. Asking does not keep it alive.
pub(super) async fn timer_function(
    State(portal): State<Portal>,
    Query(wanted): Query<TimerOf>,
    headers: HeaderMap,
) -> Response {
    match organization::find(&portal.access, &wanted.organization).await {
        Ok(Some(organization)) => {
            let mut visitor = Visitor::new(&portal, organization, String::new(), &headers);
            match visitor.look_up(Touch::Polling).await {
                Ok(()) => axum::Json(visitor.timer()).into_response(),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "the organization could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whose session is asked about.
#[derive(Deserialize)]
pub(super) struct TimerOf {
    organization: String,
}

/// What a visit comes to.
enum Answer {
    Here {
        status: StatusCode,
        visit: Box<Visit>,
        visitor: Visitor,
    },
    Elsewhere {
        to: String,
        document: bool,
        visitor: Visitor,
    },
    /// No organization that could say "not found" in its own name.
    Nowhere,
}

/// Loads the page at `address`. `document` tells a page that is opened from one that the app moves to.
async fn visit(portal: &Portal, address: &str, headers: &HeaderMap, document: bool) -> Result<Answer, Fault> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let is_components = path == components::ADDRESS && portal.demo.is_some();
    let slug = if is_components { portal.default_organization.as_deref() } else { slug_of(path) }
        .unwrap_or_default();
    let organization = organization::find(&portal.access, slug).await.map_err(|error| {
        tracing::error!(%error, "the organization could not be read");
        Fault::Internal { reference: String::new() }
    })?;
    let Some(organization) = organization else { return Ok(Answer::Nowhere) };
    let mut visitor = Visitor::new(portal, organization, path.to_owned(), headers);
    let address_of = Address::parse(path);
    let place = address_of.as_ref().map(|address| address.place);
    let from = comes_from(portal, headers, document);
    if !visitor.asks_who(place.is_some_and(Place::is_personal), from) {
        visitor.look_up(place.map_or(Touch::Polling, touch)).await?;
    }
    let outside = from == CameFrom::Outside;
    visitor.left = forms::take(&visitor, address);
    let loaded = match address_of {
        Some(Address { place, .. }) => pages::load(&visitor, place, address, outside).await?,
        None if is_components => components::load(&mut visitor, address),
        None => pages::not_found(&visitor),
    };
    Ok(match loaded {
        Loaded::Go { to, document } => Answer::Elsewhere { to, document, visitor },
        Loaded::Page { status, heading, content, values } => {
            if document {
                visitor.open_document().await?;
            }
            let content = *content;
            let mut form = Form { token: visitor.form_token(), ..visitor.left.clone() };
            if form.values.is_empty() {
                form.values = values;
            }
            let visit =
                Box::new(Visit { address: path.to_owned(), heading, frame: visitor.frame(), form, content });
            Answer::Here { status, visit, visitor }
        }
    })
}

/// Where a page is asked for from. WebKit says of a reload and of Back that they come from no page, as it says of a
/// bookmark, but then names the page that led there, which a bookmark never does. What the app asks for comes from inside.
fn comes_from(portal: &Portal, headers: &HeaderMap, document: bool) -> CameFrom {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let page = says("referer").and_then(|page| Url::parse(page).ok());
    let page = page.filter(|page| portal.is_own_origin(page.as_str()));
    match says("sec-fetch-site") {
        Some("cross-site") if document => return CameFrom::Outside,
        Some("none") if document && page.is_none() => return CameFrom::Outside,
        _ => {}
    }
    let place = page.and_then(|page| Address::parse(page.path())).map(|address| address.place);
    match place {
        Some(place) if place.is_personal() && place != Place::SignIn => CameFrom::Session,
        _ => CameFrom::Open,
    }
}

/// The organization that a path names.
fn slug_of(path: &str) -> Option<&str> {
    path.strip_prefix("/o/")?.split('/').next()
}

/// Opening a page is activity, except where a page opens by itself or after the end.
fn touch(place: Place) -> Touch {
    match place {
        Place::StillThere | Place::SignedOut => Touch::Polling,
        _ => Touch::Activity,
    }
}

/// Renders a visit as a document.
async fn render(
    portal: Portal,
    request: Request,
    status: StatusCode,
    visit: Visit,
    visitor: &Visitor,
) -> Response {
    let assets = portal.assets.clone();
    let head = shell::Head::of(&visit);
    let context = move || provide_context(visit.clone());
    let document = move || shell::document(&assets, &head, App);
    let (parts, _) = request.into_parts();
    let handler = leptos_axum::render_app_async_with_context(context, document);
    let mut response = handler(Request::from_parts(parts, Body::empty())).await;
    *response.status_mut() = status;
    visitor.answer_cookies(response.headers_mut());
    response
}
