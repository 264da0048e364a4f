//! Names and digests are the same at every level, and what a plain look at the line says.

use proptest::prelude::*;

use super::{
    super::{NamePattern, NameTable, Tokens, Value, sum_of, verbatim},
    Level, Scanner,
};
use crate::digest::digest;

/// Names and values of a line, and which of them are looked at.
type Members = Vec<(String, String, bool)>;

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        r#""[a-zA-Z0-9é:/ -]{0,90}""#,
        r#""[a-z]{0,40}(\\\\|\\n|\\")[a-z]{0,40}""#,
        "-?[1-9][0-9]{0,20}",
        r"0\.[0-9]{1,5}",
        Just("true".to_owned()),
        Just("null".to_owned()),
        r"\{ ?\}",
        r"\[ ?\]",
    ]
}

fn members() -> impl Strategy<Value = Members> {
    prop::collection::vec(("[a-z]{1,90}", value(), prop::bool::weighted(0.9)), 1..20)
}

fn line(members: &Members, space: &str) -> String {
    let member = |(name, value, _): &(String, String, bool)| format!("\"{name}\":{space}{value}");
    let members: Vec<String> = members.iter().map(member).collect();
    format!("{{{}}}", members.join(&format!(",{space}")))
}

/// What is to be looked at in a line of members.
#[derive(Default)]
struct Looked {
    values: Vec<Value>,
    /// The sum of the digests of the values.
    sum: u64,
    /// The tokens of the names.
    names: Vec<u16>,
    /// The tokens of the values, and those after them, that are not looked at.
    others: Vec<(u16, u16)>,
}

fn look(tokens: &Tokens<'_>, members: &Members) -> Looked {
    let (mut looked, mut token) = (Looked::default(), 3);
    for ((_, text, counts), place) in members.iter().zip(1..) {
        let is_container = text.starts_with(['{', '[']);
        let end = token + 1 + usize::from(is_container);
        if *counts {
            looked.values.push(Value::new(tokens.kinds[token], token, end, place));
            looked.sum = looked.sum.wrapping_add(digest(place, text.as_bytes()));
            looked.names.push(token as u16 - 2);
        } else {
            looked.others.push((token as u16, end as u16));
        }
        token = end + 3;
    }
    looked
}

/// With the tokens of a line at a level.
fn with_tokens<R>(level: Level, line: &str, act: impl FnOnce(&Tokens<'_>) -> R) -> R {
    let (mut act, mut result) = (Some(act), None);
    Scanner::new(level).scan(line.as_bytes(), |line| {
        let tokens = line.tokens.expect("the test is JSON");
        result = act.take().map(|act| act(&tokens));
    });
    result.expect("there is a line")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn levels_agree(
        first in members(),
        others in prop::collection::vec(value(), 20),
        space in " {0,1}",
        broken in prop::option::of(0..20_usize),
    ) {
        // Another line with the same names, and values of the same kinds.
        let alike = |a: &str, b: &str| {
            let kind = |text: &str| match text.as_bytes()[0] {
                b'-' | b'0'..=b'9' => b'0',
                b'n' => b't',
                byte => byte,
            };
            kind(a) == kind(b)
        };
        let mut second = first.clone();
        for ((_, value, _), other) in second.iter_mut().zip(&others) {
            if alike(value, other) {
                value.clone_from(other);
            }
        }
        let broken = broken.filter(|at| *at < second.len());
        if let Some(at) = broken {
            second[at].0.push('!');
        }
        let (one, two) = (line(&first, &space), line(&second, &space));
        // As they stand, but for what is not looked at and the white space after it.
        let written = |members: &Members| {
            let other = |(name, value, counts): &(String, String, bool)| match counts {
                true => (name.clone(), value.clone(), true),
                false => (name.clone(), String::new(), false),
            };
            line(&members.iter().map(other).collect(), &space)
        };
        for level in Level::all() {
            let mut texts = NameTable::default();
            let names = with_tokens(level, &one, |tokens| {
                NamePattern::new(tokens, look(tokens, &first).names.into_iter(), &mut texts).unwrap()
            });
            let of = |text: &str, members: &Members| with_tokens(level, text, |tokens| {
                let odd = |value: &Value| {
                    digest(value.place, tokens.span(value.token.into(), usize::from(value.end) - 1))
                };
                let looked = look(tokens, members);
                assert_eq!(sum_of(&looked.values, tokens, odd), Some(looked.sum), "{level:?}: {text}");
                (names.is_in(tokens, &texts), verbatim(tokens, &looked.others))
            });
            let ((same, as_one), (alike, as_two)) = (of(&one, &first), of(&two, &second));
            prop_assert!(same);
            prop_assert_eq!(alike, broken.is_none_or(|at| !second[at].2), "{:?}: {}", level, two);
            prop_assert_eq!(as_one == as_two, written(&first) == written(&second), "{:?}: {}", level, two);
            let everything = with_tokens(level, &two, |tokens| verbatim(tokens, &[]));
            prop_assert_eq!(everything, digest(0, two.as_bytes()));
        }
    }
}
