//! Plans: where everything is in lines that are alike.

use super::{
    record::Context,
    wanted::{Signature, Slot, Type},
};
use crate::scan::{Names, Tokens, Value};

/// How many literals may stand in the slots of a plan.
pub(super) const LITERALS_MAX: usize = Nulls::BITS as usize;

/// How many routes are noted with a plan.
pub(super) const TAKEN_MAX: usize = 64;

/// Which of a plan's first literals are `null`.
type Nulls = u32;

/// Where everything is in lines that are alike.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) context: Context,
    pub(super) names: Names,
    pub(super) content: Content,
    /// The values that do not count, by their first tokens and those after their last.
    pub(super) left_out: Vec<(u16, u16)>,
    /// By slot: the token.
    pub(super) at: Box<[u32]>,
    /// With no literal `null`.
    signature: Signature,
    /// Slots in which a literal stands, which may be `null` or not.
    literals: Vec<Slot>,
    /// The routes that such lines took.
    pub(super) taken: Vec<Taken>,
}

/// What tells the content of lines apart.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// What these values are.
    Values(Vec<Value>),
    /// The text as it stands.
    Text,
}

/// A route that lines of a plan took which have one event kind, and the same literals `null`.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) nulls: Nulls,
    /// Where the event kind stands, and what it is.
    pub(super) slot: Slot,
    pub(super) kind: Box<str>,
    pub(super) signature: Signature,
    pub(super) route: usize,
}

impl Plan {
    /// The plan of the lines that are like one in which these are the tokens by slot.
    pub(super) fn new(
        context: Context,
        names: Names,
        content: Content,
        left_out: Vec<(u16, u16)>,
        at: &[u32],
        mut signature: Signature,
        literals: Vec<Slot>,
    ) -> Self {
        literals.iter().for_each(|slot| signature.set(*slot, Type::Other));
        Self {
            context,
            names,
            content,
            left_out,
            at: at.into(),
            signature,
            literals,
            taken: Vec::new(),
        }
    }

    /// Which of the literals of a line are `null`.
    #[inline]
    fn nulls(&self, tokens: &Tokens<'_>) -> Nulls {
        // No other literal begins so.
        let is_null = |slot: &Slot| tokens.byte(self.at[*slot] as usize) == b'n';
        let bits = (0..).zip(&self.literals).map(|(at, slot)| Nulls::from(is_null(slot)) << at);
        bits.sum()
    }

    /// Which of the literals of a line are `null`, and the signature that it has then.
    pub(super) fn signature(&self, tokens: &Tokens<'_>) -> (Nulls, Signature) {
        let (nulls, mut signature) = (self.nulls(tokens), self.signature);
        let null = (0..).zip(&self.literals).filter(|(at, _)| nulls >> at & 1 == 1);
        null.for_each(|(_, slot)| signature.set(*slot, Type::Nothing));
        (nulls, signature)
    }

    /// The signature and the route of the payloads in this context that have the event kind of this one, and the same literals `null`.
    #[inline]
    pub(super) fn taken(
        &self,
        context: Context,
        tokens: &Tokens<'_>,
    ) -> Option<(Signature, usize)> {
        if self.context != context {
            return None;
        }
        let nulls = self.nulls(tokens);
        let mut taken = self.taken.iter();
        let taken = taken.find(|own| {
            own.nulls == nulls && *own.kind == *tokens.inner(self.at[own.slot] as usize)
        });
        taken.map(|own| (own.signature, own.route))
    }
}
