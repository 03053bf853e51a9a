//! New sign-ins are told, and "this was not me" is the way out.

use jiff::SignedDuration;
use portico_access::audit::Event;
use portico_access::disavowal::{self, LINK, NotMe};
use portico_access::email_change::{self, ProveOutcome, StartOutcome};
use portico_access::known_browsers::Known;
use portico_access::organization::Organization;
use portico_access::reset::{self, LinkPage, SaveOutcome, SendCodeOutcome};
use portico_access::sessions::{self, EndReason, LookUp, SignedIn, Touch};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World, on_both};
use portico_access::{Token, accounts};
use portico_rules::Lang;
use portico_store::disavowals::find_by_token;
use portico_store::testing::databases;

use crate::support::{
    MICROSECOND, MINUTE, Mail, account, count, every_mail, mail, mails, password, signed_in, signs_in,
};

const SAM: Someone<'static> = Someone::SAM;
/// A mailbox of somebody who knows Sam's password.
const THIEF: &str = "thief@elsewhere.example";
const TEN_DAYS: SignedDuration = SignedDuration::from_hours(240);

/// Signs Sam in, in a browser that the account knows or not: what it is known by, and the session.
async fn enter(world: &World, known: &Known, language: Option<Lang>) -> (Known, Token) {
    let browser = Browser {
        label: "Firefox on Windows".to_owned(),
        network: "203.0.113.*".to_owned(),
        known: known.clone(),
        language,
        ..Browser::default()
    };
    let outcome = sign_in(&world.access, &world.riverside, SAM.email, password(SAM.password), browser).await;
    let SignIn::In { token, known_browser, .. } = outcome.unwrap() else { panic!("not signed in") };
    (known.with(&known_browser), token)
}

async fn look(world: &World, token: &Token) -> LookUp {
    sessions::look_up(&world.access, &world.riverside, token, Touch::Polling).await.unwrap()
}

/// The token of the way out, whose link is alone on its line and the first of the mail.
fn way_out(mail: &Mail, organization: &Organization) -> Token {
    let before = format!("https://portal.example/o/{}{LINK}", organization.definition.slug);
    let links: Vec<_> = mail.text.lines().filter(|line| line.contains("://")).collect();
    assert_eq!(links.len(), 1, "{}", mail.text);
    Token::parse(links[0].trim().strip_prefix(&before).expect("the way out")).expect("a token")
}

/// The one mail since the last time this was asked.
async fn one(world: &World) -> Mail {
    let mut mails = every_mail(world).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    mails.remove(0)
}

/// A mail about a sign-in with a second browser, and the link in it.
async fn told(world: &World) -> Token {
    account(world, &world.riverside, SAM).await;
    enter(world, &Known::default(), None).await;
    enter(world, &Known::default(), None).await;
    way_out(&one(world).await, &world.riverside)
}

#[tokio::test]
async fn a_browser_that_signs_in_for_the_first_time_is_told_of() {
    on_both(async |world| {
        account(&world, &world.riverside, SAM).await;
        let (home, _) = enter(&world, &Known::default(), None).await;
        enter(&world, &home, None).await;
        assert!(every_mail(&world).await.is_empty(), "not the first one of all, nor one that is known");
        let (phone, _) = enter(&world, &Known::default(), None).await;
        let told = one(&world).await;
        assert_eq!((told.subject.as_str(), told.to.as_str()), ("New sign-in", SAM.email));
        // The clock of the test stands a minute after noon in UTC.
        for fact in ["5:01 AM PDT on June 15, 2025", "Firefox on Windows", "203.0.113.*"] {
            assert!(told.text.contains(fact), "{}", told.text);
        }
        way_out(&told, &world.riverside);
        enter(&world, &phone, None).await;
        enter(&world, &home, None).await;
        assert!(every_mail(&world).await.is_empty());
        enter(&world, &Known::default(), Some(Lang::Es)).await;
        let told = one(&world).await;
        assert_eq!(told.subject, "Nuevo inicio de sesión");
        assert!(told.text.contains("Firefox en Windows"), "{}", told.text);
    })
    .await;
}

#[tokio::test]
async fn who_says_so_locks_signs_out_and_recovers() {
    on_both(async |world| {
        let (access, riverside) = (&world.access, &world.riverside);
        let id = account(&world, riverside, SAM).await;
        let (home, session) = enter(&world, &Known::default(), None).await;
        let (_, thiefs) = enter(&world, &Known::default(), None).await;
        let link = way_out(&one(&world).await, riverside);
        reset::request(access, riverside, SAM.email, Lang::En, "192.0.2.1").await.unwrap();
        let before = mail(&world).await.link(riverside);
        world.advance(MINUTE);

        assert_eq!(disavowal::open(access, riverside, &link).await.unwrap(), NotMe::Ready);
        assert!(matches!(look(&world, &session).await, LookUp::SignedIn(_)), "opening it changes nothing");
        assert_eq!(disavowal::by_link(access, riverside, &link, Lang::En).await.unwrap(), NotMe::Ready);
        for token in [&session, &thiefs] {
            let found = look(&world, token).await;
            assert!(matches!(found, LookUp::Ended(EndReason::Disavowed)), "{found:?}");
        }
        let told = mail(&world).await;
        assert_eq!(told.subject, "Your account was locked");
        assert!(told.text.contains("https://portal.example/o/riverside/reset-password\n"), "{}", told.text);
        assert_eq!(count(&world, riverside, Event::AccountDisavowed).await, 1);
        let page = reset::open_link(access, riverside, &before).await.unwrap();
        assert_eq!(page, LinkPage::Expired { welcome: false }, "sent before");
        let view = accounts::show(access, riverside, &id).await.unwrap().unwrap();
        assert!(matches!(view.state, accounts::State::Locked { until: None, .. }), "{view:?}");
        let browser = Browser { known: home, ..Browser::default() };
        let outcome = sign_in(access, riverside, SAM.email, password(SAM.password), browser).await.unwrap();
        assert!(matches!(outcome, SignIn::Refused), "no browser is known any more");
        assert_eq!(disavowal::by_link(access, riverside, &link, Lang::En).await.unwrap(), NotMe::Used);

        world.advance(MINUTE);
        reset::request(access, riverside, SAM.email, Lang::En, "192.0.2.1").await.unwrap();
        let link = mail(&world).await.link(riverside);
        let sent = reset::send_code(access, riverside, &link, Lang::En).await.unwrap();
        assert!(matches!(sent, SendCodeOutcome::Sent { .. }));
        let (code, new) = (mail(&world).await.code(), password("Quiet-River-8"));
        let outcome = reset::save(access, riverside, &link, &code, &new, &new, Lang::En).await.unwrap();
        assert!(matches!(outcome, SaveOutcome::Saved), "{outcome:?}");
        assert!(signs_in(&world, riverside, SAM.email, "Quiet-River-8").await);
        let told: Vec<_> = mails(&world).await;
        let changed = told.iter().find(|mail| mail.kind == "password_changed").expect("a mail");
        let next = way_out(changed, riverside);
        assert_eq!(disavowal::open(access, riverside, &next).await.unwrap(), NotMe::Ready);
    })
    .await;
}

/// A lock of `modern` that time would lift is one that it does not, once the owner said so.
#[tokio::test]
async fn no_time_lifts_what_the_owner_locked() {
    on_both(async |world| {
        let growing = world.change_policy(&world.riverside, |policy| policy.lockout_minutes = Some(15)).await;
        let link = told(&world).await;
        disavowal::by_link(&world.access, &growing, &link, Lang::En).await.unwrap();
        world.advance(SignedDuration::from_hours(24 * 365));
        let lasting = world.change_policy(&growing, |policy| policy.expire_days = Some(0)).await;
        assert!(!signs_in(&world, &lasting, SAM.email, SAM.password).await);
    })
    .await;
}

#[tokio::test]
async fn a_link_is_good_for_ten_days_and_for_its_organization() {
    on_both(async |world| {
        let (access, riverside) = (&world.access, &world.riverside);
        let link = told(&world).await;
        let open = async |organization: &Organization, token: &Token| {
            let opened = disavowal::open(access, organization, token).await.unwrap();
            if opened != NotMe::Ready {
                let done = disavowal::by_link(access, organization, token, Lang::En).await.unwrap();
                assert_eq!(done, opened);
            }
            opened
        };
        assert_eq!(open(&world.evergreen, &link).await, NotMe::Unknown);
        assert_eq!(open(riverside, &Token::new(&*access.randomness)).await, NotMe::Unknown);
        world.advance(TEN_DAYS - MICROSECOND);
        assert_eq!(open(riverside, &link).await, NotMe::Ready);
        world.advance(MICROSECOND);
        assert_eq!(open(riverside, &link).await, NotMe::Expired);
        assert_eq!(count(&world, riverside, Event::AccountDisavowed).await, 0);
        assert!(signs_in(&world, riverside, SAM.email, SAM.password).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_presses_of_many_links_one_counts() {
    on_both(async |world| {
        let riverside = &world.riverside;
        account(&world, riverside, SAM).await;
        enter(&world, &Known::default(), None).await;
        for _ in 0..4 {
            enter(&world, &Known::default(), None).await;
        }
        let links: Vec<_> = every_mail(&world).await.iter().map(|mail| way_out(mail, riverside)).collect();
        let presses: Vec<_> = (0..32)
            .map(|number| {
                let (world, link) = (world.clone(), links[number % links.len()].clone());
                tokio::spawn(async move {
                    let (access, riverside) = (&world.access, &world.riverside);
                    disavowal::by_link(access, riverside, &link, Lang::En).await.unwrap()
                })
            })
            .collect();
        let mut ready = 0;
        for press in presses {
            match press.await.unwrap() {
                NotMe::Ready => ready += 1,
                other => assert_eq!(other, NotMe::Used),
            }
        }
        assert_eq!(ready, 1);
        assert_eq!(mail(&world).await.subject, "Your account was locked");
        assert_eq!(count(&world, riverside, Event::AccountDisavowed).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_signed_in_person_says_it_too() {
    on_both(async |world| {
        let (access, riverside) = (&world.access, &world.riverside);
        account(&world, riverside, SAM).await;
        let (_, session) = enter(&world, &Known::default(), None).await;
        let (_, elsewhere) = enter(&world, &Known::default(), None).await;
        let link = way_out(&one(&world).await, riverside);
        let LookUp::SignedIn(signed_in) = look(&world, &session).await else { panic!("no session") };
        let signed_in: SignedIn = signed_in;
        assert!(disavowal::by_owner(access, riverside, &signed_in, Lang::Es).await.unwrap());
        for token in [&session, &elsewhere] {
            assert!(matches!(look(&world, token).await, LookUp::Ended(EndReason::Disavowed)));
        }
        assert_eq!(mail(&world).await.subject, "Su cuenta fue bloqueada");
        assert_eq!(disavowal::open(access, riverside, &link).await.unwrap(), NotMe::Used, "it is done");
        assert!(!signs_in(&world, riverside, SAM.email, SAM.password).await);
    })
    .await;
}

/// A thief signs in as Sam and gives the account another address. Their session; the way out that Sam got at the sign-in
/// and the one at the change.
async fn stolen(world: &World) -> (SignedIn, [Token; 2]) {
    let (access, riverside) = (&world.access, &world.riverside);
    account(world, riverside, SAM).await;
    enter(world, &Known::default(), None).await;
    let (_, thief) = signed_in(world, riverside, SAM.email, SAM.password).await;
    let earlier = way_out(&one(world).await, riverside);
    world.advance(MINUTE);
    let current = password(SAM.password);
    let asked = email_change::start(access, riverside, &thief, THIEF, current, Lang::En).await.unwrap();
    assert!(matches!(asked, StartOutcome::Sent { .. }), "{asked:?}");
    let code = mail(world).await.code();
    let proven = email_change::prove(access, riverside, &thief, &code).await.unwrap();
    assert_eq!(proven, ProveOutcome::Changed);
    let told = every_mail(world).await;
    let to = |address: &str| told.iter().find(|mail| mail.to == address).expect("both are told");
    assert!(!to(THIEF).text.contains("://"), "no way out for the thief: {}", to(THIEF).text);
    let at_the_change = way_out(to(SAM.email), riverside);
    world.advance(MINUTE);
    (thief, [earlier, at_the_change])
}

/// Whom a mail to recover the account of an address goes to, and its kind.
async fn recovery(world: &World, address: &str) -> (String, String) {
    reset::request(&world.access, &world.riverside, address, Lang::En, "192.0.2.1").await.unwrap();
    let sent = mail(world).await;
    (sent.to, sent.kind)
}

fn sent(to: &str, kind: &str) -> (String, String) {
    (to.to_owned(), kind.to_owned())
}

#[tokio::test]
async fn a_changed_address_comes_back() {
    for pressed in 0..2 {
        on_both(async |world| {
            let (access, riverside) = (&world.access, &world.riverside);
            let (thief, links) = stolen(&world).await;
            // What the thief does meanwhile, with a way out of their own, takes none from Sam.
            signed_in(&world, riverside, THIEF, SAM.password).await;
            let thiefs = way_out(&one(&world).await, riverside);
            assert!(disavowal::by_owner(access, riverside, &thief, Lang::En).await.unwrap());
            assert_eq!(mail(&world).await.to, THIEF);
            assert_eq!(disavowal::open(access, riverside, &thiefs).await.unwrap(), NotMe::Used);
            assert_eq!(recovery(&world, THIEF).await, sent(THIEF, "reset_password"));
            world.advance(MINUTE);

            let link = &links[pressed];
            assert_eq!(disavowal::by_link(access, riverside, link, Lang::En).await.unwrap(), NotMe::Ready);
            let told = mail(&world).await;
            assert_eq!((told.to.as_str(), told.kind.as_str()), (SAM.email, "locked"));
            for link in &links {
                assert_eq!(disavowal::open(access, riverside, link).await.unwrap(), NotMe::Used);
            }
            world.advance(MINUTE);
            assert_eq!(recovery(&world, THIEF).await, sent(THIEF, "no_account_found"));
            assert_eq!(recovery(&world, SAM.email).await, sent(SAM.email, "reset_password"));
            assert_eq!(count(&world, riverside, Event::AccountDisavowed).await, 2);
        })
        .await;
    }
}

/// What the thief was sent at their own address cannot bring that back.
#[tokio::test]
async fn a_thiefs_way_out_ends_with_the_owners() {
    on_both(async |world| {
        let (access, riverside) = (&world.access, &world.riverside);
        let (_, [_, link]) = stolen(&world).await;
        signed_in(&world, riverside, THIEF, SAM.password).await;
        let thiefs = way_out(&one(&world).await, riverside);
        assert_eq!(disavowal::by_link(access, riverside, &link, Lang::En).await.unwrap(), NotMe::Ready);
        assert_eq!(disavowal::by_link(access, riverside, &thiefs, Lang::En).await.unwrap(), NotMe::Used);
        assert_eq!(mail(&world).await.to, SAM.email);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_anothers_by_now_stays_theirs_and_the_account_is_locked() {
    on_both(async |world| {
        let (access, riverside) = (&world.access, &world.riverside);
        let (thief, [_, link]) = stolen(&world).await;
        let other = Someone { name: "Kim Vale", ..SAM };
        account(&world, riverside, other).await;
        assert_eq!(disavowal::by_link(access, riverside, &link, Lang::En).await.unwrap(), NotMe::Ready);
        let view = accounts::show(access, riverside, &thief.account_id).await.unwrap().unwrap();
        assert!(matches!(view.state, accounts::State::Locked { until: None, .. }), "{view:?}");
        assert_eq!(mail(&world).await.to, THIEF);
        assert!(signs_in(&world, riverside, SAM.email, SAM.password).await, "the other is not locked");
    })
    .await;
}

/// Used or ended, a link keeps no address.
#[tokio::test]
async fn a_used_link_keeps_no_address() {
    for database in databases().await {
        let world = World::on(&database).await;
        let (_, [_, link]) = stolen(&world).await;
        let kept = async || {
            let mut unit = world.access.store.read().await.unwrap();
            let hash = world.access.keys.token_hash("this was not me", &link);
            let found = find_by_token(&mut unit, &world.riverside.id, &hash).await.unwrap().unwrap();
            found.email.is_some()
        };
        assert!(kept().await);
        disavowal::by_link(&world.access, &world.riverside, &link, Lang::En).await.unwrap();
        assert!(!kept().await);
    }
}

#[tokio::test]
async fn no_link_is_kept_in_clear() {
    for database in databases().await {
        let world = World::on(&database).await;
        let link = told(&world).await;
        assert!(!database.at_rest().await.contains(link.expose()), "{}", database.kind());
    }
}
