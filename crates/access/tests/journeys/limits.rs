//! How many mails go where.

use jiff::SignedDuration;
use portico_access::registration::SendOutcome;
use portico_access::reset::{self, RequestOutcome, SendCodeOutcome};
use portico_access::testing::{Someone, World, on_both};
use portico_rules::Lang;

use crate::support::*;

async fn request(world: &World, email: &str, network: &str) {
    let outcome = reset::request(&world.access, &world.riverside, email, Lang::En, network).await.unwrap();
    assert_eq!(outcome, RequestOutcome::Requested);
}

#[tokio::test]
async fn ten_links_an_hour_go_to_one_account() {
    on_both(async |world: World| {
        account(&world, &world.riverside, Someone::SAM).await;
        for n in 0..12 {
            request(&world, "sam@riverside.example", "").await;
            world.advance(SignedDuration::from_mins(1));
            assert_eq!(mails(&world).await.len(), usize::from(n < 10));
        }
        // The first was an hour ago: there is one again, and no more.
        world.advance(48 * MINUTE - MICROSECOND);
        request(&world, "sam@riverside.example", "").await;
        assert_eq!(mails(&world).await.len(), 0);
        world.advance(MICROSECOND);
        for sent in [1, 0] {
            request(&world, "SAM@riverside.example", "").await;
            assert_eq!(mails(&world).await.len(), sent);
        }
    })
    .await;
}

#[tokio::test]
async fn a_stranger_has_one_mail_a_day_and_a_network_ten_an_hour() {
    on_both(async |world: World| {
        for sent in [1, 0, 0] {
            request(&world, "nobody@home.example", "192.0.2.1").await;
            assert_eq!(mails(&world).await.len(), sent);
        }
        world.advance(24 * HOUR - MICROSECOND);
        request(&world, "Nobody@Home.example", "192.0.2.1").await;
        assert_eq!(mails(&world).await.len(), 0);
        world.advance(MICROSECOND);
        request(&world, "nobody@home.example", "192.0.2.1").await;
        let told = mail(&world).await;
        assert_eq!((told.subject.as_str(), told.to.as_str()), ("No account found", "nobody@home.example"));

        for n in 0..12 {
            request(&world, &format!("nobody{n}@home.example"), "192.0.2.1").await;
        }
        assert_eq!(mails(&world).await.len(), 9);
        request(&world, "another@home.example", "192.0.2.2").await;
        assert_eq!(mails(&world).await.len(), 1);
        world.advance(HOUR);
        request(&world, "later@home.example", "192.0.2.1").await;
        assert_eq!(mails(&world).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn ten_security_codes_an_hour_go_to_one_account() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        account(&world, riverside, Someone::SAM).await;
        request(&world, "sam@riverside.example", "").await;
        let one = mail(&world).await.link(riverside);
        request(&world, "sam@riverside.example", "").await;
        let other = mail(&world).await.link(riverside);
        for n in 0..11 {
            let link = if n % 2 == 0 { &one } else { &other };
            let sent = reset::send_code(access, riverside, link, Lang::En).await.unwrap();
            assert_eq!(sent == SendCodeOutcome::TooMany, n == 10);
        }
        assert_eq!(mails(&world).await.len(), 10);
    })
    .await;
}

#[tokio::test]
async fn ten_codes_a_day_go_out_for_one_person() {
    on_both(async |world: World| {
        let evergreen = &world.evergreen;
        list(&world, evergreen, &ana()).await;
        // Another browser each time: starting again does not begin the count again.
        for n in 0..11 {
            let registrant = Registrant::matched(&world, evergreen, &ana()).await;
            let outcome = registrant.send("").await;
            assert_eq!(outcome == SendOutcome::TooMany, n == 10);
            world.advance(HOUR);
        }
        assert_eq!(mails(&world).await.len(), 10);
        world.advance(13 * HOUR);
        let registrant = Registrant::matched(&world, evergreen, &ana()).await;
        assert!(matches!(registrant.send("").await, SendOutcome::Sent(_)));
    })
    .await;
}
