// src/core/lifecycle/pointer.rs
// upwards: server store
// impure: std::env std::fs std::net std::thread
use crate::{server::Gate, store::Store};
use std::{env, fs, net::TcpStream, thread};
