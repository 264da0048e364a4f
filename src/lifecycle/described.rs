//! A lifecycle in one line, as lists of them show it.

use serde::Serialize;

use super::{Lifecycle, Order};

/// What there is to say of a lifecycle in a list.
#[derive(Serialize)]
pub(crate) struct Described<'a> {
    pub(crate) entity: &'a str,
    pub(crate) title: &'a str,
    pub(crate) order: &'static str,
    /// Without the one that is reserved.
    pub(crate) states: usize,
    pub(crate) events: usize,
    pub(crate) transitions: usize,
    pub(crate) source: Option<&'a str>,
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
