//! The findings of `touchline check` in small files with one mistake each: a table of inputs and expected findings.

use std::fmt::Write;
use std::path::Path;

use touchline::scenario::{Scenario, Severity};

/// A file under `tests/cases`, without its ending, or lines of events that follow on its first two; what is found, in order:
/// severity, line, and a distinctive part of the text. Nothing else is found.
type Row = (&'static str, &'static [(Severity, u32, &'static str)]);

use Severity::{Error, Note, Warning};

#[rustfmt::skip]
const FILES: &[Row] = &[
    ("mistakes/04-clock-as-number", &[(Error, 6, r#"clock is the number 12.31, but a clock is text, such as "12:31""#)]),
    ("mistakes/08-clock-45-2-notation", &[(Error, 11, r#"clock "45+2" is a label, not a clock: write "46:00", the running clock"#)]),
    ("mistakes/19-own-goal-as-type", &[(Warning, 15, r#"is not counted: an own goal is a "goal" with "own_goal":true"#)]),
    ("mistakes/20-half-instead-of-period", &[(Error, 15, r#"no field "half": the field is "period""#)]),
    ("mistakes/26-kickoff-without-zone", &[(Error, 2, r#"has no zone: write "2026-03-07T15:00:00Z""#)]),
    ("mistakes/37-player-in", &[(Error, 12, r#"no field "player_in": the field is "in""#), (Error, 12, r#"no field "player_out": the field is "out""#)]),
    ("mistakes/38-outcome-on-target", &[(Error, 8, r#"unknown outcome "on_target": a shot on target is "saved", or it is a "goal""#)]),
    ("mistakes/39-outcome-goal", &[(Error, 8, r#"unknown outcome "goal": a shot that goes in is a "goal""#)]),
    ("mistakes/50-comment-line", &[(Error, 3, "JSON Lines have no comments")]),
    ("mistakes/52-pretty-printed-json", &[(Error, 1, "a scenario has one object per line (jq -c . FILE writes it so)")]),
    ("mistakes/53-array-file", &[(Error, 1, "one object per line, without commas between them and without brackets around them")]),
    ("mistakes/56-two-lines-on-one", &[(Error, 6, "another object begins here: a scenario has one object per line")]),
    ("mistakes/58-score-event", &[(Warning, 15, "is not counted: the score follows from the goals")]),
    ("mistakes/t-31-op-delete", &[(Error, 16, r#"unknown op "delete" (did you mean "remove"?)"#)]),
    ("mistakes/t-35-told-half-time-without-status", &[(Error, 12, r#"if the feed tells it at half-time, add "told_status":"half_time""#)]),
    ("label-91", &[(Error, 20, r#"label 91 is past the end of period 2 at 90: write stoppage time as "90+1""#)]),
];

/// Lines of events of the match of `mistakes/04`: the first of them is line 3.
#[rustfmt::skip]
const LINES: &[Row] = &[
    (r#"{"type":"goal","period":1,"clock":"12:31","side":"home","player":"innes"}"#, &[]),
    (r#"{"type":"shot","period":1,"clock":"12:31","side":"home","outcome":"saved","statsbomb_xg":0.1}"#, &[(Error, 3, r#"the field is "xg", a number from 0 to 1"#)]),
    (r#"{"type":"foul","period":1,"clock":"12:31","side":"home","xg":0.1}"#, &[(Error, 3, r#"has no field "xg""#)]),
    (r#"{"type":"pass","period":1,"clock":"12:31","side":"home","receiver":"kerr","keyPass":true}"#, &[(Error, 3, r#"the field is "recipient""#), (Error, 3, r#"the field is "key_pass""#)]),
    (r#"{"type":"pass","period":1,"clock":"12:31","player":"kerr"}"#, &[(Note, 3, "pass without a side counts for neither")]),
    (r#"{"type":"pass","period":1,"clock":"12:31"}"#, &[]),
    (r#"{"type":"pass","period":1,"clock":"12:31","side":"home","player":"kerr","recipient":"kerr"}"#, &[(Warning, 3, r#""kerr" is both player and recipient of the pass"#)]),
    (r#"{"type":"penalty_retaken","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"is two kicks: "op":"remove" takes the first back"#)]),
    // Decisions off the field.
    (r#"{"type":"awarded","status":"full_time","clock":"4320:00","score":{"home":3,"away":0}}"#, &[]),
    (r#"{"type":"cancelled","status":"scheduled","clock":"-30:00"}"#, &[(Warning, 3, r#"before kick-off write "postponed", after it "abandoned""#)]),
    (r#"{"type":"walkover","status":"scheduled","clock":"-30:00"}"#, &[(Warning, 3, r#"write "awarded" with "score""#)]),
    (r#"{"type":"kickoff_delayed","status":"scheduled","clock":"-30:00"}"#, &[(Warning, 3, r#"write "delayed" with "kickoff""#)]),
    (r#"{"type":"delayed","status":"scheduled","clock":"-30:00","minutes":20}"#, &[(Error, 3, r#"a delay has "kickoff", the moment at which the match now begins"#)]),
    (r#"{"type":"delayed","status":"scheduled","clock":"-30:00","new_kickoff":"2026-03-07T15:20:00Z"}"#, &[(Error, 3, r#"the field is "kickoff""#)]),
    (r#"{"type":"awarded","status":"full_time","clock":"1:00","result":{"home":3,"away":0}}"#, &[(Error, 3, r#"the field is "score""#)]),
    (r#"{"type":"awarded","status":"full_time","clock":"1:00","score":"3-0"}"#, &[(Error, 3, r#"score must be an object such as {"home":3,"away":0}"#)]),
    (r#"{"type":"commentary","text":"Off.","status":"cancelled","clock":"-30:00"}"#, &[(Error, 3, r#"is an event, "postponed" with "status":"scheduled" or "abandoned""#)]),
    (r#"{"type":"commentary","text":"Late.","status":"delayed","clock":"-30:00"}"#, &[(Error, 3, r#"is an event, "delayed" with "kickoff""#)]),
    (r#"{"type":"commentary","text":"Given.","status":"awarded","clock":"-30:00"}"#, &[(Error, 3, r#"is an event, "awarded" with "score""#)]),
    // Unknown types, each a warning with a suggestion.
    (r#"{"type":"Ball Receipt*","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"write "ball_receipt""#)]),
    (r#"{"type":"ownGoal","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""own_goal":true"#)]),
    (r#"{"type":"OWN GOAL","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""own_goal":true"#)]),
    (r#"{"type":"penalty","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""penalty_awarded"; one that is scored is a "goal" with "situation":"penalty""#)]),
    (r#"{"type":"penalty_scored","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"a "goal" with "situation":"penalty""#)]),
    (r#"{"type":"penalty_goal","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"a "goal" with "situation":"penalty""#)]),
    (r#"{"type":"penalty_saved","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""penalty_missed""#)]),
    (r#"{"type":"booking","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"a caution is a "yellow_card""#)]),
    (r#"{"type":"yellow","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""yellow_card""#)]),
    (r#"{"type":"yellowCard","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"write "yellow_card""#)]),
    (r#"{"type":"yellow_red_card","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"write "second_yellow_card""#)]),
    (r#"{"type":"red","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""red_card""#)]),
    (r#"{"type":"sub","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""substitution" with "in" and "out""#)]),
    (r#"{"type":"substitution_in","period":1,"clock":"12:31","side":"home","player":"lowe"}"#, &[(Warning, 3, r#"one "substitution" with "in" and "out""#)]),
    (r#"{"type":"player_in","period":1,"clock":"12:31","side":"home","player":"lowe"}"#, &[(Warning, 3, r#"one "substitution" with "in" and "out""#)]),
    (r#"{"type":"full_time","period":2,"clock":"93:00"}"#, &[(Warning, 3, r#""match_end""#)]),
    (r#"{"type":"final_whistle","period":2,"clock":"93:00"}"#, &[(Warning, 3, r#""match_end""#)]),
    (r#"{"type":"end","period":2,"clock":"93:00"}"#, &[(Warning, 3, r#""match_end""#)]),
    (r#"{"type":"half_time","period":1,"clock":"45:00"}"#, &[(Warning, 3, r#""period_end""#)]),
    (r#"{"type":"start","period":1,"clock":"00:00"}"#, &[(Warning, 3, r#""period_start""#)]),
    (r#"{"type":"kickoff","period":1,"clock":"00:00"}"#, &[(Warning, 3, r#""period_start"; that the ball is kicked off is a "kick_off""#)]),
    (r#"{"type":"free-kick","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"write "free_kick""#)]),
    (r#"{"type":"offside_goal","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""disallowed_goal""#)]),
    (r#"{"type":"save_by","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"write "save""#)]),
    (r#"{"type":"shot_on_target","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#"a "shot" with "outcome":"saved", or it is a "goal""#)]),
    (r#"{"type":"correction","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""op":"update" or "op":"remove""#)]),
    (r#"{"type":"card","period":1,"clock":"12:31","side":"home"}"#, &[(Error, 3, r#"a group of event types; accepted: yellow_card, second_yellow_card, red_card"#)]),
    (r#"{"type":"var","period":1,"clock":"12:31","side":"home"}"#, &[(Error, 3, r#"a group of event types; accepted: var_review, var_decision"#)]),
    (r#"{"type":"Goal","period":1,"clock":"12:31","side":"home"}"#, &[(Error, 3, r#"did you mean "goal"?"#)]),
    (r#"{"type":"onside","period":1,"clock":"12:31"}"#, &[(Note, 3, r#"unknown event type "onside" is passed on unchanged"#)]),
    (concat!(r#"{"type":"streaker","period":1,"clock":"12:31"}"#, "\n", r#"{"type":"dog","period":1,"clock":"12:32"}"#, "\n", r#"{"type":"streaker","period":1,"clock":"12:33"}"#),
        &[(Note, 3, r#"unknown event type "streaker" is passed on unchanged (and 1 more)"#), (Note, 4, r#"unknown event type "dog" is passed on unchanged"#)]),
    // Clocks.
    (r#"{"type":"corner","period":2,"clock":"90+3","side":"home"}"#, &[(Error, 3, r#"write "92:00", the running clock"#)]),
    (r#"{"type":"corner","period":3,"clock":"105+1","side":"home"}"#, &[(Error, 3, r#"write "105:00", the running clock"#)]),
    (r#"{"type":"corner","period":1,"clock":"PT12M31S","side":"home"}"#, &[(Error, 3, r#"write "12:31""#)]),
    (r#"{"type":"corner","period":1,"clock":"00:12:31","side":"home"}"#, &[(Error, 3, r#"minutes and seconds alone: write "12:31""#)]),
    (r#"{"type":"corner","period":1,"clock":"12'","side":"home"}"#, &[(Error, 3, r#"is a minute, not a clock: write "11:00""#)]),
    (r#"{"type":"corner","period":1,"clock":"12","side":"home"}"#, &[(Error, 3, r#"write "12:00""#)]),
    (r#"{"type":"corner","period":1,"clock":751,"side":"home"}"#, &[(Error, 3, r#"such as "12:31""#)]),
    (r#"{"type":"corner","period":1,"clock":"HT","side":"home"}"#, &[(Error, 3, r#"write "status":"half_time""#)]),
    (r#"{"type":"corner","period":1,"minute":12,"side":"home"}"#, &[(Error, 3, r#"needs "clock": minute 12 begins at "11:00""#)]),
    (r#"{"type":"corner","period":1,"label":"45+2","side":"home"}"#, &[(Error, 3, r#"needs "clock": minute 45+2 begins at "46:00""#)]),
    (concat!(r#"{"type":"corner","period":1,"clock":1,"side":"home"}"#, "\n", r#"{"type":"corner","period":1,"clock":2.5,"side":"home"}"#), &[(Error, 3, "a clock is text, such as \"01:00\" (and 1 more)")]),
    (r#"{"type":"corner","period":1,"clock":"12:31","told":12.4,"side":"home"}"#, &[(Error, 3, "told is the number 12.4, but a clock is text")]),
    (r#"{"type":"corner","period":1,"clock":"46:31","told":"1:00","side":"home"}"#, &[(Error, 3, r#"if the feed tells it at half-time, add "told_status":"half_time""#)]),
    (r#"{"type":"corner","period":2,"clock":"92:31","told":"1:00","side":"home"}"#, &[(Error, 3, r#"if the feed tells it after the match, add "told_status":"full_time""#)]),
    // Fields.
    (r#"{"type":"corner","period":1,"time":"12:31","side":"home"}"#, &[(Error, 3, r#"no field "time": the field is "clock""#)]),
    (r#"{"type":"corner","period":1,"clock":"12:31","team":"home"}"#, &[(Error, 3, r#"no field "team": the field is "side""#)]),
    (r#"{"type":"corner","period":1,"clock":"12:31","team":"eastmoor"}"#, &[(Error, 3, r#"no field "team": the field is "side""#)]),
    (r#"{"type":"corner","period":1,"clock":"12:31","side":"eastmoor"}"#, &[(Error, 3, r#"that is the home team, write "home""#)]),
    (r#"{"type":"corner","period":1,"clock":"12:31","side":"visitors"}"#, &[(Error, 3, r#"did you mean "away"?"#)]),
    (r#"{"type":"corner","period":"1H","clock":"12:31","side":"home"}"#, &[(Error, 3, r#"period is "1H": write 1"#)]),
    (r#"{"type":"substitution","period":1,"clock":"12:31","side":"home","playerIn":"lowe","playerOut":"innes"}"#, &[(Error, 3, r#"the field is "in""#), (Error, 3, r#"the field is "out""#)]),
    (r#"{"type":"substitution","period":1,"clock":"12:31","side":"home","on":"lowe","off":"innes"}"#, &[(Error, 3, r#"the field is "in""#), (Error, 3, r#"the field is "out""#)]),
    (r#"{"type":"goal","period":1,"clock":"12:31","side":"home","scorer":"innes"}"#, &[(Error, 3, r#"no field "scorer": the field is "player""#)]),
    (r#"{"type":"goal","period":1,"clock":"12:31","side":"home","score":"1-0"}"#, &[(Error, 3, r#"no field "score": the score follows from the goals"#)]),
    (r#"{"type":"goal","period":1,"clock":"12:31","side":"home","unconfirmed":true}"#, &[(Error, 3, r#"has "confirmed":false"#)]),
    (r#"{"event":"goal","half":1,"time":"12:31","team":"home"}"#, &[(Error, 3, r#""type""#), (Error, 3, r#""period""#), (Error, 3, r#""clock""#), (Error, 3, r#""side""#)]),
    (r#"{"kind":"goal","period":1,"clock":"12:31","side":"home"}"#, &[(Error, 3, r#"an event, which needs no "kind""#)]),
    // Words.
    (r#"{"type":"shot","period":1,"clock":"12:31","side":"home","outcome":"wide"}"#, &[(Error, 3, r#"did you mean "off_target"?"#)]),
    (r#"{"type":"shot","period":1,"clock":"12:31","side":"home","outcome":"post"}"#, &[(Error, 3, r#"did you mean "woodwork"?"#)]),
    (r#"{"type":"goal","period":1,"clock":"12:31","side":"home","body_part":"left"}"#, &[(Error, 3, r#"did you mean "left_foot"?"#)]),
    (r#"{"type":"goal","period":1,"clock":"12:31","side":"home","player":"Kit Innes"}"#, &[(Error, 3, r#"did you mean "innes"?"#)]),
    (r#"{"type":"commentary","status":"HT","clock":"1:00","text":"Tea."}"#, &[(Error, 3, r#"did you mean "half_time"?"#)]),
    // One mistake, and lines that refer to its line.
    (concat!(r#"{"type":"gaol","id":"g","period":1,"clock":"12:31","side":"home"}"#, "\n", r#"{"op":"remove","id":"g","told":"12:50"}"#), &[(Error, 3, r#"did you mean "goal"?"#)]),
    (concat!(r#"{"id":"g","period":1,"clock":"12:31","side":"home"}"#, "\n", r#"{"op":"update","id":"g","told":"12:50","text":"x"}"#), &[(Error, 3, r#"the event needs "type""#)]),
    (concat!(r#"{"type":"foul","id":"f","clock":"12:31","side":"home"}"#, "\n", r#"{"type":"yellow_card","period":1,"clock":"12:40","side":"home","player":"innes","about":"f","related":["f"]}"#), &[(Error, 3, r#"needs "period""#)]),
    (concat!(r#"{"type":"foul","id":"f","period":1,"clock":"12:31","side":"home""#, "\n", r#"{"type":"yellow_card","period":1,"clock":"12:40","side":"home","player":"innes","about":"f"}"#), &[(Error, 3, "ends inside a JSON object")]),
    (concat!(r#"{"type":"substitution","period":1,"clock":"12:31","side":"home","in":"lowe","out":"inness"}"#, "\n", r#"{"type":"corner","period":1,"clock":"13:00","side":"home","player":"lowe"}"#), &[(Error, 3, r#"did you mean "innes"?"#)]),
    (concat!(r#"{"type":"suspended","period":1,"clock":"1231"}"#, "\n", r#"{"type":"resumed","status":"suspended","clock":"5:00"}"#), &[(Error, 3, r#"clock "1231""#)]),
    (concat!(r#"{"type":"yellow_card","half":1,"clock":"12:31","side":"home","player":"innes"}"#, "\n", r#"{"type":"second_yellow_card","half":1,"clock":"15:00","side":"home","player":"innes"}"#), &[(Error, 3, r#"the field is "period", 1 to 5 (and 1 more)"#)]),
    (concat!(r#"{"type":"yellow_card","period":1,"clock":"noon","side":"home","player":"innes"}"#, "\n", r#"{"type":"second_yellow_card","period":1,"clock":"15:00","side":"home","player":"innes"}"#), &[(Error, 3, r#"clock "noon""#)]),
    (concat!(r#"{"type":"shootout_penalty","period":5,"clock":"121:00","side":"home","outcome":"scored"}"#, "\n", r#"{"type":"shootout_penalty","period":5,"clock":"122:00","side":"away","outcome":"scroed"}"#, "\n", r#"{"type":"shootout_penalty","period":5,"clock":"123:00","side":"home","outcome":"scored"}"#), &[(Error, 4, r#"did you mean "scored"?"#)]),
    (concat!(r#"{"op":"frobnicate","id":"f","type":"foul","period":1,"clock":"12:31","side":"home"}"#, "\n", r#"{"op":"remove","id":"f","told":"12:50"}"#), &[(Error, 3, r#"unknown op "frobnicate""#)]),
    (r#"{"type":"corner","period":null,"half":1,"clock":"12:31","side":"home"}"#, &[(Error, 3, r#"no field "half": the field is "period""#)]),
    (r#"{"type":"corner","period":1,"clock":"1230","side":"home"}"#, &[(Error, 3, r#"write "12:30""#)]),
    (concat!(r#"{"type":"player_off","period":1,"clock":"12:31","side":"home","player":"innes"}"#, "\n", r#"{"type":"substitution","period":1,"clock":"14:00","side":"home","in":"lowe","out":"innes"}"#, "\n", r#"{"type":"player_on","period":1,"clock":"16:00","side":"home","player":"innes"}"#), &[(Error, 5, r#"player "innes" comes back"#)]),
    // A misspelt field gives one finding.
    (r#"{"type":"corner","period":1,"clok":"12:31","side":"home"}"#, &[(Error, 3, r#"no field "clok" (did you mean "clock"?)"#)]),
    (r#"{"tpye":"corner","period":1,"clock":"12:31","side":"home"}"#, &[(Error, 3, r#"no field "tpye" (did you mean "type"?)"#)]),
    (r#"{"type":"goal","period":1,"clock":"12:31","side":"home","not_confirmed":true}"#, &[(Error, 3, r#"no field "not_confirmed"; accepted"#)]),
    (r#"{"type":"added_time","period":1,"clock":"45:00","added":2}"#, &[(Error, 3, r#"the field is "minutes""#)]),
    (r#"{"type":"foul","period":1,"clock":"12:31","side":"home","fouledBy":"innes"}"#, &[(Error, 3, r#"the field is "player""#)]),
    (r#"{"type":"shot","period":1,"clock":"12:31","side":"home","player":"innes","goalkeeper":"mays","outcome":"saved"}"#, &[(Error, 3, r#"an event of its own, "save""#)]),
    (concat!(r#"{"type":"corner","period":1,"clock":"12:31","side":"home","foo":1}"#, "\n", r#"{"type":"goal","period":1,"clock":"12:32","side":"home","foo":1}"#), &[(Error, 3, "(and 1 more)")]),
    (concat!(r#"{"kidn":"marker","name":"Noon","period":1,"clock":"12:31"}"#, "\n", r#"{"type":"corner","period":1,"clock":"12:40","side":"home"}"#), &[(Error, 3, r#"no field "kidn" (did you mean "kind"?)"#)]),
    (r#"{"type":"corner","period":1,"clock":"12:31","side":"home","source":{"provide":"me"}}"#, &[(Error, 3, r#"did you mean "provider"?"#)]),
    (r#"{"type":"pass","period":1,"clock":"12:31","side":"home","end":{"xx":1,"y":2}}"#, &[(Error, 3, r#"did you mean "x"?"#)]),
    // Words of other feeds.
    (concat!(r#"{"type":"sub","period":1,"clock":"12:31","side":"home","in":"lowe","out":"innes"}"#, "\n", r#"{"type":"foul","period":1,"clock":"15:00","side":"home","player":"lowe"}"#), &[(Warning, 3, r#""substitution" with "in" and "out""#)]),
    (concat!(r#"{"type":"booking","period":1,"clock":"12:31","side":"home","player":"innes"}"#, "\n", r#"{"type":"second_yellow_card","period":1,"clock":"15:00","side":"home","player":"innes"}"#), &[(Warning, 3, r#""yellow_card""#)]),
    (concat!(r#"{"type":"interrupted","period":1,"clock":"12:31"}"#, "\n", r#"{"type":"resumed","status":"suspended","clock":"5:00"}"#), &[(Warning, 3, r#"write "suspended""#)]),
    (concat!(r#"{"type":"suspended","period":1,"clock":"60.00"}"#, "\n", r#"{"type":"commentary","status":"suspended","clock":"5:00","text":"Rain."}"#, "\n", r#"{"type":"foul","period":1,"clock":"13:00","side":"home"}"#), &[(Error, 3, r#"write "60:00""#)]),
    (r#"{"type":"card_yellow","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""yellow_card""#)]),
    (r#"{"type":"header","period":1,"clock":"12:31","side":"home"}"#, &[(Warning, 3, r#""body_part":"head""#)]),
    // Corrections.
    (concat!(r#"{"type":"foul","id":"f","period":1,"clock":"12:31","side":"home"}"#, "\n", r#"{"id":"f","told":"12:50","text":"x"}"#), &[(Error, 4, r#"a correction of "f" needs "op":"update""#)]),
    (concat!(r#"{"type":"foul","id":"foul-1","period":1,"clock":"12:31","side":"home"}"#, "\n", r#"{"op":"update","id":"fuol-1","told":"12:50","text":"x"}"#, "\n", r#"{"op":"remove","id":"fuol-1","told":"12:55"}"#), &[(Error, 4, r#"(did you mean "foul-1"?) (and 1 more)"#)]),
    // A repeated mistake.
    (concat!(r#"{"type":"period_start","period":2,"clock":"0:00"}"#, "\n", r#"{"type":"corner","period":2,"clock":"5:00","side":"home"}"#), &[(Error, 3, r#"it continues through the match: write "45:00" (and 1 more)"#)]),
    (concat!(r#"{"type":"corner","period":1,"clock":"12:31","side":"home","x":50,"y":340}"#, "\n", r#"{"type":"corner","period":1,"clock":"12:32","side":"home","x":900,"y":35}"#), &[(Error, 3, "expected metres, 0 to 68 (and 1 more)")]),
    (concat!(r#"{"type":"foul","period":1,"clock":"12:31","side":"home","player":"Kit Innes"}"#, "\n", r#"{"type":"foul","period":1,"clock":"12:32","side":"home","player":"Ben Joyce"}"#), &[(Error, 3, r#"players are named by id (did you mean "innes"?) (and 1 more)"#)]),
    (concat!(r#"{"type":"corner","period":2,"clock":"90:30","label":"91","side":"home"}"#, "\n", r#"{"type":"corner","period":2,"clock":"91:30","label":"92","side":"home"}"#), &[(Error, 3, r#"as "90+1" (and 1 more)"#)]),
    (concat!(r#"{"type":"substitution","period":1,"clock":"12:31","side":"home","in":"lowe","out":"innes"}"#, "\n", r#"{"type":"substitution","period":1,"clock":"12:41","side":"home","in":"lowe","out":"innes"}"#), &[(Error, 4, "the same change is written twice")]),
    (r#"{"type":"substitution","period":1,"clock":"12:31","side":"home","player":"lowe","out":"innes"}"#, &[(Error, 3, r#"write the player who comes on for "innes" as "in", not "player""#)]),
    (concat!(r#"{"kind":"scenario","version":1,"title":"Another"}"#, "\n", r#"{"type":"corner","period":1,"clock":"12:31","side":"home"}"#), &[(Error, 3, "a second scenario line: a file holds one scenario")]),
    // Lines that are not JSON objects.
    (concat!("# the second half\n", r#"{"type":"corner","period":1,"clock":"12:31","side":"home"}"#), &[(Error, 3, "JSON Lines have no comments")]),
    (concat!("/* one\n", "two */\n", r#"{"type":"corner","period":1,"clock":"12:31","side":"home"}"#), &[(Error, 3, "JSON Lines have no comments")]),
    (concat!(r#"{"type":"corner","period":1,"clock":"12:31","side":"home"},"#, "\n", r#"{"type":"corner","period":1,"clock":"12:32","side":"home"},"#), &[(Error, 3, "without commas between them")]),
    (r#"{"type":"corner","period":1,"clock":"12:31","side":"home",}"#, &[(Error, 3, "remove the comma before the closing bracket")]),
    (r#"{'type':'corner','period':1,'clock':'12:31','side':'home'}"#, &[(Error, 3, "double quotation marks, not single ones")]),
    (r#"{type:"corner","period":1,"clock":"12:31","side":"home"}"#, &[(Error, 3, "write field names in double quotation marks")]),
    ("Half-time.", &[(Error, 3, "not a JSON object")]),
];

/// The difference between the expected and the actual findings of a row, if any.
fn judge((name, expected): &Row, text: &[u8]) -> Option<String> {
    let findings = Scenario::check_text(text).findings;
    // Findings about the missing rest of the match are ignored.
    let found: Vec<_> = findings.listed().iter().filter(|found| !found.message.contains("has no event for")).collect();
    let same = found.len() == expected.len()
        && found.iter().zip(*expected).all(|(finding, (severity, line, part))| {
            (finding.severity, finding.line) == (*severity, *line) && finding.text().contains(part)
        });
    if same {
        return None;
    }
    let mut said = format!("case {name}\n");
    for (severity, line, part) in *expected {
        let _ = writeln!(said, "  expected {line}: {severity}: {part}");
    }
    for finding in found {
        let _ = writeln!(said, "  found    {finding}");
    }
    Some(said)
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name).with_extension("jsonl");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn each_file_case_gives_its_expected_verdict() {
    let wrong: Vec<String> = FILES.iter().filter_map(|row| judge(row, file(row.0).as_bytes())).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_line_case_gives_its_expected_verdict() {
    let whole = file("mistakes/04-clock-as-number");
    let head = whole.lines().take(2).collect::<Vec<_>>().join("\n");
    let wrong: Vec<String> =
        LINES.iter().filter_map(|row| judge(row, format!("{head}\n{}\n", row.0).as_bytes())).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_multi_line_object_in_another_encoding_is_diagnosed() {
    let text = file("mistakes/52-pretty-printed-json");
    let (before, after) = text.split_once("Col").expect("a name");
    let latin = [before.as_bytes(), b"C\xf3l", after.as_bytes()].concat();
    let findings = Scenario::check_text(&latin).findings;
    let found: Vec<&str> = findings.listed().iter().map(|finding| &*finding.message).collect();
    assert!(found.iter().any(|message| message.contains("not UTF-8 text: byte 0xF3")), "{found:#?}");
    assert!(!found.iter().any(|message| message.contains("comma before")), "{found:#?}");
}
