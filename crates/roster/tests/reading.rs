//! Roster files, good and bad.

use jiff::civil::{Date, date};
use portico_roster::{ReadError, Reading, Reject, Relationship, read, write_rejects};
use portico_rules::organization::Definition;
use proptest::prelude::*;

const TODAY: Date = date(2025, 6, 15);

fn organization() -> Definition {
    let file = r#"
        slug = "evergreen"
        name = "Evergreen"
        preset = "member"
        time_zone = "America/Los_Angeles"
        support_phone = "1-800-555-0100"
        support_email = "help@evergreen.example"
        [[programs]]
        slug = "healthy-steps"
        name = "Healthy Steps"
        description = "Walking"
        url = "https://steps.evergreen.example/"
        [[programs]]
        slug = "heart"
        name = "Heart"
        description = "Heart"
        url = "https://heart.evergreen.example/"
        [[employers]]
        slug = "acme"
        name = "Acme Manufacturing"
        "#;
    toml::from_str(file).unwrap_or_else(|error| panic!("{error}"))
}

fn reading(file: impl AsRef<[u8]>) -> Result<Reading, ReadError> {
    read(file.as_ref(), &organization(), TODAY)
}

const HEADER: &str = "member_id,first_name,last_name,date_of_birth,address_line1,address_line2,city,state,postal_code,\
                      ssn,email,phone,relationship,subscriber_member_id,program,plan_name,clinic,employer,\
                      coverage_start,coverage_end";

/// A good row with these columns set.
fn row(columns: &[(&str, &str)]) -> String {
    let defaults = [
        ("member_id", "W1"),
        ("first_name", "Jane"),
        ("last_name", "Doe"),
        ("date_of_birth", "1980-01-19"),
        ("address_line1", "12 Main St"),
        ("postal_code", "63101"),
        ("program", "heart"),
    ];
    let value = |column: &str| {
        let find = |pairs: &[(&str, &str)]| {
            pairs.iter().find(|(name, _)| *name == column).map(|(_, v)| v.to_string())
        };
        find(columns).or_else(|| find(&defaults)).unwrap_or_default()
    };
    HEADER.split(',').map(|column| value(column.trim())).collect::<Vec<_>>().join(",")
}

fn file(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

#[test]
fn reads_every_column() {
    let rows = [row(&[
        ("member_id", " W1 "),
        ("first_name", "José"),
        ("last_name", "\"O'Brien, Jr.\""),
        ("address_line2", "Apt 4"),
        ("city", "St. Louis"),
        ("state", "Missouri"),
        ("postal_code", "63101-1234"),
        ("ssn", "900-12-3456"),
        ("email", "jose@example.com"),
        ("phone", "555-0100"),
        ("relationship", "Spouse"),
        ("subscriber_member_id", "W0"),
        ("program", "Healthy Steps"),
        ("plan_name", "Gold"),
        ("clinic", "North"),
        ("employer", "ACME"),
        ("coverage_start", "2024-01-01"),
        ("coverage_end", "2025-12-31"),
    ])];
    let reading = reading(file(&rows)).unwrap();
    assert_eq!((reading.rows, &reading.rejected[..], &reading.warnings[..]), (1, &[][..], &[][..]));
    let [person] = &reading.people[..] else { panic!("one person") };
    assert_eq!(person.line, 2);
    assert_eq!(person.member_id, "W1");
    assert_eq!(person.first_name, "José");
    assert_eq!(person.last_name, "O'Brien, Jr.");
    assert_eq!(person.date_of_birth, date(1980, 1, 19));
    assert_eq!(person.address_line2.as_deref(), Some("Apt 4"));
    assert_eq!(person.state.as_deref(), Some("MO"));
    assert_eq!(person.postal_code, "63101-1234");
    assert_eq!(person.ssn.as_ref().unwrap().digits(), b"900123456");
    assert_eq!(person.email.as_ref().unwrap().as_str(), "jose@example.com");
    assert_eq!(person.relationship, Relationship::Spouse);
    assert_eq!(person.subscriber_member_id.as_deref(), Some("W0"));
    let [enrolment] = &person.enrolments[..] else { panic!("one enrolment") };
    assert_eq!(enrolment.program.as_deref(), Some("healthy-steps"));
    assert_eq!(enrolment.employer.as_deref(), Some("acme"));
    assert_eq!(enrolment.plan_name.as_deref(), Some("Gold"));
    assert_eq!(enrolment.clinic.as_deref(), Some("North"));
    assert_eq!(enrolment.coverage_start, Some(date(2024, 1, 1)));
    assert_eq!(enrolment.coverage_end, Some(date(2025, 12, 31)));
    assert_eq!(person.facts().first_name, "jose");
    assert_eq!(format!("{person:?} {enrolment:?}"), "Person { line: 2, .. } Enrolment(..)");
}

#[test]
fn columns_in_any_order_with_a_mark_at_the_start_and_any_line_ends() {
    let file = "\u{feff}Program, postal_code ,favourite_color,ADDRESS_LINE1,date_of_birth,last_name,first_name,member_id\r\n\
                heart,63101,green,12 Main St,1980-01-19,Doe,Jane,W1\r\n\
                ,,,,,,,\r\n\
                \r\n\
                heart,63101,,12 Main St,1980-01-19,Doe,Jim,W2";
    let reading = reading(file).unwrap();
    assert_eq!(reading.warnings, ["the column \"favourite_color\" is not known and was not read"]);
    let people: Vec<_> =
        reading.people.iter().map(|person| (person.line, person.first_name.as_str())).collect();
    assert_eq!(people, [(2, "Jane"), (5, "Jim")]);
    assert_eq!(reading.rejected, []);
}

#[test]
fn counts_lines_as_an_editor_does() {
    let two_lines = row(&[("member_id", "W1"), ("plan_name", "\"Gold\nPlus\"")]);
    for end in ["\n", "\r\n", "\r"] {
        let rows = [row(&[("member_id", "W2")]), String::new(), two_lines.clone(), row(&[("ssn", "1")])];
        let reading = reading(file(&rows).replace('\n', end)).unwrap();
        let lines: Vec<_> = reading.rejected.iter().map(|reject| (reject.line, reject.column)).collect();
        assert_eq!(lines, [(4, Some("plan_name")), (6, Some("ssn"))], "{end:?}");
    }
}

#[test]
fn rows_of_one_member_are_enrolments() {
    let rows = [
        row(&[]),
        row(&[("member_id", "W2"), ("program", ""), ("employer", "acme")]),
        row(&[("program", "healthy-steps"), ("clinic", "North")]),
        row(&[("member_id", "w1"), ("program", "healthy-steps"), ("clinic", "South")]),
        row(&[]),
    ];
    let reading = reading(file(&rows)).unwrap();
    assert_eq!((reading.rows, reading.rejected.len()), (5, 0));
    let enrolments: Vec<_> = reading.people.iter().map(|person| person.enrolments.len()).collect();
    assert_eq!(enrolments, [3, 1]);
    assert_eq!(reading.people[1].enrolments[0].program, None);
}

/// What a row has, and the column and reason it is rejected for. `SECRET` stands for what must not come back.
#[test]
fn rejects_with_line_column_and_reason() {
    let long = "SECRET".repeat(40);
    type Case<'a> = (&'a [(&'a str, &'a str)], &'static str, &'static str);
    let cases: &[Case<'_>] = &[
        (&[("member_id", "")], "member_id", "is missing"),
        (&[("first_name", "  ")], "first_name", "is missing"),
        (&[("last_name", "")], "last_name", "is missing"),
        (&[("last_name", &long)], "last_name", "is longer than 200 characters"),
        (&[("last_name", "SECRET\u{7}")], "last_name", "has control characters"),
        (&[("last_name", "\"SEC\nRET\"")], "last_name", "has control characters"),
        (&[("date_of_birth", "")], "date_of_birth", "is missing"),
        (&[("date_of_birth", "SECRET")], "date_of_birth", "is not a date of the form YYYY-MM-DD"),
        (&[("date_of_birth", "01/19/1980")], "date_of_birth", "is not a date of the form YYYY-MM-DD"),
        (&[("date_of_birth", "1980-02-30")], "date_of_birth", "is not a date of the form YYYY-MM-DD"),
        (&[("date_of_birth", "2025-06-16")], "date_of_birth", "is in the future"),
        (&[("date_of_birth", "1880-01-19")], "date_of_birth", "is before 1900"),
        (&[("address_line1", "")], "address_line1", "is missing"),
        (&[("state", "SECRET")], "state", "is not a two-letter state code"),
        (&[("postal_code", "")], "postal_code", "is missing"),
        (&[("postal_code", "SECRET")], "postal_code", "is not a ZIP code of five or nine digits"),
        (&[("ssn", "SECRET-12")], "ssn", "is not nine digits"),
        (&[("email", "SECRET")], "email", "is not an email address"),
        (&[("relationship", "SECRET")], "relationship", "is not self, spouse, child or other"),
        (&[("program", "SECRET")], "program", "is no program of the organization"),
        (&[("employer", "SECRET")], "employer", "is no employer of the organization"),
        (&[("program", "")], "program", "is missing, and so is employer: one of them is needed"),
        (&[("coverage_start", "SECRET")], "coverage_start", "is not a date of the form YYYY-MM-DD"),
        (&[("coverage_end", "2024-1-1")], "coverage_end", "is not a date of the form YYYY-MM-DD"),
        (
            &[("coverage_start", "2024-01-02"), ("coverage_end", "2024-01-01")],
            "coverage_end",
            "is before coverage_start",
        ),
        (
            &[("first_name", ""), ("ssn", "SECRET"), ("email", "SECRET")],
            "first_name",
            "is missing; ssn is not nine digits; email is not an email address",
        ),
    ];
    for (columns, column, reason) in cases {
        let rows = [row(&[("member_id", "W0")]), row(columns), row(&[("member_id", "W9")])];
        let reading = reading(file(&rows)).unwrap();
        let people: Vec<_> = reading.people.iter().map(|person| person.member_id.as_str()).collect();
        assert_eq!(people, ["W0", "W9"], "the good rows go in");
        let expected = Reject { line: 3, column: Some(column), reason: reason.to_string() };
        assert_eq!(reading.rejected, [expected]);
        assert!(!format!("{reading:?}").contains("SECRET"));
    }
}

#[test]
fn rejects_a_row_that_contradicts_an_earlier_one() {
    for (column, value) in [
        ("first_name", "Janet"),
        ("last_name", "Roe"),
        ("date_of_birth", "1981-01-19"),
        ("address_line1", "13 Main St"),
        ("address_line2", "4"),
        ("city", "Springfield"),
        ("state", "IL"),
        ("postal_code", "63102"),
        ("ssn", "900123456"),
        ("email", "jane@example.com"),
        ("phone", "555-0100"),
        ("relationship", "child"),
        ("subscriber_member_id", "W0"),
    ] {
        let rows = [row(&[]), row(&[("program", "healthy-steps"), (column, value)])];
        let reading = reading(file(&rows)).unwrap();
        assert_eq!(reading.people[0].enrolments.len(), 1);
        let [Reject { line: 3, column: Some(rejected), reason }] = &reading.rejected[..] else {
            panic!("{column}")
        };
        assert_eq!(
            (*rejected, reason.as_str()),
            (column, "differs from line 2, which has the same member_id")
        );
    }
    let rows = [row(&[]), row(&[("coverage_end", "2025-12-31")])];
    let reading = reading(file(&rows)).unwrap();
    assert_eq!(reading.rejected[0].column, Some("coverage_end"));
}

#[test]
fn rejects_a_row_of_another_shape() {
    let file = file(&["W1,Jane".to_owned(), format!("{},", row(&[])), row(&[])]);
    let reading = reading(file).unwrap();
    let reasons: Vec<_> = reading.rejected.iter().map(|r| (r.line, r.column, r.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            (2, None, "the row has 2 fields and the header 20"),
            (3, None, "the row has 21 fields and the header 20"),
        ]
    );
    assert_eq!(reading.rows, 1);
}

#[test]
fn rejects_a_row_that_is_not_utf8() {
    let mut file = format!("{HEADER}\n").into_bytes();
    file.extend(row(&[("first_name", "Jos?")]).bytes().map(|b| if b == b'?' { 0xE9 } else { b }));
    let reading = reading(file).unwrap();
    assert_eq!(
        reading.rejected,
        [Reject { line: 2, column: Some("first_name"), reason: "is not UTF-8".to_owned() }]
    );
}

#[test]
fn refuses_files_that_are_no_roster() {
    let says = |file: &[u8]| reading(file).unwrap_err().to_string();
    assert!(says(b"").contains("empty"));
    assert!(says(b"\n\n").contains("empty"));
    assert!(says(b"\xff\xfem\0e\0").contains("CSV UTF-8"));
    assert_eq!(
        says(b"member_id,first_name,city\nW1,Jane,X"),
        "the first line must name the columns, separated by commas; missing: last_name, date_of_birth, address_line1, \
         postal_code, program or employer"
    );
    // Without a header the first line is a person, of whom nothing may come back.
    let headless = says(row(&[("first_name", "SECRET"), ("member_id", "SECRET")]).as_bytes());
    assert!(!headless.contains("SECRET"));
    assert!(says(HEADER.replace(',', ";").as_bytes()).contains("separated by commas"));
    let twice = format!("{HEADER},State\n");
    assert_eq!(says(twice.as_bytes()), "the column state is there twice: remove one");
}

#[test]
fn writes_the_rejects() {
    let rejected = [
        Reject { line: 3, column: Some("ssn"), reason: "is not nine digits".to_owned() },
        Reject { line: 9, column: None, reason: "the row has 2 fields, the header 20".to_owned() },
    ];
    let mut file = Vec::new();
    write_rejects(&mut file, &rejected).unwrap();
    assert_eq!(
        String::from_utf8(file).unwrap(),
        "line,column,reason\n3,ssn,is not nine digits\n9,,\"the row has 2 fields, the header 20\"\n"
    );
}

proptest! {
    /// Every row is counted once, taken or rejected, whatever the file holds.
    #[test]
    fn no_row_is_lost(rows in proptest::collection::vec("[a-zA-Z0-9 @.,\"\u{e9}-]{1,60}", 0..20)) {
        let good = row(&[]);
        let rows: Vec<String> = rows.into_iter().map(|row| row.replace('"', "")).flat_map(|bad| [bad, good.clone()]).collect();
        let is_blank = |row: &&String| row.chars().all(|c| c == ',' || c == ' ');
        let blank = rows.iter().filter(is_blank).count();
        let reading = reading(file(&rows)).unwrap();
        prop_assert_eq!(reading.rows + reading.rejected.len() + blank, rows.len());
        prop_assert!(reading.rejected.iter().all(|reject| reject.line >= 2 && !reject.reason.is_empty()));
    }

    /// Reading is the same whatever the order of the columns.
    #[test]
    fn the_order_of_columns_does_not_matter(order in Just((0..20).collect::<Vec<usize>>()).prop_shuffle()) {
        let rows = [row(&[("ssn", "900123456"), ("state", "MO")]), row(&[("member_id", "W2"), ("ssn", "1")])];
        let text = file(&rows);
        let shuffled: String = text
            .lines()
            .map(|line| {
                let fields: Vec<_> = line.split(',').collect();
                order.iter().map(|place| fields[*place]).collect::<Vec<_>>().join(",") + "\n"
            })
            .collect();
        let (plain, shuffled) = (reading(&text).unwrap(), reading(&shuffled).unwrap());
        prop_assert!(plain.people == shuffled.people);
        prop_assert_eq!(plain.rejected, shuffled.rejected);
    }
}
