//! Random numbers with a key in place of a sequence: what chance decides about one event depends on nothing else in the scenario
//! or the plan, so an edit elsewhere changes nothing here.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

use crate::fnv;
use crate::football::MatchEvent;
use crate::scenario::Span;

/// The chance of one fault of a plan.
#[derive(Debug, Clone)]
pub(super) struct Chance {
    seed: u64,
    /// The fault: its word, and how many of that word come before it in the plan.
    fault: u64,
}

impl Chance {
    pub(super) fn new(seed: u64, word: &str, ordinal: usize) -> Self {
        Self { seed, fault: hash([word.as_bytes(), &(ordinal as u64).to_le_bytes()]) }
    }

    /// The random numbers of one revision of an event.
    pub(super) fn of(&self, match_id: &str, event: &MatchEvent) -> Dice {
        self.keyed(hash([match_id.as_bytes(), event.id.as_str().as_bytes(), &event.rev.to_le_bytes()]))
    }

    /// The random numbers of one connection, or of one request, by its number.
    pub(super) fn of_number(&self, number: u64) -> Dice {
        self.keyed(number)
    }

    fn keyed(&self, subject: u64) -> Dice {
        let mut key = [0; 32];
        for (part, number) in key.chunks_exact_mut(8).zip([self.seed, self.fault, subject]) {
            part.copy_from_slice(&number.to_le_bytes());
        }
        Dice(ChaCha8Rng::from_seed(key))
    }
}

/// Random numbers, one after another.
#[derive(Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// Any number.
    pub(super) fn roll(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// One of `count`, from 0; 0 if there is none.
    pub(super) fn pick(&mut self, count: usize) -> usize {
        (self.roll() % (count as u64).max(1)) as usize
    }

    /// A whole number of milliseconds between two lengths, both included.
    pub(super) fn span(&mut self, (shortest, longest): (Span, Span)) -> Span {
        let wider = (longest + -shortest).as_millis().max(0) as u64 + 1;
        shortest + Span::from_millis((self.roll() % wider) as i64)
    }
}

/// A hash of texts that is the same on every machine (64-bit FNV-1a, each text ended by its length).
pub(super) fn hash<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let mix = |hash, text: &[u8]| fnv::extend(fnv::extend(hash, text), &(text.len() as u64).to_le_bytes());
    texts.into_iter().fold(fnv::EMPTY, mix)
}
