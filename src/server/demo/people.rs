//! The demo's organizations, their roster, and those who have an account already. They came by it like everybody else:
//! members registered, staff were invited, and both read their mail.

use crate::server::organization_file::OrganizationFile;
use anyhow::{Context as _, anyhow, bail};
use portico_access::{
    Access, Password, Token,
    invite::{self, InviteOutcome},
    organization::{self, Organization},
    registration::{
        self, AboutYouOutcome, AnswerOutcome, CodeOutcome, CreateOutcome, SecurityQuestionsOutcome,
        SendOutcome, SignInDetailsOutcome, Source,
    },
    reset::{self, LINK, LinkToken, SaveOutcome, SendCodeOutcome},
    roster_import,
    security_questions::Chosen,
    sessions::{self, EndReason},
    sign_in::Browser,
};
use portico_mail::{
    transport::{Recorder, Transport},
    worker::Worker,
};
use portico_roster::Person;
use portico_rules::{
    Lang,
    identity::Form,
    questionnaire::{Enrolled, Known},
    security_questions::Question,
};
use zeroize::Zeroizing;

const EVERGREEN: &str = include_str!("../../../demo/evergreen.toml");
const RIVERSIDE: &str = include_str!("../../../demo/riverside.toml");
const ROSTER: &str = include_str!("../../../demo/evergreen.csv");

/// The member of the third walk.
pub(super) const HELEN: &str = "helen.marsh";
/// The one of the staff of the second walk.
pub(super) const DANA: &str = "dana.whitfield@riverside.example";

/// Members who have registered, with their User IDs.
const MEMBERS: [(&str, Form<'static>); 2] = [
    (
        HELEN,
        Form {
            first_name: "Helen",
            last_name: "Marsh",
            month: "9",
            day: "21",
            year: "1964",
            address_line1: "1530 Maple Avenue",
            address_line2: "",
            city: "Eugene",
            state: "OR",
            postal_code: "97401",
            ssn: "",
            is_dependent: false,
            employee_ssn: "",
        },
    ),
    (
        "tomas.rivera",
        Form {
            first_name: "Tomás",
            last_name: "Rivera",
            month: "2",
            day: "28",
            year: "1979",
            address_line1: "902 North Willamette Boulevard",
            address_line2: "Apt 3",
            city: "Portland",
            state: "OR",
            postal_code: "97217",
            ssn: "",
            is_dependent: false,
            employee_ssn: "",
        },
    ),
];

/// What both members are asked after a PIN (demo/README.md).
const QUESTIONS: [(Question, &str); 3] =
    [(Question::FirstPet, "Biscuit"), (Question::Toy, "red wagon"), (Question::Book, "Treasure Island")];

/// Staff who have accepted their invitation.
const STAFF: [(&str, &str); 2] = [(DANA, "Dana Whitfield"), ("marcus.lee@riverside.example", "Marcus Lee")];

/// What passwords are made of: short, easy to type, nobody's name.
const WORDS: [&str; 32] = [
    "acorn", "amber", "aspen", "birch", "bloom", "brook", "cedar", "cliff", "cloud", "coral", "creek",
    "delta", "dune", "ember", "fern", "field", "flint", "grove", "haze", "lake", "larch", "maple", "meadow",
    "mist", "moss", "pearl", "pine", "reed", "ridge", "shore", "stone", "tide",
];

/// Somebody who can sign in.
pub(super) struct Ready {
    /// The organization's slug.
    pub(super) organization: &'static str,
    /// User ID or email.
    pub(super) identifier: &'static str,
    /// Made up at this start.
    pub(super) password: Zeroizing<String>,
}

/// Brings everybody in.
pub(super) async fn move_in(access: &Access) -> anyhow::Result<Vec<Ready>> {
    let evergreen = apply(access, "demo/evergreen.toml", EVERGREEN).await?;
    let riverside = apply(access, "demo/riverside.toml", RIVERSIDE).await?;
    let roster = import(access, &evergreen).await?;
    let letters = Letters::new(access);
    let mut ready = Vec::new();
    for (user_id, form) in &MEMBERS {
        let password = member_password(access);
        register(access, &evergreen, &roster, &letters, user_id, form, &password)
            .await
            .context("a member of the demo")?;
        ready.push(Ready { organization: "evergreen", identifier: user_id, password });
    }
    for (email, name) in STAFF {
        let password = staff_password(access);
        accept(access, &riverside, &letters, email, name, &password)
            .await
            .context("one of the demo's staff")?;
        ready.push(Ready { organization: "riverside", identifier: email, password });
    }
    // Nothing of this is left for the mailbox that visitors read.
    letters.worker.deliver_due().await?;
    Ok(ready)
}

async fn apply(access: &Access, name: &str, text: &str) -> anyhow::Result<Organization> {
    let file = OrganizationFile::read(name, text)?;
    let definition = &file.definition;
    organization::apply(access, definition).await?.map_err(|refused| file.refused(&refused))?;
    organization::find(access, &definition.slug).await?.context("an organization that was just applied")
}

async fn import(access: &Access, organization: &Organization) -> anyhow::Result<Vec<Person>> {
    let today = organization.day(access.now());
    let reading = portico_roster::read(ROSTER.as_bytes(), &organization.definition, today)
        .context("demo/evergreen.csv")?;
    roster_import::import(access, organization, &reading, false).await?;
    Ok(reading.people)
}

/// The mail of those who move in, which nobody else needs to see.
struct Letters {
    worker: Worker,
    mailbox: Recorder,
}

impl Letters {
    fn new(access: &Access) -> Self {
        let mailbox = Recorder::default();
        let transport = Transport::Recorder(mailbox.clone());
        let (store, keys) = (access.store.clone(), (*access.keys).clone());
        let worker = Worker::new(store, keys, transport, access.clock.clone(), access.randomness.clone());
        Self { worker, mailbox }
    }

    /// The newest mail's first line that `wanted` makes something of.
    async fn find<T>(&self, wanted: impl Fn(&str) -> Option<T>) -> anyhow::Result<T> {
        self.worker.deliver_due().await?;
        let newest = self.mailbox.mails().into_iter().next().context("a mail should have come")?;
        newest.text.lines().find_map(wanted).context("the mail should say more")
    }

    async fn code(&self) -> anyhow::Result<String> {
        let is_code = |line: &str| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
        self.find(|line| is_code(line).then(|| line.to_owned())).await
    }

    /// The token in the mail's link.
    async fn token(&self) -> anyhow::Result<LinkToken> {
        self.find(|line| line.split_once(LINK).and_then(|(_, token)| LinkToken::parse(token))).await
    }
}

/// What somebody of the roster answers to the questionnaire.
async fn answers(
    access: &Access,
    organization: &Organization,
    roster: &[Person],
    token: &Token,
    form: &Form<'_>,
) -> anyhow::Result<Vec<String>> {
    let Ok(questions) = registration::questions(access, organization, Some(token)).await? else {
        bail!("is not asked what everybody is asked")
    };
    let today = organization.day(access.now());
    let about = form.read(today).map_err(|_| anyhow!("has a form with mistakes"))?;
    let person =
        roster.iter().find(|person| person.facts() == about.facts).context("is not on the roster")?;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut known = Vec::new();
    for enrolment in &person.enrolments {
        let began = enrolment.coverage_start.map(|day| day.to_string()).unwrap_or_default();
        let (clinic, plan) = (text(&enrolment.clinic), text(&enrolment.plan_name));
        known.push([clinic, plan, text(&enrolment.program), text(&enrolment.employer), began]);
    }
    let known = known.iter().map(|[clinic, plan, program, employer, coverage_start]| Enrolled {
        clinic,
        plan,
        program,
        employer,
        coverage_start,
    });
    let known = Known::of(known, today);
    Ok(questions.iter().map(|question| (question.honest(&known) + 1).to_string()).collect())
}

async fn register(
    access: &Access,
    organization: &Organization,
    roster: &[Person],
    letters: &Letters,
    user_id: &str,
    form: &Form<'_>,
    password: &str,
) -> anyhow::Result<()> {
    let AboutYouOutcome::Next { token, .. } =
        registration::give_about_you(access, organization, None, form, Source::default()).await?
    else {
        bail!("is not on the roster as they should be")
    };
    let answers = answers(access, organization, roster, &token, form).await?;
    let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
    let token = Some(&token);
    let AnswerOutcome::Next(_) =
        registration::answer_questions(access, organization, token, &answers, Source::default()).await?
    else {
        bail!("does not know their own plan")
    };
    let SendOutcome::Sent(_) = registration::send_code(access, organization, token, "", Lang::En).await?
    else {
        bail!("gets no code")
    };
    let code = letters.code().await?;
    let CodeOutcome::Next(_) = registration::prove_code(access, organization, token, &code).await? else {
        bail!("has no use for their code")
    };
    let password = Password::from(password);
    let chosen =
        registration::choose_sign_in_details(access, organization, token, user_id, &password, &password);
    let SignInDetailsOutcome::Next(_) = chosen.await? else { bail!("cannot have this User ID and password") };
    let questions = QUESTIONS
        .map(|(question, answer)| Chosen { question: question.name().to_owned(), answer: answer.into() });
    let chosen = registration::choose_security_questions(access, organization, token, &questions);
    let SecurityQuestionsOutcome::Next(_) = chosen.await? else { bail!("cannot have these questions") };
    let browser = Browser::default();
    let Ok(checked) = registration::check(access, organization, token).await? else {
        bail!("has not answered everything")
    };
    let created = registration::create(access, organization, token, &checked.shown, &browser, Lang::En);
    let CreateOutcome::Created { session, .. } = created.await? else { bail!("gets no account") };
    // The demo begins with nobody signed in.
    sessions::end(access, organization, &session, EndReason::SignedOut).await?;
    Ok(())
}

async fn accept(
    access: &Access,
    organization: &Organization,
    letters: &Letters,
    email: &str,
    name: &str,
    password: &str,
) -> anyhow::Result<()> {
    let invited = invite::invite(access, organization, email, name, "user", Lang::En).await?;
    let InviteOutcome::Invited { .. } = invited else { bail!("cannot be invited") };
    let token = letters.token().await?;
    let SendCodeOutcome::Sent { .. } = reset::send_code(access, organization, &token, Lang::En).await? else {
        bail!("gets no code")
    };
    let code = letters.code().await?;
    let password = Password::from(password);
    let saved = reset::save(access, organization, &token, &code, &password, &password, Lang::En).await?;
    let SaveOutcome::Saved = saved else { bail!("cannot have this password") };
    Ok(())
}

/// Such as `cedar-4821`: six to twelve characters, a letter and a digit.
fn member_password(access: &Access) -> Zeroizing<String> {
    let [word, _, high, low] = random(access);
    Zeroizing::new(format!("{}-{:04}", pick(word), number(high, low)))
}

/// Such as `Cedar-Lake-4821`: ten characters and more, a digit, an uppercase letter, a symbol.
fn staff_password(access: &Access) -> Zeroizing<String> {
    let [first, second, high, low] = random(access);
    let capital = |word: &str| {
        word.chars().enumerate().map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c }).collect()
    };
    let (first, second): (String, String) = (capital(pick(first)), capital(pick(second)));
    Zeroizing::new(format!("{first}-{second}-{:04}", number(high, low)))
}

fn random(access: &Access) -> [u8; 4] {
    let mut bytes = [0; 4];
    access.randomness.fill(&mut bytes);
    bytes
}

fn pick(byte: u8) -> &'static str {
    WORDS[usize::from(byte) % WORDS.len()]
}

/// Below 10,000; that some come up a little more often does not matter here.
fn number(high: u8, low: u8) -> u16 {
    u16::from_be_bytes([high, low]) % 10_000
}
