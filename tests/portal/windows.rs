//! Two windows of one browser, which has one registration.

use crate::{
    browser::{Answer, Browser},
    journeys::{ABOUT_ROSA, code, with_rosa},
};
use portico::server::testing::TestPortal;
use portico_access::roster_import;
use portico_store::testing::databases;

const LEO: &str =
    "member_id,first_name,last_name,date_of_birth,address_line1,city,state,postal_code,email,relationship,program
E-2,Leo,Marsh,1990-11-30,7 Alder Court,Salem,OR,97301,leo@mail.example,self,healthy-steps
";

const ABOUT_LEO: [(&str, &str); 9] = [
    ("first_name", "Leo"),
    ("last_name", "Marsh"),
    ("month", "11"),
    ("day", "30"),
    ("year", "1990"),
    ("address_line1", "7 Alder Court"),
    ("city", "Salem"),
    ("state", "OR"),
    ("postal_code", "97301"),
];

const CHECK: &str = "/o/evergreen/register/check";
const CHANGED: &str = "Your answers were changed in another window. Check them again.";

async fn with_leo(portal: &TestPortal) {
    let world = &portal.world;
    let today = world.evergreen.day(world.access.now());
    let reading = portico_roster::read(LEO.as_bytes(), &world.evergreen.definition, today).unwrap();
    roster_import::import(&world.access, &world.evergreen, &reading, false).await.unwrap();
}

/// As far as *Check your answers*, from About you on.
async fn come_to_check(
    portal: &TestPortal,
    browser: &mut Browser,
    about: &[(&str, &str)],
    user_id: &str,
) -> Answer {
    browser.open("/o/evergreen/register?start=again").await;
    browser.submit("/o/evergreen/register", "/api/register-about-you", about).await;
    browser.submit("/o/evergreen/register/email", "/api/register-send-code", &[]).await;
    let code = code(portal).await;
    browser.submit("/o/evergreen/register/email/code", "/api/register-prove-code", &[("code", &code)]).await;
    choose(browser, user_id).await
}

async fn choose(browser: &mut Browser, user_id: &str) -> Answer {
    let details = [("user_id", user_id), ("password", "walking42"), ("confirm", "walking42")];
    let page = "/o/evergreen/register/sign-in-details";
    let page = browser.submit(page, "/api/register-sign-in-details", &details).await;
    assert_eq!(page.heading(), "Check your answers");
    page
}

/// Presses *Create my account* in the window that shows this page, and opens where it leads.
async fn create_from(browser: &mut Browser, window: &Answer) -> Answer {
    let names = ["organization", "page", "form_token", "shown"];
    let fields = names.map(|name| (name, window.input(name).expect(name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let to = browser.post_fields("/api/register-create", &fields, &[]).await.location().to_owned();
    browser.open(&to).await
}

async fn registered(portal: &TestPortal) -> usize {
    portal.deliver().await.iter().filter(|mail| mail.subject == "You are registered").count()
}

#[tokio::test]
async fn a_form_creates_no_account_of_another_person() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        with_leo(&portal).await;
        let mut browser = Browser::new(&portal);
        let hers = come_to_check(&portal, &mut browser, &ABOUT_ROSA, "rosa.delgado").await;
        let shown = hers.input("shown").unwrap();
        assert!(shown.bytes().all(|byte| byte.is_ascii_hexdigit()), "{shown}");
        let his = come_to_check(&portal, &mut browser, &ABOUT_LEO, "leo.marsh").await;
        assert_ne!(his.input("shown"), Some(shown));

        let page = create_from(&mut browser, &hers).await;
        assert_eq!((page.heading(), registered(&portal).await), ("Check your answers", 0));
        assert!(page.body.contains("There is a problem") && page.body.contains(CHANGED));
        assert!(page.body.contains("leo.marsh") && !page.body.contains("rosa.delgado"));

        assert_eq!(create_from(&mut browser, &page).await.heading(), "You are registered");
        assert_eq!(registered(&portal).await, 1);
        // Both windows show a form of before he was signed in.
        for window in [&hers, &his] {
            let page = create_from(&mut browser, window).await;
            assert!(page.body.contains("leo.marsh"), "{}", page.heading());
        }
        assert_eq!(registered(&portal).await, 1);
    }
}

#[tokio::test]
async fn an_answer_that_was_changed_meanwhile_is_looked_at_first() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_rosa(&portal).await;
        let mut browser = Browser::new(&portal);
        let before = come_to_check(&portal, &mut browser, &ABOUT_ROSA, "rosa.delgado").await;
        let after = choose(&mut browser, "rosa.d").await;
        let page = create_from(&mut browser, &before).await;
        assert_eq!((page.heading(), registered(&portal).await), ("Check your answers", 0));
        assert!(page.body.contains("<title>Error: ") && page.body.contains(CHANGED));
        assert!(page.body.contains("rosa.d<") && !page.body.contains("rosa.delgado"), "{}", page.body);
        // A form without it shows the page as well.
        let page = browser.submit(CHECK, "/api/register-create", &[]).await;
        assert!(page.body.contains(CHANGED));
        assert_eq!(create_from(&mut browser, &after).await.heading(), "You are registered");
    }
}
