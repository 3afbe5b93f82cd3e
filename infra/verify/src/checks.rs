//! The checks, in the order in which they run.

use std::{future::Future, pin::Pin, process::Command, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::Utc;
use local_cloud::delivery::Subscription;
use process_live_boxscores::job_name;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use shared::{service::dead_letter, sources::Source};
use tokio::time::Instant;

use crate::{
    recorded::{Answer, Recorder},
    target::Target,
};

/// The outcome of a check that did not fail.
pub enum Verdict {
    Holds,
    Skipped(String),
}

/// The expectation and the actual result of a failed check.
type Checked = Result<Verdict, String>;
type Running<'a> = Pin<Box<dyn Future<Output = Checked> + 'a>>;

/// A check.
pub struct Check(for<'a> fn(&'a Target, &'a Recorder) -> Running<'a>);

impl Check {
    pub async fn run(&self, target: &Target, recorder: &Recorder) -> Checked {
        (self.0)(target, recorder).await
    }
}

/// Every check, with its name.
pub const CHECKS: [(&str, Check); 9] = [
    ("a scrape keeps a snapshot", Check(|t, r| Box::pin(scrape(t, r)))),
    ("two scrapes at once succeed, whichever is first", Check(|t, r| Box::pin(scrape_twice(t, r)))),
    ("a snapshot becomes rows, and its event again adds none", Check(|t, r| Box::pin(rows_once(t, r)))),
    (
        "after a load job that fails a second attempt lands the rows",
        Check(|t, r| Box::pin(second_attempt(t, r))),
    ),
    ("a message that cannot be understood is a dead letter", Check(|t, r| Box::pin(bad_message(t, r)))),
    ("an object that exists is not created again", Check(|t, r| Box::pin(create_over(t, r)))),
    ("anyone reads the public documents, from any page that may", Check(|t, r| Box::pin(public_read(t, r)))),
    ("the subscriptions are set as Terraform sets them", Check(|t, r| Box::pin(subscriptions(t, r)))),
    ("a second terraform plan changes nothing", Check(|t, _| Box::pin(plan(t)))),
];

/// The slate day of the invented games; no real game was played on it.
const DAY: &str = "2001-01-01";
/// The timeout of every wait without a timeout of its own.
const SOON: Duration = Duration::from_secs(90);
/// The processor's first pause after a failed job is two minutes, and Eventarc's next delivery after that
/// may take as long again.
const SECOND_ATTEMPT: Duration = Duration::from_secs(420);
/// The number of attempts to cancel a job before it ends by itself.
const CANCELLATIONS: usize = 6;
/// The origin of a page that may read the public documents.
const ORIGIN: &str = "http://localhost:3000";

async fn scrape(target: &Target, recorder: &Recorder) -> Checked {
    let answer = call(target, recorder, "scrape-live-boxscores", "{}").await?;
    expect("status 200 of the scraper", answer.status.as_u16() == 200, &answer)?;
    let path = answer.json["path"].as_str().unwrap_or_default().to_owned();
    let kept = get(target, recorder, object(target, &target.raw_bucket, &path, "alt=media")?).await?;
    expect(
        &format!("a snapshot at gs://{}/{path}", target.raw_bucket),
        kept.json["pollId"].is_string(),
        &kept,
    )
}

/// The scraper may create objects but not replace them. For a second poll in the same second Cloud Storage
/// may answer 403 instead of 412, and the scraper must treat both alike.
async fn scrape_twice(target: &Target, recorder: &Recorder) -> Checked {
    for _ in 0..3 {
        let (first, second) = tokio::join!(
            call(target, recorder, "scrape-live-boxscores", "{}"),
            call(target, recorder, "scrape-live-boxscores", "{}"),
        );
        let (first, second) = (first?, second?);
        expect("status 200 of the first scrape", first.status.as_u16() == 200, &first)?;
        expect("status 200 of the second scrape", second.status.as_u16() == 200, &second)?;
    }
    Ok(Verdict::Holds)
}

async fn rows_once(target: &Target, recorder: &Recorder) -> Checked {
    let (name, generation) = upload_snapshot(target, recorder, "rows").await?;
    wait_for_rows(target, recorder, &name, SOON).await?;
    let again = deliver(target, recorder, &name, generation).await?;
    expect("the status already_stored", again.json["status"] == "already_stored", &again)?;
    let rows = rows_of(target, recorder, &name).await?;
    if rows != 2 {
        return Err(format!("expected 2 rows of {name}, found {rows}"));
    }
    Ok(Verdict::Holds)
}

/// Fails the first attempt by cancelling its job, which is only possible while the job runs.
async fn second_attempt(target: &Target, recorder: &Recorder) -> Checked {
    for _ in 0..CANCELLATIONS {
        let (name, generation) = upload_snapshot(target, recorder, "second").await?;
        let job = job_name(&target.raw_bucket, &name, generation);
        if !cancelled(target, recorder, &format!("{job}-1")).await? {
            continue;
        }
        wait_for_rows(target, recorder, &name, SECOND_ATTEMPT).await?;
        let second = get(target, recorder, job_url(target, &format!("{job}-2"), "")?).await?;
        let succeeded =
            second.json["status"]["state"] == "DONE" && second.json["status"]["errorResult"].is_null();
        expect("a second job that has succeeded", succeeded, &second)?;
        return Ok(Verdict::Holds);
    }
    Err(format!(
        "expected to cancel one of {CANCELLATIONS} load jobs, but each ended before it was cancelled"
    ))
}

/// Cancels a load job as soon as it exists; returns whether the job failed because of that.
async fn cancelled(target: &Target, recorder: &Recorder, job: &str) -> Result<bool, String> {
    let begun = Instant::now();
    while begun.elapsed() < SOON {
        let answer = post(target, recorder, job_url(target, job, "/cancel")?, None).await?;
        if answer.status.is_success() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    while begun.elapsed() < SOON {
        let answer = get(target, recorder, job_url(target, job, "")?).await?;
        if answer.json["status"]["state"] == "DONE" {
            return Ok(answer.json["status"]["errorResult"]["reason"] == "stopped");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(format!("expected the job {job} to end within {SOON:?}"))
}

async fn bad_message(target: &Target, recorder: &Recorder) -> Checked {
    let data = BASE64_STANDARD.encode(json!({"export_types": ["verify"]}).to_string());
    let path = format!("v1/projects/{}/topics/{}:publish", target.project, target.trigger_topic);
    let body = json!({"messages": [{ "data": data }]});
    let published = post(target, recorder, join(&target.pubsub, &path)?, Some(body)).await?;
    let id = published.json["messageIds"][0].as_str().unwrap_or_default().to_owned();
    expect("a message id", !id.is_empty(), &published)?;
    let letter = format!("{}export-tonight/{id}.json", dead_letter::PREFIX);
    let begun = Instant::now();
    loop {
        let kept = get(target, recorder, object(target, &target.raw_bucket, &letter, "alt=media")?).await?;
        if kept.status.is_success() {
            return expect(
                "a reason that names the field",
                kept.json["reason"].as_str().is_some_and(|it| it.contains("export_types")),
                &kept,
            );
        }
        if begun.elapsed() > SOON {
            return Err(format!("expected the dead letter {letter} within {SOON:?}"));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn create_over(target: &Target, recorder: &Recorder) -> Checked {
    let name = format!("staging/verify-{}.ndjson", Utc::now().timestamp_micros());
    let first = upload(target, recorder, &name, "{}", Some(0)).await?;
    expect("status 200 of the first upload", first.status.as_u16() == 200, &first)?;
    let second = upload(target, recorder, &name, "{}", Some(0)).await?;
    expect("status 412 of the second upload", second.status.as_u16() == 412, &second)
}

async fn public_read(target: &Target, recorder: &Recorder) -> Checked {
    let exported = call(target, recorder, "export-live", "{}").await?;
    expect("status 200 of the live export", exported.status.as_u16() == 200, &exported)?;
    let url = join(&target.storage, &format!("{}/v1/status.json", target.api_bucket))?;
    let answer = recorder.call(Method::GET, url, None, |it| it.header("origin", ORIGIN)).await?;
    expect("status 200 without a token", answer.status.as_u16() == 200, &answer)?;
    let header =
        |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let allowed = header("access-control-allow-origin");
    expect(
        &format!("access-control-allow-origin: {ORIGIN} or *"),
        allowed == "*" || allowed == ORIGIN,
        &answer,
    )?;
    expect("cache-control: public, max-age=60", header("cache-control") == "public, max-age=60", &answer)?;
    expect("content-type: application/json", header("content-type").starts_with("application/json"), &answer)
}

async fn subscriptions(target: &Target, recorder: &Recorder) -> Checked {
    let path = format!("v1/projects/{}/locations/{}/triggers", target.project, target.location);
    let triggers = get(target, recorder, join(&target.eventarc, &path)?).await?;
    let list = triggers.json["triggers"].as_array().cloned().unwrap_or_default();
    expect("a list of three triggers", list.len() == 3, &triggers)?;
    let deployed = Subscription::deployed();
    for trigger in list {
        let name = trigger["transport"]["pubsub"]["subscription"].as_str().unwrap_or_default().to_owned();
        let settings = get(target, recorder, join(&target.pubsub, &format!("v1/{name}"))?).await?;
        let seconds = |pause: Duration| json!(format!("{}s", pause.as_secs()));
        let (retry, dead) = (&settings.json["retryPolicy"], &settings.json["deadLetterPolicy"]);
        let is_set = settings.json["ackDeadlineSeconds"] == deployed.ack_deadline.as_secs()
            && retry["minimumBackoff"] == seconds(deployed.min_back_off)
            && retry["maximumBackoff"] == seconds(deployed.max_back_off)
            && dead["maxDeliveryAttempts"] == deployed.attempts;
        expect(&format!("the settings {deployed:?} of {name}"), is_set, &settings)?;
    }
    Ok(Verdict::Holds)
}

async fn plan(target: &Target) -> Checked {
    if !target.is_deployed {
        return Ok(Verdict::Skipped("the local cloud has no Terraform state".into()));
    }
    let commit = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    let commit = commit.map_err(|error| format!("git: {error}"))?;
    let mut terraform = Command::new("terraform");
    terraform.args(["-chdir=infra/terraform", "plan", "-detailed-exitcode", "-input=false", "-no-color"]);
    terraform.arg(format!("-var=project={}", target.project)).arg(format!("-var=region={}", target.location));
    terraform.arg(format!("-var=image_tag={}", String::from_utf8_lossy(&commit.stdout).trim()));
    let values = format!("{}.tfvars", target.project);
    if std::path::Path::new("infra/terraform").join(&values).is_file() {
        terraform.arg(format!("-var-file={values}"));
    }
    let output = terraform.output().map_err(|error| format!("terraform: {error}"))?;
    match output.status.code() {
        Some(0) => Ok(Verdict::Holds),
        code => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let changes: Vec<&str> = said.lines().filter(|line| line.contains(" will be ")).collect();
            Err(format!(
                "expected a plan without changes, got exit status {code:?} and {}",
                changes.join("; ")
            ))
        }
    }
}

/// Writes a snapshot of one invented game with two players to the raw bucket; returns its name and
/// generation.
async fn upload_snapshot(target: &Target, recorder: &Recorder, what: &str) -> Result<(String, i64), String> {
    let now = Utc::now();
    let player = |id: i64, name: &str| json!({"min": "12", "pts": 10, "player": {"id": id, "first_name": "Verify", "last_name": name}});
    let game = json!({
        "id": 1, "date": DAY, "status": "3rd Qtr", "period": 3, "time": "Q3 6:35",
        "home_team_score": 10, "visitor_team_score": 10,
        "home_team": {"id": 2, "abbreviation": "BOS", "players": [player(1, "One")]},
        "visitor_team": {"id": 3, "abbreviation": "BKN", "players": [player(2, "Two")]},
    });
    let poll = json!({
        "timestamp": now, "pollId": now.format("%Y%m%dT%H%M%SZ").to_string(), "gameCount": 1, "liveBoxes": [game],
    });
    let name = format!("{}{DAY}/{what}_{}.json", Source::BallDontLie.snapshots(), now.timestamp_micros());
    let answer = upload(target, recorder, &name, &poll.to_string(), None).await?;
    expect("status 200 of the upload", answer.status.as_u16() == 200, &answer)?;
    let generation = answer.json["generation"].as_str().and_then(|text| text.parse().ok());
    Ok((name, generation.ok_or("expected a generation of the upload")?))
}

async fn upload(
    target: &Target,
    recorder: &Recorder,
    name: &str,
    body: &str,
    if_generation: Option<i64>,
) -> Result<Answer, String> {
    let mut url = join(&target.storage, &format!("upload/storage/v1/b/{}/o", target.raw_bucket))?;
    url.query_pairs_mut().append_pair("uploadType", "multipart").append_pair("name", name);
    if let Some(generation) = if_generation {
        url.query_pairs_mut().append_pair("ifGenerationMatch", &generation.to_string());
    }
    let json = "content-type: application/json";
    let parts = format!("--verify\r\n{json}\r\n\r\n{{}}\r\n--verify\r\n{json}\r\n\r\n{body}\r\n--verify--");
    let fill = |it: reqwest::RequestBuilder| {
        authorized(target, it).header("content-type", "multipart/related; boundary=verify")
    };
    recorder.call(Method::POST, url, Some(parts.into_bytes()), fill).await
}

async fn wait_for_rows(
    target: &Target,
    recorder: &Recorder,
    name: &str,
    within: Duration,
) -> Result<(), String> {
    let begun = Instant::now();
    while begun.elapsed() < within {
        if rows_of(target, recorder, name).await? == 2 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    Err(format!("expected 2 rows of {name} within {within:?}"))
}

/// The number of rows of a snapshot in the table.
async fn rows_of(target: &Target, recorder: &Recorder, name: &str) -> Result<u64, String> {
    let jobs = format!("bigquery/v2/projects/{}/queries", target.project);
    let path = format!("gs://{}/{name}", target.raw_bucket);
    let sql = "SELECT COUNT(*) AS n FROM nba_raw.bdl_live_boxscores WHERE game_date = @day AND source_file_path = @path";
    let parameter = |name: &str, kind: &str, value: &str| json!({"name": name, "parameterType": {"type": kind}, "parameterValue": {"value": value}});
    let body = json!({
        "query": sql, "useLegacySql": false, "location": target.location, "parameterMode": "NAMED",
        "queryParameters": [parameter("day", "DATE", DAY), parameter("path", "STRING", &path)],
    });
    let mut answer = post(target, recorder, join(&target.bigquery, &jobs)?, Some(body)).await?;
    while answer.json["jobComplete"] == false {
        let id = answer.json["jobReference"]["jobId"].as_str().unwrap_or_default();
        let mut url = join(&target.bigquery, &format!("{jobs}/{id}"))?;
        url.query_pairs_mut().append_pair("location", &target.location);
        answer = get(target, recorder, url).await?;
    }
    let count = answer.json["rows"][0]["f"][0]["v"].as_str().and_then(|text| text.parse().ok());
    count.ok_or_else(|| format!("expected a count of rows, got {} {}", answer.status, answer.json))
}

/// Delivers a snapshot's event to the processor, as Eventarc does.
async fn deliver(
    target: &Target,
    recorder: &Recorder,
    name: &str,
    generation: i64,
) -> Result<Answer, String> {
    let url = target.function("process-live-boxscores")?;
    let token = target.identity_token(&url);
    let event = json!({"bucket": target.raw_bucket, "name": name, "generation": generation.to_string()});
    let fill = |it: reqwest::RequestBuilder| {
        it.bearer_auth(token)
            .header("content-type", "application/json")
            .header("ce-specversion", "1.0")
            .header("ce-id", format!("verify-{generation}"))
            .header("ce-type", shared::service::event::OBJECT_FINALIZED)
            .header("ce-source", "//storage.googleapis.com/projects/_/buckets/verify")
    };
    recorder.call(Method::POST, url, Some(event.to_string().into_bytes()), fill).await
}

/// Calls a function over HTTP.
async fn call(target: &Target, recorder: &Recorder, name: &str, body: &str) -> Result<Answer, String> {
    let url = target.function(name)?;
    let token = target.identity_token(&url);
    let fill = |it: reqwest::RequestBuilder| it.bearer_auth(token).header("content-type", "application/json");
    recorder.call(Method::POST, url, Some(body.as_bytes().to_vec()), fill).await
}

async fn get(target: &Target, recorder: &Recorder, url: Url) -> Result<Answer, String> {
    recorder.call(Method::GET, url, None, |it| authorized(target, it)).await
}

async fn post(target: &Target, recorder: &Recorder, url: Url, body: Option<Value>) -> Result<Answer, String> {
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let fill = |it| authorized(target, it).header("content-type", "application/json");
    recorder.call(Method::POST, url, Some(body), fill).await
}

fn authorized(target: &Target, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    match &target.access_token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

fn join(base: &Url, path: &str) -> Result<Url, String> {
    base.join(path).map_err(|error| format!("{path}: {error}"))
}

fn object(target: &Target, bucket: &str, name: &str, query: &str) -> Result<Url, String> {
    let name = name.replace('/', "%2F");
    join(&target.storage, &format!("storage/v1/b/{bucket}/o/{name}?{query}"))
}

fn job_url(target: &Target, job: &str, action: &str) -> Result<Url, String> {
    let path = format!("bigquery/v2/projects/{}/jobs/{job}{action}", target.project);
    let mut url = join(&target.bigquery, &path)?;
    url.query_pairs_mut().append_pair("location", &target.location);
    Ok(url)
}

fn expect(what: &str, holds: bool, answer: &Answer) -> Checked {
    if holds {
        Ok(Verdict::Holds)
    } else {
        Err(format!("expected {what}, got {} {}", answer.status, answer.json))
    }
}
