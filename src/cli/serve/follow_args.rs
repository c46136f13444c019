//! `--follow`: playing the replay of another server.

use std::path::PathBuf;
use std::sync::Arc;

use crate::client::{Address, FollowedReplay, Trust};
use crate::error::{Error, Result};

use super::super::print::sanitise;
use super::super::remote::TOKEN_VARIABLE;
use super::super::secret::Secret;
use super::super::served_scenarios::ServedScenarios;
use crate::server::CatalogueEntry;

/// The replay of another server.
#[derive(Debug, clap::Args)]
pub struct FollowArgs {
    /// Play what another server plays, at the same moments: its scenario, and each command. Commands here are passed on. Where
    /// that server requires a token for control: token= in the URL, or TOUCHLINE_TOKEN
    #[arg(long, value_name = "URL", conflicts_with_all = ["scenarios", "align", "results", "speed", "pace", "fit", "from", "until",
        "looping", "hold", "paused", "wait_for", "once", "wall", "now", "recorded_dates", "faults", "seed"])]
    follow: Option<String>,
    /// With --follow and https://: trust only the certificates in this PEM file
    #[arg(long, value_name = "PEM", requires = "follow")]
    follow_ca: Option<PathBuf>,
}

impl FollowArgs {
    /// Whether another server is followed.
    pub fn is_on(&self) -> bool {
        self.follow.is_some()
    }

    /// Fetches what the other server plays.
    pub async fn fetch(&self) -> Result<Option<FollowedReplay>> {
        let Some(url) = &self.follow else { return Ok(None) };
        let mut address = Address::parse(url).map_err(|error| error.context("--follow"))?;
        let trust = match &self.follow_ca {
            Some(path) if address.is_secure() => Trust::from_pem_file(path)?,
            Some(_) => return Err(Error::misuse("--follow-ca: the URL of --follow is not encrypted; write https://")),
            None => Trust::public_authorities()?,
        };
        if address.token().is_none()
            && let Some(token) = Secret::from_env(TOKEN_VARIABLE)
        {
            address = address.with_parameter("token", token.reveal());
        }
        Ok(Some(FollowedReplay::fetch(address, trust).await.map_err(|error| error.context("--follow"))?))
    }
}

/// What a server offers that plays the replay of another one: its scenario, under the name of the replay.
pub fn served_scenarios(followed: &FollowedReplay) -> ServedScenarios {
    let (main, name, scenario) = (followed.timeline().clone(), followed.name().to_owned(), followed.scenario().clone());
    let (about, sources) = (scenario.about.clone(), scenario.sources.clone());
    // The scenario of a private replay is nobody's to open.
    let entry = followed.is_listed().then(|| CatalogueEntry { timeline: Arc::new(main.truth()), about, sources });
    let offered = entry.map(|entry| (name.clone(), entry)).into_iter().collect();
    ServedScenarios { main, scenario, name, trace: None, offered, notes: vec![describe(followed)] }
}

fn describe(followed: &FollowedReplay) -> String {
    format!("{}: following {}", sanitise(followed.timeline().title()), followed.address())
}
