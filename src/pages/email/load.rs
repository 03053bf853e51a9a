//! Who may see the page, and what it shows.

use super::EmailPage;
use crate::{
    pages::{Content, Loaded, account},
    server::visitor::Visitor,
    text::{email as text, register},
    visit::Fault,
};
use portico_access::email_change::{self, Stage};
use portico_mail::moment;

/// *Your email*.
pub(crate) async fn load(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    let signed_in = match account::signed_in(visitor, address, outside) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let (access, organization, language) = (&visitor.portal.access, &visitor.organization, visitor.language);
    let stage = email_change::stage(access, organization, signed_in).await;
    let data = match stage.map_err(|error| visitor.fault(&error))? {
        Stage::Ask => {
            let own = account::own(visitor, signed_in).await?;
            let now = own.email.map(|email| text::NOW.fill(language, &[("address", &email)]));
            EmailPage::Ask { now: now.unwrap_or_default(), reveal: organization.policy.password_reveal }
        }
        Stage::Code { address, until } => {
            let until = moment::in_words(until, &organization.time_zone, language);
            EmailPage::Code {
                sent: register::CODE_LEAD.fill(language, &[("address", &address)]),
                until: register::CODE_UNTIL.fill(language, &[("until", &until)]),
            }
        }
    };
    Ok(Loaded::page(visitor, register::YOUR_EMAIL, Content::Email(data)))
}
