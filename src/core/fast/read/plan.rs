//! Plans: where everything is in lines that are alike.

use super::{payload::FoundLine, record::PlanKey};
use crate::scan::{NamePattern, NameTable, Tokens, Value, prefetch_first};

/// How many literals may stand where the definitions look.
pub(super) const LITERALS_MAX: usize = Nulls::BITS as usize;

/// Which of a plan's literals are `null`.
type Nulls = u32;

/// How many bits of a line are looked at to guess its plan.
const HINT_BITS: u32 = 6;

/// The plans of one shape.
#[derive(Clone, Debug)]
pub(super) struct Plans {
    plans: Vec<Plan>,
    /// By a few bits of a line's event kind the plan that such a line had last.
    hints: [u8; 1 << HINT_BITS],
}

impl Plans {
    pub(super) fn new() -> Self {
        Self { plans: Vec::new(), hints: [0; 1 << HINT_BITS] }
    }

    pub(super) fn len(&self) -> usize {
        self.plans.len()
    }

    pub(super) fn push(&mut self, plan: Plan) {
        self.plans.push(plan);
    }

    /// The plan to read a line of this shape by.
    #[inline]
    pub(super) fn plan(
        &mut self,
        context: PlanKey,
        tokens: &Tokens<'_>,
        texts: &NameTable,
    ) -> Option<&Plan> {
        let Self { plans, hints } = self;
        let first = plans.first()?;
        let bits = match first.context == context {
            true => first.alike.first_bits(tokens, HINT_BITS),
            false => 0,
        };
        let hint = &mut hints[bits];
        let is_for = |plan: &Plan| plan.is_for(context, tokens, texts);
        if !plans.get(usize::from(*hint)).is_some_and(is_for) {
            *hint = plans.iter().position(is_for)? as u8;
        }
        plans.get(usize::from(*hint))
    }

    /// Prefetches them.
    #[inline]
    pub(super) fn prefetch(&self) {
        self.plans.iter().take(2).for_each(Plan::prefetch);
    }
}

/// Where everything is in lines that are alike.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) context: PlanKey,
    pub(super) route: u32,
    nulls: Nulls,
    /// The event kind, by which lines of one shape are mostly told apart, and the names that were looked at.
    alike: NamePattern,
    /// Where literals stand, which may be `null` or not.
    literals: Box<[u16]>,
    /// By slot: the token.
    pub(super) at: Box<[u16]>,
    pub(super) content: Content,
}

/// What tells the content of lines apart.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// What these values are.
    Values(Box<[Value]>),
    /// What these values of an object within are, from its first token to the one after its last.
    Part(Box<[Value]>, (u16, u16)),
    /// The text as it stands, but for the values that do not count, by their first tokens and those after their last.
    Text(Box<[(u16, u16)]>),
}

impl Plan {
    /// The plan of the lines that are like this one.
    pub(super) fn new(
        (context, route): (PlanKey, usize),
        alike: NamePattern,
        literals: Vec<u16>,
        line: &FoundLine<'_>,
        content: Content,
    ) -> Self {
        let nulls = nulls(&literals, line.tokens);
        let (literals, at) = (literals.into(), line.at.into());
        Self { context, route: route as u32, nulls, alike, literals, at, content }
    }

    /// How many it takes.
    pub(super) fn bytes(&self) -> usize {
        let content = match &self.content {
            Content::Values(values) | Content::Part(values, _) => size_of_val(&**values),
            Content::Text(left_out) => size_of_val(&**left_out),
        };
        size_of::<Self>() + self.alike.bytes() + size_of_val(&*self.at) + content
    }

    fn prefetch(&self) {
        self.alike.prefetch();
        prefetch_first(&self.at, 4);
    }

    /// Whether a line of this shape is to be read by the plan.
    #[inline]
    fn is_for(&self, context: PlanKey, tokens: &Tokens<'_>, texts: &NameTable) -> bool {
        self.context == context
            && self.alike.is_in(tokens, texts)
            && nulls(&self.literals, tokens) == self.nulls
    }
}

/// Which of some literals are `null`.
#[inline]
fn nulls(literals: &[u16], tokens: &Tokens<'_>) -> Nulls {
    // No other literal begins so.
    let is_null = |token: u16| tokens.byte(token.into()) == b'n';
    (0..).zip(literals).fold(0, |bits, (at, token)| bits | Nulls::from(is_null(*token)) << at)
}
