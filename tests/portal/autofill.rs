//! What browsers and password managers fill in goes by the names that HTML has for it, and nothing stands in their way
//! (ASVS V6.2.7, NIST SP 800-63B-4 3.1.1.2: paste and password managers are allowed).

use crate::{answer::Answer, browser::Browser};
use portico::server::testing::TestPortal;
use portico_access::testing::Someone;
use portico_store::testing::databases;

/// What is said of the input of this name, such as its `autocomplete`.
fn attribute(page: &Answer, input: &str, attribute: &str) -> Option<String> {
    let named = format!("name=\"{input}\"");
    let is_field = |tag: &&str| {
        (tag.starts_with("input") || tag.starts_with("select"))
            && tag.contains(&named)
            && !tag.contains("type=\"hidden\"")
    };
    let tag = page.body.split('<').find(is_field)?.split('>').next()?;
    Some(tag.split_once(&format!(" {attribute}=\""))?.1.split('"').next()?.to_owned())
}

fn says(page: &Answer, fields: &[(&str, &str)]) {
    for (input, autocomplete) in fields {
        assert_eq!(attribute(page, input, "autocomplete").as_deref(), Some(*autocomplete), "{input}");
    }
    for hindrance in ["maxlength", "onpaste", "readonly"] {
        assert!(!page.body.contains(&format!(" {hindrance}")), "{hindrance} on {}", page.heading());
    }
}

#[tokio::test]
async fn every_field_says_what_belongs_there() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        let mut browser = Browser::new(&portal);
        let page = browser.open("/o/evergreen/sign-in").await;
        says(&page, &[("identifier", "username"), ("password", "current-password")]);
        let page = browser.open("/o/riverside/sign-in").await;
        says(&page, &[("identifier", "username"), ("password", "current-password")]);
        let page = browser.open("/o/riverside/reset-password").await;
        says(&page, &[("email", "email")]);
        let page = browser.open("/o/evergreen/register").await;
        let about_you = [
            ("first_name", "given-name"),
            ("last_name", "family-name"),
            ("month", "bday-month"),
            ("day", "bday-day"),
            ("year", "bday-year"),
            ("address_line1", "address-line1"),
            ("address_line2", "address-line2"),
            ("city", "address-level2"),
            ("state", "address-level1"),
            ("postal_code", "postal-code"),
            // Not for a browser to keep.
            ("ssn", "off"),
        ];
        says(&page, &about_you);
        let page = browser.open("/o/evergreen/forgot-password").await;
        says(
            &page,
            &[("email", "email"), ("month", "bday-month"), ("day", "bday-day"), ("year", "bday-year")],
        );
        let who = [("email", "nobody@mail.example"), ("month", "4"), ("day", "12"), ("year", "1986")];
        let page = browser.submit("/o/evergreen/forgot-password", "/api/pin-request", &who).await;
        says(&page, &[("pin", "one-time-code")]);
        assert_eq!(attribute(&page, "pin", "inputmode").as_deref(), Some("numeric"));
        assert_eq!(browser.sign_in("evergreen", "maria.lopez", "walking42").await.heading(), "Your programs");
        let page = browser.open("/o/evergreen/account/password").await;
        let change = [
            ("username", "username"),
            ("current", "current-password"),
            ("password", "new-password"),
            ("confirm", "new-password"),
        ];
        says(&page, &change);
        let page = browser.open("/o/evergreen/account/email").await;
        says(&page, &[("email", "email"), ("current", "current-password")]);
    }
}
