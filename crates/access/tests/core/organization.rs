use portico_access::organization::{self, Applied};
use portico_access::testing::on_both;
use portico_rules::policy::SecondFactor;

#[tokio::test]
async fn applying_twice_changes_nothing() {
    on_both(async |world| {
        let access = &world.access;
        let mut definition = world.evergreen.definition.clone();
        let Applied { is_new, changes, .. } =
            organization::apply(access, &definition).await.unwrap().unwrap();
        assert!(!is_new && changes.is_empty(), "{changes:?}");
        definition.policy.idle_seconds = Some(600);
        definition.policy.second_factor = Some(SecondFactor::Required);
        definition.name = "Evergreen".to_owned();
        let applied = organization::apply(access, &definition).await.unwrap().unwrap();
        let keys: Vec<_> = applied.changes.iter().map(|change| change.key.as_str()).collect();
        assert_eq!(keys, ["name", "policy.idle_seconds", "policy.second_factor"]);
        assert!(applied.not_yet_in_force.contains(&"second_factor"));
        let warned: Vec<_> = applied.warnings.iter().map(|warning| warning.key).collect();
        assert_eq!(warned, ["questionnaire"]);
        let found = organization::find(access, "evergreen").await.unwrap().unwrap();
        assert_eq!(found.policy.idle_seconds, 600);
        assert_eq!(found.id, world.evergreen.id);
        let again = organization::apply(access, &definition).await.unwrap().unwrap();
        assert!(again.changes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_refused_changes_nothing() {
    on_both(async |world| {
        let access = &world.access;
        let good = &world.evergreen.definition;
        let mut questions = good.clone();
        questions.policy.questionnaire = Some(6);
        let mut nowhere = good.clone();
        nowhere.time_zone = "America/Nowhere".to_owned();
        for (definition, key) in [(questions, "policy.questionnaire"), (nowhere, "time_zone")] {
            let refused = organization::apply(access, &definition).await.unwrap().unwrap_err();
            assert_eq!(refused.key, key);
        }
        let found = organization::find(access, "evergreen").await.unwrap().unwrap();
        assert_eq!(&found.definition, good);
    })
    .await;
}

#[tokio::test]
async fn organizations_are_listed_by_slug() {
    on_both(async |world| {
        let slugs: Vec<_> = organization::list(&world.access)
            .await
            .unwrap()
            .into_iter()
            .map(|organization| organization.definition.slug)
            .collect();
        assert_eq!(slugs, ["evergreen", "riverside"]);
        assert!(organization::find(&world.access, "Evergreen").await.unwrap().is_none());
        let found = organization::lookup(&world.access, &world.riverside.id).await.unwrap().unwrap();
        assert_eq!(found.definition.slug, "riverside");
    })
    .await;
}
