//! A browser without scripts: keeps cookies, follows redirects by hand, fills in the forms that a page has.

pub(crate) use crate::answer::Answer;
use crate::answer::keep_cookies;
use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use portico::server::testing::TestPortal;
use std::collections::BTreeMap;
use tower::ServiceExt as _;

pub(crate) struct Browser {
    portal: TestPortal,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(portal: &TestPortal) -> Self {
        Self { portal: portal.clone(), cookies: BTreeMap::new() }
    }

    /// A page opened by a link inside.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("sec-fetch-site", "same-origin")], String::new()).await
    }

    /// A page opened, and what it leads on to.
    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..5 {
            if !answer.status.is_redirection() {
                return answer;
            }
            let to = answer.location().to_owned();
            answer = self.get(&to).await;
        }
        panic!("{path} leads in circles");
    }

    /// Sends a form of `page` with these fields, and opens where it leads.
    pub(crate) async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let sent = self.post(page, action, fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{action}: {}", sent.body);
        let to = sent.location().to_owned();
        self.open(&to).await
    }

    /// Sends a form of `page` with these fields.
    pub(crate) async fn post(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.open(page).await.input("form_token").expect("a form with its token");
        let organization = page.split('/').nth(2).unwrap();
        let mut all = vec![("organization", organization), ("page", page), ("form_token", &token)];
        all.extend(fields);
        self.post_fields(action, &all, &[]).await
    }

    /// Posts just these fields, with more headers.
    pub(crate) async fn post_fields(
        &mut self,
        action: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut all = vec![
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
            ("origin", "https://portal.example"),
            ("sec-fetch-site", "same-origin"),
        ];
        all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
        all.extend(headers.iter().filter(|(_, value)| !value.is_empty()));
        self.send(Method::POST, action, &all, serde_urlencoded::to_string(fields).unwrap()).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "portal.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let answer =
            self.portal.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        keep_cookies(&mut self.cookies, &parts.headers);
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Presses *Español* on a page without a form of its own, and opens where it leads.
    pub(crate) async fn switch_to_spanish(&mut self, shown: &Answer) -> Answer {
        let names = ["organization", "page", "form_token", "next", "state", "since"];
        let fields: Vec<_> = names.into_iter().filter_map(|name| Some((name, shown.input(name)?))).collect();
        let mut all: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.push(("language", "es"));
        let sent = self.post_fields("/language", &all, &[]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let to = sent.location().to_owned();
        let answer = self.get(&to).await;
        assert!(answer.body.contains("<html lang=\"es\""), "{to}");
        answer
    }

    /// Presses *Create my account* on *Check your answers* as it is shown now.
    pub(crate) async fn create_account(&mut self) -> Answer {
        let page = "/o/evergreen/register/check";
        let shown = self.open(page).await.input("shown").expect("what it shows");
        self.submit(page, "/api/register-create", &[("shown", &shown)]).await
    }

    /// Signs in with what the page asks for.
    pub(crate) async fn sign_in(&mut self, slug: &str, identifier: &str, password: &str) -> Answer {
        let page = format!("/o/{slug}/sign-in");
        self.submit(&page, "/api/sign-in", &[("identifier", identifier), ("password", password)]).await
    }
}
