//! Secrets that are shown once: they do not print, and are wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

use crate::environment::Randomness;
use crate::text::encode_base32;

/// 256 random bits in a link or a cookie, as 52 lowercase letters and digits. Only its hash is kept.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// A token nobody has seen before.
    #[must_use]
    pub fn new(randomness: &dyn Randomness) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        randomness.fill(&mut *bytes);
        Self(Zeroizing::new(encode_base32(&*bytes)))
    }

    /// What came back; `None` when it cannot be a token. Nothing is trimmed, folded or completed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let of_alphabet = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
        (text.len() == 52 && text.bytes().all(of_alphabet)).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, for the link or the cookie.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Eight digits that a person types: a code or a PIN.
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// What a person typed, without the spaces and dashes they may have put in; `None` when it is not eight digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(9).collect());
        (digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(Self(digits))
    }

    pub(crate) fn from_number(number: u32) -> Self {
        Self(Zeroizing::new(format!("{number:08}")))
    }

    /// The digits, for the mail.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::SeededRandomness;

    #[test]
    fn tokens_come_back_whole_or_not_at_all() {
        let token = Token::new(&SeededRandomness::new(1));
        let text = token.expose();
        assert_eq!(Token::parse(text).unwrap().expose(), text);
        for length in 0..text.len() {
            assert!(Token::parse(&text[..length]).is_none());
        }
        assert!(Token::parse(&text.to_uppercase()).is_none());
        assert!(Token::parse(&format!("{text}=")).is_none());
        assert!(Token::parse(&format!(" {text}")).is_none());
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        for typed in ["12345678", " 1234 5678 ", "1234-5678"] {
            assert_eq!(Code::parse(typed).unwrap().expose(), "12345678");
        }
        for typed in ["", "1234567", "123456789", "1234567a", "１２３４５６７８"] {
            assert!(Code::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let token = Token::new(&SeededRandomness::new(1));
        assert!(!format!("{token:?}").contains(token.expose()));
        assert!(!format!("{:?}", Code::from_number(12_345_678)).contains("1234"));
    }
}
