//! Definitions without their comments, made when they are compiled in. Lines keep their numbers: problems name them.

/// How long a text is without its comments.
pub(super) const fn length(text: &str) -> usize {
    let (bytes, mut len, mut at) = (text.as_bytes(), 0, 0);
    while at < bytes.len() {
        if is_comment(bytes, at) {
            at = line_end(bytes, at);
        } else {
            len += 1;
            at += 1;
        }
    }
    len
}

/// The text without lines that are comments; their ends stay.
pub(super) const fn without_comments<const LEN: usize>(text: &str) -> [u8; LEN] {
    let (bytes, mut terse, mut len, mut at) = (text.as_bytes(), [0; LEN], 0, 0);
    while at < bytes.len() {
        if is_comment(bytes, at) {
            at = line_end(bytes, at);
        } else {
            terse[len] = bytes[at];
            len += 1;
            at += 1;
        }
    }
    terse
}

const fn is_comment(bytes: &[u8], at: usize) -> bool {
    bytes[at] == b'#' && (at == 0 || bytes[at - 1] == b'\n')
}

const fn line_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'\n' {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_lines_stay() {
        const TEXT: &str = "# é\na = 1 # b\n#\n# c\nd = \"#\"\n#";
        const TERSE: [u8; length(TEXT)] = without_comments(TEXT);
        assert_eq!(TERSE.as_slice(), b"\na = 1 # b\n\n\nd = \"#\"\n");
        // A text of several lines might have a line that begins as a comment does.
        for lifecycle in crate::Catalog::builtin().lifecycles() {
            let text = lifecycle.definition();
            assert!(!text.contains("\"\"\"") && !text.contains("'''"), "{}", lifecycle.entity());
        }
    }
}
