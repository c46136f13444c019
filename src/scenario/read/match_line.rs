//! Match lines: who plays whom, under which rules, and both team sheets.

use std::sync::Arc;

use super::clocks::instant;
use super::{Fields, Findings, Interner, MAX_MATCHES, Reader, Severity, Told};
use crate::football::{Match, Period, PeriodRules, Player, Rules, Team};

impl Reader {
    pub(super) fn fixture_line(&mut self, mut fields: Fields<'_>, number: u32) {
        const ACCEPTED: &[&str] = &[
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
        let out = &mut self.findings;
        let errors = out.errors();
        let id = fields.required("id", out);
        if let Some(id) = &id
            && (id.chars().count() > 100 || id.contains([',', '/', '?', '#', '&']) || id.chars().any(char::is_control))
        {
            let message = format!("match id {id:?} must be at most 100 characters without , / ? # &");
            fields.report_at(out, "id", Severity::Error, message);
        }
        let kickoff = instant(&mut fields, "kickoff", out);
        if kickoff.is_none() && !fields.has("kickoff") {
            let message = "the match needs \"kickoff\", such as \"2018-04-22T18:45:00Z\"".to_owned();
            fields.report(out, Severity::Error, message);
        }
        let mut period_starts = Vec::new();
        if let Some(mut starts) = fields.object("period_starts", "period_starts", out) {
            for period in &Period::ALL[1..] {
                if let Some(at) = instant(&mut starts, &period.number().to_string(), out) {
                    period_starts.push((*period, at));
                }
            }
            starts.finish(&["2", "3", "4", "5"], out);
        }
        let competition = fields.text("competition", out);
        let season = fields.text("season", out);
        let round = fields.text("round", out);
        let venue = fields.text("venue", out);
        let rules = fields.object("rules", "rules", out).map(|object| rules(object, out)).unwrap_or_default();
        let officials = officials(&mut fields, out);
        let mut team = |side: &'static str| match fields.object(side, "a team", out) {
            Some(object) => team(object, out, &mut self.interner),
            None => {
                fields.report(out, Severity::Error, format!("the match needs the team {side:?}"));
                None
            }
        };
        let (home, away) = (team("home"), team("away"));
        fields.finish(ACCEPTED, out);
        let (Some(id), Some(kickoff), Some(home), Some(away)) = (id, kickoff, home, away) else { return };
        if let Some(twice) = home.players.iter().find(|player| away.index_of(player.id.as_str()).is_some()) {
            let message = format!("player {:?} stands on both sheets", twice.id.as_str());
            fields.report_at(out, "away", Severity::Error, message);
        }
        if self.matches.contains_key(&*id) {
            fields.report_at(out, "id", Severity::Error, format!("match {id:?} stands twice"));
        }
        if self.scenario.matches.len() >= MAX_MATCHES {
            fields.report(out, Severity::Error, format!("more than {MAX_MATCHES} matches"));
        }
        if out.errors() > errors {
            // The match is kept all the same, so that its events are not all reported as strangers; the errors
            // above keep the scenario from being used.
            if self.matches.contains_key(&*id) || self.scenario.matches.len() >= MAX_MATCHES {
                return;
            }
        }
        let id = self.interner.share(&id);
        self.matches.insert(id.clone(), u16::try_from(self.scenario.matches.len()).unwrap_or(u16::MAX));
        self.match_lines.push(number);
        self.told.push(Told::default());
        let fixture = Match {
            id: id.into(),
            competition: self.share(competition),
            season: self.share(season),
            round: self.share(round),
            kickoff,
            period_starts,
            venue: self.share(venue),
            officials,
            rules,
            home,
            away,
        };
        self.scenario.matches.push(Arc::new(fixture));
    }
}

fn rules(mut object: Fields<'_>, out: &mut Findings) -> Rules {
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
        periods: PeriodRules {
            half_minutes: minutes(&mut object, "period_minutes", default.periods.half_minutes, out),
            extra_minutes: minutes(&mut object, "extra_time_minutes", default.periods.extra_minutes, out),
        },
        extra_time: object.flag("extra_time", out).unwrap_or(default.extra_time),
        var: object.flag("var", out).unwrap_or(default.var),
    };
    object.finish(&["substitutions", "period_minutes", "extra_time_minutes", "extra_time", "var"], out);
    rules
}

type Officials = Vec<(Arc<str>, Vec<Arc<str>>)>;

fn officials(fields: &mut Fields<'_>, out: &mut Findings) -> Officials {
    let Some(mut object) = fields.object("officials", "officials", out) else { return Vec::new() };
    let roles: Vec<String> = object.left_over().map(|(role, _)| role.to_owned()).collect();
    let mut officials = Vec::new();
    for role in roles {
        // One name, or several.
        let names = match object.raw(&role) {
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

fn team(mut object: Fields<'_>, out: &mut Findings, interner: &mut Interner) -> Option<Team> {
    let (id, name) = (object.required("id", out), object.required("name", out));
    let short = object.text("short", out);
    let colours: Vec<String> = object.get("colours", "a list of colours", out).unwrap_or_default();
    for colour in &colours {
        let digits = colour.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            let message = format!("colour {colour:?} is not of the form \"#rrggbb\"");
            object.report_at(out, "colours", Severity::Error, message);
        }
    }
    let (formation, coach) = (object.text("formation", out), object.text("coach", out));
    let mut players: Vec<Player> = Vec::new();
    for mut fields in object.objects("players", "a player", out) {
        let (id, name) = (fields.required("id", out), fields.required("name", out));
        let (number, position) = (fields.get("number", "a shirt number", out), fields.text("position", out));
        let starts = fields.flag("starts", out).unwrap_or(false);
        let captain = fields.flag("captain", out).unwrap_or(false);
        fields.finish(&["id", "name", "number", "position", "starts", "captain"], out);
        let (Some(id), Some(name)) = (id, name) else { continue };
        let position = position.map(|position| interner.share(&position));
        let (id, name) = (interner.share(&id).into(), interner.share(&name));
        let player = Player { id, name, number, position, starts, captain };
        if players.iter().any(|other| other.id == player.id) {
            let message = format!("player {:?} stands twice on this sheet", player.id.as_str());
            fields.report_at(out, "id", Severity::Error, message);
        }
        if players.len() >= 100 {
            fields.report(out, Severity::Error, "more than 100 players on a sheet".into());
            break;
        }
        players.push(player);
    }
    object.finish(&["id", "name", "short", "colours", "formation", "coach", "players"], out);
    let (id, name) = (id?, name?);
    let short = short.map_or_else(|| name.chars().take(3).collect::<String>().to_uppercase(), |short| short.into());
    Some(Team {
        id: interner.share(&id).into(),
        name: interner.share(&name),
        short: interner.share(&short),
        colours: colours.into_iter().map(Arc::from).collect(),
        formation: formation.map(|formation| interner.share(&formation)),
        coach: coach.map(|coach| interner.share(&coach)),
        players,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, reading_finds};

    /// What is found in the match line where `from` has become `to`.
    fn finds(from: &str, to: &str) -> Vec<String> {
        reading_finds(&file("").replacen(from, to, 1))
    }

    #[test]
    fn what_a_match_needs_is_said() {
        assert_eq!(finds(r#""id":"hom-awa","#, ""), ["2 {\"kind\":\"match\": error: the match needs \"id\""]);
        let kickoff = r#""kickoff":"2018-04-22T18:45:00Z","#;
        assert_eq!(finds(kickoff, "").len(), 1);
        assert_eq!(
            finds("2018-04-22T18:45:00Z", "22 April"),
            ["2 \"22 April\": error: kickoff \"22 April\" is not a time; expected such as \"2018-04-22T18:45:00Z\""]
        );
        assert_eq!(
            finds(r#""away":{"#, r#""guests":{"#).len(),
            2,
            "the team that is missing and the field that is strange"
        );
    }

    #[test]
    fn a_player_stands_once_on_one_sheet() {
        assert_eq!(
            finds(r#""id":"h2""#, r#""id":"h1""#),
            ["2 \"h1\": error: player \"h1\" stands twice on this sheet"]
        );
        assert_eq!(finds(r#""id":"h2""#, r#""id":"a2""#).len(), 1, "on both sheets");
        assert_eq!(finds(r#""id":"h2","#, ""), ["2 {\"name\":\"H 2\": error: a player needs \"id\""]);
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
