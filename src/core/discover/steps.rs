//! What happened to each asset, in 40 bytes an event. Where there is too much of it, whole assets are left out, by the
//! digest of their ids, so that stories stay whole.

use std::collections::{HashMap, HashSet};

use crate::{
    event::{Placed, digest},
    time::Timestamp,
};

/// Events that are kept: 120 MB of them.
pub(super) const STEPS_MAX: usize = 3_000_000;
/// Status words of one entity; what more there are is taken for none.
const WORDS_MAX: usize = 500;

/// An event kind and a status word, by their numbers; [`NO_WORD`] where there is none.
pub(super) type Told = (u16, u16);
pub(super) const NO_WORD: u16 = u16::MAX;

/// One event of an asset.
#[derive(Clone, Copy, Debug)]
struct LogStep {
    asset: u64,
    time: i64,
    identity: u64,
    sequence: u32,
    arrival: u32,
    told: Told,
}

/// Events in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct LogSteps {
    steps: Vec<LogStep>,
    /// The bits of an asset's digest that must be zero for it to be kept.
    mask: u64,
    arrivals: u32,
    /// By entity: its words and their numbers.
    words: Vec<HashMap<Box<str>, u16>>,
    steps_max: usize,
}

/// What is known of the assets of one entity, as far as it was kept.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Stories that are alike, and how many assets have them.
    pub(super) stories: Vec<(Vec<Told>, u64)>,
    pub(super) assets: u64,
    /// Events, copies left out.
    pub(super) events: u64,
    pub(super) copies: u64,
    /// Assets of which more than one event came.
    pub(super) linked: u64,
    pub(super) words: Vec<String>,
}

impl LogSteps {
    pub(super) fn new(entities: usize, steps_max: usize) -> Self {
        let words = vec![HashMap::new(); entities];
        Self { words, steps_max, ..Self::default() }
    }

    pub(super) fn add(&mut self, entity: usize, kind: u16, placed: &Placed<'_>) {
        let asset =
            digest(placed.asset.as_bytes()) ^ (entity as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.arrivals += 1;
        if asset & self.mask != 0 {
            return;
        }
        let event = &placed.event;
        let word = event.status.as_deref().map_or(NO_WORD, |word| self.word(entity, word));
        let time = event.time.map_or(i64::MAX, Timestamp::as_nanos);
        let own = [kind, word].map(u64::from);
        let identity = match (&event.id, event.time) {
            (Some(id), _) => digest(id.as_bytes()),
            (None, Some(time)) => {
                digest(format!("{} {time} {:?}", own[0], event.sequence).as_bytes())
            }
            (None, None) => event.content,
        };
        let sequence = event.sequence.map_or(u32::MAX, |number| number as u32);
        let arrival = self.arrivals;
        self.steps.push(LogStep { asset, time, identity, sequence, arrival, told: (kind, word) });
        if self.steps.len() >= self.steps_max {
            // Other bits than those that tables of the digest use first.
            self.mask = (self.mask << 1) | (1 << 40);
            let mask = self.mask;
            self.steps.retain(|step| step.asset & mask == 0);
        }
    }

    fn word(&mut self, entity: usize, word: &str) -> u16 {
        let words = &mut self.words[entity];
        if let Some(number) = words.get(word) {
            return *number;
        }
        let number = words.len() as u16;
        if words.len() >= WORDS_MAX {
            return NO_WORD;
        }
        words.insert(word.into(), number);
        number
    }

    /// The share of assets that were kept, as one in so many.
    pub(super) fn one_in(&self) -> u64 {
        1 << self.mask.count_ones()
    }

    /// The stories of each entity.
    pub(super) fn logs(mut self, kinds: &[(usize, String)]) -> Vec<Log> {
        self.steps
            .sort_unstable_by_key(|step| (step.asset, step.time, step.sequence, step.arrival));
        let mut logs: Vec<Log> = self.words.iter().map(|_| Log::default()).collect();
        let mut alike: Vec<HashMap<Vec<Told>, u64>> = vec![HashMap::new(); logs.len()];
        let mut seen = HashSet::new();
        for own in self.steps.chunk_by(|one, other| one.asset == other.asset) {
            let entity = kinds[usize::from(own[0].told.0)].0;
            let log = &mut logs[entity];
            let mut story = Vec::new();
            let mut last = None;
            seen.clear();
            for step in own {
                // Without an id and a time it is a copy if it is like the one before.
                let is_copy = match step.time {
                    i64::MAX => last == Some((step.identity, step.told)),
                    _ => !seen.insert((step.identity, step.told.0)),
                };
                last = Some((step.identity, step.told));
                match is_copy {
                    true => log.copies += 1,
                    false => story.push(step.told),
                }
            }
            log.assets += 1;
            log.events += story.len() as u64;
            log.linked += u64::from(story.len() > 1);
            *alike[entity].entry(story).or_default() += 1;
        }
        for ((log, alike), words) in logs.iter_mut().zip(alike).zip(self.words) {
            log.stories = alike.into_iter().collect();
            log.stories.sort_unstable();
            let mut words: Vec<(u16, Box<str>)> =
                words.into_iter().map(|(word, at)| (at, word)).collect();
            words.sort_unstable();
            log.words = words.into_iter().map(|(_, word)| word.into()).collect();
        }
        logs
    }
}
