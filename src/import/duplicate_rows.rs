//! Rows that stand twice, as in a file that was put together of two downloads.

use std::hash::Hash;

use hashbrown::HashSet;

/// Removes rows that stand twice, and counts them. Different rows may share an id: `identity` has what else they say. `None`: the
/// row stays.
pub(super) fn remove_duplicate_rows<R, K: Hash + Eq>(rows: &mut Vec<R>, identity: impl Fn(&R) -> Option<K>) -> usize {
    let count = rows.len();
    let mut seen = HashSet::with_capacity(count);
    rows.retain(|row| identity(row).is_none_or(|identity| seen.insert(identity)));
    count - rows.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_an_identity_stays() {
        let mut rows = vec![1, 0, 2, 1, 0, 2, 3];
        let removed = remove_duplicate_rows(&mut rows, |row| Some(*row).filter(|row| *row > 0));
        assert_eq!((rows, removed), (vec![1, 0, 2, 0, 3], 2));
    }
}
