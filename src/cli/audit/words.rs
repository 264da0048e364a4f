//! What the user says that the table's words mean.

use std::path::Path;

use indicatif::ProgressBar;

use super::super::{CliError, files::open};
use crate::{audit::AuditWords, json::Json, shown::harmless};

/// More bytes are no list of words.
const WORDS_LEN_MAX: u64 = 1 << 20;

/// Reads lines `WORD = STATE`, each in quotes or not, `#` before a comment; or a JSON object.
pub(super) fn read_words(path: &Path) -> Result<AuditWords, CliError> {
    let failed = |source| CliError::Read { path: path.to_owned(), source };
    let stream = open(path, &ProgressBar::hidden()).map_err(failed)?.stream;
    let mut text = String::new();
    let mut stream = std::io::Read::take(stream, WORDS_LEN_MAX);
    std::io::Read::read_to_string(&mut stream, &mut text).map_err(failed)?;
    let text = text.trim_start_matches('\u{feff}');
    let place = |line: usize| format!("{}:{line}", path.display());
    let mut words = AuditWords::default();
    if text.trim_start().starts_with('{') {
        let wrong = |why: String| CliError::usage(format!("{}: {why}", path.display()));
        let json: Json<'_> =
            serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let Json::Object(members) = json else { return Ok(words) };
        for (word, state) in members {
            let Json::String(state) = state else {
                return Err(wrong(format!(
                    "`{}` is to mean a text, the name of a state",
                    harmless(&word)
                )));
            };
            words.insert(&word, &state);
        }
        return Ok(words);
    }
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '[']) {
            continue;
        }
        let pair = side(line).and_then(|(word, rest)| {
            let (state, rest) = side(rest.trim_start().strip_prefix('=')?)?;
            let rest = rest.trim_start();
            (rest.is_empty() || rest.starts_with('#')).then_some((word, state))
        });
        let Some((word, state)) =
            pair.filter(|(word, state)| !word.is_empty() && !state.is_empty())
        else {
            return Err(CliError::usage(format!("{}: expected `WORD = STATE`", place(number))));
        };
        words.insert(word, state);
    }
    Ok(words)
}

/// One side of a line, and what comes after it.
fn side(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split_once(quote);
        }
    }
    let end = text.find(['=', '#']).unwrap_or(text.len());
    Some((text[..end].trim_end(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<AuditWords, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = folder.path().join("words.toml");
        std::fs::write(&path, text).map_err(|error| error.to_string())?;
        read_words(&path)
            .map_err(|error| error.to_string().replace(&*path.to_string_lossy(), "words"))
    }

    #[test]
    fn lines_and_objects_are_words() {
        let lines =
            read("# ours\n\"Live!\" = 'ready' # yes\nDONE=ready\n[words]\nin work = preparing\n");
        let object = read(
            "\u{feff} {\"Live!\": \"ready\", \"DONE\": \"ready\", \"in work\": \"preparing\"}",
        );
        assert_eq!(
            format!("{:?}", sorted(lines.expect("lines"))),
            format!("{:?}", sorted(object.expect("an object")))
        );
        assert_eq!(
            read("DONE ready").map(sorted),
            Err("words:1: expected `WORD = STATE`".to_owned())
        );
        assert!(read("{\"DONE\": 1}").is_err_and(|error| error.contains("a text")));
    }

    fn sorted(words: AuditWords) -> Vec<String> {
        let text = format!("{words:?}");
        let mut parts: Vec<String> =
            text.split(['{', '}', ',']).map(|part| part.trim().to_owned()).collect();
        parts.sort();
        parts
    }
}
