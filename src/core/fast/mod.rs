//! The fast way: the answers of the general reader and of [`Bulk`](crate::bulk::Bulk), sooner and in less memory.
//!
//! It has no opinion of its own on what a payload means. Take this folder away, and every answer stays the same, only
//! later: `fold --plain` does so.
//!
//! ## The way of a line
//!
//! ```text
//! stream
//!   │ bytes
//!   ▼
//! blocks/           cuts the stream into blocks of whole lines; workers share them
//!   │ lines that `scan` has proven to be JSON objects, as tokens
//!   ▼
//! read/             finds what the definitions ask for among the tokens: a fact, borrowed from the line
//!   │ facts
//!   ▼
//! compact/          a record of 56 bytes for each; texts are interned
//!   │ records, a 64th of the assets at a time
//!   ▼
//! assets/           groups the records of an asset and folds them into its row
//!   │ rows
//!   ▼
//! rows/             all rows in order, and their printing
//! ```
//!
//! `parallel` has the threads, `lines` does the same reading for one delivery at a time, and `batch` shares deliveries
//! out without threads.
//!
//! ## Where it gives up
//!
//! | what gives up | on what | who takes over |
//! |---|---|---|
//! | `scan` | a line that is not proven to be one JSON object | `blocks/leftovers`: the general reader, in order |
//! | `read`: no route | an envelope that a route cannot express: what is unwrapped is a list, JSON within text, base64 or the body itself; headers or parameters that are asked for; truth values in an envelope's `when`; kinds that are ignored, and unknown ones | the same |
//! | `read`: a route that cannot be followed | a value that is not of the ordinary kind: escaped or long names, odd times, fractions that a row's `when` compares; lists read by index that have more items | the same |
//! | `compact`: an event with a name of its own | kinds with `*`, whose real names are kept | a whole `Event` beside the records |
//! | `read`: routes or plans are full | more than 10,000 routes; 32 plans a shape, or 32 MiB of them | the same; without a plan a line is searched, not skipped |
//! | `blocks`: a document over several lines | what was read of the block is undone | `blocks/leftovers`, the whole block |
//! | `compact`: no layout left | an event that would need one more of them | a whole `Event` beside the records |
//! | `assets/simple` | events of one time, retries past their limit, long histories, copies that conflict | [`Asset`](crate::Asset), event by event |
//! | `assets`: copies that are written in another way | their digests are of bytes, not of meaning | `blocks/reread` reads both lines again |

mod assets;
mod batch;
mod blocks;
mod compact;
mod lines;
mod parallel;
mod read;
mod rows;
#[cfg(all(test, feature = "signature", feature = "simulate"))]
mod tests;

pub use self::{
    batch::Batch,
    lines::{LineReader, Lines},
    parallel::{Threads, fold, print},
    rows::{Printer, RowRange, Rows},
};
