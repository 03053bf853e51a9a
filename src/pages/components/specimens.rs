//! One of each, in each of its states. Its words are for developers, so they are here and not in the catalogue.

use crate::{
    components::{
        field::{DateField, Field, Page, checkbox, date_field, field, radios, select},
        form::error_summary,
        parts::{Answer, ProgramCard, Tone, details, keep, links, note, programs, submit, summary_list},
    },
    text::{Text, components as words},
    view::{AnyView, IntoAny},
    visit::{Form, Mistake},
};
use leptos::prelude::*;
use portico_rules::{Lang, state};

const fn t(en: &'static str, es: &'static str) -> Text {
    Text::new(en, es)
}

const FIELD: Text = t("User ID", "Nombre de usuario");
const EMAIL: Text = t("Email address", "Correo electrónico");
const ENTER_EMAIL: Text = t("Enter your email address", "Escriba su correo electrónico");
const BORN: Text = t("Date of birth", "Fecha de nacimiento");
const NO_YEAR: Text = t("Date of birth must include a year", "La fecha de nacimiento debe incluir el año");
const STATE: Text = t("State", "Estado");
const CODE: Text = t("Code", "Código");
const SSN: Text = t("Social Security number (optional)", "Número de Seguro Social (opcional)");
const COVERED: Text = t("I am covered by another family member's plan", "Me cubre el plan de otro familiar");
const QUESTION: Text = t("Which of these clinics have you visited?", "¿Cuál de estas clínicas ha visitado?");
const NONE: Text = t("None of these", "Ninguna de estas");
const CHOOSE: Text = t("Choose an answer", "Elija una respuesta");

/// The page as it would be with these mistakes and values.
fn after(page: &Page, mistakes: &[(&str, Text)], values: &[(&str, &str)]) -> Page {
    let mistakes: Vec<Mistake> = mistakes
        .iter()
        .map(|(field, words)| Mistake { field: (*field).to_owned(), message: page.say(*words).to_owned() })
        .collect();
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Page { mistakes: RwSignal::new(mistakes), form: Form { values, ..Form::default() }, ..page.clone() }
}

/// A part of the page with its heading.
fn part(page: &Page, heading: Text, body: AnyView) -> AnyView {
    view! { <h2>{page.say(heading)}</h2>{body} }.into_any()
}

pub(super) fn specimens(page: &Page) -> AnyView {
    view! {
        {other_language(page)}
        {part(page, t("Text", "Texto"), text(page))}
        {part(page, t("Messages", "Mensajes"), messages(page))}
        {part(page, t("Buttons", "Botones"), buttons(page))}
        {part(page, t("Fields", "Campos"), fields(page))}
        {part(page, t("Choices", "Opciones"), choices(page))}
        {part(page, t("Lists", "Listas"), lists(page))}
        {part(page, t("Dialog", "Diálogo"), dialog(page))}
        <h2>{page.say(t("With scripts", "Con scripts"))}</h2>
    }
    .into_any()
}

fn other_language(page: &Page) -> AnyView {
    let (code, name) = if page.lang == Lang::En { ("es", "Español") } else { ("en", "English") };
    let to = [super::ADDRESS, "?language=", code].concat();
    view! { <p><a href=to lang=code hreflang=code rel="external">{name}</a></p> }.into_any()
}

fn text(page: &Page) -> AnyView {
    let lead = t("One sentence that says why one is here.", "Una frase que dice para qué está uno aquí.");
    let prose = t("A paragraph with something ", "Un párrafo con algo ");
    view! {
        <p class="caption">{page.say(t("Step 2 of 4", "Paso 2 de 4"))}</p>
        <p class="lead">{page.say(lead)}</p>
        <p>{page.say(prose)}<strong>{page.say(t("that matters", "que importa"))}</strong>" · "<a href="#main">{page.say(t("a link", "un enlace"))}</a></p>
        <p class="hint">{page.say(t("A quiet line", "Una línea discreta"))}</p>
        <p class="inset">{page.say(t("Text set apart.", "Texto aparte."))}</p>
        {keep(page.say(t("Your User ID", "Su nombre de usuario")), "maria.lopez7".to_owned())}
        {links(vec![("#main".to_owned(), page.say(FIELD)), ("#main".to_owned(), page.say(EMAIL))])}
        <a class="back" href="#main">{page.say(crate::text::common::BACK)}</a>
    }
    .into_any()
}

fn messages(page: &Page) -> AnyView {
    let wrong = after(page, &[("wrong_email", ENTER_EMAIL), ("born_year", NO_YEAR)], &[]);
    let said = |tone, words: Text| note(tone, page.say(words).into_any());
    view! {
        {error_summary(wrong.mistakes, page.lang)}
        {said(Tone::Good, t("Your new password is now set.", "Su nueva contraseña ya está lista."))}
        {said(Tone::Plain, t("Keep this page open. We have sent a code to your email.", "Deje esta página abierta. Le enviamos un código por correo."))}
        {said(Tone::Warn, t("This link has expired.", "Este enlace ha vencido."))}
        {said(Tone::Bad, t("Your account is disabled. Call customer service.", "Su cuenta está desactivada. Llame a servicio al cliente."))}
    }
    .into_any()
}

fn buttons(page: &Page) -> AnyView {
    view! {
        {submit(page.say(crate::text::common::CONTINUE_BUTTON))}
        <div class="actions">
            <a class="button" href="#main">{page.say(t("Go to your programs", "Ir a sus programas"))}</a>
            <button class="button quiet">{page.say(t("Register", "Regístrese"))}</button>
            <button class="button danger">{page.say(t("End all sessions", "Cerrar todas las sesiones"))}</button>
            <button class="button" aria-busy="true">{page.say(t("Under way", "En curso"))}</button>
            <button class="button quiet small">{page.say(crate::text::common::LOG_OUT)}</button>
            <a href="#main">{page.say(t("Cancel", "Cancelar"))}</a>
        </div>
        <p>{page.say(t("Nothing came? ", "¿No llegó nada? "))}<button class="link">{page.say(t("Send it again", "Enviarlo de nuevo"))}</button></p>
    }
    .into_any()
}

fn fields(page: &Page) -> AnyView {
    let wrong = after(
        page,
        &[
            ("wrong_email", ENTER_EMAIL),
            ("born_year", NO_YEAR),
            ("wrong_state", CHOOSE),
            ("wrong_code", CHOOSE),
        ],
        &[("wrong_email", "maria"), ("born_month", "January"), ("born_day", "19"), ("wrong_code", "1234")],
    );
    let right = after(
        page,
        &[],
        &[
            ("right_email", "maria@example.com"),
            ("month", "1"),
            ("day", "19"),
            ("year", "1980"),
            ("state", "OR"),
        ],
    );
    let states = || state::codes().map(|code| (code.to_owned(), code.to_owned())).collect();
    let hint = t(
        "4 to 64 letters, digits, dots, hyphens or underscores",
        "De 4 a 64 letras, números, puntos, guiones o guiones bajos",
    );
    view! {
        {field(page, Field::new("empty", FIELD).hint(hint))}
        {field(&right, Field::new("right_email", EMAIL).email())}
        {field(&wrong, Field::new("wrong_email", EMAIL).email())}
        {date_field(&right, DateField::birth(BORN))}
        {date_field(&wrong, DateField { ids: ["born_month", "born_day", "born_year"], legend: BORN })}
        {select(&right, Field::new("state", STATE).width("w4"), states())}
        {select(&wrong, Field::new("wrong_state", STATE).width("w4"), states())}
        {field(page, Field::new("code", CODE).code())}
        {field(&wrong, Field::new("wrong_code", CODE).code())}
    }
    .into_any()
}

fn choices(page: &Page) -> AnyView {
    let ticked = after(page, &[], &[("ticked", "yes"), ("answered", "2")]);
    let wrong = after(page, &[("unanswered", CHOOSE)], &[]);
    let answers = || vec!["Cedar Street Clinic".to_owned(), page.say(NONE).to_owned()];
    let depends = |id| Some(field(page, Field::new(id, SSN).ssn()));
    view! {
        {checkbox(page, "unticked", COVERED, depends("ssn_unticked"))}
        {checkbox(&ticked, "ticked", COVERED, depends("ssn_ticked"))}
        {radios(&ticked, "answered", page.say(QUESTION).to_owned(), answers())}
        {radios(&wrong, "unanswered", page.say(QUESTION).to_owned(), answers())}
    }
    .into_any()
}

fn lists(page: &Page) -> AnyView {
    let answer = |term, lines: &[&str], change: bool| Answer {
        term: page.say(term),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        change: change.then(|| "#main".to_owned()),
    };
    let card = |name: Text, description: Text| ProgramCard {
        name: page.say(name).to_owned(),
        description: page.say(description).to_owned(),
        url: "https://steps.evergreen.example/".to_owned(),
    };
    let answers = vec![
        answer(t("Name", "Nombre"), &["María López"], true),
        answer(t("Home address", "Domicilio"), &["1200 Southwest Cedar Street", "Portland, OR 97201"], true),
        answer(EMAIL, &["maria@example.com"], false),
    ];
    let cards = vec![
        card(
            t("Healthy Steps", "Pasos sanos"),
            t("Walking groups and coaching", "Grupos de caminata y asesoría"),
        ),
        card(t("Mind at Ease", "Mente tranquila"), t("", "")),
    ];
    let who = t("Anyone who is enrolled in a program.", "Toda persona inscrita en un programa.");
    view! {
        {summary_list(page, answers)}
        {programs(page, cards)}
        {details(page.say(t("Who can register?", "¿Quién puede registrarse?")).to_owned(), view! { <p>{page.say(who)}</p> }.into_any())}
    }
    .into_any()
}

/// The warning as a popover, which needs no script; the real one is in `idle_timer`.
fn dialog(page: &Page) -> AnyView {
    view! {
        <div class="actions"><button class="button quiet" popovertarget="specimen">{page.say(words::STILL_THERE)}</button></div>
        <dialog id="specimen" popover role="alertdialog" aria-labelledby="specimen-name" aria-describedby="specimen-why">
            <h2 id="specimen-name">{page.say(words::STILL_THERE)}</h2>
            <p id="specimen-why">{page.say(words::STILL_WHY)}</p>
            <p class="countdown" aria-hidden="true">"1:48"</p>
            <div class="actions">
                <button class="button" popovertarget="specimen" popovertargetaction="hide">{page.say(words::STAY)}</button>
                <button class="button quiet" popovertarget="specimen" popovertargetaction="hide">{page.say(words::LOG_OUT_NOW)}</button>
            </div>
        </dialog>
    }
    .into_any()
}
