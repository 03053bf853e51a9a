//! Registrations that could not go on: what is kept of them, how many there may be, and when they are told of.

use jiff::SignedDuration;
use portico_access::audit::Event;
use portico_access::organization::Organization;
use portico_access::registration::{self, AboutYouOutcome, CreateOutcome, Refused, Source, refused};
use portico_access::retention::{Kind, Retention, sweep};
use portico_access::testing::{World, on_both};
use portico_roster::matching::Field;
use portico_rules::identity::Form;

use crate::support::*;

async fn goes_on(world: &World, organization: &Organization, form: &Form<'_>, source: Source<'_>) -> bool {
    let given = registration::give_about_you(&world.access, organization, None, form, source).await.unwrap();
    matches!(given, AboutYouOutcome::Next { .. })
}

async fn latest(world: &World, organization: &Organization) -> Refused {
    refused(&world.access, organization, 1).await.unwrap().remove(0)
}

#[tokio::test]
async fn the_desk_sees_which_fields_agree_and_no_value() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let person_id = list(&world, evergreen, &ana()).await;
        let registered = Listed { member_id: "W2".to_owned(), first_name: "Eva".to_owned(), ..ana() };
        let registered_id = list(&world, evergreen, &registered).await;
        let owner = Registrant::checking(&world, evergreen, &registered, "eva.b").await;
        assert!(matches!(owner.create().await, CreateOutcome::Created { .. }));
        let known = ana();
        let all = [
            Field::FirstName,
            Field::LastName,
            Field::DateOfBirth,
            Field::Address,
            Field::Zip,
            Field::City,
            Field::State,
        ];
        let without = |fields: &[Field]| -> Vec<Field> {
            all.into_iter().filter(|field| !fields.contains(field)).collect()
        };
        let cases = [
            (
                Form { day: "20", ..form(&known) },
                "no_match",
                Some(&person_id),
                without(&[Field::DateOfBirth]),
            ),
            (
                Form { address_line1: "9 Elm", postal_code: "60601", ..form(&known) },
                "no_match",
                Some(&person_id),
                without(&[Field::Address, Field::Zip]),
            ),
            (Form { first_name: "Anna", ..form(&known) }, "no_match", None, without(&[Field::FirstName])),
            (Form { city: "Chicago", ..form(&known) }, "no_match", Some(&person_id), without(&[Field::City])),
            (Form { ssn: "900-12-3457", ..form(&known) }, "no_match", Some(&person_id), all.to_vec()),
            (form(&registered), "has_account", Some(&registered_id), all.to_vec()),
        ];
        for (form, why, person, agreed) in cases {
            world.advance(24 * HOUR);
            assert!(!goes_on(&world, evergreen, &form, Source::default()).await);
            let kept = latest(&world, evergreen).await;
            assert_eq!((kept.why.as_str(), kept.at), (why, world.access.now()));
            if let Some(person) = person {
                assert_eq!(kept.person_id.as_ref(), Some(person));
            }
            let comparison = kept.comparison.unwrap();
            assert_eq!(comparison.agreed(), agreed);
            assert_eq!(comparison.is_match(), why == "has_account");
        }
        world.advance(MICROSECOND);
        let stranger = Form { first_name: "Nobody", address_line1: "1 Elm", ..form(&known) };
        assert!(!goes_on(&world, evergreen, &stranger, Source::default()).await);
        let kept = latest(&world, evergreen).await;
        assert!(kept.person_id.is_none() && kept.comparison.is_none());
        let typed = kept.typed.unwrap();
        assert_eq!(
            [&typed.name, &typed.date_of_birth, &typed.address, &typed.place],
            ["N••• B•••", "••/••/1980", "1••• E••• A••• 4•••", "S••• IL 627••"]
        );
        assert!(!typed.has_ssn);
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_is_forgotten_after_a_while() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let known = ana();
        assert!(!goes_on(&world, evergreen, &form(&known), Source::default()).await);
        world.advance(25 * HOUR);
        assert_eq!(registration::end_abandoned(&world.access, evergreen).await.unwrap(), 1);
        let kept = latest(&world, evergreen).await;
        assert!(kept.typed.is_some(), "masked, it outlives what was typed");
        let retention = Retention { tries_days: 5, registrations_days: 1, ..Retention::default() };
        world.advance(SignedDuration::from_hours(5 * 24) - MICROSECOND);
        let is_tries = |swept: &(Kind, u64)| swept.0 == Kind::Tries;
        assert!(!sweep(&world.access, &retention).await.unwrap().iter().any(is_tries));
        world.advance(MICROSECOND);
        assert!(sweep(&world.access, &retention).await.unwrap().iter().any(is_tries));
        assert!(refused(&world.access, evergreen, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_person_is_tried_five_times_a_day() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        let known = ana();
        let (wrong, right) = (Form { ssn: "900-12-3457", ..form(&known) }, form(&known));
        // From another browser and network each time: guessing a number goes no faster with many.
        for n in 0..5 {
            let (browser, network) = (format!("browser {n}"), format!("192.0.2.{n}"));
            let source = Source { employer: None, browser: &browser, network: &network };
            assert!(!goes_on(&world, evergreen, &wrong, source).await);
        }
        world.advance(MICROSECOND);
        assert!(!goes_on(&world, evergreen, &right, Source::default()).await);
        assert_eq!(latest(&world, evergreen).await.why, "limited");
        let other = one_of_many(1);
        list(&world, evergreen, &other).await;
        assert!(goes_on(&world, evergreen, &form(&other), Source::default()).await);
        world.advance(24 * HOUR);
        assert!(goes_on(&world, evergreen, &right, Source::default()).await);
        assert_eq!(count(&world, evergreen, Event::RosterProbed).await, 0);
    })
    .await;
}

#[tokio::test]
async fn going_through_the_roster_is_slowed_down_and_told_of() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        let known = ana();
        let (one, other) = ("192.0.2.1", "192.0.2.2");
        // Ten from a browser, whatever is typed; thirty from a network, whatever the browser.
        for n in 0..30 {
            assert_eq!(count(&world, evergreen, Event::RosterProbed).await, n / 10);
            let stranger = one_of_many(100 + n);
            let browser = format!("browser {}", n / 10);
            let source = Source { employer: None, browser: &browser, network: one };
            assert!(!goes_on(&world, evergreen, &form(&stranger), source).await);
        }
        assert_eq!(count(&world, evergreen, Event::RosterProbed).await, 4, "three browsers and the network");
        let is_right = async |browser, network| {
            goes_on(&world, evergreen, &form(&known), Source { employer: None, browser, network }).await
        };
        assert!(!is_right("another browser", one).await);
        assert!(!is_right("browser 0", other).await);
        assert!(is_right("another browser", other).await);
        world.advance(HOUR);
        assert!(is_right("another browser", one).await);
        assert!(!is_right("browser 0", one).await);
        world.advance(23 * HOUR);
        assert!(is_right("browser 0", one).await);
        // Right entries count for nothing.
        for _ in 0..40 {
            assert!(is_right("kiosk", "198.51.100.7").await);
        }
    })
    .await;
}

/// A network begins so many, whatever comes of them; the next ends where everybody's do.
#[tokio::test]
async fn a_network_begins_120_an_hour() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        let known = ana();
        let begins = async |network| {
            goes_on(&world, evergreen, &form(&known), Source { network, ..Source::default() }).await
        };
        for _ in 0..120 {
            assert!(begins("192.0.2.1").await);
        }
        assert!(!begins("192.0.2.1").await);
        assert!(begins("192.0.2.2").await);
        world.advance(HOUR);
        assert!(begins("192.0.2.1").await);
    })
    .await;
}
