//! The security floor: what every response has and every POST is asked, whichever address it is. The addresses are
//! listed by the code itself, so a new one is covered by being there.

use crate::browser::Browser;
use axum::http::{Method, StatusCode, header};
use leptos::server_fn::axum::server_fn_paths;
use portico::{routes::Place, server::testing::TestPortal};
use portico_access::testing::Someone;
use portico_store::testing::databases;
use std::collections::HashSet;

/// Every address that answers a GET.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = ["evergreen", "riverside", "nowhere"]
        .into_iter()
        .flat_map(|slug| Place::ALL.map(|(place, _)| place.of(slug)))
        .collect();
    pages.extend(
        [
            "/",
            "/health",
            "/ready",
            "/o/evergreen/theme.css",
            "/o/evergreen/no-such-page",
            "/elsewhere",
            "/pkg/0/portico.css",
        ]
        .map(str::to_owned),
    );
    pages.push("/api/visit?address=%2Fo%2Fevergreen%2Fhome".to_owned());
    pages.push("/api/timer?organization=evergreen".to_owned());
    pages.push(
        "/o/riverside/new-password?token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
    );
    pages
}

/// Every address that answers a POST.
fn actions() -> Vec<String> {
    let mut actions: Vec<String> = server_fn_paths()
        .filter(|(_, method)| *method == Method::POST)
        .map(|(path, _)| path.to_owned())
        .collect();
    assert!(actions.len() >= 10, "the server functions are registered: {actions:?}");
    actions.push("/language".to_owned());
    actions
}

#[tokio::test]
async fn every_response_has_the_headers() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let mut stranger = Browser::new(&portal);
        let mut member = Browser::new(&portal);
        let mut nonces = HashSet::new();
        member.sign_in("evergreen", "maria.lopez", "walking42").await;
        for browser in [&mut stranger, &mut member] {
            for page in pages() {
                let answer = browser.get(&page).await;
                let header =
                    |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().unwrap());
                assert!(!answer.status.is_server_error(), "{page}: {}", answer.status);
                let policy = header("content-security-policy");
                assert!(
                    policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                    "{page}: {policy}"
                );
                assert!(
                    !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
                    "{page}: {policy}"
                );
                assert_eq!(header("x-content-type-options"), "nosniff", "{page}");
                assert_eq!(header("referrer-policy"), "same-origin", "{page}");
                assert!(header("strict-transport-security").contains("max-age="), "{page}");
                if header("content-type").starts_with("text/html") {
                    assert_eq!(header("cache-control"), "no-store", "{page}");
                    let nonce =
                        policy.split_once("'nonce-").map(|(_, rest)| rest.split('\'').next().unwrap());
                    let nonce = nonce.unwrap_or_else(|| panic!("{page}: no nonce in {policy}"));
                    for script in answer.body.split("<script").skip(1) {
                        let tag = script.split('>').next().unwrap();
                        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{page}: <script{tag}>");
                    }
                    assert!(!answer.body.contains(" style="), "{page} has an inline style");
                    for other in ["'self' ", "http:", "https:", "data:", "blob:"] {
                        assert!(!policy.replace("'self';", "").contains(other), "{page}: {policy}");
                    }
                    for part in ["base-uri 'none'", "form-action 'self'", "script-src 'nonce-"] {
                        assert!(policy.contains(part), "{page}: {policy}");
                    }
                    assert!(nonces.insert(nonce.to_owned()), "{page}: a nonce twice");
                }
                assert_eq!(header("x-frame-options"), "DENY", "{page}");
                assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{page}");
                assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{page}");
                assert!(header("strict-transport-security").ends_with("; includeSubDomains"), "{page}");
                // Text says in which letters, and what has no body has no kind.
                let kind = header("content-type");
                assert!(!kind.starts_with("text/") || kind.ends_with("charset=utf-8"), "{page}: {kind}");
                assert!(answer.body.is_empty() || !kind.is_empty(), "{page}");
                for silent in ["server", "x-powered-by", "via"] {
                    assert_eq!(header(silent), "", "{page}: {silent}");
                }
            }
        }
    }
}

/// No answer is for another site to read, whatever it says that it is (ASVS V3.4.2), and only a few methods are known
/// (V4.1.4, V13.4.4).
#[tokio::test]
async fn nothing_is_shared_with_other_sites_and_few_methods_are_known() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let mut member = Browser::new(&portal);
        member.sign_in("evergreen", "maria.lopez", "walking42").await;
        for page in pages().into_iter().chain(actions()) {
            for origin in [
                "https://evil.example",
                "null",
                "https://portal.example.evil.example",
                "https://portal.example",
            ] {
                for method in [Method::GET, Method::OPTIONS] {
                    let headers = [
                        ("origin", origin),
                        ("access-control-request-method", "POST"),
                        ("sec-fetch-site", "cross-site"),
                    ];
                    let answer = member.send(method, &page, &headers, String::new()).await;
                    let shares =
                        answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
                    assert!(!shares, "{page} for {origin}");
                }
            }
            for method in ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND", "ODD"] {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let answer = member.send(method.clone(), &page, &[], String::new()).await;
                assert!(answer.status.is_client_error(), "{method} {page}: {}", answer.status);
            }
        }
        // Neither files of the machine, nor lists of files, nor what is for operators (V13.4.1, V13.4.3, V13.4.5); nor a
        // personal page under a name that a cache would keep (V14.2.5).
        for nothing in [
            "/.git/HEAD",
            "/.env",
            "/Cargo.toml",
            "/portico.toml",
            "/portico.db",
            "/metrics",
            "/dev/mailbox",
            "/dev/mailbox.json",
            "/dev/clock",
            "/dev/components",
            "/pkg/",
            "/pkg",
            "/pkg/0/",
            "/pkg/0/..%2f..%2fCargo.toml",
            "/pkg/0/../../Cargo.toml",
            "/pkg/0/portico.wasm.map",
            "/api/",
            "/o/evergreen/account/x.css",
            "/o/evergreen/account.css",
            "/o/evergreen/account;x.js",
            "/o/evergreen/account/",
            "/o/evergreen/account%2Fx.css",
        ] {
            let answer = member.get(nothing).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nothing}");
            assert_eq!(answer.headers["cache-control"], "no-store", "{nothing}");
            assert!(!answer.body.contains("maria@mail.example"), "{nothing}");
        }
    }
}

#[tokio::test]
async fn every_post_is_guarded() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let page = "/o/evergreen/sign-in";
        let mut browser = Browser::new(&portal);
        let token = browser.get(page).await.input("form_token").unwrap();
        let mut other = Browser::new(&portal);
        let others = other.get(page).await.input("form_token").unwrap();
        let with = |token: &str| {
            [("organization", "evergreen"), ("page", page), ("form_token", token), ("language", "es")]
                .map(|(k, v)| (k, v.to_owned()))
        };
        for action in actions() {
            let fields = with(&token);
            let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            for (name, value) in [
                ("origin", "https://evil.example"),
                ("origin", "null"),
                ("origin", "http://portal.example"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-site", "none"),
            ] {
                let answer = browser.post_fields(&action, &fields, &[(name, value)]).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action} {name}: {value}");
            }
            let answer = browser.post_fields(&action, &fields, &[("content-type", "application/json")]).await;
            assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{action}");
            let large = "x".repeat(40_000);
            let answer = browser.post_fields(&action, &[("page", page), ("large", &large)], &[]).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{action}");
            for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
                let answer = browser.send(method.clone(), &action, &[], String::new()).await;
                assert!(answer.status.is_client_error(), "{method} {action}: {}", answer.status);
            }
            // Without a token that this browser was given, nothing happens but that the page is shown again.
            for wrong in ["", "AAAA", &others, &token[..token.len() - 2]] {
                let fields = with(wrong);
                let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
                let answer = browser.post_fields(&action, &fields, &[]).await;
                assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page), "{action}");
                let set: Vec<_> = answer.headers.get_all(header::SET_COOKIE).iter().collect();
                assert!(
                    set.iter().all(|cookie| cookie.to_str().unwrap().starts_with("__Host-form=")),
                    "{action}: {set:?}"
                );
            }
            // The page that it names must be one of the organization that it names, however it is written.
            for page in [
                "",
                "/",
                "/o/riverside/home",
                "/o/evergreenish/home",
                "//evil.example/o/evergreen/home",
                "https://evil.example/o/evergreen/home",
                "/\\evil.example/o/evergreen/home",
                "/dev/components",
            ] {
                let fields = [("organization", "evergreen"), ("page", page), ("form_token", &token)];
                let answer = browser.post_fields(&action, &fields, &[]).await;
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{action} {page}");
            }
        }
        // What is below the organization's address and yet leads elsewhere is never led back to.
        for page in [
            "/o/evergreen/../riverside/home",
            "/o/evergreen/%2e%2e/riverside/home",
            "/o/evergreen/..//evil.example",
            "/o/evergreen/..\\..\\evil.example",
            "/o/evergreen/\t/home",
        ] {
            let fields = [
                ("organization", "evergreen"),
                ("page", page),
                ("form_token", token.as_str()),
                ("language", "es"),
            ];
            let answer = browser.post_fields("/language", &fields, &[]).await;
            assert_eq!(answer.location(), "/o/evergreen/sign-in", "{page}");
        }
    }
}

#[tokio::test]
async fn reading_changes_nothing() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        portal.world.account(&portal.world.riverside, Someone::SAM).await;
        let mut stranger = Browser::new(&portal);
        let mut member = Browser::new(&portal);
        member.sign_in("evergreen", "maria.lopez", "walking42").await;
        stranger
            .submit(
                "/o/riverside/reset-password",
                "/api/reset-request",
                &[("email", "sam@riverside.example")],
            )
            .await;
        portal.deliver().await;
        // The clock stands still: the sliding idle time, the one exception, is written with the same value.
        let before = database.rows().await;
        for browser in [&mut stranger, &mut member] {
            for page in pages() {
                for method in [Method::HEAD, Method::GET] {
                    browser.send(method, &page, &[("sec-fetch-site", "same-origin")], String::new()).await;
                }
            }
        }
        assert!(portal.world.mails().await.is_empty(), "a GET sent a mail");
        let after = database.rows().await;
        assert_eq!(before, after, "a GET wrote a row on {}", database.kind());
    }
}

/// What the app asks for is not for the address bar, nor for other sites: it would pass by the sign-in that a page asked
/// for from outside leads through, and count as activity.
#[tokio::test]
async fn what_the_app_asks_for_is_answered_to_the_app_alone() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let mut maria = Browser::new(&portal);
        maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        for address in ["/api/visit?address=%2Fo%2Fevergreen%2Faccount", "/api/timer?organization=evergreen"]
        {
            for (site, is_answered) in
                [("same-origin", true), ("none", false), ("cross-site", false), ("same-site", false)]
            {
                let answer =
                    maria.send(Method::GET, address, &[("sec-fetch-site", site)], String::new()).await;
                let expected = if is_answered { StatusCode::OK } else { StatusCode::FORBIDDEN };
                assert_eq!(answer.status, expected, "{address} from {site}");
            }
            // A browser too old to say so.
            let answer = maria.send(Method::GET, address, &[], String::new()).await;
            assert_eq!(answer.status, StatusCode::OK, "{address}");
        }
    }
}
