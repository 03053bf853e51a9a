//! The document around the app: head, stylesheets and the scripts that bring it to life.

use crate::{
    components::idle_timer::{LOG_OUT_FORM, channel},
    pages::{Content, account::api::Leave},
    routes::{Place, with_next},
    server::{assets::Assets, headers::page_policy},
    visit::{Arrival, Timer, Visit},
};
use axum::http::{HeaderValue, header::CONTENT_SECURITY_POLICY};
use leptos::{hydration::HydrationScripts, nonce::use_nonce, prelude::*, server_fn::ServerFn as _};
use leptos_axum::ResponseOptions;

/// What the head of a document says.
#[derive(Clone)]
pub(crate) struct Head {
    language: &'static str,
    title: String,
    slug: String,
    /// The visit, for the app to start from.
    visit: String,
    /// While somebody is signed in: after how many seconds the document leads where.
    then: Option<(u32, String)>,
    /// What the document says when it goes, where leaving ends the session.
    leaving: Option<String>,
}

impl Head {
    pub(crate) fn of(visit: &Visit) -> Self {
        Self {
            language: visit.frame.language.code(),
            title: visit.title(!visit.form.mistakes.is_empty()),
            slug: visit.frame.slug.clone(),
            visit: Arrival::Here(Box::new(visit.clone())).encode(),
            then: visit.frame.person.as_ref().map(|person| then(visit, person.timer)),
            leaving: visit
                .frame
                .person
                .as_ref()
                .and_then(|person| person.document)
                .map(|opened| leaving_script(&visit.frame.slug, opened)),
        }
    }
}

/// Where a document leads by itself when its time comes: to the page that asks whether anybody is still there, and
/// where nothing can be extended any more, to the signed-out page, a second late so that the server agrees. From either one
/// gets back to where one was.
fn then(visit: &Visit, timer: Timer) -> (u32, String) {
    let slug = &visit.frame.slug;
    let (seconds, place) = if timer.extends && visit.address != Place::StillThere.of(slug) {
        (timer.left.saturating_sub(timer.warning), Place::StillThere)
    } else {
        (timer.left + 1, Place::SignedOut)
    };
    let back = match &visit.content {
        Content::StillThere(asked) if !asked.next.is_empty() => &asked.next,
        _ => &visit.address,
    };
    (seconds, with_next(slug, place, back))
}

/// For scripts without WebAssembly, or before it has come: the app ends the timer when it takes over. A page that the
/// browser kept whole and brings back is asked for again, since whoever presses Back may be someone else.
fn timer_script(seconds: u32, to: &str) -> String {
    format!(
        "porticoTimer=setTimeout(function(){{location.replace('{to}')}},{seconds}*1000);\
         addEventListener('pageshow',function(e){{if(e.persisted){{document.documentElement.hidden=true;location.reload()}}}})"
    )
}

/// Says when the document goes: to the server, by the fields of the form that logs out, and to the other tabs, so that
/// they speak up. Not the app's work, since people leave before it has come. A browser that cannot say so is left to
/// the idle time.
fn leaving_script(slug: &str, opened: i64) -> String {
    format!(
        "addEventListener('pagehide',function(){{var f=document.getElementById('{LOG_OUT_FORM}'),d;\
         if(f&&navigator.sendBeacon){{d=new URLSearchParams(new FormData(f));d.set('document',{opened});\
         navigator.sendBeacon('{leave}',d);\
         if(window.BroadcastChannel)new BroadcastChannel('{channel}').postMessage(null)}}}})",
        leave = Leave::PATH,
        channel = channel(slug),
    )
}

/// The whole document.
pub(crate) fn document<F, V>(assets: &Assets, head: &Head, app: F) -> impl IntoView + use<F, V>
where
    F: Fn() -> V,
    V: IntoView + 'static,
{
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
    let timer = head.then.clone().map(|(seconds, to)| {
        view! {
            // A parsed refresh cannot be cancelled: it is for browsers without scripts alone.
            <noscript><meta http-equiv="refresh" content=format!("{seconds};url={to}")/></noscript>
            <script nonce=nonce.clone() inner_html=timer_script(seconds, &to)></script>
        }
    });
    let leaving =
        head.leaving.clone().map(|script| view! { <script nonce=nonce inner_html=script></script> });
    view! {
        <!DOCTYPE html>
        <html lang=head.language>
            <head>
                <meta charset="utf-8"/>
                <meta name="visit" content=head.visit.clone()/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#f7f1e6" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#171512" media="(prefers-color-scheme: dark)"/>
                <title>{head.title.clone()}</title>
                <link rel="stylesheet" href=assets.address("portico.css")/>
                <link rel="stylesheet" href=["/o/", &head.slug, "/theme.css"].concat()/>
                <link rel="icon" type="image/svg+xml" href=assets.address("favicon.svg")/>
                {timer}
                {leaving}
                <HydrationScripts options defer=true/>
            </head>
            <body>{app()}</body>
        </html>
    }
}
