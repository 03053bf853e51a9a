//! Serving https by ourselves: TLS 1.2 and 1.3, nothing older.

use super::settings::TlsFiles;
use std::{io::Read as _, path::PathBuf, sync::Arc};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        version::{TLS12, TLS13},
    },
};
use zeroize::Zeroizing;

/// Why `tls.certificate` and `tls.key` were not taken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate in the file.
    #[error("`tls.certificate` names {}, which cannot be read as certificates in PEM: give the full chain, your own first", .0.display())]
    Certificate(PathBuf),
    /// No key in the file.
    #[error("`tls.key` names {}, which cannot be read as a private key in PEM: give the key of the certificate", .0.display())]
    Key(PathBuf),
    /// They do not fit.
    #[error(
        "`tls.certificate` and `tls.key` cannot be used together ({0}): give the key that the certificate was made for"
    )]
    Pair(rustls::Error),
}

/// What encrypts connections with the certificate of the settings.
///
/// # Errors
/// [`TlsError`] says which file is to blame.
pub fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let chain = chain(files).ok_or_else(|| TlsError::Certificate(files.certificate.clone()))?;
    let key = key(files).ok_or_else(|| TlsError::Key(files.key.clone()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn chain(files: &TlsFiles) -> Option<Vec<CertificateDer<'static>>> {
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(&files.certificate).ok()?.collect::<Result<_, _>>().ok()?;
    (!chain.is_empty()).then_some(chain)
}

fn key(files: &TlsFiles) -> Option<PrivateKeyDer<'static>> {
    let mut pem = Zeroizing::new(Vec::new());
    std::fs::File::open(&files.key).ok()?.read_to_end(&mut pem).ok()?;
    PrivateKeyDer::from_pem_slice(&pem).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn files(certificate: &str, key: &str) -> (tempfile::TempDir, TlsFiles) {
        let folder = tempfile::tempdir().unwrap();
        let files =
            TlsFiles { certificate: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
        (folder, files)
    }

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["portal.example.org".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_certificate_and_its_key_are_taken() {
        let (certificate, key) = made();
        let gone = files(&certificate, &key).1;
        assert!(acceptor(&gone).is_err(), "the folder is gone");
        let (_folder, files) = files(&certificate, &key);
        assert!(acceptor(&files).is_ok());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let (certificate, key) = made();
        let (_, other_key) = made();
        for (certificate, key, says) in [
            ("", key.as_str(), "`tls.certificate` names"),
            ("nonsense", &key, "`tls.certificate` names"),
            (&certificate, "", "`tls.key` names"),
            (&certificate, &certificate, "`tls.key` names"),
            (&certificate, &other_key, "cannot be used together"),
        ] {
            let (_folder, files) = files(certificate, key);
            let error = acceptor(&files).err().unwrap().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
