use std::{fmt, ops::Range};

use toml_span::Span;

/// A definition file: its path as it was given, and its text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DefinitionFile {
    /// The path, for messages.
    pub path: String,
    /// The TOML.
    pub text: String,
}

impl DefinitionFile {
    /// A definition from wherever its text was read.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    pub(crate) fn problem(
        &self,
        kind: ProblemKind,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let mut problems = Vec::new();
        Notes::new(self, &mut problems).report(kind, span, message, help);
        problems.swap_remove(0)
    }
}

macro_rules! problem_kinds {
    ($($variant:ident $code:literal $name:literal $summary:literal,)*) => {
        /// What can be wrong with a definition. `docs/findings.md` has a section on each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ProblemKind {
            $(#[doc = $summary] $variant,)*
        }

        impl ProblemKind {
            /// All kinds, by code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable code, such as `D109`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The name, such as `cycle`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

problem_kinds! {
    Syntax "D101" "syntax" "Not TOML.",
    UnknownField "D102" "unknown-field" "A key that the format does not have.",
    InvalidValue "D103" "invalid-value" "A value that is missing, or not of the kind expected there.",
    Undeclared "D104" "undeclared" "A name that is declared nowhere.",
    UnreachableState "D105" "unreachable-state" "A state that no sequence of events leads to.",
    TrapState "D106" "trap-state" "A state without a way out that is neither `rest` nor `end`.",
    LeavesEnd "D107" "leaves-end" "A transition out of an end state.",
    Ambiguous "D108" "ambiguous" "Two rows for one event in one state, or one name for two events.",
    Cycle "D109" "cycle" "`from` transitions that lead round in a circle.",
    DeadRow "D110" "dead-row" "A row that can never apply.",
    NeverLegal "D111" "never-legal" "An event kind that is legal in no state that can be reached.",
    UnusableRetries "D112" "unusable-retries" "Retries that cannot be used up.",
    DefinedTwice "D113" "defined-twice" "Two files that define the same thing.",
    TooMany "D114" "too-many" "More than a lifecycle can hold.",
    SharedKinds "D115" "shared-kinds" "Two providers whose payloads nothing tells apart.",
}

impl ProblemKind {
    /// Whether the definitions are of use all the same: it is told by [`Catalog::lint`](super::Catalog::lint) and refused
    /// nowhere.
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::SharedKinds)
    }
}

/// One thing that is wrong with a definition, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// What was found.
    pub message: String,
    /// What was expected; may be empty.
    pub help: String,
    /// The path of the file as it was given.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The place in bytes.
    pub span: Range<usize>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, column, message, .. } = self;
        write!(f, "{path}:{line}:{column}: {} {message}", self.kind.code())?;
        if self.help.is_empty() { Ok(()) } else { write!(f, " ({})", self.help) }
    }
}

/// Where the problems of one file are noted.
pub(super) struct Notes<'a> {
    pub(super) file: &'a DefinitionFile,
    pub(super) problems: &'a mut Vec<Problem>,
    last: FilePlace,
}

/// A place in a file in bytes, with its line and its column from 0.
#[derive(Clone, Copy, Default)]
struct FilePlace {
    at: usize,
    line: usize,
    column: usize,
}

impl FilePlace {
    /// Moves to another place, over what lies between: problems come mostly in the order of the file.
    fn go(&mut self, text: &[u8], to: usize) {
        let (from, forward) = (self.at, self.at <= to);
        let between = if forward { &text[from..to] } else { &text[to..from] };
        let lines = memchr::memchr_iter(b'\n', between).count();
        self.line = if forward { self.line + lines } else { self.line - lines };
        // Bytes that begin a character.
        let letters = |text: &[u8]| text.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        self.column = match forward && lines == 0 {
            true => self.column + letters(between),
            false => {
                let start = memchr::memrchr(b'\n', &text[..to]).map_or(0, |at| at + 1);
                letters(&text[start..to])
            }
        };
        self.at = to;
    }
}

impl<'a> Notes<'a> {
    pub(super) fn new(file: &'a DefinitionFile, problems: &'a mut Vec<Problem>) -> Self {
        Self { file, problems, last: FilePlace::default() }
    }

    /// Notes a value that is missing, or not of the kind expected there.
    pub(super) fn invalid(
        &mut self,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(ProblemKind::InvalidValue, span, message, help);
    }

    pub(super) fn report(
        &mut self,
        kind: ProblemKind,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let text = &self.file.text;
        let start = span.start.min(text.len());
        self.last.go(text.as_bytes(), start);
        let FilePlace { line, column, .. } = self.last;
        self.problems.push(Problem {
            kind,
            message: message.into(),
            help: help.into(),
            path: self.file.path.clone(),
            line: line + 1,
            column: column + 1,
            span: start..span.end.clamp(start, text.len()),
        });
    }
}

/// Everything that is wrong with a set of definitions; nothing was loaded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DefinitionError {
    /// The problems, by file and line; at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for DefinitionError {}

/// Problems as people read them: by file and line, each once.
pub(super) fn sorted(mut problems: Vec<Problem>) -> DefinitionError {
    problems.sort_by(|a, b| {
        (&a.path, a.span.start, a.kind, &a.message).cmp(&(
            &b.path,
            b.span.start,
            b.kind,
            &b.message,
        ))
    });
    problems.dedup_by(|a, b| a.span == b.span && a.message == b.message && a.path == b.path);
    DefinitionError { problems }
}
