//! Values of other feeds for fields with a closed list of words.

use super::{WordHint, contains_word, normalise_word, rows};
use crate::football::{EventType, Period, Status};

/// The table for each field and event type (empty: any).
const TABLES: &[(&str, &str, &str)] = &[
    ("op", "", OP),
    ("side", "", SIDE),
    ("status", "", STATUS),
    ("outcome", "shot", SHOT),
    ("outcome", "penalty_missed", PENALTY_MISSED),
    ("outcome", "shootout_penalty", SHOOTOUT_KICK),
    ("outcome", "var_decision", VAR_DECISION),
    ("situation", "", SITUATION),
    ("body_part", "", BODY_PART),
    ("question", "", QUESTION),
    ("order", "", ORDER),
    ("kind", "", KIND),
];

const OP: &str = r#"
remove <- delete deleted removed del cancel cancelled canceled undo revoke retract withdraw void annul;
update <- change changed modify edit correct correction amend patch replace set upsert updated confirm alter;
add <- insert create created new append added;
"#;

const SIDE: &str = r#"
home <- h host hosts local hometeam homeside 1 team1;
away <- a guest guests visitor visitors awayteam awayside 2 team2;
: an event of both or neither has no "side" <- both none neutral neither null;
"#;

const STATUS: &str = r#"
half_time <- ht halftime break interval pause paused halftimebreak;
full_time <- ft fulltime finished ended final end over aet matchended complete completed closed;
scheduled <- pre prematch prekickoff notstarted ns timed upcoming before fixture planned pregame warmup created;
extra_time_break <- bt breaktime etbreak extratimebreak awaitingextratime;
extra_half_time <- etht extratimehalftime halftimeet;
shootout_break <- penaltiesbreak beforepenalties awaitingpenalties shootoutbreak;
suspended <- susp interrupted stopped int halted;
abandoned <- abd;
postponed <- pst ppd;
: that a match is called off is an event, "postponed" with "status":"scheduled" or "abandoned" <- cancelled canceled
  canc calledoff cancellation;
: that kick-off is delayed is an event, "delayed" with "kickoff" and "status":"scheduled" <- delayed delay
  kickoffdelayed;
: that a result is awarded is an event, "awarded" with "score" <- awarded awd wo walkover forfeited forfeit
  technicalloss;
: in play an event has a "period", 1 to 5 <- live inplay inprogress playing running active in;
"#;

const SHOT: &str = r#"
: a shot on target is "saved", or it is a "goal" <- ontarget on target sot ongoal shotontarget;
: a shot that goes in is a "goal" <- goal goals scored score in net success successful converted;
off_target <- miss missed wide over off high out offtarget missedwide wideleft wideright overbar wayward offt
  shotofftarget;
woodwork <- post bar crossbar hitpost hitbar hitwoodwork frame upright;
saved <- save savedbykeeper savedbygoalkeeper keepersave caught parried;
blocked <- block blockedshot deflected;
"#;

const PENALTY_MISSED: &str = r#"
: a penalty that is scored is a "goal" with "situation":"penalty" <- goal scored score converted in success;
off_target <- miss missed wide over off high out;
woodwork <- post bar crossbar hitpost hitbar hitwoodwork frame upright;
saved <- save blocked savedbykeeper parried stopped;
"#;

const SHOOTOUT_KICK: &str = r#"
scored <- goal score converted in success successful net yes;
missed <- miss offtarget wide over off high out woodwork post bar crossbar hitpost fail failed no;
saved <- save blocked savedbykeeper parried stopped;
"#;

const VAR_DECISION: &str = r#"
: write "upheld" if the referee's decision stays, "overturned" if it does not <- goal nogoal penalty nopenalty red
  redcard noredcard confirmed confirm stands stand allowed given awarded cancelled canceled disallowed reversed
  overruled changed rejected rescinded yes no goalconfirmed goaldisallowed goalcancelled penaltyconfirmed
  penaltycancelled offside onside uphold overturn upgraded downgraded;
"#;

const SITUATION: &str = r#"
penalty <- pen penaltykick spotkick pk;
corner <- cornerkick fromcorner;
free_kick <- directfreekick indirectfreekick fk direct fromfreekick;
open_play <- regular regularplay open counter counterattack fastbreak normal play individualplay;
throw_in <- throw longthrow;
: say which: "corner", "free_kick" or "throw_in" <- setpiece setplay deadball set;
: an own goal has "own_goal":true <- owngoal og own;
"#;

const BODY_PART: &str = r#"
left_foot <- left leftleg l leftfooted;
right_foot <- right rightleg r rightfooted;
head <- header heading headed;
: say which: "left_foot" or "right_foot" <- foot feet leg;
other <- chest knee shoulder back hip thigh heel body none shin hand arm backheel;
"#;

const QUESTION: &str = r#"
goal <- offside nogoal goalcheck goalnogoal handballgoal goaldisallowed;
penalty <- pen penaltycheck penaltykick handball nopenalty;
red_card <- red redcardcheck violentconduct card directred sendingoff;
identity <- mistakenidentity wrongplayer player;
"#;

const ORDER: &str = r#"
fair_play <- fairplay discipline disciplinary cards conduct;
goal_difference <- gd difference diff goaldiff;
goals_for <- gf goals for goalsscored scored;
head_to_head <- headtohead h2h direct directmatches mutual;
listed <- lots drawing draw drawinglots drawingoflots;
points <- pts;
wins <- won w;
"#;

const KIND: &str = r#"
scenario <- header meta metadata file info;
match <- game fixtures matches;
table <- standings ranking league leaguetable;
event <- events incident happening;
marker <- bookmark mark chapter label cue;
"#;

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
pub(in super::super) fn value_hint(field: &str, kind: Option<&EventType>, word: &str) -> Option<WordHint> {
    let (plain, kind) = (normalise_word(word), kind.map_or("", EventType::as_str));
    let (.., table) = TABLES.iter().find(|(of, only, _)| *of == field && (only.is_empty() || *only == kind))?;
    rows(table).find(|(_, words)| contains_word(words, &plain)).map(|(head, _)| WordHint::parse(head))
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
        for (field, kind, table) in TABLES {
            assert_eq!(rows(table).count(), table.matches(";\n").count(), "{field} {kind}");
            for word in rows(table).flat_map(|(_, words)| words.split_ascii_whitespace()) {
                assert_eq!(normalise_word(word), word);
                assert!(seen.insert((field, kind, word)), "{field} {kind} {word} is listed twice");
            }
        }
    }

    #[test]
    fn the_right_word_is_one_of_the_list_and_a_wrong_one_is_not() {
        let rows = TABLES.iter().flat_map(|(field, kind, table)| rows(table).map(move |row| (field, kind, row)));
        for (field, kind, (head, words)) in rows {
            let WordHint { right, advice } = WordHint::parse(head);
            let kind = EventType::parse(kind).unwrap_or(EventType::Goal);
            let accepted: &[&str] = match *field {
                "op" => Op::WORDS,
                "side" => Side::WORDS,
                "status" => Status::WORDS,
                "order" => crate::football::OrderKey::WORDS,
                "kind" => &["scenario", "match", "table", "tie", "fixture", "event", "marker"],
                _ => Field::parse(field).expect("a field").accepted_values(&kind),
            };
            assert!(right.is_empty() && !advice.is_empty() || accepted.contains(&right), "{field} {right}");
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
