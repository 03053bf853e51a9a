//! The language switch: keeps the page and what was typed into it, and the mails follow.

use super::{
    Portal,
    forms::{Fields, leave, see_other},
    visitor::{Visitor, cookies},
};
use crate::visit::Form;
use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portico_access::accounts;
use portico_rules::Lang;

/// How long the choice is remembered, in seconds: a year.
const REMEMBERED: i64 = 365 * 24 * 3_600;

/// `POST /language`, reached from a button that takes the page's form along.
pub(super) async fn switch(
    State(_): State<Portal>,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
) -> Response {
    let Some(language) = Lang::from_code(fields.get("language")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if let Some(signed_in) = visitor.signed_in() {
        let (access, organization) = (&visitor.portal.access, &visitor.organization);
        let change = accounts::set_language(access, organization, &signed_in.account_id, language).await;
        if let Err(error) = change {
            return (StatusCode::INTERNAL_SERVER_ERROR, Json(visitor.fault(&error))).into_response();
        }
    }
    visitor.set_cookie(cookies::LANGUAGE, language.code(), Some(REMEMBERED));
    leave(&visitor, &visitor.page, Form { values: fields.to_show_again(), ..Form::default() });
    see_other(&visitor.page)
}
