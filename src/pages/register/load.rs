//! Which step a browser may see, and what it shows. No step can be skipped: a request for a later one leads to the
//! first that is missing.

use super::{Checked, DeadEnd, RegisterPage, SignInDetailsPage, page::Asked, questions};
use crate::{
    components::password::NewPassword,
    pages::{Content, Loaded, not_found, security_questions::words},
    routes::{Place, employer_of, employer_page},
    server::{
        forms::{self, Fields},
        visitor::{Visitor, cookies},
    },
    text::{register as text, security_questions},
    visit::{self, Fault, Outcome},
};
use portico_access::{
    registration::{self, Address, Elsewhere, Going, Source, View},
    secret::Token,
};
use portico_mail::moment;
use portico_rules::{
    password::PasswordRules,
    policy::EmployeeSsn,
    registration::{Step, may_show},
};

/// The token of the browser's registration.
pub(super) fn token(visitor: &Visitor) -> Option<Token> {
    visitor.cookie(cookies::REGISTRATION).and_then(Token::parse)
}

/// Where a form comes from, for the limits.
pub(super) fn source(visitor: &Visitor) -> Source<'_> {
    let employer = employer_of(&visitor.page);
    Source { employer, browser: visitor.browser_id(), network: &visitor.network }
}

/// The page of a step.
pub(super) fn place_of(step: Step) -> Place {
    match step {
        Step::AboutYou => Place::Register,
        Step::Questions => Place::RegisterQuestions,
        Step::Email => Place::RegisterEmail,
        Step::EmailCode => Place::RegisterCode,
        Step::SignInDetails => Place::RegisterSignInDetails,
        Step::SecurityQuestions => Place::RegisterSecurityQuestions,
        Step::Check => Place::RegisterCheck,
        Step::Done => Place::RegisterDone,
    }
}

/// Where a request belongs that asks for something else.
pub(super) fn place_elsewhere(elsewhere: Elsewhere) -> Place {
    match elsewhere {
        Elsewhere::Begin => Place::Register,
        Elsewhere::Resume => Place::RegisterResume,
        Elsewhere::Step(step) => place_of(step),
        Elsewhere::Done => Place::RegisterDone,
        Elsewhere::NotOffered => Place::SignIn,
    }
}

/// The step of a page; `None` for those that are no step.
fn step_of(place: Place) -> Option<Step> {
    Some(match place {
        Place::Register => Step::AboutYou,
        Place::RegisterQuestions => Step::Questions,
        Place::RegisterEmail => Step::Email,
        Place::RegisterCode => Step::EmailCode,
        Place::RegisterSignInDetails => Step::SignInDetails,
        Place::RegisterSecurityQuestions => Step::SecurityQuestions,
        Place::RegisterCheck => Step::Check,
        Place::RegisterDone => Step::Done,
        _ => return None,
    })
}

/// A page of the registration.
pub(crate) async fn load(
    visitor: &Visitor,
    place: Place,
    address: &str,
    outside: bool,
) -> Result<Loaded, Fault> {
    let go = |place: Place| Ok(Loaded::Go { to: visitor.path(place), document: false });
    let definition = &visitor.organization.definition;
    let through = employer_of(&visitor.page);
    if through.is_some_and(|slug| definition.employers.iter().all(|employer| employer.slug != slug)) {
        return Ok(not_found(visitor));
    }
    let view =
        registration::view(&visitor.portal.access, &visitor.organization, token(visitor).as_ref()).await;
    let view = view.map_err(|error| visitor.fault(&error))?;
    if place == Place::RegisterTooYoung && !matches!(view, View::Elsewhere(Elsewhere::NotOffered)) {
        return Ok(too_young(visitor));
    }
    if place == Place::Register && address.ends_with("?start=again") && !outside {
        // Forgetting the token changes nothing that is kept: the row is wiped with the other abandoned ones.
        visitor.end_cookie(cookies::REGISTRATION);
        let employer = match &view {
            View::Going(going) => going.employer.as_ref().filter(|_| through.is_none()),
            View::Done { .. } | View::Elsewhere(_) => None,
        };
        return Ok(match employer {
            Some(employer) => Loaded::Go { to: employer_page(&definition.slug, employer), document: false },
            None => about_you(visitor, Vec::new()),
        });
    }
    let going = match view {
        View::Going(going) => going,
        // The page with the User ID is for whoever is signed in; the next person at this browser may register as well.
        View::Done { .. } if place == Place::RegisterDone && visitor.signed_in().is_none() => {
            return Ok(Loaded::Go { to: visitor.path_with_next(Place::SignIn, address), document: false });
        }
        View::Done { .. } if place == Place::Register && (outside || visitor.signed_in().is_none()) => {
            return Ok(about_you(visitor, Vec::new()));
        }
        View::Done { user_id } if place == Place::RegisterDone => {
            let done = Content::Register(RegisterPage::Done { user_id });
            return Ok(Loaded::page(visitor, text::DONE, done));
        }
        View::Done { .. } => return go(Place::RegisterDone),
        View::Elsewhere(Elsewhere::Begin) if place == Place::Register => {
            return Ok(about_you(visitor, Vec::new()));
        }
        View::Elsewhere(Elsewhere::Resume) if place == Place::RegisterResume => {
            return Ok(Loaded::page(visitor, text::RESUME, Content::Register(RegisterPage::Resume)));
        }
        View::Elsewhere(elsewhere) => return go(place_elsewhere(elsewhere)),
    };
    if place == Place::RegisterStopped && going.stopped {
        return Ok(stopped(visitor, &going));
    }
    if let (Place::Register, None, Some(employer)) = (place, through, &going.employer) {
        return Ok(Loaded::Go { to: employer_page(&definition.slug, employer), document: false });
    }
    match step_of(place) {
        Some(step) if may_show(step, &going.progress, &visitor.organization.policy) => {
            show(visitor, step, &going).await
        }
        _ => go(place_of(going.step)),
    }
}

async fn show(visitor: &Visitor, step: Step, going: &Going) -> Result<Loaded, Fault> {
    let (heading, content, values) = match step {
        Step::AboutYou => return Ok(about_you(visitor, typed(going))),
        Step::Questions => {
            let access = &visitor.portal.access;
            let asked = registration::questions(access, &visitor.organization, token(visitor).as_ref()).await;
            match asked.map_err(|error| visitor.fault(&error))? {
                Ok(asked) => {
                    let page = RegisterPage::Questions(questions::page(visitor, &asked));
                    (text::QUESTIONS, page, Vec::new())
                }
                Err(elsewhere) => {
                    let to = visitor.path(place_elsewhere(elsewhere));
                    return Ok(Loaded::Go { to, document: false });
                }
            }
        }
        Step::Email => {
            let (on_file, values) = match &going.address {
                Some(Address::OnFile(masked)) => (Some(masked.clone()), Vec::new()),
                Some(Address::Entered(entered)) => {
                    (None, vec![("email", entered.clone().unwrap_or_default())])
                }
                None => (None, Vec::new()),
            };
            (text::YOUR_EMAIL, RegisterPage::Email { on_file }, values)
        }
        Step::EmailCode => {
            let zone = &visitor.organization.time_zone;
            let until = going.code_until.map(|until| moment::in_words(until, zone, visitor.language));
            let page = RegisterPage::Code { address: address(going), until: until.unwrap_or_default() };
            (text::CHECK_EMAIL, page, Vec::new())
        }
        Step::SignInDetails => {
            let access = &visitor.portal.access;
            let suggestions =
                registration::suggest_user_ids(access, &visitor.organization, token(visitor).as_ref()).await;
            let suggestions = suggestions.map_err(|error| visitor.fault(&error))?.unwrap_or_default();
            let policy = &visitor.organization.policy;
            let email = match &going.address {
                Some(Address::Entered(entered)) => entered.clone().unwrap_or_default(),
                // The one on file the page must not know.
                Some(Address::OnFile(_)) | None => String::new(),
            };
            let new = NewPassword {
                rules: PasswordRules::of(policy),
                reveal: policy.password_reveal,
                first_name: going.typed.first_name.clone(),
                last_name: going.typed.last_name.clone(),
                user_id: String::new(),
                email,
                names: visitor.organization.definition.own_names(),
                username: String::new(),
            };
            let page = RegisterPage::SignInDetails(SignInDetailsPage { suggestions, new });
            (text::DETAILS, page, vec![("user_id", going.user_id.clone().unwrap_or_default())])
        }
        Step::SecurityQuestions => {
            let again = !going.questions.is_empty() && !going.progress.security_questions;
            let page = RegisterPage::SecurityQuestions { choice: words::choice(visitor), again };
            (security_questions::HEADING, page, words::values(&going.questions))
        }
        Step::Check | Step::Done => {
            let page = RegisterPage::Check { answers: checked(visitor, going), shown: going.shown.clone() };
            (text::CHECK, page, Vec::new())
        }
    };
    Ok(Loaded::page(visitor, heading, Content::Register(content)).with_values(values))
}

/// The first page, on an employer's page with a word for whom it is.
fn about_you(visitor: &Visitor, values: Vec<(&'static str, String)>) -> Loaded {
    let slug = employer_of(&visitor.page);
    let employer = visitor
        .organization
        .definition
        .employers
        .iter()
        .find(|employer| Some(employer.slug.as_str()) == slug);
    let lead = match employer {
        Some(employer) => text::ABOUT_YOU_EMPLOYER.fill(visitor.language, &[("employer", &employer.name)]),
        None => visitor.say(text::ABOUT_YOU_LEAD),
    };
    let employee = visitor.organization.policy.employee_ssn != EmployeeSsn::Off;
    let page = Content::Register(RegisterPage::AboutYou { lead, employee });
    Loaded::page(visitor, text::ABOUT_YOU, page).with_values(values)
}

/// The neutral page: whatever the cause, it says the same.
fn stopped(visitor: &Visitor, going: &Going) -> Loaded {
    let definition = &visitor.organization.definition;
    let back = match &going.employer {
        Some(employer) => employer_page(&definition.slug, employer),
        None => visitor.path(Place::Register),
    };
    let asks_employee = visitor.organization.policy.employee_ssn != EmployeeSsn::Off;
    let have = [text::HAVE_NAME, text::HAVE_ADDRESS, text::HAVE_CARD].into_iter();
    let have = have.chain(asks_employee.then_some(text::HAVE_EMPLOYEE));
    let end = DeadEnd {
        lead: visitor.say(text::STOPPED_LEAD),
        back: (back, visitor.say(text::TRY_AGAIN)),
        call: visitor.say(text::STOPPED_CALL),
        help: visitor.say(text::STOPPED_HELP),
        have: have.map(|have| visitor.say(have)).collect(),
    };
    Loaded::page(visitor, text::STOPPED, Content::Register(RegisterPage::DeadEnd(end)))
}

/// Leads to the page for whoever is too young, and leaves what was typed for the way back.
pub(super) fn go_too_young(visitor: &Visitor, typed: &Fields) -> Outcome {
    let mut values = typed.to_show_again();
    values.push(("next".to_owned(), visitor.page.clone()));
    let page = visitor.path(Place::RegisterTooYoung);
    forms::leave(visitor, &page, visit::Form { values, ..visit::Form::default() });
    visitor.go(Place::RegisterTooYoung)
}

/// The page for whoever is too young by what they typed. It is open to everyone, and says nothing of anybody.
fn too_young(visitor: &Visitor) -> Loaded {
    let policy = &visitor.organization.policy;
    let mut values = visitor.left.values.clone();
    let back = match visitor.left.value("next") {
        "" => visitor.path(Place::Register),
        page => page.to_owned(),
    };
    values.retain(|(name, _)| name != "next");
    if !values.is_empty() {
        // Once more, for the page that the link leads to.
        forms::leave(visitor, &back, visit::Form { values, ..visit::Form::default() });
    }
    let end = DeadEnd {
        lead: text::TOO_YOUNG_LEAD.fill(visitor.language, &[("age", &policy.minimum_age.to_string())]),
        back: (back, visitor.say(text::TOO_YOUNG_BACK)),
        call: visitor.say(text::TOO_YOUNG_DO),
        help: visitor.say(text::TOO_YOUNG_HELP),
        have: Vec::new(),
    };
    Loaded::page(visitor, text::TOO_YOUNG, Content::Register(RegisterPage::DeadEnd(end)))
}

/// What was typed in About you, to be shown again.
fn typed(going: &Going) -> Vec<(&'static str, String)> {
    let typed = &going.typed;
    vec![
        ("first_name", typed.first_name.clone()),
        ("last_name", typed.last_name.clone()),
        ("month", typed.month.clone()),
        ("day", typed.day.clone()),
        ("year", typed.year.clone()),
        ("address_line1", typed.address_line1.clone()),
        ("address_line2", typed.address_line2.clone()),
        ("city", typed.city.clone()),
        ("state", typed.state.clone()),
        ("postal_code", typed.postal_code.clone()),
        ("covered", if typed.is_dependent { "yes".to_owned() } else { String::new() }),
    ]
}

/// The address as the person may see it.
fn address(going: &Going) -> String {
    match &going.address {
        Some(Address::OnFile(masked)) => masked.clone(),
        Some(Address::Entered(entered)) => entered.clone().unwrap_or_default(),
        None => String::new(),
    }
}

/// What *Check your answers* lists: no SSN, no password, of security questions no answer.
fn checked(visitor: &Visitor, going: &Going) -> Vec<Checked> {
    let typed = &going.typed;
    let today = visitor.organization.day(visitor.portal.access.now());
    let born = portico_rules::date::parse_parts(&typed.month, &typed.day, &typed.year, today);
    let region = [typed.city.as_str(), ", ", &typed.state, " ", &typed.postal_code].concat();
    let lines: Vec<String> = [typed.address_line1.clone(), typed.address_line2.clone(), region]
        .into_iter()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let mut checked = vec![
        Checked {
            what: Asked::Name,
            lines: vec![[typed.first_name.as_str(), " ", &typed.last_name].concat()],
        },
        Checked { what: Asked::DateOfBirth, lines: born.map(|day| visitor.day(day)).into_iter().collect() },
        Checked { what: Asked::Address, lines },
        Checked { what: Asked::Email, lines: vec![address(going)] },
        Checked { what: Asked::UserId, lines: going.user_id.clone().into_iter().collect() },
    ];
    if going.progress.security_questions {
        let lines = going.questions.iter().map(|one| visitor.say(words::question(*one))).collect();
        checked.push(Checked { what: Asked::SecurityQuestions, lines });
    }
    checked
}
