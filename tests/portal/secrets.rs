//! What a member types and is sent is nowhere in clear: not in the database, its write-ahead log and what it has
//! forgotten, and not in the log of the server at its finest (ASVS V6.5.2, V16.2.5).

use crate::{
    answer::Answer,
    browser::Browser,
    journeys::code,
    questions::{HERS, asking},
};
use jiff::SignedDuration;
use portico::server::{logs::subscriber, settings::LogLevel, testing::TestPortal};
use portico_store::testing::databases;
use std::{
    io,
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What may be found in clear nowhere, and what for.
#[derive(Default)]
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 8, "{what}: too short to be searched for");
        self.0.push((what.to_owned(), secret.to_owned()));
    }

    /// The cookies that a browser has now. Of one with ids in it the signature alone is secret.
    fn add_cookies(&mut self, browser: &Browser) {
        for (name, value) in &browser.cookies {
            if name != "__Host-language" {
                self.add(name, value.rsplit('.').next().unwrap());
            }
        }
    }

    /// The code and the links of every mail so far.
    async fn add_mails(&mut self, portal: &TestPortal) {
        for mail in portal.deliver().await {
            for line in mail.text.lines() {
                if line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.add(&mail.subject, line);
                }
                if let Some((_, token)) = line.split_once("?token=") {
                    self.add(&mail.subject, token.trim());
                }
            }
        }
    }
}

/// The answers of Rosa, as a form has them.
fn answers(page: &Answer) -> Vec<(String, String)> {
    let mut chosen = Vec::new();
    for name in ["choice1", "choice2", "choice3"] {
        let options = crate::questions::options(page).into_iter().filter(|(field, ..)| field == name);
        let options: Vec<_> = options.collect();
        let own = options.iter().find(|(.., words)| HERS.contains(&words.as_str())).unwrap_or(&options[4]);
        chosen.push((name.to_owned(), own.1.clone()));
    }
    chosen
}

const ABOUT: [(&str, &str); 10] = [
    ("first_name", "rosa"),
    ("last_name", "DELGADO"),
    ("month", "4"),
    ("day", "12"),
    ("year", "1986"),
    ("address_line1", "418 Juniper St."),
    ("city", "Portland"),
    ("state", "OR"),
    ("postal_code", "97205-1234"),
    ("ssn", "900-17-1037"),
];

/// Registers, recovers, changes everything, says that it was not her, and closes the account.
async fn live(portal: &TestPortal, secrets: &mut Secrets) {
    let later = || portal.world.advance(SignedDuration::from_secs(1));
    let mut rosa = Browser::new(portal);
    let register = |page: &str| format!("/o/evergreen/register{page}");
    rosa.submit(&register(""), "/api/register-about-you", &ABOUT).await;
    secrets.add_cookies(&rosa);
    let page = rosa.open(&register("/questions")).await;
    let chosen = answers(&page);
    let chosen: Vec<_> = chosen.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    rosa.submit(&register("/questions"), "/api/register-questions", &chosen).await;
    rosa.submit(&register("/email"), "/api/register-send-code", &[]).await;
    let proof = code(portal).await;
    rosa.submit(&register("/email/code"), "/api/register-prove-code", &[("code", "00000000")]).await;
    rosa.submit(&register("/email/code"), "/api/register-prove-code", &[("code", &proof)]).await;
    let details =
        [("user_id", "rosa.delgado"), ("password", "planted4secret"), ("confirm", "planted4secret")];
    // Too long for the rules, and refused: it was typed all the same.
    let step = register("/sign-in-details");
    rosa.submit(&step, "/api/register-sign-in-details", &details).await;
    let details = [("user_id", "rosa.delgado"), ("password", "plantedone1"), ("confirm", "plantedone1")];
    rosa.submit(&step, "/api/register-sign-in-details", &details).await;
    let questions = [
        ("question1", "toy"),
        ("answer1", "planted wagon"),
        ("question2", "first_pet"),
        ("answer2", "Planted Biscuit"),
        ("question3", "book"),
        ("answer3", "planted Emil"),
    ];
    let page =
        rosa.submit(&register("/security-questions"), "/api/register-security-questions", &questions).await;
    assert_eq!(page.heading(), "Check your answers");
    let page = rosa.create_account().await;
    assert_eq!(page.heading(), "You are registered");
    secrets.add_cookies(&rosa);
    later();

    let mut other = Browser::new(portal);
    other.sign_in("evergreen", "rosa.delgado", "plantedwrong1").await;
    other.sign_in("evergreen", "rosa.delgado", "plantedone1").await;
    secrets.add_cookies(&other);
    secrets.add_mails(portal).await;
    let change = [("current", "plantedone1"), ("password", "plantedtwo2"), ("confirm", "plantedtwo2")];
    let page = rosa.submit("/o/evergreen/account/password", "/api/change-password", &change).await;
    assert!(page.body.contains("Your new password is now set"));
    secrets.add_cookies(&rosa);
    later();
    let email = "/o/evergreen/account/email";
    let fields = [("email", "planted-new@mail.example"), ("current", "plantedtwo2")];
    rosa.submit(email, "/api/change-email", &fields).await;
    let proof = code(portal).await;
    let page = rosa.submit(email, "/api/change-email-code", &[("code", &proof)]).await;
    assert!(page.body.contains("Your email address is changed"));
    secrets.add_mails(portal).await;
    later();

    let mut forgetful = Browser::new(portal);
    let forgot = "/o/evergreen/forgot-password";
    let who = [("email", "planted-new@mail.example"), ("month", "4"), ("day", "12"), ("year", "1986")];
    forgetful.submit(forgot, "/api/pin-request", &who).await;
    let pin = code(portal).await;
    forgetful.submit(forgot, "/api/pin-enter", &[("pin", &pin)]).await;
    secrets.add_cookies(&forgetful);
    let save = [
        ("answer1", "Planted-Wagon"),
        ("answer2", "planted biscuit"),
        ("answer3", "planted Emil"),
        ("password", "plantedthr3"),
        ("confirm", "plantedthr3"),
    ];
    let page = forgetful.submit(forgot, "/api/pin-save", &save).await;
    assert!(page.body.contains("Your new password is now set"));
    let page = forgetful.sign_in("evergreen", "rosa.delgado", "plantedthr3").await;
    assert_eq!(page.heading(), "Your programs");
    secrets.add_cookies(&forgetful);
    later();
    secrets.add_mails(portal).await;
    let page =
        forgetful.submit("/o/evergreen/account/close", "/api/close-account", &[("current", "plantedthr3")]);
    assert!(page.await.body.contains("Your account is closed"));
    secrets.add_mails(portal).await;
}

#[tokio::test]
async fn nothing_of_a_whole_membership_is_kept_or_logged_in_clear() {
    let page = Page::default();
    let writer = page.clone();
    let log = tracing::Dispatch::new(subscriber(LogLevel::Trace, true, move || writer.clone()));
    // Of the whole process, since decisions run on in tasks of their own; what other tests log is looked through as well.
    tracing::dispatcher::set_global_default(log).unwrap();
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        asking(&portal).await;
        portal
            .world
            .change_policy(&portal.world.evergreen, |policy| {
                policy.questionnaire = None;
                policy.security_questions = None;
            })
            .await;
        let mut secrets = Secrets::default();
        live(&portal, &mut secrets).await;
        for (what, secret) in [
            ("a password", "plantedone1"),
            ("a password", "plantedtwo2"),
            ("a password", "plantedthr3"),
            ("a wrong password", "plantedwrong1"),
            ("a refused password", "planted4secret"),
            ("an answer", "planted wagon"),
            ("an answer", "plantedwagon"),
            ("an answer", "planted biscuit"),
            ("an answer", "plantedbiscuit"),
            ("an answer", "planted emil"),
            ("a Social Security number", "900-17-1037"),
            ("a Social Security number", "900171037"),
            ("a date of birth", "1986-04-12"),
            ("an address", "planted-new@mail.example"),
            ("an address", "rosa@mail.example"),
            ("a User ID", "rosa.delgado"),
            ("a street", "418 Juniper"),
            ("a name", "Rosa Delgado"),
        ] {
            secrets.add(what, secret);
        }
        assert!(secrets.0.len() > 40, "{}", secrets.0.len());
        let log = String::from_utf8(page.0.lock().unwrap().clone()).unwrap().to_lowercase();
        assert!(log.matches("answered").count() > 40, "{log}");
        let at_rest = database.at_rest().await;
        assert!(at_rest.contains("Healthy Steps"), "the search finds what is there");
        for (what, secret) in &secrets.0 {
            assert!(!log.contains(&secret.to_lowercase()), "{what} is in the log: {secret}");
            assert!(!at_rest.contains(secret), "{what} is kept in clear on {}: {secret}", database.kind());
        }
    }
}
