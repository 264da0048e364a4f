//! What may go wrong, apart from what payloads say.

use mediafold_core::{fold::LoadError, lifecycle::DefinitionError};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// Why a call has no answer.
#[derive(Debug)]
pub(super) enum CallError {
    /// The request was not signed with any of the secrets.
    Unsigned,
    /// The user's own definitions cannot be used.
    Definition(DefinitionError),
    /// A text is not a saved asset, or not of the one that it should be of.
    Load(LoadError),
    /// A saved asset of an entity that no definition has.
    UnknownEntity(String),
    /// A text is an asset, and no event.
    NoEvent,
    /// The caller's own mistake.
    Usage(String),
}

#[derive(Serialize)]
struct ProblemRow<'a> {
    code: &'static str,
    name: &'static str,
    path: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
    help: &'a str,
}

impl From<LoadError> for CallError {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

fn reason_of(error: &LoadError) -> &'static str {
    match error {
        LoadError::OtherVersion { .. } => "other_version",
        LoadError::OtherEntity { .. } => "other_entity",
        LoadError::OtherAsset { .. } => "other_asset",
        LoadError::UnknownState { .. } => "unknown_state",
        LoadError::UnknownFlag { .. } => "unknown_flag",
        _ => "malformed",
    }
}

impl Serialize for CallError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, message, reason) = match self {
            Self::Unsigned => {
                ("UnsignedError", "not signed with any of these secrets".to_owned(), None)
            }
            Self::Definition(error) => {
                let (count, s) = match error.problems.len() {
                    1 => (1, ""),
                    many => (many, "s"),
                };
                let first = error.problems.first();
                let first = first.map(|it| format!(": {}:{}: {}", it.path, it.line, it.message));
                let first = first.unwrap_or_default();
                let message = format!("the definitions have {count} problem{s}{first}");
                ("DefinitionError", message, None)
            }
            Self::Load(error) => ("LoadError", error.to_string(), Some(reason_of(error))),
            Self::UnknownEntity(entity) => {
                let message = format!("this is an asset of `{entity}`, which no definition has");
                ("LoadError", message, Some("unknown_entity"))
            }
            Self::NoEvent => {
                ("LoadError", "this is no event: one was expected".to_owned(), Some("no_event"))
            }
            Self::Usage(message) => ("UsageError", message.clone(), None),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", name)?;
        map.serialize_entry("message", &message)?;
        if let Some(reason) = reason {
            map.serialize_entry("reason", reason)?;
        }
        if let Self::Unsigned = self {
            map.serialize_entry("status", &401)?;
        }
        if let Self::Definition(error) = self {
            let problems = error.problems.iter().map(|problem| ProblemRow {
                code: problem.kind.code(),
                name: problem.kind.name(),
                path: &problem.path,
                line: problem.line,
                column: problem.column,
                message: &problem.message,
                help: &problem.help,
            });
            map.serialize_entry("problems", &problems.collect::<Vec<_>>())?;
        }
        map.end()
    }
}
