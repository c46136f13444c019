//! Cursors: the place in a replay from which a client resumes.

use std::fmt;
use std::sync::Arc;

use super::name::is_valid_name;
use crate::json::MAX_SAFE_INTEGER;

/// A place in a replay, as text `run.epoch.n` or `run.epoch.n@replay`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The run that was played ([`run_of`](super::run_of)), 8 hexadecimal digits as text.
    pub run: u32,
    /// The epoch: an unbroken stretch of playback.
    pub epoch: u64,
    /// The client has received all cues up to this number.
    pub n: u32,
    /// The name of the replay, where the address to which the client reconnects does not contain it: a replay that was opened
    /// for this client.
    pub replay: Option<Arc<str>>,
}

/// The value of `since=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// Resume from the first cue of the timeline.
    Start,
    /// Resume after this place.
    Cursor(Cursor),
}

impl Since {
    /// Parses `start`, `run.epoch.n` or `run.epoch.n@replay`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "start" {
            return Some(Self::Start);
        }
        let (place, replay) = match text.split_once('@') {
            Some((place, name)) => (place, Some(is_valid_name(name).then(|| name.into())?)),
            None => (text, None),
        };
        let mut parts = place.split('.');
        let run = parts.next().filter(|run| run.len() == 8).and_then(|run| u32::from_str_radix(run, 16).ok())?;
        let epoch = parts.next()?.parse().ok().filter(|epoch| *epoch <= MAX_SAFE_INTEGER)?;
        let n = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self::Cursor(Cursor { run, epoch, n, replay }))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}.{}.{}", self.run, self.epoch, self.n)?;
        match &self.replay {
            Some(replay) => write!(f, "@{replay}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_prints() {
        let longest = "x".repeat(64);
        for (replay, text) in [
            (None, "7c1e90ab.3.84".to_owned()),
            (Some("derby_2-b"), "7c1e90ab.3.84@derby_2-b".to_owned()),
            (Some(&*longest), format!("7c1e90ab.3.84@{longest}")),
        ] {
            let cursor = Cursor { run: 0x7c1e_90ab, epoch: 3, n: 84, replay: replay.map(Arc::from) };
            assert_eq!(cursor.to_string(), text);
            assert_eq!(Since::parse(&text), Some(Since::Cursor(cursor)));
        }
        let late = Cursor { run: 1, epoch: MAX_SAFE_INTEGER, n: 84, replay: None };
        assert_eq!(late.to_string(), "00000001.9007199254740991.84");
        assert_eq!(Since::parse(&late.to_string()), Some(Since::Cursor(late)));
        assert_eq!(Since::parse("start"), Some(Since::Start));
        for text in [
            "",
            "7c1e90ab",
            "7c1e90ab.3",
            "7c1e90ab.3.84.1",
            "x.1.1",
            "7c1e90ab.-1.2",
            "7c1e90ab.1.99999999999",
            "7c1e90ab.9007199254740992.1",
            "start@main",
            "7c1e90ab.3.84@",
            "7c1e90ab.3.84@a.b",
            "7c1e90ab.3.84@main@main",
            &format!("7c1e90ab.3.84@{longest}x"),
        ] {
            assert_eq!(Since::parse(text), None, "{text}");
        }
    }
}
