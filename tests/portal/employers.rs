//! People whom the roster lists under an employer: their registration page, their programs, and the end of their coverage.

use crate::{
    browser::Browser,
    journeys::{ABOUT_ROSA, code},
};
use axum::http::StatusCode;
use portico::server::testing::TestPortal;
use portico_access::{organization, roster_import};
use portico_rules::organization::Employer;
use portico_rules::policy::EmployeeSsn;
use portico_store::testing::databases;

const COLUMNS: &str = "member_id,first_name,last_name,date_of_birth,address_line1,city,state,postal_code,email,employer,coverage_end";
const ROSA: &str = "E-1,Rosa,Delgado,1986-04-12,418 Juniper Street,Portland,OR,97205,rosa@mail.example,acme,";

/// An organization with the employer Acme, whose people have Healthy Steps.
async fn with_acme(portal: &TestPortal) {
    let world = &portal.world;
    let mut definition = world.evergreen.definition.clone();
    definition.employers = vec![Employer {
        slug: "acme".to_owned(),
        name: "Acme Manufacturing".to_owned(),
        programs: vec!["healthy-steps".to_owned()],
        contact: None,
    }];
    organization::apply(&world.access, &definition).await.unwrap().unwrap();
}

async fn import(portal: &TestPortal, row: &str) {
    let access = &portal.world.access;
    let evergreen = organization::find(access, "evergreen").await.unwrap().unwrap();
    let (roster, today) = (format!("{COLUMNS}\n{row}\n"), evergreen.day(access.now()));
    let reading = portico_roster::read(roster.as_bytes(), &evergreen.definition, today).unwrap();
    assert!(reading.rejected.is_empty());
    roster_import::import(access, &evergreen, &reading, false).await.unwrap();
}

#[tokio::test]
async fn an_employers_people_register_on_its_page_and_leave_with_their_coverage() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        with_acme(&portal).await;
        import(&portal, ROSA).await;
        let page = "/o/evergreen/employers/acme/register";
        let mut rosa = Browser::new(&portal);
        let nowhere = rosa.get("/o/evergreen/employers/nobody/register").await;
        assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
        let shown = rosa.open(page).await;
        assert!(shown.heading() == "About you" && shown.body.contains("Acme Manufacturing"));

        // On the page for everybody she ends where everybody ends.
        let end = rosa.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        assert_eq!(end.heading(), "We could not verify your information");
        assert!(end.body.contains("href=\"/o/evergreen/register\""));

        // From hers the way back leads to hers again.
        let mut wrong = ABOUT_ROSA.to_vec();
        wrong[3] = ("day", "13");
        let end = rosa.submit(page, "/api/register-about-you", &wrong).await;
        assert_eq!(end.heading(), "We could not verify your information");
        assert!(end.body.contains(&format!("href=\"{page}\"")));
        let again = rosa.get("/o/evergreen/register").await;
        assert_eq!(again.location(), page);
        assert_eq!(rosa.open(page).await.input("day").as_deref(), Some("13"));
        let afresh = rosa.get("/o/evergreen/register?start=again").await;
        assert_eq!(afresh.location(), page);
        assert_eq!(rosa.open(page).await.input("day").as_deref(), Some(""));

        let next = rosa.submit(page, "/api/register-about-you", &ABOUT_ROSA).await;
        assert_eq!(next.heading(), "Your email");
        rosa.submit("/o/evergreen/register/email", "/api/register-send-code", &[]).await;
        let code = code(&portal).await;
        rosa.submit("/o/evergreen/register/email/code", "/api/register-prove-code", &[("code", &code)]).await;
        let details = [("user_id", "rosa.delgado"), ("password", "walking42"), ("confirm", "walking42")];
        rosa.submit("/o/evergreen/register/sign-in-details", "/api/register-sign-in-details", &details).await;
        let done = rosa.create_account().await;
        assert_eq!(done.heading(), "You are registered");
        assert!(rosa.open("/o/evergreen/home").await.body.contains("Healthy Steps"));

        // Her coverage ended yesterday: the next request of the session is none any more.
        import(&portal, &format!("{ROSA}2025-06-14")).await;
        assert_eq!(rosa.open("/o/evergreen/home").await.heading(), "Sign in");
        let told = Browser::new(&portal).sign_in("evergreen", "rosa.delgado", "walking42").await;
        assert!(told.body.contains("June 14, 2025"), "{}", told.heading());
    }
}

#[tokio::test]
async fn who_is_too_young_comes_to_a_page_of_its_own_and_back() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let mut young = ABOUT_ROSA.to_vec();
        young[4] = ("year", "2010");
        for page in ["/o/evergreen/register", "/o/evergreen/employers/acme/register"] {
            with_acme(&portal).await;
            let mut browser = Browser::new(&portal);
            let shown = browser.submit(page, "/api/register-about-you", &young).await;
            assert_eq!(shown.heading(), "You are too young to register");
            assert!(
                shown.body.contains("at least 18 years old")
                    && shown.body.contains(&format!("href=\"{page}\""))
            );
            let back = browser.open(page).await;
            assert_eq!(
                (back.input("year").as_deref(), back.input("first_name").as_deref()),
                (Some("2010"), Some("rosa"))
            );
            assert!(!browser.cookies.contains_key("__Host-registration"));
        }
        let shown = Browser::new(&portal).open("/o/evergreen/register/too-young").await;
        assert!(shown.body.contains("href=\"/o/evergreen/register\""));
    }
}

/// Nobody is asked for a number that is not used.
#[tokio::test]
async fn dependents_are_asked_for_the_number_of_the_employee_as_the_policy_says() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let mut rosa = Browser::new(&portal);
        for policy in [EmployeeSsn::WhenNoOwn, EmployeeSsn::Always, EmployeeSsn::Off] {
            portal.world.change_policy(&portal.world.evergreen, |o| o.employee_ssn = Some(policy)).await;
            let page = rosa.open("/o/evergreen/register").await;
            let asked = ["name=\"covered\"", "name=\"employee_ssn\"", "unless your own number is on file"];
            let asked = asked.iter().all(|part| page.body.contains(part));
            assert_eq!(asked, policy != EmployeeSsn::Off, "{policy:?}");
        }
    }
}
