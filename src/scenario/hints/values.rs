//! Values of other feeds for fields with a closed list of words.

use super::{contains_word, normalise_word};
use crate::football::{EventType, Period, Status};

/// The right value in place of another feed's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct ValueHint {
    /// The word of this format; empty where no single word is right.
    pub right: &'static str,
    /// What to write, as the end of a sentence; empty where the word is enough.
    pub advice: &'static str,
}

/// Field, event type (empty: any), right word, advice, and the [plain](normalise_word) words of other feeds.
type ValueRow = (&'static str, &'static str, &'static str, &'static str, &'static str);

const ROWS: &[ValueRow] = &[
    (
        "op",
        "",
        "remove",
        "",
        "delete deleted removed del cancel cancelled canceled undo revoke retract withdraw void annul",
    ),
    (
        "op",
        "",
        "update",
        "",
        "change changed modify edit correct correction amend patch replace set upsert updated confirm alter",
    ),
    ("op", "", "add", "", "insert create created new append added"),
    ("side", "", "home", "", "h host hosts local hometeam homeside 1 team1"),
    ("side", "", "away", "", "a guest guests visitor visitors awayteam awayside 2 team2"),
    ("side", "", "", "an event of both or neither has no \"side\"", "both none neutral neither null"),
    ("status", "", "half_time", "", "ht halftime break interval pause paused halftimebreak"),
    (
        "status",
        "",
        "full_time",
        "",
        "ft fulltime finished ended final end over aet matchended complete completed closed",
    ),
    (
        "status",
        "",
        "scheduled",
        "",
        "pre prematch prekickoff notstarted ns timed upcoming before fixture planned pregame warmup created",
    ),
    ("status", "", "extra_time_break", "", "bt breaktime etbreak extratimebreak awaitingextratime"),
    ("status", "", "extra_half_time", "", "etht extratimehalftime halftimeet"),
    ("status", "", "shootout_break", "", "penaltiesbreak beforepenalties awaitingpenalties shootoutbreak"),
    ("status", "", "suspended", "", "susp interrupted stopped int halted"),
    ("status", "", "abandoned", "", "abd"),
    ("status", "", "postponed", "", "pst ppd"),
    (
        "status",
        "",
        "",
        "that a match is called off is an event, \"postponed\" with \"status\":\"scheduled\" or \"abandoned\"",
        "cancelled canceled canc calledoff cancellation",
    ),
    (
        "status",
        "",
        "",
        "that kick-off is delayed is an event, \"delayed\" with \"kickoff\" and \"status\":\"scheduled\"",
        "delayed delay kickoffdelayed",
    ),
    (
        "status",
        "",
        "",
        "that a result is awarded is an event, \"awarded\" with \"score\"",
        "awarded awd wo walkover forfeited forfeit technicalloss",
    ),
    ("status", "", "", "in play an event has a \"period\", 1 to 5", "live inplay inprogress playing running active in"),
    (
        "outcome",
        "shot",
        "",
        "a shot on target is \"saved\", or it is a \"goal\"",
        "ontarget on target sot ongoal shotontarget",
    ),
    (
        "outcome",
        "shot",
        "",
        "a shot that goes in is a \"goal\"",
        "goal goals scored score in net success successful converted",
    ),
    (
        "outcome",
        "shot",
        "off_target",
        "",
        "miss missed wide over off high out offtarget missedwide wideleft wideright overbar wayward offt shotofftarget",
    ),
    ("outcome", "shot", "woodwork", "", "post bar crossbar hitpost hitbar hitwoodwork frame upright"),
    ("outcome", "shot", "saved", "", "save savedbykeeper savedbygoalkeeper keepersave caught parried"),
    ("outcome", "shot", "blocked", "", "block blockedshot deflected"),
    (
        "outcome",
        "penalty_missed",
        "",
        "a penalty that is scored is a \"goal\" with \"situation\":\"penalty\"",
        "goal scored score converted in success",
    ),
    ("outcome", "penalty_missed", "off_target", "", "miss missed wide over off high out"),
    ("outcome", "penalty_missed", "woodwork", "", "post bar crossbar hitpost hitbar hitwoodwork frame upright"),
    ("outcome", "penalty_missed", "saved", "", "save blocked savedbykeeper parried stopped"),
    ("outcome", "shootout_penalty", "scored", "", "goal score converted in success successful net yes"),
    (
        "outcome",
        "shootout_penalty",
        "missed",
        "",
        "miss offtarget wide over off high out woodwork post bar crossbar hitpost fail failed no",
    ),
    ("outcome", "shootout_penalty", "saved", "", "save blocked savedbykeeper parried stopped"),
    (
        "outcome",
        "var_decision",
        "",
        "write \"upheld\" if the referee's decision stays, \"overturned\" if it does not",
        "goal nogoal penalty nopenalty red redcard noredcard confirmed confirm stands stand allowed given awarded \
         cancelled canceled disallowed reversed overruled changed rejected rescinded yes no goalconfirmed goaldisallowed \
         goalcancelled penaltyconfirmed penaltycancelled offside onside uphold overturn upgraded downgraded",
    ),
    ("situation", "", "penalty", "", "pen penaltykick spotkick pk"),
    ("situation", "", "corner", "", "cornerkick fromcorner"),
    ("situation", "", "free_kick", "", "directfreekick indirectfreekick fk direct fromfreekick"),
    (
        "situation",
        "",
        "open_play",
        "",
        "regular regularplay open counter counterattack fastbreak normal play individualplay",
    ),
    ("situation", "", "throw_in", "", "throw longthrow"),
    ("situation", "", "", "say which: \"corner\", \"free_kick\" or \"throw_in\"", "setpiece setplay deadball set"),
    ("situation", "", "", "an own goal has \"own_goal\":true", "owngoal og own"),
    ("body_part", "", "left_foot", "", "left leftleg l leftfooted"),
    ("body_part", "", "right_foot", "", "right rightleg r rightfooted"),
    ("body_part", "", "head", "", "header heading headed"),
    ("body_part", "", "", "say which: \"left_foot\" or \"right_foot\"", "foot feet leg"),
    ("body_part", "", "other", "", "chest knee shoulder back hip thigh heel body none shin hand arm backheel"),
    ("question", "", "goal", "", "offside nogoal goalcheck goalnogoal handballgoal goaldisallowed"),
    ("question", "", "penalty", "", "pen penaltycheck penaltykick handball nopenalty"),
    ("question", "", "red_card", "", "red redcardcheck violentconduct card directred sendingoff"),
    ("question", "", "identity", "", "mistakenidentity wrongplayer player"),
    ("order", "", "fair_play", "", "fairplay discipline disciplinary cards conduct"),
    ("order", "", "goal_difference", "", "gd difference diff goaldiff"),
    ("order", "", "goals_for", "", "gf goals for goalsscored scored"),
    ("order", "", "head_to_head", "", "headtohead h2h direct directmatches mutual"),
    ("order", "", "listed", "", "lots drawing draw drawinglots drawingoflots"),
    ("order", "", "points", "", "pts"),
    ("order", "", "wins", "", "won w"),
    ("kind", "", "scenario", "", "header meta metadata file info"),
    ("kind", "", "match", "", "game fixtures matches"),
    ("kind", "", "table", "", "standings ranking league leaguetable"),
    ("kind", "", "event", "", "events incident happening"),
    ("kind", "", "marker", "", "bookmark mark chapter label cue"),
];

/// Words for a goalkeeper in other formats and languages, in [plain](normalise_word) form.
const GOALKEEPER: &str = "\
    gk g gkp gkpr goalkeeper goalie goal goaltender keeper kpr kp tw torwart torwartin torhüter \
    torhueter torhüterin torfrau tormann por pt portero portera arquero arquera guardameta portiere \
    goleiro goleira gol gr guardaredes gardien gardienne gardiendebut gb doelman doelvrouw \
    doelverdediger målvakt mv målmand målmann maalivahti bramkarz bramkarka br brankář brankár brankářka \
    golman vratar kapus portar kaleci вратарь вр воротар голкипер τερματοφύλακας حارسمرمى ゴールキーパー 골키퍼 门将 \
    守门员";

/// Whether a position is another word for a goalkeeper.
pub(in super::super) fn is_goalkeeper(position: &str) -> bool {
    contains_word(GOALKEEPER, &normalise_word(position))
}

/// The hint for a value of a field, in an event of this type.
pub(in super::super) fn value_hint(field: &str, kind: Option<&EventType>, word: &str) -> Option<ValueHint> {
    let (plain, kind) = (normalise_word(word), kind.map_or("", EventType::as_str));
    let row = ROWS.iter().find(|(of, kinds, _, _, words)| {
        *of == field && (kinds.is_empty() || *kinds == kind) && contains_word(words, &plain)
    })?;
    Some(ValueHint { right: row.2, advice: row.3 })
}

/// The period that a word means, or (`Err`) the status outside play.
pub(in super::super) fn period_hint(word: &str) -> Option<Result<Period, Status>> {
    const PERIODS: &[(Period, &str)] = &[
        (Period::First, "1 1h h1 first firsthalf 1st 1sthalf p1 half1 period1 regularperiod1"),
        (Period::Second, "2 2h h2 second secondhalf 2nd 2ndhalf p2 half2 period2"),
        (
            Period::ExtraFirst,
            "3 e1 et1 extra1 extrafirst extrafirsthalf firsthalfextratime firsthalfextra et extratime 1sthalfet p3 \
             period3 firstextra extratimefirsthalf",
        ),
        (
            Period::ExtraSecond,
            "4 e2 et2 extra2 extrasecond extrasecondhalf secondhalfextratime secondhalfextra 2ndhalfet p4 period4 \
             secondextra extratimesecondhalf",
        ),
        (Period::Shootout, "5 p pen pens penalties shootout pso penaltyshootout p5 period5 penalty so"),
    ];
    let word = normalise_word(word);
    if let Some((period, _)) = PERIODS.iter().find(|(_, words)| contains_word(words, &word)) {
        return Some(Ok(*period));
    }
    let status = value_hint("status", None, &word).map_or(word, |hint| hint.right.to_owned());
    Status::parse(&status).filter(|status| !status.is_in_play()).map(Err)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::football::{Field, Op, Side};

    #[test]
    fn each_word_is_listed_once() {
        let mut seen = HashSet::new();
        for (field, kind, _, _, words) in ROWS {
            for word in words.split_ascii_whitespace() {
                assert_eq!(normalise_word(word), word);
                assert!(seen.insert((field, kind, word)), "{field} {kind} {word} is listed twice");
            }
        }
    }

    #[test]
    fn the_right_word_is_one_of_the_list_and_a_wrong_one_is_not() {
        for (field, kind, right, advice, words) in ROWS {
            let kind = EventType::parse(kind).unwrap_or(EventType::Goal);
            let accepted: &[&str] = match *field {
                "op" => Op::WORDS,
                "side" => Side::WORDS,
                "status" => Status::WORDS,
                "order" => crate::football::OrderKey::WORDS,
                "kind" => &["scenario", "match", "table", "tie", "fixture", "event", "marker"],
                _ => Field::parse(field).expect("a field").accepted_values(&kind),
            };
            assert!(right.is_empty() && !advice.is_empty() || accepted.contains(right), "{field} {right}");
            assert!(words.split_ascii_whitespace().all(|word| !accepted.contains(&word)), "{field} {words}");
        }
    }

    #[test]
    fn a_period_may_be_called_otherwise() {
        assert_eq!(period_hint("1H"), Some(Ok(Period::First)));
        assert_eq!(period_hint("second_half"), Some(Ok(Period::Second)));
        assert_eq!(period_hint("HT"), Some(Err(Status::HalfTime)));
        assert_eq!(period_hint("third"), None);
    }
}
