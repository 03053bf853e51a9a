//! `portico doctor`: looks at everything the server needs, and says what to do.

use super::{office, say, say_json};
use crate::server::{
    keys_file,
    settings::{Settings, SettingsError},
    tls,
};
use jiff::{SignedDuration, Timestamp};
use portico_access::{Clock as _, SystemClock};
use portico_mail::transport::Transport;
use portico_store::{
    Store, StoreError, audit,
    keys::Keys,
    organizations,
    outbox::{self, Backlog, DeadLetter},
};
use serde::Serialize;
use std::process::ExitCode;

/// Mail that waits longer than this is not leaving.
const STUCK: SignedDuration = SignedDuration::from_mins(5);

/// How far back dead letters are counted.
const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How many dead letters are named.
const NAMED: u32 = 5;

/// A clock behind the newest event by more than this was put back.
const JITTER: SignedDuration = SignedDuration::from_mins(1);

/// Before this the software did not exist: a machine whose clock says so has lost it.
const EARLIEST: i64 = 1_767_225_600; // 2026-01-01T00:00:00Z

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// As it should be.
    Ok,
    /// It works, and could be better.
    Note,
    /// It needs a person.
    Problem,
}

/// What was found about one thing.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    about: &'static str,
    standing: Standing,
    says: String,
}

/// All findings, in the order in which things were looked at.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, about: &'static str, says: impl Into<String>) {
        self.0.push(Finding { about, standing: Standing::Ok, says: says.into() });
    }

    fn note(&mut self, about: &'static str, says: impl Into<String>) {
        self.0.push(Finding { about, standing: Standing::Note, says: says.into() });
    }

    fn problem(&mut self, about: &'static str, says: impl ToString) {
        self.0.push(Finding { about, standing: Standing::Problem, says: says.to_string() });
    }

    fn need_a_person(&self) -> bool {
        self.0.iter().any(|finding| finding.standing == Standing::Problem)
    }
}

pub(super) async fn run(settings: Result<Settings, SettingsError>, json: bool) -> anyhow::Result<ExitCode> {
    let findings = look(settings).await;
    if json {
        say_json(&findings.0)?;
    } else {
        for finding in &findings.0 {
            let mark = match finding.standing {
                Standing::Ok => "ok",
                Standing::Note => "note",
                Standing::Problem => "PROBLEM",
            };
            say(format_args!("{mark:<8} {:<9} {}", finding.about, finding.says));
        }
    }
    Ok(if findings.need_a_person() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn look(settings: Result<Settings, SettingsError>) -> Findings {
    let mut findings = Findings::default();
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            findings.problem("settings", error);
            return findings;
        }
    };
    look_at_settings(&settings, &mut findings);
    let keys =
        match settings.keys_file().map_err(anyhow::Error::from).and_then(|file| Ok(keys_file::read(file)?)) {
            Ok(keys) => {
                findings.ok("keys", "readable by their owner alone; keep a backup apart from the database");
                Some(keys)
            }
            Err(error) => {
                findings.problem("keys", error);
                None
            }
        };
    let now = SystemClock.now();
    let newest = look_at_database(&settings, keys.as_ref(), now, &mut findings).await;
    look_at_mail(&settings, &mut findings).await;
    look_at_clock(now, newest, &mut findings);
    findings
}

fn look_at_settings(settings: &Settings, findings: &mut Findings) {
    let before = findings.0.len();
    match settings.public_url() {
        Err(error) => findings.problem("settings", error),
        Ok(url) => {
            let plain = settings.tls.is_none() && settings.trusted_proxies.is_empty();
            if url.scheme() == "https" && plain {
                findings.problem(
                    "settings",
                    "`public_url` is https, but nothing encrypts: set `tls.certificate` and `tls.key`, or name the proxy \
                     that does it in `trusted_proxies`",
                );
            }
        }
    }
    if let Some(Err(error)) = settings.tls.as_ref().map(tls::acceptor) {
        findings.problem("settings", error);
    }
    if settings.default_organization.is_none() {
        findings.note("settings", "`default_organization` is not set, so the address / leads nowhere");
    }
    if findings.0[before..].iter().all(|finding| finding.standing != Standing::Problem) {
        findings.ok("settings", format!("read; the server listens on {}", settings.listen));
    }
}

/// Looks at the database and what waits in it; gives the moment of the newest event.
async fn look_at_database(
    settings: &Settings,
    keys: Option<&Keys>,
    now: Timestamp,
    findings: &mut Findings,
) -> Option<Timestamp> {
    let store = match office::open_store(settings).await {
        Ok(store) => store,
        Err(error) => {
            findings.problem("database", format!("{error:#}"));
            return None;
        }
    };
    match store.schema_is_current().await {
        Ok(true) => findings.ok("database", "reached, and its schema is this version's"),
        Ok(false) => {
            findings.problem("database", "its schema is not this version's: run `portico migrate`");
            return None;
        }
        Err(error) => {
            findings.problem("database", error);
            return None;
        }
    }
    match read(&store, keys, now).await {
        Ok(state) => {
            if state.organizations == 0 {
                findings.note(
                    "database",
                    "no organization yet: create one with `portico organization apply FILE.toml`",
                );
            }
            match state.unreadable_by_keys {
                Some(slug) => findings.problem(
                    "keys",
                    format!("they do not open what {slug} has written: name the keys file that belongs to this database"),
                ),
                None if state.newest.is_some() && keys.is_some() => findings.ok("keys", "they open what the database holds"),
                None => {}
            }
            say_of_outbox(&state.backlog, &state.dead, now, findings);
            state.newest
        }
        Err(error) => {
            findings.problem("database", error);
            None
        }
    }
}

struct State {
    organizations: usize,
    /// The first organization whose newest event the keys do not open.
    unreadable_by_keys: Option<String>,
    newest: Option<Timestamp>,
    backlog: Backlog,
    dead: Vec<DeadLetter>,
}

async fn read(store: &Store, keys: Option<&Keys>, now: Timestamp) -> Result<State, StoreError> {
    let mut unit = store.read().await?;
    let organizations = organizations::list(&mut unit).await?;
    let (mut newest, mut unreadable_by_keys) = (None, None);
    for organization in &organizations {
        let (last, _) = audit::head(&mut unit, &organization.id).await?;
        for entry in audit::list(&mut unit, &organization.id, last - 1, 1).await? {
            newest = newest.max(Some(entry.at));
            let row = format!("{}/{}", entry.organization_id, entry.sequence);
            if keys.is_some_and(|keys| keys.open(audit::DETAIL.of(&row), &entry.detail).is_err()) {
                unreadable_by_keys.get_or_insert_with(|| organization.slug.clone());
            }
        }
    }
    let since = now.checked_sub(LATELY).unwrap_or(Timestamp::MIN);
    let backlog = outbox::backlog(&mut unit, since).await?;
    let dead = outbox::dead_letters(&mut unit, NAMED).await?;
    Ok(State { organizations: organizations.len(), unreadable_by_keys, newest, backlog, dead })
}

fn say_of_outbox(backlog: &Backlog, dead: &[DeadLetter], now: Timestamp, findings: &mut Findings) {
    match backlog.oldest {
        Some(oldest) if now.duration_since(oldest) > STUCK => findings.problem(
            "outbox",
            format!(
                "{} mails wait, the oldest since {oldest}: check that `portico serve` runs and that the mail server takes mail",
                backlog.queued
            ),
        ),
        Some(_) => findings.ok("outbox", format!("{} mails are on their way", backlog.queued)),
        None => findings.ok("outbox", "no mail waits"),
    }
    if backlog.given_up > 0 {
        findings.note(
            "outbox",
            format!("{} mails of the last seven days could not be delivered", backlog.given_up),
        );
        for letter in dead {
            let DeadLetter { id, kind, attempts, given_up_at, reason, .. } = letter;
            findings.note(
                "outbox",
                format!("{kind} {id}, given up {given_up_at} after {attempts} attempts: {reason}"),
            );
        }
    }
}

async fn look_at_mail(settings: &Settings, findings: &mut Findings) {
    match settings.mail() {
        Err(error) => findings.problem("mail", error),
        Ok(smtp) => match Transport::Smtp(smtp.clone()).check().await {
            Ok(()) => findings.ok("mail", "the mail server lets us in"),
            Err(failure) => findings
                .problem("mail", format!("{failure}: check `mail_url`, and that the server can be reached")),
        },
    }
}

fn look_at_clock(now: Timestamp, newest: Option<Timestamp>, findings: &mut Findings) {
    let behind = newest.map(|newest| newest.duration_since(now)).filter(|behind| *behind > JITTER);
    if now.as_second() < EARLIEST {
        findings.problem("clock", format!("it says {now}: set it, and keep it right with NTP"));
    } else if let Some(behind) = behind {
        findings.problem(
            "clock",
            format!(
                "it is {} s behind the newest event in the database: set it, and keep it right with NTP",
                behind.as_secs()
            ),
        );
    } else {
        findings.ok("clock", now.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standings(findings: &Findings) -> Vec<(&'static str, Standing)> {
        findings.0.iter().map(|finding| (finding.about, finding.standing)).collect()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn bad_settings_are_all_there_is_to_say() {
        let findings = look(Err(SettingsError::Missing { key: "public_url", reason: "write it" })).await;
        assert_eq!(standings(&findings), [("settings", Standing::Problem)]);
        assert!(findings.need_a_person());
    }

    #[test]
    fn a_clock_that_was_put_back_is_noticed() {
        for (now, newest, standing) in [
            ("1970-01-01T00:00:10Z", None, Standing::Problem),
            ("2026-06-01T12:00:00Z", None, Standing::Ok),
            ("2026-06-01T12:00:00Z", Some("2026-06-01T12:00:30Z"), Standing::Ok),
            ("2026-06-01T12:00:00Z", Some("2026-06-01T12:02:00Z"), Standing::Problem),
        ] {
            let mut findings = Findings::default();
            look_at_clock(at(now), newest.map(at), &mut findings);
            assert_eq!(standings(&findings), [("clock", standing)], "{now} {newest:?}");
        }
    }

    #[test]
    fn mail_that_does_not_leave_is_noticed() {
        let now = at("2026-06-01T12:00:00Z");
        let backlog =
            |oldest: Option<&str>, given_up| Backlog { queued: 2, oldest: oldest.map(at), given_up };
        let dead = DeadLetter {
            id: "abc".into(),
            organization_id: "o".into(),
            kind: "welcome".into(),
            attempts: 3,
            given_up_at: now,
            reason: "the mail server refused it: 550".into(),
        };
        let mut findings = Findings::default();
        say_of_outbox(&backlog(Some("2026-06-01T11:00:00Z"), 1), &[dead], now, &mut findings);
        assert_eq!(
            standings(&findings),
            [("outbox", Standing::Problem), ("outbox", Standing::Note), ("outbox", Standing::Note)]
        );
        assert!(findings.0[2].says.starts_with("welcome abc, given up"), "{}", findings.0[2].says);
        let mut findings = Findings::default();
        say_of_outbox(&backlog(Some("2026-06-01T11:59:58Z"), 0), &[], now, &mut findings);
        say_of_outbox(&backlog(None, 0), &[], now, &mut findings);
        assert!(!findings.need_a_person());
    }
}
