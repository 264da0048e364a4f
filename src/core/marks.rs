//! Counts which way is taken where there is a fast one that may give up: both give the same, so that nothing else
//! would tell a test. Only unit tests have this.

use std::{cell::RefCell, collections::BTreeMap};

/// How often each way was taken, by its name.
pub(crate) type WayCounts = BTreeMap<&'static str, usize>;

thread_local! {
    static MARKS: RefCell<WayCounts> = const { RefCell::new(WayCounts::new()) };
}

/// Counts a way that is taken.
pub(crate) fn hit(name: &'static str) {
    MARKS.with_borrow_mut(|marks| *marks.entry(name).or_default() += 1);
}

/// What this thread takes while it does something.
pub(crate) fn during<R>(act: impl FnOnce() -> R) -> (R, WayCounts) {
    MARKS.take();
    let result = act();
    (result, MARKS.take())
}

/// How many of a hundred took the first of these ways.
pub(crate) fn share(marks: &WayCounts, fast: &str, other: &str) -> usize {
    let count = |name| marks.get(name).copied().unwrap_or_default();
    assert!(count(fast) + count(other) > 0, "neither {fast} nor {other}: {marks:?}");
    count(fast) * 100 / (count(fast) + count(other))
}
