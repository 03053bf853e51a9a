//! What travels between the server and a page: everything that one visit shows, and what a form answers.

use crate::{pages::Content, text};
use portico_rules::Lang;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One visit to a page: all that is needed to show it. The server makes it before it renders, and the
/// browser asks for the next one when a link is followed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Visit {
    /// The path this visit is for; the browser's address follows it.
    pub address: String,
    /// The page's `h1`, which is also the title of the document.
    pub heading: String,
    /// What surrounds every page.
    pub frame: Frame,
    /// What the page's form starts from.
    pub form: Form,
    /// The page itself.
    pub content: Content,
}

impl Visit {
    /// The title of the document; `wrong` says that its form has to be put right.
    pub(crate) fn title(&self, wrong: bool) -> String {
        let title = [&self.heading, " – ", self.frame.name.as_str()].concat();
        if wrong { text::common::ERROR_TITLE.fill(self.frame.language, &[("title", &title)]) } else { title }
    }
}

/// What surrounds every page of an organization.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Frame {
    /// The organization's slug: where links lead and what each form names.
    pub slug: String,
    /// The organization's name.
    pub name: String,
    /// Customer service in the visitor's language.
    pub phone: String,
    /// Customer service by email.
    pub email: String,
    /// When customer service answers, in the visitor's language; empty if the organization does not say.
    pub hours: String,
    /// The organization's privacy notice, if it names one.
    pub privacy_url: Option<String>,
    /// The organization's terms, if it names them.
    pub terms_url: Option<String>,
    /// The language of the page.
    pub language: Lang,
    /// Whether people sign in with an email (staff) rather than a User ID.
    pub by_email: bool,
    /// Whether people register themselves (every preset but staff).
    pub registers: bool,
    /// Whether a forgotten password is reset with two emails.
    pub resets: bool,
    /// The person, while signed in.
    pub person: Option<Person>,
}

/// The signed-in person, as the frame needs it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    /// Shown in the header.
    pub name: String,
    /// When the session will end.
    pub timer: Timer,
    /// What the document says when it goes, where leaving ends the session: when it was opened, in microseconds since
    /// 1970.
    pub document: Option<i64>,
}

/// What the server says about the end of a session, in seconds from the answer, so that a wrong clock on the
/// device does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Until the session ends if nothing happens.
    pub left: u32,
    /// How long before that the page warns.
    pub warning: u32,
    /// The whole idle time, which activity brings back.
    pub idle: u32,
    /// Whether activity can still extend it (not once the absolute limit is what ends it).
    pub extends: bool,
}

/// What a page's form starts from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Form {
    /// Proves that the form came from this portal, masked anew for each response.
    pub token: String,
    /// What was wrong with the last try (without scripts: it waited in a sealed cookie).
    pub mistakes: Vec<Mistake>,
    /// What was typed and may be shown again, by field name.
    pub values: Vec<(String, String)>,
    /// A good thing that has just happened, in words.
    pub notice: Option<String>,
}

impl Form {
    /// What was typed into `field`, or nothing.
    #[must_use]
    pub fn value(&self, field: &str) -> &str {
        self.values.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }
}

/// Something about a field that the person can put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// The id of the input to go to; empty if it is about the whole form.
    pub field: String,
    /// What to do, in the visitor's language.
    pub message: String,
}

/// What a submitted form answers. Expected outcomes only: there is no variant for a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It is done, or goes on elsewhere.
    Go {
        /// The path to show next, in this portal.
        to: String,
        /// Whether a new document must be loaded, so that nothing of this one stays in memory.
        document: bool,
    },
    /// The person has to change something.
    Again {
        /// The page of the form.
        page: String,
        /// What to change.
        mistakes: Vec<Mistake>,
    },
}

/// What the browser gets when it asks for a page's data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Arrival {
    /// Show this.
    Here(Box<Visit>),
    /// Go there instead; with a new document if so marked.
    Elsewhere {
        /// The path to go to.
        to: String,
        /// Whether a new document must be loaded.
        document: bool,
    },
}

impl Arrival {
    /// What the document or the answer carries: postcard, in base64.
    ///
    /// The WebAssembly that reads JSON into structures weighs a sixth of the whole; this format has no names to
    /// compare and no numbers to parse, and leaves it at a tenth of that.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn encode(&self) -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        // Writing to memory does not fail; an empty text would have the browser load the page as a document.
        postcard::to_allocvec(self).map(|bytes| STANDARD.encode(bytes)).unwrap_or_default()
    }

    /// Reads what [`encode`](Self::encode) wrote, once the browser has undone the base64.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

/// A field that must not be printed: passwords, codes, tokens.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a server function could not answer. The detail is in the server's log, under the reference.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Fault {
    /// Too much to do at the moment.
    Busy,
    /// Something failed on our side.
    Internal {
        /// The request's id, to be named on the phone.
        reference: String,
    },
    /// Transport trouble, as Leptos reports it.
    Transport(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("busy"),
            Self::Internal { reference } => write!(f, "internal fault {reference}"),
            Self::Transport(what) => write!(f, "transport: {what}"),
        }
    }
}

impl std::error::Error for Fault {}

impl leptos::server_fn::error::FromServerFnError for Fault {
    type Encoder = leptos::server_fn::codec::JsonEncoding;

    fn from_server_fn_error(error: leptos::server_fn::error::ServerFnErrorErr) -> Self {
        Self::Transport(error.to_string())
    }
}
