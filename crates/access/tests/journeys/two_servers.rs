//! Two servers on one database count, and use up, as one does (CVE-2024-4629): nothing is kept in a server's memory that
//! another would need. On SQLite the other is a command that is run beside the server.

use portico_access::audit::{Event, Verified, verify};
use portico_access::pin::{EnterOutcome, Forgotten, SaveOutcome};
use portico_access::registration::{self, CreateOutcome};
use portico_access::sign_in::Browser;
use portico_access::testing::{Someone, World};
use portico_rules::Lang;
use portico_store::Store;
use portico_store::testing::databases;

use crate::pin::{BORN, Forgetful, NEW, with_ana};
use crate::registration_races::all;
use crate::support::*;

/// Runs a test with two servers, each with connections of its own, on each kind of database.
async fn on_two<F: AsyncFn([World; 2])>(test: F) {
    for database in databases().await {
        let first = World::on(&database).await;
        let mut second = first.clone();
        second.access.store = Store::open(database.url()).await.unwrap();
        let evergreen = first.evergreen.clone();
        test([first.clone(), second]).await;
        let whole = verify(&first.access, &evergreen.id).await.unwrap();
        assert!(matches!(whole, Verified::Whole { .. }), "{whole:?} on {}", database.kind());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_guesses_five_are_checked() {
    on_two(async |servers| {
        let [world, _] = &servers;
        account(world, &world.evergreen, Someone::MARIA).await;
        let before = world.access.hasher.counts();
        let came_in = all((0..200).map(|n| {
            let world = servers[n % 2].clone();
            async move { signs_in(&world, &world.evergreen, "maria.lopez", &format!("guess{n}")).await }
        }))
        .await;
        assert!(came_in.iter().all(|is_in| !is_in));
        let after = world.access.hasher.counts();
        assert_eq!((after.stored - before.stored, after.total() - before.total()), (5, 200));
        assert_eq!(mail(world).await.kind, "locked");
        for server in &servers {
            assert!(!signs_in(server, &server.evergreen, "maria.lopez", Someone::MARIA.password).await);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_pin_is_mailed_counted_and_used_up_once() {
    on_two(async |servers| {
        let [first, second] = &servers;
        with_ana(first).await;
        let (_, pin) = Forgetful::with_pin(first).await;
        let forgetful = Forgetful::asked(second, "ana@home.example", BORN).await;
        assert_eq!(mail(second).await.code(), pin, "the same one again");
        for server in [first, second, first, second] {
            let there = Forgetful { world: server.clone(), ..forgetful.clone() };
            let entered = there.enter(&another(&pin), Forgotten::Password).await;
            assert!(matches!(entered, EnterOutcome::Wrong { .. }), "{entered:?}");
        }
        let mut forgetful = forgetful;
        forgetful.proves(&pin, Forgotten::Password).await;
        let outcomes = all((0..64).map(|n| {
            let there = Forgetful { world: servers[n % 2].clone(), ..forgetful.clone() };
            async move { there.save(&format!("strolling{n}")).await }
        }))
        .await;
        let saved = outcomes.iter().filter(|outcome| **outcome == SaveOutcome::Saved).count();
        assert_eq!(saved, 1, "{outcomes:?}");
        assert_eq!(count(first, &first.evergreen, Event::AccountPasswordSet).await, 1);
        let again = Forgetful { world: second.clone(), ..forgetful.clone() };
        assert_eq!(again.save(NEW).await, SaveOutcome::Used);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_person_has_one_account() {
    on_two(async |servers| {
        let [first, second] = &servers;
        let evergreen = first.evergreen.clone();
        list(first, &evergreen, &ana()).await;
        let mut forms = Vec::new();
        for n in 0..8 {
            let there =
                Registrant::checking(&servers[n % 2], &evergreen, &ana(), &format!("walker{n}")).await;
            forms.push((there.shown().await, there.token));
        }
        let outcomes = all((0..32).map(|n| {
            let (world, evergreen) = (servers[n % 2].clone(), evergreen.clone());
            let (shown, token) = forms[n % 8].clone();
            async move {
                let none = Browser::default();
                let made =
                    registration::create(&world.access, &evergreen, Some(&token), &shown, &none, Lang::En);
                made.await.unwrap()
            }
        }))
        .await;
        // A form that is sent twice by the browser that made it is no mistake.
        let made: std::collections::BTreeSet<_> = outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                CreateOutcome::Created { account_id, .. } => Some(account_id.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(made.len(), 1, "{outcomes:?}");
        assert_eq!(count(second, &evergreen, Event::AccountRegistered).await, 1);
    })
    .await;
}
