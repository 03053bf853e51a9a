//! What is over is forgotten when it is due; what is not due, in force, or an account's past stays.

use jiff::SignedDuration;
use portico_access::registration::{self, CreateOutcome};
use portico_access::reset::{self, RequestOutcome};
use portico_access::retention::{Kind, Retention, sweep};
use portico_access::sessions::{self, LookUp, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World};
use portico_rules::Lang;
use portico_store::testing::{TestDatabase, databases};

use crate::support::*;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Every row of a table.
async fn rows(database: &TestDatabase, table: &str) -> Vec<String> {
    let of_table = |row: &String| row.starts_with(&format!("{table}: "));
    database.rows().await.into_iter().filter(of_table).collect()
}

async fn how_many(database: &TestDatabase, table: &str) -> u64 {
    rows(database, table).await.len().try_into().unwrap()
}

async fn request(world: &World, email: &str) {
    let outcome =
        reset::request(&world.access, &world.riverside, email, Lang::En, "192.0.2.1").await.unwrap();
    assert_eq!(outcome, RequestOutcome::Requested);
}

#[tokio::test]
async fn what_is_over_is_forgotten_when_it_is_due() {
    for database in databases().await {
        let world = World::on(&database).await;
        let (access, evergreen, riverside) = (&world.access, &world.evergreen, &world.riverside);
        let retention = Retention {
            sessions_days: 5,
            registrations_days: 3,
            tries_days: 1,
            recoveries_days: 2,
            mails_days: 4,
            known_browsers_days: 5,
        };
        account(&world, riverside, Someone::SAM).await;
        let sam = (Someone::SAM.email, Someone::SAM.password);

        // All at one moment: a session, a registration that became an account, one that was ended and one that was
        // left alone, a link of somebody's and one of nobody's; and at last a mail that is never delivered.
        assert!(signs_in(&world, riverside, sam.0, sam.1).await);
        list(&world, evergreen, &ana()).await;
        let registered = Registrant::checking(&world, evergreen, &ana(), "ana.brookfield").await;
        assert!(matches!(registered.create().await, CreateOutcome::Created { .. }));
        for n in [1, 2] {
            list(&world, evergreen, &one_of_many(n)).await;
        }
        let ended = Registrant::matched(&world, evergreen, &one_of_many(1)).await;
        ended.becomes(&one_of_many(2)).await;
        request(&world, sam.0).await;
        mails(&world).await;
        request(&world, "nobody@home.example").await;

        let (mails_over, limits) =
            (how_many(&database, "outbox").await - 1, how_many(&database, "limits").await);
        assert!(mails_over > 0 && limits > 0);
        let audit = rows(&database, "audit").await;
        assert!(!audit.is_empty());
        let mut living = None;
        for (day, due) in [
            // Nobody's link was never good.
            (2, vec![(Kind::Recoveries, 1), (Kind::Limits, limits)]),
            // The other one was, for a day.
            (3, vec![(Kind::Registrations, 1), (Kind::Recoveries, 1)]),
            (4, vec![(Kind::Mails, mails_over)]),
            (5, vec![(Kind::Sessions, 2), (Kind::KnownBrowsers, 2)]),
        ] {
            let so_far = if day == 2 { SignedDuration::ZERO } else { (day - 1) * DAY };
            world.advance(day * DAY - so_far - MICROSECOND);
            let before = database.rows().await;
            assert_eq!(sweep(access, &retention).await.unwrap(), [], "before day {day}");
            assert_eq!(database.rows().await, before, "before day {day}");
            if day == 5 {
                let browser = Browser::default();
                living = match sign_in(access, riverside, sam.0, password(sam.1), browser).await.unwrap() {
                    SignIn::In { token, .. } => Some(token),
                    other => panic!("{other:?}"),
                };
            }
            world.advance(MICROSECOND);
            assert_eq!(sweep(access, &retention).await.unwrap(), due, "on day {day}");
            let before = database.rows().await;
            assert_eq!(sweep(access, &retention).await.unwrap(), [], "twice on day {day}");
            assert_eq!(database.rows().await, before, "twice on day {day}");
        }

        let living = sessions::look_up(access, riverside, &living.unwrap(), Touch::Polling).await.unwrap();
        assert!(matches!(living, LookUp::SignedIn(_)));
        assert_eq!(mail(&world).await.subject, "No account found");
        // Nobody ended it, so it was not over; now it is.
        assert_eq!(how_many(&database, "registrations").await, 2);
        assert_eq!(registration::end_abandoned(access, evergreen).await.unwrap(), 1);
        world.advance(3 * DAY);
        assert_eq!(sweep(access, &retention).await.unwrap(), [(Kind::Registrations, 1)]);
        assert_eq!(how_many(&database, "registrations").await, 1, "the account's");
        assert_eq!(how_many(&database, "accounts").await, 2);
        let now = rows(&database, "audit").await;
        assert!(audit.iter().all(|row| now.contains(row)), "an audit row is gone");
    }
}

/// What was typed, sealed or masked, is kept of no registration that is over, except masked of one that could not go on.
#[tokio::test]
async fn nothing_typed_outlives_a_registration() {
    for database in databases().await {
        let world = World::on(&database).await;
        let (access, evergreen) = (&world.access, &world.evergreen);
        for listed in [ana(), one_of_many(1), one_of_many(2)] {
            list(&world, evergreen, &listed).await;
        }
        let created = Registrant::checking(&world, evergreen, &ana(), "ana.brookfield").await;
        assert!(matches!(created.create().await, CreateOutcome::Created { .. }));
        let ended = Registrant::matched(&world, evergreen, &one_of_many(1)).await;
        ended.becomes(&one_of_many(2)).await;
        let (nobody, source) = (one_of_many(3), registration::Source::default());
        let outcome = registration::give_about_you(access, evergreen, None, &form(&nobody), source).await;
        assert!(matches!(outcome.unwrap(), registration::AboutYouOutcome::CannotGoOn { .. }));
        world.advance(25 * HOUR);
        assert_eq!(registration::end_abandoned(access, evergreen).await.unwrap(), 2);
        let typed = "SELECT id FROM registrations WHERE answers IS NOT NULL OR email IS NOT NULL \
                     OR user_id IS NOT NULL OR (masked IS NOT NULL AND stopped_at IS NULL)";
        assert_eq!(database.ask(typed).await, [] as [String; 0]);
        let compared = "SELECT id FROM registrations WHERE consumed_at IS NOT NULL \
                        AND (compared IS NOT NULL OR agreed IS NOT NULL OR near_id IS NOT NULL)";
        assert_eq!(database.ask(compared).await, [] as [String; 0]);
        let masked = "SELECT id FROM registrations WHERE masked IS NOT NULL";
        assert_eq!(database.ask(masked).await.len(), 1, "the desk's");
    }
}
