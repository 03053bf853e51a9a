//! What the mail server was given, against what the database says was written.

use portico_mail::testing::Received;
use std::collections::BTreeMap;

/// The Message-IDs of all mails that committed changes wrote.
pub(crate) const WRITTEN: &str = "SELECT message_id FROM outbox";

/// How many mails a server has in hand at once, and so may leave behind handed over but not written down.
const LANES: usize = 4;

/// Checks that every mail that was written has come, that no other has, and that a double is one that a kill explains:
/// the same mail, from another life of the server. `deaths` are the numbers of connections made before each kill. The
/// number of doubles.
pub(crate) fn explain(received: &[Received], written: &[String], deaths: &[usize]) -> usize {
    let life = |mail: &Received| deaths.partition_point(|&connections| connections < mail.connection);
    let mut copies = BTreeMap::<String, Vec<&Received>>::new();
    for mail in received {
        let id = mail.header("Message-ID").expect("a Message-ID");
        copies.entry(id.trim_matches(['<', '>']).to_owned()).or_default().push(mail);
    }
    for id in written {
        assert!(copies.contains_key(id), "{id} was committed and never delivered");
    }
    assert_eq!(copies.len(), written.len(), "mails came that no committed change explains");
    let mut left_behind = vec![0; deaths.len()];
    for (id, copies) in &copies {
        for pair in copies.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            assert!(life(first) < life(second), "{id} came twice from one server");
            assert_eq!(first.to, second.to, "{id}");
            for part in ["text/plain", "text/html"] {
                assert_eq!(first.part(part), second.part(part), "{id}");
            }
            for header in ["From", "To", "Reply-To", "Subject", "Date"] {
                assert_eq!(first.header(header), second.header(header), "{id}");
            }
            left_behind[life(first)] += 1;
        }
    }
    assert!(left_behind.iter().all(|&doubles| doubles <= LANES), "{left_behind:?}");
    received.len() - copies.len()
}

fn mail(id: &str, connection: usize) -> Received {
    let part = |kind: &str| {
        format!("--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello\r\n\r\n")
    };
    let data = format!(
        "Message-ID: <{id}>\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\n\r\n{}{}--b--\r\n",
        part("text/plain"),
        part("text/html")
    );
    Received { data, connection, ..Received::default() }
}

#[test]
fn a_double_is_explained_by_the_death_between() {
    let written = ["a".to_owned(), "b".to_owned()];
    assert_eq!(explain(&[mail("a", 1), mail("b", 2), mail("a", 3)], &written, &[2]), 1);
    assert_eq!(explain(&[mail("a", 1), mail("b", 2)], &written, &[1]), 0);
}

#[test]
#[should_panic(expected = "twice from one server")]
fn a_double_without_a_death_is_found() {
    explain(&[mail("a", 1), mail("a", 2)], &["a".to_owned()], &[2]);
}

#[test]
#[should_panic(expected = "never delivered")]
fn a_lost_mail_is_found() {
    explain(&[mail("a", 1)], &["a".to_owned(), "b".to_owned()], &[]);
}

#[test]
#[should_panic(expected = "no committed change explains")]
fn a_mail_of_nothing_is_found() {
    explain(&[mail("a", 1), mail("b", 1)], &["a".to_owned()], &[]);
}
