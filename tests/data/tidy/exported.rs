// src/lifecycle/table.rs
// upwards: bulk fold server store
// impure:
use crate::Store;
use crate::{Asset, Catalog, Lifecycle, server};

fn bulk() -> crate::Bulk<'static> {
    crate::Bulk::new(Lifecycle::default())
}
