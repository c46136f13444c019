//! `touchline test` with the test runners of others: Playwright Test in a browser, and pytest, each with two apps at once.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::foreign::{foreign_folder, skip, with};

/// A run of `touchline test` at the end of the flagship; the runner's command is still to be added.
fn test_run(runner: &Command, plan: &str) -> Command {
    let mut test = Command::new(env!("CARGO_BIN_EXE_touchline"));
    test.args([
        "test",
        "juv",
        "--from",
        "88:30",
        "--speed",
        "30",
        "--wait-for",
        "2",
        "--no-trace",
        "--faults",
        plan,
        "--",
    ]);
    test.arg(runner.get_program()).args(runner.get_args());
    for (name, value) in runner.get_envs() {
        test.env(name, value.unwrap_or_default());
    }
    test.stdin(Stdio::null());
    test
}

fn expect(ran: &Output, code: i32, parts: &[&str]) {
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert_eq!(ran.status.code(), Some(code), "{out}\n{err}");
    for part in parts {
        assert!(err.contains(part), "{part:?} in\n{out}\n{err}");
    }
}

/// That a client was judged and kept all limits: the failures of one are on the lines below its own.
fn assert_not_blamed(ran: &Output, client: &str) {
    let text = String::from_utf8_lossy(&ran.stderr).into_owned();
    let (_, judged) = text.split_once(&format!("main {client}: ")).expect("judged");
    assert_eq!(judged.lines().nth(1).filter(|line| line.starts_with("  ")), None, "{text}");
}

/// Playwright Test on the pages of `examples/live-score`.
fn playwright() -> Option<Command> {
    let node = with("@playwright/test")?;
    let found = ["chromium-headless-shell", "chromium"].map(|name| Command::new("which").arg(name).output());
    let found = found.into_iter().flatten().find(|found| found.status.success());
    if found.is_none() {
        skip("chromium");
    }
    let packages = foreign_folder()?.join("node/node_modules");
    let mut runner = Command::new(node.get_program());
    runner.arg(packages.join("@playwright/test/cli.js")).args(["test", "--config"]);
    runner.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/playwright/playwright.config.mjs"));
    runner.env("PLAYWRIGHT", packages.join("playwright"));
    runner.env("CHROMIUM", String::from_utf8_lossy(&found?.stdout).trim());
    runner.env("PLAYWRIGHT_OUTPUT_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("playwright"));
    Some(runner)
}

fn pytest() -> Option<Command> {
    let python = with("pytest")?;
    let mut runner = Command::new(python.get_program());
    for (name, value) in python.get_envs() {
        runner.env(name, value.unwrap_or_default());
    }
    runner.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    runner.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/test_two_apps.py"));
    Some(runner)
}

#[test]
fn playwright_test_runs_two_pages_at_once() {
    let Some(mut runner) = playwright() else { return };
    let ran = test_run(&runner, "off").output().expect("the program runs");
    expect(&ran, 0, &["passed: 2 clients judged", "careful-1", "careful-2"]);
    // The connection of each breaks at the goal, and the naive page does not come back.
    runner.env("APPS", "careful naive");
    let ran = test_run(&runner, "cut:at=koulibaly-goal").output().expect("the program runs");
    expect(&ran, 4, &["the command failed", "main careful-1", "main naive-2"]);
    let text = String::from_utf8_lossy(&ran.stderr).into_owned();
    let blamed = text.lines().filter(|line| line.starts_with("main careful-1") && line.contains("not recovered"));
    assert_eq!(blamed.count(), 0, "the careful page is right again: {text}");
}

#[test]
fn pytest_runs_two_apps_at_once() {
    let Some(mut runner) = pytest() else { return };
    let ran = test_run(&runner, "off").output().expect("the program runs");
    expect(&ran, 0, &["passed: 2 clients judged"]);
    // Its own test passes, and what the phone shows is wrong all the same.
    runner.env("WRONG", "1").env("STAYS", "3");
    let ran = test_run(&runner, "off").output().expect("the program runs");
    expect(&ran, 3, &["missed: 1, at most 0 allowed: juv-nap: showed 0-0"]);
    assert_not_blamed(&ran, "tablet");
}

/// A run of the test command of `examples/live-score` on its pages, with limits that a busy machine keeps.
fn example_run(name: &str, arguments: &[&str], pages: &[&str]) -> Option<Output> {
    let runner = playwright()?;
    let expect = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    std::fs::write(&expect, r#"{"wrong_for":"20s","recovery":"10s"}"#).expect("written");
    let mut test = Command::new(env!("CARGO_BIN_EXE_touchline"));
    test.arg("test").args(arguments).arg("--no-trace").arg("--expect").arg(expect).arg("--").arg(runner.get_program());
    test.arg("examples/live-score/test.mjs").args(pages).current_dir(env!("CARGO_MANIFEST_DIR"));
    Some(test.stdin(Stdio::null()).output().expect("the program runs"))
}

#[test]
fn the_naive_page_counts_what_var_night_corrects_and_the_careful_one_does_not() {
    let arguments = ["var", "--speed", "400", "--seed", "1", "--wait-for", "2", "--faults", "var-night"];
    let pages = ["naive.html", "careful.html"];
    let Some(ran) = example_run("var-night", &arguments, &pages) else { return };
    expect(&ran, 3, &["main naive: ", "main careful: ", "duplicated: ", "at most 0 allowed"]);
    assert_not_blamed(&ran, "careful");
}

#[test]
fn the_naive_page_does_not_come_back_on_flaky_wifi_and_the_careful_one_does() {
    // With this seed the first connection breaks 15.3 seconds after it began.
    let arguments = ["juv", "--from", "80:00", "--speed", "30", "--seed", "5", "--faults", "flaky-wifi"];
    std::thread::scope(|threads| {
        let naive = threads.spawn(|| example_run("flaky-naive", &arguments, &["naive.html"]));
        let careful = example_run("flaky-careful", &arguments, &["careful.html"]);
        let (Some(naive), Some(careful)) = (naive.join().expect("ran"), careful) else { return };
        expect(
            &naive,
            3,
            &[
                "recovery: ",
                "at most 10s allowed: cut: connection reset, 15.",
                "s after the start: not recovered within",
            ],
        );
        expect(&careful, 0, &["main careful: ", "1 resumed, 0 reset", "1 fault, recovered within"]);
    });
}
