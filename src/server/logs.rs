//! What the server writes to stderr: one line an event, JSON unless a person is watching, with the request's id.
//!
//! Nothing personal and nothing secret is written, at any level: no address beyond the name of its route, no query, no
//! header, no form. Of the libraries below only warnings are let through, since at finer levels they print what they
//! carry. docs/OPERATING.md lists what is logged.

use super::{Portal, settings::LogLevel};
use crate::routes::Address;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use std::io::{self, IsTerminal};
use tokio::time::Instant;
use tracing::{Instrument, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt,
};

/// Carries the id of a request, which every line logged for it has: from here to whoever answers it, and back with the
/// answer, so that a person can name it on the phone.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Starts logging to stderr. Called once, before anything is worth a line.
pub fn start(level: LogLevel) {
    let json = !io::stderr().is_terminal();
    if tracing::subscriber::set_global_default(subscriber(level, json, io::stderr)).is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            // A text made while running may quote a value; one that stands in the source does not.
            let says =
                panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("its text is withheld");
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, says, "a task panicked");
        }));
    }
}

/// What takes the events: lines to `writer`.
pub fn subscriber<W>(level: LogLevel, json: bool, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let own = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let targets = Targets::new()
        .with_default(LevelFilter::WARN.min(own))
        .with_target("portico", own)
        // It would print the text of a panic.
        .with_target("tower_http", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    if json {
        let lines = lines.json().flatten_event(true).with_current_span(true).with_span_list(false);
        Box::new(tracing_subscriber::registry().with(lines.with_filter(targets)))
    } else {
        Box::new(tracing_subscriber::registry().with(lines.with_target(false).with_filter(targets)))
    }
}

/// Gives the request its id, and writes one line when it is answered.
pub(super) async fn watch(State(portal): State<Portal>, mut request: Request, next: Next) -> Response {
    let id = portal.access.randomness.id();
    // An error's line needs the id even where nothing below errors is logged.
    let span = tracing::error_span!("request", id);
    // Whatever the client called it: a name that others choose can be chosen to mislead.
    request.headers_mut().remove(REQUEST_ID);
    let value = HeaderValue::from_str(&id).ok();
    if let Some(value) = &value {
        request.headers_mut().insert(REQUEST_ID, value.clone());
    }
    let method = method(request.method());
    let route = route(&request);
    let answered = async move {
        let start = Instant::now();
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        match route.as_str() {
            "/health" | "/ready" => tracing::debug!(method, route, status, milliseconds, "answered"),
            route => tracing::info!(method, route, status, milliseconds, "answered"),
        }
        response
    };
    let mut response = answered.instrument(span).await;
    if let Some(value) = value {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The method, if it is one that we know: a made-up one could say anything.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// What was asked for, in words of our own: the page, or the route's pattern. Never the address itself, which may carry
/// anything, a token among it.
fn route(request: &Request) -> String {
    if let Some(address) = Address::parse(request.uri().path()) {
        return address.place.path().to_owned();
    }
    match request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) {
        Some("/api/{function}") => known_function(request.uri().path()).to_owned(),
        Some(pattern) => pattern.to_owned(),
        None => "none".to_owned(),
    }
}

/// The path of a server function, if there is one of that name.
fn known_function(path: &str) -> &str {
    let is_known = leptos::server_fn::axum::server_fn_paths().any(|(known, _)| known == path);
    if is_known { path } else { "/api/{function}" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex, PoisonError};

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
        }
    }

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LogLevel, json: bool, events: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        tracing::subscriber::with_default(subscriber(level, json, move || writer.clone()), events);
        page.text()
    }

    #[test]
    fn every_line_is_json_and_has_the_request() {
        let text = logged(LogLevel::Warn, true, || {
            let span = tracing::error_span!("request", id = "abc");
            span.in_scope(|| tracing::error!(kind = "welcome", "a\nb \u{1b}[31m \u{2028}"));
            tracing::info!("not at this level");
        });
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!(line["span"]["id"], "abc");
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["kind"], "welcome");
        assert!(!text.contains('\u{1b}'), "escape sequences are escaped");
    }

    #[test]
    fn a_person_reads_plain_lines() {
        let text = logged(LogLevel::Info, false, || tracing::info!(mail = "x", "mail \u{1b}[31m"));
        assert!(text.contains("INFO") && text.contains("mail"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn libraries_say_no_more_than_warnings() {
        let text = logged(LogLevel::Trace, true, || {
            tracing::trace!(target: "hyper", "headers");
            tracing::debug!(target: "sqlx::query", "statement");
            tracing::info!(target: "rustls", "handshake");
            tracing::error!(target: "tower_http::catch_panic", "Service panicked: secret");
            tracing::warn!(target: "sqlx::query", "slow");
            tracing::trace!(target: "portico_access::sign_in", "ours");
        });
        assert!(
            !["headers", "statement", "handshake", "secret"].iter().any(|word| text.contains(word)),
            "{text}"
        );
        assert!(text.contains("slow") && text.contains("ours"), "{text}");
    }
}
