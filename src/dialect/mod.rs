//! Wire formats: encodes football and playback as frames and documents, decodes what subscribers send as requests.
//!
//! A frame is a pure function of its arguments. Event and snapshot frames depend on timeline, index and match alone, so each
//! is encoded once and its bytes are shared. This floor writes into buffers and parses text; it has no sockets and no
//! transports. Each dialect is a module here; `touchline.v1` is [`native`], the others are documents of data providers.

// To add a provider: a folder, a line in the list of providers, and a page in `docs/dialects/`.

mod api_football;
pub mod document;
mod espn;
pub mod native;
mod request;
pub mod template;

use document::Provider;

/// The most bytes of a scenario that a client sends.
pub const MAX_SCENARIO_BYTES: usize = 8 << 20;

/// The data providers whose documents can be served.
pub static PROVIDERS: &[&Provider] = &[&api_football::PROVIDER, &espn::PROVIDER];

pub use request::{Action, MAX_REQUEST_BYTES, Request, RequestError};

/// The provider of a name.
pub fn find_provider(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().copied().find(|provider| provider.dialect.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::FaultPlan;

    #[test]
    fn faults_know_every_provider_by_its_name() {
        for provider in PROVIDERS {
            let plan = format!("http_error:code=500,what={}", provider.dialect.name());
            assert!(FaultPlan::parse(&plan).is_ok(), "{plan}: add it to the words for documents");
            assert!(find_provider(provider.dialect.name()).is_some_and(|found| std::ptr::eq(found, *provider)));
        }
    }
}
