//! A probability as a whole number of parts per million: the same on every machine.

use std::fmt;

/// A probability, from 0 to 1, to six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probability(u32);

impl Probability {
    /// Certainty.
    pub(super) const ONE: Self = Self(1_000_000);

    /// Parses `0`, `0.05`, `1` and the like.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || text.ends_with('.') || decimals.len() > 6 || !digits(whole) || !digits(decimals) {
            return None;
        }
        let whole: u32 = whole.parse().ok()?;
        let decimals: u32 = format!("{decimals:0<6}").parse().ok()?;
        whole.checked_mul(1_000_000)?.checked_add(decimals).filter(|millionths| *millionths <= 1_000_000).map(Self)
    }

    /// Whether a random number decides for it.
    pub(super) fn decides(self, random: u64) -> bool {
        random % 1_000_000 < u64::from(self.0)
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_decimals_from_0_to_1() {
        for (text, shown) in
            [("0", "0"), ("1", "1"), ("0.05", "0.05"), ("1.000000", "1"), ("0.000001", "0.000001"), ("00.5", "0.5")]
        {
            assert_eq!(Probability::parse(text).map(|p| p.to_string()).as_deref(), Some(shown), "{text}");
        }
        for text in ["", ".5", "1.", "-0.1", "1.1", "2", "0.0000001", "1e-3", "5%", "99999999999", "0.5x", "１"] {
            assert_eq!(Probability::parse(text), None, "{text}");
        }
        assert!(Probability::ONE.decides(u64::MAX) && !Probability::parse("0").expect("none").decides(0));
    }
}
