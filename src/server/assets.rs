//! The built site, embedded in the binary: the app's JavaScript and WebAssembly, the stylesheet and the icon.
//!
//! They are served under `/pkg/{digest of all}/` as immutable. A development build reads them from `target/site`.

use super::Portal;
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest, Sha256};
use std::{fmt::Write as _, sync::Arc};

#[derive(Embed)]
#[folder = "target/site/"]
#[allow_missing = true]
struct Site;

/// The built site and the digest that its addresses carry.
#[derive(Clone, Debug)]
pub struct Assets {
    /// First 16 hexadecimal digits of the SHA-256 of all files.
    pub digest: Arc<str>,
}

impl Assets {
    /// The site of this build.
    #[must_use]
    pub fn embedded() -> Self {
        let mut names: Vec<_> = Site::iter().collect();
        names.sort();
        let mut digest = Sha256::new();
        for name in names {
            if let Some(file) = Site::get(&name) {
                digest.update(name.as_bytes());
                digest.update(file.metadata.sha256_hash());
            }
        }
        let digest = digest.finalize().iter().take(8).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Self { digest: digest.into() }
    }

    /// The address of a file of the site.
    #[must_use]
    pub fn address(&self, file: &str) -> String {
        format!("/pkg/{}/{file}", self.digest)
    }
}

/// `GET /pkg/{digest}/{file}`. A digest of another build is answered with this build's file, uncached: a page
/// that was loaded before an upgrade still finds what it needs.
pub(super) async fn serve(
    State(portal): State<Portal>,
    Path((digest, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some((kind, in_pkg)) = kind_of(&file) else { return StatusCode::NOT_FOUND.into_response() };
    let path = if in_pkg { format!("pkg/{file}") } else { file };
    let Some((file, encoding)) = best_encoding(&path, &headers) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let cache =
        if *digest == *portal.assets.digest { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Response::new(Body::from(file.data));
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer.insert(header::CACHE_CONTROL, header::HeaderValue::from_static(cache));
    answer.insert(header::VARY, header::HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, header::HeaderValue::from_static(encoding));
    }
    response
}

/// The media type of a file that may be asked for, and whether it lies in the site's `pkg` folder.
fn kind_of(file: &str) -> Option<(&'static str, bool)> {
    match file.rsplit_once('.')?.1 {
        "js" => Some(("text/javascript; charset=utf-8", true)),
        "wasm" => Some(("application/wasm", true)),
        "css" => Some(("text/css; charset=utf-8", true)),
        "svg" => Some(("image/svg+xml", false)),
        _ => None,
    }
}

/// The file as it was compressed at build time, in the best coding that the browser takes.
fn best_encoding(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes = |coding: &str| {
        accepted.split(',').any(|part| {
            let mut pieces = part.split(';').map(str::trim);
            pieces.next() == Some(coding) && !pieces.any(|weight| weight.trim_end_matches(['0', '.']) == "q=")
        })
    };
    for (coding, extension) in [("br", "br"), ("gzip", "gz")] {
        if takes(coding)
            && let Some(file) = Site::get(&format!("{path}.{extension}"))
        {
            return Some((file, Some(coding)));
        }
    }
    Site::get(path).map(|file| (file, None))
}
