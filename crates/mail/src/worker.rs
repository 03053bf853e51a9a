//! Delivers what is in the outbox.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use portico_store::environment::{Clock, Randomness};
use portico_store::keys::Keys;
use portico_store::outbox::{self, LeasedMail};
use portico_store::{Store, StoreError};
use tokio::time::{MissedTickBehavior, interval};

use crate::outbox::Parcel;
use crate::transport::{Failure, Outgoing, Session, Transport};

/// How often the outbox is looked at: well within the five seconds a mail may take to leave.
const TICK: Duration = Duration::from_millis(500);
/// How many mails are leased at a time, and over how many connections they go.
const BATCH: u32 = 16;
/// How long a lease lasts. Short, so that what a killed server had in hand waits no longer; renewed while it works.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
const RENEWAL: Duration = Duration::from_secs(5);
/// How long a mail without an end of its own is tried.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// The longest pause after the server put a mail off, and after it could not be reached at all: the second is nothing
/// to do with the mail, and codes are short-lived.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);
const LONGEST_OUTAGE_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// What became of the mails that were due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Taken by the mail server.
    pub sent: u32,
    /// To be tried again.
    pub put_off: u32,
    /// Dead letters now.
    pub given_up: u32,
}

/// Delivers mail. Any number of workers may share one database.
#[derive(Clone)]
pub struct Worker {
    store: Store,
    keys: Keys,
    transport: Transport,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("transport", &self.transport).finish_non_exhaustive()
    }
}

impl Worker {
    /// A worker on `store`, whose mails `keys` can open.
    #[must_use]
    pub fn new(
        store: Store,
        keys: Keys,
        transport: Transport,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        Self { store, keys, transport, clock, randomness }
    }

    /// Delivers until nothing is due, or the mail server cannot be reached.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was in hand is due again when its lease ends.
    pub async fn deliver_due(&self) -> Result<Report, StoreError> {
        let mut report = Report::default();
        while self.deliver_batch(&mut report).await? {}
        Ok(report)
    }

    /// Delivers what comes, until `shutdown` is ready; then finishes the batch in hand, which the patience of the
    /// transport bounds, and returns.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                _ = tick.tick() => {}
            }
            let mut report = Report::default();
            loop {
                match self.deliver_batch(&mut report).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::error!(%error, "mail waits, since the database does not answer");
                        break;
                    }
                }
                tokio::select! {
                    biased;
                    () = &mut shutdown => return,
                    () = std::future::ready(()) => {}
                }
            }
        }
    }

    /// One lease. `false` when nothing was due or there is no use in going on.
    async fn deliver_batch(&self, report: &mut Report) -> Result<bool, StoreError> {
        let mut unit = self.store.read().await?;
        let due = outbox::is_due(&mut unit, self.clock.now()).await?;
        unit.commit().await?;
        if !due {
            return Ok(false);
        }
        let lease = self.randomness.id();
        let now = self.clock.now();
        let mut unit = self.store.begin().await?;
        let mails = outbox::lease_due(&mut unit, &lease, now, later(now, LEASE), BATCH).await?;
        unit.commit().await?;
        if mails.is_empty() {
            return Ok(false);
        }
        let batch = Batch {
            worker: self,
            lease,
            waiting: Mutex::new(mails.into()),
            unreachable: AtomicBool::new(false),
        };
        let done = tokio::select! {
            done = batch.deliver() => done?,
            never = batch.keep_lease() => match never {},
        };
        report.add(done);
        Ok(!batch.unreachable.into_inner())
    }
}

impl Report {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.put_off += other.put_off;
        self.given_up += other.given_up;
    }
}

/// The mails of one lease.
struct Batch<'a> {
    worker: &'a Worker,
    lease: String,
    waiting: Mutex<VecDeque<LeasedMail>>,
    unreachable: AtomicBool,
}

impl Batch<'_> {
    /// Over four connections at a time; a slow one does not hold up the mails of the others.
    async fn deliver(&self) -> Result<Report, StoreError> {
        let lanes = tokio::join!(self.lane(), self.lane(), self.lane(), self.lane());
        let mut report = Report::default();
        for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
            report.add(lane?);
        }
        Ok(report)
    }

    async fn lane(&self) -> Result<Report, StoreError> {
        let mut report = Report::default();
        let mut session = self.worker.transport.session();
        while let Some(mail) = self.next() {
            if self.unreachable.load(Ordering::Relaxed) {
                let mut unit = self.worker.store.begin().await?;
                outbox::release(&mut unit, &mail.id, &self.lease).await?;
                unit.commit().await?;
                continue;
            }
            let outcome = self.attempt(&mut session, &mail).await;
            report.add(self.settle(&mail, outcome).await?);
        }
        session.close().await;
        Ok(report)
    }

    fn next(&self) -> Option<LeasedMail> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    async fn attempt(&self, session: &mut Session<'_>, mail: &LeasedMail) -> Outcome {
        let now = self.worker.clock.now();
        if mail.expires_at.is_some_and(|end| end <= now) {
            return Outcome::GivenUp("what is in it has ended".to_owned());
        }
        if later(mail.queued_at, PATIENCE) <= now {
            return Outcome::GivenUp("it could not be delivered in three days".to_owned());
        }
        let Some(outgoing) = self.open(mail) else {
            // Not given up: with the right keys file it can still go.
            return Outcome::PutOff("no key of `keys_file` opens it".to_owned(), LONGEST_OUTAGE_PAUSE);
        };
        match session.send(&outgoing).await {
            Ok(()) => Outcome::Sent,
            Err(Failure::Never(reason)) => Outcome::GivenUp(reason),
            Err(Failure::Later(reason)) => Outcome::PutOff(reason, LONGEST_PAUSE),
            Err(Failure::Unreachable(reason)) => {
                self.unreachable.store(true, Ordering::Relaxed);
                Outcome::PutOff(reason, LONGEST_OUTAGE_PAUSE)
            }
        }
    }

    fn open(&self, mail: &LeasedMail) -> Option<Outgoing> {
        let keys = &self.worker.keys;
        let to = keys.open_text(outbox::RECIPIENT.of(&mail.id), &mail.recipient).ok()?;
        let body = keys.open(outbox::BODY.of(&mail.id), &mail.body).ok()?;
        let mut parcel: Parcel = serde_json::from_slice(&body).ok()?;
        Some(Outgoing {
            id: mail.id.clone(),
            message_id: mail.message_id.clone(),
            attempt: mail.attempts,
            language: mail.language.clone(),
            to: to.to_string(),
            from_name: std::mem::take(&mut parcel.from_name),
            reply_to: std::mem::take(&mut parcel.reply_to),
            subject: std::mem::take(&mut parcel.subject),
            text: std::mem::take(&mut parcel.text),
            html: std::mem::take(&mut parcel.html),
            queued_at: mail.queued_at,
        })
    }

    /// Writes down what became of a mail, in a unit of its own: what the server took stays taken whatever happens next.
    async fn settle(&self, mail: &LeasedMail, outcome: Outcome) -> Result<Report, StoreError> {
        let now = self.worker.clock.now();
        let (kind, attempt) = (&mail.kind, mail.attempts);
        let mut report = Report::default();
        let mut unit = self.worker.store.begin().await?;
        match outcome {
            Outcome::Sent => {
                report.sent = outbox::mark_sent(&mut unit, &mail.id, now).await?.into();
                tracing::info!(mail = mail.id, kind, attempt, "mail taken by the mail server");
            }
            Outcome::PutOff(reason, longest) => {
                let due = later(now, pause(attempt, longest));
                report.put_off =
                    outbox::put_off(&mut unit, &mail.id, &self.lease, due, &reason).await?.into();
                tracing::warn!(mail = mail.id, kind, attempt, reason, "mail put off");
            }
            Outcome::GivenUp(reason) => {
                report.given_up = outbox::give_up(&mut unit, &mail.id, now, &reason).await?.into();
                tracing::error!(mail = mail.id, kind, attempt, reason, "mail given up");
            }
        }
        unit.commit().await?;
        Ok(report)
    }

    /// Prolongs the lease for as long as this is polled.
    async fn keep_lease(&self) -> Infallible {
        let mut beat = interval(RENEWAL);
        beat.tick().await;
        loop {
            beat.tick().await;
            if let Err(error) = self.renew().await {
                tracing::warn!(%error, "a lease on mail could not be renewed");
            }
        }
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let mut unit = self.worker.store.begin().await?;
        outbox::renew(&mut unit, &self.lease, later(self.worker.clock.now(), LEASE)).await?;
        unit.commit().await
    }
}

enum Outcome {
    Sent,
    PutOff(String, SignedDuration),
    GivenUp(String),
}

/// The pause after a failed attempt: 2 s, then twice as long each time, up to `longest`.
fn pause(attempt: u32, longest: SignedDuration) -> SignedDuration {
    let doublings = attempt.saturating_sub(1).min(20);
    (FIRST_PAUSE * 2_i32.pow(doublings)).min(longest)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds = |attempt| pause(attempt, LONGEST_PAUSE).as_secs();
        assert_eq!([1, 2, 3, 9, 10, 11, u32::MAX].map(seconds), [2, 4, 8, 512, 900, 900, 900]);
        assert_eq!(pause(40, LONGEST_OUTAGE_PAUSE).as_secs(), 60);
    }
}
