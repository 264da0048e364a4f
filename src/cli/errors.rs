//! Errors and problems of definitions, printed as rustc prints its own.

use std::{error::Error, ops::Range};

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::{
    CliError,
    output::{BOLD, RED, note},
};
use crate::{
    lifecycle::{DefinitionFile, Problem},
    shown::harmless,
};

/// More bytes of a definition are not shown with one of its problems.
const SHOWN_MAX: usize = 4096;

/// Prints an error with its causes.
pub(super) fn report_error(error: &CliError) {
    if let CliError::Definitions(definitions, files) = error {
        report_problems(&definitions.problems, files);
    }
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        message.push_str(&format!(": {source}"));
        cause = source.source();
    }
    note(&format!("{RED}{BOLD}error{BOLD:#}{RED:#}: {message}"));
}

/// Prints the problems of definitions with the lines they are about.
pub(super) fn report_problems(problems: &[Problem], files: &[DefinitionFile]) {
    let renderer = Renderer::styled();
    for problem in problems {
        let level = if problem.kind.is_warning() { Level::WARNING } else { Level::ERROR };
        let title = level.primary_title(harmless(&problem.message)).id(problem.kind.code());
        let file = files.iter().find(|file| file.path == problem.path);
        let mut group = match file.and_then(|file| lines_of(problem, &file.text)) {
            Some((start, lines)) => title.element(
                Snippet::source(lines)
                    .line_start(problem.line)
                    .path(problem.path.as_str())
                    .annotation(
                        AnnotationKind::Primary
                            .span(problem.span.start - start..problem.span.end - start),
                    ),
            ),
            None => title.element(Origin::path(problem.path.as_str()).line(problem.line)),
        };
        if !problem.help.is_empty() {
            group = group.element(Level::HELP.message(harmless(&problem.help)));
        }
        note(&format!("{}\n", renderer.render(&[group])));
    }
}

/// The lines that a problem is in, and where they begin: the renderer goes over all that it is given, once for each
/// problem. `None` for more than anybody reads.
fn lines_of<'t>(problem: &Problem, text: &'t str) -> Option<(usize, &'t str)> {
    let Range { start, end } = problem.span;
    let first = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let last = text.get(end..)?.find('\n').map_or(text.len(), |at| end + at);
    (last - first <= SHOWN_MAX).then(|| (first, &text[first..last]))
}
