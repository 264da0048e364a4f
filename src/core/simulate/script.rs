//! Files of payload templates: what the bodies of a provider or an entity look like, and how its assets live.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::SimulateError;
use crate::{
    lifecycle::{DefinitionFile, Spot},
    time::parse_duration,
};

/// More events are not put into one delivery.
const BATCH_MAX: usize = 100;

macro_rules! builtin {
    ($($path:literal,)*) => {
        /// Path below `src/definitions/` and text.
        const BUILTIN: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../definitions/", $path))),)*];
    };
}

builtin! {
    "apivideo/live_stream.payload.json",
    "apivideo/provider.payload.json",
    "apivideo/video.payload.json",
    "bunny/video.payload.json",
    "cloudflare/live_input.payload.json",
    "cloudflare/video.payload.json",
    "fastpix/live_stream.payload.json",
    "fastpix/media.payload.json",
    "fastpix/provider.payload.json",
    "fastpix/simulcast_target.payload.json",
    "fastpix/track.payload.json",
    "fastpix/upload.payload.json",
    "jwplayer/channel.payload.json",
    "jwplayer/media.payload.json",
    "livekit/egress.payload.json",
    "livekit/ingress.payload.json",
    "livekit/provider.payload.json",
    "livekit/room.payload.json",
    "livepeer/asset.payload.json",
    "livepeer/provider.payload.json",
    "livepeer/stream.payload.json",
    "livepeer/task.payload.json",
    "mediaconvert/job.payload.json",
    "mediaconvert/provider.payload.json",
    "medialive/alert.payload.json",
    "medialive/channel.payload.json",
    "medialive/provider.payload.json",
    "mux/asset.payload.json",
    "mux/live_stream.payload.json",
    "mux/provider.payload.json",
    "mux/robots_directive_run.payload.json",
    "mux/robots_job.payload.json",
    "mux/simulcast_target.payload.json",
    "mux/static_rendition.payload.json",
    "mux/track.payload.json",
    "mux/upload.payload.json",
    "twilio/composition.payload.json",
    "twilio/media_processor.payload.json",
    "twilio/player_streamer.payload.json",
    "twilio/recording.payload.json",
    "twilio/room.payload.json",
    "vms/content.payload.json",
    "wistia/media.payload.json",
    "zoom/provider.payload.json",
    "zoom/recording.payload.json",
}

/// Payload templates by provider and entity; `docs/definitions.md` describes the files.
#[derive(Clone, Debug)]
pub struct Templates(BTreeMap<String, Script>);

/// How often a provider attempts a delivery that nobody takes, and how long it waits in between.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Attempts {
    /// The first counts.
    pub max: u32,
    /// After the first.
    pub wait: Duration,
    /// How much longer each wait is than the one before.
    pub factor: f64,
    /// No wait is longer.
    pub wait_max: Duration,
}

impl Default for Attempts {
    /// One attempt.
    fn default() -> Self {
        let (wait, wait_max) = (Duration::from_secs(1), Duration::from_secs(3600));
        Self { max: 1, wait, factor: 2.0, wait_max }
    }
}

impl Attempts {
    /// How long to wait after this attempt, from 1; `None` if it was the last.
    pub fn wait_after(&self, attempt: u32) -> Option<Duration> {
        let power = self.factor.powf(f64::from(attempt) - 1.0);
        let seconds = (self.wait.as_secs_f64() * power).min(self.wait_max.as_secs_f64());
        (attempt < self.max).then(|| Duration::from_secs_f64(seconds))
    }
}

/// One file.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    path: String,
    attempts: Attempts,
    pub(super) id: Option<String>,
    /// Seconds.
    pub(super) dwell: BTreeMap<String, f64>,
    pub(super) weight: BTreeMap<String, f64>,
    pub(super) parts: BTreeMap<String, Arc<str>>,
    pub(super) bodies: Vec<(Vec<String>, Arc<str>)>,
    pub(super) delivery: Option<DeliveryScript>,
}

/// What is around the payloads of a provider; texts with placeholders.
#[derive(Clone, Debug)]
pub(super) struct DeliveryScript {
    /// From the inside outwards.
    pub(super) wrap: Vec<Arc<str>>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) query: BTreeMap<String, String>,
    /// How many events come together at most.
    pub(super) batch: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Option<String>,
    entity: Option<String>,
    attempts: Option<AttemptsText>,
    id: Option<String>,
    #[serde(default)]
    dwell: BTreeMap<String, String>,
    #[serde(default)]
    weight: BTreeMap<String, f64>,
    #[serde(default)]
    parts: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    bodies: Vec<ScriptBody>,
    delivery: Option<DeliveryText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryText {
    #[serde(default)]
    wrap: Vec<Box<RawValue>>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    batch: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttemptsText {
    max: u32,
    wait: Option<String>,
    factor: Option<f64>,
    wait_max: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptBody {
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

    /// How a provider attempts its deliveries; once, if its templates do not say.
    pub fn attempts(&self, provider: &str) -> Attempts {
        self.of(provider).map(|script| script.attempts).unwrap_or_default()
    }

    pub(super) fn of(&self, name: &str) -> Option<&Script> {
        self.0.get(name)
    }
}

impl Attempts {
    fn read(text: AttemptsText) -> Result<Self, String> {
        let time = |text: Option<String>, usual| match text {
            None => Ok(usual),
            Some(text) => parse_duration(&text).map_err(|why| format!("attempts: {why}")),
        };
        let usual = Self::default();
        let factor = text.factor.unwrap_or(usual.factor);
        if text.max == 0 || !(1.0..=100.0).contains(&factor) {
            return Err("attempts: expected a `max` from 1 and a `factor` from 1 to 100".to_owned());
        }
        let (wait, wait_max) = (time(text.wait, usual.wait)?, time(text.wait_max, usual.wait_max)?);
        Ok(Self { max: text.max, wait, factor, wait_max })
    }
}

impl DeliveryScript {
    fn read(text: DeliveryText) -> Result<Self, String> {
        let batch = text.batch.unwrap_or(1);
        if !(1..=BATCH_MAX).contains(&batch) {
            return Err(format!("delivery: expected a `batch` from 1 to {BATCH_MAX}"));
        }
        let is_header =
            |name: &String| matches!(Spot::parse(&format!("@{name}")), Some(Spot::Header(_)));
        if let Some(name) = text.headers.keys().find(|name| !is_header(name)) {
            return Err(format!("delivery: `{name}` is no name of a header"));
        }
        let wrap = text.wrap.iter().map(|layer| Arc::from(layer.get())).collect();
        Ok(Self { wrap, headers: text.headers, query: text.query, batch })
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
        let attempts = match (file.attempts, &file.provider) {
            (None, _) => Attempts::default(),
            (Some(text), Some(_)) => Attempts::read(text)?,
            (Some(_), None) => return Err("`attempts` belong to a provider".to_owned()),
        };
        let delivery = match (file.delivery, &file.provider) {
            (None, _) => None,
            (Some(text), Some(_)) => Some(DeliveryScript::read(text)?),
            (Some(_), None) => return Err("`delivery` belongs to a provider".to_owned()),
        };
        Ok(Self {
            path: path.to_owned(),
            attempts,
            id: file.id,
            dwell,
            weight: file.weight,
            parts,
            bodies,
            delivery,
        })
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
