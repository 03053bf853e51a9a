//! Fresh databases for tests: always SQLite, and PostgreSQL when `PORTICO_TEST_POSTGRES` names a server.

use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};
use tempfile::TempDir;

use crate::environment::SystemRandomness;
use crate::text::{decode_hex, encode_hex};
use crate::{Backend, Store, environment::Randomness};

/// Runs a test on a fresh, migrated database of each kind.
///
/// # Panics
/// When a database cannot be made.
pub async fn on_both<F, Fut>(test: F)
where
    F: Fn(Store) -> Fut,
    Fut: Future<Output = ()>,
{
    for database in databases().await {
        eprintln!("on {}", database.kind());
        test(database.store.clone()).await;
    }
}

/// A fresh, migrated database of each kind, gone when dropped.
///
/// # Panics
/// When one cannot be made.
pub async fn databases() -> Vec<TestDatabase> {
    static TOLD: Once = Once::new();
    let mut databases = vec![TestDatabase::sqlite().await];
    match std::env::var("PORTICO_TEST_POSTGRES") {
        Ok(url) => databases.push(TestDatabase::postgres(&url).await),
        Err(_) => TOLD.call_once(|| eprintln!("PORTICO_TEST_POSTGRES is not set: testing on SQLite alone")),
    }
    databases
}

/// One database made for one test.
pub struct TestDatabase {
    /// The open store.
    pub store: Store,
    url: String,
    home: Home,
}

enum Home {
    Folder(TempDir),
    Server { url: String, name: String },
}

impl std::fmt::Debug for TestDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestDatabase").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

impl TestDatabase {
    /// `SQLite` or `PostgreSQL`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.store.backend {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
        }
    }

    /// As `database_url` would name it: for opening it a second time, as another server would.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A fresh, migrated SQLite database, for a test that needs many and not each of them on PostgreSQL too.
    ///
    /// # Panics
    /// When it cannot be made.
    #[expect(clippy::expect_used, reason = "a test without a database cannot go on")]
    pub async fn sqlite() -> Self {
        // In memory where that is possible: what is tested is what is written, not how fast a disk takes it.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("portico.db").display());
        let store = Store::open(&url).await.expect("open SQLite");
        store.migrate().await.expect("migrate SQLite");
        Self { store, url, home: Home::Folder(folder) }
    }

    #[expect(clippy::expect_used, reason = "a test without a database cannot go on")]
    async fn postgres(server: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut random = [0; 6];
        SystemRandomness.fill(&mut random);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("portico_{}_{count}_{}", std::process::id(), encode_hex(&random));
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(server).await.expect("reach PORTICO_TEST_POSTGRES");
        connection
            .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await
            .expect("create a test database");
        connection.close().await.expect("leave PORTICO_TEST_POSTGRES");
        let url = with_database(server, &name);
        let store = Store::open(&url).await.expect("open PostgreSQL");
        store.migrate().await.expect("migrate PostgreSQL");
        Self { store, url, home: Home::Server { url: server.to_owned(), name } }
    }

    /// Runs a statement behind everyone's back: for planting what must be found out.
    ///
    /// # Panics
    /// When the statement fails.
    #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
    pub async fn execute(&self, statement: &'static str) {
        let mut connection = self.connection().await;
        connection.execute(statement).await.expect("the statement");
        connection.close().await.expect("leave the database");
    }

    /// The one column of text that `query` selects, read behind everyone's back.
    ///
    /// # Panics
    /// When the query fails.
    #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
    pub async fn ask(&self, query: &'static str) -> Vec<String> {
        let mut connection = self.connection().await;
        let found = sqlx::query_scalar(query).fetch_all(&mut connection).await.expect(query);
        connection.close().await.expect("leave the database");
        found
    }

    /// A connection of its own: the store may be closed, so that a server has the database to itself.
    #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
    async fn connection(&self) -> AnyConnection {
        AnyConnection::connect(&self.url).await.expect("reach the test database")
    }

    /// Everything this database has at rest.
    ///
    /// # Panics
    /// When it cannot be read.
    #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
    pub async fn at_rest(&self) -> AtRest {
        match &self.home {
            Home::Folder(folder) => {
                let mut bytes = Vec::new();
                for entry in std::fs::read_dir(folder.path()).expect("read the folder") {
                    let path: PathBuf = entry.expect("read the folder").path();
                    bytes.extend(std::fs::read(path).expect("read the database"));
                }
                AtRest { bytes }
            }
            Home::Server { .. } => AtRest { bytes: self.dump().await },
        }
    }

    /// Every row of every table as text, in order: to see whether anything was written.
    ///
    /// # Panics
    /// When it cannot be read.
    #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
    pub async fn rows(&self) -> Vec<String> {
        let pool = &self.store.pool;
        let ask = async |sql: String| {
            let found = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch_all(pool).await;
            found.expect("read the database")
        };
        let mut rows = Vec::new();
        match &self.home {
            Home::Folder(_) => {
                for table in ask("SELECT name FROM sqlite_master WHERE type = 'table'".to_owned()).await {
                    let columns = ask(format!("SELECT name FROM pragma_table_info('{table}')")).await;
                    let columns: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
                    let sql = format!("SELECT '{table}: ' || {} FROM {table}", columns.join(" || ', ' || "));
                    rows.extend(ask(sql).await);
                }
            }
            Home::Server { .. } => {
                let tables = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public'";
                for table in ask(tables.to_owned()).await {
                    rows.extend(ask(format!("SELECT '{table}: ' || CAST(t AS TEXT) FROM {table} t")).await);
                }
            }
        }
        rows.sort();
        rows
    }

    #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
    async fn dump(&self) -> Vec<u8> {
        let tables = sqlx::query_scalar::<_, String>(
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public'",
        )
        .fetch_all(&self.store.pool)
        .await
        .expect("list the tables");
        let mut bytes = Vec::new();
        for table in tables {
            let rows = sqlx::query(AssertSqlSafe(format!("SELECT CAST(t AS TEXT) AS row FROM {table} t")))
                .fetch_all(&self.store.pool)
                .await
                .expect("dump a table");
            for row in rows {
                let text: String = row.try_get("row").expect("a row as text");
                bytes.extend_from_slice(text.as_bytes());
                // BYTEA is dumped as \x and hexadecimal: a value must be found in there too.
                for hex in text.split("\\x").skip(1) {
                    let digits: String = hex.chars().take_while(char::is_ascii_hexdigit).collect();
                    bytes.extend(decode_hex(&digits).unwrap_or_default());
                }
            }
        }
        bytes
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Home::Server { url, name } = &self.home else {
            return;
        };
        let (url, name) = (url.clone(), name.clone());
        // Drop cannot wait for a future of the test's runtime.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut connection = AnyConnection::connect(&url).await.ok()?;
                let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                connection.execute(AssertSqlSafe(statement)).await.ok()
            })
        });
        if !matches!(dropped.join(), Ok(Some(_))) {
            eprintln!("a test database was left behind");
        }
    }
}

/// The bytes of a database, to be searched for what must not be there.
#[derive(Debug)]
pub struct AtRest {
    bytes: Vec<u8>,
}

impl AtRest {
    /// Whether `planted` is anywhere in clear, whatever the case of its letters.
    #[must_use]
    pub fn contains(&self, planted: &str) -> bool {
        let planted = planted.as_bytes();
        self.bytes.windows(planted.len()).any(|window| window.eq_ignore_ascii_case(planted))
    }
}

/// `url` with `name` in the place of its database.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let authority = address.find("://").map_or(0, |at| at + 3);
    let path = address[authority..].find('/').map_or(address.len(), |at| authority + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &address[..path])
}
