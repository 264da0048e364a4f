//! `[signature]` of a provider's definition, as it is read.

use toml_span::value::Table;

use super::{
    problem::ProblemKind,
    reader::{Reader, in_order},
    scheme::Scheme,
};

impl Reader<'_> {
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
                self.notes.report(ProblemKind::InvalidValue, span, misfit.message, misfit.help);
            }
            Scheme::None
        });
        (parameters, scheme)
    }
}
