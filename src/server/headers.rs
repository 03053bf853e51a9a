//! The security floor: headers that every response carries, whatever answered.

use super::Portal;
use axum::{
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::Response,
};

/// The policy of everything that is not a page: it may load nothing and be framed by nobody. Pages bring their own
/// with the nonce of their scripts.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Adds what is missing; a handler's own value stays.
pub(super) async fn secure(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut floor = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    floor(CONTENT_SECURITY_POLICY, NOTHING);
    floor(X_CONTENT_TYPE_OPTIONS, "nosniff");
    floor(X_FRAME_OPTIONS, "DENY");
    // Not `no-referrer`: a form without scripts would then post `Origin: null`.
    floor(REFERRER_POLICY, "same-origin");
    floor(CACHE_CONTROL, "no-store");
    floor(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    floor(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    floor(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    if portal.is_https() {
        floor(STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    response
}

/// The policy of a page whose scripts carry `nonce`.
pub(crate) fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}
