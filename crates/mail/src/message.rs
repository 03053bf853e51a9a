//! Every mail there is, with what each needs to be written.

use std::fmt;

use jiff::Timestamp;
use portico_store::secret::Code;

/// A mail, as data. Links are whole addresses built from `public_url`; codes are eight digits.
///
/// It holds links and codes, so its `Debug` tells the kind alone.
#[derive(Clone)]
pub enum Message {
    /// An invitation: the account exists, its password is still to be chosen.
    Welcome {
        /// Leads to the page with the button “Get my security code”.
        link: String,
        /// How long the link is good for, in hours (policy `welcome_hours`).
        hours: u32,
    },
    /// The first of the two mails that change a forgotten password.
    ResetPassword {
        /// Leads to the page with the button “Get my security code”.
        link: String,
        /// When the link ends.
        valid_until: Timestamp,
    },
    /// The second of the two mails; after an invitation too.
    SecurityCode {
        /// Printed alone on its line.
        code: Code,
        /// When the code ends.
        valid_until: Timestamp,
    },
    /// With it the owner finds the User ID, sets a password, or both.
    Pin {
        /// Printed alone on its line.
        code: Code,
        /// When the PIN ends.
        valid_until: Timestamp,
    },
    /// A PIN showed the User ID.
    UserIdLookedUp {
        /// When.
        at: Timestamp,
        /// Leads to the page with the button “This was not me”.
        not_me: String,
    },
    /// Proves the address of somebody who registers. Enqueue it without a name: the address may be a stranger's.
    RegistrationCode {
        /// Printed alone on its line.
        code: Code,
        /// When the code ends.
        valid_until: Timestamp,
    },
    /// Proves the new address of an account. Enqueue it without a name: the address may be a stranger's.
    EmailCode {
        /// Printed alone on its line.
        code: Code,
        /// When the code ends.
        valid_until: Timestamp,
    },
    /// To the addresses that an account has and had, when they change.
    EmailChanged {
        /// When.
        at: Timestamp,
        /// Leads to the page with the button “This was not me”. To the address before alone: the new one may be a thief's.
        not_me: Option<String>,
    },
    /// To the owner of an address that another account wanted, where it cannot have it too.
    AddressInUse,
    /// A registration is done.
    Registered {
        /// The User ID, to keep.
        user_id: String,
        /// The organization's sign-in page.
        sign_in: String,
        /// Whether the address would do to sign in, did no other account have it too: those who share it have to know.
        is_shared: bool,
    },
    /// A password was set, by whichever way.
    PasswordChanged {
        /// When.
        at: Timestamp,
        /// Leads to the page with the button “This was not me”.
        not_me: String,
    },
    /// The security questions and their answers were changed.
    SecurityQuestionsChanged {
        /// When.
        at: Timestamp,
        /// Leads to the page with the button “This was not me”.
        not_me: String,
    },
    /// A browser signed in that never did before.
    NewSignIn {
        /// When.
        at: Timestamp,
        /// Such as “Firefox on Windows”; empty when the browser did not say.
        browser: String,
        /// The range of network addresses it is in; empty when it is not known.
        network: String,
        /// Leads to the page with the button “This was not me”.
        not_me: String,
    },
    /// The account was locked.
    Locked {
        /// When.
        at: Timestamp,
        /// When it lifts by itself; `None` where it does not.
        until: Option<Timestamp>,
        /// The page where the owner can lift the lock.
        recover: String,
        /// For whom, and why.
        locked_for: LockedFor,
    },
    /// The lock was lifted.
    Unlocked {
        /// The organization's sign-in page.
        sign_in: String,
    },
    /// The owner closed the account.
    Closed {
        /// When.
        at: Timestamp,
        /// The page to register anew on.
        register: String,
    },
    /// The desk disabled the account.
    Disabled,
    /// The desk reactivated the account.
    Reactivated {
        /// The organization's sign-in page.
        sign_in: String,
    },
    /// To the owner of an account, when somebody gives the owner's details to register again.
    TriedToRegister {
        /// The organization's sign-in page.
        sign_in: String,
    },
    /// Recovery was asked for what no account has. Enqueue it without a name.
    NoAccountFound {
        /// The page to try again on.
        try_again: String,
        /// Whether a date of birth was asked for as well: the address may have an account then.
        with_birthday: bool,
    },
}

/// For whom an account was locked, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockedFor {
    /// Too many failures in browsers that never signed in to it: the others are let in.
    Strangers,
    /// Too many failures in a browser that has signed in to it before: others are let in.
    Browser,
    /// The owner said “this was not me”: nobody is let in.
    Everyone,
}

impl Message {
    /// The kind as the outbox keeps it, for counting and for the desk.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Welcome { .. } => "welcome",
            Self::ResetPassword { .. } => "reset_password",
            Self::SecurityCode { .. } => "security_code",
            Self::Pin { .. } => "pin",
            Self::UserIdLookedUp { .. } => "user_id_looked_up",
            Self::RegistrationCode { .. } => "registration_code",
            Self::EmailCode { .. } => "email_code",
            Self::EmailChanged { .. } => "email_changed",
            Self::AddressInUse => "address_in_use",
            Self::Registered { .. } => "registered",
            Self::PasswordChanged { .. } => "password_changed",
            Self::SecurityQuestionsChanged { .. } => "security_questions_changed",
            Self::NewSignIn { .. } => "new_sign_in",
            Self::Locked { .. } => "locked",
            Self::Unlocked { .. } => "unlocked",
            Self::Closed { .. } => "closed",
            Self::Disabled => "disabled",
            Self::Reactivated { .. } => "reactivated",
            Self::TriedToRegister { .. } => "tried_to_register",
            Self::NoAccountFound { .. } => "no_account_found",
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({})", self.kind())
    }
}
