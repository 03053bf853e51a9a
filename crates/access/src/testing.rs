//! What tests start from: organizations, a clock that stands still, cheap hashes, repeatable chance.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use portico_mail::transport::{Recorded, Recorder, Transport};
use portico_mail::worker::Worker;
use portico_rules::organization::Definition;
use portico_rules::policy::{Overrides, Preset};
use portico_store::accounts::{self, NewAccount};
use portico_store::environment::{ManualClock, SystemRandomness};
use portico_store::keys::Keys;
use portico_store::testing::TestDatabase;

use crate::organization::{self, Organization};
use crate::people::Sought;
use crate::{Access, Hasher, Parameters, passwords};

/// An [`Access`] of its own, with an organization of each preset that is built.
#[derive(Debug, Clone)]
pub struct World {
    /// To be called.
    pub access: Access,
    /// The clock that `access` reads. It stands at 2025-06-15T12:00:00Z.
    pub clock: Arc<ManualClock>,
    /// Of the preset member, without its questions: a test that is about them asks for them.
    pub evergreen: Organization,
    /// Of the preset staff.
    pub riverside: Organization,
    mailbox: Recorder,
}

/// Runs a test in a fresh world on each kind of database.
///
/// # Panics
/// When a world cannot be made.
pub async fn on_both<F, Fut>(test: F)
where
    F: Fn(World) -> Fut,
    Fut: Future<Output = ()>,
{
    for database in portico_store::testing::databases().await {
        eprintln!("on {}", database.kind());
        test(World::on(&database).await).await;
    }
}

#[expect(clippy::expect_used, reason = "a test without a world cannot go on")]
impl World {
    /// A world on a fresh database.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn on(database: &TestDatabase) -> Self {
        let randomness = Arc::new(SystemRandomness);
        let start: Timestamp = "2025-06-15T12:00:00Z".parse().expect("a moment");
        let clock = Arc::new(ManualClock::new(start));
        let access = Access {
            store: database.store.clone(),
            keys: Arc::new(Keys::generate(&*randomness)),
            clock: clock.clone(),
            hasher: Hasher::new(Parameters::for_tests(), &*randomness),
            randomness,
            public_url: "https://portal.example".into(),
        };
        let member =
            Overrides { questionnaire: Some(0), security_questions: Some(0), ..Overrides::default() };
        let evergreen = definition("evergreen", "Evergreen Health Programs", Preset::Member, member);
        let riverside = definition("riverside", "Riverside Clinics", Preset::Staff, Overrides::default());
        Self {
            evergreen: applied(&access, &evergreen).await,
            riverside: applied(&access, &riverside).await,
            access,
            clock,
            mailbox: Recorder::default(),
        }
    }

    /// An organization of the preset modern. Its name is Meadow Care.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn meadow(&self) -> Organization {
        applied(&self.access, &definition("meadow", "Meadow Care", Preset::Modern, Overrides::default()))
            .await
    }

    /// Every mail so far, the newest first.
    ///
    /// # Panics
    /// When the outbox cannot be read.
    pub async fn mails(&self) -> Vec<Recorded> {
        let access = &self.access;
        let worker = Worker::new(
            access.store.clone(),
            (*access.keys).clone(),
            Transport::Recorder(self.mailbox.clone()),
            access.clock.clone(),
            access.randomness.clone(),
        );
        worker.deliver_due().await.expect("deliver what is due");
        self.mailbox.mails()
    }

    /// Moves the clock on.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Adds a key to the keys file and starts the server anew.
    pub fn rotate_keys(&mut self) {
        let mut keys = (*self.access.keys).clone();
        keys.rotate(&*self.access.randomness);
        self.access.keys = Arc::new(keys);
    }

    /// Changes the policy of an organization, as applying its file again would.
    ///
    /// # Panics
    /// When the policy is refused.
    pub async fn change_policy(
        &self,
        organization: &Organization,
        change: impl FnOnce(&mut Overrides),
    ) -> Organization {
        let mut definition = organization.definition.clone();
        change(&mut definition.policy);
        applied(&self.access, &definition).await
    }

    /// An account of nobody on the roster, with a password unless it is empty, and its id. The User ID is given to
    /// members alone.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn account(&self, organization: &Organization, who: Someone<'_>) -> String {
        let access = &self.access;
        let id = access.id();
        let now = access.now();
        let seal = |place, text: &str| access.keys.seal(&*access.randomness, place, text.as_bytes());
        let name = seal(accounts::NAME.of(&id), who.name);
        let user_id = (!who.user_id.is_empty()).then(|| {
            let fingerprint = Sought::UserId(who.user_id).fingerprint(&access.keys, &organization.id);
            (seal(accounts::USER_ID.of(&id), who.user_id), fingerprint)
        });
        let email = seal(accounts::EMAIL.of(&id), who.email);
        let email_fingerprint = Sought::Email(who.email).fingerprint(&access.keys, &organization.id);
        let mut salt = [0; 16];
        access.randomness.fill(&mut salt);
        let prepared = passwords::prepare_first(access, &who.password.into()).await.expect("a hash");
        let mut unit = access.store.begin().await.expect("a unit");
        let added = accounts::add(
            &mut unit,
            NewAccount {
                id: &id,
                organization_id: &organization.id,
                person_id: who.person_id,
                role: if who.user_id.is_empty() { "user" } else { "member" },
                name: &name,
                user_id: user_id.as_ref().map(|(sealed, fingerprint)| (sealed, fingerprint)),
                email: Some((&email, &email_fingerprint)),
                language: "en",
                history_salt: &salt,
                created_at: now,
            },
        )
        .await
        .expect("add an account");
        assert!(added, "the User ID is taken");
        if !who.password.is_empty() {
            let policy = &organization.policy;
            passwords::set(&mut unit, policy, &organization.id, &id, &prepared, now).await.expect("set it");
        }
        unit.commit().await.expect("commit");
        id
    }
}

/// Who an account is made for.
#[derive(Debug, Clone, Copy)]
pub struct Someone<'a> {
    /// What they are called.
    pub name: &'a str,
    /// Empty for staff.
    pub user_id: &'a str,
    /// Their address.
    pub email: &'a str,
    /// Empty for one who is invited.
    pub password: &'a str,
    /// Their place on the roster.
    pub person_id: Option<&'a str>,
}

impl Someone<'static> {
    /// A member whose password is `walking42`.
    pub const MARIA: Self = Self {
        name: "Maria Lopez",
        user_id: "maria.lopez",
        email: "maria@mail.example",
        password: "walking42",
        person_id: None,
    };
    /// One of the staff whose password is `Quiet-River-7`.
    pub const SAM: Self = Self {
        name: "Sam Park",
        user_id: "",
        email: "sam@riverside.example",
        password: "Quiet-River-7",
        person_id: None,
    };
}

#[expect(clippy::expect_used, reason = "a test without its organization cannot go on")]
async fn applied(access: &Access, definition: &Definition) -> Organization {
    organization::apply(access, definition).await.expect("apply").expect("a definition that is accepted");
    organization::find(access, &definition.slug).await.expect("find").expect("the organization applied")
}

fn definition(slug: &str, name: &str, preset: Preset, policy: Overrides) -> Definition {
    Definition {
        slug: slug.to_owned(),
        name: name.to_owned(),
        preset,
        time_zone: "America/Los_Angeles".to_owned(),
        support_phone: "1-800-555-0100".to_owned(),
        support_email: format!("help@{slug}.example"),
        support_hours: None,
        support_hours_es: None,
        support_phone_es: None,
        privacy_url: None,
        terms_url: None,
        privacy_version: None,
        terms_version: None,
        theme_color: None,
        programs: vec![portico_rules::organization::Program {
            slug: "healthy-steps".to_owned(),
            name: "Healthy Steps".to_owned(),
            description: "Walking groups and coaching".to_owned(),
            name_es: None,
            description_es: None,
            url: "https://steps.example/".to_owned(),
        }],
        employers: Vec::new(),
        policy,
    }
}
