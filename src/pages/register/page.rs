//! The steps as a person sees them.

use super::api;
use crate::{
    components::{
        field::{DateField, Field, Page, checkbox, date_field, field, radios, select},
        form::{hidden_fields, portal_form, submit_handler},
        parts::{Answer, call, keep, links, submit, summary_list},
        password::{NewPassword, password_fields},
        security_questions::{QuestionChoice, question_fields},
    },
    pages::Sheet,
    routes::{Place, help_on},
    text::{common, register as text, security_questions as questions},
    view::{AnyView, IntoAny},
    visit::Frame,
};
use leptos::{prelude::*, server_fn::ServerFn};
use portico_rules::questionnaire::Topic;
use serde::{Deserialize, Serialize};

/// A step of a registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum RegisterPage {
    /// Who the person is.
    AboutYou {
        /// For whom the page is, and what it is for.
        lead: String,
        /// Whether dependents are asked for the number of the employee.
        employee: bool,
    },
    /// Some questions about what the roster knows.
    Questions(QuestionsPage),
    /// It cannot go on: one page for whoever is too young, and the same for every other cause.
    DeadEnd(DeadEnd),
    /// Where the code goes; the address on file, masked, or one to enter.
    Email {
        /// The masked address, where the roster has one.
        on_file: Option<String>,
    },
    /// The code.
    Code {
        /// Where it went, as the person may see it.
        address: String,
        /// Until when it is good, in words; empty where there is none that could be entered.
        until: String,
    },
    /// User ID and password.
    SignInDetails(SignInDetailsPage),
    /// Security questions with their answers.
    SecurityQuestions {
        /// What there is to choose from.
        choice: QuestionChoice,
        /// They were chosen before, for another User ID or password.
        again: bool,
    },
    /// Everything that was answered.
    Check {
        /// As it was answered.
        answers: Vec<Checked>,
        /// Stands for it, for the form.
        shown: String,
    },
    /// The account exists.
    Done {
        /// To keep.
        user_id: String,
    },
    /// It was left alone for a while.
    Resume,
}

/// Names of the fields of a questionnaire, as many as a policy may ask for. They are not those of security answers, since
/// these may be shown again: a value is the number of an option.
pub(crate) const CHOICES: [&str; Topic::ALL.len()] = ["choice1", "choice2", "choice3", "choice4", "choice5"];

/// Questions with one answer each, in the fields of [`CHOICES`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QuestionsPage {
    /// Why they are asked.
    pub lead: String,
    /// The questions, at most five.
    pub choices: Vec<Choice>,
}

/// A question and what there is to choose from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Choice {
    /// In words.
    pub question: String,
    /// In words, in their order.
    pub options: Vec<String>,
}

/// A page from which a registration does not go on, and what to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeadEnd {
    /// What it comes to.
    pub lead: String,
    /// The way back to About you: where it is, and its words.
    pub back: (String, String),
    /// The heading of what else there is to do.
    pub call: String,
    /// What customer service does about it.
    pub help: String,
    /// What to have at hand; none where nothing is needed.
    pub have: Vec<String>,
}

/// What choosing a User ID and a password needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignInDetailsPage {
    /// User IDs that nobody has.
    pub suggestions: Vec<String>,
    /// The rules of the password.
    pub new: NewPassword,
}

/// An answer to check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checked {
    /// Which one.
    pub what: Asked,
    /// The answer, one line each.
    pub lines: Vec<String>,
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// First and last name.
    Name,
    /// Date of birth.
    DateOfBirth,
    /// Home address.
    Address,
    /// Where mails go.
    Email,
    /// The User ID.
    UserId,
    /// The security questions, without their answers.
    SecurityQuestions,
}

pub(crate) fn sheet(page: &Page, data: &RegisterPage, frame: &Frame) -> Sheet {
    let to = |place: Place| place.of(&page.slug);
    match data {
        RegisterPage::AboutYou { lead, employee } => {
            Sheet::with_form(about_you(page, lead.clone(), *employee)).back(to(Place::SignIn))
        }
        RegisterPage::Questions(asked) => Sheet::with_form(questions(page, asked)).back(to(Place::Register)),
        RegisterPage::DeadEnd(end) => Sheet::plain(dead_end(page, end, frame)),
        RegisterPage::Email { on_file } => {
            Sheet::with_form(email(page, on_file.clone())).back(to(Place::Register))
        }
        RegisterPage::Code { address, until } => {
            Sheet::with_form(code(page, address, until)).back(to(Place::RegisterEmail))
        }
        RegisterPage::SignInDetails(details) => Sheet::with_form(sign_in_details(page, details)),
        RegisterPage::SecurityQuestions { choice, again } => {
            Sheet::with_form(security_questions(page, choice, *again)).back(to(Place::RegisterSignInDetails))
        }
        RegisterPage::Check { answers, shown } => {
            Sheet::with_form(check(page, answers, shown.clone(), frame))
        }
        RegisterPage::Done { user_id } => Sheet::plain(done(page, user_id.clone())),
        RegisterPage::Resume => Sheet::with_form(resume(page)),
    }
}

/// *Not you? Start again*: About you without what was typed, in a browser that has forgotten the registration.
fn start_again(page: &Page) -> AnyView {
    links(vec![(
        [Place::Register.of(&page.slug).as_str(), "?start=again"].concat(),
        page.say(text::START_AGAIN),
    )])
}

fn about_you(page: &Page, lead: String, employee: bool) -> AnyView {
    let states = STATES.map(|code| (code.to_owned(), code.to_owned())).into();
    let covered = employee.then(|| {
        let number = Field::new("employee_ssn", text::EMPLOYEE_SSN).ssn().hint(text::EMPLOYEE_SSN_HINT);
        checkbox(page, "covered", text::COVERED, Some(field(page, number)))
    });
    let fields = view! {
        {field(page, Field::new("first_name", text::FIRST_NAME).words("given-name"))}
        {field(page, Field::new("last_name", text::LAST_NAME).words("family-name"))}
        {date_field(page, DateField::birth(text::DATE_OF_BIRTH))}
        {field(page, Field::new("address_line1", text::ADDRESS_LINE1).words("address-line1"))}
        {field(page, Field::new("address_line2", text::ADDRESS_LINE2).words("address-line2").width("w10"))}
        {field(page, Field::new("city", text::CITY).words("address-level2"))}
        {select(page, Field::new("state", text::STATE).autocomplete("address-level1").width("w4"), states)}
        {field(page, Field::new("postal_code", text::POSTAL_CODE).digits().autocomplete("postal-code").width("w5"))}
        <p>{page.say(text::SSN_WHY)}</p>
        {field(page, Field::new("ssn", text::SSN).ssn())}
        {covered}
        {submit(page.say(common::CONTINUE_BUTTON))}
    };
    view! {
        <p class="lead">{lead}</p>
        {portal_form(page, api::AboutYou::PATH, fields)}
        {start_again(page)}
    }
    .into_any()
}

fn questions(page: &Page, asked: &QuestionsPage) -> AnyView {
    let choices: Vec<AnyView> = CHOICES
        .into_iter()
        .zip(&asked.choices)
        .map(|(name, choice)| radios(page, name, choice.question.clone(), choice.options.clone()))
        .collect();
    let fields = view! {
        {choices}
        {submit(page.say(common::CONTINUE_BUTTON))}
    };
    view! {
        <p class="lead">{asked.lead.clone()}</p>
        {portal_form(page, api::AnswerQuestions::PATH, fields)}
        {start_again(page)}
    }
    .into_any()
}

fn dead_end(page: &Page, end: &DeadEnd, frame: &Frame) -> AnyView {
    let (to, label) = end.back.clone();
    let have: Vec<AnyView> =
        end.have.iter().map(|have| view! { <li>{have.clone()}</li> }.into_any()).collect();
    let have = (!have.is_empty()).then(|| view! { <ul>{have}</ul> });
    view! {
        <p class="lead">{end.lead.clone()}</p>
        <div class="actions"><a class="button" href=to>{label}</a></div>
        <h2>{end.call.clone()}</h2>
        {call(page.say(common::CUSTOMER_SERVICE), &frame.phone)}
        <p>{end.help.clone()}</p>
        {have}
        <p><a href=help_on(&page.slug, "not-verified")>{page.say(common::LOGIN_HELP)}</a></p>
    }
    .into_any()
}

fn email(page: &Page, on_file: Option<String>) -> AnyView {
    let has_address = on_file.is_some();
    let address = match on_file {
        Some(masked) => {
            view! { <p class="lead">{page.say(text::EMAIL_ON_FILE)}</p><p class="inset">{masked}</p> }
                .into_any()
        }
        None => view! {
            <p class="lead">{page.say(text::EMAIL_ENTER)}</p>
            {field(page, Field::new("email", text::EMAIL).email())}
        }
        .into_any(),
    };
    let fields = view! {
        {address}
        {submit(page.say(text::SEND_CODE))}
    };
    let cannot =
        has_address.then(|| links(vec![(help_on(&page.slug, "address"), page.say(text::CANNOT_USE))]));
    view! {
        {portal_form(page, api::SendCode::PATH, fields)}
        {cannot}
        {start_again(page)}
    }
    .into_any()
}

fn code(page: &Page, address: &str, until: &str) -> AnyView {
    let lead = text::CODE_LEAD.fill(page.lang, &[("address", address)]);
    let until = (!until.is_empty()).then(|| text::CODE_UNTIL.fill(page.lang, &[("until", until)]));
    let fields = view! {
        {field(page, Field::new("code", text::CODE).code())}
        {submit(page.say(common::CONTINUE_BUTTON))}
    };
    view! {
        <p class="lead">{lead}" "{until}</p>
        {portal_form(page, api::ProveCode::PATH, fields)}
        {sends(page, api::SendCode::PATH, "link", page.say(text::SEND_AGAIN))}
        {start_again(page)}
    }
    .into_any()
}

/// Sends a code: a form of its own, so that it sends no half-entered one.
fn sends(page: &Page, action: &'static str, class: &'static str, label: &'static str) -> AnyView {
    let on_submit = submit_handler(page);
    view! {
        <form method="post" action=action on:submit=on_submit>
            {hidden_fields(page)}
            <button class=class>{label}</button>
        </form>
    }
    .into_any()
}

fn sign_in_details(page: &Page, details: &SignInDetailsPage) -> AnyView {
    let suggestions = (!details.suggestions.is_empty())
        .then(|| text::SUGGESTIONS.fill(page.lang, &[("suggestions", &details.suggestions.join(", "))]));
    let fields = view! {
        {field(page, Field::new("user_id", text::USER_ID).hint(text::USER_ID_HINT).autocomplete("username"))}
        {suggestions.map(|suggestions| view! { <p class="hint">{suggestions}</p> })}
        {password_fields(page, text::PASSWORD, &details.new)}
        {submit(page.say(common::CONTINUE_BUTTON))}
    };
    view! {
        <p class="lead">{page.say(text::DETAILS_LEAD)}</p>
        {portal_form(page, api::ChooseSignInDetails::PATH, fields)}
        {start_again(page)}
    }
    .into_any()
}

fn security_questions(page: &Page, choice: &QuestionChoice, again: bool) -> AnyView {
    let why = again.then(|| view! { <p class="lead">{page.say(questions::AGAIN)}</p> });
    let fields = view! {
        {question_fields(page, choice)}
        {submit(page.say(common::CONTINUE_BUTTON))}
    };
    view! {
        {why}
        <p class="lead">{page.say(questions::LEAD)}</p>
        {portal_form(page, api::ChooseSecurityQuestions::PATH, fields)}
        {start_again(page)}
    }
    .into_any()
}

fn check(page: &Page, answers: &[Checked], shown: String, frame: &Frame) -> AnyView {
    let answers = answers
        .iter()
        .map(|Checked { what, lines }| {
            let (term, place) = match what {
                Asked::Name => (text::NAME, Place::Register),
                Asked::DateOfBirth => (text::DATE_OF_BIRTH, Place::Register),
                Asked::Address => (text::HOME_ADDRESS, Place::Register),
                Asked::Email => (text::EMAIL, Place::RegisterEmail),
                Asked::UserId => (text::USER_ID, Place::RegisterSignInDetails),
                Asked::SecurityQuestions => (questions::HEADING, Place::RegisterSecurityQuestions),
            };
            Answer { term: page.say(term), lines: lines.clone(), change: Some(place.of(&page.slug)) }
        })
        .collect();
    let legal = [(&frame.privacy_url, common::PRIVACY), (&frame.terms_url, common::TERMS)];
    let legal: Vec<_> =
        legal.into_iter().filter_map(|(url, label)| Some((url.clone()?, page.say(label)))).collect();
    let legal = (!legal.is_empty()).then(|| {
        view! {
            <p>{page.say(text::CHECK_LEGAL)}</p>
            {links(legal)}
        }
    });
    let fields = view! {
        <input type="hidden" name="shown" value=shown/>
        {submit(page.say(text::CREATE))}
    };
    view! {
        {summary_list(page, answers)}
        {legal}
        {portal_form(page, api::CreateAccount::PATH, fields)}
        {start_again(page)}
    }
    .into_any()
}

fn done(page: &Page, user_id: String) -> AnyView {
    view! {
        {keep(page.say(text::YOUR_USER_ID), user_id)}
        <p>{page.say(text::DONE_KEEP)}</p>
        <div class="actions"><a class="button" href=Place::Home.of(&page.slug)>{page.say(text::TO_PROGRAMS)}</a></div>
    }
    .into_any()
}

fn resume(page: &Page) -> AnyView {
    let fields = view! {
        {date_field(page, DateField::birth(text::DATE_OF_BIRTH))}
        {field(page, Field::new("code", text::CODE).code())}
        {submit(page.say(common::CONTINUE_BUTTON))}
    };
    view! {
        <p class="lead">{page.say(text::RESUME_LEAD)}</p>
        {sends(page, api::SendResumeCode::PATH, "button quiet", page.say(text::SEND_CODE))}
        {portal_form(page, api::Resume::PATH, fields)}
        {start_again(page)}
    }
    .into_any()
}

/// Two-letter codes of the states, the District of Columbia, the territories and the armed forces (USPS).
const STATES: [&str; 62] = [
    "AL", "AK", "AS", "AZ", "AR", "AA", "AE", "AP", "CA", "CO", "CT", "DE", "DC", "FM", "FL", "GA", "GU",
    "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MH", "MD", "MA", "MI", "MN", "MS", "MO", "MT",
    "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "MP", "OH", "OK", "OR", "PW", "PA", "PR", "RI", "SC",
    "SD", "TN", "TX", "UT", "VT", "VI", "VA", "WA", "WV", "WI", "WY",
];
