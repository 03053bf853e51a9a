//! Reset with two emails, many at once.

use portico_access::audit::{Event, Verified, verify};
use portico_access::reset::{self, LinkPage, ProveOutcome, SaveOutcome};
use portico_access::testing::{Someone, World, on_both};
use portico_rules::Lang;

use crate::registration_races::all;
use crate::reset::Reset;
use crate::support::*;

const SAM: &str = "sam@riverside.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_use_one_link_one_sets_the_password() {
    on_both(async |world: World| {
        let riverside = world.riverside.clone();
        account(&world, &riverside, Someone::SAM).await;
        let (reset, code) = Reset::with_code(&world, SAM).await;
        let outcomes = all((0..64).map(|n| {
            let (world, riverside, link, code) =
                (world.clone(), riverside.clone(), reset.link.clone(), code.clone());
            async move {
                let text = password(&format!("Calm-Harbor-{n}"));
                reset::save(&world.access, &riverside, &link, &code, &text, &text, Lang::En).await.unwrap()
            }
        }))
        .await;
        let saved = outcomes.iter().filter(|outcome| matches!(outcome, SaveOutcome::Saved)).count();
        let used =
            outcomes.iter().filter(|outcome| matches!(outcome, SaveOutcome::Link(LinkPage::Used))).count();
        assert_eq!((saved, used), (1, 63), "{outcomes:?}");
        assert_eq!(count(&world, &riverside, Event::AccountPasswordSet).await, 1);
        assert_eq!(mail(&world).await.kind, "password_changed");
        let mut fit = 0;
        for n in 0..64 {
            // Each at a time of its own, so that wrong ones do not lock the account.
            portico_access::accounts::unlock(&world.access, &riverside, &sam(&world).await, "test")
                .await
                .unwrap();
            fit += usize::from(signs_in(&world, &riverside, SAM, &format!("Calm-Harbor-{n}")).await);
        }
        assert_eq!(fit, 1);
        assert!(matches!(verify(&world.access, &riverside.id).await.unwrap(), Verified::Whole { .. }));
    })
    .await;
}

async fn sam(world: &World) -> String {
    match portico_access::accounts::find(&world.access, &world.riverside, SAM).await.unwrap() {
        portico_access::accounts::Found::One(id) => id,
        found => panic!("{found:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_links_of_one_account_one_sets_the_password() {
    on_both(async |world: World| {
        let riverside = world.riverside.clone();
        account(&world, &riverside, Someone::SAM).await;
        let mut links = Vec::new();
        for _ in 0..10 {
            links.push(Reset::with_code(&world, SAM).await);
        }
        let outcomes = all(links
            .into_iter()
            .map(|(reset, code)| async move { reset.save(&code, "Calm-Harbor-8").await }))
        .await;
        let saved = outcomes.iter().filter(|outcome| matches!(outcome, SaveOutcome::Saved)).count();
        assert_eq!(saved, 1, "{outcomes:?}");
        assert_eq!(mails(&world).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_wrong_codes_five_are_compared_and_no_password_is_hashed() {
    on_both(async |world: World| {
        let riverside = world.riverside.clone();
        account(&world, &riverside, Someone::SAM).await;
        let (reset, code) = Reset::with_code(&world, SAM).await;
        let hashes = world.access.hasher.counts();
        let outcomes = all((0..64).map(|_| {
            let (world, riverside, link, wrong) =
                (world.clone(), riverside.clone(), reset.link.clone(), another(&code));
            async move {
                let text = password("Calm-Harbor-8");
                reset::save(&world.access, &riverside, &link, &wrong, &text, &text, Lang::En).await.unwrap()
            }
        }))
        .await;
        let wrong = |outcome: &&SaveOutcome| matches!(outcome, SaveOutcome::WrongCode { .. });
        assert_eq!(outcomes.iter().filter(wrong).count(), 4);
        assert_eq!(count(&world, &riverside, Event::RecoveryCodeFailed).await, 5);
        assert_eq!(world.access.hasher.counts(), hashes);
        assert!(matches!(reset.prove(&code).await, ProveOutcome::Ended));
    })
    .await;
}
