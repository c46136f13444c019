//! Link faults as plans write them.

use proptest::prelude::*;

use super::super::FaultPlan;
use super::super::tests::plan;
use super::LinkPlan;
use super::tests::flagship;

#[test]
fn what_makes_no_sense_is_refused() {
    for (text, message) in [
        ("cut:types=goal", "cut: unknown parameter \"types\""),
        ("delay:by=1s,code=3", "delay: unknown parameter \"code\""),
        ("refuse:subscriber=3", "refuse: unknown parameter \"subscriber\""),
        ("http_error:code=429,client=phone", "http_error: unknown parameter \"client\""),
        ("refuse:every=3s", "refuse: unknown parameter \"every\""),
        ("delay", "delay: by is missing: a length"),
        ("stall", "stall: for is missing: a length"),
        ("throttle", "throttle: rate is missing: bytes a second"),
        ("fragment", "fragment: size is missing: bytes"),
        ("slow_handshake", "slow_handshake: by is missing"),
        ("slow_body", "slow_body: by is missing"),
        ("http_error", "http_error: code is missing"),
        (
            "cut:code=999",
            "cut: code is 999, and must be a number from 1000 to 1003 or 1007 to 1014 or 3000 to 4999, or reset",
        ),
        ("cut:code=5000", "cut: code is 5000, and must be"),
        // No close frame may have these.
        ("cut:code=1005", "cut: code is 1005, and must be"),
        ("cut:code=1006", "cut: code is 1006, and must be"),
        ("cut:code=1015", "cut: code is 1015, and must be"),
        ("cut:code=soon", "cut: code is \"soon\", and must be a number, or reset"),
        ("refuse:code=399", "refuse: code is 399, and must be a number from 400 to 599, or reset"),
        ("http_error:code=600", "http_error: code is 600, and must be a number from 400 to 599"),
        ("http_error:code=reset", "http_error: code is \"reset\", and must be a number from 400 to 599"),
        ("refuse:times=0", "refuse: times is \"0\", and must be a whole number from 1 to 10"),
        ("refuse:times=11", "refuse: times is \"11\", and must be a whole number from 1 to 10"),
        ("throttle:rate=0", "throttle: rate is \"0\""),
        ("fragment:size=0", "fragment: size is \"0\""),
        ("fragment:size=65536", "fragment: size is \"65536\""),
        ("cut:subscriber=0", "cut: subscriber is \"0\", and must be the number of a subscriber"),
        ("cut:client=", "cut: client is \"\", and must be the name of a client"),
        ("cut:client=a phone", "cut: client is \"a phone\", and must be the name of a client"),
        ("delay:by=0s", "delay: by is \"0s\""),
        ("delay:by=25h", "delay: by is \"25h\""),
        ("delay:by=1s,every=5s", "delay: every goes with for, how long it lasts each time"),
        ("throttle:rate=9,every=5s", "throttle: every goes with for, how long it lasts each time"),
        ("fragment:size=9,every=5s", "fragment: every goes with for, how long it lasts each time"),
        ("cut:at=89:07,from=80:00", "cut: at names one moment, so from does not go with it"),
        ("cut:at=89:07,until=80:00", "cut: at names one moment, so until does not go with it"),
        ("cut:at=89:07,every=3s", "cut: at names one moment, so every does not go with it"),
        ("corrupt:what=xml", "corrupt: what is \"xml\""),
        ("flaky-wiffi", "unknown fault or preset \"flaky-wiffi\" (did you mean \"flaky-wifi\"?)"),
    ] {
        let rejection = FaultPlan::parse(text).expect_err(text);
        assert!(rejection.message.starts_with(message), "{text}: {rejection}");
    }
    for (text, message) in [
        ("cut:at=koulibaly-gaol", "cut: at: no marker or event"),
        ("delay:by=1s,from=80:00,until=20:00", "delay: until lies before from"),
        ("cut:match=juv-nap2,at=FT", "cut: unknown match \"juv-nap2\""),
    ] {
        let rejection = LinkPlan::resolve(&flagship(), &plan(text), 0).expect_err(text);
        assert!(rejection.message.starts_with(message), "{text}: {rejection}");
    }
    for name in ["a", "Phone-2_b.x", &"x".repeat(60)] {
        assert!(FaultPlan::parse(&format!("cut:client={name}")).is_ok());
    }
    assert!(FaultPlan::parse(&format!("cut:client={}", "x".repeat(61))).is_err());
}

/// Link faults of every kind.
fn fault() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec![
        "delay:by=10ms..2s",
        "stall:for=3s",
        "cut:code=reset",
        "cut:code=1011",
        "refuse:times=3",
        "throttle:rate=900",
        "fragment:size=7",
        "corrupt:what=json",
        "half_open:for=9s",
        "slow_handshake:by=1s",
        "http_error:code=503",
        "slow_body:by=4s",
    ]);
    let place =
        prop::sample::select(vec!["", ",at=next:goal", ",from=10%,until=89:07", ",p=0.25", ",match=juv-nap,from=@10s"]);
    let whom = prop::sample::select(vec!["", ",client=phone", ",subscriber=3", ",client=tv.2,subscriber=9"]);
    let repeated = prop::sample::select(vec!["", ",every=2s..3s", ",every=10s,for=1s"]);
    (kind, place, whom, repeated).prop_map(|(kind, place, whom, repeated)| format!("{kind}{place}{whom}{repeated}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]
    #[test]
    fn a_plan_is_read_as_it_is_printed(texts in prop::collection::vec(fault(), 1..8)) {
        let faults = texts.iter().filter_map(|text| FaultPlan::parse(text).ok());
        let plan = faults.fold(plan("drop:p=1"), |plan, more| plan.joined(&more));
        let read = FaultPlan::parse(&plan.to_string()).expect("what was printed");
        prop_assert_eq!(&read, &plan);
        prop_assert_eq!(read.feed().joined(&read.link()), plan);
    }
}

#[test]
fn what_happens_once_is_told_from_what_lasts() {
    for (text, once) in [
        ("cut", true),
        ("cut:code=1012,client=phone", true),
        ("half_open:for=3s,subscriber=2", true),
        ("stall:for=3s", true),
        ("corrupt", true),
        ("delay:by=1s,for=10s", true),
        ("throttle:rate=10,for=10s", true),
        ("fragment:size=10,for=10s", true),
        ("delay:by=1s", false),
        ("fragment:size=10", false),
        ("cut:p=0.5", false),
        ("cut:at=FT", false),
        ("cut:every=3s", false),
        ("stall:for=3s,from=80:00", false),
        ("corrupt:until=80:00", false),
        ("refuse:times=3", false),
        ("slow_handshake:by=3s", false),
        ("http_error:code=500", false),
        ("slow_body:by=3s", false),
        ("burst:at=80:00,for=2m", false),
    ] {
        assert_eq!(FaultPlan::parse_fault(text).expect(text).happens_once(), once, "{text}");
    }
}
