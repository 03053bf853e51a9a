//! The pages of one's own account without scripts.

use crate::{answer::Answer, browser::Browser, journeys::code, recover::member};
use jiff::SignedDuration;
use portico::server::testing::TestPortal;
use portico_access::{organization, roster_import, testing::Someone};
use portico_rules::organization::Employer;
use portico_store::testing::databases;

const ACCOUNT: &str = "/o/evergreen/account";
const SESSIONS: &str = "/o/evergreen/account/sessions";
const ACTIVITY: &str = "/o/evergreen/account/activity";
const PASSWORD: &str = "/o/evergreen/account/password";
const NOT_ME: &str = "/o/evergreen/account/not-me";
const CLOSE: &str = "/o/evergreen/account/close";

/// Runs a test in a portal where Maria has an account, on each kind of database.
async fn with_maria<F: AsyncFn(&TestPortal)>(test: F) {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        test(&portal).await;
    }
}

/// A browser that Maria is signed in with.
async fn marias(portal: &TestPortal) -> Browser {
    let mut browser = Browser::new(portal);
    assert_eq!(browser.sign_in("evergreen", "maria.lopez", "walking42").await.heading(), "Your programs");
    browser
}

impl Answer {
    /// Whether these words, or this markup, stand somewhere on it.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.body.contains(words)
    }
}

#[tokio::test]
async fn a_member_changes_the_password() {
    with_maria(async |portal| {
        let (mut maria, mut elsewhere) = (marias(portal).await, marias(portal).await);
        assert!(maria.open(ACCOUNT).await.says(&format!("href=\"{PASSWORD}\"")));
        let page = maria.open(PASSWORD).await;
        assert_eq!(page.heading(), "Change your password");
        assert_eq!(page.input("username").as_deref(), Some("maria.lopez"));
        let save = async |browser: &mut Browser, current, password, confirm| {
            let fields = [("current", current), ("password", password), ("confirm", confirm)];
            browser.submit(PASSWORD, "/api/change-password", &fields).await
        };
        let page = save(&mut maria, "", "", "").await;
        assert!(page.says("Enter your current password") && page.says("Enter a password"));
        let page = save(&mut maria, "guess4it", "harbor77", "harbor77").await;
        assert!(page.says("<title>Error: ") && page.says("This is not your current password"));
        assert!(!page.says("guess4it") && !page.says("harbor77"));
        let page = save(&mut maria, "walking42", "harbor77", "harbor78").await;
        assert!(page.says("The two passwords must match."));
        let page = save(&mut maria, "walking42", "walking42", "walking42").await;
        assert!(page.says("Choose a password that you have not used before"));
        let session = maria.cookies["__Host-session"].clone();
        let page = save(&mut maria, "walking42", "harbor77", "harbor77").await;
        assert_eq!(page.heading(), "Your information");
        assert!(page.says("Your new password is now set"));
        assert_ne!(maria.cookies["__Host-session"], session, "the token is another one");
        assert_eq!(elsewhere.open(ACCOUNT).await.heading(), "Sign in");
        elsewhere.cookies.insert("__Host-session".into(), session);
        assert_eq!(elsewhere.open(ACCOUNT).await.heading(), "Sign in");
        assert_eq!(
            elsewhere.sign_in("evergreen", "maria.lopez", "harbor77").await.heading(),
            "Your programs"
        );
        assert!(portal.deliver().await.iter().any(|mail| mail.subject == "Your password was changed"));
    })
    .await;
}

#[tokio::test]
async fn passwords_can_be_shown_where_the_policy_says_so_alone() {
    with_maria(async |portal| {
        let world = &portal.world;
        let mut maria = marias(portal).await;
        assert!(!maria.open(PASSWORD).await.says("class=\"reveal\""), "not with the member preset");
        world.change_policy(&world.evergreen, |policy| policy.password_reveal = Some(true)).await;
        assert!(maria.open(PASSWORD).await.says("class=\"reveal\""));
    })
    .await;
}

#[tokio::test]
async fn the_fifth_wrong_current_password_locks() {
    with_maria(async |portal| {
        let mut maria = marias(portal).await;
        let fields = [("current", "guess4it"), ("password", "harbor77"), ("confirm", "harbor77")];
        for _ in 0..4 {
            let page = maria.submit(PASSWORD, "/api/change-password", &fields).await;
            assert!(page.says("This is not your current password"));
        }
        let page = maria.submit(PASSWORD, "/api/change-password", &fields).await;
        assert!(page.says("so we locked your account"));
        assert_eq!(portal.deliver().await[0].subject, "Your account was locked");
    })
    .await;
}

/// What a browser is known by is a cookie of its own, which only a sign-in sets.
#[tokio::test]
async fn strangers_who_guess_do_not_lock_out_the_browser_that_maria_uses() {
    with_maria(async |portal| {
        let page = "/o/evergreen/sign-in";
        let mut maria = Browser::new(portal);
        let answer = maria
            .post(page, "/api/sign-in", &[("identifier", "maria.lopez"), ("password", "walking42")])
            .await;
        let known = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
        let known: Vec<_> = known.filter(|cookie| cookie.starts_with("__Host-known=")).collect();
        assert_eq!(known.len(), 1);
        for part in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/", "; Max-Age=15552000"] {
            assert!(known[0].contains(part), "{part}: {}", known[0]);
        }
        let guess = [("identifier", "maria.lopez"), ("password", "guess4it")];
        for _ in 0..6 {
            let mut stranger = Browser::new(portal);
            stranger.submit(page, "/api/sign-in", &guess).await;
            assert!(!stranger.cookies.contains_key("__Host-known"));
        }
        assert_eq!(portal.deliver().await[0].subject, "Your account was locked");
        assert_eq!(maria.open(ACCOUNT).await.heading(), "Your information", "the session lives");
        maria.submit(ACCOUNT, "/api/log-out", &[]).await;
        let page = maria.sign_in("evergreen", "maria.lopez", "walking42").await;
        assert_eq!(page.heading(), "Your programs", "the cookie outlives the session");
        let mut other = Browser::new(portal);
        assert_eq!(other.sign_in("evergreen", "maria.lopez", "walking42").await.heading(), "Sign in");
    })
    .await;
}

#[tokio::test]
async fn a_member_ends_the_sessions_elsewhere() {
    with_maria(async |portal| {
        let mut maria = marias(portal).await;
        let page = maria.open(SESSIONS).await;
        assert_eq!(page.heading(), "Where you are signed in");
        assert!(page.says("You are not signed in anywhere else."));
        assert!(page.says("Unknown browser") && page.says("127.0.0.*"));
        assert!(page.says("5:00 AM PDT on June 15, 2025"), "in the organization's time zone");
        let mut others = [marias(portal).await, marias(portal).await, marias(portal).await];
        let page = maria.open(SESSIONS).await;
        assert_eq!(page.body.matches("action=\"/api/end-session\"").count(), 3);
        let one = page.input("session").unwrap();
        let page = maria.submit(SESSIONS, "/api/end-session", &[("session", &one)]).await;
        assert!(page.says("The session is ended"));
        assert_eq!(page.body.matches("action=\"/api/end-session\"").count(), 2);
        let page = maria.submit(SESSIONS, "/api/end-session", &[("session", &one)]).await;
        assert!(!page.says("The session is ended"), "there is nothing left of it");
        let page = maria.submit(SESSIONS, "/api/end-other-sessions", &[]).await;
        assert!(page.says("All other sessions are ended"));
        assert!(page.says("You are not signed in anywhere else."));
        for other in &mut others {
            assert_eq!(other.open(ACCOUNT).await.heading(), "Sign in");
        }
    })
    .await;
}

#[tokio::test]
async fn recent_activity_is_told_in_plain_words() {
    with_maria(async |portal| {
        let mut maria = marias(portal).await;
        assert!(!maria.open(ACCOUNT).await.says("You last signed in"));
        portal.world.advance(SignedDuration::from_mins(5));
        let mut stranger = Browser::new(portal);
        stranger.sign_in("evergreen", "maria.lopez", "guess4it").await;
        portal.world.advance(SignedDuration::from_mins(5));
        maria.submit(ACCOUNT, "/api/log-out", &[]).await;
        let mut maria = marias(portal).await;
        let page = maria.open(ACCOUNT).await;
        assert!(page.says("You last signed in at 5:00 AM PDT on June 15, 2025."));
        assert!(page.says(&format!("href=\"{ACTIVITY}\"")));
        let page = maria.open(ACTIVITY).await;
        assert_eq!(page.heading(), "Recent activity");
        let told = [
            "<dt>5:10 AM PDT on June 15, 2025</dt><dd>You signed in</dd>",
            "<dt>5:10 AM PDT on June 15, 2025</dt><dd>You signed out</dd>",
            "<dt>5:05 AM PDT on June 15, 2025</dt><dd>Somebody tried to sign in with a wrong password</dd>",
            "<dt>5:00 AM PDT on June 15, 2025</dt><dd>You signed in</dd>",
        ];
        let found: Vec<_> = told.iter().map(|one| page.body.find(one).expect(one)).collect();
        assert!(found.is_sorted() && page.body.matches("<dt>").count() == 4, "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn a_reminder_to_change_the_password_can_be_put_off() {
    with_maria(async |portal| {
        let home = "/o/evergreen/home";
        let half_a_year = SignedDuration::from_hours(24 * 180);
        let mut maria = marias(portal).await;
        let reminds = "You have had your password for more than 180 days.";
        assert!(!maria.open(home).await.says(reminds));
        for _ in 0..2 {
            portal.world.advance(half_a_year);
            maria = marias(portal).await;
            let page = maria.open(home).await;
            assert!(page.says(reminds) && page.says("Not now") && page.says(&format!("href=\"{PASSWORD}\"")));
            let page = maria.submit(home, "/api/put-off-password-reminder", &[]).await;
            assert!(page.heading() == "Your programs" && !page.says(reminds));
        }
        portal.world.advance(half_a_year);
        maria = marias(portal).await;
        let fields = [("current", "walking42"), ("password", "harbor77"), ("confirm", "harbor77")];
        maria.submit(PASSWORD, "/api/change-password", &fields).await;
        assert!(!maria.open(home).await.says(reminds));
    })
    .await;
}

#[tokio::test]
async fn pages_of_the_account_lead_through_sign_in_and_back() {
    with_maria(async |portal| {
        for page in [ACCOUNT, PASSWORD, SESSIONS, ACTIVITY, NOT_ME, CLOSE] {
            let mut maria = Browser::new(portal);
            let sign_in = maria.get(page).await.location().to_owned();
            let next = maria.open(&sign_in).await.input("next");
            assert_eq!(next.as_deref(), Some(page));
            // Nor does the form do anything without a session.
            let home = "/o/evergreen/sign-in";
            let answer = maria.submit(home, "/api/change-password", &[("current", "walking42")]).await;
            assert_eq!(answer.heading(), "Sign in");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_of_the_account_read_in_spanish() {
    with_maria(async |portal| {
        let mut maria = marias(portal).await;
        maria.cookies.insert("__Host-language".into(), "es".into());
        for (page, heading) in [
            (PASSWORD, "Cambie su contraseña"),
            (SESSIONS, "Dónde tiene sesión abierta"),
            (ACTIVITY, "Actividad reciente"),
            (NOT_ME, "¿No fue usted?"),
            (CLOSE, "Cierre su cuenta"),
        ] {
            assert_eq!(maria.open(page).await.heading(), heading);
        }
    })
    .await;
}

/// A page goes: `token` proves where it came from, and its script says when it was opened.
async fn leave(browser: &mut Browser, page: &Answer, token: &str) -> Answer {
    let (_, script) = page.body.split_once("addEventListener('pagehide'").expect("the script of leaving");
    assert!(script.contains("sendBeacon('/api/leave'") && script.contains("BroadcastChannel"));
    let opened = script.split_once("'document',").and_then(|(_, rest)| rest.split_once(')')).unwrap().0;
    let fields =
        [("organization", "evergreen"), ("page", ACCOUNT), ("form_token", token), ("document", opened)];
    browser.post_fields("/api/leave", &fields, &[("accept", "*/*")]).await
}

#[tokio::test]
async fn leaving_the_portal_ends_the_session() {
    with_maria(async |portal| {
        let mut maria = marias(portal).await;
        let first = maria.open(ACCOUNT).await;
        // Without the proof that it comes from here it is no news.
        leave(&mut maria, &first, "forged").await;
        portal.world.advance(SignedDuration::from_secs(20));
        assert_eq!(maria.open(ACTIVITY).await.heading(), "Recent activity");
        portal.world.advance(SignedDuration::from_secs(1));
        let token = maria.open(ACCOUNT).await.input("form_token").unwrap();
        // The page before went; a later one is there.
        leave(&mut maria, &first, &token).await;
        portal.world.advance(SignedDuration::from_secs(20));
        let page = maria.open(ACCOUNT).await;
        assert_eq!(page.heading(), "Your information");
        let token = page.input("form_token").unwrap();
        let answer = leave(&mut maria, &page, &token).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        portal.world.advance(SignedDuration::from_secs(20));
        assert_eq!(maria.open(ACCOUNT).await.heading(), "Sign in");
    })
    .await;
}

/// Three questions, each with its answer.
const CHOSEN: [(&str, &str); 6] = [
    ("question1", "toy"),
    ("answer1", "red wagon"),
    ("question2", "first_pet"),
    ("answer2", "Biscuit"),
    ("question3", "book"),
    ("answer3", "Emil"),
];

#[tokio::test]
async fn a_member_changes_the_security_questions() {
    with_maria(async |portal| {
        const QUESTIONS: &str = "/o/evergreen/account/security-questions";
        let world = &portal.world;
        world.change_policy(&world.evergreen, |policy| policy.security_questions = None).await;
        let mut maria = marias(portal).await;
        assert!(maria.open(ACCOUNT).await.says(&format!("href=\"{QUESTIONS}\"")));
        let page = maria.open(QUESTIONS).await;
        assert_eq!(page.heading(), "Security questions");
        assert!(!page.says(" selected"), "she has chosen none so far");
        let save = async |browser: &mut Browser, current: &str| {
            let fields = [&[("current", current)][..], &CHOSEN].concat();
            browser.submit(QUESTIONS, "/api/change-security-questions", &fields).await
        };
        let page = save(&mut maria, "guess4it").await;
        assert!(page.says("This is not your current password") && !page.says("red wagon"));
        let session = maria.cookies["__Host-session"].clone();
        let page = save(&mut maria, "walking42").await;
        assert_eq!(page.heading(), "Your information");
        assert!(page.says("Your security questions are now set"));
        assert_ne!(maria.cookies["__Host-session"], session, "the token is another one");
        assert_eq!(portal.deliver().await[0].subject, "Your security questions were changed");
        let page = maria.open(QUESTIONS).await;
        for question in ["toy", "first_pet", "book"] {
            assert!(page.says(&format!("<option value=\"{question}\" selected")), "{question}");
        }
        assert!(!page.says("red wagon") && !page.says("Biscuit"));
        assert!(maria.open(ACTIVITY).await.says("Your security questions were changed"));
    })
    .await;
}

#[tokio::test]
async fn a_member_changes_the_email_address() {
    with_maria(async |portal| {
        const EMAIL: &str = "/o/evergreen/account/email";
        // What is no newer than the password would be dead.
        portal.world.advance(SignedDuration::from_secs(1));
        let mut maria = marias(portal).await;
        assert!(maria.open(ACCOUNT).await.says(&format!("href=\"{EMAIL}\"")));
        let page = maria.open(EMAIL).await;
        assert_eq!(page.heading(), "Your email");
        assert!(page.says("Your email address now is maria@mail.example."));
        let ask = async |browser: &mut Browser, email: &str, current: &str| {
            let fields = [("email", email), ("current", current)];
            browser.submit(EMAIL, "/api/change-email", &fields).await
        };
        let page = ask(&mut maria, "maria", "").await;
        assert!(page.says("Enter an email address like") && page.says("Enter your current password"));
        assert_eq!(page.input("email").as_deref(), Some("maria"));
        let page = ask(&mut maria, "MARIA@mail.example", "walking42").await;
        assert!(page.says("This is your email address already"));
        let page = ask(&mut maria, "new@mail.example", "guess4it").await;
        assert!(page.says("This is not your current password") && !page.says("guess4it"));
        assert!(portal.deliver().await.is_empty());
        let session = maria.cookies["__Host-session"].clone();
        let page = ask(&mut maria, "new@mail.example", "walking42").await;
        assert_eq!(page.heading(), "Your email");
        assert!(page.says("We have sent a code to new@mail.example.") && page.says("It is good until "));
        assert_ne!(maria.cookies["__Host-session"], session, "the token is another one");
        let first = code(portal).await;
        let page = maria.submit(EMAIL, "/api/change-email-send-again", &[]).await;
        assert!(page.says("The code is on its way again."));
        let page = maria.submit(EMAIL, "/api/change-email-code", &[("code", "1234")]).await;
        assert!(page.says("Code must be 8 digits"));
        let wrong = if first.starts_with('0') { "12345678" } else { "01234567" };
        let page = maria.submit(EMAIL, "/api/change-email-code", &[("code", wrong)]).await;
        assert!(page.says("<title>Error: ") && !page.says(wrong));
        let page = maria.submit(EMAIL, "/api/change-email-cancel", &[]).await;
        assert!(page.input("email").is_some() && page.input("code").is_none());
        let page = maria.submit(EMAIL, "/api/change-email-code", &[("code", &first)]).await;
        assert!(page.says("The code has expired. Enter the new address again"));
        ask(&mut maria, "new@mail.example", "walking42").await;
        let code = code(portal).await;
        let page = maria.submit(EMAIL, "/api/change-email-code", &[("code", &code)]).await;
        assert_eq!(page.heading(), "Your information");
        assert!(page.says("Your email address is changed") && page.says("new@mail.example"));
        let mails = portal.deliver().await;
        let mut told: Vec<_> = mails[..2].iter().map(|mail| mail.to.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["maria@mail.example", "new@mail.example"]);
        assert!(mails[..2].iter().all(|mail| mail.subject == "Your email was changed"));
        assert!(maria.open(ACTIVITY).await.says("Your email was changed"));
    })
    .await;
}

#[tokio::test]
async fn whom_to_contact_is_the_employer_where_there_is_one() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let world = &portal.world;
        member(&portal).await;
        let mut rosa = Browser::new(&portal);
        rosa.sign_in("evergreen", "rosa.delgado", "walking42").await;
        let page = rosa.open(ACCOUNT).await;
        assert!(
            page.says(
                "To correct it, call <a href=\"tel:1-800-555-0100\">1-800-555-0100</a> or write to help@"
            )
        );
        assert!(page.input("first_name").is_none(), "read-only");
        let mut definition = world.evergreen.definition.clone();
        definition.employers = vec![Employer {
            slug: "acme".to_owned(),
            name: "Acme Manufacturing".to_owned(),
            programs: Vec::new(),
            contact: Some("Human Resources, 555-0107".to_owned()),
        }];
        organization::apply(&world.access, &definition).await.unwrap().unwrap();
        let roster = "member_id,first_name,last_name,date_of_birth,address_line1,postal_code,employer\n\
                      E-1,Rosa,Delgado,1986-04-12,418 Juniper Street,97205,acme\n";
        let today = world.evergreen.day(world.access.now());
        let reading = portico_roster::read(roster.as_bytes(), &definition, today).unwrap();
        roster_import::import(&world.access, &world.evergreen, &reading, false).await.unwrap();
        let page = rosa.open(ACCOUNT).await;
        assert!(page.says("To correct it, contact Human Resources, 555-0107."), "{}", page.body);
        assert!(!page.says("To correct it, call"));
    }
}

#[tokio::test]
async fn this_was_not_me_from_the_link_of_a_mail() {
    with_maria(async |portal| {
        let (mut maria, mut thief) = (marias(portal).await, marias(portal).await);
        let told = portal.deliver().await.remove(0);
        assert_eq!(told.subject, "New sign-in");
        let link = told.text.lines().find(|line| line.contains("://")).unwrap().trim();
        let path = link.strip_prefix("https://portal.example").unwrap();
        // The token leaves the address on arrival. A scanner that opens the link, and the page behind it, changes nothing.
        let mut scanner = Browser::new(portal);
        let answer = scanner.get(path).await;
        assert_eq!(answer.location(), "/o/evergreen/not-me");
        let cookie = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
        let cookie: Vec<_> = cookie.filter(|cookie| cookie.starts_with("__Host-not-me=")).collect();
        assert!(
            cookie.len() == 1 && cookie[0].contains("; SameSite=Lax") && cookie[0].contains("; HttpOnly")
        );
        assert_eq!(scanner.open(path).await.heading(), "Was this not you?");
        assert_eq!(thief.open(ACCOUNT).await.heading(), "Your information");

        let page = maria.open(path).await;
        assert_eq!(page.heading(), "Was this not you?");
        assert!(page.says(">This was not me</button>") && page.says("we bring the earlier one back"));
        let page = maria.submit("/o/evergreen/not-me", "/api/not-me", &[]).await;
        assert_eq!(page.heading(), "Forgot your password?");
        assert!(page.says("Your account is locked and signed out everywhere."));
        for browser in [&mut maria, &mut thief] {
            assert_eq!(browser.open(ACCOUNT).await.heading(), "Sign in");
        }
        assert_eq!(portal.deliver().await[0].subject, "Your account was locked");
        assert_eq!(thief.sign_in("evergreen", "maria.lopez", "walking42").await.heading(), "Sign in");
        // Once.
        let page = maria.open(path).await;
        assert!(page.says("This was done already") && !page.says("/api/not-me"));
        let page = Browser::new(portal).open("/o/evergreen/not-me").await;
        assert!(page.says("This link does not work.") && !page.says("/api/not-me"));
        let page = Browser::new(portal).submit("/o/evergreen/not-me", "/api/not-me", &[]).await;
        assert_eq!(page.heading(), "Was this not you?", "a form without a link does nothing");
    })
    .await;
}

#[tokio::test]
async fn this_was_not_me_from_the_pages_of_the_account() {
    with_maria(async |portal| {
        for page in [SESSIONS, ACTIVITY] {
            let shown = marias(portal).await.open(page).await;
            assert!(shown.says(&format!("action=\"{NOT_ME}\"")), "{page}");
            assert!(shown.says(">This was not me</button>"), "{page}");
        }
        let (mut maria, mut elsewhere) = (marias(portal).await, marias(portal).await);
        let page = maria.open(&format!("{NOT_ME}?")).await;
        assert_eq!(page.heading(), "Was this not you?");
        assert!(!page.says("bring the earlier one back"), "the address of a session is the account's own");
        let page = maria.submit(NOT_ME, "/api/not-me", &[]).await;
        assert_eq!(page.heading(), "Forgot your password?");
        assert!(page.says("Your account is locked and signed out everywhere."));
        assert!(!maria.cookies.contains_key("__Host-session"));
        assert_eq!(elsewhere.open(ACCOUNT).await.heading(), "Sign in");
        assert_eq!(portal.deliver().await[0].subject, "Your account was locked");
    })
    .await;
}

#[tokio::test]
async fn a_member_closes_the_account() {
    with_maria(async |portal| {
        let (mut maria, mut elsewhere) = (marias(portal).await, marias(portal).await);
        assert!(maria.open(ACCOUNT).await.says(&format!("href=\"{CLOSE}\"")));
        let page = maria.open(CLOSE).await;
        assert_eq!(page.heading(), "Close your account");
        for words in ["You will be signed out everywhere", "Your enrollment stays", "You can register again"]
        {
            assert!(page.says(words), "{words}");
        }
        let page = maria.submit(CLOSE, "/api/close-account", &[("current", "")]).await;
        assert!(page.says("Enter your current password"));
        let page = maria.submit(CLOSE, "/api/close-account", &[("current", "guess4it")]).await;
        assert!(page.says("This is not your current password") && !page.says("guess4it"));
        let page = maria.submit(CLOSE, "/api/close-account", &[("current", "walking42")]).await;
        assert_eq!(page.heading(), "You are signed out");
        assert!(page.says("Your account is closed") && !maria.cookies.contains_key("__Host-session"));
        assert_eq!(portal.deliver().await[0].subject, "Your account was closed");
        assert_eq!(elsewhere.open(ACCOUNT).await.heading(), "Sign in");
        assert_eq!(maria.sign_in("evergreen", "maria.lopez", "walking42").await.heading(), "Sign in");
    })
    .await;
}

/// Without WebAssembly a page leads to *Are you still there?* and that to the end, from where one gets back to the page.
#[tokio::test]
async fn from_the_end_of_a_session_one_gets_back_to_where_one_was() {
    with_maria(async |portal| {
        let mut maria = marias(portal).await;
        let mut at = format!("{ACCOUNT}?");
        for (heading, leads_to) in [
            ("Your information", "/o/evergreen/still-there?next=%2Fo%2Fevergreen%2Faccount"),
            ("Are you still there?", "/o/evergreen/signed-out?next=%2Fo%2Fevergreen%2Faccount"),
        ] {
            let page = maria.open(&at).await;
            assert_eq!(page.heading(), heading);
            assert!(page.says(&format!("location.replace('{leads_to}')")), "{heading}");
            assert!(page.says(&format!(";url={leads_to}\"")), "{heading}");
            leads_to.clone_into(&mut at);
            portal.world.advance(SignedDuration::from_mins(8));
        }
        let page = maria.open(&at).await;
        assert_eq!(page.heading(), "You were signed out to protect your information");
        assert!(page.says("/o/evergreen/sign-in?next=%2Fo%2Fevergreen%2Faccount"));
    })
    .await;
}

/// A document of a signed-in person says where it leads when its time comes, in a script of its own.
#[tokio::test]
async fn an_address_is_no_part_of_a_script() {
    with_maria(async |portal| {
        let mut maria = marias(portal).await;
        for path in ["/o/evergreen/x');alert(1);('", "/o/evergreen/employers/x');alert(1);('/register"] {
            let page = maria.get(path).await;
            assert_eq!(page.heading(), "Page not found");
            let script =
                page.body.split_once("porticoTimer=").and_then(|(_, rest)| rest.split_once("</script>"));
            let script = script.expect("the timer's script").0;
            assert!(script.contains("/o/evergreen/still-there?next="), "{script}");
            assert!(!script.contains("alert(1)"), "{script}");
        }
    })
    .await;
}
