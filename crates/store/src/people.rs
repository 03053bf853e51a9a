//! The tables `people` and `enrolments`: the roster.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::keys::{Column, Fingerprint, Sealed};
use crate::{Row, StoreError, Unit, from_micros, to_micros};

/// The sealed column of `people`.
pub const RECORD: Column = Column("people.record");

/// One row of `people`.
#[derive(Debug, Clone)]
pub struct Person {
    /// Its id.
    pub id: String,
    /// Whose roster.
    pub organization_id: String,
    /// The personal fields, as JSON.
    pub record: Sealed,
    /// `self`, `spouse`, `child` or `other`.
    pub relationship: String,
    /// The Social Security number, where the roster has one.
    pub ssn_fingerprint: Option<Fingerprint>,
    /// The member id of the employee whose plan covers this person.
    pub subscriber_fingerprint: Option<Fingerprint>,
    /// Whether the person can be found by [`find_near`].
    pub has_near: bool,
    /// When the roster last changed it.
    pub imported_at: Timestamp,
}

/// The fingerprints by which somebody is found though something differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// Date of birth, address and ZIP code: the name may differ.
    pub born_at_home: Fingerprint,
    /// Name, address and ZIP code: the date of birth may differ.
    pub named_at_home: Fingerprint,
    /// Name and date of birth: the address may differ.
    pub named_born: Fingerprint,
}

/// What an import writes of a person.
#[derive(Debug, Clone, Copy)]
pub struct NewPerson<'a> {
    /// The id, should the person be new.
    pub id: &'a str,
    /// Whose roster.
    pub organization_id: &'a str,
    /// By which the person is known from file to file.
    pub member_id_fingerprint: &'a Fingerprint,
    /// The personal fields, as JSON.
    pub record: &'a Sealed,
    /// What a registration is matched by.
    pub match_fingerprint: &'a Fingerprint,
    /// What a registration is found by that does not match.
    pub near: &'a Near,
    /// Where the roster has one.
    pub ssn_fingerprint: Option<&'a Fingerprint>,
    /// Where the roster has one.
    pub email_fingerprint: Option<&'a Fingerprint>,
    /// `self`, `spouse`, `child` or `other`.
    pub relationship: &'a str,
    /// The member id of the employee whose plan covers this person.
    pub subscriber_fingerprint: Option<&'a Fingerprint>,
    /// Now.
    pub imported_at: Timestamp,
}

/// One row of `enrolments`. Empty text stands for what the roster does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Slug of the program.
    pub program: String,
    /// Name of the plan.
    pub plan_name: String,
    /// Name of the clinic.
    pub clinic: String,
    /// Slug of the employer.
    pub employer: String,
    /// First day, ISO 8601.
    pub coverage_start: String,
    /// Last day, ISO 8601; none while it has no end.
    pub coverage_end: Option<String>,
}

/// Until when a person is covered, over all enrolments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// At least one enrolment has no last day, or there is none at all.
    Open,
    /// The last day of the enrolment that ends last, ISO 8601.
    Until(String),
}

/// Adds a person; `false` when the organization has the member id already.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn add(unit: &mut Unit, person: NewPerson<'_>) -> Result<bool, StoreError> {
    let added = sqlx::query(
        "INSERT INTO people (id, organization_id, member_id_fingerprint, record, match_fingerprint, ssn_fingerprint,
             email_fingerprint, relationship, subscriber_fingerprint, imported_at, born_at_home_fingerprint,
             named_at_home_fingerprint, named_born_fingerprint)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT DO NOTHING",
    )
    .bind(person.id)
    .bind(person.organization_id)
    .bind(person.member_id_fingerprint.as_bytes())
    .bind(person.record.as_bytes())
    .bind(person.match_fingerprint.as_bytes())
    .bind(person.ssn_fingerprint.map(Fingerprint::as_bytes))
    .bind(person.email_fingerprint.map(Fingerprint::as_bytes))
    .bind(person.relationship)
    .bind(person.subscriber_fingerprint.map(Fingerprint::as_bytes))
    .bind(to_micros(person.imported_at))
    .bind(person.near.born_at_home.as_bytes())
    .bind(person.near.named_at_home.as_bytes())
    .bind(person.near.named_born.as_bytes())
    .execute(unit.connection())
    .await?;
    Ok(added.rows_affected() == 1)
}

/// The person of a member id, kept from changing until the unit ends.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn hold_by_member_id(
    unit: &mut Unit,
    organization_id: &str,
    member_id: &Fingerprint,
) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query(
        "UPDATE people SET imported_at = imported_at WHERE organization_id = $1 AND member_id_fingerprint = $2
         RETURNING id, organization_id, record, relationship, ssn_fingerprint, subscriber_fingerprint,
             named_born_fingerprint, imported_at",
    )
    .bind(organization_id)
    .bind(member_id.as_bytes())
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Replaces all but the id, which is `person.id`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn change(unit: &mut Unit, person: NewPerson<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE people SET member_id_fingerprint = $3, record = $4, match_fingerprint = $5, ssn_fingerprint = $6,
             email_fingerprint = $7, relationship = $8, subscriber_fingerprint = $9, imported_at = $10,
             born_at_home_fingerprint = $11, named_at_home_fingerprint = $12, named_born_fingerprint = $13
         WHERE id = $1 AND organization_id = $2",
    )
    .bind(person.id)
    .bind(person.organization_id)
    .bind(person.member_id_fingerprint.as_bytes())
    .bind(person.record.as_bytes())
    .bind(person.match_fingerprint.as_bytes())
    .bind(person.ssn_fingerprint.map(Fingerprint::as_bytes))
    .bind(person.email_fingerprint.map(Fingerprint::as_bytes))
    .bind(person.relationship)
    .bind(person.subscriber_fingerprint.map(Fingerprint::as_bytes))
    .bind(to_micros(person.imported_at))
    .bind(person.near.born_at_home.as_bytes())
    .bind(person.near.named_at_home.as_bytes())
    .bind(person.near.named_born.as_bytes())
    .execute(unit.connection())
    .await?;
    Ok(())
}

/// The person of an id.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lookup(unit: &mut Unit, organization_id: &str, id: &str) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query(
        "SELECT id, organization_id, record, relationship, ssn_fingerprint, subscriber_fingerprint, named_born_fingerprint,
             imported_at
         FROM people WHERE organization_id = $1 AND id = $2",
    )
    .bind(organization_id)
    .bind(id)
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// The person of a member id.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_by_member_id(
    unit: &mut Unit,
    organization_id: &str,
    member_id: &Fingerprint,
) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query(
        "SELECT id, organization_id, record, relationship, ssn_fingerprint, subscriber_fingerprint, named_born_fingerprint,
             imported_at
         FROM people WHERE organization_id = $1 AND member_id_fingerprint = $2",
    )
    .bind(organization_id)
    .bind(member_id.as_bytes())
    .fetch_optional(unit.connection())
    .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Everyone a registration may be about: equal in all that the fingerprint covers.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_by_match(
    unit: &mut Unit,
    organization_id: &str,
    match_fingerprint: &Fingerprint,
) -> Result<Vec<Person>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, organization_id, record, relationship, ssn_fingerprint, subscriber_fingerprint, named_born_fingerprint,
             imported_at
         FROM people WHERE organization_id = $1 AND match_fingerprint = $2 ORDER BY id",
    )
    .bind(organization_id)
    .bind(match_fingerprint.as_bytes())
    .fetch_all(unit.connection())
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Some of those whom a registration that matches nobody may have meant: up to `limit` for each thing that may differ.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_near(
    unit: &mut Unit,
    organization_id: &str,
    near: &Near,
    limit: u32,
) -> Result<Vec<Person>, StoreError> {
    let by_column = [
        (
            "SELECT id, organization_id, record, relationship, ssn_fingerprint, subscriber_fingerprint,
                 named_born_fingerprint, imported_at
             FROM people WHERE organization_id = $1 AND born_at_home_fingerprint = $2 ORDER BY id LIMIT $3",
            &near.born_at_home,
        ),
        (
            "SELECT id, organization_id, record, relationship, ssn_fingerprint, subscriber_fingerprint,
                 named_born_fingerprint, imported_at
             FROM people WHERE organization_id = $1 AND named_at_home_fingerprint = $2 ORDER BY id LIMIT $3",
            &near.named_at_home,
        ),
        (
            "SELECT id, organization_id, record, relationship, ssn_fingerprint, subscriber_fingerprint,
                 named_born_fingerprint, imported_at
             FROM people WHERE organization_id = $1 AND named_born_fingerprint = $2 ORDER BY id LIMIT $3",
            &near.named_born,
        ),
    ];
    let mut found = Vec::new();
    for (query, fingerprint) in by_column {
        let rows = sqlx::query(query)
            .bind(organization_id)
            .bind(fingerprint.as_bytes())
            .bind(i64::from(limit))
            .fetch_all(unit.connection())
            .await?;
        for row in &rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// Adds an enrolment, or sets the last day of one that is there; `false` when nothing changed. Everything but the last
/// day says which one it is.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn put_enrolment(
    unit: &mut Unit,
    id: &str,
    person_id: &str,
    enrolment: &Enrolment,
) -> Result<bool, StoreError> {
    let put = sqlx::query(
        "INSERT INTO enrolments (id, person_id, program, plan_name, clinic, employer, coverage_start, coverage_end)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (person_id, program, plan_name, clinic, employer, coverage_start) DO UPDATE
         SET coverage_end = excluded.coverage_end
         WHERE enrolments.coverage_end IS DISTINCT FROM excluded.coverage_end",
    )
    .bind(id)
    .bind(person_id)
    .bind(&enrolment.program)
    .bind(&enrolment.plan_name)
    .bind(&enrolment.clinic)
    .bind(&enrolment.employer)
    .bind(&enrolment.coverage_start)
    .bind(enrolment.coverage_end.as_deref())
    .execute(unit.connection())
    .await?;
    Ok(put.rows_affected() == 1)
}

/// A person's enrolments, ended ones too, in a fixed order.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn enrolments(unit: &mut Unit, person_id: &str) -> Result<Vec<Enrolment>, StoreError> {
    let rows = sqlx::query(
        "SELECT program, plan_name, clinic, employer, coverage_start, coverage_end FROM enrolments
         WHERE person_id = $1 ORDER BY program, plan_name, clinic, employer, coverage_start",
    )
    .bind(person_id)
    .fetch_all(unit.connection())
    .await?;
    Ok(rows.iter().map(read_enrolment).collect::<Result<_, _>>()?)
}

fn read_enrolment(row: &Row) -> Result<Enrolment, sqlx::Error> {
    Ok(Enrolment {
        program: row.try_get("program")?,
        plan_name: row.try_get("plan_name")?,
        clinic: row.try_get("clinic")?,
        employer: row.try_get("employer")?,
        coverage_start: row.try_get("coverage_start")?,
        coverage_end: row.try_get("coverage_end")?,
    })
}

/// The enrolments of up to `limit` people of an organization, by person: those whose member id has the fingerprint `from`
/// or comes after it, or the first of all. Fingerprints are as good as chance, so a random one draws people by lot.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn sample(
    unit: &mut Unit,
    organization_id: &str,
    from: Option<&Fingerprint>,
    limit: u32,
) -> Result<Vec<Vec<Enrolment>>, StoreError> {
    let rows = sqlx::query(
        "SELECT drawn.id AS person_id, e.program, e.plan_name, e.clinic, e.employer, e.coverage_start, e.coverage_end
         FROM (SELECT id, member_id_fingerprint FROM people
               WHERE organization_id = $1 AND member_id_fingerprint >= $2
               ORDER BY member_id_fingerprint LIMIT $3) drawn
         JOIN enrolments e ON e.person_id = drawn.id
         ORDER BY drawn.member_id_fingerprint, e.program, e.plan_name, e.clinic, e.employer, e.coverage_start",
    )
    .bind(organization_id)
    .bind(from.map_or(&[][..], Fingerprint::as_bytes))
    .bind(i64::from(limit))
    .fetch_all(unit.connection())
    .await?;
    let mut people: Vec<(String, Vec<Enrolment>)> = Vec::new();
    for row in &rows {
        let person_id: String = row.try_get("person_id")?;
        match people.last_mut() {
            Some((last, enrolments)) if *last == person_id => enrolments.push(read_enrolment(row)?),
            _ => people.push((person_id, vec![read_enrolment(row)?])),
        }
    }
    Ok(people.into_iter().map(|(_, enrolments)| enrolments).collect())
}

/// Until when a person is covered.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn coverage(unit: &mut Unit, person_id: &str) -> Result<Coverage, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) - COUNT(coverage_end) AS unended, MAX(coverage_end) AS last_day FROM enrolments
         WHERE person_id = $1",
    )
    .bind(person_id)
    .fetch_one(unit.connection())
    .await?;
    let unended: i64 = row.try_get("unended")?;
    let last_day: Option<String> = row.try_get("last_day")?;
    Ok(match last_day {
        Some(day) if unended == 0 => Coverage::Until(day),
        _ => Coverage::Open,
    })
}

fn read(row: &Row) -> Result<Person, sqlx::Error> {
    let fingerprint = |column: &str| -> Result<_, sqlx::Error> {
        Ok(row.try_get::<Option<Vec<u8>>, _>(column)?.map(Fingerprint::from_database))
    };
    Ok(Person {
        id: row.try_get("id")?,
        organization_id: row.try_get("organization_id")?,
        record: Sealed::from_database(row.try_get("record")?),
        relationship: row.try_get("relationship")?,
        ssn_fingerprint: fingerprint("ssn_fingerprint")?,
        subscriber_fingerprint: fingerprint("subscriber_fingerprint")?,
        has_near: fingerprint("named_born_fingerprint")?.is_some(),
        imported_at: from_micros(row.try_get("imported_at")?),
    })
}
