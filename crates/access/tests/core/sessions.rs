use jiff::SignedDuration;
use portico_access::Token;
use portico_access::organization::Organization;
use portico_access::sessions::{self, EndReason, LookUp, SignedIn, Touch};
use portico_access::sign_in::Browser;
use portico_access::testing::{Someone, World, on_both};

const INSTANT: SignedDuration = SignedDuration::from_micros(1);

async fn open(world: &World, organization: &Organization, account_id: &str) -> Token {
    let mut unit = world.access.store.begin().await.unwrap();
    let browser = Browser {
        label: "Firefox on Windows".to_owned(),
        network: "203.0.113.*".to_owned(),
        ..Browser::default()
    };
    let token =
        sessions::open(&mut unit, &world.access, &organization.id, account_id, &browser, "").await.unwrap();
    unit.commit().await.unwrap();
    token
}

async fn look(world: &World, organization: &Organization, token: &Token, touch: Touch) -> LookUp {
    sessions::look_up(&world.access, organization, token, touch).await.unwrap()
}

async fn signed_in(world: &World, organization: &Organization, token: &Token, touch: Touch) -> SignedIn {
    match look(world, organization, token, touch).await {
        LookUp::SignedIn(signed_in) => signed_in,
        other => panic!("not signed in: {other:?}"),
    }
}

async fn ended(world: &World, organization: &Organization, token: &Token) -> EndReason {
    match look(world, organization, token, Touch::Activity).await {
        LookUp::Ended(reason) => reason,
        other => panic!("not ended: {other:?}"),
    }
}

#[tokio::test]
async fn idle_time_is_over_at_its_very_end() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        let idle = SignedDuration::from_secs(i64::from(evergreen.policy.idle_seconds));
        let token = open(&world, evergreen, &id).await;
        world.advance(idle - INSTANT);
        let left = signed_in(&world, evergreen, &token, Touch::Activity).await;
        assert_eq!(left.idle_left, idle);
        world.advance(idle);
        assert_eq!(ended(&world, evergreen, &token).await, EndReason::Idle);
        // And it stays so, also when the clock is set back.
        world.advance(-idle);
        assert_eq!(ended(&world, evergreen, &token).await, EndReason::Idle);
    })
    .await;
}

#[tokio::test]
async fn polling_is_no_activity() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        let idle = SignedDuration::from_secs(i64::from(evergreen.policy.idle_seconds));
        let token = open(&world, evergreen, &id).await;
        let half = SignedDuration::from_secs(idle.as_secs() / 2);
        for _ in 0..2 {
            signed_in(&world, evergreen, &token, Touch::Polling).await;
            world.advance(half);
        }
        let reason = look(&world, evergreen, &token, Touch::Polling).await;
        assert!(matches!(reason, LookUp::Ended(EndReason::Idle)), "{reason:?}");
    })
    .await;
}

#[tokio::test]
async fn activity_does_not_stretch_the_whole_session() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        let whole = SignedDuration::from_hours(i64::from(evergreen.policy.session_hours));
        let step = SignedDuration::from_secs(i64::from(evergreen.policy.idle_seconds))
            - SignedDuration::from_secs(1);
        let token = open(&world, evergreen, &id).await;
        let mut passed = SignedDuration::ZERO;
        while passed + step < whole {
            world.advance(step);
            passed += step;
            let left = signed_in(&world, evergreen, &token, Touch::Activity).await;
            assert_eq!(left.absolute_left, whole - passed);
            assert_eq!(left.left(), left.idle_left.min(whole - passed));
        }
        world.advance(whole - passed - INSTANT);
        signed_in(&world, evergreen, &token, Touch::Activity).await;
        world.advance(INSTANT);
        assert_eq!(ended(&world, evergreen, &token).await, EndReason::Absolute);
    })
    .await;
}

#[tokio::test]
async fn a_policy_that_changes_counts_at_once() {
    on_both(async |world| {
        let id = world.account(&world.evergreen, Someone::MARIA).await;
        let token = open(&world, &world.evergreen, &id).await;
        world.advance(SignedDuration::from_secs(60));
        let strict = world.change_policy(&world.evergreen, |policy| {
            policy.idle_seconds = Some(60);
            policy.idle_warning_seconds = Some(20);
        });
        assert_eq!(ended(&world, &strict.await, &token).await, EndReason::Idle);
    })
    .await;
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        let token = open(&world, evergreen, &id).await;
        let other = open(&world, evergreen, &id).await;
        for _ in 0..2 {
            sessions::end(&world.access, evergreen, &token, EndReason::SignedOut).await.unwrap();
        }
        assert_eq!(ended(&world, evergreen, &token).await, EndReason::SignedOut);
        assert!(!EndReason::SignedOut.is_timeout());
        signed_in(&world, evergreen, &other, Touch::Activity).await;
    })
    .await;
}

#[tokio::test]
async fn all_sessions_end_but_the_one_excepted() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        let bob = world
            .account(evergreen, Someone { user_id: "bob", email: "bob@mail.example", ..Someone::MARIA })
            .await;
        let (one, two) = (open(&world, evergreen, &id).await, open(&world, evergreen, &id).await);
        let bobs = open(&world, evergreen, &bob).await;
        let kept = signed_in(&world, evergreen, &one, Touch::Activity).await.session_id;
        assert_eq!(sessions::living(&world.access, evergreen, &id).await.unwrap().len(), 2);
        let mut unit = world.access.store.begin().await.unwrap();
        let reason = EndReason::PasswordSet;
        let count = sessions::end_all(&mut unit, &world.access, &evergreen.id, &id, Some(&kept), reason)
            .await
            .unwrap();
        unit.commit().await.unwrap();
        assert_eq!(count, 1);
        signed_in(&world, evergreen, &one, Touch::Activity).await;
        assert_eq!(ended(&world, evergreen, &two).await, EndReason::PasswordSet);
        signed_in(&world, evergreen, &bobs, Touch::Activity).await;
    })
    .await;
}

#[tokio::test]
async fn a_session_of_one_organization_is_unknown_in_another() {
    on_both(async |world| {
        let id = world.account(&world.evergreen, Someone::MARIA).await;
        let token = open(&world, &world.evergreen, &id).await;
        for touch in [Touch::Activity, Touch::Polling] {
            assert!(matches!(look(&world, &world.riverside, &token, touch).await, LookUp::Unknown));
        }
        sessions::end(&world.access, &world.riverside, &token, EndReason::SignedOut).await.unwrap();
        signed_in(&world, &world.evergreen, &token, Touch::Activity).await;
        let another = Token::new(&portico_access::SystemRandomness);
        assert!(matches!(look(&world, &world.evergreen, &another, Touch::Activity).await, LookUp::Unknown));
    })
    .await;
}

#[tokio::test]
async fn people_see_their_own_sessions_and_end_them() {
    on_both(async |world| {
        let (evergreen, access) = (&world.evergreen, &world.access);
        let id = world.account(evergreen, Someone::MARIA).await;
        let bob = world
            .account(evergreen, Someone { user_id: "bob", email: "bob@mail.example", ..Someone::MARIA })
            .await;
        let sam = world.account(&world.riverside, Someone::SAM).await;
        let first = open(&world, evergreen, &id).await;
        world.advance(SignedDuration::from_secs(60));
        let second = open(&world, evergreen, &id).await;
        let third = open(&world, evergreen, &id).await;
        let who = signed_in(&world, evergreen, &second, Touch::Activity).await;
        let own = sessions::own(access, evergreen, &who).await.unwrap();
        assert_eq!(own.len(), 3);
        assert_eq!(own.iter().filter(|session| session.is_this).count(), 1);
        let oldest = own.last().unwrap();
        assert!(!oldest.is_this && oldest.began_at < who.began_at);
        assert_eq!((oldest.browser.as_str(), oldest.network.as_str()), ("Firefox on Windows", "203.0.113.*"));
        // Nobody else's, not of another organization, not one that is none, and not this very one.
        let bobs = open(&world, evergreen, &bob).await;
        let bobs_id = signed_in(&world, evergreen, &bobs, Touch::Polling).await.session_id;
        let sams = open(&world, &world.riverside, &sam).await;
        let sams_id = signed_in(&world, &world.riverside, &sams, Touch::Polling).await.session_id;
        for not_hers in [&bobs_id, &sams_id, "", "none", &who.session_id] {
            assert!(!sessions::end_own(access, evergreen, &who, not_hers).await.unwrap(), "{not_hers}");
        }
        assert!(!sessions::end_own(access, &world.riverside, &who, &oldest.id).await.unwrap());
        assert!(sessions::end_own(access, evergreen, &who, &oldest.id).await.unwrap());
        assert!(!sessions::end_own(access, evergreen, &who, &oldest.id).await.unwrap(), "once");
        assert_eq!(ended(&world, evergreen, &first).await, EndReason::EndedByOwner);
        assert_eq!(sessions::end_others(access, evergreen, &who).await.unwrap(), 1);
        assert_eq!(sessions::end_others(access, evergreen, &who).await.unwrap(), 0);
        assert_eq!(ended(&world, evergreen, &third).await, EndReason::EndedByOwner);
        for (organization, token) in [(evergreen, &second), (evergreen, &bobs), (&world.riverside, &sams)] {
            signed_in(&world, organization, token, Touch::Polling).await;
        }
        let mut unit = access.store.read().await.unwrap();
        let rows = portico_store::audit::list(&mut unit, &evergreen.id, 0, 100).await.unwrap();
        let events: Vec<_> = rows.iter().map(|row| row.event.as_str()).collect();
        assert_eq!(events, ["organization.applied", "session.ended", "session.all_ended"]);
    })
    .await;
}
