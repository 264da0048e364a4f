// src/core/scan/simd/avx2.rs
// upwards: event fold lifecycle
// impure:
use self::super::super::super::fold;
use super::{super::super::event::Event, Level};

mod within {
    use super::super::super::super::lifecycle::Node;
    use super::super::Level;
}

pub(in super::super) fn all(level: super::super::super::super::scan::Level) {}
