//! The property of link faults: whatever they do to one subscriber, every other one receives the same bytes at the same moments as
//! without them.

use std::time::Duration;

use proptest::prelude::*;
use touchline::internals::hub::Framing;
use touchline::playback::Speed;
use touchline::replay::ReplayOptions;

use super::pipes::{DELIVERY_MODES, DeliveryMode, Handshake};
use super::properties::{command_line, runtime};
use super::tap::{Stage, Tap};
use super::wire::FRAMINGS;

/// The cases, and the plans in each: a thousand together.
const CASES: u32 = 125;
const PLANS: usize = 8;

/// A link fault of any kind, without its choice of connections.
fn fault() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec![
        "delay:by=1ms..900ms",
        "delay:by=300ms,for=2s",
        "delay:by=20ms,for=500ms,every=1s..2s",
        "stall:for=1500ms",
        "stall:for=300ms,every=700ms",
        "cut",
        "cut:code=1012",
        "cut:every=1s..4s",
        "cut:code=4000,every=900ms",
        "throttle:rate=4000",
        "throttle:rate=900,for=3s",
        "fragment:size=7",
        "fragment:size=200,for=1s",
        "corrupt",
        "corrupt:p=0.3",
        "corrupt:every=1s,what=truncated",
        "half_open:for=2s",
        "half_open:every=3s",
        "slow_handshake:by=1ms..2s",
        "refuse:times=2",
        "refuse:code=503",
    ]);
    let place = prop::sample::select(vec!["", "", "", ",at=next:goal", ",at=50%", ",from=20%,until=80%", ",p=0.7"]);
    // A fault at a place does not repeat, and most of the refusals that this makes are left out of the plan.
    (kind, place).prop_map(|(kind, place)| {
        let place = if kind.contains("every") && place.contains("at=") { "" } else { place };
        match (kind.contains(':'), place.strip_prefix(',')) {
            (false, Some(place)) => format!("{kind}:{place}"),
            _ => format!("{kind}{place}"),
        }
    })
}

/// Faults of the target: by the number of the first connection, or by the name of the client.
fn plan() -> impl Strategy<Value = (Vec<String>, bool)> {
    (prop::collection::vec(fault(), 1..4), any::<bool>())
}

/// The plan, or one fault more, aimed at the target.
fn line((faults, by_number): &(Vec<String>, bool), one: bool) -> String {
    let aimed = faults.iter().map(|fault| {
        let separator = if fault.contains(':') { ',' } else { ':' };
        // Refused connections have no number yet.
        let by_number = *by_number && !fault.starts_with("refuse");
        format!("{fault}{separator}{}", if by_number { "subscriber=1" } else { "client=target" })
    });
    let aimed: Vec<String> = aimed.collect();
    if one { format!("fault {}", aimed[0]) } else { format!("faults {}", aimed.join("; ")) }
}

#[derive(Debug, Clone)]
enum Action {
    Wait(u64),
    Command(String),
    /// The target connects again.
    Reconnect,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (1u64..2_500).prop_map(Action::Wait),
        2 => command_line().prop_filter_map("bounded", |line| (!line.starts_with("speed")).then_some(Action::Command(line))),
        1 => (60u32..2_000).prop_map(|speed| Action::Command(format!("speed {speed}"))),
        2 => Just(Action::Reconnect),
    ]
}

/// What happens in a case: actions, and with each a plan.
type Script = Vec<(Vec<Action>, (Vec<String>, bool), bool)>;

/// What the others receive: each byte, and when.
async fn play(
    mode: DeliveryMode,
    framing: Framing,
    pipe: usize,
    script: &Script,
    with_faults: bool,
) -> Vec<Vec<(u64, Vec<u8>)>> {
    let mut options = ReplayOptions::default();
    options.playback.speed = Speed::parse("300").expect("a speed");
    let stage = Stage::with(mode, options);
    let handshake = || Handshake { response_head: b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), ..Handshake::default() };
    // In a narrow pipe of the others, it would depend on the order of tasks within an instant whether a tick still opens an epoch.
    let connect = |query: &str| stage.connect_with(framing, query, 1 << 18, handshake());
    let connect_target = || stage.connect_with(framing, "client=target", pipe, handshake());
    let mut target = connect_target();
    // Two with the options of the target, in its cohort, and two with others.
    let others: [Tap; 4] =
        [connect(""), connect(""), connect("types=goal&client=other"), connect("ticks=off&snapshot=off")];
    stage.wait(1).await;
    for (actions, plan, one) in script {
        if with_faults {
            // A fault that cannot be, such as one at a goal that is not ahead.
            let _ = stage.try_command(&line(plan, *one)).await;
        }
        stage.wait(1).await;
        for action in actions {
            match action {
                Action::Wait(millis) => stage.wait(*millis).await,
                Action::Command(line) => drop(stage.try_command(line).await),
                Action::Reconnect => target = connect_target(),
            }
            stage.wait(1).await;
        }
    }
    drop(target);
    let _ = stage.try_command("pause").await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    others.iter().map(Tap::chunks).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn link_faults_of_one_subscriber_concern_nobody_else(
        mode in prop::sample::select(DELIVERY_MODES.to_vec()), framing in prop::sample::select(FRAMINGS.to_vec()),
        pipe in prop::sample::select(vec![300, 1_500, 1 << 18]),
        script in prop::collection::vec((prop::collection::vec(action(), 1..5), plan(), any::<bool>()), PLANS),
    ) {
        let play = |with_faults: bool| runtime().block_on(play(mode, framing, pipe, &script, with_faults));
        let (bent, straight) = (play(true), play(false));
        for (who, (bent, straight)) in bent.iter().zip(&straight).enumerate() {
            let text = |chunks: &[(u64, Vec<u8>)]| chunks.iter().map(|(at, bytes)| format!("{at}: {} bytes\n", bytes.len())).collect::<String>();
            prop_assert!(bent == straight, "{who}:\n{}\nwithout faults\n{}", text(bent), text(straight));
        }
        prop_assert!(straight.iter().all(|chunks| !chunks.is_empty()));
    }
}
