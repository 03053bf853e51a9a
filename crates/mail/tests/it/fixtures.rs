//! What the tests share: an organization, one of every mail, and a worker on a fresh database.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portico_mail::outbox::{Letter, enqueue};
use portico_mail::transport::Transport;
use portico_mail::worker::Worker;
use portico_mail::{LockedFor, Message, Sender};
use portico_rules::Lang;
use portico_store::environment::{Clock, ManualClock, SeededRandomness};
use portico_store::keys::{Column, Keys};
use portico_store::outbox::{self, Backlog, DeadLetter};
use portico_store::secret::Code;
use portico_store::{Store, Unit, accounts, organizations};

/// 10:15 in the morning in Los Angeles.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T18:15:00Z".parse().unwrap()
}

pub(crate) fn evergreen() -> Sender {
    Sender {
        organization: "Evergreen Health Programs".to_owned(),
        phone: "1-800-555-0100".to_owned(),
        phone_es: Some("1-800-555-0101".to_owned()),
        email: "help@evergreen.example".to_owned(),
        hours: Some("Monday to Friday, 8 to 6 Pacific".to_owned()),
        hours_es: Some("Lunes a viernes, de 8 a 18, hora del Pacífico".to_owned()),
        theme_color: Some("#1f6f5c".to_owned()),
        time_zone: TimeZone::get("America/Los_Angeles").unwrap(),
    }
}

pub(crate) const CODE: &str = "04918273";

/// One of every mail, under the name of its snapshot.
pub(crate) fn every_message() -> Vec<(&'static str, Message)> {
    let page = |path: &str| format!("https://portal.example/o/evergreen/{path}");
    let link = || page("reset-password/link?token=k7b2x4qhs6tm3zvw5y7an2cd4ef6gh3jk5lm7np2qr4st6uv3wx5");
    let not_me = || page("not-me?token=m5np7qr2st4uv6wx3y5za7bc2de4fg6hj3km5np7qr2st4uv6wx3");
    let code = || Code::parse(CODE).unwrap();
    let at = now();
    let valid_until: Timestamp = "2026-11-22T19:45:00Z".parse().unwrap();
    let link_valid_until: Timestamp = "2026-11-23T18:15:00Z".parse().unwrap();
    let registered = |is_shared| Message::Registered {
        user_id: "maria.lopez".to_owned(),
        sign_in: page("sign-in"),
        is_shared,
    };
    vec![
        ("welcome", Message::Welcome { link: link(), hours: 72 }),
        ("reset_password", Message::ResetPassword { link: link(), valid_until: link_valid_until }),
        ("security_code", Message::SecurityCode { code: code(), valid_until }),
        ("pin", Message::Pin { code: code(), valid_until }),
        ("user_id_looked_up", Message::UserIdLookedUp { at, not_me: not_me() }),
        ("registration_code", Message::RegistrationCode { code: code(), valid_until }),
        ("email_code", Message::EmailCode { code: code(), valid_until }),
        ("email_changed", Message::EmailChanged { at, not_me: Some(not_me()) }),
        ("email_changed_to", Message::EmailChanged { at, not_me: None }),
        ("address_in_use", Message::AddressInUse),
        ("registered", registered(false)),
        ("registered_too", registered(true)),
        ("password_changed", Message::PasswordChanged { at, not_me: not_me() }),
        ("security_questions_changed", Message::SecurityQuestionsChanged { at, not_me: not_me() }),
        (
            "new_sign_in",
            Message::NewSignIn {
                at,
                browser: "Firefox on Windows".to_owned(),
                network: "203.0.113.*".to_owned(),
                not_me: not_me(),
            },
        ),
        (
            "new_sign_in_unknown",
            Message::NewSignIn { at, browser: String::new(), network: String::new(), not_me: not_me() },
        ),
        (
            "locked",
            Message::Locked {
                at,
                until: None,
                recover: page("forgot-password"),
                locked_for: LockedFor::Strangers,
            },
        ),
        (
            "locked_browser",
            Message::Locked {
                at,
                until: Some(valid_until),
                recover: page("reset-password"),
                locked_for: LockedFor::Browser,
            },
        ),
        (
            "locked_disavowed",
            Message::Locked {
                at,
                until: None,
                recover: page("forgot-password"),
                locked_for: LockedFor::Everyone,
            },
        ),
        ("unlocked", Message::Unlocked { sign_in: page("sign-in") }),
        ("closed", Message::Closed { at, register: page("register") }),
        ("disabled", Message::Disabled),
        ("reactivated", Message::Reactivated { sign_in: page("sign-in") }),
        ("tried_to_register", Message::TriedToRegister { sign_in: page("sign-in") }),
        (
            "no_account_found",
            Message::NoAccountFound { try_again: page("reset-password"), with_birthday: false },
        ),
        (
            "no_account_found_birthday",
            Message::NoAccountFound { try_again: page("forgot-password"), with_birthday: true },
        ),
    ]
}

/// The link and the code in a message, if any.
pub(crate) fn link_and_code(message: &Message) -> (Option<&str>, Option<&str>) {
    match message {
        Message::Welcome { link, .. } | Message::ResetPassword { link, .. } => (Some(link), None),
        Message::SecurityCode { code, .. }
        | Message::Pin { code, .. }
        | Message::RegistrationCode { code, .. }
        | Message::EmailCode { code, .. } => (None, Some(code.expose())),
        Message::Registered { sign_in: link, .. }
        | Message::Unlocked { sign_in: link }
        | Message::Reactivated { sign_in: link }
        | Message::TriedToRegister { sign_in: link }
        | Message::NoAccountFound { try_again: link, .. } => (Some(link), None),
        Message::Locked { recover, .. } => (Some(recover), None),
        Message::PasswordChanged { not_me, .. }
        | Message::SecurityQuestionsChanged { not_me, .. }
        | Message::UserIdLookedUp { not_me, .. }
        | Message::NewSignIn { not_me, .. } => (Some(not_me), None),
        Message::EmailChanged { not_me, .. } => (not_me.as_deref(), None),
        Message::Closed { register, .. } => (Some(register), None),
        Message::AddressInUse | Message::Disabled => (None, None),
    }
}

/// A fresh database with one organization and one account, and everything a worker needs.
pub(crate) struct Post {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) randomness: Arc<SeededRandomness>,
}

pub(crate) const ORGANIZATION: &str = "organization1";
pub(crate) const ACCOUNT: &str = "account1";

impl Post {
    pub(crate) async fn new(store: Store) -> Self {
        let randomness = Arc::new(SeededRandomness::new(1));
        let keys = Keys::generate(&*randomness);
        let mut unit = store.begin().await.unwrap();
        assert!(organizations::add(&mut unit, ORGANIZATION, "evergreen", "{}", now()).await.unwrap());
        let account = accounts::NewAccount {
            id: ACCOUNT,
            organization_id: ORGANIZATION,
            person_id: None,
            role: "member",
            name: &keys.seal(&*randomness, Column("accounts.name").of(ACCOUNT), b"x"),
            user_id: None,
            email: None,
            language: "en",
            history_salt: b"salt",
            created_at: now(),
        };
        assert!(accounts::add(&mut unit, account).await.unwrap());
        unit.commit().await.unwrap();
        Self { store, keys, clock: Arc::new(ManualClock::new(now())), randomness }
    }

    pub(crate) fn worker(&self, transport: Transport) -> Worker {
        let (clock, randomness) = (self.clock.clone(), self.randomness.clone());
        Worker::new(self.store.clone(), self.keys.clone(), transport, clock, randomness)
    }

    /// Enqueues in a unit of its own; the id, or `None` when the change had its mail.
    pub(crate) async fn post(
        &self,
        change: &str,
        message: &Message,
        expires_at: Option<Timestamp>,
    ) -> Option<String> {
        let mut unit = self.store.begin().await.unwrap();
        let id = self.post_in(&mut unit, change, message, expires_at).await;
        unit.commit().await.unwrap();
        id
    }

    pub(crate) async fn post_in(
        &self,
        unit: &mut Unit,
        change: &str,
        message: &Message,
        expires_at: Option<Timestamp>,
    ) -> Option<String> {
        let letter = Letter {
            organization_id: ORGANIZATION,
            account_id: Some(ACCOUNT),
            to: "maria@example.org",
            first_name: Some("María"),
            language: Lang::Es,
            message,
            sender: &evergreen(),
            message_id_domain: "portal.example",
            change,
            expires_at,
        };
        enqueue(unit, &self.keys, &*self.randomness, self.clock.now(), &letter).await.unwrap()
    }

    pub(crate) async fn backlog(&self) -> Backlog {
        let mut unit = self.store.read().await.unwrap();
        outbox::backlog(&mut unit, Timestamp::UNIX_EPOCH).await.unwrap()
    }

    pub(crate) async fn dead_letters(&self) -> Vec<DeadLetter> {
        let mut unit = self.store.read().await.unwrap();
        outbox::dead_letters(&mut unit, 10).await.unwrap()
    }
}
