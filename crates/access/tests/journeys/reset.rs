//! Reset with two emails, one person at a time.

use portico_access::accounts as desk;
use portico_access::audit::{Event, Verified, verify};
use portico_access::invite::{InviteOutcome, invite};
use portico_access::new_password::PasswordMistake;
use portico_access::organization::Organization;
use portico_access::registration::{self, View};
use portico_access::reset::{
    self, Barred, LinkPage, LinkToken, Names, ProveOutcome, Purpose, Ready, RequestOutcome, SaveOutcome,
    SendCodeOutcome, Stage,
};
use portico_access::sessions::{self, LookUp, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World, on_both};
use portico_access::{Token, accounts};
use portico_rules::Lang;
use portico_rules::code::CodeProblem;
use portico_rules::email::EmailProblem;
use portico_rules::password::Rule;

use crate::support::*;

const SAM: &str = "sam@riverside.example";
const NEW: &str = "Calm-Harbor-8";

/// One who asks for links and uses them.
pub(crate) struct Reset {
    pub(crate) world: World,
    pub(crate) organization: Organization,
    pub(crate) link: LinkToken,
}

impl Reset {
    /// The first mail has come.
    pub(crate) async fn requested(world: &World, email: &str) -> Self {
        let organization = world.riverside.clone();
        let outcome =
            reset::request(&world.access, &organization, email, Lang::En, "192.0.2.1").await.unwrap();
        assert_eq!(outcome, RequestOutcome::Requested);
        let mail = mail(world).await;
        assert_eq!((mail.subject.as_str(), mail.kind.as_str()), ("Reset your password", "reset_password"));
        Self { world: world.clone(), link: mail.link(&organization), organization }
    }

    /// The second mail has come, and this is its code.
    pub(crate) async fn with_code(world: &World, email: &str) -> (Self, String) {
        let reset = Self::requested(world, email).await;
        let code = reset.code().await;
        (reset, code)
    }

    pub(crate) async fn code(&self) -> String {
        let sent = self.send().await;
        assert!(matches!(sent, SendCodeOutcome::Sent { .. }), "{sent:?}");
        let mail = mail(&self.world).await;
        assert_eq!(mail.subject, "Your security code");
        mail.code()
    }

    pub(crate) async fn send(&self) -> SendCodeOutcome {
        reset::send_code(&self.world.access, &self.organization, &self.link, Lang::En).await.unwrap()
    }

    pub(crate) async fn open(&self) -> LinkPage {
        reset::open_link(&self.world.access, &self.organization, &self.link).await.unwrap()
    }

    pub(crate) async fn stage(&self) -> Stage {
        match self.open().await {
            LinkPage::Ready(ready) => ready.stage,
            page => panic!("{page:?}"),
        }
    }

    pub(crate) async fn prove(&self, code: &str) -> ProveOutcome {
        reset::prove_code(&self.world.access, &self.organization, &self.link, code).await.unwrap()
    }

    pub(crate) async fn save(&self, code: &str, text: &str) -> SaveOutcome {
        let (access, text) = (&self.world.access, password(text));
        reset::save(access, &self.organization, &self.link, code, &text, &text, Lang::En).await.unwrap()
    }

    /// This link, as another browser has it that opened it in the mail.
    pub(crate) fn with(&self, link: &LinkToken) -> Self {
        Self { world: self.world.clone(), organization: self.organization.clone(), link: link.clone() }
    }
}

#[tokio::test]
async fn two_mails_and_a_new_password() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        let id = account(&world, riverside, Someone::SAM).await;
        let signed_in =
            sign_in(access, riverside, SAM, password("Quiet-River-7"), Browser::default()).await.unwrap();
        let SignIn::In { token: session, .. } = signed_in else { panic!() };
        let older = Reset::requested(&world, SAM).await;
        world.advance(MINUTE);
        let reset = Reset::requested(&world, " Sam@Riverside.Example ").await;
        let LinkPage::Ready(ready) = reset.open().await else { panic!() };
        assert_eq!((ready.purpose, ready.stage), (Purpose::Change, Stage::Start));
        assert_eq!(ready.rules.min, 10);
        let code = reset.code().await;
        assert_eq!(reset.stage().await, Stage::CodeSent { until: access.now() + 90 * MINUTE });
        assert_eq!(older.stage().await, Stage::Start, "older links stay good until one is used");

        let outcome = reset.save(&code, NEW).await;
        assert!(matches!(outcome, SaveOutcome::Saved), "{outcome:?}");
        let changed = mail(&world).await;
        assert_eq!((changed.subject.as_str(), changed.to.as_str()), ("Your password was changed", SAM));
        let looked_up = sessions::look_up(access, riverside, &session, Touch::Polling).await.unwrap();
        assert!(matches!(looked_up, LookUp::Ended(sessions::EndReason::PasswordSet)), "{looked_up:?}");
        assert!(
            sessions::living(access, riverside, &id).await.unwrap().is_empty(),
            "never a session from a mail"
        );
        assert_eq!(reset.open().await, LinkPage::Used);
        assert_eq!(older.open().await, LinkPage::Used);
        assert!(matches!(reset.save(&code, "Other-Harbor-9").await, SaveOutcome::Link(LinkPage::Used)));
        assert!(matches!(older.send().await, SendCodeOutcome::Link(LinkPage::Used)));
        assert!(!signs_in(&world, riverside, SAM, "Quiet-River-7").await);
        assert!(signs_in(&world, riverside, SAM, NEW).await);
        assert_eq!(count(&world, riverside, Event::AccountPasswordSet).await, 1);
        assert!(matches!(verify(access, &riverside.id).await.unwrap(), Verified::Whole { .. }));
    })
    .await;
}

#[tokio::test]
async fn opening_a_link_changes_nothing() {
    on_both(async |world: World| {
        account(&world, &world.riverside, Someone::SAM).await;
        let reset = Reset::requested(&world, SAM).await;
        let before = audited(&world, &world.riverside).await;
        for _ in 0..20 {
            assert_eq!(reset.stage().await, Stage::Start);
        }
        assert_eq!(audited(&world, &world.riverside).await, before);
        assert!(mails(&world).await.is_empty());
        let code = reset.code().await;
        for _ in 0..20 {
            assert!(matches!(reset.stage().await, Stage::CodeSent { .. }));
        }
        assert!(mails(&world).await.is_empty());
        assert!(matches!(reset.save(&code, NEW).await, SaveOutcome::Saved));
    })
    .await;
}

#[tokio::test]
async fn every_address_has_one_answer() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        account(&world, riverside, Someone::SAM).await;
        let locked = Someone { email: "locked@riverside.example", ..Someone::SAM };
        account(&world, riverside, locked).await;
        for _ in 0..5 {
            assert!(!signs_in(&world, riverside, locked.email, "guess").await);
        }
        let disabled = Someone { email: "disabled@riverside.example", ..Someone::SAM };
        let id = account(&world, riverside, disabled).await;
        desk::disable(access, riverside, &id, "left").await.unwrap();
        let invited = Someone { email: "invited@riverside.example", password: "", ..Someone::SAM };
        account(&world, riverside, invited).await;
        mails(&world).await;
        world.advance(MINUTE);

        let hashes = access.hasher.counts();
        for email in [SAM, locked.email, disabled.email, invited.email, "nobody@riverside.example"] {
            let before = audited(&world, riverside).await;
            let outcome = reset::request(access, riverside, email, Lang::En, "192.0.2.1").await.unwrap();
            assert_eq!(outcome, RequestOutcome::Requested);
            assert_eq!(audited(&world, riverside).await, before + 1);
            let mail = mail(&world).await;
            let is_nobody = email.starts_with("nobody");
            assert_eq!(mail.subject, if is_nobody { "No account found" } else { "Reset your password" });
            assert_eq!(mail.to, email);
        }
        assert_eq!(access.hasher.counts(), hashes);
        for (entered, problem) in [("", EmailProblem::Missing), ("sam", EmailProblem::NotAnAddress)] {
            let outcome = reset::request(access, riverside, entered, Lang::En, "192.0.2.1").await.unwrap();
            assert_eq!(outcome, RequestOutcome::Problem(problem));
        }
    })
    .await;
}

#[tokio::test]
async fn mails_are_in_the_language_asked_in() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        account(&world, riverside, Someone::SAM).await;
        reset::request(access, riverside, SAM, Lang::Es, "").await.unwrap();
        let first = mail(&world).await;
        assert_ne!(first.subject, "Reset your password");
        reset::send_code(access, riverside, &first.link(riverside), Lang::Es).await.unwrap();
        assert_ne!(mail(&world).await.subject, "Your security code");
    })
    .await;
}

#[tokio::test]
async fn members_recover_another_way() {
    on_both(async |world: World| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        account(&world, evergreen, Someone::MARIA).await;
        let outcome = reset::request(access, evergreen, Someone::MARIA.email, Lang::En, "").await.unwrap();
        assert_eq!(outcome, RequestOutcome::NotOffered);
        assert!(mails(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn link_and_code_live_to_their_moments() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        account(&world, riverside, Someone::SAM).await;
        let (reset, code) = Reset::with_code(&world, SAM).await;
        world.advance(89 * MINUTE);
        assert_eq!(reset.code().await, code, "within its life the same code goes out again");
        world.advance(MINUTE);
        assert_eq!(reset.stage().await, Stage::CodeOver);
        assert!(matches!(reset.prove(&code).await, ProveOutcome::Expired));
        assert!(matches!(reset.save(&code, NEW).await, SaveOutcome::CodeExpired));
        let next = reset.code().await;
        assert_ne!(next, code);
        assert!(matches!(reset.save(&code, NEW).await, SaveOutcome::WrongCode { left: 4 }));

        // The link is good for a day, and no code outlives it.
        world.advance(22 * HOUR + 20 * MINUTE);
        let SendCodeOutcome::Sent { until } = reset.send().await else { panic!() };
        assert_eq!(until, access.now() + 10 * MINUTE);
        let last = mail(&world).await.code();
        world.advance(10 * MINUTE - MICROSECOND);
        assert!(matches!(reset.prove(&last).await, ProveOutcome::Proven { .. }));
        world.advance(MICROSECOND);
        assert_eq!(reset.open().await, LinkPage::Expired { welcome: false });
        assert!(matches!(
            reset.save(&last, NEW).await,
            SaveOutcome::Link(LinkPage::Expired { welcome: false })
        ));
        assert!(matches!(reset.send().await, SendCodeOutcome::Link(LinkPage::Expired { .. })));
        assert!(signs_in(&world, riverside, SAM, "Quiet-River-7").await);
    })
    .await;
}

#[tokio::test]
async fn five_wrong_entries_end_a_code() {
    on_both(async |world: World| {
        account(&world, &world.riverside, Someone::SAM).await;
        let (reset, code) = Reset::with_code(&world, SAM).await;
        let hashes = world.access.hasher.counts();
        assert!(matches!(reset.save("", NEW).await, SaveOutcome::CodeProblem(CodeProblem::Missing)));
        assert!(matches!(
            reset.save("12a", NEW).await,
            SaveOutcome::CodeProblem(CodeProblem::NotEightDigits)
        ));
        for expected in [4, 3, 2, 1] {
            let outcome = reset.save(&another(&code), NEW).await;
            assert!(matches!(outcome, SaveOutcome::WrongCode { left } if left == expected), "{outcome:?}");
        }
        assert!(matches!(reset.save(&another(&code), NEW).await, SaveOutcome::CodeEnded));
        assert!(matches!(reset.save(&code, NEW).await, SaveOutcome::CodeEnded));
        assert_eq!(reset.stage().await, Stage::CodeOver);
        assert_eq!(world.access.hasher.counts(), hashes, "the code is checked before any password is hashed");
        let fresh = reset.code().await;
        assert_ne!(fresh, code);
        assert!(matches!(reset.save(&fresh, NEW).await, SaveOutcome::Saved));
    })
    .await;
}

#[tokio::test]
async fn a_right_code_is_not_asked_for_again() {
    on_both(async |world: World| {
        let access = &world.access;
        account(&world, &world.riverside, Someone::SAM).await;
        let (mut reset, code) = Reset::with_code(&world, SAM).await;
        let in_the_mail = reset.with(&reset.link);
        let hashes = access.hasher.counts().total();
        let SaveOutcome::Password { mistake, token } = reset.save(&code, "quiet").await else { panic!() };
        let length = Rule::Length { min: 10, max: 128 };
        let broken = vec![length, Rule::Digit, Rule::Uppercase, Rule::Symbol];
        assert_eq!(mistake, PasswordMistake::Breaks(broken));
        assert_eq!(access.hasher.counts().total(), hashes);

        // It comes back from the cookie as it went there.
        reset.link = LinkToken::parse(&token.to_text()).unwrap();
        let names = Names {
            first: "Sam".to_owned(),
            last: "Park".to_owned(),
            user_id: String::new(),
            email: "sam@riverside.example".to_owned(),
        };
        assert_eq!(reset.stage().await, Stage::Proven(names));
        assert!(matches!(
            reset.save("", "").await,
            SaveOutcome::Password { mistake: PasswordMistake::Missing, .. }
        ));
        let (one, two) = (password(NEW), password("Calm-Harbor-9"));
        let outcome =
            reset::save(access, &reset.organization, &reset.link, "", &one, &two, Lang::En).await.unwrap();
        assert!(matches!(outcome, SaveOutcome::Password { mistake: PasswordMistake::DoNotMatch, .. }));
        let outcome = reset.save("", "Quiet-River-7").await;
        assert!(matches!(outcome, SaveOutcome::Password { mistake: PasswordMistake::UsedBefore, .. }));

        // Another browser with the link from the mail has to have the code, too.
        assert!(matches!(in_the_mail.stage().await, Stage::CodeSent { .. }));
        assert!(matches!(in_the_mail.save("", NEW).await, SaveOutcome::CodeProblem(CodeProblem::Missing)));
        assert!(matches!(in_the_mail.prove(&code).await, ProveOutcome::Proven { .. }));
        world.advance(90 * MINUTE - MICROSECOND);
        assert!(matches!(reset.stage().await, Stage::Proven(_)));
        assert!(matches!(reset.save("", NEW).await, SaveOutcome::Saved));
    })
    .await;
}

#[tokio::test]
async fn a_proof_is_of_its_link_its_code_and_its_time() {
    on_both(async |world: World| {
        let riverside = &world.riverside;
        account(&world, riverside, Someone::SAM).await;
        let pat = Someone { name: "Pat Lee", email: "pat@riverside.example", ..Someone::SAM };
        account(&world, riverside, pat).await;
        let (sam, code) = Reset::with_code(&world, SAM).await;
        let ProveOutcome::Proven { token: proven } = sam.prove(&code).await else { panic!() };
        let proof = proven.to_text().split_once('.').unwrap().1.to_owned();

        // The code and the proof of one link are none of another: of another account, or of the same.
        for email in [pat.email, SAM] {
            let (other, other_code) = Reset::with_code(&world, email).await;
            assert_ne!(code, other_code);
            assert!(matches!(other.save(&code, NEW).await, SaveOutcome::WrongCode { left: 4 }));
            let forged = LinkToken::parse(&format!("{}.{proof}", &*other.link.to_text())).unwrap();
            let forged = other.with(&forged);
            assert!(matches!(forged.stage().await, Stage::CodeSent { .. }));
            assert!(matches!(forged.save("", NEW).await, SaveOutcome::CodeProblem(_)));
        }

        // The time of a proof is that of a code.
        let proven = sam.with(&proven);
        assert!(matches!(proven.stage().await, Stage::Proven(_)));
        world.advance(90 * MINUTE);
        assert_eq!(proven.stage().await, Stage::CodeOver);
        assert!(matches!(proven.save("", NEW).await, SaveOutcome::CodeProblem(_)));
        // Another code undoes the proof of the one before.
        let next = proven.code().await;
        assert!(matches!(proven.stage().await, Stage::CodeSent { .. }));
        assert!(matches!(proven.save(&next, NEW).await, SaveOutcome::Saved));
    })
    .await;
}

#[tokio::test]
async fn no_step_can_be_skipped() {
    on_both(async |world: World| {
        let riverside = &world.riverside;
        account(&world, riverside, Someone::SAM).await;
        let reset = Reset::requested(&world, SAM).await;
        let (before, hashes) = (audited(&world, riverside).await, world.access.hasher.counts());
        assert!(matches!(reset.prove("12345678").await, ProveOutcome::Expired));
        assert!(matches!(reset.save("12345678", NEW).await, SaveOutcome::CodeExpired));
        assert_eq!(audited(&world, riverside).await, before);
        assert_eq!(world.access.hasher.counts(), hashes);
        assert!(signs_in(&world, riverside, SAM, "Quiet-River-7").await);
    })
    .await;
}

#[tokio::test]
async fn tokens_are_whole_and_of_their_kind_and_place() {
    on_both(async |world: World| {
        let (access, riverside, evergreen) = (&world.access, &world.riverside, &world.evergreen);
        account(&world, riverside, Someone::SAM).await;
        let (reset, code) = Reset::with_code(&world, SAM).await;
        let text = reset.link.to_text().to_string();
        for length in 0..text.len() {
            assert!(LinkToken::parse(&text[..length]).is_none());
        }
        for altered in
            [text.to_uppercase(), format!("{text}."), format!(" {text}"), format!("{text}.{text}.{text}")]
        {
            assert!(LinkToken::parse(&altered).is_none(), "{altered}");
        }
        let swapped = if text.starts_with('a') { "b" } else { "a" };
        let altered = reset.with(&LinkToken::parse(&format!("{swapped}{}", &text[1..])).unwrap());
        assert_eq!(altered.open().await, LinkPage::Unknown);
        assert!(matches!(altered.send().await, SendCodeOutcome::Link(LinkPage::Unknown)));
        assert!(matches!(altered.save(&code, NEW).await, SaveOutcome::Link(LinkPage::Unknown)));

        let elsewhere =
            reset::save(access, evergreen, &reset.link, &code, &password(NEW), &password(NEW), Lang::En)
                .await;
        assert!(matches!(elsewhere.unwrap(), SaveOutcome::Link(LinkPage::Unknown)));
        assert_eq!(reset::open_link(access, evergreen, &reset.link).await.unwrap(), LinkPage::Unknown);

        // A link's token is no session's and no registration's, and theirs are no link's.
        let as_token = Token::parse(&text).unwrap();
        let looked_up = sessions::look_up(access, riverside, &as_token, Touch::Polling).await.unwrap();
        assert!(matches!(looked_up, LookUp::Unknown));
        let view = registration::view(access, evergreen, Some(&as_token)).await.unwrap();
        assert!(matches!(view, View::Elsewhere(_)));
        let signed_in =
            sign_in(access, riverside, SAM, password("Quiet-River-7"), Browser::default()).await.unwrap();
        let SignIn::In { token, .. } = signed_in else { panic!() };
        let session = LinkToken::parse(token.expose()).unwrap();
        assert_eq!(reset.with(&session).open().await, LinkPage::Unknown);
        assert!(!format!("{:?}", reset.link).contains(&text));
    })
    .await;
}

#[tokio::test]
async fn a_lock_kills_what_was_sent_before_and_recovery_lifts_it() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        let id = account(&world, riverside, Someone::SAM).await;
        let (opened, code) = Reset::with_code(&world, SAM).await;
        let ProveOutcome::Proven { token } = opened.prove(&code).await else { panic!() };
        let proven = opened.with(&token);
        world.advance(MINUTE);
        for _ in 0..5 {
            assert!(!signs_in(&world, riverside, SAM, "guess").await);
        }
        assert_eq!(mail(&world).await.kind, "locked");
        for dead in [&opened, &proven] {
            assert_eq!(dead.open().await, LinkPage::Expired { welcome: false });
            assert!(matches!(dead.send().await, SendCodeOutcome::Link(LinkPage::Expired { .. })));
            assert!(matches!(dead.prove(&code).await, ProveOutcome::Link(LinkPage::Expired { .. })));
            assert!(matches!(dead.save(&code, NEW).await, SaveOutcome::Link(LinkPage::Expired { .. })));
        }
        assert!(!signs_in(&world, riverside, SAM, "Quiet-River-7").await);

        world.advance(MINUTE);
        let (reset, code) = Reset::with_code(&world, SAM).await;
        assert!(matches!(reset.save(&code, NEW).await, SaveOutcome::Saved));
        assert!(signs_in(&world, riverside, SAM, NEW).await);
        let shown = accounts::show(access, riverside, &id).await.unwrap().unwrap();
        assert_eq!((shown.state, shown.failures), (accounts::State::Active, 0));
    })
    .await;
}

#[tokio::test]
async fn who_is_barred_learns_it_once_the_link_is_proven() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        let id = account(&world, riverside, Someone::SAM).await;
        world.advance(MINUTE);
        desk::disable(access, riverside, &id, "left").await.unwrap();
        mails(&world).await;
        world.advance(MINUTE);
        let (reset, code) = Reset::with_code(&world, SAM).await;
        assert!(matches!(reset.stage().await, Stage::CodeSent { .. }));
        assert!(matches!(reset.save(&another(&code), NEW).await, SaveOutcome::WrongCode { .. }));
        let hashes = access.hasher.counts();
        assert!(matches!(reset.save(&code, NEW).await, SaveOutcome::Barred(Barred::Disabled)));
        assert!(matches!(reset.prove(&code).await, ProveOutcome::Barred(Barred::Disabled)));
        assert_eq!(access.hasher.counts(), hashes);
        assert_eq!(count(&world, riverside, Event::AccountPasswordSet).await, 0);

        let pat = Someone { email: "pat@riverside.example", ..Someone::SAM };
        account(&world, riverside, pat).await;
        let used = access.now() - MINUTE;
        world.advance(90 * 24 * HOUR - MINUTE);
        let (reset, code) = Reset::with_code(&world, pat.email).await;
        let outcome = reset.save(&code, NEW).await;
        assert!(
            matches!(outcome, SaveOutcome::Barred(Barred::Expired { since }) if since == used + 90 * 24 * HOUR),
            "{outcome:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_last_five_are_refused() {
    on_both(async |world: World| {
        let riverside = &world.riverside;
        account(&world, riverside, Someone::SAM).await;
        let set = async |text: &str| {
            world.advance(HOUR);
            let (reset, code) = Reset::with_code(&world, SAM).await;
            let outcome = reset.save(&code, text).await;
            if matches!(outcome, SaveOutcome::Saved) {
                assert_eq!(mail(&world).await.kind, "password_changed");
            }
            outcome
        };
        for n in 2..=5 {
            assert!(matches!(set(&format!("Quiet-River-{n}")).await, SaveOutcome::Saved));
        }
        let used = |outcome: SaveOutcome| {
            matches!(outcome, SaveOutcome::Password { mistake: PasswordMistake::UsedBefore, .. })
        };
        for n in [7, 2, 3, 4, 5] {
            assert!(used(set(&format!("Quiet-River-{n}")).await), "{n}");
        }
        assert!(matches!(set("Quiet-River-6").await, SaveOutcome::Saved));
        assert!(matches!(set("Quiet-River-7").await, SaveOutcome::Saved), "the sixth last");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_leads_to_the_first_password() {
    on_both(async |world: World| {
        let (access, riverside) = (&world.access, &world.riverside);
        let invited =
            invite(access, riverside, "Lee@Riverside.example", "Lee Chan", "user", Lang::En).await.unwrap();
        let InviteOutcome::Invited { account_id, again: false } = invited else { panic!("{invited:?}") };
        let welcome = mail(&world).await;
        assert_eq!(
            (welcome.subject.as_str(), welcome.to.as_str()),
            ("Welcome to Riverside Clinics", "Lee@Riverside.example")
        );
        let first =
            Reset { world: world.clone(), organization: riverside.clone(), link: welcome.link(riverside) };
        let LinkPage::Ready(ready) = first.open().await else { panic!() };
        let Ready { purpose, stage, .. } = *ready;
        assert_eq!((purpose, stage), (Purpose::First, Stage::Start));
        assert!(!signs_in(&world, riverside, "lee@riverside.example", NEW).await);

        // Too late: it says so, and asking afresh leads to the same place.
        world.advance(72 * HOUR - MICROSECOND);
        assert!(matches!(first.open().await, LinkPage::Ready(_)));
        world.advance(MICROSECOND);
        assert_eq!(first.open().await, LinkPage::Expired { welcome: true });
        let (fresh, code) = Reset::with_code(&world, "lee@riverside.example").await;
        let LinkPage::Ready(ready) = fresh.open().await else { panic!() };
        assert_eq!(ready.purpose, Purpose::First);
        assert!(matches!(fresh.save(&code, NEW).await, SaveOutcome::Saved));
        assert!(signs_in(&world, riverside, "lee@riverside.example", NEW).await);
        let shown = accounts::show(access, riverside, &account_id).await.unwrap().unwrap();
        assert_eq!((shown.state, shown.activated_at), (accounts::State::Active, Some(access.now())));
        assert_eq!(first.open().await, LinkPage::Used);
    })
    .await;
}

#[tokio::test]
async fn links_survive_a_new_key() {
    on_both(async |world: World| {
        account(&world, &world.riverside, Someone::SAM).await;
        let (reset, code) = Reset::with_code(&world, SAM).await;
        let mut keys = (*world.access.keys).clone();
        keys.rotate(&*world.access.randomness);
        let mut world = world.clone();
        world.access.keys = std::sync::Arc::new(keys);
        let reset = Reset { world: world.clone(), ..reset };
        assert_eq!(reset.code().await, code);
        assert!(matches!(reset.save(&code, NEW).await, SaveOutcome::Saved));
        assert!(signs_in(&world, &world.riverside, SAM, NEW).await);
    })
    .await;
}

#[tokio::test]
async fn no_link_or_code_is_kept_in_clear() {
    for database in portico_store::testing::databases().await {
        let world = World::on(&database).await;
        account(&world, &world.riverside, Someone::SAM).await;
        let (reset, code) = Reset::with_code(&world, SAM).await;
        let at_rest = database.at_rest().await;
        for planted in [reset.link.to_text().as_str(), &code, SAM] {
            assert!(!at_rest.contains(planted), "on {}", database.kind());
        }
    }
}
