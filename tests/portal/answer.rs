//! What a browser without scripts makes of an answer.

use axum::http::{HeaderMap, StatusCode, header};
use std::collections::BTreeMap;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// Where it leads, empty if it does not.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    /// The value of the first input of that name.
    pub(crate) fn input(&self, name: &str) -> Option<String> {
        let tag = self
            .body
            .split('<')
            .find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")))?;
        let value = tag.split_once("value=\"")?.1.split('"').next()?;
        Some(value.to_owned())
    }

    /// The text between the tags of the `h1`.
    pub(crate) fn heading(&self) -> &str {
        let inside = self.body.split_once("<h1").and_then(|(_, rest)| rest.split_once('>'));
        inside.and_then(|(_, rest)| rest.split_once("</h1>")).map_or("", |(heading, _)| heading)
    }
}

/// Does what the `Set-Cookie` headers say. Every cookie of every answer is one that no script, no other site and no
/// sibling host can have, and no larger than browsers keep (ASVS V3.3).
pub(crate) fn keep_cookies(cookies: &mut BTreeMap<String, String>, headers: &HeaderMap) {
    for cookie in headers.get_all(header::SET_COOKIE) {
        let text = cookie.to_str().unwrap();
        assert!(text.starts_with("__Host-") && text.len() < 4_096, "{text}");
        for flag in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
            assert!(text.contains(flag), "{text}");
        }
        assert!(!text.to_lowercase().contains("domain="), "{text}");
        // A session ends with the browser at the latest; what ends a cookie is the one that has an age of none.
        let is_session = text.starts_with("__Host-session=") && !text.contains("Max-Age=0");
        assert!(!is_session || !text.contains("Max-Age"), "{text}");
        let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        if value.is_empty() {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
