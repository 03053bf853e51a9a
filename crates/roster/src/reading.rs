//! Reading a roster file (CONTRACT.md, Roster file).

use std::collections::HashMap;
use std::io::{Read, Write};

use jiff::civil::Date;
use portico_rules::email;
use portico_rules::organization::Definition;
use portico_rules::ssn::Ssn;
use portico_rules::{date, state, zip};

use crate::person::{Enrolment, Person, Relationship};

/// The columns that are read.
const COLUMNS: [&str; 20] = [
    "member_id",
    "first_name",
    "last_name",
    "date_of_birth",
    "address_line1",
    "address_line2",
    "city",
    "state",
    "postal_code",
    "ssn",
    "email",
    "phone",
    "relationship",
    "subscriber_member_id",
    "program",
    "plan_name",
    "clinic",
    "employer",
    "coverage_start",
    "coverage_end",
];

const REQUIRED: [&str; 6] =
    ["member_id", "first_name", "last_name", "date_of_birth", "address_line1", "postal_code"];

/// Most characters of a value.
const LONGEST: usize = 200;

/// What a roster file holds.
#[derive(Debug, Default)]
pub struct Reading {
    /// The people of the good rows, in the order of their first ones.
    pub people: Vec<Person>,
    /// How many good rows there are.
    pub rows: usize,
    /// One for each bad row.
    pub rejected: Vec<Reject>,
    /// What was noticed but stops nothing, as sentences.
    pub warnings: Vec<String>,
}

/// A row that is not taken, with no value of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Line where the row begins, counted from 1, the header's.
    pub line: u64,
    /// The column of the first thing that is wrong; `None` where the row itself is.
    pub column: Option<&'static str>,
    /// What is wrong, to be read after the column; further columns are named in it.
    pub reason: String,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is not even a header.
    #[error("the file is empty: the first line must name the columns")]
    Empty,
    /// The header is not UTF-8.
    #[error("the file is not UTF-8: save it as \"CSV UTF-8\"")]
    NotUtf8,
    /// Columns are missing that every row needs.
    #[error(
        "the first line must name the columns, separated by commas; missing: {}",
        .0.join(", ")
    )]
    MissingColumns(Vec<&'static str>),
    /// A column is there twice, so that it is not clear which one counts.
    #[error("the column {0} is there twice: remove one")]
    DuplicateColumn(&'static str),
    /// The file could not be read to its end.
    #[error("the file cannot be read: {0}")]
    Io(#[source] csv::Error),
}

/// Reads a roster file of an organization, as seen from `today`. Bad rows are set aside, each with its reason.
///
/// # Errors
///
/// When nothing of the file can be taken: see [`ReadError`].
pub fn read(mut file: impl Read, organization: &Definition, today: Date) -> Result<Reading, ReadError> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| ReadError::Io(error.into()))?;
    let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(&bytes[..]);
    let header = Header::read(csv.byte_headers().map_err(ReadError::Io)?)?;
    let mut reading = Reading { warnings: header.warnings(), ..Reading::default() };
    let mut lines = Lines { bytes: &bytes, counted: 0, line: 1 };
    let mut places = HashMap::new();
    let mut record = csv::ByteRecord::new();
    while csv.read_byte_record(&mut record).map_err(ReadError::Io)? {
        if record.iter().all(|field| field.trim_ascii().is_empty()) {
            continue;
        }
        let line = lines.line_of(&record);
        let outcome = header
            .row(&record, line)
            .and_then(|row| row.person(organization, today))
            .and_then(|person| add(person, &mut reading.people, &mut places));
        match outcome {
            Ok(()) => reading.rows += 1,
            Err(problems) => reading.rejected.extend(problems.into_reject(line)),
        }
    }
    Ok(reading)
}

/// Counts lines as an editor shows them. The csv crate's own count is behind after CRLF and blank lines, which it
/// reads as the beginning of the next record.
struct Lines<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    fn line_of(&mut self, record: &csv::ByteRecord) -> u64 {
        let begins = record.position().and_then(|position| usize::try_from(position.byte()).ok());
        let mut begins = begins.unwrap_or(self.counted);
        while matches!(self.bytes.get(begins), Some(b'\r' | b'\n')) {
            begins += 1;
        }
        while self.counted < begins {
            let ends_line = match self.bytes[self.counted] {
                b'\n' => true,
                b'\r' => self.bytes.get(self.counted + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends_line);
            self.counted += 1;
        }
        self.line
    }
}

/// Writes the rejects as CSV: `line,column,reason`.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_rejects(file: impl Write, rejected: &[Reject]) -> std::io::Result<()> {
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(["line", "column", "reason"])?;
    for Reject { line, column, reason } in rejected {
        csv.write_record([&line.to_string(), column.unwrap_or_default(), reason])?;
    }
    csv.flush()
}

/// Adds a row's person and enrolment to the people read so far, who are found in `places` by member id,
/// whatever its case.
fn add(
    mut person: Person,
    people: &mut Vec<Person>,
    places: &mut HashMap<String, usize>,
) -> Result<(), Problems> {
    let same_person = person.member_id.to_lowercase();
    let Some(&place) = places.get(&same_person) else {
        places.insert(same_person, people.len());
        people.push(person);
        return Ok(());
    };
    let known = &mut people[place];
    if let Some(column) = known.differs_from(&person) {
        return Err(Problems::one(
            Some(column),
            format!("differs from line {}, which has the same member_id", known.line),
        ));
    }
    for enrolment in person.enrolments.drain(..) {
        match known.enrolments.iter().find(|other| other.identity() == enrolment.identity()) {
            None => known.enrolments.push(enrolment),
            Some(same) if same.coverage_end == enrolment.coverage_end => {}
            Some(_) => {
                let reason = "differs from an earlier line with the same enrolment".to_owned();
                return Err(Problems::one(Some("coverage_end"), reason));
            }
        }
    }
    Ok(())
}

/// Where each column is.
struct Header {
    places: HashMap<&'static str, usize>,
    unknown: Vec<String>,
    width: usize,
}

impl Header {
    fn read(names: &csv::ByteRecord) -> Result<Self, ReadError> {
        if names.iter().all(|name| name.trim_ascii().is_empty()) {
            return Err(ReadError::Empty);
        }
        let mut header = Self { places: HashMap::new(), unknown: Vec::new(), width: names.len() };
        for (place, name) in names.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| ReadError::NotUtf8)?.trim();
            match COLUMNS.into_iter().find(|column| name.eq_ignore_ascii_case(column)) {
                Some(column) => {
                    if header.places.insert(column, place).is_some() {
                        return Err(ReadError::DuplicateColumn(column));
                    }
                }
                None => header.unknown.push(name.to_owned()),
            }
        }
        let has = |column: &str| header.places.contains_key(column);
        let mut missing: Vec<_> = REQUIRED.into_iter().filter(|column| !has(column)).collect();
        if !has("program") && !has("employer") {
            missing.push("program or employer");
        }
        if missing.is_empty() { Ok(header) } else { Err(ReadError::MissingColumns(missing)) }
    }

    fn warnings(&self) -> Vec<String> {
        self.unknown.iter().map(|name| format!("the column {name:?} is not known and was not read")).collect()
    }

    fn row<'a>(&'a self, record: &'a csv::ByteRecord, line: u64) -> Result<Row<'a>, Problems> {
        if record.len() != self.width {
            let reason = format!("the row has {} fields and the header {}", record.len(), self.width);
            return Err(Problems::one(None, reason));
        }
        Ok(Row { header: self, record, line, problems: Problems::default() })
    }
}

/// What is wrong with a row, in the order of the columns.
#[derive(Default)]
struct Problems(Vec<(Option<&'static str>, String)>);

impl Problems {
    fn one(column: Option<&'static str>, reason: String) -> Self {
        Self(vec![(column, reason)])
    }

    fn into_reject(self, line: u64) -> Option<Reject> {
        let mut problems = self.0.into_iter();
        let (column, mut reason) = problems.next()?;
        for (column, further) in problems {
            reason = format!("{reason}; {} {further}", column.unwrap_or("the row"));
        }
        Some(Reject { line, column, reason })
    }
}

/// A row while it is read; what is wrong is collected, so that all of it is told at once.
struct Row<'a> {
    header: &'a Header,
    record: &'a csv::ByteRecord,
    line: u64,
    problems: Problems,
}

impl Row<'_> {
    fn person(mut self, organization: &Definition, today: Date) -> Result<Person, Problems> {
        let member_id = self.required("member_id");
        let first_name = self.required("first_name");
        let last_name = self.required("last_name");
        let date_of_birth = self.date_of_birth(today);
        let address_line1 = self.required("address_line1");
        let address_line2 = self.text("address_line2");
        let city = self.text("city");
        let state = self.parsed("state", "is not a two-letter state code", |text| {
            state::parse(text).ok().map(str::to_owned)
        });
        let postal_code = self.postal_code();
        let ssn = self.parsed("ssn", "is not nine digits", |text| Ssn::parse(text).ok());
        let email = self.parsed("email", "is not an email address", |text| email::check(text).ok());
        let phone = self.text("phone");
        let relationship =
            self.parsed("relationship", "is not self, spouse, child or other", Relationship::from_name);
        let subscriber_member_id = self.text("subscriber_member_id");
        let enrolment = self.enrolment(organization);

        let (Some(member_id), Some(first_name), Some(last_name)) = (member_id, first_name, last_name) else {
            return Err(self.problems);
        };
        let (Some(date_of_birth), Some(address_line1), Some(postal_code)) =
            (date_of_birth, address_line1, postal_code)
        else {
            return Err(self.problems);
        };
        if !self.problems.0.is_empty() {
            return Err(self.problems);
        }
        Ok(Person {
            line: self.line,
            member_id,
            first_name,
            last_name,
            date_of_birth,
            address_line1,
            address_line2,
            city,
            state,
            postal_code,
            ssn,
            email,
            phone,
            relationship: relationship.unwrap_or_default(),
            subscriber_member_id,
            enrolments: vec![enrolment],
        })
    }

    fn enrolment(&mut self, organization: &Definition) -> Enrolment {
        let program = self.parsed("program", "is no program of the organization", |text| {
            let program = organization.programs.iter().find(|p| is_called(text, &p.slug, &p.name))?;
            Some(program.slug.clone())
        });
        let plan_name = self.text("plan_name");
        let clinic = self.text("clinic");
        let employer = self.parsed("employer", "is no employer of the organization", |text| {
            let employer = organization.employers.iter().find(|e| is_called(text, &e.slug, &e.name))?;
            Some(employer.slug.clone())
        });
        let coverage_start = self.date("coverage_start");
        let coverage_end = self.date("coverage_end");
        if self.is_empty("program") && self.is_empty("employer") {
            self.problem("program", "is missing, and so is employer: one of them is needed");
        }
        if coverage_start.zip(coverage_end).is_some_and(|(start, end)| end < start) {
            self.problem("coverage_end", "is before coverage_start");
        }
        Enrolment { program, plan_name, clinic, employer, coverage_start, coverage_end }
    }

    fn problem(&mut self, column: &'static str, reason: impl Into<String>) {
        self.problems.0.push((Some(column), reason.into()));
    }

    fn bytes(&self, column: &str) -> &[u8] {
        let field = self.header.places.get(column).and_then(|place| self.record.get(*place));
        field.unwrap_or_default().trim_ascii()
    }

    fn is_empty(&self, column: &str) -> bool {
        self.bytes(column).is_empty()
    }

    /// The value of a column, `None` where it is empty or cannot be text.
    fn text(&mut self, column: &'static str) -> Option<String> {
        let problem = match std::str::from_utf8(self.bytes(column)).map(str::trim) {
            Err(_) => "is not UTF-8".to_owned(),
            Ok("") => return None,
            Ok(text) if text.chars().any(char::is_control) => "has control characters".to_owned(),
            Ok(text) if text.chars().count() > LONGEST => format!("is longer than {LONGEST} characters"),
            Ok(text) => return Some(text.to_owned()),
        };
        self.problem(column, problem);
        None
    }

    fn required(&mut self, column: &'static str) -> Option<String> {
        if self.is_empty(column) {
            self.problem(column, "is missing");
        }
        self.text(column)
    }

    /// The value of a column where there is one and `parse` accepts it.
    fn parsed<T>(
        &mut self,
        column: &'static str,
        reason: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(column)?;
        let value = parse(&text);
        if value.is_none() {
            self.problem(column, reason);
        }
        value
    }

    fn date(&mut self, column: &'static str) -> Option<Date> {
        self.parsed(column, "is not a date of the form YYYY-MM-DD", date::parse_iso)
    }

    fn date_of_birth(&mut self, today: Date) -> Option<Date> {
        if self.is_empty("date_of_birth") {
            self.problem("date_of_birth", "is missing");
        }
        let birth = self.date("date_of_birth")?;
        if birth > today {
            self.problem("date_of_birth", "is in the future");
            return None;
        }
        if birth.year() < date::FIRST_YEAR {
            self.problem("date_of_birth", format!("is before {}", date::FIRST_YEAR));
            return None;
        }
        Some(birth)
    }

    fn postal_code(&mut self) -> Option<String> {
        let text = self.required("postal_code")?;
        if zip::parse(&text).is_err() {
            self.problem("postal_code", "is not a ZIP code of five or nine digits");
            return None;
        }
        Some(text)
    }
}

/// Files call programs and employers by their slug or, as people do, by their name.
fn is_called(text: &str, slug: &str, name: &str) -> bool {
    text.eq_ignore_ascii_case(slug) || text.eq_ignore_ascii_case(name)
}
