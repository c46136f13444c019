//! An app on `footballscore`, as it is: for each line of standard input it requests the live match of a team, and prints it.

use std::io::stdin;

use footballscore::football_api::{ClubInfo, FootballApi};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let api = FootballApi::new("any", "v3.football.api-sports.io");
    for team in stdin().lines() {
        let team = team.expect("a line").parse().expect("the number of a team");
        let live = ClubInfo::from_parameter(team, 0, "all".into(), "".into());
        match api.get_fixture_data(&live).await {
            Ok(data) => println!("{}", serde_json::to_string(&data.response).expect("JSON")),
            Err(error) => println!("{:?}", error.to_string()),
        }
    }
}
