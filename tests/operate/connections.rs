//! Connections: encrypted ones, slow ones, and those that are at work when the server stops.

use axum::{Extension, Router, routing::get};
use portico::server::{
    network::Peer,
    serve::{Patience, serve},
    settings::TlsFiles,
    tls,
};
use std::{fs, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
        version::{TLS12, TLS13},
    },
};

type Started = (SocketAddr, oneshot::Sender<()>, JoinHandle<()>);

async fn start(router: Router, tls: Option<TlsAcceptor>) -> Started {
    start_with(router, tls, Patience::default()).await
}

async fn start_with(router: Router, tls: Option<TlsAcceptor>, patience: Patience) -> Started {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, tls, router, patience, async move { drop(stopped.await) }));
    (address, stop, server)
}

async fn send(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A server that ends a TLS connection may leave out the farewell.
    let _until_it_ends = stream.read_to_string(&mut answer).await;
    answer
}

const ONCE: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

fn who() -> Router {
    Router::new().route("/", get(|Extension(peer): Extension<Peer>| async move { format!("{peer:?}") }))
}

#[tokio::test]
async fn a_request_knows_its_connection() {
    let (address, _stop, _server) = start(who(), None).await;
    let answer = send(TcpStream::connect(address).await.unwrap(), ONCE).await;
    assert!(answer.contains("address: 127.0.0.1") && answer.contains("encrypted: false"), "{answer}");
}

#[tokio::test]
async fn https_with_tls_1_2_and_1_3() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles { certificate: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    fs::write(&files.certificate, made.cert.pem()).unwrap();
    fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let (address, _stop, _server) = start(who(), Some(tls::acceptor(&files).unwrap())).await;

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()).unwrap();
    for (version, name) in [(&TLS13, ProtocolVersion::TLSv1_3), (&TLS12, ProtocolVersion::TLSv1_2)] {
        let stream = connector(version, &roots)
            .connect(ServerName::try_from("localhost").unwrap(), TcpStream::connect(address).await.unwrap());
        let stream = stream.await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(name));
        let answer = send(stream, ONCE).await;
        assert!(answer.contains("encrypted: true"), "{answer}");
    }
    let plain = send(TcpStream::connect(address).await.unwrap(), ONCE).await;
    assert!(!plain.contains("200 OK"), "{plain}");
}

fn connector(version: &'static SupportedProtocolVersion, roots: &RootCertStore) -> TlsConnector {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn what_is_under_way_is_finished() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (has_begun, may_go_on) = (begun.clone(), go_on.clone());
    let slow = move || async move {
        has_begun.notify_one();
        may_go_on.notified().await;
        "finished"
    };
    let (address, stop, server) = start(Router::new().route("/", get(slow)), None).await;
    let idle = TcpStream::connect(address).await.unwrap();
    let at_work = tokio::spawn(async move { send(TcpStream::connect(address).await.unwrap(), ONCE).await });
    begun.notified().await;
    stop.send(()).unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.is_finished(), "it waits for the request");
    go_on.notify_one();
    assert!(at_work.await.unwrap().ends_with("finished"));
    drop(idle);
    server.await.unwrap();
}

#[tokio::test]
async fn a_head_that_does_not_end_ends_the_connection() {
    let patience = Patience { head: Duration::from_millis(50), ..Patience::default() };
    let (address, _stop, _server) = start_with(who(), None, patience).await;
    let answer = send(TcpStream::connect(address).await.unwrap(), "GET / HTTP/1.1\r\nHost: lo").await;
    assert!(!answer.contains("200 OK"), "the server gives up first: {answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let (address, _stop, _server) = start(who(), None).await;
    let large = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: {}\r\n\r\n", "x".repeat(300 * 1024));
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may end the connection before it has read all of it.
    let _until_it_ends = stream.write_all(large.as_bytes()).await;
    let mut answer = Vec::new();
    let _until_it_ends = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    let answer = send(TcpStream::connect(address).await.unwrap(), ONCE).await;
    assert!(answer.contains("200 OK"), "others are answered: {answer}");
}

/// Requests that two servers could part in two ways (ASVS V4.2.1): what cannot be read in one way is refused, and the
/// length that a chunked body claims besides does not count.
#[tokio::test]
async fn no_request_hides_in_another() {
    let (address, _stop, _server) = start(who(), None).await;
    let hidden = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (head, body) in [
        ("Content-Length: 5\r\nContent-Length: 6", "hello"),
        ("Content-Length: +5", "hello"),
        ("Content-Length: 5, 6", "hello"),
        ("Transfer-Encoding: gzip", "hello"),
        ("Transfer-Encoding: chunked, identity", "5\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "zz\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding : chunked", "0\r\n\r\n"),
        (" Folded: header", ""),
        ("No colon", ""),
        ("Bad\0name: x", ""),
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n{body}{hidden}");
        let answer = send(TcpStream::connect(address).await.unwrap(), &request).await;
        assert!(answer.matches("HTTP/1.1").count() <= 1, "{head}: {answer}");
        assert!(!answer.contains("200 OK"), "{head}: {answer}");
    }
}
