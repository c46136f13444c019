//! Each kind of link faults, on connections of a match under virtual time, in both delivery modes.

use std::time::Duration;

use touchline::ErrorCode;
use touchline::internals::dialect::{Action, Request};
use touchline::internals::hub::{Barrier, Framing};
use touchline::playback::Speed;
use touchline::replay::ReplayOptions;

use super::harness::PIPE_BYTES;
use super::misbehaving_clients::for_each_mode;
use super::pipes::{DeliveryMode, Handshake};
use super::tap::{Stage, Tap, is_event, number_of};
use super::wire::{FRAMINGS, Received, StreamDecoder};

/// The number of Koulibaly's goal, at 89:07.
const GOAL: u64 = 87;

/// Two subscribers from 88:00 on: the first one, and one to compare with.
async fn pair(mode: DeliveryMode, framing: Framing) -> (Stage, Tap, Tap) {
    let stage = Stage::at(mode, "88:00").await;
    let bent = stage.connect(framing, "").await;
    let other = stage.connect(framing, "").await;
    (stage, bent, other)
}

fn texts(frames: &[(u64, String)]) -> Vec<&str> {
    frames.iter().map(|(_, text)| &**text).collect()
}

#[test]
fn a_delay_moves_every_frame_and_keeps_their_order() {
    for_each_mode(async |mode| {
        for framing in FRAMINGS {
            for (by, range) in [("250ms", 250..=250), ("50ms..1500ms", 50..=1_500)] {
                let (stage, bent, other) = pair(mode, framing).await;
                stage.command(&format!("fault delay subscriber=1 by={by}")).await;
                stage.wait(1).await;
                let (seen, from) = (bent.news().len(), stage.now());
                stage.command("play").await;
                stage.wait(120_000).await;
                let (bent, mut other) = (bent.news(), other.news());
                // The last tick may still be on its way.
                other.truncate(bent.len().max(other.len() - 1));
                assert_eq!(texts(&bent), texts(&other), "{mode:?} {framing:?}");
                let late: Vec<u64> = bent.iter().zip(&other).skip(seen).map(|(bent, other)| bent.0 - other.0).collect();
                assert!(late.len() > 30 && late.iter().all(|late| range.contains(late)), "{mode:?} {by}: {late:?}");
                assert!(bent[seen].0 >= from);
            }
        }
    });
}

#[test]
fn a_stall_holds_everything_back_and_then_sends_it() {
    for_each_mode(async |mode| {
        for framing in FRAMINGS {
            let (stage, bent, other) = pair(mode, framing).await;
            stage.command("play").await;
            stage.wait(500).await;
            stage.command("fault stall subscriber=1 for=5s").await;
            let (from, before) = (stage.now(), bent.bytes().len());
            stage.wait(4_990).await;
            assert_eq!(bent.bytes().len(), before, "{mode:?} {framing:?}: nothing comes");
            stage.wait(60_000).await;
            let (bent, other) = (bent.news(), other.news());
            assert_eq!(texts(&bent), texts(&other), "{mode:?} {framing:?}: and then all of it");
            let during = |at: &u64| (from + 3..from + 5_000).contains(at);
            assert!(bent.iter().all(|(at, _)| !during(at)) && other.iter().any(|(at, _)| during(at)));
            assert!(bent.iter().zip(&other).all(|(bent, other)| bent.0 == other.0 || bent.0 <= from + 5_002));
        }
    });
}

#[test]
fn a_cut_at_a_place_comes_after_everything_before_it_and_the_rest_follows_on_resuming() {
    for_each_mode(async |mode| {
        for framing in FRAMINGS {
            for (code, ending) in [("", None), (" code=1012", Some(1_012))] {
                let (stage, bent, other) = pair(mode, framing).await;
                stage.command(&format!("fault cut subscriber=1 at=koulibaly-goal{code}")).await;
                stage.command("play").await;
                stage.wait(3_000).await;
                let ended = bent.ended().unwrap_or_else(|| panic!("{mode:?} {framing:?}: it is cut"));
                let numbers = bent.numbers();
                assert_eq!(numbers.last(), Some(&(GOAL - 1)), "{mode:?} {framing:?}");
                let goal = other.events().into_iter().find(|(_, event)| number_of(event) == GOAL).expect("the goal");
                assert_eq!(ended, goal.0, "at the moment of the goal");
                let last = bent.frames().pop().expect("a frame").1;
                let closing = match (ending, framing) {
                    (None, _) => String::new(),
                    (Some(code), Framing::WebSocket) => format!("closed {code}"),
                    (Some(code), _) => format!(r#"{{"kind":"close","code":{code},"reason":""}}"#),
                };
                assert!(closing.is_empty() && last.starts_with(r#"{"kind""#) || last == closing, "{last}");
                let resumed = stage.connect(framing, &bent.cursor()).await;
                stage.wait(300_000).await;
                let all: Vec<u64> = numbers.into_iter().chain(resumed.numbers()).collect();
                assert_eq!(all, other.numbers(), "{mode:?} {framing:?}: nothing lost, nothing twice");
                assert_eq!(all.last(), Some(&101));
                let what = if ending.is_some() { "closed with 1012" } else { "connection reset" };
                assert_eq!(stage.journal(), [format!("Some(1) cut: {what}")]);
            }
        }
    });
}

#[test]
fn a_cut_is_due_however_playback_gets_to_its_place() {
    for_each_mode(async |mode| {
        // The cut is at once followed by what takes playback there.
        for (ways, last) in [
            (&["step koulibaly-goal"][..], Some(GOAL - 1)),
            (&["step 200"], Some(GOAL - 1)),
            (&["speed max", "play"], Some(GOAL - 1)),
            (&["speed 10000", "play"], Some(GOAL - 1)),
            // Nothing of the new epoch has been sent.
            (&["seek koulibaly-goal"], None),
            (&["seek 89:00", "play"], Some(GOAL - 1)),
        ] {
            let (stage, bent, other) = pair(mode, Framing::WebSocket).await;
            stage.command("fault cut subscriber=1 at=koulibaly-goal").await;
            for way in ways {
                stage.command(way).await;
            }
            stage.wait(10_000).await;
            assert!(bent.ended().is_some() && other.ended().is_none(), "{mode:?} {ways:?}");
            assert_eq!(bent.numbers().last().copied(), last, "{mode:?} {ways:?}");
        }
        for (ways, why) in [
            (&["seek 89:08", "play"][..], "a jump beyond the place"),
            (&["seek 80:00"], "a jump back"),
            (&["step 1"], "not there yet"),
        ] {
            let (stage, bent, _other) = pair(mode, Framing::WebSocket).await;
            stage.command("fault cut subscriber=1 at=koulibaly-goal").await;
            for way in ways {
                stage.command(way).await;
            }
            stage.wait(10_000).await;
            assert_eq!(bent.ended(), None, "{mode:?} {why}");
        }
    });
}

#[test]
fn who_connects_where_playback_is_past_the_place_is_not_cut() {
    for_each_mode(async |mode| {
        let stage = Stage::at(mode, "koulibaly-goal").await;
        stage.command("faults cut:at=koulibaly-goal").await;
        let tap = stage.connect(Framing::WebSocket, "").await;
        stage.command("play").await;
        stage.wait(3_000).await;
        assert_eq!(tap.ended(), None, "{mode:?}");
        stage.command("seek 89:00").await;
        stage.wait(3_000).await;
        assert!(tap.ended().is_some(), "{mode:?}: whenever playback reaches it");
    });
}

#[test]
fn a_throttle_sends_no_more_than_its_rate_and_loses_nothing() {
    for_each_mode(async |mode| {
        for framing in FRAMINGS {
            let stage = Stage::at(mode, "88:00").await;
            stage.command("faults throttle:rate=10000,client=slow").await;
            let bent = stage.connect(framing, "client=slow&snapshot=full").await;
            let other = stage.connect(framing, "snapshot=full").await;
            stage.command("play").await;
            stage.wait(120_000).await;
            assert_eq!(texts(&bent.events()), texts(&other.events()), "{mode:?} {framing:?}");
            let chunks = bent.chunks();
            let took = chunks.last().expect("bytes").0 - chunks[0].0;
            assert!(chunks.len() > 20 && took > 2_000, "{mode:?} {framing:?}: {} chunks", chunks.len());
            for (place, (from, _)) in chunks.iter().enumerate() {
                let in_second = chunks[place..].iter().take_while(|(at, _)| *at < from + 1_000);
                let bytes: usize = in_second.map(|(_, chunk)| chunk.len()).sum();
                assert!(bytes <= 10_500, "{bytes} bytes within a second");
            }
        }
    });
}

/// The messages of a WebSocket, put together from their frames; and the longest payload of a frame.
fn messages(bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let (mut rest, mut messages, mut open, mut longest) = (bytes, Vec::new(), None, 0);
    while let [first, short, ..] = *rest {
        let (header, length) = match short {
            126 => (4, usize::from(u16::from_be_bytes([rest[2], rest[3]]))),
            127 => (10, u64::from_be_bytes(rest[2..10].try_into().expect("eight bytes")) as usize),
            short => (2, usize::from(short)),
        };
        let payload = &rest[header..header + length];
        rest = &rest[header + length..];
        match (first & 0x0f, &mut open) {
            (1, None) => open = Some(payload.to_vec()),
            (0, Some(message)) => message.extend_from_slice(payload),
            (8.., _) => continue,
            (opcode, _) => panic!("a frame with opcode {opcode} in the wrong place"),
        }
        longest = longest.max(length);
        if first & 0x80 != 0 {
            messages.extend(open.take());
        }
    }
    assert_eq!(open, None, "the last message is whole");
    (messages, longest)
}

#[test]
fn fragments_are_the_same_messages() {
    for_each_mode(async |mode| {
        for framing in FRAMINGS {
            let stage = Stage::at(mode, "88:00").await;
            stage.command("faults fragment:size=100,client=bent").await;
            let handshake = Handshake { response_head: b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), ..Handshake::default() };
            let bent = stage.connect_with(framing, "client=bent", 4 * PIPE_BYTES, handshake);
            stage.wait(1).await;
            let other = stage.connect(framing, "").await;
            stage.command("play").await;
            stage.wait(60_000).await;
            let bytes = bent.bytes().split_off(b"HTTP/1.1 200 OK\r\n\r\n".len());
            let texts = if framing == Framing::WebSocket {
                let (messages, longest) = messages(&bytes);
                assert_eq!(longest, 100);
                messages.into_iter().map(|message| String::from_utf8(message).expect("text")).collect()
            } else {
                let received = StreamDecoder::of(framing).feed(&bytes);
                received.into_iter().map(Received::text).filter(|text| text.starts_with('{')).collect::<Vec<_>>()
            };
            let events: Vec<&str> = texts.iter().map(|text| &**text).filter(|text| is_event(text)).collect();
            assert_eq!(events, self::texts(&other.events()), "{mode:?} {framing:?}");
            assert!(texts.len() > 20 && texts[1].starts_with(r#"{"kind":"snapshot""#));
        }
    });
}

#[test]
fn corruption_hits_events_only() {
    for_each_mode(async |mode| {
        for what in ["json", "utf8", "truncated"] {
            let (stage, bent, other) = pair(mode, Framing::Lines).await;
            stage.command(&format!("fault corrupt subscriber=1 what={what}")).await;
            stage.command("play").await;
            stage.wait(20_000).await;
            let split =
                |tap: &Tap| -> Vec<Vec<u8>> { tap.bytes().split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect() };
            let (bent_lines, lines) = (split(&bent), split(&other));
            // Hello and the first tick have other times.
            let differing = bent_lines.iter().zip(&lines).skip(4).filter(|(bent, line)| bent != line);
            let differing: Vec<_> = differing.collect();
            let [(damaged, event)] = differing[..] else { panic!("{mode:?} {what}: {} differ", differing.len()) };
            assert!(event.starts_with(br#"{"kind":"event""#));
            let is_json = serde_json::from_slice::<serde_json::Value>(damaged).is_ok();
            assert!(!is_json, "{mode:?} {what}");
            assert_eq!(std::str::from_utf8(damaged).is_err(), what == "utf8", "{mode:?}");
            assert_eq!(bent.ended().is_some(), what == "truncated", "{mode:?} {what}");
            if what == "truncated" {
                assert!(event.starts_with(damaged) && bent_lines.last() == Some(damaged), "it ends within the event");
            }
        }
        // With a probability each event may be hit, and the messages stay messages.
        let (stage, mut bent, other) = pair(mode, Framing::WebSocket).await;
        bent.is_corrupted = true;
        stage.command("faults corrupt:p=0.5,what=json,subscriber=1").await;
        stage.command("play").await;
        stage.wait(60_000).await;
        let (bent, other) = (bent.news(), other.news());
        assert_eq!(bent.len(), other.len());
        let (mut hit, mut spared) = (0, 0);
        for ((_, bent), (_, other)) in bent.iter().zip(&other) {
            if bent == other {
                spared += usize::from(is_event(other));
            } else {
                assert!(is_event(other) && *bent == other[..other.len() - 1], "{bent}");
                hit += 1;
            }
        }
        assert!(hit > 2 && spared > 2, "{mode:?}: {hit} hit, {spared} not");
    });
}

#[test]
fn a_half_open_connection_is_silence_to_the_client_and_gone_for_the_replay() {
    for_each_mode(async |mode| {
        for framing in FRAMINGS {
            let (stage, bent, other) = pair(mode, framing).await;
            stage.command("play").await;
            stage.wait(100).await;
            assert_eq!(stage.harness.replay.subscriber_count(), 2);
            stage.command("fault half_open subscriber=1 for=30s").await;
            let (from, before) = (stage.now(), bent.bytes().len());
            stage.wait(10).await;
            assert_eq!(stage.harness.replay.subscriber_count(), 1, "{mode:?} {framing:?}");
            bent.send("speed 30");
            stage.wait(29_000).await;
            assert!(bent.ended().is_none() && !bent.server.is_over(), "{mode:?} {framing:?}");
            stage.wait(2_000).await;
            assert!((from + 30_000..from + 30_010).contains(&bent.ended().expect("reset in the end")));
            assert_eq!(bent.bytes().len(), before, "{mode:?} {framing:?}: silence");
            assert!(other.frames().iter().all(|(_, frame)| !frame.contains(r#""cause":"speed""#)), "it is not heard");
            assert_eq!(stage.journal(), ["Some(1) half_open: silent for 30s"]);
        }
    });
}

#[test]
fn a_half_open_connection_does_not_outlive_its_replay() {
    for_each_mode(async |mode| {
        let (stage, bent, _other) = pair(mode, Framing::WebSocket).await;
        stage.command("fault half_open subscriber=1").await;
        stage.wait(1_000).await;
        stage.harness.stop();
        stage.wait(1_000).await;
        assert!(bent.server.is_over(), "{mode:?}");
    });
}

#[test]
fn a_slow_handshake_comes_late_and_complete() {
    for_each_mode(async |mode| {
        let stage = Stage::at(mode, "88:00").await;
        stage.command("faults slow_handshake:by=800ms").await;
        let handshake = Handshake { response_head: b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), ..Handshake::default() };
        let from = stage.now();
        let tap = stage.connect_with(Framing::Lines, "", PIPE_BYTES, handshake);
        stage.wait(5_000).await;
        assert!((from + 800..from + 803).contains(&tap.chunks()[0].0), "{mode:?} {:?}", tap.chunks()[0].0);
        assert!(tap.bytes().starts_with(b"HTTP/1.1 200 OK\r\n\r\n{\"kind\":\"hello\""));
        assert_eq!(stage.journal(), ["Some(1) slow_handshake: response sent 800ms late"]);
    });
}

#[test]
fn refusals_are_counted_and_the_next_client_is_admitted() {
    for_each_mode(async |mode| {
        for (code, response) in [
            ("", ""),
            (
                ",code=503",
                "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            ),
        ] {
            let stage = Stage::at(mode, "88:00").await;
            stage.command(&format!("faults refuse:times=2,client=phone{code}")).await;
            for (query, refused) in [
                ("", false),
                ("client=phone", true),
                ("client=tv", false),
                ("client=phone", true),
                ("client=phone", false),
            ] {
                let tap = stage.connect(Framing::WebSocket, query).await;
                stage.wait(5).await;
                assert_eq!(tap.ended().is_some(), refused, "{mode:?} {query}");
                if refused {
                    assert_eq!(String::from_utf8_lossy(&tap.bytes()), response, "{mode:?}");
                } else {
                    assert!(!tap.frames().is_empty());
                }
            }
            // Who was admitted has left, for the test dropped the pipes.
            let what = if code.is_empty() { "connection reset" } else { "answered 503" };
            assert_eq!(stage.journal(), vec![format!("None refuse: {what}"); 2]);
        }
    });
}

#[test]
fn time_outs_do_not_count_while_a_fault_holds_things_back() {
    for_each_mode(async |mode| {
        let mut stage = Stage::at(mode, "70:00").await;
        stage.harness.subscribe("ann", "", PIPE_BYTES);
        stage.wait(10).await;
        stage.command("play").await;
        stage.command("fault stall subscriber=1 for=60s").await;
        stage.wait(59_000).await;
        stage.harness.subscriber("ann").received();
        stage.wait(60_000).await;
        let frames = stage.harness.subscriber("ann").received();
        assert!(!frames.iter().any(|frame| frame.starts_with("closed")), "{mode:?}");
        let last = frames.iter().rfind(|frame| frame.contains(r#""kind":"event""#)).expect("events");
        assert_eq!(number_of(last), 101, "{mode:?}: everything came after the stall");
        assert!(!stage.harness.subscriber("ann").is_over());
    });
}

#[test]
fn silent_and_stalled_peers_are_closed_where_no_fault_holds_anything_back() {
    for_each_mode(async |mode| {
        let stage = Stage::at(mode, "70:00").await;
        // The connection is under a fault that is not in force yet.
        stage.command("faults cut:at=FT").await;
        let tap = stage.connect(Framing::WebSocket, "").await;
        tap.fall_silent();
        stage.wait(65_000).await;
        assert_eq!(tap.frames().pop().expect("a frame").1, "closed 4009", "{mode:?}: it answered no ping");
        assert!(tap.server.is_over());
    });
}

#[test]
fn the_end_of_a_replay_waits_for_what_a_delay_holds() {
    for_each_mode(async |mode| {
        let mut options = ReplayOptions::default();
        (options.once, options.wait_for) = (true, 1);
        options.playback.speed = Speed::parse("600").expect("a speed");
        let stage = Stage::with(mode, options);
        stage.command("faults delay:by=5s").await;
        let tap = stage.connect(Framing::WebSocket, "").await;
        stage.wait(30_000).await;
        assert_eq!(tap.numbers(), (1..=101).collect::<Vec<_>>(), "{mode:?}");
        let (closed_at, closed) = tap.frames().pop().expect("a frame");
        assert_eq!(closed, "closed 1000", "{mode:?}");
        let last = tap.events().pop().expect("events").0;
        assert!((last..last + 100).contains(&closed_at), "{mode:?}");
        assert!(tap.server.is_over());
    });
}

#[test]
fn a_client_that_was_cut_near_the_end_of_a_delayed_replay_gets_the_rest() {
    for_each_mode(async |mode| {
        let mut options = ReplayOptions::default();
        (options.once, options.wait_for) = (true, 1);
        options.linger = Some(Duration::from_secs(60));
        options.playback.speed = Speed::parse("600").expect("a speed");
        let stage = Stage::with(mode, options);
        stage.command("faults delay:by=500ms; cut:at=koulibaly-goal").await;
        let first = stage.connect(Framing::WebSocket, "").await;
        let mut received = Vec::new();
        let mut tap = first;
        for _ in 0..2 {
            while tap.ended().is_none() {
                stage.wait(100).await;
            }
            received.extend(tap.numbers());
            if tap.frames().last().is_some_and(|(_, frame)| frame == "closed 1000") {
                break;
            }
            tap = stage.connect(Framing::WebSocket, &tap.cursor()).await;
        }
        assert_eq!(received, (1..=101).collect::<Vec<_>>(), "{mode:?}");
    });
}

#[test]
fn a_barrier_waits_for_what_a_delay_holds() {
    for_each_mode(async |mode| {
        let (stage, bent, _other) = pair(mode, Framing::WebSocket).await;
        stage.command("fault delay subscriber=1 by=2s").await;
        let answer = stage.command("step koulibaly-goal").await;
        let newest = stage.harness.replay.newest_subscriber_number();
        let barrier = Barrier { version: answer.playhead.version, newest, acknowledged_from: None };
        let from = stage.now();
        let passed = stage.harness.replay.wait_for_barrier(barrier, Duration::from_secs(1)).await;
        assert_eq!(passed.expect_err("held back").first().map(|behind| behind.subscriber), Some(1), "{mode:?}");
        let passed = stage.harness.replay.wait_for_barrier(barrier, Duration::from_secs(5)).await;
        assert_eq!(passed, Ok(()), "{mode:?}");
        assert!((from + 2_000..from + 2_010).contains(&stage.now()), "{mode:?}: {}", stage.now() - from);
        stage.wait(1).await;
        assert_eq!(bent.numbers().last(), Some(&GOAL));
    });
}

#[test]
fn a_connection_under_a_fault_takes_commands_and_gets_its_replies() {
    for_each_mode(async |mode| {
        let (stage, bent, other) = pair(mode, Framing::WebSocket).await;
        stage.command("fault delay subscriber=1 by=100ms").await;
        stage.wait(1).await;
        bent.send(r#"{"command":"step","until":"koulibaly-goal","id":1}"#);
        bent.send(r#"{"command":"faults","to":"off","id":2}"#);
        bent.send(r#"{"command":"step","count":1,"id":3}"#);
        stage.wait(300).await;
        let replies =
            |tap: &Tap| tap.frames().into_iter().filter(|(_, frame)| frame.contains(r#""kind":"reply""#)).count();
        assert_eq!((replies(&bent), replies(&other)), (3, 0), "{mode:?}");
        assert_eq!(bent.numbers(), other.numbers());
        assert_eq!(bent.numbers().last(), Some(&(GOAL + 1)));
    });
}

#[test]
fn the_reply_to_a_fault_comes_before_what_the_fault_does_to_its_own_connection() {
    for_each_mode(async |mode| {
        for (fault, ends) in [
            (r#""do":"cut""#, true),
            (r#""do":"cut","code":1011"#, true),
            (r#""do":"half_open","for":"1s""#, true),
            (r#""do":"stall","for":"1s""#, false),
        ] {
            let (stage, bent, other) = pair(mode, Framing::WebSocket).await;
            bent.send(&format!(r#"{{"command":"fault",{fault},"subscriber":1,"id":7}}"#));
            stage.wait(3_000).await;
            let replied = bent.frames().iter().any(|(_, frame)| frame.contains(r#""kind":"reply","id":7,"ok":true"#));
            assert!(replied, "{mode:?} {fault}: {:?}", bent.frames().last());
            assert_eq!(bent.ended().is_some(), ends, "{mode:?} {fault}");
            assert_eq!(other.ended(), None);
        }
    });
}

#[test]
fn a_change_of_link_faults_alone_leaves_run_and_epoch_as_they_are() {
    for_each_mode(async |mode| {
        let (stage, bent, other) = pair(mode, Framing::WebSocket).await;
        let before = stage.command("play").await.playhead;
        let run = stage.harness.replay.frames().run_text().to_owned();
        for line in ["faults delay:by=300ms,subscriber=1", "fault stall for=100ms subscriber=1", "faults off"] {
            stage.wait(2_000).await;
            let after = stage.command(line).await.playhead;
            assert_eq!((after.epoch, after.version), (before.epoch, before.version), "{mode:?} {line}");
            assert_eq!(stage.harness.replay.frames().run_text(), run);
        }
        stage.wait(5_000).await;
        let (bent, other) = (bent.news(), other.news());
        assert_eq!(texts(&bent), texts(&other), "{mode:?}");
        assert_eq!(bent.last(), other.last(), "{mode:?}: in time again");
        assert!(bent.iter().zip(&other).any(|(bent, other)| bent.0 == other.0 + 300));
    });
}

#[test]
fn switching_faults_off_ends_what_happens_now() {
    for_each_mode(async |mode| {
        let (stage, bent, other) = pair(mode, Framing::WebSocket).await;
        stage.command("play").await;
        stage.command("fault stall for=1h").await;
        stage.wait(2_000).await;
        stage.command("fault drop at=FT").await;
        stage.wait(10).await;
        assert!(bent.frames().len() < 10, "{mode:?}: one more fault leaves the stall alone");
        stage.command("faults off").await;
        stage.wait(2_000).await;
        assert!(bent.frames().len() > 3 && bent.frames().last() == other.frames().last(), "{mode:?}");
        assert!(bent.frames().last().is_some_and(|(at, _)| *at + 1_500 > stage.now()), "{mode:?}");
    });
}

#[test]
fn a_fault_that_happens_now_spares_who_comes_later() {
    for_each_mode(async |mode| {
        let (stage, bent, other) = pair(mode, Framing::WebSocket).await;
        stage.command("fault cut").await;
        // Connected at the same moment, but after the command.
        let at_once = stage.connect_with(Framing::WebSocket, "", PIPE_BYTES, Handshake::default());
        stage.wait(10).await;
        assert!(bent.ended().is_some() && other.ended().is_some(), "{mode:?}");
        let later = stage.connect(Framing::WebSocket, "").await;
        // A command of its own has the loop look at its faults.
        for tap in [&at_once, &later] {
            tap.send(r#"{"command":"faults","to":"delay:by=1ms","id":1}"#);
            stage.wait(10).await;
            tap.send(r#"{"command":"fault","do":"delay","by":"1ms","id":2}"#);
        }
        stage.wait(100).await;
        for tap in [at_once, later] {
            assert_eq!(tap.ended(), None, "{mode:?}");
            assert_eq!(tap.frames().iter().filter(|(_, frame)| frame.contains(r#""kind":"reply""#)).count(), 2);
        }
    });
}

#[test]
fn faults_that_come_at_the_same_time_all_count() {
    for_each_mode(async |mode| {
        let (stage, bent, other) = pair(mode, Framing::WebSocket).await;
        let faults = ["fault cut subscriber=1", "fault cut subscriber=2", "fault delay by=1s", "fault drop at=FT"];
        futures::future::join_all(faults.map(|fault| stage.command(fault))).await;
        stage.wait(10).await;
        assert!(bent.ended().is_some() && other.ended().is_some(), "{mode:?}");
        assert_eq!(stage.harness.replay.fault_plan().faults().len(), 2, "{mode:?}");
    });
}

#[test]
fn a_refused_change_changes_nothing() {
    for_each_mode(async |mode| {
        let (stage, bent, _other) = pair(mode, Framing::WebSocket).await;
        for (request, code) in [
            (r#"{"command":"fault","do":"cut","if_version":99}"#, ErrorCode::Stale),
            (r#"{"command":"faults","to":"cut:every=1s","seed":7,"if_version":99}"#, ErrorCode::Stale),
            (r#"{"command":"fault","do":"cut","at":"nowhere"}"#, ErrorCode::NotFound),
            (r#"{"command":"fault","do":"cut","subscriber":0}"#, ErrorCode::BadArgument),
            (r#"{"command":"fault","do":"cut","subscriber":9}"#, ErrorCode::NotFound),
        ] {
            let decoded = Request::decode(request).unwrap_or_else(|error| panic!("{}: {request}", error.rejection));
            let Action::Playback(command) = decoded.action else { panic!("no command: {request}") };
            let refused = stage.harness.control.apply(command).await.expect_err("refused");
            assert_eq!(refused.code, code, "{request:?}");
        }
        stage.wait(3_000).await;
        assert_eq!(bent.ended(), None, "{mode:?}");
        assert!(stage.harness.replay.fault_plan().is_empty() && stage.harness.replay.fault_seed() == 0, "{mode:?}");
        stage.harness.stop();
        stage.wait(5_000).await;
        for line in ["fault cut", "faults delay:by=1s", "fault cut at=koulibaly-goal"] {
            let refused = stage.try_command(line).await.expect_err("it is over");
            assert!(matches!(refused.code, ErrorCode::UnknownReplay | ErrorCode::Closing), "{line}: {refused}");
        }
    });
}

#[test]
fn a_connection_that_is_handed_over_within_a_frame_loses_nothing_and_repeats_nothing() {
    for_each_mode(async |mode| {
        for framing in FRAMINGS {
            for pipe in [100, 333, 5_000] {
                let stage = Stage::at(mode, "70:00").await;
                let other = stage.connect(framing, "ticks=off").await;
                let bent = stage.connect_with(framing, "ticks=off", pipe, Handshake::default());
                bent.set_reading(false);
                stage.wait(1).await;
                stage.command("step 3").await;
                bent.set_reading(true);
                tokio::task::yield_now().await;
                bent.set_reading(false);
                stage.wait(1).await;
                stage.command("fault delay subscriber=2 by=10ms").await;
                stage.command("step 3").await;
                stage.wait(50).await;
                bent.set_reading(true);
                stage.command("play").await;
                stage.wait(60_000).await;
                assert_eq!(texts(&bent.events()), texts(&other.events()), "{mode:?} {framing:?} {pipe}");
                assert!(bent.numbers().len() > 20);
            }
        }
    });
}
