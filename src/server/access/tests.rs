//! Tests of the access rules: hosts, origins, proxies and tokens.

use http::Method;

use super::*;
use crate::hub::Framing;

const TOKEN: &str = "correct-horse";
const LOOPBACK: &str = "127.0.0.1:8089";
const WIDE: &str = "0.0.0.0:8089";

fn allowing() -> AccessRules {
    AccessRules {
        origins: vec!["https://scores.example/".parse().expect("an origin")],
        hosts: ["demo.example", "port.example:8080", "2001:db8::7"].map(|host| host.parse().expect("a host")).to_vec(),
        ..AccessRules::default()
    }
}

fn with_token() -> AccessRules {
    AccessRules { token: Some(ControlToken::new(TOKEN).expect("a token")), ..allowing() }
}

/// A request from this machine.
fn visit(bound: &str, rules: AccessRules, headers: &[(&'static str, &str)], query: &str) -> Result<Caller, Denied> {
    visit_from("127.0.0.1", bound, rules, headers, query, Target::Stream(Framing::WebSocket))
}

fn visit_from(
    peer: &str,
    bound: &str,
    rules: AccessRules,
    lines: &[(&'static str, &str)],
    query: &str,
    target: Target,
) -> Result<Caller, Denied> {
    let access = Access::new(bound.parse().expect("an address"), false, rules);
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_static(name), value.parse().expect("a header"));
    }
    let peer = peer.parse().expect("an address");
    access.authorise(&RequestHead { method: &Method::GET, authority: None, query, headers: &headers, peer, target })
}

/// Whether a request without a token may control, or the flag that would let it read.
fn control(bound: &str, host: &str, origin: Option<&str>) -> Result<bool, Option<String>> {
    let origin = origin.map(|origin| ("origin", origin));
    let headers: Vec<_> = std::iter::once(("host", host)).chain(origin).collect();
    visit(bound, allowing(), &headers, "").map(|caller| caller.control).map_err(|denied| match denied {
        Denied::Forbidden { flag, .. } => flag,
        Denied::Malformed(_) => None,
    })
}

#[test]
fn a_token_gives_control_wherever_a_client_may_read() {
    for origin in [None, Some("http://10.0.0.1:8089"), Some("https://scores.example")] {
        let origin = origin.map(|origin| ("origin", origin));
        let headers: Vec<_> = std::iter::once(("host", "10.0.0.1:8089")).chain(origin).collect();
        let caller = |query: &str| visit(WIDE, with_token(), &headers, query).expect("may read");
        assert_eq!(caller(&format!("match=a&token={TOKEN}")).can_control_all(), Ok(true));
        assert_eq!(caller("match=a").can_control_all(), Ok(false));
        assert_eq!(caller("token=").can_control_all(), Ok(false));
        assert_eq!(caller("token=correct-hors").can_control_all(), Err(WrongToken));
    }
    let hostile = [("host", "10.0.0.1:8089"), ("origin", "http://evil.example")];
    assert!(visit(WIDE, with_token(), &hostile, &format!("token={TOKEN}")).is_err());
}

#[test]
fn programs_and_the_own_page_control_on_loopback() {
    assert_eq!(control(LOOPBACK, "127.0.0.1:8089", None), Ok(true));
    assert_eq!(control(LOOPBACK, "localhost.:8089", None), Ok(true));
    assert_eq!(control(LOOPBACK, "localhost:8089", Some("http://localhost:8089")), Ok(true));
    assert_eq!(control("[::1]:8089", "[::1]:8089", Some("http://[::1]:8089")), Ok(true));
}

#[test]
fn a_configured_token_is_required_on_loopback_too() {
    for headers in
        [&[("host", "localhost:8089")][..], &[("host", "localhost:8089"), ("origin", "http://localhost:8089")]]
    {
        let control = |query: &str| visit(LOOPBACK, with_token(), headers, query).expect("may read").can_control_all();
        assert_eq!(control(""), Ok(false));
        assert_eq!(control("token=wrong-horse"), Err(WrongToken));
        assert_eq!(control(&format!("token={TOKEN}")), Ok(true));
    }
}

#[test]
fn behind_a_proxy_on_this_machine_control_takes_a_token() {
    let host = ("host", "localhost:8089");
    for proxied in [
        &[("host", "demo.example")][..],
        &[host, ("x-forwarded-for", "192.0.2.7")],
        &[host, ("x-forwarded-host", "demo.example")],
        &[host, ("x-forwarded-proto", "https")],
        &[host, ("forwarded", "for=192.0.2.7")],
        &[host, ("x-real-ip", "192.0.2.7")],
        &[host, ("via", "1.1 proxy")],
        &[host, ("cf-connecting-ip", "192.0.2.7")],
        // Also if it claims to be this machine.
        &[host, ("x-forwarded-for", "127.0.0.1")],
        &[host, ("origin", "http://localhost:8089"), ("x-forwarded-host", "localhost:8089")],
        &[("host", "demo.example"), ("origin", "https://demo.example")],
        &[("host", "demo.example"), ("origin", "https://demo.example"), ("x-forwarded-host", "demo.example")],
    ] {
        let trusted = AccessRules { trusted_proxies: vec!["127.0.0.1/32".parse().expect("one")], ..allowing() };
        for rules in [allowing(), trusted] {
            let caller = visit(LOOPBACK, rules, proxied, "").unwrap_or_else(|denied| panic!("{proxied:?}: {denied:?}"));
            assert_eq!(caller.can_control_all(), Ok(false), "{proxied:?}");
        }
        let caller = visit(LOOPBACK, with_token(), proxied, &format!("token={TOKEN}")).expect("may read");
        assert_eq!(caller.can_control_all(), Ok(true), "{proxied:?}");
    }
}

#[test]
fn control_without_a_token_takes_a_client_on_this_machine() {
    let visit = |peer: &str, bound: &str| {
        let headers = [("host", "127.0.0.1:8089")];
        visit_from(peer, bound, allowing(), &headers, "", Target::Document).expect("may read").control
    };
    assert!(visit("127.0.0.1", LOOPBACK) && visit("::ffff:127.0.0.1", LOOPBACK));
    assert!(!visit("192.0.2.7", LOOPBACK) && !visit("127.0.0.1", WIDE));
}

#[test]
fn a_page_elsewhere_on_this_machine_may_only_read() {
    for origin in ["http://localhost:3000", "http://localhost.:3000", "http://[::1]:3000", "https://scores.example"] {
        assert_eq!(control(LOOPBACK, "localhost:8089", Some(origin)), Ok(false), "{origin}");
    }
    assert_eq!(control(LOOPBACK, "127.0.0.1:8089", Some("http://localhost:8089")), Ok(false), "another origin");
    assert_eq!(control(LOOPBACK, "localhost:8089", Some("https://localhost:8089")), Ok(false), "another scheme");
}

#[test]
fn a_hostile_page_may_not_even_read() {
    for origin in [
        "http://evil.example",
        "http://localhost.evil.example",
        "http://localhost:x.evil.example",
        "http://localhost:@evil.example",
        "http://localhost:80@evil.example",
        "http://127.0.0.1.evil.example",
        "http://[::1].evil.example",
        "http://[[::1]]",
        "ftp://localhost",
        "",
        "null",
        "file://",
        "localhost",
        "http://scores.example",
        "https://scores.example:8443",
        "https://scores.example.evil.example",
    ] {
        assert!(control(LOOPBACK, "localhost:8089", Some(origin)).is_err(), "{origin}");
    }
    assert_eq!(
        control(LOOPBACK, "localhost:8089", Some("http://evil.example")),
        Err(Some("--allow-origin http://evil.example".into()))
    );
}

#[test]
fn the_hint_is_for_those_who_can_use_it() {
    let message = |host: &str, origin: &str| match visit(WIDE, allowing(), &[("host", host), ("origin", origin)], "") {
        Err(Denied::Forbidden { message, flag, .. }) => (message, flag),
        other => panic!("{other:?}"),
    };
    for origin in ["null", "file://"] {
        let (message, flag) = message("localhost:8089", origin);
        assert!(message.contains("http://localhost:8000/") && !message.contains("--") && flag.is_none(), "{message}");
    }
    let (from_here, flag) = message("192.168.0.7:8089", "http://192.168.0.7:3000");
    assert!(from_here.contains("--allow-origin http://192.168.0.7:3000 would allow it"), "{from_here}");
    assert_eq!(flag.as_deref(), Some("--allow-origin http://192.168.0.7:3000"));
    let (foreign, _) = message("192.168.0.7:8089", "http://evil.example");
    assert!(!foreign.contains("--"), "{foreign}");
}

#[test]
fn a_rebound_name_is_not_served() {
    for host in ["evil.example", "evil.example:8089", "localhost.evil.example", "10.0.0.1:8089", "port.example:8089"] {
        assert!(
            matches!(control(LOOPBACK, host, None), Err(Some(flag)) if flag.starts_with("--allow-host ")),
            "{host}"
        );
    }
    assert_eq!(control(LOOPBACK, "evil.example:8089", None), Err(Some("--allow-host evil.example".into())));
    for host in ["demo.example:8089", "Demo.Example.", "port.example:8080", "[2001:db8::7]:8089"] {
        assert_eq!(control(LOOPBACK, host, None), Ok(false), "{host}");
    }
}

#[test]
fn an_invalid_or_repeated_host_is_malformed() {
    for hosts in [&[][..], &[""], &["[[[::1]]]"], &["localhost:x"], &["user@localhost"], &["localhost", "localhost"]] {
        let headers: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
        assert!(matches!(visit(LOOPBACK, allowing(), &headers, ""), Err(Denied::Malformed(_))), "{hosts:?}");
    }
    let origins = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://localhost")];
    assert!(matches!(visit(LOOPBACK, allowing(), &origins, ""), Err(Denied::Malformed(_))));
}

#[test]
fn an_absolute_target_agrees_with_the_host() {
    let access = Access::new(LOOPBACK.parse().expect("an address"), false, allowing());
    let authorise = |authority, host: &str| {
        let headers = [(HOST, host.parse().expect("a header"))].into_iter().collect();
        let (peer, target) = ([127, 0, 0, 1].into(), Target::Document);
        access.authorise(&RequestHead {
            method: &Method::GET,
            authority: Some(authority),
            query: "",
            headers: &headers,
            peer,
            target,
        })
    };
    assert!(authorise("localhost:80", "LocalHost").is_ok() && authorise("127.0.0.1:8089", "127.0.0.1:8089").is_ok());
    for (target, host) in [
        ("evil.example", "localhost"),
        ("localhost", "evil.example"),
        ("localhost:1", "localhost"),
        ("user@localhost", "localhost"),
    ] {
        assert!(matches!(authorise(target, host), Err(Denied::Malformed(_))), "{target} {host}");
    }
}

#[test]
fn bound_beyond_loopback_addresses_may_read_and_control_takes_a_token() {
    assert_eq!(control(WIDE, "10.0.0.1:8089", None), Ok(false));
    assert_eq!(control(WIDE, "10.0.0.1:8089", Some("http://10.0.0.1:8089")), Ok(false));
    assert!(control(WIDE, "evil.example", None).is_err());
}

#[test]
fn the_public_url_is_served_and_its_pages_may_read() {
    let rules =
        || AccessRules { public_url: Some("https://tl.example/tl".parse().expect("a URL")), ..AccessRules::default() };
    let base = |headers: &[(&'static str, &str)]| {
        let access = Access::new(LOOPBACK.parse().expect("an address"), false, rules());
        let caller = visit(LOOPBACK, rules(), headers, "").unwrap_or_else(|denied| panic!("{denied:?}"));
        assert_eq!(caller.can_control_all(), Ok(headers == [("host", "127.0.0.1:8089")]), "{headers:?}");
        access.base_url(&caller).ws()
    };
    for headers in [
        &[("host", "tl.example")][..],
        &[("host", "tl.example"), ("origin", "https://tl.example")],
        // The proxy has not forwarded the name.
        &[("host", "127.0.0.1:8089"), ("origin", "https://tl.example")],
        &[("host", "127.0.0.1:8089")],
    ] {
        assert_eq!(base(headers), "wss://tl.example/tl");
    }
    assert!(visit(LOOPBACK, rules(), &[("host", "127.0.0.1:8089"), ("origin", "https://other.example")], "").is_err());
}

#[test]
fn what_a_proxy_says_counts_only_where_the_proxy_is_trusted() {
    let trusting = || AccessRules { trusted_proxies: vec!["10.0.0.0/8".parse().expect("one")], ..allowing() };
    let headers = [("host", "touchline:8089"), ("x-forwarded-host", "demo.example"), ("x-forwarded-proto", "https")];
    let visit = |peer: &str, headers: &[(&'static str, &str)]| {
        let access = Access::new(WIDE.parse().expect("an address"), false, trusting());
        let caller = visit_from(peer, WIDE, trusting(), headers, "", Target::Document)?;
        Ok::<_, Denied>(access.base_url(&caller).http())
    };
    assert_eq!(visit("10.1.2.3", &headers), Ok("https://demo.example".into()));
    assert!(matches!(visit("192.0.2.7", &headers), Err(Denied::Forbidden { header: "Host", .. })));
    let unlisted = [("host", "10.0.0.1"), ("x-forwarded-host", "evil.example")];
    assert!(matches!(visit("10.1.2.3", &unlisted), Err(Denied::Forbidden { header: "Host", .. })));
    assert_eq!(visit("192.0.2.7", &unlisted), Ok("http://10.0.0.1".into()), "ignored");
    let contradiction =
        [("host", "10.0.0.1"), ("x-forwarded-host", "demo.example"), ("forwarded", "host=port.example")];
    assert!(matches!(visit("10.1.2.3", &contradiction), Err(Denied::Malformed(_))));
}
