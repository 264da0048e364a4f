//! Definition → lifecycle, or everything that is wrong with it.

use super::{
    Lifecycle,
    assemble::{Parts, assemble},
    compiler::Compiler,
    definition::EntityDefinition,
    problem::{DefinitionFile, Notes, Problem},
    rows::KindTable,
};

/// Checks and compiles. `None` if a problem was found; all of them are in `problems`.
pub(super) fn compile(
    file: &DefinitionFile,
    entity: &EntityDefinition,
    problems: &mut Vec<Problem>,
) -> Option<Lifecycle> {
    let known = problems.len();
    let mut compiler = Compiler::new(Notes::new(file, problems), entity);
    if !compiler.within_limits() {
        return None;
    }
    let statuses = compiler.statuses();
    let KindTable { rows, kinds, named, patterns } = compiler.events();
    let retries = compiler.retries();
    let ranks = compiler.ranks();
    // Where something is not understood, what cannot be reached may be reached by that.
    if !entity.is_unsure {
        let reached = compiler.reachable();
        compiler.lint_states(&reached);
        compiler.lint_rows();
    }
    compiler.count_undeclared();
    // A guess may be without a problem of its own, where that is told of something else.
    if compiler.notes.problems.len() > known || compiler.hints > 0 {
        return None;
    }
    let steps = std::mem::take(&mut compiler.steps);
    let parts = Parts { rows, kinds, named, patterns, statuses, retries, ranks, steps };
    let lifecycle = assemble(file, entity, parts);
    compiler.lint_retries(&lifecycle);
    (compiler.notes.problems.len() == known).then_some(lifecycle)
}
