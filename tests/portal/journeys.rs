//! The main journeys without scripts, from page to page as a person goes.

use crate::browser::Browser;
use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use portico::server::testing::TestPortal;
use portico_access::{roster_import, testing::Someone};
use portico_store::testing::databases;

const ROSTER: &str = "member_id,first_name,last_name,date_of_birth,address_line1,address_line2,city,state,postal_code,email,relationship,program
E-1,Rosa,Delgado,1986-04-12,418 Juniper Street,,Portland,OR,97205,rosa@mail.example,self,healthy-steps
";

pub(crate) const ABOUT_ROSA: [(&str, &str); 9] = [
    ("first_name", "rosa"),
    ("last_name", "DELGADO"),
    ("month", "4"),
    ("day", "12"),
    ("year", "1986"),
    ("address_line1", "418 Juniper St."),
    ("city", "Portland"),
    ("state", "OR"),
    ("postal_code", "97205-1234"),
];

pub(crate) async fn with_rosa(portal: &TestPortal) {
    let world = &portal.world;
    let today = world.evergreen.day(world.access.now());
    let reading = portico_roster::read(ROSTER.as_bytes(), &world.evergreen.definition, today).unwrap();
    assert!(reading.rejected.is_empty());
    roster_import::import(&world.access, &world.evergreen, &reading, false).await.unwrap();
}

/// The eight digits that stand alone on a line of the newest mail.
pub(crate) async fn code(portal: &TestPortal) -> String {
    let mails = portal.deliver().await;
    let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
    mails[0].text.lines().find(is_code).expect("a code").to_owned()
}

#[tokio::test]
async fn a_member_registers_and_is_signed_in() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        let mut rosa = Browser::new(&portal);
        let page = rosa.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        assert_eq!(page.heading(), "Your email");
        assert!(!page.body.contains("rosa@mail.example"), "the address on file is masked");
        let page = rosa.submit("/o/evergreen/register/email", "/api/register-send-code", &[]).await;
        assert_eq!(page.heading(), "Check your email");
        let code = code(&portal).await;
        let page = rosa
            .submit("/o/evergreen/register/email/code", "/api/register-prove-code", &[("code", &code)])
            .await;
        assert_eq!(page.heading(), "Create your sign-in");
        let details = [("user_id", "rosa.delgado"), ("password", "walking42"), ("confirm", "walking42")];
        let page = rosa
            .submit("/o/evergreen/register/sign-in-details", "/api/register-sign-in-details", &details)
            .await;
        assert_eq!(page.heading(), "Check your answers");
        assert!(!page.body.contains("walking42"));
        let page = rosa.create_account().await;
        assert_eq!(page.heading(), "You are registered");
        assert!(page.body.contains("rosa.delgado"));
        let page = rosa.open("/o/evergreen/home").await;
        assert_eq!(page.heading(), "Your programs");
        assert!(page.body.contains("Healthy Steps"));
        // The same person again meets the neutral page, and the owner hears of it.
        let mut again = Browser::new(&portal);
        let page = again.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        assert_eq!(page.heading(), "We could not verify your information");
        let dialled = page.body.matches(r#"<a href="tel:1-800-555-0100">"#).count();
        assert_eq!(dialled, 2, "here, and on every page");
        let subjects: Vec<_> = portal.deliver().await.into_iter().map(|mail| mail.subject).collect();
        assert_eq!(
            subjects,
            ["Someone tried to register as you", "You are registered", "Your registration code"]
        );
    }
}

#[tokio::test]
async fn security_questions_are_chosen_where_the_policy_asks_them() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        let world = &portal.world;
        world.change_policy(&world.evergreen, |policy| policy.security_questions = None).await;
        let mut rosa = Browser::new(&portal);
        rosa.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        rosa.submit("/o/evergreen/register/email", "/api/register-send-code", &[]).await;
        let code = code(&portal).await;
        let fields = [("code", code.as_str())];
        rosa.submit("/o/evergreen/register/email/code", "/api/register-prove-code", &fields).await;
        let details = [("user_id", "rosa.delgado"), ("password", "walking42"), ("confirm", "walking42")];
        let page = rosa
            .submit("/o/evergreen/register/sign-in-details", "/api/register-sign-in-details", &details)
            .await;
        assert_eq!(page.heading(), "Security questions");
        assert_eq!(rosa.open("/o/evergreen/register/check").await.heading(), "Security questions");
        let step = "/o/evergreen/register/security-questions";
        let action = "/api/register-security-questions";
        let wrong = [
            ("question1", "toy"),
            ("answer1", "red wagon"),
            ("question2", "toy"),
            ("answer2", "Rosa"),
            ("question3", "book"),
        ];
        let page = rosa.submit(step, action, &wrong).await;
        for words in [
            "<title>Error: ",
            "Question 2 must be a different one",
            "Answer 2 must not be your name, your User ID or your password",
            "Enter answer 3",
        ] {
            assert!(page.body.contains(words), "{words}");
        }
        assert!(!page.body.contains("red wagon"), "an answer is never shown again");
        assert!(page.body.contains("<option value=\"book\" selected"), "a question is");
        let chosen = [
            ("question1", "toy"),
            ("answer1", "red wagon"),
            ("question2", "first_pet"),
            ("answer2", "Biscuit"),
            ("question3", "book"),
            ("answer3", "Emil"),
        ];
        let page = rosa.submit(step, action, &chosen).await;
        assert_eq!(page.heading(), "Check your answers");
        assert!(page.body.contains("What was your favorite toy as a child?"));
        assert!(!page.body.contains("red wagon") && !page.body.contains("Biscuit"));
        // Change: the same again leads back, another User ID asks for the answers to the same questions.
        let change = "/o/evergreen/register/sign-in-details";
        let page = rosa.submit(change, "/api/register-sign-in-details", &details).await;
        assert_eq!(page.heading(), "Check your answers");
        let other = [("user_id", "rosa.d"), details[1], details[2]];
        let page = rosa.submit(change, "/api/register-sign-in-details", &other).await;
        assert_eq!(page.heading(), "Security questions");
        assert!(page.body.contains("You have changed your User ID or your password"));
        assert!(page.body.contains("<option value=\"toy\" selected"));
        assert_eq!(rosa.submit(step, action, &chosen).await.heading(), "Check your answers");
        let page = rosa.create_account().await;
        assert_eq!(page.heading(), "You are registered");
        // Where no PIN would ask them there is no such step, and no page to change them.
        world.change_policy(&world.evergreen, |policy| policy.security_questions = Some(0)).await;
        let page = rosa.open("/o/evergreen/account/security-questions").await;
        assert_eq!(page.heading(), "Page not found");
        assert!(!rosa.open("/o/evergreen/account").await.body.contains("security-questions"));
    }
}

#[tokio::test]
async fn who_cannot_use_the_address_on_file_is_led_to_the_phone() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        let mut rosa = Browser::new(&portal);
        let page = rosa.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        assert!(page.body.contains("href=\"/o/evergreen/help#address\">I can"));
        let help = rosa.open("/o/evergreen/help").await;
        let (_, answer) = help.body.split_once("id=\"address\"").expect("the answer it leads to");
        let answer = answer.split("<h3").next().unwrap_or_default();
        assert!(answer.contains("1-800-555-0100"), "{answer}");
    }
}

#[tokio::test]
async fn no_step_of_a_registration_can_be_skipped() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        let mut browser = Browser::new(&portal);
        for page in ["email", "email/code", "sign-in-details", "check", "done", "resume", "not-verified"] {
            let page = format!("/o/evergreen/register/{page}");
            assert_eq!(browser.open(&page).await.heading(), "About you", "{page}");
        }
        browser.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        for page in ["email/code", "sign-in-details", "check", "done"] {
            let page = format!("/o/evergreen/register/{page}");
            assert_eq!(browser.open(&page).await.heading(), "Your email", "{page}");
        }
        // Nor by sending a later step's form from an earlier page.
        let early = "/o/evergreen/register/email";
        let details = [("user_id", "rosa.delgado"), ("password", "walking42"), ("confirm", "walking42")];
        assert_eq!(
            browser.submit(early, "/api/register-sign-in-details", &details).await.heading(),
            "Your email"
        );
        assert_eq!(browser.submit(early, "/api/register-create", &[]).await.heading(), "Your email");
        assert_eq!(
            browser.submit(early, "/api/register-prove-code", &[("code", "12345678")]).await.heading(),
            "Your email"
        );
    }
}

#[tokio::test]
async fn what_was_typed_is_kept_but_not_the_ssn() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        let mut browser = Browser::new(&portal);
        let mut fields = ABOUT_ROSA.to_vec();
        fields[4] = ("year", "86");
        fields.push(("ssn", "900-11-2233"));
        let page = browser.submit("/o/evergreen/register", "/api/register-about-you", &fields).await;
        assert!(page.body.contains("<title>Error: "), "{}", &page.body[..600]);
        assert!(page.body.contains("There is a problem"));
        assert_eq!(page.input("first_name").as_deref(), Some("rosa"));
        assert!(!page.body.contains("900-11-2233") && !page.body.contains("900112233"));
        // The cookie lapses with the page that shows it.
        assert!(!browser.open("/o/evergreen/register").await.body.contains("There is a problem"));
    }
}

#[tokio::test]
async fn staff_reset_a_password_with_two_emails() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.riverside, Someone::SAM).await;
        // A link that is no newer than the password it is to replace would be dead.
        portal.world.advance(SignedDuration::from_secs(1));
        let mut sam = Browser::new(&portal);
        sam.submit(
            "/o/riverside/reset-password",
            "/api/reset-request",
            &[("email", "sam@riverside.example")],
        )
        .await;
        let mails = portal.deliver().await;
        let link = mails[0].text.lines().find(|line| line.starts_with("https://")).unwrap();
        let link = link.strip_prefix("https://portal.example").unwrap();
        // A scanner opens the link, and every link it finds, before Sam does.
        let mut scanner = Browser::new(&portal);
        for method in [Method::HEAD, Method::GET] {
            scanner.send(method, link, &[("sec-fetch-site", "none")], String::new()).await;
        }
        let arrived = sam.get(link).await;
        assert_eq!(
            (arrived.status, arrived.location()),
            (StatusCode::SEE_OTHER, "/o/riverside/new-password")
        );
        let page = sam.open("/o/riverside/new-password").await;
        assert_eq!(page.heading(), "Change your password");
        assert!(
            !page.body.contains("Sam") && !page.body.contains("sam@riverside.example"),
            "the link alone tells nothing"
        );
        assert_eq!(portal.deliver().await.len(), 1, "opening sends nothing");
        let clean = "/o/riverside/new-password";
        sam.submit(clean, "/api/reset-send-code", &[]).await;
        let code = code(&portal).await;
        // A refused password keeps the code, which is not asked for again.
        let refused = [("code", code.as_str()), ("password", "short"), ("confirm", "short")];
        let page = sam.submit(clean, "/api/reset-save", &refused).await;
        assert!(page.body.contains("There is a problem"));
        assert_eq!(page.input("code"), None);
        let page = sam
            .submit(clean, "/api/reset-save", &[("password", "Calm-Meadow-8"), ("confirm", "Calm-Meadow-8")])
            .await;
        assert_eq!(page.heading(), "Sign in");
        assert!(page.body.contains("Your new password is now set"));
        assert!(!sam.cookies.contains_key("__Host-session"), "never a session from a mail");
        assert_eq!(
            sam.sign_in("riverside", "sam@riverside.example", "Calm-Meadow-8").await.heading(),
            "Your programs"
        );
        // The link is used.
        let mut later = Browser::new(&portal);
        assert_eq!(later.open(link).await.heading(), "This link no longer works");
    }
}

#[tokio::test]
async fn a_session_ends_by_the_clock_by_hand_and_not_for_the_other_organization() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let mut maria = Browser::new(&portal);
        assert_eq!(maria.sign_in("evergreen", "maria.lopez", "walking42").await.heading(), "Your programs");
        assert_eq!(
            maria.open("/o/riverside/home").await.heading(),
            "Sign in",
            "a session is of one organization"
        );
        portal.world.advance(SignedDuration::from_secs(899));
        assert_eq!(maria.open("/o/evergreen/account").await.heading(), "Your information");
        portal.world.advance(SignedDuration::from_secs(900));
        let page = maria.open("/o/evergreen/home").await;
        assert_eq!(page.heading(), "You were signed out to protect your information");
        assert!(!page.body.contains("Maria") && page.says("Nobody used this page for a while"));
        // And however busy one is, after twelve hours.
        assert_eq!(maria.sign_in("evergreen", "maria.lopez", "walking42").await.heading(), "Your programs");
        for _ in 0..51 {
            portal.world.advance(SignedDuration::from_mins(14));
            assert_eq!(maria.open("/o/evergreen/account").await.heading(), "Your information");
        }
        portal.world.advance(SignedDuration::from_mins(6));
        let page = maria.open("/o/evergreen/home").await;
        assert_eq!(page.heading(), "You were signed out to protect your information");
        assert!(page.says("A session lasts 12 hours at most") && !page.says("Nobody used"));
        assert_eq!(maria.sign_in("evergreen", "maria.lopez", "walking42").await.heading(), "Your programs");
        let session = maria.cookies["__Host-session"].clone();
        let page = maria.submit("/o/evergreen/home", "/api/log-out", &[]).await;
        assert_eq!(page.heading(), "You are signed out");
        assert!(page.body.contains("Close all windows of the browser before you leave"));
        // The token itself is dead, not only forgotten.
        maria.cookies.insert("__Host-session".into(), session);
        assert_eq!(maria.open("/o/evergreen/home").await.heading(), "Sign in");
    }
}

#[tokio::test]
async fn a_page_asked_for_from_outside_leads_through_sign_in_and_back() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let mut maria = Browser::new(&portal);
        maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        for site in ["none", "cross-site"] {
            let outside = [("sec-fetch-site", site)];
            let answer = maria.send(Method::GET, "/o/evergreen/account", &outside, String::new()).await;
            let sign_in = "/o/evergreen/sign-in?next=%2Fo%2Fevergreen%2Faccount";
            assert_eq!(answer.location(), sign_in, "{site}");
            // The redirect counts as outside as well: the form, although a session lives.
            let page = maria.send(Method::GET, sign_in, &outside, String::new()).await;
            assert_eq!(page.heading(), "Sign in", "{site}");
            assert_eq!(page.input("next").as_deref(), Some("/o/evergreen/account"));
        }
        // Nor does anything else lead on before somebody has signed in: no wrong password, no other language, no link.
        let wrong = [("identifier", "maria.lopez"), ("password", "x")];
        let page = maria.submit("/o/evergreen/sign-in", "/api/sign-in", &wrong).await;
        assert!(page.says("The User ID or password is not right") && !page.says("/api/log-out"));
        let page = maria.submit("/o/evergreen/sign-in", "/language", &[("language", "es")]).await;
        assert_eq!(page.heading(), "Iniciar sesión");
        maria.submit("/o/evergreen/sign-in", "/language", &[("language", "en")]).await;
        for page in ["/o/evergreen/account", "/o/evergreen/home", "/o/evergreen/sign-in"] {
            assert_eq!(maria.open(page).await.heading(), "Sign in", "{page}");
        }
        assert!(!maria.open("/o/evergreen/help").await.says("/api/log-out"));
        // Whoever stands on a page of the session, in another tab, has said who they are.
        let from = |page: &str| ["https://portal.example", page].concat();
        for (referer, heading) in [
            (from("/o/evergreen/sign-in"), "Sign in"),
            (from("/o/evergreen/help"), "Sign in"),
            ("https://elsewhere.example/o/evergreen/home".to_owned(), "Sign in"),
            (from("/o/evergreen/home"), "Your information"),
        ] {
            let headers = [("sec-fetch-site", "same-origin"), ("referer", referer.as_str())];
            let page = maria.send(Method::GET, "/o/evergreen/account", &headers, String::new()).await;
            let heading_there = if page.location().is_empty() { page.heading() } else { "Sign in" };
            assert_eq!(heading_there, heading, "{referer}");
        }
        maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        assert_eq!(maria.open("/o/evergreen/account").await.heading(), "Your information");
        // WebKit says "none" of a reload and of Back, too, and names the page that led there.
        for (referer, inside) in
            [("https://portal.example/o/evergreen/home", true), ("https://elsewhere.example/", false)]
        {
            let reload = [("sec-fetch-site", "none"), ("referer", referer)];
            let answer = maria.send(Method::GET, "/o/evergreen/account", &reload, String::new()).await;
            assert_eq!(answer.status.is_success(), inside, "{referer}");
        }
        // A next that leads elsewhere is dropped.
        for next in ["https://evil.example/", "//evil.example", "/o/riverside/home", "/\\evil.example"] {
            let fields = [("identifier", "maria.lopez"), ("password", "walking42"), ("next", next)];
            let page = "/o/evergreen/help";
            let answer = maria.post(page, "/api/sign-in", &fields).await;
            assert_eq!(answer.location(), "/o/evergreen/home", "{next}");
        }
    }
}

#[tokio::test]
async fn the_language_switch_keeps_the_page_and_what_was_typed() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let mut browser = Browser::new(&portal);
        let fields = [("identifier", "maria.lopez"), ("password", "walking42"), ("language", "es")];
        let page = browser.submit("/o/evergreen/sign-in", "/language", &fields).await;
        assert_eq!(page.heading(), "Iniciar sesión");
        assert_eq!(page.input("identifier").as_deref(), Some("maria.lopez"));
        assert!(!page.body.contains("walking42"));
        assert!(page.body.contains("<html lang=\"es\""));
        assert_eq!(browser.open("/o/evergreen/help").await.heading(), "Ayuda para iniciar sesión");
    }
}

#[tokio::test]
async fn page_not_found_has_a_language_switch_and_a_way_out() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        for (address, back) in [
            ("/o/evergreen/no-such-page", "/o/evergreen/no-such-page"),
            ("/o/evergreen/contrase%C3%B1a?from=mail", "/o/evergreen/contrase%C3%B1a"),
            ("/elsewhere", "/o/evergreen/not-found"),
            ("/o/nowhere/sign-in", "/o/evergreen/not-found"),
            ("/o/evergreen", "/o/evergreen/not-found"),
        ] {
            let mut browser = Browser::new(&portal);
            let page = browser.get(address).await;
            assert_eq!((page.status, page.heading()), (StatusCode::NOT_FOUND, "Page not found"), "{address}");
            let page = browser.switch_to_spanish(&page).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{address}");
            assert_eq!(page.input("page").as_deref(), Some(back), "{address}");
        }
        // An address that could be read in two ways is not led back to.
        let mut browser = Browser::new(&portal);
        let page = browser.get("/o/evergreen/a%2fb").await;
        assert_eq!(browser.switch_to_spanish(&page).await.heading(), "Iniciar sesión");
        let mut maria = Browser::new(&portal);
        maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        let page = maria.submit("/o/evergreen/no-such-page", "/api/log-out", &[]).await;
        assert_eq!(page.heading(), "You are signed out");
    }
}

#[tokio::test]
async fn the_way_back_survives_the_language_switch_and_a_failed_try() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let mut maria = Browser::new(&portal);
        let next = Some("/o/evergreen/account");
        let page = maria.open("/o/evergreen/account").await;
        assert_eq!((page.heading(), page.input("next").as_deref()), ("Sign in", next));
        let page = maria.switch_to_spanish(&page).await;
        assert_eq!((page.heading(), page.input("next").as_deref()), ("Iniciar sesión", next));
        let wrong =
            [("identifier", "maria.lopez"), ("password", "wrong-one-1"), ("next", "/o/evergreen/account")];
        let page = maria.submit("/o/evergreen/sign-in", "/api/sign-in", &wrong).await;
        assert_eq!((page.heading(), page.input("next").as_deref()), ("Iniciar sesión", next));
        maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        portal.world.advance(SignedDuration::from_secs(900));
        let page = maria.open("/o/evergreen/account").await;
        let page = maria.switch_to_spanish(&page).await;
        assert!(page.body.contains("/o/evergreen/sign-in?next=%2Fo%2Fevergreen%2Faccount"));
    }
}

#[tokio::test]
async fn why_an_account_cannot_be_used_is_said_in_either_language() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        world.account(&world.riverside, Someone::SAM).await;
        world.advance(SignedDuration::from_hours(24 * 90));
        let mut sam = Browser::new(&portal);
        let page = sam.sign_in("riverside", Someone::SAM.email, Someone::SAM.password).await;
        assert!(page.body.contains("expired on "), "{}", page.heading());
        let page = sam.switch_to_spanish(&page).await;
        assert!(page.body.contains("venció el ") && page.body.contains(" de 20"), "{}", page.heading());
        // Without the sign-in that found it out there is nothing to say.
        assert_eq!(sam.open("/o/riverside/unavailable").await.heading(), "Iniciar sesión");
    }
}

#[tokio::test]
async fn a_browser_without_cookies_is_told_so() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let mut browser = Browser::new(&portal);
        let sign_in = "/o/evergreen/sign-in";
        let token = browser.open(sign_in).await.input("form_token").unwrap();
        let fields = [
            ("organization", "evergreen"),
            ("page", sign_in),
            ("form_token", &token),
            ("identifier", "maria.lopez"),
        ];
        browser.cookies.clear();
        let answer = browser.post_fields("/api/sign-in", &fields, &[]).await;
        let to = answer.location().to_owned();
        // One that had only lost them is shown its form again.
        let page = browser.open(&to).await;
        assert_eq!(page.input("identifier").as_deref(), Some("maria.lopez"));
        assert!(!page.body.contains("does not keep cookies"));
        browser.cookies.clear();
        let page = browser.open(&to).await;
        assert_eq!(page.heading(), "Sign in");
        assert!(page.body.contains("Your browser does not keep cookies"));
    }
}
