//! English. The subjects are fixed by the contract, the names of buttons by the pages.

use super::{Block, Facts, Labels, Words, action, code, text};
use crate::render::one_line;
use crate::{LockedFor, Message};

pub(super) const LABELS: Labels = Labels {
    phone: "Phone",
    email: "Email",
    hours: "Hours",
    automatic: "This message was sent automatically. Our staff will never ask you for your password or for a code.",
};

pub(super) fn greeting(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("Hello {name},"),
        None => "Hello,".to_owned(),
    }
}

/// The way out of what may have been somebody else.
fn was_it_you(facts: &Facts<'_>, not_me: &str) -> [Block; 4] {
    let Facts { phone, email, .. } = facts;
    [
        text("If it was you, there is nothing more to do."),
        text(
            "If it was not you, press the button on this page. It locks your account, signs it out everywhere, and helps \
             you to choose a new password:",
        ),
        action("This was not me", not_me),
        text(format!(
            "The page is there for ten days. You can also call us at {phone}, or write to {email}."
        )),
    ]
}

/// The same for a mailbox that may be somebody else's: who reads it there gets no button.
fn call_if_not_you(facts: &Facts<'_>) -> [Block; 2] {
    let Facts { phone, email, .. } = facts;
    [
        text("If it was you, there is nothing more to do."),
        text(format!("If it was not you, please call us right away at {phone}, or write to {email}.")),
    ]
}

/// Something that was done in the account, and the way out.
fn told(facts: &Facts<'_>, not_me: &str, what: String) -> Vec<Block> {
    std::iter::once(text(what)).chain(was_it_you(facts, not_me)).collect()
}

pub(super) fn compose(message: &Message, facts: &Facts<'_>) -> Words {
    let Facts { organization, phone, email, .. } = facts;
    let (subject, blocks) = match message {
        Message::Welcome { link, hours } => (
            format!("Welcome to {organization}"),
            vec![
                text(format!(
                    "We have made an account for you at {organization}. Choose a password and it is ready to use. \
                     Start here:"
                )),
                action("Choose my password", link),
                text(
                    "The page has one button, “Get my security code”. Press it, keep the page open and come back to \
                     your email: the code arrives in a second message.",
                ),
                text(format!(
                    "The link is good for {hours} {}. If you open it later, the page helps you to get a new one.",
                    if *hours == 1 { "hour" } else { "hours" }
                )),
                text(format!(
                    "If you did not expect this email, you can ignore it, or call us at {phone} if it worries you."
                )),
            ],
        ),
        Message::ResetPassword { link, valid_until } => (
            "Reset your password".to_owned(),
            vec![
                text(format!(
                    "Somebody, most likely you, asked to change the password of your account at {organization}. To \
                     go on, open this page:"
                )),
                action("Change my password", link),
                text(
                    "The page has one button, “Get my security code”. Press it, keep the page open and come back to \
                     your email: the code arrives in a second message.",
                ),
                text(format!("The link is good until {}, and for one change.", facts.moment(*valid_until))),
                text(format!(
                    "If you did not ask for this, you can ignore this email: your password stays as it is. If it \
                     keeps happening, call us at {phone}."
                )),
            ],
        ),
        Message::SecurityCode { code: digits, valid_until } => (
            "Your security code".to_owned(),
            vec![
                text("Enter this code on the page that you left open:"),
                code(digits),
                text(format!("The code is good until {}.", facts.moment(*valid_until))),
                text(format!(
                    "Keep it to yourself. If you did not ask for a code, somebody else may be trying to get into \
                     your account at {organization}. They cannot without this code; please call us at {phone}."
                )),
            ],
        ),
        Message::Pin { code: digits, valid_until } => (
            "Your PIN".to_owned(),
            vec![
                text("Enter this PIN on the page where you asked for it:"),
                code(digits),
                text(format!(
                    "The PIN is good until {}. With it you can see your User ID, set a new password, or both.",
                    facts.moment(*valid_until)
                )),
                text(format!(
                    "Keep it to yourself. If you did not ask for a PIN, somebody else may be trying to get into your \
                     account at {organization}. They cannot without this PIN; please call us at {phone}."
                )),
            ],
        ),
        Message::UserIdLookedUp { at, not_me } => (
            "Your User ID was looked up".to_owned(),
            told(
                facts,
                not_me,
                format!(
                    "The User ID of your account at {organization} was shown at {}, to somebody who entered the PIN \
                     that we sent to this address.",
                    facts.moment(*at)
                ),
            ),
        ),
        Message::RegistrationCode { code: digits, valid_until } => (
            "Your registration code".to_owned(),
            vec![
                text(format!("Enter this code to go on with your registration at {organization}:")),
                code(digits),
                text(format!("The code is good until {}.", facts.moment(*valid_until))),
                text(
                    "Keep it to yourself. If you are not registering, you can ignore this email: without the code \
                     nobody can register with your email address.",
                ),
            ],
        ),
        Message::EmailCode { code: digits, valid_until } => (
            "Your security code".to_owned(),
            vec![
                text(format!(
                    "Enter this code to make this the email address of your account at {organization}:"
                )),
                code(digits),
                text(format!("The code is good until {}.", facts.moment(*valid_until))),
                text(
                    "Keep it to yourself. If you did not ask for it, you can ignore this email: without the code \
                     nobody can use your email address.",
                ),
            ],
        ),
        Message::EmailChanged { at, not_me } => {
            let what = format!(
                "The email address of your account at {organization} was changed at {}. From now on we write to the new \
                 one. This message goes to both.",
                facts.moment(*at)
            );
            let blocks = match not_me {
                Some(not_me) => {
                    let back = text("The button also brings this address back.");
                    told(facts, not_me, what).into_iter().chain([back]).collect()
                }
                None => std::iter::once(text(what)).chain(call_if_not_you(facts)).collect(),
            };
            ("Your email was changed".to_owned(), blocks)
        }
        Message::AddressInUse => (
            "Someone asked to use your email address".to_owned(),
            vec![
                text(format!(
                    "Somebody, perhaps you, asked to use this email address for another account at {organization}. It \
                     is the address of your account, and nobody else can have it there. Nothing was changed."
                )),
                text(format!(
                    "If it was you, choose another address for the other account, or call us at {phone}. If it was not \
                     you, you can ignore this email."
                )),
            ],
        ),
        Message::Registered { user_id, sign_in, is_shared } => {
            let mut blocks = vec![
                text(format!("Your account at {organization} is ready, and you can use it right away.")),
                Block::Fact { label: "Your User ID", value: one_line(user_id) },
                text("Please keep it: you need it, together with your password, each time you sign in."),
                action("Sign in", sign_in),
            ];
            if *is_shared {
                blocks.push(text(
                    "Somebody else has an account with this email address, too. From now on each of you signs in with \
                     your own User ID: the email address no longer tells who it is.",
                ));
            }
            blocks.push(text(format!("If it was not you who registered, call us right away at {phone}.")));
            ("You are registered".to_owned(), blocks)
        }
        Message::PasswordChanged { at, not_me } => (
            "Your password was changed".to_owned(),
            told(
                facts,
                not_me,
                format!(
                    "The password of your account at {organization} was changed at {}.",
                    facts.moment(*at)
                ),
            ),
        ),
        Message::SecurityQuestionsChanged { at, not_me } => (
            "Your security questions were changed".to_owned(),
            told(
                facts,
                not_me,
                format!(
                    "The security questions of your account at {organization}, and their answers, were changed at {}.",
                    facts.moment(*at)
                ),
            ),
        ),
        Message::NewSignIn { at, browser, network, not_me } => {
            let browser = one_line(browser);
            let mut blocks = vec![text(format!(
                "Somebody signed in to your account at {organization} at {}, with a browser that we did not know.",
                facts.moment(*at)
            ))];
            if !browser.is_empty() {
                blocks.push(Block::Fact { label: "Browser", value: browser });
            }
            if !network.is_empty() {
                blocks.push(Block::Fact { label: "Network", value: one_line(network) });
            }
            blocks.extend(was_it_you(facts, not_me));
            ("New sign-in".to_owned(), blocks)
        }
        Message::Locked { at, until, recover, locked_for } => {
            let at = facts.moment(*at);
            let mut blocks = vec![text(match locked_for {
                LockedFor::Strangers => format!(
                    "There were too many failed attempts to get into your account at {organization}, in browsers that \
                     you have not signed in with. To protect it, we locked it for such browsers at {at}. Where you have \
                     signed in before, you still can."
                ),
                LockedFor::Browser => format!(
                    "There were too many failed attempts to get into your account at {organization}, in a browser that \
                     you have signed in with before. To protect it, we locked it for that browser at {at}."
                ),
                LockedFor::Everyone => format!(
                    "You told us that something in your account at {organization} was not you. To protect it, we locked \
                     it at {at}, and signed it out everywhere."
                ),
            })];
            if let Some(until) = until {
                let until = facts.moment(*until);
                blocks.push(text(format!("The lock ends by itself at {until}. You need not wait for it.")));
            }
            blocks.push(text("To unlock it yourself, choose a new password. Start here:"));
            blocks.push(action("Reset my password", recover));
            blocks.push(text(format!("Or call us at {phone}, and we will help you.")));
            blocks.push(text("PINs, links and codes that we sent you before no longer work."));
            blocks.push(text(match locked_for {
                LockedFor::Strangers | LockedFor::Browser => {
                    "If it was not you who tried, somebody may be guessing at your password. The lock keeps them out; \
                     please tell us."
                }
                LockedFor::Everyone => {
                    "If you no longer get our emails, or somebody else may read them, call us: we will help you first."
                }
            }));
            ("Your account was locked".to_owned(), blocks)
        }
        Message::Unlocked { sign_in } => (
            "Your account was unlocked".to_owned(),
            vec![
                text(format!("Your account at {organization} is unlocked. You can sign in again:")),
                action("Sign in", sign_in),
                text(format!("If you do not know why it was unlocked, call us at {phone}.")),
            ],
        ),
        Message::Closed { at, register } => (
            "Your account was closed".to_owned(),
            vec![
                text(format!(
                    "Your account at {organization} was closed at {}, by somebody who was signed in and entered its \
                     password. User ID, password and email address are deleted.",
                    facts.moment(*at)
                )),
                text("Your enrollment goes on as before. While it lasts you can register again:"),
                action("Register", register),
                text(format!(
                    "If it was not you, call us right away at {phone}, or write to {email}. This is the last email about \
                     that account."
                )),
            ],
        ),
        Message::Disabled => (
            "Your account was disabled".to_owned(),
            vec![
                text(format!(
                    "Your account at {organization} was disabled. Nobody can sign in to it until we reactivate it."
                )),
                text(format!(
                    "If you have a question, or think that this is a mistake, call us at {phone} or write to \
                     {email}. We are glad to help."
                )),
            ],
        ),
        Message::Reactivated { sign_in } => (
            "Your account was reactivated".to_owned(),
            vec![
                text(format!("Your account at {organization} is active again. You can sign in:")),
                action("Sign in", sign_in),
                text(format!("If you do not know why it was reactivated, call us at {phone}.")),
            ],
        ),
        Message::TriedToRegister { sign_in } => (
            "Someone tried to register as you".to_owned(),
            vec![
                text(format!(
                    "Someone entered your personal details to register at {organization}. You have an account \
                     already, so no second one was made. Nothing about your account has changed."
                )),
                text("If it was you, sign in with the User ID that you have:"),
                action("Sign in", sign_in),
                text(format!(
                    "If you forgot your User ID or your password, follow the links on that page, or call us at \
                     {phone}."
                )),
                text(format!("If it was not you, somebody knows your details. Please call us at {phone}.")),
            ],
        ),
        Message::NoAccountFound { try_again, with_birthday } => {
            let (entered, advice, again) = if *with_birthday {
                (
                    "this email address with a date of birth. We have no account with both.",
                    "If it was you, check both: your account may be under another address of yours. You can try \
                     again:",
                    "Try again",
                )
            } else {
                (
                    "this email address. We have no account with it.",
                    "If it was you, your account may be under another address of yours. You can try that one:",
                    "Try another address",
                )
            };
            let blocks = vec![
                text(format!(
                    "Somebody, perhaps you, asked {organization} for help with signing in and entered {entered}"
                )),
                text(advice),
                action(again, try_again),
                text(format!("If you are not sure which, call us at {phone} or write to {email}.")),
                text("If it was not you, you can ignore this email."),
            ];
            ("No account found".to_owned(), blocks)
        }
    };
    Words { subject, blocks }
}
