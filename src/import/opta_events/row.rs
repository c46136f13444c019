//! A row of events, whatever document it is from.

use std::str::FromStr;

use super::ids::{kind, q};
use crate::football::{Period, UtcMillis};

/// The latest minute that is read.
const MAX_MINUTE: u32 = 999;

/// An event as a document has it.
#[derive(Debug, Clone, Default)]
pub struct OptaRow {
    pub id: Box<str>,
    /// Counted for each team: other rows refer to it.
    pub event_id: Option<u32>,
    pub kind: u16,
    /// 1 to 5 in play; see [`period`](super::ids::period) for the others.
    pub period: u16,
    pub minute: u32,
    pub second: u32,
    pub team: Option<Box<str>>,
    pub player: Option<Box<str>>,
    pub player_name: Option<Box<str>>,
    /// Whether `outcome` is 1.
    pub success: bool,
    pub place: Option<(f64, f64)>,
    pub at: Option<UtcMillis>,
    /// Greater in later copies of the row.
    pub version: Option<i64>,
    /// Whether the row says that a pass led to an attempt.
    pub key_pass: bool,
    /// Ids and values, which are empty for flags.
    pub qualifiers: Vec<(u16, Box<str>)>,
}

/// The names of the attributes that all feeds have.
#[derive(Debug)]
pub struct RowNames {
    pub event_id: &'static str,
    pub kind: &'static str,
    pub period: &'static str,
    pub minute: &'static str,
    pub second: &'static str,
    pub team: &'static str,
    pub player: &'static str,
}

impl OptaRow {
    /// Reads the attributes that all feeds have. The time and the qualifiers are for the caller to add.
    pub fn read<'a>(names: &RowNames, attribute: impl Fn(&str) -> Option<&'a str>) -> Result<Self, String> {
        let text = |name: &str| attribute(name).map(str::trim).filter(|text| !text.is_empty());
        let point = ["x", "y"].map(|name| text(name).and_then(|text| text.parse::<f64>().ok()));
        let (minute, second) =
            (read_number(names.minute, text(names.minute))?, read_number(names.second, text(names.second))?);
        if minute > MAX_MINUTE || second > 59 {
            return Err(format!(
                "has {}={minute} and {}={second}, which is no clock of a match",
                names.minute, names.second
            ));
        }
        Ok(Self {
            id: text("id").ok_or("has no \"id\"")?.into(),
            event_id: text(names.event_id).and_then(|text| text.parse().ok()),
            kind: read_number(names.kind, text(names.kind))?,
            period: read_number(names.period, text(names.period))?,
            minute,
            second,
            team: text(names.team).map(Into::into),
            // 0 stands for an unknown player.
            player: text(names.player).filter(|id| *id != "0").map(Into::into),
            success: text("outcome") == Some("1"),
            place: point[0].zip(point[1]),
            key_pass: ["keypass", "keyPass", "assist"].iter().any(|name| text(name) == Some("1")),
            ..Self::default()
        })
    }

    pub fn has(&self, qualifier: u16) -> bool {
        self.qualifiers.iter().any(|(id, _)| *id == qualifier)
    }

    /// The value of a qualifier, if it has one.
    pub fn value(&self, qualifier: u16) -> Option<&str> {
        let (_, value) = self.qualifiers.iter().find(|(id, _)| *id == qualifier)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// The number in a qualifier.
    pub fn number<T: FromStr>(&self, qualifier: u16) -> Option<T> {
        self.value(qualifier)?.parse().ok()
    }

    /// The values of a list: `21, 22, 20`.
    pub fn list(&self, qualifier: u16) -> Vec<&str> {
        self.value(qualifier).map(|list| list.split(',').map(str::trim).collect()).unwrap_or_default()
    }

    /// The period of play.
    pub fn period_of_play(&self) -> Option<Period> {
        Period::from_number(self.period.into())
    }

    /// The clock of the row in milliseconds.
    pub fn millis(&self) -> i64 {
        (i64::from(self.minute) * 60 + i64::from(self.second)) * 1_000
    }

    pub fn is_attempt(&self) -> bool {
        matches!(self.kind, kind::MISS | kind::POST | kind::ATTEMPT_SAVED | kind::GOAL)
    }

    /// Whether it is the foul itself, and not the row of the player who was fouled.
    pub fn is_foul_committed(&self) -> bool {
        self.kind == kind::FOUL && !self.success
    }

    /// The outcome of a pass or a clearance.
    pub fn accuracy(&self) -> &'static str {
        if self.success { "successful" } else { "unsuccessful" }
    }

    pub fn is_own_goal(&self) -> bool {
        self.kind == kind::GOAL && self.has(q::OWN_GOAL)
    }
}

/// A whole number of an attribute that has to be there.
pub fn read_number<T: FromStr>(name: &str, text: Option<&str>) -> Result<T, String> {
    let text = text.ok_or_else(|| format!("has no {name:?}"))?;
    text.parse().map_err(|_| format!("has {name}={text:?}, which is no whole number in its range"))
}
