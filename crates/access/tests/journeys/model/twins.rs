//! What a visitor sees before they have proven anything does not depend on whether a person exists.
//!
//! The same steps are taken in two worlds. In one the people of [`people`] are on the roster: one without an account,
//! one whose account the desk has disabled, others whose accounts the steps lock. In the other there is nobody at all.
//! Each answer must be the same in both, at the same cost in hashes. How many mails go to whom is not compared: a
//! visitor sees none of them.

use std::fmt::Write as _;

use portico_access::pin::{self, Asked, EnterOutcome, Forgotten, NewPassword, PinToken, RequestOutcome};
use portico_access::registration::{self, AboutYouOutcome, AnswerOutcome, DateOfBirth, Source, View};
use portico_access::reset;
use portico_access::security_questions::Answer;
use portico_access::sign_in::{Browser as Cookies, SignIn, sign_in};
use portico_access::testing::{Someone, World};
use portico_access::{Token, accounts};
use portico_rules::Lang;
use portico_rules::identity::Form;
use portico_rules::questionnaire::OPTIONS;
use portico_store::testing::TestDatabase;
use proptest::collection::vec;
use proptest::prelude::*;

use super::play::{WAITS, people};
use super::{BROWSERS, PEOPLE, play_many};
use crate::support::*;

/// What a visitor does who knows what somebody would write into a form, and none of their secrets.
#[derive(Debug, Clone, Copy)]
enum Visit {
    Wait(usize),
    AboutYou { typo: bool },
    AnswerQuestions,
    View,
    AskPin,
    EnterPin,
    SavePin,
    SignIn,
    AskLink,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    visit: Visit,
    browser: usize,
    person: usize,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let visit = prop_oneof![
        2 => (0..PEOPLE).prop_map(Visit::Wait),
        3 => any::<bool>().prop_map(|typo| Visit::AboutYou { typo }),
        3 => Just(Visit::AnswerQuestions),
        1 => Just(Visit::View),
        3 => Just(Visit::AskPin),
        4 => Just(Visit::EnterPin),
        1 => Just(Visit::SavePin),
        5 => Just(Visit::SignIn),
        2 => Just(Visit::AskLink),
    ];
    let step = (visit, 0..BROWSERS, 0..PEOPLE);
    vec(step.prop_map(|(visit, browser, person)| Step { visit, browser, person }), 20..60)
}

/// One of the two worlds, and a visitor's two browsers in it.
struct Visitor {
    world: World,
    registrations: [Option<Token>; BROWSERS],
    pins: [Option<PinToken>; BROWSERS],
}

impl Visitor {
    async fn in_world(mut world: World) -> Self {
        // With all its questions, as the preset has it.
        world.evergreen = world
            .change_policy(&world.evergreen, |policy| {
                policy.questionnaire = None;
                policy.security_questions = None;
            })
            .await;
        Self { world, registrations: Default::default(), pins: Default::default() }
    }

    /// What is seen of a step, and how many hashes it costs.
    async fn sees(&mut self, step: Step) -> String {
        let Step { visit, browser, person } = step;
        let people = people();
        let listed = &people[person];
        let (access, evergreen, riverside) =
            (&self.world.access, &self.world.evergreen, &self.world.riverside);
        let hashes = access.hasher.counts().total();
        let mut seen = String::new();
        match visit {
            Visit::Wait(which) => self.world.advance(WAITS[which]),
            Visit::AboutYou { typo } => {
                let address_line1 = if typo { "14 South Elm Street" } else { "12 North Main Street" };
                let form = Form { address_line1, ..form(listed) };
                let cookie = format!("browser {browser}");
                let source = Source { employer: None, browser: &cookie, network: "192.0.2.1" };
                let token = self.registrations[browser].as_ref();
                let given =
                    registration::give_about_you(access, evergreen, token, &form, source).await.unwrap();
                write!(seen, "{given:?}").unwrap();
                if let AboutYouOutcome::Next { token, .. } | AboutYouOutcome::CannotGoOn { token } = given {
                    self.registrations[browser] = Some(token);
                }
            }
            Visit::AnswerQuestions => {
                let token = self.registrations[browser].as_ref();
                let questions = registration::questions(access, evergreen, token).await.unwrap();
                // How many and with how many options: which ones is drawn by lot.
                let shape = questions.as_ref().map(|questions| {
                    questions.iter().map(|question| question.options.len()).collect::<Vec<_>>()
                });
                write!(seen, "{shape:?} ").unwrap();
                let wrong = questions.unwrap_or_default();
                let wrong = wrong.iter().map(|question| (0..=OPTIONS).find(|at| !question.is_right(*at)));
                let wrong: Vec<String> = wrong.map(|at| (at.unwrap() + 1).to_string()).collect();
                let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
                let source = Source { employer: None, browser: "", network: "192.0.2.1" };
                let outcome =
                    registration::answer_questions(access, evergreen, token, &wrong, source).await.unwrap();
                match outcome {
                    AnswerOutcome::Unanswered { at, .. } => write!(seen, "unanswered {at:?}").unwrap(),
                    outcome => write!(seen, "{outcome:?}").unwrap(),
                }
            }
            Visit::View => {
                let token = self.registrations[browser].as_ref();
                match registration::view(access, evergreen, token).await.unwrap() {
                    View::Going(going) => {
                        write!(seen, "{going:?} {} {:?}", going.stopped, going.time_left).unwrap();
                    }
                    view => write!(seen, "{view:?}").unwrap(),
                }
                let stage = pin::stage(access, evergreen, self.pins[browser].as_ref()).await.unwrap();
                write!(seen, "{stage:?}").unwrap();
            }
            Visit::AskPin => {
                let form = form(listed);
                let born = DateOfBirth { month: form.month, day: form.day, year: form.year };
                let asked = Asked { email: &listed.email, born, forgotten: Forgotten::Password };
                let outcome = pin::request(access, evergreen, &asked, Lang::En, "192.0.2.1").await.unwrap();
                write!(seen, "{outcome:?}").unwrap();
                if let RequestOutcome::Requested { token } = outcome {
                    self.pins[browser] = Some(token);
                }
            }
            Visit::EnterPin => {
                let Some(token) = &self.pins[browser] else { return seen };
                let outcome = pin::enter(access, evergreen, token, "00000000", Forgotten::UserId, Lang::En);
                let outcome = outcome.await.unwrap();
                assert!(!matches!(outcome, EnterOutcome::Proven { .. }), "one chance in a hundred million");
                write!(seen, "{outcome:?}").unwrap();
            }
            Visit::SavePin => {
                let Some(token) = &self.pins[browser] else { return seen };
                let form = NewPassword {
                    answers: vec![Answer::from("something"); 3],
                    password: password("Quiet-00001"),
                    repeated: password("Quiet-00001"),
                };
                let known = Cookies::default().known;
                let outcome = pin::save(access, evergreen, token, form, &known, Lang::En).await.unwrap();
                write!(seen, "{outcome:?}").unwrap();
            }
            Visit::SignIn => {
                for (organization, who) in [(evergreen, &listed.first_name), (riverside, &listed.email)] {
                    let text = password("Never-9-used");
                    let outcome = sign_in(access, organization, who, text, Cookies::default()).await.unwrap();
                    assert!(matches!(outcome, SignIn::Refused), "{outcome:?}");
                    write!(seen, "{outcome:?} ").unwrap();
                }
            }
            Visit::AskLink => {
                let email = &listed.email;
                let outcome = reset::request(access, riverside, email, Lang::En, "192.0.2.1").await.unwrap();
                write!(seen, "{outcome:?}").unwrap();
            }
        }
        write!(seen, " at {} hashes", access.hasher.counts().total() - hashes).unwrap();
        seen
    }
}

/// Everybody is on the roster but one; all but Ana have an account there, and all of them one at Riverside.
async fn settle(world: &World) {
    let (access, evergreen, riverside) = (&world.access, &world.evergreen, &world.riverside);
    for (person, listed) in people().iter().enumerate() {
        let name = format!("{} {}", listed.first_name, listed.last_name);
        let who = Someone {
            name: &name,
            user_id: "",
            email: &listed.email,
            password: "Calm-Harbor-8",
            person_id: None,
        };
        if person != 1 {
            world.account(riverside, who).await;
        }
        if listed.member_id.is_empty() {
            continue;
        }
        let person_id = list(world, evergreen, listed).await;
        if person == 0 {
            continue;
        }
        let who = Someone { user_id: &listed.first_name, person_id: Some(&person_id), ..who };
        let account = world.account(evergreen, who).await;
        if person == 3 {
            accounts::disable(access, evergreen, &account, "test").await.unwrap();
        }
    }
}

#[test]
fn what_a_visitor_sees_does_not_tell_who_exists() {
    play_many(steps(), async |steps, database| {
        // The world in which there is nobody: what is seen there does not depend on the kind of its database.
        let nowhere = TestDatabase::sqlite().await;
        let mut here = Visitor::in_world(World::on(database).await).await;
        let mut there = Visitor::in_world(World::on(&nowhere).await).await;
        settle(&here.world).await;
        for step in steps {
            let (one, other) = (here.sees(*step).await, there.sees(*step).await);
            assert_eq!(one, other, "{step:?} tells who exists");
        }
    });
}
