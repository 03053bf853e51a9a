//! Who may see the page, and what it shows.

use crate::{
    components::password::NewPassword,
    pages::{Content, Loaded, account},
    server::visitor::Visitor,
    text::reset_password as text,
    visit::Fault,
};
use portico_access::change_password;
use portico_rules::password::PasswordRules;

/// *Change your password*.
pub(crate) async fn load(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    let signed_in = match account::signed_in(visitor, address, outside) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let own = account::own(visitor, signed_in).await?;
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    let names = change_password::names_of(access, organization, &signed_in.account_id).await;
    let names = names.map_err(|error| visitor.fault(&error))?.unwrap_or_default();
    let new = NewPassword {
        rules: PasswordRules::of(&organization.policy),
        reveal: organization.policy.password_reveal,
        first_name: names.first,
        last_name: names.last,
        email: names.email,
        names: organization.definition.own_names(),
        username: own.user_id.or(own.email).unwrap_or_default(),
        user_id: names.user_id,
    };
    Ok(Loaded::page(visitor, text::CHANGE, Content::ChangePassword(new)))
}
