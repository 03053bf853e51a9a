//! A small mail server for tests, which behaves as badly as a test asks it to.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test without its mail server cannot go on")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// What the server does with the next mail.
#[derive(Debug, Clone, Copy)]
pub enum Mood {
    /// Says this to RCPT.
    AtRecipient(&'static str),
    /// Says this when it has the whole mail.
    AfterData(&'static str),
    /// Has the whole mail, and never answers.
    Hang,
    /// Has the whole mail, and closes the connection.
    Vanish,
}

/// A mail as it came over the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// The line that named the sender.
    pub from: String,
    /// The lines that named the recipients.
    pub to: Vec<String>,
    /// Headers and body, dots unstuffed.
    pub data: String,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// Over which connection to this server, counted from 1.
    pub connection: usize,
}

impl Received {
    /// The value of a header, in one line.
    ///
    /// # Panics
    /// When it is there twice.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let headers = self.data.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        let prefix = format!("{name}: ");
        let mut values = headers.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is there twice");
        value
    }

    /// The part of this type, decoded.
    ///
    /// # Panics
    /// When the mail has not just two parts, or none of this type.
    #[must_use]
    pub fn part(&self, content_type: &str) -> String {
        let boundary = self.header("Content-Type").unwrap();
        let boundary = boundary.split("boundary=\"").nth(1).unwrap().trim_end_matches('"').to_owned();
        let parts: Vec<_> = self.data.split(&format!("--{boundary}")).collect();
        assert_eq!(parts.len(), 4, "preamble, two parts, end");
        let part = parts.iter().find(|part| part.contains(content_type)).unwrap();
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        let body = body.strip_suffix("\r\n").unwrap();
        if head.contains("quoted-printable") {
            return quoted_printable(body).replace("\r\n", "\n");
        }
        assert!(head.contains("7bit"), "{head}");
        body.replace("\r\n", "\n")
    }
}

fn quoted_printable(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

/// The server, until the test's runtime ends. Clones are the same server.
#[derive(Clone)]
pub struct Server {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    shared: Arc<Mutex<Shared>>,
    arrivals: watch::Sender<usize>,
    tls: Option<TlsAcceptor>,
    implicit: bool,
    auth: Option<&'static str>,
}

#[derive(Default)]
struct Shared {
    moods: VecDeque<Mood>,
    received: Vec<Received>,
    attempts: Vec<Received>,
    commands: Vec<String>,
    connections: usize,
}

impl Server {
    /// Takes everything, in clear.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start() -> Self {
        Self::with(None, false, None).await
    }

    /// Shows its `moods`, one a mail, and takes everything after them.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn moody(moods: impl IntoIterator<Item = Mood>) -> Self {
        let server = Self::start().await;
        server.shared.lock().unwrap().moods.extend(moods);
        server
    }

    /// With TLS (see [`certificate`]), from the first byte or after STARTTLS, and with a log-in: base64 of
    /// `\0user\0password`.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn with(tls: Option<TlsAcceptor>, implicit: bool, auth: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server =
            Self { port, shared: Arc::default(), arrivals: watch::Sender::default(), tls, implicit, auth };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = serving.connected();
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream, connection).await });
            }
        });
        server
    }

    /// For `mail_url`, where it speaks in clear.
    #[must_use]
    pub fn clear_url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// The mails it has taken upon itself.
    ///
    /// # Panics
    /// When the server has.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.lock().unwrap().received.clone()
    }

    /// Waits until `look` finds something among the mails it has taken upon itself.
    ///
    /// # Panics
    /// When the server has.
    pub async fn wait_for<T>(&self, mut look: impl FnMut(&[Received]) -> Option<T>) -> T {
        let mut arrivals = self.arrivals.subscribe();
        loop {
            arrivals.borrow_and_update();
            if let Some(found) = look(&self.shared.lock().unwrap().received) {
                return found;
            }
            arrivals.changed().await.expect("the sender is our own");
        }
    }

    /// Waits for the next mail.
    ///
    /// # Panics
    /// Never: the sender is this server's own.
    pub async fn arrival(&self) {
        self.arrivals.subscribe().changed().await.expect("the sender is our own");
    }

    /// The mails it has seen whole, taken or not.
    ///
    /// # Panics
    /// When the server has.
    #[must_use]
    pub fn attempts(&self) -> Vec<Received> {
        self.shared.lock().unwrap().attempts.clone()
    }

    /// Every command line it has seen.
    ///
    /// # Panics
    /// When the server has.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        self.shared.lock().unwrap().commands.clone()
    }

    /// How many connections there were.
    ///
    /// # Panics
    /// When the server has.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.lock().unwrap().connections
    }

    fn connected(&self) -> usize {
        let mut shared = self.shared.lock().unwrap();
        shared.connections += 1;
        shared.connections
    }

    async fn serve(&self, stream: TcpStream, connection: usize) -> Option<()> {
        let Some(tls) = &self.tls else {
            self.talk(BufReader::new(stream), connection, false, true).await?;
            return Some(());
        };
        if self.implicit {
            let stream = tls.accept(stream).await.ok()?;
            self.talk(BufReader::new(stream), connection, true, true).await?;
            return Some(());
        }
        let stream = self.talk(BufReader::new(stream), connection, false, true).await?.into_inner();
        let stream = tls.accept(stream).await.ok()?;
        self.talk(BufReader::new(stream), connection, true, false).await?;
        Some(())
    }

    /// Talks until the client leaves (`None`) or wants TLS.
    async fn talk<S>(
        &self,
        mut stream: BufReader<S>,
        connection: usize,
        encrypted: bool,
        greet: bool,
    ) -> Option<BufReader<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if greet {
            say(&mut stream, "220 test ESMTP").await?;
        }
        let mut mail = Received::default();
        let mut mood = None;
        loop {
            let line = read_line(&mut stream).await?;
            self.shared.lock().unwrap().commands.push(line.clone());
            let word = line.split([' ', ':']).next()?.to_uppercase();
            match word.as_str() {
                "EHLO" => {
                    let mut lines = vec!["test"];
                    if self.tls.is_some() && !encrypted {
                        lines.push("STARTTLS");
                    }
                    if self.auth.is_some() {
                        lines.push("AUTH PLAIN LOGIN");
                    }
                    lines.push("8BITMIME");
                    let last = lines.len() - 1;
                    for (index, line) in lines.iter().enumerate() {
                        let separator = if index == last { ' ' } else { '-' };
                        say(&mut stream, &format!("250{separator}{line}")).await?;
                    }
                }
                "STARTTLS" => {
                    say(&mut stream, "220 go ahead").await?;
                    return Some(stream);
                }
                "AUTH" => {
                    let right = self.auth.is_some_and(|auth| line == format!("AUTH PLAIN {auth}"));
                    say(&mut stream, if right { "235 welcome" } else { "535 no" }).await?;
                }
                "MAIL" => {
                    mood = self.shared.lock().unwrap().moods.pop_front();
                    mail = Received { from: line, encrypted, connection, ..Received::default() };
                    say(&mut stream, "250 ok").await?;
                }
                "RCPT" => {
                    if let Some(Mood::AtRecipient(answer)) = mood {
                        say(&mut stream, answer).await?;
                    } else {
                        mail.to.push(line);
                        say(&mut stream, "250 ok").await?;
                    }
                }
                "DATA" => {
                    say(&mut stream, "354 go").await?;
                    loop {
                        let line = read_line(&mut stream).await?;
                        if line == "." {
                            break;
                        }
                        mail.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                        mail.data.push_str("\r\n");
                    }
                    self.shared.lock().unwrap().attempts.push(mail.clone());
                    match mood {
                        Some(Mood::AfterData(answer)) => say(&mut stream, answer).await?,
                        Some(Mood::Hang) => std::future::pending().await,
                        Some(Mood::Vanish) => return None,
                        _ => {
                            self.shared.lock().unwrap().received.push(std::mem::take(&mut mail));
                            self.arrivals.send_modify(|taken| *taken += 1);
                            say(&mut stream, "250 taken").await?;
                        }
                    }
                }
                "QUIT" => {
                    say(&mut stream, "221 bye").await?;
                    return None;
                }
                _ => say(&mut stream, "500 what?").await?,
            }
        }
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, line: &str) -> Option<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

async fn read_line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await.ok().filter(|read| *read > 0)?;
    let line = String::from_utf8(line).unwrap();
    Some(line.strip_suffix("\r\n").expect("a bare newline on the wire").to_owned())
}

/// A certificate for these names that nobody vouches for, and the PEM file's text that makes it trusted.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn certificate(names: &[&str]) -> (TlsAcceptor, String) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), cert.pem())
}
