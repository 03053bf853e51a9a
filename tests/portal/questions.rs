//! The identity questionnaire without scripts, and that nothing of it tells who is on the roster.

use crate::{
    browser::{Answer, Browser},
    enumeration::seen,
    journeys::ABOUT_ROSA,
};
use jiff::SignedDuration;
use portico::server::testing::TestPortal;
use portico_access::{organization, roster_import};
use portico_store::testing::databases;

const ROSTER: &str = "member_id,first_name,last_name,date_of_birth,address_line1,city,state,postal_code,ssn,email,program,plan_name,clinic,coverage_start
E-1,Rosa,Delgado,1986-04-12,418 Juniper Street,Portland,OR,97205,900-17-1037,rosa@mail.example,healthy-steps,Evergreen Silver,Hawthorne Clinic,2022-01-01
";

pub(crate) const HERS: [&str; 4] = ["Hawthorne Clinic", "Evergreen Silver", "Healthy Steps", "January 2022"];

/// A portal that asks three questions, with Rosa on its roster.
pub(crate) async fn asking(portal: &TestPortal) {
    let world = &portal.world;
    world.change_policy(&world.evergreen, |policy| policy.questionnaire = None).await;
    let today = world.evergreen.day(world.access.now());
    let reading = portico_roster::read(ROSTER.as_bytes(), &world.evergreen.definition, today).unwrap();
    assert!(reading.rejected.is_empty());
    roster_import::import(&world.access, &world.evergreen, &reading, false).await.unwrap();
}

/// The options of the page: name of the field, value, words.
pub(crate) fn options(page: &Answer) -> Vec<(String, String, String)> {
    let part = |text: &str, before: &str, after: &str| {
        let rest = text.split_once(before).map_or("", |(_, rest)| rest);
        rest.split_once(after).map_or("", |(part, _)| part).to_owned()
    };
    let radios = page.body.split("<input").filter(|tag| tag.contains("type=\"radio\""));
    radios
        .map(|tag| {
            let label = part(tag, "<label", "</label>");
            let words = label.split_once('>').map_or("", |(_, words)| words).to_owned();
            (part(tag, " name=\"", "\""), part(tag, " value=\"", "\""), words)
        })
        .collect()
}

/// The options that are chosen when the page opens: name of the field, value.
fn checked(page: &Answer) -> Vec<(String, String)> {
    let boxes = page.body.split("<input").filter(|tag| tag.split('>').next().unwrap().contains(" checked"));
    let part = |tag: &str, before: &str| {
        let rest = tag.split_once(before).map_or("", |(_, rest)| rest);
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    boxes.map(|tag| (part(tag, " name=\""), part(tag, " value=\""))).collect()
}

/// One option of each question: Rosa's, or one that she would not choose.
fn choose(page: &Answer, hers: bool) -> Vec<(String, String)> {
    let mut chosen: Vec<(String, String)> = Vec::new();
    for name in ["choice1", "choice2", "choice3"] {
        let options: Vec<_> = options(page).into_iter().filter(|(field, ..)| field == name).collect();
        assert_eq!(options.len(), 5, "{name}");
        assert_eq!(options[4].2, "None of these");
        let own = options.iter().find(|(.., words)| HERS.contains(&words.as_str()));
        let other = options.iter().find(|(.., words)| !HERS.contains(&words.as_str())).unwrap();
        let option = if hers { own.unwrap_or(&options[4]) } else { other };
        chosen.push((name.to_owned(), option.1.clone()));
    }
    chosen
}

async fn answer(browser: &mut Browser, chosen: &[(String, String)]) -> Answer {
    let fields: Vec<_> = chosen.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post("/o/evergreen/register/questions", "/api/register-questions", &fields).await
}

#[tokio::test]
async fn right_answers_lead_to_the_email_and_a_missing_one_is_named() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        asking(&portal).await;
        let mut rosa = Browser::new(&portal);
        let page = rosa.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        assert_eq!(page.heading(), "A few questions");
        let chosen = choose(&page, true);
        let missing = answer(&mut rosa, &chosen[1..]).await;
        assert_eq!(missing.location(), "/o/evergreen/register/questions");
        let shown = rosa.open("/o/evergreen/register/questions").await;
        assert!(shown.body.contains("There is a problem") && shown.body.contains("href=\"#choice1\""));
        assert_eq!(options(&shown), options(&page));
        assert!(checked(&page).is_empty());
        assert_eq!(checked(&shown), chosen[1..], "what was chosen is shown again");
        let switch: Vec<_> = chosen.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let switch = [&switch[..2], &[("answer1", "red wagon"), ("language", "es")]].concat();
        let shown = rosa.submit("/o/evergreen/register/questions", "/language", &switch).await;
        assert_eq!(checked(&shown), chosen[..2]);
        assert!(!shown.body.contains("red wagon"));
        let english = [("language", "en")];
        let shown = rosa.submit("/o/evergreen/register/questions", "/language", &english).await;
        assert!(checked(&shown).is_empty(), "once");
        let answered = answer(&mut rosa, &chosen).await;
        assert_eq!(answered.location(), "/o/evergreen/register/email");
        // They are not asked again, and About you leads past them.
        assert_eq!(rosa.open("/o/evergreen/register/questions").await.heading(), "Your email");
        let page = rosa.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
        assert_eq!(page.heading(), "Your email");
    }
}

#[tokio::test]
async fn whether_somebody_is_on_the_roster_does_not_show() {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        asking(&portal).await;
        let with = |name: &'static str, value: &'static str| {
            let mut form = ABOUT_ROSA.to_vec();
            form.retain(|(field, _)| *field != name);
            form.push((name, value));
            form
        };
        let forms = [
            ABOUT_ROSA.to_vec(),
            // Lengths are those of Rosa's, since a sealed cookie is as long as what is in it.
            with("first_name", "ruth"),
            with("city", "Portlend"),
            with("last_name", "DELGADA"),
            with("day", "13"),
        ];
        let mut first = None;
        for form in forms {
            let mut browser = Browser::new(&portal);
            browser.get("/o/evergreen/register").await;
            let hashes = portal.world.access.hasher.counts().total();
            let mut all = Vec::new();
            for _ in 0..2 {
                all.push(seen(
                    &browser.post("/o/evergreen/register", "/api/register-about-you", &form).await,
                ));
                let page = browser.open("/o/evergreen/register/questions").await;
                all.push((
                    page.status.as_u16(),
                    page.heading().to_owned(),
                    vec![options(&page).len().to_string()],
                ));
                let chosen = choose(&page, false);
                all.push(seen(&answer(&mut browser, &chosen).await));
                let end = browser.open("/o/evergreen/register/not-verified").await;
                assert_eq!(end.heading(), "We could not verify your information");
            }
            // The third time nobody is asked any more.
            all.push(seen(&browser.post("/o/evergreen/register", "/api/register-about-you", &form).await));
            assert_eq!(all.last().unwrap().1, "/o/evergreen/register/not-verified");
            assert_eq!(portal.world.access.hasher.counts().total(), hashes, "no hash");
            assert_eq!(first.get_or_insert_with(|| all.clone()), &all, "{form:?}");
            // Tries are those of a person, which several of these forms mean.
            portal.world.advance(SignedDuration::from_hours(30 * 24));
        }
        assert!(portal.deliver().await.is_empty());
    }
}

#[tokio::test]
async fn invented_programs_are_in_the_language_of_the_real_ones() {
    for database in databases().await {
        for name_es in [Some("Pasos sanos"), None] {
            let portal = TestPortal::on(&database).await;
            asking(&portal).await;
            let mut definition = portal.world.evergreen.definition.clone();
            definition.policy.questionnaire = Some(4);
            definition.programs[0].name_es = name_es.map(str::to_owned);
            organization::apply(&portal.world.access, &definition).await.unwrap().unwrap();
            let mut rosa = Browser::new(&portal);
            let page = rosa.submit("/o/evergreen/register", "/api/register-about-you", &ABOUT_ROSA).await;
            let programs = |page: &Answer| -> Vec<String> {
                options(page).into_iter().skip(15).map(|(.., words)| words).collect()
            };
            let english = programs(&page);
            let spanish = programs(&rosa.switch_to_spanish(&page).await);
            assert_eq!((english.len(), spanish.len()), (5, 5));
            for (english, spanish) in english.iter().zip(&spanish).take(4) {
                assert_eq!(english == spanish, name_es.is_none(), "{english}, {spanish}");
                assert_eq!(
                    english == "Healthy Steps",
                    name_es == Some(spanish.as_str()) || spanish == "Healthy Steps"
                );
            }
        }
    }
}
