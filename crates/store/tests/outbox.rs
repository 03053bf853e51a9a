//! The table `outbox`, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

use jiff::{Timestamp, ToSpan};
use portico_store::environment::SeededRandomness;
use portico_store::keys::Keys;
use portico_store::outbox::{self, Backlog, LeasedMail, NewMail};
use portico_store::testing::on_both;
use portico_store::{Store, Unit, organizations};

fn now() -> Timestamp {
    "2026-11-22T18:15:00Z".parse().unwrap()
}

async fn prepare(store: &Store) {
    let mut unit = store.begin().await.unwrap();
    organizations::add(&mut unit, "organization1", "evergreen", "{}", now()).await.unwrap();
    unit.commit().await.unwrap();
}

async fn add(unit: &mut Unit, id: &str, change: &str, queued_at: Timestamp) -> bool {
    let randomness = SeededRandomness::new(1);
    let keys = Keys::generate(&randomness);
    let mail = NewMail {
        id,
        organization_id: "organization1",
        account_id: None,
        kind: "disabled",
        language: "en",
        change,
        message_id: id,
        recipient: &keys.seal(&randomness, outbox::RECIPIENT.of(id), b"x"),
        body: &keys.seal(&randomness, outbox::BODY.of(id), b"x"),
        queued_at,
        expires_at: None,
    };
    outbox::add(unit, &mail).await.unwrap()
}

fn ids(mails: &[LeasedMail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.id.as_str()).collect()
}

#[tokio::test]
async fn a_lease_is_one_worker_s_until_it_ends() {
    on_both(async |store| {
        prepare(&store).await;
        let mut unit = store.begin().await.unwrap();
        assert!(add(&mut unit, "a", "a", now()).await);
        assert!(add(&mut unit, "b", "b", now() + 1.second()).await);
        assert!(!add(&mut unit, "c", "b", now()).await, "the change has its mail");
        let until = now() + 20.seconds();

        let lease = async |unit: &mut Unit, lease: &str, now, limit| {
            outbox::lease_due(unit, lease, now, until, limit).await.unwrap()
        };
        let first = lease(&mut unit, "one", now() + 1.second(), 1).await;
        assert_eq!(ids(&first), ["a"], "the longest waiting");
        assert_eq!((first[0].attempts, first[0].queued_at), (1, now()));
        assert_eq!(ids(&lease(&mut unit, "two", now(), 9).await), [] as [&str; 0], "b is not due yet");
        assert_eq!(ids(&lease(&mut unit, "two", now() + 1.second(), 9).await), ["b"]);
        assert!(!outbox::is_due(&mut unit, until - 1.microsecond()).await.unwrap());
        assert!(outbox::is_due(&mut unit, until).await.unwrap());

        outbox::renew(&mut unit, "one", until + 20.seconds()).await.unwrap();
        assert_eq!(ids(&lease(&mut unit, "three", until, 9).await), ["b"], "two did not renew");

        // Who lost the lease decides nothing any more, except that a mail was taken.
        assert!(!outbox::put_off(&mut unit, "b", "two", now() + 1.hour(), "late").await.unwrap());
        outbox::release(&mut unit, "b", "two").await.unwrap();
        assert!(outbox::mark_sent(&mut unit, "b", now()).await.unwrap());
        assert!(!outbox::mark_sent(&mut unit, "b", now()).await.unwrap());
        assert!(!outbox::give_up(&mut unit, "b", now(), "late").await.unwrap());
        assert!(!outbox::put_off(&mut unit, "b", "three", now(), "late").await.unwrap());

        outbox::release(&mut unit, "a", "one").await.unwrap();
        let again = lease(&mut unit, "four", now(), 9).await;
        assert_eq!((ids(&again), again[0].attempts), (vec!["a"], 1), "a released mail was never tried");
        assert!(outbox::put_off(&mut unit, "a", "four", now() + 1.hour(), "later").await.unwrap());
        assert!(!outbox::is_due(&mut unit, now() + 59.minutes()).await.unwrap());
        let again = lease(&mut unit, "five", now() + 1.hour(), 9).await;
        assert_eq!((ids(&again), again[0].attempts), (vec!["a"], 2));
    })
    .await;
}

#[tokio::test]
async fn the_backlog_and_the_dead_letters() {
    on_both(async |store| {
        prepare(&store).await;
        let mut unit = store.begin().await.unwrap();
        let empty = Backlog { queued: 0, oldest: None, given_up: 0 };
        assert_eq!(outbox::backlog(&mut unit, now()).await.unwrap(), empty);
        for (index, id) in ["a", "b", "c", "d"].iter().enumerate() {
            add(&mut unit, id, id, now() + i64::try_from(index).unwrap().seconds()).await;
        }
        outbox::mark_sent(&mut unit, "a", now()).await.unwrap();
        outbox::give_up(&mut unit, "c", now(), "first").await.unwrap();
        outbox::give_up(&mut unit, "d", now() + 1.minute(), "second").await.unwrap();
        let backlog = outbox::backlog(&mut unit, now() + 1.second()).await.unwrap();
        assert_eq!(backlog, Backlog { queued: 1, oldest: Some(now() + 1.second()), given_up: 1 });
        let dead = outbox::dead_letters(&mut unit, 9).await.unwrap();
        let told: Vec<_> = dead.iter().map(|dead| (dead.id.as_str(), dead.reason.as_str())).collect();
        assert_eq!(told, [("d", "second"), ("c", "first")]);
        assert_eq!(outbox::dead_letters(&mut unit, 1).await.unwrap().len(), 1);
        assert_eq!(outbox::count_since(&mut unit, "nobody", "disabled", now()).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn settled_mail_is_forgotten_in_batches_the_oldest_first() {
    on_both(async |store| {
        prepare(&store).await;
        let mut unit = store.begin().await.unwrap();
        for id in ["a", "b", "c", "d"] {
            assert!(add(&mut unit, id, id, now()).await);
        }
        outbox::mark_sent(&mut unit, "c", now() + 1.second()).await.unwrap();
        outbox::give_up(&mut unit, "b", now() + 2.seconds(), "nobody there").await.unwrap();
        outbox::mark_sent(&mut unit, "a", now() + 3.seconds()).await.unwrap();
        let all = now() + 1.hour();
        assert_eq!(outbox::forget(&mut unit, now(), 500).await.unwrap(), 0);
        assert_eq!(outbox::forget(&mut unit, all, 2).await.unwrap(), 2);
        // Gone are those that were settled first: their changes would have a mail again.
        assert!(add(&mut unit, "b2", "b", now()).await && add(&mut unit, "c2", "c", now()).await);
        assert!(!add(&mut unit, "a2", "a", now()).await && !add(&mut unit, "d2", "d", now()).await);
        assert_eq!(outbox::forget(&mut unit, now() + 3.seconds(), 2).await.unwrap(), 1);
        assert_eq!(outbox::forget(&mut unit, all, 2).await.unwrap(), 0, "the others wait");
    })
    .await;
}
