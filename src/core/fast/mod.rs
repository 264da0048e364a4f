//! The fast way: what the general reader and [`Bulk`](crate::bulk::Bulk) give, sooner and in less memory.
//!
//! Take this folder away and every answer stays the same, only later.
//!
//! ```text
//! blocks    cuts a stream into blocks of whole lines; a worker reads each, the leftovers are read in order
//! read      an ordinary line becomes a fact, by its tokens and without building values
//! compact   a fact becomes a record of 56 bytes; texts are interned
//! assets    the records of one asset become its row
//! rows      the rows of all assets in order, and their printing
//! parallel  the threads that do so
//! lines     the same reading for one delivery at a time
//! ```

mod assets;
mod batch;
mod blocks;
mod compact;
mod lines;
mod parallel;
mod read;
mod rows;
#[cfg(test)]
mod tests;

pub use self::{
    batch::Batch,
    lines::Lines,
    parallel::{Threads, print},
    rows::{Cut, Printer, Sheet},
};
