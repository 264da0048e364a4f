//! Pieces of 64 bytes: what is looked for in each, and what is noted of it.

/// What is looked at in one go.
pub(super) type Block64 = [u8; PIECE_LEN];

pub(super) const PIECE_LEN: usize = 64;

/// What a byte outside strings that begins no token of JSON is written down as.
pub(super) const NONE: u8 = 0x80;

/// The kind of the token that a byte begins.
pub(super) const KINDS: [u8; 256] = {
    let mut kinds = [NONE; 256];
    let mut at = 0;
    while at < 256 {
        kinds[at] = match at as u8 {
            byte @ (b'{' | b'}' | b'[' | b']' | b':' | b',' | b'"' | b'\n') => byte,
            b'-' | b'0'..=b'9' => b'0',
            b't' | b'f' | b'n' => b't',
            _ => NONE,
        };
        at += 1;
    }
    kinds
};

/// Which bytes of a piece are what; the first byte has the lowest bit.
pub(super) struct Masks {
    pub(super) quote: u64,
    pub(super) backslash: u64,
    /// Below 0x20.
    pub(super) control: u64,
    /// `{ } [ ] : ,` and the newline.
    pub(super) structural: u64,
    /// Blanks, tabs, carriage returns.
    pub(super) white: u64,
    pub(super) newline: u64,
    /// Not all bytes are ASCII.
    pub(super) high: bool,
}

/// What is noted of each piece.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    /// Where tokens begin.
    pub(super) tokens: u64,
    /// Which of them are newlines.
    pub(super) newlines: u64,
    /// What has a backslash before it.
    pub(super) escaped: u64,
    /// What of that is neither a quote nor a backslash.
    pub(super) odd: u64,
}
