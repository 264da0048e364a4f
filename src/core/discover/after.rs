//! Whether an event changed anything: what comes after it, beside what comes without it.

/// Events after a kind in one state from which it can be told whether it changed anything.
const TELLING: u64 = 20;
/// Events after a kind, in all states, from which it can be told that it changed nothing; and those that are no end.
const TOLD_MIN: u64 = 12;
const GOING_ON_MIN: u64 = 8;
/// What is expected so often and never comes does not come.
const EXPECTED: f64 = 8.0;

/// What is known of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Its kinds are status words, each the name of a state: that it keeps one takes more to be believed.
    pub(super) is_status: bool,
    /// It says when things happened.
    pub(super) is_timed: bool,
}

/// Whether each sign keeps the state, and whether only its name says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    No,
    Yes,
    ByName,
}

/// What follows in each state, apart for when a sign had come there and when it had not. The last column is the end of the
/// story.
pub(super) struct Followers {
    columns: usize,
    without: Vec<u64>,
    with: Vec<u64>,
}

impl Followers {
    pub(super) fn of(stories: &[(Vec<u16>, u64)], keeps: &[Keeping], tried: usize) -> Self {
        let signs = keeps.len();
        let columns = signs + 1;
        let mut own =
            Self { columns, without: vec![0; columns * columns], with: vec![0; columns * columns] };
        for (story, count) in stories {
            // The state is what was said last, `signs` before anything was.
            let (mut state, mut had) = (signs, false);
            for sign in story.iter().map(|sign| usize::from(*sign)).chain([signs]) {
                let table = if had { &mut own.with } else { &mut own.without };
                table[state * columns + sign] += count;
                if sign == tried {
                    had = true;
                } else if sign < signs && keeps[sign] == Keeping::No {
                    (state, had) = (sign, false);
                }
            }
        }
        own
    }

    /// Whether after a sign much comes that never came before it.
    pub(super) fn is_strange(&self, noise: f64) -> bool {
        (0..self.columns).any(|state| self.strange_in(state, noise))
    }

    fn strange_in(&self, state: usize, noise: f64) -> bool {
        let (without, with) = self.row(state);
        let (all, after): (u64, u64) = (without.iter().sum(), with.iter().sum());
        // What came so often after it, and never before it, although it would have been seen.
        let is_strange = |(own, came): &(&u64, &u64)| {
            **own == 0 && (**came * all) as f64 / after as f64 >= EXPECTED / 2.0
        };
        let strange: u64 = without.iter().zip(with).filter(is_strange).map(|(_, came)| came).sum();
        let stray = noise * after as f64;
        all >= TELLING && after > 0 && strange as f64 > stray + 2.0 * stray.sqrt() + 0.5
    }

    fn row(&self, state: usize) -> (&[u64], &[u64]) {
        let row = state * self.columns..(state + 1) * self.columns;
        (&self.without[row.clone()], &self.with[row])
    }

    /// Whether a sign keeps this one state, and no other.
    pub(super) fn keeps_one(&self, state: usize, tried: usize) -> bool {
        let (without, with) = self.row(state);
        let (all, after): (u64, u64) = (without.iter().sum(), with.iter().sum());
        if all < TELLING || after < TOLD_MIN || after - with[self.columns - 1] < GOING_ON_MIN {
            return false;
        }
        let mut elsewhere = vec![0_u64; self.columns];
        for other in (0..self.columns).filter(|other| *other != state) {
            elsewhere.iter_mut().zip(self.row(other).1).for_each(|(sum, count)| *sum += count);
        }
        let others: u64 = elsewhere.iter().sum();
        let expected = |from: u64, of: u64| from as f64 / of.max(1) as f64 * after as f64;
        let plain = Terms { is_status: false, is_timed: true };
        let mut differs = false;
        for sign in 0..self.columns {
            let (own, came) = (expected(without[sign], all), with[sign]);
            let too_often = came as f64 > 2.0 * own + 4.0 * own.sqrt() + 3.0;
            if too_often || is_missing(own, came, sign == tried, plain) {
                return false;
            }
            let there = expected(elsewhere[sign], others);
            differs |= others >= TELLING
                && is_missing(there, came, false, plain)
                && sign < self.columns - 1;
        }
        differs
    }

    /// Whether after a sign the same may come as before it, in every state; `None` if that cannot be told.
    pub(super) fn changes_nothing(&self, tried: usize, noise: f64, terms: Terms) -> Option<bool> {
        let end = self.columns - 1;
        let mut expected = vec![0.0; self.columns];
        let mut came = vec![0_u64; self.columns];
        for state in 0..self.columns {
            let (without, with) = self.row(state);
            let (all, after): (u64, u64) = (without.iter().sum(), with.iter().sum());
            if after == 0 || all < TELLING {
                continue;
            }
            if self.strange_in(state, noise) {
                return Some(false);
            }
            for (sign, (own, with)) in without.iter().zip(with).enumerate() {
                let share = *own as f64 / all as f64 * after as f64;
                if is_missing(share, *with, sign == tried, terms) {
                    return Some(false);
                }
                expected[sign] += share;
                came[sign] += with;
            }
        }
        for (sign, (expected, came)) in expected.iter().zip(&came).enumerate() {
            let too_often = *came as f64 > 2.0 * expected + 4.0 * expected.sqrt() + 3.0;
            if too_often || is_missing(*expected, *came, sign == tried, terms) {
                return Some(false);
            }
        }
        // What keeps a state may come there again.
        if expected[tried] >= EXPECTED / 2.0 && came[tried] == 0 {
            return Some(false);
        }
        // What ends a story is followed by nothing, whatever it did.
        let all: u64 = came.iter().sum();
        (all >= TOLD_MIN && all - came[end] >= GOING_ON_MIN).then_some(true)
    }
}

fn is_missing(expected: f64, came: u64, is_tried: bool, terms: Terms) -> bool {
    let floor = match expected {
        few if few < EXPECTED => return false,
        some if some < 30.0 => 0.15,
        _ if terms.is_status => 0.75,
        _ if is_tried => 0.5,
        _ => 0.4,
    };
    // Of many that are looked at some come seldom by chance.
    (came as f64) < floor * expected && expected - came as f64 > 3.5 * expected.sqrt()
}
