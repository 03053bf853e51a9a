//! Inviting staff.

use portico_access::accounts as desk;
use portico_access::audit::Event;
use portico_access::invite::{InviteOutcome, InviteRefusal, invite};
use portico_access::testing::{Someone, World, on_both};
use portico_rules::Lang;
use portico_rules::email::EmailProblem;

use crate::registration_races::all;
use crate::support::*;

const LEE: &str = "lee@riverside.example";

#[tokio::test]
async fn who_is_refused_reads_what_to_do() {
    on_both(async |world: World| {
        let (access, riverside, evergreen) = (&world.access, &world.riverside, &world.evergreen);
        let taken = account(&world, riverside, Someone::SAM).await;
        let before = audited(&world, riverside).await;
        let long = "x".repeat(201);
        for (organization, email, name, role, refusal) in [
            (riverside, LEE, "Lee", "support", InviteRefusal::OperatorsNotYet),
            (riverside, LEE, "Lee", "administrator", InviteRefusal::OperatorsNotYet),
            (riverside, LEE, "Lee", "root", InviteRefusal::UnknownRole),
            (riverside, LEE, "Lee", "member", InviteRefusal::UnknownRole),
            (riverside, "lee", "Lee", "user", InviteRefusal::Email(EmailProblem::NotAnAddress)),
            (riverside, LEE, " ", "user", InviteRefusal::Name),
            (riverside, LEE, "Lee\r\nBcc: x@evil.example", "user", InviteRefusal::Name),
            (riverside, LEE, &long, "user", InviteRefusal::Name),
            (riverside, "SAM@riverside.example", "Sam", "user", InviteRefusal::HasAccount),
            (evergreen, LEE, "Lee", "user", InviteRefusal::NotByEmail),
        ] {
            let outcome = invite(access, organization, email, name, role, Lang::En).await.unwrap();
            assert_eq!(outcome, InviteOutcome::Refused(refusal));
            assert!(refusal.to_string().len() > 20);
        }
        assert_eq!(audited(&world, riverside).await, before);
        assert!(mails(&world).await.is_empty());
        desk::disable(access, riverside, &taken, "left").await.unwrap();
        let outcome = invite(access, riverside, Someone::SAM.email, "Sam", "user", Lang::En).await.unwrap();
        assert_eq!(outcome, InviteOutcome::Refused(InviteRefusal::HasAccount));
    })
    .await;
}

#[tokio::test]
async fn once_more_is_a_fresh_link_to_the_same_account() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        let mut ids = Vec::new();
        for n in 0..2 {
            let outcome = invite(access, riverside, LEE, "Lee Chan", "user", Lang::Es).await.unwrap();
            let InviteOutcome::Invited { account_id, again } = outcome else { panic!("{outcome:?}") };
            assert_eq!(again, n > 0);
            let mail = mail(&world).await;
            assert!(mail.subject.contains("Riverside Clinics") && !mail.subject.starts_with("Welcome"));
            ids.push((account_id, mail.link(riverside).to_text().to_string()));
        }
        assert_eq!(ids[0].0, ids[1].0);
        assert_ne!(ids[0].1, ids[1].1);
        desk::disable(access, riverside, &ids[0].0, "never came").await.unwrap();
        let outcome = invite(access, riverside, LEE, "Lee Chan", "user", Lang::En).await.unwrap();
        assert_eq!(outcome, InviteOutcome::Refused(InviteRefusal::Disabled));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_invitations_of_one_address_one_makes_the_account() {
    on_both(async |world: World| {
        let riverside = world.riverside.clone();
        let outcomes = all((0..64).map(|n| {
            let (world, riverside) = (world.clone(), riverside.clone());
            async move {
                let email = if n % 2 == 0 { LEE } else { "LEE@riverside.example" };
                invite(&world.access, &riverside, email, "Lee Chan", "user", Lang::En).await.unwrap()
            }
        }))
        .await;
        let new = |outcome: &&InviteOutcome| matches!(outcome, InviteOutcome::Invited { again: false, .. });
        let again = |outcome: &&InviteOutcome| matches!(outcome, InviteOutcome::Invited { again: true, .. });
        assert_eq!(outcomes.iter().filter(new).count(), 1);
        assert_eq!(outcomes.iter().filter(again).count(), 9);
        assert_eq!(mails(&world).await.len(), 10);
        assert_eq!(count(&world, &riverside, Event::AccountInvited).await, 10);
        let found = desk::find(&world.access, &riverside, LEE).await.unwrap();
        assert!(matches!(found, desk::Found::One(_)), "{found:?}");
    })
    .await;
}
