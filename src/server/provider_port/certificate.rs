//! The certificate for the names of providers, and the authority that has signed it.

use std::net::{Ipv4Addr, Ipv6Addr};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyPair, KeyUsagePurpose, NameConstraints, SerialNumber,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;

use super::super::tls::{Tls, set_validity};
use crate::certificate::crypto_provider;
use crate::error::{Error, Result};

/// For how many days both certificates are valid: a test environment may stay up for a while.
const VALID_DAYS: i32 = 30;

/// A certificate for providers, ready for handshakes.
pub(super) struct ProviderCertificate {
    pub(super) tls: Tls,
    /// The certificate of the authority.
    pub(super) authority_pem: String,
}

/// Makes a certificate for these names, and an authority that signs it. The authority's key is gone when this returns, and the
/// constraints of its certificate permit these names and those below them, which are of the same owners: whoever trusts it trusts
/// nothing else.
pub(super) fn certify(hosts: &[&str]) -> Result<ProviderCertificate> {
    let wrong = |error: rcgen::Error| Error::invalid(format!("making a certificate for {}: {error}", hosts.join(", ")));
    let authority = authority(hosts)?;
    let key = KeyPair::generate().map_err(wrong)?;
    let names: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let leaf = leaf_params(names)?.signed_by(&key, &authority).map_err(wrong)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|error| Error::invalid(error.to_owned()))?;
    let certified = CertifiedKey::from_der(vec![leaf.der().clone()], key, &crypto_provider())
        .map_err(|error| Error::invalid(format!("making a certificate for {}: {error}", hosts.join(", "))))?;
    Ok(ProviderCertificate { tls: Tls::for_names(certified, hosts)?, authority_pem: authority.pem() })
}

/// An authority that can sign for these names, and for those below them, only: a constraint always permits both (RFC 5280,
/// section 4.2.1.10).
fn authority(hosts: &[&str]) -> Result<CertifiedIssuer<'static, KeyPair>> {
    let wrong = |error: rcgen::Error| Error::invalid(format!("making a certificate authority: {error}"));
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Touchline, made at start for the names of data providers");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: hosts.iter().map(|host| GeneralSubtree::DnsName((*host).to_owned())).collect(),
        // RFC 5280, section 4.2.1.10: a kind of name for which there is no constraint is permitted.
        excluded_subtrees: vec![
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv4Addr::UNSPECIFIED.into(), 0)),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv6Addr::UNSPECIFIED.into(), 0)),
        ],
    });
    params.serial_number = Some(random_serial()?);
    set_validity(&mut params, VALID_DAYS);
    CertifiedIssuer::self_signed(params, KeyPair::generate().map_err(wrong)?).map_err(wrong)
}

fn leaf_params(names: Vec<String>) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(names)
        .map_err(|error| Error::invalid(format!("making a certificate for data providers: {error}")))?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Touchline, in place of data providers");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(random_serial()?);
    set_validity(&mut params, VALID_DAYS);
    Ok(params)
}

/// A random serial number: some clients refuse two certificates of an authority's name with the same one.
fn random_serial() -> Result<SerialNumber> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::invalid(format!("making a serial number: {error}")))?;
    // Positive, and of full length.
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{CertificateError, RootCertStore};

    use super::*;

    const HOSTS: &[&str] = &["site.api.espn.com", "cdn.espn.com"];

    /// Verifies a certificate with these names that the authority has signed, for the first one.
    fn verify(authority: &CertifiedIssuer<'static, KeyPair>, names: &[&str]) -> std::result::Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).expect("PEM")).expect("a certificate");
        let key = KeyPair::generate().expect("a key");
        let params = leaf_params(names.iter().map(|name| (*name).to_owned()).collect()).expect("names");
        let leaf = params.signed_by(&key, authority).expect("signed");
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), crypto_provider());
        let verifier = verifier.build().expect("a verifier");
        let name = ServerName::try_from(names[0].to_owned()).expect("a name");
        verifier.verify_server_cert(leaf.der(), &[], &name, &[], UnixTime::now()).map(|_| ())
    }

    #[test]
    fn the_authority_can_vouch_for_no_other_name() {
        let authority = authority(HOSTS).expect("an authority");
        verify(&authority, HOSTS).expect("its own names");
        verify(&authority, &["a.site.api.espn.com"]).expect("a name below");
        for wrong in [
            &["evil.example"][..],
            &["site.api.espn.com", "evil.example"],
            &["espn.com"],
            &["a.espn.com"],
            &["127.0.0.1"],
            &["::1"],
            &["site.api.espn.com", "192.0.2.7"],
        ] {
            let error = verify(&authority, wrong).expect_err("refused");
            let rustls::Error::InvalidCertificate(CertificateError::Other(inner)) = &error else {
                panic!("{wrong:?}: {error:?}")
            };
            assert!(inner.to_string().contains("NameConstraintViolation"), "{wrong:?}: {inner}");
        }
    }

    #[test]
    fn each_start_makes_other_certificates() {
        let [one, other] = [(); 2].map(|()| certify(HOSTS).expect("made"));
        assert_ne!(one.authority_pem, other.authority_pem);
        assert_ne!(one.tls.fingerprint(), other.tls.fingerprint());
        assert_ne!(random_serial().expect("a number").to_bytes(), random_serial().expect("a number").to_bytes());
    }
}
