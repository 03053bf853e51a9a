//! The program, killed at random moments while people register, are invited and reset their passwords, and started
//! again: whatever the kill cut off has happened or not, and is whole.
//!
//! It takes a release build and two minutes, so only `scripts/test kill` runs it. `PORTICO_PROGRAM` names another build,
//! `PORTICO_KILL_SEED` repeats the choices of a run that failed, though not the moments at which they came.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test whose helper fails has failed")]

#[path = "../portal/answer.rs"]
mod answer;
mod browser;
mod invariants;
mod mails;
mod people;
#[path = "../operate/process.rs"]
#[expect(dead_code, reason = "half of it is for the tests of the command line")]
mod process;

use browser::{PUBLIC_URL, Portal};
use invariants::INVARIANTS;
use people::{Told, World};
use portico_access::{Access, Hasher, Parameters, SystemClock, audit, organization};
use portico_mail::testing::Server as MailServer;
use portico_store::{
    Store,
    environment::{Randomness, SeededRandomness, SystemRandomness},
    keys::Keys,
    testing::{TestDatabase, databases},
};
use process::Machine;
use std::{
    fmt,
    ops::{AddAssign, Range},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    task::{JoinSet, block_in_place},
    time::{Instant, sleep, timeout},
};

/// How often the server is killed, over all databases.
const KILLS: usize = 60;

/// How much has to be done on each database before the killing ends; a slow machine is killed more often for it.
const LEAST: usize = 10;

/// How many people are on the roster: more than can register meanwhile.
const PEOPLE: usize = 2_000;

/// How many register at once, and how many work at the clinic.
const AT_ONCE: usize = 6;

/// How long a server is left alone before the killer takes aim, in milliseconds.
const LIFE: Range<u64> = 20..1_200;

/// How long anything may take that nobody disturbs.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two minutes, and meant for a release build: scripts/test kill"]
async fn a_killed_server_leaves_nothing_half_done() {
    let chance = Chance::new();
    let began = Instant::now();
    let databases = databases().await;
    let mut figures = Figures::default();
    for database in &databases {
        figures += trial(database, KILLS.div_ceil(databases.len()), &chance).await;
    }
    println!("{figures}, {} s", began.elapsed().as_secs());
}

/// What there was.
#[derive(Default)]
struct Figures {
    kills: usize,
    cut: usize,
    registrations: usize,
    resets: usize,
    mails: usize,
    doubles: usize,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.kills += other.kills;
        self.cut += other.cut;
        self.registrations += other.registrations;
        self.resets += other.resets;
        self.mails += other.mails;
        self.doubles += other.doubles;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, cut, registrations, resets, mails, doubles } = self;
        write!(
            f,
            "{kills} kills, {cut} answers cut off, {registrations} registrations, {resets} resets, \
             {mails} mails, {doubles} delivered twice"
        )
    }
}

/// Repeatable choices.
struct Chance(SeededRandomness);

impl Chance {
    fn new() -> Self {
        let seed = std::env::var("PORTICO_KILL_SEED").map_or_else(
            |_| {
                let mut seed = [0; 8];
                SystemRandomness.fill(&mut seed);
                u64::from_be_bytes(seed)
            },
            |seed| seed.parse().expect("PORTICO_KILL_SEED is a number"),
        );
        println!("PORTICO_KILL_SEED={seed}");
        Self(SeededRandomness::new(seed))
    }

    fn one_of(&self, range: Range<u64>) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        range.start + u64::from_be_bytes(bytes) % (range.end - range.start)
    }

    async fn pause(&self, milliseconds: Range<u64>) {
        sleep(Duration::from_millis(self.one_of(milliseconds))).await;
    }

    /// Returns when it is time to kill: at any moment, just when a mail was taken, or while a form is being decided.
    async fn take_aim(&self, mail: &MailServer, deciding: &Notify) {
        self.pause(LIFE).await;
        let second = Duration::from_secs(1);
        // If nothing of the kind happens, any moment is as good.
        match self.one_of(0..3) {
            0 => {}
            1 => {
                let _nothing_came = timeout(second, mail.arrival()).await;
                self.pause(0..6).await;
            }
            _ => {
                let _nothing_came = timeout(second, deciding.notified()).await;
                self.pause(0..80).await;
            }
        }
    }
}

/// Kills and restarts a server on one database, and looks at what is there.
async fn trial(database: &TestDatabase, kills: usize, chance: &Chance) -> Figures {
    // Nobody but the server has the database, as on a real machine: what a kill leaves is for the next start to mend.
    database.store.close().await;
    let mail = MailServer::start().await;
    let machine = Arc::new(block_in_place(|| furnished(database, &mail)));
    let (listens, address) = watch::channel(String::new());
    let portal = Portal { address, deciding: Arc::default(), cut: Arc::default() };
    let world = World {
        portal: portal.clone(),
        mail: mail.clone(),
        machine: machine.clone(),
        closing: Arc::new(AtomicBool::new(false)),
        members: Arc::default(),
        staff: Arc::default(),
        told: Arc::new(Mutex::new(Vec::new())),
        resets: Arc::default(),
    };

    // The connections to the mail server that were made before each kill.
    let mut deaths = Vec::new();
    let mut people = JoinSet::new();
    let mut server = block_in_place(|| machine.serve());
    listens.send_replace(server.address.clone());
    for _ in 0..AT_ONCE {
        people.spawn(people::register(world.clone(), PEOPLE));
        people.spawn(people::work(world.clone()));
    }
    let is_put_to_the_test = || {
        let resets = world.resets.load(Ordering::Relaxed);
        world.told.lock().unwrap().len() >= LEAST && resets >= LEAST
    };
    while deaths.len() < kills || !is_put_to_the_test() {
        tokio::select! {
            () = chance.take_aim(&mail, &portal.deciding) => {}
            Some(ended) = people.join_next() => {
                ended.unwrap();
                panic!("somebody stopped while there was more to do");
            }
        }
        block_in_place(|| server.stop("-KILL"));
        deaths.push(mail.connections());
        server = block_in_place(|| machine.serve());
        listens.send_replace(server.address.clone());
        invariants::hold(database).await;
    }

    world.closing.store(true, Ordering::Relaxed);
    let ended = timeout(PATIENCE, async {
        while let Some(ended) = people.join_next().await {
            ended.unwrap();
        }
    });
    ended.await.expect("everybody gets done once nobody kills the server");
    let told = std::mem::take(&mut *world.told.lock().unwrap());
    for told in &told {
        world.sign_in(told).await;
    }
    let delivered = timeout(PATIENCE, async {
        while !database.ask(invariants::UNDELIVERED).await.is_empty() {
            sleep(Duration::from_millis(100)).await;
        }
    });
    delivered.await.expect("every mail of a committed change is delivered");
    let (status, _) = block_in_place(|| server.stop("-TERM"));
    assert!(status.success(), "{status}");

    invariants::hold(database).await;
    logs_are_whole(database, &machine).await;
    let doubles = mails::explain(&mail.received(), &database.ask(mails::WRITTEN).await, &deaths);
    planted_damage_is_found(database).await;

    let registrations = told.iter().filter(|told: &&Told| told.organization == "evergreen").count();
    let figures = Figures {
        kills: deaths.len(),
        cut: portal.cut.load(Ordering::Relaxed),
        registrations,
        resets: world.resets.load(Ordering::Relaxed),
        mails: mail.received().len() - doubles,
        doubles,
    };
    println!("{}: {figures}", database.kind());
    assert!(registrations > 0 && figures.cut > 0, "nothing was put to the test: {figures}");
    figures
}

/// A machine with everything that the server needs, two organizations and a roster.
fn furnished(database: &TestDatabase, mail: &MailServer) -> Machine {
    let machine = Machine::new()
        .set("PORTICO_KEYS_FILE", "keys")
        .set("PORTICO_PUBLIC_URL", PUBLIC_URL)
        .set("PORTICO_LISTEN", "127.0.0.1:0")
        .set("PORTICO_DATABASE_URL", database.url())
        .set("PORTICO_MAIL_URL", &mail.clear_url())
        .set("PORTICO_MAIL_FROM", "portal@example.org");
    // The questionnaire is answered by those who know their own facts; here it would only be in the way.
    let evergreen = include_str!("../../demo/evergreen.toml");
    machine.write("evergreen.toml", &evergreen.replace("[policy]", "[policy]\nquestionnaire = 0"));
    machine.write("riverside.toml", include_str!("../../demo/riverside.toml"));
    machine.write("people.csv", &people::roster(PEOPLE));
    machine.done(&["keys", "new"]);
    machine.done(&["organization", "apply", "evergreen.toml"]);
    machine.done(&["organization", "apply", "riverside.toml"]);
    machine.done(&["roster", "import", "--organization", "evergreen", "people.csv"]);
    machine
}

/// No row of an audit log is missing or changed.
async fn logs_are_whole(database: &TestDatabase, machine: &Machine) {
    let keys = std::fs::read_to_string(machine.path().join("keys")).unwrap();
    let randomness = Arc::new(SystemRandomness);
    let access = Access {
        store: Store::open(database.url()).await.unwrap(),
        keys: Arc::new(Keys::parse(&keys).unwrap()),
        clock: Arc::new(SystemClock),
        hasher: Hasher::new(Parameters::for_tests(), &*randomness),
        randomness,
        public_url: PUBLIC_URL.into(),
    };
    for organization in organization::list(&access).await.unwrap() {
        let verified = audit::verify(&access, &organization.id).await.unwrap();
        assert!(matches!(verified, audit::Verified::Whole { rows } if rows > 0), "{verified:?}");
    }
    access.store.close().await;
}

/// That each invariant can fail, or it would prove nothing.
async fn planted_damage_is_found(database: &TestDatabase) {
    for invariant in INVARIANTS {
        database.execute(invariant.damage).await;
        assert!(!database.ask(invariant.offenders).await.is_empty(), "not found out: {}", invariant.broken);
    }
}
