//! On whose behalf a mail is written.

use jiff::tz::TimeZone;
use portico_rules::Lang;

/// The organization as its mails show it. Every mail names it and says how to reach it.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The organization's name.
    pub organization: String,
    /// Customer service, as written in the organization file.
    pub phone: String,
    /// The number for Spanish, where there is another.
    pub phone_es: Option<String>,
    /// Customer service; replies go there.
    pub email: String,
    /// When customer service can be reached.
    pub hours: Option<String>,
    /// The same in Spanish, where it is said in Spanish.
    pub hours_es: Option<String>,
    /// `#rrggbb`; anything else counts as none, and Portico's own colour is used.
    pub theme_color: Option<String>,
    /// The zone that every time in a mail is given in.
    pub time_zone: TimeZone,
}

impl Sender {
    /// The number to call in `lang`.
    #[must_use]
    pub fn phone_in(&self, lang: Lang) -> &str {
        match (lang, &self.phone_es) {
            (Lang::Es, Some(phone)) => phone,
            _ => &self.phone,
        }
    }

    /// When customer service can be reached, in `lang` where it is said in it.
    #[must_use]
    pub fn hours_in(&self, lang: Lang) -> Option<&str> {
        match (lang, &self.hours_es) {
            (Lang::Es, Some(hours)) => Some(hours),
            _ => self.hours.as_deref(),
        }
    }

    pub(crate) fn theme(&self) -> Theme {
        self.theme_color.as_deref().and_then(Theme::parse).unwrap_or(Theme::PORTICO)
    }
}

/// The theme colour, and the text colour that can be read on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theme {
    rgb: [u8; 3],
}

impl Theme {
    const PORTICO: Self = Self { rgb: [0x1f, 0x6f, 0x5c] };

    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let bytes = portico_store::decode_hex(digits)?;
        Some(Self { rgb: bytes.try_into().ok()? })
    }

    /// `#rrggbb`.
    pub(crate) fn colour(self) -> String {
        let [red, green, blue] = self.rgb;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// White or near-black, whichever has more contrast on the colour (WCAG 2.2, relative luminance).
    pub(crate) fn text_on_it(self) -> &'static str {
        let luminance = self.luminance();
        let with_white = 1.05 / (luminance + 0.05);
        let with_black = (luminance + 0.05) / 0.05;
        if with_white >= with_black { "#ffffff" } else { "#000000" }
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.rgb.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_digits_are_a_colour() {
        let theme = Theme::parse("#0A0b0c").unwrap();
        assert_eq!(theme.colour(), "#0a0b0c");
        for bad in ["", "#fff", "1f6f5c", "#1f6f5", "#1f6f5c5", "red", "#1f6f5g", "#1;}<x>", "#ééé"] {
            assert_eq!(Theme::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_button_can_be_read_on_any_theme() {
        for colour in ["#ffffff", "#000000", "#1f6f5c", "#ffcc00", "#757575", "#777777", "#ff0000"] {
            let theme = Theme::parse(colour).unwrap();
            let luminance = theme.luminance();
            let contrast = match theme.text_on_it() {
                "#ffffff" => 1.05 / (luminance + 0.05),
                _ => (luminance + 0.05) / 0.05,
            };
            assert!(contrast >= 4.5, "{colour}: {contrast}");
        }
    }
}
