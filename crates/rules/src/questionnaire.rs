//! The identity questionnaire: multiple-choice questions from what the roster knows of a person and About you did not
//! ask (DESIGN.md, Register).
//!
//! A question has four options and *None of these*. The person's own value and four decoys are drawn, and one of the five,
//! by lot, is left out: each place, *None of these* among them, is the right answer of one question in five, and which
//! options there are tells nothing about which one is right. Decoys are what the organization's people have, filled up
//! from invented names; of a month they are the same month of the years around it.
//! Nobody's Social Security number, date of birth or phone number is in a question, and neither is the relationship to
//! the employee, which follows from age and form.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Lang, date, normalise};

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
    /// The slug of the program, or an invented one by its English name, which no slug can be ([`invented_program`]).
    Program,
    /// The slug of the employer, or an invented name.
    Employer,
}

/// Programs that no organization has, by their English and their Spanish names: real ones have a Spanish name too, and
/// an English one among them would be known for a decoy. An organization has the names of clinics, plans and employers
/// in one language.
const INVENTED_PROGRAMS: [(&str, &str); 8] = [
    ("Back in Motion", "De nuevo en movimiento"),
    ("Better Sleep", "Dormir mejor"),
    ("Breathe Easy", "Respirar bien"),
    ("Fit for Fifty", "En forma a los cincuenta"),
    ("Good Food First", "Primero, comer bien"),
    ("Healthy Mothers", "Madres sanas"),
    ("Mind Matters", "La mente importa"),
    ("Strong Bones", "Huesos fuertes"),
];

/// The name of an invented program; `None` where the option is a real one.
pub fn invented_program(option: &str, lang: Lang) -> Option<&'static str> {
    let (en, es) = INVENTED_PROGRAMS.into_iter().find(|(en, _)| *en == option)?;
    Some(if lang == Lang::Es { es } else { en })
}

impl Topic {
    /// Every topic, in the order in which questions are asked. A questionnaire has no two questions of one.
    pub const ALL: [Self; 5] = [Self::Clinic, Self::Plan, Self::CoverageBegan, Self::Program, Self::Employer];

    /// Names that no organization has, for decoys where an organization has too few of its own.
    fn invented(self) -> Vec<&'static str> {
        let names: &[&str] = match self {
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
            Self::Program => &INVENTED_PROGRAMS.map(|(en, _)| en),
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
        };
        names.to_vec()
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
            if let Some(name) = chosen(&topic.invented(), pick) {
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
    /// The options that are right: one, or in earlier questionnaires several months in which a coverage began; none where
    /// *None of these* is.
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
    let decoys = match topic {
        Topic::CoverageBegan => other_months(own, person, today),
        _ => other_names(topic, person, others, pick),
    };
    // In an order of chance: sorted, slugs would stand behind invented names, and the latest year always last.
    let mut options = shuffled(decoys, pick);
    // Each place is as likely as any other. The last is that of None of these: of what was drawn the own value is then the
    // one left out, otherwise the decoy whose place it takes.
    if let Some(option) = options.get_mut(pick(OPTIONS + 1)) {
        own.clone_into(option);
    }
    let right = (0..options.len()).filter(|at| person.has(topic, &options[*at])).collect();
    Question { topic, options, right }
}

/// Names that the person has not: those of others first, then invented ones.
fn other_names(
    topic: Topic,
    person: &Known,
    others: &Known,
    pick: &mut dyn FnMut(usize) -> usize,
) -> Vec<String> {
    let mut names = Known::default();
    let sources = [others.values(topic).collect(), topic.invented()];
    for name in sources.into_iter().flat_map(|source| shuffled(source, pick)) {
        if names.0.len() < OPTIONS && !person.has(topic, name) {
            names.add(topic, name);
        }
    }
    names.0.into_iter().map(|(_, name)| name).collect()
}

/// The month in other years. The years are taken in blocks of what is drawn, from the last one in which the month has
/// begun, so that where in its block the own year is tells nothing. Years in which another coverage of theirs began in
/// that month are in no block: no question has two right answers.
fn other_months(own: &str, person: &Known, today: Date) -> Vec<String> {
    let Some(own) = date::parse_iso(&format!("{own}-01")) else { return Vec::new() };
    let latest = today.year() - i16::from(own.month() > today.month());
    let of = |year| month(year, own.month());
    let mut block = Vec::new();
    for year in (i16::MIN..=latest.max(own.year())).rev() {
        let this = of(year);
        if year != own.year() && person.values(Topic::CoverageBegan).any(|known| known == this) {
            continue;
        }
        block.push(year);
        if block.len() > OPTIONS {
            if block.contains(&own.year()) {
                break;
            }
            block.clear();
        }
    }
    block.into_iter().filter(|year| *year != own.year()).map(of).collect()
}

fn shuffled<T>(mut from: Vec<T>, pick: &mut dyn FnMut(usize) -> usize) -> Vec<T> {
    let mut all = Vec::with_capacity(from.len());
    while !from.is_empty() {
        all.push(from.swap_remove(pick(from.len())));
    }
    all
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
                prop_assert_eq!(right.len(), 1);
                for (at, option) in question.options.iter().enumerate() {
                    prop_assert!(!question.options[..at].contains(option));
                    prop_assert!(question.topic != Topic::CoverageBegan || option.as_str() <= "2025-06");
                }
            }
        }
    }

    /// Of a month, what is drawn is the same for everybody whose coverage began in the same years.
    #[test]
    fn the_years_around_tell_nothing_about_the_one() {
        let drawn = |own: &str, more: &[&str]| {
            let starts: Vec<String> = [own].iter().chain(more).map(|month| [month, "-01"].concat()).collect();
            let starts = starts.iter().map(|start| Enrolled { coverage_start: start, ..Enrolled::default() });
            let mut months = other_months(own, &Known::of(starts, TODAY), TODAY);
            months.push(own.to_owned());
            months.sort();
            months.join(" ")
        };
        for own in ["2021-01", "2023-01", "2025-01"] {
            assert_eq!(drawn(own, &[]), "2021-01 2022-01 2023-01 2024-01 2025-01");
        }
        assert_eq!(drawn("2020-01", &[]), "2016-01 2017-01 2018-01 2019-01 2020-01");
        assert_eq!(drawn("2024-09", &[]), "2020-09 2021-09 2022-09 2023-09 2024-09");
        assert_eq!(drawn("2022-01", &["2024-01", "2024-09"]), "2020-01 2021-01 2022-01 2023-01 2025-01");
    }

    /// What was frozen before questions had one right answer each, in an order of chance, is read as it was.
    #[test]
    fn a_questionnaire_of_an_earlier_version_is_as_it_was() {
        let months =
            r#"{"topic":"coverage_began","options":["2022-01","2023-01","2024-01","2025-01"],"right":[0,2]}"#;
        let months: Question = serde_json::from_str(months).unwrap();
        assert_eq!((0..=OPTIONS).filter(|choice| months.is_right(*choice)).collect::<Vec<_>>(), [0, 2]);
        let program = r#"{"topic":"program","options":["Back in Motion","Strong Bones","heart-wise","walk"],"right":[]}"#;
        let program: Question = serde_json::from_str(program).unwrap();
        assert!(program.is_right(OPTIONS));
        let in_spanish = program.options.iter().map(|option| invented_program(option, Lang::Es));
        let expected = [Some("De nuevo en movimiento"), Some("Huesos fuertes"), None, None];
        assert_eq!(in_spanish.collect::<Vec<_>>(), expected);
        assert_eq!(invented_program("Strong Bones", Lang::En), Some("Strong Bones"));
    }

    fn chance_of(seed: u64) -> impl FnMut(usize) -> usize {
        let mut state = seed;
        move |below| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or(0) % below
        }
    }

    /// Whoever gives the same answer to every question of anybody, *None of these* or another, is right once in five, and
    /// passes no more often than who guesses: two of three in 10.4 of a hundred. The bounds are five deviations away.
    #[test]
    fn every_answer_is_as_good_as_any() {
        const CLINICS: [&str; 3] = ["Alder Clinic", "Hawthorne Clinic", "Salem Bridge Clinic"];
        const PROGRAMS: [&str; 6] = ["active", "heart-wise", "steps", "sugar", "tobacco-free", "zest"];
        const MONTHS: [&str; 2] = ["01", "05"];
        let mut pick = chance_of(1);
        let (mut right, mut passed) = ([[0; OPTIONS + 1]; 5], [0; OPTIONS + 1]);
        for _ in 0..30 {
            let mut known = |at_most: usize| {
                let starts: Vec<String> = (0..pick(at_most + 1))
                    .map(|_| format!("{}-{}-01", 2015 + pick(11), MONTHS[pick(2)]))
                    .collect();
                let enrolled = |coverage_start| Enrolled {
                    clinic: CLINICS[pick(3)],
                    plan: PROGRAMS[pick(6)],
                    program: PROGRAMS[pick(6)],
                    employer: "acme",
                    coverage_start,
                };
                let enrolled: Vec<_> = starts.iter().map(String::as_str).map(enrolled).collect();
                Known::of(enrolled, TODAY)
            };
            let others = known(6);
            let mut person = known(3);
            while person.topics().len() < 5 {
                person = known(3);
            }
            for _ in 0..60 {
                let five = draw(&person, &others, 5, TODAY, &mut pick).unwrap();
                for (right, question) in right.iter_mut().zip(five) {
                    let choices = (0..=OPTIONS).filter(|choice| question.is_right(*choice));
                    choices.for_each(|choice| right[choice] += 1);
                }
                let three = draw(&person, &others, 3, TODAY, &mut pick).unwrap();
                for (choice, passed) in passed.iter_mut().enumerate() {
                    *passed += u32::from(three.iter().filter(|one| one.is_right(choice)).count() >= 2);
                }
            }
        }
        assert!(right.iter().flatten().all(|times| (275..=445).contains(times)), "{right:?} of 1800");
        assert!(passed.iter().all(|times| (122..=252).contains(times)), "{passed:?} of 1800");
    }
}
