//! What no browser sends of itself: more fields than a form has, the same field twice, control characters, tokens that
//! were cut or lengthened, and methods that nobody answers.

use crate::{
    answer::Answer,
    browser::Browser,
    journeys::{ABOUT_ROSA, code, with_rosa},
    recover::member,
};
use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use leptos::server_fn::axum::server_fn_paths;
use portico::server::testing::TestPortal;
use portico_access::testing::Someone;
use portico_store::testing::databases;

/// What somebody might hope to set by naming it.
const MORE: [(&str, &str); 20] = [
    ("role", "administrator"),
    ("organization_id", "riverside"),
    ("account_id", "1"),
    ("person_id", "1"),
    ("member_id", "E-1"),
    ("email_verified", "true"),
    ("email_proven_at", "1"),
    ("email_source", "entered"),
    ("is_proven", "true"),
    ("locked_at", "0"),
    ("disabled_at", "0"),
    ("void_before", "0"),
    ("failures", "0"),
    ("expires_at", "9999999999999999"),
    ("step", "check"),
    ("token", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("proof", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("name", "Administrator"),
    ("email", "thief@elsewhere.example"),
    ("identifier", "maria.lopez"),
];

/// The fields of a form, and all the others.
fn with_more<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let others = MORE.into_iter().filter(|(name, _)| fields.iter().all(|(own, _)| own != name));
    fields.iter().copied().chain(others).collect()
}

fn says_it_failed(page: &Answer) -> bool {
    page.body.contains("Something went wrong on our side")
}

/// CVE-2025-64102, CVE-2026-27946: nobody proves an address, chooses a role or means another account by a field.
#[tokio::test]
async fn fields_that_a_form_does_not_have_change_nothing() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        let world = &portal.world;
        let maria = world.account(&world.evergreen, Someone::MARIA).await;
        let marias = async || {
            let rows = database.rows().await.into_iter();
            rows.filter(|row| row.contains(&maria)).collect::<Vec<_>>()
        };
        let before = marias().await;
        let mut rosa = Browser::new(&portal);
        let register = "/o/evergreen/register";
        let page = rosa.submit(register, "/api/register-about-you", &with_more(&ABOUT_ROSA)).await;
        assert_eq!(page.heading(), "Your email");
        let page =
            rosa.submit("/o/evergreen/register/email", "/api/register-send-code", &with_more(&[])).await;
        assert_eq!(page.heading(), "Check your email");
        let mails = portal.deliver().await;
        assert_eq!((mails.len(), mails[0].to.as_str()), (1, "rosa@mail.example"), "the one on file");
        let right = code(&portal).await;
        let step = "/o/evergreen/register/email/code";
        let page = rosa.submit(step, "/api/register-prove-code", &with_more(&[("code", "x")])).await;
        assert_eq!(page.heading(), "Check your email", "and not proven by saying so");
        let page = rosa.submit(step, "/api/register-prove-code", &with_more(&[("code", &right)])).await;
        assert_eq!(page.heading(), "Create your sign-in");
        let details = [("user_id", "rosa.delgado"), ("password", "walking42"), ("confirm", "walking42")];
        let step = "/o/evergreen/register/sign-in-details";
        rosa.submit(step, "/api/register-sign-in-details", &with_more(&details)).await;
        let step = "/o/evergreen/register/check";
        let shown = rosa.open(step).await.input("shown").unwrap();
        let sent = [("shown", shown.as_str()), ("user_id", "maria.lopez")];
        let page = rosa.submit(step, "/api/register-create", &with_more(&sent)).await;
        assert_eq!(page.heading(), "You are registered");
        assert!(page.body.contains("rosa.delgado"));
        let roles = database.ask("SELECT role FROM accounts").await;
        assert_eq!(roles, ["member", "member"]);
        let page = rosa.open("/o/evergreen/account").await;
        assert!(page.body.contains("rosa@mail.example") && !page.body.contains("elsewhere.example"));

        // Recovery and what is behind sign-in.
        world.advance(SignedDuration::from_secs(1));
        let change = [("current", "walking42"), ("password", "harbor77"), ("confirm", "harbor77")];
        let password = "/o/evergreen/account/password";
        let page = rosa.submit(password, "/api/change-password", &with_more(&change)).await;
        assert!(page.body.contains("Your new password is now set"));
        let change = [("password", "x"), ("confirm", "x")];
        let page = rosa.submit(password, "/api/change-password", &with_more(&change)).await;
        assert!(page.body.contains("Enter your current password"));
        world.advance(SignedDuration::from_secs(1));
        let mut rosa = Browser::new(&portal);
        let forgot = "/o/evergreen/forgot-password";
        let who = [("email", "rosa@mail.example"), ("month", "4"), ("day", "12"), ("year", "1986")];
        rosa.submit(forgot, "/api/pin-request", &with_more(&who)).await;
        assert_eq!(portal.deliver().await[0].to, "rosa@mail.example");
        let pin = code(&portal).await;
        rosa.submit(forgot, "/api/pin-enter", &with_more(&[("pin", &pin)])).await;
        let chosen = [("password", "strolling7"), ("confirm", "strolling7"), ("user_id", "maria.lopez")];
        let page = rosa.submit(forgot, "/api/pin-save", &with_more(&chosen)).await;
        assert!(page.body.contains("Your new password is now set"));
        assert!(!rosa.cookies.contains_key("__Host-session"));
        assert_eq!(marias().await, before, "another's account is as it was on {}", database.kind());
    }
}

/// One rule for a field that comes twice: the whole form is refused, or the first one counts, in every reader of it.
#[tokio::test]
async fn a_field_that_comes_twice_is_read_in_one_way() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        world.account(&world.evergreen, Someone::MARIA).await;
        let page = "/o/evergreen/sign-in";
        for (name, second) in [
            ("identifier", "nobody.here"),
            ("password", "guess4it"),
            ("organization", "riverside"),
            ("page", "/o/riverside/home"),
            ("form_token", ""),
        ] {
            let mut browser = Browser::new(&portal);
            let token = browser.open(page).await.input("form_token").unwrap();
            let right = [
                ("organization", "evergreen"),
                ("page", page),
                ("form_token", token.as_str()),
                ("identifier", "maria.lopez"),
                ("password", "walking42"),
            ];
            for fields in [
                right.iter().copied().chain([(name, second)]).collect::<Vec<_>>(),
                [(name, second)].into_iter().chain(right).collect(),
            ] {
                let is_first = fields[0] == (name, second);
                let answer = browser.post_fields("/api/sign-in", &fields, &[]).await;
                assert!(!answer.status.is_server_error(), "{name}: {}", answer.status);
                let is_in = browser.cookies.remove("__Host-session").is_some();
                assert!(!(is_in && is_first), "{name}: the second one counted");
            }
        }
    }
}

/// ASVS V1.3.3: control characters and long texts are a mistake of the sender, whatever the database makes of them.
#[tokio::test]
async fn no_text_is_a_fault_of_ours() {
    let names = "identifier password email code pin current confirm user_id first_name last_name month day year \
                 address_line1 address_line2 city state postal_code ssn covered employee_ssn session document next \
                 question1 answer1 choice1 shown language q";
    let long = "x".repeat(20_000);
    let odd = [
        "\0",
        "a\0b",
        "\u{1b}[31m",
        "\r\nSet-Cookie: x=y",
        "' OR 1=1 --",
        "\u{202e}\u{feff}",
        "%00",
        "{{7*7}}",
        &long,
    ];
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        world.change_policy(&world.evergreen, |policy| policy.security_questions = None).await;
        member(&portal).await;
        let mut rosa = Browser::new(&portal);
        rosa.sign_in("evergreen", "rosa.delgado", "walking42").await;
        let functions: Vec<_> = server_fn_paths()
            .filter(|(path, method)| *method == Method::POST && *path != "/api/log-out")
            .map(|(path, _)| path)
            .chain(["/language"])
            .collect();
        let page = "/o/evergreen/account";
        for path in functions {
            for text in odd {
                let token = rosa.open(page).await.input("form_token").unwrap();
                let mut fields =
                    vec![("organization", "evergreen"), ("page", page), ("form_token", token.as_str())];
                fields.extend(names.split_whitespace().map(|name| (name, text)).filter(|_| text != long));
                if text == long {
                    fields.push(("identifier", text));
                }
                let cookies = rosa.cookies.clone();
                let answer = rosa.post_fields(path, &fields, &[]).await;
                let case = format!("{path} {:?}", &text[..text.len().min(20)]);
                assert!(!answer.status.is_server_error(), "{case}: {} on {}", answer.status, database.kind());
                if answer.status.is_redirection() {
                    let to = answer.location().to_owned();
                    let shown = rosa.open(&to).await;
                    assert!(!says_it_failed(&shown), "{case} on {}", database.kind());
                }
                for name in answer.headers.get_all("set-cookie") {
                    assert!(!name.to_str().unwrap().contains("x=y"), "{case}");
                }
                rosa.cookies = cookies;
            }
        }
        // What the guard itself reads, and the addresses that are asked by query.
        for slug in ["\0", "ever\0green", "EVERGREEN", "evergreen ", "../evergreen", "'", ""] {
            let page = format!("/o/{slug}/sign-in");
            let fields = [("organization", slug), ("page", &page), ("form_token", "")];
            let answer = rosa.post_fields("/api/sign-in", &fields, &[]).await;
            assert!(answer.status.is_client_error(), "{slug:?}: {} on {}", answer.status, database.kind());
            let in_query = |before: &str, value: &str| {
                format!(
                    "{before}{}",
                    serde_urlencoded::to_string([("", value)]).unwrap().trim_start_matches('=')
                )
            };
            for address in
                [in_query("/api/visit?address=", &page), in_query("/api/timer?organization=", slug)]
            {
                let answer = rosa.get(&address).await;
                let status = answer.status;
                assert!(!status.is_server_error(), "{address}: {status} on {}", database.kind());
            }
        }
        for address in
            ["/o/%00/sign-in", "/o/evergreen/%00", "/o/evergreen/sign-in?next=%00", "/pkg/%00/%00.js"]
        {
            assert!(!rosa.get(address).await.status.is_server_error(), "{address}");
        }
    }
}

/// Every text that is not the one that was given out: cut, lengthened, in other letters, padded.
fn variants(text: &str) -> Vec<String> {
    let mut all: Vec<String> = (0..text.len()).map(|length| text[..length].to_owned()).collect();
    all.extend((1..text.len()).map(|start| text[start..].to_owned()));
    for more in ["a", "A", "=", "==", ".", "%20", "0", "aa", "-"] {
        all.push(format!("{text}{more}"));
        all.push(format!("{more}{text}"));
    }
    let swapped: String = text
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    all.extend([text.to_uppercase(), text.to_lowercase(), swapped, format!("{text}{text}")]);
    let reversed: String = text.chars().rev().collect();
    all.push(reversed);
    all.retain(|variant| variant != text);
    all
}

/// CVE-2026-27840: no token is good but as a whole and to the letter, whichever kind it is.
#[tokio::test]
async fn tokens_are_good_to_the_letter_alone() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        member(&portal).await;
        world.account(&world.evergreen, Someone::MARIA).await;
        world.account(&world.riverside, Someone::SAM).await;
        world.advance(SignedDuration::from_secs(1));

        let mut maria = Browser::new(&portal);
        maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        let is_in = async |token: String| {
            let mut browser = Browser::new(&portal);
            browser.cookies.insert("__Host-session".into(), token);
            browser.get("/o/evergreen/account").await.status == StatusCode::OK
        };
        let session = maria.cookies["__Host-session"].clone();
        assert!(is_in(session.clone()).await);
        for variant in variants(&session) {
            assert!(!is_in(variant.clone()).await, "session {variant}");
        }

        // A registration that has come to its second step.
        let mut rosa = Browser::new(&portal);
        let mut other = ABOUT_ROSA.to_vec();
        other[0] = ("first_name", "Nobody");
        rosa.submit("/o/evergreen/register", "/api/register-about-you", &other).await;
        let goes_on = async |token: String| {
            let mut browser = Browser::new(&portal);
            browser.cookies.insert("__Host-registration".into(), token);
            browser.open("/o/evergreen/register/not-verified").await.heading().to_owned()
        };
        let registration = rosa.cookies["__Host-registration"].clone();
        let own = goes_on(registration.clone()).await;
        assert_ne!(own, "About you");
        for variant in variants(&registration) {
            assert_eq!(goes_on(variant.clone()).await, "About you", "registration {variant}");
        }

        // A PIN that was asked for.
        let forgot = "/o/evergreen/forgot-password";
        let who = [("email", "rosa@mail.example"), ("month", "4"), ("day", "12"), ("year", "1986")];
        rosa.submit(forgot, "/api/pin-request", &who).await;
        let asks_for_pin = async |token: String| {
            let mut browser = Browser::new(&portal);
            browser.cookies.insert("__Host-pin".into(), token);
            browser.open(forgot).await.input("pin").is_some()
        };
        let pin = rosa.cookies["__Host-pin"].clone();
        assert!(asks_for_pin(pin.clone()).await);
        for variant in variants(&pin) {
            assert!(!asks_for_pin(variant.clone()).await, "PIN {variant}");
        }

        // The links of mails: by their address, and by the cookie that keeps them.
        let mut sam = Browser::new(&portal);
        let ask = [("email", Someone::SAM.email)];
        sam.submit("/o/riverside/reset-password", "/api/reset-request", &ask).await;
        sam.sign_in("riverside", Someone::SAM.email, Someone::SAM.password).await;
        let mut second = Browser::new(&portal);
        second.sign_in("riverside", Someone::SAM.email, Someone::SAM.password).await;
        let mails = portal.deliver().await;
        for (before, cookie, button) in [
            (
                "https://portal.example/o/riverside/new-password?token=",
                "__Host-recovery",
                "/api/reset-send-code",
            ),
            ("https://portal.example/o/riverside/not-me?token=", "__Host-not-me", "/api/not-me"),
        ] {
            let token = mails
                .iter()
                .flat_map(|mail| mail.text.lines())
                .find_map(|line| line.trim().strip_prefix(before));
            let token = token.expect("the link");
            let address = before.strip_prefix("https://portal.example").unwrap();
            let button = format!("action=\"{button}\"");
            let mut browser = Browser::new(&portal);
            assert!(browser.open(&format!("{address}{token}")).await.body.contains(&button));
            for variant in variants(token) {
                let mut browser = Browser::new(&portal);
                let page = browser.open(&format!("{address}{variant}")).await;
                assert!(!page.body.contains(&button), "{address}{variant}");
                let mut browser = Browser::new(&portal);
                browser.cookies.insert(cookie.into(), variant.clone());
                let page = browser.open(address.split_once('?').unwrap().0).await;
                assert!(!page.body.contains(&button), "{cookie} {variant}");
            }
        }

        // What a browser is known by: with anything else its guesses count as a stranger's.
        let known = maria.cookies["__Host-known"].clone();
        for _ in 0..5 {
            Browser::new(&portal).sign_in("evergreen", "maria.lopez", "guess4it").await;
        }
        let enters = async |token: String| {
            let mut browser = Browser::new(&portal);
            browser.cookies.insert("__Host-known".into(), token);
            browser.sign_in("evergreen", "maria.lopez", "walking42").await.heading() == "Your programs"
        };
        assert!(enters(known.clone()).await);
        for variant in [
            &known[..known.len() - 1],
            &known[1..],
            &known.to_uppercase(),
            &format!("{known}0"),
            &format!("{known}."),
        ] {
            assert!(!enters(variant.to_owned()).await, "known {variant}");
        }
        let (ids, mac) = known.rsplit_once('.').unwrap();
        assert!(!enters(format!("{ids}.{}", mac.to_uppercase())).await);

        // The token of forms, for this browser and the session that it has.
        let page = "/o/evergreen/account";
        let token = maria.open(page).await.input("form_token").unwrap();
        let mut stale = Browser::new(&portal);
        stale.cookies.insert("__Host-browser".into(), maria.cookies["__Host-browser"].clone());
        let before = stale.open("/o/evergreen/sign-in").await.input("form_token").unwrap();
        let switches = async |token: &str| {
            let mut browser = Browser::new(&portal);
            browser.cookies.clone_from(&maria.cookies);
            let fields =
                [("organization", "evergreen"), ("page", page), ("form_token", token), ("language", "es")];
            browser.post_fields("/language", &fields, &[]).await;
            browser.cookies.contains_key("__Host-language")
        };
        assert!(switches(&token).await);
        assert!(!switches(&before).await, "one from before the session (NIST SP 800-63B-4 5.1)");
        for variant in variants(&token) {
            assert!(!switches(&variant).await, "form token {variant}");
        }
    }
}

/// The address of a link can say nothing but its token: it is no way to write a cookie.
#[tokio::test]
async fn a_link_adds_nothing_to_its_cookie() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        for page in ["/o/riverside/new-password", "/o/evergreen/not-me"] {
            for token in [
                "x;Domain=example",
                "x;Path=/o/evergreen",
                "x,y",
                "x%0d%0aSet-Cookie:%20a=b",
                "%22x",
                "a=b",
                "",
            ] {
                let mut browser = Browser::new(&portal);
                let answer = browser.get(&format!("{page}?token={token}")).await;
                for cookie in answer.headers.get_all("set-cookie") {
                    let cookie = cookie.to_str().unwrap();
                    let (_, attributes) = cookie.split_once(';').unwrap();
                    assert!(
                        !attributes.contains("Domain") && !attributes.contains("/o/"),
                        "{token}: {cookie}"
                    );
                    assert!(
                        !cookie.contains(",y") && !cookie.contains("a=b") && !cookie.contains('"'),
                        "{cookie}"
                    );
                }
                let by_script = format!("/api/visit?address={}%3Ftoken%3D{token}", page.replace('/', "%2F"));
                for cookie in browser.get(&by_script).await.headers.get_all("set-cookie") {
                    let (_, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
                    assert!(!attributes.contains("Domain") && !attributes.contains("/o/"), "{token}");
                }
            }
        }
    }
}
