//! Where a person may be led after signing in.

use crate::organization::is_slug;

/// The longest address that is led back to; none of ours comes near.
const LONGEST: usize = 1024;

/// Whether the address is a page of this organization on this site, so that leading there can neither leave the site
/// nor enter another organization.
///
/// Only what cannot be read in two ways is one: an absolute path below `/o/{organization}`, in visible ASCII, without
/// `//`, backslash, dot segments, or escapes of any of these in the path.
pub fn is_inside(address: &str, organization: &str) -> bool {
    if !is_slug(organization) || address.len() > LONGEST {
        return false;
    }
    if !address.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'`')) {
        return false;
    }
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.split('/');
    if (segments.next(), segments.next(), segments.next()) != (Some(""), Some("o"), Some(organization)) {
        return false;
    }
    let mut segments = segments.peekable();
    while let Some(segment) = segments.next() {
        // An empty last segment is a slash at the end; any other is a `//`.
        let is_last = segments.peek().is_none();
        if (segment.is_empty() && !is_last) || !is_plain_segment(segment) {
            return false;
        }
    }
    !address.contains("//")
}

/// Not `.` or `..`, and no escape but those of letters beyond ASCII, which is all that our own addresses could need.
fn is_plain_segment(segment: &str) -> bool {
    if segment == "." || segment == ".." {
        return false;
    }
    segment.split('%').skip(1).all(|escape| {
        let hex = |at| escape.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
        matches!(escape.bytes().next(), Some(b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F')) && hex(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_to_pages_of_the_organization() {
        for address in [
            "/o/evergreen",
            "/o/evergreen/",
            "/o/evergreen/home",
            "/o/evergreen/account/password",
            "/o/evergreen/help?topic=pin&x=%2e%2e",
            "/o/evergreen/help#what-is-a-pin",
            "/o/evergreen/help/contrase%C3%B1a",
            "/o/evergreen/a.b",
        ] {
            assert!(is_inside(address, "evergreen"), "{address}");
        }
    }

    #[test]
    fn leads_nowhere_else() {
        let long = format!("/o/evergreen/{}", "a".repeat(LONGEST));
        for address in [
            "",
            "/",
            "home",
            "o/evergreen/home",
            "https://evil.example/o/evergreen/home",
            "https:/o/evergreen",
            "//evil.example/o/evergreen",
            "///o/evergreen",
            "/\\evil.example",
            "\\\\evil.example",
            "/o/evergreen\\..\\..",
            "/o/evergreen/..",
            "/o/evergreen/../riverside/home",
            "/o/evergreen/./home",
            "/o/evergreen/%2e%2e/riverside/home",
            "/o/evergreen/.%2E/riverside/home",
            "/o/evergreen/%2f/evil.example",
            "/o/evergreen/%5cevil.example",
            "/o/evergreen/%00",
            "/o/evergreen/%252e%252e",
            "/o/evergreen/%",
            "/o/evergreen/%c",
            "/o/evergreen/%cg",
            "/o/evergreen//evil.example",
            "/o/evergreen/help?next=//evil.example",
            "/o/evergreen/home//",
            "/o//evergreen",
            "/o/evergreens/home",
            "/o/riverside/home",
            "/o/EVERGREEN/home",
            "/o",
            "/o/",
            "/dev/clock",
            "/api/sign_out",
            "javascript:alert(1)",
            "/o/evergreen/home\r\nSet-Cookie: a=b",
            "/o/evergreen/home\n",
            "/o/evergreen/\thome",
            " /o/evergreen/home",
            "/o/evergreen/a b",
            "/o/evergreen/\u{0}",
            "/o/evergreen/\u{7f}",
            "/o/evergreen/ñ",
            "/o/evergreen/\u{2028}",
            "/o/evergreen/<script>",
            "/o/evergreen/\"onload=",
            "@evil.example/o/evergreen",
            "/@evil.example",
            "?/o/evergreen/home",
            "#/o/evergreen/home",
            &long,
        ] {
            assert!(!is_inside(address, "evergreen"), "{address}");
        }
        for organization in ["", "..", "ever/green", "."] {
            assert!(!is_inside(&format!("/o/{organization}/home"), organization), "{organization}");
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod properties {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #[test]
            fn whatever_is_inside_is_an_absolute_path_of_the_organization(address in "[/\\\\.o%:?#a-z0-9\\r ]{0,40}") {
                for address in [address.clone(), format!("/o/evergreen/{address}")] {
                    if is_inside(&address, "evergreen") {
                        prop_assert!(address.starts_with("/o/evergreen"));
                        prop_assert!(!address.contains("//") && !address.contains('\\') && !address.contains("/../"));
                        prop_assert!(address.bytes().all(|b| b.is_ascii_graphic()));
                    }
                }
            }
        }
    }
}
