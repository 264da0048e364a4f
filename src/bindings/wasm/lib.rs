//! `mediafold-plain` as a WebAssembly module: three functions, one memory and no imports.
//!
//! `alloc(len)` gives room for `len` bytes; what is written there, a request and right behind it the bytes that it is
//! about, is handed over by `call(place, request_len, len)`, which takes the room back. What `call` gives back is a place
//! too: four bytes of length, least first, and as much text; `free(place)` takes it back.

#![expect(
    unsafe_code,
    reason = "names that are exported as they stand, which is all that the word covers here"
)]

use std::cell::RefCell;

use mediafold_plain::Plain;

#[derive(Default)]
struct Desk {
    plain: Plain,
    /// What is lent: two at the most, where who borrows gives back.
    lent: Vec<Box<[u8]>>,
}

impl Desk {
    fn lend(&mut self, room: Box<[u8]>) -> *const u8 {
        let place = room.as_ptr();
        self.lent.push(room);
        place
    }

    fn take(&mut self, place: *const u8) -> Option<Box<[u8]>> {
        // The last is asked for first.
        let at = self.lent.iter().rposition(|room| room.as_ptr() == place)?;
        Some(self.lent.swap_remove(at))
    }
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

/// Room for this many bytes, one at least.
#[unsafe(no_mangle)]
pub extern "C" fn alloc(len: usize) -> *const u8 {
    DESK.with_borrow_mut(|desk| desk.lend(vec![0; len.max(1)].into_boxed_slice()))
}

/// Answers what was written into this room, the first bytes of which are the request.
#[unsafe(no_mangle)]
pub extern "C" fn call(place: *const u8, request_len: usize, len: usize) -> *const u8 {
    DESK.with_borrow_mut(|desk| {
        let room = desk.take(place).unwrap_or_default();
        let bytes = room.get(..len).unwrap_or_default();
        let (request, body) = bytes.split_at_checked(request_len).unwrap_or_default();
        let answer = desk.plain.call(request, body);
        drop(room);
        let mut text = Vec::with_capacity(4 + answer.len());
        text.extend_from_slice(&u32::try_from(answer.len()).unwrap_or(u32::MAX).to_le_bytes());
        text.extend_from_slice(answer.as_bytes());
        desk.lend(text.into_boxed_slice())
    })
}

/// Takes room back.
#[unsafe(no_mangle)]
pub extern "C" fn free(place: *const u8) {
    DESK.with_borrow_mut(|desk| drop(desk.take(place)));
}
