use portico_access::audit::{self, Event, Verified};
use portico_access::testing::World;
use portico_store::testing::databases;
use serde_json::json;

async fn append(world: &World, count: u32) {
    for number in 0..count {
        let mut unit = world.access.store.begin().await.unwrap();
        let detail = json!({ "number": number });
        audit::append(
            &mut unit,
            &world.access,
            &world.evergreen.id,
            Event::AccountSignedIn,
            Some("a"),
            detail,
        )
        .await
        .unwrap();
        unit.commit().await.unwrap();
    }
}

#[tokio::test]
async fn the_chain_holds_across_a_rotation() {
    for database in databases().await {
        let mut world = World::on(&database).await;
        append(&world, 3).await;
        world.rotate_keys();
        append(&world, 3).await;
        let id = world.evergreen.id.clone();
        assert_eq!(audit::verify(&world.access, &id).await.unwrap(), Verified::Whole { rows: 7 });
        let other = &world.riverside.id;
        assert_eq!(audit::verify(&world.access, other).await.unwrap(), Verified::Whole { rows: 1 });
    }
}

#[tokio::test]
async fn many_at_once_are_one_chain() {
    for database in databases().await {
        let world = World::on(&database).await;
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let world = world.clone();
                tokio::spawn(async move { append(&world, 2).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let id = &world.evergreen.id;
        assert_eq!(audit::verify(&world.access, id).await.unwrap(), Verified::Whole { rows: 33 });
    }
}

#[tokio::test]
async fn tampering_is_found_where_it_was_done() {
    for (tampering, broken) in [
        ("UPDATE audit SET event = 'account.unlocked' WHERE sequence = 3", 3),
        ("UPDATE audit SET at = at + 1 WHERE sequence = 2", 2),
        ("UPDATE audit SET account_id = NULL WHERE sequence = 4", 4),
        ("UPDATE audit SET detail = previous WHERE sequence = 4", 4),
        ("DELETE FROM audit WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 5", 5),
        ("DELETE FROM audit WHERE sequence = 1", 1),
    ] {
        for database in databases().await {
            let world = World::on(&database).await;
            append(&world, 4).await;
            database.execute(tampering).await;
            // The other organization's log has the one row of its beginning.
            let verified = audit::verify(&world.access, &world.evergreen.id).await.unwrap();
            assert_eq!(verified, Verified::Broken { sequence: broken }, "{tampering}");
        }
    }
}

#[tokio::test]
async fn a_unit_that_fails_leaves_no_gap() {
    for database in databases().await {
        let world = World::on(&database).await;
        let id = &world.evergreen.id;
        let mut unit = world.access.store.begin().await.unwrap();
        audit::append(&mut unit, &world.access, id, Event::AccountLocked, None, json!({})).await.unwrap();
        drop(unit);
        append(&world, 1).await;
        assert_eq!(audit::verify(&world.access, id).await.unwrap(), Verified::Whole { rows: 2 });
    }
}
