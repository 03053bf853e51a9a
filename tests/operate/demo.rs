//! The demo: what it refuses, what it adds, and that nothing of it is anywhere else.

use crate::process::Machine;
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use portico::server::{demo::Demo, testing::TestPortal};
use portico_access::{
    ShiftedClock,
    retention::Retention,
    sign_in::{Browser, SignIn, sign_in},
    testing::{Someone, World},
};
use portico_mail::transport::Recorder;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt as _;

#[test]
fn refuses_what_is_real() {
    let listen = Machine::new().set("PORTICO_LISTEN", "0.0.0.0:0").refused(&["serve", "--demo"]);
    assert!(listen.contains("this machine alone"), "{listen}");
    let database =
        Machine::new().set("PORTICO_DATABASE_URL", "sqlite:portico.db").refused(&["serve", "--demo"]);
    assert!(database.contains("touches no real database"), "{database}");
    let machine = Machine::new();
    machine.write("portico.toml", "database_url = \"sqlite:portico.db\"\n");
    assert!(machine.refused(&["serve", "--demo"]).contains("touches no real database"));
}

#[test]
fn opens_with_people_in_it() {
    let machine = Machine::new().set("PORTICO_LISTEN", "127.0.0.1:0");
    let demo = machine.serve_demo();
    let page = demo.get("/dev/mailbox");
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("No mail yet"), "{page}");
    assert!(demo.get("/dev/mailbox.json").ends_with("[]"));
    assert!(demo.get("/o/evergreen/sign-in").starts_with("HTTP/1.1 200 "));
    assert!(demo.get("/o/riverside/sign-in").starts_with("HTTP/1.1 200 "));
    let start = demo.get("/");
    assert!(
        start.starts_with("HTTP/1.1 303 ") && start.contains("location: /o/evergreen/sign-in"),
        "{start}"
    );

    let host = |host: &str| {
        demo.send(&format!("GET /o/evergreen/sign-in HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    };
    assert!(host("evil.example").starts_with("HTTP/1.1 421 "));
    assert!(host(&demo.address.replace("127.0.0.1", "127.0.0.1.evil.example")).starts_with("HTTP/1.1 421 "));
    let localhost = host(&demo.address.replace("127.0.0.1", "localhost"));
    let there = format!("location: http://{}/o/evergreen/sign-in", demo.address);
    assert!(localhost.starts_with("HTTP/1.1 303 ") && localhost.contains(&there), "{localhost}");
    assert!(demo.send("GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 421 "), "no name at all");

    let before = now(&demo.post("/dev/clock", "", "advance=0s"));
    let after = now(&demo.post("/dev/clock", "", "advance=90d"));
    assert!(after.duration_since(before).as_hours() >= 90 * 24);
    let browser = demo.post("/dev/clock", "Accept: text/html\r\n", "advance=1m");
    assert!(browser.starts_with("HTTP/1.1 303 ") && browser.contains("location: /dev/mailbox"), "{browser}");
    let own = format!("Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n", demo.address);
    assert!(demo.post("/dev/clock", &own, "advance=1m").starts_with("HTTP/1.1 200 "));
    for headers in ["Origin: https://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"]
    {
        assert!(demo.post("/dev/clock", headers, "advance=1d").starts_with("HTTP/1.1 403 "), "{headers}");
    }
    for body in ["", "advance=", "advance=-1d", "advance=soon"] {
        assert!(demo.post("/dev/clock", "", body).starts_with("HTTP/1.1 422 "), "{body}");
    }

    let (status, _) = demo.stop("-TERM");
    assert_eq!(status.code(), Some(0));
    assert_eq!(std::fs::read_dir(machine.path()).unwrap().count(), 0, "nothing is left behind");
}

fn now(answer: &str) -> jiff::Timestamp {
    let body = answer.rsplit("\r\n").next().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    body["now"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn moving_the_clock_forgets_what_is_over_by_then() {
    for database in portico_store::testing::databases().await {
        let clock = Arc::new(ShiftedClock::default());
        let mut world = World::on(&database).await;
        world.access.clock = clock.clone();
        let portal = TestPortal::with(world, |shared| {
            shared.demo = Some(Demo {
                mailbox: Recorder::default(),
                clock: clock.clone(),
                address: "127.0.0.1:3000".parse().unwrap(),
                retention: Retention::default(),
            });
        });
        let (access, evergreen) = (&portal.world.access, &portal.world.evergreen);
        portal.world.account(evergreen, Someone::MARIA).await;
        let entered =
            sign_in(access, evergreen, "maria.lopez", "walking42".into(), Browser::default()).await.unwrap();
        assert!(matches!(entered, SignIn::In { .. }));
        let sessions = async || database.ask("SELECT id FROM sessions").await.len();
        let advance = async |by: &str| {
            let request = Request::post("/dev/clock")
                .header("host", "127.0.0.1:3000")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(format!("advance={by}")))
                .unwrap();
            let answer = portal.router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        };
        advance("89d").await;
        assert_eq!(sessions().await, 1, "kept for 90 days on {}", database.kind());
        advance("311d").await;
        assert_eq!(sessions().await, 0, "forgotten by then on {}", database.kind());
    }
}

#[tokio::test]
async fn is_absent_from_anything_real() {
    for database in portico_store::testing::databases().await {
        let portal = TestPortal::on(&database).await;
        for (method, path) in [
            ("GET", "/dev/mailbox"),
            ("GET", "/dev/mailbox.json"),
            ("POST", "/dev/clock"),
            ("GET", "/dev/components"),
            ("GET", "/dev"),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from("advance=90d"))
                .unwrap();
            let before = portal.world.access.now();
            let answer = portal.router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
            assert_eq!(portal.world.access.now(), before);
        }
    }
}

#[test]
fn its_page_of_components_switches_the_language() {
    let machine = Machine::new().set("PORTICO_LISTEN", "127.0.0.1:0");
    let demo = machine.serve_demo();
    let page = demo.get("/dev/components");
    let between = |before: &str, after: &str| page.split_once(before).unwrap().1.split_once(after).unwrap().0;
    let cookie = format!("Cookie: {}\r\nAccept: text/html\r\n", between("set-cookie: ", ";"));
    let token = between("name=\"form_token\" value=\"", "\"");
    let form = format!("organization=evergreen&page=/dev/components&form_token={token}&language=es");
    let answer = demo.post("/language", &cookie, &form);
    assert!(answer.contains("location: /dev/components\r\n"), "{answer}");
    assert!(answer.contains("set-cookie: __Host-language=es"), "{answer}");
}
