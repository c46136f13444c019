//! `touchline test` with the test runners of others: Playwright Test in a browser, and pytest, each with two apps at once.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::foreign::{all_installed, foreign_folder, with};

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

/// Playwright Test on the pages of `examples/live-score`.
fn playwright() -> Option<Command> {
    let node = with("@playwright/test")?;
    let chromium = all_installed(&["chromium"]).then_some("chromium")?;
    let packages = foreign_folder()?.join("node/node_modules");
    let mut runner = Command::new(node.get_program());
    runner.arg(packages.join("@playwright/test/cli.js")).args(["test", "--config"]);
    runner.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/playwright/playwright.config.mjs"));
    runner.env("PLAYWRIGHT", packages.join("playwright"));
    let found = Command::new("which").arg(chromium).output().ok()?;
    runner.env("CHROMIUM", String::from_utf8_lossy(&found.stdout).trim());
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
    let text = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(!text.contains("main tablet: 2 shown scores judged; wrong once, for at most 3"), "{text}");
}
