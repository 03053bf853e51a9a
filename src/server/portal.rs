//! What the whole server shares: made once at the start, cheap to clone, nothing in it that another server would need.

use super::{assets::Assets, demo::Demo, network::TrustedProxies};
use portico_access::Access;
use std::sync::Arc;
use url::Url;

/// The server's state.
#[derive(Clone)]
pub struct Portal(Arc<Shared>);

/// What is behind a [`Portal`].
pub struct Shared {
    /// What Portico does.
    pub access: Access,
    /// The only origin that people reach the portal by; links in mail start with it.
    pub public_url: Url,
    /// Where `/` leads.
    pub default_organization: Option<String>,
    /// The built site, from inside the binary.
    pub assets: Assets,
    /// Whose word about a client is taken.
    pub trusted_proxies: TrustedProxies,
    /// What the demo has on top; `None` for anything real.
    pub demo: Option<Demo>,
}

impl Portal {
    /// Wraps what the server shares.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Whether `origin`, as a browser sends it, is the portal's own.
    #[must_use]
    pub fn is_own_origin(&self, origin: &str) -> bool {
        Url::parse(origin).is_ok_and(|origin| origin.origin() == self.public_url.origin())
    }

    /// Whether people reach the portal by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

impl std::ops::Deref for Portal {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
