//! The demo's mailbox: every mail that the portal sent, since nobody who lives in the demo has another one.

use super::{Demo, duration::Shift};
use crate::server::{Portal, assets::Assets};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use jiff::tz::TimeZone;
use portico_mail::transport::Recorded;
use std::fmt::Write as _;

/// The demo's organizations are all in this zone.
const ZONE: &str = "America/Los_Angeles";

/// What the mailbox may do: be styled, and move the clock.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// `GET /dev/mailbox.json`: the mails, newest first.
pub(super) async fn json(State(portal): State<Portal>) -> Response {
    portal.demo.as_ref().map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |demo| Json(demo.mailbox.mails()).into_response(),
    )
}

/// `GET /dev/mailbox`: the mails as a page, and the clock.
pub(super) async fn page(State(portal): State<Portal>) -> Response {
    let Some(demo) = &portal.demo else { return StatusCode::NOT_FOUND.into_response() };
    let page = Html(document(&portal.assets, demo, portal.access.now()));
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], page).into_response()
}

fn document(assets: &Assets, demo: &Demo, now: jiff::Timestamp) -> String {
    let mails = demo.mailbox.mails();
    let letters = if mails.is_empty() {
        "<p>No mail yet. Register, or reset a password, and read on here.</p>".to_owned()
    } else {
        mails.iter().fold(String::new(), |mut page, mail| {
            let _ = write!(page, "{}", letter(mail));
            page
        })
    };
    let buttons = Shift::OFFERED.iter().fold(String::new(), |mut buttons, (value, label)| {
        let _ = write!(
            buttons,
            "<button class=\"button quiet small\" name=\"advance\" value=\"{value}\">{label}</button> "
        );
        buttons
    });
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Mailbox – Portico demo</title>\
         <link rel=\"stylesheet\" href=\"{css}\"><link rel=\"icon\" type=\"image/svg+xml\" href=\"{icon}\"></head><body>\
         <a class=\"skip\" href=\"#main\">Skip to main content</a><div class=\"frame\"><header class=\"top\">\
         <a class=\"brand\" href=\"/dev/mailbox\"><span class=\"mark\" aria-hidden=\"true\">P</span> Portico demo</a>\
         <ul class=\"tools\"><li><a href=\"/o/evergreen/sign-in\">Evergreen</a><li><a href=\"/o/riverside/sign-in\">Riverside</a></ul>\
         </header><main class=\"main\" id=\"main\" tabindex=\"-1\"><h1>Mailbox</h1>\
         <p class=\"lead\">Every mail of the demo, newest first. Load the page again for new ones.</p>{letters}\
         <h2>The clock</h2><p>For the portal it is {now}. Move it on, to see what time does:</p>\
         <form method=\"post\" action=\"/dev/clock\"><p class=\"actions\">{buttons}</p></form></main></div></body></html>",
        css = escape(&assets.address("portico.css")),
        icon = escape(&assets.address("favicon.svg")),
        now = escape(&moment(now)),
    )
}

fn letter(mail: &Recorded) -> String {
    let text = mail.text.trim().lines().map(line).collect::<Vec<_>>().join("<br>");
    format!(
        "<article class=\"inset\"><h2>{subject}</h2><p class=\"caption\">To {to}, {at}</p><p>{text}</p></article>",
        subject = escape(&mail.subject),
        to = escape(&mail.to),
        at = escape(&moment(mail.at)),
    )
}

/// A line of a mail; one that is a web address becomes a link, as mail programs do.
fn line(line: &str) -> String {
    let is_link =
        ["http://", "https://"].iter().any(|scheme| line.starts_with(scheme)) && !line.contains(' ');
    let line = escape(line);
    if is_link { format!("<a href=\"{line}\">{line}</a>") } else { line }
}

fn moment(at: jiff::Timestamp) -> String {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    portico_mail::moment::in_words(at, &zone, portico_rules::Lang::En)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_shown_as_text() {
        let mail = Recorded {
            id: "1@x".into(),
            to: "a&b@mail.example".into(),
            subject: "<script>alert(1)</script>".into(),
            text: "Hello \"Rosa\",\n\nhttps://portal.example/o/x?a=1&b='2'\nnot https://a link\njavascript:alert(1)".into(),
            html: String::new(),
            at: "2026-11-22T23:45:00Z".parse().unwrap(),
        };
        let html = letter(&mail);
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
        assert!(html.contains("To a&amp;b@mail.example, 3:45 PM PST"), "{html}");
        let link = "https://portal.example/o/x?a=1&amp;b=&#39;2&#39;";
        assert!(html.contains(&format!("<a href=\"{link}\">{link}</a>")), "{html}");
        assert_eq!(html.matches("<a ").count(), 1, "{html}");
    }
}
