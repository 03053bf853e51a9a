//! What every request passes before it reaches a page.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use portico::server::{
    network::{Peer, TrustedProxies},
    testing::TestPortal,
};
use portico_access::testing::World;
use portico_store::{
    Store,
    testing::{TestDatabase, databases},
};
use std::net::SocketAddr;
use tower::ServiceExt as _;

const PAGE: &str = "/o/evergreen/sign-in?next=%2Fo%2Fevergreen%2Fhome";

/// A portal behind a proxy on this machine.
async fn behind_a_proxy(database: &TestDatabase) -> TestPortal {
    TestPortal::with(World::on(database).await, |shared| {
        shared.trusted_proxies = TrustedProxies::parse(["127.0.0.1"]).unwrap();
    })
}

async fn ask(portal: &TestPortal, request: Request<Body>) -> (StatusCode, HeaderMap) {
    let answer = portal.router.clone().oneshot(request).await.unwrap();
    (answer.status(), answer.headers().clone())
}

fn request(method: &Method, path: &str, peer: &str, forwarded: Option<&str>) -> Request<Body> {
    let peer: SocketAddr = peer.parse().unwrap();
    let mut request = Request::builder().method(method).uri(path).extension(Peer::new(peer, false));
    if let Some(forwarded) = forwarded {
        request = request.header("x-forwarded-proto", forwarded);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn what_only_reads_is_sent_to_https() {
    for database in databases().await {
        let portal = behind_a_proxy(&database).await;
        for (peer, forwarded, case) in [
            ("203.0.113.9:1", None, "directly"),
            ("203.0.113.9:1", Some("https"), "directly, with a lie"),
            ("127.0.0.1:1", Some("http"), "by the proxy"),
            ("127.0.0.1:1", None, "by a proxy that does not say"),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let (status, headers) = ask(&portal, request(&method, PAGE, peer, forwarded)).await;
                assert_eq!(status, StatusCode::PERMANENT_REDIRECT, "{method} {case}");
                assert_eq!(headers[header::LOCATION], format!("https://portal.example{PAGE}"), "{case}");
                assert_eq!(headers[header::CACHE_CONTROL], "no-store");
                assert!(headers.get(header::SET_COOKIE).is_none());
            }
        }
        let (status, _) = ask(&portal, request(&Method::GET, PAGE, "127.0.0.1:1", Some("https"))).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_changes_is_refused_in_clear() {
    for database in databases().await {
        let portal = behind_a_proxy(&database).await;
        for path in ["/api/sign-in", "/language", "/dev/clock", "/o/evergreen/sign-in"] {
            for method in [Method::POST, Method::PUT, Method::DELETE] {
                let (status, headers) =
                    ask(&portal, request(&method, path, "127.0.0.1:1", Some("http"))).await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
                assert!(headers.get(header::LOCATION).is_none());
            }
        }
    }
}

#[tokio::test]
async fn probes_are_answered_in_clear() {
    for database in databases().await {
        let portal = behind_a_proxy(&database).await;
        for path in ["/health", "/ready"] {
            let (status, _) = ask(&portal, request(&Method::GET, path, "203.0.113.9:1", None)).await;
            assert_eq!(status, StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test]
async fn ready_is_said_of_a_right_schema_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("empty.db").display())).await.unwrap();
    for database in databases().await {
        let mut world = World::on(&database).await;
        world.access.store = store.clone();
        let portal = TestPortal::with(world, |_| {});
        let get = |path: &str| request(&Method::GET, path, "127.0.0.1:1", None);
        assert_eq!(ask(&portal, get("/ready")).await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ask(&portal, get("/health")).await.0, StatusCode::OK);
    }
    store.close().await;
}

#[tokio::test]
async fn every_answer_has_an_id_of_our_own() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        for path in ["/health", "/o/evergreen/sign-in", "/nowhere", "/pkg/x/y.js", "/api/nothing"] {
            let request =
                Request::get(path).header("x-request-id", "mine\tall-mine").body(Body::empty()).unwrap();
            let (_, headers) = ask(&portal, request).await;
            let ids: Vec<_> = headers.get_all("x-request-id").iter().collect();
            assert_eq!(ids.len(), 1, "{path}");
            assert_eq!(ids[0].len(), 26, "{path}");
            assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
            assert!(headers.contains_key("strict-transport-security"), "{path}");
        }
    }
}

#[tokio::test]
async fn bodies_have_a_limit() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let body = "x".repeat(portico::server::front::LARGEST_BODY + 1);
        let request = Request::post("/api/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("content-length", body.len())
            .body(Body::from(body))
            .unwrap();
        assert_eq!(ask(&portal, request).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
