//! The table `organizations`.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// One row.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// Its place in addresses.
    pub slug: String,
    /// The organization file, as JSON.
    pub definition: String,
    /// When it was first applied.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

fn read(row: &Row) -> Result<Organization, sqlx::Error> {
    Ok(Organization {
        id: row.try_get("id")?,
        slug: row.try_get("slug")?,
        definition: row.try_get("definition")?,
        created_at: from_micros(row.try_get("created_at")?),
        changed_at: from_micros(row.try_get("changed_at")?),
    })
}

/// Adds an organization with an empty audit log; `false` when the slug is taken.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add(
    unit: &mut Unit,
    id: &str,
    slug: &str,
    definition: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let added = sqlx::query(
        "INSERT INTO organizations (id, slug, definition, created_at, changed_at, audit_sequence, audit_head)
         VALUES ($1, $2, $3, $4, $4, 0, $5)
         ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(slug)
    .bind(definition)
    .bind(to_micros(now))
    .bind(Vec::<u8>::new())
    .execute(unit.connection())
    .await?;
    Ok(added.rows_affected() == 1)
}

/// The organization of a slug, kept from changing until the unit ends.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn hold_by_slug(unit: &mut Unit, slug: &str) -> Result<Option<Organization>, StoreError> {
    let row = sqlx::query(
        "UPDATE organizations SET changed_at = changed_at WHERE slug = $1
         RETURNING id, slug, definition, created_at, changed_at",
    )
    .bind(slug)
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Replaces the definition.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn change(unit: &mut Unit, id: &str, definition: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE organizations SET definition = $2, changed_at = $3 WHERE id = $1")
        .bind(id)
        .bind(definition)
        .bind(to_micros(now))
        .execute(unit.connection())
        .await?;
    Ok(())
}

/// The organization of a slug.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_by_slug(unit: &mut Unit, slug: &str) -> Result<Option<Organization>, StoreError> {
    let row =
        sqlx::query("SELECT id, slug, definition, created_at, changed_at FROM organizations WHERE slug = $1")
            .bind(slug)
            .fetch_optional(unit.connection())
            .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// The organization of an id.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lookup(unit: &mut Unit, id: &str) -> Result<Option<Organization>, StoreError> {
    let row =
        sqlx::query("SELECT id, slug, definition, created_at, changed_at FROM organizations WHERE id = $1")
            .bind(id)
            .fetch_optional(unit.connection())
            .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Every organization, by slug.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(unit: &mut Unit) -> Result<Vec<Organization>, StoreError> {
    let rows =
        sqlx::query("SELECT id, slug, definition, created_at, changed_at FROM organizations ORDER BY slug")
            .fetch_all(unit.connection())
            .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}
