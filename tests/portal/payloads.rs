//! What people and organizations are called is text, wherever it is shown (ASVS V1.2.1, V1.2.3, V1.3.7; CVE-2022-1274):
//! on pages, in the data that pages start from, in mails.

use crate::browser::Browser;
use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use portico::{
    routes::Place,
    server::testing::TestPortal,
    visit::{Arrival, Visit},
};
use portico_access::{organization, roster_import, testing::Someone};
use portico_rules::{
    Lang,
    organization::{Employer, Program},
};
use portico_store::testing::{TestDatabase, databases};

/// Names that would do something if they were anything but text.
const NAMES: [&str; 9] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"' onfocus=alert(1) autofocus x='\"",
    "<!-- --><svg/onload=alert(1)>",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "=HYPERLINK(\"http://evil.example\")",
    "O'Brien & Söhne; DROP TABLE accounts",
    "\u{2028}\u{202e}\u{feff}",
    "&lt;b&gt; %3Cb%3E \\u003cb\\u003e",
];

/// How often a page has what no name may add. A quotation mark counts in tags alone: in text it is one, and no attribute
/// is added without it.
fn weight(page: &str) -> Vec<(&'static str, usize)> {
    let tags: usize =
        page.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or("").matches('"').count()).sum();
    let mut counts: Vec<_> = ["<script", "</script", "<img", "<svg", "<!--", "<meta", "<"]
        .into_iter()
        .map(|part| (part, page.matches(part).count()))
        .collect();
    counts.push(("quotation marks", tags));
    counts
}

/// The data that the page starts from.
fn visit(page: &str) -> Visit {
    let data = page.split_once("<meta name=\"visit\" content=\"").unwrap().1.split('"').next().unwrap();
    assert!(data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')), "{data}");
    let Some(Arrival::Here(visit)) = Arrival::decode(&STANDARD.decode(data).unwrap()) else {
        panic!("{data}")
    };
    *visit
}

/// Every page of a member whose name, programs and organization are all `name`, in both languages.
async fn pages(portal: &TestPortal, name: &str) -> Vec<(String, String)> {
    let world = &portal.world;
    let mut definition = world.evergreen.definition.clone();
    definition.name = name.to_owned();
    definition.support_phone = format!("1 {name}");
    definition.support_hours = Some(name.to_owned());
    definition.policy.security_questions = None;
    definition.programs = vec![Program {
        slug: "healthy-steps".to_owned(),
        name: name.to_owned(),
        description: name.to_owned(),
        name_es: Some(name.to_owned()),
        description_es: Some(name.to_owned()),
        url: "https://steps.example/".to_owned(),
    }];
    definition.employers = vec![Employer {
        slug: "acme".to_owned(),
        name: name.to_owned(),
        programs: vec!["healthy-steps".to_owned()],
        contact: Some(name.to_owned()),
    }];
    organization::apply(&world.access, &definition).await.unwrap().unwrap();
    let quoted = name.replace('"', "\"\"");
    // The roster takes no control characters, which these names have none of.
    let roster = format!(
        "member_id,first_name,last_name,date_of_birth,address_line1,city,postal_code,program,employer,clinic,plan_name\n\
         \"E-1\",\"{quoted}\",\"{quoted}\",1986-04-12,\"1 {quoted}\",\"{quoted}\",97205,healthy-steps,acme,\"{quoted}\",\"{quoted}\"\n"
    );
    let today = world.evergreen.day(world.access.now());
    let reading = portico_roster::read(roster.as_bytes(), &definition, today).unwrap();
    assert!(reading.rejected.is_empty(), "{name}: {:?}", reading.rejected);
    roster_import::import(&world.access, &world.evergreen, &reading, false).await.unwrap();
    let person = crate::recover::person(portal, "E-1").await;
    let who = Someone {
        name,
        user_id: "rosa.delgado",
        email: "rosa@mail.example",
        password: "walking42",
        person_id: Some(&person),
    };
    world.account(&world.evergreen, who).await;
    let mut rosa = Browser::new(portal);
    rosa.sign_in("evergreen", "rosa.delgado", "walking42").await;
    let mut other = Browser::new(portal);
    other.sign_in("evergreen", "rosa.delgado", "walking42").await;
    let mut stranger = Browser::new(portal);
    let mut all = Vec::new();
    for language in Lang::ALL {
        for browser in [&mut rosa, &mut stranger] {
            browser.cookies.insert("__Host-language".into(), language.code().to_owned());
            let places = Place::ALL.map(|(place, _)| place.of("evergreen"));
            for page in places.into_iter().chain(["/o/evergreen/employers/acme/register".to_owned()]) {
                let shown = browser.get(&page).await;
                if shown.status.is_success() {
                    all.push((format!("{page} in {language:?}"), shown.body));
                }
            }
        }
    }
    assert!(all.len() > 30, "{}", all.len());
    all
}

#[tokio::test]
async fn names_are_text_on_every_page() {
    let plain = pages(&TestPortal::on(&TestDatabase::sqlite().await).await, "Plain Name").await;
    for name in NAMES {
        for database in databases().await {
            let shown = pages(&TestPortal::on(&database).await, name).await;
            assert_eq!(shown.len(), plain.len(), "{name}");
            let mut is_greeted = false;
            for ((page, body), (_, expected)) in shown.iter().zip(&plain) {
                assert_eq!(weight(body), weight(expected), "{page} with {name}");
                let visit = visit(body);
                assert_eq!((visit.frame.name.as_str(), visit.frame.hours.as_str()), (name, name), "{page}");
                is_greeted |= visit.frame.person.is_some_and(|who| who.name.contains(name));
            }
            assert!(is_greeted, "the app starts from the name as it is: {name}");
        }
    }
}

/// What was typed comes back as text, with and without the app, and in no header.
#[tokio::test]
async fn what_is_typed_comes_back_as_text() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        portal.world.account(&portal.world.evergreen, Someone::MARIA).await;
        for typed in NAMES.into_iter().chain(["x\r\nSet-Cookie: planted=1\r\n\r\n<script>"]) {
            // A name of a letter and more, so that what is wrong with the form is the same.
            let typed = format!("Rosa {typed}");
            let typed = typed.as_str();
            for (page, action, field) in [
                ("/o/evergreen/sign-in", "/api/sign-in", "identifier"),
                ("/o/evergreen/register", "/api/register-about-you", "first_name"),
                ("/o/evergreen/forgot-password", "/api/pin-request", "email"),
            ] {
                let mut browser = Browser::new(&portal);
                let plain = browser.submit(page, action, &[(field, "Rosa plain")]).await;
                let mut browser = Browser::new(&portal);
                let shown = browser.submit(page, action, &[(field, typed)]).await;
                assert_eq!(weight(&shown.body), weight(&plain.body), "{typed} on {page}");
                assert_eq!(visit(&shown.body).form.value(field), typed, "{page}");
                assert!(!browser.cookies.contains_key("planted"));
            }
            let query = serde_urlencoded::to_string([("next", typed), ("q", typed)]).unwrap();
            for page in ["sign-in", "help", "signed-out"] {
                let mut browser = Browser::new(&portal);
                let plain = browser.open(&format!("/o/evergreen/{page}?next=plain&q=plain")).await;
                let mut browser = Browser::new(&portal);
                let shown = browser.open(&format!("/o/evergreen/{page}?{query}")).await;
                let scripts = |page: &str| page.matches("<script").count() + page.matches("<img").count();
                assert_eq!(scripts(&shown.body), scripts(&plain.body), "{typed} on {page}");
            }
            // A browser is named by what we know, not by what it says.
            let mut maria = Browser::new(&portal);
            let sign_in = "/o/evergreen/sign-in";
            let token = maria.open(sign_in).await.input("form_token").unwrap();
            let fields = [
                ("organization", "evergreen"),
                ("page", sign_in),
                ("form_token", token.as_str()),
                ("identifier", "maria.lopez"),
                ("password", "walking42"),
            ];
            if typed.is_ascii() && !typed.contains('\r') {
                maria.post_fields("/api/sign-in", &fields, &[("user-agent", typed)]).await;
                let inside = [("sec-fetch-site", "same-origin")];
                let page =
                    maria.send(Method::GET, "/o/evergreen/account/sessions", &inside, String::new()).await;
                assert!(page.status.is_success() && !page.body.contains(typed), "{typed}");
            }
        }
        portal.world.advance(SignedDuration::from_secs(1));
        for mail in portal.deliver().await {
            assert!(!mail.html.contains("<script") && !mail.html.contains("<img src=x"), "{}", mail.subject);
        }
    }
}
