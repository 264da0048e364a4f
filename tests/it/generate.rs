//! Lifecycles, streams of events and payloads at random, for `laws`.

mod builtin;
#[cfg(feature = "draw")]
pub(crate) mod dice;
mod draft;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use mediafold::{
    Event, Lifecycle, Timestamp,
    event::EventKind,
    lifecycle::{DefinitionFile, KindId, Node, Order, Step},
};
use proptest::{collection::vec, prelude::*, sample::select};

/// A lifecycle, and what its public description does not tell.
pub(crate) struct Machine {
    pub(crate) lifecycle: Lifecycle,
    /// Kinds and states where a row's target is a source of it too.
    pub(crate) self_targets: Vec<(String, String)>,
    /// Kinds that a status word decides.
    pub(crate) decided: Vec<Decided>,
    /// Status words, and their states.
    pub(crate) words: Vec<(String, String)>,
    text: String,
}

/// A kind that a status word decides.
pub(crate) struct Decided {
    pub(crate) kind: String,
    /// The rows among which a word chooses.
    pub(crate) rows: Vec<Choice>,
    /// Where the kind stays if no such word is sent; `None` if there are no rows for that.
    pub(crate) stays: Option<Vec<String>>,
}

/// A row that a status word may choose.
pub(crate) struct Choice {
    pub(crate) from: Vec<String>,
    pub(crate) again: Vec<String>,
    /// The states of the words that count; empty if all do.
    pub(crate) to: Vec<String>,
    pub(crate) set: Vec<String>,
    pub(crate) clear: Vec<String>,
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}\n", self.text)
    }
}

impl Machine {
    /// All kinds, and what status words make of them.
    pub(crate) fn kinds(&self) -> Vec<KindId> {
        let mut kinds: Vec<KindId> = self.lifecycle.kinds().map(|(kind, _)| kind).collect();
        for (word, _) in &self.words {
            for at in 0..self.lifecycle.kinds().count() {
                kinds.push(self.lifecycle.kind_with_status(kinds[at], word));
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The definition.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A word that means the state of this index.
    pub(crate) fn word_of(&self, said: usize) -> &str {
        let name = &self.lifecycle.states()[said].name;
        let word = self.words.iter().find(|(_, state)| state == name);
        &word.expect("a word").0
    }

    fn legal(&self, node: Node) -> Vec<KindId> {
        let legal = |kind: &KindId| {
            matches!(self.lifecycle.rule(node, *kind).step, Step::Moved | Step::Stayed)
        };
        self.kinds().into_iter().filter(legal).collect()
    }

    fn event(&self, kind: KindId, number: usize, second: i64) -> Event {
        let name = self.lifecycle.kind_name(kind);
        let mut event = Event::new(&self.lifecycle, name)
            .unwrap_or_else(|_| Event::unknown(name))
            .at(at(second))
            .with_id(format!("e{number}"));
        event.kind = EventKind::Known(kind);
        event.status = self.lifecycle.kind_word(kind).map(Box::from);
        event.content = number as u64;
        event.from_delivery(number as u64)
    }

    /// A legal run from `new`, an event a second.
    pub(crate) fn walk(&self, picks: &[u16]) -> Vec<Event> {
        let (mut node, mut events) = (Node::NEW, Vec::new());
        for (number, pick) in picks.iter().enumerate() {
            let legal = self.legal(node);
            let Some(kind) = legal.get(usize::from(*pick) % legal.len().max(1)) else { break };
            events.push(self.event(*kind, number, number as i64));
            node = self.lifecycle.rule(node, *kind).next;
        }
        events
    }

    /// A stream of events that mostly makes sense: legal runs with ties, jumps, copies, conflicts and
    /// strangers, in the order in which they came.
    pub(crate) fn stream(&self, raws: &[Raw]) -> Vec<Event> {
        let kinds = self.kinds();
        let (mut node, mut clock) = (Node::NEW, 0);
        let mut events: Vec<Event> = Vec::new();
        for (number, raw) in raws.iter().enumerate() {
            let legal = self.legal(node);
            let choices = if raw.along && !legal.is_empty() { &legal } else { &kinds };
            let kind = choices[usize::from(raw.kind) % choices.len()];
            clock =
                if raw.along { clock + i64::from(raw.time % 3) } else { i64::from(raw.time % 12) };
            let mut event = self.event(kind, number, clock);
            event.sequence = raw.sequence.map(u128::from);
            let earlier = events.get(usize::from(raw.of) % events.len().max(1));
            match (raw.form % 16, earlier) {
                (0 | 8, Some(earlier)) => event = earlier.clone(),
                // The same event with another kind, time and content.
                (1, Some(earlier)) => event.id = earlier.id.clone(),
                // The same event with another content: a clone, since an event that a pattern names keeps its own name.
                (2, Some(earlier)) => {
                    let own = std::mem::replace(&mut event, earlier.clone());
                    (event.content, event.delivery) = (own.content, own.delivery);
                    event.sequence = own.sequence;
                }
                (3 | 4, _) => event.id = None,
                (5, _) => event.time = None,
                (6, _) => (event.id, event.time) = (None, None),
                (7, _) => event.kind = EventKind::Unknown(format!("x{}", raw.kind % 2).into()),
                _ => node = self.lifecycle.rule(node, kind).next,
            }
            // When a delivery was received says nothing of which event it is.
            event.received_at = raw.received.map(|second| at(second.into()));
            events.push(event);
        }
        events
    }
}

/// A moment in whole seconds.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_nanos((1_744_000_000 + second) * 1_000_000_000)
}

/// What an event of a stream is made from.
#[derive(Clone)]
pub(crate) struct Raw {
    along: bool,
    kind: u16,
    time: u8,
    form: u8,
    of: u16,
    sequence: Option<u8>,
    received: Option<u8>,
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { along, kind, time, form, of, sequence, received } = self;
        write!(f, "along {along} kind {kind} time {time} form {} of {of}", form % 16)?;
        write!(f, " sequence {sequence:?} received {received:?}")
    }
}

/// Mostly short streams; the longer ones are looked up by digest.
pub(crate) fn raws() -> impl Strategy<Value = Vec<Raw>> {
    let raw = || {
        let beside = (prop::option::weighted(0.3, 0_u8..4), prop::option::weighted(0.4, 0_u8..12));
        let own = (prop::bool::weighted(0.7), any::<u16>(), any::<u8>(), any::<u8>(), any::<u16>());
        (own, beside).prop_map(|((along, kind, time, form, of), (sequence, received))| Raw {
            along,
            kind,
            time,
            form,
            of,
            sequence,
            received,
        })
    };
    prop_oneof![6 => vec(raw(), 0..14), 1 => vec(raw(), 30..60)]
}

/// The built-in lifecycles and random ones.
pub(crate) fn machines() -> impl Strategy<Value = Arc<Machine>> {
    prop_oneof![1 => select(builtins()), 3 => random(None, true)]
}

/// Those whose events are ordered by time.
pub(crate) fn machines_by_time() -> impl Strategy<Value = Arc<Machine>> {
    let mut own = builtins().to_vec();
    own.retain(|machine| machine.lifecycle.order() == Order::Time);
    prop_oneof![1 => select(own), 3 => random(Some(false), true)]
}

pub(crate) fn builtins() -> &'static [Arc<Machine>] {
    static BUILTINS: OnceLock<Vec<Arc<Machine>>> = OnceLock::new();
    macro_rules! texts {
        ($($path:literal)*) => { [$(include_str!(concat!("../../src/core/definitions/", $path)),)*] };
    }
    BUILTINS.get_or_init(|| {
        let texts = texts! {
            "apivideo/live_stream.toml" "bunny/video.toml" "cloudflare/live_input.toml"
            "cloudflare/video.toml" "fastpix/live_stream.toml" "fastpix/media.toml"
            "fastpix/simulcast_target.toml" "fastpix/track.toml" "fastpix/upload.toml"
            "jwplayer/channel.toml" "jwplayer/media.toml" "livekit/egress.toml"
            "livekit/ingress.toml" "livekit/room.toml" "livepeer/asset.toml" "livepeer/stream.toml"
            "livepeer/task.toml" "mediaconvert/job.toml" "medialive/alert.toml"
            "medialive/channel.toml" "mux/asset.toml" "mux/live_stream.toml"
            "mux/robots_directive_run.toml" "mux/robots_job.toml" "mux/simulcast_target.toml"
            "mux/static_rendition.toml" "mux/track.toml" "mux/upload.toml"
            "twilio/composition.toml" "twilio/media_processor.toml" "twilio/player_streamer.toml"
            "twilio/recording.toml" "twilio/room.toml" "vms/content.toml" "wistia/media.toml"
            "zoom/recording.toml"
        };
        let machine = |text: &str| {
            let lifecycle = Lifecycle::compile(&DefinitionFile::new("built-in", text));
            let builtin::Told { self_targets, decided, words } = builtin::told(text);
            Arc::new(Machine {
                lifecycle: lifecycle.expect("built-ins compile"),
                self_targets,
                decided,
                words,
                text: text.to_owned(),
            })
        };
        texts.iter().map(|text| machine(text)).collect()
    })
}

/// Random lifecycles. They are made to be valid; the few that are not are left out.
pub(crate) fn random(arrival: Option<bool>, statuses: bool) -> impl Strategy<Value = Arc<Machine>> {
    let tape = vec(any::<u16>(), 0..160);
    tape.prop_filter_map("refused", move |tape| draft::draft(&tape, arrival, statuses).compile())
}
