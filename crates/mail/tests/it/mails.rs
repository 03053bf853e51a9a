//! Whole mails, word for word, and what must hold of every one of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use portico_mail::{Message, Rendered, Sender, render};
use portico_rules::Lang;

use crate::fixtures::{CODE, evergreen, every_message, link_and_code};

fn snapshots() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// Compares with the file; with `PORTICO_UPDATE_SNAPSHOTS=1` writes it instead. Read the difference before committing.
fn assert_snapshot(name: &str, actual: &str) {
    let path = snapshots().join(name);
    if std::env::var_os("PORTICO_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{name} differs. Is it meant to? PORTICO_UPDATE_SNAPSHOTS=1 writes it anew.\n--- now\n{actual}"
    );
}

fn first_name(message: &Message) -> Option<&'static str> {
    let stranger = matches!(
        message,
        Message::RegistrationCode { .. } | Message::EmailCode { .. } | Message::NoAccountFound { .. }
    );
    (!stranger).then_some("María")
}

fn written(message: &Message, sender: &Sender, name: Option<&str>, lang: Lang) -> Rendered {
    render(message, sender, name, lang).unwrap()
}

#[test]
fn every_mail_word_for_word() {
    let mut expected = BTreeSet::new();
    for (name, message) in every_message() {
        for lang in Lang::ALL {
            let mail = written(&message, &evergreen(), first_name(&message), lang);
            let (text, html) =
                (format!("{name}.{}.txt", lang.code()), format!("{name}.{}.html", lang.code()));
            assert_snapshot(&text, &format!("Subject: {}\n\n{}", mail.subject, mail.text));
            assert_snapshot(&html, &mail.html);
            expected.extend([text, html]);
        }
    }
    let files: BTreeSet<_> = fs::read_dir(snapshots())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, expected, "a snapshot of a mail that is gone, or none of a new one");
}

#[test]
fn the_english_subjects_of_the_contract() {
    let subjects: Vec<_> = every_message()
        .iter()
        .map(|(_, message)| written(message, &evergreen(), None, Lang::En).subject.clone())
        .collect();
    assert_eq!(
        subjects,
        [
            "Welcome to Evergreen Health Programs",
            "Reset your password",
            "Your security code",
            "Your PIN",
            "Your User ID was looked up",
            "Your registration code",
            "Your security code",
            "Your email was changed",
            "Your email was changed",
            "Someone asked to use your email address",
            "You are registered",
            "You are registered",
            "Your password was changed",
            "Your security questions were changed",
            "New sign-in",
            "New sign-in",
            "Your account was locked",
            "Your account was locked",
            "Your account was locked",
            "Your account was unlocked",
            "Your account was closed",
            "Your account was disabled",
            "Your account was reactivated",
            "Someone tried to register as you",
            "No account found",
            "No account found",
        ]
    );
}

#[test]
fn every_mail_says_who_writes_and_how_to_reach_them() {
    let sender = evergreen();
    for (name, message) in every_message() {
        for (lang, phone, hours) in [
            (Lang::En, "1-800-555-0100", "Monday to Friday, 8 to 6 Pacific"),
            (Lang::Es, "1-800-555-0101", "Lunes a viernes, de 8 a 18, hora del Pacífico"),
        ] {
            let mail = written(&message, &sender, None, lang);
            for part in [&mail.text, &mail.html] {
                for needed in [&sender.organization, phone, &sender.email, hours] {
                    assert!(part.contains(needed), "{name} in {lang:?} lacks {needed}");
                }
            }
            let other = if lang == Lang::En { "555-0101" } else { "555-0100" };
            assert!(!mail.text.contains(other) && !mail.html.contains(other), "{name} has the other number");
            assert!(mail.html.contains(&format!("<html lang=\"{}\">", lang.code())));
        }
    }
}

#[test]
fn without_a_spanish_number_or_hours() {
    let sender = Sender { phone_es: None, hours_es: None, theme_color: None, ..evergreen() };
    let mail = written(&Message::Disabled, &sender, None, Lang::Es);
    assert!(mail.text.contains("Teléfono: 1-800-555-0100"));
    assert!(mail.text.contains("Horario de atención: Monday to Friday, 8 to 6 Pacific"));
    let sender = Sender { hours: None, ..sender };
    let mail = written(&Message::Disabled, &sender, None, Lang::Es);
    assert!(!mail.text.contains("Horario"));
}

#[test]
fn the_link_comes_first_and_stands_alone() {
    for (name, message) in every_message() {
        let (link, _) = link_and_code(&message);
        for lang in Lang::ALL {
            let mail = written(&message, &evergreen(), Some("María"), lang);
            let lines: Vec<_> = mail.text.lines().filter(|line| line.contains("://")).collect();
            assert_eq!(lines, link.into_iter().collect::<Vec<_>>(), "{name} in {lang:?}");
            assert_eq!(mail.html.matches("href=").count(), usize::from(link.is_some()), "{name} in {lang:?}");
            assert_eq!(mail.html.matches("://").count(), usize::from(link.is_some()), "{name} in {lang:?}");
        }
    }
}

#[test]
fn the_code_stands_alone_and_nothing_else_looks_like_one() {
    let like_a_code =
        |line: &str| line.trim().len() == 8 && line.trim().bytes().all(|byte| byte.is_ascii_digit());
    // A User ID or a name may be eight digits.
    let mut messages = every_message();
    messages.push((
        "registered",
        Message::Registered {
            user_id: "12345678".to_owned(),
            sign_in: "https://portal.example/".to_owned(),
            is_shared: false,
        },
    ));
    for (name, message) in messages {
        let (_, code) = link_and_code(&message);
        for lang in Lang::ALL {
            let mail = written(&message, &evergreen(), Some("87654321"), lang);
            let lines: Vec<_> = mail.text.lines().filter(|line| like_a_code(line)).collect();
            assert_eq!(lines, code.into_iter().collect::<Vec<_>>(), "{name} in {lang:?}");
            assert_eq!(mail.html.matches(CODE).count(), usize::from(code.is_some()), "{name} in {lang:?}");
        }
    }
}

#[test]
fn the_reset_mail_has_the_words_of_the_help_page() {
    let (_, message) = every_message().into_iter().find(|(name, _)| *name == "reset_password").unwrap();
    let mail = written(&message, &evergreen(), None, Lang::En);
    assert!(mail.html.contains(">Change my password</a>"));
    assert!(mail.text.contains("“Get my security code”"));
    assert!(mail.text.contains("until 10:15 AM PST on November 23, 2026"));
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    for (name, message) in every_message() {
        let mail = written(&message, &evergreen(), Some("María"), Lang::En);
        for banned in
            ["<img", "<script", "<link", "<iframe", "src=", "url(", "@import", "onclick", "<form", "<table"]
        {
            assert!(!mail.html.contains(banned), "{name}: {banned}");
        }
    }
}

/// Names as an attacker would choose them, with whether they are greeted at all.
const HOSTILE: [(&str, bool); 11] = [
    ("<b>Bo</b>", true),
    ("<img src=x onerror=alert(1)>", true),
    ("\"><script>alert(1)</script>", true),
    ("Bo\r\nBcc: victim@evil.example", false),
    ("Bo\r\nSubject: x\r\n\r\n.\r\nQUIT", true),
    ("{{7*7}} ${7*7}", true),
    ("&lt;Bo&gt;", true),
    ("Click https://evil.example/now", false),
    ("evil.example", false),
    ("www.evil", false),
    ("javascript://%0aalert(1)", false),
];

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}

#[test]
fn names_are_text_and_nothing_more() {
    let clean: Vec<_> = every_message();
    for (name, greeted) in HOSTILE {
        for (_, message) in &clean {
            for lang in Lang::ALL {
                let mail = written(message, &evergreen(), Some(name), lang);
                let plain = written(message, &evergreen(), None, lang);
                let literal = one_line(name);
                assert_eq!(mail.text.contains(&literal), greeted, "{name}");
                assert_eq!(mail.html.contains(&escaped(&literal)), greeted, "{name}");
                assert_eq!(mail.subject, plain.subject);
                assert_eq!(mail.text.lines().count(), plain.text.lines().count(), "{name} adds a line");
                for part in ["<", "href=", "://"] {
                    assert_eq!(
                        mail.html.matches(part).count(),
                        plain.html.matches(part).count(),
                        "{name}: {part}"
                    );
                }
                assert_eq!(mail.text.matches("://").count(), plain.text.matches("://").count(), "{name}");
            }
        }
    }
}

#[test]
fn what_the_organization_and_the_member_wrote_is_text_too() {
    let hostile = "</style><script>alert(1)</script>\r\nX: y";
    let sender = Sender {
        organization: hostile.to_owned(),
        phone: hostile.to_owned(),
        phone_es: None,
        email: hostile.to_owned(),
        hours: Some(hostile.to_owned()),
        hours_es: Some(hostile.to_owned()),
        theme_color: Some("red\"></div><script>".to_owned()),
        ..evergreen()
    };
    let registered = Message::Registered {
        user_id: hostile.to_owned(),
        sign_in: "https://portal.example/\"><script>alert(1)</script>\r\n".to_owned(),
        is_shared: true,
    };
    for message in every_message().into_iter().map(|(_, message)| message).chain([registered]) {
        for lang in Lang::ALL {
            let mail = written(&message, &sender, Some(hostile), lang);
            assert!(!mail.html.contains("<script"), "{message:?}");
            assert_eq!(mail.html.matches("</style>").count(), 1);
            assert!(!mail.subject.contains(['\r', '\n']));
            assert!(!mail.text.contains("\r") && !mail.text.contains("\nX: y"));
        }
    }
}

#[test]
fn a_mail_does_not_print() {
    for (_, message) in every_message() {
        let mail = written(&message, &evergreen(), Some("María"), Lang::En);
        let printed = format!("{message:?} {mail:?}");
        for secret in [CODE, "token=", "maria.lopez", "María"] {
            assert!(!printed.contains(secret));
        }
    }
}
