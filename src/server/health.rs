//! What a load balancer and an operator ask: is the process alive, and can it do its work?

use super::Portal;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::time::Duration;
use tokio::time::timeout;

/// How long the database may take to answer before the server counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// `GET /health`: the process answers. The database is not asked, so that an outage of it restarts nothing.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /ready`: the database can be reached and has this version's schema; otherwise 503.
pub(super) async fn ready(State(portal): State<Portal>) -> Response {
    let refuse = |why: &'static str| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    match timeout(PATIENCE, portal.access.store.schema_is_current()).await {
        Ok(Ok(true)) => "ready\n".into_response(),
        Ok(Ok(false)) => {
            tracing::warn!("not ready: the schema is not of this version; run `portico migrate`");
            refuse("not ready: the schema\n")
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            refuse("not ready: the database\n")
        }
        Err(_) => {
            tracing::warn!("not ready: the database does not answer in time");
            refuse("not ready: the database\n")
        }
    }
}
