//! Lifecycles to be drawn and assets with stories, from numbers that are the same everywhere.

use mediafold::{
    Asset, Event, Lifecycle, Timestamp,
    event::EventKind,
    fold,
    lifecycle::{KindId, Node, Step},
};

/// Small and the same everywhere: xorshift.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A lifecycle of up to 40 states with short and long names, several events between the same two states, skips,
/// ways back and flags.
pub(crate) fn random_definition(dice: &mut Dice) -> String {
    // Mostly few, for the time that layouts take, and some of the largest.
    let few = 1 + dice.below(40).min(dice.below(40));
    let states = if dice.chance(5) { 40 } else { few };
    let long = dice.chance(30);
    let name = |state: usize| match (state, long && state.is_multiple_of(3)) {
        (0, _) => "new".to_owned(),
        (_, true) => format!("state_with_a_rather_long_name_{state}"),
        _ => format!("s{state}"),
    };
    let density = 1 + dice.below(4);
    let mut text = format!(
        "entity = \"random/thing\"\ntitle = \"Random {states}\"\nid = [\"/id\"]\n[states]\n"
    );
    for state in 1..=states {
        let (rest, error) = (state % 5 == 0, dice.chance(15));
        text += &format!(
            "{} = {{ rest = {}, error = {error} }}\n",
            name(state),
            rest || state == states
        );
    }
    let (mut events, mut flags) = (String::new(), 0);
    let mut leaves = vec![false; states + 1];
    let list = |states: &[usize]| {
        states.iter().map(|state| format!("\"{}\"", name(*state))).collect::<Vec<_>>().join(", ")
    };
    for number in 0..states + dice.below(states) {
        let to = 1 + number % states;
        let mut from: Vec<usize> = (0..1 + dice.below(density)).map(|_| dice.below(to)).collect();
        from.push(if dice.chance(70) { to - 1 } else { dice.below(to) });
        from.sort_unstable();
        from.dedup();
        from.iter().for_each(|state| leaves[*state] = true);
        events += &format!(
            "\"thing.event_{to}_{number}\" = {{ from = [{}], to = \"{}\"",
            list(&from),
            name(to)
        );
        if to < states && dice.chance(20) {
            let again = to + 1 + dice.below(states - to);
            leaves[again] = true;
            events += &format!(", again = [{}]", list(&[again]));
        }
        if dice.chance(10) {
            events += &format!(", set = [\"flag_{flags}\"]");
            flags += 1;
        }
        events += " }\n";
    }
    // A state that is not at rest has a way out.
    let stuck: Vec<usize> = (1..states).filter(|state| !leaves[*state]).collect();
    if !stuck.is_empty() {
        events += &format!(
            "\"thing.over\" = {{ from = [{}], to = \"{}\" }}\n",
            list(&stuck),
            name(states)
        );
    }
    if flags > 0 {
        text += "[flags]\n";
        (0..flags).for_each(|flag| text += &format!("flag_{flag} = {{}}\n"));
    }
    text + "[events]\n" + &events
}

/// Assets that mostly go their way, leave steps out, and sometimes do what is not allowed.
pub(crate) fn random_assets(lifecycle: &Lifecycle, dice: &mut Dice, count: usize) -> Vec<Asset> {
    let kinds: Vec<KindId> = lifecycle.kinds().map(|(kind, _)| kind).collect();
    let story = |number: usize, dice: &mut Dice| {
        let mut asset = Asset::new(format!("asset {number} <&\">"));
        let (mut node, mut events) = (Node::NEW, Vec::new());
        for second in 0..1 + dice.below(40) {
            let legal: Vec<KindId> = kinds
                .iter()
                .copied()
                .filter(|kind| lifecycle.rule(node, *kind).step == Step::Moved)
                .collect();
            let kind = match legal.is_empty() || dice.chance(15) {
                true => kinds[dice.below(kinds.len())],
                false => legal[dice.below(legal.len())],
            };
            let at = Timestamp::from_nanos((1_744_000_000 + 977 * second as i64) * 1_000_000_000);
            let mut event = Event::unknown("").at(at).with_id(format!("{number}.{second}"));
            event.kind = match dice.chance(3) {
                true => EventKind::Unknown("nobody.knows".into()),
                false => EventKind::Known(kind),
            };
            events.push(event);
            let ruling = lifecycle.rule(node, kind);
            if matches!(ruling.step, Step::Moved | Step::MissingEvents) {
                node = ruling.next;
            }
        }
        fold(lifecycle, &mut asset, events);
        asset
    };
    (0..count).map(|number| story(number, dice)).collect()
}
