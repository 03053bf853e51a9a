//! From a committed change to a delivered mail, on both databases.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, ToSpan};
use portico_mail::Message;
use portico_mail::testing::{Mood, Server};
use portico_mail::transport::{Patience, Recorder, Smtp, Transport};
use portico_mail::worker::{Report, Worker};
use portico_store::environment::SeededRandomness;
use portico_store::keys::Keys;
use portico_store::secret::Code;
use portico_store::testing::{databases, on_both};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::fixtures::{CODE, Post, now};

fn code_mail() -> Message {
    Message::SecurityCode { code: Code::parse(CODE).unwrap(), valid_until: now() + 90.minutes() }
}

fn to_server(server: &Server) -> Transport {
    to_url(&server.clear_url())
}

fn to_url(url: &str) -> Transport {
    let patience = Patience { connect: Duration::from_secs(5), send: Duration::from_secs(5) };
    Transport::Smtp(Smtp::new(url, "portal@example.org").unwrap().with_patience(patience))
}

const SENT: Report = Report { sent: 1, put_off: 0, given_up: 0 };
const PUT_OFF: Report = Report { sent: 0, put_off: 1, given_up: 0 };
const GIVEN_UP: Report = Report { sent: 0, put_off: 0, given_up: 1 };
const NOTHING: Report = Report { sent: 0, put_off: 0, given_up: 0 };

#[tokio::test]
async fn a_committed_change_has_one_mail() {
    on_both(async |store| {
        let post = Post::new(store).await;
        let recorder = Recorder::default();
        let worker = post.worker(Transport::Recorder(recorder.clone()));

        let mut unit = post.store.begin().await.unwrap();
        assert!(post.post_in(&mut unit, "code/1", &code_mail(), None).await.is_some());
        drop(unit);
        assert_eq!(worker.deliver_due().await.unwrap(), NOTHING, "the change never happened");

        assert!(post.post("code/1", &code_mail(), None).await.is_some());
        assert_eq!(post.post("code/1", &Message::Disabled, None).await, None);
        assert_eq!(worker.deliver_due().await.unwrap(), SENT);
        assert_eq!(post.post("code/1", &code_mail(), None).await, None, "also after it was sent");
        assert_eq!(worker.deliver_due().await.unwrap(), NOTHING);

        let [mail] = recorder.mails().try_into().unwrap();
        assert_eq!(
            (mail.to.as_str(), mail.subject.as_str(), mail.at),
            ("maria@example.org", "Su código de seguridad", now())
        );
        assert!(mail.text.starts_with("Hola, María:\n") && mail.text.contains(&format!("\n{CODE}\n")));
        assert!(mail.html.contains(CODE));
        assert!(mail.id.ends_with("@portal.example"));
    })
    .await;
}

#[tokio::test]
async fn the_mailbox_shows_the_newest_first() {
    on_both(async |store| {
        let post = Post::new(store).await;
        let recorder = Recorder::default();
        for change in ["a", "b"] {
            post.post(change, &code_mail(), None).await;
            post.worker(Transport::Recorder(recorder.clone())).deliver_due().await.unwrap();
            post.clock.advance(SignedDuration::from_secs(1));
        }
        let mails = recorder.mails();
        assert!(mails[0].at > mails[1].at);
        let json = serde_json::to_value(&mails[0]).unwrap();
        let keys: HashSet<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, HashSet::from(["id", "to", "subject", "text", "html", "at"]));
        assert_eq!(json["at"], "2026-11-22T18:15:01Z");
    })
    .await;
}

#[tokio::test]
async fn nothing_of_a_mail_is_readable_at_rest() {
    for database in databases().await {
        let post = Post::new(database.store.clone()).await;
        post.post("code/1", &code_mail(), None).await;
        let at_rest = database.at_rest().await;
        assert!(at_rest.contains("security_code"), "the search finds what is in clear");
        for planted in ["maria", "María", "example.org", CODE, "código"] {
            assert!(!at_rest.contains(planted), "{planted} on {}", database.kind());
        }
    }
}

#[tokio::test]
async fn put_off_then_taken_with_the_same_message_id() {
    on_both(async |store| {
        let post = Post::new(store).await;
        let server = Server::moody([Mood::AfterData("451 later"), Mood::Vanish]).await;
        let worker = post.worker(to_server(&server));
        post.post("code/1", &code_mail(), None).await;

        assert_eq!(worker.deliver_due().await.unwrap(), PUT_OFF);
        assert_eq!(worker.deliver_due().await.unwrap(), NOTHING, "not at once");
        post.clock.advance(SignedDuration::from_secs(2));
        assert_eq!(worker.deliver_due().await.unwrap(), PUT_OFF);
        post.clock.advance(SignedDuration::from_secs(2));
        assert_eq!(worker.deliver_due().await.unwrap(), NOTHING, "the pause has doubled");
        post.clock.advance(SignedDuration::from_secs(2));
        assert_eq!(worker.deliver_due().await.unwrap(), SENT);
        assert_eq!(post.backlog().await.queued, 0);

        let attempts = server.attempts();
        assert_eq!(attempts.len(), 3);
        assert!(
            attempts.iter().all(|attempt| attempt.data == attempts[0].data),
            "every attempt is the same bytes"
        );
        assert!(attempts[0].header("Message-ID").unwrap().ends_with("@portal.example>"));
        assert_eq!(server.received().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_refused_mail_is_a_dead_letter_at_once() {
    for database in databases().await {
        let post = Post::new(database.store.clone()).await;
        let server = Server::moody([Mood::AtRecipient("550 5.1.1 <maria@example.org> unknown")]).await;
        post.post("code/1", &code_mail(), None).await;
        assert_eq!(post.worker(to_server(&server)).deliver_due().await.unwrap(), GIVEN_UP);

        let [dead] = post.dead_letters().await.try_into().unwrap();
        assert_eq!((dead.kind.as_str(), dead.attempts), ("security_code", 1));
        assert_eq!(dead.reason, "the mail server refused it: 550");
        assert_eq!(post.backlog().await.given_up, 1);
        assert!(!database.at_rest().await.contains("maria"));
    }
}

#[tokio::test]
async fn a_mail_whose_code_has_ended_is_not_delivered() {
    on_both(async |store| {
        let post = Post::new(store).await;
        let server = Server::start().await;
        post.post("code/1", &code_mail(), Some(now() + 90.minutes())).await;
        post.clock.advance(SignedDuration::from_mins(90));
        assert_eq!(post.worker(to_server(&server)).deliver_due().await.unwrap(), GIVEN_UP);
        assert_eq!(server.connections(), 0);
        assert_eq!(post.dead_letters().await[0].reason, "what is in it has ended");
    })
    .await;
}

#[tokio::test]
async fn a_mail_without_an_end_is_tried_for_three_days() {
    on_both(async |store| {
        let post = Post::new(store).await;
        let recorder = Recorder::default();
        post.post("a", &Message::Disabled, None).await;
        post.clock.advance(SignedDuration::from_hours(72) - SignedDuration::from_micros(1));
        post.post("b", &Message::Disabled, None).await;
        let worker = post.worker(Transport::Recorder(recorder));
        assert_eq!(worker.deliver_due().await.unwrap(), Report { sent: 2, ..NOTHING });

        post.post("c", &Message::Disabled, None).await;
        post.clock.advance(SignedDuration::from_hours(72));
        assert_eq!(worker.deliver_due().await.unwrap(), GIVEN_UP);
    })
    .await;
}

#[tokio::test]
async fn while_the_server_cannot_be_reached_mails_wait() {
    on_both(async |store| {
        let post = Post::new(store).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
        drop(listener);
        for index in 0..40 {
            post.post(&format!("code/{index}"), &code_mail(), None).await;
        }
        let report = post.worker(to_url(&url)).deliver_due().await.unwrap();
        assert!((1..=4).contains(&report.put_off), "one for each connection that was tried: {report:?}");
        assert_eq!((report.sent, report.given_up), (0, 0));
        assert_eq!(post.backlog().await.queued, 40);

        // The others were given back, and go at once when there is a server.
        let recorder = Recorder::default();
        let report = post.worker(Transport::Recorder(recorder.clone())).deliver_due().await.unwrap();
        assert!(report.sent >= 36);
        post.clock.advance(SignedDuration::from_secs(2));
        post.worker(Transport::Recorder(recorder.clone())).deliver_due().await.unwrap();
        assert_eq!(recorder.mails().len(), 40);
    })
    .await;
}

#[tokio::test]
async fn with_the_wrong_keys_nothing_is_lost() {
    on_both(async |store| {
        let post = Post::new(store).await;
        let recorder = Recorder::default();
        post.post("code/1", &code_mail(), None).await;
        let stranger = Worker::new(
            post.store.clone(),
            Keys::generate(&SeededRandomness::new(2)),
            Transport::Recorder(recorder.clone()),
            post.clock.clone(),
            post.randomness.clone(),
        );
        assert_eq!(stranger.deliver_due().await.unwrap(), PUT_OFF);
        assert_eq!(recorder.mails(), []);
        post.clock.advance(SignedDuration::from_secs(2));
        assert_eq!(post.worker(Transport::Recorder(recorder)).deliver_due().await.unwrap(), SENT);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_workers_deliver_each_mail_once() {
    const MAILS: u32 = 100;
    for database in databases().await {
        let post = Post::new(database.store.clone()).await;
        for index in 0..MAILS {
            post.post(&format!("code/{index}"), &code_mail(), None).await;
        }
        let recorder = Recorder::default();
        let mut workers = JoinSet::new();
        for _ in 0..16 {
            let worker = post.worker(Transport::Recorder(recorder.clone()));
            workers.spawn(async move { worker.deliver_due().await.unwrap().sent });
        }
        let sent: u32 = workers.join_all().await.into_iter().sum();
        let ids: HashSet<_> = recorder.mails().into_iter().map(|mail| mail.id).collect();
        assert_eq!((sent, recorder.mails().len(), ids.len()), (MAILS, 100, 100), "on {}", database.kind());
        assert_eq!(post.backlog().await.queued, 0);
    }
}

#[tokio::test]
async fn the_loop_delivers_what_comes_and_stops_when_told() {
    on_both(async |store| {
        let post = Post::new(store).await;
        let server = Server::start().await;
        let (stop, stopped) = oneshot::channel::<()>();
        let worker = post.worker(to_server(&server));
        let running = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        for round in 1..=2 {
            post.post(&format!("code/{round}"), &code_mail(), None).await;
            let arrived = async {
                while post.backlog().await.queued > 0 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(5), arrived).await.expect("a mail leaves within 5 s");
            assert_eq!(server.received().len(), round);
        }
        stop.send(()).unwrap();
        running.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_demo_with_a_mail_server_shows_and_sends() {
    on_both(async |store| {
        let post = Post::new(store).await;
        let server = Server::moody([Mood::AfterData("451 later")]).await;
        let recorder = Recorder::default();
        let Transport::Smtp(smtp) = to_server(&server) else { unreachable!() };
        let worker = post.worker(Transport::Both(recorder.clone(), smtp));
        post.post("code/1", &code_mail(), None).await;
        assert_eq!(worker.deliver_due().await.unwrap(), PUT_OFF);
        assert_eq!(recorder.mails().len(), 1);
        post.clock.advance(SignedDuration::from_secs(2));
        assert_eq!(worker.deliver_due().await.unwrap(), SENT);
        assert_eq!((recorder.mails().len(), server.received().len()), (1, 1));
        let sent = server.received()[0].header("Message-ID").unwrap();
        assert_eq!(sent, format!("<{}>", recorder.mails()[0].id));
    })
    .await;
}

#[test]
fn a_worker_can_be_spawned() {
    fn spawnable<T: Send + 'static>(_: impl FnOnce(Worker) -> T) {}
    spawnable(|worker| worker.run(std::future::pending()));
    fn shared<T: Send + Sync>() {}
    shared::<Arc<Worker>>();
}
