//! Email addresses as people type them.

use std::fmt;

/// An address that can be written to, as it was typed but for the spaces around it. Whether it is its owner's is
/// another question: a proven address is another type.
///
/// Does not print itself: an address is personal.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailProblem {
    /// Nothing was entered.
    Missing,
    /// Not of the form `name@example.com`.
    NotAnAddress,
    /// More than 254 characters, or more than 64 before the `@` (RFC 5321, 4.5.3.1).
    TooLong,
}

impl EmailAddress {
    /// The address to write to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which the address is looked up: see [`normalise`].
    pub fn normalised(&self) -> String {
        normalise(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

/// The form under which an address is looked up: without spaces around it, in lower case. Mail servers may tell case
/// apart before the `@` (RFC 5321, 2.4); none in use does, and people do not.
pub fn normalise(address: &str) -> String {
    address.trim().to_ascii_lowercase()
}

/// Reads an address: one `@`, the characters that RFC 5322 allows without quotes before it, a domain name with a dot
/// behind it. Addresses beyond ASCII are refused because not every mail server can be given one.
///
/// # Errors
///
/// What is wrong with it.
pub fn check(entered: &str) -> Result<EmailAddress, EmailProblem> {
    let address = entered.trim();
    if address.is_empty() {
        return Err(EmailProblem::Missing);
    }
    let (local, domain) = address.rsplit_once('@').ok_or(EmailProblem::NotAnAddress)?;
    let is_atom = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    let well_formed = local.split('.').all(is_atom)
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && !top.bytes().all(|b| b.is_ascii_digit());
    if !well_formed {
        return Err(EmailProblem::NotAnAddress);
    }
    if address.len() > 254 || local.len() > 64 {
        return Err(EmailProblem::TooLong);
    }
    Ok(EmailAddress(address.to_owned()))
}

/// The address with the first character of each part and a mark of constant length for the rest:
/// `jane@mail.example.com` is `j•••@m•••.e•••.c•••`. Enough to recognise one's own, too little to learn another's.
pub fn mask(address: &EmailAddress) -> String {
    const REST: &str = "•••";
    let mut masked = String::new();
    let (local, domain) = address.0.rsplit_once('@').unwrap_or((&address.0, ""));
    masked.extend(local.chars().next());
    masked.push_str(REST);
    for (n, label) in domain.split('.').enumerate() {
        masked.push(if n == 0 { '@' } else { '.' });
        masked.extend(label.chars().next());
        masked.push_str(REST);
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts() {
        for address in [
            "jane@example.com",
            " jane@example.com\t",
            "Jane.O'Brien+portal@mail.example.co",
            "a@b.cd",
            "x_y-z@xn--bcher-kva.example",
            "1@2.example",
        ] {
            assert_eq!(check(address).map(|a| a.as_str().to_owned()), Ok(address.trim().to_owned()));
        }
    }

    #[test]
    fn refuses() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let label = "a".repeat(62);
        let long = format!("jane@{label}.{label}.{label}.{label}.com");
        let long_label = format!("jane@{}.com", "a".repeat(64));
        for (address, problem) in [
            ("", EmailProblem::Missing),
            ("  ", EmailProblem::Missing),
            ("jane", EmailProblem::NotAnAddress),
            ("jane@", EmailProblem::NotAnAddress),
            ("@example.com", EmailProblem::NotAnAddress),
            ("jane@example", EmailProblem::NotAnAddress),
            ("jane@@example.com", EmailProblem::NotAnAddress),
            ("jane@home@example.com", EmailProblem::NotAnAddress),
            ("jane doe@example.com", EmailProblem::NotAnAddress),
            (".jane@example.com", EmailProblem::NotAnAddress),
            ("jane.@example.com", EmailProblem::NotAnAddress),
            ("ja..ne@example.com", EmailProblem::NotAnAddress),
            ("jane@.example.com", EmailProblem::NotAnAddress),
            ("jane@example..com", EmailProblem::NotAnAddress),
            ("jane@example.com.", EmailProblem::NotAnAddress),
            ("jane@-example.com", EmailProblem::NotAnAddress),
            ("jane@10.0.0.1", EmailProblem::NotAnAddress),
            ("jane@example.com\r\nBcc: x@example.com", EmailProblem::NotAnAddress),
            ("jane@example.com,x@example.com", EmailProblem::NotAnAddress),
            ("Jane <jane@example.com>", EmailProblem::NotAnAddress),
            ("\"jane\"@example.com", EmailProblem::NotAnAddress),
            ("josé@example.com", EmailProblem::NotAnAddress),
            (&long_label, EmailProblem::NotAnAddress),
            (&long_local, EmailProblem::TooLong),
            (&long, EmailProblem::TooLong),
        ] {
            assert_eq!(check(address), Err(problem), "{address}");
        }
    }

    #[test]
    fn masks_without_length() {
        let mask = |address| mask(&check(address).unwrap());
        assert_eq!(mask("jane@example.com"), "j•••@e•••.c•••");
        assert_eq!(mask("j@e.co"), "j•••@e•••.c•••");
        assert_eq!(mask("jane.doe@mail.example.com"), "j•••@m•••.e•••.c•••");
    }

    #[test]
    fn looks_up_without_case_and_prints_nothing() {
        let address = check(" Jane@Example.COM ").unwrap();
        assert_eq!(address.normalised(), "jane@example.com");
        assert_eq!(address.normalised(), normalise(" JANE@example.com"));
        assert_eq!(format!("{address:?}"), "EmailAddress(..)");
    }
}
