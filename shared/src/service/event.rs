//! The payloads of the CloudEvents that trigger functions.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use cloudevents::{AttributesReader, Event, EventBuilder, EventBuilderV10};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::HashMap;

use crate::{Error, error::Detail};

/// The type of the event that Cloud Storage sends for a new object.
/// <https://cloud.google.com/eventarc/docs/reference/supported-events>
pub const OBJECT_FINALIZED: &str = "google.cloud.storage.object.v1.finalized";

/// The type of the event that Eventarc creates from a Pub/Sub message.
/// <https://cloud.google.com/eventarc/docs/reference/supported-events>
pub const MESSAGE_PUBLISHED: &str = "google.cloud.pubsub.topic.v1.messagePublished";

/// The data of an object-finalized event: the fields of Cloud Storage's object resource that are used.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct FinalizedObject {
    /// The bucket's name, without a scheme.
    pub bucket: String,
    /// The object's name, without a leading slash.
    pub name: String,
    /// The version of the object that the event is about. Cloud Storage writes it as a string; other
    /// senders as a number.
    #[serde(deserialize_with = "integer_or_text")]
    pub generation: i64,
}

impl FinalizedObject {
    /// Reads the data of an object-finalized event, in whichever form it arrived.
    pub fn of(event: &cloudevents::Event) -> Result<Self, Error> {
        data(event, "a storage object with bucket, name and generation")
    }
}

/// The payload of a message-published event: the message's data, `message.data` in base64
/// (<https://cloud.google.com/eventarc/docs/cloudevents#pubsub>).
pub fn published_message(event: &cloudevents::Event) -> Result<Vec<u8>, Error> {
    #[derive(Deserialize)]
    struct Published {
        message: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        #[serde(default)]
        data: String,
    }
    let published: Published = data(event, "a published message")?;
    decoded(&published.message.data).map_err(|error| Error::permanent(Detail::of("message.data", error)))
}

/// The bytes of a text in either alphabet of base64, with or without padding and line breaks.
fn decoded(text: &str) -> Result<Vec<u8>, String> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let standard: String = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    engine.decode(standard).map_err(|error| format!("not base64: {error}"))
}

/// The event in a bare Pub/Sub push, whose message carries the event's attributes beside its data: an
/// Eventarc subscription delivers it where its own wrapping is off. `None` for any other body.
pub fn bare_push(body: &[u8]) -> Option<Event> {
    #[derive(Deserialize)]
    struct Push {
        message: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        attributes: HashMap<String, String>,
        #[serde(default)]
        data: String,
    }
    let Push { message: Message { attributes, data } } = serde_json::from_slice(body).ok()?;
    let attribute = |name: &str| attributes.get(&format!("ce-{name}"));
    let event = EventBuilderV10::new()
        .id(attribute("id")?)
        .ty(attribute("type")?)
        .source(attribute("source").map_or("//pubsub.googleapis.com", String::as_str));
    // A message-published event carries the whole push body as its data.
    let data = if attribute("type")? == MESSAGE_PUBLISHED { body.to_vec() } else { decoded(&data).ok()? };
    let event = event.data("application/json", data).build().ok()?;
    (!event.id().is_empty()).then_some(event)
}

/// The data of an event, in whichever form it arrived.
fn data<T: DeserializeOwned>(event: &cloudevents::Event, expected: &str) -> Result<T, Error> {
    let data = event.data().ok_or_else(|| Error::permanent("the event has no data"))?;
    let read = match data {
        cloudevents::Data::Binary(bytes) => serde_json::from_slice(bytes),
        cloudevents::Data::String(text) => serde_json::from_str(text),
        cloudevents::Data::Json(value) => serde_json::from_value(value.clone()),
    };
    read.map_err(|error| Error::permanent(Detail::of(format!("the event's data is not {expected}"), error)))
}

fn integer_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Integer(i64),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Integer(integer) => Ok(integer),
        Either::Text(text) => {
            text.parse().map_err(|_| serde::de::Error::custom(format!("{text:?} is not a generation number")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_is_read_from_a_number_or_a_string() {
        for generation in ["1768000000000001", "\"1768000000000001\""] {
            let json = format!(r#"{{"bucket":"b","name":"n","generation":{generation}}}"#);
            let object: FinalizedObject = serde_json::from_str(&json).expect("a storage object");
            assert_eq!(object.generation, 1_768_000_000_000_001);
        }
        assert!(
            serde_json::from_str::<FinalizedObject>(r#"{"bucket":"b","name":"n","generation":"x"}"#)
                .is_err_and(|error| error.to_string().contains("generation"))
        );
    }
}
