//! Who may see the page, and what it says.

use super::ClosePage;
use crate::{
    pages::{Content, Loaded, account, not_found},
    server::visitor::Visitor,
    text::close_account as text,
    visit::Fault,
};
use portico_access::close_account;

/// *Close your account*, for members.
pub(crate) fn load(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    let signed_in = match account::signed_in(visitor, address, outside) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    if !close_account::is_offered(signed_in) {
        return Ok(not_found(visitor));
    }
    let means = [text::GOES, text::STAYS, text::AGAIN].map(|one| visitor.say(one)).into();
    let data = ClosePage { means, reveal: visitor.organization.policy.password_reveal };
    Ok(Loaded::page(visitor, text::HEADING, Content::CloseAccount(data)))
}
