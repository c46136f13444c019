//! Who is compared: how each is started, and where it is told of as missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::load::{Load, Pace};
use crate::scenario::{self, Between};

/// How many messages a server that batches what waits is sent in a burst, and how many one that does not.
const BURST: (u64, u64) = (4_000, 300);
/// How long after the last message that is counted Touchline's replay goes on.
const AFTER: Duration = Duration::from_secs(60);

/// A column of the comparison.
pub struct Server {
    /// What it is called on the command line and in results.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    how: How,
    /// How many messages it is sent in a burst.
    burst: u64,
}

enum How {
    /// A peer: program, and arguments before those of the contract.
    Peer(Find, &'static [&'static str]),
    /// Touchline, by what subscribers ask for; the program, where it is not this tree's, by the variable that names it.
    Touchline { path: &'static str, between: Between, program: Option<&'static str> },
}

/// Where a peer's program is.
enum Find {
    /// Beside this program.
    Built(&'static str),
    /// Named by an environment variable.
    Named(&'static str),
    /// A script: interpreter, file, the variable that leads to its packages, their folder, the package.
    Script(&'static str, &'static str, &'static str, &'static str, &'static str),
}

const fn peer(name: &'static str, about: &'static str, find: Find, burst: u64) -> Server {
    Server { name, about, how: How::Peer(find, &[]), burst }
}

const fn touchline(name: &'static str, about: &'static str, path: &'static str, between: Between) -> Server {
    Server { name, about, how: How::Touchline { path, between, program: None }, burst: BURST.0 }
}

/// Another build of Touchline, to be compared with this tree's.
const fn before(name: &'static str, about: &'static str, path: &'static str) -> Server {
    let how = How::Touchline { path, between: Between::Nothing, program: Some("TOUCHLINE_BEFORE") };
    Server { name, about, how, burst: BURST.0 }
}

/// The column that others are compared with first: one `send` for each subscriber and message.
pub const FLOOR: &str = "raw";
/// And second: the fastest that others have made.
pub const RIVAL: &str = "uWebSockets";

/// All columns.
pub const SERVERS: [Server; 14] = [
    peer(FLOOR, "one non-blocking `send` per subscriber and message, nothing else", Find::Built("raw"), BURST.0),
    Server {
        name: "raw-64k",
        about: "the same with send buffers of 64 KiB, as Touchline's",
        how: How::Peer(Find::Built("raw"), &["--send-buffer", "65536"]),
        burst: BURST.0,
    },
    peer(RIVAL, "uWebSockets (C++), `publish`", Find::Named("UWS_SERVER"), BURST.0),
    touchline(
        "touchline",
        "the release binary; `ticks=off&snapshot=off`",
        "/ws?ticks=off&snapshot=off",
        Between::Nothing,
    ),
    touchline("touchline-ticks", "with what subscribers get unless they say otherwise", "/ws", Between::Nothing),
    before(
        "touchline-before",
        "the binary named by TOUCHLINE_BEFORE; otherwise as `touchline`",
        "/ws?ticks=off&snapshot=off",
    ),
    before("touchline-ticks-before", "the same; otherwise as `touchline-ticks`", "/ws"),
    touchline(
        "touchline-types",
        "every second event is held back by `types=pass`",
        "/ws?ticks=off&snapshot=off&types=pass",
        Between::OtherType,
    ),
    touchline(
        "touchline-match",
        "every second event is held back by `match=fan-out`",
        "/ws?ticks=off&snapshot=off&match=fan-out",
        Between::OtherMatch,
    ),
    peer("tuned", "tokio-tungstenite: small read buffer, feed and flush", Find::Built("tuned"), BURST.0),
    peer("fastwebsockets", "fastwebsockets behind hyper", Find::Built("fastwebsockets"), BURST.1),
    peer("naive", "tokio-tungstenite: default settings, `send`", Find::Built("naive"), BURST.1),
    peer("node-ws", "Node, `ws`", Find::Script("node", "node-ws.mjs", "NODE_PATH", "node/node_modules", "ws"), BURST.1),
    peer(
        "python-websockets",
        "Python, `websockets`, its `broadcast`",
        Find::Script("python3", "python-websockets.py", "PYTHONPATH", "python", "websockets"),
        BURST.1,
    ),
];

/// Where things lie.
#[derive(Debug, Clone)]
pub struct Places {
    /// Touchline's binary.
    pub touchline: PathBuf,
    /// The folder of packages for Python and Node.
    pub packages: PathBuf,
    /// The folder of the scripts.
    pub scripts: PathBuf,
    /// The folder for what is written.
    pub output: PathBuf,
}

impl Server {
    /// What its subscribers ask for.
    pub fn path(&self) -> &'static str {
        match self.how {
            How::Peer(..) => "/ws",
            How::Touchline { path, .. } => path,
        }
    }

    /// By how much the number rises from one event of a subscriber to the next.
    pub fn stride(&self) -> u64 {
        match self.how {
            How::Touchline { between: Between::OtherType | Between::OtherMatch, .. } => 2,
            _ => 1,
        }
    }

    /// Whether a load says something of it: a filter costs nothing while nothing is told, and the picture over the number
    /// of subscribers is only drawn for those named.
    pub fn takes(&self, load: &Load, scaled: &[String]) -> bool {
        match load.pace {
            Pace::Idle => self.stride() == 1,
            _ => !load.is_scale() || scaled.iter().any(|name| name == self.name),
        }
    }

    /// How many messages everyone is sent.
    pub fn messages(&self, load: &Load, length: Duration) -> u64 {
        load.messages(length, self.burst)
    }

    /// What keeps it from being run here, if anything.
    pub fn missing(&self, places: &Places) -> Option<String> {
        let none = |path: &Path| (!path.is_file()).then(|| format!("{} is not there", path.display()));
        match &self.how {
            How::Touchline { program: None, .. } => none(&places.touchline),
            How::Peer(Find::Built(name), _) => none(&beside(name)),
            How::Touchline { program: Some(variable), .. } | How::Peer(Find::Named(variable), _) => {
                match std::env::var_os(variable) {
                    None => Some(format!("{variable} names no binary")),
                    Some(path) => none(Path::new(&path)),
                }
            }
            How::Peer(Find::Script(interpreter, _, _, folder, package), _) => {
                let package = places.packages.join(folder).join(package);
                let version = Command::new(interpreter).arg("--version").stdout(Stdio::null()).status();
                match version {
                    Err(error) => Some(format!("{interpreter}: {error}")),
                    Ok(_) if !package.is_dir() => Some(format!("{} is not installed", package.display())),
                    Ok(_) => None,
                }
            }
        }
    }

    /// How it is started for a load.
    pub fn command(&self, load: &Load, messages: u64, places: &Places) -> Result<Command, String> {
        let awaited = load.subscribers + usize::from(load.pace == Pace::Idle);
        let rate = if let Pace::Steady(rate) = load.pace { rate } else { 0 };
        match &self.how {
            How::Peer(find, before) => {
                let mut command = match find {
                    Find::Built(name) => Command::new(beside(name)),
                    Find::Named(variable) => Command::new(std::env::var_os(variable).unwrap_or_default()),
                    Find::Script(interpreter, script, variable, folder, _) => {
                        let mut command = Command::new(interpreter);
                        command.arg(places.scripts.join(script)).env(variable, places.packages.join(folder));
                        command
                    }
                };
                command.args(*before);
                command.args(["--subscribers".into(), awaited.to_string()]);
                command.args(["--messages".into(), messages.to_string()]);
                command.args(["--rate".into(), rate.to_string()]);
                Ok(command)
            }
            How::Touchline { between, program, .. } => {
                let file = places.output.join(format!("{}-{}.jsonl", load.name, self.name));
                let period = Duration::from_secs(1) / if rate > 0 { rate } else { 100 };
                // As fast as it is taken, what comes after would come at once.
                let after = (load.pace != Pace::Burst).then_some(AFTER);
                std::fs::write(&file, scenario::lines(messages, period, *between, after))
                    .map_err(|error| format!("writing {}: {error}", file.display()))?;
                let named = program.and_then(std::env::var_os).map(PathBuf::from);
                let mut command = Command::new(named.as_ref().unwrap_or(&places.touchline));
                command.args(["serve", "--port", "0", "--wait-for"]).arg(awaited.to_string());
                command.args(["--speed", if load.pace == Pace::Burst { "max" } else { "1" }]).arg(&file);
                // It narrates the match there.
                command.stderr(Stdio::null());
                Ok(command)
            }
        }
    }
}

/// Where a program lies that was built together with this one.
fn beside(name: &str) -> PathBuf {
    std::env::current_exe().unwrap_or_default().with_file_name(name)
}
