//! The path of one asset, painted on a picture.

use super::{
    picture::{DrawnEdge, Picture, Tone},
    words::clipped,
};
use crate::{
    event::EventKind,
    fold::{Asset, HistoryEntry, Verdict, happened},
    lifecycle::{KindId, Node},
    time::Timestamp,
};

/// At most this many steps are told on one edge or in one box.
const STEPS_TOLD_MAX: usize = 4;

/// Paints the steps that an asset took, each with its number and time.
pub(super) fn paint(picture: &mut Picture<'_>, asset: &Asset) {
    let lifecycle = picture.lifecycle;
    let clock = Clock::of(asset);
    for edge in picture.all_edges_mut() {
        edge.tone = Tone::Unseen;
    }
    for own in &mut picture.boxes {
        own.tone = Tone::Unseen;
    }
    picture.boxes[lifecycle.state_index(asset.node())].here = true;
    let mut walk = Walk { picture, told: Vec::new() };
    for (number, entry) in (1..).zip(asset.history()) {
        let time = happened(entry.event).map(|time| clock.tell(time));
        let step = match time {
            Some(time) => format!("{number} · {time}"),
            None => number.to_string(),
        };
        walk.take(&entry, step);
    }
    walk.write();
    let state = &asset.state(lifecycle).name;
    let mut note = format!("{} is {state} after {} events", clipped(asset.id()), asset.events());
    if let Some(day) = &clock.day {
        note += &format!(" on {day} (UTC)");
    }
    let kept = asset.history().len() as u64;
    if kept < asset.events() {
        note += &format!("; the first {} are condensed and not shown", asset.events() - kept);
    }
    picture.notes.insert(0, note);
    picture.legend = vec![
        (Tone::Seen, "taken: number of the step, time"),
        (Tone::Inferred, "missed: must have happened, was not heard of"),
        (Tone::Undefined, "not allowed"),
    ];
}

/// Tells times of one day without the day.
struct Clock {
    day: Option<String>,
}

impl Clock {
    fn of(asset: &Asset) -> Self {
        let times = asset.history().filter_map(|entry| happened(entry.event));
        let mut days: Vec<String> = times.map(|time| time.to_string()[..10].to_owned()).collect();
        days.dedup();
        Self { day: if days.len() == 1 { days.pop() } else { None } }
    }

    fn tell(&self, time: Timestamp) -> String {
        let text = time.to_string();
        match self.day {
            Some(_) => text[11..19].to_owned(),
            None => format!("{} {}", &text[5..10], &text[11..19]),
        }
    }
}

/// Where something is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RemarkPlace {
    Edge { from: usize, to: usize, kind: KindId, tone: Tone },
    Box(usize),
    Refused(usize),
}

struct Walk<'p, 'l> {
    picture: &'p mut Picture<'l>,
    told: Vec<(RemarkPlace, Vec<String>)>,
}

impl Walk<'_, '_> {
    fn take(&mut self, entry: &HistoryEntry<'_>, step: String) {
        let lifecycle = self.picture.lifecycle;
        let index = |node: Node| lifecycle.state_index(node);
        let (before, after) = (index(entry.before), index(entry.after));
        for state in [before, after] {
            self.picture.boxes[state].tone = Tone::Seen;
        }
        let EventKind::Known(kind) = entry.event.kind else {
            let name = clipped(entry.event.name(lifecycle));
            return self.tell(RemarkPlace::Refused(before), format!("{step} {name} is unknown"));
        };
        let name = self.picture.kind_label(kind);
        let place = |from, to, tone| RemarkPlace::Edge { from, to, kind, tone };
        match entry.verdict {
            Verdict::Illegal => {
                let claimed = index(lifecycle.rule(entry.before, kind).next);
                match claimed == before {
                    true => self.tell(RemarkPlace::Refused(before), format!("{step} {name}")),
                    false => self.tell(place(before, claimed, Tone::Undefined), step),
                }
            }
            Verdict::Gap if before == 0 && after != 0 => {
                self.tell(place(0, after, Tone::Inferred), step)
            }
            Verdict::Gap => {
                let from = self.miss(entry.before, kind);
                match from == after {
                    true => self.tell(RemarkPlace::Box(after), format!("{step} {name}")),
                    false => self.tell(place(from, after, Tone::Seen), step),
                }
            }
            _ if before == after => self.tell(RemarkPlace::Box(before), format!("{step} {name}")),
            _ => self.tell(place(before, after, Tone::Seen), step),
        }
    }

    /// Walks what must have happened before an event; where that ends.
    fn miss(&mut self, node: Node, kind: KindId) -> usize {
        let lifecycle = self.picture.lifecycle;
        let mut at = node;
        for missing in lifecycle.missing_kinds(node, kind) {
            let next = lifecycle.rule(at, missing).next;
            let (from, to) = (lifecycle.state_index(at), lifecycle.state_index(next));
            let edge = RemarkPlace::Edge { from, to, kind: missing, tone: Tone::Inferred };
            self.tell(edge, "missed".to_owned());
            at = next;
        }
        lifecycle.state_index(at)
    }

    fn tell(&mut self, place: RemarkPlace, what: String) {
        match self.told.iter_mut().find(|(other, _)| *other == place) {
            Some((_, told)) => told.push(what),
            None => self.told.push((place, vec![what])),
        }
    }

    fn write(self) {
        let picture = self.picture;
        for (place, mut told) in self.told {
            told.dedup();
            if told.len() > STEPS_TOLD_MAX {
                let more = told.len() - (STEPS_TOLD_MAX - 1);
                told.truncate(STEPS_TOLD_MAX - 1);
                told.push(format!("and {more} more"));
            }
            match place {
                RemarkPlace::Box(state) => picture.boxes[state].remarks.extend(told),
                RemarkPlace::Refused(state) => {
                    let told = told.into_iter().map(|step| format!("× {step}"));
                    picture.boxes[state].undefined.extend(told);
                }
                RemarkPlace::Edge { from, to, kind, tone } => {
                    write_edge(picture, (from, to, kind), tone, &told);
                }
            }
        }
    }
}

fn write_edge(
    picture: &mut Picture<'_>,
    (from, to, kind): (usize, usize, KindId),
    tone: Tone,
    told: &[String],
) {
    let name = picture.kind_label(kind);
    let same = |edge: &&mut DrawnEdge| {
        (edge.from, edge.to) == (from, to)
            && edge.kinds.contains(&kind)
            && (edge.tone == Tone::Undefined) == (tone == Tone::Undefined)
    };
    if let Some(edge) = picture.all_edges_mut().find(same) {
        // What was taken, even once, was not only missed.
        if edge.tone != Tone::Seen {
            edge.tone = tone;
        }
        edge.weight = 0.5;
        edge.tooltip += &format!("\n{name}: {}", told.join(", "));
        match edge.kinds.iter().position(|own| *own == kind) {
            Some(at) if edge.labels.len() == edge.kinds.len() => {
                let label = format!("{} {}", edge.labels[at], told.join(", "));
                edge.labels[at] = label;
            }
            _ => edge.labels.extend_from_slice(told),
        }
        return;
    }
    let (from_name, to_name) = (&picture.boxes[from].name, &picture.boxes[to].name);
    let mark = if tone == Tone::Undefined { "× " } else { "" };
    let tooltip = format!("{from_name} → {to_name}\n{name}: {}", told.join(", "));
    let label = match name == to_name {
        true => format!("{mark}{}", told.join(", ")),
        false => format!("{mark}{name} {}", told.join(", ")),
    };
    let (kinds, labels) = (vec![kind], vec![label]);
    picture.edges.push(DrawnEdge {
        from,
        to,
        again: false,
        skips: true,
        kinds,
        labels,
        tooltip,
        tone,
        weight: 0.5,
    });
}
