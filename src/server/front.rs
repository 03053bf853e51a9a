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
    visitor::language_of,
};
use crate::text;
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
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

/// How long a request may take.
#[derive(Clone, Copy)]
struct Patience {
    /// The next piece of its body.
    body_piece: Duration,
    /// All of it, the wait for a password hash included.
    whole_request: Duration,
}

const PATIENCE: Patience =
    Patience { body_piece: Duration::from_secs(10), whole_request: Duration::from_secs(60) };

/// Puts the front before the routes.
pub(super) fn fortify(routes: Router<Portal>, portal: &Portal) -> Router<Portal> {
    fortify_with(routes, portal, PATIENCE)
}

fn fortify_with(routes: Router<Portal>, portal: &Portal, patience: Patience) -> Router<Portal> {
    routes
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(RequestBodyTimeoutLayer::new(patience.body_piece))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, patience.whole_request))
        .layer(CatchPanicLayer::custom(|_panic| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
        .layer(from_fn(excuse))
        .layer(from_fn_with_state(portal.clone(), admit))
        .layer(from_fn_with_state(portal.clone(), headers::secure))
        .layer(from_fn_with_state(portal.clone(), logs::watch))
}

/// Tells who waits for a page what they can do when something failed on our side, under the request's id. Not what
/// failed: that is in the log alone.
async fn excuse(request: Request, next: Next) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if !accepts.is_some_and(|accept| accept.contains("text/html")) {
        return next.run(request).await;
    }
    let headers = request.headers().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let reference = headers.get(logs::REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let words = text::common::INTERNAL.fill(language_of(&headers), &[("reference", reference)]);
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::INTERNAL_SERVER_ERROR, kind, [&words, ".\n"].concat()).into_response()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::testing::TestPortal;
    use axum::{
        body::{Body, Bytes, HttpBody, to_bytes},
        routing::{get, post},
    };
    use hyper::body::Frame;
    use portico_store::testing::databases;
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
    };
    use tower::ServiceExt as _;

    /// A body whose next piece never comes.
    struct Stalled;

    impl HttpBody for Stalled {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    async fn panics() -> &'static str {
        panic!("a text with planted things")
    }

    /// Routes that fail each in its way, behind the front of a portal.
    fn front(portal: &TestPortal) -> Router {
        let routes = Router::new()
            .route("/panics", get(panics))
            .route("/works", get(|| async { "works" }))
            .route("/reads", post(|body: Bytes| async move { body.len().to_string() }))
            .route("/sleeps", get(std::future::pending::<&'static str>));
        let soon = Duration::from_millis(50);
        let patience = Patience { body_piece: soon, whole_request: 4 * soon };
        fortify_with(routes, &portal.portal, patience).with_state(portal.portal.clone())
    }

    async fn ask(front: &Router, request: Request) -> (StatusCode, String) {
        let answer = front.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        assert_eq!(parts.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(parts.headers.contains_key(header::CONTENT_SECURITY_POLICY));
        let body = to_bytes(body, 1 << 16).await.unwrap();
        let reference = parts.headers[logs::REQUEST_ID].to_str().unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap().replace(reference, "REFERENCE");
        (parts.status, text)
    }

    fn read(path: &str, accept: &str, language: &str) -> Request {
        let request = Request::get(path).header("accept", accept).header("accept-language", language);
        request.body(Body::empty()).unwrap()
    }

    /// ASVS V16.5.4: one request that goes wrong takes no other along.
    #[tokio::test]
    async fn a_panic_is_one_failed_request_and_says_nothing_of_itself() {
        for database in databases().await {
            let front = front(&TestPortal::on(&database).await);
            for _ in 0..3 {
                let (status, says) = ask(&front, read("/panics", "text/html,*/*", "en")).await;
                assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
                let expected = "Something went wrong on our side. Try again, or call us and name the reference REFERENCE.\n";
                assert_eq!(says, expected);
                let (_, says) = ask(&front, read("/panics", "text/html", "es-US,es;q=0.9")).await;
                assert!(says.starts_with("Algo falló de nuestro lado."), "{says}");
                // The app has words of its own.
                let (status, says) = ask(&front, read("/panics", "application/json", "en")).await;
                assert_eq!((status, says.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, ""));
                assert_eq!(ask(&front, read("/works", "text/html", "en")).await.0, StatusCode::OK);
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_stalls_and_an_answer_that_does_not_come_are_given_up() {
        for database in databases().await {
            let front = front(&TestPortal::on(&database).await);
            let stalled = Request::post("/reads").body(Body::new(Stalled)).unwrap();
            let (status, _) = ask(&front, stalled).await;
            assert!(status.is_client_error(), "{status}");
            let (status, _) = ask(&front, read("/sleeps", "text/html", "en")).await;
            assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
            let large = Request::post("/reads").body(Body::from(vec![0; LARGEST_BODY + 1])).unwrap();
            assert_eq!(ask(&front, large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
            let fits = Request::post("/reads").body(Body::from(vec![0; LARGEST_BODY])).unwrap();
            assert_eq!(ask(&front, fits).await, (StatusCode::OK, LARGEST_BODY.to_string()));
        }
    }
}
