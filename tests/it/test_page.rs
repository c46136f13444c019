//! Runs the commands of `docs/test-command.md`, and compares its tables with the program.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::program::run;

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/test-command.md");
    std::fs::read_to_string(page).expect("the page")
}

/// The blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// The cells of each row of the table whose header begins like this.
fn table(page: &str, head: &str) -> Vec<Vec<String>> {
    let mut lines = page.lines().map(str::trim_start).skip_while(|line| !line.starts_with(head));
    assert!(lines.next().is_some(), "no table {head}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

struct PageFolder(PathBuf);

impl Drop for PageFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_commands_of_the_page_end_as_it_says() {
    let page = page();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("test-page-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("bin")).expect("a folder");
    let folder = PageFolder(folder);
    symlink(env!("CARGO_BIN_EXE_touchline"), folder.0.join("bin/touchline")).expect("a link");
    symlink(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"), folder.0.join("examples")).expect("a link");
    std::fs::write(folder.0.join("ticker.py"), &blocks(&page, "python")[0]).expect("a file");
    let path = format!("{}:{}", folder.0.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    // Whether a command could be run.
    let run_line = |line: &str| {
        let (command, code) = line.split_once("# exit code ").unwrap_or_else(|| panic!("no exit code: {line}"));
        if command.contains("examples/live-score") && !folder.0.join("examples/live-score/test.mjs").is_file() {
            return false;
        }
        let output = Command::new("sh").args(["-c", command]).current_dir(&folder.0).env("PATH", &path).output();
        let output = output.expect("sh");
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if stdout.contains("SKIPPED") && std::env::var_os("CI").is_none_or(|ci| ci != "true") {
            eprintln!("{stdout}");
            return false;
        }
        assert_eq!(output.status.code(), code.trim().parse().ok(), "{line}\n{stdout}\n{stderr}");
        true
    };
    // They mostly wait, each for a replay of its own. One that reads the trace of another comes after that one.
    let commands = blocks(&page, "sh").concat();
    let mut chains: Vec<Vec<&str>> = Vec::new();
    for line in commands.lines() {
        let trace = line.split_whitespace().find(|word| word.ends_with(".jsonl"));
        let of_trace = |chain: &&mut Vec<&str>| trace.is_some_and(|trace| chain[0].contains(trace));
        match chains.iter_mut().find(of_trace) {
            Some(chain) => chain.push(line),
            None => chains.push(vec![line]),
        }
    }
    assert!(chains.iter().any(|chain| chain.len() > 1), "{chains:?}");
    let count: usize = std::thread::scope(|scope| {
        let run_chain = |chain: Vec<&str>| chain.into_iter().filter(|line| run_line(line)).count();
        let running: Vec<_> = chains.into_iter().map(|chain| scope.spawn(move || run_chain(chain))).collect();
        running.into_iter().map(|chain| chain.join().expect("a command ends as the page says")).sum()
    });
    assert!(count >= 3, "{count}");

    // The trace of one of them has the default expectations, and only lines that the page describes.
    let trace = std::fs::read_to_string(folder.0.join("late.jsonl")).expect("a trace");
    let lines: Vec<Value> = trace.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for row in table(&page, "| field | what is counted |") {
        let default = match &lines[0]["expect"][&row[0]] {
            Value::Null => "any number".to_owned(),
            default => default.to_string(),
        };
        assert_eq!(row[2], default, "{row:?}");
    }
    let kinds: Vec<String> = table(&page, "| `kind` | fields |").into_iter().map(|row| row[0].clone()).collect();
    let first = 1 + lines[0]["lines"].as_u64().expect("a number") as usize;
    for line in &lines[first..] {
        let kind = line["kind"].as_str().expect("a kind").to_owned();
        assert!(kinds.contains(&kind), "{kind}");
    }
    let example = page.lines().find(|line| line.starts_with("{\"kind\":\"trace\"")).expect("a header");
    let example: Value = serde_json::from_str(example).expect("JSON");
    let names = |header: &Value| header.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&example), names(&lines[0]));
    assert_eq!(names(&example["playback"]), names(&lines[0]["playback"]));
}

#[test]
fn the_help_and_the_page_agree() {
    let page = page();
    let help = String::from_utf8_lossy(&run(&["test", "--help"]).stdout).into_owned();
    for row in table(&page, "| code | outcome |") {
        assert!(help.contains(&format!("\n  {} ", row[0])), "{row:?} in\n{help}");
    }
    for row in table(&page, "| variable | value |") {
        assert!(help.contains(&format!("  {}", row[0])) && help.contains(&row[1]), "{row:?} in\n{help}");
    }
    for word in page.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| word.starts_with("--")) {
        let is_option = word.chars().nth(2).is_some_and(char::is_alphabetic);
        assert!(!is_option || help.contains(word), "{word} in\n{help}");
    }
    // What a file of expectations may hold.
    let unknown = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("expect-{}.json", std::process::id()));
    let refused = |text: &str| {
        std::fs::write(&unknown, text).expect("a file");
        let output =
            run(&["test", "juv", "--expect", &unknown.display().to_string(), "--timeout", "10s", "--", "true"]);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let error = refused("{\"x\": 1}");
    let accepted = error.trim().split("accepted: ").nth(1).unwrap_or_else(|| panic!("{error}")).to_owned();
    let fields: Vec<String> =
        table(&page, "| field | what is counted |").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(fields.join(", "), accepted);
    let example = blocks(&page, "json").into_iter().find(|block| block.contains("wrong_for")).expect("an example");
    assert!(refused(&example).contains("nobody subscribed"));
    let _ = std::fs::remove_file(unknown);
}
