//! Strangers who guess, the browser that the owner always uses, and what each of them locks.

use portico_access::change_password::{Change, ChangeOutcome, change};
use portico_access::current_password::CurrentMistake;
use portico_access::known_browsers::Known;
use portico_access::organization::Organization;
use portico_access::reset::{self, LinkPage, RequestOutcome, SaveOutcome, SendCodeOutcome};
use portico_access::sessions::{self, LookUp, SignedIn, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World, on_both};
use portico_access::{Token, accounts};
use portico_rules::Lang;
use portico_rules::policy::{KNOWN_BROWSERS, SignInWith};

use crate::support::{MINUTE, account, mail, mails, password};

const RIGHT: &str = Someone::MARIA.password;

/// A browser that keeps its cookies.
#[derive(Clone, Default)]
struct Device {
    known: Known,
    session: Option<Token>,
}

impl Device {
    /// One that has signed in to the account.
    async fn of(world: &World, organization: &Organization, who: Someone<'_>) -> Self {
        let mut device = Self::default();
        let identifier = if who.user_id.is_empty() { who.email } else { who.user_id };
        assert!(device.enters(world, organization, identifier, who.password).await);
        device
    }

    /// Whether these words sign it in.
    async fn enters(&mut self, world: &World, organization: &Organization, who: &str, text: &str) -> bool {
        let browser = Browser { known: self.known.clone(), ..Browser::default() };
        match sign_in(&world.access, organization, who, password(text), browser).await.unwrap() {
            SignIn::In { token, known_browser, .. } => {
                self.known = self.known.with(&known_browser);
                self.session = Some(token);
                true
            }
            SignIn::Refused => false,
            other => panic!("{other:?}"),
        }
    }

    /// Maria's sign-in, with so many wrong passwords.
    async fn guess(&mut self, world: &World, organization: &Organization, times: usize) {
        for _ in 0..times {
            assert!(!self.enters(world, organization, "maria.lopez", "wrong").await);
        }
    }

    async fn maria_enters(&mut self, world: &World) -> bool {
        self.enters(world, &world.evergreen, "maria.lopez", RIGHT).await
    }

    async fn signed_in(&self, world: &World, organization: &Organization) -> Option<SignedIn> {
        let token = self.session.as_ref().expect("a session");
        match sessions::look_up(&world.access, organization, token, Touch::Polling).await.unwrap() {
            LookUp::SignedIn(signed_in) => Some(signed_in),
            LookUp::Ended(_) | LookUp::Unknown => None,
        }
    }
}

#[tokio::test]
async fn strangers_lock_out_strangers_alone() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = account(&world, evergreen, Someone::MARIA).await;
        let mut home = Device::of(&world, evergreen, Someone::MARIA).await;
        mails(&world).await;
        Device::default().guess(&world, evergreen, 6).await;
        let told = mail(&world).await;
        assert_eq!(told.subject, "Your account was locked");
        assert!(told.text.contains("Where you have signed in before, you still can."), "{}", told.text);
        assert!(home.signed_in(&world, evergreen).await.is_some(), "a lock ends no session");
        assert!(!Device::default().maria_enters(&world).await, "a stranger who knows the password by now");
        for _ in 0..3 {
            home.guess(&world, evergreen, 4).await;
            assert!(home.maria_enters(&world).await);
        }
        assert!(!Device::default().maria_enters(&world).await, "a success clears its own side only");
        let view = accounts::show(&world.access, evergreen, &id).await.unwrap().unwrap();
        assert!(matches!(view.state, accounts::State::Locked { until: None, .. }), "{view:?}");
        accounts::unlock(&world.access, evergreen, &id, "called").await.unwrap();
        assert!(Device::default().maria_enters(&world).await);
    })
    .await;
}

#[tokio::test]
async fn a_known_browser_locks_itself_alone() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = account(&world, evergreen, Someone::MARIA).await;
        let mut home = Device::of(&world, evergreen, Someone::MARIA).await;
        let mut phone = Device::of(&world, evergreen, Someone::MARIA).await;
        mails(&world).await;
        home.guess(&world, evergreen, 5).await;
        let told = mail(&world).await;
        assert!(told.text.contains("in a browser that you have signed in with before"), "{}", told.text);
        assert!(!home.maria_enters(&world).await);
        assert!(home.signed_in(&world, evergreen).await.is_some());
        assert!(phone.maria_enters(&world).await && Device::default().maria_enters(&world).await);
        assert!(!home.maria_enters(&world).await, "a success clears its own side only");
        let view = accounts::show(&world.access, evergreen, &id).await.unwrap().unwrap();
        assert!(matches!(view.state, accounts::State::Locked { until: None, .. }), "{view:?}");
        accounts::unlock(&world.access, evergreen, &id, "called").await.unwrap();
        assert!(home.maria_enters(&world).await, "the desk lifts every side");
    })
    .await;
}

#[tokio::test]
async fn the_current_password_counts_on_the_browsers_own_side() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        account(&world, evergreen, Someone::MARIA).await;
        let mut home = Device::of(&world, evergreen, Someone::MARIA).await;
        let signed_in = home.signed_in(&world, evergreen).await.unwrap();
        let try_with = async |current: &str| {
            let form = Change {
                current: password(current),
                password: password("harbor77"),
                repeated: password("harbor77"),
            };
            change(&world.access, evergreen, &signed_in, form).await.unwrap()
        };
        home.guess(&world, evergreen, 2).await;
        for expected in [CurrentMistake::Wrong, CurrentMistake::Wrong, CurrentMistake::Locked] {
            let outcome = try_with("wrong").await;
            assert!(
                matches!(outcome, ChangeOutcome::Again { current: Some(mistake), .. } if mistake == expected),
                "{outcome:?}"
            );
        }
        let outcome = try_with(RIGHT).await;
        assert!(
            matches!(outcome, ChangeOutcome::Again { current: Some(CurrentMistake::Locked), .. }),
            "{outcome:?}"
        );
        assert!(!home.maria_enters(&world).await);
        assert!(Device::default().maria_enters(&world).await);
    })
    .await;
}

/// CVE-2024-4629, CVE-2025-24806: guesses at once, under every spelling, from strangers and from a known browser.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_guesses_at_once_five_are_checked_on_each_side() {
    on_both(async |world| {
        let either = world
            .change_policy(&world.evergreen, |policy| policy.sign_in_with = Some(SignInWith::Either))
            .await;
        account(&world, &either, Someone::MARIA).await;
        let home = Device::of(&world, &either, Someone::MARIA).await;
        mails(&world).await;
        let spellings =
            ["maria.lopez", "MARIA.LOPEZ", " maria.lopez ", "maria@mail.example", "Maria@Mail.Example"];
        let before = world.access.hasher.counts();
        let guesses: Vec<_> = (0..200)
            .map(|number| {
                let (world, either) = (world.clone(), either.clone());
                let mut device = if number % 2 == 0 { home.clone() } else { Device::default() };
                let text = format!("guess{number}");
                tokio::spawn(async move {
                    device.enters(&world, &either, spellings[number % spellings.len()], &text).await
                })
            })
            .collect();
        for guess in guesses {
            assert!(!guess.await.unwrap());
        }
        let after = world.access.hasher.counts();
        assert_eq!(after.stored - before.stored, 10);
        assert_eq!(after.total() - before.total(), 200);
        let mut told: Vec<_> = mails(&world).await.into_iter().map(|mail| mail.text).collect();
        told.sort_by_key(|text| text.contains("Where you have signed in before"));
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("in a browser that you have signed in with before"), "{}", told[0]);
    })
    .await;
}

#[tokio::test]
async fn a_cookie_is_worth_what_this_server_signed() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        account(&world, evergreen, Someone::MARIA).await;
        let other = Someone { user_id: "ana.brown", email: "ana@mail.example", ..Someone::MARIA };
        account(&world, evergreen, other).await;
        let home = Device::of(&world, evergreen, Someone::MARIA).await;
        let anas = Device::of(&world, evergreen, other).await;
        let text = home.known.to_text(access);
        let (ids, mac) = text.split_once('.').unwrap();
        let anas_text = anas.known.to_text(access);
        let (anas_ids, _) = anas_text.split_once('.').unwrap();
        Device::default().guess(&world, evergreen, 5).await;
        for forged in [
            "",
            ".",
            ids,
            mac,
            &format!(".{mac}"),
            &format!("{ids}."),
            &format!("{ids}.{}", &mac[..mac.len() - 2]),
            &format!("{ids}x.{mac}"),
            &format!("{ids}.{ids}.{mac}"),
            &format!("{anas_ids}.{mac}"),
            // Another account's, as good as it is.
            &anas_text,
        ] {
            let mut device = Device { known: Known::parse(access, forged), session: None };
            assert!(!device.maria_enters(&world).await, "{forged}");
        }
        let mut home = Device { known: Known::parse(access, &text), session: None };
        assert!(home.maria_enters(&world).await);
        // Where two people share a browser, either is known in it.
        assert!(home.enters(&world, evergreen, "ana.brown", RIGHT).await);
        assert!(home.maria_enters(&world).await);
    })
    .await;
}

#[tokio::test]
async fn a_cookie_outlives_a_rotation_of_the_keys() {
    on_both(async |mut world| {
        let evergreen = world.evergreen.clone();
        account(&world, &evergreen, Someone::MARIA).await;
        let text = Device::of(&world, &evergreen, Someone::MARIA).await.known.to_text(&world.access);
        world.rotate_keys();
        Device::default().guess(&world, &evergreen, 5).await;
        let mut home = Device { known: Known::parse(&world.access, &text), session: None };
        assert!(home.maria_enters(&world).await);
    })
    .await;
}

#[tokio::test]
async fn an_account_knows_the_browsers_that_signed_in_last() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        account(&world, evergreen, Someone::MARIA).await;
        let mut devices = Vec::new();
        for _ in 0..=KNOWN_BROWSERS {
            world.advance(MINUTE);
            devices.push(Device::of(&world, evergreen, Someone::MARIA).await);
        }
        Device::default().guess(&world, evergreen, 5).await;
        for (number, device) in devices.iter_mut().enumerate() {
            assert_eq!(device.maria_enters(&world).await, number > 0, "device {number}");
        }
    })
    .await;
}

/// Sets Sam's password by the two mails of a reset.
async fn reset_password(world: &World, text: &str) {
    let (access, riverside) = (&world.access, &world.riverside);
    mails(world).await;
    let outcome = reset::request(access, riverside, Someone::SAM.email, Lang::En, "192.0.2.1").await;
    assert_eq!(outcome.unwrap(), RequestOutcome::Requested);
    let link = mail(world).await.link(riverside);
    let outcome = reset::send_code(access, riverside, &link, Lang::En).await.unwrap();
    assert!(matches!(outcome, SendCodeOutcome::Sent { .. }));
    let (code, new) = (mail(world).await.code(), password(text));
    let outcome = reset::save(access, riverside, &link, &code, &new, &new, Lang::En).await.unwrap();
    assert!(matches!(outcome, SaveOutcome::Saved), "{outcome:?}");
    mails(world).await;
}

#[tokio::test]
async fn recovery_lifts_every_side_and_makes_strangers_of_all_browsers() {
    on_both(async |world| {
        let (access, riverside) = (&world.access, &world.riverside);
        let sam = Someone::SAM;
        account(&world, riverside, sam).await;
        let mut home = Device::of(&world, riverside, sam).await;
        let mut phone = Device::of(&world, riverside, sam).await;
        // A link from before the lock of a browser is dead, as one from before that of strangers is.
        mails(&world).await;
        reset::request(access, riverside, sam.email, Lang::En, "192.0.2.1").await.unwrap();
        let link = mail(&world).await.link(riverside);
        world.advance(MINUTE);
        for _ in 0..5 {
            assert!(!home.enters(&world, riverside, sam.email, "wrong").await);
        }
        let page = reset::open_link(access, riverside, &link).await.unwrap();
        assert_eq!(page, LinkPage::Expired { welcome: false });
        for _ in 0..5 {
            assert!(!Device::default().enters(&world, riverside, sam.email, "wrong").await);
        }
        world.advance(MINUTE);
        reset_password(&world, "Quiet-River-8").await;
        assert!(home.enters(&world, riverside, sam.email, "Quiet-River-8").await);
        for _ in 0..5 {
            assert!(!Device::default().enters(&world, riverside, sam.email, "wrong").await);
        }
        assert!(!phone.enters(&world, riverside, sam.email, "Quiet-River-8").await, "it is a stranger now");
        assert!(home.enters(&world, riverside, sam.email, "Quiet-River-8").await);
    })
    .await;
}

#[tokio::test]
async fn what_ends_all_sessions_makes_strangers_of_the_browsers() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let id = account(&world, evergreen, Someone::MARIA).await;
        for way in ["end others", "change password", "desk", "disable"] {
            let mut home = Device::of(&world, evergreen, Someone::MARIA).await;
            let mut phone = Device::of(&world, evergreen, Someone::MARIA).await;
            let signed_in = home.signed_in(&world, evergreen).await.unwrap();
            match way {
                "end others" => {
                    sessions::end_others(access, evergreen, &signed_in).await.unwrap();
                }
                "change password" => {
                    // The same password twice is for a policy that looks back to none.
                    let lax = world
                        .change_policy(evergreen, |policy| {
                            policy.password_history = Some(portico_rules::policy::History::Last(0));
                        })
                        .await;
                    let form = Change {
                        current: password(RIGHT),
                        password: password(RIGHT),
                        repeated: password(RIGHT),
                    };
                    let outcome = change(access, &lax, &signed_in, form).await.unwrap();
                    assert!(matches!(outcome, ChangeOutcome::Changed { .. }), "{outcome:?}");
                }
                "desk" => {
                    accounts::end_sessions(access, evergreen, &id, "asked").await.unwrap();
                }
                _ => {
                    accounts::disable(access, evergreen, &id, "asked").await.unwrap();
                    accounts::reactivate(access, evergreen, &id, "asked").await.unwrap();
                }
            }
            Device::default().guess(&world, evergreen, 5).await;
            assert!(!phone.maria_enters(&world).await, "{way}");
            let stays = matches!(way, "end others" | "change password");
            assert_eq!(home.maria_enters(&world).await, stays, "{way}");
            accounts::unlock(access, evergreen, &id, "next").await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn locks_that_grow_do_so_on_each_side() {
    on_both(async |world| {
        let growing = world.change_policy(&world.evergreen, |policy| policy.lockout_minutes = Some(15)).await;
        account(&world, &growing, Someone::MARIA).await;
        let mut home = Device::of(&world, &growing, Someone::MARIA).await;
        for minutes in [15, 30] {
            Device::default().guess(&world, &growing, 5).await;
            world.advance(MINUTE * minutes);
        }
        home.guess(&world, &growing, 5).await;
        world.advance(MINUTE * 15);
        assert!(home.enters(&world, &growing, "maria.lopez", RIGHT).await, "the first lock of this side");
        Device::default().guess(&world, &growing, 5).await;
        world.advance(MINUTE * 59);
        let enters = async |mut device: Device| device.enters(&world, &growing, "maria.lopez", RIGHT).await;
        assert!(!enters(Device::default()).await, "the third of the other");
        world.advance(MINUTE);
        assert!(enters(Device::default()).await);
    })
    .await;
}
