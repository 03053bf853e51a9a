use jiff::SignedDuration;
use portico_access::change_password::{Change, ChangeOutcome, change};
use portico_access::current_password::CurrentMistake;
use portico_access::known_browsers::Known;
use portico_access::new_password::PasswordMistake;
use portico_access::organization::Organization;
use portico_access::sessions::{self, EndReason, LookUp, SignedIn, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World, on_both};
use portico_access::{Token, accounts, audit};

async fn enter(world: &World, organization: &Organization, identifier: &str, password: &str) -> SignIn {
    sign_in(&world.access, organization, identifier, password.into(), Browser::default()).await.unwrap()
}

async fn maria(world: &World, password: &str) -> (Token, SignedIn) {
    let SignIn::In { token, .. } = enter(world, &world.evergreen, "maria.lopez", password).await else {
        panic!("not signed in");
    };
    let LookUp::SignedIn(signed_in) = look(world, &token).await else { panic!("no session") };
    (token, signed_in)
}

async fn look(world: &World, token: &Token) -> LookUp {
    sessions::look_up(&world.access, &world.evergreen, token, Touch::Activity).await.unwrap()
}

async fn ask(world: &World, who: &SignedIn, [current, password, repeated]: [&str; 3]) -> ChangeOutcome {
    let form = Change { current: current.into(), password: password.into(), repeated: repeated.into() };
    change(&world.access, &world.evergreen, who, form).await.unwrap()
}

/// `é` as one code point or as two: another keyboard is no other password.
#[tokio::test]
async fn one_text_is_one_password_on_every_keyboard() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        world.account(evergreen, Someone::MARIA).await;
        let (_, who) = maria(&world, "walking42").await;
        let (composed, decomposed) = ("caf\u{e9}1234", "cafe\u{301}1234");
        // Twelve characters, of which each is two code points here.
        let most = "e\u{301}".repeat(11) + "1";
        let outcome = ask(&world, &who, ["walking42", &most, &("\u{e9}".repeat(11) + "1")]).await;
        assert!(matches!(outcome, ChangeOutcome::Changed { .. }), "{outcome:?}");
        let (_, who) = maria(&world, &most).await;
        let outcome = ask(&world, &who, [&most, decomposed, composed]).await;
        assert!(matches!(outcome, ChangeOutcome::Changed { .. }), "{outcome:?}");
        for typed in [composed, decomposed] {
            maria(&world, typed).await;
        }
        let entered = enter(&world, evergreen, "maria.lopez", "cafe1234").await;
        assert!(matches!(entered, SignIn::Refused), "nothing is folded");
        // The rules see it composed as well.
        let (_, who) = maria(&world, decomposed).await;
        let (_, new, _) = refused(&world, &who, [composed, decomposed, composed]).await;
        assert_eq!(new, Some(PasswordMistake::UsedBefore));
    })
    .await;
}

/// What is wrong, and what it cost.
async fn refused(
    world: &World,
    who: &SignedIn,
    form: [&str; 3],
) -> (Option<CurrentMistake>, Option<PasswordMistake>, u64) {
    let before = world.access.hasher.counts().total();
    match ask(world, who, form).await {
        ChangeOutcome::Again { current, new } => {
            (current, new, world.access.hasher.counts().total() - before)
        }
        other => panic!("{other:?}"),
    }
}

/// Of the mails so far, without those about a browser that signs in for the first time.
async fn subjects(world: &World) -> Vec<String> {
    let mails = world.mails().await.into_iter().map(|mail| mail.subject);
    mails.filter(|subject| subject != "New sign-in").collect()
}

#[tokio::test]
async fn happy_path() {
    on_both(async |world| {
        world.account(&world.evergreen, Someone::MARIA).await;
        let (elsewhere, _) = maria(&world, "walking42").await;
        let (old, who) = maria(&world, "walking42").await;
        let ChangeOutcome::Changed { token } = ask(&world, &who, ["walking42", "harbor77", "harbor77"]).await
        else {
            panic!("not changed");
        };
        // The same session under another token, as old as it was; every other one is over.
        let LookUp::SignedIn(now) = look(&world, &token).await else { panic!("no session") };
        assert_eq!((now.session_id, now.began_at), (who.session_id, who.began_at));
        assert!(matches!(look(&world, &old).await, LookUp::Unknown));
        assert!(matches!(look(&world, &elsewhere).await, LookUp::Ended(EndReason::PasswordSet)));
        assert_eq!(subjects(&world).await, ["Your password was changed"]);
        let evergreen = &world.evergreen;
        assert!(matches!(enter(&world, evergreen, "maria.lopez", "walking42").await, SignIn::Refused));
        maria(&world, "harbor77").await;
        assert!(matches!(
            audit::verify(&world.access, &evergreen.id).await.unwrap(),
            audit::Verified::Whole { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn what_the_new_password_breaks_is_said_before_anything_is_hashed() {
    on_both(async |world| {
        world.account(&world.evergreen, Someone::MARIA).await;
        let (_, who) = maria(&world, "walking42").await;
        for _ in 0..6 {
            let (current, new, hashes) = refused(&world, &who, ["guess4it", "short", "short"]).await;
            assert_eq!((current, hashes), (None, 0));
            assert!(matches!(new, Some(PasswordMistake::Breaks(_))), "{new:?}");
        }
        let both = refused(&world, &who, ["", "", ""]).await;
        assert_eq!(both, (Some(CurrentMistake::Missing), Some(PasswordMistake::Missing), 0));
        let apart = refused(&world, &who, ["walking42", "harbor77", "harbor78"]).await;
        assert_eq!(apart, (None, Some(PasswordMistake::DoNotMatch), 0));
        let nameless = refused(&world, &who, ["", "harbor77", "harbor77"]).await;
        assert_eq!(nameless, (Some(CurrentMistake::Missing), None, 0));
        let (_, new, _) = refused(&world, &who, ["walking42", "mar1al0pez", "mar1al0pez"]).await;
        assert!(matches!(new, Some(PasswordMistake::Breaks(_))), "{new:?}");
        // None of it counted.
        for _ in 0..4 {
            refused(&world, &who, ["guess4it", "harbor77", "harbor77"]).await;
        }
        assert!(world.mails().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn five_wrong_ones_lock_whether_here_or_at_sign_in() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        let (token, who) = maria(&world, "walking42").await;
        let guess = ["guess4it", "harbor77", "harbor77"];
        let known = Known::default().with(who.known_browser.as_deref().unwrap());
        let enter = async |password: &str| {
            let browser = Browser { known: known.clone(), ..Browser::default() };
            sign_in(&world.access, evergreen, "maria.lopez", password.into(), browser).await.unwrap()
        };
        enter("wrong").await;
        for _ in 0..3 {
            assert_eq!(refused(&world, &who, guess).await, (Some(CurrentMistake::Wrong), None, 1));
        }
        assert!(world.mails().await.is_empty());
        assert_eq!(refused(&world, &who, guess).await, (Some(CurrentMistake::Locked), None, 1));
        // From now on the right one is not even compared, at the same cost.
        let right = ["walking42", "harbor77", "harbor77"];
        assert_eq!(refused(&world, &who, right).await, (Some(CurrentMistake::Locked), None, 1));
        assert!(matches!(enter("walking42").await, SignIn::Refused));
        assert_eq!(subjects(&world).await, ["Your account was locked"]);
        // A lock ends no session.
        assert!(matches!(look(&world, &token).await, LookUp::SignedIn(_)));
        accounts::unlock(&world.access, evergreen, &id, "called").await.unwrap();
        assert!(matches!(ask(&world, &who, right).await, ChangeOutcome::Changed { .. }));
    })
    .await;
}

#[tokio::test]
async fn the_right_one_forgets_the_failures_even_when_the_new_one_was_used_before() {
    on_both(async |world| {
        world.account(&world.evergreen, Someone::MARIA).await;
        let (_, who) = maria(&world, "walking42").await;
        for _ in 0..3 {
            for _ in 0..4 {
                refused(&world, &who, ["guess4it", "harbor77", "harbor77"]).await;
            }
            let (current, new, _) = refused(&world, &who, ["walking42", "walking42", "walking42"]).await;
            assert_eq!((current, new), (None, Some(PasswordMistake::UsedBefore)));
        }
        assert!(world.mails().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_guesses_at_once_five_are_checked() {
    on_both(async |world| {
        world.account(&world.evergreen, Someone::MARIA).await;
        let (_, who) = maria(&world, "walking42").await;
        let before = world.access.hasher.counts();
        let guesses: Vec<_> = (0..40)
            .map(|number| {
                let (world, who) = (world.clone(), who.clone());
                tokio::spawn(async move {
                    let guess = format!("guess4it{number}");
                    refused(&world, &who, [&guess, "harbor77", "harbor77"]).await.0
                })
            })
            .collect();
        for guess in guesses {
            assert!(guess.await.unwrap().is_some());
        }
        let after = world.access.hasher.counts();
        assert_eq!((after.stored - before.stored, after.total() - before.total()), (5, 40));
        assert_eq!(subjects(&world).await, ["Your account was locked"]);
    })
    .await;
}

/// Of two changes with the same current password one counts: the other's was no longer the current one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_current_password_changes_once() {
    on_both(async |world| {
        world.account(&world.evergreen, Someone::MARIA).await;
        let mut at = Vec::new();
        for password in ["harbor77", "meadow88", "orchard99"] {
            at.push((password, maria(&world, "walking42").await.1));
        }
        let asked: Vec<_> = at
            .into_iter()
            .map(|(password, who)| {
                let world = world.clone();
                tokio::spawn(async move { ask(&world, &who, ["walking42", password, password]).await })
            })
            .collect();
        let mut changed = 0;
        for one in asked {
            changed += u32::from(matches!(one.await.unwrap(), ChangeOutcome::Changed { .. }));
        }
        assert_eq!(changed, 1);
        assert_eq!(subjects(&world).await, ["Your password was changed"]);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_over_changes_nothing() {
    on_both(async |world| {
        world.account(&world.evergreen, Someone::MARIA).await;
        let (token, who) = maria(&world, "walking42").await;
        sessions::end(&world.access, &world.evergreen, &token, EndReason::SignedOut).await.unwrap();
        world.advance(SignedDuration::from_secs(1));
        let outcome = ask(&world, &who, ["walking42", "harbor77", "harbor77"]).await;
        assert!(matches!(outcome, ChangeOutcome::SessionOver), "{outcome:?}");
        assert!(world.mails().await.is_empty());
        maria(&world, "walking42").await;
    })
    .await;
}
