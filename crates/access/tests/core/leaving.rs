//! Leaving the portal ends the session, where the policy says so.

use jiff::{SignedDuration, Timestamp};
use portico_access::Token;
use portico_access::organization::Organization;
use portico_access::sessions::{self, EndReason, LEAVING_GRACE, LookUp, Touch};
use portico_access::sign_in::Browser;
use portico_access::testing::{Someone, World, on_both};

const INSTANT: SignedDuration = SignedDuration::from_micros(1);

/// A browser with a session, and its tabs.
struct Tabs<'a> {
    world: &'a World,
    organization: &'a Organization,
    token: Token,
}

impl<'a> Tabs<'a> {
    async fn of(world: &'a World, organization: &'a Organization, someone: Someone<'_>) -> Self {
        let account_id = world.account(organization, someone).await;
        let mut unit = world.access.store.begin().await.unwrap();
        let browser = Browser::default();
        let token =
            sessions::open(&mut unit, &world.access, &organization.id, &account_id, &browser, "").await;
        unit.commit().await.unwrap();
        Self { world, organization, token: token.unwrap() }
    }

    async fn asks(&self, touch: Touch) -> LookUp {
        sessions::look_up(&self.world.access, self.organization, &self.token, touch).await.unwrap()
    }

    /// A page is opened in a tab, as a document.
    async fn open(&self) -> Option<Timestamp> {
        self.world.advance(INSTANT);
        let LookUp::SignedIn(who) = self.asks(Touch::Activity).await else { panic!("the session is over") };
        sessions::open_document(&self.world.access, self.organization, &who).await.unwrap()
    }

    /// A document goes.
    async fn leave(&self, document: Option<Timestamp>) {
        // A request of the portal looks first.
        self.asks(Touch::Leaving).await;
        let opened = document.unwrap();
        sessions::leave(&self.world.access, self.organization, &self.token, opened).await.unwrap();
    }

    async fn live(&self) -> bool {
        // As a page of the past would: it changes nothing.
        matches!(self.asks(Touch::Leaving).await, LookUp::SignedIn(_))
    }
}

/// Runs a test with Maria's browser, on each kind of database.
async fn with_tabs<F: AsyncFn(&World, Tabs<'_>)>(test: F) {
    on_both(async |world| {
        let tabs = Tabs::of(&world, &world.evergreen, Someone::MARIA).await;
        test(&world, tabs).await;
    })
    .await;
}

#[tokio::test]
async fn the_session_ends_twenty_seconds_after_the_last_tab_went() {
    with_tabs(async |world, tabs| {
        let tab = tabs.open().await;
        world.advance(SignedDuration::from_mins(1));
        tabs.leave(tab).await;
        world.advance(LEAVING_GRACE - INSTANT);
        assert!(tabs.live().await);
        world.advance(INSTANT);
        let found = tabs.asks(Touch::Activity).await;
        assert!(matches!(found, LookUp::Ended(EndReason::Left)), "{found:?}");
        let mut unit = world.access.store.read().await.unwrap();
        let rows = portico_store::audit::list(&mut unit, &world.evergreen.id, 0, 100).await.unwrap();
        assert_eq!(rows.last().unwrap().event, "session.ended");
    })
    .await;
}

#[tokio::test]
async fn a_session_that_was_left_is_not_listed_as_living() {
    with_tabs(async |world, tabs| {
        let LookUp::SignedIn(who) = tabs.asks(Touch::Activity).await else { panic!() };
        let tab = tabs.open().await;
        tabs.leave(tab).await;
        world.advance(LEAVING_GRACE);
        let living = sessions::living(&world.access, &world.evergreen, &who.account_id).await.unwrap();
        assert!(living.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_reload_does_not_end_it_in_whatever_order_the_news_arrive() {
    with_tabs(async |world, tabs| {
        let before = tabs.open().await;
        tabs.leave(before).await;
        world.advance(LEAVING_GRACE - INSTANT - INSTANT);
        let reloaded = tabs.open().await;
        world.advance(LEAVING_GRACE);
        assert!(tabs.live().await);
        let again = tabs.open().await;
        tabs.leave(reloaded).await;
        world.advance(LEAVING_GRACE);
        assert!(tabs.live().await, "the news of the page before came late");
        tabs.leave(again).await;
        world.advance(LEAVING_GRACE);
        assert!(!tabs.live().await);
    })
    .await;
}

#[tokio::test]
async fn another_tab_keeps_it_whichever_was_opened_last() {
    with_tabs(async |world, tabs| {
        let (first, second, third) = (tabs.open().await, tabs.open().await, tabs.open().await);
        tabs.leave(first).await;
        world.advance(LEAVING_GRACE);
        assert!(tabs.live().await, "later ones are open");
        // The latest goes, and the one that is left speaks up.
        tabs.leave(third).await;
        tabs.asks(Touch::Polling).await;
        world.advance(LEAVING_GRACE);
        assert!(tabs.live().await);
        tabs.leave(second).await;
        world.advance(LEAVING_GRACE);
        assert!(!tabs.live().await);
    })
    .await;
}

#[tokio::test]
async fn all_tabs_at_once_end_it_in_either_order() {
    for last_first in [false, true] {
        with_tabs(async |world, tabs| {
            let mut both = [tabs.open().await, tabs.open().await];
            if last_first {
                both.reverse();
            }
            for tab in both {
                tabs.leave(tab).await;
            }
            world.advance(LEAVING_GRACE);
            assert!(!tabs.live().await);
        })
        .await;
    }
}

#[tokio::test]
async fn speaking_up_is_no_activity() {
    with_tabs(async |world, tabs| {
        let idle = SignedDuration::from_secs(i64::from(world.evergreen.policy.idle_seconds));
        let tab = tabs.open().await;
        world.advance(idle - SignedDuration::from_secs(1));
        tabs.leave(tab).await;
        let LookUp::SignedIn(who) = tabs.asks(Touch::Polling).await else { panic!() };
        assert_eq!(who.idle_left, SignedDuration::from_secs(1));
        world.advance(SignedDuration::from_secs(1));
        let found = tabs.asks(Touch::Polling).await;
        assert!(matches!(found, LookUp::Ended(EndReason::Idle)), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn it_is_too_late_after_the_grace() {
    with_tabs(async |world, tabs| {
        let tab = tabs.open().await;
        tabs.leave(tab).await;
        world.advance(LEAVING_GRACE);
        for touch in [Touch::Polling, Touch::Activity] {
            let found = tabs.asks(touch).await;
            assert!(matches!(found, LookUp::Ended(EndReason::Left)), "{found:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn where_the_policy_does_not_ask_for_it_leaving_changes_nothing() {
    on_both(async |world| {
        let tabs = Tabs::of(&world, &world.riverside, Someone::SAM).await;
        assert_eq!(tabs.open().await, None);
        tabs.leave(Some(Timestamp::UNIX_EPOCH)).await;
        world.advance(LEAVING_GRACE);
        assert!(tabs.live().await);
    })
    .await;
}
