use jiff::SignedDuration;
use portico_access::change_password::{Change, ChangeOutcome, change};
use portico_access::organization::Organization;
use portico_access::password_reminder::{is_due, put_off};
use portico_access::sessions::{self, LookUp, SignedIn, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World, on_both};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const INSTANT: SignedDuration = SignedDuration::from_micros(1);

async fn enter(world: &World, organization: &Organization, who: &str, password: &str) -> SignedIn {
    let browser = Browser::default();
    let outcome = sign_in(&world.access, organization, who, password.into(), browser).await.unwrap();
    let SignIn::In { token, .. } = outcome else { panic!("not signed in") };
    let found = sessions::look_up(&world.access, organization, &token, Touch::Activity).await.unwrap();
    let LookUp::SignedIn(signed_in) = found else { panic!("{found:?}") };
    signed_in
}

#[tokio::test]
async fn members_are_reminded_every_180_days_until_they_change_it() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        world.account(evergreen, Someone::MARIA).await;
        let bob = Someone { user_id: "bob", email: "bob@mail.example", ..Someone::MARIA };
        world.account(evergreen, bob).await;
        let maria = enter(&world, evergreen, "maria.lopez", "walking42").await;
        let bob = enter(&world, evergreen, "bob", "walking42").await;
        world.advance(DAY * 180 - INSTANT);
        assert!(!is_due(access, evergreen, &maria).await.unwrap());
        world.advance(INSTANT);
        assert!(is_due(access, evergreen, &maria).await.unwrap());
        put_off(access, evergreen, &maria).await.unwrap();
        assert!(!is_due(access, evergreen, &maria).await.unwrap());
        assert!(is_due(access, evergreen, &bob).await.unwrap(), "each puts off their own");
        world.advance(DAY * 180 - INSTANT);
        assert!(!is_due(access, evergreen, &maria).await.unwrap());
        world.advance(INSTANT);
        assert!(is_due(access, evergreen, &maria).await.unwrap());

        let maria = enter(&world, evergreen, "maria.lopez", "walking42").await;
        let form =
            Change { current: "walking42".into(), password: "harbor77".into(), repeated: "harbor77".into() };
        let changed = change(access, evergreen, &maria, form).await.unwrap();
        assert!(matches!(changed, ChangeOutcome::Changed { .. }), "{changed:?}");
        assert!(!is_due(access, evergreen, &maria).await.unwrap());
        world.advance(DAY * 180);
        assert!(is_due(access, evergreen, &maria).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn the_policy_says_when_and_whether() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        world.account(evergreen, Someone::MARIA).await;
        world.account(&world.riverside, Someone::SAM).await;
        let maria = enter(&world, evergreen, "maria.lopez", "walking42").await;
        let sam = enter(&world, &world.riverside, "sam@riverside.example", "Quiet-River-7").await;
        world.advance(DAY * 1000);
        assert!(!is_due(access, &world.riverside, &sam).await.unwrap());
        assert!(is_due(access, evergreen, &maria).await.unwrap());
        for (days, due) in [(1000, true), (1001, false), (0, false)] {
            let change = world.change_policy(evergreen, |policy| policy.password_remind_days = Some(days));
            assert_eq!(is_due(access, &change.await, &maria).await.unwrap(), due, "{days}");
        }
    })
    .await;
}
