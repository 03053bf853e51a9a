//! Whatever people do, and in whatever order: sequences of steps by chance, against what must always hold.
//!
//! A step is something that somebody does in one of two browsers: anything that registration, recovery, sign-in and the
//! pages behind it offer, in turn or out of turn, with what is right or with what is not; or time that passes, a cookie
//! that is lost, a server that starts anew. A step that makes no sense where it stands does nothing. [`play::Play`] takes
//! the steps and keeps a ledger of what each of them was entitled to, from the mails that were sent and the secrets that
//! were entered, and never from the code under test. After every step the database is compared with it.
//!
//! # What always holds
//!
//! 1. The password of an account changes only in a step that proved that account: with a PIN or a link and its code that
//!    were mailed to its owner and are still good, and the security answers where there are some; with the current
//!    password; or with the registration that made it. It is then the one that was chosen in that step.
//! 2. A person of the roster has at most one open account, and one made by a registration belongs to the person whose
//!    questions were answered and whose mailbox was proven in it, on the page where the roster lets that person register.
//! 3. No session lives but those that a right password or a registration opened, and of them none that was open when
//!    a password was set without it, when the owner ended all others or said "this was not me", or when the account was
//!    closed.
//! 4. A PIN or a link sets one password, a registration makes one account; and none of them does after it was voided by a
//!    lock, a new password, another address or other security questions.
//! 5. What a visitor sees before they have proven anything does not depend on whether a person exists: [`twins`].
//! 6. On each counter of an account at most the policy's `lockout_attempts` wrong secrets are compared between one right
//!    one, or recovery, and the next; of one PIN request and of one code at most five wrong entries.
//! 7. The audit log is whole at the end.

mod play;
mod twins;

use portico_store::testing::{TestDatabase, databases};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use play::Play;

/// How many sequences each test plays, the same ones each time, so that a red run is about the change at hand. With
/// `PROPTEST_CASES` it plays as many others.
const CASES: u32 = 24;

/// How many browsers there are.
const BROWSERS: usize = 2;

/// How many people there are: see [`play::people`].
const PEOPLE: usize = 8;

/// What somebody does.
#[derive(Debug, Clone, Copy)]
enum What {
    /// Nothing, for a while.
    Wait,
    /// The operator starts the server anew, and unless `honest` with another key.
    Restart,
    /// The cookies of the browser are deleted.
    ForgetCookies,
    /// About you, with what the person knows of themselves, and if `honest` on the page where they are to register.
    AboutYou,
    /// *Not you? Start again*.
    StartAgain,
    /// The page at which the registration is.
    GoOn,
    /// All pages from there to the account.
    Finish,
    AnswerQuestions,
    SendCode,
    EnterCode,
    SignInDetails,
    SecurityQuestions,
    Create,
    SendResumeCode,
    Resume,
    /// *Request a PIN*.
    AskPin,
    EnterPin,
    ShowUserId,
    /// *Save my new password* after a PIN.
    SavePin,
    /// PIN and new password, in one go.
    Recover,
    /// *Reset Password*.
    AskLink,
    /// *Get my security code*.
    SendLinkCode,
    /// *Save my new password* behind a link.
    SaveLink,
    /// Link, code and new password, in one go.
    Reset,
    SignIn,
    /// As many wrong passwords as lock.
    Guess,
    SignOut,
    /// *End all other sessions*.
    EndOthers,
    ChangePassword,
    ChangeSecurityQuestions,
    ChangeEmail,
    ProveEmail,
    /// "This was not me", behind sign-in.
    Disavow,
    /// The same by the link in a mail.
    DisavowByMail,
    CloseAccount,
}

/// One step.
#[derive(Debug, Clone, Copy)]
struct Step {
    what: What,
    browser: usize,
    /// Whom it is about, and where there is no person, which one of some.
    person: usize,
    /// With what is right, as far as anybody has it; else with something else.
    honest: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let whats = [
        (6, What::Wait),
        (1, What::Restart),
        (1, What::ForgetCookies),
        (8, What::AboutYou),
        (1, What::StartAgain),
        (12, What::GoOn),
        (3, What::Finish),
        (1, What::AnswerQuestions),
        (1, What::SendCode),
        (1, What::EnterCode),
        (1, What::SignInDetails),
        (1, What::SecurityQuestions),
        (2, What::Create),
        (2, What::SendResumeCode),
        (2, What::Resume),
        (5, What::AskPin),
        (5, What::EnterPin),
        (1, What::ShowUserId),
        (5, What::SavePin),
        (8, What::Recover),
        (3, What::AskLink),
        (4, What::SendLinkCode),
        (4, What::SaveLink),
        (3, What::Reset),
        (2, What::Guess),
        (12, What::SignIn),
        (1, What::SignOut),
        (2, What::EndOthers),
        (3, What::ChangePassword),
        (2, What::ChangeSecurityQuestions),
        (2, What::ChangeEmail),
        (2, What::ProveEmail),
        (1, What::Disavow),
        (1, What::DisavowByMail),
        (2, What::CloseAccount),
    ];
    let what = Union::new_weighted(whats.map(|(weight, what)| (weight, Just(what))).to_vec());
    let step = (what, 0..BROWSERS, 0..PEOPLE, prop::bool::weighted(0.75));
    let step = step.prop_map(|(what, browser, person, honest)| Step { what, browser, person, honest });
    vec(step, 20..60)
}

/// Plays sequences until one fails, and then looks for the shortest that does. Each is played on SQLite, and one in eight
/// on PostgreSQL as well, where a fresh database takes longer than the sequence.
fn play_many<S: Strategy>(steps: S, play: impl AsyncFn(&S::Value, &TestDatabase)) {
    let mut config = Config { failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
        config.rng_seed = RngSeed::Fixed(3);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let sequences = (steps, prop::bool::weighted(0.125));
    let outcome = TestRunner::new(config).run(&sequences, |(steps, on_both)| {
        runtime.block_on(async {
            let databases = if on_both { databases().await } else { vec![TestDatabase::sqlite().await] };
            for database in databases {
                play(&steps, &database).await;
            }
        });
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn whatever_people_do_the_invariants_hold() {
    play_many(steps(), async |steps, database| {
        let mut play = Play::on(database).await;
        for step in steps {
            play.take(*step).await;
        }
        play.finish().await;
    });
}
