//! A new password as it arrives: entered twice, and held against every rule but the account's history.

use portico_rules::password::{Context, PasswordRules, Rule, Verdict, check};
use portico_rules::policy::Policy;

use crate::common_passwords::is_common;
use crate::secret::Password;

/// What is wrong with a new password. It never says what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordMistake {
    /// Nothing was entered.
    Missing,
    /// It breaks these rules.
    Breaks(Vec<Rule>),
    /// It is the current one or an earlier one that it must differ from.
    UsedBefore,
    /// *The two passwords must match.*
    DoNotMatch,
}

/// Checks a new password and its repetition. What only the history can tell is left to
/// [`passwords::prepare`](crate::passwords::prepare).
///
/// # Errors
/// The first thing to mend. The rules come before the repetition, since a password that must be changed anyway need not
/// be repeated right.
pub fn read(
    policy: &Policy,
    context: &Context<'_>,
    password: &Password,
    repeated: &Password,
) -> Result<(), PasswordMistake> {
    if password.expose().is_empty() {
        return Err(PasswordMistake::Missing);
    }
    let verdicts = check(&PasswordRules::of(policy), context, password.expose());
    let broken: Vec<Rule> = verdicts
        .into_iter()
        .filter(|(rule, verdict)| match verdict {
            Verdict::Met => false,
            Verdict::NotYet => true,
            Verdict::CheckedWhenSaved => *rule == Rule::NotCommon && is_common(password.expose()),
        })
        .map(|(rule, _)| rule)
        .collect();
    if !broken.is_empty() {
        return Err(PasswordMistake::Breaks(broken));
    }
    if password.expose() != repeated.expose() {
        return Err(PasswordMistake::DoNotMatch);
    }
    Ok(())
}
