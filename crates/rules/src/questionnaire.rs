//! The identity questionnaire: multiple-choice questions from what the roster knows of a person and About you did not
//! ask (DESIGN.md, Register).
//!
//! A question has four options and *None of these*, which is the right answer of one question in five: the person's own
//! value is left out then. Decoys are what the organization's people have, filled up from invented names; of a month
//! they are the same month of the years around it. Which options there are tells nothing about which one is right.
//! Nobody's Social Security number, date of birth or phone number is in a question, and neither is the relationship to
//! the employee, which follows from age and form.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{date, normalise};

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// The name of the clinic.
    Clinic,
    /// The name of the plan.
    Plan,
    /// The month in which a coverage began, as `2022-01`.
    CoverageBegan,
    /// The slug of the program, or an invented name.
    Program,
    /// The slug of the employer, or an invented name.
    Employer,
}

impl Topic {
    /// Every topic, in the order in which questions are asked. A questionnaire has no two questions of one.
    pub const ALL: [Self; 5] = [Self::Clinic, Self::Plan, Self::CoverageBegan, Self::Program, Self::Employer];

    /// Names that no organization has, for decoys where an organization has too few of its own.
    fn invented(self) -> &'static [&'static str] {
        match self {
            Self::Clinic => &[
                "Brookside Clinic",
                "Garden Street Medical Group",
                "Harborview Health Center",
                "Kingsley Family Practice",
                "Meadowlark Clinic",
                "Northgate Family Health",
                "Parkway Medical Center",
                "Sunnyside Primary Care",
            ],
            Self::Plan => &[
                "Basic Care",
                "Choice Care",
                "Classic Care",
                "Complete Care",
                "Essential Care",
                "Premier Care",
                "Select Care",
                "Value Care",
            ],
            Self::Program => &[
                "Back in Motion",
                "Better Sleep",
                "Breathe Easy",
                "Fit for Fifty",
                "Good Food First",
                "Healthy Mothers",
                "Mind Matters",
                "Strong Bones",
            ],
            Self::Employer => &[
                "Bayside Printing",
                "Granite Builders",
                "Highland Foods",
                "Lakeland School District",
                "Mercer Tools",
                "Orchard Valley Dairy",
                "Pioneer Electric",
                "Summit Freight Lines",
            ],
            Self::CoverageBegan => &[],
        }
    }
}

/// One enrolment, as far as questions are asked about it. Empty text stands for what the roster does not say.
#[derive(Clone, Copy, Default)]
pub struct Enrolled<'a> {
    /// Name of the clinic.
    pub clinic: &'a str,
    /// Name of the plan.
    pub plan: &'a str,
    /// Slug of the program.
    pub program: &'a str,
    /// Slug of the employer.
    pub employer: &'a str,
    /// First day of coverage, ISO 8601.
    pub coverage_start: &'a str,
}

/// What is known of a person, or of several: each value once. It does not print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Known(Vec<(Topic, String)>);

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known(..)")
    }
}

impl Known {
    /// What these enrolments say. A coverage that is yet to begin at `today` has no month that anybody remembers.
    pub fn of<'a>(enrolments: impl IntoIterator<Item = Enrolled<'a>>, today: Date) -> Self {
        let mut known = Self::default();
        for enrolled in enrolments {
            known.add(Topic::Clinic, enrolled.clinic);
            known.add(Topic::Plan, enrolled.plan);
            known.add(Topic::Program, enrolled.program);
            known.add(Topic::Employer, enrolled.employer);
            if let Some(began) = date::parse_iso(enrolled.coverage_start).filter(|began| *began <= today) {
                known.add(Topic::CoverageBegan, &month(began.year(), began.month()));
            }
        }
        known
    }

    /// What might be known of somebody whom nobody knows: one invented value of each topic.
    pub fn invented(today: Date, pick: &mut dyn FnMut(usize) -> usize) -> Self {
        let mut known = Self::default();
        for topic in Topic::ALL {
            if let Some(name) = chosen(topic.invented(), pick) {
                known.add(topic, name);
            }
        }
        let years_ago = i16::try_from(pick(5)).unwrap_or(0);
        known.add(Topic::CoverageBegan, &month(today.year() - years_ago, 1));
        known
    }

    /// The topics of which something is known, in their order.
    pub fn topics(&self) -> Vec<Topic> {
        Topic::ALL.into_iter().filter(|topic| self.values(*topic).next().is_some()).collect()
    }

    fn add(&mut self, topic: Topic, value: &str) {
        if !value.trim().is_empty() && !self.has(topic, value) {
            self.0.push((topic, value.trim().to_owned()));
        }
    }

    fn has(&self, topic: Topic, value: &str) -> bool {
        self.values(topic).any(|known| normalise::name(known) == normalise::name(value))
    }

    fn values(&self, topic: Topic) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(of, _)| *of == topic).map(|(_, value)| value.as_str())
    }
}

/// How many options a question has, without *None of these*.
pub const OPTIONS: usize = 4;

/// A question with its options, in their order. It does not print: it says what is known of somebody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What it is about.
    pub topic: Topic,
    /// The values to choose from; after the last comes *None of these*.
    pub options: Vec<String>,
    /// The options that are right: one, or several months in which a coverage began; none where *None of these* is.
    right: Vec<usize>,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Question(..)")
    }
}

impl Question {
    /// Whether the `choice`, counted from 0, is right.
    pub fn is_right(&self, choice: usize) -> bool {
        if self.right.is_empty() { choice == self.options.len() } else { self.right.contains(&choice) }
    }

    /// The option that a form's value stands for: they are counted from 1, *None of these* is the last.
    pub fn read(&self, value: &str) -> Option<usize> {
        let number: usize = value.parse().ok()?;
        number.checked_sub(1).filter(|choice| *choice <= self.options.len())
    }

    /// What somebody of whom this is known chooses.
    pub fn honest(&self, known: &Known) -> usize {
        let theirs = self.options.iter().position(|option| known.has(self.topic, option));
        theirs.unwrap_or(self.options.len())
    }
}

/// Draws `count` questions about a person, with decoys from what `others` have; `None` where too little is known for so
/// many. `pick` draws a number below the one it is given.
pub fn draw(
    person: &Known,
    others: &Known,
    count: usize,
    today: Date,
    pick: &mut dyn FnMut(usize) -> usize,
) -> Option<Vec<Question>> {
    let mut topics = person.topics();
    while topics.len() > count {
        topics.remove(pick(topics.len()));
    }
    (topics.len() == count)
        .then(|| topics.into_iter().map(|topic| question(topic, person, others, today, pick)).collect())
}

fn question(
    topic: Topic,
    person: &Known,
    others: &Known,
    today: Date,
    pick: &mut dyn FnMut(usize) -> usize,
) -> Question {
    let own: Vec<&str> = person.values(topic).collect();
    let own = chosen(&own, pick).copied().unwrap_or_default();
    let is_left_out = pick(OPTIONS + 1) == 0;
    let mut options = match topic {
        Topic::CoverageBegan => years_around(own, is_left_out, today),
        _ if is_left_out => other_names(topic, person, others, OPTIONS, pick),
        _ => {
            let mut names = other_names(topic, person, others, OPTIONS - 1, pick);
            names.push(own.to_owned());
            names
        }
    };
    // In the one order that any set of options has.
    options.sort();
    let right = (0..options.len()).filter(|at| person.has(topic, &options[*at])).collect();
    Question { topic, options, right }
}

/// Names that the person has not: those of others first, in an order of chance, then invented ones.
fn other_names(
    topic: Topic,
    person: &Known,
    others: &Known,
    count: usize,
    pick: &mut dyn FnMut(usize) -> usize,
) -> Vec<String> {
    let mut names = Known::default();
    for mut source in [others.values(topic).collect::<Vec<_>>(), topic.invented().to_vec()] {
        while !source.is_empty() && names.0.len() < count {
            let name = source.swap_remove(pick(source.len()));
            if !person.has(topic, name) {
                names.add(topic, name);
            }
        }
    }
    names.0.into_iter().map(|(_, name)| name).collect()
}

/// A month in as many years as there are options. The years are taken in blocks from the last one in which the month has
/// begun, so that where in its block the own year is tells nothing; it is the next block where the own one is left out.
fn years_around(own: &str, is_left_out: bool, today: Date) -> Vec<String> {
    let Some(own) = date::parse_iso(&format!("{own}-01")) else { return Vec::new() };
    let latest = today.year() - i16::from(own.month() > today.month());
    let size = i16::try_from(OPTIONS).unwrap_or(1);
    let block = latest.saturating_sub(own.year()).max(0) / size;
    let block = match block {
        _ if !is_left_out => block,
        0 => 1,
        later => later - 1,
    };
    let last = latest - block * size;
    (last - size + 1..=last).map(|year| month(year, own.month())).collect()
}

fn month(year: i16, month: i8) -> String {
    format!("{year:04}-{month:02}")
}

fn chosen<'a, T>(from: &'a [T], pick: &mut dyn FnMut(usize) -> usize) -> Option<&'a T> {
    if from.is_empty() { None } else { from.get(pick(from.len())) }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2025, 6, 15);

    const ROSA: [Enrolled<'_>; 2] = [
        Enrolled {
            clinic: "Hawthorne Clinic",
            plan: "Evergreen Silver",
            program: "healthy-steps",
            employer: "",
            coverage_start: "2022-01-01",
        },
        Enrolled {
            clinic: "Salem Bridge Clinic",
            plan: "Evergreen Gold",
            program: "heart-wise",
            employer: "acme",
            coverage_start: "2024-09-01",
        },
    ];

    /// Chance as a list of numbers, over and over.
    fn chance(numbers: &[usize]) -> impl FnMut(usize) -> usize {
        let mut at = 0;
        move |below| {
            at += 1;
            numbers.get((at - 1) % numbers.len().max(1)).map_or(0, |number| number % below)
        }
    }

    #[test]
    fn what_is_asked_is_what_the_roster_says() {
        let known = Known::of(ROSA, TODAY);
        assert_eq!(known.topics(), Topic::ALL);
        let later = Enrolled { clinic: " ", coverage_start: "2025-07-01", ..Enrolled::default() };
        assert_eq!(Known::of([later], TODAY).topics(), []);
        assert_eq!(Known::invented(TODAY, &mut chance(&[3])).topics(), Topic::ALL);
        assert_eq!(format!("{known:?}"), "Known(..)");
    }

    #[test]
    fn too_little_makes_no_questionnaire() {
        let known = Known::of([Enrolled { plan: "Gold", program: "walk", ..Enrolled::default() }], TODAY);
        let mut pick = chance(&[1]);
        assert_eq!(draw(&known, &Known::default(), 2, TODAY, &mut pick).map(|all| all.len()), Some(2));
        assert_eq!(draw(&known, &Known::default(), 3, TODAY, &mut pick), None);
    }

    #[test]
    fn a_form_counts_from_one() {
        let known = Known::of(ROSA, TODAY);
        let question = &draw(&known, &Known::default(), 1, TODAY, &mut chance(&[1])).unwrap()[0];
        for (value, choice) in
            [("1", Some(0)), ("5", Some(4)), ("0", None), ("6", None), ("", None), ("-1", None), ("x", None)]
        {
            assert_eq!(question.read(value), choice, "{value}");
        }
    }

    proptest! {
        /// Whatever chance brings: an honest answer is the right one and the only one, no option is there twice, none but
        /// the right one is the person's, and no month is to come.
        #[test]
        fn questions_are_fair(numbers in proptest::collection::vec(0_usize..1000, 1..60), count in 1_usize..=5) {
            let person = Known::of(ROSA, TODAY);
            let others = Known::of(
                ["A Clinic", "B Clinic", "HAWTHORNE  clinic", "Salem Bridge Clinic"]
                    .map(|clinic| Enrolled { clinic, program: "tobacco-free", ..Enrolled::default() }),
                TODAY,
            );
            let questions = draw(&person, &others, count, TODAY, &mut chance(&numbers)).unwrap();
            prop_assert_eq!(questions.len(), count);
            prop_assert!(questions.windows(2).all(|two| two[0].topic < two[1].topic));
            for question in questions {
                prop_assert_eq!(question.options.len(), OPTIONS);
                let right: Vec<_> = (0..=OPTIONS).filter(|choice| question.is_right(*choice)).collect();
                let theirs: Vec<_> = (0..OPTIONS).filter(|at| person.has(question.topic, &question.options[*at])).collect();
                prop_assert_eq!(&right, &if theirs.is_empty() { vec![OPTIONS] } else { theirs });
                prop_assert!(right.contains(&question.honest(&person)));
                prop_assert!(right.len() == 1 || question.topic == Topic::CoverageBegan);
                for (at, option) in question.options.iter().enumerate() {
                    prop_assert!(question.options[..at].iter().all(|other| other < option));
                    prop_assert!(question.topic != Topic::CoverageBegan || option.as_str() <= "2025-06");
                }
            }
        }
    }

    /// Of a month, the options are those of everybody whose coverage began in the same years, or in the block beside
    /// them.
    #[test]
    fn the_years_around_tell_nothing_about_the_one() {
        let of = |own: &str, is_left_out| years_around(own, is_left_out, TODAY).join(" ");
        for own in ["2022-01", "2023-01", "2025-01"] {
            assert_eq!(of(own, false), "2022-01 2023-01 2024-01 2025-01");
            assert_eq!(of(own, true), "2018-01 2019-01 2020-01 2021-01");
        }
        assert_eq!(of("2021-01", true), of("2022-01", false));
        assert_eq!(of("2024-09", false), "2021-09 2022-09 2023-09 2024-09");
    }

    /// Whoever always picks *None of these* is right once in five.
    #[test]
    fn none_of_these_is_as_good_as_any() {
        let person = Known::of(ROSA, TODAY);
        let mut state = 1_u64;
        let mut pick = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or(0) % below
        };
        let mut none = 0;
        for _ in 0..1_000 {
            let questions = draw(&person, &Known::default(), 5, TODAY, &mut pick).unwrap();
            none += questions.iter().filter(|question| question.is_right(OPTIONS)).count();
        }
        assert!((800..1_200).contains(&none), "{none} of 5000");
    }
}
