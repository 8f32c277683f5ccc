//! TLS for HTTP and WebSocket alike: one configuration, verification always on.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Result};
use crate::options::Options;

/// The system's authorities, those of the options, and the client's own certificate.
pub(crate) fn config(options: &Options) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if let Some(pem) = &options.ca_pem {
        for certificate in certificates("ca_pem", pem)? {
            roots.add(certificate).map_err(|reason| bad("ca_pem", &reason.to_string()))?;
        }
    }
    if roots.is_empty() {
        return Err(Error::argument(
            "this system has no certificate authorities: install them or give the server's in ca_pem",
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|reason| Error::argument(format!("TLS cannot be set up: {reason}")))?
        .with_root_certificates(roots);
    let config = match (&options.client_cert_pem, &options.client_key_pem) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
                .map_err(|_| bad("client_key_pem", "it is no private key in PEM"))?;
            builder
                .with_client_auth_cert(certificates("client_cert_pem", certificate)?, key)
                .map_err(|reason| bad("client_cert_pem", &reason.to_string()))?
        }
        _ => return Err(Error::argument("client_cert_pem and client_key_pem go together")),
    };
    Ok(Arc::new(config))
}

fn certificates(option: &str, pem: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(list) if !list.is_empty() => Ok(list),
        _ => Err(bad(option, "it holds no certificate in PEM")),
    }
}

fn bad(option: &str, reason: &str) -> Error {
    Error::argument(format!("option {option} cannot be used: {reason}"))
}
