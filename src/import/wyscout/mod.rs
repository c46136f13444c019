//! What both versions of Wyscout's data share: ids, words, match records, and what is found in rows by their place.

pub mod mapping;
pub mod match_record;
pub mod substitutions;
pub mod values;
pub mod words;
