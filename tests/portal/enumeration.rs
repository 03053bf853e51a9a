//! Nothing that a visitor sees, nor what it costs, depends on whether an account exists.

use crate::{
    browser::{Answer, Browser},
    recover::{BORN, member},
};
use portico::server::testing::TestPortal;
use portico_access::{accounts, testing::Someone};
use portico_store::testing::databases;

/// What of an answer a visitor sees, without what differs between any two.
pub(crate) fn seen(answer: &Answer) -> (u16, String, Vec<String>) {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            // Names and flags of a cookie; its sealed value is another one each time, and as long.
            let value = match value.split_once('=') {
                Some((cookie, rest)) if name == "set-cookie" => {
                    let (value, flags) = rest.split_once(';').unwrap();
                    format!("{cookie}={};{flags}", value.len())
                }
                _ if name == "x-request-id" => String::new(),
                _ => value.to_owned(),
            };
            format!("{name}: {value}")
        })
        .collect();
    headers.sort();
    (answer.status.as_u16(), answer.location().to_owned(), headers)
}

/// What is too long for a cookie is not shown again, but what was wrong is said all the same.
#[tokio::test]
async fn a_failed_sign_in_says_so_however_much_was_typed() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let mut browser = Browser::new(&portal);
        for length in [300, 5_000, 20_000] {
            let page = browser.sign_in("evergreen", &"x".repeat(length), "walking42").await;
            assert!(page.body.contains("The User ID or password is not right"), "{length}");
            assert_eq!(page.input("identifier").is_some_and(|typed| typed.len() == length), length < 4_000);
        }
    }
}

#[tokio::test]
async fn a_failed_sign_in_looks_the_same_whatever_its_cause() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        world.account(&world.evergreen, Someone::MARIA).await;
        let locked = Someone { user_id: "ana.locked", email: "ana@mail.example", ..Someone::MARIA };
        world.account(&world.evergreen, locked).await;
        let disabled = Someone { user_id: "ben.disabled", email: "ben@mail.example", ..Someone::MARIA };
        let id = world.account(&world.evergreen, disabled).await;
        accounts::disable(&world.access, &world.evergreen, &id, "a test").await.unwrap();
        let invited =
            Someone { user_id: "eva.invited", email: "eva@mail.example", password: "", ..Someone::MARIA };
        world.account(&world.evergreen, invited).await;
        world.account(&world.riverside, Someone { user_id: "", ..Someone::SAM }).await;
        let page = "/o/evergreen/sign-in";
        let fields = |who| [("identifier", who), ("password", "wrong-one-1")];
        for _ in 0..5 {
            Browser::new(&portal).post(page, "/api/sign-in", &fields("ana.locked")).await;
        }
        let mut first = None;
        for who in [
            "maria.lopez",
            "nobody.here",
            "ana.locked",
            "ben.disabled",
            "eva.invited",
            "MARIA.LOPEZ ",
            "sam@riverside.example",
        ] {
            let mut browser = Browser::new(&portal);
            browser.get(page).await;
            let before = world.access.hasher.counts().total();
            let sent = browser.post(page, "/api/sign-in", &fields(who)).await;
            assert_eq!(world.access.hasher.counts().total() - before, 1, "{who}: one hash");
            let shown = browser.get(page).await;
            assert!(
                shown.body.contains("The User ID or password is not right, or the account is not available."),
                "{who}"
            );
            assert!(!shown.body.contains("wrong-one-1"), "{who}: the password comes back");
            // The same length of what was typed makes the same length of the sealed cookie.
            let mut seen = seen(&sent);
            seen.2.retain(|header| !header.starts_with("set-cookie: __Host-form"));
            assert_eq!(first.get_or_insert_with(|| seen.clone()), &seen, "{who}");
        }
    }
}

#[tokio::test]
async fn a_reset_request_looks_the_same_for_everyone() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        world.account(&world.riverside, Someone::SAM).await;
        let page = "/o/riverside/reset-password";
        let mut first = None;
        for who in ["sam@riverside.example", "pam@riverside.example", "SAM@Riverside.Example"] {
            let mut browser = Browser::new(&portal);
            browser.get(page).await;
            let before = world.access.hasher.counts().total();
            let sent = browser.post(page, "/api/reset-request", &[("email", who)]).await;
            assert_eq!(world.access.hasher.counts().total(), before, "{who}: no hash");
            let seen = seen(&sent);
            assert_eq!(first.get_or_insert_with(|| seen.clone()), &seen, "{who}");
            let to = sent.location().to_owned();
            let shown = browser.open(&to).await;
            assert_eq!(shown.heading(), "Check your email");
            assert!(
                shown.body.contains("If we have an account for what you entered, an email is on its way.")
            );
            assert!(shown.body.contains(who), "the address as typed");
        }
    }
}

#[tokio::test]
async fn a_pin_request_looks_the_same_for_everyone() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        member(&portal).await;
        let other_day = [("month", "April"), ("day", "13"), ("year", "1986")];
        for page in ["/o/evergreen/forgot-user-id", "/o/evergreen/forgot-password"] {
            let mut first = None;
            let asked =
                [("rosa@mail.example", BORN), ("dora@mail.example", BORN), ("ROSA@mail.example", other_day)];
            for (who, born) in asked {
                let mut browser = Browser::new(&portal);
                browser.get(page).await;
                let hashes = world.access.hasher.counts().total();
                let fields = [&[("email", who)][..], &born].concat();
                let sent = browser.post(page, "/api/pin-request", &fields).await;
                let mut all = vec![seen(&sent)];
                let shown = browser.open(page).await;
                assert!(
                    shown
                        .body
                        .contains("If we have an account for what you entered, an email is on its way.")
                );
                assert!(shown.body.contains(who), "the address as typed");
                let until = shown.body.split_once("good until ").unwrap().1.split_once('.').unwrap().0;
                all.push((0, until.to_owned(), Vec::new()));
                for _ in 0..6 {
                    let fields = [("pin", "00000000")];
                    let answer = browser.post(page, "/api/pin-enter", &fields).await;
                    all.push(seen(&answer));
                    let shown = browser.open(page).await;
                    let problem = shown.body.split_once("There is a problem").unwrap().1;
                    all.push((
                        0,
                        problem.split_once("</ul>").map_or("", |(part, _)| part).to_owned(),
                        vec![],
                    ));
                }
                assert_eq!(world.access.hasher.counts().total(), hashes, "{who}: no hash");
                assert_eq!(first.get_or_insert_with(|| all.clone()), &all, "{who}");
            }
        }
    }
}

#[tokio::test]
async fn the_link_in_a_mail_starts_with_the_configured_address_whatever_the_request_says() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.riverside, Someone::SAM).await;
        let page = "/o/riverside/reset-password";
        let mut browser = Browser::new(&portal);
        let token = browser.get(page).await.input("form_token").unwrap();
        let fields = [
            ("organization", "riverside"),
            ("page", page),
            ("form_token", &token),
            ("email", "sam@riverside.example"),
        ];
        let evil = [
            ("host", "evil.example"),
            ("forwarded", "host=evil.example;proto=http"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-server", "evil.example"),
            ("x-original-url", "https://evil.example/"),
        ];
        browser.post_fields("/api/reset-request", &fields, &evil).await;
        let mails = portal.deliver().await;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.contains("https://portal.example/o/riverside/new-password?token="));
        for part in [&mails[0].text, &mails[0].html] {
            assert!(!part.contains("evil.example"), "{part}");
        }
    }
}
