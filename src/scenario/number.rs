//! Generated event ids: `e1`, `e2`, ... for events without an id. Most events of a long feed have one, and are looked up by
//! its number instead of by hash.

/// The number of a generated id, from 1. `None` for other forms, such as `e01`.
pub(super) fn parse_event_number(id: &str) -> Option<u32> {
    let digits = id.strip_prefix('e')?.as_bytes();
    if !(1..=8).contains(&digits.len()) || digits[0] == b'0' {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u32::from(digit))
    })
}

/// The generated id with a number.
pub(super) fn numbered_id(number: u32) -> String {
    format!("e{number}")
}

/// A dense map from number to list index.
#[derive(Debug, Default, Clone)]
pub(super) struct IndexByNumber(Vec<u32>);

/// Marks a number without an index.
const NONE: u32 = u32::MAX;

impl IndexByNumber {
    /// The index of a number.
    pub(super) fn get(&self, number: u32) -> Option<u32> {
        self.0.get(number.checked_sub(1)? as usize).copied().filter(|place| *place != NONE)
    }

    /// Sets the index of a number, from 1. Allocates room for all smaller numbers, so use it only for dense numbers.
    pub(super) fn set(&mut self, number: u32, place: u32) {
        let Some(at) = number.checked_sub(1) else { return };
        let at = at as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, NONE);
        }
        self.0[at] = place;
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_a_number_if_the_number_has_that_id() {
        for number in [1, 9, 10, 123, 99_999_999] {
            assert_eq!(parse_event_number(&numbered_id(number)), Some(number));
        }
        for id in ["", "e", "e0", "e01", "E1", "e1a", "e-1", "e100000000", "1", "e٣"] {
            assert_eq!(parse_event_number(id), None, "{id}");
        }
    }

    #[test]
    fn an_index_is_found_by_its_number() {
        let mut numbers = IndexByNumber::default();
        numbers.set(3, 7);
        numbers.set(0, 1);
        assert_eq!([0, 1, 2, 3, 4].map(|number| numbers.get(number)), [None, None, None, Some(7), None]);
    }
}
