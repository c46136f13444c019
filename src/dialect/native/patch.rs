//! Changes an encoded event as a feed fault asks: fields are replaced, added or removed, and all others keep their bytes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::write_object;
use crate::scenario::Patch;

/// Applies a patch to the object that begins at byte `start`.
pub(super) fn apply_patch(out: &mut Vec<u8>, start: usize, patch: &Patch) {
    let object = out.split_off(start);
    let fields = serde_json::from_slice::<RawFields<'_>>(&object).unwrap_or_default();
    let change_of = |key: &str| patch.fields.iter().find(|(name, _)| *name == key);
    write_object(out, |o| {
        for (key, json) in &fields.0 {
            o.verbatim_if(key, change_of(key).map_or(Some(json.get()), |(_, changed)| changed.as_deref()));
        }
        for (name, added) in patch.fields.iter().filter(|(name, _)| fields.0.iter().all(|(key, _)| key != name)) {
            o.verbatim_if(name, added.as_deref());
        }
    });
}

/// The fields of an object in order, with their JSON.
#[derive(Default)]
struct RawFields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for RawFields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = RawFields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(RawFields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
