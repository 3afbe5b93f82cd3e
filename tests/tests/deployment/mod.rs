//! The deployment in infra/ matches the code: Terraform, Dockerfile, runbook and operator's commands are
//! compared with the functions themselves.

mod alerts;
mod backfill;
mod buckets;
mod deployed_roles;
mod iam;
mod image;
mod operator;
mod runbook;
mod schedules;
mod services;

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use hcl::Expression;
use local_cloud::{bigquery::views, cloud::RAW_BUCKET, functions, pubsub, replay::AS_DEPLOYED};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::{
    Clock,
    env::{Environment, api_bucket, raw_bucket},
    google::bigquery,
    nba::SlateDay,
    service::{INVOCATION_DEADLINE, dead_letter, event},
    sources::Source,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};
use tests::{
    Cloud, Function, HandClock, Reply, Stub,
    feed::of_the_nba,
    files::below,
    skipped,
    terraform::{Module, attribute, block, blocks, everywhere, field, fields, infra, names, text},
};

/// The roles that a function may have, each on a single resource unless noted otherwise.
const ROLES_OF_FUNCTION: [(&str, &[&str]); 4] = [
    (
        "scrape-live-boxscores",
        &[
            "api: roles/storage.objectViewer",
            "raw: roles/storage.objectCreator",
            "raw: roles/storage.objectViewer",
            "secret BDL_API_KEY",
        ],
    ),
    (
        "process-live-boxscores",
        &[
            "raw dead-letter/: roles/storage.objectUser",
            "raw staging/: roles/storage.objectUser",
            "raw: roles/storage.objectViewer",
            "writes nba_raw.bdl_live_boxscores",
        ],
    ),
    (
        "export-tonight",
        &[
            "api: roles/storage.objectUser",
            "publishes complete",
            "raw dead-letter/: roles/storage.objectUser",
            "raw: roles/storage.objectViewer",
        ],
    ),
    (
        "export-live",
        &["api: roles/storage.objectUser", "raw: roles/storage.objectViewer", "secret BDL_API_KEY"],
    ),
];

/// Every role that Terraform grants in the project.
const ALL_ROLES: [&str; 11] = [
    "roles/bigquery.dataEditor",
    "roles/bigquery.dataViewer",
    "roles/bigquery.jobUser",
    "roles/eventarc.eventReceiver",
    "roles/pubsub.publisher",
    "roles/pubsub.subscriber",
    "roles/run.invoker",
    "roles/secretmanager.secretAccessor",
    "roles/storage.objectCreator",
    "roles/storage.objectUser",
    "roles/storage.objectViewer",
];

fn root() -> Module {
    Module::read("")
}

fn service() -> Module {
    Module::read("modules/service")
}

/// The names of the crates under `functions/`.
fn functions_in_code() -> BTreeSet<String> {
    fs::read_dir(infra().join("../functions"))
        .expect("functions")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_str().expect("a name").to_owned())
        .collect()
}

/// The map of functions in Terraform.
fn deployed(root: &Module) -> BTreeMap<String, &Expression> {
    fields(root.local("functions"))
}

/// A field of a function whose value is a map.
fn map<'a>(function: &'a Expression, name: &str) -> BTreeMap<String, &'a Expression> {
    field(function, name).map(fields).unwrap_or_default()
}

/// The environment variables of a deployed function; secrets have a placeholder value.
fn variables(root: &Module, function: &Expression) -> BTreeMap<String, String> {
    let all = fields(root.local("environment")).into_iter().chain(map(function, "environment"));
    let plain = all.map(|(name, value)| (name, root.value(value).unwrap_or_else(|| "a-project".into())));
    let secret = map(function, "secrets").into_keys().map(|name| (name, "a-secret".to_owned()));
    plain.chain(secret).collect()
}

/// The tables that the queries in a folder name.
fn tables_in(folder: &str) -> BTreeSet<String> {
    let Ok(files) = fs::read_dir(infra().join("..").join(folder)) else { return BTreeSet::new() };
    let of_file = |path: PathBuf| {
        let sql = fs::read_to_string(path).expect("a query");
        let code: Vec<String> = sql
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let tables = code.windows(2).filter(|words| ["FROM", "JOIN"].contains(&words[0].as_str()));
        tables.map(|words| words[1].clone()).filter(|table| table.contains('.')).collect::<Vec<_>>()
    };
    files.flat_map(|file| of_file(file.expect("a file").path())).collect()
}

/// Terraform resources that manage a dataset or a table, with the expression that determines their number.
fn managed_tables(root: &Module) -> BTreeMap<String, String> {
    let kinds = ["google_bigquery_table", "google_bigquery_dataset"];
    root.blocks("resource")
        .filter(|block| kinds.contains(&block.labels()[0].as_str()))
        .map(|block| {
            let name = format!("{}.{}", block.labels()[0].as_str(), block.labels()[1].as_str());
            (name, attribute(block.body(), "for_each").expect("for_each").to_string())
        })
        .collect()
}
