//! What the tests of the journeys share: people on a roster, a mailbox, and the way through a registration.

use jiff::SignedDuration;
use portico_access::audit::Event;
use portico_access::organization::Organization;
use portico_access::people::{Record, Sought, near};
use portico_access::registration::{
    self, AboutYouOutcome, AnswerOutcome, CodeOutcome, Elsewhere, SecurityQuestionsOutcome, SendOutcome,
    SignInDetailsOutcome, Source, View,
};
use portico_access::security_questions::{Answer, Chosen};
use portico_access::sessions::{self, LookUp, SignedIn, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World};
use portico_access::{Password, Token, reset};
use portico_rules::identity::Form;
use portico_rules::questionnaire::{Enrolled, Known, Question};
use portico_rules::registration::Step;
use portico_rules::{Lang, date};
use portico_store::people::{Enrolment, NewPerson, RECORD};
use portico_store::{audit, outbox, people};

pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

/// A person as the roster lists them.
#[derive(Clone)]
pub(crate) struct Listed {
    pub(crate) member_id: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) date_of_birth: &'static str,
    pub(crate) ssn: &'static str,
    pub(crate) email: String,
    pub(crate) relationship: &'static str,
    pub(crate) subscriber: &'static str,
    pub(crate) program: &'static str,
    pub(crate) plan: &'static str,
    pub(crate) clinic: &'static str,
    pub(crate) coverage_start: &'static str,
    pub(crate) employer: &'static str,
    pub(crate) coverage_end: Option<&'static str>,
}

/// Someone who may register, with an address on file.
pub(crate) fn ana() -> Listed {
    Listed {
        member_id: "W100001".to_owned(),
        first_name: "Ana".to_owned(),
        last_name: "Brookfield".to_owned(),
        date_of_birth: "1980-01-19",
        ssn: "900123456",
        email: "ana@home.example".to_owned(),
        relationship: "self",
        subscriber: "",
        program: "healthy-steps",
        plan: "Evergreen Silver",
        clinic: "Hawthorne Clinic",
        coverage_start: "2022-01-01",
        employer: "",
        coverage_end: None,
    }
}

/// Number `n` of many people who may register.
pub(crate) fn one_of_many(n: usize) -> Listed {
    let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).unwrap());
    let first_name: String = ['X', letter(n / 26), letter(n)].into_iter().collect();
    Listed {
        member_id: format!("M{n:06}"),
        first_name,
        email: format!("person{n}@home.example"),
        ssn: "",
        ..ana()
    }
}

/// What a person types who knows it all but gives no Social Security number.
pub(crate) fn form(listed: &Listed) -> Form<'_> {
    let (year, month_and_day) = listed.date_of_birth.split_once('-').unwrap();
    let (month, day) = month_and_day.split_once('-').unwrap();
    Form {
        first_name: &listed.first_name,
        last_name: &listed.last_name,
        month,
        day,
        year,
        address_line1: "12 North Main Street",
        address_line2: "Apt 4B",
        city: "Springfield",
        state: "IL",
        postal_code: "62701-0001",
        ..Form::default()
    }
}

/// What a person answers who knows what the roster says of them, as the form sends it.
pub(crate) fn honest(questions: &[Question], listed: &Listed) -> Vec<String> {
    let enrolled = Enrolled {
        clinic: listed.clinic,
        plan: listed.plan,
        program: listed.program,
        employer: listed.employer,
        coverage_start: listed.coverage_start,
    };
    let known = Known::of([enrolled], jiff::civil::Date::MAX);
    questions.iter().map(|question| (question.honest(&known) + 1).to_string()).collect()
}

/// Puts a person on the roster, or changes them, and returns their id.
pub(crate) async fn list(world: &World, organization: &Organization, listed: &Listed) -> String {
    let access = &world.access;
    let record = Record {
        member_id: listed.member_id.clone(),
        first_name: listed.first_name.to_uppercase(),
        last_name: listed.last_name.to_uppercase(),
        date_of_birth: listed.date_of_birth.to_owned(),
        address_line1: "12 N MAIN ST APT 4B".to_owned(),
        address_line2: String::new(),
        city: "SPRINGFIELD".to_owned(),
        state: "IL".to_owned(),
        postal_code: "62701".to_owned(),
        email: listed.email.clone(),
        phone: String::new(),
        subscriber_member_id: listed.subscriber.to_owned(),
    };
    assert!(date::parse_iso(listed.date_of_birth).is_some());
    let print = |sought: Sought<'_>| sought.fingerprint(&access.keys, &organization.id);
    let member_id = print(Sought::MemberId(&listed.member_id));
    let facts = record.facts().unwrap();
    let ssn: Option<[u8; 9]> = listed.ssn.as_bytes().try_into().ok();
    let ssn = ssn.map(|digits| print(Sought::Ssn(&digits)));
    let subscriber = (!listed.subscriber.is_empty()).then(|| print(Sought::MemberId(listed.subscriber)));
    let email = (!listed.email.is_empty()).then(|| print(Sought::Email(&listed.email)));
    let mut unit = access.store.begin().await.unwrap();
    let there = people::find_by_member_id(&mut unit, &organization.id, &member_id).await.unwrap();
    let id = there.as_ref().map_or_else(|| access.id(), |person| person.id.clone());
    let plain = serde_json::to_vec(&record).unwrap();
    let person = NewPerson {
        id: &id,
        organization_id: &organization.id,
        member_id_fingerprint: &member_id,
        record: &access.keys.seal(&*access.randomness, RECORD.of(&id), &plain),
        match_fingerprint: &print(Sought::Facts(&facts)),
        near: &near(&facts, &access.keys, &organization.id),
        ssn_fingerprint: ssn.as_ref(),
        email_fingerprint: email.as_ref(),
        relationship: listed.relationship,
        subscriber_fingerprint: subscriber.as_ref(),
        imported_at: access.now(),
    };
    if there.is_some() {
        people::change(&mut unit, person).await.unwrap();
    } else {
        assert!(people::add(&mut unit, person).await.unwrap());
    }
    let enrolment = Enrolment {
        program: listed.program.to_owned(),
        plan_name: listed.plan.to_owned(),
        clinic: listed.clinic.to_owned(),
        employer: listed.employer.to_owned(),
        coverage_start: listed.coverage_start.to_owned(),
        coverage_end: listed.coverage_end.map(str::to_owned),
    };
    people::put_enrolment(&mut unit, &access.id(), &id, &enrolment).await.unwrap();
    unit.commit().await.unwrap();
    id
}

/// An account, made a while ago: what is sent at the moment a password is set counts as sent before it.
pub(crate) async fn account(world: &World, organization: &Organization, who: Someone<'_>) -> String {
    let id = world.account(organization, who).await;
    world.advance(MINUTE);
    id
}

/// A mail that was put into the outbox.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Mail {
    /// The code, alone on its line.
    pub(crate) fn code(&self) -> String {
        let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
        self.text.lines().map(str::trim).find(is_code).expect("a code alone on its line").to_owned()
    }

    /// The token of the link, which is alone on its line.
    pub(crate) fn link(&self, organization: &Organization) -> reset::LinkToken {
        let before = format!("https://portal.example/o/{}{}", organization.definition.slug, reset::LINK);
        let token = self.text.lines().find_map(|line| line.trim().strip_prefix(&before));
        reset::LinkToken::parse(token.expect("a link alone on its line")).expect("a token")
    }
}

/// The mails since the last time this was asked, in no order; without those about a browser that signs in for the first
/// time, which have tests of their own.
pub(crate) async fn mails(world: &World) -> Vec<Mail> {
    every_mail(world).await.into_iter().filter(|mail| mail.kind != "new_sign_in").collect()
}

/// All of them.
pub(crate) async fn every_mail(world: &World) -> Vec<Mail> {
    let access = &world.access;
    let mut unit = access.store.begin().await.unwrap();
    let until = access.now() + HOUR;
    let leased = outbox::lease_due(&mut unit, &access.id(), access.now(), until, 1000).await.unwrap();
    let mut mails = Vec::new();
    for mail in leased {
        let to = access.keys.open_text(outbox::RECIPIENT.of(&mail.id), &mail.recipient).unwrap();
        let body = access.keys.open(outbox::BODY.of(&mail.id), &mail.body).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let part = |name: &str| body[name].as_str().unwrap().to_owned();
        mails.push(Mail {
            to: to.to_string(),
            kind: mail.kind,
            subject: part("subject"),
            text: part("text"),
        });
        outbox::mark_sent(&mut unit, &mail.id, access.now()).await.unwrap();
    }
    unit.commit().await.unwrap();
    mails
}

/// The one mail since the last time this was asked.
pub(crate) async fn mail(world: &World) -> Mail {
    let mut mails = mails(world).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    mails.remove(0)
}

/// How often something was noted.
pub(crate) async fn count(world: &World, organization: &Organization, event: Event) -> usize {
    let mut unit = world.access.store.read().await.unwrap();
    let entries = audit::list(&mut unit, &organization.id, 0, 100_000).await.unwrap();
    entries.iter().filter(|entry| entry.event == event.name()).count()
}

/// How many rows the audit log has: what has not changed leaves none.
pub(crate) async fn audited(world: &World, organization: &Organization) -> i64 {
    let mut unit = world.access.store.read().await.unwrap();
    audit::head(&mut unit, &organization.id).await.unwrap().0
}

pub(crate) fn password(text: &str) -> Password {
    text.into()
}

/// A code that is not this one.
pub(crate) fn another(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

/// Questions with their answers, as a form has them.
pub(crate) fn questions(chosen: &[(&str, &str)]) -> Vec<Chosen> {
    let one = |(question, answer): &(&str, &str)| Chosen {
        question: (*question).to_owned(),
        answer: Answer::from(*answer),
    };
    chosen.iter().map(one).collect()
}

/// Someone on the way through a registration, in a browser of their own.
pub(crate) struct Registrant {
    pub(crate) world: World,
    pub(crate) organization: Organization,
    pub(crate) token: Token,
}

impl Registrant {
    /// About you was given and led on.
    pub(crate) async fn began(world: &World, organization: &Organization, form: &Form<'_>) -> Self {
        let given =
            registration::give_about_you(&world.access, organization, None, form, Source::default()).await;
        let outcome = given.unwrap();
        let AboutYouOutcome::Next { token, .. } = outcome else { panic!("{outcome:?}") };
        Self { world: world.clone(), organization: organization.clone(), token }
    }

    /// About you is done, and the questions are answered where there are some.
    pub(crate) async fn matched(world: &World, organization: &Organization, listed: &Listed) -> Self {
        let registrant = Self::began(world, organization, &form(listed)).await;
        if organization.policy.questionnaire > 0 {
            let answers = honest(&registrant.questions().await, listed);
            assert_eq!(registrant.answer(&answers).await, AnswerOutcome::Next(Step::Email));
        }
        registrant
    }

    /// Somebody else gives About you in the same browser, which ends what was begun there.
    pub(crate) async fn becomes(&self, listed: &Listed) {
        let (access, source) = (&self.world.access, Source::default());
        let token = self.token();
        let given =
            registration::give_about_you(access, &self.organization, token, &form(listed), source).await;
        assert!(matches!(given.unwrap(), AboutYouOutcome::Next { .. }));
        assert!(matches!(self.view().await, View::Elsewhere(Elsewhere::Begin)));
    }

    pub(crate) async fn questions(&self) -> Vec<Question> {
        let asked = registration::questions(&self.world.access, &self.organization, self.token()).await;
        asked.unwrap().unwrap()
    }

    pub(crate) async fn answer(&self, answers: &[String]) -> AnswerOutcome {
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        let access = &self.world.access;
        let (organization, source) = (&self.organization, Source::default());
        registration::answer_questions(access, organization, self.token(), &answers, source).await.unwrap()
    }

    /// The code is on its way to the address on file, and this is it.
    pub(crate) async fn with_code(
        world: &World,
        organization: &Organization,
        listed: &Listed,
    ) -> (Self, String) {
        let registrant = Self::matched(world, organization, listed).await;
        let code = registrant.code().await;
        (registrant, code)
    }

    /// The address is proven.
    pub(crate) async fn proven(world: &World, organization: &Organization, listed: &Listed) -> Self {
        let (registrant, code) = Self::with_code(world, organization, listed).await;
        assert_eq!(registrant.prove(&code).await, CodeOutcome::Next(Step::SignInDetails));
        registrant
    }

    /// User ID and password (`walking42`) are chosen.
    pub(crate) async fn checking(
        world: &World,
        organization: &Organization,
        listed: &Listed,
        user_id: &str,
    ) -> Self {
        let registrant = Self::proven(world, organization, listed).await;
        let outcome = registrant.choose(user_id, "walking42").await;
        assert_eq!(outcome, SignInDetailsOutcome::Next(Step::Check));
        registrant
    }

    /// Asks for the code, and reads it in the mail.
    pub(crate) async fn code(&self) -> String {
        let sent = self.send("").await;
        assert!(matches!(sent, SendOutcome::Sent(_)), "{sent:?}");
        let mail = mail(&self.world).await;
        assert_eq!(mail.kind, "registration_code");
        mail.code()
    }

    pub(crate) async fn send(&self, entered: &str) -> SendOutcome {
        registration::send_code(&self.world.access, &self.organization, self.token(), entered, Lang::En)
            .await
            .unwrap()
    }

    pub(crate) async fn prove(&self, code: &str) -> CodeOutcome {
        registration::prove_code(&self.world.access, &self.organization, self.token(), code).await.unwrap()
    }

    pub(crate) async fn choose(&self, user_id: &str, text: &str) -> SignInDetailsOutcome {
        let (access, organization) = (&self.world.access, &self.organization);
        let chosen = password(text);
        registration::choose_sign_in_details(access, organization, self.token(), user_id, &chosen, &chosen)
            .await
            .unwrap()
    }

    /// Chooses security questions, each with its answer.
    pub(crate) async fn ask(&self, chosen: &[(&str, &str)]) -> SecurityQuestionsOutcome {
        let (access, organization) = (&self.world.access, &self.organization);
        registration::choose_security_questions(access, organization, self.token(), &questions(chosen))
            .await
            .unwrap()
    }

    /// What the form of *Check your answers* has to give back; nothing where that page is not shown.
    pub(crate) async fn shown(&self) -> String {
        let checked = registration::check(&self.world.access, &self.organization, self.token()).await;
        checked.unwrap().map(|checked| checked.shown.clone()).unwrap_or_default()
    }

    pub(crate) async fn create(&self) -> registration::CreateOutcome {
        self.create_as(&self.shown().await).await
    }

    /// By a form that has this to give back.
    pub(crate) async fn create_as(&self, shown: &str) -> registration::CreateOutcome {
        let browser = Browser { label: "Firefox on Linux".to_owned(), ..Browser::default() };
        let token = self.token();
        registration::create(&self.world.access, &self.organization, token, shown, &browser, Lang::En)
            .await
            .unwrap()
    }

    pub(crate) async fn view(&self) -> registration::View {
        registration::view(&self.world.access, &self.organization, self.token()).await.unwrap()
    }

    pub(crate) fn token(&self) -> Option<&Token> {
        Some(&self.token)
    }
}

/// Somebody who has signed in, with the token of the session.
pub(crate) async fn signed_in(
    world: &World,
    organization: &Organization,
    who: &str,
    text: &str,
) -> (Token, SignedIn) {
    let browser = Browser::default();
    let outcome = sign_in(&world.access, organization, who, password(text), browser).await.unwrap();
    let SignIn::In { token, .. } = outcome else { panic!("{who} is not signed in") };
    let looked_up = sessions::look_up(&world.access, organization, &token, Touch::Polling).await.unwrap();
    let LookUp::SignedIn(signed_in) = looked_up else { panic!("no session") };
    (token, signed_in)
}

/// Whether these words sign somebody in.
pub(crate) async fn signs_in(world: &World, organization: &Organization, who: &str, text: &str) -> bool {
    let outcome =
        sign_in(&world.access, organization, who, password(text), Browser::default()).await.unwrap();
    matches!(outcome, SignIn::In { .. })
}
