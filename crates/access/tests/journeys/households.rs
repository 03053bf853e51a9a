//! Dependents, people who share a household, and those who are too young.

use portico_access::organization::Organization;
use portico_access::pin::{Forgotten, Stage};
use portico_access::registration::{self, AboutYouOutcome, CreateOutcome, Source};
use portico_access::testing::{World, on_both};
use portico_rules::identity::Form;
use portico_rules::policy::EmployeeSsn;

use crate::pin::{BORN, Forgetful};
use crate::support::*;

const EMPLOYEE: &str = "900-12-3456";

fn spouse() -> Listed {
    Listed {
        member_id: "W100002".to_owned(),
        first_name: "Ben".to_owned(),
        relationship: "spouse",
        subscriber: "W100001",
        ssn: "",
        ..ana()
    }
}

async fn give(
    world: &World,
    organization: &Organization,
    form: &Form<'_>,
    source: Source<'_>,
) -> AboutYouOutcome {
    registration::give_about_you(&world.access, organization, None, form, source).await.unwrap()
}

#[tokio::test]
async fn dependents_give_the_number_of_the_employee_as_the_policy_asks() {
    on_both(async |world| {
        let own = Listed {
            member_id: "W3".to_owned(),
            first_name: "Cleo".to_owned(),
            ssn: "900654321",
            ..spouse()
        };
        let orphan =
            Listed { member_id: "W4".to_owned(), first_name: "Dan".to_owned(), subscriber: "W9", ..spouse() };
        for listed in [ana(), spouse(), own.clone(), orphan.clone()] {
            list(&world, &world.evergreen, &listed).await;
        }
        let given = [None, Some(EMPLOYEE), Some("900-12-3457")];
        // Who goes on with no number, the right one, another one: without and with an own one on file, and where the
        // employee is not on the roster.
        let cases = [
            (EmployeeSsn::Off, [true, true, true], [true, true, true], [true, true, true]),
            (EmployeeSsn::WhenNoOwn, [false, true, false], [true, true, false], [false, false, false]),
            (EmployeeSsn::Always, [false, true, false], [false, true, false], [false, false, false]),
        ];
        for (policy, without_own, with_own, without_employee) in cases {
            let evergreen = world
                .change_policy(&world.evergreen, |overrides| overrides.employee_ssn = Some(policy))
                .await;
            for (listed, expected) in
                [(spouse(), without_own), (own.clone(), with_own), (orphan.clone(), without_employee)]
            {
                // So that nobody has been tried too often today.
                world.advance(24 * HOUR);
                for (given, goes_on) in given.into_iter().zip(expected) {
                    let form = Form {
                        is_dependent: given.is_some(),
                        employee_ssn: given.unwrap_or_default(),
                        ..form(&listed)
                    };
                    let outcome = give(&world, &evergreen, &form, Source::default()).await;
                    let went_on = matches!(outcome, AboutYouOutcome::Next { .. });
                    assert_eq!(went_on, goes_on, "{policy:?} {} {given:?}", listed.first_name);
                }
            }
        }
        // Who is covered by themselves may tick the box by mistake.
        let listed = ana();
        let form = Form { is_dependent: true, employee_ssn: "900-12-3457", ..form(&listed) };
        assert!(matches!(
            give(&world, &world.evergreen, &form, Source::default()).await,
            AboutYouOutcome::Next { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn a_dependent_registers_also_after_the_keys_have_rotated() {
    on_both(async |mut world| {
        list(&world, &world.evergreen, &spouse()).await;
        world.rotate_keys();
        // Of the two, only the employee was imported again.
        list(&world, &world.evergreen, &ana()).await;
        let listed = spouse();
        let form = Form { is_dependent: true, employee_ssn: EMPLOYEE, ..form(&listed) };
        let outcome = give(&world, &world.evergreen, &form, Source::default()).await;
        assert!(matches!(outcome, AboutYouOutcome::Next { .. }), "{outcome:?}");
    })
    .await;
}

#[tokio::test]
async fn two_of_one_household_with_one_address_and_birthday_each_come_to_their_own() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        for (listed, user_id) in [(ana(), "ana.brook"), (spouse(), "ben.brook")] {
            list(&world, evergreen, &listed).await;
            let is_dependent = listed.relationship != "self";
            let given = Form { is_dependent, employee_ssn: EMPLOYEE, ..form(&listed) };
            let registrant = Registrant::began(&world, evergreen, &given).await;
            let code = registrant.code().await;
            registrant.prove(&code).await;
            registrant.choose(user_id, "walking42").await;
            assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
            mails(&world).await;
        }
        world.advance(MINUTE);
        for (first_name, user_id) in [("ANA", "ana.brook"), ("BEN", "ben.brook")] {
            let mut forgetful = Forgetful::asked(&world, "ana@home.example", BORN).await;
            let mut sent = mails(&world).await;
            // Not those that tell of a User ID that was looked up.
            sent.retain(|mail| mail.kind == "pin");
            assert_eq!(sent.len(), 2);
            let mail =
                sent.iter().find(|mail| mail.text.contains(first_name)).expect("a mail that names them");
            assert_eq!(mail.to, "ana@home.example");
            forgetful.proves(&mail.code(), Forgotten::UserId).await;
            let Stage::Proven(proven) = forgetful.stage().await else { panic!() };
            assert_eq!(proven.names.user_id, user_id);
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_too_young_is_told_so_by_what_they_typed() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let young = Listed { date_of_birth: "2007-06-16", ..ana() };
        let (member_id, first_name) = ("W2".to_owned(), "Eva".to_owned());
        let grown = Listed { date_of_birth: "2007-06-15", member_id, first_name, ..ana() };
        for listed in [&young, &grown] {
            list(&world, evergreen, listed).await;
        }
        let before = audited(&world, evergreen).await;
        let stranger = Listed { first_name: "Nobody".to_owned(), ..young.clone() };
        for listed in [&young, &stranger] {
            let outcome = give(&world, evergreen, &form(listed), Source::default()).await;
            assert!(matches!(outcome, AboutYouOutcome::TooYoung), "{outcome:?}");
        }
        assert_eq!(audited(&world, evergreen).await, before, "nothing is kept of it");
        let outcome = give(&world, evergreen, &form(&grown), Source::default()).await;
        assert!(matches!(outcome, AboutYouOutcome::Next { .. }));
        let any_age = world.change_policy(evergreen, |policy| policy.minimum_age = Some(0)).await;
        let outcome = give(&world, &any_age, &form(&young), Source::default()).await;
        assert!(matches!(outcome, AboutYouOutcome::Next { .. }));
    })
    .await;
}
