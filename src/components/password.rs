//! A new password: its two fields, and the rules, which tick while the person types.

use super::field::{Field, Page, field};
use crate::{
    text::{Text, change_password, components as words},
    view::{AnyView, IntoAny},
};
use leptos::prelude::*;
use portico_rules::{
    Lang,
    password::{Context, PasswordRules, Rule, Verdict, check},
    policy::History,
};
use serde::{Deserialize, Serialize};

/// What the fields of a new password need to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewPassword {
    /// The organization's rules.
    pub rules: PasswordRules,
    /// Whether the policy lets a password be shown while it is typed.
    pub reveal: bool,
    /// The person's first name; empty where the page must not know it.
    pub first_name: String,
    /// The person's last name; empty where the page must not know it.
    pub last_name: String,
    /// The person's User ID; empty where there is none yet. Where the page has a field `user_id`, what is typed
    /// there counts.
    pub user_id: String,
    /// The person's email address; empty where the page must not know it.
    pub email: String,
    /// What the organization and its programs are called.
    pub names: Vec<String>,
    /// What password managers keep the password under; empty where the page must not know it, or asks for it.
    pub username: String,
}

/// The field `current`, for what the person who is signed in does to their access.
pub(crate) fn current_password(page: &Page, reveal: bool) -> AnyView {
    field(page, Field::new("current", change_password::CURRENT).password("current-password").reveal(reveal))
}

/// The fields `password` and `confirm` with the live rules between them. `label` is the first one's.
///
/// Without scripts the list says that each rule is checked when it is saved. With them each keystroke is judged at once by the
/// function that the server asks, and a screen reader hears what has changed when the person pauses.
pub(crate) fn password_fields(page: &Page, label: Text, new: &NewPassword) -> AnyView {
    let judge = Judge::new(new);
    let username = (!new.username.is_empty()).then(|| {
        view! { <input type="text" name="username" autocomplete="username" value=new.username.clone() hidden/> }
    });
    let password = Field::new("password", label)
        .password("new-password")
        .reveal(new.reveal)
        .described_by("password-rules");
    let confirm =
        Field::new("confirm", words::CONFIRM_PASSWORD).password("new-password").described_by("confirm-match");
    let confirm = if new.reveal { confirm.reveal_with("password") } else { confirm };
    let (lang, match_said) = (page.lang, judge.match_said);
    let matches = move || match match_said.get() {
        None => "",
        Some(true) => words::MATCH.of(lang),
        Some(false) => words::NO_MATCH.of(lang),
    };
    view! {
        <div on:input=move |_| judge.look() on:focusin=move |_| judge.look()>
            {username}
            {field(page, password)}
            {rule_list(page, &new.rules, judge)}
            {field(page, confirm)}
            <p class="match" id="confirm-match" aria-live="polite">{matches}</p>
        </div>
    }
    .into_any()
}

/// The list of rules. What is seen follows every keystroke; what is heard waits for a pause.
fn rule_list(page: &Page, rules: &PasswordRules, judge: Judge) -> AnyView {
    let Page { lang, live, .. } = *page;
    let Judge { seen, said, .. } = judge;
    let verdict = |of: RwSignal<Vec<Verdict>>, at: usize| move || of.with(|all| all.get(at).copied());
    let items: Vec<AnyView> = rules
        .rules()
        .into_iter()
        .enumerate()
        .map(|(at, rule)| {
            let (seen, said) = (verdict(seen, at), verdict(said, at));
            // Where nobody looks while it is typed, every rule is checked when it is saved.
            let class = move || match seen() {
                _ if !live.get() => Some("later"),
                Some(Verdict::Met) => Some("met"),
                Some(Verdict::CheckedWhenSaved) => Some("later"),
                Some(Verdict::NotYet) | None => None,
            };
            let state = move || match said() {
                _ if !live.get() => words::RULE_LATER.of(lang),
                Some(Verdict::Met) => words::RULE_MET.of(lang),
                Some(Verdict::CheckedWhenSaved) => words::RULE_LATER.of(lang),
                Some(Verdict::NotYet) | None => words::RULE_NOT_YET.of(lang),
            };
            view! { <li class=class aria-atomic="true">{rule_words(rule, lang)}<span class="state">{state}</span></li> }
                .into_any()
        })
        .collect();
    // Quiet until something is typed, so that nothing is read out when the page comes to life.
    let typed = judge.typed;
    view! {
        <div class="rules" id="password-rules" aria-live=move || if typed.get() { "polite" } else { "off" }>
            <p>{page.say(words::RULES)}</p>
            <ul>{items}</ul>
        </div>
    }
    .into_any()
}

/// A rule as a line of the list.
pub(crate) fn rule_words(rule: Rule, lang: Lang) -> String {
    let plain = |text: Text| text.of(lang).to_owned();
    match rule {
        Rule::Length { min, max } => {
            words::RULE_LENGTH.fill(lang, &[("min", &min.to_string()), ("max", &max.to_string())])
        }
        Rule::Letter => plain(words::RULE_LETTER),
        Rule::Digit => plain(words::RULE_DIGIT),
        Rule::Uppercase => plain(words::RULE_UPPERCASE),
        Rule::Symbol => plain(words::RULE_SYMBOL),
        Rule::NotName => plain(words::RULE_NOT_NAME),
        Rule::NotContext => plain(words::RULE_NOT_CONTEXT),
        Rule::NotCommon => plain(words::RULE_NOT_COMMON),
        Rule::NotEarlier(History::Last(1)) => plain(words::RULE_NOT_CURRENT),
        Rule::NotEarlier(History::Last(count)) => {
            words::RULE_NOT_LAST.fill(lang, &[("count", &count.to_string())])
        }
        Rule::NotEarlier(History::All) => plain(words::RULE_NOT_EARLIER),
    }
}

/// Judges what is typed.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "nobody types on the server"))]
struct Judge {
    /// What the fields need to know.
    new: StoredValue<NewPassword>,
    /// The verdicts as they are seen.
    seen: RwSignal<Vec<Verdict>>,
    /// The verdicts as they are heard, a pause later.
    said: RwSignal<Vec<Verdict>>,
    /// Whether the two passwords match, as it is heard; nothing while one of them is empty.
    match_said: RwSignal<Option<bool>>,
    /// Whether anything has been typed yet.
    typed: RwSignal<bool>,
    /// Counts looks, so that only the last one of a burst speaks.
    looks: StoredValue<u32>,
}

impl Judge {
    fn new(new: &NewPassword) -> Self {
        let first = verdicts(new, &new.user_id, "");
        Self {
            new: StoredValue::new(new.clone()),
            seen: RwSignal::new(first.clone()),
            said: RwSignal::new(first),
            match_said: RwSignal::new(None),
            typed: RwSignal::new(false),
            looks: StoredValue::new(0),
        }
    }

    /// Looks at the fields again: something was typed, or may have been typed elsewhere.
    fn look(self) {
        #[cfg(feature = "hydrate")]
        {
            use crate::browser::typed_into;
            use std::time::Duration;

            /// How long a pause in typing is.
            const PAUSE: Duration = Duration::from_millis(500);

            // As the server composes it. The browser has the tables.
            let composed = |text: String| String::from(js_sys::JsString::from(text).normalize("NFC"));
            let password = composed(typed_into("password").unwrap_or_default());
            let confirm = composed(typed_into("confirm").unwrap_or_default());
            let user_id = typed_into("user_id");
            let verdicts = self
                .new
                .with_value(|new| verdicts(new, user_id.as_deref().unwrap_or(&new.user_id), &password));
            let matches = (!password.is_empty() && !confirm.is_empty()).then(|| password == confirm);
            if !password.is_empty() {
                self.typed.set(true);
            }
            self.seen.set(verdicts.clone());
            self.looks.update_value(|looks| *looks += 1);
            let mine = self.looks.get_value();
            let speak = move || {
                // Nothing is left of these when the page has been exchanged in between.
                if self.looks.try_get_value() == Some(mine) {
                    self.said.set(verdicts);
                    self.match_said.set(matches);
                }
            };
            set_timeout(speak, PAUSE);
        }
    }
}

/// The verdict of each rule. Where the page must not know whose password it is, only the server can say whether it is
/// their name or address.
fn verdicts(new: &NewPassword, user_id: &str, candidate: &str) -> Vec<Verdict> {
    let NewPassword { first_name, last_name, email, names, .. } = new;
    let context = Context { first_name, last_name, user_id, email, names };
    let nobody = first_name.is_empty() && last_name.is_empty() && user_id.is_empty();
    let verdict = |(rule, verdict)| match (rule, verdict) {
        (Rule::NotName, _) if nobody => Verdict::CheckedWhenSaved,
        (Rule::NotContext, Verdict::Met) if email.is_empty() => Verdict::CheckedWhenSaved,
        _ => verdict,
    };
    check(&new.rules, &context, candidate).into_iter().map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> NewPassword {
        let rules = PasswordRules {
            min: 6,
            max: 12,
            letter: true,
            digit: true,
            uppercase: false,
            symbol: false,
            not_name: true,
            blocklist: false,
            history: History::All,
        };
        let [first_name, last_name] = ["María", "López"].map(str::to_owned);
        NewPassword {
            rules,
            reveal: false,
            first_name,
            last_name,
            user_id: String::new(),
            email: String::new(),
            names: Vec::new(),
            username: String::new(),
        }
    }

    #[test]
    fn the_name_is_left_to_the_server_where_the_page_must_not_know_it() {
        let known = member();
        assert_eq!(verdicts(&known, "", "maria")[3], Verdict::NotYet);
        let nobody = NewPassword { first_name: String::new(), last_name: String::new(), ..known };
        assert_eq!(verdicts(&nobody, "", "maria")[3], Verdict::CheckedWhenSaved);
        assert_eq!(verdicts(&nobody, "maria", "maria")[3], Verdict::NotYet);
    }

    #[test]
    fn the_address_is_left_to_the_server_where_the_page_must_not_know_it() {
        let known = NewPassword {
            rules: PasswordRules { blocklist: true, ..member().rules },
            email: "maria@mail.example".to_owned(),
            names: vec!["Evergreen".to_owned()],
            ..member()
        };
        let verdict = |new: &NewPassword, candidate| verdicts(new, "", candidate)[4];
        assert_eq!(verdict(&known, "garden"), Verdict::Met);
        assert_eq!(verdict(&known, "mariamailexample"), Verdict::NotYet);
        let nobody = NewPassword { email: String::new(), ..known };
        assert_eq!(verdict(&nobody, "garden"), Verdict::CheckedWhenSaved);
        assert_eq!(verdict(&nobody, "Evergreen2025"), Verdict::NotYet);
    }

    #[test]
    fn every_rule_is_a_line_with_its_figures() {
        for (rule, en, es) in [
            (Rule::Length { min: 6, max: 12 }, "has 6 to 12 characters", "tiene de 6 a 12 caracteres"),
            (Rule::NotEarlier(History::Last(1)), "is not the one you have now", "no es la que tiene ahora"),
            (Rule::NotEarlier(History::Last(5)), "is not one of your last 5", "no es una de sus últimas 5"),
            (
                Rule::NotEarlier(History::All),
                "is not one you have used before",
                "no es una que haya usado antes",
            ),
        ] {
            assert_eq!(rule_words(rule, Lang::En), en);
            assert_eq!(rule_words(rule, Lang::Es), es);
        }
    }
}
