//! Who may see the pages of a signed-in person, and what they show.

use super::{AccountPage, HomePage, Program, SignedOutPage, StillTherePage};
use crate::{
    pages::{Content, Loaded, sign_in::next_of},
    routes::Place,
    server::visitor::Visitor,
    text::{Text, account as text},
    visit::Fault,
};
use portico_access::{
    activity, close_account, password_reminder, people,
    sessions::{EndReason, LookUp, SignedIn},
};
use portico_mail::moment;
use portico_rules::date;

/// The person who is signed in, or where to go first.
pub(crate) fn signed_in<'a>(
    visitor: &'a Visitor,
    address: &str,
    outside: bool,
) -> Result<&'a SignedIn, Box<Loaded>> {
    let through =
        |place: Place| Box::new(Loaded::Go { to: visitor.path_with_next(place, address), document: false });
    match &visitor.session {
        LookUp::SignedIn(signed_in) => Ok(signed_in),
        LookUp::Ended(reason) if reason.is_timeout() && !outside => Err(Box::new(Loaded::Go {
            to: visitor.path_with_next(Place::SignedOut, address),
            document: true,
        })),
        LookUp::Ended(_) | LookUp::Unknown => Err(through(Place::SignIn)),
    }
}

/// The programs.
pub(crate) async fn home(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    let signed_in = match signed_in(visitor, address, outside) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let own = own(visitor, signed_in).await?;
    let programs = &visitor.organization.definition.programs;
    let programs = programs
        .iter()
        .filter(|program| own.programs.contains(&program.slug))
        .map(|program| Program {
            name: program.name_in(visitor.language).to_owned(),
            description: program.description_in(visitor.language).to_owned(),
            url: program.url.clone(),
        })
        .collect();
    let due = password_reminder::is_due(&visitor.portal.access, &visitor.organization, signed_in).await;
    let reminder = due.map_err(|error| visitor.fault(&error))?.then(|| {
        let days = visitor.organization.policy.password_remind_days.to_string();
        text::REMINDER.fill(visitor.language, &[("days", &days)])
    });
    let data = HomePage { programs, reminder };
    Ok(Loaded::page(visitor, crate::text::common::YOUR_PROGRAMS, Content::Home(data)))
}

/// The person's own information.
pub(crate) async fn account(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    let signed_in = match signed_in(visitor, address, outside) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let own = own(visitor, signed_in).await?;
    let mut rows = Vec::new();
    let mut row = |label: Text, value: String| {
        if !value.trim().is_empty() {
            rows.push((visitor.say(label), value));
        }
    };
    row(text::NAME, own.record.as_ref().map_or_else(|| signed_in.name.clone(), people::Record::full_name));
    row(text::USER_ID, own.user_id.unwrap_or_default());
    row(text::EMAIL, own.email.unwrap_or_default());
    if let Some(record) = &own.record {
        let born = date::parse_iso(&record.date_of_birth).map(|day| visitor.day(day));
        row(text::DATE_OF_BIRTH, born.unwrap_or_default());
        let region = [record.state.as_str(), " ", &record.postal_code].concat();
        let parts = [record.address_line1.as_str(), &record.address_line2, &record.city, region.trim()];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        row(text::ADDRESS, parts.join(", "));
        row(text::PHONE, record.phone.clone());
    }
    let frame = visitor.frame();
    let employers = &visitor.organization.definition.employers;
    let of_employer = employers
        .iter()
        .filter(|employer| own.enrolments.iter().any(|e| e.employer == employer.slug))
        .find_map(|employer| employer.contact.as_deref());
    let contact = match of_employer {
        Some(contact) => text::CORRECT_EMPLOYER.fill(visitor.language, &[("contact", contact)]),
        None => text::CORRECT.fill(visitor.language, &[("phone", &frame.phone), ("email", &frame.email)]),
    };
    let before = activity::signed_in_before(&visitor.portal.access, &visitor.organization, signed_in).await;
    let last = before.map_err(|error| visitor.fault(&error))?.map(|at| {
        let at = moment::in_words(at, &visitor.organization.time_zone, visitor.language);
        text::LAST_SIGNED_IN.fill(visitor.language, &[("at", &at)])
    });
    Ok(Loaded::page(
        visitor,
        crate::text::common::YOUR_INFORMATION,
        Content::Account(AccountPage {
            rows,
            contact,
            last: last.unwrap_or_default(),
            security_questions: visitor.organization.policy.questions_after_pin() > 0,
            closes: close_account::is_offered(signed_in),
        }),
    ))
}

/// What the person sees of themselves.
pub(crate) async fn own(visitor: &Visitor, signed_in: &SignedIn) -> Result<people::Own, Fault> {
    let own = people::own(&visitor.portal.access, &visitor.organization, &signed_in.account_id).await;
    own.map_err(|error| visitor.fault(&error))?
        .ok_or_else(|| Fault::Internal { reference: visitor.reference.clone() })
}

/// *Are you still there?*, for browsers without scripts.
pub(crate) fn still_there(visitor: &Visitor, address: &str) -> Result<Loaded, Fault> {
    let next = next_of(visitor, address).unwrap_or_default();
    let Some(signed_in) = visitor.signed_in() else {
        let back = if next.is_empty() { visitor.path(Place::Home) } else { next };
        return Ok(Loaded::Go { to: visitor.path_with_next(Place::SignedOut, &back), document: true });
    };
    let seconds = signed_in.left().as_secs();
    let (count, unit) =
        if seconds >= 120 { (seconds / 60, text::MINUTES_LEFT) } else { (seconds, text::SECONDS_LEFT) };
    let left = unit.fill(visitor.language, &[("count", &count.to_string())]);
    Ok(Loaded::page(visitor, text::STILL_THERE, Content::StillThere(StillTherePage { next, left })))
}

/// After the end of a session.
pub(crate) fn signed_out(visitor: &Visitor, address: &str) -> Result<Loaded, Fault> {
    let ended = match &visitor.session {
        LookUp::SignedIn(_) => return Ok(Loaded::Go { to: visitor.path(Place::Home), document: true }),
        LookUp::Ended(reason) => Some(*reason),
        LookUp::Unknown => None,
    };
    let (heading, why) = match ended {
        Some(EndReason::Idle) => (text::TIMEOUT_HEADING, visitor.say(text::TIMEOUT_LEAD)),
        Some(EndReason::Absolute) => {
            let hours = visitor.organization.policy.session_hours.to_string();
            (text::TIMEOUT_HEADING, text::WHOLE_SESSION_LEAD.fill(visitor.language, &[("hours", &hours)]))
        }
        _ => (text::SIGNED_OUT_HEADING, visitor.say(text::SIGNED_OUT_LEAD)),
    };
    let timeout = ended.is_some_and(EndReason::is_timeout);
    let next = next_of(visitor, address).unwrap_or_default();
    let again = if next.is_empty() {
        visitor.path(Place::SignIn)
    } else {
        visitor.path_with_next(Place::SignIn, &next)
    };
    let page = Loaded::page(visitor, heading, Content::SignedOut(SignedOutPage { why, timeout, again }));
    Ok(page.with_values(vec![("next", next)]))
}
