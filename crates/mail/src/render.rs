//! From a message to the two parts of a mail.

use std::fmt;

use askama::Template;
use portico_rules::Lang;
use zeroize::Zeroize;

use crate::words::{self, Block, Labels, Words};
use crate::{Message, Sender};

/// A mail in words. It holds links and codes: its `Debug` shows nothing, and it is wiped when dropped.
#[derive(Clone)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The plain text part. The action's link, or the code, is alone on its line.
    pub text: String,
    /// The HTML part: one document without images, scripts or any link but the action's.
    pub html: String,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rendered")
    }
}

impl Drop for Rendered {
    fn drop(&mut self) {
        self.text.zeroize();
        self.html.zeroize();
    }
}

/// Writes `message` for a reader. `first_name` is greeted when it is a name: control characters go, and what a mail
/// program might turn into a link is not greeted at all, since names come from outside.
///
/// # Errors
/// None in practice: a template that writes to memory does not fail.
pub fn render(
    message: &Message,
    sender: &Sender,
    first_name: Option<&str>,
    lang: Lang,
) -> Result<Rendered, askama::Error> {
    let name = first_name.and_then(greetable);
    let words = words::compose(message, sender, lang);
    let mail = &Layout::new(&words, sender, name.as_deref(), lang);
    Ok(Rendered {
        subject: words.subject.clone(),
        text: Text { mail }.render()?,
        html: Html { mail }.render()?,
    })
}

#[derive(Template)]
#[template(path = "mail.txt", escape = "none")]
struct Text<'a> {
    mail: &'a Layout<'a>,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    mail: &'a Layout<'a>,
}

/// What both parts are made of.
struct Layout<'a> {
    lang: &'static str,
    subject: &'a str,
    greeting: String,
    blocks: &'a [Block],
    labels: &'static Labels,
    organization: String,
    phone: String,
    email: String,
    hours: Option<String>,
    colour: String,
    text_on_colour: &'static str,
}

impl<'a> Layout<'a> {
    fn new(words: &'a Words, sender: &Sender, name: Option<&str>, lang: Lang) -> Self {
        let theme = sender.theme();
        Self {
            lang: lang.code(),
            subject: &words.subject,
            greeting: words::greeting(name, lang),
            blocks: &words.blocks,
            labels: words::labels(lang),
            organization: one_line(&sender.organization),
            phone: one_line(sender.phone_in(lang)),
            email: one_line(&sender.email),
            hours: sender.hours_in(lang).map(one_line).filter(|hours| !hours.is_empty()),
            colour: theme.colour(),
            text_on_colour: theme.text_on_it(),
        }
    }
}

/// `text` on one line, with nothing that a terminal, a header or a right-to-left mark could act on.
pub(crate) fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'))
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .collect();
    visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A name that can be greeted, or `None` when a mail program might make a link of it or it is no name's length.
fn greetable(name: &str) -> Option<String> {
    const LONGEST: usize = 60;
    let name = one_line(name);
    let looks_like_link = name.contains("://")
        || name.contains('@')
        || name.to_lowercase().contains("www.")
        || name
            .split('.')
            .skip(1)
            .any(|part| part.chars().take(2).filter(|c| c.is_alphanumeric()).count() == 2);
    (!name.is_empty() && name.chars().count() <= LONGEST && !looks_like_link).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_greeted_and_links_are_not() {
        for name in ["María", "Mary Ann", "O'Neil", "J.R.", "St. John", "<b>Bo</b>", "李"] {
            assert_eq!(greetable(name).as_deref(), Some(name));
        }
        assert_eq!(greetable(" Ana\r\nBcc: x ").as_deref(), Some("Ana Bcc: x"));
        assert_eq!(greetable("A\u{202e}na").as_deref(), Some("Ana"));
        let long = "a".repeat(61);
        for link in [
            "",
            " \n ",
            "https://evil.example",
            "evil.example",
            "WWW.evil",
            "x@evil.example",
            "a.b.co/x",
            &long,
        ] {
            assert_eq!(greetable(link), None, "{link}");
        }
    }
}
