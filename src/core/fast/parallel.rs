//! The threads that fold: they share the blocks of each source, then the assets, then the rows to be printed.

use std::{
    io::{self, Read, Seek},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::ScopedJoinHandle,
};

use super::{
    assets::{FoldedPartition, Grouper, gather},
    blocks::{Block, BlockText, Blocks, Leftovers, Rereader, Worker},
    rows::Rows,
};
use crate::{
    bulk::{FoldOptions, LINE_BITS},
    event::Reader,
};

/// A fold by several threads.
#[derive(Debug)]
pub struct Threads<'c> {
    terms: FoldOptions,
    workers: Vec<Worker<'c>>,
    turn: Leftovers<'c>,
    reader: Reader<'c>,
}

/// What the threads have in common, and whose turn it is.
struct Ordered<T> {
    state: Mutex<(T, usize)>,
    changed: Condvar,
    /// A thread panicked, so its turn never ends.
    broken: AtomicBool,
}

impl<T> Ordered<T> {
    fn new(state: T) -> Self {
        Self {
            state: Mutex::new((state, 0)),
            changed: Condvar::new(),
            broken: AtomicBool::new(false),
        }
    }

    /// Does something when it is this one's turn, and gives the turn to the next.
    fn take<R>(&self, number: usize, act: impl FnOnce(&mut T) -> R) -> R {
        let mut state = lock(&self.state);
        while state.1 != number {
            assert!(!self.broken.load(Ordering::Acquire), "another thread panicked");
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let result = act(&mut state.0);
        state.1 += 1;
        drop(state);
        self.changed.notify_all();
        result
    }

    /// Held by a thread for whose turn others wait: if it panics, so do they rather than wait for ever.
    fn join(&self) -> Waited<'_, T> {
        Waited(self)
    }
}

struct Waited<'t, T>(&'t Ordered<T>);

impl<T> Drop for Waited<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, Ordering::Release);
            // Whoever looked before that waits by now.
            drop(lock(&self.0.state));
            self.0.changed.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a thread gives; if it panicked, so does this one.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl<'c> Threads<'c> {
    /// A fold of what this reader reads, by this many threads.
    pub fn new(reader: Reader<'c>, terms: FoldOptions, count: usize) -> Self {
        let workers = (0..count).map(|_| Worker::new(&reader, &terms)).collect();
        let turn = Leftovers::new(reader.clone(), &terms);
        Self { terms, workers, turn, reader }
    }

    /// Reads a source to its end; `each` is called for every block. If it can be read `again`, [`Self::finish`] may do
    /// so.
    ///
    /// # Errors
    /// Those of the source, unless `breaks` says that they are part of what is told.
    pub fn read(
        &mut self,
        source: u64,
        input: impl Read + Send,
        again: bool,
        each: impl Fn() + Sync,
        breaks: impl Fn(&io::Error) -> Option<String> + Sync,
    ) -> io::Result<()> {
        self.turn.open(source);
        self.workers.iter_mut().for_each(|worker| worker.open(again));
        let blocks = Mutex::new((Blocks::new(input), 0));
        let turns = Ordered::new((&mut self.turn, Ok(())));
        let work = |worker: &mut Worker<'c>| {
            let _waited = turns.join();
            let mut text = BlockText::default();
            loop {
                let (number, block, read) = {
                    let (blocks, count) = &mut *lock(&blocks);
                    let Some((block, read)) = blocks.next(&mut text) else { return };
                    *count += 1;
                    (*count - 1, block, read)
                };
                if read.is_ok() {
                    worker.read(&text, block, source);
                }
                turns.take(number, |(turn, failed)| {
                    settle(turn, worker, &text, block, read, &breaks).unwrap_or_else(|error| {
                        *failed = Err(error);
                    });
                });
                each();
            }
        };
        if let Some((first, others)) = self.workers.split_first_mut() {
            std::thread::scope(|scope| {
                for worker in others {
                    scope.spawn(|| work(worker));
                }
                work(first);
            });
        }
        turns.state.into_inner().unwrap_or_else(PoisonError::into_inner).0.1
    }

    /// Judges everything. `open` opens the source of a delivery that can be read again.
    ///
    /// # Errors
    /// What a source was read again for, and why that failed.
    pub fn finish<S: Read + Seek>(
        self,
        open: impl Fn(u64) -> io::Result<S> + Sync,
    ) -> Result<Rows<'c>, (u64, io::Error)> {
        let count = self.workers.len();
        let read = self.workers.into_iter().map(Worker::into_records);
        let (mut records, places): (Vec<_>, Vec<_>) = read.unzip();
        records.push(self.turn.into_records());
        let (common, parts) = gather(self.reader.catalog(), &self.terms, records);
        let parts = Mutex::new(parts.into_iter());
        let fold = || {
            let (mut scratch, mut piles) = (Grouper::default(), Vec::new());
            let mut again = Rereader::new(&self.reader, &places, &open);
            loop {
                let Some(part) = lock(&parts).next() else { return Ok(piles) };
                piles.push(common.fold(part, &mut scratch, |delivery, written| {
                    again.meant(delivery, written).map_err(|error| (delivery, error))
                })?);
            }
        };
        let piles: Result<Vec<Vec<FoldedPartition<'c>>>, _> = std::thread::scope(|scope| {
            let threads: Vec<_> = (1..count).map(|_| scope.spawn(fold)).collect();
            let own = fold();
            threads.into_iter().map(joined).chain([own]).collect()
        });
        Ok(Rows::new(common, piles?.into_iter().flatten().collect()))
    }
}

/// Folds these streams of deliveries by this many threads: the rows of all assets. The deliveries of the first stream have
/// the numbers of their lines, those of the n-th the same with n - 1 above [`LINE_BITS`].
///
/// ```
/// use mediafold_core::{Catalog, Reader, bulk::FoldOptions, fast};
///
/// let lines = r#"{"type":"video.media.created","id":"e1","createdAt":"2025-04-07T09:30:10Z","data":{"id":"m1"}}
/// {"type":"video.media.ready","id":"e2","createdAt":"2025-04-07T09:30:40Z","data":{"id":"m1"}}"#;
/// let reader = Reader::new(Catalog::builtin());
/// let rows = fast::fold([lines.as_bytes()], reader, FoldOptions::default(), 2)?;
/// let all = rows.cuts(usize::MAX);
/// rows.rows(&all[0], true, |row| Ok::<_, std::io::Error>(assert_eq!(row.state, "ready")))?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of a stream; the rest is not read then.
pub fn fold<'c>(
    streams: impl IntoIterator<Item = impl Read + Send>,
    reader: Reader<'c>,
    terms: FoldOptions,
    threads: usize,
) -> io::Result<Rows<'c>> {
    let mut fold = Threads::new(reader, terms, threads.max(1));
    for (number, stream) in (0..).zip(streams) {
        fold.read(number << LINE_BITS, stream, false, || {}, |_| None)?;
    }
    // Streams that cannot be read again are not.
    fold.finish(|_| Err::<io::Empty, _>(io::ErrorKind::Unsupported.into()))
        .map_err(|(_, error)| error)
}

/// Reads what a worker left of a block.
fn settle<'c>(
    turn: &mut Leftovers<'c>,
    worker: &mut Worker<'c>,
    text: &[u8],
    block: Block,
    read: io::Result<()>,
    breaks: impl Fn(&io::Error) -> Option<String>,
) -> io::Result<()> {
    let Err(error) = read else {
        turn.settle(worker, text, block);
        return Ok(());
    };
    turn.break_off(text);
    turn.tell_break(breaks(&error).ok_or(error)?);
    Ok(())
}

/// Prints `pieces` pieces of text in order, made by `count` threads; `maker` gives each thread what makes its pieces.
///
/// # Errors
/// The first error of what makes pieces, or of `out`.
pub fn print<M: FnMut(usize, &mut Vec<u8>) -> io::Result<()>>(
    pieces: usize,
    count: usize,
    maker: impl Fn() -> M + Sync,
    out: &mut (impl io::Write + Send),
) -> io::Result<()> {
    let next = Mutex::new(0..pieces);
    let turns = Ordered::new((out, Ok(())));
    let work = || {
        let _waited = turns.join();
        let (mut make, mut text) = (maker(), Vec::new());
        loop {
            let Some(number) = lock(&next).next() else { return };
            text.clear();
            let made = make(number, &mut text);
            let written = turns.take(number, |(out, failed)| {
                if failed.is_ok() {
                    *failed = made.and_then(|()| out.write_all(&text));
                }
                failed.is_ok()
            });
            if !written {
                lock(&next).by_ref().for_each(drop);
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        (1..count).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    turns.state.into_inner().unwrap_or_else(PoisonError::into_inner).0.1
}
