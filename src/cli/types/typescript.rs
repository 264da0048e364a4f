use std::fmt::Write as _;

use super::quoted;
use crate::Lifecycle;

/// What the lifecycles have names for, as TypeScript.
pub(super) fn typescript<'c>(lifecycles: impl Iterator<Item = &'c Lifecycle>) -> String {
    let mut text = "/** What the definitions have names for: made by `mediafold types`. */\nexport interface Lifecycles {\n".to_owned();
    for lifecycle in lifecycles {
        let states = lifecycle.states().iter().map(|state| state.name.as_str());
        let flags = lifecycle.flags().iter().map(|flag| flag.name.as_str());
        let data = lifecycle.data().iter().map(|field| field.name.as_str());
        // A comment ends where its text says so.
        let title = lifecycle.title().replace("*/", "*\u{200b}/").replace(['\n', '\r'], " ");
        // Writing to a string succeeds.
        let _ = writeln!(text, "  /** {title} */\n  {}: {{", quoted(lifecycle.entity()));
        union("state", states, &mut text);
        union("flag", flags, &mut text);
        union("kind", lifecycle.kinds().map(|(_, name)| name), &mut text);
        union("data", data, &mut text);
        text.push_str("  };\n");
    }
    text.push_str("}\n");
    text
}

/// A member that is one of these names.
fn union<'n>(member: &str, names: impl Iterator<Item = &'n str>, text: &mut String) {
    let names: Vec<String> = names.map(quoted).collect();
    let line = names.join(" | ");
    let _ = match names.len() {
        0 => writeln!(text, "    {member}: never;"),
        _ if line.len() < 100 => writeln!(text, "    {member}: {line};"),
        _ => writeln!(text, "    {member}:\n      | {};", names.join("\n      | ")),
    };
}
