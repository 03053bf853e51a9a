use jiff::SignedDuration;
use portico_access::activity::{latest, signed_in_before};
use portico_access::audit::Event;
use portico_access::sessions::{self, EndReason, LookUp, SignedIn, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World, on_both};
use portico_access::{Token, accounts};

async fn enter(world: &World, password: &str) -> SignIn {
    let browser = Browser { label: "Firefox on Windows".to_owned(), ..Browser::default() };
    sign_in(&world.access, &world.evergreen, "maria.lopez", password.into(), browser).await.unwrap()
}

async fn maria(world: &World) -> (Token, SignedIn) {
    let SignIn::In { token, .. } = enter(world, "walking42").await else { panic!("not signed in") };
    let found = sessions::look_up(&world.access, &world.evergreen, &token, Touch::Activity).await.unwrap();
    let LookUp::SignedIn(signed_in) = found else { panic!("{found:?}") };
    (token, signed_in)
}

#[tokio::test]
async fn people_see_what_happened_to_their_account_and_to_no_other() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let id = world.account(evergreen, Someone::MARIA).await;
        let other = Someone { user_id: "bob", email: "bob@mail.example", ..Someone::MARIA };
        let bob = world.account(evergreen, other).await;
        let (token, _) = maria(&world).await;
        let minute = SignedDuration::from_mins(1);
        world.advance(minute);
        enter(&world, "wrong").await;
        world.advance(minute);
        sessions::end(access, evergreen, &token, EndReason::SignedOut).await.unwrap();
        world.advance(minute);
        accounts::disable(access, evergreen, &bob, "left").await.unwrap();
        let happened = latest(access, evergreen, &id, 30).await.unwrap();
        let told: Vec<_> = happened.iter().map(|one| (one.event, one.reason, one.browser.as_str())).collect();
        assert_eq!(
            told,
            [
                (Event::SessionEnded, Some(EndReason::SignedOut), ""),
                (Event::AccountSignInFailed, None, ""),
                (Event::AccountSignedIn, None, "Firefox on Windows"),
            ]
        );
        assert!(happened.is_sorted_by_key(|one| std::cmp::Reverse(one.at)));
        assert_eq!(latest(access, evergreen, &id, 1).await.unwrap(), happened[..1]);
        assert!(latest(access, &world.riverside, &id, 30).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_time_before_is_that_of_the_sign_in_before_this_session() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        world.account(evergreen, Someone::MARIA).await;
        let (_, first) = maria(&world).await;
        assert_eq!(signed_in_before(access, evergreen, &first).await.unwrap(), None);
        world.advance(SignedDuration::from_mins(5));
        let (_, second) = maria(&world).await;
        assert_eq!(signed_in_before(access, evergreen, &second).await.unwrap(), Some(first.began_at));
        // What comes later changes nothing for the sessions there are.
        assert_eq!(signed_in_before(access, evergreen, &first).await.unwrap(), None);
        assert_eq!(signed_in_before(access, &world.riverside, &second).await.unwrap(), None);
    })
    .await;
}
