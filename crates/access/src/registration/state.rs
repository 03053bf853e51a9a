//! What the row of a registration says about where it stands.

use jiff::{SignedDuration, Timestamp};
use portico_rules::policy::{Policy, Preset};
use portico_rules::registration::{Progress, Step, first_gap, may_show};
use portico_store::Unit;
use portico_store::registrations::{self, Alive, Registration};

use super::{Elsewhere, TOKEN};
use crate::organization::Organization;
use crate::secret::Token;
use crate::{Access, AccessError};

/// How a registration stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It goes on.
    Going,
    /// It has idled out, and can be taken up again.
    Idle,
    /// It became an account a moment ago.
    Done,
    /// It ended, or is too old for anything.
    Over,
}

/// Whether people of this organization register themselves.
pub(super) fn is_offered(organization: &Organization) -> bool {
    organization.definition.preset != Preset::Staff
}

/// The registration of a browser, whatever its standing.
pub(super) async fn find(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
) -> Result<Result<Registration, Elsewhere>, AccessError> {
    if !is_offered(organization) {
        return Ok(Err(Elsewhere::NotOffered));
    }
    let Some(token) = token else {
        return Ok(Err(Elsewhere::Begin));
    };
    let hash = access.keys.token_hash(TOKEN, token);
    let found = registrations::find_by_token(unit, &organization.id, &hash).await?;
    Ok(found.ok_or(Elsewhere::Begin))
}

/// The registration of a browser, if the answers of `step` may be taken now.
pub(super) async fn find_at(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    step: Step,
) -> Result<Result<Registration, Elsewhere>, AccessError> {
    let registration = match find(unit, access, organization, token).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(Err(elsewhere)),
    };
    Ok(gate(&registration, &organization.policy, access.now(), step).map(|()| registration))
}

/// Whether the answers of `step` may be taken now; where to go instead.
pub(super) fn gate(
    registration: &Registration,
    policy: &Policy,
    now: Timestamp,
    step: Step,
) -> Result<(), Elsewhere> {
    match standing(registration, policy, now) {
        Standing::Over => Err(Elsewhere::Begin),
        Standing::Idle => Err(Elsewhere::Resume),
        Standing::Done => Err(Elsewhere::Done),
        Standing::Going => {
            let progress = progress(registration);
            if may_show(step, &progress, policy) {
                Ok(())
            } else {
                Err(Elsewhere::Step(first_gap(&progress, policy)))
            }
        }
    }
}

pub(super) fn standing(registration: &Registration, policy: &Policy, now: Timestamp) -> Standing {
    let alive = alive(policy, now);
    let recent = registration.active_at > alive.active_since;
    if registration.consumed_at.is_some() {
        return if recent { Standing::Done } else { Standing::Over };
    }
    if registration.ended_at.is_some() {
        return Standing::Over;
    }
    if recent && registration.resumed_at.unwrap_or(registration.started_at) > alive.begun_since {
        return Standing::Going;
    }
    let resumable = before(now, SignedDuration::from_hours(i64::from(policy.resume_hours)));
    if registration.email_proven_at.is_some() && registration.active_at > resumable {
        return Standing::Idle;
    }
    Standing::Over
}

pub(super) fn progress(registration: &Registration) -> Progress {
    Progress {
        matched: registration.stopped_at.is_none()
            && (registration.person_id.is_some() || registration.questionnaire_id.is_some()),
        questions_passed: registration.questions_passed_at.is_some()
            || registration.questions_waived_at.is_some(),
        email_chosen: registration.code.is_some() || registration.email_proven_at.is_some(),
        email_proven: registration.email_proven_at.is_some(),
        sign_in_details: registration.user_id.is_some() && registration.password.is_some(),
        security_questions: registration.security.is_some(),
        created: registration.consumed_at.is_some(),
    }
}

/// A registration idles out as a session does, and has its whole time.
pub(super) fn alive(policy: &Policy, now: Timestamp) -> Alive {
    Alive {
        now,
        active_since: before(now, SignedDuration::from_secs(i64::from(policy.idle_seconds))),
        begun_since: before(now, SignedDuration::from_hours(i64::from(policy.session_hours))),
    }
}

/// Whether looking at a page should be written down: at most once a minute, or every quarter of the idle time.
pub(super) fn is_worth_noting(registration: &Registration, policy: &Policy, now: Timestamp) -> bool {
    let quarter = SignedDuration::from_secs(i64::from(policy.idle_seconds)) / 4;
    now.duration_since(registration.active_at) >= quarter.min(SignedDuration::from_mins(1))
}

/// The moment `by` before `now`.
pub(super) fn before(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// The moment `by` after `now`.
pub(super) fn after(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
