//! The lifecycles as tables: every line of `tests/data/fold/*.txt`, driven through the public fold.
//!
//! The tables were written by hand from the providers' documents, so they are a second opinion on the
//! definitions. That is worth something only if they are complete, which is checked too.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::Path,
};

use mediafold::{
    Asset, Catalog, Code, Delivery, Event, Finding, Lifecycle, Outcome, Reader, Timestamp, Verdict,
    lifecycle::{Node, Order, Step},
    step,
};

const FOLDER: &str = "tests/data/fold";
const ID: &str = "a1";

/// One line: an asset in `from`, an event, and what comes of it.
struct Line {
    number: usize,
    from: String,
    retries: u8,
    event: Word,
    to: String,
    verdict: String,
    finding: String,
}

/// An event kind, with the status word of its payload where one decides.
#[derive(Clone, Debug)]
struct Word {
    kind: String,
    status: Option<String>,
}

type Paths = BTreeMap<Node, Vec<Word>>;

#[test]
fn every_line_of_every_table() {
    let mut wrong = Vec::new();
    for lifecycle in Catalog::builtin().lifecycles() {
        let paths = legal_paths(lifecycle);
        for line in table(lifecycle) {
            let expected = format!("{}  {}  {}", line.to, line.verdict, line.finding);
            let found = run(lifecycle, &paths, &line);
            if found != expected {
                let Line { number, from, event, .. } = line;
                let file = file_name(lifecycle);
                wrong.push(format!("{file}:{number}: {from}  {event:?}\n  {expected}\n  {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "line, expected, found:\n{}", wrong.join("\n"));
}

#[test]
fn every_transition_has_a_line() {
    for lifecycle in Catalog::builtin().lifecycles() {
        let legal = |line: &&Line| matches!(&*line.verdict, "Moved" | "Stayed");
        let lines = table(lifecycle);
        let known: BTreeSet<_> = lines
            .iter()
            .filter(legal)
            .map(|line| (line.from.as_str(), lifecycle.kind(&line.event.kind), line.to.as_str()))
            .collect();
        let name = |state: usize| lifecycle.states()[state].name.as_str();
        for step in lifecycle.transitions() {
            let (from, kind, to) = (name(step.from), step.kind, name(step.to));
            assert!(
                known.contains(&(from, Some(kind), to)),
                "{}: no line for {from}  {}  {to}",
                file_name(lifecycle),
                lifecycle.kind_name(kind)
            );
        }
    }
}

#[test]
fn every_class_of_finding_has_a_line() {
    for lifecycle in Catalog::builtin().lifecycles() {
        let lines = table(lifecycle);
        let mut wanted = BTreeSet::from(["illegal-transition", "unknown-kind"]);
        if lifecycle.states().iter().any(|state| state.end) {
            wanted.insert("after-end");
        }
        if lifecycle.order() == Order::Arrival {
            wanted.insert("backward-transition");
        }
        if lifecycle.retries().is_some() {
            wanted.extend(["retries-exhausted", "failed-early"]);
        }
        // Gaps are not possible in every lifecycle; the table itself says in which.
        for node in legal_paths(lifecycle).keys() {
            let steps = lifecycle.kinds().map(|(kind, _)| lifecycle.rule(*node, kind).step);
            wanted.extend(steps.filter_map(gap_name));
        }
        for name in wanted {
            let has = lines.iter().any(|line| line.finding.split('(').next() == Some(name));
            assert!(has, "{}: no line with {name}", file_name(lifecycle));
        }
    }
}

#[test]
fn every_table_has_a_lifecycle() {
    let of_lifecycles: BTreeSet<String> = Catalog::builtin().lifecycles().map(file_name).collect();
    let files = fs::read_dir(FOLDER).expect("the tables are there");
    let names = files.map(|file| file.expect("readable").file_name().into_string());
    let of_files: BTreeSet<String> = names.map(|name| name.expect("UTF-8")).collect();
    assert_eq!(of_files, of_lifecycles);
}

fn gap_name(step: Step) -> Option<&'static str> {
    match step {
        Step::MissingEvents => Some(Code::MissingEvents.name()),
        Step::FirstSeen => Some(Code::FirstSeenMidLife.name()),
        _ => None,
    }
}

fn file_name(lifecycle: &Lifecycle) -> String {
    format!("{}.txt", lifecycle.entity().replace('/', "_"))
}

fn table(lifecycle: &Lifecycle) -> Vec<Line> {
    let name = file_name(lifecycle);
    let text = fs::read_to_string(Path::new(FOLDER).join(&name)).expect("a table for each entity");
    let lines = (1..).zip(text.lines());
    let told = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    told.map(|(number, line)| {
        parse(number, line).unwrap_or_else(|| panic!("{name}:{number}: not five columns: {line}"))
    })
    .collect()
}

/// Columns are parted by two spaces at least; a single one may stand in a status word or a finding.
fn parse(number: usize, line: &str) -> Option<Line> {
    let columns: Vec<&str> =
        line.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
    let [from, event, to, verdict, finding] = columns[..] else { return None };
    let (from, retries) = match from.split_once('+') {
        Some((from, retries)) => (from, retries.parse().ok()?),
        None => (from, 0),
    };
    let (kind, status) = match event.split_once('=') {
        Some((kind, status)) => (kind, Some(status.to_owned())),
        None => (event, None),
    };
    let event = Word { kind: kind.to_owned(), status };
    let [from, to, verdict, finding] = [from, to, verdict, finding].map(str::to_owned);
    Some(Line { number, from, retries, event, to, verdict, finding })
}

/// What comes of a line, as the table has it.
fn run(lifecycle: &Lifecycle, paths: &Paths, line: &Line) -> String {
    let Some(node) = lifecycle.node(&line.from, line.retries) else {
        return format!("there is no {}+{}", line.from, line.retries);
    };
    let Some(path) = paths.get(&node) else { return "no legal path leads there".to_owned() };
    let mut asset = Asset::new(ID);
    for (number, word) in (0..).zip(path) {
        let outcome = step(lifecycle, &mut asset, &event(lifecycle, word, number));
        assert!(
            matches!(outcome.verdict, Verdict::Moved) && outcome.findings.is_empty(),
            "{}: {word:?} on a legal path: {outcome:?}",
            lifecycle.entity()
        );
    }
    assert_eq!(asset.node(), node, "the path leads where it should");
    let event = event(lifecycle, &line.event, path.len() as i64);
    let outcome = step(lifecycle, &mut asset, &event);
    assert_eq!((outcome.before, outcome.after), (node, asset.node()));
    let to = &asset.state(lifecycle).name;
    format!("{to}  {}  {}", outcome.verdict.name(), findings(&outcome))
}

fn findings(outcome: &Outcome) -> String {
    let told = |finding: &Finding| match finding.code {
        Code::MissingEvents => format!("{}({})", finding.name, finding.missing.join(", ")),
        _ => finding.name.to_owned(),
    };
    match outcome.findings.is_empty() {
        true => "-".to_owned(),
        false => outcome.findings.iter().map(told).collect::<Vec<_>>().join("; "),
    }
}

/// For each node that legal events lead to, a shortest path of them.
fn legal_paths(lifecycle: &Lifecycle) -> Paths {
    let words = words(lifecycle);
    let mut paths = BTreeMap::from([(Node::NEW, Vec::new())]);
    let mut open = VecDeque::from([Node::NEW]);
    while let Some(node) = open.pop_front() {
        for word in &words {
            let kind = lifecycle.kind(&word.kind).expect("a kind of this lifecycle");
            let kind = match &word.status {
                Some(status) => lifecycle.kind_with_status(kind, status),
                None => kind,
            };
            let ruling = lifecycle.rule(node, kind);
            if ruling.step == Step::Moved && !paths.contains_key(&ruling.next) {
                let path = paths[&node].iter().chain([word]).cloned().collect();
                paths.insert(ruling.next, path);
                open.push_back(ruling.next);
            }
        }
    }
    paths
}

/// Every kind by itself, and with each status word that makes it another. The names of states are words.
fn words(lifecycle: &Lifecycle) -> Vec<Word> {
    let mut words = Vec::new();
    for (kind, name) in lifecycle.kinds() {
        words.push(Word { kind: name.to_owned(), status: None });
        for state in lifecycle.states() {
            if lifecycle.kind_with_status(kind, &state.name) != kind {
                let status = Some(state.name.clone());
                words.push(Word { kind: name.to_owned(), status });
            }
        }
    }
    words
}

/// The event, each number a second later than the one before.
fn event(lifecycle: &Lifecycle, word: &Word, number: i64) -> Event {
    let seconds = 1_750_000_000 + number;
    let Some(status) = &word.status else {
        let time = Timestamp::from_epoch(seconds).expect("a usable time");
        return Event::new(lifecycle, &word.kind).at(time).with_id(format!("e{number}"));
    };
    // Only the reader knows where a status word stands. FastPix alone has one that decides.
    let payload = serde_json::json!({
        "type": word.kind, "id": format!("e{number}"), "createdAt": seconds,
        "object": { "id": ID }, "data": { "status": status },
    });
    let body = payload.to_string();
    let reading = Reader::new(Catalog::builtin()).read(&Delivery::new(body.as_bytes(), 1));
    assert!(reading.errors.is_empty(), "{body}: {:?}", reading.errors);
    let mut events = reading.events.into_iter();
    let own = events.find(|placed| placed.lifecycle.entity() == lifecycle.entity());
    own.unwrap_or_else(|| panic!("{body}: no event of {}", lifecycle.entity())).event
}
