//! Definitions near their limits, and beyond: compiled, or refused by the limit's name, in no time that anybody waits.

use std::{fmt::Write, fs, time::Duration};

use mediafold::{
    Catalog,
    lifecycle::{DefinitionFile, ProblemKind},
};

const MANY: usize = 60_000;

/// Far more than it takes, and far less than a look at everything for each thing would.
const PATIENCE: Duration = Duration::from_secs(30);

/// A definition with this many states, one after the other.
fn chain(states: usize) -> String {
    let mut text = "entity = \"vms/film\"\nid = [\"/id\"]\n[states]\n".to_owned();
    (1..=states).for_each(|at| writeln!(text, "s{at} = {{ rest = true }}").expect("memory"));
    text += "[events]\ngo = { from = [\"new\"], to = \"s1\" }\non = [\n";
    for at in 1..states {
        writeln!(text, "{{ from = [\"s{at}\"], to = \"s{} \" }},", at + 1).expect("memory");
    }
    text.replace(" \" }", "\" }") + "]\n"
}

fn each(count: usize, line: impl Fn(usize) -> String) -> String {
    (1..=count).map(|at| line(at) + "\n").collect()
}

/// For how long this thread has had a processor: how busy the machine is makes no difference. `None` but on Linux.
fn worked() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

fn compiled(text: String) -> Vec<(ProblemKind, String)> {
    let begun = worked();
    let found = Catalog::with(&[DefinitionFile::new("film.toml", text)]);
    if let (Some(begun), Some(ended)) = (begun, worked()) {
        assert!(ended - begun < PATIENCE, "{:?}", ended - begun);
    }
    let problems = found.map_or_else(|error| error.problems, |_| Vec::new());
    problems.into_iter().map(|problem| (problem.kind, problem.message)).collect()
}

#[test]
fn sixty_thousand_of_anything_are_compiled_or_refused() {
    let retries = "[retries]\nfrom = \"s2\"\nlimit = 5\nthen = \"s3\"\n[events]";
    let again = "again = { again = [\"s2\"], to = \"s1\" }\n";
    for (what, text) in [
        (
            "events",
            chain(2) + &each(MANY, |at| format!("e{at} = {{ from = [\"s1\"], to = \"s2\" }}")),
        ),
        (
            "events that give up early",
            chain(3).replace("[events]", retries).replace(
                "[\n{ from = [\"s1\"], to = \"s2\" },\n{ from = [\"s2\"], to = \"s3\" },\n]",
                "{ from = [\"s1\"], to = \"s2\" }",
            ) + again
                + &each(MANY, |at| format!("e{at} = {{ from = [\"s2\"], to = \"s3\" }}")),
        ),
    ] {
        assert_eq!(compiled(text), [], "{what}");
    }
    let names: Vec<String> = (1..=MANY).map(|at| format!("\"s{at}\"")).collect();
    let words = format!("[statuses]\n{}", each(MANY, |at| format!("w{at} = \"s{at}\"")));
    for (what, text) in [
        ("states", chain(MANY)),
        (
            "states that one event leaves",
            format!("{}all = {{ from = [{}], to = \"s1\" }}", chain(MANY), names.join(",")),
        ),
        (
            "words",
            format!(
                "{}up = {{ from = [{}], status = \"/w\" }}\n{words}",
                chain(MANY),
                names.join(",")
            ),
        ),
        (
            "flags",
            chain(2).replace(
                "[events]",
                &format!("[flags]\n{}[events]", each(MANY, |at| format!("f{at} = {{}}"))),
            ),
        ),
        ("bytes", format!("# {}", "x".repeat(5 << 20))),
    ] {
        let problems = compiled(text);
        assert!(!problems.is_empty() && problems.len() < 4, "{what}: {problems:?}");
        assert!(
            problems.iter().all(|(kind, _)| *kind == ProblemKind::TooMany),
            "{what}: {problems:?}"
        );
    }
}

/// However much is wrong, it is told in time that grows with what there is.
#[test]
fn sixty_thousand_mistakes_are_told() {
    let text =
        chain(2) + &each(MANY, |at| format!("e{at} = {{ from = [\"s1\"], to = \"sz{at}\" }}"));
    assert_eq!(compiled(text).len(), MANY);
    let names: Vec<String> = (1..=MANY).map(|at| format!("\"sz{at}\"")).collect();
    let one_line = format!("{}e = {{ from = [{}], to = \"s1\" }}", chain(2), names.join(","));
    assert_eq!(compiled(one_line).len(), MANY);
    // A circle of a thousand states has a name that fits on a line.
    let round = chain(1000) + "back = { from = [\"s1000\"], to = \"s1\" }";
    let [(ProblemKind::Cycle, message)] = &compiled(round)[..] else { panic!("one circle") };
    assert!(
        message.contains("s1 → s2") && message.contains("→ … →") && message.len() < 200,
        "{message}"
    );
}
