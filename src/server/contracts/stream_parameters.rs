//! The parameters in the address of a stream, for both API documents.

use serde_json::{Value, json};

/// Each name with its schema, which has a description. `replay` is left out, as a path names the replay, and so is
/// `token`, which is a way to give the right to control.
pub(super) fn stream_parameters() -> [(&'static str, Value); 7] {
    let text = |description: &str| json!({"type": "string", "description": description});
    let words =
        |words: &[&str], description: &str| json!({"type": "string", "enum": words, "description": description});
    let mut client = text("The name of the client: its connections are judged as one.");
    client["pattern"] = json!("^[A-Za-z0-9._-]{1,60}$");
    [
        ("match", text("Ids of matches, separated by commas; all by default.")),
        ("types", text("Types and groups of types, separated by commas; all by default.")),
        ("since", text("A cursor run.epoch.n of an earlier connection, or start.")),
        ("snapshot", words(&["key", "full", "off"], "Which past events snapshots hold; off only for streams.")),
        ("ticks", words(&["1s", "5s", "off"], "How often the clocks are sent.")),
        ("stamp", words(&["1", "0"], "Whether events say when they were sent.")),
        ("client", client),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::parameters;

    #[test]
    fn they_are_those_that_a_stream_takes() {
        let described: Vec<&str> = stream_parameters().iter().map(|(name, _)| *name).collect();
        let taken = parameters::NAMES.iter().copied().filter(|name| !["replay", "token"].contains(name));
        assert_eq!(described, taken.collect::<Vec<_>>());
    }
}
