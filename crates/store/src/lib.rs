//! Where Portico keeps what must not be lost: SQLite or PostgreSQL behind one SQL text.
//!
//! Work happens in a [`Unit`], one transaction. The first statement of a writing unit writes the row that decides;
//! nothing is read first and updated after. One module per table holds free functions that take `&mut Unit`.
//! Personal values arrive here as [`keys::Sealed`] and [`keys::Fingerprint`], made by [`keys::Keys`].

pub mod accounts;
pub mod audit;
pub mod disavowals;
pub mod email_changes;
pub mod environment;
pub mod keys;
pub mod known_browsers;
pub mod limits;
pub mod organizations;
pub mod outbox;
pub mod password_history;
pub mod people;
pub mod pins;
pub mod questionnaires;
pub mod recoveries;
pub mod registrations;
pub mod secret;
pub mod security_answers;
pub mod sessions;
#[cfg(feature = "testing")]
pub mod testing;

mod migrations;
mod text;

use std::sync::{Arc, Once};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyConnection, AnyPool, Executor, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use text::{decode_hex, encode_base32, encode_hex};

/// What went wrong below: never a person's mistake, always something for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be reached, or refused a statement.
    #[error("the database did not do what it was asked: {0}")]
    Database(#[from] sqlx::Error),
    /// `database_url` is neither SQLite nor PostgreSQL.
    #[error("`database_url` must begin with sqlite: or postgres://")]
    UnknownDatabase,
    /// The schema could not be brought to this version.
    #[error("the database could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A sealed value does not open: another keys file, or a changed row.
    #[error(
        "a sealed value of {place} does not open: check that `keys_file` is the one this database was written with"
    )]
    Unsealable {
        /// Table and column.
        place: &'static str,
    },
    /// A row holds what this version cannot read.
    #[error("{place} holds a value that this version cannot read")]
    Unreadable {
        /// Table and column.
        place: &'static str,
    },
}

/// Which database is below. Only this crate asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

/// A pool of connections to one database. Cloning is cheap.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
    /// SQLite has one writer. Waiting here is fair; waiting in SQLite is a poll that starves.
    writer: Option<Arc<Semaphore>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("backend", &self.backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Connects to `sqlite:FILE` (made when missing) or `postgres://…`. Does not migrate.
    ///
    /// # Errors
    /// [`StoreError::UnknownDatabase`] for another scheme, [`StoreError::Database`] when it cannot be reached.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);

        let (backend, url) = if url.starts_with("sqlite:") {
            (Backend::Sqlite, with_create_mode(url))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            (Backend::Postgres, url.to_owned())
        } else {
            return Err(StoreError::UnknownDatabase);
        };
        if backend == Backend::Sqlite {
            keep_from_others(&url);
        }
        let pool = AnyPoolOptions::new()
            .max_connections(match backend {
                Backend::Sqlite => 8,
                Backend::Postgres => 16,
            })
            .acquire_timeout(Duration::from_secs(30))
            .after_connect(move |connection, _| Box::pin(prepare(connection, backend)))
            .connect(&url)
            .await?;
        let writer = (backend == Backend::Sqlite).then(|| Arc::new(Semaphore::new(1)));
        Ok(Self { pool, backend, writer })
    }

    /// Brings the schema to this version. Doing it twice changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Migration`] when a migration fails, or when one that ran before has since been edited.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrations::migrator(self.backend).run(&self.pool).await?;
        Ok(())
    }

    /// Whether every migration this version knows has run. Newer ones do no harm.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database cannot be reached.
    pub async fn schema_is_current(&self) -> Result<bool, StoreError> {
        let applied =
            sqlx::query_scalar::<_, i64>("SELECT version FROM _sqlx_migrations").fetch_all(&self.pool).await;
        match applied {
            Ok(applied) => Ok(migrations::VERSIONS.iter().all(|version| applied.contains(version))),
            // A database that was never migrated has no such table.
            Err(sqlx::Error::Database(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Begins a unit of work that writes.
    ///
    /// # Errors
    /// [`StoreError::Database`] when no connection is to be had.
    pub async fn begin(&self) -> Result<Unit, StoreError> {
        let permit = match &self.writer {
            Some(writer) => writer.clone().acquire_owned().await.ok(),
            None => None,
        };
        let transaction = match self.backend {
            Backend::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Backend::Postgres => self.pool.begin().await?,
        };
        Ok(Unit { transaction, _permit: permit })
    }

    /// Begins a unit of work that only reads, and sees one state of the database throughout.
    ///
    /// # Errors
    /// [`StoreError::Database`] when no connection is to be had.
    pub async fn read(&self) -> Result<Unit, StoreError> {
        let transaction = match self.backend {
            Backend::Sqlite => self.pool.begin().await?,
            Backend::Postgres => {
                self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?
            }
        };
        Ok(Unit { transaction, _permit: None })
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// One transaction. Dropped without [`commit`](Self::commit), it never happened.
pub struct Unit {
    transaction: Transaction<'static, Any>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unit").finish_non_exhaustive()
    }
}

impl Unit {
    /// Makes everything done in this unit durable and visible, at once.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database refuses; then nothing of it has happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await?;
        Ok(())
    }

    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// A row of the database; each table's module reads its own.
pub(crate) type Row = AnyRow;

/// As the database keeps time: microseconds since 1970, finer parts cut.
#[must_use]
pub fn to_micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The reverse of [`to_micros`]. A number no `Timestamp` can hold becomes the nearest it can.
#[must_use]
pub fn from_micros(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

async fn prepare(connection: &mut AnyConnection, backend: Backend) -> Result<(), sqlx::Error> {
    let statements: &[&'static str] = match backend {
        Backend::Sqlite => &[
            // First, since the next statement may meet another process.
            "PRAGMA busy_timeout = 10000",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
            "PRAGMA trusted_schema = OFF",
        ],
        // A server that hangs must not keep the rows it locked.
        Backend::Postgres => {
            &["SET statement_timeout = '60s'", "SET idle_in_transaction_session_timeout = '60s'"]
        }
    };
    for &statement in statements {
        connection.execute(statement).await?;
    }
    Ok(())
}

fn with_create_mode(url: &str) -> String {
    if url.contains("mode=") {
        return url.to_owned();
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}mode=rwc")
}

/// Makes a new SQLite file readable by its owner alone; its write-ahead log follows it. What goes wrong here goes wrong
/// again, with its reason, when the file is opened.
fn keep_from_others(url: &str) {
    #[cfg(unix)]
    if let Ok(options) = url.parse::<sqlx::sqlite::SqliteConnectOptions>() {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut new = std::fs::OpenOptions::new();
        let _exists_or_fails_again =
            new.write(true).create_new(true).mode(0o600).open(options.get_filename());
    }
    #[cfg(not(unix))]
    let _ = url;
}
