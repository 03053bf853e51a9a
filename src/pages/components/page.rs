//! The page of components.

use crate::{
    components::{
        field::{Field, Page, field},
        password::{NewPassword, password_fields},
    },
    pages::Sheet,
    text,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page of components shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ComponentsPage {
    /// The components, written by the server: nobody's browser carries the words of this page.
    pub specimens: String,
    /// A new password that may be shown, with every rule there is.
    pub new: NewPassword,
}

pub(crate) fn sheet(page: &Page, data: &ComponentsPage) -> Sheet {
    // A form of this method sends nothing anywhere.
    Sheet::plain(view! {
        <div inner_html=data.specimens.clone()></div>
        <form method="dialog">
            {password_fields(page, text::components::NEW_PASSWORD, &data.new)}
            {field(page, Field::new("ssn", text::register::SSN).ssn())}
        </form>
    })
}
