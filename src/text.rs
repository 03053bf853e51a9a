//! Every sentence that a page shows, in each language; the constants come from `locales/` (see `build.rs`).

use portico_rules::Lang;

#[cfg_attr(
    feature = "hydrate",
    expect(
        dead_code,
        reason = "the browser needs only some of the words; the server's build finds unused ones"
    )
)]
mod catalogue {
    include!(concat!(env!("OUT_DIR"), "/text.rs"));
    use super::Text;
}
pub(crate) use catalogue::*;

/// One text in every language of the portal.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    en: &'static str,
    es: &'static str,
}

impl Text {
    pub(crate) const fn new(en: &'static str, es: &'static str) -> Self {
        Self { en, es }
    }

    /// The text in `lang`.
    pub(crate) const fn of(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Es => self.es,
        }
    }

    /// The text in `lang` with each `{name}` replaced by its value.
    pub(crate) fn fill(self, lang: Lang, values: &[(&str, &str)]) -> String {
        let mut text = self.of(lang).to_owned();
        for (name, value) in values {
            // Not `format!`: the pattern is data, and a value with braces must stay as it is.
            if let Some((before, after)) = text.split_once(&["{", name, "}"].concat()) {
                text = [before, value, after].concat();
            }
        }
        text
    }
}
