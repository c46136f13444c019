//! Seeded pseudo-random damage of byte strings: the same seed does the same damage.

/// xorshift64*.
pub struct Random(u64);

impl Random {
    pub fn from(seed: u64) -> Self {
        // Spreads neighbouring seeds; the state must not be zero.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

/// The seed: constant, unless `TOUCHLINE_SEED` sets it, as `tests/long` does.
pub fn seed() -> u64 {
    std::env::var("TOUCHLINE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0)
}

/// Values that replace others, divided by spaces.
const VALUES: &str = r#"null -1 5 1e999 4294967296 99999999999999999999 true [] {} "" "-0:00" "9999:59" "suspended" "half_time"
    "scheduled" "full_time" "abandoned" "resumed" "period_end" "match_end" "goal" "remove" "update" "g"
    "-009999-01-01T00:00:00Z" "9999-12-30T00:00:00Z""#;

/// The bytes with one to four random changes.
pub fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let to = (at + random.below(40)).min(bytes.len());
        let byte = random.below(256) as u8;
        match random.below(12) {
            0 => bytes.insert(at, byte),
            1 => drop(bytes.drain(at..to)),
            2 => bytes[at..].iter_mut().take(1).for_each(|old| *old = byte),
            3 => {
                bytes[at..].iter_mut().take(1).for_each(|old| *old = b"{}[]\",:\\\n\r0-.e\xff\xc3&"[byte as usize % 17])
            }
            4 if random.below(4) == 0 => bytes.truncate(at),
            5 => bytes.extend_from_within(at..),
            6 => {
                let (copy, into) = (bytes[at..to].to_vec(), random.below(bytes.len() + 1));
                bytes.splice(into..into, copy);
            }
            7 => bytes.splice(at..at, b"99999999999999999999".iter().copied()).for_each(drop),
            8 => change_lines(&mut bytes, random, |lines, one, other| lines.swap(one, other)),
            9 => change_lines(&mut bytes, random, |lines, one, other| lines[one] = lines[other]),
            10 => change_lines(&mut bytes, random, |lines, one, _| lines[one] = b""),
            _ => {
                let Some(colon) = bytes[at..].iter().position(|byte| *byte == b':') else { continue };
                let from = at + colon + 1;
                let length = bytes[from..].iter().position(|byte| b",}\n".contains(byte));
                let until = length.map_or(bytes.len(), |length| from + length);
                let value = VALUES.split_whitespace().nth(random.below(26)).unwrap_or_default();
                bytes.splice(from..until, value.bytes());
            }
        }
    }
    bytes
}

/// Changes two random lines, which may be the same.
fn change_lines(bytes: &mut Vec<u8>, random: &mut Random, change: impl FnOnce(&mut Vec<&[u8]>, usize, usize)) {
    let copy = bytes.clone();
    let mut lines: Vec<&[u8]> = copy.split(|byte| *byte == b'\n').collect();
    let (one, other) = (random.below(lines.len()), random.below(lines.len()));
    change(&mut lines, one, other);
    *bytes = lines.join(&b'\n');
}
