use jiff::SignedDuration;
use portico_access::hasher::Counts;
use portico_access::organization::Organization;
use portico_access::sessions::{self, EndReason, LookUp, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World, on_both};
use portico_access::{Hasher, Parameters, SystemRandomness, Token, accounts};
use portico_rules::{Lang, policy::SignInWith};

async fn attempt(world: &World, organization: &Organization, identifier: &str, password: &str) -> SignIn {
    sign_in(&world.access, organization, identifier, password.into(), Browser::default()).await.unwrap()
}

fn token(outcome: SignIn) -> Token {
    match outcome {
        SignIn::In { token, .. } => token,
        other => panic!("not signed in: {other:?}"),
    }
}

async fn subjects(world: &World) -> Vec<String> {
    world.mails().await.into_iter().map(|mail| mail.subject).collect()
}

/// The mails about a lock.
async fn locks(world: &World) -> Vec<String> {
    let mails = world.mails().await.into_iter().filter(|mail| mail.subject == "Your account was locked");
    mails.map(|mail| mail.text).collect()
}

#[tokio::test]
async fn happy_path() {
    on_both(async |world| {
        let id = world.account(&world.evergreen, Someone::MARIA).await;
        for identifier in ["maria.lopez", " Maria.Lopez "] {
            let outcome = attempt(&world, &world.evergreen, identifier, "walking42").await;
            let token = token(outcome);
            let found =
                sessions::look_up(&world.access, &world.evergreen, &token, Touch::Activity).await.unwrap();
            let LookUp::SignedIn(signed_in) = found else { panic!("{found:?}") };
            assert_eq!(signed_in.account_id, id);
            assert_eq!(signed_in.name, "Maria Lopez");
        }
        let sam = world.account(&world.riverside, Someone::SAM).await;
        let outcome = attempt(&world, &world.riverside, "SAM@riverside.example", "Quiet-River-7").await;
        assert!(matches!(outcome, SignIn::In { account_id, .. } if account_id == sam));
    })
    .await;
}

#[tokio::test]
async fn every_refusal_is_the_same_and_costs_one_hash() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        world.account(evergreen, Someone::MARIA).await;
        world.account(evergreen, Someone { user_id: "invited", password: "", ..Someone::MARIA }).await;
        let locked = world
            .account(evergreen, Someone { user_id: "locked", email: "l@mail.example", ..Someone::MARIA })
            .await;
        for _ in 0..5 {
            attempt(&world, evergreen, "locked", "wrong").await;
        }
        assert!(matches!(
            accounts::show(&world.access, evergreen, &locked).await.unwrap().unwrap().state,
            accounts::State::Locked { .. }
        ));
        for (identifier, password) in [
            ("maria.lopez", "wrong"),
            ("maria.lopez", ""),
            ("maria.lopez", "walking42 "),
            ("nobody", "walking42"),
            ("", ""),
            ("invited", ""),
            ("invited", "walking42"),
            ("locked", "walking42"),
            // The preset signs in with the User ID alone.
            ("maria@mail.example", "walking42"),
        ] {
            let before = world.access.hasher.counts().total();
            let outcome = attempt(&world, evergreen, identifier, password).await;
            assert!(matches!(outcome, SignIn::Refused), "{identifier}: {outcome:?}");
            assert_eq!(world.access.hasher.counts().total() - before, 1, "{identifier}");
        }
        // Nor is an account of one organization any of another.
        assert!(matches!(
            attempt(&world, &world.riverside, "maria@mail.example", "walking42").await,
            SignIn::Refused
        ));
    })
    .await;
}

#[tokio::test]
async fn five_failures_lock_and_the_owner_is_told_once() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        for _ in 0..9 {
            attempt(&world, evergreen, "maria.lopez", "wrong").await;
        }
        assert!(matches!(attempt(&world, evergreen, "maria.lopez", "walking42").await, SignIn::Refused));
        assert_eq!(subjects(&world).await, ["Your account was locked"]);
        accounts::unlock(&world.access, evergreen, &id, "called").await.unwrap();
        token(attempt(&world, evergreen, "maria.lopez", "walking42").await);
        assert_eq!(subjects(&world).await, ["Your account was unlocked", "Your account was locked"]);
    })
    .await;
}

#[tokio::test]
async fn a_right_password_forgets_the_failures() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        world.account(evergreen, Someone::MARIA).await;
        for _ in 0..4 {
            for _ in 0..4 {
                attempt(&world, evergreen, "maria.lopez", "wrong").await;
            }
            token(attempt(&world, evergreen, "maria.lopez", "walking42").await);
        }
        assert!(locks(&world).await.is_empty());
    })
    .await;
}

/// Guesses until the account is locked, and one more.
async fn guess(world: &World, organization: &Organization) {
    for _ in 0..6 {
        attempt(world, organization, "maria.lopez", "wrong").await;
    }
}

#[tokio::test]
async fn a_lock_that_grows_lifts_by_itself_later_each_time() {
    on_both(async |world| {
        let growing = world.change_policy(&world.evergreen, |policy| policy.lockout_minutes = Some(15)).await;
        let id = world.account(&growing, Someone::MARIA).await;
        for minutes in [15, 30, 60, 120, 240, 480, 960, 1440, 1440] {
            guess(&world, &growing).await;
            let until = world.access.now().checked_add(SignedDuration::from_mins(minutes)).unwrap();
            let view = accounts::show(&world.access, &growing, &id).await.unwrap().unwrap();
            assert!(matches!(view.state, accounts::State::Locked { until: Some(at), .. } if at == until));
            world.advance(SignedDuration::from_mins(minutes) - SignedDuration::from_secs(1));
            assert!(matches!(attempt(&world, &growing, "maria.lopez", "walking42").await, SignIn::Refused));
            world.advance(SignedDuration::from_secs(1));
            let view = accounts::show(&world.access, &growing, &id).await.unwrap().unwrap();
            assert_eq!(view.state, accounts::State::Active, "after {minutes} minutes");
        }
        token(attempt(&world, &growing, "maria.lopez", "walking42").await);
        // A right password begins anew.
        guess(&world, &growing).await;
        world.advance(SignedDuration::from_mins(15));
        token(attempt(&world, &growing, "maria.lopez", "walking42").await);
        let locks = locks(&world).await;
        assert!(!locks.is_empty() && locks.iter().all(|text| text.contains("The lock ends by itself at ")));
    })
    .await;
}

/// NIST SP 800-63B-4 3.2.2: before 100 wrong passwords in a row only recovery, or the desk, helps. The 25 that strangers
/// cannot try are for the five browsers that an account may know.
#[tokio::test]
async fn a_lock_that_grows_ends_growing_before_a_hundred_guesses() {
    on_both(async |world| {
        let growing = world.change_policy(&world.evergreen, |policy| policy.lockout_minutes = Some(15)).await;
        let id = world.account(&growing, Someone::MARIA).await;
        let before = world.access.hasher.counts().stored;
        for _ in 0..25 {
            guess(&world, &growing).await;
            world.advance(SignedDuration::from_hours(24));
        }
        assert_eq!(world.access.hasher.counts().stored - before, 75);
        world.advance(SignedDuration::from_hours(24 * 365 * 10));
        assert!(matches!(attempt(&world, &growing, "maria.lopez", "walking42").await, SignIn::Refused));
        accounts::unlock(&world.access, &growing, &id, "called").await.unwrap();
        token(attempt(&world, &growing, "maria.lopez", "walking42").await);
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_is_over_grants_no_more_guesses_than_the_policy() {
    on_both(async |world| {
        let growing = world.change_policy(&world.evergreen, |policy| policy.lockout_minutes = Some(15)).await;
        world.account(&growing, Someone::MARIA).await;
        guess(&world, &growing).await;
        world.advance(SignedDuration::from_mins(15));
        let before = world.access.hasher.counts().stored;
        let guesses = (0..32).map(|_| {
            let (access, growing) = (world.access.clone(), growing.clone());
            tokio::spawn(async move {
                sign_in(&access, &growing, "maria.lopez", "wrong".into(), Browser::default()).await.unwrap()
            })
        });
        for guess in guesses.collect::<Vec<_>>() {
            assert!(matches!(guess.await.unwrap(), SignIn::Refused | SignIn::Busy));
        }
        assert!(world.access.hasher.counts().stored - before <= 5);
    })
    .await;
}

#[tokio::test]
async fn user_id_and_email_share_one_counter() {
    on_both(async |world| {
        let either = world
            .change_policy(&world.evergreen, |policy| policy.sign_in_with = Some(SignInWith::Either))
            .await;
        world.account(&either, Someone::MARIA).await;
        for identifier in
            ["maria.lopez", "MARIA.LOPEZ", "maria@mail.example", "Maria@Mail.Example", " maria.lopez"]
        {
            attempt(&world, &either, identifier, "wrong").await;
        }
        for identifier in ["maria.lopez", "maria@mail.example"] {
            assert!(matches!(attempt(&world, &either, identifier, "walking42").await, SignIn::Refused));
        }
        assert_eq!(subjects(&world).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_email_that_two_accounts_share_signs_nobody_in() {
    on_both(async |world| {
        world.account(&world.riverside, Someone::SAM).await;
        token(attempt(&world, &world.riverside, "sam@riverside.example", "Quiet-River-7").await);
        world.account(&world.riverside, Someone { name: "Sam Two", ..Someone::SAM }).await;
        let outcome = attempt(&world, &world.riverside, "sam@riverside.example", "Quiet-River-7").await;
        assert!(matches!(outcome, SignIn::Refused));
    })
    .await;
}

/// CVE-2024-4629: parallel sign-ins went past the limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_guesses_at_once_at_most_five_are_checked() {
    on_both(async |world| {
        let id = world.account(&world.evergreen, Someone::MARIA).await;
        let before = world.access.hasher.counts();
        let guesses: Vec<_> = (0..200)
            .map(|number| {
                let world = world.clone();
                tokio::spawn(async move {
                    attempt(&world, &world.evergreen, "maria.lopez", &format!("guess{number}")).await
                })
            })
            .collect();
        for guess in guesses {
            assert!(matches!(guess.await.unwrap(), SignIn::Refused));
        }
        let after = world.access.hasher.counts();
        assert_eq!(after.stored - before.stored, 5);
        assert_eq!(after.total() - before.total(), 200);
        assert_eq!(subjects(&world).await, ["Your account was locked"]);
        let view = accounts::show(&world.access, &world.evergreen, &id).await.unwrap().unwrap();
        assert!(matches!(view.state, accounts::State::Locked { since: Some(_), until: None }), "{view:?}");
    })
    .await;
}

#[tokio::test]
async fn hanging_up_saves_no_guess() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        world.account(evergreen, Someone::MARIA).await;
        for _ in 0..5 {
            let mut guess = Box::pin(attempt(&world, evergreen, "maria.lopez", "wrong"));
            // The server is asked once, and then the client is gone.
            tokio::select! {
                biased;
                _ = &mut guess => {}
                () = tokio::task::yield_now() => {}
            }
        }
        // The decisions run on without anyone waiting for them.
        while world.mails().await.is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(matches!(attempt(&world, evergreen, "maria.lopez", "walking42").await, SignIn::Refused));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_locks_nobody_out() {
    on_both(async |mut world| {
        let evergreen = world.evergreen.clone();
        world.account(&evergreen, Someone::MARIA).await;
        // So slow that the crowd is there before the first of it is done, however busy the machine is.
        let slow = Parameters::new(19_456, 20, 1).unwrap();
        world.access.hasher = Hasher::with_pool(slow, &SystemRandomness, 1, 1);
        let crowd: Vec<_> = (0..30)
            .map(|number| {
                let (world, evergreen) = (world.clone(), evergreen.clone());
                let identifier = if number % 3 == 0 { "maria.lopez" } else { "nobody" };
                tokio::spawn(async move { attempt(&world, &evergreen, identifier, "walking42").await })
            })
            .collect();
        let mut busy = 0;
        for one in crowd {
            busy += u32::from(matches!(one.await.unwrap(), SignIn::Busy));
        }
        assert!(busy > 5, "{busy}");
        world.advance(SignedDuration::from_mins(2));
        token(attempt(&world, &evergreen, "maria.lopez", "walking42").await);
    })
    .await;
}

/// A server that is killed between counting the last attempt and locking leaves the lock to the next attempt.
#[tokio::test]
async fn a_lock_that_was_cut_off_is_made_good() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        for _ in 0..5 {
            let mut unit = world.access.store.begin().await.unwrap();
            let now = world.access.now();
            portico_store::accounts::count_attempt(&mut unit, &evergreen.id, &id, 5, now).await.unwrap();
            unit.commit().await.unwrap();
        }
        assert!(matches!(attempt(&world, evergreen, "maria.lopez", "walking42").await, SignIn::Refused));
        assert!(world.mails().await.is_empty());
        world.advance(SignedDuration::from_secs(61));
        assert!(matches!(attempt(&world, evergreen, "maria.lopez", "walking42").await, SignIn::Refused));
        assert_eq!(subjects(&world).await, ["Your account was locked"]);
    })
    .await;
}

#[tokio::test]
async fn only_the_right_password_learns_that_an_account_is_disabled() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        accounts::disable(&world.access, evergreen, &id, "left").await.unwrap();
        assert!(matches!(attempt(&world, evergreen, "maria.lopez", "wrong").await, SignIn::Refused));
        for _ in 0..6 {
            assert!(matches!(attempt(&world, evergreen, "maria.lopez", "walking42").await, SignIn::Disabled));
        }
        accounts::reactivate(&world.access, evergreen, &id, "back").await.unwrap();
        token(attempt(&world, evergreen, "maria.lopez", "walking42").await);
    })
    .await;
}

#[tokio::test]
async fn an_account_expires_90_days_after_its_last_use() {
    on_both(async |world| {
        let riverside = &world.riverside;
        let days = |count: i64| SignedDuration::from_hours(24 * count);
        let sam = "sam@riverside.example";
        let id = world.account(riverside, Someone::SAM).await;
        let activated = world.access.now();
        world.advance(days(90) - SignedDuration::from_micros(1));
        token(attempt(&world, riverside, sam, "Quiet-River-7").await);
        world.advance(days(90));
        assert!(matches!(attempt(&world, riverside, sam, "wrong").await, SignIn::Refused));
        let outcome = attempt(&world, riverside, sam, "Quiet-River-7").await;
        let since = activated.checked_add(days(180) - SignedDuration::from_micros(1)).unwrap();
        assert!(matches!(outcome, SignIn::Expired { since: told } if told == since), "{outcome:?}");
        accounts::reactivate(&world.access, riverside, &id, "asked").await.unwrap();
        world.advance(days(89));
        token(attempt(&world, riverside, sam, "Quiet-River-7").await);
    })
    .await;
}

#[tokio::test]
async fn a_hash_with_less_work_is_made_anew_at_sign_in() {
    on_both(async |mut world| {
        let evergreen = world.evergreen.clone();
        world.account(&evergreen, Someone::MARIA).await;
        world.access.hasher = Hasher::new(Parameters::default(), &SystemRandomness);
        attempt(&world, &evergreen, "maria.lopez", "wrong").await;
        assert_eq!(world.access.hasher.counts(), Counts { stored: 1, nobody: 0, made: 0 });
        token(attempt(&world, &evergreen, "maria.lopez", "walking42").await);
        assert_eq!(world.access.hasher.counts(), Counts { stored: 2, nobody: 0, made: 1 });
        token(attempt(&world, &evergreen, "maria.lopez", "walking42").await);
        assert_eq!(world.access.hasher.counts(), Counts { stored: 3, nobody: 0, made: 1 });
    })
    .await;
}

#[tokio::test]
async fn signing_in_ends_the_old_session_of_the_browser() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        world.account(evergreen, Someone::MARIA).await;
        let old = token(attempt(&world, evergreen, "maria.lopez", "walking42").await);
        let browser = Browser { session: Some(old.clone()), ..Browser::default() };
        let outcome =
            sign_in(&world.access, evergreen, "maria.lopez", "walking42".into(), browser).await.unwrap();
        let new = token(outcome);
        assert_ne!(old.expose(), new.expose());
        let look = async |token: &Token| {
            sessions::look_up(&world.access, evergreen, token, Touch::Activity).await.unwrap()
        };
        assert!(matches!(look(&old).await, LookUp::Ended(EndReason::Replaced)));
        assert!(matches!(look(&new).await, LookUp::SignedIn(_)));
    })
    .await;
}

#[tokio::test]
async fn mails_follow_the_language_that_was_chosen_in_the_browser() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        let language =
            async || accounts::show(&world.access, evergreen, &id).await.unwrap().unwrap().language;
        for (chosen, then) in [(None, "en"), (Some(Lang::Es), "es"), (None, "es"), (Some(Lang::En), "en")] {
            let browser = Browser { language: chosen, ..Browser::default() };
            let outcome = sign_in(&world.access, evergreen, "maria.lopez", "walking42".into(), browser).await;
            let SignIn::In { language: now, .. } = outcome.unwrap() else { panic!() };
            assert_eq!((now.code(), language().await.as_str()), (then, then), "{chosen:?}");
        }
        let browser = Browser { language: Some(Lang::Es), ..Browser::default() };
        sign_in(&world.access, evergreen, "maria.lopez", "wrong".into(), browser).await.unwrap();
        assert_eq!(language().await, "en", "who does not sign in changes nothing");
    })
    .await;
}

#[tokio::test]
async fn keys_can_be_rotated_under_living_accounts() {
    on_both(async |mut world| {
        let evergreen = world.evergreen.clone();
        world.account(&evergreen, Someone::MARIA).await;
        let before = token(attempt(&world, &evergreen, "maria.lopez", "walking42").await);
        world.rotate_keys();
        let found = sessions::look_up(&world.access, &evergreen, &before, Touch::Activity).await.unwrap();
        assert!(matches!(found, LookUp::SignedIn(signed_in) if signed_in.name == "Maria Lopez"));
        token(attempt(&world, &evergreen, "maria.lopez", "walking42").await);
        for _ in 0..5 {
            attempt(&world, &evergreen, "maria.lopez", "wrong").await;
        }
        assert!(matches!(attempt(&world, &evergreen, "maria.lopez", "walking42").await, SignIn::Refused));
        assert_eq!(subjects(&world).await, ["Your account was locked", "New sign-in"]);
    })
    .await;
}

/// ASVS V16.3.1: every outcome is in the audit log, by its own event and no more often than it happened.
#[tokio::test]
async fn each_outcome_leaves_its_rows() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let id = world.account(evergreen, Someone::MARIA).await;
        let since = async |before: &mut i64| {
            let mut unit = access.store.read().await.unwrap();
            let rows = portico_store::audit::list(&mut unit, &evergreen.id, *before, 100).await.unwrap();
            *before = portico_store::audit::head(&mut unit, &evergreen.id).await.unwrap().0;
            rows.into_iter().map(|row| row.event).collect::<Vec<_>>()
        };
        let mut seen = 0;
        since(&mut seen).await;
        attempt(&world, evergreen, "nobody", "walking42").await;
        assert_eq!(since(&mut seen).await, ["account.sign_in_failed"]);
        attempt(&world, evergreen, "maria.lopez", "wrong").await;
        assert_eq!(since(&mut seen).await, ["account.sign_in_failed"]);
        attempt(&world, evergreen, "maria.lopez", "walking42").await;
        assert_eq!(since(&mut seen).await, ["account.signed_in"]);
        accounts::disable(access, evergreen, &id, "a test").await.unwrap();
        since(&mut seen).await;
        attempt(&world, evergreen, "maria.lopez", "walking42").await;
        assert_eq!(since(&mut seen).await, ["account.sign_in_barred"]);
        for _ in 0..4 {
            attempt(&world, evergreen, "maria.lopez", "wrong").await;
        }
        since(&mut seen).await;
        attempt(&world, evergreen, "maria.lopez", "wrong").await;
        let mut fifth = since(&mut seen).await;
        fifth.sort();
        assert_eq!(fifth, ["account.locked", "account.sign_in_failed"]);
        attempt(&world, evergreen, "maria.lopez", "walking42").await;
        assert_eq!(since(&mut seen).await, ["account.sign_in_failed"]);
    })
    .await;
}
