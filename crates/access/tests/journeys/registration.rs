//! Registration, one browser at a time.

use portico_access::audit::{Event, Verified, verify};
use portico_access::new_password::PasswordMistake;
use portico_access::registration::{
    self, AboutYouOutcome, Address, CodeOutcome, CreateOutcome, DateOfBirth, Elsewhere, Going,
    ResumeCodeOutcome, ResumeOutcome, SendOutcome, SignInDetailsOutcome, Source, UserIdAnswer, UserIdMistake,
    View,
};
use portico_access::sessions::{self, EndReason, LookUp, Touch};
use portico_access::testing::{World, on_both};
use portico_access::{Token, people};
use portico_rules::code::CodeProblem;
use portico_rules::email::EmailProblem;
use portico_rules::identity::{Form, Mistake};
use portico_rules::policy::EmailSource;
use portico_rules::registration::Step;
use portico_rules::user_id::UserIdProblem;
use portico_rules::{Lang, password::Rule};

use crate::support::*;

fn going(view: View) -> Going {
    match view {
        View::Going(going) => *going,
        view => panic!("{view:?}"),
    }
}

async fn about(world: &World, token: Option<&Token>, form: &Form<'_>) -> AboutYouOutcome {
    registration::give_about_you(&world.access, &world.evergreen, token, form, Source::default())
        .await
        .unwrap()
}

async fn refused(world: &World, form: &Form<'_>) -> Token {
    match about(world, None, form).await {
        AboutYouOutcome::CannotGoOn { token } => token,
        outcome => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn from_about_you_to_signed_in() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let person_id = list(&world, evergreen, &ana()).await;
        let registrant = Registrant::matched(&world, evergreen, &ana()).await;
        let shown = going(registrant.view().await);
        assert_eq!((shown.step, shown.stopped, shown.code_until), (Step::Email, false, None));
        assert_eq!(shown.address, Some(Address::OnFile("a•••@h•••.e•••".to_owned())));
        assert_eq!(shown.typed.address_line1, "12 North Main Street");
        assert!(mails(&world).await.is_empty());

        let SendOutcome::Sent(sent) = registrant.send("thief@evil.example").await else { panic!() };
        assert_eq!(sent.address, Address::OnFile("a•••@h•••.e•••".to_owned()));
        assert_eq!(sent.until, access.now() + 90 * MINUTE);
        let mail_with_code = mail(&world).await;
        assert_eq!(mail_with_code.to, "ana@home.example");
        assert_eq!(mail_with_code.subject, "Your registration code");
        assert!(!mail_with_code.text.contains("Ana"), "the address may be a stranger's");
        assert_eq!(going(registrant.view().await).step, Step::EmailCode);

        let typed = mail_with_code.code();
        let spaced = format!(" {} {}", &typed[..4], &typed[4..]);
        assert_eq!(registrant.prove(&spaced).await, CodeOutcome::Next(Step::SignInDetails));
        let suggestions =
            registration::suggest_user_ids(access, evergreen, registrant.token()).await.unwrap();
        assert_eq!(suggestions.unwrap(), ["ana.brookfield", "abrookfield", "anabrookfield"]);
        let outcome = registrant.choose("Ana.Brookfield", "walking42").await;
        assert_eq!(outcome, SignInDetailsOutcome::Next(Step::Check));

        let checked = registration::check(access, evergreen, registrant.token()).await.unwrap().unwrap();
        assert_eq!(checked.user_id.as_deref(), Some("Ana.Brookfield"));
        assert_eq!(checked.typed.first_name, "Ana");
        let CreateOutcome::Created { account_id, user_id, session, .. } = registrant.create().await else {
            panic!()
        };
        assert_eq!(user_id, "Ana.Brookfield");
        let looked_up = sessions::look_up(access, evergreen, &session, Touch::Polling).await.unwrap();
        let LookUp::SignedIn(signed_in) = looked_up else { panic!("{looked_up:?}") };
        assert_eq!((signed_in.account_id, signed_in.name), (account_id.clone(), "ANA BROOKFIELD".to_owned()));
        let registered = mail(&world).await;
        assert_eq!(
            (registered.subject.as_str(), registered.to.as_str()),
            ("You are registered", "ana@home.example")
        );
        assert!(registered.text.contains("Ana.Brookfield"));
        let View::Done { user_id } = registrant.view().await else { panic!() };
        assert_eq!(user_id, "Ana.Brookfield");

        assert!(signs_in(&world, evergreen, "ana.brookfield", "walking42").await);
        let own = people::own(access, evergreen, &account_id).await.unwrap().unwrap();
        assert_eq!(own.programs, ["healthy-steps"]);
        assert_eq!(own.email.as_deref(), Some("ana@home.example"));
        let mut unit = access.store.read().await.unwrap();
        let account =
            portico_store::accounts::find_by_person(&mut unit, &evergreen.id, &person_id).await.unwrap();
        assert_eq!(account.unwrap().id, account_id);
        assert_eq!(count(&world, evergreen, Event::AccountRegistered).await, 1);
        assert!(matches!(verify(access, &evergreen.id).await.unwrap(), Verified::Whole { .. }));
    })
    .await;
}

#[tokio::test]
async fn whoever_cannot_go_on_meets_one_answer() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        let named = |first_name: &str, n: usize| Listed {
            first_name: first_name.to_owned(),
            member_id: format!("N{n}"),
            ..ana()
        };
        let people = [
            Listed { relationship: "spouse", ssn: "", ..named("Spouse", 1) },
            Listed { program: "", employer: "acme", ..named("Employed", 2) },
            Listed { coverage_end: Some("2025-06-14"), ..named("Ended", 3) },
            Listed { last_name: "Elsewhere".to_owned(), ..named("Moved", 4) },
            named("Twin", 5),
            named("Twin", 6),
            named("Registered", 7),
        ];
        for person in &people {
            list(&world, evergreen, person).await;
        }
        list(&world, evergreen, &ana()).await;
        let registered = Registrant::checking(&world, evergreen, &people[6], "registered").await;
        assert!(matches!(registered.create().await, CreateOutcome::Created { .. }));
        mails(&world).await;
        let hashes = world.access.hasher.counts();

        let nobody = Listed { first_name: "Nobody".to_owned(), ..ana() };
        let known = ana();
        let forms = [
            form(&people[0]),
            form(&people[1]),
            form(&people[2]),
            Form { last_name: "Brookfield", ..form(&people[3]) },
            form(&people[4]),
            form(&nobody),
            Form { city: "Chicago", ..form(&known) },
            Form { state: "MO", ..form(&known) },
            Form { postal_code: "62702", ..form(&known) },
            Form { day: "20", ..form(&known) },
            Form { ssn: "900-12-3457", ..form(&known) },
            form(&people[6]),
        ];
        for form in &forms {
            let before = audited(&world, evergreen).await;
            let token = refused(&world, form).await;
            assert_eq!(audited(&world, evergreen).await, before + 1);
            let shown = going(registration::view(&world.access, evergreen, Some(&token)).await.unwrap());
            assert_eq!((shown.step, shown.stopped, shown.address), (Step::AboutYou, true, None));
            assert_eq!(shown.typed.first_name, form.first_name, "what was typed is kept");
        }
        assert_eq!(world.access.hasher.counts(), hashes);
        let told = mail(&world).await;
        assert_eq!(
            (told.subject.as_str(), told.to.as_str()),
            ("Someone tried to register as you", "ana@home.example")
        );

        // The right number, and the last day of coverage, do not stand in the way.
        let number = Form { ssn: "900 12 3456", ..form(&known) };
        assert!(matches!(about(&world, None, &number).await, AboutYouOutcome::Next { .. }));
        let last_day = Listed { coverage_end: Some("2025-06-15"), ..named("Last", 8) };
        list(&world, evergreen, &last_day).await;
        assert!(matches!(about(&world, None, &form(&last_day)).await, AboutYouOutcome::Next { .. }));
    })
    .await;
}

#[tokio::test]
async fn an_owner_is_told_once_a_day() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        let registrant = Registrant::checking(&world, evergreen, &ana(), "ana.b").await;
        assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
        mails(&world).await;
        for told in [1, 0, 0] {
            refused(&world, &form(&ana())).await;
            assert_eq!(mails(&world).await.len(), told);
        }
        world.advance(24 * HOUR);
        refused(&world, &form(&ana())).await;
        assert_eq!(mails(&world).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn mistakes_in_the_form_begin_nothing() {
    on_both(async |world: World| {
        let known = ana();
        let outcome = about(&world, None, &Form { first_name: "", ssn: "12", ..form(&known) }).await;
        let AboutYouOutcome::Problems(mistakes) = outcome else { panic!("{outcome:?}") };
        assert!(matches!(mistakes[..], [Mistake::FirstName(_), Mistake::Ssn(_)]));
    })
    .await;
}

#[tokio::test]
async fn staff_do_not_register() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        let listed = ana();
        list(&world, riverside, &listed).await;
        let given =
            registration::give_about_you(access, riverside, None, &form(&listed), Source::default()).await;
        let outcome = given.unwrap();
        assert!(matches!(outcome, AboutYouOutcome::NotOffered));
        let view = registration::view(access, riverside, None).await.unwrap();
        assert!(matches!(view, View::Elsewhere(Elsewhere::NotOffered)));
    })
    .await;
}

#[tokio::test]
async fn an_entered_address_is_proven_itself() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        let without = Listed { email: String::new(), ..ana() };
        list(&world, evergreen, &without).await;
        let registrant = Registrant::matched(&world, evergreen, &without).await;
        assert_eq!(going(registrant.view().await).address, Some(Address::Entered(None)));
        assert_eq!(registrant.send("").await, SendOutcome::Problem(EmailProblem::Missing));
        assert_eq!(registrant.send("ana").await, SendOutcome::Problem(EmailProblem::NotAnAddress));

        let SendOutcome::Sent(sent) = registrant.send("Ana@First.example").await else { panic!() };
        assert_eq!(sent.address, Address::Entered(Some("Ana@First.example".to_owned())));
        let first = mail(&world).await;
        assert_eq!(first.to, "Ana@First.example");
        assert!(matches!(registrant.send("").await, SendOutcome::Sent(_)));
        let again = mail(&world).await;
        assert_eq!((again.to.as_str(), again.code()), ("Ana@First.example", first.code()));

        // The code of one address proves nothing of another.
        assert!(matches!(registrant.send("ana@second.example").await, SendOutcome::Sent(_)));
        let second = mail(&world).await;
        assert_ne!(first.code(), second.code());
        assert_eq!(registrant.prove(&first.code()).await, CodeOutcome::Wrong { left: 4 });
        assert_eq!(registrant.prove(&second.code()).await, CodeOutcome::Next(Step::SignInDetails));
        assert_eq!(registrant.send("ana@second.example").await, SendOutcome::Proven(Step::SignInDetails));

        // Sign-in details stay, the proof does not.
        registrant.choose("ana.b", "walking42").await;
        assert!(matches!(registrant.send("ana@third.example").await, SendOutcome::Sent(_)));
        assert_eq!(going(registrant.view().await).step, Step::EmailCode);
        let third = mail(&world).await.code();
        assert_eq!(registrant.prove(&third).await, CodeOutcome::Next(Step::Check));
        assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
        assert_eq!(mail(&world).await.to, "ana@third.example");
    })
    .await;
}

#[tokio::test]
async fn the_policy_says_where_the_code_goes() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        let without = Listed { email: String::new(), ..one_of_many(1) };
        list(&world, evergreen, &without).await;
        let on_file =
            world.change_policy(evergreen, |policy| policy.email_source = Some(EmailSource::OnFile)).await;
        let outcome =
            registration::give_about_you(&world.access, &on_file, None, &form(&without), Source::default())
                .await
                .unwrap();
        assert!(matches!(outcome, AboutYouOutcome::CannotGoOn { .. }));
        let entered =
            world.change_policy(evergreen, |policy| policy.email_source = Some(EmailSource::Entered)).await;
        let registrant = Registrant::matched(&world, &entered, &ana()).await;
        assert_eq!(registrant.send("").await, SendOutcome::Problem(EmailProblem::Missing));
        assert!(matches!(registrant.send("other@home.example").await, SendOutcome::Sent(_)));
        assert_eq!(mail(&world).await.to, "other@home.example");
    })
    .await;
}

#[tokio::test]
async fn a_code_lives_to_its_moment_and_bears_five_entries() {
    on_both(async |world: World| {
        let evergreen = world.change_policy(&world.evergreen, |policy| policy.code_minutes = Some(10)).await;
        list(&world, &evergreen, &ana()).await;
        let (registrant, code) = Registrant::with_code(&world, &evergreen, &ana()).await;
        assert_eq!(registrant.prove("").await, CodeOutcome::Problem(CodeProblem::Missing));
        assert_eq!(registrant.prove("1234567").await, CodeOutcome::Problem(CodeProblem::NotEightDigits));
        world.advance(9 * MINUTE);
        assert_eq!(registrant.code().await, code, "within its life the same code goes out again");
        world.advance(MINUTE);
        assert_eq!(registrant.prove(&code).await, CodeOutcome::Expired);
        assert_eq!(registrant.prove(&another(&code)).await, CodeOutcome::Expired);

        let next = registrant.code().await;
        assert_ne!(next, code);
        world.advance(10 * MINUTE - MICROSECOND);
        assert_eq!(registrant.prove(&code).await, CodeOutcome::Wrong { left: 4 });
        assert_eq!(registrant.prove(&next).await, CodeOutcome::Next(Step::SignInDetails));
        assert_eq!(registrant.prove(&next).await, CodeOutcome::Next(Step::SignInDetails), "sent twice");
        assert_eq!(count(&world, &evergreen, Event::RegistrationEmailProven).await, 1);

        let (registrant, code) = Registrant::with_code(&world, &evergreen, &ana()).await;
        for left in [4, 3, 2, 1] {
            assert_eq!(registrant.prove(&another(&code)).await, CodeOutcome::Wrong { left });
        }
        assert_eq!(registrant.prove(&another(&code)).await, CodeOutcome::Ended);
        assert_eq!(registrant.prove(&code).await, CodeOutcome::Ended);
        assert_eq!(going(registrant.view().await).code_until, None);
        let fresh = registrant.code().await;
        assert_ne!(fresh, code);
        assert_eq!(registrant.prove(&fresh).await, CodeOutcome::Next(Step::SignInDetails));
    })
    .await;
}

#[tokio::test]
async fn sign_in_details_are_held_against_the_rules() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        list(&world, evergreen, &ana()).await;
        let bo = Listed { ssn: "", ..one_of_many(7) };
        list(&world, evergreen, &bo).await;
        let first = Registrant::checking(&world, evergreen, &bo, "taken.id").await;
        assert!(matches!(first.create().await, CreateOutcome::Created { .. }));
        mails(&world).await;
        let registrant = Registrant::proven(&world, evergreen, &ana()).await;
        let hashes = access.hasher.counts().total();

        let answer = async |entered: &str| {
            registration::user_id_free(access, evergreen, registrant.token(), entered).await.unwrap()
        };
        assert_eq!(answer("ana.b").await, UserIdAnswer::Free);
        let problem = |problem| UserIdAnswer::Mistake(UserIdMistake::Problem(problem));
        assert_eq!(answer("W100001").await, problem(UserIdProblem::IsMemberId));
        assert_eq!(answer("ana@home.example").await, problem(UserIdProblem::HasAt));
        let suggestions = ["ana.brookfield", "abrookfield", "anabrookfield"].map(str::to_owned).to_vec();
        let taken = UserIdMistake::Taken { suggestions };
        assert_eq!(answer(" TAKEN.ID ").await, UserIdAnswer::Mistake(taken.clone()));

        let mistakes = |user_id, password| SignInDetailsOutcome::Mistakes { user_id, password };
        let breaks = |rules: &[Rule]| Some(PasswordMistake::Breaks(rules.to_vec()));
        let length = Rule::Length { min: 6, max: 12 };
        let outcome = registrant.choose("Taken.ID", "").await;
        assert_eq!(outcome, mistakes(Some(taken), Some(PasswordMistake::Missing)));
        assert_eq!(registrant.choose("ana.b", "walking").await, mistakes(None, breaks(&[Rule::Digit])));
        assert_eq!(registrant.choose("ana.b", "walk4").await, mistakes(None, breaks(&[length])));
        assert_eq!(registrant.choose("ana.b", "walking-walking-42").await, mistakes(None, breaks(&[length])));
        assert_eq!(registrant.choose("ana.b", "4n4brookf1e").await, SignInDetailsOutcome::Next(Step::Check));
        assert_eq!(registrant.choose("ana.b", "br00kf1eld").await, mistakes(None, breaks(&[Rule::NotName])));
        assert_eq!(registrant.choose("wal.king", "walk1ng1").await, mistakes(None, breaks(&[Rule::NotName])));
        let (one, two) = (password("walking42"), password("walking43"));
        let differ =
            registration::choose_sign_in_details(access, evergreen, registrant.token(), "ana.b", &one, &two);
        assert_eq!(differ.await.unwrap(), mistakes(None, Some(PasswordMistake::DoNotMatch)));
        assert_eq!(access.hasher.counts().total(), hashes + 2, "only what is kept is hashed");
    })
    .await;
}

#[tokio::test]
async fn no_step_can_be_skipped() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        list(&world, evergreen, &ana()).await;

        // Everything that another step allows, asked of a registration that has come as far as `step`.
        let try_all = async |registrant: &Registrant, step: Step| {
            let before = audited(&world, evergreen).await;
            let hashes = access.hasher.counts();
            let elsewhere = Elsewhere::Step(step);
            if step < Step::Email {
                assert_eq!(registrant.send("a@b.example").await, SendOutcome::Elsewhere(elsewhere));
            }
            if step < Step::EmailCode {
                assert_eq!(registrant.prove("12345678").await, CodeOutcome::Elsewhere(elsewhere));
            }
            if step < Step::SignInDetails {
                let outcome = registrant.choose("ana.b", "walking42").await;
                assert_eq!(outcome, SignInDetailsOutcome::Elsewhere(elsewhere));
                let answer =
                    registration::user_id_free(access, evergreen, registrant.token(), "ana.b").await.unwrap();
                assert_eq!(answer, UserIdAnswer::Elsewhere(elsewhere));
                let suggested =
                    registration::suggest_user_ids(access, evergreen, registrant.token()).await.unwrap();
                assert_eq!(suggested, Err(elsewhere));
            }
            if step < Step::Check {
                let checked = registration::check(access, evergreen, registrant.token()).await.unwrap();
                assert_eq!(checked.unwrap_err(), elsewhere);
                let outcome = registrant.create().await;
                assert!(matches!(outcome, CreateOutcome::Elsewhere(e) if e == elsewhere), "{outcome:?}");
            }
            let born = DateOfBirth { month: "1", day: "19", year: "1980" };
            let resumed =
                registration::resume(access, evergreen, registrant.token(), born, "12345678").await.unwrap();
            assert_eq!(resumed, ResumeOutcome::Elsewhere(elsewhere));
            let sent = registration::send_resume_code(access, evergreen, registrant.token(), Lang::En)
                .await
                .unwrap();
            assert_eq!(sent, ResumeCodeOutcome::Elsewhere(elsewhere));
            assert_eq!(audited(&world, evergreen).await, before);
            assert_eq!(access.hasher.counts(), hashes);
            assert!(mails(&world).await.is_empty());
            assert_eq!(going(registrant.view().await).step, step);
        };

        let nobody = Listed { first_name: "Nobody".to_owned(), ..ana() };
        let token = refused(&world, &form(&nobody)).await;
        let mut registrant = Registrant::matched(&world, evergreen, &ana()).await;
        let matched = std::mem::replace(&mut registrant.token, token);
        try_all(&registrant, Step::AboutYou).await;
        registrant.token = matched;
        try_all(&registrant, Step::Email).await;
        let code = registrant.code().await;
        try_all(&registrant, Step::EmailCode).await;
        registrant.prove(&code).await;
        try_all(&registrant, Step::SignInDetails).await;
        registrant.choose("ana.b", "walking42").await;
        try_all(&registrant, Step::Check).await;
        assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
        mails(&world).await;

        // What is done is done.
        let before = audited(&world, evergreen).await;
        assert_eq!(registrant.send("").await, SendOutcome::Elsewhere(Elsewhere::Done));
        assert_eq!(registrant.prove(&code).await, CodeOutcome::Elsewhere(Elsewhere::Done));
        let outcome = registrant.choose("other", "walking43").await;
        assert_eq!(outcome, SignInDetailsOutcome::Elsewhere(Elsewhere::Done));
        assert_eq!(audited(&world, evergreen).await, before);
        assert!(matches!(registrant.view().await, View::Done { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_registration_belongs_to_its_browser_and_organization() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        list(&world, evergreen, &ana()).await;
        let other = registrant_elsewhere(&world).await;
        let (registrant, code) = Registrant::with_code(&world, evergreen, &ana()).await;
        let stranger = Registrant { token: other, ..Registrant::matched(&world, evergreen, &ana()).await };
        assert_eq!(stranger.prove(&code).await, CodeOutcome::Elsewhere(Elsewhere::Step(Step::AboutYou)));
        let elsewhere = registration::prove_code(access, &world.riverside, registrant.token(), &code).await;
        assert_eq!(elsewhere.unwrap(), CodeOutcome::Elsewhere(Elsewhere::NotOffered));

        let text = registrant.token.expose().to_owned();
        let swapped = if text.starts_with('a') { "b" } else { "a" };
        let altered = Token::parse(&format!("{swapped}{}", &text[1..])).unwrap();
        assert!(Token::parse(&text[..51]).is_none());
        let view = registration::view(access, evergreen, Some(&altered)).await.unwrap();
        assert!(matches!(view, View::Elsewhere(Elsewhere::Begin)));
        let nothing = registration::view(access, evergreen, None).await.unwrap();
        assert!(matches!(nothing, View::Elsewhere(Elsewhere::Begin)));

        // A registration's token is no session's.
        let looked_up =
            sessions::look_up(access, evergreen, &registrant.token, Touch::Polling).await.unwrap();
        assert!(matches!(looked_up, LookUp::Unknown));
        assert_eq!(registrant.prove(&code).await, CodeOutcome::Next(Step::SignInDetails));
    })
    .await;
}

async fn registrant_elsewhere(world: &World) -> Token {
    let nobody = Listed { first_name: "Nobody".to_owned(), ..ana() };
    refused(world, &form(&nobody)).await
}

#[tokio::test]
async fn the_same_answers_go_on_and_others_begin_anew() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        let second = one_of_many(2);
        list(&world, evergreen, &second).await;
        let registrant = Registrant::checking(&world, evergreen, &ana(), "ana.b").await;
        let AboutYouOutcome::Next { token, step } = about(&world, registrant.token(), &form(&ana())).await
        else {
            panic!()
        };
        assert_eq!(step, Step::Check);
        assert_ne!(token.expose(), registrant.token.expose(), "the token does not tell which it was");
        assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Begin)));
        let registrant = Registrant { token, ..registrant };

        let AboutYouOutcome::Next { token, step } = about(&world, registrant.token(), &form(&second)).await
        else {
            panic!()
        };
        assert_eq!(step, Step::Email);
        assert_ne!(token.expose(), registrant.token.expose());
        assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Begin)));
        assert!(matches!(registrant.create().await, CreateOutcome::Elsewhere(Elsewhere::Begin)));

        // Answers that lead nowhere end what there was, too.
        let nobody = Listed { first_name: "Nobody".to_owned(), ..ana() };
        let outcome = about(&world, Some(&token), &form(&nobody)).await;
        assert!(matches!(outcome, AboutYouOutcome::CannotGoOn { .. }));
        let view = registration::view(&world.access, evergreen, Some(&token)).await.unwrap();
        assert!(matches!(view, View::Elsewhere(Elsewhere::Begin)));
    })
    .await;
}

/// *Not you? Start again* forgets the token, and whoever gives About you without one starts from the beginning.
#[tokio::test]
async fn not_you_start_again() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        let left = Registrant::checking(&world, evergreen, &ana(), "ana.b").await;
        let again = Registrant::matched(&world, evergreen, &ana()).await;
        assert_eq!(going(again.view().await).step, Step::Email, "nothing that was proven comes along");
        assert_eq!(going(left.view().await).step, Step::Check, "nor is the other one touched");
    })
    .await;
}

#[tokio::test]
async fn before_the_address_is_proven_idling_out_starts_again() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        list(&world, evergreen, &ana()).await;
        let (registrant, code) = Registrant::with_code(&world, evergreen, &ana()).await;
        world.advance(15 * MINUTE - MICROSECOND);
        assert_eq!(going(registrant.view().await).time_left, 15 * MINUTE, "looking is activity");
        world.advance(15 * MINUTE - MICROSECOND);
        assert_eq!(going(registrant.view().await).step, Step::EmailCode);
        world.advance(15 * MINUTE);
        assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Begin)));
        assert_eq!(registrant.prove(&code).await, CodeOutcome::Elsewhere(Elsewhere::Begin));
        let sent =
            registration::send_resume_code(access, evergreen, registrant.token(), Lang::En).await.unwrap();
        assert_eq!(sent, ResumeCodeOutcome::Elsewhere(Elsewhere::Begin));
    })
    .await;
}

#[tokio::test]
async fn resuming_takes_the_date_of_birth_and_a_fresh_code() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        list(&world, evergreen, &ana()).await;
        let (registrant, first) = Registrant::with_code(&world, evergreen, &ana()).await;
        assert_eq!(registrant.prove(&first).await, CodeOutcome::Next(Step::SignInDetails));
        registrant.choose("ana.b", "walking42").await;
        world.advance(15 * MINUTE);
        assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Resume)));
        assert!(matches!(registrant.create().await, CreateOutcome::Elsewhere(Elsewhere::Resume)));
        let born = DateOfBirth { month: "January", day: "19", year: "1980" };
        let resume = async |born: DateOfBirth<'_>, code: &str| {
            registration::resume(access, evergreen, registrant.token(), born, code).await.unwrap()
        };
        let send = async || {
            let sent = registration::send_resume_code(access, evergreen, registrant.token(), Lang::Es).await;
            assert!(matches!(sent.unwrap(), ResumeCodeOutcome::Sent { .. }));
            mail(&world).await
        };
        assert_eq!(resume(born, &first).await, ResumeOutcome::Expired, "none was asked for");
        let mail = send().await;
        assert_eq!(mail.to, "ana@home.example");
        let code = mail.code();
        assert_ne!(code, first);
        let wrong_day = DateOfBirth { day: "20", ..born };
        assert!(matches!(
            resume(DateOfBirth { year: "", ..born }, "1").await,
            ResumeOutcome::Problems { .. }
        ));
        assert_eq!(resume(wrong_day, &code).await, ResumeOutcome::Wrong { left: 4 });
        assert_eq!(resume(born, &another(&code)).await, ResumeOutcome::Wrong { left: 3 });
        assert_eq!(resume(born, &first).await, ResumeOutcome::Wrong { left: 2 });
        assert_eq!(resume(wrong_day, &code).await, ResumeOutcome::Wrong { left: 1 });
        assert_eq!(resume(wrong_day, &code).await, ResumeOutcome::Ended);
        assert_eq!(resume(born, &code).await, ResumeOutcome::Ended);
        assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Resume)));
        let code = send().await.code();
        assert_eq!(resume(born, &code).await, ResumeOutcome::Next(Step::Check));
        assert_eq!(resume(born, &code).await, ResumeOutcome::Elsewhere(Elsewhere::Step(Step::Check)));
        assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_registration_can_be_resumed_for_its_hours() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        list(&world, evergreen, &ana()).await;
        let registrant = Registrant::proven(&world, evergreen, &ana()).await;
        world.advance(24 * HOUR - MICROSECOND);
        assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Resume)));
        assert_eq!(registration::end_abandoned(access, evergreen).await.unwrap(), 0);
        world.advance(MICROSECOND);
        assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Begin)));
        assert_eq!(registration::end_abandoned(access, evergreen).await.unwrap(), 1);
        assert_eq!(registration::end_abandoned(access, evergreen).await.unwrap(), 0);

        // However busy somebody is, the whole time is a session's.
        let registrant = Registrant::proven(&world, evergreen, &ana()).await;
        for _ in 0..(12 * 6) {
            assert!(matches!(registrant.view().await, View::Going(_)));
            world.advance(10 * MINUTE);
        }
        assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Resume)));
    })
    .await;
}

#[tokio::test]
async fn everything_is_checked_again_at_the_end() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        let registrant = Registrant::checking(&world, evergreen, &ana(), "ana.b").await;
        list(&world, evergreen, &Listed { email: "new@home.example".to_owned(), ..ana() }).await;
        let outcome = registrant.create().await;
        assert!(matches!(outcome, CreateOutcome::Elsewhere(Elsewhere::Step(Step::Email))), "{outcome:?}");
        assert!(matches!(registrant.create().await, CreateOutcome::Elsewhere(Elsewhere::Step(Step::Email))));
        registrant.send("").await;
        let code = mail(&world).await;
        assert_eq!(code.to, "new@home.example");
        assert_eq!(registrant.prove(&code.code()).await, CodeOutcome::Next(Step::Check));

        list(&world, evergreen, &Listed { coverage_end: Some("2025-06-14"), ..ana() }).await;
        assert!(matches!(registrant.create().await, CreateOutcome::CannotGoOn));
        assert!(mails(&world).await.is_empty());
        assert_eq!(count(&world, evergreen, Event::AccountRegistered).await, 0);
        assert!(!signs_in(&world, evergreen, "ana.b", "walking42").await);
    })
    .await;
}

#[tokio::test]
async fn a_lost_user_id_is_chosen_again() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        let second = one_of_many(2);
        list(&world, evergreen, &second).await;
        let first = Registrant::checking(&world, evergreen, &ana(), "walker").await;
        let second = Registrant::checking(&world, evergreen, &second, "WALKER").await;
        assert!(matches!(first.create().await, CreateOutcome::Created { .. }));
        let outcome = second.create().await;
        let CreateOutcome::UserIdTaken { suggestions } = outcome else { panic!("{outcome:?}") };
        assert_eq!(suggestions.len(), 3);
        assert_eq!(going(second.view().await).step, Step::SignInDetails);
        assert_eq!(
            second.choose(&suggestions[0], "walking43").await,
            SignInDetailsOutcome::Next(Step::Check)
        );
        assert!(matches!(second.create().await, CreateOutcome::Created { .. }));
        assert!(signs_in(&world, evergreen, "walker", "walking42").await);
        assert!(signs_in(&world, evergreen, &suggestions[0], "walking43").await);
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_twice_has_one_account_and_one_session() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        list(&world, evergreen, &ana()).await;
        let registrant = Registrant::checking(&world, evergreen, &ana(), "ana.b").await;
        let mut answers = Vec::new();
        for _ in 0..2 {
            let CreateOutcome::Created { account_id, user_id, session, .. } = registrant.create().await
            else {
                panic!()
            };
            answers.push((account_id, user_id, session.expose().to_owned()));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(mails(&world).await.len(), 1);
        assert_eq!(sessions::living(access, evergreen, &answers[0].0).await.unwrap().len(), 1);

        // Whoever has left is not brought back by the form of an hour ago.
        let session = Token::parse(&answers[0].2).unwrap();
        sessions::end(access, evergreen, &session, EndReason::SignedOut).await.unwrap();
        assert!(matches!(registrant.create().await, CreateOutcome::Elsewhere(Elsewhere::Begin)));
        assert!(matches!(registrant.view().await, View::Elsewhere(Elsewhere::Begin)));
    })
    .await;
}

#[tokio::test]
async fn nothing_personal_is_kept_in_clear() {
    for database in portico_store::testing::databases().await {
        let world = World::on(&database).await;
        let evergreen = &world.evergreen;
        let without = Listed { email: String::new(), ..ana() };
        list(&world, evergreen, &without).await;
        let known = form(&without);
        let number = Form { ssn: "900-12-3456", ..known };
        let AboutYouOutcome::Next { token, .. } = about(&world, None, &number).await else { panic!() };
        let registrant = Registrant { world: world.clone(), organization: evergreen.clone(), token };
        registrant.send("planted@home.example").await;
        let code = mail(&world).await.code();
        registrant.send("").await;
        let planted = [
            "Brookfield",
            "North Main",
            "planted@home.example",
            "900-12-3456",
            "900123456",
            "1980-01-19",
            "planted.id",
            "walking42",
            registrant.token.expose(),
            &code,
        ];
        let nowhere = async || {
            let at_rest = database.at_rest().await;
            for value in planted {
                assert!(!at_rest.contains(value), "{value} on {}", database.kind());
            }
        };
        nowhere().await;
        registrant.prove(&code).await;
        registrant.choose("planted.id", "walking42").await;
        nowhere().await;
        assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
        nowhere().await;
        let printed = format!("{:?} {:?}", registrant.view().await, registrant.token);
        assert!(planted.iter().all(|value| *value == "planted.id" || !printed.contains(value)), "{printed}");
    }
}

/// Which text, and which version of it.
#[tokio::test]
async fn what_a_person_agrees_to_is_noted_with_its_version() {
    on_both(async |world| {
        let access = &world.access;
        let mut definition = world.evergreen.definition.clone();
        definition.privacy_url = Some("https://evergreen.example/privacy".to_owned());
        definition.privacy_version = Some("2025-06".to_owned());
        definition.terms_url = Some("https://evergreen.example/terms".to_owned());
        portico_access::organization::apply(access, &definition).await.unwrap().unwrap();
        let evergreen = portico_access::organization::find(access, "evergreen").await.unwrap().unwrap();
        list(&world, &evergreen, &ana()).await;
        let registrant = Registrant::checking(&world, &evergreen, &ana(), "ana.brookfield").await;
        assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
        let mut unit = access.store.read().await.unwrap();
        let entries = portico_store::audit::list(&mut unit, &evergreen.id, 0, 1000).await.unwrap();
        let entry = entries.iter().find(|entry| entry.event == Event::AccountRegistered.name()).unwrap();
        let row = format!("{}/{}", entry.organization_id, entry.sequence);
        let detail = access.keys.open(portico_store::audit::DETAIL.of(&row), &entry.detail).unwrap();
        let detail: serde_json::Value = serde_json::from_slice(&detail).unwrap();
        let agreed = serde_json::json!({
            "privacy": { "url": "https://evergreen.example/privacy", "version": "2025-06" },
            "terms": { "url": "https://evergreen.example/terms", "version": null },
        });
        assert_eq!(detail["agreed"], agreed);
    })
    .await;
}

/// What was changed in another tab since the form was shown is looked at before it becomes an account.
#[tokio::test]
async fn only_what_was_shown_becomes_an_account() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        let other = one_of_many(1);
        for listed in [&ana(), &other] {
            list(&world, evergreen, listed).await;
        }
        let registrant = Registrant::checking(&world, evergreen, &ana(), "ana.b").await;
        let others = Registrant::checking(&world, evergreen, &other, "other").await.shown().await;
        let first = registrant.shown().await;
        assert_eq!(registrant.shown().await, first, "looking changes nothing");
        // The same User ID with another password, of which the page shows nothing.
        registrant.choose("ana.b", "walking43").await;
        let now = registrant.shown().await;
        for shown in ["", "0", "what?", &first, &others] {
            let outcome = registrant.create_as(shown).await;
            assert!(matches!(outcome, CreateOutcome::Changed), "{shown}: {outcome:?}");
        }
        assert!(matches!(registrant.create_as(&now).await, CreateOutcome::Created { .. }));
        // The same form once more, also as it was shown before, is the same account.
        for shown in [&now, &first] {
            assert!(matches!(registrant.create_as(shown).await, CreateOutcome::Created { .. }));
        }
    })
    .await;
}
