use portico_access::accounts;
use portico_access::organization::Organization;
use portico_access::people::{self, Sought};
use portico_access::roster_import::{Counts, import};
use portico_access::sessions::{self, EndReason, LookUp, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World, on_both};
use portico_roster::Reading;

const HEADER: &str = "member_id,first_name,last_name,date_of_birth,address_line1,city,postal_code,ssn,email,program,\
                      clinic,coverage_end\n";
const MARIA: &str = "M1,María,López,1980-01-19,12 North Main Street,St. Louis,63101,900-12-3456,maria@mail.example,\
                     healthy-steps,North,\n";
const BOB: &str = "M2,Bob,Hall,1975-05-05,1 Elm Avenue,,63101,,,healthy-steps,South,2025-12-31\n";

fn read(organization: &Organization, rows: &[&str]) -> Reading {
    let text = format!("{HEADER}{}", rows.concat());
    portico_roster::read(text.as_bytes(), &organization.definition, "2025-06-15".parse().unwrap()).unwrap()
}

async fn put(world: &World, rows: &[&str]) -> Counts {
    import(&world.access, &world.evergreen, &read(&world.evergreen, rows), false).await.unwrap()
}

async fn person(world: &World, organization: &Organization, member_id: &str) -> Option<String> {
    let mut unit = world.access.store.read().await.unwrap();
    for print in Sought::MemberId(member_id).fingerprints(&world.access.keys, &organization.id) {
        let found =
            portico_store::people::find_by_member_id(&mut unit, &organization.id, &print).await.unwrap();
        if let Some(person) = found {
            return Some(person.id);
        }
    }
    None
}

async fn record(world: &World, member_id: &str) -> people::Record {
    let id = person(world, &world.evergreen, member_id).await.unwrap();
    let mut unit = world.access.store.read().await.unwrap();
    people::lookup(&mut unit, &world.access, &world.evergreen.id, &id).await.unwrap().unwrap()
}

#[tokio::test]
async fn importing_twice_changes_nothing() {
    on_both(async |world| {
        let added = Counts { added: 2, ..Counts::default() };
        assert_eq!(put(&world, &[MARIA, BOB]).await, added);
        let unchanged = Counts { unchanged: 2, ..Counts::default() };
        assert_eq!(put(&world, &[MARIA, BOB]).await, unchanged);
        assert_eq!(put(&world, &[BOB, MARIA]).await, unchanged);
        let maria = record(&world, "m1").await;
        assert_eq!((maria.full_name().as_str(), maria.email.as_str()), ("María López", "maria@mail.example"));
    })
    .await;
}

#[tokio::test]
async fn adds_and_changes_and_leaves_the_missing() {
    on_both(async |world| {
        put(&world, &[MARIA, BOB]).await;
        let moved = MARIA.replace("12 North Main", "9 South Oak");
        assert_eq!(put(&world, &[&moved]).await, Counts { changed: 1, ..Counts::default() });
        assert_eq!(record(&world, "M1").await.address_line1, "9 South Oak Street");
        assert_eq!(record(&world, "M2").await.first_name, "Bob");
        // Another enrolment, then another last day of it: changes both.
        let second = moved.replace("North,", "West,");
        assert_eq!(put(&world, &[&moved, &second]).await, Counts { changed: 1, ..Counts::default() });
        let ending = second.replace("West,", "West,2025-07-01");
        assert_eq!(put(&world, &[&ending]).await, Counts { changed: 1, ..Counts::default() });
        assert_eq!(put(&world, &[&moved, &ending]).await, Counts { unchanged: 1, ..Counts::default() });
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_counts_and_keeps_nothing() {
    on_both(async |world| {
        let bad = BOB.replace("1975-05-05", "yesterday");
        let reading = read(&world.evergreen, &[MARIA, &bad]);
        let counts = import(&world.access, &world.evergreen, &reading, true).await.unwrap();
        assert_eq!(counts, Counts { added: 1, rejected: 1, ..Counts::default() });
        assert!(person(&world, &world.evergreen, "M1").await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_roster_is_its_organizations_alone() {
    on_both(async |world| {
        put(&world, &[MARIA]).await;
        assert!(person(&world, &world.riverside, "M1").await.is_none());
        let reading = read(&world.riverside, &[MARIA]);
        let counts = import(&world.access, &world.riverside, &reading, false).await.unwrap();
        assert_eq!(counts, Counts { added: 1, ..Counts::default() });
    })
    .await;
}

#[tokio::test]
async fn a_rotation_makes_nobody_new() {
    on_both(async |mut world| {
        put(&world, &[MARIA, BOB]).await;
        world.rotate_keys();
        assert_eq!(put(&world, &[MARIA, BOB]).await, Counts { unchanged: 2, ..Counts::default() });
        let moved = MARIA.replace("12 North Main", "9 South Oak");
        assert_eq!(put(&world, &[&moved]).await, Counts { changed: 1, ..Counts::default() });
        assert_eq!(put(&world, &[&moved, BOB]).await, Counts { unchanged: 2, ..Counts::default() });
    })
    .await;
}

#[tokio::test]
async fn two_imports_at_once_add_everybody_once() {
    on_both(async |world| {
        let rows: Vec<String> = (0..40).map(|number| MARIA.replace("M1", &format!("N{number}"))).collect();
        let imports: Vec<_> = [false, true]
            .map(|reversed| {
                let world = world.clone();
                let mut rows = rows.clone();
                if reversed {
                    rows.reverse();
                }
                tokio::spawn(async move {
                    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
                    put(&world, &rows).await
                })
            })
            .into_iter()
            .collect();
        let mut added = 0;
        for import in imports {
            let counts = import.await.unwrap();
            assert_eq!(counts.added + counts.unchanged, 40);
            added += counts.added;
        }
        assert_eq!(added, 40);
    })
    .await;
}

/// The state *ended*: sessions stop, and the right password learns since when.
#[tokio::test]
async fn who_is_no_longer_covered_is_told_with_the_right_password() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let last_day = MARIA.replace("North,", "North,2025-06-15");
        put(&world, &[&last_day]).await;
        let person_id = person(&world, evergreen, "M1").await;
        let maria = Someone { person_id: person_id.as_deref(), ..Someone::MARIA };
        let id = world.account(evergreen, maria).await;
        let enter = async |password: &str| {
            sign_in(&world.access, evergreen, "maria.lopez", password.into(), Browser::default())
                .await
                .unwrap()
        };
        // 21:00 of the last day in Los Angeles, which is the next day in Greenwich.
        world.advance(jiff::SignedDuration::from_hours(16));
        let SignIn::In { token, .. } = enter("walking42").await else { panic!("not signed in") };
        world.advance(jiff::SignedDuration::from_hours(3));
        // The idle time would be over too; what was first is what counts.
        let found = sessions::look_up(&world.access, evergreen, &token, Touch::Activity).await.unwrap();
        assert!(matches!(found, LookUp::Ended(EndReason::Idle)), "{found:?}");
        assert!(matches!(enter("wrong").await, SignIn::Refused));
        let outcome = enter("walking42").await;
        assert!(
            matches!(outcome, SignIn::CoverageEnded { since } if since == "2025-06-15".parse().unwrap()),
            "{outcome:?}"
        );
        let view = accounts::show(&world.access, evergreen, &id).await.unwrap().unwrap();
        assert!(matches!(view.state, accounts::State::Ended { .. }));
        // Covered again, without anyone doing anything but importing.
        put(&world, &[&MARIA.replace("North,", "North,2025-12-31")]).await;
        let SignIn::In { token, .. } = enter("walking42").await else { panic!("not signed in") };
        // And ended in the middle of a session.
        put(&world, &[&last_day]).await;
        let found = sessions::look_up(&world.access, evergreen, &token, Touch::Activity).await.unwrap();
        assert!(matches!(found, LookUp::Ended(EndReason::Barred)), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn a_person_sees_their_own_programs() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        put(&world, &[MARIA]).await;
        let person_id = person(&world, evergreen, "M1").await;
        let id =
            world.account(evergreen, Someone { person_id: person_id.as_deref(), ..Someone::MARIA }).await;
        let own = people::own(&world.access, evergreen, &id).await.unwrap().unwrap();
        assert_eq!(own.programs, ["healthy-steps"]);
        assert_eq!(own.record.unwrap().member_id, "M1");
        assert_eq!(own.user_id.as_deref(), Some("maria.lopez"));
        assert!(people::own(&world.access, &world.riverside, &id).await.unwrap().is_none());
        // Another name on the roster is another name on the page.
        put(&world, &[&MARIA.replace("López", "Núñez")]).await;
        let view = accounts::show(&world.access, evergreen, &id).await.unwrap().unwrap();
        assert_eq!(view.name, "María Núñez");
    })
    .await;
}
