//! Golden hashes of the shipped scenarios' frames. A cursor must mean the same frames for as long as `run` is the same, so the
//! bytes may change only together with `REVISION`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{Context, SHA256};
use touchline::internals::dialect::native::{REVISION, SnapshotDetail, documents};
use touchline::internals::hub::{FrameCache, Framing, SEGMENT_CUES, run_of};
use touchline::scenario::{SHIPPED, Span, Timeline};

use super::real::{DRIVERS, TestServer, flagship, path};
use super::wire::FRAMINGS;

/// The content of the golden file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Golden {
    revision: u32,
    scenarios: BTreeMap<String, Hashes>,
}

/// The digest of a scenario, and the hash of its bytes on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hashes {
    digest: String,
    wire: String,
}

impl Golden {
    fn file() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/touchline.v1.txt")
    }

    /// Computed from the current code.
    fn made() -> Self {
        let hashes = |timeline: Timeline| Hashes { digest: format!("{:08x}", timeline.digest()), wire: hash(timeline) };
        let scenarios = SHIPPED
            .iter()
            .map(|shipped| (shipped.name.to_owned(), hashes(Timeline::new(&shipped.load().expect("shipped")))));
        Self { revision: REVISION, scenarios: scenarios.collect() }
    }

    fn read(text: &str) -> Self {
        let mut golden = Self { revision: 0, scenarios: BTreeMap::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["revision", revision] => golden.revision = revision.parse().expect("a number"),
                [name, digest, wire] => {
                    let hashes = Hashes { digest: digest.to_owned(), wire: wire.to_owned() };
                    golden.scenarios.insert(name.to_owned(), hashes);
                }
                _ => panic!("a line of the golden file that is none: {line:?}"),
            }
        }
        golden
    }

    fn written(&self) -> String {
        let mut text = "# The shipped scenarios: digest of the scenario, SHA-256 of what is sent of it.\n\
                        # Checked by tests/it/golden.rs; TOUCHLINE_BLESS=1 rewrites it, but only what may change.\n"
            .to_owned();
        writeln!(text, "revision {}", self.revision).expect("text");
        for (name, Hashes { digest, wire }) in &self.scenarios {
            writeln!(text, "{name} {digest} {wire}").expect("text");
        }
        text
    }

    /// Compares the file with the code; with `blessing`, whether the file may be rewritten. The error says what to do.
    fn judge(&self, made: &Self, blessing: bool) -> Result<(), String> {
        let changed: Vec<&str> = made
            .scenarios
            .iter()
            .filter(|(name, now)| {
                let was = self.scenarios.get(*name);
                was.is_some_and(|was| was.digest == now.digest && was.wire != now.wire)
            })
            .map(|(name, _)| &**name)
            .collect();
        if made.revision < self.revision {
            return Err(format!("REVISION is {} and was {}: it can only rise", made.revision, self.revision));
        }
        if made.revision == self.revision && !changed.is_empty() {
            let changed = changed.join(", ");
            return Err(format!(
                "the frames of {changed} have changed: raise REVISION (src/dialect/native/mod.rs), or old cursors are \
                 wrongly resumed; then run this with TOUCHLINE_BLESS=1"
            ));
        }
        if self != made && !blessing {
            return Err(format!(
                "{} is of revision {} and of other scenarios: run this with TOUCHLINE_BLESS=1",
                Self::file().display(),
                self.revision
            ));
        }
        Ok(())
    }
}

/// Hashes everything that `run` identifies: events, tables and ends, snapshots and tables at some positions, `/timeline`.
fn hash(timeline: Timeline) -> String {
    const EVERY: usize = 23;
    let timeline = Arc::new(timeline);
    let frames = FrameCache::new(timeline.clone(), Arc::default());
    let cues = timeline.cues().len();
    let mut hash = Context::new(&SHA256);
    for segment in 0..cues.div_ceil(SEGMENT_CUES) {
        hash.update(frames.segment(segment).bytes());
    }
    for index in (0..cues).step_by(EVERY).chain([cues]) {
        for track in 0..timeline.tracks().len() {
            for detail in [SnapshotDetail::Key, SnapshotDetail::Full] {
                hash.update(frames.snapshot(track, index, detail).text());
            }
        }
        for table in 0..timeline.tables().len() {
            hash.update(frames.table(table, index).text());
        }
    }
    let mut document = Vec::new();
    let tracks: Vec<usize> = (0..timeline.tracks().len()).collect();
    documents::write_timeline(&timeline, "00000000", &tracks, Span::ZERO, None, &mut document);
    hash.update(&document);
    hash.finish().as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text");
        text
    })
}

#[test]
fn shipped_frames_change_only_with_the_revision() {
    let blessing = std::env::var_os("TOUCHLINE_BLESS").is_some();
    let golden = Golden::read(&std::fs::read_to_string(Golden::file()).unwrap_or_default());
    let made = Golden::made();
    golden.judge(&made, blessing).unwrap_or_else(|todo| panic!("{todo}"));
    if golden != made {
        std::fs::write(Golden::file(), made.written()).expect("written");
    }
}

#[test]
fn a_changed_frame_without_a_new_revision_is_reported() {
    let of = |revision, scenarios: &[(&str, &str, &str)]| Golden {
        revision,
        scenarios: scenarios
            .iter()
            .map(|(name, digest, wire)| {
                ((*name).to_owned(), Hashes { digest: (*digest).to_owned(), wire: (*wire).to_owned() })
            })
            .collect(),
    };
    let golden = of(3, &[("a", "01", "f1"), ("b", "02", "f2")]);
    assert_eq!(Golden::read(&golden.written()), golden);
    let judged = |made: &Golden, blessing| golden.judge(made, blessing);
    assert_eq!(judged(&golden, false), Ok(()));
    let changed = [("a", "01", "f1"), ("b", "02", "f9")];
    for blessing in [false, true] {
        let complaint = judged(&of(3, &changed), blessing).expect_err("bytes changed and the revision did not");
        assert!(complaint.contains("of b have changed: raise REVISION"), "{complaint}");
        let complaint = judged(&of(2, &changed), blessing).expect_err("the revision fell");
        assert!(complaint.contains("can only rise"), "{complaint}");
    }
    let edited = [("a", "09", "f9"), ("b", "02", "f2"), ("c", "03", "f3")];
    for made in [of(4, &changed), of(3, &edited), of(4, &[])] {
        let complaint = judged(&made, false).expect_err("it was not blessed");
        assert!(complaint.contains("TOUCHLINE_BLESS=1"), "{complaint}");
        assert_eq!(judged(&made, true), Ok(()));
    }
}

#[tokio::test]
async fn a_cursor_of_another_revision_is_reset() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        server.command("main", "step 10").await;
        // Cursors from before revisions existed name the scenario's digest alone.
        let (ours, other) = (run_of(&flagship()), flagship().digest());
        for framing in FRAMINGS {
            for (run, resumed) in [(ours, "ok"), (other, "reset"), (ours ^ 1, "reset")] {
                let address = format!("{}?since={run:08x}.1.10&ticks=off", path(framing));
                let hello = server.subscribe(framing, &address).await.of_kind("hello").await;
                assert_eq!((&hello["resumed"], &hello["run"]), (&resumed.into(), &format!("{ours:08x}").into()));
            }
        }
        let header = format!("last-event-id: {other:08x}.1.10");
        let mut listener = server.connect().await.subscribe(Framing::Sse, "/events", &[&header]).await.expect("let in");
        assert_eq!(listener.of_kind("hello").await["resumed"], "reset");
    }
}
