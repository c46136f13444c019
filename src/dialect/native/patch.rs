//! Changes an encoded event as a feed fault asks: fields are replaced, added or removed, and all others keep their bytes.

use crate::json::{MembersInOrder, write_object};
use crate::scenario::Patch;

/// Applies a patch to the object that begins at byte `start`.
pub(super) fn apply_patch(out: &mut Vec<u8>, start: usize, patch: &Patch) {
    let object = out.split_off(start);
    // The writer's own JSON can be read.
    let Ok(MembersInOrder(fields)) = serde_json::from_slice(&object) else { return out.extend_from_slice(&object) };
    let change_of = |key: &str| patch.fields.iter().find(|(name, _)| *name == key);
    write_object(out, |o| {
        for (key, json) in &fields {
            o.verbatim_if(key, change_of(key).map_or(Some(json.get()), |(_, changed)| changed.as_deref()));
        }
        for (name, added) in patch.fields.iter().filter(|(name, _)| fields.iter().all(|(key, _)| key != name)) {
            o.verbatim_if(name, added.as_deref());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_with_many_fields_keeps_them() {
        let many: Vec<String> = (0..20_000).map(|number| format!("\"f{number}\":{number}")).collect();
        let mut out = format!("{{{}}}", many.join(",")).into_bytes();
        apply_patch(&mut out, 0, &Patch { fields: vec![("f7", None)], kind: None });
        assert_eq!(String::from_utf8_lossy(&out).matches(':').count(), 19_999);
    }

    #[test]
    fn fields_are_replaced_added_and_removed_and_others_keep_their_bytes() {
        let text = r#"{"kind":"event","type":"goal","x":1.50,"a":{"b":[1, 2]},"text":"\u00e9 \"x\""}"#;
        let fields = vec![("type", Some("\"x_new\"".to_owned())), ("x", None), ("extra", Some("{\"c\":1}".to_owned()))];
        let mut out = b"before".to_vec();
        out.extend_from_slice(text.as_bytes());
        apply_patch(&mut out, 6, &Patch { fields, kind: None });
        let wanted = r#"before{"kind":"event","type":"x_new","a":{"b":[1, 2]},"text":"\u00e9 \"x\"","extra":{"c":1}}"#;
        assert_eq!(String::from_utf8_lossy(&out), wanted);
    }
}
