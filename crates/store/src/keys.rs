//! What is done with the keys file: sealing, fingerprints, codes and the links of the audit log.
//!
//! The file holds several keys, the last of which is current. Each value says in its first four bytes which key made
//! it, so that keys can be rotated while old values stay readable. Every use has a key of its own, derived from the
//! file's.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::StoreError;
use crate::environment::Randomness;
use crate::secret::{Code, Token};
use crate::text::{decode_hex, encode_hex};

const KEY_ID: usize = 4;
const NONCE: usize = 24;

/// A column that holds sealed values, as `table.column`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column(pub &'static str);

impl Column {
    /// The value of this column in the row whose id is `row`.
    #[must_use]
    pub fn of<'a>(&self, row: &'a str) -> Place<'a> {
        Place { column: self.0, row }
    }
}

/// Where a sealed value belongs. It opens nowhere else, so that a value cannot be moved to another row or column.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    column: &'static str,
    row: &'a str,
}

macro_rules! bytes_made_by_keys {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Vec<u8>);

        impl $name {
            /// As the database keeps it.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

bytes_made_by_keys! {
    /// An encrypted value: key id, nonce, ciphertext with its tag.
    Sealed;
    /// A keyed hash by which a value is looked up: key id and HMAC.
    Fingerprint;
    /// The hash of a token. Tokens have 256 random bits: no key is needed, and rotation does not touch them.
    TokenHash;
    /// The keyed hash of a code: key id and HMAC.
    CodeHash;
}

macro_rules! read_from_the_database {
    ($($name:ident)*) => {$(
        impl $name {
            pub(crate) fn from_database(bytes: Vec<u8>) -> Self {
                Self(bytes)
            }
        }
    )*};
}

read_from_the_database! { Sealed Fingerprint CodeHash }

impl Sealed {
    /// What was kept outside the database, in a cookie. Bytes that no key made do not open.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// Why a keys file was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// A line is not `portico-key-1 ID SECRET`.
    #[error("line {line} of the keys file is not a key: restore the file from its backup")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// No key at all.
    #[error("the keys file has no key in it: make one with `portico keys new`")]
    Empty,
    /// Two keys of one id.
    #[error("line {line} of the keys file repeats a key: remove the line")]
    Repeated {
        /// Counted from 1.
        line: usize,
    },
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Key {
    id: [u8; KEY_ID],
    secret: [u8; 32],
    seal: [u8; 32],
    fingerprint: [u8; 32],
    code: [u8; 32],
    code_hash: [u8; 32],
    audit: [u8; 32],
    mac: [u8; 32],
}

impl Key {
    fn new(id: [u8; KEY_ID], secret: [u8; 32]) -> Self {
        let subkey = |purpose: &str| hmac(&secret, &[b"portico key 1", purpose.as_bytes()]);
        Self {
            id,
            secret,
            seal: subkey("seal"),
            fingerprint: subkey("fingerprint"),
            code: subkey("code"),
            code_hash: subkey("code hash"),
            audit: subkey("audit"),
            mac: subkey("mac"),
        }
    }

    fn random(randomness: &dyn Randomness) -> Self {
        let mut id = [0; KEY_ID];
        let mut secret = Zeroizing::new([0; 32]);
        randomness.fill(&mut id);
        randomness.fill(&mut *secret);
        Self::new(id, *secret)
    }

    /// `mac` with this key's id in front.
    fn named(&self, mac: [u8; 32]) -> Vec<u8> {
        [&self.id[..], &mac].concat()
    }
}

/// The keys of one keys file.
#[derive(Clone)]
pub struct Keys {
    current: Key,
    /// Newest first.
    older: Vec<Key>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} in all)", 1 + self.older.len())
    }
}

impl Keys {
    /// A first key.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        Self { current: Key::random(randomness), older: Vec::new() }
    }

    /// Adds a key, which becomes the current one. What older keys made stays readable.
    pub fn rotate(&mut self, randomness: &dyn Randomness) {
        let retired = std::mem::replace(&mut self.current, Key::random(randomness));
        self.older.insert(0, retired);
    }

    /// Reads a keys file.
    ///
    /// # Errors
    /// [`KeysError`], which never quotes the file.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let mut keys: Vec<Key> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let number = index + 1;
            let key = parse_line(line).ok_or(KeysError::Line { line: number })?;
            if keys.iter().any(|earlier| earlier.id == key.id) {
                return Err(KeysError::Repeated { line: number });
            }
            keys.push(key);
        }
        let current = keys.pop().ok_or(KeysError::Empty)?;
        keys.reverse();
        Ok(Self { current, older: keys })
    }

    /// The text of the keys file, oldest key first.
    #[must_use]
    pub fn to_file_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::from(
            "# Portico's secret keys. Without them the database cannot be read: back this file up, apart from the\n\
             # database. Each line is a key; the last is used for what is written now.\n",
        ));
        for key in self.older.iter().rev().chain([&self.current]) {
            let secret = Zeroizing::new(encode_hex(&key.secret));
            text.push_str("portico-key-1 ");
            text.push_str(&encode_hex(&key.id));
            text.push(' ');
            text.push_str(&secret);
            text.push('\n');
        }
        text
    }

    /// Encrypts `plain` for one place (XChaCha20-Poly1305, random nonce, the place authenticated).
    #[must_use]
    pub fn seal(&self, randomness: &dyn Randomness, place: Place<'_>, plain: &[u8]) -> Sealed {
        let mut nonce = [0; NONCE];
        randomness.fill(&mut nonce);
        let aad = parts(&[place.column.as_bytes(), place.row.as_bytes()]);
        let cipher = XChaCha20Poly1305::new(&self.current.seal.into());
        // Encryption fails only beyond 256 GiB; an empty ciphertext never opens.
        let ciphertext =
            cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad }).unwrap_or_default();
        Sealed([&self.current.id[..], &nonce, &ciphertext].concat())
    }

    /// Decrypts what [`seal`](Self::seal) made for the same place.
    ///
    /// # Errors
    /// [`StoreError::Unsealable`] when no key of the file made it, it was made for another place, or it was changed.
    pub fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let unsealable = || StoreError::Unsealable { place: place.column };
        let (id, rest) = sealed.0.split_first_chunk::<KEY_ID>().ok_or_else(unsealable)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or_else(unsealable)?;
        let key = self.by_id(id).ok_or_else(unsealable)?;
        let aad = parts(&[place.column.as_bytes(), place.row.as_bytes()]);
        XChaCha20Poly1305::new(&key.seal.into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| unsealable())
    }

    /// [`open`](Self::open) for text.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_text(&self, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<String>, StoreError> {
        let plain = self.open(place, sealed)?;
        match std::str::from_utf8(&plain) {
            Ok(text) => Ok(Zeroizing::new(text.to_owned())),
            Err(_) => Err(StoreError::Unreadable { place: place.column }),
        }
    }

    /// The keyed hash under which `value` is kept now. `kind` sets unlike things apart (`email`, `member_id`), the
    /// organization keeps equal values of two organizations from being told equal.
    #[must_use]
    pub fn fingerprint(&self, kind: &'static str, organization_id: &str, value: &str) -> Fingerprint {
        fingerprint(&self.current, kind, organization_id, value)
    }

    /// Every keyed hash under which `value` may be found, by the newest key first: for look-ups.
    #[must_use]
    pub fn fingerprints(&self, kind: &'static str, organization_id: &str, value: &str) -> Vec<Fingerprint> {
        self.newest_first().map(|key| fingerprint(key, kind, organization_id, value)).collect()
    }

    /// The hash by which a token is kept and found. A token of one kind is none of another.
    #[must_use]
    pub fn token_hash(&self, kind: &'static str, token: &Token) -> TokenHash {
        let digest = Sha256::digest(parts(&[b"portico token 1", kind.as_bytes(), token.expose().as_bytes()]));
        TokenHash(digest.to_vec())
    }

    /// The code of a request: the same for the same `round`, unguessable without the keys, uniform over eight digits.
    /// `kind` sets codes of unlike purpose apart.
    #[must_use]
    pub fn code(&self, kind: &'static str, request_id: &str, round: u32) -> Code {
        code(&self.current, kind, request_id, round)
    }

    /// The code of a request as it was when `stored` was made, also after a rotation; `None` when `stored` is not
    /// that of this request and round.
    #[must_use]
    pub fn code_again(
        &self,
        kind: &'static str,
        request_id: &str,
        round: u32,
        stored: &CodeHash,
    ) -> Option<Code> {
        let key = self.by_id(stored.0.first_chunk()?)?;
        let code = code(key, kind, request_id, round);
        self.code_matches(kind, request_id, &code, stored).then_some(code)
    }

    /// The hash under which the code of a request is kept.
    #[must_use]
    pub fn code_hash(&self, kind: &'static str, request_id: &str, code: &Code) -> CodeHash {
        code_hash(&self.current, kind, request_id, code)
    }

    /// Whether `entered` is the code that `stored` was made of, in constant time.
    #[must_use]
    pub fn code_matches(
        &self,
        kind: &'static str,
        request_id: &str,
        entered: &Code,
        stored: &CodeHash,
    ) -> bool {
        let key = stored.0.first_chunk().and_then(|id| self.by_id(id));
        key.is_some_and(|key| code_hash(key, kind, request_id, entered).0.ct_eq(&stored.0).into())
    }

    /// The link of an audit row: a keyed hash of the row and of the link before it.
    #[must_use]
    pub fn audit_link(&self, previous: &[u8], row: &[u8]) -> Vec<u8> {
        self.current.named(hmac(&self.current.audit, &[previous, row]))
    }

    /// Whether `link` is the one that [`audit_link`](Self::audit_link) made.
    #[must_use]
    pub fn audit_link_holds(&self, previous: &[u8], row: &[u8], link: &[u8]) -> bool {
        let key = link.first_chunk().and_then(|id| self.by_id(id));
        key.is_some_and(|key| key.named(hmac(&key.audit, &[previous, row])).ct_eq(link).into())
    }

    /// A keyed hash for anything else (form tokens, device cookies): key id and HMAC. Uses of unlike `purpose` never
    /// agree.
    #[must_use]
    pub fn mac(&self, purpose: &'static str, bytes: &[u8]) -> Vec<u8> {
        self.current.named(hmac(&self.current.mac, &[purpose.as_bytes(), bytes]))
    }

    /// Whether `mac` is what [`mac`](Self::mac) made, by any key of the file, in constant time.
    #[must_use]
    pub fn mac_holds(&self, purpose: &'static str, bytes: &[u8], mac: &[u8]) -> bool {
        let key = mac.first_chunk().and_then(|id| self.by_id(id));
        key.is_some_and(|key| key.named(hmac(&key.mac, &[purpose.as_bytes(), bytes])).ct_eq(mac).into())
    }

    fn newest_first(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.older)
    }

    fn by_id(&self, id: &[u8; KEY_ID]) -> Option<&Key> {
        self.newest_first().find(|key| key.id == *id)
    }
}

fn parse_line(line: &str) -> Option<Key> {
    let mut words = line.split_whitespace();
    let (Some("portico-key-1"), Some(id), Some(secret), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return None;
    };
    let id = decode_hex(id)?.try_into().ok()?;
    let secret = Zeroizing::new(decode_hex(secret)?);
    Some(Key::new(id, secret.as_slice().try_into().ok()?))
}

fn fingerprint(key: &Key, kind: &'static str, organization_id: &str, value: &str) -> Fingerprint {
    let parts = [kind.as_bytes(), organization_id.as_bytes(), value.as_bytes()];
    Fingerprint(key.named(hmac(&key.fingerprint, &parts)))
}

fn code(key: &Key, kind: &'static str, request_id: &str, round: u32) -> Code {
    // The largest multiple of 10^8 that four bytes hold: numbers above it would favour small codes.
    const LIMIT: u32 = 4_200_000_000;
    let mut attempt: u32 = 0;
    loop {
        let parts: [&[u8]; 4] =
            [kind.as_bytes(), request_id.as_bytes(), &round.to_be_bytes(), &attempt.to_be_bytes()];
        let bytes = hmac(&key.code, &parts);
        let number = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        if number < LIMIT {
            return Code::from_number(number % 100_000_000);
        }
        attempt += 1;
    }
}

fn code_hash(key: &Key, kind: &'static str, request_id: &str, code: &Code) -> CodeHash {
    let parts = [kind.as_bytes(), request_id.as_bytes(), code.expose().as_bytes()];
    CodeHash(key.named(hmac(&key.code_hash, &parts)))
}

fn hmac(key: &[u8; 32], values: &[&[u8]]) -> [u8; 32] {
    // HMAC pads a key with zeros to its hash's block (RFC 2104): doing so here, nothing can fail.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    mac.update(&parts(values));
    mac.finalize().into_bytes().into()
}

/// Values one after the other, each behind its length: no two lists give the same bytes.
fn parts(values: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(values.iter().map(|value| value.len() + 8).sum()));
    for value in values {
        bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
        bytes.extend_from_slice(value);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::SeededRandomness;

    const EMAIL: Column = Column("accounts.email");

    fn keys() -> (Keys, SeededRandomness) {
        let randomness = SeededRandomness::new(1);
        (Keys::generate(&randomness), randomness)
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_alone() {
        let (keys, randomness) = keys();
        let sealed = keys.seal(&randomness, EMAIL.of("row"), b"maria@mail.example");
        assert_eq!(keys.open_text(EMAIL.of("row"), &sealed).unwrap().as_str(), "maria@mail.example");
        assert!(keys.open(EMAIL.of("other"), &sealed).is_err());
        assert!(keys.open(Column("accounts.name").of("row"), &sealed).is_err());
        assert!(Keys::generate(&randomness).open(EMAIL.of("row"), &sealed).is_err());
        for index in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[index] ^= 1;
            assert!(keys.open(EMAIL.of("row"), &changed).is_err(), "byte {index}");
            changed.0.truncate(index);
            assert!(keys.open(EMAIL.of("row"), &changed).is_err(), "first {index} bytes");
        }
    }

    #[test]
    fn equal_values_are_sealed_unlike() {
        let (keys, randomness) = keys();
        let seal = || keys.seal(&randomness, EMAIL.of("row"), b"maria@mail.example");
        assert_ne!(seal(), seal());
    }

    #[test]
    fn the_file_gives_the_same_keys_back() {
        let (mut keys, randomness) = keys();
        keys.rotate(&randomness);
        keys.rotate(&randomness);
        let again = Keys::parse(&keys.to_file_text()).unwrap();
        assert_eq!(again.to_file_text(), keys.to_file_text());
        assert_eq!(again.fingerprints("email", "org", "x"), keys.fingerprints("email", "org", "x"));
    }

    #[test]
    fn a_bad_file_is_refused_without_being_quoted() {
        let line = "portico-key-1 00000001 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        assert!(Keys::parse(line).is_ok());
        for (text, error) in [
            (String::new(), KeysError::Empty),
            ("# nothing\n\n".to_owned(), KeysError::Empty),
            (format!("{line}\n{line}"), KeysError::Repeated { line: 2 }),
            (format!("# keys\n{line} more"), KeysError::Line { line: 2 }),
            (line.replace("key-1", "key-2"), KeysError::Line { line: 1 }),
            (line[..line.len() - 2].to_owned(), KeysError::Line { line: 1 }),
            (line.replace("0001", "zz01"), KeysError::Line { line: 1 }),
        ] {
            let refused = Keys::parse(&text).unwrap_err();
            assert_eq!(refused, error);
            assert!(!refused.to_string().contains("0102"));
        }
    }

    #[test]
    fn rotation_keeps_what_was_made_before() {
        let (mut keys, randomness) = keys();
        let sealed = keys.seal(&randomness, EMAIL.of("row"), b"x");
        let print = keys.fingerprint("email", "org", "x");
        let code = keys.code("reset", "request", 0);
        let hash = keys.code_hash("reset", "request", &code);
        let token = Token::new(&randomness);
        let token_hash = keys.token_hash("link", &token);
        let link = keys.audit_link(b"previous", b"row");
        let mac = keys.mac("form", b"session");
        keys.rotate(&randomness);
        assert_eq!(keys.open(EMAIL.of("row"), &sealed).unwrap().as_slice(), b"x");
        assert_ne!(keys.fingerprint("email", "org", "x"), print);
        assert!(keys.fingerprints("email", "org", "x").contains(&print));
        assert!(keys.code_matches("reset", "request", &code, &hash));
        let again = keys.code_again("reset", "request", 0, &hash).unwrap();
        assert_eq!(again.expose(), code.expose());
        assert_eq!(keys.token_hash("link", &token), token_hash);
        assert!(keys.audit_link_holds(b"previous", b"row", &link));
        assert!(keys.mac_holds("form", b"session", &mac));
    }

    #[test]
    fn what_is_made_for_one_thing_is_worth_nothing_for_another() {
        let (keys, randomness) = keys();
        assert_ne!(keys.fingerprint("email", "org", "x"), keys.fingerprint("user_id", "org", "x"));
        assert_ne!(keys.fingerprint("email", "org", "x"), keys.fingerprint("email", "other", "x"));
        // No two lists of parts give the same bytes.
        assert_ne!(keys.fingerprint("email", "org", "x"), keys.fingerprint("email", "or", "gx"));
        let token = Token::new(&randomness);
        assert_ne!(keys.token_hash("session", &token), keys.token_hash("link", &token));
        let code = keys.code("reset", "request", 0);
        let hash = keys.code_hash("reset", "request", &code);
        assert!(keys.code_matches("reset", "request", &code, &hash));
        assert!(!keys.code_matches("registration", "request", &code, &hash));
        assert!(!keys.code_matches("reset", "another", &code, &hash));
        assert!(keys.code_again("reset", "request", 1, &hash).is_none());
        let mac = keys.mac("form", b"x");
        assert!(keys.mac_holds("form", b"x", &mac));
        assert!(!keys.mac_holds("device", b"x", &mac));
        assert!(!keys.mac_holds("form", b"y", &mac));
        assert!(!keys.mac_holds("form", b"x", &mac[..mac.len() - 1]));
        assert!(!keys.mac_holds("form", b"x", &[]));
    }

    #[test]
    fn codes_are_spread_evenly() {
        let (keys, _) = keys();
        let mut first_digits = [0; 10];
        for round in 0..2000 {
            let code = keys.code("reset", "request", round);
            assert_eq!(code.expose().len(), 8);
            first_digits[usize::from(code.expose().as_bytes()[0] - b'0')] += 1;
        }
        assert!(first_digits.iter().all(|&count| (140..260).contains(&count)), "{first_digits:?}");
    }

    #[test]
    fn nothing_here_prints() {
        let (keys, randomness) = keys();
        let sealed = keys.seal(&randomness, EMAIL.of("row"), b"x");
        let print = keys.fingerprint("email", "org", "x");
        assert_eq!(format!("{keys:?} {sealed:?} {print:?}"), "Keys(1 in all) Sealed(…) Fingerprint(…)");
    }
}
