//! Checks `docs/faults.md`: its plans apply, its tables agree with the code, and its outputs are those of the program.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use touchline::faults::{FaultPlan, apply};
use touchline::football::FaultKind;
use touchline::internals::dialect::native::write_event;
use touchline::internals::dialect::{Action, Request};
use touchline::internals::faults::LinkPlan;
use touchline::playback::Command;
use touchline::scenario::{SHIPPED, Timeline};

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    std::fs::read_to_string(page).expect("the page")
}

fn timelines() -> Vec<Timeline> {
    SHIPPED.iter().map(|shipped| Timeline::new(&shipped.load().expect("shipped"))).collect()
}

/// The cells of each row of the table whose header begins with these cells.
fn table(page: &str, head: &str) -> Vec<Vec<String>> {
    let mut lines = page.lines().skip_while(|line| !line.starts_with(head));
    assert!(lines.next().is_some(), "no table {head}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The words in backticks.
fn words(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Every plan on the page: what stands between quotes or backticks, or in an address, and begins like one.
fn plans(page: &str) -> Vec<String> {
    let presets = accepted("?").split_off(FaultKind::ALL.len());
    let is_plan = |text: &str| {
        let word = text.split([':', ';']).next().unwrap_or_default();
        text.contains('=') && (FaultKind::parse(word).is_some() || presets.iter().any(|preset| preset == word))
    };
    let quoted = page.lines().flat_map(|line| line.split(['`', '\'', '"']));
    let pieces = quoted.flat_map(|piece| piece.split('&')).map(|piece| {
        let piece = ["faults=", "faults "].iter().find_map(|start| piece.strip_prefix(start)).unwrap_or(piece);
        piece.replace("%2B", "+")
    });
    pieces.filter(|piece| is_plan(piece)).collect()
}

/// What a parser accepts in place of a mistake.
fn accepted(plan: &str) -> Vec<String> {
    FaultPlan::parse(plan).expect_err(plan).accepted
}

#[test]
fn documented_plans_apply_and_do_something() {
    let timelines = timelines();
    let mut kinds = BTreeSet::new();
    let plans = plans(&page());
    for text in &plans {
        let plan = FaultPlan::parse(text).unwrap_or_else(|rejection| panic!("{text}: {rejection}"));
        kinds.extend(plan.faults().iter().map(|fault| fault.kind));
        let resolved = timelines.iter().filter(|timeline| LinkPlan::resolve(timeline, &plan, 7).is_ok());
        assert!(resolved.count() > 0, "{text}");
        if plan.faults().iter().all(|fault| fault.kind.is_link()) {
            continue;
        }
        let faulty = timelines.iter().filter_map(|timeline| apply(timeline, &plan, 7).ok());
        let concerned = faulty.filter(|faulty| faulty.faults().is_some_and(|report| !report.journal.is_empty()));
        assert!(concerned.count() > 0, "{text}");
    }
    assert!(kinds.len() == FaultKind::ALL.len() && plans.len() > 30, "{} plans: {plans:#?}", plans.len());
}

#[test]
fn documented_faults_parameters_and_variants_are_exactly_those_of_the_program() {
    let page = page();
    let choosing: Vec<String> =
        table(&page, "| parameter | value |").iter().map(|row| words(&row[0])[0].to_owned()).collect();
    let rows = table(&page, "| fault | what happens |");
    let mut variants = Vec::new();
    for row in table(&page, "| fault | `what` |") {
        let word = words(&row[0]).first().map(|word| (*word).to_owned());
        let word = word.unwrap_or_else(|| variants.last().map(|(word, _): &(String, _)| word.clone()).expect("a word"));
        variants.push((word, words(&row[1])[0].to_owned()));
    }
    let listed: Vec<&str> = rows.iter().map(|row| words(&row[0])[0]).collect();
    assert_eq!(listed, of_feeds(true));
    for row in &rows {
        let word = words(&row[0])[0];
        let own: Vec<&str> = row[2].split("; ").filter_map(|part| words(part).first().copied()).collect();
        let names: Vec<&str> = choosing.iter().map(String::as_str).chain(own.iter().copied()).collect();
        assert_eq!(accepted(&format!("{word}:?=1")), names, "{word}");
        let required = FaultPlan::parse(&format!("{word}:p=1")).is_err();
        assert_eq!(row[2].contains("required"), required, "{word}");
        let own_variants: Vec<&String> = variants.iter().filter(|(of, _)| of == word).map(|(_, what)| what).collect();
        assert_eq!(own.contains(&"what"), !own_variants.is_empty(), "{word}");
        if own.contains(&"what") {
            assert!(accepted(&format!("{word}:p=1,what=?")).iter().eq(own_variants), "{word}");
        }
        assert!(row[3].starts_with(&format!("`{word}:")), "{}", row[3]);
    }
}

/// The words for feed faults, or those for link faults.
fn of_feeds(of_feeds: bool) -> Vec<&'static str> {
    FaultKind::ALL.iter().filter(|kind| kind.is_link() != of_feeds).map(|kind| kind.as_str()).collect()
}

#[test]
fn documented_link_faults_parameters_and_damage_are_exactly_those_of_the_program() {
    let page = page();
    let choosing = table(&page, "| parameter of links | value |");
    let rows = table(&page, "| link fault | what happens |");
    let listed: Vec<&str> = rows.iter().map(|row| words(&row[0])[0]).collect();
    assert_eq!(listed, of_feeds(false));
    let damage = table(&page, "| link fault | `what` |");
    assert!(accepted("corrupt:what=?").iter().eq(damage.iter().map(|row| words(&row[1])[0])));
    let documents = table(&page, "| faults of documents | `what` |");
    for word in words(&documents[0][0]) {
        let accepted = accepted(&format!("{word}:code=500,times=1,by=1s,what=?").replace(
            match word {
                "http_error" => ",times=1,by=1s",
                "slow_body" => "code=500,times=1,",
                _ => ",by=1s",
            },
            "",
        ));
        assert_eq!(accepted, documents.iter().flat_map(|row| words(&row[1])).collect::<Vec<_>>(), "{word}");
    }
    for row in &rows {
        let word = words(&row[0])[0];
        // The row of a parameter names the faults that do not have it.
        let has =
            |row: &&Vec<String>| !row[2].split("Not with").nth(1).is_some_and(|faults| words(faults).contains(&word));
        let own = row[2].split("; ").filter_map(|part| words(part).first().copied());
        let names: BTreeSet<&str> =
            choosing.iter().filter(has).map(|row| words(&row[0])[0]).chain(own.clone()).collect();
        let accepted = accepted(&format!("{word}:?=1"));
        assert_eq!(names, accepted.iter().map(String::as_str).collect(), "{word}");
        assert_eq!(names.len(), choosing.iter().filter(has).count() + own.count(), "{word}");
        let missing = FaultPlan::parse(word).err().map(|rejection| rejection.message);
        let required = row[2].contains("required");
        assert_eq!(required, missing.is_some_and(|message| message.contains("is missing")), "{word}");
        assert!(row[3].starts_with(&format!("`{word}:")), "{}", row[3]);
        for (parameter, default) in [("code", "`code`: reset"), ("times", "`times`: 1"), ("for", "`for`: 60s")] {
            assert!(!row[2].contains(default) || accepted.iter().any(|name| name == parameter), "{word}");
        }
    }
}

/// The commands of the page as their users type them.
#[test]
fn documented_forms_of_the_command_fault_mean_the_same() {
    let page = page();
    let (_, section) = page.split_once("### One fault more\n").expect("the section");
    let (section, _) = section.split_once("\n### ").expect("another section");
    let forms: Vec<&str> = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .map(|line| words(line)[0])
        .collect();
    let [shell, json, line] = forms[..] else { panic!("{forms:?}") };
    let of_line = Command::parse_line(line).expect(line);
    assert_eq!(shell.strip_prefix("touchline "), Some(line));
    let Ok(Request { action: Action::Playback(of_json), .. }) = Request::decode(json) else { panic!("{json}") };
    let fault = |command: &Command| match command {
        Command::Fault { fault } => FaultPlan::parse(fault).expect("a fault"),
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(&of_line), fault(&of_json.command));
    for command in page.lines().filter_map(|line| line.strip_prefix("touchline fault ")) {
        fault(&Command::parse_line(&format!("fault {command}")).expect(command));
    }
}

#[test]
fn documented_presets_and_limits_are_current() {
    let page = page();
    let rows = table(&page, "| preset | for |");
    let names: Vec<&str> = rows.iter().map(|row| words(&row[0])[0]).collect();
    let accepted = accepted("?");
    assert_eq!(names, accepted[FaultKind::ALL.len()..]);
    for row in &rows {
        let of = |text: &str| FaultPlan::parse(text).expect(text);
        assert_eq!(of(words(&row[0])[0]), of(words(&row[2])[0]));
    }
    let limits = table(&page, "| limit |");
    let number =
        |row: usize| -> usize { limits[row][0].split(' ').next().unwrap_or_default().parse().expect("a number") };
    let (faults, bytes) = (number(0), number(1));
    let many = |count: usize| vec!["drop:p=1"; count].join(";");
    assert!(FaultPlan::parse(&many(faults)).is_ok() && FaultPlan::parse(&many(faults + 1)).is_err());
    let long = |bytes: usize| format!("{:bytes$}", "off");
    assert!(FaultPlan::parse(&long(bytes)).is_ok() && FaultPlan::parse(&long(bytes + 1)).is_err());
}

#[test]
fn documented_outputs_are_those_of_the_five_plans() {
    let page = page();
    let flagship = &timelines()[0];
    let commands: Vec<&str> =
        page.lines().filter(|line| line.starts_with("touchline serve juv --from 88:00")).collect();
    assert_eq!(commands.len(), 5);
    let mut lines = Vec::new();
    for command in commands {
        let plan = FaultPlan::parse(command.split('\'').nth(1).expect("a plan")).expect(command);
        let faulty = apply(flagship, &plan, 0).expect(command);
        lines.extend(faulty.faults().expect("faults").journal.iter().map(|entry| format!("fault  {entry}")));
    }
    let shown = |text: &str| page.contains(&format!("```text\n{text}\n```"));
    assert!(shown(&lines.join("\n")), "{lines:#?}");

    let faulty = apply(flagship, &FaultPlan::parse("vanish:at=koulibaly-goal").expect("a plan"), 0).expect("applies");
    let told = (86..89).map(|index| {
        let mut frame = Vec::new();
        write_event(&faulty, index, &mut frame);
        let frame: Value = serde_json::from_slice(&frame).expect("JSON");
        let [id, label] = ["id", "label"].map(|field| frame[field].as_str().unwrap_or_default());
        let score = &frame["score"];
        format!("{} {} {id} {label} {}-{}", frame["n"], frame["seq"], score["home"], score["away"])
    });
    let told: Vec<String> = told.collect();
    assert!(shown(&told.join("\n")), "{told:#?}");
}
