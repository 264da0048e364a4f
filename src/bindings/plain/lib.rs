//! mediafold for other languages: text in, text out, the same words and bytes in each.
//!
//! [`Plain::call`] takes a [request](Request) as JSON, beside it the bytes that it is about, and gives back
//! `{"ok":…}` or `{"error":{"type":…,"message":…}}`. A surprise in a payload is a finding, never an error.
//!
//! Saved assets are never within JSON, where each quotation mark of theirs would cost an escape, twice. Those that a call
//! is about are its body: `step` takes the row and the event, `merge` ours and theirs, the request has their lengths in bytes
//! as `fold` and `other`. Those of an answer are the lines behind its first, in the order of what they belong to: the
//! row that a step or a merge left, those of `fold`, one for each event of `unwrap` and `read`.
//!
//! - `received` verifies and reads what was received; `rows` steps, merges and looks at saved assets;
//!   `many` folds whole files; `looks` draws and lists lifecycles.
//! - `request` is all that may be asked, `error` all that may go wrong.
//!
//! An event travels as a saved asset that knows this event alone, so that a language keeps it as it keeps a row.

mod error;
mod looks;
mod many;
mod received;
mod request;
mod rows;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use mediafold_core::{Catalog, lifecycle::DefinitionFile, signature::Verifier};
use serde::Serialize;

use self::{error::CallError, request::Request};

/// Verifiers kept; beyond this they are made anew.
const VERIFIERS_MAX: usize = 64;

/// The library as other languages call it.
#[derive(Default)]
pub struct Plain {
    /// Users' own definitions, by the handle that they were given.
    catalogs: BTreeMap<u32, Arc<Catalog>>,
    last_handle: u32,
    verifiers: HashMap<String, Verifier>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Answer<T> {
    Ok(T),
    Error(CallError),
}

#[derive(Serialize)]
struct Opened {
    definitions: u32,
}

impl Plain {
    /// With the built-in definitions.
    pub fn new() -> Self {
        Self::default()
    }

    /// The definitions of this handle, for who folds whole files by other ways.
    pub fn catalog(&self, handle: u32) -> Option<Arc<Catalog>> {
        self.catalogs.get(&handle).cloned()
    }

    /// The handles of all definitions that are open, in their order.
    pub fn handles(&self) -> impl DoubleEndedIterator<Item = u32> {
        self.catalogs.keys().copied()
    }

    /// Does what a request asks, with the bytes that it is about: a line of JSON, and one for each saved asset.
    pub fn call(&mut self, request: &[u8], body: &[u8]) -> String {
        let answer = match serde_json::from_slice(request) {
            Ok(request) => self.answer(&request, body),
            Err(error) => Err(CallError::Usage(format!("this is no request: {error}"))),
        };
        answer.unwrap_or_else(|error| text_of(&Answer::<()>::Error(error)))
    }

    fn answer(&mut self, request: &Request<'_>, body: &[u8]) -> Result<String, CallError> {
        match &*request.call {
            "open" => return said(self.open(request)),
            "close" => {
                self.close(request.definitions);
                return said(Ok(()));
            }
            _ => {}
        }
        let Self { catalogs, verifiers, .. } = self;
        let catalog = match request.definitions {
            None => Catalog::builtin(),
            Some(handle) => catalogs.get(&handle).ok_or_else(|| {
                CallError::Usage(format!("there are no definitions of the handle {handle}"))
            })?,
        };
        match &*request.call {
            "unwrap" => received::unwrap(catalog, verifiers, request, body).map(with_saved),
            "read" => received::read(catalog, request, body).map(with_saved),
            "step" => rows::step(catalog, request, body).map(with_saved),
            "merge" => rows::merge(catalog, request, body).map(with_saved),
            "asset" => said(rows::asset(catalog, request, body)),
            "findings" => said(rows::findings(catalog, request, body)),
            "history" => said(rows::history(catalog, request, body)),
            "overdue" => said(rows::overdue_at(catalog, request, body)),
            "fold" => many::fold(catalog, request, body).map(with_saved),
            "check" => said(many::check(catalog, request, body)),
            "diagram" => said(looks::diagram(catalog, request, body)),
            "lifecycles" => said(Ok(looks::lifecycles(catalog))),
            other => Err(CallError::Usage(format!("there is no call `{other}`"))),
        }
    }

    fn open(&mut self, request: &Request<'_>) -> Result<Opened, CallError> {
        let files = request.files.iter();
        let files: Vec<DefinitionFile> =
            files.map(|(path, text)| DefinitionFile::new(path.clone(), &**text)).collect();
        let catalog = Catalog::with(&files).map_err(CallError::Definition)?;
        self.last_handle += 1;
        self.catalogs.insert(self.last_handle, Arc::new(catalog));
        Ok(Opened { definitions: self.last_handle })
    }

    fn close(&mut self, handle: Option<u32>) {
        if let Some(handle) = handle {
            self.catalogs.remove(&handle);
            self.verifiers.clear();
        }
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain").field("catalogs", &self.catalogs.len()).finish_non_exhaustive()
    }
}

fn said<T: Serialize>(answer: Result<T, CallError>) -> Result<String, CallError> {
    answer.map(|answer| text_of(&Answer::Ok(answer)))
}

/// An answer, and behind it the saved assets that belong to it.
fn with_saved<T: Serialize, S: IntoIterator<Item = String>>((answer, saved): (T, S)) -> String {
    let mut text = text_of(&Answer::Ok(answer));
    for line in saved {
        text.push('\n');
        text.push_str(&line);
    }
    text
}

fn text_of<T: Serialize>(answer: &Answer<T>) -> String {
    // What is written is made of texts, numbers and JSON that was read.
    serde_json::to_string(answer).unwrap_or_default()
}
