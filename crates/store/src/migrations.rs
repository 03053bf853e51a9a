//! The schema, as one text for both databases.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::Backend;

/// Version, name and text of every migration, oldest first. Never edited after landing.
pub(crate) const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "foundation", include_str!("../migrations/0001_foundation.sql")),
    (2, "journeys", include_str!("../migrations/0002_journeys.sql")),
    (3, "outbox", include_str!("../migrations/0003_outbox.sql")),
    (4, "growing_lock", include_str!("../migrations/0004_growing_lock.sql")),
    (5, "account", include_str!("../migrations/0005_account.sql")),
    (6, "pins", include_str!("../migrations/0006_pins.sql")),
    (7, "questionnaire", include_str!("../migrations/0007_questionnaire.sql")),
    (8, "tries", include_str!("../migrations/0008_tries.sql")),
    (9, "security_questions", include_str!("../migrations/0009_security_questions.sql")),
    (10, "email_changes", include_str!("../migrations/0010_email_changes.sql")),
    (11, "known_browsers", include_str!("../migrations/0011_known_browsers.sql")),
    (12, "this_was_not_me", include_str!("../migrations/0012_this_was_not_me.sql")),
    (13, "closing", include_str!("../migrations/0013_closing.sql")),
    (14, "leaving", include_str!("../migrations/0014_leaving.sql")),
    (15, "the_address_before", include_str!("../migrations/0015_the_address_before.sql")),
];

pub(crate) const VERSIONS: [i64; MIGRATIONS.len()] = {
    let mut versions = [0; MIGRATIONS.len()];
    let mut index = 0;
    while index < versions.len() {
        versions[index] = MIGRATIONS[index].0;
        index += 1;
    }
    versions
};

pub(crate) fn migrator(backend: Backend) -> Migrator {
    let bytes = match backend {
        Backend::Sqlite => "BLOB",
        Backend::Postgres => "BYTEA",
    };
    let migrations = MIGRATIONS
        .iter()
        .map(|&(version, name, text)| {
            let sql = AssertSqlSafe(text.replace("BYTES", bytes)).into_sql_str();
            Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
        })
        .collect();
    Migrator::with_migrations(migrations)
}
