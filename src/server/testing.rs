//! The whole portal in process, for tests: a clock that stands still, cheap hashes, a mailbox, no sockets.

use super::{Portal, Shared, assets::Assets, network::TrustedProxies, router};
use axum::Router;
use portico_access::testing::World;
use portico_mail::{
    transport::{Recorded, Recorder, Transport},
    worker::Worker,
};
use portico_store::testing::TestDatabase;

/// A portal at `https://portal.example` with the organizations of a [`World`].
#[derive(Clone)]
pub struct TestPortal {
    /// Behind it: `access`, the clock, and the organizations evergreen (member) and riverside (staff).
    pub world: World,
    /// The server's state.
    pub portal: Portal,
    /// Everything that answers, middleware included. Requests that reach it without a connection count as encrypted.
    pub router: Router,
    /// Where mail arrives, once [`TestPortal::deliver`] was called.
    pub mailbox: Recorder,
}

impl TestPortal {
    /// A portal on a fresh database.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn on(database: &TestDatabase) -> Self {
        Self::with(World::on(database).await, |_| {})
    }

    /// A portal around a world, with something else than the usual state.
    ///
    /// # Panics
    /// When the world's `public_url` is none.
    #[expect(clippy::expect_used, reason = "a test without a portal cannot go on")]
    pub fn with(world: World, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Shared {
            access: world.access.clone(),
            public_url: world.access.public_url.parse().expect("the world's public_url"),
            default_organization: Some("evergreen".to_owned()),
            assets: Assets::embedded(),
            trusted_proxies: TrustedProxies::default(),
            demo: None,
        };
        change(&mut shared);
        let portal = Portal::new(shared);
        Self { world, router: router(portal.clone()), portal, mailbox: Recorder::default() }
    }

    /// Delivers what is due, and gives all mail so far, newest first.
    ///
    /// # Panics
    /// When the database fails.
    #[expect(clippy::expect_used, reason = "a test without its mail cannot go on")]
    pub async fn deliver(&self) -> Vec<Recorded> {
        let access = &self.world.access;
        let worker = Worker::new(
            access.store.clone(),
            (*access.keys).clone(),
            Transport::Recorder(self.mailbox.clone()),
            access.clock.clone(),
            access.randomness.clone(),
        );
        worker.deliver_due().await.expect("deliver mail");
        self.mailbox.mails()
    }
}
