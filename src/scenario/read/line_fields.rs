//! The fields of lines and of the objects in them. Any other field is an error, but in events of unknown types and in faults.

/// The fields of a scenario line.
pub const SCENARIO_FIELDS: &[&str] = &["kind", "version", "title", "about", "sources"];
/// The fields of a match line.
pub const MATCH_FIELDS: &[&str] = &[
    "kind",
    "id",
    "competition",
    "season",
    "round",
    "kickoff",
    "period_starts",
    "venue",
    "officials",
    "rules",
    "home",
    "away",
];
/// The fields of the rules of a match.
pub const RULES_FIELDS: &[&str] = &[
    "substitutions",
    "extra_time_substitutions",
    "concussion_substitutions",
    "return_substitutions",
    "period_minutes",
    "extra_time_minutes",
    "extra_time",
    "var",
];
/// The fields of a team.
pub const TEAM_FIELDS: &[&str] = &["id", "name", "short", "colours", "formation", "coach", "players"];
/// The fields of a coach.
pub const COACH_FIELDS: &[&str] = &["id", "name"];
/// The fields of a player.
pub const PLAYER_FIELDS: &[&str] = &["id", "name", "number", "position", "starts", "captain"];
/// The fields of a table line.
pub const TABLE_FIELDS: &[&str] = &["kind", "competition", "season", "order", "rows"];
/// The fields of a row of a table.
pub const ROW_FIELDS: &[&str] =
    &["team", "name", "played", "won", "drawn", "lost", "for", "against", "points", "deducted"];
/// The fields of a tie line.
pub const TIE_FIELDS: &[&str] = &["kind", "legs", "away_goals"];
/// The fields of a fixture line.
pub const FIXTURE_FIELDS: &[&str] = &["kind", "competition", "round", "kickoff", "home", "away"];
/// The fields of a marker line.
pub const MARKER_FIELDS: &[&str] = &["kind", "match", "period", "status", "clock", "name"];
/// The fields of any event line, beside the details.
pub const EVENT_FIELDS: [&str; 14] = [
    "kind",
    "type",
    "match",
    "op",
    "id",
    "period",
    "status",
    "clock",
    "side",
    "told",
    "told_period",
    "told_status",
    "minute",
    "label",
];
