// src/core/paths/cover.rs
// upwards: *
// impure: std::time::Instant std::time::SystemTime
use crate::*;
use std::time::*;
