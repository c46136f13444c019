//! `touchline test`: the real program runs real commands.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::contract::CONTRACT;
use super::contracts::OF_A_TRACE;
use super::program::Program;

/// The end of the flagship, with its goal: 3 s.
const SCENARIO: &[&str] = &["juv", "--from", "88:00", "--speed", "120"];

/// A folder of a test, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("test-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchline"));
        command.arg("test").args(arguments).current_dir(&self.0).stdin(Stdio::null());
        command.env("TEST_FOLDER", &self.0);
        command
    }

    /// Runs `touchline test` with these arguments.
    fn test(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().expect("the program runs").into()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).expect("a file");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.0).expect("a folder");
        let mut names: Vec<String> =
            files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The processes with the environment of commands of this test.
    #[cfg(target_os = "linux")]
    fn processes(&self) -> Vec<String> {
        let mark = format!("TEST_FOLDER={}", self.0.display());
        let found = std::fs::read_dir("/proc").expect("processes").filter_map(|folder| {
            let folder = folder.ok()?.path();
            let environment = std::fs::read(folder.join("environ")).ok()?;
            let has_mark = environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes());
            has_mark.then(|| std::fs::read_to_string(folder.join("cmdline")).unwrap_or_default().replace('\0', " "))
        });
        found.collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program that has ended.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ran {
    #[track_caller]
    fn expect(&self, code: i32, parts: &[&str]) {
        let Self { code: got, stdout, stderr } = self;
        assert_eq!(*got, Some(code), "{stdout}\n{stderr}");
        for part in parts {
            assert!(stderr.contains(part), "no {part:?} in\n{stderr}");
        }
    }
}

fn with(arguments: &[&'static str], more: &[&'static str]) -> Vec<&'static str> {
    [arguments, more].concat()
}

/// The command of an app of `tests/commands/app.py`.
fn app(mode: &'static str) -> [&'static str; 4] {
    ["--", "python3", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/commands/app.py"), mode]
}

#[test]
fn an_app_that_shows_what_it_is_sent_passes() {
    let folder = Folder::new("careful");
    let ran = folder.test(&with(SCENARIO, &app("careful")));
    ran.expect(0, &["careful: connected\n", "juv-nap: 0-1 at 89:07\n", "passed: 1 client judged\nmain careful: "]);
    assert_eq!(ran.stdout, "careful begins\n", "the output of the command, and nothing else");
    assert!(folder.files().is_empty(), "{:?}", folder.files());
}

#[test]
fn a_goal_that_is_never_shown_fails_and_leaves_a_trace_that_can_be_played_and_run_again() {
    let folder = Folder::new("naive");
    let faults = ["--faults", "drop:at=koulibaly-goal", "--seed", "7"];
    let reports = ["--report", "junit=report.xml", "--report", "json=report.json"];
    let ran = folder.test(&[&with(SCENARIO, &faults)[..], &reports, &app("naive")].concat());
    ran.expect(
        3,
        &[
            "fault: n 87, koulibaly-goal: drop: not sent\n",
            "wrong: naive: juv-nap: shows 0-0 since ",
            "\n  missed: 1, at most 0 allowed: juv-nap: showed 0-0 for ",
            "\nexit code 3: the verdict failed\n",
        ],
    );
    let name = "touchline-juventus-napoli-2018-04-22-7.trace.jsonl";
    assert!(ran.stderr.contains(&format!("\ntrace: {name} (play it: touchline {name}; ")), "{}", ran.stderr);

    let xml = folder.0.join("report.xml");
    let script = "import sys, xml.etree.ElementTree as e\n\
                  cases = e.parse(sys.argv[1]).getroot().iter('testcase')\n\
                  print([c.get('classname') + ' ' + c.get('name') for c in cases if c.find('failure') is not None])";
    let parsed = Command::new("python3").args(["-c", script]).arg(xml).output().expect("python3");
    let failed = String::from_utf8_lossy(&parsed.stdout).into_owned();
    assert!(failed.starts_with("['main.naive missed'"), "{failed}{}", String::from_utf8_lossy(&parsed.stderr));
    let report: Value = serde_json::from_str(&folder.read("report.json")).expect("one object");
    assert_eq!((&report["outcome"], &report["exit_code"]), (&"failed".into(), &3.into()));
    assert_eq!((&report["trace"], &report["command_exit_code"]), (&name.into(), &0.into()));
    assert_eq!(report["verdict"]["failures"][0]["expectation"], "missed");

    let text = folder.read(name);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let header = &lines[0];
    assert_eq!((&header["kind"], &header["version"], &header["seed"]), (&"trace".into(), &1.into(), &7.into()));
    assert_eq!(header["faults"], "drop:at=koulibaly-goal");
    assert_eq!((&header["playback"]["from"], &header["playback"]["speed"]), (&"88:00".into(), &"120".into()));
    let failure = &header["failure"];
    assert_eq!(
        (&failure["client"], &failure["replay"], &failure["match"]),
        (&"naive".into(), &"main".into(), &"juv-nap".into())
    );
    let count = header["lines"].as_u64().expect("a number") as usize;
    assert_eq!(lines[1]["kind"], "scenario");
    let recorded = &lines[1 + count..];
    for (kind, field) in
        [("connected", "resumed"), ("sent", "frame"), ("truth", "score"), ("shows", "truth"), ("journal", "id")]
    {
        let of_kind = recorded.iter().filter(|line| line["kind"] == kind).collect::<Vec<_>>();
        assert!(of_kind.iter().all(|line| line.get(field).is_some()) && !of_kind.is_empty(), "{kind}");
    }
    assert_eq!(recorded.last().expect("a line")["kind"], "verdict");
    assert!(
        recorded
            .windows(2)
            .all(|pair| pair[1]["wall"].as_u64() >= pair[0]["wall"].as_u64() || pair[1]["wall"].is_null())
    );

    // Played again: at the failure, with what was shown.
    let path = folder.0.join(name).display().to_string();
    let program = Program::serve(&[&path, "--port", "0"]);
    let answer = program.ask("GET", "/api/replays/main/verdict", "");
    let document: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
    assert_eq!((&document["recorded"], &document["failure"]), (&true.into(), failure));
    let mut members = BTreeSet::new();
    CONTRACT.check("VerdictDocument", &document).unwrap_or_else(|why| panic!("{why}"));
    CONTRACT.mark("VerdictDocument", &document, &mut members);
    assert!(OF_A_TRACE.iter().all(|member| members.contains(*member)), "{members:?}");
    assert_eq!((&document["shown"][0]["client"], &document["shown"][0]["score"]), (&"naive".into(), &"0-0".into()));
    assert_eq!(document["clients"][0]["missed"], 1);
    let state = program.ask("GET", "/api/replays/main", "");
    let state: Value = serde_json::from_str(state.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
    let before = failure["at"].as_i64().expect("a time") - state["playback"]["at"].as_i64().expect("a time");
    assert_eq!((&state["playback"]["state"], before), (&"paused".into(), 5_000), "{state}");
    let console = program.stop();
    assert!(
        console.contains("with faults drop:at=koulibaly-goal and seed 7, failed\nfailure: naive: missed: "),
        "{console}"
    );

    for command in ["info", "check"] {
        let ran = Ran::from(super::program::run(&[command, &path]));
        assert!(
            ran.code == Some(0) && ran.stdout.contains("a trace of touchline test"),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
    }

    // Run again, in another folder, with the same result; and without the fault.
    let (again, without) = (Folder::new("again"), Folder::new("without"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            again.test(&[&path]).expect(3, &["a trace of touchline test", "missed: 1, at most 0 allowed"]);
            assert_eq!(again.files(), [name]);
        });
        scope.spawn(|| without.test(&[&path, "--faults", "off", "--no-trace"]).expect(0, &["passed"]));
        scope.spawn(|| {
            let silent = [&[&*path, "--no-trace"][..], &app("silent")].concat();
            without.test(&silent).expect(6, &["nothing judged"]);
        });
    });
    assert!(without.files().is_empty(), "{:?}", without.files());
}

#[test]
fn a_command_that_fails_is_told_from_a_verdict_that_fails() {
    let folder = Folder::new("fails");
    let nobody = "nobody subscribed: no client has connected\nexit code 4: the command failed\n";
    for (command, why) in [
        (&["sh", "-c", "exit 9"][..], "the command failed: exit status: 9\n"),
        (&["sh", "-c", "kill -9 $$"], "the command failed: signal: 9 (SIGKILL)\n"),
        (&["./no-such-command"], "the command failed: it could not be started: No such file"),
    ] {
        let arguments = [&with(SCENARIO, &["--report", "junit=report.xml", "--"])[..], command].concat();
        folder.test(&arguments).expect(4, &[why, nobody]);
        assert!(folder.read("report.xml").contains(r#"name="command">"#));
    }
    // A verdict that passes does not help.
    let script = format!("python3 {} careful; exit 2", app("")[2]);
    let arguments = [&with(SCENARIO, &["--", "sh", "-c"])[..], &[&*script]].concat();
    folder.test(&arguments).expect(4, &["the command failed: exit status: 2\npassed: 1 client judged\n"]);
}

#[test]
fn a_run_in_which_nothing_was_judged_does_not_pass() {
    let folder = Folder::new("nothing");
    folder.test(&with(SCENARIO, &["--", "true"])).expect(5, &["nobody subscribed", "exit code 5: nobody subscribed\n"]);
    let ran = folder.test(&with(SCENARIO, &app("silent")));
    ran.expect(6, &["nothing judged: ", "main silent: not judged", "exit code 6: nothing was judged\n"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_that_hangs_is_ended_with_all_its_processes() {
    let folder = Folder::new("hangs");
    // It ignores SIGTERM, and so does a process that has left its group and session, and whose parent has ended.
    let script = "trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 600; sleep 600' &) ; sleep 600; sleep 600";
    let begun = Instant::now();
    let ran = folder.test(&with(SCENARIO, &["--timeout", "1s", "--", "sh", "-c", script]));
    ran.expect(
        7,
        &["the command hung: it still ran after 1s (--timeout)\nnobody subscribed", "exit code 7: the command hung\n"],
    );
    assert_eq!(folder.processes(), [""; 0]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());

    // After the end of the replay.
    let app = format!("python3 {} careful; sleep 600", app("")[2]);
    let arguments = [&with(SCENARIO, &["--grace", "500ms", "--", "sh", "-c"])[..], &[&*app]].concat();
    let ran = folder.test(&arguments);
    ran.expect(7, &["the command hung: it still ran 500ms after the end of the replay (--grace)\npassed"]);
    assert_eq!(folder.processes(), [""; 0]);

    // What a command leaves behind when it ends by itself.
    folder.test(&with(SCENARIO, &["--", "sh", "-c", "setsid sleep 600 & exit 0"])).expect(5, &[]);
    assert_eq!(folder.processes(), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn processes_of_others_are_left_alone() {
    let folder = Folder::new("others");
    // The shell is replaced by the program, which so has a child that the command did not start.
    let script = format!("sleep 600 & echo $!; exec {} test juv -- true", env!("CARGO_BIN_EXE_touchline"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut shell = shell.spawn().expect("sh");
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(shell.stdout.take().expect("piped"));
    std::io::BufRead::read_line(&mut stdout, &mut line).expect("a process id");
    let other = line.trim().parse().ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
    assert_eq!(shell.wait().expect("a child").code(), Some(5));
    rustix::process::kill_process(other, rustix::process::Signal::KILL).expect("it still runs");
    drop(folder);
}

fn wait(mut child: Child) -> Ran {
    let begun = Instant::now();
    // Polling hides no race: the exit is what is waited for, and std has no wait with a time limit.
    while child.try_wait().expect("a child").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(30), "still running");
        std::thread::sleep(Duration::from_millis(50));
    }
    child.wait_with_output().expect("read").into()
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_the_command_and_all_its_processes() {
    use rustix::process::{Pid, Signal, kill_process};
    let folder = Folder::new("interrupted");
    for (signal, code, script) in [
        (Signal::INT, 130, "setsid sleep 600 & echo begun; sleep 600"),
        (Signal::TERM, 143, "trap '' TERM; echo begun; sleep 600; sleep 600"),
    ] {
        let arguments = with(SCENARIO, &["--report", "junit=report.xml", "--", "sh", "-c"]);
        let mut command = folder.command(&arguments);
        command.arg(script).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdout = std::io::BufReader::new(child.stdout.take().expect("piped"));
        std::io::BufRead::read_line(&mut stdout, &mut String::new()).expect("its output");
        kill_process(Pid::from_child(&child), signal).expect("signalled");
        wait(child).expect(code, &["interrupted\n"]);
        assert_eq!(folder.processes(), [""; 0]);
        assert!(folder.files().is_empty(), "no report of a run that was interrupted: {:?}", folder.files());
    }
}

#[test]
fn of_two_clients_only_the_wrong_one_fails() {
    let folder = Folder::new("two");
    let both = format!("python3 {0} careful right & python3 {0} naive wrong & wait", app("")[2]);
    let options = ["--wait-for", "2", "--faults", "drop:at=koulibaly-goal", "--trace", "two.jsonl", "--", "sh", "-c"];
    let ran = folder.test(&[&with(SCENARIO, &options)[..], &[&*both]].concat());
    ran.expect(3, &["2 clients judged\n", "main wrong: ", "\n  missed: 1, at most 0 allowed"]);
    let right = ran.stderr.lines().find(|line| line.starts_with("main right: ")).expect("a line");
    let after = ran.stderr.lines().skip_while(|line| *line != right).nth(1).unwrap_or_default();
    assert!(!after.starts_with(' '), "{}", ran.stderr);
    assert_eq!(folder.files(), ["two.jsonl"]);
    let header: Value = serde_json::from_str(folder.read("two.jsonl").lines().next().expect("a header")).expect("JSON");
    assert_eq!((&header["failure"]["client"], &header["playback"]["wait_for"]), (&"wrong".into(), &2.into()));
}

#[test]
fn what_is_expected_may_come_from_a_file() {
    let folder = Folder::new("expects");
    folder.write("lenient.json", r#"{"missed": 1, "wrong_for": "1m"}"#);
    let options = ["--faults", "drop:at=koulibaly-goal", "--expect", "lenient.json"];
    folder.test(&[&with(SCENARIO, &options)[..], &app("naive")].concat()).expect(0, &["passed: 1 client judged\n"]);
}

#[test]
fn what_cannot_be_run_is_refused_before_the_command_starts() {
    let folder = Folder::new("refused");
    folder.write("mistyped.json", "{\"mised\": 0}");
    folder.write("newer.jsonl", "{\"kind\":\"trace\",\"version\":2,\"lines\":\"?\"}\n");
    folder.write("half.jsonl", "{\"kind\":\"trace\",\"version\":1,\"program\":\"0.1.0\"}\n");
    let cut = "{\"kind\":\"trace\",\"version\":1,\"scenario\":\"x\",\"lines\":9,\"faults\":\"off\",\"seed\":0,\
               \"playback\":{\"speed\":\"60\",\"pace\":\"off\",\"wait_for\":1},\"expect\":{},\"command\":[\"true\"]}\n";
    folder.write("cut.jsonl", &format!("{cut}{{\"kind\":\"scenario\",\"version\":1,\"title\":\"x\"}}\n{{\"kind\":"));
    let touch = ["--", "touch", "was-run"];
    for (code, arguments, message) in [
        (2, &["juv"][..], "touchline: test needs a command, after --, as in: touchline test juv -- npm test\n"),
        (2, &[], "touchline: test needs a scenario or a trace: "),
        (
            2,
            &["juv", "--expect", "mistyped.json"],
            "touchline: mistyped.json:1:11: unknown field \"mised\" (did you mean \"missed\"?)",
        ),
        (1, &["juv", "--expect", "nowhere.json"], "touchline: reading nowhere.json: No such file"),
        (2, &["juv", "--faults", "dorp:p=1"], "unknown fault \"dorp\" (did you mean \"drop\"?)"),
        (2, &["juv", "--faults", "drop:at=nowhere"], "touchline: --faults: drop: "),
        (2, &["juv", "--from", "nowhere"], "touchline: --from nowhere: "),
        (2, &["juv", "--report", "xml=a"], "\"xml=a\" is not a report: write junit=FILE or json=FILE"),
        (1, &["juv", "--report", "junit=no/such/folder.xml"], "touchline: writing no/such/folder.xml: No such file"),
        (1, &["juv", "--trace", "no/such/trace.jsonl"], "touchline: writing no/such/trace.jsonl: No such file"),
        (2, &["juv", "--trace", "a", "--no-trace"], "cannot be used with"),
        (1, &["nowhere.jsonl"], "touchline: reading nowhere.jsonl: No such file"),
        (2, &["newer.jsonl"], "touchline: newer.jsonl:1: this trace has version 2, and this program reads version 1: "),
        (
            1,
            &["half.jsonl"],
            "touchline: half.jsonl:1: the header of this trace is incomplete: missing field `scenario`\n",
        ),
        (1, &["cut.jsonl"], "touchline: cut.jsonl:3: the trace ends within its scenario, after 1 of 9 lines\n"),
    ] {
        let command = if message.contains("needs a command") { &[][..] } else { &touch };
        let ran = folder.test(&[arguments, command].concat());
        ran.expect(code, &[message]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    assert!(!folder.files().contains(&"was-run".to_owned()));
}

#[test]
fn a_trace_that_was_cut_off_is_read_as_far_as_it_goes() {
    let folder = Folder::new("cut");
    folder
        .test(&[&with(SCENARIO, &["--trace", "whole.jsonl"])[..], &app("careful")].concat())
        .expect(0, &["trace: whole.jsonl"]);
    let whole = folder.read("whole.jsonl");
    let end = whole.rfind("\"kind\":\"shows\"").expect("a line") + 20;
    folder.write("cut.jsonl", &whole[..end]);
    let path = |name: &str| folder.0.join(name).display().to_string();
    let ran = Ran::from(super::program::run(&["info", &path("cut.jsonl")]));
    ran.expect(0, &["warning: ", ": the trace was cut off here: what came later is missing\n"]);
    // A run without a failure is played from its beginning, once somebody subscribes.
    let program = Program::serve(&[&path("whole.jsonl"), "--port", "0"]);
    let state = program.ask("GET", "/api/replays/main", "");
    assert!(state.contains("\"state\":\"waiting\""), "{state}");
    // Damage within the file is an error, with its line.
    folder.write("damaged.jsonl", &whole.replace("{\"kind\":\"verdict\"", "{kind:"));
    let ran = Ran::from(super::program::run(&["info", &path("damaged.jsonl")]));
    let number = whole.lines().count();
    ran.expect(1, &[&format!("damaged.jsonl:{number}: the line is no JSON object: ")]);
}
