//! The lifecycles as tables: every line of `tests/data/fold/*.txt`, driven through everything that folds.
//!
//! The tables were written by hand from the providers' documents, so they are a second opinion on the
//! definitions. That is worth something only if they are complete, which is checked too.

mod bodies;
mod engines;
mod sent;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::Path,
};

use mediafold::{
    Catalog, Code, Delivery, Event, Lifecycle, Reader, Timestamp,
    lifecycle::{KindId, Node, Order, Step},
};

use self::engines::Case;

const FOLDER: &str = "tests/data/fold";

/// One line: an asset in `from`, an event, and what comes of it.
#[derive(Debug)]
struct Line {
    number: usize,
    from: String,
    retries: u8,
    event: Word,
    to: String,
    verdict: String,
    finding: String,
}

/// An event kind, with what its payload says where that decides: what a row asks for, a status word.
#[derive(Clone, Debug)]
struct Word {
    kind: String,
    /// As `Lifecycle::kind_label` has it.
    when: Option<String>,
    status: Option<String>,
}

impl Word {
    /// The kind that the table of the lifecycle has for it; none that is unknown.
    fn kind_in(&self, lifecycle: &Lifecycle) -> Option<KindId> {
        let kind = lifecycle.kind(&self.kind)?;
        if let Some(when) = &self.when {
            let label = format!("{} ({when})", self.kind);
            let names = lifecycle.event_names();
            let found = names.iter().find(|(kind, _)| lifecycle.kind_label(*kind) == label);
            return Some(found.unwrap_or_else(|| panic!("no row is {label}")).0);
        }
        let word = self.status.as_deref();
        Some(word.map_or(kind, |word| lifecycle.kind_with_status(kind, word)))
    }
}

type Paths = BTreeMap<Node, Vec<Word>>;

/// Each line through everything that folds.
#[test]
fn every_line_of_every_table() {
    let (mut wrong, mut elsewhere) = (Vec::new(), BTreeSet::new());
    for lifecycle in Catalog::builtin().lifecycles() {
        let (paths, lines) = (legal_paths(lifecycle), table(lifecycle));
        let cases: Vec<Case<'_>> = lines.iter().map(|line| case(lifecycle, &paths, line)).collect();
        for engine in engines::all() {
            for (line, told) in lines.iter().zip(engine.tell(lifecycle, &cases)) {
                if engine.reads() && !engines::is_read(lifecycle, &line.event) {
                    elsewhere.insert(line.event.kind.clone());
                    continue;
                }
                let verdict = told.verdict.as_ref().is_none_or(|it| *it == line.verdict);
                let findings = told.findings.as_ref().is_none_or(|it| *it == line.finding);
                if told.state != line.to || !verdict || !findings {
                    let place = format!("{}:{}", file_name(lifecycle), line.number);
                    wrong.push(format!("{place}: {line:?}\n  {}: {told:?}", engine.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "line, engine, found:\n{}", wrong.join("\n"));
    // Kinds that are read as of another entity alone.
    let known = ["MUTED", "video.live_stream.simulcast_target.created"].map(str::to_owned);
    assert_eq!(elsewhere, BTreeSet::from(known));
}

/// An asset that is put where the line begins, then the line's event.
fn case<'w>(lifecycle: &Lifecycle, paths: &'w Paths, line: &'w Line) -> Case<'w> {
    let Line { number, from, retries, event, .. } = line;
    let node = lifecycle.node(from, *retries);
    let node = node.unwrap_or_else(|| panic!("line {number}: there is no {from}+{retries}"));
    let path = paths.get(&node).unwrap_or_else(|| panic!("line {number}: no way to {from}"));
    // An id that is joined has its first part too.
    let joined = lifecycle.entity() == "medialive/alert";
    let id = format!("{}a{number:03}", if joined { "c1/" } else { "" });
    Case { id, words: path.iter().chain([event]).collect() }
}

#[test]
fn every_transition_has_a_line() {
    for lifecycle in Catalog::builtin().lifecycles() {
        let legal = |line: &&Line| matches!(&*line.verdict, "Moved" | "Stayed");
        let lines = table(lifecycle);
        let known: BTreeSet<_> = lines
            .iter()
            .filter(legal)
            .map(|line| (line.from.as_str(), line.event.kind_in(lifecycle), line.to.as_str()))
            .collect();
        let name = |state: usize| lifecycle.states()[state].name.as_str();
        for step in lifecycle.transitions() {
            let (from, kind, to) = (name(step.from), step.kind, name(step.to));
            assert!(
                known.contains(&(from, Some(kind), to)),
                "{}: no line for {from}  {}  {to}",
                file_name(lifecycle),
                lifecycle.kind_label(kind)
            );
        }
    }
}

#[test]
fn every_class_of_finding_has_a_line() {
    for lifecycle in Catalog::builtin().lifecycles() {
        let lines = table(lifecycle);
        let mut wanted = BTreeSet::from(["unknown-kind"]);
        if lifecycle.states().iter().any(|state| state.end) {
            wanted.insert("after-end");
        }
        if lifecycle.order() == Order::Arrival {
            wanted.insert("backward-transition");
        }
        if lifecycle.retries().is_some() {
            wanted.extend(["retries-exhausted", "failed-early"]);
        }
        // Gaps, and what is plainly illegal, are not possible in every lifecycle; the table itself says in which.
        for node in legal_paths(lifecycle).keys() {
            let steps = lifecycle.kinds().map(|(kind, _)| lifecycle.rule(*node, kind).step);
            wanted.extend(steps.filter_map(class_name));
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

fn class_name(step: Step) -> Option<&'static str> {
    match step {
        Step::MissingEvents => Some(Code::MissingEvents.name()),
        Step::FirstSeen => Some(Code::FirstSeenMidLife.name()),
        Step::Illegal => Some(Code::IllegalTransition.name()),
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
    let when = event.strip_suffix(')').and_then(|event| event.split_once(" ("));
    let word = event.split_once('=').filter(|_| when.is_none());
    let (kind, _) = when.or(word).unwrap_or((event, ""));
    let [when, status] = [when, word].map(|said| said.map(|(_, said)| said.to_owned()));
    let event = Word { kind: kind.to_owned(), when, status };
    let [from, to, verdict, finding] = [from, to, verdict, finding].map(str::to_owned);
    Some(Line { number, from, retries, event, to, verdict, finding })
}

/// For each node that legal events lead to, a shortest path of them.
fn legal_paths(lifecycle: &Lifecycle) -> Paths {
    let words = words(lifecycle);
    let mut paths = BTreeMap::from([(Node::NEW, Vec::new())]);
    let mut open = VecDeque::from([Node::NEW]);
    while let Some(node) = open.pop_front() {
        for word in &words {
            let kind = word.kind_in(lifecycle).expect("a kind of this lifecycle");
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

/// Every kind by itself, and with each condition and status word that makes it another.
fn words(lifecycle: &Lifecycle) -> Vec<Word> {
    let mut words = Vec::new();
    for (kind, name) in lifecycle.kinds() {
        let word = Word { kind: name.to_owned(), when: None, status: None };
        for (status, _) in statuses(lifecycle) {
            if lifecycle.kind_with_status(kind, &status) != kind {
                words.push(Word { status: Some(status), ..word.clone() });
            }
        }
        let own = format!("{name} (");
        for (other, _) in lifecycle.event_names() {
            let label = lifecycle.kind_label(other);
            let when = label.strip_prefix(&own).and_then(|label| label.strip_suffix(')'));
            if lifecycle.kind_word(other).is_none() {
                words.extend(when.map(|when| Word { when: Some(when.to_owned()), ..word.clone() }));
            }
        }
        words.push(word);
    }
    words
}

/// The status words of a definition, and the states that they mean.
fn statuses(lifecycle: &Lifecycle) -> Vec<(String, String)> {
    let definition = toml_span::parse(lifecycle.definition()).expect("built-ins are TOML");
    let table = definition.pointer("/statuses").and_then(toml_span::Value::as_table);
    let words = table.into_iter().flatten();
    words
        .map(|(word, state)| (word.to_string(), state.as_str().expect("a state").to_owned()))
        .collect()
}

/// The event, each number a second later than the one before.
fn event(lifecycle: &Lifecycle, word: &Word, number: usize) -> Event {
    if word.status.is_none() && word.when.is_none() {
        let time = Timestamp::from_epoch(1_750_000_000 + number as i64).expect("a usable time");
        return Event::new(lifecycle, &word.kind)
            .unwrap_or_else(|_| Event::unknown(&word.kind))
            .at(time)
            .with_id(format!("e{number}"));
    }
    // Only the reader knows where a status word stands, and what a row asks for.
    let body = bodies::body(lifecycle, "a1", word, number);
    let reading = Reader::new(Catalog::builtin()).read(&Delivery::new(body.as_bytes(), 1));
    assert!(reading.errors.is_empty(), "{body}: {:?}", reading.errors);
    let mut events = reading.events.into_iter();
    let own = events.find(|placed| placed.lifecycle.entity() == lifecycle.entity());
    own.unwrap_or_else(|| panic!("{body}: no event of {}", lifecycle.entity())).event
}
