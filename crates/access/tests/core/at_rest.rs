use portico_access::accounts;
use portico_access::email_change::{self, StartOutcome};
use portico_access::roster_import::import;
use portico_access::security_questions::{Change, ChangeOutcome, Chosen, change};
use portico_access::sessions::{LookUp, Touch, look_up};
use portico_access::sign_in::{Browser, SignIn, sign_in};
use portico_access::testing::{Someone, World};
use portico_rules::Lang;
use portico_store::testing::databases;

const ROSTER: &str = "\
member_id,first_name,last_name,date_of_birth,address_line1,address_line2,city,state,postal_code,ssn,email,phone,\
relationship,subscriber_member_id,program
PLANTED-1,Plantedfirst,Plantedlast,1931-07-23,77 Plantedstreet,Unit Plantedunit,Plantedcity,MO,63199,900-77-6655,\
planted@roster.example,555-0177,child,PLANTED-0,healthy-steps
";

/// Values that identify a person, none of which may be found in the database file, its write-ahead log or a dump.
const PLANTED: [&str; 27] = [
    "PLANTED-1",
    "PLANTED-0",
    "Plantedfirst",
    "Plantedlast",
    "1931-07-23",
    "Plantedstreet",
    "Plantedunit",
    "Plantedcity",
    "63199",
    "900-77-6655",
    "900776655",
    "planted@roster.example",
    "555-0177",
    "Planted Account",
    "planted.user",
    "planted@account.example",
    "plantedpass1",
    "planted reason",
    "Plantedwrong2",
    "Someone Planted",
    "planted-unknown",
    "Your account was locked",
    "203.0.113.*",
    "Plantedanswer",
    "plantedanswer",
    "plantedpet",
    "planted-new@account.example",
];

#[tokio::test]
async fn nothing_personal_is_kept_in_clear() {
    for database in databases().await {
        let world = World::on(&database).await;
        let (access, evergreen) = (&world.access, &world.evergreen);
        let today = evergreen.day(access.now());
        let reading = portico_roster::read(ROSTER.as_bytes(), &evergreen.definition, today).unwrap();
        assert!(reading.rejected.is_empty(), "{:?}", reading.rejected);
        import(access, evergreen, &reading, false).await.unwrap();
        let someone = Someone {
            name: "Planted Account",
            user_id: "planted.user",
            email: "planted@account.example",
            password: "plantedpass1",
            person_id: None,
        };
        let id = world.account(evergreen, someone).await;
        let enter = async |user_id: &str, password: &str| {
            let browser = Browser { network: "203.0.113.*".to_owned(), ..Browser::default() };
            sign_in(access, evergreen, user_id, password.into(), browser).await.unwrap()
        };
        let SignIn::In { token, .. } = enter("planted.user", "plantedpass1").await else { panic!() };
        let organization = world.change_policy(evergreen, |policy| policy.security_questions = Some(2)).await;
        let looked_up = look_up(access, evergreen, &token, Touch::Polling).await.unwrap();
        let LookUp::SignedIn(who) = looked_up else { panic!() };
        let chosen = [("book", "Plantedanswer"), ("first_pet", "Planted Pet")];
        let chosen =
            chosen.map(|(question, answer)| Chosen { question: question.to_owned(), answer: answer.into() });
        let form = Change { current: "plantedpass1".into(), chosen: chosen.to_vec() };
        let changed = change(access, &organization, &who, form).await.unwrap();
        assert!(matches!(changed, ChangeOutcome::Changed { .. }), "{changed:?}");
        let to = "planted-new@account.example";
        let started =
            email_change::start(access, evergreen, &who, to, "plantedpass1".into(), Lang::En).await.unwrap();
        assert!(matches!(started, StartOutcome::Sent { .. }), "{started:?}");
        enter("planted-unknown", "Plantedwrong2").await;
        for _ in 0..5 {
            enter("planted.user", "Plantedwrong2").await;
        }
        accounts::unlock(access, evergreen, &id, "planted reason by Someone Planted").await.unwrap();

        let at_rest = database.at_rest().await;
        // The search finds what is there.
        assert!(at_rest.contains("Healthy Steps") && at_rest.contains(&id));
        for planted in PLANTED.iter().copied().chain([token.expose()]) {
            assert!(!at_rest.contains(planted), "{planted} is kept in clear on {}", database.kind());
        }
    }
}
