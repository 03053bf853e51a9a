//! The people: each goes on where the page they meet lets them, and remembers what they were told.

use crate::{
    answer::Answer,
    browser::{Browser, Cut, PUBLIC_URL, Portal},
    process::Machine,
};
use portico_mail::testing::{Received, Server};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;

/// How long a mail of a committed change may take: a killed server has it leased for 20 s, and so may the next one.
const DELIVERY: Duration = Duration::from_secs(120);

/// How many pages somebody looks at before it is plain that they get nowhere.
const PAGES: usize = 200;

/// Links one account may be sent in an hour, less some that are spent on what a kill cut off.
const RESETS: usize = 6;

/// Somebody who was told that they can sign in so.
pub(crate) struct Told {
    pub(crate) organization: &'static str,
    pub(crate) identifier: String,
    pub(crate) password: String,
}

/// What all people share.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) mail: Server,
    pub(crate) machine: Arc<Machine>,
    /// Nobody begins anything new.
    pub(crate) closing: Arc<AtomicBool>,
    /// Gives everybody a number of their own.
    pub(crate) members: Arc<AtomicUsize>,
    /// As above, of the other organization.
    pub(crate) staff: Arc<AtomicUsize>,
    pub(crate) told: Arc<Mutex<Vec<Told>>>,
    pub(crate) resets: Arc<AtomicUsize>,
}

impl World {
    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// The text of a mail to `address` in which `find` finds something.
    async fn mailed<T>(&self, address: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let to = format!("RCPT TO:<{address}>");
        let look = |mails: &[Received]| {
            let theirs = mails.iter().rev().filter(|mail| mail.to == [to.as_str()]);
            theirs.map(|mail| mail.part("text/plain")).find_map(|text| find(&text))
        };
        let found = timeout(DELIVERY, self.mail.wait_for(look)).await;
        found.unwrap_or_else(|_| panic!("a mail to {address} never came"))
    }

    /// The newest code that `refused` does not have.
    async fn code(&self, address: &str, refused: &HashSet<String>) -> String {
        let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
        self.mailed(address, |text| {
            let code = text.lines().find(is_code)?;
            (!refused.contains(code)).then(|| code.to_owned())
        })
        .await
    }

    /// The path of the newest link that `spent` does not have.
    async fn link(&self, address: &str, spent: &HashSet<String>) -> String {
        self.mailed(address, |text| {
            let link = text.lines().find_map(|line| line.strip_prefix(PUBLIC_URL))?;
            // Other mails have a link, too: the one that says "this was not me".
            (link.contains("/new-password?token=") && !spent.contains(link)).then(|| link.to_owned())
        })
        .await
    }

    /// Signs in with what somebody was told, however often a kill comes between.
    pub(crate) async fn sign_in(&self, told: &Told) {
        let path = format!("/o/{}/sign-in", told.organization);
        let fields = [("identifier", told.identifier.as_str()), ("password", &told.password)];
        let mut browser = Browser::new(&self.portal);
        let mut attempt = async || -> Result<(), Cut> {
            let page = browser.open(&path).await?;
            if page.heading() == "Sign in" {
                let home = browser.submit(&page, &path, "sign-in", &fields).await?;
                let heading = home.heading();
                assert_eq!(heading, "Your programs", "{} cannot sign in: {}", told.identifier, home.body);
            }
            Ok(())
        };
        while attempt().await.is_err() {}
    }
}

const COLUMNS: &str =
    "member_id,first_name,last_name,date_of_birth,address_line1,city,state,postal_code,email,program";

/// The roster of the people who register: no two alike.
pub(crate) fn roster(people: usize) -> String {
    let person = |number| {
        let name = last_name(number);
        format!(
            "K-{number},Rosa,{name},1986-04-12,{number} Juniper Street,Portland,OR,97205,rosa.{number}@mail.example,\
             healthy-steps\n"
        )
    };
    format!("{COLUMNS}\n{}", (1..=people).map(person).collect::<String>())
}

/// A name of its own without digits.
fn last_name(number: usize) -> String {
    let letters = number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect::<String>();
    format!("Del{letters}")
}

/// Registers one after the other.
pub(crate) async fn register(world: World, people: usize) {
    while !world.is_closing() {
        let number = world.members.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(number <= people, "everybody has registered: the roster is too short");
        let told = Member::new(number).register(&world).await;
        world.told.lock().unwrap().push(told);
    }
}

struct Member {
    email: String,
    last_name: String,
    street: String,
    user_id: String,
    password: String,
    refused: HashSet<String>,
}

impl Member {
    fn new(number: usize) -> Self {
        Self {
            email: format!("rosa.{number}@mail.example"),
            last_name: last_name(number),
            street: format!("{number} Juniper Street"),
            user_id: format!("rosa.{number}"),
            password: format!("walking{number}"),
            refused: HashSet::new(),
        }
    }

    async fn register(mut self, world: &World) -> Told {
        let mut browser = Browser::new(&world.portal);
        for _ in 0..PAGES {
            if let Ok(true) = self.go_on(world, &mut browser).await {
                return Told { organization: "evergreen", identifier: self.user_id, password: self.password };
            }
        }
        panic!("{} does not get registered", self.user_id);
    }

    /// Does what the page asks that the registration has come to; `true` when it is done.
    async fn go_on(&mut self, world: &World, browser: &mut Browser) -> Result<bool, Cut> {
        // Whatever step is asked for, the first that is missing is shown.
        let page = browser.open("/o/evergreen/register/done").await?;
        let after = match page.heading() {
            "About you" => {
                let about = [
                    ("first_name", "rosa"),
                    ("last_name", self.last_name.as_str()),
                    ("month", "4"),
                    ("day", "12"),
                    ("year", "1986"),
                    ("address_line1", &self.street),
                    ("city", "Portland"),
                    ("state", "OR"),
                    ("postal_code", "97205"),
                ];
                browser.submit(&page, "/o/evergreen/register", "register-about-you", &about).await?
            }
            "Your email" => {
                browser.submit(&page, "/o/evergreen/register/email", "register-send-code", &[]).await?
            }
            "Check your email" => {
                let path = "/o/evergreen/register/email/code";
                let code = world.code(&self.email, &self.refused).await;
                let after = browser.submit(&page, path, "register-prove-code", &[("code", &code)]).await?;
                if after.heading() == page.heading() {
                    self.refused.insert(code);
                    return Ok(false);
                }
                after
            }
            "Create your sign-in" => {
                let path = "/o/evergreen/register/sign-in-details";
                let password = self.password.as_str();
                let details =
                    [("user_id", self.user_id.as_str()), ("password", password), ("confirm", password)];
                browser.submit(&page, path, "register-sign-in-details", &details).await?
            }
            "Security questions" => {
                let path = "/o/evergreen/register/security-questions";
                let chosen = [
                    ("question1", "first_pet"),
                    ("answer1", "Biscuit"),
                    ("question2", "toy"),
                    ("answer2", "red wagon"),
                    ("question3", "book"),
                    ("answer3", "Treasure Island"),
                ];
                browser.submit(&page, path, "register-security-questions", &chosen).await?
            }
            "Check your answers" => {
                let shown = page.input("shown").expect("what it shows");
                let path = "/o/evergreen/register/check";
                browser.submit(&page, path, "register-create", &[("shown", &shown)]).await?
            }
            "You are registered" => {
                assert!(page.body.contains(&self.user_id), "{}", page.body);
                return Ok(true);
            }
            other => panic!("{} is led to {other}: {}", self.user_id, page.body),
        };
        assert_ne!(after.heading(), page.heading(), "{}: {}", self.user_id, after.body);
        Ok(false)
    }
}

/// Is invited, chooses a password, forgets it and chooses another, some times over; then is somebody else.
pub(crate) async fn work(world: World) {
    while !world.is_closing() {
        let number = world.staff.fetch_add(1, Ordering::Relaxed) + 1;
        let mut staff = Staff {
            email: format!("sam.{number}@riverside.example"),
            password: String::new(),
            asked: 0,
            spent: HashSet::new(),
            refused: HashSet::new(),
        };
        staff.be_invited(&world).await;
        staff.choose(&world, "Calm-Meadow-0").await;
        for reset in 1..=RESETS {
            // What a kill cuts off is asked for again, and counts.
            if world.is_closing() || staff.asked >= RESETS {
                break;
            }
            staff.forget(&world).await;
            staff.choose(&world, &format!("Calm-Meadow-{reset}")).await;
            world.resets.fetch_add(1, Ordering::Relaxed);
        }
        world.told.lock().unwrap().push(staff.told());
    }
}

struct Staff {
    email: String,
    password: String,
    asked: usize,
    /// Links that lead nowhere any more.
    spent: HashSet<String>,
    refused: HashSet<String>,
}

impl Staff {
    fn told(&self) -> Told {
        Told { organization: "riverside", identifier: self.email.clone(), password: self.password.clone() }
    }

    /// From the command line, whether or not a server runs.
    async fn be_invited(&self, world: &World) {
        let (machine, email) = (world.machine.clone(), self.email.clone());
        let invite = move || {
            machine.done(&[
                "staff",
                "invite",
                "--organization",
                "riverside",
                "--email",
                &email,
                "--name",
                "Sam Ortiz",
            ]);
        };
        tokio::task::spawn_blocking(invite).await.unwrap();
    }

    /// Asks for a link until the portal says that it is on its way.
    async fn forget(&mut self, world: &World) {
        let path = "/o/riverside/reset-password";
        let mut browser = Browser::new(&world.portal);
        let mut ask = async || -> Result<(), Cut> {
            let page = browser.open(path).await?;
            self.asked += 1;
            let sent = browser.submit(&page, path, "reset-request", &[("email", &self.email)]).await?;
            assert_eq!(sent.heading(), "Check your email", "{}", sent.body);
            Ok(())
        };
        while ask().await.is_err() {}
    }

    /// Sets `password` by a link that was mailed, and signs in with it. A link that was used is a password that is set.
    async fn choose(&mut self, world: &World, password: &str) {
        loop {
            let link = world.link(&self.email, &self.spent).await;
            let is_set = self.follow(world, &link, password).await;
            self.spent.insert(link);
            if is_set {
                break;
            }
        }
        password.clone_into(&mut self.password);
        world.sign_in(&self.told()).await;
    }

    /// `false` when a password that was set by another link had made this one void.
    async fn follow(&mut self, world: &World, link: &str, password: &str) -> bool {
        let mut browser = Browser::new(&world.portal);
        let (mut here, mut sent) = (link, false);
        for _ in 0..PAGES {
            match self.go_on(world, &mut browser, here, password, &mut sent).await {
                Ok(Some(is_set)) => return is_set,
                Ok(None) => here = CLEAN,
                // The link again, in case its cookie never came.
                Err(Cut) => here = link,
            }
        }
        panic!("{} does not get a password", self.email);
    }

    /// Does what the page behind the link asks. Whether the password is set, once that is known; `sent` is whether it
    /// may have been.
    async fn go_on(
        &mut self,
        world: &World,
        browser: &mut Browser,
        here: &str,
        password: &str,
        sent: &mut bool,
    ) -> Result<Option<bool>, Cut> {
        let page = browser.open(here).await?;
        match page.heading() {
            "Change your password" | "Choose your password" => {}
            "This link no longer works" => return Ok(Some(*sent)),
            other => panic!("{} is led to {other}: {}", self.email, page.body),
        }
        let asks_for = |page: &Answer, field: &str| page.body.contains(&format!("name=\"{field}\""));
        if !asks_for(&page, "password") {
            let after = browser.submit(&page, CLEAN, "reset-send-code", &[]).await?;
            assert!(asks_for(&after, "code"), "{}: {}", self.email, after.body);
            return Ok(None);
        }
        let mut fields = vec![("password", password), ("confirm", password)];
        let code = world.code(&self.email, &self.refused).await;
        fields.push(("code", &code));
        *sent = true;
        let after = browser.submit(&page, CLEAN, "reset-save", &fields).await?;
        self.refused.insert(code);
        if after.heading() == "Sign in" {
            assert!(after.body.contains("Your new password is now set"), "{}", after.body);
            return Ok(Some(true));
        }
        // It was an older link's code.
        assert!(after.body.contains("There is a problem"), "{}: {}", self.email, after.body);
        *sent = false;
        Ok(None)
    }
}

/// The page behind a link, once the token has left the address.
const CLEAN: &str = "/o/riverside/new-password";
