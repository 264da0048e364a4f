//! The current state of an asset, as it is printed.

use std::{borrow::Cow, sync::Arc};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

use super::{
    asset::Asset,
    data::Data,
    finding::{Levels, Severity},
    known::Tellers,
};
use crate::{
    lifecycle::{Lifecycle, Node},
    time::Timestamp,
};

/// How many findings of each severity there are, duplicates and late events aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FindingCounts {
    /// Errors.
    pub error: u64,
    /// Warnings.
    pub warning: u64,
    /// Infos.
    pub info: u64,
}

/// The key of the asset that another one hangs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ParentRef<'a> {
    /// Its entity.
    pub entity: &'a str,
    /// Its id.
    pub id: &'a str,
}

impl<'a> ParentRef<'a> {
    /// The asset of this id.
    pub fn new(entity: &'a str, id: &'a str) -> Self {
        Self { entity, id }
    }
}

/// The current state of an asset, as it is printed.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Snapshot<'a> {
    /// The entity, such as `fastpix/media`.
    pub entity: &'a str,
    /// The asset's id.
    pub id: &'a str,
    /// The state.
    pub state: &'a str,
    /// The provider's last word for where the asset is, as it came.
    pub status: Option<&'a str>,
    /// When it came into the state.
    pub since: Option<Timestamp>,
    /// Nothing more need happen.
    pub rest: bool,
    /// Nothing more may happen.
    pub end: bool,
    /// Distinct events.
    pub events: u64,
    /// Deliveries of events that were heard before.
    pub duplicates: u64,
    /// Events that came after one that happened later.
    pub late: u64,
    /// The flags that are set, as the definition lists them.
    pub flags: Vec<&'a str>,
    /// Retries used.
    pub retries: u8,
    /// The asset that this one hangs on.
    pub parent: Option<ParentRef<'a>>,
    /// Findings by severity.
    pub findings: FindingCounts,
    /// Last known values; `None` leaves them out.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_data")]
    pub data: Option<Vec<(&'a str, Cow<'a, str>)>>,
}

impl Asset {
    /// The current state, as it is printed.
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn snapshot<'a>(&'a self, lifecycle: &'a Lifecycle, with_data: bool) -> Snapshot<'a> {
        self.check(lifecycle);
        let mut by = Tellers::default();
        (0..self.history.len()).for_each(|at| self.tell(lifecycle, at, &mut by));
        let (since, [status, parent]) = self.told_by(&by);
        let known = Snapshot {
            id: self.id(),
            status,
            since,
            events: self.events(),
            duplicates: self.duplicates,
            late: self.late,
            findings: self.finding_counts(lifecycle, &Levels::default()),
            data: with_data.then(|| {
                let named = self.data(lifecycle).named(lifecycle);
                named.map(|(name, value)| (name, Cow::Owned((*value).into()))).collect()
            }),
            ..Snapshot::default()
        };
        Snapshot::of(lifecycle, self.node(), self.flag_set(), parent, known)
    }

    /// Last known values.
    pub(crate) fn data(&self, lifecycle: &Lifecycle) -> Data<Arc<str>> {
        let mut data = self.past.known.data.clone();
        (0..self.history.len()).for_each(|at| self.tell_data(lifecycle, at, &mut data));
        data
    }

    /// How many findings of each severity there are, duplicates and late events aside.
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn finding_counts(&self, lifecycle: &Lifecycle, levels: &Levels) -> FindingCounts {
        self.check(lifecycle);
        let mut counts = FindingCounts::default();
        for (code, count) in &self.past.codes {
            counts.add(levels.severity(*code), *count);
        }
        for code in self.codes(lifecycle) {
            counts.add(levels.severity(code), 1);
        }
        counts
    }
}

impl<'a> Snapshot<'a> {
    /// What is known of an asset, and what follows from where it is.
    pub(crate) fn of(
        lifecycle: &'a Lifecycle,
        node: Node,
        flags: u64,
        parent: Option<&'a str>,
        known: Self,
    ) -> Self {
        let state = lifecycle.state(node);
        Self {
            entity: lifecycle.entity(),
            state: &state.name,
            rest: state.rest,
            end: state.end,
            flags: lifecycle.flag_names(flags),
            retries: lifecycle.retries_used(node),
            parent: parent
                .zip(lifecycle.parent())
                .map(|(id, (entity, _))| ParentRef { entity, id }),
            ..known
        }
    }
}

impl FindingCounts {
    /// These counts.
    pub fn new(error: u64, warning: u64, info: u64) -> Self {
        Self { error, warning, info }
    }

    /// Counts more findings of this severity.
    pub fn add(&mut self, severity: Severity, count: u64) {
        match severity {
            Severity::Error => self.error += count,
            Severity::Warning => self.warning += count,
            Severity::Info => self.info += count,
            Severity::Allowed => {}
        }
    }
}

fn serialize_data<S: Serializer>(
    data: &Option<Vec<(&str, Cow<'_, str>)>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let values = data.as_deref().unwrap_or_default();
    let mut map = serializer.serialize_map(Some(values.len()))?;
    for (name, text) in values {
        let value: &RawValue = serde_json::from_str(text).map_err(serde::ser::Error::custom)?;
        map.serialize_entry(name, value)?;
    }
    map.end()
}
