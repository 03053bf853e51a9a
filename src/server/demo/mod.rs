//! The demo: invented people on a database that is thrown away, with a mailbox to read their mail in and a clock to
//! move. It runs on this machine alone, and what it adds to the portal is absent from any other.

mod duration;
mod mailbox;
mod people;

use super::{
    Portal, Shared, assets::Assets, forms::see_other, housekeeping, network::TrustedProxies,
    settings::Settings,
};
use anyhow::{Context as _, bail};
use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use duration::Shift;
use portico_access::{Access, Hasher, ShiftedClock, SystemRandomness, retention::Retention};
use portico_mail::transport::{Recorder, Transport};
use portico_store::{Store, keys::Keys};
use serde::Deserialize;
use std::{net::SocketAddr, sync::Arc};
use tempfile::TempDir;
use url::Url;

/// What the demo has on top of a portal.
#[derive(Clone)]
pub struct Demo {
    /// Every mail that was sent.
    pub mailbox: Recorder,
    /// The clock that everybody in the demo goes by.
    pub clock: Arc<ShiftedClock>,
    /// Where it listens.
    pub address: SocketAddr,
    /// How long what is over is kept.
    pub retention: Retention,
}

impl Demo {
    /// Whether `host` is a name that the demo answers to: this machine's own, with its port or without.
    #[must_use]
    pub fn is_own_name(&self, host: &str) -> bool {
        let port = self.address.port().to_string();
        let name = match host.rsplit_once(':') {
            // The colon of `[::1]` is none before a port.
            Some((name, given)) if !given.ends_with(']') => (given == port).then_some(name),
            _ => Some(host),
        };
        let own = match self.address {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        name.is_some_and(|name| name.eq_ignore_ascii_case("localhost") || name == own)
    }
}

/// Refuses to be a demo where something real could be touched or reached.
///
/// # Errors
/// A sentence that says what to do.
pub fn refuse_anything_real(settings: &Settings) -> anyhow::Result<()> {
    if !settings.listen.ip().is_loopback() {
        bail!("the demo is for this machine alone: let it listen on 127.0.0.1 (`listen`, PORTICO_LISTEN)");
    }
    if settings.database_is_given {
        bail!(
            "the demo throws its data away and touches no real database: remove `database_url` (PORTICO_DATABASE_URL), or \
             leave --demo out"
        );
    }
    Ok(())
}

/// A demo with its people in it, ready to be served. Its database is gone when it is dropped.
pub struct Started {
    /// To be served.
    pub portal: Portal,
    /// The mailbox, and the mail server if one is set.
    pub transport: Transport,
    accounts: Vec<people::Ready>,
    _folder: TempDir,
}

impl Started {
    /// Makes the database, the keys, the organizations and the people of a demo that listens on `address`.
    ///
    /// # Errors
    /// A sentence that says what failed.
    pub async fn new(settings: &Settings, address: SocketAddr) -> anyhow::Result<Self> {
        let folder =
            tempfile::tempdir().context("no folder could be made for the demo's data: check TMPDIR")?;
        let store = Store::open(&format!("sqlite:{}", folder.path().join("demo.db").display())).await?;
        store.migrate().await?;
        let randomness = Arc::new(SystemRandomness);
        let clock = Arc::new(ShiftedClock::default());
        let public_url: Url = format!("http://{address}").parse()?;
        let access = Access {
            store,
            keys: Arc::new(Keys::generate(&*randomness)),
            clock: clock.clone(),
            hasher: Hasher::new(settings.argon2.clone(), &*randomness),
            randomness,
            public_url: public_url.origin().ascii_serialization().into(),
        };
        let accounts = people::move_in(&access).await?;
        let mailbox = Recorder::default();
        let transport = match &settings.mail {
            Some(smtp) => Transport::Both(mailbox.clone(), smtp.clone()),
            None => Transport::Recorder(mailbox.clone()),
        };
        let portal = Portal::new(Shared {
            access,
            public_url,
            default_organization: Some(
                settings.default_organization.clone().unwrap_or_else(|| "evergreen".to_owned()),
            ),
            assets: Assets::embedded(),
            trusted_proxies: TrustedProxies::default(),
            demo: Some(Demo { mailbox, clock, address, retention: settings.retention }),
        });
        Ok(Self { portal, transport, accounts, _folder: folder })
    }

    /// What to try, and as whom: the only place where the demo's passwords are written.
    #[must_use]
    pub fn welcome(&self) -> String {
        let url = self.portal.public_url.origin().ascii_serialization();
        let password = |who: &str| {
            self.accounts
                .iter()
                .find(|ready| ready.identifier == who)
                .map_or("", |ready| ready.password.as_str())
        };
        let helens = password(people::HELEN);
        let accounts: String = self
            .accounts
            .iter()
            .map(|ready| {
                format!(
                    "    {:<10} {:<32} {}\n",
                    ready.organization,
                    ready.identifier,
                    ready.password.as_str()
                )
            })
            .collect();
        format!(
            "
Portico's demo is open. It forgets everything when you stop it (Ctrl-C).

    Members      {url}/o/evergreen/sign-in
    Staff        {url}/o/riverside/sign-in
    Its mail     {url}/dev/mailbox   (with a clock to move)

Three walks to try:

 1  Register. Open {url}/o/evergreen/register and be Rosa Delgado, born 04/12/1986,
    418 Juniper Street, Portland, OR 97205. She goes to Hawthorne Clinic and Salem Bridge
    Clinic, has Evergreen Silver and Evergreen Gold for Healthy Steps and Heart Wise, and
    is covered since January 2022. The code for her arrives in the mailbox.

 2  Reset a password with two emails. Open {url}/o/riverside/reset-password
    and be {dana}. The first email brings a link, and its page a code by the second.

 3  Walk away from the screen. Sign in at {url}/o/evergreen/sign-in as {helen}
    with {helens}, wait until the page warns, or move the clock on by 15 minutes in the mailbox,
    and see what is left on the screen.

People who can sign in, with passwords made up just now:

{accounts}",
            dana = people::DANA,
            helen = people::HELEN,
        )
    }
}

/// The routes that only a demo has.
pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/dev/mailbox", get(mailbox::page))
        .route("/dev/mailbox.json", get(mailbox::json))
        .route("/dev/clock", post(advance))
}

/// How far to move the clock.
#[derive(Deserialize)]
struct Advance {
    #[serde(default)]
    advance: String,
}

/// `POST /dev/clock`. It has no form token, so that tests can use it; another site's page cannot.
async fn advance(State(portal): State<Portal>, headers: HeaderMap, Form(form): Form<Advance>) -> Response {
    let Some(demo) = &portal.demo else { return StatusCode::NOT_FOUND.into_response() };
    let says = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let own_site = says("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let own_origin = says(header::ORIGIN.as_str()).is_none_or(|origin| portal.is_own_origin(origin));
    if !own_site || !own_origin {
        return (StatusCode::FORBIDDEN, "Only the demo's own pages move its clock.\n").into_response();
    }
    let Some(Shift(by)) = Shift::parse(&form.advance) else {
        let says = "Write advance=90d, or another number of d, h, m or s.\n";
        return (StatusCode::UNPROCESSABLE_ENTITY, says).into_response();
    };
    demo.clock.advance(by);
    // What is done every hour is due now as well: the hour is one of the machine's, not of this clock.
    housekeeping::tidy_up(&portal.access, &demo.retention).await;
    if says(header::ACCEPT.as_str()).is_some_and(|accept| accept.contains("text/html")) {
        see_other("/dev/mailbox")
    } else {
        Json(serde_json::json!({ "now": portal.access.now().to_string() })).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_access::{
        accounts::{self, Found},
        activity, organization,
        sessions::EndReason,
    };

    fn demo(address: &str) -> Demo {
        Demo {
            mailbox: Recorder::default(),
            clock: Arc::default(),
            address: address.parse().unwrap(),
            retention: Retention::default(),
        }
    }

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        let four = demo("127.0.0.1:3000");
        for host in ["127.0.0.1:3000", "localhost:3000", "LOCALHOST:3000", "127.0.0.1", "localhost"] {
            assert!(four.is_own_name(host), "{host}");
        }
        for host in [
            "",
            ":3000",
            "evil.example",
            "evil.example:3000",
            "127.0.0.1:3001",
            "localhost.evil.example:3000",
            "127.0.0.1.evil.example",
            "127.0.0.2:3000",
            "[::1]:3000",
            "localhost:3000:3000",
            "localhost:",
            "user@localhost:3000",
            "localhost.",
        ] {
            assert!(!four.is_own_name(host), "{host}");
        }
        let six = demo("[::1]:3000");
        for host in ["[::1]:3000", "[::1]", "localhost:3000"] {
            assert!(six.is_own_name(host), "{host}");
        }
        assert!(!six.is_own_name("127.0.0.1:3000"));
    }

    /// Nobody who tries the demo should wonder what customer service did there.
    #[tokio::test]
    async fn its_people_have_signed_out_themselves() {
        let settings = Settings::load(None, |_| None).unwrap();
        let started = Started::new(&settings, "127.0.0.1:3000".parse().unwrap()).await.unwrap();
        let access = &started.portal.access;
        let evergreen = organization::find(access, "evergreen").await.unwrap().unwrap();
        let Found::One(helen) = accounts::find(access, &evergreen, people::HELEN).await.unwrap() else {
            panic!("the demo begins with her")
        };
        let happened = activity::latest(access, &evergreen, &helen, 30).await.unwrap();
        let ends: Vec<_> = happened.iter().filter_map(|one| one.reason).collect();
        assert_eq!(ends, [EndReason::SignedOut]);
    }

    #[test]
    fn nothing_real_is_touched() {
        let settings = |variable: &'static str, value: &'static str| {
            Settings::load(None, move |name| (name == variable).then(|| value.to_owned())).unwrap()
        };
        assert!(refuse_anything_real(&settings("PORTICO_LISTEN", "127.0.0.1:4000")).is_ok());
        assert!(refuse_anything_real(&settings("PORTICO_LISTEN", "[::1]:4000")).is_ok());
        for (variable, value, says) in [
            ("PORTICO_LISTEN", "0.0.0.0:3000", "PORTICO_LISTEN"),
            ("PORTICO_LISTEN", "[::]:3000", "PORTICO_LISTEN"),
            ("PORTICO_LISTEN", "192.0.2.1:3000", "PORTICO_LISTEN"),
            ("PORTICO_DATABASE_URL", "sqlite:portico.db", "PORTICO_DATABASE_URL"),
        ] {
            let error = refuse_anything_real(&settings(variable, value)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
