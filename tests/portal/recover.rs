//! Recovery with a PIN without scripts, from page to page as a person goes.

use crate::{
    browser::Browser,
    journeys::{code, with_rosa},
};
use jiff::SignedDuration;
use portico::server::testing::TestPortal;
use portico_access::{accounts, people::Sought, testing::Someone};
use portico_rules::policy::Recovery;
use portico_store::{people, testing::databases};

const USER_ID: &str = "/o/evergreen/forgot-user-id";
const PASSWORD: &str = "/o/evergreen/forgot-password";

/// Rosa's, as she types it.
pub(crate) const BORN: [(&str, &str); 3] = [("month", "April"), ("day", "12"), ("year", "1986")];

/// The id of the person whom the roster lists under a number.
pub(crate) async fn person(portal: &TestPortal, member_id: &str) -> String {
    let (access, evergreen) = (&portal.world.access, &portal.world.evergreen);
    let fingerprint = Sought::MemberId(member_id).fingerprint(&access.keys, &evergreen.id);
    let mut unit = access.store.read().await.unwrap();
    people::find_by_member_id(&mut unit, &evergreen.id, &fingerprint).await.unwrap().unwrap().id
}

/// Rosa has registered a while ago. Her account's id.
pub(crate) async fn member(portal: &TestPortal) -> String {
    with_rosa(portal).await;
    let world = &portal.world;
    let person = person(portal, "E-1").await;
    let rosa = Someone {
        name: "Rosa Delgado",
        user_id: "rosa.delgado",
        email: "rosa@mail.example",
        password: "walking42",
        person_id: Some(&person),
    };
    let id = world.account(&world.evergreen, rosa).await;
    // What is no newer than the password it is to replace would be dead.
    world.advance(SignedDuration::from_secs(1));
    id
}

/// Asks for a PIN on a page, and reads it in the mail.
async fn ask(portal: &TestPortal, browser: &mut Browser, page: &str) -> String {
    let fields = [&[("email", "rosa@mail.example")][..], &BORN].concat();
    let shown = browser.submit(page, "/api/pin-request", &fields).await;
    assert!(shown.body.contains("If we have an account for what you entered, an email is on its way."));
    code(portal).await
}

fn another(pin: &str) -> String {
    let first = if pin.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &pin[1..])
}

#[tokio::test]
async fn a_member_finds_the_user_id_and_sets_a_password_with_one_pin() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        member(&portal).await;
        let mut rosa = Browser::new(&portal);
        assert_eq!(rosa.open(USER_ID).await.heading(), "Forgot your User ID?");
        let pin = ask(&portal, &mut rosa, USER_ID).await;
        let page = rosa.open(USER_ID).await;
        assert!(page.body.contains("The PIN is good until "), "{}", page.body);
        assert!(!page.body.contains("rosa.delgado") && !page.body.contains("Rosa"));
        let page = rosa.submit(USER_ID, "/api/pin-enter", &[("pin", &another(&pin))]).await;
        assert!(page.body.contains("<title>Error: ") && page.body.contains("Tries left: 4"));
        let page = rosa.submit(USER_ID, "/api/pin-enter", &[("pin", &pin)]).await;
        assert_eq!(page.heading(), "Forgot your User ID?");
        assert!(page.body.contains("<strong>rosa.delgado</strong>"), "{}", page.body);
        assert!(page.body.contains(&format!("href=\"{PASSWORD}\"")), "the other with the same PIN");
        assert_eq!(portal.deliver().await[0].subject, "Your User ID was looked up");

        let page = rosa.open(PASSWORD).await;
        assert_eq!(page.heading(), "Forgot your password?");
        assert!(page.input("pin").is_none() && page.body.contains("password-rules"));
        let refused = [("password", "rosadelgado1"), ("confirm", "rosadelgado1")];
        let page = rosa.submit(PASSWORD, "/api/pin-save", &refused).await;
        assert!(page.body.contains("There is a problem"));
        assert!(!page.body.contains("rosadelgado1"));
        let chosen = [("password", "strolling7"), ("confirm", "strolling7")];
        let page = rosa.submit(PASSWORD, "/api/pin-save", &chosen).await;
        assert_eq!(page.heading(), "Sign in");
        assert!(page.body.contains("Your new password is now set"));
        assert!(!rosa.cookies.contains_key("__Host-session"), "never a session from a mail");
        assert_eq!(portal.deliver().await[0].subject, "Your password was changed");
        // Until somebody signs in, the PIN shows the User ID, and sets no other password.
        assert!(rosa.open(USER_ID).await.body.contains("<strong>rosa.delgado</strong>"));
        assert!(rosa.open(PASSWORD).await.body.contains("set a new password already"));
        let page =
            rosa.submit(PASSWORD, "/api/pin-save", &[("password", "running88"), ("confirm", "running88")]);
        assert!(page.await.body.contains("set a new password already"));
        assert_eq!(rosa.sign_in("evergreen", "rosa.delgado", "strolling7").await.heading(), "Your programs");
        rosa.cookies.remove("__Host-session");
        assert!(!rosa.open(USER_ID).await.body.contains("rosa.delgado"), "the next person at this computer");
    }
}

#[tokio::test]
async fn the_password_first_and_the_user_id_when_asked_for() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        member(&portal).await;
        let mut rosa = Browser::new(&portal);
        let pin = ask(&portal, &mut rosa, PASSWORD).await;
        let page = rosa.submit(PASSWORD, "/api/pin-enter", &[("pin", &pin)]).await;
        assert!(page.body.contains("Choose your new password"));
        let mails = portal.deliver().await.len();
        let page = rosa.open(USER_ID).await;
        assert!(
            page.body.contains("Show my User ID") && !page.body.contains("<strong>rosa.delgado</strong>")
        );
        assert_eq!(portal.deliver().await.len(), mails, "opening a page changes nothing");
        let page = rosa.submit(USER_ID, "/api/pin-show-user-id", &[]).await;
        assert!(page.body.contains("<strong>rosa.delgado</strong>"));
        assert_eq!(portal.deliver().await.len(), mails + 1);
        let page =
            rosa.submit(PASSWORD, "/api/pin-save", &[("password", "strolling7"), ("confirm", "strolling7")]);
        assert_eq!(page.await.heading(), "Sign in");
    }
}

#[tokio::test]
async fn security_questions_are_asked_after_the_pin() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        world.change_policy(&world.evergreen, |policy| policy.security_questions = None).await;
        member(&portal).await;
        let mut rosa = Browser::new(&portal);
        rosa.sign_in("evergreen", "rosa.delgado", "walking42").await;
        let chosen = [
            ("current", "walking42"),
            ("question1", "toy"),
            ("answer1", "Red wagon"),
            ("question2", "first_pet"),
            ("answer2", "Biscuit"),
            ("question3", "book"),
            ("answer3", "Emil"),
        ];
        let page = rosa
            .submit("/o/evergreen/account/security-questions", "/api/change-security-questions", &chosen)
            .await;
        assert_eq!(page.heading(), "Your information");
        world.advance(SignedDuration::from_secs(1));
        let mut rosa = Browser::new(&portal);
        let pin = ask(&portal, &mut rosa, PASSWORD).await;
        let page = rosa.open(PASSWORD).await;
        assert!(!page.body.contains("toy"), "nothing is asked before the PIN");
        let page = rosa.submit(PASSWORD, "/api/pin-enter", &[("pin", &pin)]).await;
        for label in [
            "Security question answer 1: What was your favorite toy as a child?",
            "Security question answer 2: What was the name of your first pet?",
            "Security question answer 3: Which book did you love most as a child?",
        ] {
            assert!(page.body.contains(label), "{label}");
        }
        let page = rosa.submit(PASSWORD, "/api/pin-save", &[("answer2", "biscuit")]).await;
        for words in ["Enter answer 1", "Enter answer 3", "Enter a password"] {
            assert!(page.body.contains(words), "{words}");
        }
        let answers = |third| {
            [
                ("answer1", "red-wagon"),
                ("answer2", "BISCUIT"),
                ("answer3", third),
                ("password", "strolling7"),
                ("confirm", "strolling7"),
            ]
        };
        for _ in 0..4 {
            let page = rosa.submit(PASSWORD, "/api/pin-save", &answers("Heidi")).await;
            assert!(page.body.contains("Not all of your answers are right."));
            assert!(!page.body.contains("Heidi") && !page.body.contains("BISCUIT"));
        }
        let page = rosa.submit(PASSWORD, "/api/pin-save", &answers("Heidi")).await;
        assert!(page.body.contains("so we locked your account. To unlock it, request a new PIN"));
        assert_eq!(portal.deliver().await[0].subject, "Your account was locked");
        world.advance(SignedDuration::from_secs(1));
        let pin = ask(&portal, &mut rosa, PASSWORD).await;
        rosa.submit(PASSWORD, "/api/pin-enter", &[("pin", &pin)]).await;
        let page = rosa.submit(PASSWORD, "/api/pin-save", &answers("émil")).await;
        assert_eq!(page.heading(), "Sign in");
        assert!(page.body.contains("Your new password is now set"));
    }
}

#[tokio::test]
async fn no_step_of_a_recovery_can_be_skipped() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        member(&portal).await;
        let hashes = portal.world.access.hasher.counts().total();
        let mut stranger = Browser::new(&portal);
        let chosen = [("password", "strolling7"), ("confirm", "strolling7")];
        for (action, fields) in [
            ("/api/pin-save", &chosen[..]),
            ("/api/pin-show-user-id", &[]),
            ("/api/pin-enter", &[("pin", "12345678")]),
        ] {
            let page = stranger.submit(PASSWORD, action, fields).await;
            assert!(page.body.contains("The PIN has expired. Request a new one"), "{action}");
            assert!(page.body.contains("Request a PIN"));
        }
        let pin = ask(&portal, &mut stranger, PASSWORD).await;
        let page = stranger.submit(PASSWORD, "/api/pin-save", &chosen).await;
        assert!(page.body.contains("Request a PIN"), "the PIN was not entered");
        // Another browser has to ask for itself, and so has another organization.
        let mut other = Browser::new(&portal);
        let page = other.submit(PASSWORD, "/api/pin-enter", &[("pin", &pin)]).await;
        assert!(page.body.contains("The PIN has expired"));
        assert_eq!(ask(&portal, &mut other, PASSWORD).await, pin, "the same PIN again");
        let page = other.submit(PASSWORD, "/api/pin-enter", &[("pin", &pin)]).await;
        assert!(page.body.contains("Choose your new password"));
        portal.world.advance(SignedDuration::from_mins(90));
        let page = other.submit(PASSWORD, "/api/pin-save", &chosen).await;
        assert!(page.body.contains("The PIN has expired"), "at the moment of use");
        assert_eq!(portal.world.access.hasher.counts().total(), hashes, "no hash without a PIN");
    }
}

#[tokio::test]
async fn mistakes_are_named_and_starting_over_is_possible() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        member(&portal).await;
        let mut rosa = Browser::new(&portal);
        let page = rosa.submit(USER_ID, "/api/pin-request", &[("email", "rosa"), ("month", "4")]).await;
        for words in ["There is a problem", "Date of birth must include a day", "Enter an email address like"]
        {
            assert!(page.body.contains(words), "{words}");
        }
        assert_eq!(page.input("email").as_deref(), Some("rosa"));
        let pin = ask(&portal, &mut rosa, USER_ID).await;
        for (entered, words) in [("", "Enter the PIN from the email"), ("12 34", "PIN must be 8 digits")] {
            let page = rosa.submit(USER_ID, "/api/pin-enter", &[("pin", entered)]).await;
            assert!(page.body.contains(words), "{words}");
        }
        for _ in 0..5 {
            rosa.submit(USER_ID, "/api/pin-enter", &[("pin", &another(&pin))]).await;
        }
        assert!(rosa.open(USER_ID).await.input("email").is_some(), "the PIN has ended");
        let fresh = ask(&portal, &mut rosa, USER_ID).await;
        assert_ne!(fresh, pin);
        let page = rosa.submit(USER_ID, "/api/pin-start-over", &[]).await;
        assert!(page.input("email").is_some() && page.input("pin").is_none());
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_used_says_so_after_the_pin() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let id = member(&portal).await;
        let world = &portal.world;
        accounts::disable(&world.access, &world.evergreen, &id, "a test").await.unwrap();
        world.advance(SignedDuration::from_secs(1));
        let mut rosa = Browser::new(&portal);
        let pin = ask(&portal, &mut rosa, PASSWORD).await;
        let page = rosa.submit(PASSWORD, "/api/pin-enter", &[("pin", &pin)]).await;
        assert_eq!(page.heading(), "Your account is disabled");
    }
}

#[tokio::test]
async fn where_there_are_no_pins_customer_service_helps_or_nothing_is_there() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        assert_eq!(
            Browser::new(&portal).open("/o/riverside/forgot-password").await.heading(),
            "Page not found"
        );
        let by_link =
            |policy: &mut portico_rules::policy::Overrides| policy.recovery = Some(Recovery::LinkAndCode);
        world.change_policy(&world.evergreen, by_link).await;
        let mut rosa = Browser::new(&portal);
        assert_eq!(rosa.open(PASSWORD).await.heading(), "Reset your password");
        let page = rosa.open(USER_ID).await;
        assert_eq!(page.heading(), "Forgot your User ID?");
        assert!(page.body.contains("1-800-555-0100") && page.input("email").is_none());
    }
}

#[tokio::test]
async fn in_spanish() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        member(&portal).await;
        let mut rosa = Browser::new(&portal);
        rosa.submit(USER_ID, "/language", &[("language", "es")]).await;
        let fields = [&[("email", "rosa@mail.example")][..], &BORN].concat();
        let page = rosa.submit(USER_ID, "/api/pin-request", &fields).await;
        assert_eq!(page.heading(), "¿Olvidó su nombre de usuario?");
        assert!(page.body.contains("Si tenemos una cuenta con lo que escribió, un correo va en camino."));
        let mails = portal.deliver().await;
        assert_eq!(mails[0].subject, "Su PIN");
        let page = rosa.submit(USER_ID, "/api/pin-enter", &[("pin", &code(&portal).await)]).await;
        assert!(page.body.contains("<strong>rosa.delgado</strong>"));
    }
}
