//! What access depends on of a request, and why one is denied.

use std::net::IpAddr;

use http::{HeaderMap, Method};

use crate::hub::Framing;

/// What a request asks for, as far as pages of other sites are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Target {
    /// Has side effects: a subscriber counts, may begin a waiting replay, and may open one.
    Stream(Framing),
    /// A page of the server's own, which guards itself by its `frame-ancestors`.
    Page,
    /// Anything else.
    Document,
}

/// The head of a request, as far as access depends on it.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct RequestHead<'a> {
    pub(in crate::server) method: &'a Method,
    /// That of a request target in absolute form.
    pub(in crate::server) authority: Option<&'a str>,
    pub(in crate::server) query: &'a str,
    pub(in crate::server) headers: &'a HeaderMap,
    pub(in crate::server) peer: IpAddr,
    pub(in crate::server) target: Target,
}

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum Denied {
    /// It does not say in one way only which server it means, or which page it comes from.
    Malformed(String),
    /// Its client may not read.
    Forbidden {
        /// The header that is wrong.
        header: &'static str,
        /// What is wrong; the client is told no more than this.
        message: String,
        /// The flag that would allow it, where one would: for the log.
        flag: Option<String>,
    },
}
