//! Reads match lines: the match, its rules and both team sheets.

use std::sync::Arc;

use super::clocks::read_instant;
use super::line_fields::{COACH_FIELDS, MATCH_FIELDS, PLAYER_FIELDS, RULES_FIELDS, TEAM_FIELDS};
use super::{Fields, Findings, Interner, KnownEvents, MAX_MATCHES, Reader, Severity};
use crate::football::{Coach, Match, MatchId, Period, PeriodRules, Player, Rules, Team, UtcMillis, is_colour};

impl Reader {
    /// Reads a match line.
    pub(super) fn read_match_line(&mut self, mut fields: Fields<'_>, number: u32) {
        let out = &mut self.findings;
        fields.rename_aliases(MATCH_FIELDS, None, out);
        let id = fields.required_text("id", out);
        if let Some(id) = &id
            && (id.chars().count() > MatchId::MAX_CHARS || id.contains(MatchId::is_forbidden))
        {
            let message =
                format!("match id {id:?} must have at most {} characters and none of , / ? # &", MatchId::MAX_CHARS);
            fields.report_at(out, "id", Severity::Error, message);
        }
        let kickoff = read_instant(&mut fields, "kickoff", out);
        if kickoff.is_none() && !fields.has("kickoff") {
            let message = "the match needs \"kickoff\", such as \"2018-04-22T18:45:00Z\"".to_owned();
            fields.report(out, Severity::Error, message);
        }
        let mut period_starts = Vec::new();
        if let Some(mut starts) = fields.object("period_starts", "period_starts", out) {
            for period in &Period::ALL {
                if let Some(at) = read_instant(&mut starts, &period.number().to_string(), out) {
                    period_starts.push((*period, at));
                }
            }
            starts.finish(&["1", "2", "3", "4", "5"], out);
        }
        let competition = fields.text("competition", out);
        let season = fields.text("season", out);
        let round = fields.text("round", out);
        let venue = fields.text("venue", out);
        let rules = fields.object("rules", "rules", out).map(|object| read_rules(object, out)).unwrap_or_default();
        let officials = read_officials(&mut fields, out);
        let mut gaps = SheetGaps::default();
        let mut team = |side: &'static str| {
            let object = fields.object(side, "a team", out);
            if object.is_none() && !fields.has(side) {
                fields.report(out, Severity::Error, format!("the match needs the team {side:?}"));
            }
            gaps.players |= object.is_none();
            let read = object.map(|object| read_team(object, side, out, &mut self.interner, &mut gaps));
            read.unwrap_or_else(|| placeholder_team(side))
        };
        let (home, away) = (team("home"), team("away"));
        fields.finish(MATCH_FIELDS, out);
        if let Some(twice) = home.players.iter().find(|player| away.index_of(player.id.as_str()).is_some()) {
            let message =
                format!("player id {:?} is used in both teams: give each player an id of their own", twice.id.as_str());
            fields.report_at(out, "away", Severity::Error, message);
        }
        for (side, team, other) in [("home", &home, &away), ("away", &away, &home)] {
            let Some(id) = team.coach.as_ref().and_then(|coach| coach.id.as_ref()) else { continue };
            let coaches = |team: &Team| team.coach.as_ref().is_some_and(|coach| coach.id.as_ref() == Some(id));
            let holder = if [team, other].iter().any(|team| team.index_of(id.as_str()).is_some()) {
                "a player"
            } else if side == "away" && coaches(other) {
                "the other coach"
            } else {
                continue;
            };
            let message = format!("the coach of {} has the id of {holder}, {:?}", team.name, id.as_str());
            fields.report_at(out, side, Severity::Error, message);
        }
        // A match with errors is kept, so that its events are not reported as well. The errors make the scenario
        // unusable.
        let Some(id) = id else { return self.has_lost_match = true };
        if self.matches.contains_key(&*id) {
            return fields.report_at(
                out,
                "id",
                Severity::Error,
                format!("match id {id:?} is used twice: give each match an id of its own"),
            );
        }
        if self.scenario.matches.len() >= MAX_MATCHES {
            return fields.report(out, Severity::Error, format!("more than {MAX_MATCHES} matches"));
        }
        // A stand-in for a missing kick-off: the matches of a file are usually played at about the same time.
        let kickoff = kickoff.or_else(|| self.scenario.matches.last().map(|fixture| fixture.kickoff));
        let kickoff = kickoff.unwrap_or(UtcMillis(0));
        let id = self.interner.intern(&id);
        self.matches.insert(id.clone(), u16::try_from(self.scenario.matches.len()).unwrap_or(u16::MAX));
        self.match_lines.push(number);
        let track = u16::try_from(self.incomplete_sheets.len()).unwrap_or(u16::MAX);
        self.incomplete_sheets.push(gaps.players);
        if gaps.players || gaps.starters {
            self.gaps.add_unknown_starters(track);
        }
        self.known_events.push(KnownEvents::default());
        let fixture = Match {
            id: id.into(),
            competition: self.intern(competition),
            season: self.intern(season),
            round: self.intern(round),
            kickoff,
            period_starts,
            venue: self.intern(venue),
            officials,
            rules,
            home,
            away,
        };
        self.scenario.matches.push(Arc::new(fixture));
    }
}

fn read_rules(mut object: Fields<'_>, out: &mut Findings) -> Rules {
    object.rename_aliases(RULES_FIELDS, None, out);
    let default = Rules::default();
    let minutes = |object: &mut Fields<'_>, key: &str, default: u8, out: &mut Findings| {
        let minutes: u8 = object.get(key, "whole minutes, 1 to 120", out).unwrap_or(default);
        if !(1..=120).contains(&minutes) {
            object.report_at(out, key, Severity::Error, format!("{key} is {minutes}, expected 1 to 120"));
            return default;
        }
        minutes
    };
    let rules = Rules {
        substitutions: object.get("substitutions", "a whole number", out).unwrap_or(default.substitutions),
        extra_time_substitutions: object.get("extra_time_substitutions", "a whole number", out).unwrap_or_default(),
        concussion_substitutions: object.get("concussion_substitutions", "a whole number", out).unwrap_or_default(),
        return_substitutions: object.flag("return_substitutions", out).unwrap_or_default(),
        periods: PeriodRules {
            half_minutes: minutes(&mut object, "period_minutes", default.periods.half_minutes, out),
            extra_minutes: minutes(&mut object, "extra_time_minutes", default.periods.extra_minutes, out),
        },
        extra_time: object.flag("extra_time", out).unwrap_or(default.extra_time),
        var: object.flag("var", out).unwrap_or(default.var),
    };
    object.finish(RULES_FIELDS, out);
    rules
}

type Officials = Vec<(Arc<str>, Vec<Arc<str>>)>;

fn read_officials(fields: &mut Fields<'_>, out: &mut Findings) -> Officials {
    let Some(mut object) = fields.object("officials", "officials", out) else { return Vec::new() };
    let roles: Vec<String> = object.untaken_fields().map(|(role, _)| role.to_owned()).collect();
    let mut officials = Vec::new();
    for role in roles {
        // One name, or a list of names.
        let names = match object.take_raw(&role) {
            Some(raw) if raw.get().starts_with('"') => {
                object.text(&role, out).map(|name| vec![name.into_owned()]).unwrap_or_default()
            }
            Some(_) => object.get::<Vec<String>>(&role, "a name or a list of names", out).unwrap_or_default(),
            None => continue,
        };
        officials.push((Arc::from(role.as_str()), names.into_iter().map(Arc::from).collect()));
    }
    officials
}

/// The placeholder for a team that cannot be read.
fn placeholder_team(side: &str) -> Team {
    let name: Arc<str> = side.into();
    Team {
        id: name.clone().into(),
        name: name.clone(),
        short: name,
        colours: Vec::new(),
        formation: None,
        coach: None,
        players: Vec::new(),
    }
}

/// What is not known about the team sheets of a match because of errors in its line.
#[derive(Default)]
struct SheetGaps {
    /// Players may be missing.
    players: bool,
    /// Whether players start may be wrong.
    starters: bool,
}

/// Reads a team, as far as possible.
fn read_team(
    mut object: Fields<'_>,
    side: &str,
    out: &mut Findings,
    interner: &mut Interner,
    gaps: &mut SheetGaps,
) -> Team {
    object.rename_aliases(TEAM_FIELDS, None, out);
    let (id, name) = (object.required_text("id", out), object.required_text("name", out));
    let short = object.text("short", out);
    let colours: Vec<String> = object.get("colours", "a list of colours", out).unwrap_or_default();
    for colour in colours.iter().filter(|colour| !is_colour(colour)) {
        let message = format!("colour {colour:?} is not of the form \"#rrggbb\"");
        object.report_at(out, "colours", Severity::Error, message);
    }
    let formation = object.text("formation", out);
    let coach = read_coach(&mut object, out, interner, gaps);
    let mut players: Vec<Player> = Vec::new();
    let errors = out.reported_error_count();
    let objects = object.objects("players", "a player", out);
    // An entry that is not an object is a missing player. A list under another name may not be the list of players.
    gaps.players |= out.reported_error_count() > errors || object.is_renamed("players");
    for mut fields in objects {
        fields.rename_aliases(PLAYER_FIELDS, None, out);
        let (id, name) = (fields.required_text("id", out), fields.required_text("name", out));
        let (number, position) = (fields.get("number", "a shirt number", out), fields.text("position", out));
        let before = out.reported_error_count();
        let starts = fields.flag("starts", out).unwrap_or(false);
        gaps.starters |= out.reported_error_count() > before || fields.is_renamed("starts");
        let captain = fields.flag("captain", out).unwrap_or(false);
        fields.finish(PLAYER_FIELDS, out);
        let Some(id) = id else {
            gaps.players = true;
            continue;
        };
        let position = position.map(|position| interner.intern(&position));
        let name = interner.intern(name.as_deref().unwrap_or(&id));
        let player = Player { id: interner.intern(&id).into(), name, number, position, starts, captain };
        if players.iter().any(|other| other.id == player.id) {
            let message = format!("player id {:?} is used twice in this team", player.id.as_str());
            fields.report_at(out, "id", Severity::Error, message);
        }
        if players.len() >= 100 {
            fields.report(out, Severity::Error, "more than 100 players in a team".into());
            gaps.players = true;
            break;
        }
        players.push(player);
    }
    object.finish(TEAM_FIELDS, out);
    let name = name.or(id.clone()).unwrap_or_else(|| side.into());
    let short = short.map_or_else(|| name.chars().take(3).collect::<String>().to_uppercase(), |short| short.into());
    Team {
        id: interner.intern(id.as_deref().unwrap_or(side)).into(),
        name: interner.intern(&name),
        short: interner.intern(&short),
        colours: colours.into_iter().map(Arc::from).collect(),
        formation: formation.map(|formation| interner.intern(&formation)),
        coach,
        players,
    }
}

/// Reads a coach: a name, or an object with an id by which cards can name the coach.
fn read_coach(
    team: &mut Fields<'_>,
    out: &mut Findings,
    interner: &mut Interner,
    gaps: &mut SheetGaps,
) -> Option<Coach> {
    if !team.peek("coach").is_some_and(|json| json.starts_with('{')) {
        let errors = out.reported_error_count();
        let name: Option<String> = team.get("coach", "a name, or an object with \"id\" and \"name\"", out);
        gaps.players |= out.reported_error_count() > errors;
        return name.map(|name| Coach { id: None, name: interner.intern(&name) });
    }
    let mut fields = team.object("coach", "the coach", out)?;
    fields.rename_aliases(COACH_FIELDS, None, out);
    let (id, name) = (fields.required_text("id", out), fields.required_text("name", out));
    fields.finish(COACH_FIELDS, out);
    // Without the id, a card that names the coach looks like one for an unknown player.
    gaps.players |= id.is_none();
    let name = name.or(id.clone())?;
    Some(Coach { id: id.map(|id| interner.intern(&id).into()), name: interner.intern(&name) })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, reading_finds};

    /// The findings after replacing `from` by `to` in the match line.
    fn finds(from: &str, to: &str) -> Vec<String> {
        reading_finds(&file("").replacen(from, to, 1))
    }

    #[test]
    fn required_fields_of_a_match_are_reported() {
        assert_eq!(finds(r#""id":"hom-awa","#, ""), ["2 {\"kind\":\"match\": error: the match needs \"id\""]);
        let kickoff = r#""kickoff":"2018-04-22T18:45:00Z","#;
        assert_eq!(finds(kickoff, "").len(), 1);
        for (written, expected) in [
            (r#""2018-04-22 18:45""#, r#"has no zone: write "2018-04-22T18:45:00Z", or with an offset"#),
            (r#""2018-04-22T18:45:00""#, r#"has no zone: write "2018-04-22T18:45:00Z", or with an offset"#),
            (r#""2018-04-22""#, r#"has no time of day: write "2018-04-22T00:00:00Z""#),
            ("1524422700", r#"is the number 1524422700, but a time is text: "2018-04-22T18:45:00Z""#),
            ("1524422700000", r#"but a time is text: "2018-04-22T18:45:00Z""#),
            ("\"18:45\"", "is not a time; expected such as"),
        ] {
            let found = finds("\"2018-04-22T18:45:00Z\"", written);
            assert!(found.len() == 1 && found[0].contains(expected), "{written}: {found:?}");
        }
        assert_eq!(
            finds("2018-04-22T18:45:00Z", "22 April"),
            ["2 \"22 April\": error: kickoff \"22 April\" is not a time; expected such as \"2018-04-22T18:45:00Z\""]
        );
        let guests = finds(r#""away":{"#, r#""guests":{"#).join("; ");
        assert!(
            guests.contains("has no field \"guests\": the field is \"away\"") && !guests.contains("; "),
            "{guests}"
        );
        let strangers = finds(r#""away":{"#, r#""strangers":{"#);
        assert_eq!(strangers.len(), 2, "the missing team and the unknown field: {strangers:?}");
    }

    #[test]
    fn a_player_id_is_used_once() {
        assert_eq!(
            finds(r#""id":"h2""#, r#""id":"h1""#),
            ["2 \"h1\": error: player id \"h1\" is used twice in this team"]
        );
        assert_eq!(finds(r#""id":"h2""#, r#""id":"a2""#).len(), 1, "in both teams");
        assert_eq!(finds(r#""id":"h2","#, ""), ["2 {\"name\":\"H 2\": error: a player needs \"id\""]);
    }

    #[test]
    fn a_coach_is_a_name_or_has_an_id_of_its_own() {
        let coach = |json: &str| finds(r#""home":{"#, &format!(r#""home":{{"coach":{json},"#)).join("\n");
        for right in [r#""Meg Farrow""#, r#"{"id":"farrow","name":"Meg Farrow"}"#, "null"] {
            assert_eq!(coach(right), "", "{right}");
        }
        for (json, expected) in [
            (r#"{"id":"h9","name":"Meg Farrow"}"#, "the coach of Home has the id of a player, \"h9\""),
            (r#"{"id":"a12","name":"Meg Farrow"}"#, "the coach of Home has the id of a player, \"a12\""),
            (r#"{"name":"Meg Farrow"}"#, "the coach needs \"id\""),
            (r#"{"id":"farrow"}"#, "the coach needs \"name\""),
            (r#"{"coachId":"farrow","name":"Meg Farrow"}"#, "the field is \"id\""),
            (r#"{"id":"farrow","name":"Meg Farrow","age":50}"#, "the coach has no field \"age\""),
            ("7", "coach of a team is 7, expected a name, or an object with \"id\" and \"name\""),
            (r#"["Meg"]"#, "expected a name, or an object with \"id\" and \"name\""),
        ] {
            let found = coach(json);
            assert!(found.contains(expected) && !found.contains('\n'), "{json}: {found}");
        }
        let one = r#"{"coach":{"id":"c","name":"C"},"#;
        let text = file("").replacen(r#""home":{"#, &format!(r#""home":{one}"#), 1);
        let text = text.replacen(r#""away":{"#, &format!(r#""away":{one}"#), 1);
        assert_eq!(
            reading_finds(&text),
            ["2 {\"coach\":{\"id\":\"c\": error: the coach of Away has the id of the other coach, \"c\""]
        );
    }

    #[test]
    fn rules_are_within_reason() {
        let rules = |rules: &str| finds(r#""home":{"#, &format!(r#""rules":{{{rules}}},"home":{{"#));
        assert_eq!(rules(r#""period_minutes":30,"substitutions":0"#), [""; 0]);
        assert_eq!(rules(r#""period_minutes":0"#), ["2 0: error: period_minutes is 0, expected 1 to 120"]);
        assert_eq!(rules(r#""substitutions":-1"#).len(), 1);
        assert_eq!(rules(r#""periodminutes":30"#).len(), 1);
    }
}
