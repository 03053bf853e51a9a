//! The stylesheet of an organization, computed from its theme colour.
//!
//! An organization names one colour, and it may be any. Links and buttons need one that can be read: the nearest
//! colour of the same hue and saturation with enough contrast, darker for light pages and lighter for dark ones.
//! `style/main.css` says what each property is for and derives the rest from it.

use super::Portal;
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::fmt;

/// The colour of an organization that names none.
const DEFAULT: Colour = Colour([0x1f, 0x6f, 0x5c]);

/// `GET /o/{organization}/theme.css`.
pub(super) async fn serve(State(portal): State<Portal>, Path(slug): Path<String>) -> Response {
    match portico_access::organization::find(&portal.access, &slug).await {
        Ok(Some(organization)) => {
            let colour =
                organization.definition.theme_color.as_deref().and_then(Colour::parse).unwrap_or(DEFAULT);
            let headers = [
                (header::CONTENT_TYPE, "text/css; charset=utf-8"),
                (header::CACHE_CONTROL, "public, max-age=300"),
            ];
            (headers, stylesheet(colour)).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "the organization could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// An sRGB colour, 8 bits a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour([u8; 3]);

const BLACK: Colour = Colour([0, 0, 0]);
const WHITE: Colour = Colour([255, 255, 255]);
/// Dark text on a light mark.
const INK: Colour = Colour([0x1b, 0x18, 0x15]);
/// `--sheet` of the dark scheme.
const DARK_SHEET: Colour = Colour([0x21, 0x1e, 0x1a]);
/// Contrast on white. The tinted grounds take up to a fifth of it and 4.5:1 is left (WCAG 2.2, 1.4.3).
const ON_LIGHT: f64 = 6.0;
/// Contrast on the dark sheet, for the same reason.
const ON_DARK: f64 = 6.5;

impl Colour {
    /// Reads `#rrggbb`. Anything else is `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits =
            text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([r, g, b]))
    }

    /// Contrast ratio of WCAG 2.2, from 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// HSL lightness, from 0 to 1.
    fn lightness(self) -> f64 {
        let [r, g, b] = self.0;
        f64::from(u16::from(r.max(g).max(b)) + u16::from(r.min(g).min(b))) / 510.0
    }

    /// The same HSL hue and saturation at another lightness.
    fn at_lightness(self, lightness: f64) -> Self {
        let was = self.lightness();
        let room = |l: f64| 1.0 - (2.0 * l - 1.0).abs();
        let stretch = if room(was) > 0.0 { room(lightness) / room(was) } else { 0.0 };
        // `as u8` saturates, which is what is wanted at the ends.
        Self(self.0.map(|c| (255.0 * (lightness + (f64::from(c) / 255.0 - was) * stretch)).round() as u8))
    }

    /// The nearest colour on the way to `end` (black or white) with this contrast on `ground`.
    fn readable_on(self, ground: Self, contrast: f64, end: Self) -> Self {
        let (from, to) = (self.lightness(), end.lightness());
        (0..=200)
            .map(|step| {
                if step == 0 { self } else { self.at_lightness(from + (to - from) * f64::from(step) / 200.0) }
            })
            .find(|candidate| candidate.contrast(ground) >= contrast)
            .unwrap_or(end)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

/// The organization's stylesheet, which goes after `main.css`.
pub(crate) fn stylesheet(theme: Colour) -> String {
    let light = theme.readable_on(WHITE, ON_LIGHT, BLACK);
    let dark = theme.readable_on(DARK_SHEET, ON_DARK, WHITE);
    let on_mark = if theme.contrast(WHITE) >= theme.contrast(INK) { WHITE } else { INK };
    format!(
        ":root{{--theme:{light};--mark:{theme};--on-mark:{on_mark}}}\
         @media(prefers-color-scheme:dark){{:root{{--theme:{dark}}}}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Colours from every corner: already fine, too light, too dark, grey, fully saturated.
    const COLOURS: [Colour; 9] = [
        Colour([0x1f, 0x6f, 0x5c]),
        BLACK,
        WHITE,
        Colour([255, 212, 0]),
        Colour([200, 16, 46]),
        Colour([91, 42, 134]),
        Colour([136, 136, 136]),
        Colour([0, 255, 0]),
        Colour([0, 0, 255]),
    ];

    #[test]
    fn any_colour_becomes_readable() {
        for colour in COLOURS {
            let light = colour.readable_on(WHITE, ON_LIGHT, BLACK);
            let dark = colour.readable_on(DARK_SHEET, ON_DARK, WHITE);
            assert!(light.contrast(WHITE) >= ON_LIGHT, "{colour} became {light}");
            assert!(dark.contrast(DARK_SHEET) >= ON_DARK, "{colour} became {dark}");
        }
    }

    #[test]
    fn a_readable_colour_stays() {
        let green = Colour([0x1f, 0x6f, 0x5c]);
        assert_eq!(green.readable_on(WHITE, ON_LIGHT, BLACK), green);
        assert_eq!(
            stylesheet(green),
            ":root{--theme:#1f6f5c;--mark:#1f6f5c;--on-mark:#ffffff}\
             @media(prefers-color-scheme:dark){:root{--theme:#33b798}}"
        );
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        assert_eq!(Colour::parse("#1F6f5c"), Some(Colour([0x1f, 0x6f, 0x5c])));
        for bad in ["", "#", "1f6f5c", "#1f6f5", "#1f6f5c0", "#+f6f5c", "#1f6f5g", "red", "#é6f5"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }
}
