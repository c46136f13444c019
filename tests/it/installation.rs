//! What an installation brings beside the program: completion scripts and manual pages.

use std::process::Command;

use super::files::Folder;
use super::program::run;

fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// What bash suggests for the last of these words.
fn bash_suggests(words: &[&str]) -> String {
    let script = r#"
        eval "$SCRIPT"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _touchline touchline "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[@]}""#;
    let mut bash = Command::new("bash");
    bash.args(["-c", script, "bash"]).args(words).env("SCRIPT", printed(&["completions", "bash"]));
    let output = bash.output().expect("bash");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

#[test]
fn bash_completes_commands_and_options() {
    assert_eq!(bash_suggests(&["touchline", "see"]), "seek");
    assert_eq!(bash_suggests(&["touchline", "seek", "--le"]), "--lead");
    assert_eq!(bash_suggests(&["touchline", "serve", "--exit"]), "--exit-with-stdin");
}

#[test]
fn every_shell_has_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("exit-with-stdin") && script.contains("scenarios"), "{shell}");
    }
    let refused = run(&["completions", "tcsh"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("possible values: bash"));
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::new("man");
    let pages = folder.join("man1");
    assert_eq!(printed(&["man", "--dir", pages.to_str().expect("text")]), "");
    let help = printed(&["--help"]);
    let commands = help.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  ")).map(|(name, _)| name);
    // Further down are options, and examples that begin with the program.
    let is_command = |name: &&str| {
        !name.is_empty() && *name != "touchline" && name.chars().all(|letter| letter.is_ascii_lowercase())
    };
    let commands: Vec<&str> = commands.filter(is_command).collect();
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands {
        let page = std::fs::read_to_string(pages.join(format!("touchline-{command}.1"))).expect(command);
        assert_eq!(page.trim_end(), printed(&["man", command]).trim_end(), "{command}");
        assert!(page.contains(&format!("touchline {command}")), "the usage: {page}");
    }
    let serve = printed(&["man", "serve"]);
    assert!(serve.contains(r"\fB\-\-max\-connections\fR"), "options of operation, too: {serve}");
    let unknown = run(&["man", "sek"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains(r#"(did you mean "seek"?)"#));
}
