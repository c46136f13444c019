//! The input and the errors of the access rules.

use std::net::IpAddr;

use http::{HeaderMap, Method};

use crate::hub::Framing;

/// The kind of resource that a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Target {
    /// A stream. It has side effects: a subscriber counts, may start a waiting replay, and may open one.
    Stream(Framing),
    /// A page of the server's own, which protects itself by its `frame-ancestors`.
    Page,
    /// Anything else.
    Document,
}

/// The head of a request, as far as access depends on it.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct RequestHead<'a> {
    pub(in crate::server) method: &'a Method,
    /// The authority of a request target in absolute form.
    pub(in crate::server) authority: Option<&'a str>,
    pub(in crate::server) query: &'a str,
    pub(in crate::server) headers: &'a HeaderMap,
    pub(in crate::server) peer: IpAddr,
    pub(in crate::server) target: Target,
}

/// Why a request is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum Denied {
    /// The request is ambiguous about the server that it means, or the page that sent it.
    Malformed(String),
    /// The client may not read.
    Forbidden {
        /// The header that is not allowed.
        header: &'static str,
        /// What is wrong. This is all that the client receives.
        message: String,
        /// The flag that would allow it, if there is one: for the log.
        flag: Option<String>,
    },
}

impl Denied {
    pub(super) fn forbidden(header: &'static str, message: impl Into<String>, flag: Option<String>) -> Self {
        Self::Forbidden { header, message: message.into(), flag }
    }
}
