//! What must hold of a delivery: `when = { "/pointer" = …, "@header" = …, "?parameter" = … }`.

use std::borrow::Cow;

use super::spot::Spot;
use crate::json::Json;

/// Tests that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    tests: Vec<(Spot, Test)>,
}

/// What is asked of one spot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// Something is there, and is not null.
    Present,
    /// Nothing is there, or null.
    Absent,
    /// What is there is one of these.
    OneOf(Vec<Scalar>),
}

/// A value that a definition compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Bool(bool),
    /// As JSON prints it.
    Number(Box<str>),
    Text(Box<str>),
}

/// What stands in a spot; `null` is as if nothing did.
#[derive(Clone, Debug)]
pub(crate) enum SpotValue<'v> {
    Bool(bool),
    /// As JSON prints it.
    Number(Cow<'v, str>),
    Text(Cow<'v, str>),
    /// An object or a list, which equals nothing.
    Other,
}

impl Condition {
    pub(super) fn new(tests: Vec<(Spot, Test)>) -> Self {
        Self { tests }
    }

    /// Whether it asks nothing, so that it always holds.
    pub(crate) fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    pub(crate) fn tests(&self) -> &[(Spot, Test)] {
        &self.tests
    }

    /// Whether all tests hold, given what stands in each spot.
    pub(crate) fn holds<'v>(&self, mut find: impl FnMut(&Spot) -> Option<SpotValue<'v>>) -> bool {
        self.tests.iter().all(|(spot, test)| test.holds(find(spot).as_ref()))
    }

    /// Whether no delivery meets both.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        let pairs = self.tests.iter().flat_map(|own| other.tests.iter().map(move |its| (own, its)));
        pairs.filter(|(own, its)| own.0 == its.0).any(|(own, its)| own.1.excludes(&its.1))
    }
}

impl Test {
    pub(crate) fn holds(&self, found: Option<&SpotValue<'_>>) -> bool {
        match self {
            Self::Present => found.is_some(),
            Self::Absent => found.is_none(),
            Self::OneOf(values) => {
                found.is_some_and(|found| values.iter().any(|value| value.is(found)))
            }
        }
    }

    fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) => false,
            (Self::Absent, _) | (_, Self::Absent) => true,
            (Self::Present, _) | (_, Self::Present) => false,
            (Self::OneOf(own), Self::OneOf(its)) => {
                !own.iter().any(|own| its.iter().any(|its| own.is(&its.found())))
            }
        }
    }
}

impl Scalar {
    /// Whether it is what was found: a number equals text of the same digits.
    pub(crate) fn is(&self, found: &SpotValue<'_>) -> bool {
        match (self, found) {
            (Self::Bool(own), SpotValue::Bool(found)) => own == found,
            (
                Self::Number(own) | Self::Text(own),
                SpotValue::Number(found) | SpotValue::Text(found),
            ) => **own == **found,
            _ => false,
        }
    }

    pub(crate) fn found(&self) -> SpotValue<'_> {
        match self {
            Self::Bool(own) => SpotValue::Bool(*own),
            Self::Number(own) => SpotValue::Number(Cow::Borrowed(own)),
            Self::Text(own) => SpotValue::Text(Cow::Borrowed(own)),
        }
    }
}

impl<'v> SpotValue<'v> {
    /// A value of a payload; `None` for null.
    pub(crate) fn of(value: &'v Json<'_>) -> Option<Self> {
        Some(match value {
            Json::Null => return None,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(number.to_string().into()),
            Json::String(text) => Self::Text(Cow::Borrowed(text)),
            Json::Array(_) | Json::Object(_) => Self::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(test: Test) -> Condition {
        Condition::new(vec![(Spot::parse("/a").expect("a pointer"), test)])
    }

    fn number(digits: &str) -> Scalar {
        Scalar::Number(digits.into())
    }

    fn text(text: &str) -> Scalar {
        Scalar::Text(text.into())
    }

    #[test]
    fn what_holds_of_which_value() {
        let present = condition(Test::Present);
        let absent = condition(Test::Absent);
        let yes = condition(Test::OneOf(vec![Scalar::Bool(true)]));
        let three = condition(Test::OneOf(vec![number("3"), text("x")]));
        let digits = condition(Test::OneOf(vec![text("3")]));
        for (json, expected) in [
            ("null", [false, true, false, false, false]),
            ("true", [true, false, true, false, false]),
            ("false", [true, false, false, false, false]),
            (r#""true""#, [true, false, false, false, false]),
            ("3", [true, false, false, true, true]),
            (r#""3""#, [true, false, false, true, true]),
            ("3.0", [true, false, false, false, false]),
            (r#""x""#, [true, false, false, true, false]),
            ("[3]", [true, false, false, false, false]),
            (r#"{"3":3}"#, [true, false, false, false, false]),
        ] {
            let json: Json<'_> = serde_json::from_str(json).expect("the test is JSON");
            let all = [&present, &absent, &yes, &three, &digits];
            let holds = all.map(|condition| condition.holds(|_| SpotValue::of(&json)));
            assert_eq!(holds, expected, "{json}");
        }
    }

    #[test]
    fn what_excludes_what() {
        let is = |value: Scalar| condition(Test::OneOf(vec![value]));
        let cases = [
            (condition(Test::Present), condition(Test::Absent), true),
            (condition(Test::Present), is(number("3")), false),
            (condition(Test::Absent), is(number("3")), true),
            (condition(Test::Absent), condition(Test::Absent), false),
            (is(number("3")), is(text("3")), false),
            (is(number("3")), is(text("4")), true),
            (is(Scalar::Bool(true)), is(Scalar::Bool(false)), true),
            (Condition::default(), is(number("3")), false),
        ];
        for (one, other, excludes) in cases {
            assert_eq!(one.excludes(&other), excludes, "{one:?} {other:?}");
            assert_eq!(other.excludes(&one), excludes, "{other:?} {one:?}");
        }
    }
}
