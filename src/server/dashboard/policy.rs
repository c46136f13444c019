//! The Content-Security-Policy of the server's pages: what they may load, where they may connect, and which pages may
//! frame them.

/// The policy (CSP Level 3) of a page that is served under these hosts and may be framed by pages of these origins.
///
/// `ws:` and `wss:` are listed beside `'self'`, because not every browser counts a WebSocket to the same host as the
/// same origin.
pub(super) fn content_security_policy(hosts: &[String], origins: &[String]) -> String {
    let sockets: String =
        hosts.iter().filter(|host| is_host(host)).map(|host| format!(" ws://{host} wss://{host}")).collect();
    let frames: String = origins.iter().filter(|origin| is_origin(origin)).map(|origin| format!(" {origin}")).collect();
    format!(
        "default-src 'self'; connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; object-src 'none'; \
         frame-ancestors 'self'{frames}"
    )
}

/// Whether the policy's grammar can express the host. It cannot express an IPv6 address. Other texts, such as one that
/// ends the directive, are not let in either.
fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let of_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    !name.is_empty()
        && name.chars().all(of_name)
        && port.is_none_or(|port| port.parse::<u16>().is_ok() && !port.starts_with('+'))
}

fn is_origin(origin: &str) -> bool {
    origin.split_once("://").is_some_and(|(scheme, host)| matches!(scheme, "http" | "https") && is_host(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_go_where_the_page_came_from() {
        let of = |host: &str| content_security_policy(&[host.to_owned()], &[]);
        assert!(of("demo.example").contains("connect-src 'self' ws://demo.example wss://demo.example; base-uri"));
        assert!(of("127.0.0.1:8089").contains("connect-src 'self' ws://127.0.0.1:8089 wss://127.0.0.1:8089; "));
        for unsaid in
            ["[::1]:8089", "::1", "a b", "a;script-src *", "*", "*.example", "", ":80", "a:x", "a:+1", "a:80:80"]
        {
            assert!(of(unsaid).contains("connect-src 'self'; base-uri"), "{unsaid}");
        }
    }

    #[test]
    fn allowed_origins_may_frame_the_page() {
        let origins = ["https://scores.example", "http://10.0.0.1:3000", "http://[::1]:3000", "*", "https://a;b"];
        let policy = content_security_policy(&["localhost".to_owned()], &origins.map(str::to_owned));
        let (_, frames) = policy.split_once("frame-ancestors ").expect("a directive");
        assert_eq!(frames, "'self' https://scores.example http://10.0.0.1:3000");
    }
}
