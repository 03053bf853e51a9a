//! The ground: migrations, units of work, and what both databases must agree on.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without")]

use jiff::Timestamp;
use portico_store::environment::{Randomness, SeededRandomness};
use portico_store::keys::{Fingerprint, Keys, Sealed};
use portico_store::testing::{databases, on_both};
use portico_store::{Store, StoreError, accounts, known_browsers, organizations, people, sessions};

fn now() -> Timestamp {
    "2025-06-15T12:00:00Z".parse().unwrap()
}

struct Fixture {
    keys: Keys,
    randomness: SeededRandomness,
}

impl Fixture {
    fn new() -> Self {
        let randomness = SeededRandomness::new(7);
        Self { keys: Keys::generate(&randomness), randomness }
    }

    fn sealed(&self, place: portico_store::keys::Place<'_>, text: &str) -> Sealed {
        self.keys.seal(&self.randomness, place, text.as_bytes())
    }

    fn print(&self, kind: &'static str, value: &str) -> Fingerprint {
        self.keys.fingerprint(kind, "org", value)
    }

    async fn organization(&self, store: &Store, slug: &str) -> String {
        let id = self.randomness.id();
        let mut unit = store.begin().await.unwrap();
        assert!(organizations::add(&mut unit, &id, slug, "{}", now()).await.unwrap());
        unit.commit().await.unwrap();
        id
    }

    async fn account(&self, store: &Store, organization_id: &str, user_id: &str, email: &str) -> String {
        let id = self.randomness.id();
        let name = self.sealed(accounts::NAME.of(&id), "Maria Lopez");
        let sealed_id = self.sealed(accounts::USER_ID.of(&id), user_id);
        let sealed_email = self.sealed(accounts::EMAIL.of(&id), email);
        let new = accounts::NewAccount {
            id: &id,
            organization_id,
            person_id: None,
            role: "member",
            name: &name,
            user_id: Some((&sealed_id, &self.print("user_id", user_id))),
            email: Some((&sealed_email, &self.print("email", email))),
            language: "en",
            history_salt: &[1; 16],
            created_at: now(),
        };
        let mut unit = store.begin().await.unwrap();
        assert!(accounts::add(&mut unit, new).await.unwrap());
        unit.commit().await.unwrap();
        id
    }
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    on_both(async |store| {
        assert!(store.schema_is_current().await.unwrap());
        store.migrate().await.unwrap();
        assert!(store.schema_is_current().await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_database_that_was_never_migrated_is_not_current() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("empty.db").display());
    let store = Store::open(&url).await.unwrap();
    assert!(!store.schema_is_current().await.unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a b.db").display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
}

#[tokio::test]
async fn other_databases_are_refused() {
    for url in ["mysql://localhost/x", "portico.db", ""] {
        assert!(matches!(Store::open(url).await, Err(StoreError::UnknownDatabase)), "{url}");
    }
}

#[tokio::test]
async fn a_dropped_unit_never_happened() {
    on_both(async |store| {
        let mut unit = store.begin().await.unwrap();
        organizations::add(&mut unit, "a", "evergreen", "{}", now()).await.unwrap();
        drop(unit);
        let mut unit = store.begin().await.unwrap();
        assert!(organizations::find_by_slug(&mut unit, "evergreen").await.unwrap().is_none());
        assert!(organizations::add(&mut unit, "a", "evergreen", "{}", now()).await.unwrap());
        unit.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_reading_unit_sees_one_state() {
    on_both(async |store| {
        let mut reading = store.read().await.unwrap();
        assert!(organizations::list(&mut reading).await.unwrap().is_empty());
        let mut unit = store.begin().await.unwrap();
        organizations::add(&mut unit, "a", "evergreen", "{}", now()).await.unwrap();
        unit.commit().await.unwrap();
        assert!(organizations::list(&mut reading).await.unwrap().is_empty());
        drop(reading);
        let mut reading = store.read().await.unwrap();
        assert_eq!(organizations::list(&mut reading).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_servers_share_a_database() {
    for database in databases().await {
        let other = Store::open(database.url()).await.unwrap();
        let fixture = Fixture::new();
        let id = fixture.organization(&database.store, "evergreen").await;
        let mut unit = other.read().await.unwrap();
        assert_eq!(organizations::find_by_slug(&mut unit, "evergreen").await.unwrap().unwrap().id, id);
    }
}

#[tokio::test]
async fn many_writers_at_once_all_come_through() {
    on_both(async |store| {
        let tasks: Vec<_> = (0..64)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut unit = store.begin().await?;
                    let slug = format!("slug-{number}");
                    organizations::add(&mut unit, &slug, &slug, "{}", now()).await?;
                    unit.commit().await
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let mut unit = store.read().await.unwrap();
        assert_eq!(organizations::list(&mut unit).await.unwrap().len(), 64);
    })
    .await;
}

#[tokio::test]
async fn of_64_attempts_at_once_five_are_counted_on_each_side() {
    for database in databases().await {
        let fixture = Fixture::new();
        let organization = fixture.organization(&database.store, "evergreen").await;
        let maria = fixture.account(&database.store, &organization, "maria", "maria@mail.example").await;
        let mut unit = database.store.begin().await.unwrap();
        known_browsers::add(&mut unit, &organization, &maria, "browser", 4, now()).await.unwrap();
        unit.commit().await.unwrap();
        // As two servers would.
        let other = Store::open(database.url()).await.unwrap();
        let tasks: Vec<_> = (0..64)
            .map(|number| {
                let store = if number % 2 == 0 { database.store.clone() } else { other.clone() };
                let organization = organization.clone();
                let by_user_id = fixture.print("user_id", "maria");
                let by_email = fixture.print("email", "maria@mail.example");
                tokio::spawn(async move {
                    let mut unit = store.begin().await.unwrap();
                    let held = if number % 3 == 0 {
                        accounts::hold_by_email(&mut unit, &organization, &by_email).await
                    } else {
                        accounts::hold_by_user_id(&mut unit, &organization, &by_user_id).await
                    };
                    let id = held.unwrap().unwrap().id;
                    let counted = if number % 2 == 0 {
                        let counted = accounts::count_attempt(&mut unit, &organization, &id, 5, now()).await;
                        counted.unwrap().map(|account| ("strangers", account.failures))
                    } else {
                        let counted = known_browsers::count_attempt(&mut unit, "browser", 5, now()).await;
                        counted.unwrap().map(|failures| ("browser", failures))
                    };
                    unit.commit().await.unwrap();
                    counted
                })
            })
            .collect();
        let mut counted = Vec::new();
        for task in tasks {
            counted.extend(task.await.unwrap());
        }
        counted.sort_unstable();
        let expected: Vec<_> = ["browser", "strangers"]
            .into_iter()
            .flat_map(|side| (1..=5).map(move |failures| (side, failures)))
            .collect();
        assert_eq!(counted, expected, "{}", database.kind());
    }
}

#[tokio::test]
async fn nothing_is_found_from_another_organization() {
    on_both(async |store| {
        let fixture = Fixture::new();
        let evergreen = fixture.organization(&store, "evergreen").await;
        let riverside = fixture.organization(&store, "riverside").await;
        let id = fixture.account(&store, &evergreen, "maria", "maria@mail.example").await;
        let token = portico_store::secret::Token::new(&fixture.randomness);
        let hash = fixture.keys.token_hash("session", &token);
        let limits = sessions::Limits {
            now: now(),
            active_after: Timestamp::MIN,
            created_after: Timestamp::MIN,
            left_after: Timestamp::MIN,
        };
        let mut unit = store.begin().await.unwrap();
        let network = fixture.sealed(sessions::NETWORK.of("session"), "203.0.113.*");
        let session = sessions::NewSession {
            id: "session",
            token: &hash,
            account_id: &id,
            organization_id: &evergreen,
            browser: "",
            network: &network,
            known_browser_id: None,
            created_at: now(),
        };
        sessions::add(&mut unit, session).await.unwrap();
        let (user_id, email) =
            (fixture.print("user_id", "maria"), fixture.print("email", "maria@mail.example"));
        for (organization, found) in [(&evergreen, true), (&riverside, false)] {
            let unit = &mut unit;
            assert_eq!(accounts::lookup(unit, organization, &id).await.unwrap().is_some(), found);
            assert_eq!(accounts::hold(unit, organization, &id).await.unwrap().is_some(), found);
            assert_eq!(
                accounts::find_by_user_id(unit, organization, &user_id).await.unwrap().is_some(),
                found
            );
            assert_eq!(!accounts::find_by_email(unit, organization, &email).await.unwrap().is_empty(), found);
            assert_eq!(
                accounts::count_attempt(unit, organization, &id, 5, now()).await.unwrap().is_some(),
                found
            );
            assert_eq!(accounts::lock(unit, organization, &id, 0, now()).await.unwrap().is_some(), found);
            assert_eq!(accounts::disable(unit, organization, &id, now()).await.unwrap().is_some(), found);
            assert_eq!(accounts::reactivate(unit, organization, &id, now()).await.unwrap().is_some(), found);
            assert_eq!(sessions::find_by_token(unit, organization, &hash).await.unwrap().is_some(), found);
            for idle in [sessions::Idle::GoesOn, sessions::Idle::StartsAnew] {
                let touched = sessions::touch(unit, organization, &hash, idle, limits).await.unwrap();
                assert_eq!(touched.is_some(), found);
            }
            assert_eq!(sessions::open_document(unit, organization, "session", now()).await.unwrap(), found);
            sessions::leave(unit, organization, &hash, now(), now()).await.unwrap();
            let left = sessions::find_by_token(unit, &evergreen, &hash).await.unwrap().unwrap().left_at;
            assert_eq!(left, Some(now()), "left from its own organization, and not taken back from another");
            assert_eq!(
                sessions::living(unit, organization, &id, limits).await.unwrap().len(),
                usize::from(found)
            );
        }
        accounts::unlock(&mut unit, &riverside, &id).await.unwrap();
        assert!(accounts::lookup(&mut unit, &evergreen, &id).await.unwrap().unwrap().locked_at.is_some());
        assert!(!accounts::clear_attempts(&mut unit, &riverside, &id).await.unwrap());
        accounts::unlock(&mut unit, &evergreen, &id).await.unwrap();
        assert!(accounts::lookup(&mut unit, &evergreen, &id).await.unwrap().unwrap().locked_at.is_none());
        for (organization, found) in [(&riverside, false), (&evergreen, true)] {
            let held = accounts::hold_by_user_id(&mut unit, organization, &user_id).await.unwrap();
            assert_eq!(held.is_some(), found);
            let held = accounts::hold_by_email(&mut unit, organization, &email).await.unwrap();
            assert_eq!(held.is_some(), found);
        }
        assert!(sessions::end(&mut unit, &riverside, "session", "x", now()).await.unwrap().is_none());
        assert!(sessions::end_by_token(&mut unit, &riverside, &hash, "x", now()).await.unwrap().is_none());
        assert_eq!(sessions::end_all(&mut unit, &riverside, &id, None, "x", now()).await.unwrap(), 0);
        assert_eq!(sessions::end_all(&mut unit, &evergreen, &id, None, "x", now()).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_user_id_and_a_person_have_one_account() {
    on_both(async |store| {
        let fixture = Fixture::new();
        let evergreen = fixture.organization(&store, "evergreen").await;
        let riverside = fixture.organization(&store, "riverside").await;
        fixture.account(&store, &evergreen, "maria", "maria@mail.example").await;
        // Another organization's members may have the same User ID.
        fixture.account(&store, &riverside, "maria", "maria@mail.example").await;
        let name = fixture.sealed(accounts::NAME.of("x"), "x");
        let new = accounts::NewAccount {
            id: "x",
            organization_id: &evergreen,
            person_id: None,
            role: "member",
            name: &name,
            user_id: Some((&name, &fixture.print("user_id", "maria"))),
            email: None,
            language: "en",
            history_salt: &[],
            created_at: now(),
        };
        let mut unit = store.begin().await.unwrap();
        assert!(!accounts::add(&mut unit, new).await.unwrap());
        // The transaction goes on: on PostgreSQL a violated constraint would have ended it.
        assert!(accounts::lookup(&mut unit, &evergreen, "x").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn enrolments_say_whether_anything_changed() {
    on_both(async |store| {
        let fixture = Fixture::new();
        let organization = fixture.organization(&store, "evergreen").await;
        let print = fixture.print("member_id", "1");
        let record = fixture.sealed(people::RECORD.of("p"), "{}");
        let person = people::NewPerson {
            id: "p",
            organization_id: &organization,
            member_id_fingerprint: &print,
            record: &record,
            match_fingerprint: &print,
            near: &people::Near {
                born_at_home: print.clone(),
                named_at_home: print.clone(),
                named_born: print.clone(),
            },
            ssn_fingerprint: None,
            email_fingerprint: None,
            relationship: "self",
            subscriber_fingerprint: None,
            imported_at: now(),
        };
        let mut unit = store.begin().await.unwrap();
        assert!(people::add(&mut unit, person).await.unwrap());
        assert!(!people::add(&mut unit, people::NewPerson { id: "q", ..person }).await.unwrap());
        assert_eq!(people::coverage(&mut unit, "p").await.unwrap(), people::Coverage::Open);
        let mut enrolment = people::Enrolment {
            program: "healthy-steps".to_owned(),
            plan_name: String::new(),
            clinic: String::new(),
            employer: String::new(),
            coverage_start: String::new(),
            coverage_end: None,
        };
        assert!(people::put_enrolment(&mut unit, "e1", "p", &enrolment).await.unwrap());
        assert!(!people::put_enrolment(&mut unit, "e2", "p", &enrolment).await.unwrap());
        enrolment.coverage_end = Some("2025-06-30".to_owned());
        assert!(people::put_enrolment(&mut unit, "e3", "p", &enrolment).await.unwrap());
        assert!(!people::put_enrolment(&mut unit, "e4", "p", &enrolment).await.unwrap());
        let until = people::Coverage::Until("2025-06-30".to_owned());
        assert_eq!(people::coverage(&mut unit, "p").await.unwrap(), until);
        let other = people::Enrolment { clinic: "North".to_owned(), coverage_end: None, ..enrolment.clone() };
        assert!(people::put_enrolment(&mut unit, "e5", "p", &other).await.unwrap());
        assert_eq!(people::coverage(&mut unit, "p").await.unwrap(), people::Coverage::Open);
        assert_eq!(people::enrolments(&mut unit, "p").await.unwrap(), [enrolment, other]);
    })
    .await;
}

#[test]
fn every_column_with_personal_data_says_how_it_is_kept() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut marked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines().map(str::trim) {
            let column = line.split_whitespace().next().unwrap_or_default();
            let personal =
                ["name", "email", "record", "recipient", "phone", "address", "birth", "ssn", "detail"]
                    .iter()
                    .any(|word| column == *word || column.starts_with(&format!("{word}_")))
                    && !column.ends_with("_at");
            let is_column = line.contains(" TEXT") || line.contains(" BYTES") || line.contains(" BIGINT");
            let mark = line.split_once("-- personal: ").map(|(_, mark)| mark);
            if let Some(mark) = mark {
                marked += 1;
                assert!(matches!(mark, "sealed" | "fingerprint"), "{line}");
                assert!(line.contains(" BYTES"), "{line}");
                assert!(mark == "fingerprint" || !column.ends_with("_fingerprint"), "{line}");
            } else if is_column {
                assert!(!personal && !column.ends_with("_fingerprint"), "unmarked: {line}");
            }
        }
    }
    assert!(marked >= 13, "{marked} columns are marked");
}
