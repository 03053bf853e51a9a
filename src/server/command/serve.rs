//! `portico serve`: everything is checked before the first connection is taken, and finished before the last is left.

use super::office;
use crate::server::{
    Portal, Shared,
    assets::Assets,
    demo, housekeeping, router,
    serve::{self, Patience},
    settings::Settings,
    tls,
};
use anyhow::Context as _;
use portico_access::{Access, organization, retention::Retention};
use portico_mail::{transport::Transport, worker::Worker};
use std::net::SocketAddr;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_rustls::TlsAcceptor;
use url::Url;

pub(super) async fn run(settings: Settings, demo: bool) -> anyhow::Result<()> {
    let stop = serve::told_to_stop().context("the system does not let us listen for signals")?;
    if demo { run_demo(&settings, stop).await } else { run_portal(&settings, stop).await }
}

async fn run_portal(settings: &Settings, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let public_url = settings.public_url()?.clone();
    let transport = Transport::Smtp(settings.mail()?.clone());
    let tls = settings.tls.as_ref().map(tls::acceptor).transpose()?;
    let access = office::open(settings).await?;
    warn_of_settings(settings, &public_url, &access).await?;
    let listener = listen(settings.listen).await?;
    tracing::info!(listen = %listener.local_addr()?, public_url = %public_url, tls = tls.is_some(), "the portal is open");
    let portal = Portal::new(Shared {
        access,
        public_url,
        default_organization: settings.default_organization.clone(),
        assets: Assets::embedded(),
        trusted_proxies: settings.trusted_proxies.clone(),
        demo: None,
    });
    open(portal, settings.retention, transport, listener, tls, stop).await;
    Ok(())
}

async fn run_demo(settings: &Settings, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    demo::refuse_anything_real(settings)?;
    let listener = listen(settings.listen).await?;
    let demo = demo::Started::new(settings, listener.local_addr()?).await?;
    super::say(demo.welcome());
    open(demo.portal.clone(), settings.retention, demo.transport.clone(), listener, None, stop).await;
    Ok(())
}

/// What works, but not as the operator will have meant it.
async fn warn_of_settings(settings: &Settings, public_url: &Url, access: &Access) -> anyhow::Result<()> {
    if public_url.scheme() == "https" && settings.tls.is_none() && settings.trusted_proxies.is_empty() {
        tracing::warn!(
            "`public_url` is https, but nothing encrypts: every page will be redirected to https; set `tls.certificate` and \
             `tls.key`, or name the proxy that does it in `trusted_proxies`"
        );
    }
    match &settings.default_organization {
        Some(slug) if organization::find(access, slug).await?.is_none() => {
            tracing::warn!("`default_organization` names no organization: the address / will not be found");
        }
        _ => {}
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "{address} cannot be listened on: stop what uses it, or set PORTICO_LISTEN to another address"
        )
    })
}

/// Serves, delivers mail and tidies up until `stop` is ready; then ends all three, in this order: no request finds its
/// database closed.
async fn open(
    portal: Portal,
    retention: Retention,
    transport: Transport,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    stop: impl Future<Output = ()>,
) {
    let access = portal.access.clone();
    let (ending, end) = watch::channel(false);
    let mail = deliver(&access, transport, end.clone());
    let tidy = tokio::spawn(housekeeping::run(access.clone(), retention, ended(end)));
    serve::serve(listener, tls, router(portal), Patience::default(), stop).await;
    tracing::info!("the portal closes");
    // Nobody listens any more only when both have ended already.
    let _both_ended = ending.send(true);
    for task in [mail, tidy] {
        if let Err(error) = task.await {
            tracing::error!(%error, "a task did not end well");
        }
    }
    access.store.close().await;
}

async fn ended(mut end: watch::Receiver<bool>) {
    // An error says that the sender is gone, which is an end too.
    let _either_way = end.wait_for(|ended| *ended).await;
}

/// Delivers mail for as long as the server runs, and begins again if the worker should fail.
fn deliver(access: &Access, transport: Transport, end: watch::Receiver<bool>) -> JoinHandle<()> {
    let worker = Worker::new(
        access.store.clone(),
        (*access.keys).clone(),
        transport,
        access.clock.clone(),
        access.randomness.clone(),
    );
    tokio::spawn(async move {
        while tokio::spawn(worker.clone().run(ended(end.clone()))).await.is_err() {
            tracing::error!("the mail worker failed and begins again");
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    })
}
