//! Recovery with a PIN, many at once.

use portico_access::audit::{Event, Verified, verify};
use portico_access::pin::{EnterOutcome, Forgotten, SaveOutcome};
use portico_access::testing::{World, on_both};

use crate::pin::{BORN, Forgetful, with_ana};
use crate::registration_races::all;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_ask_all_have_the_same_pin() {
    on_both(async |world: World| {
        with_ana(&world).await;
        let asked = all((0..64).map(|_| {
            let world = world.clone();
            async move { Forgetful::asked(&world, "ana@home.example", BORN).await }
        }))
        .await;
        let sent = mails(&world).await;
        assert_eq!(sent.len(), 10);
        let pin = sent[0].code();
        assert!(sent.iter().all(|mail| mail.code() == pin));
        for forgetful in &asked[..3] {
            let outcome = forgetful.enter(&pin, Forgotten::Password).await;
            assert!(matches!(outcome, EnterOutcome::Proven { .. }), "{outcome:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_use_one_pin_one_sets_the_password() {
    on_both(async |world: World| {
        with_ana(&world).await;
        let (forgetful, _) = Forgetful::proven(&world).await;
        let outcomes = all((0..64).map(|n| {
            let forgetful = forgetful.clone();
            async move { forgetful.save(&format!("strolling{n}")).await }
        }))
        .await;
        let saved = outcomes.iter().filter(|outcome| **outcome == SaveOutcome::Saved).count();
        let used = outcomes.iter().filter(|outcome| **outcome == SaveOutcome::Used).count();
        assert_eq!((saved, used), (1, 63), "{outcomes:?}");
        assert_eq!(count(&world, &world.evergreen, Event::AccountPasswordSet).await, 1);
        assert_eq!(mail(&world).await.kind, "password_changed");
        assert!(matches!(verify(&world.access, &world.evergreen.id).await.unwrap(), Verified::Whole { .. }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_wrong_pins_five_are_compared() {
    on_both(async |world: World| {
        with_ana(&world).await;
        let (forgetful, pin) = Forgetful::with_pin(&world).await;
        let outcomes = all((0..64).map(|_| {
            let (forgetful, wrong) = (forgetful.clone(), another(&pin));
            async move { forgetful.enter(&wrong, Forgotten::UserId).await }
        }))
        .await;
        let wrong = |outcome: &&EnterOutcome| matches!(outcome, EnterOutcome::Wrong { .. });
        assert_eq!(outcomes.iter().filter(wrong).count(), 4);
        assert_eq!(count(&world, &world.evergreen, Event::RecoveryCodeFailed).await, 5);
        assert!(matches!(forgetful.enter(&pin, Forgotten::UserId).await, EnterOutcome::Ended));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_enter_the_right_pin_all_are_let_in_and_the_owner_is_told_once() {
    on_both(async |world: World| {
        with_ana(&world).await;
        let (forgetful, pin) = Forgetful::with_pin(&world).await;
        let outcomes = all((0..64).map(|_| {
            let (forgetful, pin) = (forgetful.clone(), pin.clone());
            async move { forgetful.enter(&pin, Forgotten::UserId).await }
        }))
        .await;
        let proven = |outcome: &&EnterOutcome| matches!(outcome, EnterOutcome::Proven { .. });
        assert_eq!(outcomes.iter().filter(proven).count(), 64, "{outcomes:?}");
        assert_eq!(mail(&world).await.kind, "user_id_looked_up");
    })
    .await;
}
