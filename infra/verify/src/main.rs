//! `verify`: checks that a deployed system behaves on real Google Cloud as it does on the local cloud.
//!
//! Without a project it verifies the local cloud, so that the command itself can be tested without a
//! project. Each check prints a line `ok`, or `FAIL` with the expectation; the exit status is 0 only if all
//! checks hold. Requests and answers are recorded, without names and tokens.

mod checks;
mod recorded;
mod target;

use std::{io::Write, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use local_cloud::pubsub::TRIGGER_TOPIC;

use crate::{
    checks::{CHECKS, Verdict},
    recorded::Recorder,
    target::Target,
};

/// Verify a deployed system, or the local cloud.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The id of a deployed, empty project; without it a local cloud is started and verified
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// The region of the deployment
    #[arg(long, default_value = "us-west2")]
    region: String,
    /// The bucket of raw snapshots
    #[arg(long, default_value = "nba-scraped-data")]
    raw_bucket: String,
    /// The public bucket
    #[arg(long, default_value = "nba-props-platform-api")]
    api_bucket: String,
    /// The topic of export requests
    #[arg(long, value_name = "TOPIC", default_value = TRIGGER_TOPIC)]
    trigger_topic: String,
    /// The folder of the recorded traffic; each run replaces the records of the previous one
    #[arg(long, value_name = "DIR", default_value = "infra/verify/recorded")]
    record: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse().run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    async fn run(self) -> Result<bool, String> {
        let started = Instant::now();
        let mut target = match &self.project {
            Some(project) => {
                Target::deployed(project, &self.region, &self.raw_bucket, &self.api_bucket).await?
            }
            None => Target::local().await?,
        };
        target.trigger_topic.clone_from(&self.trigger_topic);
        let recorder = Recorder::new(&self.record, target.secrets()).map_err(|error| error.to_string())?;
        let mut holds = true;
        for (name, check) in CHECKS {
            let line = match check.run(&target, &recorder).await {
                Ok(Verdict::Holds) => format!("  ok       {name}"),
                Ok(Verdict::Skipped(why)) => format!("  skipped  {name}: {why}"),
                Err(found) => {
                    holds = false;
                    format!("  FAIL     {name}: {found}")
                }
            };
            say(&line);
        }
        say(&format!(
            "After {} s; what was sent and answered is in {}.",
            started.elapsed().as_secs(),
            self.record.display()
        ));
        Ok(holds)
    }
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
