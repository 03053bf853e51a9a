//! Reading an organization file. What is wrong with it is said in one sentence with file, line and key, and with what
//! would be right: whoever writes such a file is no programmer.

use super::written::{Shape, line};
use anyhow::anyhow;
use portico_rules::{
    organization::{Definition, DefinitionError, is_slug},
    policy::{Policy, Preset, written},
};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// A key, how its value is written, and whether it must be there.
type Key = (&'static str, Shape, bool);

/// The words of `preset`.
const PRESETS: &[&str] = &[Preset::Member.name(), Preset::Staff.name(), Preset::Modern.name()];

const ORGANIZATION: &[Key] = &[
    ("slug", Shape::Text, true),
    ("name", Shape::Text, true),
    ("preset", Shape::Word(PRESETS), false),
    ("time_zone", Shape::Text, true),
    ("support_phone", Shape::Text, true),
    ("support_email", Shape::Text, true),
    ("support_hours", Shape::Text, false),
    ("support_hours_es", Shape::Text, false),
    ("support_phone_es", Shape::Text, false),
    ("privacy_url", Shape::Text, false),
    ("terms_url", Shape::Text, false),
    ("privacy_version", Shape::Text, false),
    ("terms_version", Shape::Text, false),
    ("theme_color", Shape::Text, false),
];

const PROGRAM: &[Key] = &[
    ("slug", Shape::Text, true),
    ("name", Shape::Text, true),
    ("description", Shape::Text, true),
    ("name_es", Shape::Text, false),
    ("description_es", Shape::Text, false),
    ("url", Shape::Text, true),
];

const EMPLOYER: &[Key] = &[
    ("slug", Shape::Text, true),
    ("name", Shape::Text, true),
    ("programs", Shape::Texts("[\"healthy-steps\"]"), false),
    ("contact", Shape::Text, false),
];

/// The tables below the keys of the organization itself.
const TABLES: [&str; 3] = ["programs", "employers", "policy"];

/// An organization file that could be read.
#[derive(Debug)]
pub(super) struct OrganizationFile {
    /// What it says. Its values are not checked yet.
    pub(super) definition: Definition,
    name: String,
    /// Where each key stands, by its path: `programs.healthy-steps.url`.
    lines: BTreeMap<String, usize>,
}

impl OrganizationFile {
    /// Reads the file `name`, whose text is given.
    ///
    /// # Errors
    /// The first thing in it that is not as it should be.
    pub(super) fn read(name: &str, text: &str) -> anyhow::Result<Self> {
        let table = DeTable::parse(text).map_err(|error| {
            let line = line(text, error.span().map_or(0, |span| span.start));
            let why = error.message().replace('\n', ", ");
            anyhow!("{name}, line {line}: this is not TOML: {why}")
        })?;
        let mut look = Look { text, lines: BTreeMap::new(), faults: Vec::new() };
        look.at_organization(table.get_ref());
        if let Some(fault) = look.faults.into_iter().min_by_key(|fault| fault.line.unwrap_or(usize::MAX)) {
            return Err(anyhow!("{}: `{}` {}", place(name, fault.line), fault.key, fault.reason));
        }
        // Nothing is left that it could mind.
        let definition = toml::from_str(text).map_err(|error| {
            let line = line(text, error.span().map_or(0, |span| span.start));
            anyhow!("{name}, line {line}: {}", error.message())
        })?;
        Ok(Self { definition, name: name.to_owned(), lines: look.lines })
    }

    /// Why the file is refused, with the place of what is to blame; a value that a preset brought has none.
    pub(super) fn refused(&self, DefinitionError { key, reason }: &DefinitionError) -> anyhow::Error {
        anyhow!("{}: `{key}` {reason}", place(&self.name, self.lines.get(key).copied()))
    }
}

fn place(name: &str, line: Option<usize>) -> String {
    line.map_or_else(|| name.to_owned(), |line| format!("{name}, line {line}"))
}

struct Fault {
    /// None where something is missing from the file as a whole.
    line: Option<usize>,
    key: String,
    reason: String,
}

/// Goes through a file, and notes where everything is and what is wrong.
struct Look<'a> {
    text: &'a str,
    lines: BTreeMap<String, usize>,
    faults: Vec<Fault>,
}

impl Look<'_> {
    fn fault(&mut self, line: impl Into<Option<usize>>, key: String, reason: impl Into<String>) {
        self.faults.push(Fault { line: line.into(), key, reason: reason.into() });
    }

    fn at_organization(&mut self, table: &DeTable<'_>) {
        self.at_table("", table, None, ORGANIZATION, &TABLES);
        for (key, value) in table {
            let (line, value) = (line(self.text, key.span().start), value.get_ref());
            match &**key.get_ref() {
                "programs" => self.at_each("programs", value, line, PROGRAM),
                "employers" => self.at_each("employers", value, line, EMPLOYER),
                "policy" => match value.as_table() {
                    Some(policy) => {
                        let key = |key| Some((key, Shape::of(written(key)?), false));
                        let keys: Vec<Key> = Policy::KEYS.iter().copied().filter_map(key).collect();
                        self.at_table("policy", policy, Some(line), &keys, &[]);
                    }
                    None => self.fault(
                        line,
                        "policy".to_owned(),
                        "must be a table: write [policy] on a line of its own, and its keys below",
                    ),
                },
                _ => {}
            }
        }
    }

    /// A list of tables.
    fn at_each(&mut self, name: &str, value: &DeValue<'_>, at: usize, keys: &[Key]) {
        let items: Option<Vec<_>> = value.as_array().and_then(|items| {
            items
                .iter()
                .map(|item| Some((line(self.text, item.span().start), item.get_ref().as_table()?)))
                .collect()
        });
        let Some(items) = items else {
            let reason =
                format!("must be tables: write [[{name}]] on a line of its own for each, and its keys below");
            return self.fault(at, name.to_owned(), reason);
        };
        for (at, item) in items {
            let slug = item.get("slug").and_then(|slug| slug.get_ref().as_str());
            let path = match slug.filter(|slug| is_slug(slug)) {
                Some(slug) => format!("{name}.{slug}"),
                None => name.to_owned(),
            };
            self.at_table(&path, item, Some(at), keys, &[]);
        }
    }

    /// A table whose path is `path`, with these keys and, looked at elsewhere, `tables`.
    fn at_table(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        at: Option<usize>,
        keys: &[Key],
        tables: &[&str],
    ) {
        let with_path = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        for (key, value) in table {
            let (name, line) = (&**key.get_ref(), line(self.text, key.span().start));
            match keys.iter().find(|(known, ..)| *known == name) {
                Some((_, shape, _)) if !shape.fits(value.get_ref()) => {
                    self.fault(line, with_path(name), shape.expected());
                }
                // Of two with the same slug the second is to blame for it, and the first is looked at first.
                Some(_) if name == "slug" => {
                    self.lines.insert(with_path(name), line);
                }
                Some(_) => {
                    self.lines.entry(with_path(name)).or_insert(line);
                }
                None if tables.contains(&name) => {}
                None => {
                    let known: Vec<_> =
                        keys.iter().map(|(key, ..)| *key).chain(tables.iter().copied()).collect();
                    let reason = format!(
                        "is no key of an organization file: remove it, or write one of {}",
                        known.join(", ")
                    );
                    self.fault(line, with_path(name), reason);
                }
            }
        }
        for (key, shape, is_needed) in keys {
            if *is_needed && !table.contains_key(*key) {
                self.fault(at, with_path(key), format!("is missing: it {}", shape.expected()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERGREEN: &str = include_str!("../../demo/evergreen.toml");

    /// The sentence that refuses a file.
    fn refusal(text: &str) -> String {
        OrganizationFile::read("x.toml", text).unwrap_err().to_string()
    }

    /// What every organization file has, in five lines.
    const LEAST: &str = "slug = \"x\"\nname = \"X\"\ntime_zone = \"Etc/UTC\"\nsupport_phone = \"1\"\n\
                         support_email = \"help@x.example\"\n";

    #[test]
    fn every_kind_of_mistake_is_named_in_plain_words() {
        #[rustfmt::skip]
        let cases = [
            ("name = 3", "x.toml, line 6: this is not TOML: duplicate key"),
            ("preset = ", "x.toml, line 6: this is not TOML: "),
            ("preset = \"members\"", "x.toml, line 6: `preset` must be \"member\", \"staff\" or \"modern\""),
            ("preset = 1", "x.toml, line 6: `preset` must be \"member\", \"staff\" or \"modern\""),
            ("support_hours = 8", "x.toml, line 6: `support_hours` must be text in quotes"),
            ("terms_version = 2026-01-01", "x.toml, line 6: `terms_version` must be text in quotes"),
            ("support_hour = \"8\"", "x.toml, line 6: `support_hour` is no key of an organization file: remove it, or write one of slug, name, preset, "),
            ("policy = 1", "x.toml, line 6: `policy` must be a table: write [policy] on a line of its own"),
            ("programs = [\"steps\"]", "x.toml, line 6: `programs` must be tables: write [[programs]] on a line of its own for each"),
            ("[programs]\nslug = \"steps\"", "x.toml, line 6: `programs` must be tables: write [[programs]]"),
            ("[[programs]]\nslug = \"steps\"\nname = \"Steps\"\nurl = 3", "x.toml, line 6: `programs.steps.description` is missing: it must be text in quotes"),
            ("[[programs]]\nslug = \"steps\"\nname = \"Steps\"\ndescription = \"x\"\nurl = 3", "x.toml, line 10: `programs.steps.url` must be text in quotes"),
            ("[[programs]]\nslug = 1\nname = \"Steps\"\ndescription = \"x\"\nurl = \"x\"", "x.toml, line 7: `programs.slug` must be text in quotes"),
            ("[[programs]]\nsulg = \"steps\"", "x.toml, line 6: `programs.slug` is missing"),
            ("[[employers]]\nslug = \"acme\"\nname = \"Acme\"\nprograms = \"steps\"", "x.toml, line 9: `employers.acme.programs` must be a list of texts, such as [\"healthy-steps\"]"),
            ("[[employers]]\nslug = \"acme\"\nname = \"Acme\"\nprograms = [1]", "x.toml, line 9: `employers.acme.programs` must be a list of texts"),
            ("[[employers]]\nslug = \"acme\"\nname = \"Acme\"\nphone = \"1\"", "x.toml, line 9: `employers.acme.phone` is no key of an organization file: remove it, or write one of slug, name, programs, contact"),
            ("[policy]\nidle = 60", "x.toml, line 7: `policy.idle` is no key of an organization file: remove it, or write one of sign_in_with, "),
            ("[policy]\nidle_seconds = -1", "x.toml, line 7: `policy.idle_seconds` must be a whole number from 30 to 86400, without quotes"),
            ("[policy]\nidle_seconds = \"60\"", "x.toml, line 7: `policy.idle_seconds` must be a whole number from 30 to 86400, without quotes"),
            ("[policy]\nidle_seconds = 60.5", "x.toml, line 7: `policy.idle_seconds` must be a whole number from 30"),
            ("[policy]\nquestionnaire_right = -1", "x.toml, line 7: `policy.questionnaire_right` must be a whole number, 0 or more, without quotes"),
            ("[policy]\n\npassword_letter = \"yes\"", "x.toml, line 8: `policy.password_letter` must be true or false, without quotes"),
            ("[policy]\npassword_letter = 1", "x.toml, line 7: `policy.password_letter` must be true or false"),
            ("[policy]\nsecond_factor = \"maybe\"", "x.toml, line 7: `policy.second_factor` must be \"off\", \"offered\" or \"required\""),
            ("[policy]\nquestionnaire_too_few = true", "x.toml, line 7: `policy.questionnaire_too_few` must be \"refuse\" or \"go_on\""),
            ("[policy]\npassword_history = -1", "x.toml, line 7: `policy.password_history` must be a whole number from 0 to 100, without quotes, or \"all\""),
            ("[policy]\npassword_history = \"five\"", "x.toml, line 7: `policy.password_history` must be a whole number from 0 to 100, without quotes, or \"all\""),
        ];
        for (more, sentence) in cases {
            let said = refusal(&format!("{LEAST}{more}\n"));
            assert!(said.starts_with(sentence), "{more}\n{said}");
            assert!(!said.contains('\n'), "{said}");
        }
        assert_eq!(refusal(""), "x.toml: `slug` is missing: it must be text in quotes");
        // What stands first in the file is said first.
        assert!(
            refusal("nmae = \"X\"\nslug = 1\n[policy]\nidle = 1\n").starts_with("x.toml, line 1: `nmae` ")
        );
    }

    /// Of every key of the policy, whatever is written: it is read, or refused in our words.
    #[test]
    fn no_key_of_the_policy_is_refused_in_the_words_of_a_parser() {
        for key in Policy::KEYS {
            for value in
                ["-1", "7", "1.5", "99999999999", "0xFFFF", "true", "\"x\"", "\"\"", "[]", "{}", "2026-01-01"]
            {
                if let Err(error) =
                    OrganizationFile::read("x.toml", &format!("{LEAST}[policy]\n{key} = {value}\n"))
                {
                    let said = error.to_string();
                    let expected = format!("x.toml, line 7: `policy.{key}` must be ");
                    assert!(said.starts_with(&expected), "{key} = {value}: {said}");
                }
            }
        }
    }

    #[test]
    fn what_is_refused_later_has_its_line_too() {
        let refused = |from: &str, to: &str| {
            let (before, _) = EVERGREEN.split_once(from).unwrap();
            let at = before.lines().count() + usize::from(before.ends_with('\n'));
            let file = OrganizationFile::read("x.toml", &EVERGREEN.replacen(from, to, 1)).unwrap();
            (file.refused(&file.definition.validate().unwrap_err()).to_string(), at)
        };
        let (said, at) = refused("\"#1f6f5c\"", "\"green\"");
        assert_eq!(said, format!("x.toml, line {at}: `theme_color` must be a color such as \"#1f6f5c\""));
        let (said, at) = refused("[policy]", "[policy]\npassword_min = 5");
        let at = at + 1;
        let expected = format!("x.toml, line {at}: `policy.password_min` is 5; it must be 6 to 64");
        assert!(said.starts_with(&expected), "{said}");
        let (said, at) = refused("\nurl = \"https://", "\nurl = \"ftp://");
        let at = at + 1;
        assert!(said.starts_with(&format!("x.toml, line {at}: `programs.")), "{said}");
        // Of a contradiction with a value that the file does not give, there is no line to name.
        let text = EVERGREEN.replacen("[policy]", "[policy]\npassword_max = 8", 1);
        let text = text.replacen("\"member\"", "\"staff\"", 1);
        let file = OrganizationFile::read("x.toml", &text).unwrap();
        let said = file.refused(&file.definition.validate().unwrap_err()).to_string();
        assert_eq!(said, "x.toml: `policy.password_min` is 10, more than password_max, which is 8");
    }

    /// The keys here are those of the definition, all of them.
    #[test]
    fn the_keys_are_those_that_are_read() {
        let file = OrganizationFile::read("evergreen.toml", EVERGREEN).unwrap();
        let mut all = serde_json::to_value(&file.definition).unwrap();
        let object = all.as_object_mut().unwrap();
        for (name, keys) in [("programs", PROGRAM), ("employers", EMPLOYER)] {
            let items = object.remove(name).unwrap();
            for item in items.as_array().unwrap() {
                assert!(
                    item.as_object().unwrap().keys().all(|key| keys.iter().any(|(known, ..)| known == key))
                );
            }
        }
        object.remove("policy");
        assert!(object.keys().all(|key| ORGANIZATION.iter().any(|(known, ..)| known == key)), "{object:?}");
        assert!(Policy::KEYS.iter().all(|key| written(key).is_some()));
        // And each of them is read.
        for (table, keys) in [("", ORGANIZATION), ("[[programs]]", PROGRAM), ("[[employers]]", EMPLOYER)] {
            for (key, ..) in keys {
                let unknown = format!("unknown field `{key}`");
                let text = format!("{table}\n{key} = 1e9\n");
                let said = toml::from_str::<Definition>(&text).unwrap_err().to_string();
                assert!(!said.contains(&unknown), "{said}");
            }
        }
    }
}
