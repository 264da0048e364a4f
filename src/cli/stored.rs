//! A store as a stream of its deliveries, as `export` writes them.

use std::{
    io::{self, BufWriter, Read, Write},
    path::Path,
    sync::mpsc::{self, Receiver, SyncSender},
    thread,
};

use super::output;
use crate::{
    shown::plural,
    store::{Exported, Store, StoreError},
};

/// Bytes of an export that are handed over at a time, and how many such pieces wait to be read.
const PIECE_LEN: usize = 256 << 10;
const PIECES_WAITING: usize = 4;

/// The deliveries of a store as a stream of records, one a line.
pub(super) fn exported(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let (sender, pieces) = mpsc::sync_channel(PIECES_WAITING);
    let path = path.to_owned();
    thread::Builder::new().spawn(move || {
        let mut out = BufWriter::with_capacity(PIECE_LEN, Pieces(&sender));
        let exported = Store::export(&path, &mut out).and_then(|exported| {
            out.flush().map_err(StoreError::Stream)?;
            Ok(exported)
        });
        match exported {
            Ok(exported) => note_removed(&path, exported),
            // If nobody reads any more, nobody need know.
            Err(error) => drop(sender.send(Err(io::Error::other(error)))),
        }
    })?;
    Ok(Box::new(ExportStream { pieces, piece: io::Cursor::default() }))
}

/// Says what a store no longer has.
pub(super) fn note_removed(path: &Path, exported: Exported) {
    if exported.removed > 0 {
        let (path, removed) = (path.display(), plural(exported.removed, "delivery"));
        output::note(&format!(
            "note: {removed} of `{path}` left out: retention has removed their bodies"
        ));
    }
}

/// Hands over what is written.
struct Pieces<'s>(&'s SyncSender<io::Result<Vec<u8>>>);

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(Ok(bytes.to_vec()));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads what another thread exports.
struct ExportStream {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for ExportStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.piece.read(into)? {
                0 if !into.is_empty() => match self.pieces.recv() {
                    Ok(piece) => self.piece = io::Cursor::new(piece?),
                    Err(_) => return Ok(0),
                },
                read => return Ok(read),
            }
        }
    }
}
