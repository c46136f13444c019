//! What a JSON parser says is wrong, in the words of JSON: an object, a list, a number instead of the types of this program.

/// `invalid type: map, expected u64` as `found an object, expected a number`.
pub fn in_json_words(message: &str) -> String {
    let prefixes = ["invalid type: ", "invalid value: ", "invalid length "];
    let found = prefixes.iter().find_map(|prefix| message.strip_prefix(prefix));
    let Some((found, expected)) = found.and_then(|rest| rest.rsplit_once(", expected ")) else {
        return message.to_owned();
    };
    let found = match found {
        "map" => "an object",
        "sequence" => "a list",
        // A length.
        other if other.parse::<u64>().is_ok() => "a list",
        other => other,
    };
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "f32" | "f64" => "a number",
        "a map" => "an object",
        "a sequence" => "a list",
        "a string" | "a borrowed string" => "a text",
        "a boolean" => "true or false",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    format!("found {found}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Row {
        #[expect(dead_code)]
        id: u64,
    }

    #[test]
    fn messages_name_no_types_of_this_program() {
        for (text, said) in [
            (r#"[{"id": {}}]"#, "found an object, expected a number"),
            ("{}", "found an object, expected a list"),
            ("[3]", "found integer `3`, expected an object"),
            (r#"[{"id": "a, expected u64"}]"#, "found string \"a, expected u64\", expected a number"),
            ("[[]]", "found a list, expected an object"),
            ("[{}]", "missing field `id`"),
        ] {
            let error = serde_json::from_str::<Vec<Row>>(text).expect_err("wrong").to_string();
            let message = error.split(" at line ").next().unwrap_or_default();
            assert_eq!(in_json_words(message), said);
        }
    }
}
