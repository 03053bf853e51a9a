//! Recovery with a PIN, one person at a time.

use jiff::SignedDuration;
use portico_access::accounts as desk;
use portico_access::audit::{Event, Verified, verify};
use portico_access::known_browsers::Known;
use portico_access::new_password::PasswordMistake;
use portico_access::organization::Organization;
use portico_access::pin::{
    self, Asked, Barred, DateOfBirth, EnterOutcome, Forgotten, NewPassword, PinToken, RequestOutcome,
    SaveOutcome, ShowOutcome, Stage,
};
use portico_access::retention::{Kind, Retention, sweep};
use portico_access::security_questions::Answer;
use portico_access::sessions::{self, LookUp, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World, on_both};
use portico_rules::Lang;
use portico_rules::code::CodeProblem;
use portico_rules::date::DateProblem;
use portico_rules::email::EmailProblem;
use portico_rules::password::Rule;

use crate::support::*;

const ANA: &str = "ana@home.example";
pub(crate) const NEW: &str = "strolling7";
pub(crate) const BORN: DateOfBirth<'static> = DateOfBirth { month: "January", day: "19", year: "1980" };

/// A member of the roster with an account whose password is `walking42`, made a while ago.
pub(crate) async fn member(
    world: &World,
    organization: &Organization,
    listed: &Listed,
    user_id: &str,
) -> String {
    let person_id = list(world, organization, listed).await;
    let name = format!("{} {}", listed.first_name, listed.last_name);
    let who = Someone {
        name: &name,
        user_id,
        email: &listed.email,
        password: "walking42",
        person_id: Some(&person_id),
    };
    account(world, organization, who).await
}

/// Ana and her account.
pub(crate) async fn with_ana(world: &World) -> String {
    member(world, &world.evergreen, &ana(), "ana.brook").await
}

/// Another whose address and date of birth are Ana's.
fn twin() -> Listed {
    Listed { member_id: "W100002".to_owned(), first_name: "Zoe".to_owned(), ssn: "900123457", ..ana() }
}

/// A browser in which a PIN was asked for.
#[derive(Clone)]
pub(crate) struct Forgetful {
    pub(crate) world: World,
    pub(crate) organization: Organization,
    pub(crate) token: PinToken,
}

impl Forgetful {
    pub(crate) async fn asked(world: &World, email: &str, born: DateOfBirth<'_>) -> Self {
        let organization = world.evergreen.clone();
        let asked = Asked { email, born, forgotten: Forgotten::Password };
        let outcome =
            pin::request(&world.access, &organization, &asked, Lang::En, "192.0.2.1").await.unwrap();
        let RequestOutcome::Requested { token } = outcome else { panic!("{outcome:?}") };
        Self { world: world.clone(), organization, token }
    }

    /// The one mail has come, and this is its PIN.
    pub(crate) async fn with_pin(world: &World) -> (Self, String) {
        let forgetful = Self::asked(world, ANA, BORN).await;
        (forgetful, pin_in(&mail(world).await))
    }

    /// The PIN was entered for the password.
    pub(crate) async fn proven(world: &World) -> (Self, String) {
        let (mut forgetful, pin) = Self::with_pin(world).await;
        forgetful.proves(&pin, Forgotten::Password).await;
        (forgetful, pin)
    }

    pub(crate) async fn enter(&self, pin: &str, forgotten: Forgotten) -> EnterOutcome {
        pin::enter(&self.world.access, &self.organization, &self.token, pin, forgotten, Lang::En)
            .await
            .unwrap()
    }

    pub(crate) async fn proves(&mut self, pin: &str, forgotten: Forgotten) {
        let outcome = self.enter(pin, forgotten).await;
        let EnterOutcome::Proven { token } = outcome else { panic!("{outcome:?}") };
        self.token = token;
    }

    pub(crate) async fn stage(&self) -> Stage {
        pin::stage(&self.world.access, &self.organization, Some(&self.token)).await.unwrap()
    }

    pub(crate) async fn show(&self) -> ShowOutcome {
        pin::show_user_id(&self.world.access, &self.organization, &self.token, Lang::En).await.unwrap()
    }

    pub(crate) async fn save(&self, text: &str) -> SaveOutcome {
        self.answer(&[], text).await
    }

    /// Answers the security questions, and chooses a password.
    pub(crate) async fn answer(&self, answers: &[&str], text: &str) -> SaveOutcome {
        let form = NewPassword {
            answers: answers.iter().copied().map(Answer::from).collect(),
            password: password(text),
            repeated: password(text),
        };
        pin::save(&self.world.access, &self.organization, &self.token, form, &Known::default(), Lang::En)
            .await
            .unwrap()
    }
}

fn pin_in(mail: &Mail) -> String {
    assert_eq!((mail.subject.as_str(), mail.kind.as_str()), ("Your PIN", "pin"));
    mail.code()
}

async fn lock(world: &World, user_id: &str) {
    for _ in 0..5 {
        assert!(!signs_in(world, &world.evergreen, user_id, "wrong-one-1").await);
    }
    assert_eq!(mail(world).await.kind, "locked");
}

fn wrong(outcome: &EnterOutcome) -> Option<u32> {
    match outcome {
        EnterOutcome::Wrong { left } => Some(*left),
        _ => None,
    }
}

#[tokio::test]
async fn one_pin_sets_a_password_and_still_shows_the_user_id() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        with_ana(&world).await;
        let signed_in =
            sign_in(access, evergreen, "ana.brook", password("walking42"), Browser::default()).await.unwrap();
        let SignIn::In { token: session, .. } = signed_in else { panic!() };
        let mut forgetful = Forgetful::asked(&world, " Ana@Home.Example", BORN).await;
        assert_eq!(forgetful.stage().await, Stage::Enter { until: access.now() + 90 * MINUTE });
        let sent = mail(&world).await;
        assert_eq!(sent.to, ANA);
        assert!(sent.text.contains("Hello ANA,"), "{}", sent.text);
        assert!(sent.text.contains("good until 6:31 AM PDT on June 15, 2025"), "{}", sent.text);
        assert!(!sent.text.contains("ana.brook"));
        let pin = pin_in(&sent);
        forgetful.proves(&format!(" {}-{} ", &pin[..4], &pin[4..]), Forgotten::Password).await;
        let Stage::Proven(proven) = forgetful.stage().await else { panic!() };
        assert_eq!((proven.names.user_id.as_str(), proven.shows_user_id), ("ana.brook", false));
        assert_eq!(proven.rules.unwrap().max, 12);
        assert!(mails(&world).await.is_empty());

        assert_eq!(forgetful.save(NEW).await, SaveOutcome::Saved);
        let changed = mail(&world).await;
        assert_eq!((changed.subject.as_str(), changed.to.as_str()), ("Your password was changed", ANA));
        let looked_up = sessions::look_up(access, evergreen, &session, Touch::Polling).await.unwrap();
        assert!(matches!(looked_up, LookUp::Ended(sessions::EndReason::PasswordSet)), "{looked_up:?}");
        assert!(signs_in(&world, evergreen, "ana.brook", NEW).await);
        assert!(!signs_in(&world, evergreen, "ana.brook", "walking42").await);

        world.advance(MINUTE);
        // It has set one, and sets no other; but it shows the User ID, here and in another browser.
        assert_eq!(forgetful.save("running88").await, SaveOutcome::Used);
        assert_eq!(forgetful.show().await, ShowOutcome::Shown);
        let told = mail(&world).await;
        assert_eq!((told.subject.as_str(), told.to.as_str()), ("Your User ID was looked up", ANA));
        assert!(!told.text.contains("ana.brook"));
        let Stage::Proven(proven) = forgetful.stage().await else { panic!() };
        assert_eq!((proven.shows_user_id, proven.rules), (true, None));
        let mut elsewhere = Forgetful::asked(&world, ANA, BORN).await;
        assert_ne!(pin_in(&mail(&world).await), pin, "one that sets a password again");
        elsewhere.proves(&pin, Forgotten::UserId).await;
        assert!(matches!(elsewhere.stage().await, Stage::Proven(_)));
        assert!(mails(&world).await.is_empty(), "the owner was told before");
        assert_eq!(count(&world, evergreen, Event::AccountPasswordSet).await, 1);
        assert_eq!(count(&world, evergreen, Event::UserIdLookedUp).await, 1);
        assert!(matches!(verify(access, &evergreen.id).await.unwrap(), Verified::Whole { .. }));
    })
    .await;
}

#[tokio::test]
async fn the_user_id_first_and_then_the_password() {
    on_both(async |world: World| {
        with_ana(&world).await;
        let (mut forgetful, pin) = Forgetful::with_pin(&world).await;
        forgetful.proves(&pin, Forgotten::UserId).await;
        assert_eq!(mail(&world).await.kind, "user_id_looked_up");
        let Stage::Proven(proven) = forgetful.stage().await else { panic!() };
        assert!(proven.shows_user_id && proven.rules.is_some());
        assert_eq!(forgetful.save(NEW).await, SaveOutcome::Saved);
    })
    .await;
}

#[tokio::test]
async fn the_same_pin_again_within_its_life() {
    on_both(async |mut world: World| {
        with_ana(&world).await;
        let (mut forgetful, pin) = Forgetful::with_pin(&world).await;
        let until = world.access.now() + 90 * MINUTE;
        world.advance(90 * MINUTE - MICROSECOND);
        let again = Forgetful::asked(&world, ANA, BORN).await;
        assert_eq!(pin_in(&mail(&world).await), pin);
        assert_eq!(again.stage().await, Stage::Enter { until }, "good from the first mail on");
        world.rotate_keys();
        forgetful.world = world.clone();
        assert!(matches!(forgetful.enter(&pin, Forgotten::Password).await, EnterOutcome::Proven { .. }));
        forgetful.proves(&pin, Forgotten::Password).await;
        world.advance(MICROSECOND);
        assert_eq!(forgetful.stage().await, Stage::Ask);
        assert!(matches!(again.enter(&pin, Forgotten::Password).await, EnterOutcome::Expired));
        assert_eq!(forgetful.save(NEW).await, SaveOutcome::Expired, "at the moment of use");
        assert_eq!(forgetful.show().await, ShowOutcome::Expired);
        let (_, other) = Forgetful::with_pin(&world).await;
        assert_ne!(other, pin);
    })
    .await;
}

#[tokio::test]
async fn five_wrong_entries_end_a_pin() {
    on_both(async |world: World| {
        with_ana(&world).await;
        let (forgetful, pin) = Forgetful::with_pin(&world).await;
        let stranger = Forgetful::asked(&world, ANA, BORN).await;
        mail(&world).await;
        for no_pin in ["", "1234567", "123456789", "walking42"] {
            let outcome = forgetful.enter(no_pin, Forgotten::Password).await;
            assert!(matches!(outcome, EnterOutcome::Problem(_)), "{outcome:?}");
        }
        let missing = forgetful.enter(" ", Forgotten::Password).await;
        assert!(matches!(missing, EnterOutcome::Problem(CodeProblem::Missing)));
        for left in [4, 3] {
            assert_eq!(wrong(&forgetful.enter(&another(&pin), Forgotten::Password).await), Some(left));
        }
        // The right one takes nothing back but its own count, and other browsers count along.
        assert!(matches!(forgetful.enter(&pin, Forgotten::Password).await, EnterOutcome::Proven { .. }));
        for left in [2, 1] {
            assert_eq!(wrong(&stranger.enter(&another(&pin), Forgotten::UserId).await), Some(left));
        }
        assert!(matches!(forgetful.enter(&another(&pin), Forgotten::Password).await, EnterOutcome::Ended));
        assert!(matches!(forgetful.enter(&pin, Forgotten::Password).await, EnterOutcome::Ended));
        assert_eq!(forgetful.stage().await, Stage::Ask);
        // Asked for again, there is another one; the old page has nothing to enter it for.
        let (fresh, other) = Forgetful::with_pin(&world).await;
        assert_ne!(other, pin);
        assert!(matches!(forgetful.enter(&other, Forgotten::Password).await, EnterOutcome::Expired));
        assert_eq!(wrong(&fresh.enter(&pin, Forgotten::Password).await), Some(4));
        assert!(matches!(fresh.enter(&other, Forgotten::Password).await, EnterOutcome::Proven { .. }));
        assert_eq!(count(&world, &world.evergreen, Event::RecoveryCodeFailed).await, 6);
    })
    .await;
}

#[tokio::test]
async fn five_pins_a_day() {
    on_both(async |world: World| {
        with_ana(&world).await;
        for n in 0..6 {
            let forgetful = Forgetful::asked(&world, ANA, BORN).await;
            assert_eq!(mails(&world).await.len(), usize::from(n < 5));
            // The page is the same, and counts.
            assert!(matches!(forgetful.stage().await, Stage::Enter { .. }));
            for left in [4, 3, 2, 1] {
                assert_eq!(wrong(&forgetful.enter("00000000", Forgotten::Password).await), Some(left));
            }
            let outcome = forgetful.enter("00000000", Forgotten::Password).await;
            assert!(matches!(outcome, EnterOutcome::Ended));
            world.advance(HOUR);
        }
        world.advance(18 * HOUR - MICROSECOND);
        Forgetful::asked(&world, ANA, BORN).await;
        assert_eq!(mails(&world).await.len(), 0);
        world.advance(MICROSECOND);
        Forgetful::asked(&world, ANA, BORN).await;
        assert_eq!(mail(&world).await.kind, "pin");
    })
    .await;
}

#[tokio::test]
async fn ten_mails_an_hour_bring_the_same_pin() {
    on_both(async |world: World| {
        with_ana(&world).await;
        let mut pins = std::collections::BTreeSet::new();
        for n in 0..12 {
            Forgetful::asked(&world, ANA, BORN).await;
            let sent = mails(&world).await;
            assert_eq!(sent.len(), usize::from(n < 10));
            pins.extend(sent.iter().map(pin_in));
        }
        assert_eq!(pins.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn people_who_share_an_address_each_have_their_own() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        let ana_id = with_ana(&world).await;
        let zoe_id = member(&world, evergreen, &twin(), "zoe.brook").await;
        let child = Listed {
            member_id: "W100003".to_owned(),
            first_name: "Ben".to_owned(),
            date_of_birth: "2006-02-03",
            ssn: "",
            ..ana()
        };
        member(&world, evergreen, &child, "ben.brook").await;
        // The date of birth tells the child apart from the twins.
        let born = DateOfBirth { month: "2", day: "3", year: "2006" };
        let ben = Forgetful::asked(&world, ANA, born).await;
        let sent = mail(&world).await;
        assert!(sent.text.contains("Hello BEN,"));
        let mut twins = Forgetful::asked(&world, ANA, BORN).await;
        let sent = mails(&world).await;
        assert_eq!(sent.len(), 2);
        let of = |name: &str| pin_in(sent.iter().find(|mail| mail.text.contains(name)).unwrap());
        let (ana, zoe) = (of("Hello ANA,"), of("Hello ZOE,"));
        assert_ne!(ana, zoe);
        assert_eq!(wrong(&ben.enter(&zoe, Forgotten::UserId).await), Some(4), "another's request");
        twins.proves(&zoe, Forgotten::UserId).await;
        let Stage::Proven(proven) = twins.stage().await else { panic!() };
        assert_eq!(proven.names.user_id, "zoe.brook");
        assert_eq!(mail(&world).await.kind, "user_id_looked_up");
        assert_eq!(twins.save(NEW).await, SaveOutcome::Saved);
        assert_eq!(mail(&world).await.kind, "password_changed");
        assert!(signs_in(&world, evergreen, "zoe.brook", NEW).await);
        assert!(signs_in(&world, evergreen, "ana.brook", "walking42").await, "Ana's is as it was");
        assert_eq!(sessions::living(&world.access, evergreen, &ana_id).await.unwrap().len(), 1);
        assert_eq!(sessions::living(&world.access, evergreen, &zoe_id).await.unwrap().len(), 1);
        // Ana's PIN is as good as before.
        let ana_again = Forgetful::asked(&world, ANA, BORN).await;
        assert_eq!(mails(&world).await.iter().filter(|mail| pin_in(mail) == ana).count(), 1);
        assert!(matches!(ana_again.enter(&ana, Forgotten::Password).await, EnterOutcome::Proven { .. }));
    })
    .await;
}

#[tokio::test]
async fn it_says_nothing_about_who_exists() {
    on_both(async |world: World| {
        with_ana(&world).await;
        member(
            &world,
            &world.evergreen,
            &Listed {
                member_id: "W200000".to_owned(),
                first_name: "Eve".to_owned(),
                email: "eve@home.example".to_owned(),
                ssn: "",
                ..ana()
            },
            "eve.brook",
        )
        .await;
        let other_day = DateOfBirth { month: "1", day: "20", year: "1980" };
        let asked = [(ANA, BORN), ("nobody@home.example", BORN), ("eve@home.example", other_day)];
        let hashes = world.access.hasher.counts().total();
        let mut seen = Vec::new();
        for (email, born) in asked {
            let forgetful = Forgetful::asked(&world, email, born).await;
            let mut lines = vec![
                forgetful.token.to_text().len().to_string(),
                format!("{:?}", forgetful.stage().await),
                mails(&world).await.len().to_string(),
            ];
            for _ in 0..6 {
                lines.push(format!("{:?}", forgetful.enter("00000000", Forgotten::UserId).await));
                lines.push(format!("{:?}", forgetful.stage().await));
            }
            lines.push(format!("{:?}", forgetful.save(NEW).await));
            lines.push(format!("{:?}", forgetful.show().await));
            lines.push(mails(&world).await.len().to_string());
            seen.push(lines);
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
        assert_eq!(world.access.hasher.counts().total(), hashes);
    })
    .await;
}

#[tokio::test]
async fn nobody_hears_so_once_a_day_and_ten_times_an_hour_from_one_network() {
    on_both(async |world: World| {
        with_ana(&world).await;
        for sent in [1, 0] {
            Forgetful::asked(&world, "nobody@home.example", BORN).await;
            let told = mails(&world).await;
            assert_eq!(told.len(), sent);
            for mail in told {
                assert_eq!(mail.subject, "No account found");
                assert!(
                    mail.text
                        .lines()
                        .any(|line| line == "https://portal.example/o/evergreen/forgot-password")
                );
            }
        }
        world.advance(HOUR);
        for n in 0..12 {
            Forgetful::asked(&world, &format!("nobody{n}@home.example"), BORN).await;
            assert_eq!(mails(&world).await.len(), usize::from(n < 10));
        }
        // The owner is not held back by it.
        Forgetful::asked(&world, ANA, BORN).await;
        assert_eq!(mail(&world).await.kind, "pin");
    })
    .await;
}

#[tokio::test]
async fn mistakes_in_the_form_and_where_it_is_not_offered() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let ask = async |organization: &Organization, email: &str, born: DateOfBirth<'_>| {
            let asked = Asked { email, born, forgotten: Forgotten::UserId };
            pin::request(access, organization, &asked, Lang::En, "").await.unwrap()
        };
        let nothing = DateOfBirth { month: "", day: "", year: "" };
        let outcome = ask(evergreen, "", nothing).await;
        let RequestOutcome::Problems { email, date } = outcome else { panic!("{outcome:?}") };
        assert_eq!((email, date), (Some(EmailProblem::Missing), Some(DateProblem::Missing)));
        let outcome = ask(evergreen, "ana at home", BORN).await;
        let RequestOutcome::Problems { email, date } = outcome else { panic!("{outcome:?}") };
        assert_eq!((email, date), (Some(EmailProblem::NotAnAddress), None));
        let outcome = ask(&world.riverside, "sam@riverside.example", BORN).await;
        assert!(matches!(outcome, RequestOutcome::NotOffered));
        assert!(mails(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_refused_password_leaves_the_pin_good() {
    on_both(async |world: World| {
        with_ana(&world).await;
        let (forgetful, _) = Forgetful::proven(&world).await;
        let again = |mistake| SaveOutcome::Again { unanswered: Vec::new(), password: Some(mistake) };
        let breaks = |rule| again(PasswordMistake::Breaks(vec![rule]));
        assert_eq!(forgetful.save("walking").await, breaks(Rule::Digit));
        assert_eq!(forgetful.save("brookf1eld").await, breaks(Rule::NotName));
        assert_eq!(forgetful.save("walking42").await, again(PasswordMistake::UsedBefore));
        let form =
            NewPassword { answers: Vec::new(), password: password(NEW), repeated: password("strolling8") };
        let outcome =
            pin::save(&world.access, &world.evergreen, &forgetful.token, form, &Known::default(), Lang::En)
                .await;
        assert_eq!(outcome.unwrap(), again(PasswordMistake::DoNotMatch));
        assert_eq!(forgetful.save(NEW).await, SaveOutcome::Saved);
    })
    .await;
}

#[tokio::test]
async fn a_lock_kills_what_was_sent_before_and_recovery_afterwards_lifts_it() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        with_ana(&world).await;
        let (proven, pin) = Forgetful::proven(&world).await;
        let entering = Forgetful::asked(&world, ANA, BORN).await;
        mail(&world).await;
        world.advance(MINUTE);
        lock(&world, "ana.brook").await;
        assert_eq!(proven.save(NEW).await, SaveOutcome::Expired);
        assert_eq!(proven.show().await, ShowOutcome::Expired);
        assert_eq!(proven.stage().await, Stage::Ask);
        assert_eq!(wrong(&entering.enter(&pin, Forgotten::UserId).await), Some(4), "as any other");
        world.advance(MINUTE);
        let (mut forgetful, fresh) = Forgetful::with_pin(&world).await;
        assert_ne!(fresh, pin);
        forgetful.proves(&fresh, Forgotten::Password).await;
        assert!(!signs_in(&world, evergreen, "ana.brook", "walking42").await, "locked until it is reset");
        assert_eq!(forgetful.save(NEW).await, SaveOutcome::Saved);
        assert!(signs_in(&world, evergreen, "ana.brook", NEW).await);
        assert_eq!(count(&world, evergreen, Event::AccountUnlocked).await, 1);
        // Its User ID still, until the next lock.
        assert_eq!(forgetful.show().await, ShowOutcome::Shown);
        mails(&world).await;
        world.advance(MINUTE);
        lock(&world, "ana.brook").await;
        assert_eq!(forgetful.stage().await, Stage::Ask);
    })
    .await;
}

#[tokio::test]
async fn whom_to_contact_is_told_after_the_proof_alone() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let id = with_ana(&world).await;
        let (before, dead) = Forgetful::proven(&world).await;
        desk::disable(access, evergreen, &id, "a test").await.unwrap();
        mails(&world).await;
        assert_eq!(before.save(NEW).await, SaveOutcome::Expired);
        world.advance(MINUTE);
        let (forgetful, pin) = Forgetful::with_pin(&world).await;
        assert!(matches!(forgetful.stage().await, Stage::Enter { .. }));
        assert!(wrong(&forgetful.enter(&dead, Forgotten::UserId).await).is_some());
        assert!(wrong(&forgetful.enter(&another(&pin), Forgotten::UserId).await).is_some());
        let outcome = forgetful.enter(&pin, Forgotten::UserId).await;
        assert!(matches!(outcome, EnterOutcome::Barred(Barred::Disabled)), "{outcome:?}");
        assert!(mails(&world).await.is_empty(), "nothing was shown");

        let ended = Listed {
            member_id: "W300000".to_owned(),
            first_name: "Ida".to_owned(),
            email: "ida@home.example".to_owned(),
            ssn: "",
            coverage_end: Some("2025-05-31"),
            ..ana()
        };
        member(&world, evergreen, &ended, "ida.brook").await;
        let forgetful = Forgetful::asked(&world, "ida@home.example", BORN).await;
        let outcome = forgetful.enter(&pin_in(&mail(&world).await), Forgotten::Password).await;
        let EnterOutcome::Barred(Barred::CoverageEnded { last_day }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(last_day.to_string(), "2025-05-31");
    })
    .await;
}

#[tokio::test]
async fn an_account_that_expires_meanwhile_is_not_reset() {
    on_both(async |world: World| {
        let evergreen = world.change_policy(&world.evergreen, |policy| policy.expire_days = Some(1)).await;
        with_ana(&world).await;
        world.advance(24 * HOUR - 2 * MINUTE);
        let (mut forgetful, _) = Forgetful::proven(&world).await;
        forgetful.organization = evergreen;
        world.advance(MINUTE);
        assert!(matches!(forgetful.save(NEW).await, SaveOutcome::Barred(Barred::Expired { .. })));
        assert!(matches!(forgetful.show().await, ShowOutcome::Barred(Barred::Expired { .. })));
        assert_eq!(forgetful.stage().await, Stage::Ask);
    })
    .await;
}

#[tokio::test]
async fn a_token_is_of_one_organization_and_one_pin() {
    on_both(async |world: World| {
        let access = &world.access;
        with_ana(&world).await;
        let (forgetful, pin) = Forgetful::with_pin(&world).await;
        let unproven = forgetful.token.to_text();
        let (proven, _) = Forgetful::proven(&world).await;
        let text = proven.token.to_text();
        let parse = |text: &str| PinToken::parse(access, &world.evergreen, text);
        assert!(parse(&text).is_some() && parse(&unproven).is_some());
        assert!(PinToken::parse(access, &world.riverside, &text).is_none());
        // What was proven for one cannot be carried to another.
        let parts: Vec<&str> = text.split('.').collect();
        let of_unproven: Vec<&str> = unproven.split('.').collect();
        let forged = [
            format!("{}.{}.{}", parts[0], parts[1], of_unproven[2]),
            format!("{}.{}.{}", parts[1], parts[1], parts[2]),
            format!("{}..{}", parts[0], parts[2]),
            format!("{}.x", text.as_str()),
            parts[0].to_owned(),
            String::new(),
        ];
        for forged in forged {
            assert!(parse(&forged).is_none(), "{forged}");
        }
        // Nor is it any good where another organization is looked at.
        let elsewhere = Forgetful { organization: world.riverside.clone(), ..forgetful.clone() };
        assert!(matches!(elsewhere.enter(&pin, Forgotten::UserId).await, EnterOutcome::Expired));
        let elsewhere = Forgetful { organization: world.riverside.clone(), ..proven };
        assert_eq!(elsewhere.save(NEW).await, SaveOutcome::Expired);
        assert_eq!(elsewhere.show().await, ShowOutcome::Expired);
    })
    .await;
}

#[tokio::test]
async fn only_people_of_the_roster_have_pins_and_old_ones_are_forgotten() {
    on_both(async |world: World| {
        let someone = Someone { email: "guest@home.example", ..Someone::MARIA };
        account(&world, &world.evergreen, someone).await;
        Forgetful::asked(&world, "guest@home.example", BORN).await;
        assert_eq!(mail(&world).await.kind, "no_account_found");
        with_ana(&world).await;
        Forgetful::with_pin(&world).await;
        world.advance(SignedDuration::from_hours(24 * 30) + 88 * MINUTE);
        let swept = async || sweep(&world.access, &Retention::default()).await.unwrap();
        assert_eq!(swept().await, [(Kind::Limits, 4)]);
        world.advance(2 * MINUTE);
        assert_eq!(swept().await, [(Kind::Recoveries, 3)], "a PIN and two requests");
    })
    .await;
}
