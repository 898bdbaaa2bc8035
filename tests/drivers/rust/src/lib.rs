//! What the programs here share: each check prints one line of JSON, and an error that none expects ends the program.

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Value, json};

pub fn check(name: &str, answer: impl Into<Value>) {
    println!("{{\"check\":{},\"answer\":{}}}", json!(name), answer.into());
}

/// How the server refused.
pub fn refusal<T, E: std::fmt::Display>(result: Result<T, E>) -> String {
    result
        .err()
        .map_or("not refused".to_owned(), |refused| refused.to_string())
}

/// Where to connect to.
pub fn address() -> String {
    std::env::args().nth(1).expect("an address")
}

pub fn user() -> String {
    std::env::var("DB_USER").expect("DB_USER")
}

pub fn password() -> String {
    std::env::var("DB_PASSWORD").expect("DB_PASSWORD")
}

/// The file of the authority whose certificates are good; none for a connection without TLS.
pub fn authority() -> Option<String> {
    std::env::var("DB_CA").ok().filter(|file| !file.is_empty())
}

/// Trusts that authority alone.
pub fn trusting(file: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(file).expect("a certificate"))
        .expect("an authority");
    ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth()
}
