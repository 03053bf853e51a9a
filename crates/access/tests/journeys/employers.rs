//! People whom the roster lists only under an employer.

use portico_access::registration::{self, AboutYouOutcome, CreateOutcome, Source, View};
use portico_access::testing::on_both;

use crate::support::*;

#[tokio::test]
async fn an_employers_people_register_on_its_page() {
    on_both(async |world| {
        let evergreen = &world.evergreen;
        let employed = Listed { program: "", employer: "acme", ..ana() };
        let named = |first_name: &str| (format!("W-{first_name}"), first_name.to_owned());
        let (member_id, first_name) = named("Eva");
        let both = Listed { member_id, first_name, employer: "acme", ..ana() };
        let (member_id, first_name) = named("Finn");
        let former = Listed { member_id, first_name, coverage_end: Some("2025-06-14"), ..employed.clone() };
        for listed in [&employed, &both, &former] {
            list(&world, evergreen, listed).await;
        }
        let program = Source::default();
        let acme = Source { employer: Some("acme"), ..Source::default() };
        let bakery = Source { employer: Some("bluebird-bakery"), ..Source::default() };
        for (listed, source, goes_on) in [
            (&employed, program, false),
            (&employed, bakery, false),
            (&employed, acme, true),
            (&both, program, true),
            (&both, acme, true),
            (&both, bakery, false),
            (&former, acme, false),
        ] {
            let outcome = registration::give_about_you(&world.access, evergreen, None, &form(listed), source)
                .await
                .unwrap();
            let went_on = matches!(outcome, AboutYouOutcome::Next { .. });
            assert_eq!(went_on, goes_on, "{} {:?}", listed.first_name, source.employer);
        }

        // To the end, where it is asked once more.
        let given =
            registration::give_about_you(&world.access, evergreen, None, &form(&employed), acme).await;
        let AboutYouOutcome::Next { token, .. } = given.unwrap() else { panic!() };
        let registrant = Registrant { world: world.clone(), organization: evergreen.clone(), token };
        let View::Going(going) = registrant.view().await else { panic!() };
        assert_eq!(going.employer.as_deref(), Some("acme"));
        let code = registrant.code().await;
        registrant.prove(&code).await;
        registrant.choose("ana.acme", "walking42").await;
        assert!(matches!(registrant.create().await, CreateOutcome::Created { .. }));
    })
    .await;
}
