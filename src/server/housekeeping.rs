//! What is done now and then. Nothing depends on it being done in time: every rule is applied when it is used.

use portico_access::{
    Access, AccessError, organization, registration,
    retention::{self, Retention},
};
use portico_store::{audit, encode_hex};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often.
const PAUSE: Duration = Duration::from_secs(3_600);

/// Tidies up every hour until `stop` is ready. What was not finished then is left for the next time.
pub(super) async fn run(access: Access, retention: Retention, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let tidied = async {
            tick.tick().await;
            tidy_up(&access, &retention).await;
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = tidied => {}
        }
    }
}

/// Tidies up once.
pub(super) async fn tidy_up(access: &Access, retention: &Retention) {
    if let Err(error) = tidy(access, retention).await {
        tracing::error!(%error, "tidying up failed, and is tried again in an hour");
    }
}

async fn tidy(access: &Access, retention: &Retention) -> Result<(), AccessError> {
    for organization in organization::list(access).await? {
        let slug = &organization.definition.slug;
        let ended = registration::end_abandoned(access, &organization).await?;
        if ended > 0 {
            tracing::info!(
                organization = slug,
                ended,
                "registrations that nobody can take up again are wiped"
            );
        }
        // Kept where the log goes, the head shows later whether the end of the audit log was cut off.
        let mut unit = access.store.read().await?;
        let (sequence, link) = audit::head(&mut unit, &organization.id).await?;
        tracing::info!(organization = slug, sequence, head = encode_hex(&link), "head of the audit log");
    }
    for (kind, rows) in retention::sweep(access, retention).await? {
        tracing::info!(%kind, rows, "what was over for long enough is forgotten");
    }
    Ok(())
}
