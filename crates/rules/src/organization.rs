//! The organization file: everything that makes one front door its own.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Lang;
use crate::email;
use crate::policy::{self, Overrides, Policy, Preset};

/// An organization as its file describes it (CONTRACT.md, Organization file).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its place in every address: `/o/{slug}`.
    pub slug: String,
    /// Its name, on every page and mail.
    pub name: String,
    /// The defaults of its policy.
    #[serde(default)]
    pub preset: Preset,
    /// IANA name of the zone in which times are printed. Whether the zone exists is for the caller to check: the zone
    /// data is too heavy to be here.
    pub time_zone: String,
    /// Customer service, as printed.
    pub support_phone: String,
    /// Customer service.
    pub support_email: String,
    /// When the phone is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_hours: Option<String>,
    /// The same in Spanish, where it is said in Spanish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_hours_es: Option<String>,
    /// The phone for Spanish speakers, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_phone_es: Option<String>,
    /// The privacy notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy_url: Option<String>,
    /// The terms of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_url: Option<String>,
    /// Which version of the privacy notice the address leads to, as the organization counts them: it is noted with each
    /// registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy_version: Option<String>,
    /// The same of the terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_version: Option<String>,
    /// `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme_color: Option<String>,
    /// What people come for.
    #[serde(default)]
    pub programs: Vec<Program>,
    /// Employers with a registration link of their own.
    #[serde(default)]
    pub employers: Vec<Employer>,
    /// What differs from the preset.
    #[serde(default)]
    pub policy: Overrides,
}

/// A program that people are enrolled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name in roster files.
    pub slug: String,
    /// Its name on pages.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// The name in Spanish, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_es: Option<String>,
    /// The sentence in Spanish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description_es: Option<String>,
    /// Where it lives.
    pub url: String,
}

impl Program {
    /// Its name in `lang`, where it has one.
    pub fn name_in(&self, lang: Lang) -> &str {
        self.name_es.as_deref().filter(|_| lang == Lang::Es).unwrap_or(&self.name)
    }

    /// The sentence in `lang`, where it is said in it.
    pub fn description_in(&self, lang: Lang) -> &str {
        self.description_es.as_deref().filter(|_| lang == Lang::Es).unwrap_or(&self.description)
    }
}

/// An employer whose people register through a link of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Employer {
    /// Its name in roster files and in the address of the link.
    pub slug: String,
    /// Its name on pages.
    pub name: String,
    /// Slugs of the programs that its people have.
    #[serde(default)]
    pub programs: Vec<String>,
    /// Who corrects personal information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// Why an organization file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionError {
    /// The key, with a dotted path for one inside a table: `programs.healthy-steps.url`.
    pub key: String,
    /// What is wrong and what would be right, to be read after the key.
    pub reason: String,
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.reason)
    }
}

impl std::error::Error for DefinitionError {}

impl Definition {
    /// The phone to call in `lang`.
    pub fn phone_in(&self, lang: Lang) -> &str {
        self.support_phone_es.as_deref().filter(|_| lang == Lang::Es).unwrap_or(&self.support_phone)
    }

    /// When the phone is answered, in `lang` where it is said in it.
    pub fn hours_in(&self, lang: Lang) -> Option<&str> {
        let spanish = self.support_hours_es.as_deref().filter(|_| lang == Lang::Es);
        spanish.or(self.support_hours.as_deref())
    }

    /// Checks every value and gives the policy that results.
    ///
    /// # Errors
    ///
    /// The first value that is refused, with the reason.
    pub fn validate(&self) -> Result<Policy, DefinitionError> {
        slug("slug", &self.slug)?;
        text("name", &self.name)?;
        zone_name("time_zone", &self.time_zone)?;
        text("support_phone", &self.support_phone)?;
        if email::check(&self.support_email).is_err() {
            return refuse("support_email", "must be an email address");
        }
        optional("support_hours", self.support_hours.as_deref(), text)?;
        optional("support_hours_es", self.support_hours_es.as_deref(), text)?;
        optional("support_phone_es", self.support_phone_es.as_deref(), text)?;
        optional("privacy_url", self.privacy_url.as_deref(), web_address)?;
        optional("terms_url", self.terms_url.as_deref(), web_address)?;
        for (version, given, url) in [
            ("privacy_version", &self.privacy_version, &self.privacy_url),
            ("terms_version", &self.terms_version, &self.terms_url),
        ] {
            optional(version, given.as_deref(), text)?;
            if given.is_some() && url.is_none() {
                return refuse(version, "needs the address of what it is a version of");
            }
        }
        optional("theme_color", self.theme_color.as_deref(), color)?;
        self.validate_programs()?;
        self.validate_employers()?;

        let under_policy = |error: policy::PolicyError| DefinitionError {
            key: format!("policy.{}", error.key),
            reason: error.reason,
        };
        policy::resolve(self.preset, &self.policy).map_err(under_policy)
    }

    /// What nobody should have as a password here, since everybody who guesses begins with it: the organization's name,
    /// its words of four letters and more, its slug, the names of its programs in each language, and the product's.
    pub fn own_names(&self) -> Vec<String> {
        let programs = self.programs.iter().flat_map(|program| {
            [Some(&program.name), program.name_es.as_ref(), Some(&program.slug)].into_iter().flatten()
        });
        let words = self.name.split_whitespace().filter(|word| word.chars().count() >= 4);
        let mut names: Vec<String> = [self.name.as_str(), &self.slug, "Portico"]
            .into_iter()
            .chain(words)
            .chain(programs.map(String::as_str))
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn validate_programs(&self) -> Result<(), DefinitionError> {
        let mut seen = HashSet::new();
        for program in &self.programs {
            slug("programs.slug", &program.slug)?;
            let key = |field: &str| format!("programs.{}.{field}", program.slug);
            if !seen.insert(&program.slug) {
                return refuse(key("slug"), "is there twice; each program has a slug of its own");
            }
            text(&key("name"), &program.name)?;
            text(&key("description"), &program.description)?;
            optional(&key("name_es"), program.name_es.as_deref(), text)?;
            optional(&key("description_es"), program.description_es.as_deref(), text)?;
            web_address(&key("url"), &program.url)?;
        }
        Ok(())
    }

    fn validate_employers(&self) -> Result<(), DefinitionError> {
        let mut seen = HashSet::new();
        for employer in &self.employers {
            slug("employers.slug", &employer.slug)?;
            let key = |field: &str| format!("employers.{}.{field}", employer.slug);
            if !seen.insert(&employer.slug) {
                return refuse(key("slug"), "is there twice; each employer has a slug of its own");
            }
            text(&key("name"), &employer.name)?;
            optional(&key("contact"), employer.contact.as_deref(), text)?;
            for program in &employer.programs {
                if !self.programs.iter().any(|known| known.slug == *program) {
                    return refuse(
                        key("programs"),
                        format!("names {program:?}, which is no slug under [[programs]]"),
                    );
                }
            }
        }
        Ok(())
    }
}

fn refuse<T>(key: impl Into<String>, reason: impl Into<String>) -> Result<T, DefinitionError> {
    Err(DefinitionError { key: key.into(), reason: reason.into() })
}

fn optional(
    key: &str,
    value: Option<&str>,
    check: fn(&str, &str) -> Result<(), DefinitionError>,
) -> Result<(), DefinitionError> {
    value.map_or(Ok(()), |value| check(key, value))
}

/// Whether the text can stand in an address as it is: 1 to 40 lowercase letters, digits and inner hyphens.
pub fn is_slug(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn slug(key: &str, value: &str) -> Result<(), DefinitionError> {
    if is_slug(value) {
        Ok(())
    } else {
        refuse(key, "must be 1 to 40 lowercase letters, digits and inner hyphens")
    }
}

fn text(key: &str, value: &str) -> Result<(), DefinitionError> {
    if value.trim().is_empty() {
        refuse(key, "must not be empty")
    } else if value.chars().any(char::is_control) {
        refuse(key, "must be one line without control characters")
    } else if value.chars().count() > 200 {
        refuse(key, "must be 200 characters at most")
    } else {
        Ok(())
    }
}

fn zone_name(key: &str, value: &str) -> Result<(), DefinitionError> {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    };
    if value.split('/').all(is_part) {
        Ok(())
    } else {
        refuse(key, "must be a zone name such as \"America/Los_Angeles\"")
    }
}

/// Addresses that pages and mails link to: https, or http on this machine for trying things out.
fn web_address(key: &str, value: &str) -> Result<(), DefinitionError> {
    let is_plain = value.bytes().all(|b| b.is_ascii_graphic() && !br#""'<>\`{}|^"#.contains(&b));
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let well_formed = match (value.strip_prefix("https://"), value.strip_prefix("http://")) {
        (Some(rest), _) => !host(rest).is_empty() && !host(rest).contains('@'),
        (_, Some(rest)) => {
            matches!(host(rest).split(':').next(), Some("localhost" | "127.0.0.1"))
        }
        _ => false,
    };
    if is_plain && well_formed {
        Ok(())
    } else {
        refuse(key, "must be a web address that begins with https://")
    }
}

fn color(key: &str, value: &str) -> Result<(), DefinitionError> {
    match value.strip_prefix('#') {
        Some(digits) if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) => Ok(()),
        _ => refuse(key, "must be a color such as \"#1f6f5c\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of CONTRACT.md, with what this version refuses set to 0.
    const EVERGREEN: &str = r##"
        slug = "evergreen"
        name = "Evergreen Health Programs"
        preset = "member"
        time_zone = "America/Los_Angeles"
        support_phone = "1-800-555-0100"
        support_email = "help@evergreen.example"
        support_hours = "Monday to Friday, 8 to 6 Pacific"
        support_hours_es = "Lunes a viernes, de 8 a 18, hora del Pacífico"
        support_phone_es = "1-800-555-0101"
        privacy_url = "https://evergreen.example/privacy"
        terms_url = "https://evergreen.example/terms"
        theme_color = "#1f6f5c"

        [[programs]]
        slug = "healthy-steps"
        name = "Healthy Steps"
        description = "Walking groups and coaching"
        name_es = "Pasos sanos"
        url = "https://steps.evergreen.example/"

        [[employers]]
        slug = "acme"
        name = "Acme Manufacturing"
        programs = ["healthy-steps"]
        contact = "Human Resources, 555-0107"

        [policy]
        idle_seconds = 900
        questionnaire = 0
    "##;

    fn evergreen() -> Definition {
        toml::from_str(EVERGREEN).unwrap()
    }

    #[test]
    fn reads_the_example() {
        let definition = evergreen();
        let policy = definition.validate().unwrap();
        assert_eq!(policy.idle_seconds, 900);
        assert_eq!(policy.questionnaire, 0);
        assert_eq!(policy.password_max, 12);
        assert_eq!(definition.programs[0].name_es.as_deref(), Some("Pasos sanos"));
        assert_eq!(definition.employers[0].programs, ["healthy-steps"]);
    }

    #[test]
    fn spanish_falls_back_on_what_is_said_once() {
        let mut definition = evergreen();
        let of = |definition: &Definition, lang| {
            (definition.phone_in(lang).to_owned(), definition.hours_in(lang).map(str::to_owned))
        };
        let english = ("1-800-555-0100".to_owned(), Some("Monday to Friday, 8 to 6 Pacific".to_owned()));
        let spanish =
            ("1-800-555-0101".to_owned(), Some("Lunes a viernes, de 8 a 18, hora del Pacífico".to_owned()));
        assert_eq!(of(&definition, Lang::En), english);
        assert_eq!(of(&definition, Lang::Es), spanish);
        (definition.support_phone_es, definition.support_hours_es) = (None, None);
        assert_eq!(of(&definition, Lang::Es), english);
        (definition.support_hours, definition.support_hours_es) = (None, spanish.1.clone());
        assert_eq!(definition.hours_in(Lang::En), None);
        assert_eq!(definition.hours_in(Lang::Es), spanish.1.as_deref());
    }

    #[test]
    fn survives_being_stored() {
        let json = serde_json::to_string(&evergreen()).unwrap();
        assert_eq!(serde_json::from_str::<Definition>(&json).unwrap(), evergreen());
    }

    #[test]
    fn unknown_and_missing_keys_are_refused() {
        for (from, to, says) in [
            ("support_hours =", "support_hour =", "unknown field `support_hour`"),
            ("idle_seconds = 900", "idle = 900", "unknown field `idle`"),
            ("slug = \"evergreen\"", "", "missing field `slug`"),
            ("\"member\"", "\"members\"", "unknown variant `members`"),
            ("idle_seconds = 900", "idle_seconds = -1", "invalid value"),
        ] {
            let error = toml::from_str::<Definition>(&EVERGREEN.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn refuses_with_the_key() {
        type Spoil = fn(&mut Definition);
        let cases: &[(&str, Spoil)] = &[
            ("slug", |d| d.slug = "Evergreen".into()),
            ("slug", |d| d.slug = "-evergreen".into()),
            ("slug", |d| d.slug = "a/b".into()),
            ("slug", |d| d.slug = String::new()),
            ("slug", |d| d.slug = "a".repeat(41)),
            ("name", |d| d.name = " ".into()),
            ("name", |d| d.name = "Ever\ngreen".into()),
            ("time_zone", |d| d.time_zone = "Los Angeles".into()),
            ("time_zone", |d| d.time_zone = "../etc/passwd".into()),
            ("support_phone", |d| d.support_phone = String::new()),
            ("support_email", |d| d.support_email = "help".into()),
            ("support_hours", |d| d.support_hours = Some(String::new())),
            ("support_hours_es", |d| d.support_hours_es = Some("8\n6".into())),
            ("privacy_url", |d| d.privacy_url = Some("evergreen.example".into())),
            ("privacy_url", |d| d.privacy_url = Some("javascript:alert(1)".into())),
            ("terms_url", |d| d.terms_url = Some("http://evergreen.example/".into())),
            ("terms_url", |d| d.terms_url = Some("https://".into())),
            ("terms_version", |d| d.terms_version = Some(" ".into())),
            ("privacy_version", |d| {
                d.privacy_version = Some("2026-01".into());
                d.privacy_url = None;
            }),
            ("terms_url", |d| d.terms_url = Some("https://user@evergreen.example/".into())),
            ("terms_url", |d| d.terms_url = Some("http://localhost.evil.example/".into())),
            ("theme_color", |d| d.theme_color = Some("green".into())),
            ("theme_color", |d| d.theme_color = Some("#1f6f5c;}".into())),
            ("programs.slug", |d| d.programs[0].slug = "Healthy Steps".into()),
            ("programs.healthy-steps.slug", |d| d.programs.push(d.programs[0].clone())),
            ("programs.healthy-steps.url", |d| d.programs[0].url = "steps".into()),
            ("programs.healthy-steps.name", |d| d.programs[0].name = String::new()),
            ("employers.acme.slug", |d| d.employers.push(d.employers[0].clone())),
            ("employers.acme.programs", |d| d.employers[0].programs.push("yoga".into())),
            ("policy.idle_seconds", |d| d.policy.idle_seconds = Some(29)),
            ("policy.questionnaire", |d| d.policy.questionnaire = Some(6)),
            ("policy.security_questions", |d| d.policy.security_questions = Some(11)),
        ];
        for (key, spoil) in cases {
            let mut definition = evergreen();
            spoil(&mut definition);
            let error = definition.validate().unwrap_err();
            assert_eq!(error.key, *key, "{error}");
        }
    }

    #[test]
    fn modern_is_the_preset_of_a_file_that_names_none() {
        let mut file = toml::Table::try_from(evergreen()).unwrap();
        file.remove("preset");
        let definition: Definition = file.try_into().unwrap();
        assert_eq!(definition.preset, Preset::Modern);
    }

    #[test]
    fn nobody_has_a_name_of_the_organization_as_a_password() {
        let names = evergreen().own_names();
        for name in ["Evergreen Health Programs", "Evergreen", "evergreen", "Portico", "Healthy Steps"] {
            assert!(names.iter().any(|own| own == name), "{name}: {names:?}");
        }
    }

    #[test]
    fn links_on_this_machine_may_be_plain() {
        let mut definition = evergreen();
        definition.programs[0].url = "http://127.0.0.1:4000/steps".into();
        assert!(definition.validate().is_ok());
    }
}
