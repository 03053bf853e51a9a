//! Who may do what (ASVS V8.2.1, V8.4.1): a row for each page and each server function, held against what strangers,
//! members, staff and people of other organizations meet there. A new one needs a row.

use crate::{
    browser::Browser,
    journeys::{ABOUT_ROSA, with_rosa},
    recover::member,
};
use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use leptos::server_fn::axum::server_fn_paths;
use portico::{routes::Place, server::testing::TestPortal};
use portico_access::{
    organization::{self, Organization},
    testing::Someone,
};
use portico_rules::organization::Definition;
use portico_store::testing::{TestDatabase, databases};

/// To whom a page shows what it is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum For {
    /// To everyone; nothing of a person is on it.
    Everyone,
    /// To whoever is signed in; others sign in first.
    SignedIn,
    /// To a browser that has come as far as this step; others are led to where they are, or told that there is nothing.
    UnderWay,
}

fn page_is_for(place: Place) -> For {
    use Place::*;
    match place {
        SignIn | Register | RegisterTooYoung | ForgotUserId | ForgotPassword | ResetPassword | ResetSent
        | SignedOut | Help => For::Everyone,
        Home
        | Account
        | AccountPassword
        | AccountEmail
        | AccountSecurityQuestions
        | AccountSessions
        | AccountActivity
        | AccountClose
        | AccountNotMe => For::SignedIn,
        RegisterQuestions
        | RegisterEmail
        | RegisterCode
        | RegisterSignInDetails
        | RegisterSecurityQuestions
        | RegisterCheck
        | RegisterDone
        | RegisterResume
        | RegisterStopped
        | NewPassword
        | NotMe
        | StillThere
        | Unavailable => For::UnderWay,
    }
}

/// What a server function asks for before it changes anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Needs {
    /// Nothing but the form: how journeys begin.
    Nothing,
    /// A living session of the organization.
    Session,
    /// What the browser was given on the way: a registration, a PIN, the link of a mail.
    Token,
}

fn function_needs(path: &str) -> Needs {
    match path {
        "/api/sign-in" | "/api/register-about-you" | "/api/pin-request" | "/api/reset-request" => {
            Needs::Nothing
        }
        "/api/log-out"
        | "/api/stay"
        | "/api/stay-here"
        | "/api/leave"
        | "/api/change-password"
        | "/api/put-off-password-reminder"
        | "/api/change-email"
        | "/api/change-email-send-again"
        | "/api/change-email-code"
        | "/api/change-email-cancel"
        | "/api/change-security-questions"
        | "/api/end-session"
        | "/api/end-other-sessions"
        | "/api/close-account" => Needs::Session,
        "/api/register-questions"
        | "/api/register-send-code"
        | "/api/register-prove-code"
        | "/api/register-sign-in-details"
        | "/api/register-security-questions"
        | "/api/register-create"
        | "/api/register-send-resume-code"
        | "/api/register-resume"
        | "/api/pin-enter"
        | "/api/pin-save"
        | "/api/pin-show-user-id"
        | "/api/pin-start-over"
        | "/api/reset-send-code"
        | "/api/reset-save"
        | "/api/not-me" => Needs::Token,
        new => panic!("who may call {new}? Give it a row"),
    }
}

fn functions() -> Vec<(&'static str, Needs)> {
    let posts = server_fn_paths().filter(|(_, method)| *method == Method::POST);
    posts.map(|(path, _)| (path, function_needs(path))).collect()
}

/// What could make a server function do something, if it went by the form alone.
const EVERYTHING: [(&str, &str); 17] = [
    ("current", "walking42"),
    ("password", "strolling7"),
    ("confirm", "strolling7"),
    ("email", "thief@mail.example"),
    ("code", "12345678"),
    ("pin", "12345678"),
    ("user_id", "thief.thief"),
    ("month", "4"),
    ("day", "12"),
    ("year", "1986"),
    ("question1", "toy"),
    ("answer1", "red wagon"),
    ("question2", "first_pet"),
    ("answer2", "Biscuit"),
    ("question3", "book"),
    ("answer3", "Emil"),
    ("document", "1"),
];

/// Another organization whose members register and sign in as those of evergreen do.
async fn oakdale(portal: &TestPortal) -> Organization {
    let access = &portal.world.access;
    let definition = Definition {
        slug: "oakdale".to_owned(),
        name: "Oakdale Health".to_owned(),
        ..portal.world.evergreen.definition.clone()
    };
    organization::apply(access, &definition).await.unwrap().unwrap();
    organization::find(access, "oakdale").await.unwrap().unwrap()
}

/// A portal in which everything is switched on, with accounts in three organizations.
async fn portal_on(database: &TestDatabase) -> TestPortal {
    let portal = TestPortal::on(database).await;
    let world = &portal.world;
    world.change_policy(&world.evergreen, |policy| policy.security_questions = None).await;
    member(&portal).await;
    let oakdale = oakdale(&portal).await;
    world.account(&oakdale, Someone::MARIA).await;
    world.account(&world.riverside, Someone::SAM).await;
    portal
}

async fn signed_in(portal: &TestPortal, slug: &str, who: &str, password: &str) -> Browser {
    let mut browser = Browser::new(portal);
    assert_eq!(browser.sign_in(slug, who, password).await.heading(), "Your programs");
    browser
}

/// One of each kind that has nothing to look for in evergreen.
async fn outsiders(portal: &TestPortal) -> [(&'static str, Browser); 3] {
    [
        ("a stranger", Browser::new(portal)),
        ("a member of another organization", signed_in(portal, "oakdale", "maria.lopez", "walking42").await),
        (
            "staff of another organization",
            signed_in(portal, "riverside", Someone::SAM.email, Someone::SAM.password).await,
        ),
    ]
}

#[tokio::test]
async fn each_page_shows_itself_to_those_it_is_for() {
    for database in databases().await {
        let portal = portal_on(&database).await;
        let mut rosa = signed_in(&portal, "evergreen", "rosa.delgado", "walking42").await;
        for (place, _) in Place::ALL {
            let (page, who) = (place.of("evergreen"), page_is_for(place));
            for (kind, browser) in &mut outsiders(&portal).await {
                let answer = browser.get(&page).await;
                let shown = browser.open(&page).await;
                let case = format!("{page} for {kind}");
                assert!(!shown.body.contains("Rosa") && !shown.body.contains("rosa.delgado"), "{case}");
                assert!(!shown.body.contains("Maria") && !shown.body.contains("Sam Park"), "{case}");
                match who {
                    For::Everyone => assert!(shown.status == StatusCode::OK, "{case}: {}", shown.status),
                    For::SignedIn => {
                        let sign_in = format!("/o/evergreen/sign-in?next={}", page.replace('/', "%2F"));
                        assert_eq!(answer.location(), sign_in, "{case}");
                    }
                    For::UnderWay => {
                        let is_dead_end = ["This link no longer works", "Was this not you?"];
                        assert!(
                            answer.status.is_redirection() || is_dead_end.contains(&shown.heading()),
                            "{case}: {}",
                            shown.heading()
                        );
                        assert!(!shown.body.contains("action=\"/api/not-me\""), "{case}");
                    }
                }
            }
            if who == For::SignedIn {
                let answer = rosa.get(&page).await;
                assert_eq!(answer.status, StatusCode::OK, "{page}");
                assert!(answer.body.contains("Rosa"), "{page}");
            }
        }
    }
}

/// Also what needs more than a session has rows here: whoever has none of it changes nothing (advisories: CVE-2022-46145).
#[tokio::test]
async fn without_what_it_needs_a_function_changes_nothing() {
    for database in databases().await {
        let portal = portal_on(&database).await;
        let mut rosa = signed_in(&portal, "evergreen", "rosa.delgado", "walking42").await;
        let hers = database.ask("SELECT id FROM sessions").await.remove(0);
        let mut outsiders = outsiders(&portal).await;
        for (path, needs) in functions() {
            if needs == Needs::Nothing {
                continue;
            }
            for (kind, browser) in &mut outsiders {
                let brought = browser.cookies.clone();
                for page in
                    ["/o/evergreen/sign-in", "/o/evergreen/account/not-me", "/o/evergreen/forgot-password"]
                {
                    let token = browser.open("/o/evergreen/sign-in").await.input("form_token").unwrap();
                    let mut fields = EVERYTHING.to_vec();
                    fields.extend([("organization", "evergreen"), ("page", page)]);
                    fields.extend([("form_token", token.as_str()), ("session", &hers)]);
                    let before = database.rows().await;
                    let answer = browser.post_fields(path, &fields, &[]).await;
                    let case = format!("{path} on {page} by {kind}");
                    assert!(!answer.status.is_server_error(), "{case}: {}", answer.status);
                    assert!(!answer.body.contains("Rosa"), "{case}");
                    assert!(database.rows().await == before, "{case} wrote a row on {}", database.kind());
                    browser.cookies.clone_from(&brought);
                }
            }
        }
        assert!(rosa.open("/o/evergreen/account").await.body.contains("Rosa"), "and hers lives");
    }
}

/// What a browser was given by one organization is nothing to another (ASVS V9.2.3).
#[tokio::test]
async fn what_one_organization_gave_a_browser_opens_nothing_at_another() {
    for database in databases().await {
        let portal = portal_on(&database).await;
        let mut rosa = signed_in(&portal, "evergreen", "rosa.delgado", "walking42").await;
        portal.world.advance(SignedDuration::from_secs(1));
        let fields = [("email", "rosa@mail.example"), ("month", "4"), ("day", "12"), ("year", "1986")];
        rosa.submit("/o/evergreen/forgot-password", "/api/pin-request", &fields).await;
        let pin = crate::journeys::code(&portal).await;
        rosa.submit("/o/evergreen/forgot-password", "/api/pin-enter", &[("pin", &pin)]).await;
        let mut second = Browser::new(&portal);
        second.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        rosa.cookies.extend(second.cookies.into_iter().filter(|(name, _)| name == "__Host-registration"));
        let others = database.ask("SELECT id FROM sessions").await;
        for name in ["session", "pin", "registration", "known"] {
            assert!(
                rosa.cookies.contains_key(&format!("__Host-{name}")),
                "{name}: {:?}",
                rosa.cookies.keys()
            );
        }
        let brought = rosa.cookies.clone();
        for (place, _) in Place::ALL {
            let page = place.of("oakdale");
            let mut stranger = Browser::new(&portal);
            let expected = stranger.get(&page).await;
            rosa.cookies.clone_from(&brought);
            let answer = rosa.get(&page).await;
            assert_eq!(
                (answer.status, answer.location(), answer.heading()),
                (expected.status, expected.location(), expected.heading()),
                "{page}"
            );
            assert!(!answer.body.contains("Rosa") && !answer.body.contains("rosa.delgado"), "{page}");
        }
        for (path, needs) in functions() {
            if needs == Needs::Nothing {
                continue;
            }
            rosa.cookies.clone_from(&brought);
            let page = "/o/oakdale/forgot-password";
            let token = rosa.open(page).await.input("form_token").unwrap();
            let mut fields = EVERYTHING.to_vec();
            fields.extend([("organization", "oakdale"), ("page", page), ("form_token", token.as_str())]);
            fields.push(("session", &others[0]));
            let before = database.rows().await;
            rosa.post_fields(path, &fields, &[]).await;
            assert!(database.rows().await == before, "{path} wrote a row on {}", database.kind());
        }
    }
}

/// Someone else's reset in a browser where one is signed in sets no password but that of the link (CVE-2023-26481), and
/// signing in as another leaves nothing of the session before (CVE-2023-6787).
#[tokio::test]
async fn a_browser_carries_nothing_from_one_person_to_another() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        let second = Someone { name: "Pam Field", email: "pam@riverside.example", ..Someone::SAM };
        world.account(&world.riverside, Someone::SAM).await;
        world.account(&world.riverside, second).await;
        world.advance(SignedDuration::from_secs(1));
        let mut browser = signed_in(&portal, "riverside", second.email, second.password).await;
        let pams = browser.cookies["__Host-session"].clone();
        let reset = "/o/riverside/reset-password";
        browser.submit(reset, "/api/reset-request", &[("email", Someone::SAM.email)]).await;
        let mails = portal.deliver().await;
        let link =
            mails[0].text.lines().find_map(|line| line.strip_prefix("https://portal.example")).unwrap();
        let clean = "/o/riverside/new-password";
        browser.open(link).await;
        browser.submit(clean, "/api/reset-send-code", &[]).await;
        let code = crate::journeys::code(&portal).await;
        let fields = [
            ("code", code.as_str()),
            ("password", "Calm-Meadow-8"),
            ("confirm", "Calm-Meadow-8"),
            ("email", second.email),
            ("identifier", second.email),
        ];
        let page = browser.submit(clean, "/api/reset-save", &fields).await;
        assert!(page.status == StatusCode::OK);
        let mut other = Browser::new(&portal);
        let page = other.sign_in("riverside", second.email, "Calm-Meadow-8").await;
        assert_eq!(page.heading(), "Sign in", "hers is as it was");

        // The browser is Pam's still; Sam signs in with it.
        let page = browser.sign_in("riverside", Someone::SAM.email, "Calm-Meadow-8").await;
        assert_eq!(page.heading(), "Your programs");
        assert!(browser.open("/o/riverside/account").await.body.contains("Sam Park"));
        let mut thief = Browser::new(&portal);
        thief.cookies.insert("__Host-session".into(), pams);
        assert_eq!(thief.open("/o/riverside/account").await.heading(), "Sign in");
    }
}

/// A session that somebody else planted before is not the one that a sign-in opens (session fixation, CVE-2024-28197).
#[tokio::test]
async fn a_planted_session_is_not_signed_in() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let planted = "a".repeat(52);
        let mut maria = Browser::new(&portal);
        maria.cookies.insert("__Host-session".into(), planted.clone());
        maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        assert_ne!(maria.cookies["__Host-session"], planted);
        for stale in [planted.as_str(), "", "x", "null"] {
            let mut thief = Browser::new(&portal);
            thief.cookies.insert("__Host-session".into(), stale.to_owned());
            assert_eq!(thief.open("/o/evergreen/account").await.heading(), "Sign in", "{stale}");
        }
        // Nor is a cookie of another name one, as a sibling host could set it.
        let mut thief = Browser::new(&portal);
        let token = maria.cookies["__Host-session"].clone();
        for name in ["session", "__Secure-session", "__host-session"] {
            thief.cookies.insert(name.to_owned(), token.clone());
        }
        assert_eq!(thief.open("/o/evergreen/account").await.heading(), "Sign in");
    }
}

/// Registration that is switched off is refused by the server function, not only unlinked (CVE-2024-49757), and the roster
/// decides who may (CVE-2026-29193).
#[tokio::test]
async fn where_nobody_registers_the_functions_refuse_as_well() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        let mut stranger = Browser::new(&portal);
        let page = "/o/riverside/sign-in";
        let before = database.rows().await;
        let answer = stranger.post(page, "/api/register-about-you", &ABOUT_ROSA).await;
        assert_eq!(answer.location(), page);
        assert!(!stranger.cookies.contains_key("__Host-registration"));
        let fields = [("email", "rosa@mail.example"), ("month", "4"), ("day", "12"), ("year", "1986")];
        stranger.post(page, "/api/pin-request", &fields).await;
        assert!(!stranger.cookies.contains_key("__Host-pin"));
        assert!(database.rows().await == before, "nothing is begun on {}", database.kind());
    }
}

/// Whoever has signed in needs no recovery, and the next person at this computer shall not go on with it.
#[tokio::test]
async fn a_sign_in_ends_the_recovery_that_was_under_way() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        world.account(&world.riverside, Someone::SAM).await;
        world.advance(SignedDuration::from_secs(1));
        let mut sam = signed_in(&portal, "riverside", Someone::SAM.email, Someone::SAM.password).await;
        sam.submit("/o/riverside/home", "/api/log-out", &[]).await;
        let mut elsewhere = signed_in(&portal, "riverside", Someone::SAM.email, Someone::SAM.password).await;
        elsewhere.submit("/o/riverside/home", "/api/log-out", &[]).await;
        let mails = portal.deliver().await;
        let way_out =
            mails[0].text.lines().find_map(|line| line.trim().strip_prefix("https://portal.example"));
        assert_eq!(sam.open(way_out.unwrap()).await.heading(), "Was this not you?");
        let ask = [("email", Someone::SAM.email)];
        sam.submit("/o/riverside/reset-password", "/api/reset-request", &ask).await;
        let mails = portal.deliver().await;
        let link = mails[0].text.lines().find_map(|line| line.strip_prefix("https://portal.example"));
        let clean = "/o/riverside/new-password";
        sam.open(link.unwrap()).await;
        sam.submit(clean, "/api/reset-send-code", &[]).await;
        let code = crate::journeys::code(&portal).await;
        let refused = [("code", code.as_str()), ("password", "short"), ("confirm", "short")];
        let page = sam.submit(clean, "/api/reset-save", &refused).await;
        assert!(page.input("code").is_none(), "the code is proven");

        // Then it comes to mind again.
        let page = sam.sign_in("riverside", Someone::SAM.email, Someone::SAM.password).await;
        assert_eq!(page.heading(), "Your programs");
        sam.submit("/o/riverside/home", "/api/log-out", &[]).await;
        assert_eq!(sam.open(clean).await.heading(), "This link no longer works");
        let chosen = [("password", "Calm-Meadow-8"), ("confirm", "Calm-Meadow-8")];
        sam.submit("/o/riverside/sign-in", "/api/reset-save", &chosen).await;
        let page = sam.open("/o/riverside/not-me").await;
        assert!(!page.body.contains("action=\"/api/not-me\""));
        let mut owner = Browser::new(&portal);
        let page = owner.sign_in("riverside", Someone::SAM.email, Someone::SAM.password).await;
        assert_eq!(page.heading(), "Your programs", "the password is as it was");
    }
}
