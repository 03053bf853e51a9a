//! What every request passes before it reaches a page: limits of size and time, whose request it is, and whether it
//! came encrypted where it must.
//!
//! With an https `public_url`, a request that was not encrypted on its way is sent to the https address if it only
//! reads, and refused if it would change something: what it carries has already been seen by others, and doing what it
//! asks would hide that. Only the probes `/health` and `/ready` are answered in clear.

use super::{
    Portal,
    demo::Demo,
    forms::see_other,
    headers, logs,
    network::{self, Client, Peer},
};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
};
use std::time::Duration;
use tower_http::{
    catch_panic::CatchPanicLayer,
    limit::RequestBodyLimitLayer,
    timeout::{RequestBodyTimeoutLayer, TimeoutLayer},
};

/// The largest body that is read of any request, in bytes. Forms have a smaller limit of their own.
pub const LARGEST_BODY: usize = 64 * 1024;

/// How long the next piece of a body may take.
const BODY_PIECE: Duration = Duration::from_secs(10);

/// How long a request may take in all, its body and the wait for a password hash included.
const WHOLE_REQUEST: Duration = Duration::from_secs(60);

/// Puts the front before the routes.
pub(super) fn fortify(routes: Router<Portal>, portal: &Portal) -> Router<Portal> {
    routes
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(RequestBodyTimeoutLayer::new(BODY_PIECE))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, WHOLE_REQUEST))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(portal.clone(), admit))
        .layer(from_fn_with_state(portal.clone(), headers::secure))
        .layer(from_fn_with_state(portal.clone(), logs::watch))
}

/// Lets a request in, or says where it belongs.
async fn admit(State(portal): State<Portal>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(Peer::IN_PROCESS);
    let client = network::client(peer.address, request.headers(), &portal.trusted_proxies);
    request.extensions_mut().insert(Client(client));
    if let Some(answer) = portal.demo.as_ref().and_then(|demo| misdirected(&portal, demo, &request)) {
        return answer;
    }
    let is_probe = matches!(request.uri().path(), "/health" | "/ready");
    let is_safe = network::is_encrypted(peer, request.headers(), &portal.trusted_proxies);
    if portal.is_https() && !is_safe && !is_probe {
        return in_clear(&portal, &request);
    }
    next.run(request).await
}

/// The answer to a request that should have been encrypted.
fn in_clear(portal: &Portal, request: &Request) -> Response {
    if is_reading(request.method()) {
        return Redirect::permanent(&at_public_url(portal, request)).into_response();
    }
    tracing::warn!(
        "a form came unencrypted and was refused; if a proxy encrypts, name it in `trusted_proxies` and let it send \
         X-Forwarded-Proto"
    );
    let says = format!(
        "This was not done, because it was sent without encryption. Open {} and try again there.\n",
        portal.public_url
    );
    (StatusCode::FORBIDDEN, says).into_response()
}

/// The demo answers to its own names alone, so that no page of another site can reach it by a name of its own (DNS
/// rebinding). Its pages are all at one of them, so that cookies and links agree.
fn misdirected(portal: &Portal, demo: &Demo, request: &Request) -> Option<Response> {
    let host = host(request);
    if !demo.is_own_name(host.unwrap_or_default()) {
        let says = format!("This demo is at {}\n", portal.public_url);
        return Some((StatusCode::MISDIRECTED_REQUEST, says).into_response());
    }
    let is_page = request.uri().path() == "/" || request.uri().path().starts_with("/o/");
    let elsewhere = host != Some(portal.public_url.authority());
    (is_page && elsewhere && is_reading(request.method())).then(|| see_other(&at_public_url(portal, request)))
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The same page at the address that people reach the portal by.
fn at_public_url(portal: &Portal, request: &Request) -> String {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    format!("{}{path}", portal.public_url.origin().ascii_serialization())
}

/// The host that was asked for, as the client wrote it; `None` if it names none, or several.
fn host(request: &Request) -> Option<&str> {
    let in_address = request.uri().authority().map(|authority| authority.as_str());
    in_address.or_else(|| only(request.headers(), header::HOST))
}

fn only(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()
}
