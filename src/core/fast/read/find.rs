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
            let child = self.named(node, name, begin, &mut met)?;
            token = self.find_at(child, tokens, token + 2, at, names)?;
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
        let kinds = tokens.kinds;
        let (mut token, mut index) = (first, 0);
        while kinds[token] != b']' {
            token = self.find_at(self.item(node, index)?, tokens, token, at, names)?;
            token += usize::from(kinds[token] == b',');
            index += 1;
        }
        Some(token)
    }

    /// Finds what is wanted of the value at a token, where that is wanted; the token after it.
    #[inline]
    fn find_at(
        &self,
        node: Option<WantedNode>,
        tokens: &Tokens<'_>,
        value: usize,
        at: &mut [u16],
        names: &mut impl FnMut(u16),
    ) -> Option<usize> {
        if let Some(slot) = node.and_then(|node| self.slot_at(node)) {
            at[slot] = value as u16;
        }
        if let Some(node) = node.filter(|node| self.leads_on(*node)) {
            let last = match tokens.kinds[value] {
                b'{' => self.find_in(node, tokens, value + 1, at, names)?,
                b'[' => self.find_in_list(node, tokens, value + 1, at, names)?,
                _ => value,
            };
            return Some(last + 1);
        }
        let mut token = value;
        skip(tokens.kinds, &mut token);
        Some(token)
    }
}
