//! Bytes as text: ids and tokens in base32, keys in hexadecimal.

/// Lowercase base32 without padding (RFC 4648): survives mail programs that fold case, and has no 0, 1 or 8.
#[must_use]
pub fn encode_base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut five = [0; 8];
        five[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(five);
        for digit in 0..(chunk.len() * 8).div_ceil(5) {
            text.push(char::from(ALPHABET[(bits >> (35 - 5 * digit) & 31) as usize]));
        }
    }
    text
}

/// Lowercase hexadecimal.
#[must_use]
pub fn encode_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The reverse of [`encode_hex`], of either case; `None` when it is not hexadecimal.
#[must_use]
pub fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits?;
    if digits.len() % 2 != 0 {
        return None;
    }
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_coreutils() {
        for (bytes, text) in [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
            ("0123456789abcdef", "gaytemzugu3doobzmfrggzdfmy"),
        ] {
            assert_eq!(encode_base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn hexadecimal_goes_both_ways() {
        assert_eq!(encode_hex(&[0, 10, 255]), "000aff");
        assert_eq!(decode_hex("000aFF"), Some(vec![0, 10, 255]));
        assert_eq!(decode_hex("0"), None);
        assert_eq!(decode_hex("zz"), None);
    }
}
