//! Taking connections: each has its time-outs, and all may finish what they are doing when the server stops.

use super::network::Peer;
use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use std::{io, net::SocketAddr, pin::pin, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// How long the server waits for a client.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request, and for the next request of a connection.
    pub head: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For what is under way when the server stops.
    pub parting: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            head: Duration::from_secs(20),
            handshake: Duration::from_secs(10),
            parting: Duration::from_secs(20),
        }
    }
}

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 * 1024;

/// How long to wait when the system has no connection to give (too many open files).
const BREATH: Duration = Duration::from_secs(1);

/// Answers connections until `stop` is ready; then takes no more, lets those at hand finish, and returns.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let (tls, router, watcher) = (tls.clone(), router.clone(), graceful.watcher());
                tokio::spawn(connection(stream, address, tls, router, patience, watcher));
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection could be taken");
                sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    if timeout(patience.parting, graceful.shutdown()).await.is_err() {
        tracing::warn!("the server stopped although some requests were not finished");
    }
}

/// Ready when the process is told to stop, by SIGTERM or SIGINT.
///
/// # Errors
/// When the system does not let us listen for signals.
pub fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    patience: Patience,
    watcher: Watcher,
) {
    // Pages are small: nothing is gained by waiting for more of them.
    let _without = stream.set_nodelay(true);
    match tls {
        None => requests(stream, Peer::new(address, false), router, patience, watcher).await,
        Some(tls) => match timeout(patience.handshake, tls.accept(stream)).await {
            Ok(Ok(stream)) => requests(stream, Peer::new(address, true), router, patience, watcher).await,
            Ok(Err(_)) | Err(_) => tracing::debug!("a TLS handshake failed"),
        },
    }
}

async fn requests<S>(stream: S, peer: Peer, router: Router, patience: Patience, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    if watcher.watch(connection).await.is_err() {
        tracing::debug!("a connection broke");
    }
}
