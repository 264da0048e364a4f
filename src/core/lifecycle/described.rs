//! A lifecycle in one line, as lists of them show it.

use serde::Serialize;

use super::{Lifecycle, Order};

/// What there is to say of a lifecycle in a list.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Described<'a> {
    /// Its entity.
    pub entity: &'a str,
    /// Its title.
    pub title: &'a str,
    /// `time` or `arrival`.
    pub order: &'static str,
    /// Number of states, without the one that is reserved.
    pub states: usize,
    /// Number of event kinds.
    pub events: usize,
    /// Number of transitions.
    pub transitions: usize,
    /// Where it comes from.
    pub source: Option<&'a str>,
}

impl<'a> From<&'a Lifecycle> for Described<'a> {
    fn from(lifecycle: &'a Lifecycle) -> Self {
        Self {
            entity: lifecycle.entity(),
            title: lifecycle.title(),
            order: match lifecycle.order() {
                Order::Time => "time",
                Order::Arrival => "arrival",
            },
            states: lifecycle.states().len() - 1,
            events: lifecycle.kinds().count(),
            transitions: lifecycle.transitions().len(),
            source: lifecycle.source(),
        }
    }
}
