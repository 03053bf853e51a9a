//! The identity questionnaire.

use jiff::SignedDuration;
use portico_access::audit::Event;
use portico_access::organization::Organization;
use portico_access::registration::{
    self, AboutYouOutcome, AnswerOutcome, CreateOutcome, Elsewhere, SendOutcome, Source, View,
};
use portico_access::retention::{Kind, Retention, sweep};
use portico_access::testing::{World, on_both};
use portico_rules::identity::Form;
use portico_rules::policy::{Overrides, TooFew};
use portico_rules::questionnaire::{OPTIONS, Question};
use portico_rules::registration::Step;

use crate::registration_races::all;
use crate::support::*;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Evergreen as its preset has it: three questions, of which two must be right.
async fn asking(world: &World) -> Organization {
    asking_and(world, |_| {}).await
}

async fn asking_and(world: &World, change: impl FnOnce(&mut Overrides)) -> Organization {
    world
        .change_policy(&world.evergreen, |policy| {
            policy.questionnaire = None;
            change(policy);
        })
        .await
}

/// An answer that is not right, whichever is.
fn wrong(question: &Question) -> String {
    let choice = (0..=OPTIONS).find(|choice| !question.is_right(*choice)).unwrap();
    (choice + 1).to_string()
}

/// As many wrong answers, and the rest right.
fn with_wrong(count: usize, questions: &[Question], listed: &Listed) -> Vec<String> {
    let mut answers = honest(questions, listed);
    for (answer, question) in answers.iter_mut().zip(questions).take(count) {
        *answer = wrong(question);
    }
    answers
}

async fn is_refused_at_once(world: &World, organization: &Organization, form: &Form<'_>) -> bool {
    let given = registration::give_about_you(&world.access, organization, None, form, Source::default())
        .await
        .unwrap();
    matches!(given, AboutYouOutcome::CannotGoOn { .. })
}

#[tokio::test]
async fn enough_right_answers_lead_on_and_are_asked_for_once() {
    on_both(async |world| {
        let evergreen = asking(&world).await;
        list(&world, &evergreen, &ana()).await;
        let registrant = Registrant::began(&world, &evergreen, &form(&ana())).await;
        let questions = registrant.questions().await;
        assert_eq!(questions.len(), 3);

        // Nothing is skipped.
        let elsewhere = Elsewhere::Step(Step::Questions);
        assert_eq!(registrant.send("").await, SendOutcome::Elsewhere(elsewhere));
        assert!(matches!(registrant.create().await, CreateOutcome::Elsewhere(other) if other == elsewhere));

        // A question without an answer is no try.
        for _ in 0..5 {
            let unanswered = registrant.answer(&["1".to_owned(), "6".to_owned()]).await;
            assert!(matches!(unanswered, AnswerOutcome::Unanswered { at, .. } if at == [1, 2]));
        }
        let answers = with_wrong(1, &questions, &ana());
        assert_eq!(registrant.answer(&answers).await, AnswerOutcome::Next(Step::Email));
        let again = registrant.answer(&answers).await;
        assert_eq!(again, AnswerOutcome::Elsewhere(Elsewhere::Step(Step::Email)));
        assert_eq!(count(&world, &evergreen, Event::RegistrationQuestionsPassed).await, 1);
        assert!(matches!(registrant.send("").await, SendOutcome::Sent(_)));
        mails(&world).await;

        // Right answers use up nothing: leaving and beginning again is possible as often as one likes.
        for _ in 0..3 {
            Registrant::matched(&world, &evergreen, &ana()).await;
        }
    })
    .await;
}

#[tokio::test]
async fn two_tries_in_thirty_days_whatever_the_browser() {
    on_both(async |world| {
        let evergreen = asking(&world).await;
        list(&world, &evergreen, &ana()).await;
        let first = Registrant::began(&world, &evergreen, &form(&ana())).await;
        let questions = first.questions().await;
        let answers = with_wrong(2, &questions, &ana());
        assert_eq!(first.answer(&answers).await, AnswerOutcome::CannotGoOn);
        // The same form sent twice is the same try.
        assert_eq!(first.answer(&answers).await, AnswerOutcome::CannotGoOn);
        let View::Going(shown) = first.view().await else { panic!() };
        assert!(shown.stopped && shown.typed.first_name == "Ana", "Try again has what was typed");

        world.advance(DAY);
        let second = Registrant::began(&world, &evergreen, &form(&ana())).await;
        assert!(second.questions().await == questions, "the same questions");
        let third = Registrant::began(&world, &evergreen, &form(&ana())).await;
        assert_eq!(second.answer(&answers).await, AnswerOutcome::CannotGoOn);
        // Right answers come too late, in a browser that was asked before and in a new one.
        let right = honest(&questions, &ana());
        assert_eq!(third.answer(&right).await, AnswerOutcome::CannotGoOn);
        assert!(is_refused_at_once(&world, &evergreen, &form(&ana())).await);
        assert_eq!(count(&world, &evergreen, Event::RegistrationRefused).await, 4);

        // The first was thirty days ago.
        world.advance(29 * DAY - MICROSECOND);
        assert!(is_refused_at_once(&world, &evergreen, &form(&ana())).await);
        world.advance(MICROSECOND);
        Registrant::matched(&world, &evergreen, &ana()).await;
    })
    .await;
}

#[tokio::test]
async fn people_who_are_not_on_the_roster_are_asked_and_fail() {
    on_both(async |world| {
        let evergreen = asking(&world).await;
        for n in 0..40 {
            let clinic = ["North Clinic", "South Clinic", "East Clinic", "West Clinic", "Mill Clinic"][n % 5];
            list(&world, &evergreen, &Listed { clinic, ..one_of_many(n) }).await;
        }
        let stranger = Listed { first_name: "Nobody".to_owned(), ..ana() };
        let registrant = Registrant::began(&world, &evergreen, &form(&stranger)).await;
        let questions = registrant.questions().await;
        assert_eq!(questions.len(), 3);
        // The same entry has the same questions, however it is written.
        let name = Form { first_name: " NOBODY ", ssn: "900-11-2233", city: "Elsewhere", ..form(&stranger) };
        let again = Registrant::began(&world, &evergreen, &name).await;
        assert!(again.questions().await == questions);
        // Even what would be right is not.
        let right: Vec<String> = questions
            .iter()
            .map(|question| {
                ((0..=OPTIONS).find(|choice| question.is_right(*choice)).unwrap() + 1).to_string()
            })
            .collect();
        assert_eq!(registrant.answer(&right).await, AnswerOutcome::CannotGoOn);
        assert_eq!(again.answer(&right).await, AnswerOutcome::CannotGoOn);
        assert!(is_refused_at_once(&world, &evergreen, &form(&stranger)).await);

        // On an empty roster as well.
        let empty = world.meadow().await;
        let registrant = Registrant::began(&world, &empty, &form(&stranger)).await;
        assert_eq!(registrant.questions().await.len(), 3);
    })
    .await;
}

/// Whoever knows name, address and date of birth of somebody does not learn the rest by the questions that come.
#[tokio::test]
async fn the_questions_do_not_tell_whether_the_rest_was_right() {
    on_both(async |world| {
        let evergreen = asking(&world).await;
        let registered = Listed { member_id: "W2".to_owned(), first_name: "Eva".to_owned(), ..ana() };
        for listed in [ana(), registered.clone()] {
            list(&world, &evergreen, &listed).await;
        }
        let known = ana();
        let plain = Registrant::began(&world, &evergreen, &form(&known)).await.questions().await;
        for other in [
            Form { ssn: "900-12-3456", ..form(&known) },
            Form { ssn: "900-12-3457", ..form(&known) },
            Form { city: "Chicago", ..form(&known) },
            Form { state: "MO", ..form(&known) },
        ] {
            let registrant = Registrant::began(&world, &evergreen, &other).await;
            assert!(registrant.questions().await == plain);
        }
        let wrong_number = Form { ssn: "900-12-3457", ..form(&known) };
        let registrant = Registrant::began(&world, &evergreen, &wrong_number).await;
        assert_eq!(registrant.answer(&honest(&plain, &known)).await, AnswerOutcome::CannotGoOn);

        // Nor whether they have an account; its owner is told, at the account's address.
        let owner = Registrant::checking(&world, &evergreen, &registered, "eva.b").await;
        assert!(matches!(owner.create().await, CreateOutcome::Created { .. }));
        mails(&world).await;
        let registrant = Registrant::began(&world, &evergreen, &form(&registered)).await;
        let questions = registrant.questions().await;
        assert!(mails(&world).await.is_empty());
        assert_eq!(registrant.answer(&honest(&questions, &registered)).await, AnswerOutcome::CannotGoOn);
        let told = mail(&world).await;
        assert_eq!((told.kind.as_str(), told.to.as_str()), ("tried_to_register", registered.email.as_str()));
    })
    .await;
}

#[tokio::test]
async fn who_has_too_few_facts_is_refused_without_being_told_or_goes_on() {
    on_both(async |world| {
        let evergreen = asking(&world).await;
        for n in 0..5 {
            list(&world, &evergreen, &one_of_many(n)).await;
        }
        let sparse = Listed { clinic: "", plan: "", ..ana() };
        let without_address = Listed {
            member_id: "W2".to_owned(),
            first_name: "Eva".to_owned(),
            email: String::new(),
            ..sparse.clone()
        };
        for listed in [&sparse, &without_address] {
            list(&world, &evergreen, listed).await;
        }
        let registrant = Registrant::began(&world, &evergreen, &form(&sparse)).await;
        let questions = registrant.questions().await;
        assert_eq!(questions.len(), 3, "asked as everybody");
        assert_eq!(registrant.answer(&honest(&questions, &sparse)).await, AnswerOutcome::CannotGoOn);

        let open = asking_and(&world, |policy| policy.questionnaire_too_few = Some(TooFew::GoOn)).await;
        world.advance(90 * DAY);
        let registrant = Registrant::began(&world, &open, &form(&sparse)).await;
        assert!(matches!(registrant.send("").await, SendOutcome::Sent(_)));
        assert_eq!(mail(&world).await.to, sparse.email);

        // An address that is entered needs more than that: right answers, or the number that is on file.
        let registrant = Registrant::began(&world, &open, &form(&without_address)).await;
        let questions = registrant.questions().await;
        assert_eq!(registrant.answer(&honest(&questions, &without_address)).await, AnswerOutcome::CannotGoOn);
        let number = Form { ssn: "900-12-3456", ..form(&without_address) };
        let registrant = Registrant::began(&world, &open, &number).await;
        assert!(matches!(registrant.send("eva@home.example").await, SendOutcome::Sent(_)));
        assert_eq!(mail(&world).await.to, "eva@home.example");
    })
    .await;
}

#[tokio::test]
async fn what_was_asked_first_is_asked_for_ninety_days() {
    on_both(async |mut world| {
        let evergreen = asking(&world).await;
        list(&world, &evergreen, &ana()).await;
        let ask = async |world: &World, listed: &Listed| {
            Registrant::began(world, &evergreen, &form(listed)).await.questions().await
        };
        let stranger = Listed { first_name: "Nobody".to_owned(), ..ana() };
        let (first, strangers) = (ask(&world, &ana()).await, ask(&world, &stranger).await);

        // The roster may change meanwhile, the person may move, and the keys may rotate.
        let moved = Listed { clinic: "Salem Bridge Clinic", last_name: "Marsh".to_owned(), ..ana() };
        list(&world, &evergreen, &moved).await;
        world.rotate_keys();
        world.advance(90 * DAY - MICROSECOND);
        assert!(ask(&world, &moved).await == first);
        assert!(ask(&world, &stranger).await == strangers);
        let swept = sweep(&world.access, &Retention::default()).await.unwrap();
        assert!(swept.iter().all(|(kind, _)| *kind == Kind::Limits), "{swept:?}");
        world.advance(MICROSECOND);
        // Drawn anew, which may by chance be the same of one, hardly of both.
        let anew = (ask(&world, &moved).await, ask(&world, &stranger).await);
        assert!(anew != (first, strangers));

        world.advance(120 * DAY);
        let swept = sweep(&world.access, &Retention::default()).await.unwrap();
        let questionnaires = swept.iter().find(|(kind, _)| *kind == Kind::Questionnaires);
        assert!(questionnaires.is_some_and(|(_, forgotten)| *forgotten >= 2), "{swept:?}");
    })
    .await;
}

#[tokio::test]
async fn questions_that_the_policy_begins_to_ask_are_asked_of_who_is_under_way() {
    on_both(async |world| {
        list(&world, &world.evergreen, &ana()).await;
        let mut registrant = Registrant::matched(&world, &world.evergreen, &ana()).await;
        registrant.organization = asking(&world).await;
        let organization = registrant.organization.clone();
        assert_eq!(registrant.send("").await, SendOutcome::Elsewhere(Elsewhere::Step(Step::Questions)));
        let asked = registration::questions(&world.access, &organization, registrant.token()).await.unwrap();
        assert!(matches!(asked, Err(Elsewhere::Begin)));
        let given = registration::give_about_you(
            &world.access,
            &organization,
            registrant.token(),
            &form(&ana()),
            Source::default(),
        )
        .await;
        let AboutYouOutcome::Next { token, step: Step::Questions } = given.unwrap() else { panic!() };
        registrant.token = token;
        let answers = honest(&registrant.questions().await, &ana());
        assert_eq!(registrant.answer(&answers).await, AnswerOutcome::Next(Step::Email));
    })
    .await;
}

/// Going back to About you tells nothing of a Social Security number: neither by the cookie nor by the step that follows.
#[tokio::test]
async fn a_number_that_is_given_later_is_answered_alike_right_or_wrong() {
    on_both(async |world| {
        let evergreen = asking(&world).await;
        list(&world, &evergreen, &ana()).await;
        let known = ana();
        let mut registrant = Registrant::began(&world, &evergreen, &form(&known)).await;
        let questions = registrant.questions().await;
        let again = async |registrant: &mut Registrant, ssn: &str| {
            let form = Form { ssn, ..form(&known) };
            let (access, source) = (&world.access, Source::default());
            let given =
                registration::give_about_you(access, &evergreen, registrant.token(), &form, source).await;
            let AboutYouOutcome::Next { token, step } = given.unwrap() else { panic!("{ssn}") };
            assert_ne!(token.expose(), registrant.token.expose(), "{ssn}");
            assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Begin)));
            registrant.token = token;
            step
        };
        for ssn in ["900-12-3456", "900-12-3457", "900-12-3456", ""] {
            assert_eq!(again(&mut registrant, ssn).await, Step::Questions, "{ssn}");
            assert!(registrant.questions().await == questions);
        }
        let right = honest(&questions, &known);
        assert_eq!(registrant.answer(&right).await, AnswerOutcome::Next(Step::Email));
        assert_eq!(again(&mut registrant, "").await, Step::Email, "without one it goes on where it was");
        assert_eq!(again(&mut registrant, "900-12-3456").await, Step::Questions);
        assert_eq!(registrant.answer(&right).await, AnswerOutcome::Next(Step::Email));
        assert_eq!(again(&mut registrant, "900-12-3457").await, Step::Questions);
    })
    .await;
}

/// Where what follows tells whether a number is right, and where it does not: five are taken in a day.
#[tokio::test]
async fn numbers_are_counted_whether_or_not_they_are_right_or_there_is_such_a_person() {
    on_both(async |world| {
        let go_on = |policy: &mut Overrides| policy.questionnaire_too_few = Some(TooFew::GoOn);
        let evergreen = asking_and(&world, go_on).await;
        list(&world, &evergreen, &ana()).await;
        let stranger = Listed { first_name: "Nobody".to_owned(), ..ana() };
        for listed in [ana(), stranger] {
            let begins = async |ssn: &str, employee_ssn: &str| {
                let is_dependent = !employee_ssn.is_empty();
                let form = Form { ssn, employee_ssn, is_dependent, ..form(&listed) };
                !is_refused_at_once(&world, &evergreen, &form).await
            };
            for (ssn, employee_ssn) in [
                ("900-12-3456", ""),
                ("900-12-3457", ""),
                ("", "900-12-3458"),
                ("900-12-3459", ""),
                ("900-12-3456", ""),
            ] {
                assert!(begins(ssn, employee_ssn).await, "{} {ssn}", listed.first_name);
            }
            assert!(!begins("900-12-3456", "").await);
            assert!(!begins("", "900-12-3458").await);
            assert!(begins("", "").await, "what is entered without a number is no guess");
            world.advance(DAY);
            assert!(begins("900-12-3456", "").await);
        }
    })
    .await;
}

/// Beginning many before any is answered gains nothing.
#[tokio::test]
async fn registrations_begun_before_are_answered_no_more_often() {
    on_both(async |world| {
        let evergreen = asking(&world).await;
        list(&world, &evergreen, &ana()).await;
        let source = Source { browser: "browser", network: "192.0.2.1", ..Source::default() };
        let mut others = Vec::new();
        for n in 0..10 {
            others.push(Registrant::began(&world, &evergreen, &form(&one_of_many(n))).await);
        }
        let right = Registrant::began(&world, &evergreen, &form(&ana())).await;
        let answers = async |registrant: &Registrant, answers: &[String]| {
            let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
            let (access, token) = (&world.access, registrant.token());
            registration::answer_questions(access, &evergreen, token, &answers, source).await.unwrap()
        };
        for other in &others {
            let wrong = with_wrong(3, &other.questions().await, &ana());
            assert_eq!(answers(other, &wrong).await, AnswerOutcome::CannotGoOn);
        }
        let honest = honest(&right.questions().await, &ana());
        assert_eq!(answers(&right, &honest).await, AnswerOutcome::CannotGoOn);
        let refused = registration::refused(&world.access, &evergreen, 20).await.unwrap();
        assert_eq!(refused.iter().filter(|refused| refused.why == "limited").count(), 1);
        // It was no try: the day after there are two still.
        world.advance(DAY);
        for _ in 0..2 {
            let registrant = Registrant::began(&world, &evergreen, &form(&ana())).await;
            let wrong = with_wrong(3, &registrant.questions().await, &ana());
            assert_eq!(registrant.answer(&wrong).await, AnswerOutcome::CannotGoOn);
        }
        assert!(is_refused_at_once(&world, &evergreen, &form(&ana())).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_wrong_answers_at_once_two_are_compared() {
    on_both(async |world| {
        let evergreen = asking(&world).await;
        list(&world, &evergreen, &ana()).await;
        let mut registrants = Vec::new();
        for _ in 0..8 {
            registrants.push(Registrant::began(&world, &evergreen, &form(&ana())).await);
        }
        let questions = registrants[0].questions().await;
        let answers = with_wrong(3, &questions, &ana());
        let outcomes = all((0..64).map(|n| {
            let (world, evergreen) = (world.clone(), evergreen.clone());
            let (token, answers) = (registrants[n % 8].token.clone(), answers.clone());
            async move { Registrant { world, organization: evergreen, token }.answer(&answers).await }
        }))
        .await;
        assert!(outcomes.iter().all(|outcome| *outcome == AnswerOutcome::CannotGoOn), "{outcomes:?}");
        let mut unit = world.access.store.read().await.unwrap();
        let mut refusals = Vec::new();
        for registrant in &registrants {
            let hash = world.access.keys.token_hash("registration", &registrant.token);
            let found =
                portico_store::registrations::find_by_token(&mut unit, &evergreen.id, &hash).await.unwrap();
            refusals.push(found.unwrap().refusal.unwrap());
        }
        drop(unit);
        let of = |word: &str| refusals.iter().filter(|refusal| *refusal == word).count();
        assert_eq!((of("wrong_answers"), of("too_many_tries")), (2, 6));
        assert_eq!(count(&world, &evergreen, Event::RegistrationRefused).await, 8);
        assert!(is_refused_at_once(&world, &evergreen, &form(&ana())).await);
    })
    .await;
}
