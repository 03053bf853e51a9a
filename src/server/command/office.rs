//! What most commands start from: the database of the settings, opened with the keys of the settings.

use crate::server::{keys_file, settings::Settings};
use anyhow::{Context as _, bail};
use portico_access::{
    Access, Hasher, SystemClock, SystemRandomness,
    organization::{self, Organization},
};
use portico_store::Store;
use std::sync::Arc;

/// Opens everything, and refuses a database that this version cannot work with.
pub(super) async fn open(settings: &Settings) -> anyhow::Result<Access> {
    let public_url = settings.public_url()?.origin().ascii_serialization();
    let keys = keys_file::read(settings.keys_file()?)?;
    let store = open_store(settings).await?;
    if !store.schema_is_current().await? {
        bail!("the database does not have this version's schema: run `portico migrate`");
    }
    let randomness = Arc::new(SystemRandomness);
    Ok(Access {
        store,
        keys: Arc::new(keys),
        clock: Arc::new(SystemClock),
        hasher: Hasher::new(settings.argon2.clone(), &*randomness),
        randomness,
        public_url: public_url.into(),
    })
}

/// Opens the database, whatever its schema.
pub(super) async fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    Store::open(&settings.database_url).await.context(
        "the database cannot be opened: check `database_url`, and that it can be reached and written",
    )
}

/// The organization of a slug.
pub(super) async fn organization(access: &Access, slug: &str) -> anyhow::Result<Organization> {
    organization::find(access, slug).await?.with_context(|| {
        format!("there is no organization {slug:?}: see `portico organization list`, or create it with `portico organization apply`")
    })
}

/// `portico migrate`.
pub(super) async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let store = open_store(settings).await?;
    let was_current = store.schema_is_current().await?;
    store.migrate().await.context("restore the backup before trying again")?;
    store.close().await;
    super::say(if was_current {
        "The database had this version's schema already."
    } else {
        "The database has this version's schema now."
    });
    Ok(())
}
