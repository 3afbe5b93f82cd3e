//! The messages that ask for an export, and the one that tells what came of it (facts 3.2).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    clock::iso_micros,
    nba::{SlateDay, TargetDay},
};

/// The one export that this function has.
const TONIGHT: &str = "tonight";
/// The `phase` of the message that tells of finished predictions.
const PREDICTIONS: &str = "phase_5_predictions";
/// Of how many percent of the players predictions must be there for an export (facts 3.1).
const ENOUGH_PREDICTIONS: f64 = 80.0;

/// What a message means to this function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    /// Export a day.
    Trigger(Trigger),
    /// Predictions that came to too little for an export, and why: the list stays as it is.
    TooFewPredictions(String),
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trigger {
    pub target: TargetDay,
    /// Whether `all-players.json` may be replaced.
    pub update_latest: bool,
    /// What else was asked for, which nobody here can do.
    pub unknown: Option<String>,
}

/// What a completion repeats of its trigger, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Echo {
    pub correlation_id: Option<String>,
    pub trigger_source: Option<String>,
    pub target_date: Option<String>,
    pub export_types: Vec<String>,
}

impl Message {
    /// Reads a message of either topic: the trigger's own, or the completion of predictions
    /// (`nba-phase5-predictions-complete`), which is a wish for tonight's list of its date.
    pub(crate) fn read(message: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Sender {
            phase: Option<String>,
        }
        if message.trim_ascii().first() != Some(&b'{') {
            return Err("the message is not a JSON object".into());
        }
        let sender: Sender = serde_json::from_slice(message)
            .map_err(|error| format!("the message is no export trigger: {error}"))?;
        match sender.phase.as_deref() {
            Some(PREDICTIONS) => Self::of_predictions(message),
            _ => Trigger::read(message).map(Self::Trigger),
        }
    }

    fn of_predictions(message: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Predictions {
            game_date: SlateDay,
            status: String,
            #[serde(default)]
            metadata: Metadata,
        }
        #[derive(Default, Deserialize)]
        struct Metadata {
            #[serde(default, deserialize_with = "shared::service::event::number_or_text")]
            completion_pct: Option<f64>,
        }
        let predictions: Predictions = serde_json::from_slice(message)
            .map_err(|error| format!("the message is no completion of predictions: {error}"))?;
        if !["success", "partial"].contains(&predictions.status.as_str()) {
            return Ok(Self::TooFewPredictions(format!(
                "the predictions' status is {:?}",
                predictions.status
            )));
        }
        match predictions.metadata.completion_pct {
            Some(percent) if percent < ENOUGH_PREDICTIONS => Ok(Self::TooFewPredictions(format!(
                "{percent} % of the predictions are there, expected {ENOUGH_PREDICTIONS}"
            ))),
            _ => Ok(Self::Trigger(Trigger {
                target: TargetDay::On(predictions.game_date),
                update_latest: true,
                unknown: None,
            })),
        }
    }
}

/// Asks for tonight's list, on the trigger topic. Further fields, of which senders have many, are not
/// looked at, but `correlation_id` and `trigger_source` are repeated in the completion.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ExportTrigger {
    /// What to export: `tonight`. Anything else is completed as failed, and kept as a dead letter.
    pub export_types: Vec<String>,
    /// Of which slate day: `today` unless said otherwise.
    #[serde(default)]
    pub target_date: TargetDay,
    /// Whether `v1/tonight/all-players.json` may be replaced, where the day is today.
    #[serde(default = "yes")]
    pub update_latest: bool,
}

fn yes() -> bool {
    true
}

impl Trigger {
    /// Reads a trigger. Further fields, of which senders have many, are not looked at; a missing
    /// `export_types` is never taken for a wish (facts F30).
    fn read(message: &[u8]) -> Result<Self, String> {
        let message: ExportTrigger = serde_json::from_slice(message)
            .map_err(|error| format!("the message is no export trigger: {error}"))?;
        let unknown: Vec<&str> =
            message.export_types.iter().map(String::as_str).filter(|kind| *kind != TONIGHT).collect();
        let unknown = (!unknown.is_empty())
            .then(|| format!("export_types: {unknown:?} not known, expected {TONIGHT:?}"));
        match unknown {
            None if message.export_types.is_empty() => {
                Err(format!("export_types: empty, expected {TONIGHT:?}"))
            }
            Some(unknown) if !message.export_types.iter().any(|kind| kind == TONIGHT) => Err(unknown),
            unknown => {
                Ok(Self { target: message.target_date, update_latest: message.update_latest, unknown })
            }
        }
    }
}

impl Echo {
    pub(crate) fn of(message: &[u8]) -> Self {
        let message: Value = serde_json::from_slice(message).unwrap_or_default();
        let text = |field: &str| message[field].as_str().map(|text| text.chars().take(200).collect());
        let types = message["export_types"].as_array().into_iter().flatten();
        Self {
            correlation_id: text("correlation_id"),
            trigger_source: text("trigger_source"),
            target_date: text("target_date").or_else(|| text("game_date")),
            export_types: types.filter_map(|kind| kind.as_str().map(Into::into)).take(20).collect(),
        }
    }
}

/// What is published on the completion topic.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ExportCompletion")]
pub struct Completion<'a> {
    /// Always `Phase6Export`.
    processor_name: &'static str,
    /// Always `phase_6_publishing`.
    phase: &'static str,
    /// The trigger's; `scheduled` where it had none.
    correlation_id: &'a str,
    /// When the export ended.
    #[serde(serialize_with = "iso_micros")]
    timestamp: DateTime<Utc>,
    /// What came of it.
    status: Status,
    /// Always `daily`.
    export_type: &'static str,
    /// How long it took.
    duration_seconds: f64,
    /// What is public, by what it is, in the public bucket.
    paths: &'a BTreeMap<&'static str, String>,
    /// What could not be done, for people.
    errors: &'a [String],
    /// The trigger's.
    trigger_source: Option<&'a str>,
    /// The trigger's, as it was written.
    target_date: Option<&'a str>,
    /// The trigger's.
    export_types: &'a [String],
}

/// What came of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExportStatus")]
pub enum Status {
    /// All that was asked for is public, in this version or a newer one.
    Success,
    /// Tonight is public; something else was asked for too.
    Partial,
    /// Nothing was published.
    Failed,
}

impl<'a> Completion<'a> {
    pub(crate) fn new(
        echo: &'a Echo,
        paths: &'a BTreeMap<&'static str, String>,
        errors: &'a [String],
        timestamp: DateTime<Utc>,
        duration_seconds: f64,
    ) -> Self {
        let status = match (errors.is_empty(), paths.is_empty()) {
            (true, _) => Status::Success,
            (false, false) => Status::Partial,
            (false, true) => Status::Failed,
        };
        Self {
            processor_name: "Phase6Export",
            phase: "phase_6_publishing",
            correlation_id: echo.correlation_id.as_deref().unwrap_or("scheduled"),
            timestamp,
            status,
            export_type: "daily",
            duration_seconds,
            paths,
            errors,
            trigger_source: echo.trigger_source.as_deref(),
            target_date: echo.target_date.as_deref(),
            export_types: &echo.export_types,
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str) -> Result<Trigger, String> {
        match Message::read(message.as_bytes())? {
            Message::Trigger(trigger) => Ok(trigger),
            Message::TooFewPredictions(reason) => Err(reason),
        }
    }

    #[test]
    fn a_trigger_is_read_with_its_defaults() {
        let tonight = Trigger { target: TargetDay::Today, update_latest: true, unknown: None };
        assert_eq!(read(r#"{"export_types":["tonight"]}"#), Ok(tonight.clone()));
        assert_eq!(read(r#"{"export_types":["tonight"],"upstream_batch_id":7}"#), Ok(tonight));
        let yesterday =
            read(r#"{"export_types":["tonight"],"target_date":"yesterday","update_latest":false}"#);
        assert_eq!(
            yesterday,
            Ok(Trigger { target: TargetDay::Yesterday, update_latest: false, unknown: None })
        );
    }

    #[test]
    fn finished_predictions_ask_for_the_list_of_their_date() {
        let finished = |more: &str| {
            read(&format!(r#"{{"phase":"phase_5_predictions","game_date":"2026-01-09",{more}}}"#))
        };
        let day = "2026-01-09".parse().expect("a date");
        let wanted = Trigger { target: TargetDay::On(day), update_latest: true, unknown: None };
        assert_eq!(finished(r#""status":"success""#), Ok(wanted.clone()));
        assert_eq!(finished(r#""status":"partial","metadata":{"completion_pct":80}"#), Ok(wanted));
        for (more, reason) in [
            (r#""status":"failed""#, "status is \"failed\""),
            (r#""status":"success","metadata":{"completion_pct":79.9}"#, "79.9 % of the predictions"),
            (r#""state":"success""#, "missing field `status`"),
        ] {
            let error = finished(more).err().unwrap_or_default();
            assert!(error.contains(reason), "{more}: {error}");
        }
    }

    #[test]
    fn f30_what_is_not_understood_is_refused_by_name_and_is_no_other_export() {
        for (message, reason) in [
            ("", "the message is not a JSON object"),
            ("[]", "the message is not a JSON object"),
            ("{", "EOF"),
            (r#"{"players":true,"min_games":5}"#, "missing field `export_types`"),
            (r#"{"export_type":["tonight"]}"#, "missing field `export_types`"),
            (r#"{"export_types":[]}"#, "export_types: empty"),
            (r#"{"export_types":["results"]}"#, r#"export_types: ["results"] not known, expected "tonight""#),
            (
                r#"{"export_types":["tonight"],"target_date":"tomorrow"}"#,
                "target_date: \"tomorrow\" is not a date",
            ),
            (r#"{"export_types":["tonight"],"update_latest":"yes"}"#, "expected a boolean"),
        ] {
            let error = read(message).err().unwrap_or_default();
            assert!(error.contains(reason), "{message}: {error}");
        }
        let mixed = read(r#"{"export_types":["tonight","tonight-players"]}"#).expect("tonight is known");
        assert!(mixed.unknown.is_some_and(|unknown| unknown.contains("tonight-players")));
    }
}
