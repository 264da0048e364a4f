//! One walk over the tokens of a line that finds what is wanted and passes over everything else.

use super::wanted::{SeenBits, Wanted, WantedNode, skip};
use crate::scan::Tokens;

impl Wanted {
    /// Finds everything in a line that is wanted: by slot its token, or 0, which is the brace that opens the payload, for
    /// what is absent. Each name that was looked at is given to `names`. `false` where names are escaped or repeated
    /// that may be wanted: then the general reader must say what they mean.
    pub(super) fn find(
        &self,
        tokens: &Tokens<'_>,
        at: &mut Vec<u16>,
        mut names: impl FnMut(u16),
    ) -> bool {
        at.clear();
        at.resize(self.len(), 0);
        self.find_in(Self::ROOT, tokens, 1, at, &mut names).is_some()
    }

    /// Finds what is wanted in an object of which this is the first token after its brace; the one that closes it.
    fn find_in(
        &self,
        node: WantedNode,
        tokens: &Tokens<'_>,
        first: usize,
        at: &mut [u16],
        names: &mut impl FnMut(u16),
    ) -> Option<usize> {
        let kinds = tokens.kinds;
        let (mut token, mut met) = (first, SeenBits::default());
        while kinds[token] == b'"' {
            if tokens.is_escaped(token) {
                return None;
            }
            names(token as u16);
            let (name, begin) = tokens.string_and_first(token);
            let value = token + 2;
            token = value;
            match (self.named(node, name, begin, &mut met)?, kinds[value]) {
                (Some(child), kind) => {
                    if let Some(slot) = self.slot_at(child) {
                        at[slot] = value as u16;
                    }
                    match kind {
                        b'{' if self.leads_on(child) => {
                            token = self.find_in(child, tokens, value + 1, at, names)? + 1;
                        }
                        b'[' if self.leads_on(child) => {
                            token = self.find_in_list(child, tokens, value + 1, at, names)? + 1;
                        }
                        _ => skip(kinds, &mut token),
                    }
                }
                (None, b'{' | b'[') => skip(kinds, &mut token),
                (None, _) => token += 1,
            }
            token += usize::from(kinds[token] == b',');
        }
        Some(token)
    }

    /// Finds what is wanted in a list of which this is the first token after its bracket; the one that closes it.
    fn find_in_list(
        &self,
        node: WantedNode,
        tokens: &Tokens<'_>,
        first: usize,
        at: &mut [u16],
        names: &mut impl FnMut(u16),
    ) -> Option<usize> {
        let (kinds, (items, strict)) = (tokens.kinds, self.items(node));
        let (mut token, mut index) = (first, 0_u64);
        while kinds[token] != b']' {
            if strict && index > 0 {
                return None;
            }
            let value = token;
            let child = items.iter().find(|(own, _)| *own == index).map(|(_, child)| *child);
            if let Some(slot) = child.and_then(|child| self.slot_at(child)) {
                at[slot] = value as u16;
            }
            match (child, kinds[value]) {
                (Some(child), b'{') if self.leads_on(child) => {
                    token = self.find_in(child, tokens, value + 1, at, names)? + 1;
                }
                (Some(child), b'[') if self.leads_on(child) => {
                    token = self.find_in_list(child, tokens, value + 1, at, names)? + 1;
                }
                _ => skip(kinds, &mut token),
            }
            token += usize::from(kinds[token] == b',');
            index += 1;
        }
        Some(token)
    }
}
