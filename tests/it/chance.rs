//! Damage by chance, the same for the same seed.

/// xorshift64*.
pub struct Chance(u64);

impl Chance {
    pub fn from(seed: u64) -> Self {
        // Seeds that lie side by side are to lead elsewhere, and none may be nothing.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

/// Where chance begins: always the same, but for `tests/long`, which sets it anew.
pub fn seed() -> u64 {
    std::env::var("TOUCHLINE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0)
}

/// The same bytes with one to four damages.
pub fn damaged(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len() + 1);
        match chance.below(6) {
            0 => bytes.insert(at, chance.below(256) as u8),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 if at < bytes.len() => bytes[at] = chance.below(256) as u8,
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
