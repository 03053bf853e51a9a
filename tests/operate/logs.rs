//! Nothing personal and nothing secret reaches the log, at any level.

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use portico::server::{logs::subscriber, settings::LogLevel, testing::TestPortal};
use portico_access::testing::Someone;
use portico_store::testing::databases;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tower::ServiceExt as _;

/// Values that must not be seen, each in a place of its own.
const PLANTED: [&str; 14] = [
    "plantedpassword1",
    "plantedcode12345678",
    "planted-user-id",
    "planted@mail.example",
    "Plantedfirst",
    "Plantedlast",
    "1987-planted",
    "900-55-4321",
    "12 Planted Street",
    "plantedtoken",
    "plantedquery",
    "plantedcookie",
    "plantedheader",
    "plantedmethod",
];

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_planted_is_logged() {
    let page = Page::default();
    let writer = page.clone();
    let log = tracing::Dispatch::new(subscriber(LogLevel::Trace, true, move || writer.clone()));
    // Of the whole process, since decisions run on in tasks of their own; what other tests log is looked through as well.
    tracing::dispatcher::set_global_default(log).unwrap();
    plant().await;
    let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    let mut answered = 0;
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if line["message"] == "answered" {
            answered += 1;
            assert_eq!(line["span"]["id"].as_str().unwrap().len(), 26, "{line}");
        }
    }
    assert!(answered >= 20, "{text}");
    let seen: Vec<_> =
        PLANTED.iter().filter(|planted| text.to_lowercase().contains(&planted.to_lowercase())).collect();
    assert!(seen.is_empty(), "{seen:?} in {text}");
}

async fn plant() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let planted = Someone {
            name: "Plantedfirst Plantedlast",
            user_id: "planted-user-id",
            email: "planted@mail.example",
            password: "plantedpassword1",
            person_id: None,
        };
        portal.world.account(&portal.world.evergreen, planted).await;
        let cookie = form_cookie(&portal).await;
        for path in [
            "/o/evergreen/sign-in?next=plantedquery",
            "/o/evergreen/new-password/plantedtoken",
            "/o/evergreen/reset-password?token=plantedtoken",
            "/o/plantedtoken/sign-in",
            "/plantedtoken",
            "/api/visit?address=%2Fo%2Fevergreen%2Fsign-in%3Fplantedquery",
            "/api/plantedtoken",
            "/pkg/plantedtoken/plantedtoken.js",
            "/health?plantedquery",
        ] {
            let request = Request::get(path)
                .header("cookie", "__Host-session=plantedcookie; __Host-form=plantedcookie")
                .header("user-agent", "plantedheader")
                .header("accept-language", "plantedheader")
                .header("x-forwarded-for", "plantedheader")
                .header("x-request-id", "plantedheader");
            ask(&portal, request.body(Body::empty()).unwrap()).await;
        }
        let body = "organization=evergreen&page=%2Fo%2Fevergreen%2Fsign-in&identifier=planted-user-id&password=plantedpassword1\
                    &email=planted%40mail.example&first_name=Plantedfirst&last_name=Plantedlast&date=1987-planted&ssn=900-55-4321\
                    &address_line1=12+Planted+Street&code=plantedcode12345678&new_password=plantedpassword1&form_token=";
        for path in ["/api/sign-in", "/api/register", "/api/reset-password", "/language", "/api/plantedtoken"]
        {
            for token in ["plantedtoken", &cookie.1] {
                let request = Request::post(path)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("cookie", &cookie.0)
                    .header("origin", "https://portal.example");
                ask(&portal, request.body(Body::from(format!("{body}{token}"))).unwrap()).await;
            }
        }
        // What cannot be read as the form's fields is not quoted either.
        for fields in [
            "document=plantedpassword1",
            "password=a&password=plantedpassword1",
            "password%5Ba%5D=plantedpassword1",
            "password%5B%5D=plantedpassword1&current%5B0%5D=plantedpassword1&email%5Bx%5D=planted%40mail.example",
        ] {
            for path in ["/api/sign-in", "/api/leave", "/api/change-password", "/api/register-about-you"] {
                let body = format!(
                    "organization=evergreen&page=%2Fo%2Fevergreen%2Fsign-in&{fields}&form_token={}",
                    cookie.1
                );
                let request = Request::post(path)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("cookie", &cookie.0)
                    .header("origin", "https://portal.example");
                ask(&portal, request.body(Body::from(body)).unwrap()).await;
            }
        }
        let odd = Request::builder()
            .method("PLANTEDMETHOD")
            .uri("/o/evergreen/sign-in")
            .body(Body::empty())
            .unwrap();
        ask(&portal, odd).await;
        portal.deliver().await;
    }
}

/// The cookie of a browser, and the form token that goes with it.
async fn form_cookie(portal: &TestPortal) -> (String, String) {
    let request = Request::get("/o/evergreen/sign-in").body(Body::empty()).unwrap();
    let answer = portal.router.clone().oneshot(request).await.unwrap();
    let cookies = answer.headers().get_all("set-cookie").iter();
    let cookies: Vec<_> =
        cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
    let page = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let page = String::from_utf8_lossy(&page).into_owned();
    let field = page.split("form_token").nth(1).unwrap_or_default();
    let token = field.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    assert!(!token.is_empty(), "{page}");
    (cookies.join("; "), token.to_owned())
}

async fn ask(portal: &TestPortal, request: Request<Body>) {
    let answer = portal.router.clone().oneshot(request).await.unwrap();
    to_bytes(answer.into_body(), 1 << 22).await.unwrap();
}
