//! Files of payload templates: what the bodies of a provider or an entity look like, and how its assets live.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::SimulateError;
use crate::{lifecycle::DefinitionFile, time::parse_duration};

macro_rules! builtin {
    ($($path:literal,)*) => {
        /// Path below `src/definitions/` and text.
        const BUILTIN: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../definitions/", $path))),)*];
    };
}

builtin! {
    "fastpix/live_stream.payload.json",
    "fastpix/media.payload.json",
    "fastpix/provider.payload.json",
    "fastpix/simulcast_target.payload.json",
    "fastpix/track.payload.json",
    "fastpix/upload.payload.json",
    "twilio/media_processor.payload.json",
    "twilio/player_streamer.payload.json",
    "vms/content.payload.json",
}

/// Payload templates by provider and entity; `docs/definitions.md` describes the files.
#[derive(Clone, Debug)]
pub struct Templates(BTreeMap<String, Script>);

/// One file.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    path: String,
    pub(super) id: Option<String>,
    /// Seconds.
    pub(super) dwell: BTreeMap<String, f64>,
    pub(super) weight: BTreeMap<String, f64>,
    pub(super) parts: BTreeMap<String, Arc<str>>,
    pub(super) bodies: Vec<(Vec<String>, Arc<str>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Option<String>,
    entity: Option<String>,
    id: Option<String>,
    #[serde(default)]
    dwell: BTreeMap<String, String>,
    #[serde(default)]
    weight: BTreeMap<String, f64>,
    #[serde(default)]
    parts: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    bodies: Vec<Body>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kinds: Vec<String>,
    body: Box<RawValue>,
}

impl Templates {
    /// Those of the built-in providers, with these files laid over them: one for the same provider or entity
    /// replaces the built-in one.
    ///
    /// # Errors
    /// The first file that is none, and why.
    pub fn with(files: &[DefinitionFile]) -> Result<Self, SimulateError> {
        let builtin = BUILTIN.iter().map(|(path, text)| DefinitionFile::new(*path, *text));
        let builtin: Vec<DefinitionFile> = builtin.collect();
        let mut scripts = BTreeMap::new();
        for file in builtin.iter().chain(files) {
            let refused = |reason: String| SimulateError::File { path: file.path.clone(), reason };
            let read: File =
                serde_json::from_str(&file.text).map_err(|error| refused(error.to_string()))?;
            let name = match (&read.provider, &read.entity) {
                (Some(name), None) | (None, Some(name)) => name.clone(),
                _ => return Err(refused("expected either `provider` or `entity`".to_owned())),
            };
            let script = Script::new(read, &file.path).map_err(refused)?;
            scripts.insert(name, script);
        }
        Ok(Self(scripts))
    }

    pub(super) fn of(&self, name: &str) -> Option<&Script> {
        self.0.get(name)
    }
}

impl Script {
    fn new(file: File, path: &str) -> Result<Self, String> {
        let mut dwell = BTreeMap::new();
        for (state, text) in file.dwell {
            let time = parse_duration(&text).map_err(|why| format!("dwell of {state}: {why}"))?;
            dwell.insert(state, time.as_secs_f64());
        }
        if let Some((kind, weight)) = file.weight.iter().find(|(_, weight)| **weight < 0.0) {
            return Err(format!("the weight of {kind} is {weight}; expected 0 or more"));
        }
        let text = |raw: Box<RawValue>| Arc::from(raw.get());
        let parts = file.parts.into_iter().map(|(name, raw)| (name, text(raw))).collect();
        let bodies = file.bodies.into_iter().map(|body| (body.kinds, text(body.body))).collect();
        Ok(Self { path: path.to_owned(), id: file.id, dwell, weight: file.weight, parts, bodies })
    }

    /// The first body for an event kind.
    pub(super) fn body(&self, kind: &str) -> Option<Arc<str>> {
        let fits = |pattern: &String| match pattern.split_once('*') {
            None => pattern == kind,
            Some((head, tail)) => {
                kind.len() >= head.len() + tail.len()
                    && kind.starts_with(head)
                    && kind.ends_with(tail)
            }
        };
        let body = self.bodies.iter().find(|(patterns, _)| patterns.iter().any(fits));
        body.map(|(_, text)| Arc::clone(text))
    }

    pub(super) fn refused(&self, reason: String) -> SimulateError {
        SimulateError::File { path: self.path.clone(), reason }
    }
}
