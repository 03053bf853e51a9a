//! Putting a mail into the transaction of the change it tells of.

use std::fmt;

use jiff::Timestamp;
use portico_rules::Lang;
use portico_store::environment::Randomness;
use portico_store::keys::Keys;
use portico_store::outbox::{self, NewMail};
use portico_store::{StoreError, Unit};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::{Message, Sender, render};

/// Why a mail could not be put into the outbox. The unit of work must not be committed then.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail could not be written; nothing a caller can mend.
    #[error("a mail could not be written: {0}")]
    Render(#[from] askama::Error),
    /// The mail could not be packed; nothing a caller can mend.
    #[error("a mail could not be packed: {0}")]
    Pack(#[from] serde_json::Error),
}

/// A mail, and to whom it goes.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// Whose mail it is.
    pub organization_id: &'a str,
    /// The account it is about; `None` when it goes to an address without one.
    pub account_id: Option<&'a str>,
    /// One address.
    pub to: &'a str,
    /// Greeted, when given. `None` where the address may be a stranger's.
    pub first_name: Option<&'a str>,
    /// The reader's language.
    pub language: Lang,
    /// What it says.
    pub message: &'a Message,
    /// On whose behalf.
    pub sender: &'a Sender,
    /// The right side of the Message-ID: see [`message_id_domain`].
    pub message_id_domain: &'a str,
    /// Names the change, such as `reset/{recovery id}` or `code/{recovery id}/{press}`: a second mail of the same name
    /// is not sent. For *at most one a day*, name the day: `no-account/{organization}/{fingerprint}/{date}`. Nothing
    /// personal in clear.
    pub change: &'a str,
    /// When the code or link in it ends, if one is in it: from then on it is not delivered any more.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for Letter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("message", self.message).finish_non_exhaustive()
    }
}

/// What is sealed of a mail, next to its recipient.
#[derive(Serialize, Deserialize)]
pub(crate) struct Parcel {
    pub(crate) from_name: String,
    pub(crate) reply_to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Drop for Parcel {
    fn drop(&mut self) {
        self.text.zeroize();
        self.html.zeroize();
    }
}

/// Writes a mail and puts it, sealed, into the unit of the change. It leaves when the unit has committed, and never if
/// it does not. The id of the mail; `None` when the change has its mail already.
///
/// # Errors
/// [`EnqueueError`].
pub async fn enqueue(
    unit: &mut Unit,
    keys: &Keys,
    randomness: &dyn Randomness,
    now: Timestamp,
    letter: &Letter<'_>,
) -> Result<Option<String>, EnqueueError> {
    let rendered = render(letter.message, letter.sender, letter.first_name, letter.language)?;
    let parcel = Parcel {
        from_name: letter.sender.organization.clone(),
        reply_to: letter.sender.email.clone(),
        subject: rendered.subject.clone(),
        text: rendered.text.clone(),
        html: rendered.html.clone(),
    };
    let plain = Zeroizing::new(serde_json::to_vec(&parcel)?);
    let id = randomness.id();
    let message_id = format!("{}@{}", randomness.id(), letter.message_id_domain);
    let recipient = keys.seal(randomness, outbox::RECIPIENT.of(&id), letter.to.as_bytes());
    let body = keys.seal(randomness, outbox::BODY.of(&id), &plain);
    let added = outbox::add(
        unit,
        &NewMail {
            id: &id,
            organization_id: letter.organization_id,
            account_id: letter.account_id,
            kind: letter.message.kind(),
            language: letter.language.code(),
            change: letter.change,
            message_id: &message_id,
            recipient: &recipient,
            body: &body,
            queued_at: now,
            expires_at: letter.expires_at,
        },
    )
    .await?;
    Ok(added.then_some(id))
}

/// The right side of a Message-ID for a portal at `public_url`: its host, an address in brackets (RFC 5322, 3.6.4).
/// A URL without a host gives a name that is never anybody's.
#[must_use]
pub fn message_id_domain(public_url: &str) -> String {
    let url = url::Url::parse(public_url).ok();
    match url.as_ref().and_then(url::Url::host) {
        Some(url::Host::Domain(domain)) => domain.to_owned(),
        Some(url::Host::Ipv4(address)) => format!("[{address}]"),
        Some(url::Host::Ipv6(address)) => format!("[IPv6:{address}]"),
        None => "portico.invalid".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_are_named_after_the_portal() {
        for (url, domain) in [
            ("https://portal.example/", "portal.example"),
            ("https://Portal.Example:8443/x", "portal.example"),
            ("http://127.0.0.1:3000", "[127.0.0.1]"),
            ("http://[::1]:3000", "[IPv6:::1]"),
            ("nonsense", "portico.invalid"),
        ] {
            assert_eq!(message_id_domain(url), domain);
        }
    }
}
