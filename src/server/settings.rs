//! The settings: `portico.toml`, each value overridden by its environment variable.
//!
//! Every value is checked when it is read, whatever the command will use of it, and refused in one sentence that says
//! where it stands and what would be right. No sentence quotes a value: some are secrets.

use super::{
    network::TrustedProxies,
    written::{Shape, integer, line},
};
use portico_access::{
    Parameters,
    retention::{DAYS, Retention},
};
use portico_mail::transport::Smtp;
use portico_rules::organization::is_slug;
use std::{
    collections::BTreeMap,
    fmt, fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};
use toml::de::{DeTable, DeValue};
use url::{Host, Url};

/// The settings file that is read when none is named and it is there.
pub const FILE: &str = "portico.toml";

/// Where the server listens by default.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

/// The database by default.
const DATABASE: &str = "sqlite:portico.db";

/// The sender of the demo's mail, where it is really sent and none is named.
const DEMO_SENDER: &str = "Portico demo <portico@demo.example>";

/// A list in the file; in the environment, the same with commas.
const NETWORKS: Shape = Shape::Texts("[\"10.0.0.0/8\"]");

/// Every key with its environment variable: the one list of settings there is.
const KEYS: [(&str, &str, Shape); 21] = [
    ("listen", "PORTICO_LISTEN", Shape::Text),
    ("public_url", "PORTICO_PUBLIC_URL", Shape::Text),
    ("database_url", "PORTICO_DATABASE_URL", Shape::Text),
    ("mail_url", "PORTICO_MAIL_URL", Shape::Text),
    ("mail_from", "PORTICO_MAIL_FROM", Shape::Text),
    ("keys_file", "PORTICO_KEYS_FILE", Shape::Text),
    ("default_organization", "PORTICO_DEFAULT_ORGANIZATION", Shape::Text),
    ("log", "PORTICO_LOG", Shape::Text),
    ("argon2.memory_kib", "PORTICO_ARGON2_MEMORY_KIB", Shape::Integer),
    ("argon2.passes", "PORTICO_ARGON2_PASSES", Shape::Integer),
    ("argon2.lanes", "PORTICO_ARGON2_LANES", Shape::Integer),
    ("trusted_proxies", "PORTICO_TRUSTED_PROXIES", NETWORKS),
    ("tls.certificate", "PORTICO_TLS_CERTIFICATE", Shape::Text),
    ("tls.key", "PORTICO_TLS_KEY", Shape::Text),
    ("retention.sessions_days", "PORTICO_RETENTION_SESSIONS_DAYS", Shape::Integer),
    ("retention.registrations_days", "PORTICO_RETENTION_REGISTRATIONS_DAYS", Shape::Integer),
    ("retention.tries_days", "PORTICO_RETENTION_TRIES_DAYS", Shape::Integer),
    ("retention.recoveries_days", "PORTICO_RETENTION_RECOVERIES_DAYS", Shape::Integer),
    ("retention.mails_days", "PORTICO_RETENTION_MAILS_DAYS", Shape::Integer),
    ("retention.known_browsers_days", "PORTICO_RETENTION_KNOWN_BROWSERS_DAYS", Shape::Integer),
    ("metrics_listen", "PORTICO_METRICS_LISTEN", Shape::Text),
];

/// Why the settings were not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The file could not be read.
    #[error("{file} cannot be read ({why}): name the settings file with --config")]
    Unreadable {
        /// As it was named.
        file: String,
        /// What the system says.
        why: io::ErrorKind,
    },
    /// The file is not TOML.
    #[error("{file}, line {line}: this is not TOML: {why}")]
    NotToml {
        /// As it was named.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        why: String,
    },
    /// A key that is none.
    #[error("{file}, line {line}: `{key}` is not a setting: remove it, or write one of {}", known())]
    Unknown {
        /// As it was named.
        file: String,
        /// Counted from 1.
        line: usize,
        /// With its table.
        key: String,
    },
    /// A value that is refused.
    #[error("{place}: `{key}` {reason}")]
    Bad {
        /// File and line, or the environment variable.
        place: String,
        /// Its name.
        key: &'static str,
        /// What would be right.
        reason: String,
    },
    /// A value that is needed and not given.
    #[error("`{key}` is not set: {reason}, in {FILE} or as {}", variable(key))]
    Missing {
        /// Its name.
        key: &'static str,
        /// What to write.
        reason: &'static str,
    },
}

/// How much the server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What needs a person.
    Error,
    /// What may need one.
    Warn,
    /// Every request and every mail.
    Info,
    /// More, for looking for a fault.
    Debug,
    /// Everything.
    Trace,
}

/// Certificate and key for serving https.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and its chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// The settings of one start. What a command cannot do without is asked for by a method.
pub struct Settings {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Which database.
    pub database_url: String,
    /// Whether somebody chose the database; if not, it is the default one.
    pub database_is_given: bool,
    /// Where `/` leads.
    pub default_organization: Option<String>,
    /// How much the server says; `None` where nobody has decided.
    pub log: Option<LogLevel>,
    /// How much work a password hash is.
    pub argon2: Parameters,
    /// How long what is over is kept.
    pub retention: Retention,
    /// Whose `X-Forwarded-For` counts.
    pub trusted_proxies: TrustedProxies,
    /// Set when the server encrypts by itself.
    pub tls: Option<TlsFiles>,
    /// The mail server, if one is named.
    pub mail: Option<Smtp>,
    mail_from_is_given: bool,
    public_url: Option<Url>,
    keys_file: Option<PathBuf>,
}

impl fmt::Debug for Settings {
    /// Without the database's address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("listen", &self.listen).finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads the settings: from `file`, or from [`FILE`] if there is one, and from the environment.
    ///
    /// # Errors
    /// The first value that is refused.
    pub fn load(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let text = match fs::read_to_string(file.unwrap_or_else(|| Path::new(FILE))) {
            Ok(text) => Some(text),
            Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let file = file.map_or_else(|| FILE.to_owned(), |file| file.display().to_string());
                return Err(SettingsError::Unreadable { file, why: error.kind() });
            }
        };
        let file = file.map_or_else(|| FILE.to_owned(), |file| file.display().to_string());
        Self::read(&file, text.as_deref().unwrap_or_default(), environment)
    }

    fn read(
        file: &str,
        text: &str,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut given = from_file(file, text)?;
        for (key, variable, shape) in KEYS {
            // An empty variable is how a compose file says "not set".
            if let Some(value) = environment(variable).filter(|value| !value.trim().is_empty()) {
                let values = match shape {
                    Shape::Texts(_) => value.split(',').map(|item| item.trim().to_owned()).collect(),
                    _ => vec![value.trim().to_owned()],
                };
                given.insert(key, Given { key, place: variable.to_owned(), values });
            }
        }
        Self::check(&given)
    }

    fn check(given: &BTreeMap<&'static str, Given>) -> Result<Self, SettingsError> {
        let get = |key| given.get(key);
        if let Some(metrics) = get("metrics_listen") {
            return metrics.refuse("is not built yet: remove it");
        }
        let listen = get("listen").map_or(Ok(LISTEN), |listen| {
            listen.parse("must be an address and a port, such as 127.0.0.1:3000 or [::1]:3000")
        })?;
        let public_url = get("public_url").map(public_url).transpose()?;
        let database_url = get("database_url").map(database_url).transpose()?;
        let default_organization = match get("default_organization") {
            Some(slug) if !is_slug(slug.text()) => return slug.refuse("must be the slug of an organization"),
            slug => slug.map(|slug| slug.text().to_owned()),
        };
        let trusted_proxies = match get("trusted_proxies") {
            None => TrustedProxies::default(),
            Some(networks) => TrustedProxies::parse(networks.values.iter().map(String::as_str)).map_or_else(
                || networks.refuse("must name networks such as 10.0.0.0/8, or single addresses"),
                Ok,
            )?,
        };
        Ok(Self {
            listen,
            public_url,
            database_is_given: database_url.is_some(),
            database_url: database_url.unwrap_or_else(|| DATABASE.to_owned()),
            default_organization,
            log: get("log").map(log_level).transpose()?,
            argon2: argon2(given)?,
            retention: retention(given)?,
            trusted_proxies,
            tls: tls(get("tls.certificate"), get("tls.key"))?,
            mail: mail(get("mail_url"), get("mail_from"))?,
            mail_from_is_given: get("mail_from").is_some(),
            keys_file: get("keys_file").map(|path| PathBuf::from(path.text())),
        })
    }

    /// The origin that people reach the portal by.
    ///
    /// # Errors
    /// When it is not set.
    pub fn public_url(&self) -> Result<&Url, SettingsError> {
        let reason = "write the address that people reach the portal by, such as https://portal.example.org";
        self.public_url.as_ref().ok_or(SettingsError::Missing { key: "public_url", reason })
    }

    /// The secret keys.
    ///
    /// # Errors
    /// When they are not set: there is no default key.
    pub fn keys_file(&self) -> Result<&Path, SettingsError> {
        let reason = "make a keys file with `portico keys new --out FILE` and name it";
        self.keys_file.as_deref().ok_or(SettingsError::Missing { key: "keys_file", reason })
    }

    /// The mail server, with a sender of the operator's.
    ///
    /// # Errors
    /// When one of them is not set: a portal without mail lets nobody in who forgot something.
    pub fn mail(&self) -> Result<&Smtp, SettingsError> {
        let reason = "name the mail server, such as smtp://user:password@mail.example.org:587";
        let mail = self.mail.as_ref().ok_or(SettingsError::Missing { key: "mail_url", reason })?;
        let reason = "name the sender of all mail, such as portal@example.org";
        self.mail_from_is_given.then_some(mail).ok_or(SettingsError::Missing { key: "mail_from", reason })
    }
}

/// A value as it was given, and where.
struct Given {
    key: &'static str,
    place: String,
    /// One, unless the key is a list.
    values: Vec<String>,
}

impl Given {
    fn text(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    fn refuse<T>(&self, reason: impl Into<String>) -> Result<T, SettingsError> {
        Err(SettingsError::Bad { place: self.place.clone(), key: self.key, reason: reason.into() })
    }

    fn parse<T: std::str::FromStr>(&self, reason: &str) -> Result<T, SettingsError> {
        self.text().parse().or_else(|_| self.refuse(reason))
    }
}

/// The keys, for a sentence.
fn known() -> String {
    KEYS.map(|(key, ..)| key).join(", ")
}

fn variable(key: &str) -> &'static str {
    KEYS.iter().find(|(name, ..)| *name == key).map_or("", |(_, variable, _)| variable)
}

/// Reads the file into text values by key.
fn from_file(file: &str, text: &str) -> Result<BTreeMap<&'static str, Given>, SettingsError> {
    let line = |at: usize| line(text, at);
    let table = DeTable::parse(text).map_err(|error| SettingsError::NotToml {
        file: file.to_owned(),
        line: line(error.span().map_or(0, |span| span.start)),
        why: error.message().replace('\n', ", "),
    })?;
    let mut given = BTreeMap::new();
    let mut take = |key: String, at: usize, value: &DeValue<'_>| {
        let line = line(at);
        let Some((key, _, shape)) = KEYS.into_iter().find(|(name, ..)| *name == key) else {
            return Err(SettingsError::Unknown { file: file.to_owned(), line, key });
        };
        let mut value_given = Given { key, place: format!("{file}, line {line}"), values: Vec::new() };
        match as_text(value, shape) {
            Ok(values) => value_given.values = values,
            Err(reason) => return value_given.refuse(reason),
        }
        given.insert(key, value_given);
        Ok(())
    };
    for (name, value) in table.get_ref() {
        let in_table = KEYS
            .iter()
            .any(|(key, ..)| key.split_once('.').is_some_and(|(table, _)| table == name.get_ref()));
        match value.get_ref().as_table().filter(|_| in_table) {
            Some(inner) => {
                for (inner_name, value) in inner {
                    let key = format!("{}.{}", name.get_ref(), inner_name.get_ref());
                    take(key, inner_name.span().start, value.get_ref())?;
                }
            }
            None => take(name.get_ref().to_string(), name.span().start, value.get_ref())?,
        }
    }
    Ok(given)
}

/// A value of the file as text, or what its shape should have been.
fn as_text(value: &DeValue<'_>, shape: Shape) -> Result<Vec<String>, String> {
    let text = |value: &DeValue<'_>| match integer(value) {
        Some(number) => number.to_string(),
        None => value.as_str().unwrap_or_default().trim().to_owned(),
    };
    let values: Vec<String> = match value.as_array() {
        Some(items) => items.iter().map(|item| text(item.get_ref())).collect(),
        None => vec![text(value)],
    };
    let is_empty = shape == Shape::Text && values.iter().all(String::is_empty);
    if shape.fits(value) && !is_empty { Ok(values) } else { Err(shape.expected()) }
}

fn public_url(given: &Given) -> Result<Url, SettingsError> {
    let url: Url = given.parse("must be an address such as https://portal.example.org")?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    match (url.scheme(), url.host()) {
        ("http" | "https", Some(_)) if !bare || !anonymous => given
            .refuse("must end after the host and its port: Portico lives at the root of its own host name"),
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_loopback(&host) => Ok(url),
        ("http", Some(_)) => given.refuse("must begin with https://, unless the host is this machine"),
        _ => given.refuse("must begin with https:// and name a host"),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The way to a database on another machine is encrypted and leads to the server that was meant, unless the address
/// itself says otherwise.
fn database_url(given: &Given) -> Result<String, SettingsError> {
    let text = given.text();
    if text.starts_with("sqlite:") {
        return Ok(text.to_owned());
    }
    if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
        return given.refuse("must begin with sqlite: or postgres://");
    }
    let Ok(mut url) = Url::parse(text) else {
        return given.refuse("is not an address: write postgres://user:password@host/database");
    };
    let says = |names: [&str; 2]| url.query_pairs().find(|(key, _)| names.contains(&key.as_ref()));
    let host = says(["host", "hostaddr"]).map(|(_, host)| host.into_owned());
    let host = host.unwrap_or_else(|| url.host_str().unwrap_or_default().to_owned());
    if says(["sslmode", "ssl-mode"]).is_none() && !is_here(&host) {
        url.query_pairs_mut().append_pair("sslmode", "verify-full");
        return Ok(url.into());
    }
    Ok(text.to_owned())
}

/// Whether the host of a database is this machine: by its name, its address, or a socket.
fn is_here(host: &str) -> bool {
    let is_socket = host.is_empty() || host.starts_with('/') || host.to_ascii_lowercase().starts_with("%2f");
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    is_socket || host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn log_level(given: &Given) -> Result<LogLevel, SettingsError> {
    match given.text() {
        "error" => Ok(LogLevel::Error),
        "warn" => Ok(LogLevel::Warn),
        "info" => Ok(LogLevel::Info),
        "debug" => Ok(LogLevel::Debug),
        "trace" => Ok(LogLevel::Trace),
        _ => given.refuse("must be error, warn, info, debug or trace"),
    }
}

fn argon2(given: &BTreeMap<&'static str, Given>) -> Result<Parameters, SettingsError> {
    let number = |key, default: u32| {
        given.get(key).map_or(Ok(default), |given: &Given| given.parse("must be a whole number above 0"))
    };
    let memory_kib = number("argon2.memory_kib", 19_456)?;
    let passes = number("argon2.passes", 2)?;
    let lanes = number("argon2.lanes", 1)?;
    Parameters::new(memory_kib, passes, lanes).map_err(|error| {
        let sentence = error.to_string();
        // The sentence begins with the key that is to blame.
        let (key, reason) = sentence.split_once(' ').unwrap_or(("argon2.memory_kib", "is refused"));
        let key = KEYS.iter().find(|(name, ..)| *name == key).map_or("argon2.memory_kib", |(name, ..)| name);
        let place = given.get(key).map_or_else(|| "the default".to_owned(), |given| given.place.clone());
        SettingsError::Bad { place, key, reason: reason.to_owned() }
    })
}

fn retention(given: &BTreeMap<&'static str, Given>) -> Result<Retention, SettingsError> {
    let days = |key, default: u32| match given.get(key) {
        None => Ok(default),
        Some(given) => given.text().parse().ok().filter(|days| DAYS.contains(days)).map_or_else(
            || given.refuse(format!("must be a number of days from {} to {}", DAYS.start(), DAYS.end())),
            Ok,
        ),
    };
    let default = Retention::default();
    Ok(Retention {
        sessions_days: days("retention.sessions_days", default.sessions_days)?,
        registrations_days: days("retention.registrations_days", default.registrations_days)?,
        tries_days: days("retention.tries_days", default.tries_days)?,
        recoveries_days: days("retention.recoveries_days", default.recoveries_days)?,
        mails_days: days("retention.mails_days", default.mails_days)?,
        known_browsers_days: days("retention.known_browsers_days", default.known_browsers_days)?,
    })
}

fn tls(certificate: Option<&Given>, key: Option<&Given>) -> Result<Option<TlsFiles>, SettingsError> {
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles {
            certificate: PathBuf::from(certificate.text()),
            key: PathBuf::from(key.text()),
        })),
        (Some(certificate), None) => certificate.refuse("needs `tls.key` beside it"),
        (None, Some(key)) => key.refuse("needs `tls.certificate` beside it"),
    }
}

fn mail(url: Option<&Given>, from: Option<&Given>) -> Result<Option<Smtp>, SettingsError> {
    let Some(url) = url else {
        // Checked even so: a mistake is best found before it matters.
        return from.map_or(Ok(None), |from| {
            smtp("smtp://127.0.0.1:25?tls=none", from.text(), from, from).map(|_| None)
        });
    };
    smtp(url.text(), from.map_or(DEMO_SENDER, Given::text), url, from.unwrap_or(url)).map(Some)
}

fn smtp(address: &str, sender: &str, url: &Given, from: &Given) -> Result<Smtp, SettingsError> {
    Smtp::new(address, sender).or_else(|error| {
        let to_blame = if error == portico_mail::transport::MailUrlError::From { from } else { url };
        let sentence = error.to_string();
        let reason = sentence.strip_prefix(&format!("`{}` ", to_blame.key)).unwrap_or(&sentence);
        to_blame.refuse(reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, SettingsError> {
        Settings::read("portico.toml", text, |_| None)
    }

    fn read_with(text: &str, variable: &str, value: &str) -> Result<Settings, SettingsError> {
        Settings::read("portico.toml", text, |name| (name == variable).then(|| value.to_owned()))
    }

    #[test]
    fn nothing_set_is_the_defaults() {
        let settings = read("").unwrap();
        assert_eq!(settings.listen, "127.0.0.1:3000".parse().unwrap());
        assert_eq!(settings.database_url, "sqlite:portico.db");
        assert!(!settings.database_is_given);
        assert_eq!(settings.argon2.name(), "m=19456,t=2,p=1");
        assert_eq!(settings.retention, Retention::default());
        assert!(settings.trusted_proxies.is_empty());
        assert_eq!(settings.tls, None);
        assert_eq!(
            settings.public_url().unwrap_err().to_string(),
            "`public_url` is not set: write the address that people reach the portal by, such as \
             https://portal.example.org, in portico.toml or as PORTICO_PUBLIC_URL"
        );
        assert!(settings.keys_file().is_err());
        assert!(settings.mail().is_err());
    }

    #[test]
    fn a_database_elsewhere_is_reached_encrypted() {
        for (written, taken) in [
            ("postgres://portico@db/portico", "postgres://portico@db/portico?sslmode=verify-full"),
            (
                "postgresql://u:p%40ss@db.example.org:5433/portico?application_name=x",
                "postgresql://u:p%40ss@db.example.org:5433/portico?application_name=x&sslmode=verify-full",
            ),
            ("postgres://u@10.0.0.7/portico", "postgres://u@10.0.0.7/portico?sslmode=verify-full"),
            (
                "postgres://u@127.0.0.1.evil.example/p",
                "postgres://u@127.0.0.1.evil.example/p?sslmode=verify-full",
            ),
            ("postgres:///p?host=db", "postgres:///p?host=db&sslmode=verify-full"),
        ] {
            let settings = read(&format!("database_url = \"{written}\"")).unwrap();
            assert_eq!(settings.database_url, taken);
        }
        for as_it_is in [
            "postgres://portico@localhost/portico",
            "postgres://portico@127.0.0.1:5433/portico",
            "postgres://portico@[::1]/portico",
            "postgres://portico@%2Frun%2Fpostgresql/portico",
            "postgres:///portico?host=/run/postgresql",
            "postgres://portico@db/portico?sslmode=disable",
            "postgres://portico@db/portico?sslmode=require",
            "sqlite:portico.db",
        ] {
            let settings = read(&format!("database_url = \"{as_it_is}\"")).unwrap();
            assert_eq!(settings.database_url, as_it_is);
        }
    }

    #[test]
    fn everything_set() {
        let settings = read(
            r#"
            listen = "[::1]:8443"
            public_url = "https://portal.example.org"
            database_url = "postgres://portico:secret@db/portico"
            mail_url = "smtp://user:secret@mail.example.org"
            mail_from = "Portal <portal@example.org>"
            keys_file = "/etc/portico/keys"
            default_organization = "evergreen"
            log = "debug"
            trusted_proxies = ["10.0.0.0/8", "::1"]
            [argon2]
            memory_kib = 65_536
            passes = 3
            lanes = 2
            [tls]
            certificate = "/etc/portico/tls.pem"
            key = "/etc/portico/tls.key"
            [retention]
            sessions_days = 1
            registrations_days = 2
            tries_days = 5
            recoveries_days = 3
            mails_days = 3_650
            known_browsers_days = 4
            "#,
        )
        .unwrap();
        assert_eq!(settings.listen.port(), 8443);
        assert_eq!(settings.public_url().unwrap().as_str(), "https://portal.example.org/");
        assert!(settings.database_is_given);
        assert_eq!(settings.keys_file().unwrap(), Path::new("/etc/portico/keys"));
        assert_eq!(settings.default_organization.as_deref(), Some("evergreen"));
        assert_eq!(settings.log, Some(LogLevel::Debug));
        assert_eq!(settings.argon2, Parameters::new(65_536, 3, 2).unwrap());
        let retention = Retention {
            sessions_days: 1,
            registrations_days: 2,
            tries_days: 5,
            recoveries_days: 3,
            mails_days: 3_650,
            known_browsers_days: 4,
        };
        assert_eq!(settings.retention, retention);
        assert!(settings.trusted_proxies.contains("10.1.2.3".parse().unwrap()));
        assert_eq!(settings.tls.as_ref().unwrap().key, Path::new("/etc/portico/tls.key"));
        assert!(settings.mail().is_ok());
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn the_environment_overrides() {
        let file = "listen = \"127.0.0.1:4000\"\n[argon2]\npasses = 4";
        assert_eq!(read_with(file, "PORTICO_LISTEN", "127.0.0.1:5000").unwrap().listen.port(), 5000);
        assert_eq!(read_with(file, "PORTICO_LISTEN", "").unwrap().listen.port(), 4000, "empty is not set");
        let settings = read_with(file, "PORTICO_ARGON2_PASSES", "3").unwrap();
        assert_eq!(settings.argon2, Parameters::new(19_456, 3, 1).unwrap());
        let settings = read_with(file, "PORTICO_RETENTION_MAILS_DAYS", "7").unwrap();
        assert_eq!(settings.retention, Retention { mails_days: 7, ..Retention::default() });
        let settings = read_with(file, "PORTICO_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1").unwrap();
        assert!(settings.trusted_proxies.contains("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn bad_values_in_the_file_are_named() {
        #[rustfmt::skip]
        let cases = [
            ("\nlisten = 3000", "portico.toml, line 2: `listen` must be text in quotes"),
            ("listen = \"\"", "portico.toml, line 1: `listen` must be text in quotes"),
            ("listen = \"localhost\"", "portico.toml, line 1: `listen` must be an address and a port, such as 127.0.0.1:3000 or [::1]:3000"),
            ("listn = \"127.0.0.1:3000\"", "portico.toml, line 1: `listn` is not a setting: remove it, or write one of listen, public_url, database_url, mail_url, mail_from, keys_file, default_organization, log, argon2.memory_kib, argon2.passes, argon2.lanes, trusted_proxies, tls.certificate, tls.key, retention.sessions_days, retention.registrations_days, retention.tries_days, retention.recoveries_days, retention.mails_days, retention.known_browsers_days, metrics_listen"),
            ("listen = ", "portico.toml, line 1: this is not TOML: "),
            ("listen = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"", "portico.toml, line 2: this is not TOML: "),
            ("public_url = \"portal.example.org\"", "portico.toml, line 1: `public_url` must be an address such as https://portal.example.org"),
            ("public_url = \"http://portal.example.org\"", "portico.toml, line 1: `public_url` must begin with https://, unless the host is this machine"),
            ("public_url = \"http://127.0.0.1.evil.example\"", "portico.toml, line 1: `public_url` must begin with https://, unless the host is this machine"),
            ("public_url = \"ftp://portal.example.org\"", "portico.toml, line 1: `public_url` must begin with https:// and name a host"),
            ("public_url = \"https://portal.example.org/portal\"", "portico.toml, line 1: `public_url` must end after the host and its port: Portico lives at the root of its own host name"),
            ("public_url = \"https://user:word@portal.example.org\"", "portico.toml, line 1: `public_url` must end after the host and its port: Portico lives at the root of its own host name"),
            ("database_url = \"mysql://db/portico\"", "portico.toml, line 1: `database_url` must begin with sqlite: or postgres://"),
            ("mail_url = \"http://mail\"", "portico.toml, line 1: `mail_url` must begin with smtp:// (STARTTLS) or smtps://"),
            ("mail_url = \"smtp://mail.example.org?tls=none\"", "portico.toml, line 1: `mail_url` may say tls=none only for this machine (127.0.0.1, ::1 or localhost): remove it"),
            ("mail_from = \"nobody\"", "portico.toml, line 1: `mail_from` must be an email address, such as portal@example.org or Portal <portal@example.org>"),
            ("default_organization = \"Evergreen\"", "portico.toml, line 1: `default_organization` must be the slug of an organization"),
            ("log = \"loud\"", "portico.toml, line 1: `log` must be error, warn, info, debug or trace"),
            ("argon2 = 3", "portico.toml, line 1: `argon2` is not a setting"),
            ("[argon2]\nmemory = 1", "portico.toml, line 2: `argon2.memory` is not a setting"),
            ("[argon2]\nmemory_kib = 19455", "portico.toml, line 2: `argon2.memory_kib` must be at least 19456"),
            ("[argon2]\nmemory_kib = \"19456\"", "portico.toml, line 2: `argon2.memory_kib` must be a whole number, without quotes"),
            ("[argon2]\npasses = 1", "portico.toml, line 2: `argon2.passes` must be at least 2"),
            ("[argon2]\npasses = -2", "portico.toml, line 2: `argon2.passes` must be a whole number above 0"),
            ("[argon2]\nlanes = 0", "portico.toml, line 2: `argon2.lanes` must be at least 1"),
            ("[retention]\nsession_days = 9", "portico.toml, line 2: `retention.session_days` is not a setting"),
            ("[retention]\nsessions_days = 0", "portico.toml, line 2: `retention.sessions_days` must be a number of days from 1 to 3650"),
            ("[retention]\nregistrations_days = 3651", "portico.toml, line 2: `retention.registrations_days` must be a number of days from 1 to 3650"),
            ("[retention]\nrecoveries_days = -1", "portico.toml, line 2: `retention.recoveries_days` must be a number of days from 1 to 3650"),
            ("[retention]\nmails_days = \"90\"", "portico.toml, line 2: `retention.mails_days` must be a whole number, without quotes"),
            ("trusted_proxies = \"10.0.0.0/8\"", "portico.toml, line 1: `trusted_proxies` must be a list of texts, such as [\"10.0.0.0/8\"]"),
            ("trusted_proxies = [\"proxy\"]", "portico.toml, line 1: `trusted_proxies` must name networks such as 10.0.0.0/8, or single addresses"),
            ("\n[tls]\ncertificate = \"x\"", "portico.toml, line 3: `tls.certificate` needs `tls.key` beside it"),
            ("tls.key = \"x\"", "portico.toml, line 1: `tls.key` needs `tls.certificate` beside it"),
            ("metrics_listen = \"127.0.0.1:9000\"", "portico.toml, line 1: `metrics_listen` is not built yet: remove it"),
        ];
        for (text, sentence) in cases {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(sentence), "{text}\n{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn bad_values_in_the_environment_are_named() {
        for (variable, value, sentence) in [
            ("PORTICO_LISTEN", "x", "PORTICO_LISTEN: `listen` must be an address and a port"),
            (
                "PORTICO_ARGON2_LANES",
                "one",
                "PORTICO_ARGON2_LANES: `argon2.lanes` must be a whole number above 0",
            ),
            (
                "PORTICO_MAIL_URL",
                "smtp://secret@host",
                "PORTICO_MAIL_URL: `mail_url` needs both a user and a password",
            ),
            (
                "PORTICO_TRUSTED_PROXIES",
                "10.0.0.0/8,,",
                "PORTICO_TRUSTED_PROXIES: `trusted_proxies` must name networks",
            ),
        ] {
            let error = read_with("", variable, value).unwrap_err().to_string();
            assert!(error.starts_with(sentence), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn plain_addresses_are_for_this_machine() {
        for url in [
            "http://127.0.0.1:3000",
            "http://localhost:3000",
            "http://[::1]:3000",
            "https://portal.example.org:8443/",
        ] {
            assert!(read(&format!("public_url = \"{url}\"")).is_ok(), "{url}");
        }
    }

    #[test]
    fn a_mail_server_alone_is_not_enough_to_send() {
        let settings = read("mail_url = \"smtps://mail.example.org\"").unwrap();
        assert!(settings.mail.is_some());
        assert!(settings.mail().unwrap_err().to_string().starts_with("`mail_from` is not set"));
    }

    #[test]
    fn a_named_file_must_be_there() {
        let error = Settings::load(Some(Path::new("/nonexistent/p.toml")), |_| None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "/nonexistent/p.toml cannot be read (entity not found): name the settings file with --config"
        );
    }
}
