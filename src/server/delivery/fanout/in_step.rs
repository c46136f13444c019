//! Subscribers in step: served together, falling out, and coming back.

use std::io::{self, Write};
use std::time::Instant;

use super::super::net::{Interest, Net, Token};
use super::cohort::{Chunk, Cohort, Taken};
use super::member::Phase;
use super::{Fanout, Hosted, Ready, number};
use crate::hub::{Outbound, Progress, SubscriberGuard};

impl<N: Net> Fanout<N> {
    /// Writes what a cohort is owed to all its members. Tells when the first of them was.
    pub(super) fn serve(&mut self, index: u32, cohort: usize) -> Option<Instant> {
        let now = self.net.now();
        let hosted = self.replays.get_mut(index as usize)?;
        let serial = hosted.serial;
        let company = hosted.cohorts.get_mut(cohort)?;
        let before = company.leader.clone();
        self.chunk.clear();
        // Memory refuses nothing.
        let progress = company.leader.pump(&hosted.view, now, &mut Chunk(&mut self.chunk)).unwrap_or(Progress::Idle);
        let written = company.leader.sent().since(before.sent());
        let (mut first, mut in_step) = (None, 0);
        for slot in company.round().filter(|_| !self.chunk.is_empty()) {
            if first.is_none() {
                first = Some(self.net.now());
            }
            match write(&mut self.members[slot as usize].link, &self.chunk) {
                Ok(taken) if taken == self.chunk.len() => in_step += 1,
                Ok(taken) => self.fallen.push((slot, taken)),
                Err(_) => self.gone.push(slot),
            }
        }
        self.meters.wrote(company.leader.replay(), company.leader.terms().framing, written, in_step);
        match progress {
            Progress::Idle => company.settled = serial,
            Progress::More if !std::mem::replace(&mut company.queued, true) => {
                self.ready.push_back(Ready::Cohort { replay: index, cohort: number(cohort) });
            }
            Progress::More | Progress::Blocked | Progress::Finished => {}
        }
        for (slot, taken) in std::mem::take(&mut self.fallen) {
            self.fall_out(slot, &before, taken, now);
        }
        for slot in std::mem::take(&mut self.gone) {
            self.remove(slot);
        }
        let hosted = self.replays.get(index as usize).filter(|hosted| hosted.replay.is_watched());
        if progress == Progress::Idle
            && let Some((hosted, company)) = hosted.and_then(|hosted| Some((hosted, hosted.cohorts.get(cohort)?)))
        {
            self.note_told_together(hosted, company);
        }
        if progress == Progress::Finished {
            let company = self.replays.get(index as usize).and_then(|hosted| hosted.cohorts.get(cohort));
            for slot in company.map(|company| company.members.clone()).unwrap_or_default() {
                self.part(slot, true);
            }
        }
        first
    }

    /// Notes what those who are owed nothing have been told, for whoever waits to know.
    pub(super) fn note_told(&self, index: u32) {
        let Some(hosted) = self.replays.get(index as usize).filter(|hosted| hosted.replay.is_watched()) else { return };
        for (_, company) in hosted.cohorts.iter().filter(|(_, company)| company.settled == hosted.serial) {
            self.note_told_together(hosted, company);
        }
    }

    fn note_told_together(&self, hosted: &Hosted, company: &Cohort) {
        let guards = company.members.iter().filter_map(|slot| self.members[*slot as usize].guard.as_ref());
        hosted.replay.note_told(guards.map(SubscriberGuard::number), company.leader.told());
    }

    /// Serves a member by itself from here on: it has taken so many bytes of what the cohort was just owed.
    pub(super) fn fall_out(&mut self, slot: u32, before: &Outbound, taken: usize, now: Instant) {
        self.leave_cohort(slot);
        let member = &mut self.members[slot as usize];
        let (mut outbound, sent) = (Box::new(before.clone()), before.sent());
        let view = &self.replays[member.replay as usize].view;
        // It writes the same again, to nobody, as far as it had come. It may give way at other places meanwhile.
        let mut outlet = Taken(taken);
        let progress = loop {
            match outbound.pump(view, now, &mut outlet).unwrap_or(Progress::Blocked) {
                Progress::More if outlet.0 > 0 => {}
                progress => break progress,
            }
        };
        member.pulse.pumped(progress, outbound.sent().bytes, now);
        if let Some(account) = &mut member.account {
            account.pumped(&outbound, sent, Some(progress), view, now);
        }
        member.phase = Phase::Own(outbound);
        self.set_interest(slot, Interest { read: true, write: true });
    }

    /// Takes a member out of its cohort's list; the last one to leave dissolves it.
    pub(super) fn leave_cohort(&mut self, slot: u32) {
        let member = &self.members[slot as usize];
        let Phase::InStep { cohort, place } = member.phase else { return };
        let hosted = &mut self.replays[member.replay as usize];
        let company = &mut hosted.cohorts[cohort as usize];
        company.members.swap_remove(place as usize);
        if let Some(moved) = company.members.get(place as usize).copied() {
            self.members[moved as usize].phase = Phase::InStep { cohort, place };
        } else if company.members.is_empty() {
            hosted.by_terms.remove(company.leader.terms());
            hosted.cohorts.remove(cohort as usize);
        }
    }

    /// Gives a member an Outbound of its own, if it has none.
    pub(super) fn step_out(&mut self, slot: u32) {
        let member = &self.members[slot as usize];
        if let Phase::InStep { cohort, .. } = member.phase {
            let own = Box::new(self.replays[member.replay as usize].cohorts[cohort as usize].leader.clone());
            self.leave_cohort(slot);
            self.members[slot as usize].phase = Phase::Own(own);
        }
    }

    /// Puts a member that is owed nothing in step with those who want the same.
    pub(super) fn step_in(&mut self, slot: u32, outbound: Outbound) {
        let member = &mut self.members[slot as usize];
        let hosted = &mut self.replays[member.replay as usize];
        let serial = hosted.serial;
        let cohort = match hosted.by_terms.get(outbound.terms()) {
            Some(cohort) if hosted.cohorts[*cohort].settled == serial => *cohort,
            // The others have not come as far as this one yet: they will in a moment.
            Some(_) => {
                member.phase = Phase::Own(Box::new(outbound));
                let token = Token { slot, generation: member.generation };
                self.queue(token);
                return;
            }
            None => {
                let terms = outbound.terms().clone();
                if hosted.cohorts.capacity() == 0 {
                    // Most replays never have another.
                    hosted.cohorts.reserve_exact(1);
                }
                let cohort = hosted.cohorts.insert(Cohort::led_by(outbound, serial));
                hosted.by_terms.insert(terms, cohort);
                cohort
            }
        };
        if hosted.replay.is_watched() {
            let number = member.guard.as_ref().map(SubscriberGuard::number);
            hosted.replay.note_told(number.into_iter(), hosted.cohorts[cohort].leader.told());
        }
        let members = &mut hosted.cohorts[cohort].members;
        member.phase = Phase::InStep { cohort: number(cohort), place: number(members.len()) };
        members.push(slot);
    }
}

/// Writes once; what would wait is nothing taken.
fn write(link: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match link.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            written => return written,
        }
    }
}
