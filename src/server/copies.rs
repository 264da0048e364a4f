//! Messages that were stored already, where the provider names and signs them one by one.
//!
//! Known are those that are in the store for good, for as long as their signatures are valid: after that a copy is refused
//! for its age, unless it was signed anew. One that comes while the first is on its way, after a restart, or
//! when too many were known, is stored as any delivery: the fold finds that its events are copies.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Mutex,
};

use sha2::{Digest, Sha256};

use super::Receipt;
use crate::{locks::locked, time::Timestamp};

/// Limit on messages known at a time, in 10 MB; beyond it those whose signatures end first are forgotten.
const KNOWN_MAX: usize = 1 << 16;

/// A message with a signature of its own.
#[derive(Clone, Copy)]
pub(super) struct Message {
    digest: [u8; 32],
    /// Its signature is valid until then.
    until: Timestamp,
}

#[derive(Default)]
pub(super) struct Copies(Mutex<Known>);

#[derive(Default)]
struct Known {
    stored: HashMap<[u8; 32], Stored>,
    ends: BTreeSet<(Timestamp, [u8; 32])>,
}

struct Stored {
    until: Timestamp,
    received_at: Timestamp,
    receipt: Receipt,
}

impl Message {
    /// The message whose parts are these, to the byte.
    pub(super) fn new(parts: &[&[u8]], until: Timestamp) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self { digest: digest.finalize().into(), until }
    }
}

impl Copies {
    /// What the store said of this message, if it has it.
    pub(super) fn find(&self, message: &Message, now: Timestamp) -> Option<Receipt> {
        let mut known = locked(&self.0);
        known.forget(now);
        let stored = known.stored.get_mut(&message.digest)?;
        // Of copies the earliest counts, and a clock may have been set back.
        if now < stored.received_at {
            return None;
        }
        let (receipt, before) = (stored.receipt, stored.until);
        if message.until > before {
            // It was signed anew.
            stored.until = message.until;
            known.ends.remove(&(before, message.digest));
            known.ends.insert((message.until, message.digest));
        }
        Some(receipt)
    }

    /// A message was stored for good.
    pub(super) fn add(&self, message: &Message, received_at: Timestamp, receipt: Receipt) {
        let mut known = locked(&self.0);
        let Message { digest, until } = *message;
        if let Some(before) = known.stored.insert(digest, Stored { until, received_at, receipt }) {
            known.ends.remove(&(before.until, digest));
        }
        known.ends.insert((until, digest));
        if known.stored.len() > KNOWN_MAX {
            known.forget_first();
        }
    }
}

impl Known {
    /// Forgets those whose signatures are valid no longer.
    fn forget(&mut self, now: Timestamp) {
        while self.ends.first().is_some_and(|(until, _)| *until < now) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, digest)) = self.ends.pop_first() {
            self.stored.remove(&digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Copies, KNOWN_MAX, Message, Receipt};
    use crate::time::Timestamp;

    fn at(nanos: i64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    fn message(id: &str, until: i64) -> Message {
        Message::new(&[b"source", id.as_bytes()], at(until))
    }

    #[test]
    fn what_is_stored_is_known_while_its_signature_is_valid() {
        let copies = Copies::default();
        let receipt = Receipt::new(7, false);
        assert_eq!(copies.find(&message("m", 20), at(10)), None);
        copies.add(&message("m", 20), at(10), receipt);
        assert_eq!(copies.find(&message("m", 20), at(20)), Some(receipt));
        assert_eq!(copies.find(&message("n", 20), at(20)), None);
        // The parts are told apart, not only what they are together.
        assert_eq!(copies.find(&Message::new(&[b"sourc", b"em"], at(20)), at(20)), None);
        // A clock that was set back.
        assert_eq!(copies.find(&message("m", 20), at(9)), None);
        // Signed anew, and then known for longer.
        assert_eq!(copies.find(&message("m", 30), at(20)), Some(receipt));
        assert_eq!(copies.find(&message("m", 30), at(30)), Some(receipt));
        assert_eq!(copies.find(&message("m", 40), at(31)), None);
        assert!(copies.0.lock().unwrap().stored.is_empty());
    }

    #[test]
    fn of_too_many_those_that_end_first_are_forgotten() {
        let copies = Copies::default();
        let last = i64::try_from(KNOWN_MAX).unwrap() + 2;
        for number in 0..last {
            copies.add(&message(&number.to_string(), 100 + number), at(0), Receipt::new(1, false));
        }
        let known = copies.0.lock().unwrap();
        assert_eq!((known.stored.len(), known.ends.len()), (KNOWN_MAX, KNOWN_MAX));
        assert!(!known.stored.contains_key(&message("1", 0).digest));
        assert!(known.stored.contains_key(&message("2", 0).digest));
    }
}
