//! `unknown`: an event has a type or a field that no client knows, or a field is missing or of another type.
//!
//! The fields that place an event in the stream stay as they are.

use super::{Kind, delivery};
use crate::faults::chance::Dice;
use crate::faults::deliveries::Deliveries;
use crate::faults::fault::FaultSpec;
use crate::faults::selection::Chosen;
use crate::football::{CustomType, FaultKind, Match};
use crate::json::write_text;
use crate::scenario::{Cue, Patch};

pub(super) const KIND: Kind = delivery(
    FaultSpec { variants: &["type", "missing", "wrong_type", "extra"], ..FaultSpec::new(FaultKind::Unknown) },
    patch,
);

const TYPES: &[&str] = &["x_sponsor_break", "x_crowd_noise", "x_drone_view", "x_heat_map"];
const EXTRA: &[(&str, &str)] = &[
    ("x_trace", "\"7f3a90c2\""),
    ("x_confidence", "0.93"),
    ("x_tags", "[\"live\",\"unreviewed\"]"),
    ("x_provider", "{\"name\":\"relay\",\"delay\":null}"),
];

fn patch(deliveries: &mut Deliveries<'_>, chosen: &Chosen<'_>) {
    for parcel in deliveries.chosen_parcels(chosen) {
        let cue = deliveries.event(parcel);
        let fixture = &deliveries.truth().tracks()[usize::from(cue.track)].fixture;
        let mut dice = chosen.further_dice(cue.track, &cue.event);
        let (patch, what) = match chosen.fault().variant(&mut dice) {
            "type" => {
                let word = TYPES[dice.pick(TYPES.len())];
                let patch = Patch { fields: vec![("type", Some(quoted(word)))], kind: Some(CustomType::from(word)) };
                (patch, format!("type {word}"))
            }
            "missing" => {
                let name = pick(&mut dice, cue, fixture).0;
                (field(name, None), format!("{name} is missing"))
            }
            "wrong_type" => {
                let (name, json) = pick(&mut dice, cue, fixture);
                let what = format!("{name} is {json}");
                (field(name, Some(json)), what)
            }
            _ => {
                let (name, json) = EXTRA[dice.pick(EXTRA.len())];
                (field(name, Some(json.to_owned())), format!("extra field {name}"))
            }
        };
        deliveries.patch(parcel, patch);
        deliveries.note(chosen, parcel, what);
    }
}

fn field(name: &'static str, json: Option<String>) -> Patch {
    Patch { fields: vec![(name, json)], kind: None }
}

/// A field of the encoded event, and its value as another type.
fn pick(dice: &mut Dice, cue: &Cue, fixture: &Match) -> (&'static str, String) {
    let (event, score) = (&cue.event, cue.score);
    let mut fields = vec![
        ("clock", (event.clock.reading.as_millis() / 1_000).to_string()),
        ("score", quoted(&format!("{}-{}", score.home, score.away))),
        ("at", quoted(&cue.at.as_millis().to_string())),
    ];
    if let Some(minute) = event.official.or_else(|| event.clock.minute(&fixture.rules.periods)) {
        fields.push(("minute", quoted(&minute.to_string())));
    }
    if let Some(side) = event.side {
        fields.push(("side", side.index().to_string()));
    }
    if let Some(player) = event.player() {
        let name = fixture.player(player.as_str()).map_or(player.as_str(), |(.., player)| &*player.name);
        fields.push(("player", quoted(name)));
    }
    fields.swap_remove(dice.pick(fields.len()))
}

fn quoted(text: &str) -> String {
    let mut json = Vec::new();
    write_text(&mut json, text);
    String::from_utf8(json).unwrap_or_default()
}
