// src/core/event/read.rs
// upwards: cli fold
// impure: std::process std::time::Instant std::time::SystemTime
use crate::{
    cli::{
        self,
        run::{Arguments, Verb},
    },
    lifecycle::{Lifecycle, Node},
    {fold::{asset::Asset, judge}},
};
use std::{
    collections::{BTreeMap, HashMap},
    process::{self, Command},
    time::{Duration, Instant, SystemTime},
};
