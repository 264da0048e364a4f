//! A lifecycle in one line, as lists of them show it.

use serde::Serialize;

use super::{Lifecycle, Order};

/// What there is to say of a lifecycle in a list.
#[derive(Serialize)]
pub struct Described<'a> {
    pub entity: &'a str,
    pub title: &'a str,
    pub order: &'static str,
    /// Without the one that is reserved.
    pub states: usize,
    pub events: usize,
    pub transitions: usize,
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
