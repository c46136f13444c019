//! Field names of other feeds, by the kind of object.

use super::{WordHint, contains_word, is_normalised_form_of, normalise_word, rows};

/// The table for each kind of object, by its name in messages.
const OBJECTS: &[(&str, &str)] = &[
    ("the scenario", SCENARIO),
    ("the match", MATCH),
    ("rules", RULES),
    ("a team", TEAM),
    ("a player", PLAYER),
    ("the coach", COACH),
    ("the table", TABLE),
    ("a row of the table", ROW),
    ("the tie", TIE),
    ("the fixture", FIXTURE),
    ("the event", EVENT),
    ("the marker", MARKER),
];

const SCENARIO: &str = r#"
title <- name headline heading scenario;
about <- description summary comment note notes info;
sources: a list of texts: "sources":["..."] <- source attribution credits license licence provider;
version <- format formatversion schema v ver schemaversion;
"#;

const MATCH: &str = r#"
id <- matchid gameid fixtureid eventid match key uid;
kickoff: a moment such as "2026-03-07T15:00:00Z" <- date datetime time start starttime starts startsat startingat
  utcdate kickofftime kickoffat kickoffutc scheduled matchdate kickoffdate timestamp;
home: an object with "id" and "name" <- hometeam team1 host homeside hosts localteam homeclub teamhome;
away: an object with "id" and "name" <- awayteam team2 guest guests awayside visitor visitors visitorteam awayclub
  teamaway;
: the teams are "home" and "away" <- teams competitors participants sides contestants;
competition <- league tournament comp competitionname leaguename cup;
round: a text such as "34" <- matchday week gameweek stage roundname md;
season <- year seasonname seasonid;
venue <- stadium ground location stadiumname venuename arena city;
officials: an object: "officials":{"referee":"..."} <- referee referees official;
period_starts: an object: "period_starts":{"2":"..."} <- periods halfstarts periodstart secondhalfstart;
rules <- settings options rule;
: the score follows from the goals <- score result homescore awayscore fulltime goals halftimescore;
: the players are listed in "players" of "home" and "away" <- lineups lineup squads players;
"#;

const RULES: &str = r#"
substitutions <- subs maxsubs maxsubstitutions substitutionsallowed substitutes allowedsubstitutions;
period_minutes <- halfminutes halflength minutes periodlength halfduration minutesperhalf periodduration;
extra_time_minutes <- extraminutes extratimelength extratimeduration etminutes;
extra_time <- et aet overtime hasextratime extra;
var <- hasvar videoassistant videoassistantreferee vr;
"#;

const TEAM: &str = r##"
id <- teamid key uid clubid contestantid;
name <- teamname fullname title displayname club longname officialname team;
short <- shortname tla abbreviation code abbr acronym teamcode threelettercode;
colours: a list such as ["#14532d","#ffffff"] <- colors color colour kit shirt kits;
coach <- manager headcoach trainer coachname;
formation <- shape system tactics;
players: one list, in which "starts":true marks the eleven <- squad lineup roster starting starters startingxi startxi
  starting11 startingeleven playerlist team11 xi;
: the bench are the entries of "players" without "starts":true <- bench substitutes subs reserves;
: the score follows from the goals <- score goals result;
"##;

const PLAYER: &str = r#"
id <- playerid key uid pid;
name: in full <- fullname displayname playername shortname knownname nickname player;
name: one text, in full <- firstname lastname surname givenname familyname;
number <- shirt jersey shirtnumber jerseynumber squadnumber kitnumber num no nr shirtno jerseyno;
position <- pos role playingposition;
starts: true for the eleven <- starting starter started isstarter instartingxi startingxi startxi lineup
  startingeleven isstarting starting11;
: a player without "starts":true is on the bench <- bench substitute sub issub issubstitute reserve;
captain <- iscaptain capt skipper captaincy;
"#;

const COACH: &str = r#"
id <- coachid managerid key uid;
name: in full <- fullname displayname coachname managername;
"#;

const TABLE: &str = r#"
competition <- league tournament comp name title;
rows <- teams table standings entries ranking rankings row;
season <- year;
order <- sort sortby orderby tiebreakers;
"#;

const ROW: &str = r#"
team: the id of the team <- id teamid club clubid teamkey;
name <- teamname title displayname;
played <- p pl mp games matches gp gamesplayed matchesplayed playedgames;
won <- w wins win;
drawn <- d draws draw ties tied x;
lost <- l losses loses loss defeats lose;
for <- gf goalsfor scored goalsscored f;
against <- ga goalsagainst conceded goalsconceded a;
points <- pts point;
deducted <- deduction deductions pointsdeducted pointsdeduction penaltypoints;
: it follows from "for" and "against" <- gd goaldifference diff goalsdiff difference goaldiff;
: the place follows from "order" <- position rank pos place;
"#;

const TIE: &str = r#"
legs: the ids of two matches <- matches leg ties games;
away_goals <- awaygoalsrule awaygoal;
"#;

const FIXTURE: &str = r#"
home: a text <- hometeam host team1 homename;
away: a text <- awayteam guest team2 awayname visitor;
kickoff: a moment such as "2026-03-14T15:00:00Z" <- date datetime time start starttime utcdate kickofftime;
competition <- league tournament comp;
round <- matchday week gameweek;
"#;

/// The tables for events of one type. They are searched before the one for any event.
const EVENTS: &[(&str, &str)] =
    &[("added_time", ADDED_TIME), ("awarded", AWARDED), ("delayed", DELAYED), ("position_change", POSITION_CHANGE)];

const ADDED_TIME: &str = r#"
minutes <- added addedtime stoppage stoppagetime extra extratime injurytime time minute amount duration value
  addedminutes announced minutesadded;
"#;

const AWARDED: &str = r#"
score: an object such as {"home":3,"away":0} <- result finalscore newscore awardedscore official awarded home away
  homescore awayscore goals;
"#;

const DELAYED: &str = r#"
: a delay has "kickoff", the moment at which the match now begins, such as "2018-04-22T19:00:00Z" <- minutes delay
  delayminutes by duration minute minutesdelayed lateby delayedby;
kickoff: the moment at which the match now begins <- newkickoff kickofftime newtime starttime until to rescheduled
  newstart date datetime start kickoffat kickoffutc newkickofftime;
"#;

const POSITION_CHANGE: &str = r#"
position: "GK" for the player who goes in goal <- pos role playingposition newposition positionname newrole;
"#;

const EVENT: &str = r#"
type <- event eventtype action eventname kindofevent typename incident incidenttype what;
id <- eventid uid uuid guid;
match <- matchid game gameid fixture fixtureid;
period: 1 to 5 <- half halves periodid matchperiod phase halfnumber periodnumber halfnum gameperiod currentperiod
  periodno;
clock: a text such as "12:31" <- time timestamp gametime matchtime matchclock second seconds sec at eventtime ts
  timecode eventsec gameclock elapsed min minutesecond clocktime when;
side: "home" or "away" <- team teamid club teamname teamside homeaway homeoraway hometeam awayteam;
in: the id of the player who comes on <- playerin playeron subin subon on comingon incoming inplayer onplayer comeson
  substitute substitutein substituteon enters playercomingon entering playerinid replacement subbedon subbedin
  playersubbedin inid;
out: the id of the player who goes off <- playerout playeroff subout suboff off goingoff outgoing outplayer offplayer
  goesoff substituted substituteout substituteoff leaves playergoingoff replaced playeroutid subbedoff subbedout
  leaving playersubbedout outid;
player: the id of the player <- playerid playername scorer shooter taker goalscorer booked offender fouler by fouledby
  foulby person athlete who scoredby actor penaltytaker;
assist: the id of the player <- assistby assistedby assistant assistplayer assistid assistplayerid assister assists
  providedby;
player: the id of the coach, as the match line has it <- coach manager coachid managerid headcoach teamofficial;
fouled: the id of the player <- victim fouledplayer foulon foulonplayer playerfouled;
: write the goalkeeper as "player" of an event of its own, "save" <- keeper goalkeeper goalie savedby keeperid;
outcome <- result outcometype shotoutcome;
situation <- shottype playtype playpattern context howscored;
own_goal: true or false <- og isowngoal;
xg: a number from 0 to 1 <- expectedgoals expectedgoal statsbombxg shotstatsbombxg xgoals xgoal shotxg xgvalue
  goalprobability;
recipient: the id of the player <- receiver receiverid recipientid recipientplayer recipientplayerid passrecipient
  passrecipientid passreceiver receivedby receivingplayer receiverplayer receiverplayerid;
key_pass: true or false <- iskeypass shotassist passshotassist;
situation: a penalty has "situation":"penalty" <- penalty ispenalty frompenalty penaltykick;
body_part <- bodypartname part withfoot foot;
reason <- cause why detail details;
about: the id of the other event <- aboutevent regarding refersto ref reference parent parentid;
related: a list of ids <- relatedevents relatedids relatedevent relatedto relatedeventids links;
text <- comment description commentary message note notes narrative comments summary caption body;
told: a clock such as "12:50" <- toldat reported reportedat tell tellat receivedat published;
label: the minute as it is shown, such as "45+2" <- added extra stoppage displayminute minutelabel injurytime
  addedminutes addedtime stoppagetime minutesadded;
confirmed <- isconfirmed;
: a fact that may still change has "confirmed":false <- unconfirmed provisional pending tentative;
x: "x" and "y", in metres <- coordinates location coords coordinate position positions pos xy startx;
y <- starty;
end: an object of "x" and "y", in metres <- endlocation endcoordinates endpoint endx endy xend yend destination;
: the score follows from the goals <- score homescore awayscore home away scorehome scoreaway goals newscore;
: the type says which card: "yellow_card", "second_yellow_card" or "red_card" <- card cardtype colour color;
: the server numbers events and revisions itself <- rev revision seq sequence index order n eventindex version;
op: "update" or "remove" <- operation change correction crud method;
source: an object with "provider" <- provider feed origin;
"#;

const MARKER: &str = r#"
name <- title label text id marker description;
clock: a text such as "12:31" <- time at minute timestamp;
period: 1 to 5 <- half;
"#;

/// The hint for a field of this name, in an object of this kind or an event of this type.
pub(in super::super) fn field_hint(object: &str, name: &str) -> Option<WordHint> {
    let plain = normalise_word(name);
    let of = |tables: &[(&str, &'static str)]| tables.iter().find(|(what, _)| *what == object).map(|(_, table)| *table);
    let (table, more) = match of(EVENTS) {
        Some(table) => (table, EVENT),
        None => (of(OBJECTS)?, ""),
    };
    let mut hints = rows(table).chain(rows(more)).map(|(head, names)| (WordHint::parse(head), names));
    // Also finds the field itself in another spelling: `bodyPart`.
    let named = |right: &str, names: &str| contains_word(names, &plain) || is_normalised_form_of(right, &plain);
    hints.find(|(hint, names)| named(hint.right, names)).map(|(hint, _)| hint)
}

/// The object name under which [`field_hint`] finds the rows for an event of this type.
pub(in super::super) fn event_object(kind: Option<&str>) -> &str {
    kind.filter(|kind| EVENTS.iter().any(|(known, _)| known == kind)).unwrap_or("the event")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_name_is_listed_once() {
        for (object, table) in OBJECTS.iter().chain(EVENTS) {
            assert_eq!(rows(table).count(), table.matches(";\n").count(), "{object}");
            let mut seen = HashSet::new();
            for name in rows(table).flat_map(|(_, names)| names.split_ascii_whitespace()) {
                assert_eq!(normalise_word(name), name, "{object}");
                assert!(seen.insert(name), "{object}: {name} is listed twice");
            }
        }
    }

    #[test]
    fn names_are_found_in_any_spelling() {
        for (object, name, right) in [
            ("the event", "half", "period"),
            ("the event", "playerIn", "in"),
            ("the event", "player_out", "out"),
            ("the event", "Body-Part", "body_part"),
            ("a player", "shirtNumber", "number"),
            ("the event", "shot_statsbomb_xg", "xg"),
            ("the event", "xG", "xg"),
            ("the event", "expected_goals", "xg"),
            ("the event", "receiver", "recipient"),
            ("the event", "recipient_id", "recipient"),
            ("the event", "passRecipient", "recipient"),
            ("the event", "keyPass", "key_pass"),
            ("position_change", "role", "position"),
            ("position_change", "half", "period"),
            ("delayed", "new_kickoff", "kickoff"),
            ("delayed", "half", "period"),
            ("awarded", "result", "score"),
            ("the match", "utcDate", "kickoff"),
        ] {
            assert_eq!(field_hint(object, name).map_or("", |hint| hint.right), right, "{object} {name}");
        }
        assert_eq!(field_hint("the event", "xa"), None);
        assert_eq!(field_hint("source", "half"), None);
    }
}
