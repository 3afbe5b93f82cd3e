//! `backfill`: exports past nights again, with one call of `export-live` per date.
//!
//! Each date that succeeds is recorded in a file, so that an interrupted run resumes where it stopped.
//! Dates that fail are listed at the end and retried by the next run.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use chrono::{NaiveDate, Utc};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Client, StatusCode, Url, header::RETRY_AFTER};
use shared::{nba::SlateDay, retry::retry_after};

/// Longer than the longest invocation of a function.
const CALL_LIMIT: Duration = Duration::from_secs(120);
/// Attempts per date before the run moves on to the next date.
const ATTEMPTS: u32 = 3;

/// Export past nights again, with one call of export-live per date.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The first date, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    from: SlateDay,
    /// The last date, which must be in the past
    #[arg(long, value_name = "DATE")]
    to: SlateDay,
    /// Where export-live is called: `make run`'s, or a deployed one's https URL
    #[arg(long, default_value = "http://127.0.0.1:8084")]
    url: Url,
    /// The issuer of identity tokens for callers of a loopback URL: the local cloud
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    issuer: Url,
    /// Seconds between two dates; BallDontLie allows 600 calls a minute, and the scheduled exports use some
    /// of them
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pause: f64,
    /// The file in which completed dates are recorded
    #[arg(long, value_name = "FILE", default_value = ".backfill")]
    done: PathBuf,
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

/// The completed dates of each function, one per line: `2026-01-09 https://…`.
struct Done {
    lines: BTreeSet<String>,
    file: File,
}

impl Done {
    fn open(path: &Path) -> io::Result<Self> {
        let lines = match std::fs::read_to_string(path) {
            Ok(text) => text.lines().map(str::to_owned).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { lines, file: File::options().append(true).create(true).open(path)? })
    }

    fn note(&mut self, line: String) -> io::Result<()> {
        writeln!(self.file, "{line}")?;
        self.file.sync_data()?;
        self.lines.insert(line);
        Ok(())
    }
}

impl Arguments {
    async fn run(&self) -> Result<bool, String> {
        let today = SlateDay::of(Utc::now());
        if self.from > self.to {
            return Err(format!("--from {} is after --to {}", self.from, self.to));
        }
        if self.to >= today {
            return Err(format!("--to {}: must be before today, {today}", self.to));
        }
        let pause = Duration::try_from_secs_f64(self.pause).map_err(|error| format!("--pause: {error}"))?;
        let cannot = |error: io::Error| format!("{}: {error}", self.done.display());
        let mut done = Done::open(&self.done).map_err(cannot)?;
        let line = |day: NaiveDate| format!("{day} {}", self.url);
        let days: Vec<NaiveDate> =
            self.from.date().iter_days().take_while(|day| *day <= self.to.date()).collect();
        let open: Vec<NaiveDate> =
            days.iter().copied().filter(|day| !done.lines.contains(&line(*day))).collect();

        let http = Client::builder().timeout(CALL_LIMIT).build().map_err(|error| error.to_string())?;
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} dates  {msg}");
        let bar = ProgressBar::new(open.len() as u64)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let mut token = None;
        let mut failed = Vec::new();
        for (nth, day) in open.iter().enumerate() {
            if nth > 0 {
                tokio::time::sleep(pause).await;
            }
            bar.set_message(day.to_string());
            match self.export(&http, *day, &mut token, pause).await {
                Ok(()) => done.note(line(*day)).map_err(cannot)?,
                Err(reason) => failed.push((day, reason)),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let mut out = io::stdout();
        let said = |error: io::Error| error.to_string();
        let (exported, before) = (open.len() - failed.len(), days.len() - open.len());
        writeln!(out, "exported: {exported}, done before: {before}, failed: {}", failed.len())
            .map_err(said)?;
        for (day, reason) in &failed {
            writeln!(out, "  {day}  {reason}").map_err(said)?;
        }
        Ok(failed.is_empty())
    }

    /// Exports one date; returns the error message if it fails.
    async fn export(
        &self,
        http: &Client,
        day: NaiveDate,
        token: &mut Option<String>,
        pause: Duration,
    ) -> Result<(), String> {
        let mut last = String::new();
        for attempt in 1..=ATTEMPTS {
            let bearer = match token {
                Some(token) => token.clone(),
                None => token.insert(self.token(http).await?).clone(),
            };
            let body = serde_json::json!({ "target_date": day }).to_string();
            let call = http.post(self.url.clone()).bearer_auth(bearer).body(body).send().await;
            let mut wait = pause * 2_u32.pow(attempt);
            match call {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => {
                    let status = answer.status();
                    let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                    wait =
                        wait.max(asked.and_then(|value| retry_after(value, Utc::now())).unwrap_or_default());
                    last = format!("{status}: {}", answer.text().await.unwrap_or_default());
                    match status {
                        // A token lives for an hour; a backfill may take longer.
                        StatusCode::UNAUTHORIZED => *token = None,
                        StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                            return Err(last);
                        }
                        _ => {}
                    }
                }
                Err(error) => last = error.to_string(),
            }
            if attempt < ATTEMPTS {
                tokio::time::sleep(wait).await;
            }
        }
        Err(last)
    }

    /// An identity token for the function: from the local cloud on loopback, otherwise the operator's own.
    async fn token(&self, http: &Client) -> Result<String, String> {
        if let Ok(token) = std::env::var("IDENTITY_TOKEN") {
            return Ok(token);
        }
        let audience = self.url.as_str().trim_end_matches('/');
        if matches!(self.url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            let path = "computeMetadata/v1/instance/service-accounts/default/identity";
            let url = self.issuer.join(path).map_err(|error| format!("--issuer: {error}"))?;
            let answer = http.get(url).query(&[("audience", audience)]).send().await;
            let answer = answer.and_then(reqwest::Response::error_for_status);
            let text = match answer {
                Ok(answer) => answer.text().await,
                Err(error) => Err(error),
            };
            return text.map_err(|error| format!("no identity token from --issuer {}: {error}", self.issuer));
        }
        let gcloud =
            tokio::process::Command::new("gcloud").args(["auth", "print-identity-token"]).output().await;
        let output = gcloud.map_err(|error| {
            format!("no identity token: gcloud could not be run: {error}; install it or set IDENTITY_TOKEN")
        })?;
        if !output.status.success() {
            return Err(format!(
                "no identity token: gcloud failed: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            ));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}
