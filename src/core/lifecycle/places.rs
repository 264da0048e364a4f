//! Reading from a definition where in a delivery things are, and what must hold of them.

use toml_span::{
    Span, Value,
    value::{Table, ValueInner},
};

use super::{
    Provider,
    condition::{Condition, Scalar, Test},
    pointer::Pointer,
    reader::{SpannedName, TomlReader, in_order},
    spot::{Locator, Spot},
};

impl TomlReader<'_> {
    /// Where something is: a place, or a list of them, in which a list stands for parts that are joined.
    pub(super) fn locators(&mut self, table: &Table<'_>, key: &str) -> Vec<Locator> {
        let Some(value) = self.get(table, key) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            return self.spot(value).map(|spot| Locator::new(vec![spot])).into_iter().collect();
        };
        let mut locators = Vec::new();
        for item in items {
            let spots: Vec<Spot> = match item.as_array().map(Vec::as_slice) {
                Some([]) => {
                    self.wanted(item, "the pointers whose values are joined");
                    continue;
                }
                Some(parts) => parts.iter().filter_map(|part| self.spot(part)).collect(),
                None => self.spot(item).into_iter().collect(),
            };
            if !spots.is_empty() {
                locators.push(Locator::new(spots));
            }
        }
        locators
    }

    /// The same where nothing is joined.
    pub(super) fn single_locators(&mut self, table: &Table<'_>, key: &str) -> Vec<Locator> {
        let locators = self.locators(table, key);
        if let Some(value) = self.get(table, key)
            && locators.iter().any(|locator| locator.single().is_none())
        {
            self.wanted(value, &format!("pointers: nothing is joined in `{key}`"));
        }
        locators
    }

    fn spot(&mut self, value: &Value<'_>) -> Option<Spot> {
        let text = match value.as_str() {
            Some("") => return Pointer::parse("").map(Spot::Body),
            _ => self.string(value)?,
        };
        let spot = self.any_spot(&text)?;
        if spot.is_secret() {
            let message =
                format!("`{}` is not kept: who has it may pass for somebody else", text.value);
            self.notes.invalid(
                text.span,
                message,
                "expected a header or a parameter that is no secret",
            );
            return None;
        }
        Some(spot)
    }

    fn any_spot(&mut self, text: &SpannedName) -> Option<Spot> {
        match Spot::parse(&text.value) {
            Some(Spot::Body(_)) => self.pointer(text).map(Spot::Body),
            Some(spot) => Some(spot),
            None if text.value.starts_with(['@', '?']) => {
                let message = format!("`{}` names no header or parameter", text.value);
                self.notes.invalid(
                    text.span,
                    message,
                    "expected `@Header-Name`, `?parameter` or `@received`",
                );
                None
            }
            None => self.pointer(text).map(Spot::Body),
        }
    }

    /// Where the payload is within the body.
    pub(super) fn unwrap(&mut self, envelope: &Table<'_>) -> Vec<Pointer> {
        let Some(value) = self.get(envelope, "unwrap") else { return Vec::new() };
        let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        let pointer = |item: &Value<'_>| match item.as_str() {
            Some("") => Pointer::parse(""),
            _ => {
                let text = self.string(item)?;
                self.pointer(&text)
            }
        };
        items.iter().filter_map(pointer).collect()
    }

    /// Refuses pointers into what a form does not have: its members are texts.
    pub(super) fn lint_form(&mut self, provider: &Provider, span: Span) {
        if !provider.form || !provider.unwrap.is_empty() {
            return;
        }
        let locators = [&provider.kind, &provider.event_id, &provider.time, &provider.sequence];
        let pointers = locators.into_iter().flatten().flat_map(Locator::pointers);
        for pointer in pointers.filter(|pointer| pointer.tokens().len() > 1) {
            let message = format!("a form has no depth, and `{}` leads into it", pointer.as_str());
            let help = "expected `/name`, or an `unwrap` that leads to the JSON within the form";
            self.notes.invalid(span, message, help);
        }
    }

    /// What must hold: the table `when`, if there is one.
    pub(super) fn when(&mut self, table: &Table<'_>) -> Condition {
        let Some(value) = self.get(table, "when") else { return Condition::default() };
        self.condition(value, false)
    }

    /// The tests of a table. Secrets may be compared with only in what is not kept.
    pub(super) fn condition(&mut self, value: &Value<'_>, of_secrets: bool) -> Condition {
        let Some(tests) = self.table(value) else { return Condition::default() };
        let mut read = Vec::new();
        for (name, value) in in_order(tests) {
            let spot = match of_secrets {
                true => self.any_spot(&name),
                false => {
                    let text =
                        Value::with_span(ValueInner::String(name.value.clone().into()), name.span);
                    self.spot(&text)
                }
            };
            if matches!(spot, Some(Spot::Received)) {
                let message = "`@received` in a condition";
                self.notes.invalid(
                    name.span,
                    message,
                    "expected a pointer, a header or a parameter",
                );
                continue;
            }
            if let Some((spot, test)) = spot.zip(self.test(value)) {
                read.push((spot, test));
            }
        }
        if read.is_empty() && tests.is_empty() {
            self.wanted(value, "a pointer and what it leads to, as in `{ \"/source\" = \"…\" }`");
        }
        Condition::new(read)
    }

    fn test(&mut self, value: &Value<'_>) -> Option<Test> {
        match value.as_ref() {
            ValueInner::Boolean(true) => Some(Test::Present),
            ValueInner::Boolean(false) => Some(Test::Absent),
            ValueInner::Array(items) if !items.is_empty() => {
                let values = items.iter().filter_map(|item| self.scalar(item)).collect::<Vec<_>>();
                (values.len() == items.len()).then_some(Test::OneOf(values))
            }
            _ => self.scalar(value).map(|value| Test::OneOf(vec![value])),
        }
    }

    fn scalar(&mut self, value: &Value<'_>) -> Option<Scalar> {
        match value.as_ref() {
            ValueInner::Boolean(value) => Some(Scalar::Bool(*value)),
            ValueInner::Integer(number) => Some(Scalar::Number(number.to_string().into())),
            ValueInner::Float(number) if number.is_finite() => {
                let number = serde_json::Number::from_f64(*number)?;
                Some(Scalar::Number(number.to_string().into()))
            }
            ValueInner::String(text) => Some(Scalar::Text(text.as_ref().into())),
            _ => {
                self.wanted(value, "true, false, a text, a number, or a list of these");
                None
            }
        }
    }

    /// How many seconds east of UTC a zone is.
    pub(super) fn zone(&mut self, value: &Value<'_>) -> Option<i32> {
        let text = self.string(value)?;
        let seconds = offset(&text.value);
        if seconds.is_none() {
            let message = format!("`{}` is no zone that is known here", text.value);
            self.notes.invalid(text.span, message, "expected `UTC`, or an offset such as `+09:00`");
        }
        seconds
    }
}

fn offset(text: &str) -> Option<i32> {
    if matches!(text, "UTC" | "GMT" | "Z") {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str, below: i32| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|number| digits && *number < below)
    };
    Some(sign * (number(hours, 24)? * 3600 + number(minutes, 60)? * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones() {
        for (text, seconds) in
            [("UTC", Some(0)), ("+09:00", Some(32_400)), ("-03:30", Some(-12_600))]
        {
            assert_eq!(offset(text), seconds, "{text}");
        }
        for text in ["", "utc+1", "+9", "+24:00", "+00:60", "+é0:00", "Europe/Rome", "+-1:00"] {
            assert_eq!(offset(text), None, "{text}");
        }
    }
}
