//! What is to be covered, by number, and why something cannot be.

use super::{
    Cover, Goal, MOVES_MAX, PathsError, Why,
    moves::{Moves, index},
};

pub(super) struct Goals {
    pub(super) list: Vec<Goal>,
    cover: Cover,
    /// For each transition, the number of the first pair that begins with it.
    first: Vec<usize>,
    /// For each transition, its place among those that leave the same state.
    place: Vec<usize>,
    /// For each transition, its number if it counts alone.
    alone: Vec<Option<usize>>,
}

impl Goals {
    pub(super) fn of(moves: &Moves, cover: Cover) -> Result<Self, PathsError> {
        let count = moves.transitions.len();
        let (first, place) = (vec![0; count], vec![0; count]);
        let mut goals = Self { list: Vec::new(), cover, first, place, alone: vec![None; count] };
        match cover {
            Cover::States => goals.list = (1..moves.states).map(Goal::State).collect(),
            Cover::Transitions => {
                goals.list = moves.transitions.iter().copied().map(Goal::Transition).collect();
            }
            Cover::Pairs => goals.pair(moves)?,
        }
        Ok(goals)
    }

    fn pair(&mut self, moves: &Moves) -> Result<(), PathsError> {
        let mut leaving = vec![Vec::new(); moves.states];
        for (own, one) in moves.transitions.iter().enumerate() {
            let state = moves.state(one.from);
            self.place[own] = leaving[state].len();
            leaving[state].push(own);
        }
        for (own, one) in moves.transitions.iter().enumerate() {
            self.first[own] = self.list.len();
            let after = &leaving[moves.state(one.to)];
            if self.list.len() + after.len() > MOVES_MAX {
                return Err(PathsError::TooMany("pairs"));
            }
            let pairs = after.iter().map(|next| Goal::Pair(*one, moves.transitions[*next]));
            self.list.extend(pairs);
        }
        let useful = || moves.all.iter().enumerate().filter(|(_, one)| moves.is_useful(one));
        let mut onward = vec![Vec::new(); moves.rests.len()];
        for (own, one) in useful() {
            onward[index(one.from)].push(moves.transition[own]);
        }
        let mut followed = vec![false; self.first.len()];
        let mut pairs = 0;
        for (own, one) in useful() {
            let after = &onward[index(one.to)];
            followed[moves.transition[own]] |= !after.is_empty();
            pairs += after.len();
        }
        if pairs > MOVES_MAX {
            return Err(PathsError::TooMany("pairs"));
        }
        // Nothing leads to `new` but what keeps it, so only what leaves it has nothing before it.
        for own in &onward[0] {
            let one = moves.transitions[*own];
            if !followed[*own] && onward[0].iter().all(|own| moves.transitions[*own].to != one.from)
            {
                self.alone[*own] = Some(self.list.len());
                self.list.push(Goal::Transition(one));
            }
        }
        Ok(())
    }

    pub(super) fn cover(&self) -> Cover {
        self.cover
    }

    pub(super) fn state(&self, state: usize) -> Option<usize> {
        (self.cover == Cover::States && state > 0).then(|| state - 1)
    }

    pub(super) fn transition(&self, own: usize) -> Option<usize> {
        match self.cover {
            Cover::Transitions => Some(own),
            _ => self.alone[own],
        }
    }

    pub(super) fn pair_of(&self, one: usize, next: usize) -> usize {
        self.first[one] + self.place[next]
    }
}

/// Why nothing legal covers this.
pub(super) fn why(moves: &Moves, goal: &Goal) -> Why {
    let state_reached =
        |state: usize| moves.reached.iter().skip(state).step_by(moves.states).any(|own| *own);
    let copies = |wanted| {
        let all = moves.all.iter().zip(&moves.transition);
        all.filter(move |(_, own)| moves.transitions[**own] == wanted).map(|(one, _)| one)
    };
    let reached = |wanted| copies(wanted).filter(|one| moves.reached[index(one.from)]);
    match *goal {
        Goal::State(state) if state_reached(state) => Why::NoRest(state),
        Goal::State(state) => Why::Unreachable(state),
        Goal::Transition(one) | Goal::Pair(one, _) if reached(one).next().is_none() => {
            let state = moves.state(one.from);
            if state_reached(state) { Why::Retries } else { Why::Unreachable(state) }
        }
        Goal::Transition(one) => Why::NoRest(moves.state(one.to)),
        Goal::Pair(one, next) => {
            let follows = reached(one).any(|one| copies(next).any(|next| next.from == one.to));
            if follows { Why::NoRest(moves.state(next.to)) } else { Why::Retries }
        }
    }
}
