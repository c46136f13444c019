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

/// The bytes with one to four random changes.
pub fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 => bytes.insert(at, random.below(256) as u8),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            3 => bytes.truncate(at),
            4 => {
                let tail = bytes[at..].to_vec();
                bytes.extend_from_slice(&tail);
            }
            _ => bytes.splice(at..at, b"99999999999999999999".iter().copied()).for_each(drop),
        }
    }
    bytes
}
