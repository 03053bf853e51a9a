//! Login Help without scripts: what is asked, with which figures, and how it is found.

use crate::{answer::Answer, browser::Browser};
use portico::server::testing::TestPortal;
use portico_store::testing::databases;

const HELP: &str = "/o/evergreen/help";

/// The questions of the page, by the part of the address that leads to each.
fn questions(page: &Answer) -> Vec<&str> {
    page.body.split("<h3 id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Runs a test in a fresh portal, on each kind of database.
async fn on_each<F: AsyncFn(&TestPortal, Browser)>(test: F) {
    for database in databases().await {
        let portal = TestPortal::on(&database).await;
        let browser = Browser::new(&portal);
        test(&portal, browser).await;
    }
}

#[tokio::test]
async fn every_question_of_the_member_help_page_is_there_and_can_be_linked_to() {
    on_each(async |_, mut browser| {
        let page = browser.open(HELP).await;
        let questions = questions(&page);
        assert_eq!(
            questions,
            [
                "who",
                "why",
                "user-id",
                "what",
                "not-verified",
                "address",
                "when",
                "cannot-sign-in",
                "forgot-user-id",
                "forgot-password",
                "forgot-both",
                "pin",
                "locked",
                "browser",
                "private",
                "password",
                "timers",
                "bookmark",
                "safe",
                "learned",
                "encrypted",
                "update",
            ]
        );
        for id in questions {
            assert!(page.body.contains(&format!("href=\"#{id}\"")), "{id} stands in the contents");
        }
        assert!(page.body.contains("Chromium") && page.body.contains("Firefox"));
    })
    .await;
}

/// What the page advises, and what no journey can show.
#[tokio::test]
async fn the_advice_of_the_member_help_page_is_given() {
    on_each(async |_, mut browser| {
        let page = browser.open(HELP).await;
        let read = page.body.replace("<a href=\"tel:1-800-555-0100\">", "").replace("</a>", "");
        for words in [
            "call 1-800-555-0100 and we will help you register",
            "If you still have trouble, call 1-800-555-0100",
            "For the best experience use the latest version of yours",
            "Always use the Log out button when you finish, and close the browser",
            "Never share your password with anyone",
            "Or call 1-800-555-0100 and we will help you",
            "most browsers show a padlock",
            "If your browser warns you instead, do not enter anything",
            "ask its human resources contact or the administrator of your health plan",
            "Back to top",
        ] {
            assert!(read.contains(words), "{words}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_figures_are_those_of_the_policy() {
    on_each(async |portal, mut browser| {
        let says = async |browser: &mut Browser, words: &[&str], not: &[&str]| {
            let page = browser.open(HELP).await;
            for word in words {
                assert!(page.body.contains(word), "{word}");
            }
            for word in not {
                assert!(!page.body.contains(word), "{word}");
            }
        };
        says(
            &mut browser,
            &[
                "6 to 12 characters",
                "good for 90 minutes",
                "After 5 failed tries",
                "page for 15 minutes",
                "After 12 hours",
                "After 180 days",
                "close it, you are signed out",
                "never shown on any page",
            ],
            &["The lock also ends by itself"],
        )
        .await;
        portal
            .world
            .change_policy(&portal.world.evergreen, |policy| {
                policy.password_min = Some(9);
                policy.pin_minutes = Some(45);
                policy.lockout_attempts = Some(4);
                policy.lockout_minutes = Some(25);
                policy.idle_seconds = Some(90);
                policy.idle_warning_seconds = Some(30);
                policy.session_hours = Some(3);
                policy.password_remind_days = Some(0);
                policy.end_on_leaving = Some(false);
                policy.password_reveal = Some(true);
            })
            .await;
        says(
            &mut browser,
            &[
                "9 to 12 characters",
                "good for 45 minutes",
                "After 4 failed tries",
                "after 25 minutes the first time",
                "page for 90 seconds",
                "After 3 hours",
            ],
            &["we remind you", "close it, you are signed out", "never shown on any page"],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn answers_are_searched_without_scripts() {
    on_each(async |_, mut browser| {
        let page = browser.open(HELP).await;
        assert!(page.body.contains("role=\"search\"") && page.input("q").is_some());
        let page = browser.open(&format!("{HELP}?q=pin+minutes")).await;
        assert_eq!(questions(&page), ["pin"]);
        assert!(page.body.contains("1 answer for “pin minutes”"));
        assert_eq!(page.input("q").as_deref(), Some("pin minutes"));
        assert!(page.body.contains("Show all questions"));
        let page = browser.open(&format!("{HELP}?q=zebra")).await;
        assert_eq!(questions(&page), <[&str; 0]>::default());
        assert!(page.body.contains("Nothing was found for “zebra”") && page.body.contains("1-800-"));
        // As people ask, and by the words they have for it.
        for (search, finds) in [
            ("how do I log in", "cannot-sign-in"),
            ("reset password", "forgot-password"),
            ("I forgot my username", "forgot-user-id"),
            ("why was I logged out", "timers"),
            ("timeout", "timers"),
            ("SSN", "what"),
            ("my account is blocked", "locked"),
            ("change my address", "update"),
        ] {
            let page = browser.open(&format!("{HELP}?q={}", search.replace(' ', "+"))).await;
            assert!(questions(&page).contains(&finds), "{search}: {:?}", questions(&page));
        }
        // What was looked for is shown as it was typed, and does nothing else.
        let page = browser.open(&format!("{HELP}?q=%3Cscript%3Ealert(1)%3C/script%3E")).await;
        assert!(!page.body.contains("<script>alert(1)"), "{}", page.body);
    })
    .await;
}

#[tokio::test]
async fn a_search_stays_when_the_language_changes() {
    on_each(async |_, mut browser| {
        let fields = [("q", "pin"), ("language", "es")];
        let page = browser.submit(HELP, "/language", &fields).await;
        assert_eq!(page.heading(), "Ayuda para iniciar sesión");
        assert_eq!(page.input("q").as_deref(), Some("pin"));
        assert!(page.body.contains("respuestas para «pin»"));
        // Accents need not be typed.
        let page = browser.open(&format!("{HELP}?q=contrasena+olvide")).await;
        assert!(questions(&page).contains(&"forgot-password"));
    })
    .await;
}

#[tokio::test]
async fn staff_read_of_invitations_links_and_codes() {
    on_each(async |_, mut browser| {
        let page = browser.open("/o/riverside/help").await;
        let questions = questions(&page);
        assert!(
            ["first", "reset", "no-mail", "expired", "disabled", "locked"]
                .iter()
                .all(|id| questions.contains(id))
        );
        assert!(!["who", "pin", "bookmark", "update"].iter().any(|id| questions.contains(id)));
        assert!(page.body.contains("within 72 hours") && page.body.contains("90 days"));
    })
    .await;
}

#[tokio::test]
async fn pages_link_to_the_answer_that_fits() {
    on_each(async |_, mut browser| {
        for (page, answer) in
            [("sign-in", "cannot-sign-in"), ("forgot-user-id", "pin"), ("forgot-password", "pin")]
        {
            let page = browser.open(&format!("/o/evergreen/{page}")).await;
            assert!(page.body.contains(&format!("href=\"{HELP}#{answer}\"")), "{}", page.heading());
        }
    })
    .await;
}
