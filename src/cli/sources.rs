//! The files that were read, and what there is to say of those that could not be.

use std::path::{Path, PathBuf};

use super::{
    CliError,
    errors::report_error,
    exit::Exit,
    files::{by_path, is_stdin},
    output::{self, YELLOW},
};
use crate::{
    Finding,
    bulk::{LINE_BITS, Summary, UNREADABLE_KEPT_MAX},
    shown::{harmless, plural},
};

/// What standard input is called where there are files beside it.
pub(super) const STDIN_NAME: &str = "<stdin>";

/// Who says what could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A note on standard error: the results have no place for it.
    #[default]
    Noted,
    /// The results, of what could be read besides.
    Shown,
    /// The results, which may be nothing else.
    Listed,
}

/// The files that deliveries came from, by the upper bits of their numbers.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) paths: Vec<PathBuf>,
    names: Vec<String>,
    /// Some file could not be read to its end.
    pub(super) failed: bool,
    /// Why, where there is but one file: not said yet.
    pub(super) why: Option<CliError>,
    /// There were no deliveries.
    pub(super) empty: bool,
    /// What is wrong with the compressed files that could not be read to their end, each said once.
    pub(super) broken: Vec<String>,
}

impl Sources {
    /// What reading them came to.
    pub(super) fn exit(&self) -> Exit {
        if self.failed { Exit::Failed } else { Exit::found(!self.broken.is_empty()) }
    }

    /// Says what could not be read, and that there was nothing.
    ///
    /// # Errors
    /// Nothing could be read, so that there is nothing to go on with.
    pub(super) fn settle(
        &mut self,
        summaries: &[Summary],
        lost: &[Finding],
        told: Unreadable,
    ) -> Result<(), CliError> {
        let count = |of: fn(&Summary) -> u64| summaries.iter().map(of).sum::<u64>();
        let deliveries = count(|summary| summary.deliveries);
        let is_nothing = deliveries == 0 && lost.is_empty();
        self.empty = is_nothing;
        match self.why.take() {
            Some(error) if is_nothing => return Err(error),
            Some(error) => report_error(&error),
            None if is_nothing && self.failed => {
                return Err(CliError::usage("nothing could be read"));
            }
            None if is_nothing => output::note("no deliveries"),
            None => {}
        }
        if let (Some(first), false) = (lost.first(), told == Unreadable::Listed)
            && count(|summary| summary.readable) == 0
        {
            let of = match deliveries {
                0 => String::new(),
                many => format!(" in {}", plural(many, "delivery")),
            };
            let first = place_and_reason(first, self);
            return Err(CliError::usage(format!(
                "not one event can be read{of}; the first: {first}; `mediafold check` says more"
            )));
        }
        if told == Unreadable::Noted {
            note_unreadable(lost, self);
        }
        Ok(())
    }

    /// The names of the files.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Adds a file; the upper bits of the numbers of its deliveries.
    pub(super) fn add(&mut self, path: &Path) -> u64 {
        self.paths.push(by_path(path).to_owned());
        self.names.push(match is_stdin(path) {
            true => STDIN_NAME.to_owned(),
            false => path.display().to_string(),
        });
        (self.names.len() as u64 - 1) << LINE_BITS
    }

    /// By what path the file of a delivery is opened.
    pub(super) fn path(&self, delivery: u64) -> &Path {
        let path = usize::try_from(delivery >> LINE_BITS).ok().and_then(|at| self.paths.get(at));
        path.map_or_else(|| Path::new(""), PathBuf::as_path)
    }

    /// The file and line of a finding; one about an asset as a whole has none.
    pub(super) fn place(&self, finding: &Finding) -> (Option<&str>, Option<u64>) {
        match self.locate(finding.delivery) {
            (_, 0) => (None, None),
            (source, line) => (Some(source), Some(line)),
        }
    }

    /// The file and line of a delivery.
    pub(super) fn locate(&self, delivery: u64) -> (&str, u64) {
        let name = usize::try_from(delivery >> LINE_BITS).ok().and_then(|at| self.names.get(at));
        (name.map_or("", String::as_str), delivery & ((1 << LINE_BITS) - 1))
    }
}

/// Which payload of its delivery something is about, as it is written behind the line.
pub(super) fn numbered(item: Option<u32>) -> String {
    item.map_or_else(String::new, |item| format!("#{item}"))
}

/// What could not be read, and where it is.
fn place_and_reason(finding: &Finding, sources: &Sources) -> String {
    let (source, line) = sources.locate(finding.delivery);
    let (code, message) = (finding.code.code(), harmless(&finding.message));
    format!("{source}:{line}{}: {code} {message}", numbered(finding.item))
}

/// Says on standard error what was not folded: rows of assets have no place for it.
fn note_unreadable(unreadable: &[Finding], sources: &Sources) {
    const SHOWN_MAX: usize = 5;
    let kept = unreadable.len();
    let is_said = |finding: &&Finding| sources.broken.contains(&finding.message);
    let unreadable: Vec<&Finding> = unreadable.iter().filter(|finding| !is_said(finding)).collect();
    for finding in unreadable.iter().take(SHOWN_MAX) {
        let lost = place_and_reason(finding, sources);
        output::note(&format!("{YELLOW}not folded{YELLOW:#}: {lost}"));
    }
    match unreadable.len().saturating_sub(SHOWN_MAX) {
        0 => {}
        more if kept == UNREADABLE_KEPT_MAX => {
            output::note(&format!("and {more} more at least; `mediafold check` lists them all"));
        }
        more => output::note(&format!("and {more} more; `mediafold check` lists them all")),
    }
}
