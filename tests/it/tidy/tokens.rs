//! Rust's tokens, as far as paths need them: literals and comments are left out.

/// A token, or what stands between brackets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Mark(char),
    /// The opening bracket, and what is in it.
    Group(char, Vec<Self>),
}

/// The tokens of a source file.
///
/// # Panics
/// If its brackets are not balanced, so that nothing is overlooked.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut open = vec![('\0', Vec::new())];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut len = first.len_utf8();
        match first {
            '/' if rest.starts_with("//") => len = rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => len = comment_len(rest),
            '"' => len = string_len(rest),
            '\'' => len = char_len(rest),
            '(' | '[' | '{' => open.push((first, Vec::new())),
            ')' | ']' | '}' => {
                let (bracket, inside) = open.pop().expect("there is one at least");
                assert!(matches!((bracket, first), ('(', ')') | ('[', ']') | ('{', '}')), "{rest}");
                open.last_mut().expect("it was opened").1.push(Token::Group(bracket, inside));
            }
            _ if first.is_alphanumeric() || first == '_' => {
                let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
                len = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
                let word = &rest[..len];
                if let Some(literal) = prefixed_len(word, &rest[len..]) {
                    len += literal;
                } else if word == "r" && rest[len..].starts_with('#') {
                    len += 1;
                } else if !first.is_numeric() {
                    let word = Token::Word(word.to_owned());
                    open.last_mut().expect("there is one at least").1.push(word);
                }
            }
            _ if first.is_whitespace() => {}
            mark => open.last_mut().expect("there is one at least").1.push(Token::Mark(mark)),
        }
        rest = &rest[len..];
    }
    assert_eq!(open.len(), 1, "a bracket is open at the end");
    open.remove(0).1
}

/// Comments nest.
fn comment_len(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            [] => return at,
            _ => at += 1,
        }
    }
}

/// Of a string with escapes, from its first quote on.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    let end = text[1..].bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Of a character from its quote on, or of the quote of a lifetime.
fn char_len(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(text.len(), |end| end + 4),
        _ => match letters.next() {
            Some((end, '\'')) => end + 1,
            _ => 1,
        },
    }
}

/// How much of a literal follows what stands before its quote, if that is a prefix.
fn prefixed_len(word: &str, rest: &str) -> Option<usize> {
    match word {
        "b" | "c" if rest.starts_with('"') => Some(string_len(rest)),
        "b" if rest.starts_with('\'') => Some(char_len(rest)),
        "r" | "br" | "cr" => {
            let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
            let inside = rest[hashes..].strip_prefix('"')?;
            let end = format!("\"{}", "#".repeat(hashes));
            Some(inside.find(&end).map_or(rest.len(), |at| hashes + 1 + at + end.len()))
        }
        _ => None,
    }
}

#[test]
fn literals_and_comments_are_left_out() {
    let text = r##"
        // a (
        fn b<'c>(d: &'c str) /* e /* [ */ { */ { '\'', '\u{66}', 'é', b'\\', "\"(", b"g\\", r#"h"(" "#, r"\", r#i, 0x1_u8 }
    "##;
    let word = |word: &str| Token::Word(word.to_owned());
    let marks = |count| (0..count).map(|_| Token::Mark(','));
    let inside = vec![word("d"), Token::Mark(':'), Token::Mark('&'), word("c"), word("str")];
    let mut body: Vec<Token> = marks(8).collect();
    body.push(word("i"));
    body.extend(marks(1));
    let found = [word("fn"), word("b"), Token::Mark('<'), word("c"), Token::Mark('>')];
    let groups = [Token::Group('(', inside), Token::Group('{', body)];
    assert_eq!(tokens(text), found.into_iter().chain(groups).collect::<Vec<_>>());
}
