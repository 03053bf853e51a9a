//! Registration, many at once.

use portico_access::audit::{Event, Verified, verify};
use portico_access::registration::{self, CodeOutcome, CreateOutcome, SendOutcome};
use portico_access::sessions;
use portico_access::testing::{World, on_both};
use portico_rules::registration::Step;
use tokio::task::JoinSet;

use crate::support::*;

/// What all of them came to, having been set off together.
pub(crate) async fn all<T: Send + 'static>(
    tasks: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut set = JoinSet::new();
    for task in tasks {
        set.spawn(task);
    }
    set.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_wrong_codes_five_are_compared() {
    on_both(async |world: World| {
        let evergreen = world.evergreen.clone();
        list(&world, &evergreen, &ana()).await;
        let (registrant, code) = Registrant::with_code(&world, &evergreen, &ana()).await;
        let outcomes = all((0..64).map(|n| {
            let (world, evergreen, token) = (world.clone(), evergreen.clone(), registrant.token.clone());
            // The right one is the last to come.
            let entered = if n < 63 { another(&code) } else { code.clone() };
            async move {
                registration::prove_code(&world.access, &evergreen, Some(&token), &entered).await.unwrap()
            }
        }))
        .await;
        let proven = outcomes.iter().filter(|outcome| matches!(outcome, CodeOutcome::Next(_))).count();
        let failed = count(&world, &evergreen, Event::RegistrationCodeFailed).await;
        assert_eq!(count(&world, &evergreen, Event::RegistrationEmailProven).await, proven.min(1));
        assert!(if proven == 0 { failed == 5 } else { failed <= 4 }, "{proven} {failed}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_right_codes_one_proves_the_address() {
    on_both(async |world: World| {
        let evergreen = world.evergreen.clone();
        list(&world, &evergreen, &ana()).await;
        let (registrant, code) = Registrant::with_code(&world, &evergreen, &ana()).await;
        let outcomes =
            all((0..64).map(|_| {
                let (world, evergreen, token, code) =
                    (world.clone(), evergreen.clone(), registrant.token.clone(), code.clone());
                async move {
                    registration::prove_code(&world.access, &evergreen, Some(&token), &code).await.unwrap()
                }
            }))
            .await;
        // The same browser sent them all: the form sent twice is no mistake.
        assert!(
            outcomes.iter().all(|outcome| *outcome == CodeOutcome::Next(Step::SignInDetails)),
            "{outcomes:?}"
        );
        assert_eq!(count(&world, &evergreen, Event::RegistrationEmailProven).await, 1);
        assert_eq!(count(&world, &evergreen, Event::RegistrationCodeFailed).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_ask_for_a_code_ten_have_mail_and_it_is_one_code() {
    on_both(async |world: World| {
        let evergreen = world.evergreen.clone();
        list(&world, &evergreen, &ana()).await;
        let registrant = Registrant::matched(&world, &evergreen, &ana()).await;
        let outcomes = all((0..64).map(|_| {
            let (world, evergreen, token) = (world.clone(), evergreen.clone(), registrant.token.clone());
            async move {
                let language = portico_rules::Lang::En;
                registration::send_code(&world.access, &evergreen, Some(&token), "", language).await.unwrap()
            }
        }))
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, SendOutcome::Sent(_))).count(), 10);
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == SendOutcome::TooMany).count(), 54);
        let mut codes: Vec<_> = mails(&world).await.iter().map(Mail::code).collect();
        assert_eq!(codes.len(), 10);
        codes.dedup();
        assert_eq!(codes.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_person_has_one_account_however_many_browsers() {
    on_both(async |world: World| {
        let evergreen = world.evergreen.clone();
        list(&world, &evergreen, &ana()).await;
        let mut registrants = Vec::new();
        for n in 0..8 {
            registrants.push(Registrant::checking(&world, &evergreen, &ana(), &format!("walker{n}")).await);
        }
        let mut shown = Vec::new();
        for registrant in &registrants {
            shown.push(registrant.shown().await);
        }
        let outcomes = all((0..64).map(|n| {
            let (world, evergreen) = (world.clone(), evergreen.clone());
            let (browser, token) = (n % 8, registrants[n % 8].token.clone());
            let shown = shown[n % 8].clone();
            async move {
                let (none, language) = (portico_access::sign_in::Browser::default(), portico_rules::Lang::En);
                let outcome =
                    registration::create(&world.access, &evergreen, Some(&token), &shown, &none, language)
                        .await;
                (browser, outcome.unwrap())
            }
        }))
        .await;
        let mut winners = Vec::new();
        let mut accounts = Vec::new();
        for (browser, outcome) in outcomes {
            match outcome {
                CreateOutcome::Created { account_id, session, .. } => {
                    winners.push(browser);
                    accounts.push((account_id, session.expose().to_owned()));
                }
                CreateOutcome::CannotGoOn | CreateOutcome::Elsewhere(_) => {}
                CreateOutcome::UserIdTaken { .. } => panic!("nobody else has it"),
                CreateOutcome::Changed => panic!("nobody changed anything"),
            }
        }
        assert_eq!(winners.len(), 8, "each form of one browser, and of no other");
        winners.dedup();
        accounts.dedup();
        assert_eq!((winners.len(), accounts.len()), (1, 1));
        assert_eq!(count(&world, &evergreen, Event::AccountRegistered).await, 1);
        let kinds: Vec<_> = mails(&world).await.into_iter().map(|mail| mail.kind).collect();
        assert_eq!(kinds.iter().filter(|kind| *kind == "registered").count(), 1);
        assert_eq!(kinds.iter().filter(|kind| *kind == "tried_to_register").count(), 1);
        assert_eq!(sessions::living(&world.access, &evergreen, &accounts[0].0).await.unwrap().len(), 1);
        assert!(matches!(verify(&world.access, &evergreen.id).await.unwrap(), Verified::Whole { .. }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_user_id_has_one_owner() {
    on_both(async |world: World| {
        let evergreen = world.evergreen.clone();
        let mut registrants = Vec::new();
        for n in 0..16 {
            let person = one_of_many(n);
            list(&world, &evergreen, &person).await;
            let user_id = if n % 2 == 0 { "walker" } else { "Walker" };
            registrants.push(Registrant::checking(&world, &evergreen, &person, user_id).await);
        }
        let outcomes =
            all(registrants.into_iter().map(|registrant| async move { registrant.create().await })).await;
        let created = |outcome: &&CreateOutcome| matches!(outcome, CreateOutcome::Created { .. });
        let taken = |outcome: &&CreateOutcome| matches!(outcome, CreateOutcome::UserIdTaken { .. });
        assert_eq!(outcomes.iter().filter(created).count(), 1);
        assert_eq!(outcomes.iter().filter(taken).count(), 15, "{outcomes:?}");
        assert_eq!(count(&world, &evergreen, Event::AccountRegistered).await, 1);
    })
    .await;
}
