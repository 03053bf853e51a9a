//! Security questions: chosen at registration, asked after a PIN, changed behind sign-in.

use portico_access::audit::{Event, Verified, verify};
use portico_access::current_password::CurrentMistake;
use portico_access::new_password::PasswordMistake;
use portico_access::organization::Organization;
use portico_access::pin::{Forgotten, SaveOutcome, Stage};
use portico_access::registration::{
    CreateOutcome, Elsewhere, SecurityQuestionsOutcome, SignInDetailsOutcome, View,
};
use portico_access::security_questions::{Change, ChangeOutcome, change, of_account};
use portico_access::sessions::{self, EndReason, LookUp, SignedIn, Touch};
use portico_access::testing::{World, on_both};
use portico_access::{Token, pin as recovery};
use portico_rules::registration::Step;
use portico_rules::security_questions::{AnswerMistake, Mistake, Question};
use portico_store::security_answers;

use crate::pin::{BORN, Forgetful, NEW, with_ana};
use crate::registration_races::all;
use crate::support::*;

const CHOSEN: [(&str, &str); 3] = [("first_pet", "Señor Whiskers"), ("toy", "red kite"), ("book", "Emil")];
/// The same as one remembers them.
const ANSWERS: [&str; 3] = [" senor whiskers", "Red-Kite", "ÉMIL!"];
const WRONG: [&str; 3] = ["Señor Whiskers", "red kite", "Heidi"];

/// Evergreen as its preset has it: three questions.
async fn asking(world: &mut World) -> Organization {
    let organization = world.change_policy(&world.evergreen, |policy| policy.security_questions = None).await;
    assert_eq!(organization.policy.questions_after_pin(), 3);
    world.evergreen = organization.clone();
    organization
}

async fn changes(world: &World, who: &SignedIn, current: &str, chosen: &[(&str, &str)]) -> ChangeOutcome {
    let form = Change { current: password(current), chosen: questions(chosen) };
    change(&world.access, &world.evergreen, who, form).await.unwrap()
}

/// Ana has an account, and has chosen her questions a while ago. Its id.
async fn with_questions(world: &mut World) -> String {
    asking(world).await;
    let id = with_ana(world).await;
    let (_, who) = signed_in(world, &world.evergreen, "ana.brook", "walking42").await;
    let outcome = changes(world, &who, "walking42", &CHOSEN).await;
    assert!(matches!(outcome, ChangeOutcome::Changed { .. }), "{outcome:?}");
    assert_eq!(mail(world).await.subject, "Your security questions were changed");
    world.advance(MINUTE);
    id
}

async fn asked(forgetful: &Forgetful) -> Vec<Question> {
    match forgetful.stage().await {
        Stage::Proven(proven) => proven.questions,
        stage => panic!("{stage:?}"),
    }
}

#[tokio::test]
async fn a_step_of_the_registration() {
    on_both(async |mut world: World| {
        let evergreen = asking(&mut world).await;
        list(&world, &evergreen, &ana()).await;
        let registrant = Registrant::proven(&world, &evergreen, &ana()).await;
        // Not before User ID and password, and nothing is created without them.
        let early = SecurityQuestionsOutcome::Elsewhere(Elsewhere::Step(Step::SignInDetails));
        assert_eq!(registrant.ask(&CHOSEN).await, early);
        let chosen = registrant.choose("ana.brook", "walking42").await;
        assert_eq!(chosen, SignInDetailsOutcome::Next(Step::SecurityQuestions));
        let created = registrant.create().await;
        assert!(
            matches!(created, CreateOutcome::Elsewhere(Elsewhere::Step(Step::SecurityQuestions))),
            "{created:?}"
        );

        let answer = |at, mistake| Mistake::Answer(at, mistake);
        for (chosen, mistakes) in [
            (&CHOSEN[..2], vec![Mistake::NoQuestion(2), answer(2, AnswerMistake::Missing)]),
            (&[CHOSEN[0], ("first_pet", "red kite"), CHOSEN[2]], vec![Mistake::QuestionAgain(1)]),
            (&[CHOSEN[0], ("toy", "senor whiskers"), CHOSEN[2]], vec![answer(1, AnswerMistake::Again)]),
            (&[CHOSEN[0], ("toy", "Brookfield"), CHOSEN[2]], vec![answer(1, AnswerMistake::Known)]),
            (&[CHOSEN[0], ("toy", "ana brook"), CHOSEN[2]], vec![answer(1, AnswerMistake::Known)]),
            (&[CHOSEN[0], CHOSEN[1], ("book", "walking42")], vec![answer(2, AnswerMistake::Known)]),
            (&[CHOSEN[0], CHOSEN[1], ("book", "It")], vec![answer(2, AnswerMistake::TooShort)]),
        ] {
            let outcome = registrant.ask(chosen).await;
            assert_eq!(outcome, SecurityQuestionsOutcome::Mistakes(mistakes), "{chosen:?}");
        }
        let before = world.access.hasher.counts().made;
        assert_eq!(registrant.ask(&CHOSEN).await, SecurityQuestionsOutcome::Next(Step::Check));
        assert_eq!(world.access.hasher.counts().made - before, 1, "one hash of all of them");
        let View::Going(going) = registrant.view().await else { panic!() };
        assert_eq!(going.questions, [Question::FirstPet, Question::Toy, Question::Book]);

        let CreateOutcome::Created { account_id, .. } = registrant.create().await else { panic!() };
        let chosen = of_account(&world.access, &evergreen, &account_id).await.unwrap();
        assert_eq!(chosen, [Question::FirstPet, Question::Toy, Question::Book]);
        mails(&world).await;
        world.advance(MINUTE);
        let (forgetful, _) = Forgetful::proven(&world).await;
        assert_eq!(asked(&forgetful).await, chosen);
        assert_eq!(forgetful.answer(&WRONG, NEW).await, SaveOutcome::WrongAnswers);
        assert_eq!(forgetful.answer(&ANSWERS, NEW).await, SaveOutcome::Saved);
    })
    .await;
}

/// What is chosen again in another tab while the account is made is not lost, and not mixed.
#[tokio::test]
async fn chosen_again_before_the_account_is_made() {
    on_both(async |mut world: World| {
        let evergreen = asking(&mut world).await;
        list(&world, &evergreen, &ana()).await;
        let registrant = Registrant::proven(&world, &evergreen, &ana()).await;
        registrant.choose("ana.brook", "walking42").await;
        registrant.ask(&[("wish", "pilot"), ("teacher", "Ms. Fox"), ("first_film", "Heidi")]).await;
        assert_eq!(registrant.ask(&CHOSEN).await, SecurityQuestionsOutcome::Next(Step::Check));
        let CreateOutcome::Created { account_id, .. } = registrant.create().await else { panic!() };
        let mut unit = world.access.store.read().await.unwrap();
        let kept = security_answers::lookup(&mut unit, &account_id).await.unwrap().unwrap();
        assert_eq!(kept.questions, ["first_pet", "toy", "book"]);
        // The registration has nothing of it any more.
        let again = registrant.ask(&CHOSEN).await;
        assert_eq!(again, SecurityQuestionsOutcome::Elsewhere(Elsewhere::Done));
    })
    .await;
}

/// Answers were compared with User ID and password: with the same ones once more there is nothing to compare.
#[tokio::test]
async fn the_same_user_id_and_password_keep_the_questions() {
    on_both(async |mut world: World| {
        let evergreen = asking(&mut world).await;
        list(&world, &evergreen, &ana()).await;
        let registrant = Registrant::proven(&world, &evergreen, &ana()).await;
        registrant.choose("ana.brook", "walking42").await;
        registrant.ask(&CHOSEN).await;
        // However the User ID is written: an answer is compared by its letters and digits.
        for user_id in ["ana.brook", "Ana.Brook", "ana-brook"] {
            let again = registrant.choose(user_id, "walking42").await;
            assert_eq!(again, SignInDetailsOutcome::Next(Step::Check), "{user_id}");
        }
        // With others the answers are given again; which questions were chosen is known still.
        for (user_id, chosen) in [("ana.brook2", "walking42"), ("ana.brook2", "walking43")] {
            let again = registrant.choose(user_id, chosen).await;
            assert_eq!(again, SignInDetailsOutcome::Next(Step::SecurityQuestions), "{user_id} {chosen}");
            let View::Going(going) = registrant.view().await else { panic!() };
            assert_eq!(going.questions, [Question::FirstPet, Question::Toy, Question::Book]);
            assert!(!going.progress.security_questions);
            assert_eq!(
                registrant.choose(user_id, chosen).await,
                SignInDetailsOutcome::Next(Step::SecurityQuestions),
                "they are not given yet"
            );
            assert_eq!(registrant.ask(&CHOSEN).await, SecurityQuestionsOutcome::Next(Step::Check));
        }
        assert_eq!(
            registrant.choose("ana.brook2", "walking43").await,
            SignInDetailsOutcome::Next(Step::Check)
        );
        assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
    })
    .await;
}

/// An answer may be neither the password nor the User ID: with others chosen later, the questions are asked again.
#[tokio::test]
async fn a_password_chosen_later_asks_the_questions_again() {
    on_both(async |mut world: World| {
        let evergreen = asking(&mut world).await;
        list(&world, &evergreen, &ana()).await;
        let registrant = Registrant::proven(&world, &evergreen, &ana()).await;
        registrant.choose("ana.brook", "walking42").await;
        let chosen = [CHOSEN[0], CHOSEN[1], ("book", "harbor77")];
        assert_eq!(registrant.ask(&chosen).await, SecurityQuestionsOutcome::Next(Step::Check));
        let again = registrant.choose("ana.brook", "harbor77").await;
        assert_eq!(again, SignInDetailsOutcome::Next(Step::SecurityQuestions));
        let known = vec![Mistake::Answer(2, AnswerMistake::Known)];
        assert_eq!(registrant.ask(&chosen).await, SecurityQuestionsOutcome::Mistakes(known));
        assert_eq!(registrant.ask(&CHOSEN).await, SecurityQuestionsOutcome::Next(Step::Check));

        // So it is where somebody else was faster with the User ID.
        let other = one_of_many(1);
        list(&world, &evergreen, &other).await;
        let faster = Registrant::proven(&world, &evergreen, &other).await;
        faster.choose("ana.brook", "walking42").await;
        faster.ask(&CHOSEN).await;
        assert!(matches!(faster.create().await, CreateOutcome::Created { .. }));
        assert!(matches!(registrant.create().await, CreateOutcome::UserIdTaken { .. }));
        let again = registrant.choose("ana.brook2", "walking42").await;
        assert_eq!(again, SignInDetailsOutcome::Next(Step::SecurityQuestions));
    })
    .await;
}

#[tokio::test]
async fn asked_after_the_pin_and_each_try_costs_one_hash() {
    on_both(async |mut world: World| {
        with_questions(&mut world).await;
        let (forgetful, _) = Forgetful::proven(&world).await;
        assert_eq!(asked(&forgetful).await, [Question::FirstPet, Question::Toy, Question::Book]);
        let hashes = async |answers: &[&str], text: &str| {
            let before = world.access.hasher.counts().total();
            let outcome = forgetful.answer(answers, text).await;
            (outcome, world.access.hasher.counts().total() - before)
        };
        // What the form alone says costs nothing, and counts nothing.
        for _ in 0..6 {
            let (outcome, cost) = hashes(&["", "red kite", "?!"], "walking").await;
            let SaveOutcome::Again { unanswered, password } = outcome else { panic!("{outcome:?}") };
            assert_eq!((unanswered, cost), (vec![0, 2], 0));
            assert!(matches!(password, Some(PasswordMistake::Breaks(_))));
        }
        assert_eq!(hashes(&WRONG, NEW).await, (SaveOutcome::WrongAnswers, 1));
        assert_eq!(hashes(&["x", "y", "z"], NEW).await, (SaveOutcome::WrongAnswers, 1));
        // Right ones in another order are wrong.
        let [first, second, third] = ANSWERS;
        assert_eq!(hashes(&[second, first, third], NEW).await, (SaveOutcome::WrongAnswers, 1));
        // Right answers with a password of before count as nothing, however often.
        for _ in 0..3 {
            let (outcome, _) = hashes(&ANSWERS, "walking42").await;
            let used = Some(PasswordMistake::UsedBefore);
            assert_eq!(outcome, SaveOutcome::Again { unanswered: Vec::new(), password: used });
        }
        assert_eq!(hashes(&WRONG, NEW).await, (SaveOutcome::WrongAnswers, 1));
        assert_eq!(forgetful.answer(&ANSWERS, NEW).await, SaveOutcome::Saved);
        assert_eq!(mail(&world).await.kind, "password_changed");
        assert!(signs_in(&world, &world.evergreen, "ana.brook", NEW).await);
        assert_eq!(count(&world, &world.evergreen, Event::AccountAnswersFailed).await, 4);
        assert!(matches!(verify(&world.access, &world.evergreen.id).await.unwrap(), Verified::Whole { .. }));
    })
    .await;
}

#[tokio::test]
async fn five_wrong_ones_lock_with_those_of_sign_in_and_end_the_pin() {
    on_both(async |mut world: World| {
        with_questions(&mut world).await;
        let (forgetful, _) = Forgetful::proven(&world).await;
        for _ in 0..2 {
            assert!(!signs_in(&world, &world.evergreen, "ana.brook", "guess4it").await);
        }
        for _ in 0..2 {
            assert_eq!(forgetful.answer(&WRONG, NEW).await, SaveOutcome::WrongAnswers);
        }
        assert!(mails(&world).await.is_empty());
        assert_eq!(forgetful.answer(&WRONG, NEW).await, SaveOutcome::Locked);
        assert_eq!(mail(&world).await.kind, "locked");
        assert_eq!(forgetful.stage().await, Stage::Ask, "the lock ends the PIN");
        assert_eq!(forgetful.answer(&ANSWERS, NEW).await, SaveOutcome::Expired);
        assert!(!signs_in(&world, &world.evergreen, "ana.brook", "walking42").await);

        // A PIN asked for afterwards bears five wrong answers of its own, and the account is not locked anew.
        world.advance(MINUTE);
        let (forgetful, _) = Forgetful::proven(&world).await;
        for _ in 0..4 {
            assert_eq!(forgetful.answer(&WRONG, NEW).await, SaveOutcome::WrongAnswers);
        }
        assert_eq!(forgetful.answer(&WRONG, NEW).await, SaveOutcome::Ended);
        assert_eq!(forgetful.stage().await, Stage::Ask);
        assert_eq!(forgetful.answer(&ANSWERS, NEW).await, SaveOutcome::Expired);
        assert!(mails(&world).await.is_empty());

        // The next one recovers, with the fifth try, and lifts the lock.
        world.advance(MINUTE);
        let (forgetful, _) = Forgetful::proven(&world).await;
        for _ in 0..4 {
            forgetful.answer(&WRONG, NEW).await;
        }
        assert_eq!(forgetful.answer(&ANSWERS, NEW).await, SaveOutcome::Saved);
        assert!(signs_in(&world, &world.evergreen, "ana.brook", NEW).await);
        assert_eq!(count(&world, &world.evergreen, Event::AccountLocked).await, 1);
        assert_eq!(count(&world, &world.evergreen, Event::AccountUnlocked).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_wrong_answers_at_once_five_are_compared() {
    on_both(async |mut world: World| {
        with_questions(&mut world).await;
        let (forgetful, _) = Forgetful::proven(&world).await;
        let before = world.access.hasher.counts();
        let outcomes = all((0..64).map(|_| {
            let forgetful = forgetful.clone();
            async move { forgetful.answer(&WRONG, NEW).await }
        }))
        .await;
        let after = world.access.hasher.counts();
        assert_eq!(after.stored - before.stored, 5);
        let wrong = outcomes.iter().filter(|outcome| **outcome == SaveOutcome::WrongAnswers).count();
        assert_eq!(wrong, 4, "{outcomes:?}");
        assert_eq!(mail(&world).await.kind, "locked");
    })
    .await;
}

#[tokio::test]
async fn an_account_that_has_chosen_none_is_asked_none() {
    on_both(async |mut world: World| {
        asking(&mut world).await;
        with_ana(&world).await;
        let (forgetful, _) = Forgetful::proven(&world).await;
        assert!(asked(&forgetful).await.is_empty());
        assert_eq!(forgetful.answer(&ANSWERS, NEW).await, SaveOutcome::Saved);
    })
    .await;
}

#[tokio::test]
async fn an_organization_that_asks_none_any_more_asks_none() {
    on_both(async |mut world: World| {
        let id = with_questions(&mut world).await;
        let (_, who) = signed_in(&world, &world.evergreen, "ana.brook", "walking42").await;
        world.evergreen =
            world.change_policy(&world.evergreen, |policy| policy.security_questions = Some(0)).await;
        assert!(of_account(&world.access, &world.evergreen, &id).await.unwrap().is_empty());
        assert!(matches!(changes(&world, &who, "walking42", &CHOSEN).await, ChangeOutcome::NotAsked));
        let (forgetful, _) = Forgetful::proven(&world).await;
        assert!(asked(&forgetful).await.is_empty());
        assert_eq!(forgetful.save(NEW).await, SaveOutcome::Saved);
    })
    .await;
}

#[tokio::test]
async fn changed_with_the_current_password() {
    on_both(async |mut world: World| {
        let id = with_questions(&mut world).await;
        let (forgetful, pin) = Forgetful::proven(&world).await;
        let (old, who) = signed_in(&world, &world.evergreen, "ana.brook", "walking42").await;
        let other = [("wish", "pilot"), ("first_dish", "pancakes"), ("nickname", "Brooky")];
        let again = async |current: &str, chosen: &[(&str, &str)]| {
            let before = world.access.hasher.counts().total();
            match changes(&world, &who, current, chosen).await {
                ChangeOutcome::Again { current, mistakes } => {
                    (current, mistakes, world.access.hasher.counts().total() - before)
                }
                outcome => panic!("{outcome:?}"),
            }
        };
        // What is wrong with the choice costs nothing, and says nothing of the password.
        let missing = again("", &other[..2]).await;
        let mistakes = vec![Mistake::NoQuestion(2), Mistake::Answer(2, AnswerMistake::Missing)];
        assert_eq!(missing, (Some(CurrentMistake::Missing), mistakes, 0));
        let known = again("walking42", &[other[0], other[1], ("nickname", "Walking 42")]).await;
        assert_eq!(known, (None, vec![Mistake::Answer(2, AnswerMistake::Known)], 0));
        assert_eq!(again("guess4it", &other).await, (Some(CurrentMistake::Wrong), Vec::new(), 1));
        assert_eq!(asked(&forgetful).await, [Question::FirstPet, Question::Toy, Question::Book]);

        let (elsewhere, _) = signed_in(&world, &world.evergreen, "ana.brook", "walking42").await;
        let ChangeOutcome::Changed { token } = changes(&world, &who, "walking42", &other).await else {
            panic!()
        };
        let look = async |token: &Token| {
            sessions::look_up(&world.access, &world.evergreen, token, Touch::Polling).await.unwrap()
        };
        assert!(matches!(look(&token).await, LookUp::SignedIn(now) if now.session_id == who.session_id));
        assert!(matches!(look(&old).await, LookUp::Unknown), "under another token");
        assert!(matches!(look(&elsewhere).await, LookUp::Ended(EndReason::QuestionsSet)));
        let told = mail(&world).await;
        assert_eq!(told.subject, "Your security questions were changed");
        assert!(!told.text.contains("pilot") && !told.text.contains("pancakes"));
        let chosen = of_account(&world.access, &world.evergreen, &id).await.unwrap();
        assert_eq!(chosen, [Question::Wish, Question::FirstDish, Question::Nickname]);

        // A PIN of before is void, for the User ID as well: whoever has it was not asked these.
        assert_eq!(forgetful.stage().await, Stage::Ask);
        assert_eq!(forgetful.answer(&["pilot", "pancakes", "brooky"], NEW).await, SaveOutcome::Expired);
        world.advance(MINUTE);
        let (fresh, another) = Forgetful::with_pin(&world).await;
        assert_ne!(pin, another);
        let mut fresh = fresh;
        fresh.proves(&another, Forgotten::Password).await;
        assert_eq!(fresh.answer(&ANSWERS, NEW).await, SaveOutcome::WrongAnswers);
        assert_eq!(fresh.answer(&["pilot", "pancakes", "brooky"], NEW).await, SaveOutcome::Saved);
        assert_eq!(count(&world, &world.evergreen, Event::AccountSecurityQuestionsSet).await, 2);
    })
    .await;
}

#[tokio::test]
async fn nobody_who_has_not_entered_the_pin_is_asked_anything() {
    on_both(async |mut world: World| {
        with_questions(&mut world).await;
        let (forgetful, _) = Forgetful::with_pin(&world).await;
        assert!(matches!(forgetful.stage().await, Stage::Enter { .. }));
        let before = world.access.hasher.counts().total();
        assert_eq!(forgetful.answer(&ANSWERS, NEW).await, SaveOutcome::Expired);
        let nobody = Forgetful::asked(&world, "nobody@home.example", BORN).await;
        assert!(matches!(nobody.stage().await, Stage::Enter { .. }));
        assert_eq!(nobody.answer(&ANSWERS, NEW).await, SaveOutcome::Expired);
        assert_eq!(world.access.hasher.counts().total(), before);
        let stage = recovery::stage(&world.access, &world.riverside, Some(&forgetful.token)).await.unwrap();
        assert_eq!(stage, Stage::Ask, "another organization");
    })
    .await;
}
