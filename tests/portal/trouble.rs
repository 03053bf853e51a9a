//! When something fails on our side: nothing is done, nobody is let in, and people are told what they can do (ASVS
//! V16.5.1 to V16.5.3).

use crate::{
    browser::Browser,
    journeys::{ABOUT_ROSA, with_rosa},
};
use axum::http::{Method, StatusCode};
use portico::{
    routes::Place,
    server::{network::TrustedProxies, testing::TestPortal},
};
use portico_access::testing::{Someone, World};
use portico_store::testing::{TestDatabase, databases};

/// The tables that say who has access. Attempts are counted before, wherever they end.
async fn access_rows(database: &TestDatabase) -> Vec<String> {
    let tables = [
        "sessions:",
        "outbox:",
        "pins:",
        "email_changes:",
        "disavowals:",
        "password_history:",
        "security_answers:",
    ];
    let rows = database.rows().await.into_iter();
    rows.filter(|row| tables.iter().any(|table| row.starts_with(table))).collect()
}

async fn without_audit(database: &TestDatabase) {
    database.execute("ALTER TABLE audit RENAME TO audit_elsewhere").await;
}

async fn with_audit(database: &TestDatabase) {
    database.execute("ALTER TABLE audit_elsewhere RENAME TO audit").await;
}

/// The audit row and what it tells of are one transaction.
#[tokio::test]
async fn what_cannot_be_noted_is_not_done() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        with_rosa(&portal).await;
        world.account(&world.evergreen, Someone::MARIA).await;
        let mut maria = Browser::new(&portal);
        maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        let mut rosa = Browser::new(&portal);
        rosa.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        rosa.submit("/o/evergreen/register/email", "/api/register-send-code", &[]).await;
        let code = crate::journeys::code(&portal).await;
        let fields = [("code", code.as_str())];
        rosa.submit("/o/evergreen/register/email/code", "/api/register-prove-code", &fields).await;
        let details = [("user_id", "rosa.delgado"), ("password", "walking42"), ("confirm", "walking42")];
        rosa.submit("/o/evergreen/register/sign-in-details", "/api/register-sign-in-details", &details).await;

        let before = access_rows(&database).await;
        let accounts = database.ask("SELECT id FROM accounts").await;
        without_audit(&database).await;
        let mut stranger = Browser::new(&portal);
        for password in ["walking42", "guess4it"] {
            let page = stranger.sign_in("evergreen", "maria.lopez", password).await;
            assert!(page.body.contains("Something went wrong on our side"), "{}", page.body);
            assert!(!stranger.cookies.contains_key("__Host-session"));
        }
        // A page that tells nothing of the log.
        let home = "/o/evergreen/home";
        for (action, fields) in [
            (
                "/api/change-password",
                &[("current", "walking42"), ("password", "harbor77"), ("confirm", "harbor77")][..],
            ),
            ("/api/change-email", &[("email", "new@mail.example"), ("current", "walking42")]),
            ("/api/close-account", &[("current", "walking42")]),
            ("/api/log-out", &[]),
        ] {
            let session = maria.cookies["__Host-session"].clone();
            let sent = maria.post(home, action, fields).await;
            let to = sent.location().to_owned();
            let page = maria.open(&to).await;
            assert!(page.body.contains("Something went wrong on our side"), "{action}: {}", page.heading());
            assert_eq!(maria.cookies["__Host-session"], session, "{action}");
        }
        let sent = maria.post("/o/evergreen/account/not-me", "/api/not-me", &[]).await;
        assert_eq!(sent.location(), "/o/evergreen/account/not-me");
        let page = rosa.create_account().await;
        assert!(page.body.contains("Something went wrong on our side"));
        assert!(!rosa.cookies.contains_key("__Host-session"));
        assert_eq!(access_rows(&database).await, before, "on {}", database.kind());
        assert_eq!(database.ask("SELECT id FROM accounts").await, accounts);

        // And when it is back all goes on where it was.
        with_audit(&database).await;
        assert_eq!(maria.open("/o/evergreen/account").await.heading(), "Your information");
        let page = rosa.create_account().await;
        assert_eq!(page.heading(), "You are registered");
        assert_eq!(
            stranger.sign_in("evergreen", "maria.lopez", "walking42").await.heading(),
            "Your programs"
        );
    }
}

/// A limit that cannot be looked up refuses.
#[tokio::test]
async fn without_its_limits_nothing_is_sent() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        portal.world.account(&portal.world.riverside, Someone::SAM).await;
        database.execute("ALTER TABLE limits RENAME TO limits_elsewhere").await;
        let born = [("month", "4"), ("day", "12"), ("year", "1986")];
        let pin = [&[("email", "rosa@mail.example")][..], &born].concat();
        for (page, action, fields) in [
            ("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA[..]),
            ("/o/evergreen/forgot-password", "/api/pin-request", &pin[..]),
            ("/o/riverside/reset-password", "/api/reset-request", &[("email", Someone::SAM.email)]),
        ] {
            let mut browser = Browser::new(&portal);
            let page = browser.submit(page, action, fields).await;
            assert!(page.body.contains("Something went wrong on our side"), "{action}: {}", page.heading());
            for cookie in ["registration", "pin"] {
                assert!(!browser.cookies.contains_key(&format!("__Host-{cookie}")), "{action}");
            }
        }
        assert!(portal.deliver().await.is_empty());
    }
}

/// No page, form or question is answered without the database, and the answer says no more than what to do.
#[tokio::test]
async fn without_the_database_everything_is_refused_in_words() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let mut maria = Browser::new(&portal);
        maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        let sign_in = "/o/evergreen/sign-in";
        let token = maria.open("/o/evergreen/account").await.input("form_token").unwrap();
        portal.world.access.store.close().await;
        let html = [("sec-fetch-site", "same-origin"), ("accept", "text/html,*/*")];
        for (place, _) in Place::ALL {
            let page = place.of("evergreen");
            for (language, words) in
                [("en", "Something went wrong on our side."), ("es-MX", "Algo falló de nuestro lado.")]
            {
                let headers = [html[0], html[1], ("accept-language", language)];
                let answer = maria.send(Method::GET, &page, &headers, String::new()).await;
                assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{page}");
                let reference = answer.headers["x-request-id"].to_str().unwrap();
                assert!(
                    answer.body.contains(words) && answer.body.contains(reference),
                    "{page}: {}",
                    answer.body
                );
                assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
                assert_eq!(answer.headers["cache-control"], "no-store");
                for inside in ["sql", "pool", "database", "portico_", ".rs", "panic"] {
                    assert!(!answer.body.to_lowercase().contains(inside), "{page}: {}", answer.body);
                }
            }
        }
        let fields = [
            ("organization", "evergreen"),
            ("page", sign_in),
            ("form_token", token.as_str()),
            ("identifier", "maria.lopez"),
            ("password", "walking42"),
        ];
        let session = maria.cookies["__Host-session"].clone();
        let answer = maria.post_fields("/api/sign-in", &fields, &[]).await;
        assert!(answer.status.is_server_error() && answer.body.contains("Something went wrong on our side."));
        assert_eq!(maria.cookies["__Host-session"], session, "no other session");
        for address in ["/api/visit?address=%2Fo%2Fevergreen%2Fhome", "/api/timer?organization=evergreen"] {
            assert!(maria.get(address).await.status.is_server_error(), "{address}");
        }
        assert_eq!(maria.get("/health").await.status, StatusCode::OK);
        assert_eq!(maria.get("/ready").await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
}

/// CVE-2024-47070: what stands in `X-Forwarded-For` decides where limits count, and never who somebody is.
#[tokio::test]
async fn an_unreadable_forwarded_address_signs_nobody_in_and_keeps_nobody_out() {
    for database in databases().await {
        let portal = TestPortal::with(World::on(&database).await, |shared| {
            shared.trusted_proxies = TrustedProxies::parse(["127.0.0.1"]).unwrap();
        });
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let page = "/o/evergreen/sign-in";
        let many = vec!["203.0.113.9"; 1_000].join(", ");
        for forwarded in
            ["203.0.113.9", "a", ",", ", ,", "127.0.0.1", "999.1.1.1", "[::1", "-1", "unknown", "1", &many]
        {
            for (password, is_right) in [("guess4it", false), ("", false), ("walking42", true)] {
                let mut browser = Browser::new(&portal);
                let token = browser.open(page).await.input("form_token").unwrap();
                let fields = [
                    ("organization", "evergreen"),
                    ("page", page),
                    ("form_token", token.as_str()),
                    ("identifier", "maria.lopez"),
                    ("password", password),
                ];
                let headers = [("x-forwarded-for", forwarded), ("x-forwarded-proto", "https")];
                browser.post_fields("/api/sign-in", &fields, &headers).await;
                let is_in = browser.cookies.contains_key("__Host-session");
                assert_eq!(is_in, is_right, "{password} from {:?}", &forwarded[..forwarded.len().min(20)]);
            }
        }
    }
}
