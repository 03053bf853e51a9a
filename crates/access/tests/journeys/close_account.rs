//! A member closes the account, and is gone from it.

use portico_access::audit::{Event, Verified, verify};
use portico_access::close_account::{CloseOutcome, close};
use portico_access::current_password::CurrentMistake;
use portico_access::organization::Organization;
use portico_access::registration::CreateOutcome;
use portico_access::sessions::{self, EndReason, LookUp, SignedIn, Touch};
use portico_access::testing::{Someone, World, on_both};
use portico_access::{Token, accounts};
use portico_store::testing::databases;

use crate::support::{
    Listed, Registrant, account, ana, count, list, mail, mails, password, signed_in, signs_in,
};

async fn look(world: &World, organization: &Organization, token: &Token) -> LookUp {
    sessions::look_up(&world.access, organization, token, Touch::Polling).await.unwrap()
}

/// Ana has registered: her account's id, and she is signed in.
async fn registered(world: &World) -> (String, Token, SignedIn) {
    let evergreen = &world.evergreen;
    list(world, evergreen, &ana()).await;
    let registrant = Registrant::checking(world, evergreen, &ana(), "ana.brookfield").await;
    let CreateOutcome::Created { account_id, session, .. } = registrant.create().await else { panic!() };
    mails(world).await;
    let LookUp::SignedIn(signed_in) = look(world, evergreen, &session).await else { panic!("no session") };
    (account_id, session, signed_in)
}

#[tokio::test]
async fn who_closes_the_account_is_gone_and_may_come_again() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let (id, session, signed_in) = registered(&world).await;
        let shut = async |text: &str| close(access, evergreen, &signed_in, password(text)).await.unwrap();
        assert_eq!(shut("").await, CloseOutcome::Again(CurrentMistake::Missing));
        assert_eq!(shut("guess4it").await, CloseOutcome::Again(CurrentMistake::Wrong));
        assert!(matches!(look(&world, evergreen, &session).await, LookUp::SignedIn(_)));
        assert_eq!(shut("walking42").await, CloseOutcome::Closed);
        let told = mail(&world).await;
        assert_eq!(
            (told.subject.as_str(), told.to.as_str()),
            ("Your account was closed", "ana@home.example")
        );
        assert!(told.text.starts_with("Hello ANA,"), "{}", told.text);
        let found = look(&world, evergreen, &session).await;
        assert!(matches!(found, LookUp::Ended(EndReason::Closed)), "{found:?}");
        assert!(!signs_in(&world, evergreen, "ana.brookfield", "walking42").await);
        // The desk does not find it, by whatever it was called.
        for who in ["ana.brookfield", "ana@home.example", "W100001", &id] {
            let found = accounts::find(access, evergreen, who).await.unwrap();
            assert_eq!(found, accounts::Found::Nobody, "{who}");
        }
        assert!(accounts::show(access, evergreen, &id).await.unwrap().is_none());
        for done in [
            accounts::unlock(access, evergreen, &id, "x").await.unwrap(),
            accounts::disable(access, evergreen, &id, "x").await.unwrap(),
            accounts::reactivate(access, evergreen, &id, "x").await.unwrap(),
            accounts::end_sessions(access, evergreen, &id, "x").await.unwrap(),
        ] {
            assert_eq!(done, accounts::Done::NoSuchAccount);
        }
        assert_eq!(shut("walking42").await, CloseOutcome::Again(CurrentMistake::Locked), "nobody's password");
        assert_eq!(count(&world, evergreen, Event::AccountClosed).await, 1);
        assert!(matches!(verify(access, &evergreen.id).await.unwrap(), Verified::Whole { .. }));
        // The roster has them still: another account, of the same person, under the same User ID.
        let again = Registrant::checking(&world, evergreen, &ana(), "ana.brookfield").await;
        let CreateOutcome::Created { account_id, .. } = again.create().await else { panic!() };
        assert_ne!(account_id, id);
        assert!(signs_in(&world, evergreen, "ana.brookfield", "walking42").await);
    })
    .await;
}

/// The mail leads back to a page that would take them: for people listed only under an employer that is its own.
#[tokio::test]
async fn the_mail_links_the_page_where_they_may_register_again() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let employed = Listed { program: "", employer: "acme", ..ana() };
        for (at, listed, page) in [
            (0, ana(), "register"),
            (1, Listed { employer: "acme", ..ana() }, "register"),
            (2, employed, "employers/acme/register"),
        ] {
            let member_id = format!("W-{at}");
            let first_name = ["Ana", "Bea", "Cleo"][at].to_owned();
            let listed = Listed { member_id, first_name, ssn: "", ..listed };
            let person = list(&world, evergreen, &listed).await;
            let user_id = format!("closing.{at}");
            let who = Someone { user_id: &user_id, person_id: Some(&person), ..Someone::MARIA };
            account(&world, evergreen, who).await;
            let (_, signed_in) = signed_in(&world, evergreen, &user_id, "walking42").await;
            let outcome = close(&world.access, evergreen, &signed_in, password("walking42")).await.unwrap();
            assert_eq!(outcome, CloseOutcome::Closed);
            let text = mail(&world).await.text;
            let link = format!("https://portal.example/o/evergreen/{page}");
            assert!(text.lines().any(|line| line.trim() == link), "{link}: {text}");
        }
    })
    .await;
}

#[tokio::test]
async fn staff_are_closed_by_their_organization() {
    on_both(async |world| {
        let riverside = &world.riverside;
        account(&world, riverside, Someone::SAM).await;
        let sam = (Someone::SAM.email, Someone::SAM.password);
        let browser = portico_access::sign_in::Browser::default();
        let entered =
            portico_access::sign_in::sign_in(&world.access, riverside, sam.0, password(sam.1), browser).await;
        let portico_access::sign_in::SignIn::In { token, .. } = entered.unwrap() else { panic!() };
        let LookUp::SignedIn(signed_in) = look(&world, riverside, &token).await else { panic!() };
        let outcome = close(&world.access, riverside, &signed_in, password(sam.1)).await.unwrap();
        assert_eq!(outcome, CloseOutcome::NotOffered);
        assert!(signs_in(&world, riverside, sam.0, sam.1).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_times_at_once_it_closes_once() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let (_, _, signed_in) = registered(&world).await;
        let times: Vec<_> = (0..8)
            .map(|_| {
                let (world, signed_in) = (world.clone(), signed_in.clone());
                tokio::spawn(async move {
                    close(&world.access, &world.evergreen, &signed_in, password("walking42")).await.unwrap()
                })
            })
            .collect();
        let mut closed = 0;
        for one in times {
            closed += usize::from(one.await.unwrap() == CloseOutcome::Closed);
        }
        assert_eq!(closed, 1);
        assert_eq!(mail(&world).await.subject, "Your account was closed");
        assert_eq!(count(&world, evergreen, Event::AccountClosed).await, 1);
    })
    .await;
}

/// What is left of a closed account names nobody: not sealed either.
#[tokio::test]
async fn nothing_of_the_person_is_left_in_the_row() {
    for database in databases().await {
        let world = World::on(&database).await;
        let (id, _, signed_in) = registered(&world).await;
        let outcome =
            close(&world.access, &world.evergreen, &signed_in, password("walking42")).await.unwrap();
        assert_eq!(outcome, CloseOutcome::Closed);
        let left = "SELECT id FROM accounts WHERE closed_at IS NOT NULL AND (person_id IS NOT NULL \
                    OR user_id IS NOT NULL OR user_id_fingerprint IS NOT NULL OR email IS NOT NULL \
                    OR email_fingerprint IS NOT NULL OR password_hash IS NOT NULL)";
        assert_eq!(database.ask(left).await, [] as [String; 0]);
        let left = "SELECT id FROM registrations WHERE person_id IS NOT NULL OR near_id IS NOT NULL \
                    OR account_id IS NOT NULL OR masked IS NOT NULL";
        assert_eq!(database.ask(left).await, [] as [String; 0]);
        for table in ["password_history", "security_answers", "known_browsers"] {
            let left: Vec<_> = database
                .rows()
                .await
                .into_iter()
                .filter(|row| format!("{row:?}").contains(table) && format!("{row:?}").contains(&id))
                .collect();
            assert!(left.is_empty(), "{table}: {left:?}");
        }
    }
}
