//! An asset as text, for a column of the user's own row: versioned JSON, the same bytes from every language.
//!
//! What is saved is what was heard. How it is judged is found out anew when it is loaded, so that new definitions apply.
//! Of a condensed past only what it led to is left, and that is checked: no text makes an asset whose state its
//! lifecycle cannot reach.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    asset::{Asset, HISTORY_MAX},
    finding::Code,
    identity::happened,
    judge::Standing,
    past::Condensed,
    shape::{SavedAsset, SavedEvent, SavedPast},
    verdict::Policy,
};
use crate::{
    event::{Event, NAME_LEN_MAX},
    lifecycle::Lifecycle,
    time::Timestamp,
};

/// The version of the text. One that is published is read for ever.
const VERSION: u32 = 1;

/// Why a text is no asset of a lifecycle, or two assets are not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is not what [`Asset::save`] writes.
    #[error("this is no saved asset: {reason}")]
    Malformed {
        /// What was found instead.
        reason: String,
    },
    /// It was written by another version of mediafold.
    #[error("this asset was saved in version {found}, and only version {VERSION} is known")]
    OtherVersion {
        /// The version that the text names.
        found: u32,
    },
    /// It is an asset of another entity.
    #[error("this asset is one of {found}, not of {wanted}")]
    OtherEntity {
        /// The entity that the text names.
        found: String,
        /// The entity of the lifecycle.
        wanted: String,
    },
    /// It is another asset of the same entity.
    #[error("these are two assets, `{ours}` and `{theirs}`")]
    OtherAsset {
        /// The id of the first.
        ours: String,
        /// The id of the second.
        theirs: String,
    },
    /// Its past led to a state that the lifecycle does not have, or cannot reach with that many retries.
    #[error(
        "the past of this asset led to `{state}` with {retries} retries, which {entity} cannot reach"
    )]
    UnknownState {
        /// The entity of the lifecycle.
        entity: String,
        /// The state that the text names.
        state: String,
        /// The number of retries used.
        retries: u8,
    },
    /// Its past set a flag that the lifecycle does not have.
    #[error("the past of this asset set the flag `{flag}`, which {entity} does not have")]
    UnknownFlag {
        /// The entity of the lifecycle.
        entity: String,
        /// The flag that the text names.
        flag: String,
    },
}

fn malformed(reason: impl ToString) -> LoadError {
    LoadError::Malformed { reason: reason.to_string() }
}

impl Asset {
    /// The asset as JSON text on one line, the same for equal assets. It names kinds, states and data as the lifecycle
    /// does, and is read by [`Asset::load`] of this version and of every later one.
    ///
    /// ```
    /// use mediafold_core::{Asset, Event, Lifecycle, step};
    ///
    /// let media = Lifecycle::builtin("fastpix/media").expect("built in");
    /// let mut asset = Asset::new("m1");
    /// step(media, &mut asset, &Event::new(media, "video.media.created")?);
    /// let column = asset.save(media);
    /// assert_eq!(Asset::load(media, &column)?.state(media).name, "created");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn save(&self, lifecycle: &Lifecycle) -> String {
        self.check(lifecycle);
        let mut values = ValueTable::new(lifecycle);
        let events = self.history.iter().map(|entry| SavedEvent {
            // When a copy that does not count was received makes no difference any more.
            conflicts: { entry.conflicts.iter() }
                .map(|other| SavedEvent { received_at: None, ..values.event(other) })
                .collect(),
            ..values.event(&entry.event)
        });
        let events = events.collect();
        let saved = SavedAsset {
            mediafold: VERSION,
            entity: lifecycle.entity().into(),
            id: self.id().into(),
            follow: self.policy() == Policy::Follow,
            duplicates: self.duplicates,
            late: self.late,
            latest: (self.latest != self.latest_kept())
                .then(|| written(self.latest).unwrap_or_default()),
            past: (self.past.events > 0).then(|| SavedPast::of(lifecycle, &self.past)),
            data: values.data,
            events,
        };
        // What is usual, so that the text seldom moves while it grows.
        let mut text = Vec::with_capacity(256 * (1 + self.history.len()));
        // It is made of texts, numbers and JSON that was read, and all of them are UTF-8.
        serde_json::to_writer(&mut text, &saved).unwrap_or_default();
        String::from_utf8(text).unwrap_or_default()
    }

    /// The asset that was [saved](Asset::save) as this text, judged anew by this lifecycle.
    ///
    /// # Errors
    /// The text is not one, or is that of an asset which the lifecycle cannot have. Text of any kind is safe to try: an
    /// asset that is loaded is always one that its lifecycle can reach.
    pub fn load(lifecycle: &Lifecycle, text: &str) -> Result<Self, LoadError> {
        #[derive(Deserialize)]
        struct SavedHead {
            mediafold: u32,
        }
        let whole = serde_json::from_str(text);
        // The text of another version may be of another shape.
        let found = match &whole {
            Ok(SavedAsset { mediafold, .. }) => *mediafold,
            Err(_) => serde_json::from_str::<SavedHead>(text).map_err(malformed)?.mediafold,
        };
        if found != VERSION {
            return Err(LoadError::OtherVersion { found });
        }
        let saved = whole.map_err(malformed)?;
        if saved.entity != lifecycle.entity() {
            let (found, wanted) = (saved.entity.into_owned(), lifecycle.entity().to_owned());
            return Err(LoadError::OtherEntity { found, wanted });
        }
        let id = name(saved.id)?;
        let policy = if saved.follow { Policy::Follow } else { Policy::Keep };
        let mut asset = Self::with_policy(id, policy);
        if let Some(past) = saved.past {
            asset.begin(lifecycle, past.condensed(lifecycle)?);
        }
        let (len, len_max) = (saved.events.len(), 4 * HISTORY_MAX);
        if len > len_max {
            return Err(malformed(format!("{len} events, where at most {len_max} are read")));
        }
        let data: Vec<_> = saved.data.into_iter().map(|value| value_of(lifecycle, value)).collect();
        for saved in saved.events {
            let SavedEvent { conflicts, .. } = &saved;
            let conflicts: Vec<Event> = conflicts
                .iter()
                .map(|other| other.event(lifecycle, &data))
                .collect::<Result<_, _>>()?;
            let first = saved.event(lifecycle, &data)?;
            for event in std::iter::once(first).chain(conflicts) {
                asset.insert_into(lifecycle, event, false);
            }
        }
        asset.settle(lifecycle);
        (asset.duplicates, asset.late) = (saved.duplicates, saved.late);
        asset.latest = match saved.latest.as_deref() {
            None => asset.latest_kept(),
            Some("") => None,
            latest => read(latest)?,
        };
        Ok(asset)
    }

    /// The entity that text begins with as [`Asset::save`] writes it, without reading the rest; `None` for text that is
    /// written in another way.
    pub fn entity_of_saved(text: &str) -> Option<&str> {
        let rest = text.strip_prefix("{\"mediafold\":1,\"entity\":\"")?;
        rest.split_once('"').map(|(entity, _)| entity)
    }

    /// The latest time of what is kept.
    fn latest_kept(&self) -> Option<Timestamp> {
        let times = self.history.iter().filter_map(|entry| happened(&entry.event));
        times.max().max(self.past.until)
    }

    /// What it has condensed, as it is saved.
    pub(super) fn saved_past(&self, lifecycle: &Lifecycle) -> String {
        serde_json::to_string(&SavedPast::of(lifecycle, &self.past)).unwrap_or_default()
    }

    /// Condenses all but the newest events into the state that they led to: all but this many, and those that happened
    /// longer than this before the newest one. Their identities are kept as digests, the last
    /// [`HEARD_MAX`](super::HEARD_MAX), so that a copy of one is still known; another event as old as they are
    /// can no longer be placed (L305).
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn bound(&mut self, lifecycle: &Lifecycle, events: usize, age: Option<Duration>) {
        self.check(lifecycle);
        self.settle(lifecycle);
        let len = self.history.len();
        let newest = self.history.iter().filter_map(|entry| happened(&entry.event)).max();
        let oldest = newest.zip(age).map(|(newest, age)| newest.saturating_sub(age));
        let is_old = |event: &Event| oldest > happened(event) && happened(event).is_some();
        let old = self.history.iter().take_while(|entry| is_old(&entry.event)).count();
        let cut = len.saturating_sub(events.max(1)).max(old);
        if cut > 0 {
            self.condense_before(lifecycle, cut, true);
        }
    }
}

/// Gathers the data values of events, each once.
struct ValueTable<'a> {
    lifecycle: &'a Lifecycle,
    known: HashMap<(u16, &'a str), usize>,
    /// The last value of each field and its place: most events repeat it.
    last: Vec<Option<(&'a str, usize)>>,
    data: Vec<(Cow<'a, str>, Cow<'a, RawValue>)>,
}

impl<'a> ValueTable<'a> {
    fn new(lifecycle: &'a Lifecycle) -> Self {
        let last = vec![None; lifecycle.data().len()];
        Self { lifecycle, known: HashMap::new(), last, data: Vec::new() }
    }

    /// Where a value stands; `None` for what is no JSON, or of no field.
    fn place(&mut self, field: u16, value: &'a str) -> Option<usize> {
        let about = self.lifecycle.data().get(usize::from(field))?;
        let last = self.last.get_mut(usize::from(field))?;
        if let Some((same, at)) = *last
            && same == value
        {
            return Some(at);
        }
        let at = match self.known.entry((field, value)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                // It was read as JSON, so this succeeds.
                let raw: &RawValue = serde_json::from_str(value).ok()?;
                self.data.push((about.name.as_str().into(), Cow::Borrowed(raw)));
                *free.insert(self.data.len() - 1)
            }
        };
        *last = Some((value, at));
        Some(at)
    }

    fn event(&mut self, event: &'a Event) -> SavedEvent<'a> {
        let text = |text: &'a Option<Box<str>>| text.as_deref().map(Cow::Borrowed);
        let data = event.data.iter().filter_map(|(field, value)| self.place(*field, value));
        let data = data.collect();
        SavedEvent {
            data,
            kind: event.name(self.lifecycle).into(),
            branch: event.kind.known().map_or(0, |kind| self.lifecycle.branch_number(kind)),
            id: text(&event.id),
            time: written(event.time),
            time_error: text(&event.time_error),
            received_at: written(event.received_at),
            by_receipt: event.by_receipt,
            sequence: event.sequence.map(|sequence| sequence.to_string().into()),
            status: text(&event.status),
            parent: text(&event.parent),
            content: format!("{:016x}", event.content).into(),
            delivery: event.delivery,
            item: event.item,
            conflicts: Vec::new(),
        }
    }
}

impl SavedEvent<'_> {
    fn event(
        &self,
        lifecycle: &Lifecycle,
        data: &[Option<(u16, Arc<str>)>],
    ) -> Result<Event, LoadError> {
        let kind = name(Cow::Borrowed(&*self.kind))?;
        let text = |text: &Option<Cow<'_, str>>| text.as_deref().map(Box::from);
        let status = self.status.as_deref().map(str::to_owned);
        let mut event = Event::recalled(lifecycle, &kind, self.branch, status);
        event.status = text(&self.status);
        event.id = self.id.as_deref().map(|id| name(Cow::Borrowed(id))).transpose()?;
        event.time = read(self.time.as_deref())?;
        event.time_error = text(&self.time_error);
        event.received_at = read(self.received_at.as_deref())?;
        event.by_receipt = self.by_receipt;
        let digits = |digits: &str| digits.parse().map_err(malformed);
        event.sequence = self.sequence.as_deref().map(digits).transpose()?;
        event.parent = text(&self.parent);
        event.content = u64::from_str_radix(&self.content, 16).map_err(malformed)?;
        (event.delivery, event.item) = (self.delivery, self.item);
        let values = self.data.iter().map(|at| {
            data.get(*at).cloned().ok_or_else(|| malformed(format!("there is no data value {at}")))
        });
        // A field that the definition no longer has is left out.
        let mut values: Vec<_> =
            values.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        values.sort_by_key(|(field, _)| *field);
        values.dedup_by_key(|(field, _)| *field);
        event.data = values.into();
        Ok(event)
    }
}

impl<'a> SavedPast<'a> {
    fn of(lifecycle: &'a Lifecycle, past: &'a Condensed) -> Self {
        let Standing { node, flags } = past.standing;
        let data = past.known.data.iter().filter_map(|(field, value)| {
            let raw: &RawValue = serde_json::from_str(value).ok()?;
            Some((lifecycle.data()[usize::from(field)].name.as_str().into(), Cow::Borrowed(raw)))
        });
        let heard = past.heard.iter().map(|digest| format!("{digest:016x}"));
        Self {
            events: past.events,
            state: lifecycle.state(node).name.as_str().into(),
            retries: lifecycle.retries_used(node),
            flags: lifecycle.flag_names(flags).into_iter().map(Cow::Borrowed).collect(),
            until: written(past.until),
            since: written(past.known.since),
            status: past.known.status.as_deref().map(Cow::Borrowed),
            parent: past.known.parent.as_deref().map(Cow::Borrowed),
            data: data.collect(),
            findings: past.codes.iter().map(|(code, count)| (code.code().into(), *count)).collect(),
            delivery: past.last_delivery,
            heard: heard.collect::<String>().into(),
        }
    }

    fn condensed(self, lifecycle: &Lifecycle) -> Result<Condensed, LoadError> {
        let entity = || lifecycle.entity().to_owned();
        let node = lifecycle.node(&self.state, self.retries);
        let node = node.filter(|node| lifecycle.is_reachable(*node)).ok_or_else(|| {
            let state = self.state.clone().into_owned();
            LoadError::UnknownState { entity: entity(), state, retries: self.retries }
        })?;
        let mut standing = Standing { node, flags: 0 };
        for flag in self.flags {
            let bit = lifecycle.flags().iter().position(|known| known.name == flag);
            let bit = bit.ok_or_else(|| LoadError::UnknownFlag {
                entity: entity(),
                flag: flag.into_owned(),
            })?;
            standing.flags |= 1 << bit;
        }
        let mut past = Condensed {
            events: self.events.clamp(1, u64::MAX / 2),
            until: read(self.until.as_deref())?,
            standing,
            last_delivery: self.delivery,
            ..Condensed::default()
        };
        past.known.since = read(self.since.as_deref())?;
        past.known.status = self.status.map(|status| status.into());
        past.known.parent = self.parent.map(|parent| parent.into());
        let data = self.data.into_iter().filter_map(|value| value_of(lifecycle, value));
        past.known.data.merge(lifecycle, data);
        for (code, count) in self.findings {
            let known = Code::ALL.iter().find(|known| known.code() == code);
            let known = known.ok_or_else(|| malformed(format!("there is no finding {code}")))?;
            past.codes.insert(*known, count.min(u64::MAX / 2));
        }
        let digest = |digits: &[u8]| {
            let digits = std::str::from_utf8(digits).map_err(malformed)?;
            u64::from_str_radix(digits, 16).map_err(malformed)
        };
        past.heard = self.heard.as_bytes().chunks(16).map(digest).collect::<Result<_, _>>()?;
        past.forget();
        Ok(past)
    }
}

/// A data value and its field; `None` where the lifecycle does not have that.
fn value_of(
    lifecycle: &Lifecycle,
    (name, value): (Cow<'_, str>, Cow<'_, RawValue>),
) -> Option<(u16, Arc<str>)> {
    let field = lifecycle.data().iter().position(|field| field.name == name)?;
    Some((u16::try_from(field).ok()?, value.get().into()))
}

fn name(name: Cow<'_, str>) -> Result<Box<str>, LoadError> {
    match name.len() <= NAME_LEN_MAX {
        true => Ok(name.into()),
        false => Err(malformed(format!("a name of {} bytes", name.len()))),
    }
}

fn written(time: Option<Timestamp>) -> Option<Cow<'static, str>> {
    time.map(|time| time.to_string().into())
}

fn read(time: Option<&str>) -> Result<Option<Timestamp>, LoadError> {
    time.map(|time| time.parse().map_err(malformed)).transpose()
}
