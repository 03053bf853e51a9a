//! One's own email address, changed behind sign-in.

use portico_access::audit::{Event, Verified, verify};
use portico_access::current_password::CurrentMistake;
use portico_access::email_change::{
    EmailMistake, ProveOutcome, SendOutcome, Stage, StartOutcome, cancel, prove, send_again, stage, start,
};
use portico_access::invite::{InviteOutcome, InviteRefusal, invite};
use portico_access::organization::Organization;
use portico_access::people;
use portico_access::pin::{SaveOutcome, Stage as PinStage};
use portico_access::retention::{Kind, Retention, sweep};
use portico_access::sessions::{self, LookUp, SignedIn, Touch};
use portico_access::testing::{Someone, World, on_both};
use portico_rules::Lang;
use portico_rules::code::CodeProblem;
use portico_rules::email::EmailProblem;
use portico_rules::policy::SignInWith;

use crate::pin::{BORN, Forgetful, NEW, with_ana};
use crate::registration_races::all;
use crate::support::*;

const OLD: &str = "ana@home.example";
const OTHER: &str = "Ana.Brook@new.example";

/// Somebody who is signed in.
#[derive(Clone)]
struct Owner {
    world: World,
    organization: Organization,
    who: SignedIn,
}

impl Owner {
    async fn of(world: &World, organization: &Organization, who: &str, text: &str) -> Self {
        let (_, signed_in) = signed_in(world, organization, who, text).await;
        Self { world: world.clone(), organization: organization.clone(), who: signed_in }
    }

    /// Ana, whose password is `walking42`.
    async fn ana(world: &World) -> Self {
        with_ana(world).await;
        Self::of(world, &world.evergreen, "ana.brook", "walking42").await
    }

    async fn start(&self, email: &str, current: &str) -> StartOutcome {
        let current = password(current);
        start(&self.world.access, &self.organization, &self.who, email, current, Lang::En).await.unwrap()
    }

    async fn asks_for(&self, email: &str, current: &str) {
        let outcome = self.start(email, current).await;
        assert!(matches!(outcome, StartOutcome::Sent { .. }), "{outcome:?}");
    }

    /// The code that the one mail has brought.
    async fn with_code(&self, email: &str) -> String {
        self.asks_for(email, "walking42").await;
        let sent = mail(&self.world).await;
        assert_eq!((sent.kind.as_str(), sent.to.as_str()), ("email_code", email));
        sent.code()
    }

    async fn prove(&self, code: &str) -> ProveOutcome {
        prove(&self.world.access, &self.organization, &self.who, code).await.unwrap()
    }

    async fn again(&self) -> SendOutcome {
        send_again(&self.world.access, &self.organization, &self.who, Lang::En).await.unwrap()
    }

    async fn stage(&self) -> Stage {
        stage(&self.world.access, &self.organization, &self.who).await.unwrap()
    }

    async fn email(&self) -> String {
        let own = people::own(&self.world.access, &self.organization, &self.who.account_id).await.unwrap();
        own.unwrap().email.unwrap()
    }
}

#[tokio::test]
async fn the_code_changes_the_address_and_both_are_told() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let ana = Owner::ana(&world).await;
        let (forgetful, _) = Forgetful::proven(&world).await;
        assert_eq!(ana.stage().await, Stage::Ask);
        let StartOutcome::Sent { token } = ana.start(&format!(" {OTHER} "), "walking42").await else {
            panic!()
        };
        let looked_up = sessions::look_up(access, evergreen, &token, Touch::Polling).await.unwrap();
        assert!(matches!(looked_up, LookUp::SignedIn(now) if now.session_id == ana.who.session_id));
        let sent = mail(&world).await;
        assert_eq!((sent.to.as_str(), sent.subject.as_str()), (OTHER, "Your security code"));
        assert!(!sent.text.to_lowercase().contains("hello ana"), "the address may be a stranger's");
        let until = access.now() + 90 * MINUTE;
        assert_eq!(ana.stage().await, Stage::Code { address: OTHER.to_owned(), until });
        let code = sent.code();
        assert_eq!(ana.prove(&another(&code)).await, ProveOutcome::Wrong { left: 4 });
        assert_eq!(ana.email().await, OLD, "nothing has changed so far");
        assert!(matches!(forgetful.stage().await, PinStage::Proven(_)));

        let spaced = format!(" {} {}", &code[..4], &code[4..]);
        assert_eq!(ana.prove(&spaced).await, ProveOutcome::Changed);
        assert_eq!(ana.email().await, OTHER);
        let mut told: Vec<_> = mails(&world).await.into_iter().map(|mail| (mail.to, mail.subject)).collect();
        told.sort();
        let subject = "Your email was changed".to_owned();
        assert_eq!(told, [(OTHER.to_owned(), subject.clone()), (OLD.to_owned(), subject)]);
        assert_eq!(ana.stage().await, Stage::Ask);
        assert_eq!(ana.prove(&code).await, ProveOutcome::Over, "once");

        // What went to the old address before is void, and PINs go to the new one from now on.
        assert_eq!(forgetful.stage().await, PinStage::Ask);
        assert_eq!(forgetful.save(NEW).await, SaveOutcome::Expired);
        world.advance(MINUTE);
        Forgetful::asked(&world, OLD, BORN).await;
        assert_eq!(mail(&world).await.kind, "no_account_found");
        Forgetful::asked(&world, OTHER, BORN).await;
        assert_eq!(mail(&world).await.kind, "pin");
        assert_eq!(count(&world, evergreen, Event::AccountEmailChanged).await, 1);
        assert!(matches!(verify(access, &evergreen.id).await.unwrap(), Verified::Whole { .. }));
    })
    .await;
}

#[tokio::test]
async fn mistakes_in_the_address_cost_nothing_and_wrong_passwords_lock() {
    on_both(async |world: World| {
        let ana = Owner::ana(&world).await;
        let refused = async |email: &str, current: &str| {
            let before = world.access.hasher.counts().total();
            match ana.start(email, current).await {
                StartOutcome::Again { email, current } => {
                    (email, current, world.access.hasher.counts().total() - before)
                }
                outcome => panic!("{outcome:?}"),
            }
        };
        let problem = |problem| Some(EmailMistake::Problem(problem));
        let missing = Some(CurrentMistake::Missing);
        assert_eq!(refused("", "").await, (problem(EmailProblem::Missing), missing, 0));
        assert_eq!(refused("ana", "guess4it").await, (problem(EmailProblem::NotAnAddress), None, 0));
        assert_eq!(refused(" ANA@home.example", "guess4it").await, (Some(EmailMistake::Same), None, 0));
        assert_eq!(refused(OTHER, "").await, (None, missing, 0));
        for _ in 0..4 {
            assert_eq!(refused(OTHER, "guess4it").await, (None, Some(CurrentMistake::Wrong), 1));
        }
        assert!(mails(&world).await.is_empty());
        assert_eq!(refused(OTHER, "guess4it").await, (None, Some(CurrentMistake::Locked), 1));
        assert_eq!(mail(&world).await.kind, "locked");
        assert_eq!(refused(OTHER, "walking42").await, (None, Some(CurrentMistake::Locked), 1));
        assert_eq!(ana.stage().await, Stage::Ask);
    })
    .await;
}

#[tokio::test]
async fn the_same_code_again_and_another_after_five_wrong_entries() {
    on_both(async |world: World| {
        let ana = Owner::ana(&world).await;
        assert_eq!((ana.again().await, ana.prove("12345678").await), (SendOutcome::Over, ProveOutcome::Over));
        let code = ana.with_code(OTHER).await;
        world.advance(89 * MINUTE);
        assert_eq!(ana.again().await, SendOutcome::Sent);
        assert_eq!(mail(&world).await.code(), code);
        assert_eq!(ana.prove("").await, ProveOutcome::Problem(CodeProblem::Missing));
        assert_eq!(ana.prove("1234").await, ProveOutcome::Problem(CodeProblem::NotEightDigits));
        for left in [4, 3, 2, 1] {
            assert_eq!(ana.prove(&another(&code)).await, ProveOutcome::Wrong { left });
        }
        assert_eq!(ana.prove(&another(&code)).await, ProveOutcome::Ended);
        assert_eq!(ana.prove(&code).await, ProveOutcome::Ended);
        assert_eq!(ana.again().await, SendOutcome::Sent);
        let fresh = mail(&world).await.code();
        assert_ne!(fresh, code);
        assert_eq!(ana.prove(&code).await, ProveOutcome::Wrong { left: 4 });
        world.advance(90 * MINUTE);
        assert_eq!(ana.prove(&fresh).await, ProveOutcome::Over, "at the moment of use");
        assert_eq!((ana.again().await, ana.stage().await), (SendOutcome::Over, Stage::Ask));
        assert_eq!(ana.email().await, OLD);
        // What was never proven is forgotten with the PINs.
        world.advance(30 * 24 * HOUR);
        let swept = sweep(&world.access, &Retention::default()).await.unwrap();
        assert!(swept.contains(&(Kind::Recoveries, 1)), "{swept:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_wrong_codes_at_once_five_are_compared() {
    on_both(async |world: World| {
        let ana = Owner::ana(&world).await;
        let code = ana.with_code(OTHER).await;
        let outcomes = all((0..64).map(|_| {
            let (ana, wrong) = (ana.clone(), another(&code));
            async move { ana.prove(&wrong).await }
        }))
        .await;
        let wrong = outcomes.iter().filter(|outcome| matches!(outcome, ProveOutcome::Wrong { .. })).count();
        assert_eq!(wrong, 4, "{outcomes:?}");
        assert_eq!(count(&world, &world.evergreen, Event::AccountEmailCodeFailed).await, 5);
    })
    .await;
}

#[tokio::test]
async fn another_address_takes_the_place_of_the_first() {
    on_both(async |world: World| {
        let ana = Owner::ana(&world).await;
        let first = ana.with_code(OTHER).await;
        let second = ana.with_code("third@new.example").await;
        assert_eq!(ana.prove(&first).await, ProveOutcome::Wrong { left: 4 });
        cancel(&world.access, &ana.who).await.unwrap();
        cancel(&world.access, &ana.who).await.unwrap();
        assert_eq!(ana.prove(&second).await, ProveOutcome::Over);
        let code = ana.with_code("third@new.example").await;
        assert_eq!(ana.prove(&code).await, ProveOutcome::Changed);
        assert_eq!(ana.email().await, "third@new.example");
    })
    .await;
}

#[tokio::test]
async fn what_voids_links_and_pins_ends_it_too() {
    on_both(async |world: World| {
        let ana = Owner::ana(&world).await;
        let code = ana.with_code(OTHER).await;
        world.advance(MINUTE);
        for _ in 0..5 {
            assert!(!signs_in(&world, &world.evergreen, "ana.brook", "guess4it").await);
        }
        assert_eq!(mail(&world).await.kind, "locked");
        assert_eq!((ana.stage().await, ana.prove(&code).await), (Stage::Ask, ProveOutcome::Over));
    })
    .await;
}

#[tokio::test]
async fn ten_mails_an_hour_and_ten_codes_a_day() {
    on_both(async |world: World| {
        let ana = Owner::ana(&world).await;
        ana.with_code(OTHER).await;
        for _ in 0..9 {
            assert_eq!(ana.again().await, SendOutcome::Sent);
        }
        assert_eq!(mails(&world).await.len(), 9);
        assert_eq!(ana.again().await, SendOutcome::TooMany);
        assert!(matches!(ana.start("third@new.example", "walking42").await, StartOutcome::TooMany));
        world.advance(61 * MINUTE);
        for n in 0..9 {
            ana.asks_for(&format!("person{n}@new.example"), "walking42").await;
        }
        assert!(matches!(ana.start("last@new.example", "walking42").await, StartOutcome::TooMany));
        world.advance(2 * HOUR);
        assert!(matches!(ana.start("last@new.example", "walking42").await, StartOutcome::TooMany));
        assert_eq!(mails(&world).await.len(), 9);
    })
    .await;
}

#[tokio::test]
async fn a_household_may_share_an_address() {
    on_both(async |world: World| {
        let ana = Owner::ana(&world).await;
        let maria = account(&world, &world.evergreen, Someone { email: OTHER, ..Someone::MARIA }).await;
        let code = ana.with_code(OTHER).await;
        assert_eq!(ana.prove(&code).await, ProveOutcome::Changed);
        let told = mails(&world).await;
        assert!(told.iter().all(|mail| mail.kind == "email_changed"), "{told:?}");
        assert_ne!(ana.who.account_id, maria);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_somebody_signs_in_with_is_theirs_and_nobody_else_learns_it() {
    on_both(async |world: World| {
        let riverside = &world.riverside;
        let robin = Someone { name: "Robin Vale", email: "robin@riverside.example", ..Someone::SAM };
        account(&world, riverside, Someone::SAM).await;
        account(&world, riverside, robin).await;
        let sam = Owner::of(&world, riverside, Someone::SAM.email, Someone::SAM.password).await;
        for _ in 0..2 {
            sam.asks_for("Robin@riverside.example", Someone::SAM.password).await;
        }
        let until = world.access.now() + 90 * MINUTE;
        let address = "Robin@riverside.example".to_owned();
        assert_eq!(sam.stage().await, Stage::Code { address, until }, "as with any other");
        let told = mail(&world).await;
        assert_eq!((told.to.as_str(), told.kind.as_str()), (robin.email, "address_in_use"));
        assert!(!told.text.contains("Sam") && !told.text.contains(Someone::SAM.email));
        assert_eq!(sam.prove("12345678").await, ProveOutcome::Wrong { left: 4 });
        assert_eq!(sam.again().await, SendOutcome::Sent);
        assert!(mails(&world).await.is_empty(), "once a day");

        // A free one is had; and if somebody is invited to it before its code comes back, it is theirs.
        sam.asks_for("sam.park@riverside.example", Someone::SAM.password).await;
        let code = mail(&world).await.code();
        let name = "Sam Parker";
        let invited =
            invite(&world.access, riverside, "sam.park@riverside.example", name, "user", Lang::En).await;
        assert!(matches!(invited.unwrap(), InviteOutcome::Invited { .. }));
        mails(&world).await;
        assert_eq!(sam.prove(&code).await, ProveOutcome::Wrong { left: 4 });
        sam.asks_for("sam.p@riverside.example", Someone::SAM.password).await;
        let code = mail(&world).await.code();
        assert_eq!(sam.prove(&code).await, ProveOutcome::Changed);
        assert!(signs_in(&world, riverside, "sam.p@riverside.example", Someone::SAM.password).await);
        assert!(!signs_in(&world, riverside, Someone::SAM.email, Someone::SAM.password).await);
        let again = invite(&world.access, riverside, "sam.p@riverside.example", name, "user", Lang::En).await;
        assert_eq!(again.unwrap(), InviteOutcome::Refused(InviteRefusal::HasAccount));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_want_one_address_at_once_one_has_it() {
    on_both(async |world: World| {
        let riverside = &world.riverside;
        let emails: Vec<String> = (0..8).map(|n| format!("person{n}@riverside.example")).collect();
        let mut asked = Vec::new();
        for email in &emails {
            account(&world, riverside, Someone { email, ..Someone::SAM }).await;
            let owner = Owner::of(&world, riverside, email, Someone::SAM.password).await;
            owner.asks_for("shared@riverside.example", Someone::SAM.password).await;
            asked.push((owner, mail(&world).await.code()));
        }
        let outcomes =
            all(asked.into_iter().map(|(owner, code)| async move { owner.prove(&code).await })).await;
        let changed = outcomes.iter().filter(|outcome| **outcome == ProveOutcome::Changed).count();
        assert_eq!(changed, 1, "{outcomes:?}");
    })
    .await;
}

#[tokio::test]
async fn where_either_signs_in_only_those_with_a_user_id_share() {
    on_both(async |world: World| {
        let either = world
            .change_policy(&world.evergreen, |policy| policy.sign_in_with = Some(SignInWith::Either))
            .await;
        with_ana(&world).await;
        account(&world, &either, Someone { email: OTHER, ..Someone::MARIA }).await;
        account(&world, &either, Someone::SAM).await;
        let ana = Owner::of(&world, &either, "ana.brook", "walking42").await;
        let code = ana.with_code(OTHER).await;
        assert_eq!(ana.prove(&code).await, ProveOutcome::Changed);
        mails(&world).await;
        world.advance(MINUTE);
        ana.asks_for(Someone::SAM.email, "walking42").await;
        assert_eq!(mail(&world).await.kind, "address_in_use");
        let sam = Owner::of(&world, &either, Someone::SAM.email, Someone::SAM.password).await;
        sam.asks_for(OTHER, Someone::SAM.password).await;
        let told = mails(&world).await;
        assert!(told.len() == 2 && told.iter().all(|mail| mail.kind == "address_in_use"), "{told:?}");
    })
    .await;
}
