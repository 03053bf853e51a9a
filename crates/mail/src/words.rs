//! The words of every mail, one module per language.
//!
//! A mail reads from top to bottom in one place, and both languages match on [`Message`], so that a mail missing in
//! one of them, or a text that no mail uses, does not compile.

mod en;
mod es;

use portico_rules::Lang;

use crate::render::one_line;
use crate::{Message, Sender, moment};

/// What a mail says between the greeting and the organization's details.
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) blocks: Vec<Block>,
}

/// A piece of a mail; each stands apart from the next.
pub(crate) enum Block {
    Text(String),
    /// A link: the only thing in a mail that can be clicked.
    Action {
        label: &'static str,
        url: String,
    },
    Code(String),
    /// Something to keep, never alone on its line: a User ID may look like a code.
    Fact {
        label: &'static str,
        value: String,
    },
}

/// The lines below every mail.
pub(crate) struct Labels {
    pub(crate) phone: &'static str,
    pub(crate) email: &'static str,
    pub(crate) hours: &'static str,
    pub(crate) automatic: &'static str,
}

/// What the sentences of a language are filled with.
struct Facts<'a> {
    organization: String,
    phone: String,
    email: String,
    sender: &'a Sender,
    lang: Lang,
}

impl Facts<'_> {
    fn moment(&self, at: jiff::Timestamp) -> String {
        moment::in_words(at, &self.sender.time_zone, self.lang)
    }
}

pub(crate) fn compose(message: &Message, sender: &Sender, lang: Lang) -> Words {
    let facts = Facts {
        organization: one_line(&sender.organization),
        phone: one_line(sender.phone_in(lang)),
        email: one_line(&sender.email),
        sender,
        lang,
    };
    match lang {
        Lang::En => en::compose(message, &facts),
        Lang::Es => es::compose(message, &facts),
    }
}

pub(crate) fn greeting(name: Option<&str>, lang: Lang) -> String {
    match lang {
        Lang::En => en::greeting(name),
        Lang::Es => es::greeting(name),
    }
}

pub(crate) fn labels(lang: Lang) -> &'static Labels {
    match lang {
        Lang::En => &en::LABELS,
        Lang::Es => &es::LABELS,
    }
}

fn text(text: impl Into<String>) -> Block {
    Block::Text(text.into())
}

fn action(label: &'static str, url: &str) -> Block {
    Block::Action { label, url: one_line(url) }
}

fn code(code: &portico_store::secret::Code) -> Block {
    Block::Code(code.expose().to_owned())
}
