// src/core/lifecycle/table.rs
// upwards: event fold server
// impure:
use crate::Finding;
use crate::{Asset, Catalog, Lifecycle, server};

fn reader() -> crate::Reader<'static> {
    crate::Reader::new(Lifecycle::default())
}
