//! Browsers that have signed in to an account before: each has a counter of its own (DESIGN.md, Lockout).
//!
//! Such a browser has a cookie with an id for each account it signed in to, which names neither the account nor the
//! person. It signs nobody in. A reset, "this was not me" and ending all sessions void it.

use std::fmt;

use portico_rules::policy::KNOWN_BROWSERS;
use portico_store::known_browsers;
use portico_store::{Unit, decode_hex, encode_hex};
use zeroize::Zeroizing;

use crate::{Access, AccessError};

/// How long a browser keeps the cookie after it signed in last, in days.
pub const COOKIE_DAYS: u32 = 180;

/// How many accounts one browser is known to at most; those that it signed in to last stay.
const ACCOUNTS: usize = 8;

/// Sets the signature of the cookie apart from all others.
const KNOWN: &str = "known browser";

/// What a browser brings along about where it has signed in: an id for each account. It does not print.
#[derive(Clone, Default)]
pub struct Known {
    /// The one that signed in last comes first.
    ids: Vec<String>,
}

impl Known {
    /// What came back in the cookie: nothing where it is not what this server gave out.
    #[must_use]
    pub fn parse(access: &Access, text: &str) -> Self {
        let read = || {
            let (ids, mac) = text.rsplit_once('.')?;
            let bytes = decode_hex(mac)?;
            // Nothing is folded: only the text that was given out comes back.
            (encode_hex(&bytes) == mac && access.keys.mac_holds(KNOWN, ids.as_bytes(), &bytes)).then_some(ids)
        };
        Self { ids: read().map(|ids| ids.split('.').map(str::to_owned).collect()).unwrap_or_default() }
    }

    /// The text, for the cookie.
    #[must_use]
    pub fn to_text(&self, access: &Access) -> Zeroizing<String> {
        let ids = self.ids.join(".");
        let mac = access.keys.mac(KNOWN, ids.as_bytes());
        Zeroizing::new(format!("{ids}.{}", encode_hex(&mac)))
    }

    /// The browser of a session, as its account knew it then.
    pub(crate) fn of_session(id: Option<&str>) -> Self {
        Self { ids: id.map(str::to_owned).into_iter().collect() }
    }

    pub(crate) fn holds(&self, id: &str) -> bool {
        self.ids.iter().any(|own| own == id)
    }

    /// The same with what an account that was just signed in to knows the browser by.
    #[must_use]
    pub fn with(&self, id: &str) -> Self {
        let others = self.ids.iter().filter(|own| *own != id).cloned();
        Self { ids: std::iter::once(id.to_owned()).chain(others).take(ACCOUNTS).collect() }
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({} accounts)", self.ids.len())
    }
}

/// Notes that a browser signs in to an account that the unit holds, and gives the id that the account knows it by from
/// now on.
///
/// # Errors
/// [`AccessError::Store`].
pub(crate) async fn remember(
    unit: &mut Unit,
    access: &Access,
    organization_id: &str,
    account_id: &str,
    known: &Known,
) -> Result<String, AccessError> {
    let now = access.now();
    let browsers = known_browsers::of_account(unit, account_id).await?;
    if let Some(browser) = browsers.into_iter().find(|browser| known.holds(&browser.id)) {
        known_browsers::sign_in(unit, &browser.id, now).await?;
        return Ok(browser.id);
    }
    let id = access.id();
    known_browsers::add(unit, organization_id, account_id, &id, KNOWN_BROWSERS - 1, now).await?;
    Ok(id)
}
