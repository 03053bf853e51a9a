//! The way out: a mail server, or the demo's mailbox.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::address::{Address, Envelope};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartKind, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use serde::Serialize;
use tokio::time::timeout;
use url::Url;
use zeroize::Zeroize;

/// Where mail goes.
#[derive(Debug, Clone)]
pub enum Transport {
    /// To the mail server.
    Smtp(Smtp),
    /// Into memory: the demo and tests.
    Recorder(Recorder),
    /// Both: the demo with a mail server.
    Both(Recorder, Smtp),
}

/// A mail that is ready to go. Its `Debug` tells the id alone.
#[derive(Clone)]
pub struct Outgoing {
    /// The id of the outbox.
    pub id: String,
    /// Without angle brackets; the same on every attempt.
    pub message_id: String,
    /// 1 the first time.
    pub attempt: u32,
    /// `en` or `es`.
    pub language: String,
    /// One address.
    pub to: String,
    /// The organization's name.
    pub from_name: String,
    /// The organization's address for people.
    pub reply_to: String,
    /// One line.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// When the change happened, which is the mail's date on every attempt.
    pub queued_at: Timestamp,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.text.zeroize();
        self.html.zeroize();
    }
}

/// Why a mail was not taken. The text is for the operator; it never holds anything of the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The mail server cannot be used at all now: nothing to do with this mail.
    Unreachable(String),
    /// Not now.
    Later(String),
    /// Not ever.
    Never(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unreachable(reason) | Self::Later(reason) | Self::Never(reason)) = self;
        f.write_str(reason)
    }
}

impl Transport {
    /// Starts handing over mail. The connection is made with the first.
    #[must_use]
    pub fn session(&self) -> Session<'_> {
        Session { transport: self, connection: None }
    }

    /// Whether the mail server can be reached and lets us in; sends nothing. For `portico doctor`.
    ///
    /// # Errors
    /// The [`Failure`] that a mail would have met.
    pub async fn check(&self) -> Result<(), Failure> {
        let mut session = self.session();
        if let Some(smtp) = self.smtp() {
            session.connection = Some(smtp.connect().await?);
        }
        session.close().await;
        Ok(())
    }

    fn smtp(&self) -> Option<&Smtp> {
        match self {
            Self::Smtp(smtp) | Self::Both(_, smtp) => Some(smtp),
            Self::Recorder(_) => None,
        }
    }

    fn recorder(&self) -> Option<&Recorder> {
        match self {
            Self::Recorder(recorder) | Self::Both(recorder, _) => Some(recorder),
            Self::Smtp(_) => None,
        }
    }
}

/// One connection over which several mails go.
pub struct Session<'a> {
    transport: &'a Transport,
    connection: Option<AsyncSmtpConnection>,
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("connected", &self.connection.is_some()).finish_non_exhaustive()
    }
}

impl Session<'_> {
    /// Hands over one mail. `Ok` says that the server has taken it upon itself.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn send(&mut self, mail: &Outgoing) -> Result<(), Failure> {
        if let Some(recorder) = self.transport.recorder() {
            // A mailbox shows a mail once, also while the mail server makes difficulties.
            if mail.attempt == 1 || self.transport.smtp().is_none() {
                recorder.record(mail);
            }
        }
        let Some(smtp) = self.transport.smtp() else {
            return Ok(());
        };
        let (envelope, bytes) = smtp.compose(mail)?;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => smtp.connect().await?,
        };
        match timeout(smtp.patience.send, connection.send(&envelope, &bytes)).await {
            Ok(Ok(_)) => {
                self.connection = Some(connection);
                Ok(())
            }
            // Whatever the failure, the state of the connection is not known: the next mail gets a new one.
            Ok(Err(error)) => Err(of_mail(&error)),
            Err(_) => Err(Failure::Later("the mail server did not answer in time".to_owned())),
        }
    }

    /// Says goodbye, without waiting long for the answer.
    pub async fn close(self) {
        const PARTING: Duration = Duration::from_secs(2);
        if let Some(mut connection) = self.connection {
            // The mails are delivered whether or not the server answers.
            let _answered = timeout(PARTING, connection.quit()).await;
        }
    }
}

/// Why `mail_url` or `mail_from` was refused. Never quotes them: they may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailUrlError {
    /// No URL.
    #[error("`mail_url` is not a URL: write smtp://user:password@host:587 or smtps://user:password@host:465")]
    NotAUrl,
    /// Another scheme.
    #[error("`mail_url` must begin with smtp:// (STARTTLS) or smtps://")]
    Scheme,
    /// No host.
    #[error("`mail_url` names no host")]
    NoHost,
    /// One of user and password without the other, or not text.
    #[error(
        "`mail_url` needs both a user and a password, or neither; write special characters as %40 and the like"
    )]
    Credentials,
    /// Something after the host.
    #[error("`mail_url` has something after the host that means nothing: only ?tls=none and ?ca=FILE do")]
    Extra,
    /// Clear text to another machine.
    #[error("`mail_url` may say tls=none only for this machine (127.0.0.1, ::1 or localhost): remove it")]
    ClearText,
    /// A certificate file that cannot be used.
    #[error("the file that `mail_url` names with ca= cannot be read as certificates in PEM")]
    Ca,
    /// TLS could not be set up for this host.
    #[error("`mail_url` names a host that no certificate can be for")]
    TlsHost,
    /// The sender.
    #[error(
        "`mail_from` must be an email address, such as portal@example.org or Portal <portal@example.org>"
    )]
    From,
}

/// A mail server, with what is needed to use it.
#[derive(Clone)]
pub struct Smtp {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    from: Mailbox,
    patience: Patience,
}

/// How long the mail server may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To be connected, encrypted and logged in.
    pub connect: Duration,
    /// To take one mail.
    pub send: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(20), send: Duration::from_secs(60) }
    }
}

#[derive(Clone)]
enum Tls {
    /// STARTTLS; a server that does not offer it gets no mail.
    Required(TlsParameters),
    /// From the first byte.
    Implicit(TlsParameters),
    /// Loopback only.
    None,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Smtp {
    /// From the settings `mail_url` and `mail_from`:
    ///
    /// - `smtp://user:password@host:587`: STARTTLS required; port 587 when none is given;
    /// - `smtps://user:password@host`: TLS from the first byte; port 465 when none is given;
    /// - `smtp://127.0.0.1:1025?tls=none`: clear text, for loopback only.
    ///
    /// `?ca=FILE` trusts the certificates in a PEM file too, for a mail server of one's own.
    ///
    /// # Errors
    /// [`MailUrlError`], a sentence that says what to do.
    pub fn new(mail_url: &str, mail_from: &str) -> Result<Self, MailUrlError> {
        let url = Url::parse(mail_url).map_err(|_| MailUrlError::NotAUrl)?;
        let implicit = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(MailUrlError::Scheme),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(MailUrlError::NoHost)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(MailUrlError::Extra);
        }
        let (mut clear, mut ca) = (false, None);
        for (name, value) in url.query_pairs() {
            match (name.as_ref(), value.as_ref()) {
                ("tls", "none") if !implicit => clear = true,
                ("ca", file) => ca = Some(read_ca(file)?),
                _ => return Err(MailUrlError::Extra),
            }
        }
        if clear && !is_loopback(&host) {
            return Err(MailUrlError::ClearText);
        }
        let tls = if clear {
            Tls::None
        } else {
            let mut parameters = TlsParameters::builder(host.clone());
            if let Some(certificate) = ca {
                parameters = parameters.add_root_certificate(certificate);
            }
            let parameters = parameters.build().map_err(|_| MailUrlError::TlsHost)?;
            if implicit { Tls::Implicit(parameters) } else { Tls::Required(parameters) }
        };
        Ok(Self {
            port: url.port().unwrap_or(if implicit { 465 } else { 587 }),
            credentials: credentials(&url)?,
            from: mail_from.trim().parse().map_err(|_| MailUrlError::From)?,
            patience: Patience::default(),
            host,
            tls,
        })
    }

    /// The same server, with another patience.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let unreachable = |what: &str, error: &dyn fmt::Display| {
            Failure::Unreachable(format!("{what} {}:{} failed: {error}", self.host, self.port))
        };
        let connecting = async {
            let hello = ClientId::default();
            let implicit = match &self.tls {
                Tls::Implicit(parameters) => Some(parameters.clone()),
                Tls::Required(_) | Tls::None => None,
            };
            let address = (self.host.as_str(), self.port);
            let mut connection = AsyncSmtpConnection::connect_tokio1(address, None, &hello, implicit, None)
                .await
                .map_err(|error| unreachable("connecting to", &error))?;
            if let Tls::Required(parameters) = &self.tls {
                connection
                    .starttls(parameters.clone(), &hello)
                    .await
                    .map_err(|error| unreachable("STARTTLS with", &error))?;
            }
            if let Some(credentials) = &self.credentials {
                connection
                    .auth(DEFAULT_MECHANISMS, credentials)
                    .await
                    .map_err(|error| unreachable("logging in to", &error))?;
            }
            Ok(connection)
        };
        match timeout(self.patience.connect, connecting).await {
            Ok(result) => result,
            Err(_) => Err(unreachable("connecting to", &"it did not answer in time")),
        }
    }

    fn compose(&self, mail: &Outgoing) -> Result<(Envelope, Vec<u8>), Failure> {
        let refused = |_| Failure::Never("the address is not one that mail can be sent to".to_owned());
        let to: Address = mail.to.trim().parse().map_err(refused)?;
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to.clone()])
            .map_err(|_| Failure::Never("the mail has no recipient".to_owned()))?;
        let name = self.from.name.clone().unwrap_or_else(|| mail.from_name.clone());
        let mut builder = lettre::Message::builder()
            .from(Mailbox::new(Some(crate::render::one_line(&name)), self.from.email.clone()))
            .to(Mailbox::new(None, to))
            .subject(crate::render::one_line(&mail.subject))
            .message_id(Some(format!("<{}>", mail.message_id)))
            .date(SystemTime::from(mail.queued_at))
            // RFC 3834: no out-of-office answers, please.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", &mail.language));
        if let Ok(reply_to) = mail.reply_to.trim().parse::<Address>() {
            builder = builder.reply_to(Mailbox::new(None, reply_to));
        }
        // From the id, so that every attempt is the same bytes. No text of ours holds it.
        let boundary = format!("portico-{}", mail.id);
        let parts = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(boundary)
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(mail.text.clone()))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(mail.html.clone()));
        let message = builder
            .multipart(parts)
            .map_err(|_| Failure::Never("the mail could not be put together".to_owned()))?;
        Ok((envelope, message.formatted()))
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// What an answer to one mail means. Only its number is kept: servers quote addresses in the text.
fn of_mail(error: &SmtpError) -> Failure {
    match error.status() {
        Some(code) if error.is_permanent() => Failure::Never(format!("the mail server refused it: {code}")),
        Some(code) => Failure::Later(format!("the mail server put it off: {code}")),
        None if error.is_client() => {
            Failure::Never("the mail server cannot write to such an address".to_owned())
        }
        None => Failure::Later("the connection to the mail server broke".to_owned()),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn read_ca(file: &str) -> Result<Certificate, MailUrlError> {
    let pem = std::fs::read(file).map_err(|_| MailUrlError::Ca)?;
    if !pem.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----") {
        return Err(MailUrlError::Ca);
    }
    Certificate::from_pem(&pem).map_err(|_| MailUrlError::Ca)
}

fn credentials(url: &Url) -> Result<Option<Credentials>, MailUrlError> {
    let decoded = |text: &str| {
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
        decoded.map(std::borrow::Cow::into_owned).map_err(|_| MailUrlError::Credentials)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(MailUrlError::Credentials),
        (user, Some(password)) => Ok(Some(Credentials::new(decoded(user)?, decoded(password)?))),
    }
}

/// Keeps the mails it gets, the newest [`Recorder::KEPT`] of them. Cloning gives another hold of the same mailbox.
#[derive(Clone, Default)]
pub struct Recorder {
    mails: Arc<Mutex<Vec<Recorded>>>,
}

/// A mail as the demo's mailbox shows it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// The Message-ID, without angle brackets.
    pub id: String,
    /// One address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// When the change happened (RFC 3339).
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
}

fn as_text<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    /// How many mails are kept.
    pub const KEPT: usize = 1000;

    /// What came, newest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Recorded> {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().rev().cloned().collect()
    }

    fn record(&self, mail: &Outgoing) {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() == Self::KEPT {
            mails.remove(0);
        }
        mails.push(Recorded {
            id: mail.message_id.clone(),
            to: mail.to.clone(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            at: mail.queued_at,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mail_url: &str) -> Result<Smtp, MailUrlError> {
        Smtp::new(mail_url, "portal@example.org")
    }

    #[test]
    fn mail_urls() {
        let smtp = read("smtp://user:p%40ss@mail.example.org").unwrap();
        assert_eq!((smtp.host.as_str(), smtp.port), ("mail.example.org", 587));
        assert_eq!(smtp.credentials, Some(Credentials::new("user".to_owned(), "p@ss".to_owned())));
        assert!(matches!(smtp.tls, Tls::Required(_)));

        let smtps = read("smtps://mail.example.org").unwrap();
        assert_eq!(smtps.port, 465);
        assert!(matches!(smtps.tls, Tls::Implicit(_)));
        assert_eq!(smtps.credentials, None);

        for clear in [
            "smtp://127.0.0.1:1025?tls=none",
            "smtp://localhost:1025/?tls=none",
            "smtp://LOCALHOST?tls=none",
            "smtp://[::1]:1025?tls=none",
            "smtp://127.8.8.8?tls=none",
        ] {
            assert!(matches!(read(clear).unwrap().tls, Tls::None), "{clear}");
        }
    }

    #[test]
    fn mail_urls_that_are_refused() {
        for (url, error) in [
            ("mail.example.org", MailUrlError::NotAUrl),
            ("", MailUrlError::NotAUrl),
            ("http://mail.example.org", MailUrlError::Scheme),
            ("smtp:", MailUrlError::NoHost),
            ("smtp://mail.example.org?tls=none", MailUrlError::ClearText),
            ("smtp://10.0.0.1?tls=none", MailUrlError::ClearText),
            ("smtp://localhost.evil.example?tls=none", MailUrlError::ClearText),
            ("smtp://127.0.0.1.evil.example?tls=none", MailUrlError::ClearText),
            ("smtp://mail.example.org?tls=opportunistic", MailUrlError::Extra),
            ("smtps://127.0.0.1?tls=none", MailUrlError::Extra),
            ("smtp://mail.example.org/inbox", MailUrlError::Extra),
            ("smtp://mail.example.org?ca=/nowhere.pem", MailUrlError::Ca),
            ("smtp://user@mail.example.org", MailUrlError::Credentials),
            ("smtp://:secret@mail.example.org", MailUrlError::Credentials),
        ] {
            assert_eq!(read(url).unwrap_err(), error, "{url}");
        }
        assert_eq!(Smtp::new("smtp://mail.example.org", "nobody").unwrap_err(), MailUrlError::From);
    }

    #[test]
    fn a_refusal_does_not_quote_the_password() {
        let refused = read("smtp://user:hunter2@mail.example.org?tls=none").unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
        let taken = read("smtp://user:hunter2@mail.example.org").unwrap();
        assert!(!format!("{taken:?}").contains("hunter2"));
    }
}
