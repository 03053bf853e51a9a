use portico_access::passwords::{self, Preparation};
use portico_access::testing::{Someone, World, on_both};
use portico_access::{Hasher, Parameters, SystemRandomness, organization::Organization};
use portico_rules::policy::History;

async fn change(world: &World, organization: &Organization, id: &str, password: &str) -> bool {
    let policy = &organization.policy;
    let prepared =
        passwords::prepare(&world.access, policy, &organization.id, id, &password.into()).await.unwrap();
    let Preparation::Ready(prepared) = prepared else {
        return false;
    };
    let mut unit = world.access.store.begin().await.unwrap();
    let now = world.access.now();
    assert!(passwords::set(&mut unit, policy, &organization.id, id, &prepared, now).await.unwrap());
    unit.commit().await.unwrap();
    true
}

#[tokio::test]
async fn staff_may_not_use_their_last_five() {
    on_both(async |world| {
        let riverside = &world.riverside;
        assert_eq!(riverside.policy.password_history, History::Last(5));
        let id = world.account(riverside, Someone::SAM).await;
        assert!(!change(&world, riverside, &id, "Quiet-River-7").await, "the current one counts");
        for number in 1..=4 {
            assert!(change(&world, riverside, &id, &format!("Password-{number}")).await);
            assert!(!change(&world, riverside, &id, "Quiet-River-7").await, "one of the last five");
        }
        assert!(change(&world, riverside, &id, "Password-5").await);
        for number in 1..=5 {
            assert!(!change(&world, riverside, &id, &format!("Password-{number}")).await);
        }
        assert!(change(&world, riverside, &id, "Quiet-River-7").await, "the sixth last");
        assert!(change(&world, riverside, &id, "quiet-river-7").await, "another case is another password");
    })
    .await;
}

#[tokio::test]
async fn members_may_not_use_any_earlier_one() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        assert_eq!(evergreen.policy.password_history, History::All);
        let id = world.account(evergreen, Someone::MARIA).await;
        for number in 0..12 {
            assert!(change(&world, evergreen, &id, &format!("walking{number}")).await);
        }
        for password in ["walking42", "walking0", "walking5", "walking11"] {
            assert!(!change(&world, evergreen, &id, password).await, "{password}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_deep_history_costs_one_hash() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let id = world.account(evergreen, Someone::MARIA).await;
        for number in 0..10 {
            change(&world, evergreen, &id, &format!("walking{number}")).await;
        }
        let before = world.access.hasher.counts().total();
        assert!(!change(&world, evergreen, &id, "walking3").await);
        assert_eq!(world.access.hasher.counts().total() - before, 1);
        assert!(change(&world, evergreen, &id, "running1").await);
        assert_eq!(world.access.hasher.counts().total() - before, 3, "one more to compare, one to keep");
    })
    .await;
}

#[tokio::test]
async fn a_history_outlives_a_change_of_parameters() {
    on_both(async |mut world| {
        let evergreen = world.evergreen.clone();
        let id = world.account(&evergreen, Someone::MARIA).await;
        world.access.hasher = Hasher::new(Parameters::default(), &SystemRandomness);
        assert!(!change(&world, &evergreen, &id, "walking42").await);
        assert!(change(&world, &evergreen, &id, "walking43").await);
        assert!(!change(&world, &evergreen, &id, "walking42").await);
        assert!(!change(&world, &evergreen, &id, "walking43").await);
    })
    .await;
}
