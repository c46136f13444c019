//! The rows of event data: an `Event` with its time and place, and in it an element that says what happened.

use std::collections::HashMap;

use roxmltree::{Document, Node};

use super::words;
use crate::football::EventId;
use crate::import::xml::{attribute, child};

/// The rows of a match, in the order of their times.
pub struct EventRows<'a> {
    pub match_id: String,
    pub rows: Vec<EventRow<'a>>,
    /// The rows of the document.
    pub count: usize,
    /// How many of them are in force no longer, by the reason.
    pub withdrawn: Vec<(&'static str, usize)>,
}

/// A row.
pub struct EventRow<'a> {
    pub id: EventId,
    /// Milliseconds since 1970.
    pub at: i64,
    event: Node<'a, 'a>,
    /// What happened.
    pub item: Node<'a, 'a>,
}

impl<'a> EventRow<'a> {
    /// The type: `ShotAtGoal`, or that of a set piece such as `CornerKick`.
    pub fn kind(&self) -> &'a str {
        self.item.tag_name().name()
    }

    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        attribute(self.item, name)
    }

    /// The element of this name that is what happened, or is within a set piece.
    pub fn action(&self, name: &'static str) -> Option<Node<'a, 'a>> {
        if self.kind() == name { Some(self.item) } else { child(self.item, name) }
    }

    /// The acting team: a kick-off names it in its pass only.
    pub fn team(&self) -> Option<&'a str> {
        let within = || self.item.children().find_map(|part| attribute(part, "Team"));
        self.attribute("Team").or_else(within)
    }

    /// The acting player: a set piece names him in its pass or shot.
    pub fn player(&self) -> Option<&'a str> {
        let within = || self.item.children().find_map(|part| attribute(part, "Player"));
        self.attribute("Player").or_else(within)
    }

    /// Where it happened, in metres from the bottom left.
    pub fn position(&self) -> Option<(f64, f64)> {
        let number = |name: &str| attribute(self.event, name)?.parse().ok();
        Some((number("X-Position")?, number("Y-Position")?))
    }
}

/// Reads the rows of a document, all of one match.
///
/// A row that is sent again replaces its earlier version, and `Delete` withdraws the row of its id.
pub fn read_rows<'a>(xml: &'a Document<'a>) -> Result<EventRows<'a>, String> {
    let events = xml.descendants().filter(|node| node.is_element() && node.tag_name().name() == "Event");
    let mut rows: Vec<EventRow> = Vec::new();
    let mut first_match: Option<&str> = None;
    let mut count = 0;
    for (index, event) in events.enumerate() {
        count += 1;
        let place = || format!("Event {} in line {}", index + 1, xml.text_pos_at(event.range().start).row);
        let match_id = attribute(event, "MatchId").ok_or_else(|| format!("{} has no \"MatchId\"", place()))?;
        let first = *first_match.get_or_insert(match_id);
        if match_id != first {
            return Err(format!(
                "{} is of match {match_id}, those before it of match {first}: mixed-up files",
                place()
            ));
        }
        let Some(item) = event.first_element_child() else { continue };
        let time = attribute(event, "EventTime").unwrap_or_default();
        let at = match words::moment(time) {
            Some(at) => at,
            // Nothing happens at the time of a withdrawal.
            None if item.tag_name().name() == "Delete" => 0,
            None => {
                return Err(format!(
                    "{} has \"EventTime\":{time:?}, which is no moment such as 2020-06-05T20:30:00.210+02:00",
                    place()
                ));
            }
        };
        let id = attribute(event, "EventId").map_or_else(|| format!("event-{}", index + 1), str::to_owned);
        rows.push(EventRow { id: id.into(), at, event, item });
    }
    let Some(match_id) = first_match else {
        return Err("there are no events in it: event data are <Event> elements in <PutDataRequest>".to_owned());
    };
    let all = rows.len();
    let (rows, deleted) = rows_in_force(rows);
    let replaced = all - rows.len() - deleted;
    let mut withdrawn = vec![("withdrawn rows, and their withdrawals", deleted)];
    withdrawn.extend([("earlier versions of rows", replaced), ("empty rows", count - all)]);
    let mut rows = EventRows { match_id: match_id.to_owned(), rows, count, withdrawn };
    // The rows of a file are in the order in which they were recorded.
    rows.rows.sort_by_key(|row| row.at);
    Ok(rows)
}

/// The rows that were neither replaced nor withdrawn, and how many were withdrawn or withdraw one.
fn rows_in_force(rows: Vec<EventRow>) -> (Vec<EventRow>, usize) {
    let mut last_of: HashMap<EventId, usize> = HashMap::new();
    let mut deleted_at: HashMap<EventId, usize> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        last_of.insert(row.id.clone(), index);
        if row.kind() == "Delete" {
            deleted_at.insert(row.id.clone(), index);
        }
    }
    let mut deleted = 0;
    let mut kept = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        if deleted_at.get(&row.id).is_some_and(|at| index <= *at) {
            deleted += 1;
        } else if last_of.get(&row.id) == Some(&index) {
            kept.push(row);
        }
    }
    (kept, deleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_sent_again_replaces_its_earlier_version_whatever_it_was() {
        let event = |id: &str, item: &str| {
            format!(r#"<Event MatchId="m" EventId="{id}" EventTime="2026-03-07T15:01:00+01:00"><{item}/></Event>"#)
        };
        let sent = [("1", "ShotAtGoal"), ("2", "Foul"), ("1", "OwnGoal"), ("2", "Delete"), ("3", "Foul")];
        let text = format!("<Put>{}</Put>", sent.map(|(id, item)| event(id, item)).concat());
        let xml = Document::parse(&text).expect("XML");
        let rows = read_rows(&xml).expect("rows");
        assert_eq!(rows.rows.iter().map(EventRow::kind).collect::<Vec<_>>(), ["OwnGoal", "Foul"]);
        assert_eq!(
            rows.withdrawn[..2],
            [("withdrawn rows, and their withdrawals", 2), ("earlier versions of rows", 1)]
        );
    }
}
