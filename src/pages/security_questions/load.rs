//! Who may see the page, and what it shows.

use super::{SecurityQuestionsPage, words};
use crate::{
    pages::{Content, Loaded, account, not_found},
    server::visitor::Visitor,
    text::security_questions as text,
    visit::Fault,
};
use portico_access::security_questions;

/// *Security questions*, where the organization asks any.
pub(crate) async fn load(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    if organization.policy.questions_after_pin() == 0 {
        return Ok(not_found(visitor));
    }
    let signed_in = match account::signed_in(visitor, address, outside) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let chosen = security_questions::of_account(access, organization, &signed_in.account_id).await;
    let chosen = chosen.map_err(|error| visitor.fault(&error))?;
    let data =
        SecurityQuestionsPage { reveal: organization.policy.password_reveal, choice: words::choice(visitor) };
    let page = Loaded::page(visitor, text::HEADING, Content::SecurityQuestions(data));
    Ok(page.with_values(words::values(&chosen)))
}
