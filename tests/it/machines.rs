//! Lifecycles as machines that other programs run: here read in the plainest way and compared with the fold.
//! `.ci/judges` has those programs read the same.

use std::collections::{BTreeMap, BTreeSet};

use mediafold::{
    Asset, Event, Lifecycle, Verdict,
    diagram::Diagram,
    event::EventKind,
    lifecycle::{DefinitionFile, Node, Step},
    step,
};
use proptest::{collection::vec, prelude::*};
use serde_json::Value;

use crate::{
    generate::{Machine, at, machines},
    laws::config,
};

/// An event that may come.
pub(crate) struct Letter {
    pub(crate) kind: EventKind,
    /// Its kind, and `KIND.when.NUMBER` or `KIND.status.STATE` where a condition or a status word decides.
    pub(crate) name: String,
}

/// All kinds, what conditions and status words make of them, and two that no lifecycle has.
pub(crate) fn letters(lifecycle: &Lifecycle, words: &[(String, String)]) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    for (kind, name) in lifecycle.kinds() {
        letters.push(Letter { kind: EventKind::Known(kind), name: name.to_owned() });
        let mut variants = BTreeSet::new();
        for (word, state) in words {
            let variant = lifecycle.kind_with_status(kind, word);
            if variant != kind && variants.insert(variant) {
                let kind = EventKind::Known(variant);
                letters.push(Letter { kind, name: format!("{name}.status.{state}") });
            }
        }
    }
    for (kind, name) in lifecycle.event_names() {
        let is_new = |kind: &EventKind| letters.iter().all(|letter| letter.kind != *kind);
        if name.contains(".when.") && is_new(&EventKind::Known(kind)) {
            letters.push(Letter { kind: EventKind::Known(kind), name });
        }
    }
    for name in ["unheard", "unheard.of"] {
        letters.push(Letter { kind: EventKind::Unknown(name.into()), name: name.to_owned() });
    }
    letters
}

/// Whether the next event is one that leads on, and which.
pub(crate) type Pick = (bool, u16);

pub(crate) fn pick() -> impl Strategy<Value = Pick> {
    (prop::bool::weighted(0.6), any::<u16>())
}

/// What the fold makes of events: for each the letter, where the asset is after it, and why.
pub(crate) fn run(
    lifecycle: &Lifecycle,
    letters: &[Letter],
    picks: &[Pick],
) -> Vec<(usize, Node, Verdict)> {
    let mut asset = Asset::new("a1");
    let mut steps = Vec::new();
    for (number, (along, pick)) in picks.iter().enumerate() {
        let leads_on = |at: &usize| match letters[*at].kind {
            EventKind::Known(kind) => lifecycle.rule(asset.node(), kind).step == Step::Moved,
            _ => false,
        };
        let on: Vec<usize> = (0..letters.len()).filter(leads_on).collect();
        let letter = match *along && !on.is_empty() {
            true => on[usize::from(*pick) % on.len()],
            false => usize::from(*pick) % letters.len(),
        };
        let Letter { kind, name } = &letters[letter];
        let mut event = Event::new(lifecycle, name)
            .unwrap_or_else(|_| Event::unknown(name))
            .at(at(number as i64));
        (event.kind, event.id) = (kind.clone(), Some(format!("e{number}").into()));
        let outcome = step(lifecycle, &mut asset, &event);
        steps.push((letter, asset.node(), outcome.verdict));
    }
    steps
}

/// A machine, read from its text.
pub(crate) struct Read {
    initial: String,
    places: BTreeMap<String, Place>,
    /// Otherwise it is SCXML: an event is also what it begins with, and XML has no control characters.
    is_json: bool,
}

#[derive(Default)]
struct Place {
    state: String,
    retries: u64,
    end: bool,
    moves: Vec<Move>,
}

struct Move {
    event: String,
    to: Option<String>,
    gap: bool,
}

impl Read {
    pub(crate) fn xstate(text: &str) -> Self {
        let config: Value = serde_json::from_str(text).expect("JSON");
        let words = |value: &Value| value.as_str().expect("text").to_owned();
        let place = |(name, state): (&String, &Value)| {
            let moves = state["on"].as_object().into_iter().flatten();
            let moves = moves.map(|(event, own)| Move {
                event: event.clone(),
                to: Some(words(own.get("target").unwrap_or(own))),
                gap: own["description"].as_str().is_some_and(|gap| gap.starts_with("gap: ")),
            });
            let place = Place {
                state: words(&state["meta"]["state"]),
                retries: state["meta"]["retries"].as_u64().expect("a number"),
                end: state["type"] == "final",
                moves: moves.collect(),
            };
            (name.clone(), place)
        };
        let places = config["states"].as_object().expect("states").iter().map(place).collect();
        Self { initial: words(&config["initial"]), places, is_json: true }
    }

    /// It is written with a tag a line, the first but one in three.
    pub(crate) fn scxml(text: &str) -> Self {
        let (mut initial, mut places, mut name) = (None, BTreeMap::new(), String::new());
        for line in text.lines() {
            initial = initial.or_else(|| attribute(line, "initial"));
            if let Some(id) = attribute(line, "id") {
                let place = Place {
                    state: attribute(line, "fold:state").expect("a state"),
                    retries: attribute(line, "fold:retries").expect("a number").parse().unwrap(),
                    end: line.contains("<final"),
                    moves: Vec::new(),
                };
                assert!(places.insert(id.clone(), place).is_none(), "two states are {id}");
                name = id;
            } else if let Some(event) = attribute(line, "event") {
                let (to, gap) = (attribute(line, "target"), attribute(line, "fold:gap").is_some());
                places.get_mut(&name).expect("a state").moves.push(Move { event, to, gap });
            }
        }
        Self { initial: initial.expect("an initial state"), places, is_json: false }
    }

    /// The names of all events.
    pub(crate) fn events(&self) -> BTreeSet<&str> {
        let moves = self.places.values().flat_map(|place| &place.moves);
        moves.map(|own| own.event.as_str()).collect()
    }

    /// Where an event leads to, and whether by a gap.
    fn next(&self, at: &str, event: &str) -> Option<(&str, bool)> {
        let begins =
            |own: &Move| event.strip_prefix(&own.event).is_some_and(|rest| rest.starts_with('.'));
        let mut moves = self.places[at].moves.iter();
        let own = moves.find(|own| own.event == event || !self.is_json && begins(own))?;
        own.to.as_deref().map(|to| (to, own.gap))
    }

    /// The state that events lead to, and whether the last of them leads there by a gap.
    pub(crate) fn walk<'n>(&self, names: impl Iterator<Item = &'n str>) -> (String, bool) {
        let (mut at, mut gap) = (self.initial.as_str(), false);
        for name in names {
            (at, gap) = self.next(at, name).unwrap_or((at, false));
        }
        (self.places[at].state.clone(), gap)
    }

    /// Compares each step with what the fold did, by the names that the events have here.
    fn follow(&self, lifecycle: &Lifecycle, names: &[String], steps: &[(usize, Node, Verdict)]) {
        let mut at = self.initial.as_str();
        for (number, (letter, node, verdict)) in steps.iter().enumerate() {
            let next = self.next(at, &names[*letter]);
            if let Some((to, gap)) = next {
                assert_eq!(gap, *verdict == Verdict::Gap, "step {number}: `{}`", names[*letter]);
                assert_ne!(to, at);
                at = to;
            }
            let (here, state) = (&self.places[at], lifecycle.state(*node));
            let has = |letter: char| self.is_json || !letter.is_control() || letter == '\n';
            let name = |letter: char| if has(letter) { letter } else { '\u{FFFD}' };
            assert_eq!(
                (here.state.clone(), here.retries, here.end),
                (
                    state.name.chars().map(name).collect(),
                    u64::from(lifecycle.retries_used(*node)),
                    state.end
                ),
                "step {number}: `{}` leads to `{at}`",
                names[*letter]
            );
        }
    }
}

fn attribute(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!(" {name}=\""))?;
    let mut value = rest.split_once('"')?.0.replace("&#10;", "\n");
    for (escape, letter) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        value = value.replace(escape, letter);
    }
    Some(value)
}

/// The text that a name stands for: `_xHHHH_` is a letter.
fn decoded(name: &str) -> String {
    let (mut text, mut rest) = (String::new(), if name == "_x_" { "" } else { name });
    while let Some(first) = rest.chars().next() {
        let escape = rest.strip_prefix("_x").and_then(|rest| rest.split_once('_'));
        let number = escape.filter(|(digits, _)| digits.len() >= 4);
        let letter = number.and_then(|(digits, after)| {
            Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, after))
        });
        let (letter, after) = letter.unwrap_or_else(|| (first, &rest[first.len_utf8()..]));
        text.push(letter);
        rest = after;
    }
    text
}

/// The names that letters have in a machine. One that leads nowhere has none there: it is called by its own if
/// that means nothing but itself.
pub(crate) fn names(read: &Read, letters: &[Letter]) -> Vec<String> {
    let events = read.events();
    let known: BTreeMap<String, &str> = events.iter().map(|own| (decoded(own), *own)).collect();
    assert_eq!(known.len(), events.len(), "two names are of one event");
    let texts: BTreeSet<&str> = letters.iter().map(|letter| letter.name.as_str()).collect();
    assert!(known.keys().all(|own| texts.contains(own.as_str())), "of no event: {known:?}");
    let is_word = |text: &str| !text.is_empty() && text.chars().all(char::is_alphanumeric);
    let plain =
        |name: &str| name.split(['.', '_', '-']).all(is_word) && !name.starts_with("xstate.");
    let name = |Letter { name, .. }: &Letter| match known.get(name) {
        Some(own) => (*own).to_owned(),
        None if plain(name) => name.clone(),
        None => "unheard".to_owned(),
    };
    letters.iter().map(name).collect()
}

/// Names that mean something to JSON, JavaScript, XState, XML or SCXML, and what is like them.
#[rustfmt::skip]
const STATES: [&str; 23] = [
    "a b", "a.b", "a#b", "a\u{1}b", "#a", ".a", "1", "-", "__proto__", "constructor", "_x0061_", "_x_",
    "_x1_", "_retry1", "ERROR_retry1", "état", "×", "<&>\"'--]]>", "x\ny", "**", "日本語", "NEW", "a\\.b",
];
/// Every third stays, the others lead to a state each.
#[rustfmt::skip]
const KINDS: [&str; 25] = [
    "a", "a.b", "a.b.c",    "*.xy", "a..b", "a.*",             ".*", "a.", "a b",
    ".a", "xstate", "xstate.stop",    "xstate.init", "error", "error.execution",
    "__proto__", "k.status.a b.c", "",    "_x_", "日本語.é", "日本語",
    "_x0061_", "done.state.a", "<&>\"'--]]>",    "x\ny",
];

/// A lifecycle of hostile names, and its status words.
pub(crate) fn hostile() -> (Lifecycle, Vec<(String, String)>) {
    let quoted = |text: &&str| Value::from(*text).to_string();
    let list =
        |texts: &mut dyn Iterator<Item = &&str>| texts.map(quoted).collect::<Vec<_>>().join(", ");
    let all = list(&mut STATES.iter());
    let mut text = "entity = \"hos<ti>le/--\\\"#.*\"\ntitle = \"<&>\\\"'-- \\u0001\"\nid = [\"/id\"]\n\
        [retries]\nfrom = \"ERROR\"\nlimit = 2\nthen = \"failed\"\n\
        [statuses]\nword = \"a b\"\n[states]\nERROR = {}\nfailed = { rest = true }\nend = { end = true }\n"
        .to_owned();
    for state in STATES {
        text += &format!("{0} = {{ rest = true, summary = {0} }}\n", quoted(&state));
    }
    text += &format!("[events]\nfail = {{ from = [\"new\", {all}], to = \"ERROR\" }}\n");
    text += "\"give up\" = { from = [\"ERROR\"], to = \"failed\" }\n";
    text += &format!("end = {{ from = [{all}], to = \"end\" }}\n");
    text += "k = [{ from = [\"new\"], status = \"/status\", to = [\"a b\"] }]\n";
    for (number, state) in STATES.iter().enumerate() {
        text += &format!("to{number} = {{ from = [\"new\"], to = {} }}\n", quoted(state));
    }
    for (number, kind) in KINDS.iter().enumerate() {
        let to = &STATES[number % STATES.len()];
        let others = list(&mut STATES.iter().filter(|own| *own != to));
        text += &match number % 3 {
            1 => format!("{} = {{ from = [{all}] }}\n", quoted(kind)),
            _ => format!(
                "{} = {{ from = [\"new\"], again = [\"ERROR\", {others}], to = {} }}\n",
                quoted(kind),
                quoted(to)
            ),
        };
    }
    let words = vec![("word".to_owned(), "a b".to_owned())];
    (Lifecycle::compile(&DefinitionFile::new("hostile.toml", text)).unwrap(), words)
}

/// Reads both machines of a lifecycle and lets both follow the fold.
fn check(lifecycle: &Lifecycle, words: &[(String, String)], runs: &[Vec<Pick>]) {
    let letters = letters(lifecycle, words);
    for read in [
        Read::xstate(&Diagram::new(lifecycle).xstate()),
        Read::scxml(&Diagram::new(lifecycle).scxml()),
    ] {
        let names = names(&read, &letters);
        for picks in runs {
            read.follow(lifecycle, &names, &run(lifecycle, &letters, picks));
        }
    }
}

proptest! {
    #![proptest_config(config(256))]

    /// Whatever comes, the machines are where the fold is: state, retries used, and whether it has ended.
    #[test]
    fn machines_are_where_the_fold_is(
        machine in machines(),
        runs in vec(vec(pick(), 0..40), 4),
    ) {
        let Machine { lifecycle, words, .. } = &*machine;
        check(lifecycle, words, &runs);
    }
}

proptest! {
    #![proptest_config(config(4))]

    /// The same where every name is one that a format takes for its own.
    #[test]
    fn hostile_names_change_nothing(runs in vec(vec(pick(), 0..40), 64)) {
        let (lifecycle, words) = hostile();
        check(&lifecycle, &words, &runs);
    }
}

/// What XState would not take as it is: keys that JavaScript loses, dots and `#` in targets, wildcards, its own events.
#[test]
fn xstate_is_given_no_name_that_it_takes_for_its_own() {
    let (lifecycle, _) = hostile();
    let read = Read::xstate(&Diagram::new(&lifecycle).xstate());
    for event in read.events() {
        assert!(
            !event.is_empty() && !event.contains('*') && !event.starts_with("xstate."),
            "{event}"
        );
        assert_ne!(event, "__proto__");
    }
    let kept = BTreeSet::from(["a.b.c", "a b", "日本語", "a._x002A_"]);
    assert!(read.events().is_superset(&kept), "{:?}", read.events());
    for name in read.places.keys() {
        assert!(
            !name.is_empty() && !name.contains(['.', '#', '\\']) && name != "__proto__",
            "{name}"
        );
    }
}

/// Ids are names of XML, events are tokens, and nothing is left in the text that XML has not.
#[test]
fn scxml_is_given_names_of_its_own_kind() {
    let (lifecycle, _) = hostile();
    let text = Diagram::new(&lifecycle).scxml();
    let read = Read::scxml(&text);
    let word = |text: &str| {
        let own = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
        !text.is_empty() && text.chars().all(own)
    };
    assert!(read.events().iter().all(|event| event.split('.').all(word)), "{:?}", read.events());
    for name in read.places.keys() {
        assert!(word(name) && !name.starts_with(|first: char| first == '-' || first.is_numeric()));
    }
    assert!(!text.contains(|letter: char| letter.is_control() && letter != '\n'));
    for name in ["ERROR_retry1", "ERROR_x005F_retry1", "a_x002E_b", "_x005F_x_", "état", "_x00D7_"]
    {
        assert!(read.places.contains_key(name), "{name} in {:?}", read.places.keys());
    }
}

/// An event that has no transition in a state is not taken there for what it begins with.
#[test]
fn scxml_stops_events_that_begin_with_others() {
    let text = "entity = \"a/b\"\nid = [\"/id\"]\n[states]\none = {}\ntwo = { end = true }\n[events]\n\
        k = [{ from = [\"new\"], to = \"one\" }, { from = [\"one\"], to = \"two\" }]\n\
        \"k.l\" = { from = [\"one\"] }\n\"k.l.m\" = { from = [\"one\"], to = \"two\" }\n";
    let lifecycle = Lifecycle::compile(&DefinitionFile::new("own.toml", text)).unwrap();
    let text = Diagram::new(&lifecycle).scxml();
    let one: Vec<&str> = text.lines().skip_while(|line| !line.contains("id=\"one\"")).collect();
    assert_eq!(
        one[1..4],
        [
            "    <transition event=\"k.l.m\" target=\"two\"/>",
            "    <transition event=\"k.l\"/>",
            "    <transition event=\"k\" target=\"two\"/>",
        ]
    );
}

/// A kind that is called like what a status word makes of another keeps its name; the other gives way.
#[test]
fn no_two_events_have_one_name() {
    let text = "entity = \"a/b\"\nid = [\"/id\"]\n[statuses]\nw = \"one\"\n[states]\none = {}\n\
        two = { end = true }\n[events]\nk = { from = [\"new\"], status = \"/s\", to = [\"one\"] }\n\
        \"k.status.one\" = { from = [\"one\"], to = \"two\" }\n";
    let lifecycle = Lifecycle::compile(&DefinitionFile::new("own.toml", text)).unwrap();
    let read = Read::xstate(&Diagram::new(&lifecycle).xstate());
    assert_eq!(read.next("new", "k.status.one_"), Some(("one", false)));
    assert_eq!(read.next("one", "k.status.one"), Some(("two", false)));
}
