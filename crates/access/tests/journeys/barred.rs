//! Begun with a good account, finished with one that is no longer: refused at every step, whatever happened meanwhile
//! (CVE-2026-9798, CVE-2026-16103; ASVS V6.3.4, V7.4.2).

use portico_access::Token;
use portico_access::accounts as desk;
use portico_access::close_account::{CloseOutcome, close};
use portico_access::disavowal;
use portico_access::email_change::{
    ProveOutcome as NewAddress, SendOutcome, StartOutcome, prove, send_again, start,
};
use portico_access::pin::{EnterOutcome, Forgotten, SaveOutcome as PinSave, ShowOutcome, Stage};
use portico_access::reset::{LinkPage, ProveOutcome, SaveOutcome, SendCodeOutcome};
use portico_access::sessions::{self, LookUp, SignedIn, Touch};
use portico_access::testing::{Someone, World, on_both};
use portico_rules::Lang;
use portico_store::accounts;

use crate::pin::{Forgetful, NEW, with_ana};
use crate::reset::Reset;
use crate::support::*;

/// What happens to an account while a journey is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    /// Strangers guessed five times.
    Locked,
    /// The desk disabled it.
    Disabled,
    /// Its owner said that it was somebody else.
    Disavowed,
    /// The last coverage ended yesterday.
    Ended,
    /// Its owner closed it.
    Closed,
    /// Another password was set.
    PasswordSet,
}

use Meanwhile::*;

/// One who has begun everything that a member can begin, just before it happens.
struct Member {
    world: World,
    account_id: String,
    session: Token,
    signed_in: SignedIn,
    asked: Forgetful,
    pin: String,
    proven: Forgetful,
    new_address: String,
}

impl Member {
    async fn of(world: &World) -> Self {
        let account_id = with_ana(world).await;
        let (session, signed_in) = signed_in(world, &world.evergreen, "ana.brook", "walking42").await;
        let to = "new@home.example";
        let started = start(&world.access, &world.evergreen, &signed_in, to, password("walking42"), Lang::En);
        let StartOutcome::Sent { token } = started.await.unwrap() else { panic!("not started") };
        let new_address = mail(world).await.code();
        let (asked, pin) = Forgetful::with_pin(world).await;
        let mut proven = asked.clone();
        proven.proves(&pin, Forgotten::Password).await;
        drop(session);
        let member = Self {
            world: world.clone(),
            account_id,
            session: token,
            signed_in,
            asked,
            pin,
            proven,
            new_address,
        };
        world.advance(MINUTE);
        member
    }

    async fn look(&self) -> LookUp {
        let (access, evergreen) = (&self.world.access, &self.world.evergreen);
        sessions::look_up(access, evergreen, &self.session, Touch::Activity).await.unwrap()
    }

    async fn meets(&self, what: Meanwhile) {
        let world = &self.world;
        let (access, evergreen, id) = (&world.access, &world.evergreen, &self.account_id);
        match what {
            Locked => {
                for _ in 0..5 {
                    assert!(!signs_in(world, evergreen, "ana.brook", "guess4it").await);
                }
            }
            Disabled => {
                let done = desk::disable(access, evergreen, id, "a test").await.unwrap();
                assert_ne!(done, desk::Done::NoSuchAccount);
            }
            Disavowed => {
                assert!(disavowal::by_owner(access, evergreen, &self.signed_in, Lang::En).await.unwrap());
            }
            Ended => {
                drop(list(world, evergreen, &Listed { coverage_end: Some("2025-06-14"), ..ana() }).await)
            }
            Closed => {
                let closed = close(access, evergreen, &self.signed_in, password("walking42")).await.unwrap();
                assert_eq!(closed, CloseOutcome::Closed);
            }
            PasswordSet => {
                let (other, _) = Forgetful::proven(world).await;
                assert_eq!(other.save("another77").await, PinSave::Saved);
            }
        }
        mails(world).await;
    }

    /// The hash of the password, to see that it is as it was.
    async fn hash(&self) -> Option<String> {
        let mut unit = self.world.access.store.read().await.unwrap();
        let found = accounts::lookup(&mut unit, &self.world.evergreen.id, &self.account_id).await.unwrap();
        found.and_then(|account| account.password_hash).map(|hash| hash.0)
    }
}

#[tokio::test]
async fn no_step_of_a_recovery_helps_an_account_that_is_barred_by_then() {
    for what in [Locked, Disabled, Disavowed, Ended, Closed, PasswordSet] {
        on_both(async |world: World| {
            let ana = Member::of(&world).await;
            ana.meets(what).await;
            let before = ana.hash().await;
            // The PIN that has set a password still shows the User ID.
            if what != PasswordSet {
                let entered = ana.asked.enter(&ana.pin, Forgotten::UserId).await;
                assert!(!matches!(entered, EnterOutcome::Proven { .. }), "{what:?}: {entered:?}");
                assert!(
                    !matches!(ana.proven.stage().await, Stage::Proven(_)),
                    "{what:?}: it shows who it is"
                );
                assert_ne!(ana.proven.show().await, ShowOutcome::Shown, "{what:?}");
            }
            let saved = ana.proven.save(NEW).await;
            assert!(
                matches!(saved, PinSave::Expired | PinSave::Barred(_) | PinSave::Used | PinSave::Ended),
                "{what:?}: {saved:?}"
            );
            assert_eq!(ana.hash().await, before, "{what:?}");
            assert!(!signs_in(&world, &world.evergreen, "ana.brook", NEW).await, "{what:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn no_step_behind_sign_in_is_left_to_an_account_that_is_barred_by_then() {
    for what in [Locked, Disabled, Disavowed, Ended, Closed, PasswordSet] {
        on_both(async |world: World| {
            let (access, evergreen) = (&world.access, &world.evergreen);
            let ana = Member::of(&world).await;
            ana.meets(what).await;
            let lives = matches!(ana.look().await, LookUp::SignedIn(_));
            // Strangers cannot end the session of the owner; everything else does.
            assert_eq!(lives, what == Locked, "{what:?}");
            // Nor does the code prove the address, whoever still has a page open.
            if what != Ended {
                let sent = send_again(access, evergreen, &ana.signed_in, Lang::En).await.unwrap();
                assert_eq!(sent, SendOutcome::Over, "{what:?}");
                let proven = prove(access, evergreen, &ana.signed_in, &ana.new_address).await.unwrap();
                assert_eq!(proven, NewAddress::Over, "{what:?}");
            }
            let told = mails(&world).await;
            assert!(!told.iter().any(|mail| mail.to == "new@home.example"), "{what:?}: {told:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn no_step_of_a_reset_helps_an_account_that_is_barred_by_then() {
    for what in [Locked, Disabled, Disavowed] {
        on_both(async |world: World| {
            let (access, riverside) = (&world.access, &world.riverside);
            let (who, old) = (Someone::SAM.email, Someone::SAM.password);
            let id = account(&world, riverside, Someone::SAM).await;
            let (_, signed_in) = signed_in(&world, riverside, who, old).await;
            let (opened, code) = Reset::with_code(&world, who).await;
            let ProveOutcome::Proven { token } = opened.prove(&code).await else { panic!() };
            let proven = opened.with(&token);
            let fresh = Reset::requested(&world, who).await;
            world.advance(MINUTE);
            match what {
                Locked => {
                    for _ in 0..5 {
                        assert!(!signs_in(&world, riverside, who, "guess").await);
                    }
                }
                Disabled => {
                    let done = desk::disable(access, riverside, &id, "a test").await.unwrap();
                    assert_ne!(done, desk::Done::NoSuchAccount);
                }
                _ => assert!(disavowal::by_owner(access, riverside, &signed_in, Lang::En).await.unwrap()),
            }
            mails(&world).await;
            for reset in [&fresh, &opened, &proven] {
                if let LinkPage::Ready(page) = reset.open().await {
                    assert_eq!(what, Disabled, "told with the link alone");
                    drop(page);
                }
                if what != Disabled {
                    let sent = reset.send().await;
                    assert!(matches!(sent, SendCodeOutcome::Link(_)), "{what:?}: {sent:?}");
                }
                let saved = reset.save(&code, "Calm-Harbor-8").await;
                let is_refused = matches!(
                    saved,
                    SaveOutcome::Link(_)
                        | SaveOutcome::Barred(_)
                        | SaveOutcome::WrongCode { .. }
                        | SaveOutcome::CodeExpired
                );
                assert!(is_refused, "{what:?}: {saved:?}");
            }
            assert!(!signs_in(&world, riverside, who, "Calm-Harbor-8").await, "{what:?}");
        })
        .await;
    }
}
