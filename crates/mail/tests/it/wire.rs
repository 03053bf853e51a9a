//! One mail over the wire.

use std::time::Duration;

use portico_mail::testing::{Mood, Server, certificate};
use portico_mail::transport::{Failure, Outgoing, Patience, Smtp, Transport};
use portico_mail::{Message, render};
use portico_rules::Lang;
use tokio::net::TcpListener;

use crate::fixtures::{evergreen, every_message, now};

fn outgoing(to: &str, text: &str) -> Outgoing {
    Outgoing {
        id: "mail1".to_owned(),
        message_id: "abc@portal.example".to_owned(),
        attempt: 1,
        language: "es".to_owned(),
        to: to.to_owned(),
        from_name: "Evergreen, \"Health\" Programs".to_owned(),
        reply_to: "help@evergreen.example".to_owned(),
        subject: "Su código".to_owned(),
        text: text.to_owned(),
        html: "<p>Hola</p>\n".to_owned(),
        queued_at: now(),
    }
}

fn smtp(url: &str) -> Smtp {
    let patience = Patience { connect: Duration::from_secs(5), send: Duration::from_secs(5) };
    Smtp::new(url, "portal@example.org").unwrap().with_patience(patience)
}

async fn send(smtp: Smtp, mail: &Outgoing) -> Result<(), Failure> {
    let transport = Transport::Smtp(smtp);
    let mut session = transport.session();
    let result = session.send(mail).await;
    session.close().await;
    result
}

#[tokio::test]
async fn headers_and_both_parts_arrive() {
    let server = Server::start().await;
    send(smtp(&server.clear_url()), &outgoing("maria@example.org", "Hola, María:\n\n04918273\n"))
        .await
        .unwrap();

    let [mail] = server.received().try_into().unwrap();
    assert_eq!(mail.from, "MAIL FROM:<portal@example.org>");
    assert_eq!(mail.to, ["RCPT TO:<maria@example.org>"]);
    let header = |name| mail.header(name).unwrap();
    // Evergreen, "Health" Programs
    let from = "=?utf-8?b?RXZlcmdyZWVuLCAiSGVhbHRoIiBQcm9ncmFtcw==?= <portal@example.org>";
    assert_eq!(header("From"), from);
    assert_eq!(header("To"), "maria@example.org");
    assert_eq!(header("Reply-To"), "help@evergreen.example");
    assert_eq!(header("Subject"), "Su =?utf-8?b?Y8OzZGlnbw==?=");
    assert_eq!(header("Message-ID"), "<abc@portal.example>");
    assert_eq!(header("Date"), "Sun, 22 Nov 2026 18:15:00 +0000");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Content-Language"), "es");
    assert!(header("Content-Type").starts_with("multipart/alternative;"));
    assert_eq!(mail.part("text/plain"), "Hola, María:\n\n04918273\n");
    assert_eq!(mail.part("text/html"), "<p>Hola</p>\n");
    assert_eq!(server.commands().last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn every_mail_arrives_as_it_was_written() {
    let server = Server::start().await;
    let transport = Transport::Smtp(smtp(&server.clear_url()));
    let mut session = transport.session();
    let mut written = Vec::new();
    for (_, message) in every_message() {
        for lang in Lang::ALL {
            let rendered = render(&message, &evergreen(), Some("María"), lang).unwrap();
            let mut mail = outgoing("maria@example.org", &rendered.text);
            mail.subject = rendered.subject.clone();
            mail.html = rendered.html.clone();
            session.send(&mail).await.unwrap();
            written.push(rendered);
        }
    }
    session.close().await;
    assert_eq!(server.connections(), 1);
    let received = server.received();
    assert_eq!(received.len(), written.len());
    for (mail, written) in received.iter().zip(written) {
        assert_eq!(mail.part("text/plain"), written.text);
        assert_eq!(mail.part("text/html"), written.html);
    }
}

#[tokio::test]
async fn dots_and_commands_in_a_body_stay_in_the_body() {
    let text = "one\n.\nQUIT\n..\n.two\nMAIL FROM:<x@evil.example>\n\n.\n";
    let server = Server::start().await;
    let transport = Transport::Smtp(smtp(&server.clear_url()));
    let mut session = transport.session();
    for _ in 0..2 {
        session.send(&outgoing("maria@example.org", text)).await.unwrap();
    }
    session.close().await;
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|mail| mail.part("text/plain") == text));
    assert_eq!(server.commands().iter().filter(|line| line.starts_with("MAIL")).count(), 2);
}

#[tokio::test]
async fn no_address_is_two_and_no_header_is_added() {
    let server = Server::start().await;
    for to in [
        "a@example.org, b@example.org",
        "a@example.org\r\nRCPT TO:<b@example.org>",
        "a@example.org\r\nBcc: b@example.org",
        "<a@example.org>, b@example.org",
        "a@example.org>\r\nDATA",
        "nobody",
        "",
    ] {
        let result = send(smtp(&server.clear_url()), &outgoing(to, "x")).await;
        assert!(matches!(result, Err(Failure::Never(_))), "{to:?}: {result:?}");
    }
    assert_eq!(server.received(), []);

    let mut mail = outgoing("maria@example.org", "x");
    mail.subject = "Hi\r\nBcc: victim@evil.example\r\n\r\nbody".to_owned();
    mail.from_name = "Us\r\nBcc: victim@evil.example".to_owned();
    mail.reply_to = "help@evergreen.example\r\nBcc: victim@evil.example".to_owned();
    mail.language = "en\r\nBcc: victim@evil.example".to_owned();
    mail.message_id = "abc@portal.example>\r\nBcc: <victim@evil.example".to_owned();
    send(smtp(&server.clear_url()), &mail).await.unwrap();
    let [mail] = server.received().try_into().unwrap();
    assert_eq!(mail.header("Bcc"), None);
    assert_eq!(mail.header("Reply-To"), None);
    assert_eq!(mail.to.len(), 1);
}

#[tokio::test]
async fn answers_are_told_apart() {
    #[rustfmt::skip]
    let cases = [
        (Mood::AtRecipient("550 5.1.1 <maria@example.org>: user unknown"), Failure::Never("the mail server refused it: 550".to_owned())),
        (Mood::AfterData("554 5.7.1 rejected maria@example.org"), Failure::Never("the mail server refused it: 554".to_owned())),
        (Mood::AtRecipient("450 4.2.0 greylisted"), Failure::Later("the mail server put it off: 450".to_owned())),
        (Mood::AfterData("452 4.3.1 full"), Failure::Later("the mail server put it off: 452".to_owned())),
        (Mood::Vanish, Failure::Later("the connection to the mail server broke".to_owned())),
    ];
    for (mood, expected) in cases {
        let server = Server::moody([mood]).await;
        let result = send(smtp(&server.clear_url()), &outgoing("maria@example.org", "x")).await;
        assert_eq!(result, Err(expected), "{mood:?}");
    }
}

#[tokio::test]
async fn a_refused_mail_does_not_spoil_the_next() {
    let server = Server::moody([Mood::AtRecipient("550 no"), Mood::AfterData("451 later")]).await;
    let transport = Transport::Smtp(smtp(&server.clear_url()));
    let mut session = transport.session();
    let results = [
        session.send(&outgoing("a@example.org", "x")).await.is_ok(),
        session.send(&outgoing("b@example.org", "x")).await.is_ok(),
        session.send(&outgoing("c@example.org", "x")).await.is_ok(),
    ];
    assert_eq!(results, [false, false, true]);
    assert_eq!(server.received()[0].to, ["RCPT TO:<c@example.org>"]);
}

#[tokio::test]
async fn a_server_that_does_not_answer() {
    let patience = Patience { connect: Duration::from_millis(50), send: Duration::from_millis(50) };
    let server = Server::moody([Mood::Hang]).await;
    let result =
        send(smtp(&server.clear_url()).with_patience(patience), &outgoing("a@example.org", "x")).await;
    assert_eq!(result, Err(Failure::Later("the mail server did not answer in time".to_owned())));

    // Accepts, and never greets.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
    let result = send(smtp(&url).with_patience(patience), &outgoing("a@example.org", "x")).await;
    assert!(matches!(&result, Err(Failure::Unreachable(reason)) if reason.contains("in time")), "{result:?}");

    // Nobody there.
    let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
    drop(listener);
    let transport = Transport::Smtp(smtp(&url));
    assert!(matches!(transport.check().await, Err(Failure::Unreachable(_))));
}

#[tokio::test]
async fn without_starttls_nothing_is_said() {
    let server = Server::start().await;
    let url = format!("smtp://user:p%40ss@127.0.0.1:{}", server.port);
    let result = send(smtp(&url), &outgoing("a@example.org", "x")).await;
    assert!(
        matches!(&result, Err(Failure::Unreachable(reason)) if reason.contains("STARTTLS")),
        "{result:?}"
    );
    let said = server.commands().join("\n");
    assert!(!said.contains("AUTH") && !said.contains("MAIL"), "{said}");
}

#[tokio::test]
async fn with_tls_and_a_login() {
    const LOGIN: &str = "AHVzZXIAcEBzcw==";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    for (scheme, implicit) in [("smtp", false), ("smtps", true)] {
        let (tls, pem) = certificate(&["localhost"]);
        std::fs::write(&file, pem).unwrap();
        let server = Server::with(Some(tls), implicit, Some(LOGIN)).await;
        let url = |login: &str| format!("{scheme}://{login}localhost:{}", server.port);
        let trusting = |login: &str| format!("{}?ca={}", url(login), file.display());

        send(smtp(&trusting("user:p%40ss@")), &outgoing("a@example.org", "x")).await.unwrap();
        assert!(server.received()[0].encrypted);
        Transport::Smtp(smtp(&trusting("user:p%40ss@"))).check().await.unwrap();

        // A wrong password is the operator's to mend, not the end of the mail.
        let refused = send(smtp(&trusting("user:wrong@")), &outgoing("a@example.org", "x")).await;
        assert!(
            matches!(&refused, Err(Failure::Unreachable(reason)) if reason.contains("535") && !reason.contains("wrong")),
            "{refused:?}"
        );

        let unknown = send(smtp(&url("user:p%40ss@")), &outgoing("a@example.org", "x")).await;
        assert!(matches!(unknown, Err(Failure::Unreachable(_))), "a certificate nobody vouches for");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    for (scheme, implicit) in [("smtp", false), ("smtps", true)] {
        let (tls, pem) = certificate(&["mail.example.org"]);
        std::fs::write(&file, pem).unwrap();
        let server = Server::with(Some(tls), implicit, None).await;
        let url = format!("{scheme}://localhost:{}?ca={}", server.port, file.display());
        let result = send(smtp(&url), &outgoing("a@example.org", "x")).await;
        assert!(matches!(result, Err(Failure::Unreachable(_))), "{result:?}");
        assert_eq!(server.received(), []);
    }
}

#[tokio::test]
async fn the_sender_is_named_in_mail_from_or_after_the_organization() {
    let server = Server::start().await;
    let named = Smtp::new(&server.clear_url(), "Portal <portal@example.org>").unwrap();
    send(named, &outgoing("a@example.org", "x")).await.unwrap();
    assert_eq!(server.received()[0].header("From").unwrap(), "Portal <portal@example.org>");
}

#[test]
fn a_mail_on_its_way_does_not_print() {
    let printed = format!("{:?}", outgoing("maria@example.org", "04918273"));
    assert!(!printed.contains("maria") && !printed.contains("0491"));
    assert_eq!(format!("{:?}", Message::Disabled), "Message(disabled)");
}
