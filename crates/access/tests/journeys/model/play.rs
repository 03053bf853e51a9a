//! Takes the steps, keeps the ledger and compares.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use portico_access::audit::{Verified, verify};
use portico_access::change_password::{self, Change, ChangeOutcome};
use portico_access::close_account::{self, CloseOutcome};
use portico_access::disavowal::{self, NotMe};
use portico_access::email_change;
use portico_access::known_browsers::Known;
use portico_access::organization::Organization;
use portico_access::pin::{self, Asked, EnterOutcome, Forgotten, NewPassword, PinToken, Stage};
use portico_access::registration::{
    self, AboutYouOutcome, AnswerOutcome, CodeOutcome, CreateOutcome, DateOfBirth, Elsewhere, ResumeOutcome,
    SecurityQuestionsOutcome, SignInDetailsOutcome, Source, View,
};
use portico_access::reset::{self, LinkToken};
use portico_access::security_questions::{self, Answer};
use portico_access::sessions::{self, EndReason, LookUp, SignedIn, Touch};
use portico_access::sign_in::{Browser as Cookies, SignIn, sign_in};
use portico_access::testing::{Someone, World};
use portico_access::{Access, Hasher, Parameters, SystemRandomness, Token};
use portico_rules::Lang;
use portico_rules::identity::Form;
use portico_rules::policy::KNOWN_BROWSERS;
use portico_rules::questionnaire::OPTIONS;
use portico_rules::registration::Step as Page;
use portico_store::testing::TestDatabase;

use super::{BROWSERS, PEOPLE, Step, What};
use crate::support::*;

/// How long people wait: between two pages, for a mail, over lunch, until a PIN, a day, a session, a registration or a
/// questionnaire is over.
pub(super) const WAITS: [SignedDuration; PEOPLE] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(16),
    SignedDuration::from_mins(50),
    SignedDuration::from_mins(91),
    SignedDuration::from_hours(13),
    SignedDuration::from_hours(25),
    SignedDuration::from_hours(31 * 24),
    SignedDuration::from_hours(100 * 24),
];

const CHOSEN: [(&str, &str); 3] = [("first_pet", "Señor Whiskers"), ("toy", "red kite"), ("book", "Emil")];
const EMPLOYEE: &str = "900-12-3456";
/// What nobody has as a password.
const WRONG: &str = "Never-9-used";

/// A day for a link, ninety minutes for a code or a PIN (DESIGN.md, Lockout and recovery).
const LINK_LIVES: SignedDuration = SignedDuration::from_hours(24);
const CODE_LIVES: SignedDuration = SignedDuration::from_mins(90);

/// Who there is. Ana and Zoe share address and birthday, Ben is covered by Ana's plan and only until August, Eli is listed
/// under an employer alone, nobody has heard of Uma; Sam and Tess are of Riverside, the others of Evergreen. Zoe, Cleo, Sam
/// and Tess have accounts from the start, Zoe and Cleo with security questions.
pub(super) fn people() -> [Listed; PEOPLE] {
    let one = |member_id: &str, first_name: &str, ssn| Listed {
        member_id: member_id.to_owned(),
        first_name: first_name.to_owned(),
        ssn,
        email: format!("{}@home.example", first_name.to_lowercase()),
        ..ana()
    };
    [
        ana(),
        Listed { email: ana().email, ..one("W100002", "Zoe", "900123457") },
        Listed {
            date_of_birth: "1979-05-02",
            relationship: "spouse",
            subscriber: "W100001",
            coverage_end: Some("2025-08-01"),
            ..one("W100003", "Ben", "")
        },
        one("W100004", "Cleo", "900123459"),
        Listed { program: "", employer: EMPLOYER, ..one("W100005", "Eli", "900123461") },
        one("", "Uma", "900123460"),
        one("", "Sam", ""),
        one("", "Tess", ""),
    ]
}

/// Of [`people`] those who have accounts and security questions from the start, the one of an employer, the one that is
/// nobody, and the first of Riverside.
const ZOE: usize = 1;
const CLEO: usize = 3;
const ELI: usize = 4;
const UMA: usize = 5;
const SAM: usize = 6;

/// Under whom Eli is listed.
const EMPLOYER: &str = "acme";

/// How many wrong entries end a code.
const TRIES: u32 = 5;

/// What a browser keeps.
#[derive(Default)]
struct Browser {
    registration: Option<Token>,
    pin: Option<PinToken>,
    /// Which PIN was entered, and of whose account it was.
    entered: Option<Issued>,
    link: Option<LinkToken>,
    /// Of Evergreen and of Riverside.
    sessions: [Option<Token>; 2],
    known: Known,
    /// The ids in `known`.
    ids: BTreeSet<String>,
    /// A new address, and the code that was mailed to it.
    email_code: Option<(String, String)>,
}

/// A code that was mailed for an account.
type Issued = (String, String);

/// An account as it has to be.
struct Holder {
    person: usize,
    user_id: String,
    email: String,
    password: String,
    former: Option<String>,
    hash: String,
    /// Whether it has security questions.
    asked: bool,
    disavowed: bool,
    /// What was sent until then is void.
    void_before: Timestamp,
    /// The browsers that it knows, the latest first.
    knows: Vec<String>,
    /// The sessions that may live.
    sessions: BTreeSet<String>,
    /// How many wrong secrets were compared on each counter; that of strangers has no name.
    wrong: BTreeMap<String, u32>,
}

/// A registration as it has to be.
struct Registration {
    person: usize,
    /// Whether it was begun on the page where the roster lets the person register.
    is_in_place: bool,
    passed: bool,
    code: Option<String>,
    proven: bool,
    user_id: String,
    password: String,
    /// What *Check your answers* was shown with last.
    shown: String,
    account: Option<String>,
}

/// A mail that has come.
struct Post {
    at: Timestamp,
    mail: Mail,
    /// The account whose owner it greets.
    account: Option<String>,
}

/// What a step may do.
#[derive(Default)]
struct Granted {
    /// The account that may get a password, and the password.
    password: Option<(String, String)>,
    /// The outcome said that it was set.
    is_set: bool,
    /// The account that a registration has made.
    made: Option<(String, Holder)>,
    /// The account that was closed.
    closed: Option<String>,
}

/// One sequence on one database.
pub(super) struct Play<'a> {
    database: &'a TestDatabase,
    world: World,
    people: [Listed; PEOPLE],
    roster: BTreeMap<String, usize>,
    browsers: [Browser; BROWSERS],
    holders: BTreeMap<String, Holder>,
    registrations: BTreeMap<String, Registration>,
    post: Vec<Post>,
    /// The PINs and links that have set a password.
    used: BTreeSet<Issued>,
    /// Wrong entries by PIN request and by code, and wrong answers by PIN.
    entries: BTreeMap<String, u32>,
    passwords: u32,
}

impl<'a> Play<'a> {
    pub(super) async fn on(database: &'a TestDatabase) -> Self {
        let mut world = World::on(database).await;
        // With all its questions, as the preset has it.
        world.evergreen = world
            .change_policy(&world.evergreen, |policy| {
                policy.questionnaire = None;
                policy.security_questions = None;
            })
            .await;
        let people = people();
        let mut roster = BTreeMap::new();
        for (person, listed) in people.iter().enumerate().take(UMA) {
            roster.insert(list(&world, &world.evergreen, listed).await, person);
        }
        let mut play = Self {
            database,
            world,
            people,
            roster,
            browsers: Default::default(),
            holders: BTreeMap::new(),
            registrations: BTreeMap::new(),
            post: Vec::new(),
            used: BTreeSet::new(),
            entries: BTreeMap::new(),
            passwords: 0,
        };
        for person in [ZOE, CLEO, SAM, SAM + 1] {
            play.has_an_account(person).await;
        }
        for person in [ZOE, CLEO] {
            play.sign_in(0, person, true).await;
            play.change_questions(0, true).await;
            let step = Step { what: What::ChangeSecurityQuestions, browser: 0, person, honest: true };
            play.compare(step, Granted::default()).await;
            play.browsers[0] = Browser::default();
        }
        play
    }

    async fn has_an_account(&mut self, person: usize) {
        let listed = &self.people[person];
        let name = format!("{} {}", listed.first_name, listed.last_name);
        let user_id = if person < SAM { format!("{}.brook", listed.first_name) } else { String::new() };
        let (password, email) = (self.next_password(), self.people[person].email.clone());
        let person_id = self.roster.iter().find(|(_, listed)| **listed == person).map(|(id, _)| id.as_str());
        let who = Someone { name: &name, user_id: &user_id, email: &email, password: &password, person_id };
        let id = self.world.account(self.organization_of(person), who).await;
        let hash = self.rows().await.0.remove(&id).unwrap().1;
        let at = self.world.access.now();
        self.holders.insert(id, Holder { hash, ..Holder::new(person, user_id, email, password, at) });
    }

    fn next_password(&mut self) -> String {
        self.passwords += 1;
        format!("Quiet-{:05}", self.passwords)
    }

    fn organization_of(&self, person: usize) -> &Organization {
        if person < SAM { &self.world.evergreen } else { &self.world.riverside }
    }

    fn account_of(&self, person: usize) -> Option<String> {
        let mut accounts = self.holders.iter().filter(|(_, holder)| holder.person == person);
        accounts.next().map(|(id, _)| id.clone())
    }

    /// Every open account with its person and the hash of its password, and every open session with its account.
    async fn rows(&self) -> (BTreeMap<String, (String, String)>, Vec<(String, String)>) {
        let rows = self
            .database
            .ask(
                "SELECT 'account|' || id || '|' || COALESCE(person_id, '') || '|' || COALESCE(password_hash, '')
                 FROM accounts WHERE closed_at IS NULL
                 UNION ALL SELECT 'session|' || account_id || '|' || id || '|' FROM sessions WHERE ended_at IS NULL",
            )
            .await;
        let (mut accounts, mut sessions) = (BTreeMap::new(), Vec::new());
        for row in rows {
            let fields: Vec<_> = row.split('|').map(str::to_owned).collect();
            let [table, id, second, third] = fields.try_into().unwrap();
            if table == "account" {
                accounts.insert(id, (second, third));
            } else {
                sessions.push((id, second));
            }
        }
        (accounts, sessions)
    }

    /// Takes a step, and compares.
    pub(super) async fn take(&mut self, step: Step) {
        self.world.advance(SignedDuration::from_secs(1));
        match step.what {
            What::Finish => {
                for _ in 0..Page::ALL.len() {
                    let granted = self.go_on(step).await;
                    self.compare(step, granted).await;
                }
            }
            What::Recover => {
                // What is dishonest is the last of them, or it would seldom come so far.
                self.take_all(Step { honest: true, ..step }, &[What::AskPin, What::EnterPin]).await;
                self.take_all(step, &[What::SavePin]).await;
            }
            What::Reset => {
                let step = Step { person: SAM + step.person % (PEOPLE - SAM), ..step };
                self.take_all(step, &[What::AskLink, What::SendLinkCode, What::SaveLink]).await;
            }
            What::Guess => self.take_all(Step { honest: false, ..step }, &[What::SignIn; 5]).await,
            _ => {
                let granted = self.act(step).await;
                self.compare(step, granted).await;
            }
        }
    }

    async fn take_all(&mut self, step: Step, whats: &[What]) {
        for what in whats {
            Box::pin(self.take(Step { what: *what, ..step })).await;
        }
    }

    async fn act(&mut self, step: Step) -> Granted {
        let Step { what, browser, person, honest } = step;
        if matches!(
            what,
            What::ChangePassword
                | What::ChangeSecurityQuestions
                | What::ChangeEmail
                | What::Disavow
                | What::CloseAccount
        ) && self.signed_in(browser, person).await.is_none()
        {
            self.sign_in(browser, person, true).await;
        }
        match what {
            What::Wait => self.world.advance(WAITS[person]),
            What::Restart => self.restart(honest),
            What::ForgetCookies => self.browsers[browser] = Browser::default(),
            What::AboutYou => self.about_you(browser, person, honest).await,
            What::StartAgain => self.browsers[browser].registration = None,
            What::GoOn => return self.go_on(step).await,
            What::AnswerQuestions => self.answer_questions(browser, honest).await,
            What::SendCode => self.send_code(browser).await,
            What::EnterCode => self.enter_code(browser, honest).await,
            What::SignInDetails => self.sign_in_details(browser, person).await,
            What::SecurityQuestions => self.security_questions(browser).await,
            What::Create => return self.create(browser).await,
            What::SendResumeCode => self.send_resume_code(browser).await,
            What::Resume => self.resume(browser, honest).await,
            What::AskPin => self.ask_pin(browser, person).await,
            What::EnterPin => self.enter_pin(browser, person, honest).await,
            What::ShowUserId => {
                if let Some(token) = &self.browsers[browser].pin {
                    let (access, organization) = (&self.world.access, self.organization_of(person));
                    pin::show_user_id(access, organization, token, Lang::En).await.unwrap();
                }
            }
            What::SavePin => return self.save_pin(browser, person, honest).await,
            What::AskLink => {
                let (access, riverside) = (&self.world.access, &self.world.riverside);
                reset::request(access, riverside, &self.people[person].email, Lang::En, "192.0.2.1")
                    .await
                    .unwrap();
            }
            What::SendLinkCode => self.send_link_code(browser, person).await,
            What::SaveLink => return self.save_link(browser, honest).await,
            What::SignIn => self.sign_in(browser, person, honest).await,
            What::SignOut => {
                if let Some(token) = self.browsers[browser].sessions[place(person)].take() {
                    let (access, organization) = (&self.world.access, self.organization_of(person));
                    sessions::end(access, organization, &token, EndReason::SignedOut).await.unwrap();
                }
            }
            What::EndOthers => {
                if let Some(who) = self.signed_in(browser, person).await {
                    let (access, organization) = (&self.world.access, self.organization_of(person));
                    sessions::end_others(access, organization, &who).await.unwrap();
                    self.holders.get_mut(&who.account_id).unwrap().changed_in(&who);
                }
            }
            What::ChangePassword => return self.change_password(browser, person, honest).await,
            What::ChangeSecurityQuestions => self.change_questions(browser, honest).await,
            What::ChangeEmail => self.change_email(browser, person, honest).await,
            What::ProveEmail => self.prove_email(browser, person, honest).await,
            What::Disavow => {
                if let Some(who) = self.signed_in(browser, person).await {
                    let (access, organization) = (&self.world.access, self.organization_of(person));
                    assert!(disavowal::by_owner(access, organization, &who, Lang::En).await.unwrap());
                    self.disavowed(&who.account_id);
                }
            }
            What::DisavowByMail => self.disavow_by_mail(person).await,
            What::CloseAccount => return self.close(browser, person, honest).await,
            What::Finish | What::Recover | What::Reset | What::Guess => {}
        }
        Granted::default()
    }

    /// Whether the sequence has left everything in order.
    pub(super) async fn finish(self) {
        for organization in [&self.world.evergreen, &self.world.riverside] {
            let verified = verify(&self.world.access, &organization.id).await.unwrap();
            assert!(matches!(verified, Verified::Whole { .. }), "7: {verified:?}");
        }
    }
}

/// Which of a browser's sessions it is.
fn place(person: usize) -> usize {
    usize::from(person >= SAM)
}

impl Holder {
    fn new(person: usize, user_id: String, email: String, password: String, at: Timestamp) -> Self {
        Self {
            person,
            user_id,
            email,
            password,
            former: None,
            hash: String::new(),
            asked: false,
            disavowed: false,
            void_before: at,
            knows: Vec::new(),
            sessions: BTreeSet::new(),
            wrong: BTreeMap::new(),
        }
    }

    /// Signed in: the browser is known from now on, and the session may live.
    fn opened(&mut self, known_browser: &str, session: String) {
        self.knows.retain(|id| id != known_browser);
        self.knows.insert(0, known_browser.to_owned());
        self.knows.truncate(KNOWN_BROWSERS as usize);
        self.sessions.insert(session);
    }

    /// Recovered: nobody is signed in, all browsers are strangers, and all failures forgotten.
    fn recovered(&mut self) {
        self.knows.clear();
        self.sessions.clear();
        self.wrong.clear();
        self.disavowed = false;
    }

    /// Changed by its owner, in the one session that stays.
    fn changed_in(&mut self, who: &SignedIn) {
        self.sessions.retain(|session| *session == who.session_id);
        self.knows.retain(|id| who.known_browser.as_ref() == Some(id));
    }

    /// The counter of a browser that has these ids.
    fn side<'s>(&self, mut ids: impl Iterator<Item = &'s String>) -> String {
        ids.find(|id| self.knows.contains(id)).cloned().unwrap_or_default()
    }
}

/// Registration.
impl Play<'_> {
    fn registration(&mut self, browser: usize) -> Option<&mut Registration> {
        let token = self.browsers[browser].registration.as_ref()?;
        self.registrations.get_mut(token.expose())
    }

    /// On the page for the person, or else on the other one.
    async fn about_you(&mut self, browser: usize, person: usize, in_place: bool) {
        let listed = &self.people[person];
        let is_dependent = listed.relationship != "self";
        let employee_ssn = if is_dependent { EMPLOYEE } else { "" };
        let form = Form { is_dependent, employee_ssn, ..form(listed) };
        let cookie = format!("browser {browser}");
        let employer = ((person == ELI) == in_place).then_some(EMPLOYER);
        let source = Source { employer, browser: &cookie, network: "192.0.2.1" };
        let token = self.browsers[browser].registration.as_ref();
        let (access, organization) = (&self.world.access, self.organization_of(person));
        let given = registration::give_about_you(access, organization, token, &form, source).await.unwrap();
        let (token, goes_on) = match given {
            AboutYouOutcome::Next { token, step } => {
                (token, !matches!(step, Page::AboutYou | Page::Questions))
            }
            AboutYouOutcome::CannotGoOn { token } => (token, false),
            AboutYouOutcome::NotOffered => return,
            outcome => panic!("{outcome:?}"),
        };
        // The token is another one each time, also where the registration goes on: it has to be the same person's then.
        let before = self.browsers[browser].registration.as_ref();
        let before = before.and_then(|before| self.registrations.remove(before.expose()));
        let new = Registration {
            person,
            is_in_place: in_place,
            passed: false,
            code: None,
            proven: false,
            user_id: String::new(),
            password: String::new(),
            shown: String::new(),
            account: None,
        };
        let new = if goes_on {
            let before = before.expect("2: a registration that has not begun goes on");
            assert_eq!(before.person, person, "2: what one has proven is carried over to another");
            assert!(in_place, "2: what was proven is carried over to another page");
            before
        } else {
            new
        };
        self.registrations.insert(token.expose().to_owned(), new);
        self.browsers[browser].registration = Some(token);
    }

    async fn go_on(&mut self, step: Step) -> Granted {
        let Step { browser, person, honest, .. } = step;
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        let token = self.browsers[browser].registration.as_ref();
        let page = match registration::view(access, evergreen, token).await.unwrap() {
            View::Going(going) if going.stopped => Page::AboutYou,
            View::Going(going) => going.step,
            View::Elsewhere(Elsewhere::Resume) => {
                self.send_resume_code(browser).await;
                self.resume(browser, honest).await;
                return Granted::default();
            }
            View::Elsewhere(_) => Page::AboutYou,
            View::Done { .. } => Page::Done,
        };
        match page {
            Page::AboutYou => {
                let person = self.registration(browser).map_or(person, |registration| registration.person);
                self.about_you(browser, person, honest).await;
            }
            Page::Questions => self.answer_questions(browser, honest).await,
            Page::Email => self.send_code(browser).await,
            Page::EmailCode => self.enter_code(browser, honest).await,
            Page::SignInDetails => self.sign_in_details(browser, person).await,
            Page::SecurityQuestions => self.security_questions(browser).await,
            Page::Check | Page::Done => return self.create(browser).await,
        }
        Granted::default()
    }

    async fn answer_questions(&mut self, browser: usize, honest: bool) {
        let person = self.registration(browser).map_or(0, |registration| registration.person);
        let token = self.browsers[browser].registration.clone();
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        let questions = registration::questions(access, evergreen, token.as_ref()).await.unwrap();
        let questions = questions.unwrap_or_default();
        let answers: Vec<String> = if honest {
            crate::support::honest(&questions, &self.people[person])
        } else {
            let wrong = questions.iter().map(|question| (0..=OPTIONS).find(|at| !question.is_right(*at)));
            wrong.map(|at| (at.unwrap() + 1).to_string()).collect()
        };
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        let source = Source::default();
        let outcome = registration::answer_questions(access, evergreen, token.as_ref(), &answers, source);
        if let AnswerOutcome::Next(_) = outcome.await.unwrap() {
            let registration = self.registration(browser).unwrap();
            assert!(honest || registration.passed, "2: wrong answers lead on");
            assert!(person < UMA, "2: nobody has right answers");
            assert!(registration.is_in_place, "2: registered where the roster does not list them");
            registration.passed = true;
        }
    }

    async fn send_code(&mut self, browser: usize) {
        let token = self.browsers[browser].registration.as_ref();
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        registration::send_code(access, evergreen, token, "", Lang::En).await.unwrap();
        self.keep_code(browser).await;
    }

    async fn send_resume_code(&mut self, browser: usize) {
        let token = self.browsers[browser].registration.as_ref();
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        registration::send_resume_code(access, evergreen, token, Lang::En).await.unwrap();
        self.keep_code(browser).await;
    }

    async fn keep_code(&mut self, browser: usize) {
        let Some((to, code)) = self.collect("registration_code").await else { return };
        let registration = self.registration(browser).unwrap();
        assert!(registration.passed, "2: a code for somebody who has answered nothing");
        registration.code = Some(code);
        let person = registration.person;
        assert_eq!(to, self.people[person].email, "2: only the address on file is asked");
    }

    /// The code that was sent for the registration, or another one.
    fn code(&mut self, browser: usize, honest: bool) -> Option<String> {
        let code = self.registration(browser)?.code.clone()?;
        Some(if honest { code } else { another(&code) })
    }

    async fn enter_code(&mut self, browser: usize, honest: bool) {
        let code = self.code(browser, honest);
        let entered = code.clone().unwrap_or_else(|| "00000000".to_owned());
        let token = self.browsers[browser].registration.as_ref();
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        let outcome = registration::prove_code(access, evergreen, token, &entered).await.unwrap();
        let sent = self.registration(browser).and_then(|registration| registration.code.clone());
        let tries = self.entries.entry(sent.unwrap_or_default()).or_default();
        match outcome {
            CodeOutcome::Next(_) => {
                let is_good = honest && code.is_some() && *tries < TRIES;
                let registration = self.registration(browser).unwrap();
                assert!(registration.proven || is_good, "2 and 6: a wrong or spent code proves an address");
                registration.proven = true;
            }
            CodeOutcome::Wrong { .. } => {
                *tries += 1;
                assert!(*tries < TRIES, "6: five wrong codes, and it goes on");
            }
            CodeOutcome::Ended => *tries = TRIES,
            CodeOutcome::Problem(_) | CodeOutcome::Expired | CodeOutcome::Elsewhere(_) => {}
        }
    }

    async fn resume(&mut self, browser: usize, honest: bool) {
        let Some(code) = self.code(browser, honest) else { return };
        let person = self.registration(browser).map_or(0, |registration| registration.person);
        let form = form(&self.people[person]);
        let born = DateOfBirth { month: form.month, day: form.day, year: form.year };
        let token = self.browsers[browser].registration.as_ref();
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        let outcome = registration::resume(access, evergreen, token, born, &code).await.unwrap();
        assert!(honest || !matches!(outcome, ResumeOutcome::Next(_)), "2: taken up with a wrong code");
    }

    /// With a User ID that others want as well.
    async fn sign_in_details(&mut self, browser: usize, person: usize) {
        let (user_id, chosen) = (format!("walker.{}", person % 3), self.next_password());
        let text = password(&chosen);
        let token = self.browsers[browser].registration.as_ref();
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        let outcome =
            registration::choose_sign_in_details(access, evergreen, token, &user_id, &text, &text).await;
        if let SignInDetailsOutcome::Next(_) = outcome.unwrap() {
            let registration = self.registration(browser).unwrap();
            assert!(registration.proven, "1: a password before the address is proven");
            (registration.user_id, registration.password) = (user_id, chosen);
        }
    }

    async fn security_questions(&mut self, browser: usize) {
        let token = self.browsers[browser].registration.as_ref();
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        let chosen = questions(&CHOSEN);
        let outcome = registration::choose_security_questions(access, evergreen, token, &chosen).await;
        if let SecurityQuestionsOutcome::Next(_) = outcome.unwrap() {
            assert!(self.registration(browser).unwrap().proven);
        }
    }

    async fn create(&mut self, browser: usize) -> Granted {
        let cookies = self.cookies(browser, 0);
        let token = self.browsers[browser].registration.clone();
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        let checked = registration::check(access, evergreen, token.as_ref()).await.unwrap();
        let shown = match (checked, self.registration(browser)) {
            (Ok(checked), Some(registration)) => {
                registration.shown.clone_from(&checked.shown);
                checked.shown.clone()
            }
            (_, registration) => registration.map(|one| one.shown.clone()).unwrap_or_default(),
        };
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        let outcome = registration::create(access, evergreen, token.as_ref(), &shown, &cookies, Lang::En);
        let outcome = outcome.await.unwrap();
        let CreateOutcome::Created { account_id, user_id, session, known_browser } = outcome else {
            return Granted::default();
        };
        let found = sessions::look_up(access, evergreen, &session, Touch::Polling).await.unwrap();
        let LookUp::SignedIn(who) = found else { panic!("{found:?}") };
        let now = access.now();
        self.remember(browser, 0, session, &known_browser);
        let registration = self.registration(browser).unwrap();
        assert!(registration.passed && registration.proven, "1 and 2: nothing was proven");
        if let Some(account) = &registration.account {
            assert_eq!(*account, account_id, "4: one registration, two accounts");
            return Granted::default();
        }
        registration.account = Some(account_id.clone());
        assert_eq!(registration.user_id, user_id);
        let (person, chosen) = (registration.person, registration.password.clone());
        let mut holder = Holder::new(person, user_id, self.people[person].email.clone(), chosen, now);
        holder.asked = true;
        holder.opened(&known_browser, who.session_id);
        Granted { made: Some((account_id, holder)), ..Granted::default() }
    }
}

/// Recovery.
impl Play<'_> {
    async fn ask_pin(&mut self, browser: usize, person: usize) {
        let email = match self.account_of(person) {
            Some(account) => self.holders[&account].email.clone(),
            None => self.people[person].email.clone(),
        };
        let form = form(&self.people[person]);
        let born = DateOfBirth { month: form.month, day: form.day, year: form.year };
        let asked = Asked { email: &email, born, forgotten: Forgotten::Password };
        let (access, organization) = (&self.world.access, self.organization_of(person));
        let outcome = pin::request(access, organization, &asked, Lang::En, "192.0.2.1").await.unwrap();
        if let pin::RequestOutcome::Requested { token } = outcome {
            self.browsers[browser].pin = Some(token);
        }
    }

    /// The PIN that the person was sent last, whoever asked for it.
    async fn enter_pin(&mut self, browser: usize, person: usize, honest: bool) {
        let sent = self.post.iter().rev().find(|post| {
            post.mail.kind == "pin" && post.account.is_some() && post.account == self.account_of(person)
        });
        let issued = sent.and_then(|post| Some((post.account.clone()?, post.mail.code())));
        let Some(token) = self.browsers[browser].pin.clone() else { return };
        let entered = match &issued {
            Some((_, code)) if honest => code.clone(),
            Some((_, code)) => another(code),
            None => "00000000".to_owned(),
        };
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        let forgotten = if person.is_multiple_of(2) { Forgotten::Password } else { Forgotten::UserId };
        let outcome = pin::enter(access, evergreen, &token, &entered, forgotten, Lang::En).await.unwrap();
        let request = token.to_text().split('.').next().unwrap().to_owned();
        let wrong = self.entries.entry(request).or_default();
        match outcome {
            EnterOutcome::Proven { token } => {
                assert!(honest && issued.is_some(), "1: a PIN that was not sent");
                assert!(*wrong < TRIES, "6: a PIN after five wrong ones");
                (self.browsers[browser].pin, self.browsers[browser].entered) = (Some(token), issued);
            }
            EnterOutcome::Wrong { .. } => {
                *wrong += 1;
                assert!(*wrong < TRIES, "6: five wrong PINs, and it goes on");
            }
            EnterOutcome::Ended => *wrong = TRIES,
            EnterOutcome::Problem(_) | EnterOutcome::Expired | EnterOutcome::Barred(_) => {}
        }
    }

    /// Whether what was mailed may set a password: it was first sent no longer ago than it lives and after everything
    /// else that was sent was made void, and it has set none.
    fn is_good(&self, kind: &str, issued: &Issued, lives: SignedDuration) -> bool {
        let (account, secret) = issued;
        let Some(holder) = self.holders.get(account) else { return false };
        let sent = self.post.iter().find(|post| {
            post.mail.kind == kind
                && post.account.as_ref() == Some(account)
                && post.mail.text.contains(secret)
        });
        sent.is_some_and(|post| {
            post.at > holder.void_before && self.world.access.now().duration_since(post.at) < lives
        }) && !self.used.contains(issued)
    }

    async fn save_pin(&mut self, browser: usize, person: usize, honest: bool) -> Granted {
        let Some(token) = self.browsers[browser].pin.clone() else { return Granted::default() };
        let entered = self.browsers[browser].entered.clone();
        let (access, evergreen) = (self.world.access.clone(), self.world.evergreen.clone());
        let asked = match pin::stage(&access, &evergreen, Some(&token)).await.unwrap() {
            Stage::Proven(proven) => proven.questions,
            Stage::Ask | Stage::Enter { .. } => Vec::new(),
        };
        let answer =
            |name: &str| CHOSEN.iter().find(|(question, _)| *question == name).map(|(_, answer)| answer);
        let answers = asked.iter().map(|question| match answer(question.name()) {
            Some(answer) if honest => Answer::from(*answer),
            _ => Answer::from("something else"),
        });
        let owner = entered.as_ref().and_then(|(account, _)| self.holders.get(account));
        let former = owner.and_then(|owner| owner.former.clone()).filter(|_| person == PEOPLE - 1);
        let text = match former {
            Some(former) => former,
            None => self.next_password(),
        };
        let form =
            NewPassword { answers: answers.collect(), password: password(&text), repeated: password(&text) };
        let may = entered.filter(|issued| {
            let is_answered = honest || self.holders.get(&issued.0).is_some_and(|holder| !holder.asked);
            is_answered && self.is_good("pin", issued, CODE_LIVES)
        });
        let known = self.browsers[browser].known.clone();
        let compared = access.hasher.counts().stored;
        let outcome = pin::save(&access, &evergreen, &token, form, &known, Lang::En).await.unwrap();
        let was_compared = access.hasher.counts().stored > compared;
        if was_compared && !honest {
            let (account, code) = self.browsers[browser].entered.clone().unwrap();
            let tries = self.entries.entry(format!("{account}/{code}")).or_default();
            *tries += 1;
            assert!(*tries <= TRIES, "6: more than five wrong answers after one PIN");
            // A locked account counts no more of them: then they are bounded by the PIN alone.
            let limit = evergreen.policy.lockout_attempts;
            let holder = self.holders.get_mut(&account).unwrap();
            let side = holder.side(self.browsers[browser].ids.iter());
            if holder.wrong.get(&side).is_none_or(|wrong| *wrong < limit) && !holder.disavowed {
                *holder.wrong.entry(side).or_default() += 1;
            }
        }
        let is_set = outcome == pin::SaveOutcome::Saved;
        if is_set && let Some(issued) = &may {
            self.used.insert(issued.clone());
            self.holders.get_mut(&issued.0).unwrap().recovered();
        }
        Granted { password: may.map(|(account, _)| (account, text)), is_set, ..Granted::default() }
    }

    async fn send_link_code(&mut self, browser: usize, person: usize) {
        let riverside = self.world.riverside.clone();
        let account = self.account_of(person);
        let sent =
            self.post.iter().rev().find(|post| {
                post.mail.kind == "reset_password" && account.is_some() && post.account == account
            });
        if let Some(post) = sent {
            self.browsers[browser].link = Some(post.mail.link(&riverside));
        }
        if let Some(link) = &self.browsers[browser].link {
            reset::send_code(&self.world.access, &riverside, link, Lang::En).await.unwrap();
        }
    }

    async fn save_link(&mut self, browser: usize, honest: bool) -> Granted {
        let Some(link) = self.browsers[browser].link.clone() else { return Granted::default() };
        let secret = link.to_text().split('.').next().unwrap().to_owned();
        let is_proven = link.to_text().contains('.');
        let opened = self.post.iter().find(|post| post.mail.text.contains(&secret));
        let account = opened.and_then(|post| post.account.clone()).unwrap_or_default();
        let sent = self
            .post
            .iter()
            .rev()
            .find(|post| post.mail.kind == "security_code" && post.account.as_ref() == Some(&account));
        let code = sent.map(|post| post.mail.code());
        let entered = match &code {
            Some(code) if honest => code.clone(),
            Some(code) => another(code),
            None => "00000000".to_owned(),
        };
        let issued = (account, secret);
        let sent = code.unwrap_or_default();
        let spent = self.entries.get(&sent).is_some_and(|tries| *tries >= TRIES);
        let is_coded = is_proven
            || (honest
                && !spent
                && self.is_good("security_code", &(issued.0.clone(), sent.clone()), CODE_LIVES));
        let may = (is_coded && self.is_good("reset_password", &issued, LINK_LIVES)).then_some(issued);
        let text = self.next_password();
        let chosen = password(&text);
        let (access, riverside) = (&self.world.access, &self.world.riverside);
        let outcome = reset::save(access, riverside, &link, &entered, &chosen, &chosen, Lang::En).await;
        let is_set = match outcome.unwrap() {
            reset::SaveOutcome::Saved => true,
            reset::SaveOutcome::Password { token, .. } => {
                assert!(!spent || is_proven, "6: a code after five wrong ones");
                self.browsers[browser].link = Some(token);
                false
            }
            reset::SaveOutcome::WrongCode { .. } => {
                let tries = self.entries.entry(sent).or_default();
                *tries += 1;
                assert!(*tries < TRIES, "6: five wrong codes, and it goes on");
                false
            }
            reset::SaveOutcome::CodeEnded => {
                self.entries.insert(sent, TRIES);
                false
            }
            _ => false,
        };
        if is_set && let Some(issued) = &may {
            self.used.insert(issued.clone());
            self.holders.get_mut(&issued.0).unwrap().recovered();
        }
        Granted { password: may.map(|(account, _)| (account, text)), is_set, ..Granted::default() }
    }

    fn disavowed(&mut self, account: &str) {
        let holder = self.holders.get_mut(account).unwrap();
        holder.knows.clear();
        holder.sessions.clear();
        holder.disavowed = true;
    }

    async fn disavow_by_mail(&mut self, person: usize) {
        let account = self.account_of(person);
        let link = self.post.iter().rev().filter(|post| account.is_some() && post.account == account);
        let token = link.flat_map(|post| post.mail.text.lines()).find_map(|line| {
            line.split_once(disavowal::LINK).and_then(|(_, token)| Token::parse(token.trim()))
        });
        let (Some(account), Some(token)) = (account, token) else { return };
        let (access, organization) = (&self.world.access, self.organization_of(person));
        let outcome = disavowal::by_link(access, organization, &token, Lang::En).await.unwrap();
        if outcome == NotMe::Ready {
            self.disavowed(&account);
        }
    }
}

/// Sign-in, and what is behind it.
impl Play<'_> {
    fn cookies(&self, browser: usize, place: usize) -> Cookies {
        let Browser { known, sessions, .. } = &self.browsers[browser];
        Cookies { known: known.clone(), session: sessions[place].clone(), ..Cookies::default() }
    }

    fn remember(&mut self, browser: usize, place: usize, session: Token, known_browser: &str) {
        let browser = &mut self.browsers[browser];
        browser.sessions[place] = Some(session);
        browser.known = browser.known.with(known_browser);
        browser.ids.insert(known_browser.to_owned());
    }

    async fn sign_in(&mut self, browser: usize, person: usize, honest: bool) {
        let account = self.account_of(person);
        let holder = account.as_ref().map(|account| &self.holders[account]);
        let (who, text) = match holder {
            Some(Holder { user_id, password, .. }) if honest && person < SAM => (user_id, password.clone()),
            Some(Holder { email, password, .. }) if honest => (email, password.clone()),
            Some(Holder { user_id, email, former, .. }) => {
                let who = if person < SAM { user_id } else { email };
                (who, former.clone().unwrap_or_else(|| WRONG.to_owned()))
            }
            None => (&self.people[person].first_name, WRONG.to_owned()),
        };
        let cookies = self.cookies(browser, place(person));
        let (access, organization) = (self.world.access.clone(), self.organization_of(person).clone());
        let before = access.hasher.counts();
        let outcome = sign_in(&access, &organization, who, password(&text), cookies).await.unwrap();
        let after = access.hasher.counts();
        assert_eq!(after.total() - before.total(), 1, "5: one hash, whoever it is");
        let Some(account) = account else {
            assert!(matches!(outcome, SignIn::Refused), "{outcome:?}");
            return;
        };
        let was_compared = after.stored > before.stored;
        let side = self.attempted(&account, &self.browsers[browser].ids.clone(), was_compared, honest);
        match outcome {
            SignIn::In { token, known_browser, account_id, .. } => {
                assert!(honest && account_id == account, "1: signed in with another password");
                let looked_up =
                    sessions::look_up(&access, &organization, &token, Touch::Polling).await.unwrap();
                let LookUp::SignedIn(who) = looked_up else { panic!("{looked_up:?}") };
                self.remember(browser, place(person), token, &known_browser);
                self.holders.get_mut(&account).unwrap().opened(&known_browser, who.session_id);
            }
            SignIn::Refused => {
                let holder = &self.holders[&account];
                let is_locked = holder.disavowed || holder.wrong.get(&side).is_some_and(|wrong| *wrong >= 5);
                assert!(!honest || is_locked, "the right password is refused");
            }
            _ => assert!(honest, "{outcome:?}"),
        }
    }

    /// Notes an attempt at the password of an account, by a browser with these ids. Its counter.
    fn attempted(
        &mut self,
        account: &str,
        ids: &BTreeSet<String>,
        was_compared: bool,
        honest: bool,
    ) -> String {
        let limit = self.organization_of(self.holders[account].person).policy.lockout_attempts;
        let holder = self.holders.get_mut(account).unwrap();
        let side = holder.side(ids.iter());
        if was_compared && honest {
            holder.wrong.remove(&side);
        } else if was_compared {
            let wrong = holder.wrong.entry(side.clone()).or_default();
            *wrong += 1;
            assert!(*wrong <= limit, "6: {wrong} wrong secrets were compared");
        }
        side
    }

    /// Who is signed in in a browser.
    async fn signed_in(&self, browser: usize, person: usize) -> Option<SignedIn> {
        let token = self.browsers[browser].sessions[place(person)].as_ref()?;
        let (access, organization) = (&self.world.access, self.organization_of(person));
        match sessions::look_up(access, organization, token, Touch::Activity).await.unwrap() {
            LookUp::SignedIn(who) => {
                let holder = &self.holders[&who.account_id];
                assert!(holder.sessions.contains(&who.session_id), "3: a session that had ended lives");
                Some(who)
            }
            LookUp::Ended(_) | LookUp::Unknown => None,
        }
    }

    /// The current password, or another one.
    fn current(&self, who: &SignedIn, honest: bool) -> String {
        if honest { self.holders[&who.account_id].password.clone() } else { WRONG.to_owned() }
    }

    /// Notes that the current password was asked for, when `compared` were compared before.
    fn asked(&mut self, who: &SignedIn, compared: u64, honest: bool) {
        let was_compared = self.world.access.hasher.counts().stored > compared;
        let ids = who.known_browser.iter().cloned().collect();
        self.attempted(&who.account_id, &ids, was_compared, honest);
    }

    async fn change_password(&mut self, browser: usize, person: usize, honest: bool) -> Granted {
        let Some(who) = self.signed_in(browser, person).await else { return Granted::default() };
        let former = self.holders[&who.account_id].former.clone().filter(|_| person.is_multiple_of(3));
        let text = match former {
            Some(former) => former,
            None => self.next_password(),
        };
        let form = Change {
            current: password(&self.current(&who, honest)),
            password: password(&text),
            repeated: password(&text),
        };
        let (access, organization) = (self.world.access.clone(), self.organization_of(person).clone());
        let compared = access.hasher.counts().stored;
        let outcome = change_password::change(&access, &organization, &who, form).await.unwrap();
        self.asked(&who, compared, honest);
        let is_set = if let ChangeOutcome::Changed { token } = outcome {
            self.browsers[browser].sessions[place(person)] = Some(token);
            self.holders.get_mut(&who.account_id).unwrap().changed_in(&who);
            true
        } else {
            false
        };
        let may = honest.then_some((who.account_id, text));
        Granted { password: may, is_set, ..Granted::default() }
    }

    async fn change_questions(&mut self, browser: usize, honest: bool) {
        let Some(who) = self.signed_in(browser, 0).await else { return };
        let current = password(&self.current(&who, honest));
        let form = security_questions::Change { current, chosen: questions(&CHOSEN) };
        let (access, evergreen) = (self.world.access.clone(), self.world.evergreen.clone());
        let compared = access.hasher.counts().stored;
        let outcome = security_questions::change(&access, &evergreen, &who, form).await.unwrap();
        self.asked(&who, compared, honest);
        if let security_questions::ChangeOutcome::Changed { token } = outcome {
            assert!(honest, "1: other questions without the current password");
            self.browsers[browser].sessions[0] = Some(token);
            let holder = self.holders.get_mut(&who.account_id).unwrap();
            holder.changed_in(&who);
            holder.asked = true;
        }
    }

    async fn change_email(&mut self, browser: usize, person: usize, honest: bool) {
        let Some(who) = self.signed_in(browser, person).await else { return };
        self.passwords += 1;
        let email = format!("moved{}@new.example", self.passwords);
        let current = password(&self.current(&who, honest));
        let (access, organization) = (self.world.access.clone(), self.organization_of(person).clone());
        let compared = access.hasher.counts().stored;
        let outcome = email_change::start(&access, &organization, &who, &email, current, Lang::En).await;
        self.asked(&who, compared, honest);
        if let email_change::StartOutcome::Sent { token } = outcome.unwrap() {
            assert!(honest, "1: another address without the current password");
            let code = self.collect("email_code").await;
            let browser = &mut self.browsers[browser];
            browser.sessions[place(person)] = Some(token);
            browser.email_code = code;
        }
    }

    async fn prove_email(&mut self, browser: usize, person: usize, honest: bool) {
        let Some(who) = self.signed_in(browser, person).await else { return };
        let Some((email, code)) = self.browsers[browser].email_code.clone() else { return };
        let entered = if honest { code.clone() } else { another(&code) };
        let (access, organization) = (&self.world.access, self.organization_of(person));
        let outcome = email_change::prove(access, organization, &who, &entered).await.unwrap();
        let tries = self.entries.entry(code).or_default();
        match outcome {
            email_change::ProveOutcome::Changed => {
                assert!(honest && *tries < TRIES, "1 and 6: another address without its code");
                self.holders.get_mut(&who.account_id).unwrap().email = email;
            }
            email_change::ProveOutcome::Wrong { .. } => {
                *tries += 1;
                assert!(*tries < TRIES, "6: five wrong codes, and it goes on");
            }
            email_change::ProveOutcome::Ended => *tries = TRIES,
            email_change::ProveOutcome::Problem(_) | email_change::ProveOutcome::Over => {}
        }
    }

    async fn close(&mut self, browser: usize, person: usize, honest: bool) -> Granted {
        let Some(who) = self.signed_in(browser, person).await else { return Granted::default() };
        let current = password(&self.current(&who, honest));
        let (access, organization) = (self.world.access.clone(), self.organization_of(person).clone());
        let compared = access.hasher.counts().stored;
        let outcome = close_account::close(&access, &organization, &who, current).await.unwrap();
        self.asked(&who, compared, honest);
        let is_closed = outcome == CloseOutcome::Closed;
        assert!(honest || !is_closed, "1: closed without the current password");
        Granted { closed: is_closed.then_some(who.account_id), ..Granted::default() }
    }
}

/// The ledger.
impl Play<'_> {
    fn restart(&mut self, same_keys: bool) {
        if !same_keys {
            self.world.rotate_keys();
        }
        let old = &self.world.access;
        let randomness = Arc::new(SystemRandomness);
        self.world.access = Access {
            store: old.store.clone(),
            keys: Arc::new((*old.keys).clone()),
            clock: old.clock.clone(),
            hasher: Hasher::new(Parameters::for_tests(), &*randomness),
            randomness,
            public_url: old.public_url.clone(),
        };
    }

    /// Takes the mails that have come, and gives the address and the code of the one of this kind.
    async fn collect(&mut self, kind: &str) -> Option<(String, String)> {
        let now = self.world.access.now();
        let from = self.post.len();
        for mail in every_mail(&self.world).await {
            let text = mail.text.to_lowercase();
            let greeted = (0..PEOPLE).find(|person| {
                let Listed { first_name, last_name, .. } = &self.people[*person];
                [format!("hello {first_name},"), format!("hello {first_name} {last_name},")]
                    .iter()
                    .any(|greeting| text.contains(&greeting.to_lowercase()))
            });
            let account = greeted.and_then(|person| self.account_of(person));
            if let Some(account) = &account
                && VOIDING.contains(&mail.kind.as_str())
            {
                self.holders.get_mut(account).unwrap().void_before = now;
            }
            self.post.push(Post { at: now, mail, account });
        }
        let mut mails = self.post[from..].iter().map(|post| &post.mail);
        mails.find(|mail| mail.kind == kind).map(|mail| (mail.to.clone(), mail.code()))
    }

    /// Compares the database with the ledger, after a step that was granted so much.
    async fn compare(&mut self, step: Step, granted: Granted) {
        let Granted { password: may, is_set, made, closed } = granted;
        if let Some((id, holder)) = made {
            assert!(self.holders.insert(id, holder).is_none());
        }
        if let Some(closed) = &closed {
            self.holders.remove(closed);
        }
        self.collect("").await;
        let (accounts, sessions) = self.rows().await;
        let mut changed = None;
        for (id, (person_id, hash)) in &accounts {
            let holder = self.holders.get_mut(id);
            let holder = holder.unwrap_or_else(|| panic!("1 and 2: {step:?} made an account"));
            assert_eq!(self.roster.get(person_id), Some(&holder.person).filter(|person| **person < UMA));
            if holder.hash == *hash {
                continue;
            }
            if !holder.hash.is_empty() {
                let Some((account, text)) = &may else { panic!("1: {step:?} changed a password") };
                assert_eq!(account, id, "1: {step:?} changed somebody else's password");
                holder.former = Some(std::mem::replace(&mut holder.password, text.clone()));
                changed = Some(id);
            }
            holder.hash.clone_from(hash);
            let chosen = password(&holder.password);
            assert!(self.world.access.hasher.verify(&chosen, hash).await.unwrap(), "1: another password");
        }
        assert_eq!(changed.is_some(), is_set, "1: {step:?} said otherwise");
        let gone = self.holders.keys().find(|id| !accounts.contains_key(*id));
        assert_eq!(gone, None, "{step:?} closed an account");
        let people = accounts.values().map(|(person_id, _)| person_id).filter(|id| !id.is_empty());
        let people: Vec<_> = people.collect();
        assert_eq!(
            people.iter().collect::<BTreeSet<_>>().len(),
            people.len(),
            "2: two accounts of one person"
        );
        for (account, session) in sessions {
            let may_live =
                self.holders.get(&account).is_some_and(|holder| holder.sessions.contains(&session));
            assert!(may_live, "3: a session lives after {step:?}");
        }
    }
}

/// The mails that tell of what makes void whatever was sent before.
const VOIDING: [&str; 4] = ["locked", "password_changed", "email_changed", "security_questions_changed"];
