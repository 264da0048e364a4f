//! How the command ends: one rule for all verbs.

use std::process::ExitCode;

/// What a verb came to. Of several the gravest counts, which is the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// Everything was done, and nothing is wrong with what it was done to. No input at all is fine.
    #[default]
    Fine = 0,
    /// Everything was done, and something is wrong with what it was done to: findings at or above `--fail-on`, problems of a
    /// definition or a configuration that was to be checked, deliveries that were not taken or not stored, wrong rows of a
    /// table, definitions that differ.
    Found = 1,
    /// Not everything could be done: a mistake in the arguments, a file that cannot be read or written, results that
    /// nobody gets because the disk is full or standard output is closed, input in which not one event can be read.
    Failed = 2,
    /// Ended by Ctrl-C or by a signal, as shells say it.
    Interrupted = 130,
}

/// The rule in the words of `--help`.
pub(super) const RULE: &str = "\
Exit code:
  0  fine; no input is fine too
  1  something is wrong with the input: findings at or above --fail-on,
     problems of a definition or a configuration, deliveries that were not
     taken, compressed input that is cut, wrong rows of a table, definitions
     that differ
  2  could not run: a mistake in the arguments, input that cannot be read or
     has not one event in it, output that cannot be written
130  interrupted
Whoever reads the output may leave early: the exit code is that of the whole.";

impl Exit {
    /// [`Self::Found`] if something was.
    pub(super) fn found(found: bool) -> Self {
        if found { Self::Found } else { Self::Fine }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
