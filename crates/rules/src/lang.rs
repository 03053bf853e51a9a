//! The two languages of the portal.

use serde::{Deserialize, Serialize};

/// A language that every page and every mail exists in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English, also where nothing is known of a visitor.
    #[default]
    En,
    /// Spanish.
    Es,
}

impl Lang {
    /// Both languages, in the order of the switch.
    pub const ALL: [Self; 2] = [Self::En, Self::Es];

    /// The code for the `lang` attribute, the cookie and the database: `en` or `es`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The language of a code that [`Lang::code`] gave; `None` for anything else.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The language that the switch offers on a page in this one.
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Es,
            Self::Es => Self::En,
        }
    }

    /// The visitor's preferred language from an `Accept-Language` header (RFC 9110, 12.5.4): the highest weight
    /// wins, the earlier one of equals, regions do not matter. English where the header names neither language.
    pub fn negotiate(accept_language: &str) -> Self {
        let mut best = (Self::En, 0);
        for item in accept_language.split(',') {
            let mut parts = item.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight =
                parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1000), thousandths);
            let primary = tag.split('-').next().unwrap_or_default();
            let lang = Self::ALL.into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.code()));
            if let (Some(lang), Some(weight)) = (lang, weight)
                && weight > best.1
            {
                best = (lang, weight);
            }
        }
        best.0
    }
}

/// A quality value (`0`, `0.8`, `1.000`) in thousandths. Read by hand: parsing floats is heavy in WebAssembly.
fn thousandths(quality: &str) -> Option<u32> {
    let (whole, fraction) = quality.trim().split_once('.').unwrap_or((quality.trim(), ""));
    if !matches!(whole, "0" | "1") || fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut value = u32::from(whole == "1");
    for place in 0..3 {
        value = value * 10 + fraction.as_bytes().get(place).map_or(0, |digit| u32::from(digit - b'0'));
    }
    Some(value.min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiates() {
        for (header, expected) in [
            ("", Lang::En),
            ("*", Lang::En),
            ("es", Lang::Es),
            ("ES-mx", Lang::Es),
            ("en-US,en;q=0.9,es;q=0.8", Lang::En),
            ("es-US,es;q=0.9,en;q=0.8", Lang::Es),
            ("en;q=0.5, es;q=0.7", Lang::Es),
            ("en;q=0.5, es;q=0.5", Lang::En),
            ("es;q=0.5, en;q=0.5", Lang::Es),
            ("fr-CA, es;q=0.2", Lang::Es),
            ("es;q=0", Lang::En),
            ("es;q=0.0, fr", Lang::En),
            ("es;q=nonsense", Lang::En),
            ("es;q=9", Lang::En),
            ("est, esperanto", Lang::En),
            (";;,,;q=1", Lang::En),
        ] {
            assert_eq!(Lang::negotiate(header), expected, "{header}");
        }
    }

    #[test]
    fn codes_go_there_and_back() {
        for lang in Lang::ALL {
            assert_eq!(Lang::from_code(lang.code()), Some(lang));
            assert_ne!(lang.other(), lang);
        }
        assert_eq!(Lang::from_code("EN"), None);
    }
}
