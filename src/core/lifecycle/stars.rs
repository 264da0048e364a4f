//! `*` in rows: every declared state that is no end.

use toml_span::Spanned;

use super::{
    definition::{EventDefinition, StateDefinition},
    reader::{SpannedName, TomlReader},
};

const STAR: &str = "*";

impl TomlReader<'_> {
    /// Puts the states in the place of `*` that it stands for, and says where it stands for nothing.
    pub(super) fn open_stars(
        &mut self,
        states: &[StateDefinition],
        events: &mut [EventDefinition],
    ) {
        for state in states.iter().filter(|state| state.name.value == STAR) {
            self.no_star(&state.name, "as the name of a state");
        }
        let open = || states.iter().filter(|state| !state.end && state.name.value != STAR);
        for row in events.iter_mut().flat_map(|event| &mut event.rows) {
            if let Some(star) = row.from.iter().find(|name| name.value == STAR) {
                let span = star.span;
                row.from.retain(|name| name.value != STAR);
                let named: Vec<String> = row.from.iter().map(|name| name.value.clone()).collect();
                let others = open().filter(|state| !named.contains(&state.name.value));
                let others = others.map(|state| Spanned::with_span(state.name.value.clone(), span));
                row.from.extend(others);
            }
            for (names, what) in [
                (&mut row.again, "in `again`"),
                (&mut row.to, "in `to`"),
                (&mut row.set, "in `set`"),
                (&mut row.clear, "in `clear`"),
            ] {
                for name in names.iter().filter(|name| name.value == STAR) {
                    self.no_star(name, what);
                }
                names.retain(|name| name.value != STAR);
            }
            for name in row.spellings.iter().filter(|name| name.value.contains(STAR)) {
                self.no_star(name, "in a spelling");
            }
            row.spellings.retain(|name| !name.value.contains(STAR));
        }
    }

    fn no_star(&mut self, name: &SpannedName, what: &str) {
        let message = format!("`*` means nothing {what}");
        let help = "it is for `from`, every declared state that is no end, and for event kinds";
        self.notes.invalid(name.span, message, help);
    }
}
