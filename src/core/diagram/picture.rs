//! What every format draws of a lifecycle: its states, the edges between them, and what is said beside.

use super::words::{clipped, common_prefix_len, joined};
use crate::lifecycle::{KindId, Lifecycle};

/// Beyond this many, the edges into a state that only skip states in between, and the `again` edges out of a
/// state, are listed in their boxes: drawn, they would bury what the picture is to show.
pub(super) const EDGES_MAX: usize = 6;

/// More flags than this are counted in a box, and named beside the picture only.
const FLAGS_NAMED_MAX: usize = 2;

/// Edges that are listed in a box, for formats that know only text.
const EXITS_A_LINE: usize = 4;

pub(super) struct Picture<'l> {
    pub(super) lifecycle: &'l Lifecycle,
    /// By the index of the state.
    pub(super) boxes: Vec<StateBox>,
    pub(super) edges: Vec<DrawnEdge>,
    /// Sentences beside the picture, a line each.
    pub(super) notes: Vec<String>,
    /// What looks and colours mean, in the order in which they are told.
    pub(super) legend: Vec<(Tone, &'static str)>,
    /// What begins all event kinds and is left out of the labels.
    pub(super) prefix_len: usize,
}

/// What is drawn of a state.
#[derive(Default)]
pub(super) struct StateBox {
    pub(super) name: String,
    pub(super) tooltip: String,
    pub(super) rest: bool,
    pub(super) end: bool,
    pub(super) error: bool,
    pub(super) tone: Tone,
    /// Flags that are set in this state.
    pub(super) flags: Vec<String>,
    /// What happened here.
    pub(super) remarks: Vec<String>,
    /// What happened here and is not allowed.
    pub(super) undefined: Vec<String>,
    /// An asset is here now.
    pub(super) here: bool,
    /// Edges that are listed and not drawn.
    pub(super) exits: Vec<DrawnEdge>,
}

/// All steps that lead from one state to another in one direction.
pub(super) struct DrawnEdge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) again: bool,
    /// Other forward edges lead there as well, by way of more states.
    pub(super) skips: bool,
    pub(super) kinds: Vec<KindId>,
    /// One line each; none where every event is named like the state that it leads to.
    pub(super) labels: Vec<String>,
    pub(super) tooltip: String,
    pub(super) tone: Tone,
    /// From 0 to 1: how thick it is drawn.
    pub(super) weight: f64,
}

impl StateBox {
    /// The flags as they stand beside the sign of a flag.
    pub(super) fn flags_told(&self) -> Option<String> {
        match self.flags.len() {
            0 => None,
            many if many > FLAGS_NAMED_MAX => Some(format!("{many} flags")),
            _ => Some(clipped(&self.flags.join(" "))),
        }
    }

    /// The flags where no sign can be drawn.
    pub(super) fn flags_line(&self) -> Option<String> {
        let named = self.flags.len() <= FLAGS_NAMED_MAX;
        self.flags_told().map(|told| if named { format!("flag: {told}") } else { told })
    }

    /// What is not heard of yet is a dot, not a box. No definition may declare a state of this name.
    #[cfg(feature = "svg")]
    pub(super) fn is_new(&self) -> bool {
        self.name == crate::lifecycle::NEW
    }

    /// All that stands in the box, for formats that know only text.
    pub(super) fn lines(&self, picture: &Picture<'_>) -> Vec<String> {
        let mut lines = vec![clipped(&self.name)];
        lines.extend(self.remarks.iter().map(|remark| clipped(remark)));
        lines.extend(self.flags_line());
        for (again, lead) in [(false, "→"), (true, "again →")] {
            let exits = self.exits.iter().filter(|exit| exit.again == again);
            let exits: Vec<String> = exits.map(|exit| clipped(&exit.exit_text(picture))).collect();
            for (at, some) in exits.chunks(EXITS_A_LINE).enumerate() {
                let lead = if at == 0 { lead } else { " " };
                lines.push(format!("{lead} {}", some.join(", ")));
            }
        }
        lines.extend(self.undefined.iter().map(|undefined| clipped(undefined)));
        lines
    }
}

impl DrawnEdge {
    /// How the edge is listed in the box of the state that it leaves.
    pub(super) fn exit_text(&self, picture: &Picture<'_>) -> String {
        let to = &picture.boxes[self.to].name;
        match self.labels.is_empty() {
            true => to.clone(),
            false => format!("{to} ({})", self.labels.join(", ")),
        }
    }
}

/// How something looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing is known of what happened.
    #[default]
    Plain,
    /// It happened.
    Seen,
    /// It did not happen.
    Unseen,
    /// It must have happened, and nothing was heard of it.
    Inferred,
    /// It happened and is not allowed.
    Undefined,
}

/// What a legend explains.
#[cfg(feature = "svg")]
#[derive(Clone, Copy, Debug)]
pub(super) enum Appearance {
    Rest,
    End,
    Error,
    Again,
    Listed,
    Tone(Tone),
}

impl<'l> Picture<'l> {
    /// A picture that draws no more than so many edges of a kind at a state: usually [`EDGES_MAX`].
    pub(super) fn new(lifecycle: &'l Lifecycle, edges_max: usize) -> Self {
        let prefix_len = common_prefix_len(lifecycle);
        let mut picture = Self {
            lifecycle,
            boxes: lifecycle.states().iter().map(|_| StateBox::default()).collect(),
            edges: edges(lifecycle, prefix_len),
            notes: Vec::new(),
            legend: Vec::new(),
            prefix_len,
        };
        picture.fill_boxes();
        picture.list_exits(edges_max);
        picture.take_notes();
        picture
    }

    /// The looks that a picture has and what they mean, those of states first.
    #[cfg(feature = "svg")]
    pub(super) fn looks(&self) -> Vec<(Appearance, &'static str)> {
        let has = |what: &dyn Fn(&StateBox) -> bool| self.boxes.iter().any(what);
        let again = self.edges.iter().any(|edge| edge.again);
        let mut looks = vec![
            (has(&|own| own.rest), Appearance::Rest, "rest: nothing more need happen"),
            (has(&|own| own.end), Appearance::End, "end: nothing more may happen"),
            (has(&|own| own.error), Appearance::Error, "error"),
            (again, Appearance::Again, "again: back"),
            (
                has(&|own| !own.exits.is_empty()),
                Appearance::Listed,
                "listed in the box: leads there too",
            ),
        ];
        looks.extend(self.legend.iter().map(|(tone, told)| (true, Appearance::Tone(*tone), *told)));
        looks.into_iter().filter(|(has, ..)| *has).map(|(_, look, told)| (look, told)).collect()
    }

    /// All edges, drawn or listed.
    pub(super) fn all_edges_mut(&mut self) -> impl Iterator<Item = &mut DrawnEdge> {
        let exits = self.boxes.iter_mut().flat_map(|own| own.exits.iter_mut());
        self.edges.iter_mut().chain(exits)
    }

    /// An event kind as it is written in the picture.
    pub(super) fn kind_label(&self, kind: KindId) -> &'l str {
        &self.lifecycle.kind_label(kind)[self.prefix_len..]
    }

    fn fill_boxes(&mut self) {
        let flags: Vec<Vec<String>> =
            (0..self.boxes.len()).map(|state| self.flags_set_in(state)).collect();
        let states = self.lifecycle.states().iter().zip(flags);
        for (own, (state, flags)) in self.boxes.iter_mut().zip(states) {
            own.name.clone_from(&state.name);
            own.tooltip = match state.dwell {
                Some(dwell) => {
                    let dwell = crate::time::human_duration(dwell);
                    format!("{}: {} Normally for {dwell} at most.", state.name, state.summary)
                }
                None => format!("{}: {}", state.name, state.summary),
            };
            (own.rest, own.end, own.error) = (state.rest, state.end, state.error);
            own.flags = flags;
        }
    }

    /// The flags that an event sets which keeps this state.
    fn flags_set_in(&self, state: usize) -> Vec<String> {
        let mut flags: Vec<String> = Vec::new();
        for step in self.lifecycle.transitions() {
            if (step.from, step.to) == (state, state) {
                for flag in self.lifecycle.flag_changes(step).0 {
                    if flags.iter().all(|known| known != flag) {
                        flags.push(flag.to_owned());
                    }
                }
            }
        }
        flags
    }

    fn list_exits(&mut self, edges_max: usize) {
        let ahead = self.ahead();
        let into = |to: usize| {
            self.edges.iter().filter(|edge| !edge.again && edge.to == to).count() > edges_max
        };
        let back_from = |from: usize| {
            self.edges.iter().filter(|edge| edge.again && edge.from == from).count() > edges_max
        };
        let crowded: Vec<bool> = (0..self.boxes.len()).map(into).collect();
        let returning: Vec<bool> = (0..self.boxes.len()).map(back_from).collect();
        let skips = |edge: &DrawnEdge| {
            let mut next = self.edges.iter().filter(|next| !next.again && next.from == edge.from);
            next.any(|next| next.to != edge.to && ahead[next.to][edge.to])
        };
        let skips: Vec<bool> =
            self.edges.iter().map(|edge| !edge.again && edge.from != 0 && skips(edge)).collect();
        for (edge, skips) in self.edges.iter_mut().zip(skips) {
            edge.skips = skips;
        }
        let listed = |edge: &DrawnEdge| match edge.again {
            true => returning[edge.from],
            false => crowded[edge.to] && edge.skips,
        };
        let (exits, edges) = std::mem::take(&mut self.edges).into_iter().partition(listed);
        self.edges = edges;
        let mut exits: Vec<DrawnEdge> = exits;
        exits.sort_by_key(|exit| self.lifecycle.states()[exit.to].rank);
        for exit in exits {
            self.boxes[exit.from].exits.push(exit);
        }
    }

    /// For each state, the states that forward edges lead to from it.
    fn ahead(&self) -> Vec<Vec<bool>> {
        let mut ahead = vec![vec![false; self.boxes.len()]; self.boxes.len()];
        let mut by_rank: Vec<usize> = (0..self.boxes.len()).collect();
        by_rank.sort_by_key(|state| std::cmp::Reverse(self.lifecycle.states()[*state].rank));
        for from in by_rank {
            for edge in self.edges.iter().filter(|edge| !edge.again && edge.from == from) {
                let beyond = ahead[edge.to].clone();
                ahead[from][edge.to] = true;
                ahead[from].iter_mut().zip(beyond).for_each(|(own, beyond)| *own |= beyond);
            }
        }
        ahead
    }

    fn take_notes(&mut self) {
        let states = self.lifecycle.states();
        if self.edges.iter().any(|edge| edge.labels.is_empty()) {
            let prefix =
                self.lifecycle.kinds().next().map_or("", |(_, name)| &name[..self.prefix_len]);
            let whole = match prefix.is_empty() {
                true => "the state that it leads to".to_owned(),
                false => format!("{prefix} and the state that it leads to"),
            };
            self.notes.push(format!("Without a label: the event is named {whole}."));
        } else if self.prefix_len > 0
            && let Some((_, name)) = self.lifecycle.kinds().next()
        {
            self.notes.push(format!("Event names begin with {}", &name[..self.prefix_len]));
        }
        if let Some(retries) = self.lifecycle.retries() {
            let (from, then) = (&states[retries.from].name, &states[retries.then].name);
            let renewed: Vec<&str> =
                retries.renewed_by.iter().map(|state| states[*state].name.as_str()).collect();
            let renewed = match renewed.is_empty() {
                true => String::new(),
                false => format!(" {} gives them back.", joined(&renewed)),
            };
            let times =
                if retries.limit == 1 { "once".into() } else { format!("{} times", retries.limit) };
            self.notes
                .push(format!("{from} may be left {times} for a retry, then {then}.{renewed}"));
        }
        let flags: Vec<String> = self
            .lifecycle
            .flags()
            .iter()
            .map(|flag| {
                let (set, clear) = (self.kinds_that(0, &flag.name), self.kinds_that(1, &flag.name));
                let clear = match clear.is_empty() {
                    true => String::new(),
                    false => format!(", cleared by {clear}"),
                };
                format!("{} set by {set}{clear}", flag.name)
            })
            .collect();
        if !flags.is_empty() {
            self.notes.push(format!("Flags: {}.", flags.join("; ")));
        }
    }

    /// The event kinds that set a flag, or for 1 those that clear it.
    fn kinds_that(&self, change: usize, flag: &str) -> String {
        let mut kinds: Vec<&str> = Vec::new();
        for step in self.lifecycle.transitions() {
            let (set, clear) = self.lifecycle.flag_changes(step);
            let label = self.kind_label(step.kind);
            if [set, clear][change].contains(&flag) && !kinds.contains(&label) {
                kinds.push(label);
            }
        }
        joined(&kinds)
    }
}

/// What leads from one state to another, in the order of the definition. What stays would be a loop at
/// every state.
fn edges(lifecycle: &Lifecycle, prefix_len: usize) -> Vec<DrawnEdge> {
    let mut edges: Vec<DrawnEdge> = Vec::new();
    for step in lifecycle.transitions().iter().filter(|step| step.from != step.to) {
        let kind = step.kind;
        let same =
            |edge: &DrawnEdge| (edge.from, edge.to, edge.again) == (step.from, step.to, step.again);
        let edge = match edges.iter().position(same) {
            Some(at) => &mut edges[at],
            None => {
                edges.push(DrawnEdge {
                    from: step.from,
                    to: step.to,
                    again: step.again,
                    skips: false,
                    kinds: Vec::new(),
                    labels: Vec::new(),
                    tooltip: String::new(),
                    tone: Tone::Plain,
                    weight: 0.0,
                });
                let last = edges.len() - 1;
                &mut edges[last]
            }
        };
        if edge.kinds.contains(&kind) {
            continue;
        }
        edge.kinds.push(kind);
        let (set, clear) = lifecycle.flag_changes(step);
        let set = set.iter().map(|flag| format!(" +{flag}"));
        let clear = clear.iter().map(|flag| format!(" −{flag}"));
        let label = lifecycle.kind_label(kind)[prefix_len..].to_owned();
        edge.labels.push(set.chain(clear).fold(label, |label, flag| label + &flag));
    }
    for edge in &mut edges {
        let (from, to) = (&lifecycle.states()[edge.from].name, &lifecycle.states()[edge.to].name);
        let kinds: Vec<&str> = edge.kinds.iter().map(|kind| lifecycle.kind_label(*kind)).collect();
        let again = if edge.again { " (again)" } else { "" };
        edge.tooltip = format!("{from} → {to}{again}: {}", kinds.join(", "));
        if edge.labels.len() == 1 && edge.labels[0] == *to {
            edge.labels.clear();
        }
    }
    edges
}
