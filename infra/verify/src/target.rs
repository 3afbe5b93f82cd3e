//! The verified system: a deployed project, or a local cloud that is started for the purpose.

use std::{collections::BTreeMap, process::Command, sync::Arc, time::Duration};

use chrono::TimeDelta;
use local_cloud::{
    functions::{self, audience, listen},
    latency::Latency,
    night::Night,
    replay::{Pace, Replay, TICK},
};
use reqwest::Url;
use tempfile::TempDir;

/// The speed of the local clock relative to real time: the minutes between two attempts at a load job
/// become seconds.
const SPEED: f64 = 120.0;

/// The addresses of the system and the credentials for calling it.
pub struct Target {
    pub project: String,
    pub location: String,
    pub raw_bucket: String,
    pub api_bucket: String,
    pub trigger_topic: String,
    pub storage: Url,
    pub bigquery: Url,
    pub pubsub: Url,
    pub eventarc: Url,
    functions: BTreeMap<&'static str, Url>,
    /// The operator's access token for Google's APIs; `None` if none is needed.
    pub access_token: Option<String>,
    identity: Identity,
    /// Whether there is a Terraform state to plan against.
    pub is_deployed: bool,
}

enum Identity {
    Operator(String),
    Local(Box<Local>),
}

struct Local {
    replay: Replay,
    _folder: TempDir,
}

impl Target {
    /// A deployed project, accessed with the operator's own gcloud.
    pub async fn deployed(
        project: &str,
        region: &str,
        raw_bucket: &str,
        api_bucket: &str,
    ) -> Result<Self, String> {
        let mut functions = BTreeMap::new();
        for name in functions::NAMES {
            let [project, region] = [format!("--project={project}"), format!("--region={region}")];
            let described = gcloud(&[
                "run",
                "services",
                "describe",
                name,
                &project,
                &region,
                "--format=value(status.url)",
            ])?;
            functions.insert(name, url(&described)?);
        }
        Ok(Self {
            project: project.to_owned(),
            location: region.to_owned(),
            raw_bucket: raw_bucket.to_owned(),
            api_bucket: api_bucket.to_owned(),
            trigger_topic: local_cloud::pubsub::TRIGGER_TOPIC.to_owned(),
            storage: url("https://storage.googleapis.com/")?,
            bigquery: url("https://bigquery.googleapis.com/")?,
            pubsub: url("https://pubsub.googleapis.com/")?,
            eventarc: url("https://eventarc.googleapis.com/")?,
            functions,
            access_token: Some(gcloud(&["auth", "print-access-token"])?),
            identity: Identity::Operator(gcloud(&["auth", "print-identity-token"])?),
            is_deployed: true,
        })
    }

    /// A local cloud in the middle of the sample night, with the functions running.
    pub async fn local() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let night = Arc::new(Night::sample().map_err(|error| error.to_string())?);
        let begins = night.first_tip_off() + TimeDelta::minutes(30);
        let listener = listen(0).await.map_err(|error| error.to_string())?;
        let pace = Pace { speed: SPEED, seed: 1, every: TICK };
        let replay = Replay::start_at(begins, folder.path(), listener, 0, night.clone(), pace).await;
        let replay = replay.map_err(|error| error.to_string())?;
        // Long enough to cancel a job while it runs, as on real BigQuery.
        replay.cloud.latencies.set(Latency { load_job: Duration::from_millis(800), ..Latency::default() });
        let clock = replay.cloud.clock.clone();
        tokio::spawn(async move { clock.run_until(night.ends()).await });
        let url = &replay.cloud.url;
        Ok(Self {
            project: local_cloud::pubsub::PROJECT.to_owned(),
            location: local_cloud::bigquery::LOCATION.to_owned(),
            raw_bucket: local_cloud::cloud::RAW_BUCKET.to_owned(),
            api_bucket: local_cloud::cloud::API_BUCKET.to_owned(),
            trigger_topic: local_cloud::pubsub::TRIGGER_TOPIC.to_owned(),
            storage: url.clone(),
            bigquery: url.clone(),
            pubsub: url.clone(),
            eventarc: url.clone(),
            functions: BTreeMap::from([
                ("scrape-live-boxscores", replay.functions.scrape_live_boxscores.clone()),
                ("process-live-boxscores", replay.functions.process_live_boxscores.clone()),
                ("export-tonight", replay.functions.export_tonight.clone()),
                ("export-live", replay.functions.export_live.clone()),
            ]),
            access_token: None,
            identity: Identity::Local(Box::new(Local { replay, _folder: folder })),
            is_deployed: false,
        })
    }

    /// The URL of the function `name`.
    pub fn function(&self, name: &str) -> Result<Url, String> {
        self.functions.get(name).cloned().ok_or_else(|| format!("there is no function {name}"))
    }

    /// An identity token for a function.
    pub fn identity_token(&self, function: &Url) -> String {
        match &self.identity {
            Identity::Operator(token) => token.clone(),
            Identity::Local(local) => local.replay.cloud.delivery.identity_token(&audience(function)),
        }
    }

    /// The texts that no record may contain, with their replacements.
    pub fn secrets(&self) -> Vec<(String, &'static str)> {
        let mut secrets: Vec<(String, &'static str)> =
            // A subscription's endpoint has no slash at its end.
            self.functions.iter().map(|(name, url)| (url.as_str().trim_end_matches('/').to_owned(), *name)).collect();
        if let Some(token) = &self.access_token {
            secrets.push((token.clone(), "TOKEN"));
            let account = gcloud(&["config", "get-value", "account"]).unwrap_or_default();
            secrets.extend((!account.is_empty()).then_some((account, "ACCOUNT")));
        }
        secrets.push((self.raw_bucket.clone(), "RAW-BUCKET"));
        secrets.push((self.api_bucket.clone(), "API-BUCKET"));
        if self.is_deployed {
            let number = gcloud(&["projects", "describe", &self.project, "--format=value(projectNumber)"]);
            secrets.extend(number.ok().filter(|number| !number.is_empty()).map(|it| (it, "PROJECT-NUMBER")));
            secrets.push((self.project.clone(), "PROJECT"));
        } else {
            secrets.push((self.storage.to_string(), "CLOUD/"));
        }
        secrets
    }
}

fn url(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| format!("{text:?}: {error}"))
}

fn gcloud(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("gcloud").args(arguments).output();
    let output = output.map_err(|error| format!("gcloud: {error}; it is needed for a deployed project"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("gcloud {}: {}", arguments.join(" "), said.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
