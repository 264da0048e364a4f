//! What `--version` prints: enough to tell two builds, and what two of them make of the same deliveries.

use crate::{Catalog, lifecycle::Meaning};

/// The version in its first line, as others that print one have it.
pub(super) fn version() -> String {
    let catalog = Catalog::builtin();
    format!(
        "mediafold {}\ncommit: {}\ndefinitions: {} ({} providers, {} lifecycles)\n",
        env!("CARGO_PKG_VERSION"),
        env!("MEDIAFOLD_COMMIT"),
        fingerprint(catalog),
        catalog.providers().count(),
        catalog.lifecycles().count(),
    )
}

/// A fingerprint of what all definitions of a catalogue mean.
fn fingerprint(catalog: &Catalog) -> String {
    let mut meaning = Meaning::default();
    catalog.providers().for_each(|provider| meaning.fingerprint(provider.fingerprint()));
    catalog.lifecycles().for_each(|lifecycle| meaning.fingerprint(lifecycle.fingerprint()));
    format!("{:032x}", meaning.finish())
}
