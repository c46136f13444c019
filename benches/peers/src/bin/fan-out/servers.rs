//! The servers compared, and how each is started.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::load::{Load, Pace};
use crate::scenario::{self, Interleaved};

/// The number of messages in a burst, for servers that batch pending messages and for those that do not.
const BURST: (u64, u64) = (4_000, 300);
/// How long Touchline's replay continues after the last message counted.
const AFTER: Duration = Duration::from_secs(60);

/// A server in the comparison.
pub struct Server {
    /// Its name on the command line and in results.
    pub name: &'static str,
    /// A short description.
    pub about: &'static str,
    launch: Launch,
    /// The number of messages in a burst.
    burst: u64,
}

enum Launch {
    /// A peer: its program, and arguments before those of the contract.
    Peer(Program, &'static [&'static str]),
    /// Touchline: the path to subscribe to, and the environment variable that names another program than this tree's.
    Touchline { path: &'static str, interleaved: Interleaved, program: Option<&'static str> },
}

/// The location of a peer's program.
enum Program {
    /// In the folder of this program.
    Built(&'static str),
    /// In an environment variable.
    Named(&'static str),
    /// A script: interpreter, file, the variable with the path of its packages, their folder, the package.
    Script(&'static str, &'static str, &'static str, &'static str, &'static str),
}

const fn peer(name: &'static str, about: &'static str, find: Program, burst: u64) -> Server {
    Server { name, about, launch: Launch::Peer(find, &[]), burst }
}

const fn touchline(name: &'static str, about: &'static str, path: &'static str, interleaved: Interleaved) -> Server {
    Server { name, about, launch: Launch::Touchline { path, interleaved, program: None }, burst: BURST.0 }
}

/// Another build of Touchline, to compare with this tree's.
const fn before(name: &'static str, about: &'static str, path: &'static str) -> Server {
    let launch = Launch::Touchline { path, interleaved: Interleaved::Nothing, program: Some("TOUCHLINE_BEFORE") };
    Server { name, about, launch, burst: BURST.0 }
}

/// The first server to compare with: one `send` per subscriber and message.
pub const BASELINE: &str = "raw";
/// The second: the fastest other server.
pub const FASTEST_PEER: &str = "uWebSockets";

/// All servers.
pub const SERVERS: [Server; 14] = [
    peer(BASELINE, "one non-blocking `send` per subscriber and message, nothing else", Program::Built("raw"), BURST.0),
    Server {
        name: "raw-64k",
        about: "the same with send buffers of 64 KiB, as Touchline's",
        launch: Launch::Peer(Program::Built("raw"), &["--send-buffer", "65536"]),
        burst: BURST.0,
    },
    peer(FASTEST_PEER, "uWebSockets (C++), `publish`", Program::Named("UWS_SERVER"), BURST.0),
    touchline(
        "touchline",
        "the release binary; `ticks=off&snapshot=off`",
        "/ws?ticks=off&snapshot=off",
        Interleaved::Nothing,
    ),
    touchline("touchline-ticks", "with what subscribers get unless they say otherwise", "/ws", Interleaved::Nothing),
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
        Interleaved::OtherType,
    ),
    touchline(
        "touchline-match",
        "every second event is held back by `match=fan-out`",
        "/ws?ticks=off&snapshot=off&match=fan-out",
        Interleaved::OtherMatch,
    ),
    peer("tuned", "tokio-tungstenite: small read buffer, feed and flush", Program::Built("tuned"), BURST.0),
    peer("fastwebsockets", "fastwebsockets behind hyper", Program::Built("fastwebsockets"), BURST.1),
    peer("naive", "tokio-tungstenite: default settings, `send`", Program::Built("naive"), BURST.1),
    peer(
        "node-ws",
        "Node, `ws`",
        Program::Script("node", "node-ws.mjs", "NODE_PATH", "node/node_modules", "ws"),
        BURST.1,
    ),
    peer(
        "python-websockets",
        "Python, `websockets`, its `broadcast`",
        Program::Script("python3", "python-websockets.py", "PYTHONPATH", "python", "websockets"),
        BURST.1,
    ),
];

/// The locations of programs and output.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Touchline's binary.
    pub touchline: PathBuf,
    /// The folder of packages for Python and Node.
    pub packages: PathBuf,
    /// The folder of the scripts.
    pub scripts: PathBuf,
    /// The folder for output.
    pub output: PathBuf,
}

impl Server {
    /// The path to subscribe to.
    pub fn path(&self) -> &'static str {
        match self.launch {
            Launch::Peer(..) => "/ws",
            Launch::Touchline { path, .. } => path,
        }
    }

    /// The difference between the numbers of two successive events of a subscriber.
    pub fn stride(&self) -> u64 {
        match self.launch {
            Launch::Touchline { interleaved: Interleaved::OtherType | Interleaved::OtherMatch, .. } => 2,
            _ => 1,
        }
    }

    /// Whether to run this server under a load: a filter costs nothing without messages, and the chart over the number
    /// of subscribers has only the servers named.
    pub fn takes(&self, load: &Load, scaled: &[String]) -> bool {
        match load.pace {
            Pace::Idle => self.stride() == 1,
            _ => !load.is_scale() || scaled.iter().any(|name| name == self.name),
        }
    }

    /// The number of messages to each subscriber.
    pub fn messages(&self, load: &Load, length: Duration) -> u64 {
        load.messages(length, self.burst)
    }

    /// Why the server cannot run here, if so.
    pub fn missing(&self, paths: &Paths) -> Option<String> {
        let none = |path: &Path| (!path.is_file()).then(|| format!("{} is not there", path.display()));
        match &self.launch {
            Launch::Touchline { program: None, .. } => none(&paths.touchline),
            Launch::Peer(Program::Built(name), _) => none(&beside(name)),
            Launch::Touchline { program: Some(variable), .. } | Launch::Peer(Program::Named(variable), _) => {
                match std::env::var_os(variable) {
                    None => Some(format!("{variable} names no binary")),
                    Some(path) => none(Path::new(&path)),
                }
            }
            Launch::Peer(Program::Script(interpreter, _, _, folder, package), _) => {
                let package = paths.packages.join(folder).join(package);
                let version = Command::new(interpreter).arg("--version").stdout(Stdio::null()).status();
                match version {
                    Err(error) => Some(format!("{interpreter}: {error}")),
                    Ok(_) if !package.is_dir() => Some(format!("{} is not installed", package.display())),
                    Ok(_) => None,
                }
            }
        }
    }

    /// The command that starts the server for a load.
    pub fn command(&self, load: &Load, messages: u64, paths: &Paths) -> Result<Command, String> {
        let awaited = load.subscribers + usize::from(load.pace == Pace::Idle);
        let rate = if let Pace::Steady(rate) = load.pace { rate } else { 0 };
        match &self.launch {
            Launch::Peer(find, before) => {
                let mut command = match find {
                    Program::Built(name) => Command::new(beside(name)),
                    Program::Named(variable) => Command::new(std::env::var_os(variable).unwrap_or_default()),
                    Program::Script(interpreter, script, variable, folder, _) => {
                        let mut command = Command::new(interpreter);
                        command.arg(paths.scripts.join(script)).env(variable, paths.packages.join(folder));
                        command
                    }
                };
                command.args(*before);
                command.args(["--subscribers".into(), awaited.to_string()]);
                command.args(["--messages".into(), messages.to_string()]);
                command.args(["--rate".into(), rate.to_string()]);
                Ok(command)
            }
            Launch::Touchline { interleaved, program, .. } => {
                let file = paths.output.join(format!("{}-{}.jsonl", load.name, self.name));
                let period = Duration::from_secs(1) / if rate > 0 { rate } else { 100 };
                // In a burst no event may follow: it would be sent at once.
                let after = (load.pace != Pace::Burst).then_some(AFTER);
                std::fs::write(&file, scenario::lines(messages, period, *interleaved, after))
                    .map_err(|error| format!("writing {}: {error}", file.display()))?;
                let named = program.and_then(std::env::var_os).map(PathBuf::from);
                let mut command = Command::new(named.as_ref().unwrap_or(&paths.touchline));
                command.args(["serve", "--port", "0", "--wait-for"]).arg(awaited.to_string());
                command.args(["--speed", if load.pace == Pace::Burst { "max" } else { "1" }]).arg(&file);
                // Touchline narrates the match on standard error.
                command.stderr(Stdio::null());
                Ok(command)
            }
        }
    }
}

/// The path of a program built with this one.
fn beside(name: &str) -> PathBuf {
    std::env::current_exe().unwrap_or_default().with_file_name(name)
}
