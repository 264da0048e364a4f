//! A list in pieces of one size: growing copies nothing, and a piece that is given back fits the next list.

/// How large a piece is.
const PIECE_BYTES: usize = 16 << 10;

#[derive(Debug)]
pub(crate) struct Chunks<T>(Vec<Vec<T>>);

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Chunks<T> {
    const PIECE_LEN: usize = PIECE_BYTES / size_of::<T>();

    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        match self.0.last_mut() {
            Some(last) if last.len() < Self::PIECE_LEN => last.push(item),
            _ => self.open(item),
        }
    }

    #[cold]
    fn open(&mut self, item: T) {
        let mut piece = Vec::with_capacity(Self::PIECE_LEN);
        piece.push(item);
        self.0.push(piece);
    }

    pub(crate) fn len(&self) -> usize {
        let full = self.0.len().saturating_sub(1) * Self::PIECE_LEN;
        full + self.0.last().map_or(0, Vec::len)
    }

    /// Drops everything from this item on.
    #[cfg(feature = "fast")]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len.div_ceil(Self::PIECE_LEN));
        if let Some(last) = self.0.last_mut() {
            last.truncate(len - len.saturating_sub(1) / Self::PIECE_LEN * Self::PIECE_LEN);
        }
    }

    /// The items from this one on.
    #[cfg(feature = "fast")]
    pub(crate) fn since(&mut self, at: usize) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().skip(at / Self::PIECE_LEN).flatten().skip(at % Self::PIECE_LEN)
    }

    #[inline]
    pub(crate) fn at(&self, at: usize) -> &T {
        &self.0[at / Self::PIECE_LEN][at % Self::PIECE_LEN]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}
