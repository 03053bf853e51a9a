use portico_access::Token;
use portico_access::accounts::{self, Done, Found, State};
use portico_access::sessions::{self, EndReason, LookUp, Touch};
use portico_access::sign_in::Browser;
use portico_access::testing::{Someone, World, on_both};
use portico_rules::Lang;

async fn state(world: &World, id: &str) -> State {
    accounts::show(&world.access, &world.evergreen, id).await.unwrap().unwrap().state
}

async fn session(world: &World, id: &str) -> Token {
    let mut unit = world.access.store.begin().await.unwrap();
    let token = sessions::open(&mut unit, &world.access, &world.evergreen.id, id, &Browser::default(), "")
        .await
        .unwrap();
    unit.commit().await.unwrap();
    token
}

#[tokio::test]
async fn is_found_by_every_name() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        for who in ["maria.lopez", "MARIA.LOPEZ", "Maria@mail.example", &id] {
            assert_eq!(
                accounts::find(&world.access, evergreen, who).await.unwrap(),
                Found::One(id.clone()),
                "{who}"
            );
            assert_eq!(accounts::find(&world.access, &world.riverside, who).await.unwrap(), Found::Nobody);
        }
        let other = world.account(evergreen, Someone { user_id: "other", ..Someone::MARIA }).await;
        let mut both = vec![id, other];
        both.sort();
        let found = accounts::find(&world.access, evergreen, "maria@mail.example").await.unwrap();
        assert_eq!(found, Found::Several(both));
        assert_eq!(accounts::find(&world.access, evergreen, "").await.unwrap(), Found::Nobody);
    })
    .await;
}

#[tokio::test]
async fn shows_what_is_sealed() {
    on_both(async |world| {
        let id = world.account(&world.evergreen, Someone::MARIA).await;
        let view = accounts::show(&world.access, &world.evergreen, &id).await.unwrap().unwrap();
        assert_eq!(
            (view.name.as_str(), view.user_id.as_deref(), view.email.as_deref(), view.state),
            ("Maria Lopez", Some("maria.lopez"), Some("maria@mail.example"), State::Active)
        );
        assert!(accounts::show(&world.access, &world.riverside, &id).await.unwrap().is_none());
        let invited = world
            .account(&world.evergreen, Someone { user_id: "new.one", password: "", ..Someone::MARIA })
            .await;
        assert_eq!(state(&world, &invited).await, State::Invited);
    })
    .await;
}

#[tokio::test]
async fn mails_are_written_in_the_language_that_was_set_last() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let id = world.account(evergreen, Someone::MARIA).await;
        let set = async |language| accounts::set_language(access, evergreen, &id, language).await.unwrap();
        assert_eq!(set(Lang::Es).await, Done::Changed);
        assert_eq!(set(Lang::Es).await, Done::AlreadySo);
        let elsewhere = accounts::set_language(access, &world.riverside, &id, Lang::En).await.unwrap();
        assert_eq!(elsewhere, Done::NoSuchAccount);
        assert_eq!(accounts::show(access, evergreen, &id).await.unwrap().unwrap().language, "es");
    })
    .await;
}

#[tokio::test]
async fn disabling_ends_the_sessions_and_is_done_once() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let id = world.account(evergreen, Someone::MARIA).await;
        let token = session(&world, &id).await;
        assert_eq!(accounts::disable(access, evergreen, &id, "left").await.unwrap(), Done::Changed);
        assert_eq!(accounts::disable(access, evergreen, &id, "left").await.unwrap(), Done::AlreadySo);
        assert!(matches!(state(&world, &id).await, State::Disabled { .. }));
        let found = sessions::look_up(access, evergreen, &token, Touch::Activity).await.unwrap();
        assert!(matches!(found, LookUp::Ended(EndReason::Barred)));
        assert_eq!(accounts::reactivate(access, evergreen, &id, "back").await.unwrap(), Done::Changed);
        assert_eq!(accounts::reactivate(access, evergreen, &id, "back").await.unwrap(), Done::AlreadySo);
        assert_eq!(state(&world, &id).await, State::Active);
        let subjects: Vec<_> = world.mails().await.into_iter().map(|mail| (mail.subject, mail.to)).collect();
        let to = || "maria@mail.example".to_owned();
        assert_eq!(
            subjects,
            [
                ("Your account was reactivated".to_owned(), to()),
                ("Your account was disabled".to_owned(), to())
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn ending_sessions_ends_them_all() {
    on_both(async |world| {
        let (access, evergreen) = (&world.access, &world.evergreen);
        let id = world.account(evergreen, Someone::MARIA).await;
        assert_eq!(
            accounts::end_sessions(access, evergreen, &id, "lost phone").await.unwrap(),
            Done::AlreadySo
        );
        let tokens = [session(&world, &id).await, session(&world, &id).await];
        assert_eq!(
            accounts::end_sessions(access, evergreen, &id, "lost phone").await.unwrap(),
            Done::Changed
        );
        for token in tokens {
            let found = sessions::look_up(access, evergreen, &token, Touch::Activity).await.unwrap();
            assert!(matches!(found, LookUp::Ended(EndReason::EndedByDesk)));
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_changed_from_another_organization() {
    on_both(async |world| {
        let (access, riverside) = (&world.access, &world.riverside);
        let id = world.account(&world.evergreen, Someone::MARIA).await;
        session(&world, &id).await;
        for done in [
            accounts::unlock(access, riverside, &id, "x").await,
            accounts::disable(access, riverside, &id, "x").await,
            accounts::reactivate(access, riverside, &id, "x").await,
            accounts::end_sessions(access, riverside, &id, "x").await,
        ] {
            assert_eq!(done.unwrap(), Done::NoSuchAccount);
        }
        let view = accounts::show(access, &world.evergreen, &id).await.unwrap().unwrap();
        assert_eq!((view.state, view.sessions), (State::Active, 1));
        assert!(world.mails().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn unlocking_what_is_not_locked_changes_nothing() {
    on_both(async |world| {
        let id = world.account(&world.evergreen, Someone::MARIA).await;
        let done = accounts::unlock(&world.access, &world.evergreen, &id, "x").await.unwrap();
        assert_eq!(done, Done::AlreadySo);
        assert!(world.mails().await.is_empty());
    })
    .await;
}
