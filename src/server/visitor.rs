//! Who is asking: everything that a request says about its sender, read in one place.

use super::{Portal, forms::Fields};
use crate::{
    components::password::rule_words,
    pages::sign_in::asks_from_outside,
    routes::{Place, with_next},
    text::{self, Text},
    visit::{Fault, Form, Frame, Mistake, Outcome, Person, Timer},
};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite};
use leptos::prelude::use_context;
use portico_access::{
    AccessError,
    current_password::CurrentMistake,
    known_browsers::{COOKIE_DAYS, Known},
    new_password::PasswordMistake,
    organization::Organization,
    reset::Barred,
    sessions::{self, LookUp, SignedIn, Touch},
    sign_in::Browser,
};
use portico_rules::{
    Lang,
    password::Rule,
    policy::{History, Preset, Recovery, SignInWith},
};
use portico_store::secret::Token;
use std::sync::{Arc, Mutex, PoisonError};

/// Names of the portal's cookies. All are `__Host-`, HttpOnly, Secure and Lax: a Strict one would be lost when
/// a person comes from a mail.
pub mod cookies {
    /// The session's token.
    pub const SESSION: &str = "__Host-session";
    /// Tells browsers apart for the form token; says nothing about a person.
    pub const BROWSER: &str = "__Host-browser";
    /// The language that was chosen with the switch.
    pub const LANGUAGE: &str = "__Host-language";
    /// What a failed form leaves for the next page, sealed.
    pub const FORM: &str = "__Host-form";
    /// The token of a registration in progress.
    pub const REGISTRATION: &str = "__Host-registration";
    /// The token of the link that a mail brought.
    pub const RECOVERY: &str = "__Host-recovery";
    /// The token of the link "this was not me" that a mail brought.
    pub const NOT_ME: &str = "__Host-not-me";
    /// What accounts know the browser by that it has signed in to, signed.
    pub const KNOWN: &str = "__Host-known";
    /// Which PIN may be entered in this browser, or was.
    pub const PIN: &str = "__Host-pin";
    /// That somebody came from outside and has not said yet who they are: no page shows whose session the browser has.
    pub const OUTSIDE: &str = "__Host-outside";
}

/// Who is asking, and what they brought along.
#[derive(Clone)]
pub struct Visitor {
    /// The server's state.
    pub portal: Portal,
    /// Whose portal it is.
    pub organization: Organization,
    /// The language of the answer.
    pub language: Lang,
    /// Who is signed in with this browser, as [`Visitor::look_up`] found it.
    pub session: LookUp,
    /// When the document that is being answered was opened, where leaving it may end the session.
    document: Option<jiff::Timestamp>,
    /// What a form left for this page.
    pub left: Form,
    /// The request's id: a fault is named by it, on the page and in the log.
    pub reference: String,
    /// The network that the request came from, as limits count it.
    pub network: String,
    user_agent: String,
    /// The browser's own token, made at its first visit.
    browser: Token,
    /// The page's path: of the page that is shown, or that the form stands on.
    pub page: String,
    jar: Arc<Jar>,
}

/// Where a page is asked for from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CameFrom {
    /// From nowhere, as an address that was typed or a bookmark is, or from another site.
    Outside,
    /// From a page of the portal that anybody may see.
    Open,
    /// From a page that only a signed-in person sees.
    Session,
}

/// The cookies of a request and those that its answer sets.
struct Jar {
    brought: Vec<(String, String)>,
    set: Mutex<Vec<Cookie<'static>>>,
}

impl Jar {
    fn read(headers: &HeaderMap) -> Self {
        let brought = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
            .collect();
        Self { brought, set: Mutex::default() }
    }

    /// What the browser brought; of two with one name the first, as browsers order them.
    fn get(&self, name: &str) -> Option<&str> {
        self.brought.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn chosen_language(&self) -> Option<Lang> {
        self.get(cookies::LANGUAGE).and_then(Lang::from_code)
    }

    /// The language that was chosen, or else what the browser asks for.
    fn language(&self, headers: &HeaderMap) -> Lang {
        self.chosen_language().unwrap_or_else(|| {
            let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
            Lang::negotiate(accepted.unwrap_or_default())
        })
    }
}

/// The language of an answer to a request with these headers.
pub(super) fn language_of(headers: &HeaderMap) -> Lang {
    Jar::read(headers).language(headers)
}

impl Visitor {
    /// Reads a request to `organization` for the page `page`.
    #[must_use]
    pub fn new(portal: &Portal, organization: Organization, page: String, headers: &HeaderMap) -> Self {
        let jar = Jar::read(headers);
        let language = jar.language(headers);
        let known = jar.get(cookies::BROWSER).and_then(Token::parse);
        let is_new = known.is_none();
        let browser = known.unwrap_or_else(|| Token::new(portal.access.randomness.as_ref()));
        let reference =
            headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
        let visitor = Self {
            portal: portal.clone(),
            organization,
            language,
            page,
            session: LookUp::Unknown,
            document: None,
            left: Form::default(),
            reference,
            network: String::new(),
            user_agent: headers
                .get(header::USER_AGENT)
                .and_then(|ua| ua.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
            browser,
            jar: Arc::new(jar),
        };
        if is_new {
            visitor.set_cookie(cookies::BROWSER, visitor.browser.expose(), None);
        }
        visitor
    }

    /// What sealed cookies of this browser are bound to, and what limits count it by.
    pub(crate) fn browser_id(&self) -> &str {
        self.browser.expose()
    }

    /// Whether the browser brought the cookie that its first visit gives it.
    pub(super) fn keeps_cookies(&self) -> bool {
        self.cookie(cookies::BROWSER).is_some()
    }

    /// The value of a cookie that the browser brought.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.jar.get(name)
    }

    /// What a new session is to know of this browser.
    #[must_use]
    pub fn to_browser(&self) -> Browser {
        Browser {
            label: self.browser_label(),
            network: network_range(&self.network),
            session: self.session_token(),
            known: self.known(),
            language: self.jar.chosen_language(),
        }
    }

    /// Sets a cookie with the answer; for `seconds`, or until the browser closes.
    pub fn set_cookie(&self, name: &'static str, value: &str, seconds: Option<i64>) {
        let mut cookie = Cookie::build((name, value.to_owned()))
            .path("/")
            .secure(true)
            .http_only(true)
            .same_site(SameSite::Lax);
        if let Some(seconds) = seconds {
            cookie = cookie.max_age(cookie::time::Duration::seconds(seconds));
        }
        self.jar.set.lock().unwrap_or_else(PoisonError::into_inner).push(cookie.build());
    }

    /// Ends a cookie with the answer.
    pub fn end_cookie(&self, name: &'static str) {
        self.set_cookie(name, "", Some(0));
    }

    /// Puts the cookies that were set into an answer.
    pub fn answer_cookies(&self, headers: &mut HeaderMap) {
        for cookie in self.jar.set.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
                headers.append(header::SET_COOKIE, value);
            }
        }
    }

    /// The token that the session's cookie holds.
    #[must_use]
    pub fn session_token(&self) -> Option<Token> {
        self.cookie(cookies::SESSION).and_then(Token::parse)
    }

    /// Whether whoever sits at this browser has to say who they are before a page shows whose session it has: from the
    /// moment that something personal is asked for `from` outside until somebody signs in. Who goes on from a page of the
    /// session, in another tab, has done so.
    pub(super) fn asks_who(&self, is_personal: bool, from: CameFrom) -> bool {
        let asks_now = is_personal && from == CameFrom::Outside && asks_from_outside(self);
        let asked = self.cookie(cookies::OUTSIDE).is_some();
        if asks_now && !asked && self.session_token().is_some() {
            self.set_cookie(cookies::OUTSIDE, "1", None);
        }
        asks_now || (asked && from != CameFrom::Session)
    }

    /// Finds out who is signed in with this browser, by the clock and the account as they are now.
    ///
    /// # Errors
    /// A [`Fault`] where the database does not answer: nobody is taken for signed in then.
    pub async fn look_up(&mut self, touch: Touch) -> Result<(), Fault> {
        if let Some(token) = self.session_token() {
            let found = sessions::look_up(&self.portal.access, &self.organization, &token, touch).await;
            self.session = found.map_err(|error| self.fault(&error))?;
        }
        Ok(())
    }

    /// Tells the session, if there is one, that the answer is a document, which may be left.
    ///
    /// # Errors
    /// A [`Fault`] where the database does not answer.
    pub(super) async fn open_document(&mut self) -> Result<(), Fault> {
        if let Some(signed_in) = self.signed_in() {
            let opened = sessions::open_document(&self.portal.access, &self.organization, signed_in).await;
            self.document = opened.map_err(|error| self.fault(&error))?;
        }
        Ok(())
    }

    /// The person who is signed in.
    #[must_use]
    pub fn signed_in(&self) -> Option<&SignedIn> {
        match &self.session {
            LookUp::SignedIn(signed_in) => Some(signed_in),
            LookUp::Ended(_) | LookUp::Unknown => None,
        }
    }

    /// The accounts that this browser has signed in to before.
    #[must_use]
    pub fn known(&self) -> Known {
        self.cookie(cookies::KNOWN).map(|text| Known::parse(&self.portal.access, text)).unwrap_or_default()
    }

    /// Gives the browser a new session in place of what it had. The account knows the browser by `known_browser` from now
    /// on. Whoever has signed in needs no recovery, and the next person at this computer shall not go on with it.
    pub fn begin_session(&self, token: &Token, known_browser: &str) {
        self.go_on_with_session(token);
        for over in [cookies::OUTSIDE, cookies::PIN, cookies::RECOVERY, cookies::NOT_ME] {
            if self.cookie(over).is_some() {
                self.end_cookie(over);
            }
        }
        let known = self.known().with(known_browser).to_text(&self.portal.access);
        self.set_cookie(cookies::KNOWN, &known, Some(i64::from(COOKIE_DAYS) * 24 * 3_600));
    }

    /// Gives the browser's session another token.
    pub fn go_on_with_session(&self, token: &Token) {
        self.set_cookie(cookies::SESSION, token.expose(), None);
    }

    /// What the page needs to know about the end of the session.
    #[must_use]
    pub fn timer(&self) -> Option<Timer> {
        let signed_in = self.signed_in()?;
        let policy = &self.organization.policy;
        Some(Timer {
            left: u32::try_from(signed_in.left().as_secs()).unwrap_or(0),
            warning: policy.idle_warning_seconds,
            idle: policy.idle_seconds,
            extends: signed_in.idle_left < signed_in.absolute_left,
        })
    }

    /// Logs what went wrong under the request's id, and gives what may be said of it.
    #[must_use]
    pub fn fault(&self, error: &AccessError) -> Fault {
        if matches!(error, AccessError::Busy(_)) {
            return Fault::Busy;
        }
        tracing::error!(%error, reference = self.reference, "a request could not be answered");
        Fault::Internal { reference: self.reference.clone() }
    }

    /// The bytes that the form token vouches for: this browser, and the session it has.
    fn token_bytes(&self) -> Vec<u8> {
        [self.browser.expose(), "|", self.cookie(cookies::SESSION).unwrap_or_default()].concat().into_bytes()
    }

    /// A form token, masked anew so that it cannot be guessed from the length of a compressed page (BREACH).
    #[must_use]
    pub fn form_token(&self) -> String {
        let mac = self.portal.access.keys.mac("form token", &self.token_bytes());
        let mut masked = vec![0; mac.len()];
        self.portal.access.randomness.fill(&mut masked);
        let covered: Vec<u8> = mac.iter().zip(&masked).map(|(byte, mask)| byte ^ mask).collect();
        masked.extend(covered);
        URL_SAFE_NO_PAD.encode(masked)
    }

    /// Whether `token` is one that this browser was given.
    #[must_use]
    pub fn holds_form_token(&self, token: &str) -> bool {
        let Ok(masked) = URL_SAFE_NO_PAD.decode(token) else { return false };
        // A byte too many would be left over, and not be looked at.
        if masked.len() % 2 != 0 {
            return false;
        }
        let (mask, covered) = masked.split_at(masked.len() / 2);
        let mac: Vec<u8> = covered.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
        self.portal.access.keys.mac_holds("form token", &self.token_bytes(), &mac)
    }

    /// What surrounds every page.
    #[must_use]
    pub fn frame(&self) -> Frame {
        let definition = &self.organization.definition;
        let policy = &self.organization.policy;
        Frame {
            slug: definition.slug.clone(),
            name: definition.name.clone(),
            phone: definition.phone_in(self.language).to_owned(),
            email: definition.support_email.clone(),
            hours: definition.hours_in(self.language).unwrap_or_default().to_owned(),
            privacy_url: definition.privacy_url.clone(),
            terms_url: definition.terms_url.clone(),
            language: self.language,
            by_email: policy.sign_in_with == SignInWith::Email,
            registers: definition.preset != Preset::Staff,
            resets: policy.recovery == Recovery::LinkAndCode,
            person: self.signed_in().zip(self.timer()).map(|(who, timer)| Person {
                name: who.name.clone(),
                timer,
                document: self.document.map(jiff::Timestamp::as_microsecond),
            }),
        }
    }

    /// The path of a place in this portal.
    #[must_use]
    pub fn path(&self, place: Place) -> String {
        place.of(&self.organization.definition.slug)
    }

    /// The same, which leads on to the path `next` afterwards.
    #[must_use]
    pub fn path_with_next(&self, place: Place, next: &str) -> String {
        with_next(&self.organization.definition.slug, place, next)
    }

    /// A day in the visitor's words: *November 22, 2026*, *22 de noviembre de 2026*.
    #[must_use]
    pub fn day(&self, day: jiff::civil::Date) -> String {
        let (number, year) = (day.day().to_string(), day.year().to_string());
        let values = [("month", self.month_name(day)), ("day", &number), ("year", &year)];
        text::months::DAY.fill(self.language, &values)
    }

    /// The month of a day in the visitor's words: *November 2026*, *noviembre de 2026*.
    #[must_use]
    pub fn month(&self, day: jiff::civil::Date) -> String {
        let year = day.year().to_string();
        text::months::MONTH.fill(self.language, &[("month", self.month_name(day)), ("year", &year)])
    }

    fn month_name(&self, day: jiff::civil::Date) -> &'static str {
        use crate::text::months;
        let names = [
            months::M1,
            months::M2,
            months::M3,
            months::M4,
            months::M5,
            months::M6,
            months::M7,
            months::M8,
            months::M9,
            months::M10,
            months::M11,
            months::M12,
        ];
        let month = usize::try_from(day.month()).ok().and_then(|month| names.get(month - 1));
        month.map(|name| name.of(self.language)).unwrap_or_default()
    }

    /// What the browser calls itself, short enough for a list of sessions: *Firefox on Windows*.
    #[must_use]
    pub fn browser_label(&self) -> String {
        browser_label(&self.user_agent)
    }

    /// The text in the visitor's language.
    pub(crate) fn say(&self, text: Text) -> String {
        text.of(self.language).to_owned()
    }

    /// A mistake about `field`, in the visitor's language.
    pub(crate) fn mistake(&self, field: &str, text: Text) -> Mistake {
        Mistake { field: field.to_owned(), message: self.say(text) }
    }

    /// Leads to the page that says why the account cannot be used, and since which day. Only what this leaves opens it.
    pub(crate) fn unavailable(&self, state: &str, since: Option<jiff::civil::Date>) -> Outcome {
        let page = self.path(Place::Unavailable);
        let since = since.map(|day| day.to_string()).unwrap_or_default();
        let values = vec![("state".to_owned(), state.to_owned()), ("since".to_owned(), since)];
        super::forms::leave(self, &page, Form { values, ..Form::default() });
        Outcome::Go { to: page, document: true }
    }

    /// The same for an account whose owner has proven that it is theirs.
    pub(crate) fn barred(&self, barred: Barred) -> Outcome {
        match barred {
            Barred::Disabled => self.unavailable("disabled", None),
            Barred::Expired { since } => self.unavailable("expired", Some(self.organization.day(since))),
            Barred::CoverageEnded { last_day } => self.unavailable("ended", Some(last_day)),
        }
    }

    /// A wrong code, and how many tries are left.
    pub(crate) fn wrong_code(&self, field: &str, left: u32) -> Mistake {
        let message = text::common::WRONG_CODE.fill(self.language, &[("left", &left.to_string())]);
        Mistake { field: field.to_owned(), message }
    }

    /// What is wrong with the current password, at its field.
    pub(crate) fn mistake_with_current(&self, mistake: CurrentMistake) -> Mistake {
        let words = match mistake {
            CurrentMistake::Missing => text::change_password::CURRENT_MISSING,
            CurrentMistake::Wrong => text::change_password::CURRENT_WRONG,
            CurrentMistake::Locked => text::change_password::CURRENT_LOCKED,
        };
        self.mistake("current", words)
    }

    /// What is wrong with a new password, at its field.
    pub(crate) fn mistake_with_password(&self, mistake: &PasswordMistake) -> Mistake {
        let (field, message) = match mistake {
            PasswordMistake::Missing => ("password", self.say(text::common::ENTER_NEW_PASSWORD)),
            PasswordMistake::Breaks(rules) => ("password", self.breaks(rules)),
            PasswordMistake::UsedBefore => match self.organization.policy.password_history {
                History::All => ("password", self.say(text::common::PASSWORD_USED)),
                some => ("password", self.breaks(&[Rule::NotEarlier(some)])),
            },
            PasswordMistake::DoNotMatch => ("confirm", self.say(text::common::PASSWORDS_MUST_MATCH)),
        };
        Mistake { field: field.to_owned(), message }
    }

    fn breaks(&self, rules: &[Rule]) -> String {
        let rules: Vec<_> = rules.iter().map(|rule| rule_words(*rule, self.language)).collect();
        text::common::PASSWORD_BREAKS.fill(self.language, &[("rules", &rules.join("; "))])
    }

    /// The person has to change something on the page they are on.
    #[must_use]
    pub fn again(&self, mistakes: Vec<Mistake>) -> Outcome {
        Outcome::Again { page: self.page.clone(), mistakes }
    }

    /// It goes on at `place`, in a new document: the state of one person ends or begins.
    #[must_use]
    pub fn go_afresh(&self, place: Place) -> Outcome {
        Outcome::Go { to: self.path(place), document: true }
    }

    /// It goes on at `place`, in the same document.
    #[must_use]
    pub fn go(&self, place: Place) -> Outcome {
        Outcome::Go { to: self.path(place), document: false }
    }
}

/// The visitor of a server function that was reached through [`super::forms::guard`].
///
/// # Errors
/// [`Fault::Internal`] when it was reached in another way, which the router does not allow.
pub fn of_post() -> Result<Visitor, Fault> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Visitor>().cloned())
        .ok_or_else(|| Fault::Internal { reference: String::new() })
}

/// The same with the fields of the form, for those of which the policy says how many there are.
///
/// # Errors
/// As [`of_post`].
pub fn and_fields_of_post() -> Result<(Visitor, Fields), Fault> {
    let visitor = of_post()?;
    let fields = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Fields>().cloned());
    fields.map(|fields| (visitor, fields)).ok_or_else(|| Fault::Internal { reference: String::new() })
}

/// As much of a network as a person needs to recognize it: of an IPv4 address the first three numbers. Of IPv6 it is
/// the /64 already.
fn network_range(network: &str) -> String {
    match network.rsplit_once('.') {
        Some((range, _)) => [range, ".*"].concat(),
        None => network.to_owned(),
    }
}

/// The browser and the system that a `User-Agent` names. Order matters: most browsers also name those they descend from.
fn browser_label(user_agent: &str) -> String {
    let first = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrome", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_named_without_their_last_part() {
        for (network, range) in
            [("203.0.113.7", "203.0.113.*"), ("2001:db8:0:1::/64", "2001:db8:0:1::/64"), ("", "")]
        {
            assert_eq!(network_range(network), range);
        }
    }

    #[test]
    fn browsers_are_named_as_people_know_them() {
        for (user_agent, label) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0",
                "Firefox on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.0", ""),
            ("", ""),
        ] {
            assert_eq!(browser_label(user_agent), label);
        }
    }
}
