//! Order and completeness by content: all subscribers must see the same frames in the same order.
//!
//! The ledger is the order in which frames were first seen by anyone; each subscriber has a place in it, and in a server
//! without faults only ever finds the frame that stands there, or adds one at the end. What does not fit is searched
//! nearby. Who is wrong is judged when a frame is over: it was lost by the few who have not seen it, or too much for the
//! few who have. Where frames are missing or too many, those around them seem to have changed places, as text alone cannot
//! tell one from the other: order is then not judged.

use std::collections::{HashSet, VecDeque};

use super::holes::Holes;
use super::timing::{Arrival, FOLLOWED};

/// How far around a subscriber's place a frame is looked for that does not stand there.
const AROUND: usize = 1_024;
/// How many frames from before the measurement are remembered, at least.
const REMEMBERED: usize = 1 << 15;

#[derive(Debug, Default)]
struct Entry {
    hash: u64,
    arrival: Arrival,
    /// How many have seen it after one that stands behind it.
    late: u32,
}

/// Where one subscriber is in the ledger.
#[derive(Debug, Clone, Default)]
struct Cursor {
    place: u64,
    /// Whether it has seen any frame of the ledger.
    begun: bool,
    /// The places that it has passed over: their frames may come late.
    holes: Holes,
    /// It has left, or fell behind further than is followed: nothing after its place is asked of it.
    gone: bool,
}

impl Cursor {
    /// Takes the frame at a place, and passes over those from `here` on.
    fn receive(&mut self, here: u64, place: u64) {
        if here < place {
            self.holes.open(here, place - 1);
        }
        self.place = place + 1;
    }
}

/// What has been found to be wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Faults {
    pub(super) lost: u64,
    pub(super) out_of_order: u64,
    /// Frames that most others did not receive, or received once.
    pub(super) extra: u64,
    /// Of those, how many had come before.
    pub(super) twice: u64,
    /// Subscribers that were behind at the end, or too far behind to be followed.
    pub(super) behind: u64,
}

/// The frames of all subscribers, put side by side.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The place of the first entry.
    base: u64,
    entries: VecDeque<Entry>,
    cursors: Vec<Cursor>,
    /// The places of those who are gone.
    gone: Vec<u64>,
    open: bool,
    /// What anyone had received before it was opened, the newer and the older half.
    before: [HashSet<u64>; 2],
    /// What most have received of what is no entry any more: as much as is looked for around a place.
    judged: VecDeque<u64>,
    /// Where it ended; what comes later is asked of nobody.
    end: Option<u64>,
    faults: Faults,
}

impl Ledger {
    /// From here on all must receive the same: so many subscribers.
    pub(super) fn open(&mut self, subscribers: usize) {
        self.open = true;
        self.cursors.resize(subscribers, Cursor::default());
    }

    /// Takes a frame by its hash. What is returned is the frame on its way to all, if it is one that all must receive.
    pub(super) fn take(&mut self, id: usize, hash: u64, over: impl FnMut(&Arrival, u32)) -> Option<&mut Arrival> {
        if !self.open {
            if self.before[0].len() >= REMEMBERED {
                self.before.swap(0, 1);
                self.before[0].clear();
            }
            self.before[0].insert(hash);
            return None;
        }
        let cursor = self.cursors.get(id).filter(|cursor| !cursor.gone)?;
        // What others had before is still on its way to this one. The ledger begins with what nobody had.
        if !cursor.begun && self.before.iter().any(|before| before.contains(&hash)) {
            return None;
        }
        match self.find(id, hash)? {
            place if place < self.entries.len() => self.entries.get_mut(place).map(|entry| &mut entry.arrival),
            _ => {
                self.entries.push_back(Entry { hash, ..Entry::default() });
                self.make_room(over);
                self.entries.back_mut().map(|entry| &mut entry.arrival)
            }
        }
    }

    /// Where the frame stands, the number of entries for one that is new, or `None` for one that had come already.
    fn find(&mut self, id: usize, hash: u64) -> Option<usize> {
        let Self { base, entries, cursors, faults, .. } = self;
        let cursor = &mut cursors[id];
        cursor.begun = true;
        let here = usize::try_from(cursor.place.saturating_sub(*base)).unwrap_or(usize::MAX).min(entries.len());
        let at = |place: usize| *base + place as u64;
        if let Some(passed) = entries.range(here..).take(AROUND).position(|entry| entry.hash == hash) {
            cursor.receive(at(here), at(here + passed));
            return Some(here + passed);
        }
        let earlier = here.saturating_sub(AROUND);
        let before = || (earlier..here).rev().filter(|place| entries[*place].hash == hash);
        if let Some(late) = before().find(|place| cursor.holes.has(at(*place))) {
            cursor.holes.fill(at(late));
            entries[late].late += 1;
            return Some(late);
        }
        // At the end whatever comes is new: a server may well send the same text again.
        if here < entries.len() && before().next().is_some() {
            faults.extra += 1;
            faults.twice += 1;
            return None;
        }
        cursor.receive(at(here), at(entries.len()));
        Some(entries.len())
    }

    fn make_room(&mut self, mut over: impl FnMut(&Arrival, u32)) {
        while self.entries.len() > FOLLOWED {
            let (place, seen) = (self.base, self.entries.front().map_or(0, |entry| entry.arrival.seen));
            if seen < self.expected(place) {
                for cursor in self.cursors.iter_mut().filter(|cursor| !cursor.gone && cursor.place <= place) {
                    cursor.gone = true;
                    self.gone.push(cursor.place);
                    self.faults.behind += 1;
                }
            }
            self.judge_first(&mut over);
        }
    }

    /// How many had to see the frame at a place.
    fn expected(&self, place: u64) -> u32 {
        let gone = self.gone.iter().filter(|gone| **gone <= place).count();
        u32::try_from(self.cursors.len() - gone).unwrap_or(u32::MAX)
    }

    fn judge_first(&mut self, over: &mut impl FnMut(&Arrival, u32)) {
        let Some(Entry { arrival, late, hash }) = self.entries.pop_front() else { return };
        let expected = self.expected(self.base);
        self.base += 1;
        over(&arrival, expected);
        let seen = arrival.seen;
        if u64::from(seen) * 2 > u64::from(expected) {
            self.faults.lost += u64::from(expected.saturating_sub(seen));
            self.faults.extra += u64::from(seen.saturating_sub(expected));
            if self.judged.len() == AROUND {
                self.judged.pop_front();
            }
            self.judged.push_back(hash);
        } else {
            self.faults.extra += u64::from(seen);
            // Whoever had it first could not know that it was no other frame with the same text.
            let next = self.entries.iter().take(AROUND);
            let of_most = |entry: &Entry| entry.hash == hash && u64::from(entry.arrival.seen) * 2 > u64::from(expected);
            if self.judged.contains(&hash) || next.into_iter().any(of_most) {
                self.faults.twice += u64::from(seen);
            }
        }
        self.faults.out_of_order += u64::from(late.min(seen.saturating_sub(late)));
    }

    /// A subscriber has left: nothing more is asked of it.
    pub(super) fn leave(&mut self, id: usize) {
        if let Some(cursor) = self.cursors.get_mut(id).filter(|cursor| !cursor.gone) {
            cursor.gone = true;
            self.gone.push(cursor.place);
        }
    }

    /// Whatever anyone has received by now, all must receive; what comes later does not matter.
    pub(super) fn end(&mut self) {
        self.end = Some(self.base + self.entries.len() as u64);
    }

    /// Whether all have received all.
    pub(super) fn is_done(&self) -> bool {
        self.cursors.iter().all(|cursor| cursor.gone || self.end.is_some_and(|end| cursor.place >= end))
    }

    /// How many frames have been put side by side.
    pub(super) fn frames(&self) -> u64 {
        self.end.unwrap_or(self.base + self.entries.len() as u64)
    }

    /// Nothing is on its way any more: what is wrong in all.
    pub(super) fn close(&mut self, mut over: impl FnMut(&Arrival, u32)) -> Faults {
        let end = self.frames();
        let waited_for = |(place, entry): (usize, &Entry)| {
            let place = self.base + place as u64;
            let wanted = place < end && u64::from(entry.arrival.seen) * 2 > u64::from(self.expected(place));
            wanted.then_some(place)
        };
        if let Some(last) = self.entries.iter().enumerate().filter_map(waited_for).next_back() {
            let behind = self.cursors.iter().filter(|cursor| !cursor.gone && cursor.place <= last);
            self.faults.behind += behind.count() as u64;
        }
        while self.base < end && !self.entries.is_empty() {
            self.judge_first(&mut over);
        }
        if self.faults.lost + self.faults.extra > 0 {
            self.faults.out_of_order = 0;
        }
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong when each subscriber receives these frames, a letter each, and in the end one that is the same: all at
    /// once frame by frame, or one subscriber after the other, whichever way round. The findings must not depend on it.
    fn faults(before: &[&str], received: &[&str]) -> Faults {
        let run = |order: &[(usize, char)]| {
            let mut ledger = Ledger::default();
            for (id, frames) in before.iter().enumerate() {
                frames.chars().for_each(|frame| assert!(ledger.take(id, frame.into(), |_, _| {}).is_none()));
            }
            ledger.open(received.len());
            let last = (0..received.len()).map(|id| (id, '.'));
            for (id, frame) in order.iter().copied().chain(last) {
                if let Some(arrival) = ledger.take(id, frame.into(), |_, _| {}) {
                    arrival.seen += 1;
                }
            }
            ledger.end();
            ledger.close(|_, _| {})
        };
        let by_subscriber: Vec<_> =
            received.iter().enumerate().flat_map(|(id, frames)| frames.chars().map(move |frame| (id, frame))).collect();
        let backwards: Vec<_> =
            (0..received.len()).rev().flat_map(|id| received[id].chars().map(move |frame| (id, frame))).collect();
        let longest = received.iter().map(|frames| frames.len()).max().unwrap_or(0);
        let in_step: Vec<_> = (0..longest)
            .flat_map(|at| {
                let frame = move |(id, frames): (usize, &&str)| frames.chars().nth(at).map(|frame| (id, frame));
                received.iter().enumerate().filter_map(frame).collect::<Vec<_>>()
            })
            .collect();
        let found = [run(&by_subscriber), run(&backwards), run(&in_step)];
        assert!(found.iter().all(|faults| *faults == found[0]), "{received:?}: {found:?}");
        found[0]
    }

    #[test]
    fn the_same_for_all_is_right_also_where_texts_come_again() {
        assert_eq!(faults(&["", "", ""], &["abc", "abc", "abc"]), Faults::default());
        assert_eq!(faults(&["", "", ""], &["aabaacaa", "aabaacaa", "aabaacaa"]), Faults::default());
        assert_eq!(faults(&[""], &["abc"]), Faults::default(), "alone");
        assert_eq!(faults(&["", ""], &["", ""]), Faults::default(), "nothing at all");
    }

    #[test]
    fn it_begins_with_the_first_frame_that_nobody_had_before() {
        assert_eq!(faults(&["xyz", "x", "xy"], &["abc", "yzabc", "zabc"]), Faults::default());
        assert_eq!(faults(&["hxhy", "h", "hxh"], &["hahb", "xhyhahb", "yhahb"]), Faults::default());
    }

    #[test]
    fn a_frame_that_one_has_not_seen_is_lost_whoever_comes_first() {
        for lacking in 0..4 {
            let mut received = ["abcdef"; 4];
            received[lacking] = "abdef";
            let found = faults(&["", "", "", ""], &received);
            assert_eq!(found, Faults { lost: 1, ..Faults::default() }, "subscriber {lacking}");
        }
    }

    #[test]
    fn a_frame_that_only_one_has_seen_is_too_much() {
        for favoured in 0..3 {
            let mut received = ["abcd"; 3];
            received[favoured] = "abXcd";
            let found = faults(&["", "", ""], &received);
            assert_eq!(found, Faults { extra: 1, ..Faults::default() }, "subscriber {favoured}");
        }
    }

    #[test]
    fn frames_that_change_places_or_come_twice_are_found() {
        for swapped in 0..3 {
            let mut received = ["abcd"; 3];
            received[swapped] = "acbd";
            let found = faults(&["", "", ""], &received);
            assert_eq!(found, Faults { out_of_order: 1, ..Faults::default() }, "subscriber {swapped}");
            received[swapped] = "abbcd";
            let found = faults(&["", "", ""], &received);
            assert_eq!(found, Faults { extra: 1, twice: 1, ..Faults::default() }, "subscriber {swapped}");
        }
    }

    #[test]
    fn one_frame_lost_and_one_twice_are_told_as_such() {
        for victim in 0..3 {
            // Lost first or twice first, side by side or apart, one in place of the other.
            for wrong in ["accdef", "abbdef", "abbcdf", "acdeef", "aabdef", "abccdf", "abdbef", "bbcdef"] {
                let mut received = ["abcdef"; 3];
                received[victim] = wrong;
                let found = faults(&["", "", ""], &received);
                assert_eq!(found, Faults { lost: 1, extra: 1, twice: 1, ..Faults::default() }, "{victim}: {wrong}");
            }
        }
        // What one has lost another has twice.
        let found = faults(&["", "", "", ""], &["abcdef", "abdef", "abccdef", "abcdef"]);
        assert_eq!(found, Faults { lost: 1, extra: 1, twice: 1, ..Faults::default() });
        let found = faults(&["", "", "", ""], &["abcdef", "abdef", "accdef", "abcdef"]);
        assert_eq!(found, Faults { lost: 2, extra: 1, twice: 1, ..Faults::default() });
    }

    #[test]
    fn whoever_has_left_lacks_nothing_and_whoever_is_behind_is_counted() {
        let mut ledger = Ledger::default();
        ledger.open(4);
        let receive = |ledger: &mut Ledger, id: usize, frames: &str| {
            for frame in frames.chars() {
                if let Some(arrival) = ledger.take(id, frame.into(), |_, _| {}) {
                    arrival.seen += 1;
                }
            }
        };
        for id in 0..4 {
            receive(&mut ledger, id, "ab");
        }
        ledger.leave(3);
        for id in 0..2 {
            receive(&mut ledger, id, "cd");
        }
        ledger.end();
        assert!(!ledger.is_done());
        receive(&mut ledger, 0, "e");
        receive(&mut ledger, 2, "c");
        assert_eq!(ledger.close(|_, _| {}), Faults { lost: 1, behind: 1, ..Faults::default() });
    }

    #[test]
    fn whoever_falls_too_far_behind_is_followed_no_longer() {
        let mut ledger = Ledger::default();
        ledger.open(2);
        let frames = 2 * FOLLOWED as u64;
        for frame in 0..frames {
            ledger.take(0, frame, |_, _| {}).expect("the newest").seen += 1;
        }
        assert_eq!(ledger.entries.len(), FOLLOWED);
        assert!(ledger.take(1, 5, |_, _| {}).is_none());
        ledger.end();
        assert!(ledger.is_done());
        let found = ledger.close(|_, _| {});
        assert_eq!((found.behind, found.lost, found.extra), (1, 0, 0));
    }
}
