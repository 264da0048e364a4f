//! `[signature]` and `[probe]` of a provider's definition, as they are read.

use toml_span::{Value, value::Table};

use super::{
    condition::{Condition, Scalar, Test},
    probe::{Answer, AnswerTemplate, Probe, VERIFY_TOKEN},
    reader::{TomlReader, in_order},
    scheme::Scheme,
    spot::Spot,
};

impl TomlReader<'_> {
    /// The parameters of `[signature]` as they are written, and the scheme that they describe.
    pub(super) fn signature(&mut self, table: &Table<'_>) -> (Vec<(String, String)>, Scheme) {
        let Some(value) = self.get(table, "signature") else { return Default::default() };
        let Some(section) = self.table(value) else { return Default::default() };
        let scheme = section.get("scheme").and_then(|value| value.as_str());
        if let Some(known) = Scheme::parameters(scheme.unwrap_or("none")) {
            // A short form of [probe] stands beside any scheme.
            let known: Vec<&'static str> = known.iter().copied().chain(["probe"]).collect();
            self.known(section, &known);
        }
        let lost = self.lost();
        let mut parameters = Vec::new();
        for (key, value) in in_order(section) {
            parameters.extend(self.string(value).map(|text| (key.value, text.value)));
        }
        let read = Scheme::read(&|key| self.get(section, key).and_then(|value| value.as_str()));
        let scheme = read.unwrap_or_else(|misfits| {
            // What could not be read is not missing.
            let misfits = misfits.into_iter().filter(|_| self.lost() == lost).collect::<Vec<_>>();
            for misfit in misfits {
                let at = self.get(section, misfit.key).or_else(|| section.get("scheme"));
                let span = at.map_or(value.span, |value| value.span);
                self.notes.invalid(span, misfit.message, misfit.help);
            }
            Scheme::None
        });
        (parameters, scheme)
    }

    /// The table `[probe]`, or several of them.
    pub(super) fn probes(&mut self, table: &Table<'_>, scheme: &Scheme) -> Vec<Probe> {
        let Some(value) = self.get(table, "probe") else { return Vec::new() };
        let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        items.iter().filter_map(|item| self.probe(item, scheme)).collect()
    }

    fn probe(&mut self, value: &Value<'_>, scheme: &Scheme) -> Option<Probe> {
        let section = self.table(value)?;
        self.known(section, &["when", "answer", "visit"]);
        let asked = self.required(section, "[probe]", "when", value.span)?;
        let (when, tokens) = apart(self.condition(asked, true));
        let answer = match self.get(section, "answer") {
            None => Answer::Object(Vec::new()),
            Some(answer) => match answer.as_table() {
                Some(members) => Answer::Object(
                    in_order(members)
                        .filter_map(|(name, text)| Some((name.value, self.template(text)?)))
                        .collect(),
                ),
                None => Answer::Text(self.template(answer)?),
            },
        };
        let visit = self.get(section, "visit").and_then(|visit| {
            let text = self.string(visit)?;
            self.pointer(&text).map(Spot::Body)
        });
        let probe = Probe { when, tokens, answer, visit };
        if probe.signs() && !matches!(scheme, Scheme::Hmac(_)) {
            let span = section.get("answer").map_or(value.span, |answer| answer.span);
            let message = "an answer with `hmac` of a provider that does not sign by it";
            let help = "expected a [signature] with `scheme = \"hmac\"`: only to what it verifies is anything signed";
            self.notes.invalid(span, message, help);
        }
        Some(probe)
    }

    fn template(&mut self, value: &Value<'_>) -> Option<AnswerTemplate> {
        let text = self.string(value)?;
        let read = AnswerTemplate::parse(&text.value);
        if let Err(odd) = &read {
            let message = format!("`{odd}` cannot be answered");
            let help = "expected a place of the request, such as `{/pointer}`, `{?parameter}` or `{hmac:/pointer}`";
            self.notes.invalid(text.span, message, help);
        }
        read.ok()
    }
}

/// What can be asked of anybody, and where a secret of the source must stand.
fn apart(condition: Condition) -> (Condition, Vec<Spot>) {
    let is_secret = |test: &Test| match test {
        Test::OneOf(values) => {
            matches!(&**values, [Scalar::Text(text)] if &**text == VERIFY_TOKEN)
        }
        _ => false,
    };
    let tests = condition.tests().iter().cloned();
    let (secret, open): (Vec<_>, Vec<_>) = tests.partition(|(_, test)| is_secret(test));
    (Condition::new(open), secret.into_iter().map(|(spot, _)| spot).collect())
}
