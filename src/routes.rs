//! Every address of the portal, in one place, for the server's router and for the links on the pages.

use std::fmt;

/// Where the server functions are: `/api/{name}`, always POST unless they only read.
pub const API: &str = "/api";

/// A page of an organization's portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Sign in with User ID or email.
    SignIn,
    /// First step of a registration: who are you?
    Register,
    /// The identity questionnaire.
    RegisterQuestions,
    /// The email address that the registration's code goes to.
    RegisterEmail,
    /// The code from that email.
    RegisterCode,
    /// User ID and password.
    RegisterSignInDetails,
    /// Security questions and their answers.
    RegisterSecurityQuestions,
    /// Everything that was answered, before the account is made.
    RegisterCheck,
    /// The account is there; the User ID to keep.
    RegisterDone,
    /// A registration that was left alone: proves again that it is the same person.
    RegisterResume,
    /// The neutral page of a registration that cannot go on.
    RegisterStopped,
    /// What to do for those who are too young to register.
    RegisterTooYoung,
    /// What to do about a forgotten User ID.
    ForgotUserId,
    /// What to do about a forgotten password.
    ForgotPassword,
    /// Asks for the first of the two emails of a reset.
    ResetPassword,
    /// Says that the email is on its way.
    ResetSent,
    /// Where the link in a mail leads, once its token has left the address: code and new password.
    NewPassword,
    /// The programs of a signed-in person.
    Home,
    /// What the portal knows of a signed-in person, read-only.
    Account,
    /// A signed-in person changes their password.
    AccountPassword,
    /// A signed-in person changes their email address.
    AccountEmail,
    /// A signed-in person changes their security questions.
    AccountSecurityQuestions,
    /// The sessions of a person, to be ended.
    AccountSessions,
    /// What happened to a person's account lately.
    AccountActivity,
    /// A member closes their account.
    AccountClose,
    /// "This was not me", for a signed-in person.
    AccountNotMe,
    /// The same from the link of a mail.
    NotMe,
    /// Without scripts, shortly before the session ends.
    StillThere,
    /// After signing out, by hand or by the clock.
    SignedOut,
    /// Why the right password did not open the account: expired, disabled, ended.
    Unavailable,
    /// Questions and answers about signing in.
    Help,
}

impl Place {
    /// All of them, in the order of the table below.
    pub const ALL: [(Self, &'static str); 31] = [
        (Self::SignIn, "sign-in"),
        (Self::Register, "register"),
        (Self::RegisterQuestions, "register/questions"),
        (Self::RegisterEmail, "register/email"),
        (Self::RegisterCode, "register/email/code"),
        (Self::RegisterSignInDetails, "register/sign-in-details"),
        (Self::RegisterSecurityQuestions, "register/security-questions"),
        (Self::RegisterCheck, "register/check"),
        (Self::RegisterDone, "register/done"),
        (Self::RegisterResume, "register/resume"),
        (Self::RegisterStopped, "register/not-verified"),
        (Self::RegisterTooYoung, "register/too-young"),
        (Self::ForgotUserId, "forgot-user-id"),
        (Self::ForgotPassword, "forgot-password"),
        (Self::ResetPassword, "reset-password"),
        (Self::ResetSent, "reset-password/sent"),
        (Self::NewPassword, "new-password"),
        (Self::Home, "home"),
        (Self::Account, "account"),
        (Self::AccountPassword, "account/password"),
        (Self::AccountEmail, "account/email"),
        (Self::AccountSecurityQuestions, "account/security-questions"),
        (Self::AccountSessions, "account/sessions"),
        (Self::AccountActivity, "account/activity"),
        (Self::AccountClose, "account/close"),
        (Self::AccountNotMe, "account/not-me"),
        (Self::NotMe, "not-me"),
        (Self::StillThere, "still-there"),
        (Self::SignedOut, "signed-out"),
        (Self::Unavailable, "unavailable"),
        (Self::Help, "help"),
    ];

    /// The address below the organization's, without a leading slash.
    #[must_use]
    pub fn path(self) -> &'static str {
        Self::ALL.iter().find(|(place, _)| *place == self).map_or("", |(_, path)| path)
    }

    /// Whether it shows a signed-in person something of their own, or leads on to it.
    #[must_use]
    pub fn is_personal(self) -> bool {
        match self {
            Self::SignIn
            | Self::RegisterDone
            | Self::Home
            | Self::Account
            | Self::AccountPassword
            | Self::AccountEmail
            | Self::AccountSecurityQuestions
            | Self::AccountSessions
            | Self::AccountActivity
            | Self::AccountClose
            | Self::AccountNotMe
            | Self::StillThere => true,
            Self::Register
            | Self::RegisterQuestions
            | Self::RegisterEmail
            | Self::RegisterCode
            | Self::RegisterSignInDetails
            | Self::RegisterSecurityQuestions
            | Self::RegisterCheck
            | Self::RegisterResume
            | Self::RegisterStopped
            | Self::RegisterTooYoung
            | Self::ForgotUserId
            | Self::ForgotPassword
            | Self::ResetPassword
            | Self::ResetSent
            | Self::NewPassword
            | Self::NotMe
            | Self::SignedOut
            | Self::Unavailable
            | Self::Help => false,
        }
    }

    /// This place in the portal of `organization`.
    #[must_use]
    pub fn of(self, organization: &str) -> String {
        format!("/o/{organization}/{}", self.path())
    }
}

/// An organization's page: the two things that an address says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The organization's slug, as it stands in the address.
    pub organization: String,
    /// The page.
    pub place: Place,
}

impl Address {
    /// Reads `/o/{organization}/{place}`; a query and a fragment are not looked at. An employer's registration page is a
    /// registration page: whose, [`employer_of`] says.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let path = path.split(['?', '#']).next()?;
        let (organization, rest) = path.strip_prefix("/o/")?.split_once('/')?;
        if employer_of(path).is_some() {
            return Some(Self { organization: organization.to_owned(), place: Place::Register });
        }
        let (place, _) = Place::ALL.iter().find(|(_, path)| *path == rest)?;
        Some(Self { organization: organization.to_owned(), place: *place })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place.of(&self.organization))
    }
}

/// An answer of Login Help, by the part of the address that leads to it.
#[must_use]
pub(crate) fn help_on(organization: &str, question: &str) -> String {
    [&Place::Help.of(organization), "#", question].concat()
}

/// The path of `place` in the portal of `organization`, which leads on to the path `next` afterwards. Encoded: a path may
/// hold what ends a string of a script.
#[cfg(feature = "ssr")]
pub(crate) fn with_next(organization: &str, place: Place, next: &str) -> String {
    let next = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
    [&place.of(organization), "?", &next].concat()
}

/// The registration page of an employer's people.
#[cfg(feature = "ssr")]
#[must_use]
pub fn employer_page(organization: &str, employer: &str) -> String {
    ["/o/", organization, "/employers/", employer, "/register"].concat()
}

/// The slug of the employer whose registration page this path is.
#[must_use]
pub fn employer_of(path: &str) -> Option<&str> {
    let (_, rest) = path.strip_prefix("/o/")?.split_once('/')?;
    let slug = rest.strip_prefix("employers/")?.strip_suffix("/register")?;
    (!slug.is_empty() && !slug.contains('/')).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_one_address_and_reads_back() {
        for (place, path) in Place::ALL {
            assert_eq!(place.path(), path);
            let address = Address { organization: "evergreen".into(), place };
            assert_eq!(Address::parse(&address.to_string()), Some(address));
        }
    }

    #[test]
    fn an_employer_has_a_registration_page() {
        let page = employer_page("evergreen", "acme");
        assert_eq!(page, "/o/evergreen/employers/acme/register");
        assert_eq!(employer_of(&page), Some("acme"));
        let address = Address { organization: "evergreen".into(), place: Place::Register };
        assert_eq!(Address::parse(&[&page, "?start=again"].concat()), Some(address));
        for path in [
            "/o/evergreen/register",
            "/o/e/employers//register",
            "/o/e/employers/a/b/register",
            "/o/e/employers/a",
        ] {
            assert_eq!(employer_of(path), None, "{path}");
        }
    }

    #[test]
    fn other_addresses_are_no_page() {
        for path in [
            "/",
            "/o/evergreen",
            "/o/evergreen/",
            "/o/evergreen/sign-in/",
            "/o/evergreen/Sign-In",
            "/p/x/home",
        ] {
            assert_eq!(Address::parse(path), None, "{path}");
        }
    }
}
