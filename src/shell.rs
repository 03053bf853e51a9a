//! The document around the app: head, stylesheets and the scripts that bring it to life.

use crate::{
    server::{assets::Assets, headers::page_policy},
    text,
    visit::Visit,
};
use axum::http::{HeaderValue, header::CONTENT_SECURITY_POLICY};
use leptos::{hydration::HydrationScripts, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;

/// What the head of a document says.
#[derive(Clone)]
pub(crate) struct Head {
    language: &'static str,
    title: String,
    slug: String,
}

impl Head {
    pub(crate) fn of(visit: &Visit) -> Self {
        let lang = visit.frame.language;
        let title = format!("{} – {}", visit.heading, visit.frame.name);
        let title = if visit.form.mistakes.is_empty() {
            title
        } else {
            text::common::ERROR_TITLE.fill(lang, &[("title", &title)])
        };
        Self { language: lang.code(), title, slug: visit.frame.slug.clone() }
    }
}

/// The whole document.
pub(crate) fn document<V: IntoView + 'static>(assets: &Assets, head: &Head, app: impl Fn() -> V) -> impl IntoView + 'static {
    let nonce = use_nonce();
    if let (Some(nonce), Some(response)) = (&nonce, use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&page_policy(nonce))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
    let options = LeptosOptions::builder()
        .output_name("portico")
        .site_pkg_dir(["pkg/", &assets.digest].concat())
        .build();
    view! {
        <!DOCTYPE html>
        <html lang=head.language>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#f7f1e6" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#171512" media="(prefers-color-scheme: dark)"/>
                <title>{head.title.clone()}</title>
                <link rel="stylesheet" href=assets.address("portico.css")/>
                <link rel="stylesheet" href=["/o/", &head.slug, "/theme.css"].concat()/>
                <link rel="icon" type="image/svg+xml" href=assets.address("favicon.svg")/>
                <HydrationScripts options defer=true/>
            </head>
            <body>{app()}</body>
        </html>
    }
}
