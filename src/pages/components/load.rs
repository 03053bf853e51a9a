//! What the page of components shows, and in which language.

use super::{ComponentsPage, specimens::specimens};
use crate::{
    components::{field::Page, password::NewPassword},
    pages::{Content, Loaded},
    server::visitor::Visitor,
    visit::Form,
};
use axum::http::StatusCode;
use leptos::prelude::*;
use portico_rules::{Lang, password::PasswordRules, policy::History};

/// Where the page is; in the demo only.
pub(crate) const ADDRESS: &str = "/dev/components";

/// Loads the page. `?language=es` shows it in Spanish, whatever the visitor reads.
pub(crate) fn load(visitor: &mut Visitor, address: &str) -> Loaded {
    let asked = address.split_once("language=").map(|(_, code)| code);
    visitor.language = asked.and_then(Lang::from_code).unwrap_or(visitor.language);
    let lang = visitor.language;
    let specimens = Owner::new().with(|| {
        let page = Page {
            lang,
            slug: visitor.organization.definition.slug.clone(),
            phone: visitor.organization.definition.phone_in(lang).to_owned(),
            address: ADDRESS.to_owned(),
            form: Form::default(),
            mistakes: RwSignal::default(),
            live: RwSignal::new(false),
            shown: RwSignal::default(),
        };
        // The page as a whole is nothing to put right: its summary must not take the focus.
        specimens(&page).to_html().replace(" autofocus", "")
    });
    let rules = PasswordRules {
        min: 10,
        max: 128,
        letter: true,
        digit: true,
        uppercase: true,
        symbol: true,
        not_name: true,
        blocklist: true,
        history: History::Last(5),
    };
    let new = NewPassword {
        rules,
        reveal: true,
        first_name: "María".to_owned(),
        last_name: "López".to_owned(),
        user_id: "maria.lopez7".to_owned(),
        email: "maria@mail.example".to_owned(),
        names: visitor.organization.definition.own_names(),
        username: "maria.lopez7".to_owned(),
    };
    Loaded::Page {
        status: StatusCode::OK,
        heading: if lang == Lang::Es { "Componentes" } else { "Components" }.to_owned(),
        content: Box::new(Content::Components(ComponentsPage { specimens, new })),
        values: Vec::new(),
    }
}
