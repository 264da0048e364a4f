//! A pattern says the same of a line at every level, and what a plain look at the line says.

use proptest::prelude::*;

use super::{
    super::{Pattern, Tokens, Value, sum_of},
    Level, Scanner,
};
use crate::digest::digest;

/// Names and values of a line, and which of them count.
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

/// The values of a line of members, and those that count with what the digest is of.
fn values(tokens: &Tokens<'_>, members: &Members) -> (Vec<Value>, u64) {
    let (mut values, mut sum, mut token) = (Vec::new(), 0_u64, 3);
    for ((_, text, counts), place) in members.iter().zip(1..) {
        let is_container = text.starts_with(['{', '[']);
        let end = token + 1 + usize::from(is_container);
        let place = counts.then_some(place);
        values.push(Value::new(tokens.kinds[token], token, end, place));
        sum = sum.wrapping_add(place.map_or(0, |place| digest(place, text.as_bytes())));
        token = end + 3;
    }
    (values, sum)
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
    fn sums_are_those_of_the_values(
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
        for level in Level::all() {
            let pattern = with_tokens(level, &one, |tokens| {
                Pattern::new(tokens, &values(tokens, &first).0)
            });
            // Names longer than a stripe have no pattern.
            let long = first.iter().any(|(name, ..)| name.len() + 2 > 64);
            prop_assert!(pattern.is_some() || long);
            let Some(pattern) = pattern else { continue };
            let (sum, expected) = with_tokens(level, &two, |tokens| {
                let odd = |value: &Value| {
                    digest(value.place, tokens.span(value.token.into(), usize::from(value.end) - 1))
                };
                let (all, expected) = values(tokens, &second);
                assert_eq!(sum_of(&all, tokens, odd), Some(expected), "{level:?}: {two}");
                (pattern.sum(tokens, odd), expected)
            });
            prop_assert_eq!(sum, broken.is_none().then_some(expected), "{:?}: {}", level, two);
        }
    }
}
