//! The preset modern: its members' way in and back in, and that it does what `portico policy explain` says of it.

use portico_access::new_password::PasswordMistake;
use portico_access::organization::Organization;
use portico_access::registration::{
    self, AboutYouOutcome, AnswerOutcome, CreateOutcome, SendOutcome, SignInDetailsOutcome, Source,
};
use portico_access::reset::{self, LinkPage, RequestOutcome, SaveOutcome, Stage};
use portico_access::testing::{Someone, World, on_both};
use portico_rules::Lang;
use portico_rules::password::Rule;
use portico_rules::policy::conformance::{CLAIMED, explain};
use portico_rules::policy::{Overrides, SignInWith, TooFew};
use portico_rules::registration::{Step, is_asked};

use crate::reset::Reset;
use crate::support::*;

const PASSWORD: &str = "walnut tree by the lake";
const NEW: &str = "a quiet morning in June";

const MARIA: Someone<'_> = Someone { password: PASSWORD, ..Someone::MARIA };

async fn ask(world: &World, organization: &Organization, email: &str) {
    let asked = reset::request(&world.access, organization, email, Lang::En, "192.0.2.1").await.unwrap();
    assert_eq!(asked, RequestOutcome::Requested);
}

/// The one mail with a link has come.
async fn requested(world: &World, organization: &Organization, email: &str) -> Reset {
    ask(world, organization, email).await;
    let link = mail(world).await.link(organization);
    Reset { world: world.clone(), organization: organization.clone(), link }
}

/// What is wrong with a password at registration; `None` when it is taken.
async fn refused(world: &World, organization: &Organization, text: &str) -> Option<Vec<Rule>> {
    let member_id = format!("N{}", audited(world, organization).await);
    let who = Listed { member_id, email: format!("{}@home.example", world.access.id()), ..ana() };
    let who = Listed { first_name: format!("Ana{}", letters(&who.member_id)), ssn: "", ..who };
    list(world, organization, &who).await;
    let registrant = Registrant::proven(world, organization, &who).await;
    match registrant.choose(&format!("user-{}", who.member_id), text).await {
        SignInDetailsOutcome::Next(Step::Check) => None,
        SignInDetailsOutcome::Mistakes { password: Some(PasswordMistake::Breaks(rules)), .. } => Some(rules),
        outcome => panic!("{text}: {outcome:?}"),
    }
}

/// On the roster, with too little to ask about.
fn little_known(first_name: &str) -> Listed {
    let (member_id, first_name) = (format!("N-{first_name}"), first_name.to_owned());
    Listed { member_id, first_name, ssn: "", plan: "", clinic: "", coverage_start: "", ..ana() }
}

/// What comes after About you.
async fn asked(world: &World, organization: &Organization, listed: &Listed) -> Step {
    let source = Source::default();
    let given = registration::give_about_you(&world.access, organization, None, &form(listed), source).await;
    match given.unwrap() {
        AboutYouOutcome::Next { step, .. } => step,
        outcome => panic!("{outcome:?}"),
    }
}

/// Digits as letters, so that each person is another one.
fn letters(number: &str) -> String {
    number.bytes().filter(u8::is_ascii_digit).map(|digit| char::from(digit - b'0' + b'a')).collect()
}

#[tokio::test]
async fn a_member_registers_signs_in_with_either_and_resets_with_two_mails() {
    on_both(async |world| {
        let meadow = world.meadow().await;
        list(&world, &meadow, &ana()).await;
        let registrant = Registrant::proven(&world, &meadow, &ana()).await;
        for (text, rule) in [
            ("tree-lake-fog", Rule::Length { min: 15, max: 128 }),
            ("Brookfield-2025!", Rule::NotName),
            ("Ana@home.example", Rule::NotContext),
            ("MeadowCare2025!!", Rule::NotContext),
            ("passwordpassword", Rule::NotCommon),
            ("Iloveyou-2024-25", Rule::NotCommon),
        ] {
            let mistake = PasswordMistake::Breaks(vec![rule]);
            let expected = SignInDetailsOutcome::Mistakes { user_id: None, password: Some(mistake) };
            assert_eq!(registrant.choose("ana.b", text).await, expected, "{text}");
        }
        assert_eq!(registrant.choose("ana.b", PASSWORD).await, SignInDetailsOutcome::Next(Step::Check));
        assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
        mails(&world).await;
        for who in ["ana.b", "Ana@Home.Example"] {
            assert!(signs_in(&world, &meadow, who, PASSWORD).await, "{who}");
        }

        world.advance(MINUTE);
        let reset = requested(&world, &meadow, "ana@home.example").await;
        let code = reset.code().await;
        assert_eq!(reset.stage().await, Stage::CodeSent { until: world.access.now() + 15 * MINUTE });
        let outcome = reset.save(&code, "Meadow Care 2025").await;
        let SaveOutcome::Password { mistake, token } = outcome else { panic!("{outcome:?}") };
        assert_eq!(mistake, PasswordMistake::Breaks(vec![Rule::NotContext]));
        let reset = Reset { link: token, ..reset };
        let outcome = reset.save("", PASSWORD).await;
        let SaveOutcome::Password { mistake, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(mistake, PasswordMistake::UsedBefore);
        assert!(matches!(reset.save("", NEW).await, SaveOutcome::Saved));
        assert!(signs_in(&world, &meadow, "ana.b", NEW).await);
        assert!(!signs_in(&world, &meadow, "ana@home.example", PASSWORD).await);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_two_share_signs_nobody_in_and_leads_each_to_their_own_account() {
    on_both(async |world| {
        let meadow = world.meadow().await;
        account(&world, &meadow, MARIA).await;
        account(&world, &meadow, Someone { name: "Luis Lopez", user_id: "luis", ..MARIA }).await;
        assert!(!signs_in(&world, &meadow, MARIA.email, PASSWORD).await);
        assert!(signs_in(&world, &meadow, "luis", PASSWORD).await);

        ask(&world, &meadow, MARIA.email).await;
        let mails = mails(&world).await;
        assert_eq!(mails.len(), 2);
        let his = mails.iter().find(|mail| mail.text.contains("Luis")).unwrap();
        let reset = Reset { world: world.clone(), link: his.link(&meadow), organization: meadow.clone() };
        let code = reset.code().await;
        assert!(matches!(reset.save(&code, NEW).await, SaveOutcome::Saved));
        assert!(signs_in(&world, &meadow, "luis", NEW).await);
        assert!(signs_in(&world, &meadow, "maria.lopez", PASSWORD).await);
    })
    .await;
}

/// The second of a household who registers takes the address from both: they hear of it, and their User IDs do, also where
/// the policy asks for the address.
#[tokio::test]
async fn who_registers_with_an_address_that_is_taken_tells_both_what_to_sign_in_with() {
    for sign_in_with in [SignInWith::Either, SignInWith::Email, SignInWith::UserId] {
        on_both(async |world| {
            let meadow = world.meadow().await;
            let meadow =
                world.change_policy(&meadow, |policy| policy.sign_in_with = Some(sign_in_with)).await;
            account(&world, &meadow, MARIA).await;
            let ana = Listed { email: MARIA.email.to_owned(), ..ana() };
            list(&world, &meadow, &ana).await;
            let registrant = Registrant::proven(&world, &meadow, &ana).await;
            registrant.choose("ana.b", PASSWORD).await;
            assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
            let told = mail(&world).await;
            assert_eq!(told.subject, "You are registered");
            let says = told.text.contains("each of you signs in with your own User ID");
            assert_eq!(says, sign_in_with != SignInWith::UserId, "{sign_in_with:?}");
            assert!(!signs_in(&world, &meadow, MARIA.email, PASSWORD).await);
            for user_id in ["ana.b", MARIA.user_id] {
                assert!(signs_in(&world, &meadow, user_id, PASSWORD).await, "{sign_in_with:?} {user_id}");
            }
        })
        .await;
    }
}

/// Every requirement that modern claims, seen in what it does. Whoever claims one more has to show it here.
#[tokio::test]
async fn does_what_it_claims() {
    on_both(async |world| {
        let meadow = world.meadow().await;
        let deviations = explain(&meadow.policy).deviations;
        for claimed in CLAIMED {
            assert!(deviations.iter().all(|deviation| deviation.requirement.id != *claimed), "{claimed}");
            holds(&world, &meadow, claimed).await;
        }
    })
    .await;
}

async fn holds(world: &World, meadow: &Organization, requirement: &str) {
    let length = Rule::Length { min: 15, max: 128 };
    let is_refused = async |text: &str| refused(world, meadow, text).await;
    match requirement {
        "V6.1.1" => {
            let id = world.access.id();
            world.account(meadow, Someone { user_id: &id, ..MARIA }).await;
            for _ in 0..5 {
                assert!(!signs_in(world, meadow, &id, "wrong").await);
            }
            assert!(!signs_in(world, meadow, &id, PASSWORD).await);
            world.advance(15 * MINUTE);
            assert!(signs_in(world, meadow, &id, PASSWORD).await);
            mails(world).await;
        }
        "V6.2.1" | "63B-4 3.1.1.2(1)" => {
            assert_eq!(is_refused("walnuttreelake").await, Some(vec![length]));
            assert_eq!(is_refused("walnuttreelakes").await, None);
        }
        "V6.2.4" | "63B-4 3.1.1.2 blocklist" => {
            for common in ["1qaz2wsx3edc4rfv", "passwordstandard", "letmein!letmein!", "aaaaaaaaaaaaaaa"] {
                assert_eq!(is_refused(common).await, Some(vec![Rule::NotCommon]), "{common}");
            }
            assert_eq!(is_refused("a password of my own").await, None);
        }
        "V6.2.5" | "63B-4 3.1.1.2(5)" => {
            for one_kind in ["walnuttreelakes", "8471 2996 0038 5127", "漢字の長いパスフレーズを使います"]
            {
                assert_eq!(is_refused(one_kind).await, None, "{one_kind}");
            }
        }
        // The button itself is the page's, and tested there.
        "V6.2.6" => assert!(meadow.policy.password_reveal),
        "V6.2.9" | "63B-4 3.1.1.2(2)" => {
            let long: String = (10..26).map(|n| format!("tree {n} ")).collect();
            assert_eq!(is_refused(&long[..64]).await, None);
            assert_eq!(is_refused(&long).await, None);
            assert_eq!(is_refused(&format!("{long}x")).await, Some(vec![length]));
        }
        "V6.2.10" | "63B-4 3.1.1.2(6)" => {
            let id = world.access.id();
            world.account(meadow, Someone { user_id: &id, ..MARIA }).await;
            world.advance(10 * 365 * 24 * HOUR);
            assert!(signs_in(world, meadow, &id, PASSWORD).await);
            world.advance(-10 * 365 * 24 * HOUR);
        }
        "V6.2.11" => {
            assert_eq!(is_refused("MeadowCare 2025!").await, Some(vec![Rule::NotContext]));
            assert_eq!(is_refused("Portico 20252026").await, Some(vec![Rule::NotContext]));
            assert_eq!(is_refused("Brookfield2025!!").await, Some(vec![Rule::NotName]));
        }
        "V6.3.8" => {
            let known = little_known("Opal");
            list(world, meadow, &known).await;
            let unknown = Listed { first_name: "Nobody".to_owned(), ..known.clone() };
            for one in [&known, &unknown] {
                assert_eq!(asked(world, meadow, one).await, Step::Questions, "{}", one.first_name);
            }
        }
        "V6.4.2" | "63B-4 3.1.1.2(8)" => {
            assert!(!is_asked(Step::SecurityQuestions, &meadow.policy));
        }
        "63B-4 3.2.2 limit" => {
            let id = world.access.id();
            world.account(meadow, Someone { user_id: &id, ..MARIA }).await;
            let before = world.access.hasher.counts().stored;
            for _ in 0..130 {
                assert!(!signs_in(world, meadow, &id, "wrong").await);
                world.advance(4 * HOUR);
            }
            assert!(world.access.hasher.counts().stored - before <= 100);
            mails(world).await;
        }
        "63B-4 4.2.1.2 code" => {
            let email = format!("{}@mail.example", world.access.id());
            let id = world.access.id();
            account(world, meadow, Someone { user_id: &id, email: &email, ..MARIA }).await;
            mails(world).await;
            let reset = requested(world, meadow, &email).await;
            world.advance(24 * HOUR);
            assert!(matches!(reset.open().await, LinkPage::Expired { .. }));
        }
        "63A-4 verification" => {
            let stranger = Listed { member_id: "N-63A".to_owned(), email: String::new(), ssn: "", ..ana() };
            let stranger = Listed { first_name: "Nomail".to_owned(), ..stranger };
            list(world, meadow, &stranger).await;
            let registrant = Registrant::began(world, meadow, &form(&stranger)).await;
            let answers = honest(&registrant.questions().await, &stranger);
            assert_eq!(registrant.answer(&answers).await, AnswerOutcome::CannotGoOn);
        }
        "63A-4 evidence" => {
            let member_id = "N-EVIDENCE".to_owned();
            let known = Listed { member_id, first_name: "Evi".to_owned(), ssn: "", ..ana() };
            list(world, meadow, &known).await;
            let registrant = Registrant::matched(world, meadow, &known).await;
            assert!(matches!(registrant.send("thief@evil.example").await, SendOutcome::Sent(_)));
            assert_eq!(mail(world).await.to, known.email);
        }
        other => panic!("{other} is claimed, and nothing here shows it"),
    }
}

/// A value that deviates does so in behaviour as well.
#[tokio::test]
async fn a_deviation_is_one_in_behaviour() {
    on_both(async |world| {
        let meadow = world.meadow().await;
        let with = async |change: fn(&mut Overrides)| world.change_policy(&meadow, change).await;
        let ids = |organization: &Organization| -> Vec<&'static str> {
            let deviations = explain(&organization.policy).deviations;
            deviations.into_iter().map(|deviation| deviation.requirement.id).collect()
        };
        let short = with(|policy| policy.password_min = Some(8)).await;
        assert!(ids(&short).contains(&"63B-4 3.1.1.2(1)"));
        assert_eq!(refused(&world, &short, "lake.tree").await, None);
        let open = with(|policy| policy.password_blocklist = Some(false)).await;
        assert!(ids(&open).contains(&"V6.2.4") && ids(&open).contains(&"V6.2.11"));
        assert_eq!(refused(&world, &open, "passwordpassword").await, None);
        assert_eq!(refused(&world, &open, "Meadow-2025-2026").await, None);
        let composed = with(|policy| policy.password_symbol = Some(true)).await;
        assert!(ids(&composed).contains(&"V6.2.5"));
        assert_eq!(refused(&world, &composed, "walnuttreelakes").await, Some(vec![Rule::Symbol]));
        let cut = with(|policy| policy.password_max = Some(63)).await;
        assert!(ids(&cut).contains(&"V6.2.9"));
        let long: String = (10..18).map(|n| format!("tree {n} ")).collect();
        assert_eq!(refused(&world, &cut, &long).await, Some(vec![Rule::Length { min: 15, max: 63 }]));
        let waived = with(|policy| policy.questionnaire_too_few = Some(TooFew::GoOn)).await;
        assert!(ids(&waived).contains(&"V6.3.8"));
        let known = little_known("Pearl");
        list(&world, &waived, &known).await;
        assert_eq!(asked(&world, &waived, &known).await, Step::Email);
        let unknown = Listed { first_name: "Nobody".to_owned(), ..known };
        assert_eq!(asked(&world, &waived, &unknown).await, Step::Questions);
    })
    .await;
}
