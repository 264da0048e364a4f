// src/core/lifecycle/graph.rs
// upwards: bulk report server
// impure: std::env std::fs std::thread
use crate::{self as house, bulk as many, server as other};
use std::{self as standard, fs as files};

fn all() {
    many::Bulk::new();
    house::report::page();
    standard::thread::spawn(|| files::read("a"));
    standard::env::var("A");
}
