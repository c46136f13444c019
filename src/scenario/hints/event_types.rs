//! Event types of other feeds. Without a hint they would be passed on as custom types and not be counted.

use super::{contains_word, is_normalised_form_of, normalise_word, rows};
use crate::football::EventType;

/// What to write instead, with the words of other feeds.
const TABLE: &str = r#"
an own goal is a "goal" with "own_goal":true, and "side" is the side that gets the goal <- owngoal og goalown autogoal
  owngoalfor owngoalagainst owngoalscored goalowngoal goalog;
the score follows from the goals, each a "goal" <- score scoreline scoreupdate scorechange scorechanged result
  currentscore halftimescore fulltimescore finalscore updatescore goals;
write "goal" <- goalscored normalgoal regulargoal goalnormal openplaygoal fieldgoal goalregular goalevent;
a header is a "goal" or a "shot" with "body_part":"head" <- headedgoal headergoal goalheader header headed;
write "goal" with "situation":"free_kick" <- freekickgoal goalfreekick directfreekickgoal;
a penalty that is scored is a "goal" with "situation":"penalty" <- penaltygoal goalpenalty penaltyscored scoredpenalty
  penaltykickscored convertedpenalty penaltyconverted goalfrompenalty penaltykickgoal penaltykickconverted pengoal;
a penalty given is "penalty_awarded"; one that is scored is a "goal" with "situation":"penalty", any other a "penalty_missed"; a kick of the shoot-out is a "shootout_penalty" <-
  penalty pen pens penalties penaltykick penaltytaken spotkick penaltyshot penaltyattempt pk;
write "penalty_awarded" <- penaltygiven penaltywon penaltyconceded penaltyaward penaltycall foulpenalty wonpenalty
  penaltydecision awardedpenalty penaltycommitted;
a penalty that is taken again is two kicks: "op":"remove" takes the first back, and the second is a "goal" or "penalty_missed" of its own <-
  penaltyretaken retakenpenalty penaltyretake retakepenalty penaltytakenagain penaltyrepeated repeatedpenalty
  penaltytoberetaken retake retaken kickretaken retakenkick;
write "penalty_missed" with "outcome", such as "saved" <- missedpenalty penaltymiss penaltysaved savedpenalty
  penaltysave penaltyfailed penaltykickmissed penaltykicksaved penaltynotscored penaltyofftarget penaltyhitpost;
a kick of the shoot-out is a "shootout_penalty" with "outcome", in period 5 <- shootout penaltyshootout shootoutkick
  shootoutgoal shootoutmiss shootoutscored shootoutmissed shootoutsaved pso penaltyshootoutgoal penaltyshootoutkick
  penaltyshootoutmissed penshootout shootoutpen shootoutattempt;
a player who assists is the "assist" of the "goal" <- assist goalassist assists assistedgoal assistance;
a caution is a "yellow_card" <- booking booked bookings yellow yellows yc caution cautioned firstyellow
  firstyellowcard yellowcards yellowcarded warning cardyellow ycard yellowcardshown yellowcardgiven cautioncard;
write "second_yellow_card" <- secondyellow yellowred yellowredcard secondbooking secondcaution doubleyellow
  secondyellowred 2ndyellow 2ndyellowcard redyellow redyellowcard secondyellowcardred secondyellowredcard y2c;
sent off at once is a "red_card", after a second caution a "second_yellow_card" <- red reds rc sentoff sendingoff
  dismissal dismissed expulsion expelled straightred directred straightredcard directredcard redcarded redcards
  sendoff ejection ejected cardred rcard redcardshown redcardgiven;
write "yellow_card", "second_yellow_card" or "red_card" <- cards carded cardgiven cardshown cardevent disciplinary;
one player for another is a "substitution" with "in" and "out" <- sub subs substituted substitute change subst
  substitutions playersubstitution replacement replaced playerchange playersub tacticalsubstitution interchange
  substitutionevent playersubstituted injurysub injurysubstitution halftimesub concussionsub;
a change is one "substitution" with "in" and "out"; "player_off" and "player_on" are for a player who leaves for a while <-
  subin subout substitutionin substitutionout playerin playerout comeson goesoff subbedon subbedoff subon suboff
  substituteon substituteoff substitutionon substitutionoff substitutein substituteout playersubin playersubout
  playersubon playersuboff subbedin subbedout playerenters playerleaves;
the match ends with "match_end" (after the "period_end" of its last period) <- fulltime ft end ended matchended
  gameover finalwhistle endofmatch gameend gameended matchover finish finished fulltimewhistle endmatch matchfinished
  endgame final whistle stop endofgame matchcomplete completed aet;
write "period_end" for the end of a half <- halftime ht halftimewhistle endofhalf halfend halfended endoffirsthalf
  firsthalfend firsthalfended endfirsthalf endofsecondhalf secondhalfend secondhalfended endsecondhalf break
  breakstart interval pause endofperiod endperiod halfover periodended endofextratime extratimeend extratimeended
  endextratime endofshootout shootoutend periodover halftimebreak endregulartime;
the match and each of its periods begin with "period_start" <- start started matchstart matchstarted gamestart
  gamestarted startofmatch startmatch matchbegin begin begins ko periodbegin periodstarted periodbegins startofperiod
  startperiod halfstart halfstarted startofhalf firsthalf firsthalfstart startfirsthalf firsthalfstarted secondhalf
  2ndhalf secondhalfstart secondhalfstarted startsecondhalf startofsecondhalf start2ndhalf live inplay startgame;
a match or a half begins with "period_start"; that the ball is kicked off is a "kick_off" <- kickoff kickoffs
  firstkick kickedoff;
extra time begins with "period_start" and "period":3 <- extratime extratimestart startofextratime overtime
  extratimestarted;
write "added_time" with "minutes" <- stoppagetime injurytime additionaltime addedminutes timeadded injurytimeshown
  injurytimeannounced additionalminutes announcedaddedtime stoppagetimeannounced addedtimeannounced extraminutes;
write "var_review" for the check and "var_decision" for its result <- varcheck varstart varreviewstart videoreview
  videoassistantreferee videoassistant varcheckstart varevent possiblevar onfieldreview varonfieldreview varincident
  varreviewed varinprogress;
write "var_decision" with "outcome": "upheld" or "overturned" <- varend varresult varover varoutcome varcomplete
  videoassistantrefereeover varcheckcomplete varreviewend varcheckover varconfirmed varoverturned;
write "disallowed_goal"; to take back a "goal" of an earlier line, write a line with "op":"remove" <- goaldisallowed
  nogoal cancelledgoal canceledgoal goalcancelled goalcanceled annulledgoal goalannulled offsidegoal goaloffside
  ruledoutgoal goalruledout overturnedgoal goaloverturned vargoalcancelled disallowed cancelgoal goalremoved
  vargoaldisallowed goalchalkedoff;
on target is a "shot" with "outcome":"saved", or it is a "goal" <- shotontarget ontarget shotsaved savedshot
  attemptsaved shotsontarget shotongoal;
write "shot" with "outcome":"off_target" <- shotofftarget offtarget miss missed wide shotmissed shotwide missedshot
  attemptmissed shotoff missedchance bigchancemissed chancemissed shotsofftarget shotoffgoal;
write "shot" with "outcome":"blocked" <- blockedshot shotblocked attemptblocked;
write "shot" with "outcome":"woodwork" <- post woodwork crossbar hitwoodwork hitpost hitbar shotpost shothitpost
  hitthepost hitthebar shotonpost shotwoodwork shotonwoodwork;
an attempt that is no goal is a "shot" with "outcome" <- attempt shots chance shotattempt goalattempt effort bigchance
  opportunity scoringattempt shottaken;
write "save", with the goalkeeper as "player" and the goalkeeper's "side" <- saveby saved saves goalkeepersave
  keepersave gksave savemade keepersaved saveattempt penaltysavedby;
write "foul": "player" commits it, "fouled" is the player who was fouled <- fouls foulcommitted foulwon fouldrawn
  freekickwon freekickconceded foulby foulconceded infraction foulsuffered;
write "foul" with "reason":"handball" <- handball handballfoul foulhandball;
write "free_kick" <- freekicks freekicktaken directfreekick indirectfreekick freekickdirect;
write "corner" <- cornerkick corners cornertaken cornerwon cornerkicks cornerawarded ck cornerkicktaken;
write "throw_in" <- throw throwins throwintaken;
write "offside" <- offsides caughtoffside offsidecall flaggedoffside passoffside;
write "carry" <- carries ballcarry progressivecarry runwithball;
write "ball_receipt" <- receipt receipts ballreceipts ballreceived received reception ballreception passreceived
  passreception;
write "pressure" <- pressures pressing pressureapplied;
write "touch" <- touches balltouch balltouches;
write "dribble" <- dribbles dribbled dribbling;
write "pass", whose "outcome" says how it failed <- passes passing passattempt passcomplete passcompleted
  passincomplete simplepass shortpass longpass highpass throughball throughpass keypass;
write "injury" <- injured playerinjured injurystoppage medicaltreatment treatment playerinjury;
write "player_on" <- injuryreturn playerback playerreturns playerbackfrominjury;
write "lineup", one for each side; the players are listed in the match line <- lineups startinglineup startinglineups
  startingxi starting11 startxi teamsheet teamsheets starters squad lineupannounced teamlineup teamlineups
  startingeleven;
a field player who goes in goal is a "position_change" with "player" and "position":"GK"; a goalkeeper who comes on is the "in" of a "substitution" <-
  goalkeeperchange gkchange keeperchange changeofgoalkeeper changeofkeeper emergencygoalkeeper emergencykeeper
  emergencygk standingoalkeeper outfieldgoalkeeper playeringoal outfieldplayeringoal goesingoal goingoal ingoal;
write "position_change" with "player" and "position" <- positionchanged positionalchange positionswitch positionswap
  positionupdate newposition changeofposition playerpositionchange playerposition switchposition rolechange;
write "formation_change" <- formation tacticalshift formationchanged tacticalchange shapechange changeofformation;
write "suspended", and "resumed" when play continues <- matchsuspended interrupted matchinterrupted interruption
  gamesuspended suspend suspension playsuspended;
write "resumed" <- matchresumed resume playresumed gameresumed resumption matchrestarted restart restarted
  playrestarted gamerestarted;
before kick-off write "postponed", after it "abandoned" <- cancelled canceled cancellation cancelation matchcancelled
  matchcanceled gamecancelled calledoff matchcalledoff;
write "postponed" <- matchpostponed gamepostponed postpone postponement rescheduled matchrescheduled;
write "delayed" with "kickoff", the moment at which the match now begins <- delay delayedstart startdelay startdelayed
  kickoffdelay kickoffdelayed delayedkickoff matchdelayed latekickoff kickoffchanged newkickoff;
write "awarded" with "score", such as {"home":3,"away":0}, and "reason" <- award awardedresult resultawarded
  matchawarded walkover walkoverwin wo wow technicalloss technicaldefeat technicalresult forfeit forfeited forfeiture
  default tablescore decision;
write "abandoned" <- matchabandoned abandon gameabandoned abandonment;
write "commentary" with "text" <- comment comments text note notes message news info information textcommentary
  livecomment remark comms;
a correction is a line with "op":"update" or "op":"remove", the "id" of the event, and "told" <- correction corrected
  update updated remove removed delete deleted retraction retracted amend amendment cancel eventdeleted deletedevent
  undo redcardrescinded yellowcardrescinded cardrescinded rescinded cardoverturned redcardoverturned
  yellowcardoverturned cardremoved redcardremoved yellowcardremoved cardcancelled goalcorrected scorercorrected;
statistics are counted from the events: leave it out <- stats statistics stat teamstats matchstats statistic;
the clock runs by itself: leave it out <- clock tick time timeupdate heartbeat minute clockupdate;
the status follows from "period_start", "period_end", "match_end" and the like: leave it out <- status statuschange
  matchstatus statechange periodchange matchstate statusupdate statuschanged;
this is no event but a line of another "kind": "match", "table", "fixture", "marker" or "scenario" <- match game
  scenario table fixture marker standings meta metadata;
"#;

/// What to write instead of an event type of another feed. `None` for a word that no known feed uses.
pub(in super::super) fn event_type_hint(word: &str) -> Option<String> {
    // A word that differs only in case (`Goal`) is a typing mistake, which the caller reports.
    if EventType::WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return None;
    }
    let plain = normalise_word(word);
    if let Some(known) =
        EventType::WORDS.iter().find(|known| is_normalised_form_of(known, &plain) && plain != "kickoff")
    {
        return Some(format!("write {known:?}"));
    }
    rows(TABLE).find(|(_, words)| contains_word(words, &plain)).map(|(advice, _)| advice.to_owned())
}

/// The event types that a piece of advice names.
pub(in super::super) fn find_event_types(advice: &str) -> Vec<EventType> {
    advice.split('"').skip(1).step_by(2).filter_map(EventType::parse).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_word_is_listed_once_and_is_not_a_type() {
        assert_eq!(rows(TABLE).count(), TABLE.matches(";\n").count());
        let mut seen = HashSet::new();
        for word in rows(TABLE).flat_map(|(_, words)| words.split_ascii_whitespace()) {
            assert_eq!(normalise_word(word), word);
            assert!(seen.insert(word), "{word} is listed twice");
            assert!(EventType::parse(word).is_none(), "{word} is a type");
        }
    }

    #[test]
    fn advice_names_types_of_the_format() {
        for (advice, words) in rows(TABLE) {
            let quoted: Vec<&str> = advice.split('"').skip(1).step_by(2).collect();
            let known = quoted.iter().any(|word| EventType::parse(word).is_some() || *word == "op" || *word == "kind");
            assert!(known || advice.ends_with("leave it out"), "{words}: {advice}");
        }
    }

    #[test]
    fn words_are_found_in_any_spelling() {
        for word in ["own_goal", "ownGoal", "OWN-GOAL", "Own Goal"] {
            assert!(event_type_hint(word).is_some_and(|advice| advice.contains("\"own_goal\":true")), "{word}");
        }
        for (word, right) in [("Ball Receipt*", "ball_receipt"), ("carries", "carry"), ("Pressing", "pressure")] {
            assert_eq!(event_type_hint(word), Some(format!("write {right:?}")), "{word}");
        }
        for word in ["goalkeeper_change", "gk_change", "emergency_goalkeeper", "position switch"] {
            assert!(event_type_hint(word).is_some_and(|advice| advice.contains("\"position_change\"")), "{word}");
        }
        assert_eq!(event_type_hint("yellowCard").as_deref(), Some("write \"yellow_card\""));
        for word in ["Goal", "GOAL", "gaol", "streaker", "hydration_break", "", "x"] {
            assert_eq!(event_type_hint(word), None, "{word}");
        }
    }
}
