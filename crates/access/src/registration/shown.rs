//! What *Check your answers* showed. Its form gives a digest of it back, so that nothing else becomes an account: a browser
//! has one registration, and another tab may have changed its answers, or begun one for somebody else.

use portico_store::keys::Keys;
use portico_store::registrations::Registration;
use portico_store::{decode_hex, encode_hex, to_micros};

const PURPOSE: &str = "registration shown";

/// The digest of a registration as it stands. It is keyed, so that it says nothing of what is in it.
pub(super) fn digest(keys: &Keys, registration: &Registration) -> String {
    encode_hex(&keys.mac(PURPOSE, &shown(registration)))
}

/// Whether this is the digest of the registration as it stands.
pub(super) fn is_digest(keys: &Keys, registration: &Registration, digest: &str) -> bool {
    decode_hex(digest).is_some_and(|digest| keys.mac_holds(PURPOSE, &shown(registration), &digest))
}

/// Whose registration it is and all that becomes the account, each with its length in front. Sealed values and hashes
/// are other bytes whenever something is chosen again, also the same: looking at it once more costs nothing.
fn shown(registration: &Registration) -> Vec<u8> {
    let Registration { id, answers, email, email_proven_at, user_id, password, security, .. } = registration;
    let proven_at = email_proven_at.map(|at| to_micros(at).to_be_bytes());
    let parts = [
        Some(id.as_bytes()),
        answers.as_ref().map(|answers| answers.as_bytes()),
        email.as_ref().map(|email| email.as_bytes()),
        proven_at.as_ref().map(|at| at.as_slice()),
        user_id.as_ref().map(|user_id| user_id.as_bytes()),
        password.as_ref().map(|password| password.hash.as_bytes()),
        security.as_ref().map(|kept| kept.hash.0.as_bytes()),
    ];
    let mut all = Vec::new();
    for part in parts.map(Option::unwrap_or_default) {
        all.extend_from_slice(&part.len().to_be_bytes());
        all.extend_from_slice(part);
    }
    all
}
