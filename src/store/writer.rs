//! The one thread that writes: it takes what has come, writes it in one transaction, waits for the disk once, and
//! answers everybody.

use std::{
    path::Path,
    sync::{
        atomic::Ordering,
        mpsc::{Receiver, SyncSender},
    },
    time::{Duration, Instant},
};

use super::{
    connection::open_copier,
    database::Ledger,
    incoming::Read,
    queue::{Answer, Committed, Shared, Task},
};

/// Limits on what is committed together: deliveries, and about how many bytes.
const GROUP_LEN_MAX: usize = 256;
const GROUP_BYTES_MAX: usize = 1 << 20;

/// Works through the tasks until nobody can give it any more.
pub(super) fn run(
    mut ledger: Ledger,
    tasks: &Receiver<Task>,
    shared: &Shared,
    wrote: &SyncSender<()>,
) {
    let mut next = None;
    while let Some(task) = next.take().or_else(|| tasks.recv().ok()) {
        let (first, answer) = match task {
            Task::Deliver(read, answer) => (read, answer),
            Task::Act(act) => {
                act(&mut ledger);
                shared.tell(&Committed { seq: ledger.seq(), ..Committed::default() });
                let _ = wrote.try_send(());
                continue;
            }
        };
        let mut bytes = first.incoming.body.len();
        let (mut reads, mut answers) = (vec![*first], vec![answer]);
        while reads.len() < GROUP_LEN_MAX && bytes < GROUP_BYTES_MAX {
            match tasks.try_recv() {
                Ok(Task::Deliver(read, answer)) => {
                    bytes += read.incoming.body.len();
                    reads.push(*read);
                    answers.push(answer);
                }
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        commit(&mut ledger, reads, answers, shared);
        let _ = wrote.try_send(());
        ledger.shorten_log();
    }
}

/// Commits a group and answers everybody. Where one of them may be to blame, each is tried alone.
fn commit(ledger: &mut Ledger, mut reads: Vec<Read>, answers: Vec<Answer>, shared: &Shared) {
    #[expect(clippy::disallowed_methods, reason = "how long commits take is to be told")]
    let began = Instant::now();
    let result = ledger.commit(&mut reads);
    // Looked at again, for all that may have happened to the files while it was committed.
    let result = result.and_then(|done| ledger.check().map(|()| done));
    if !matches!(&result, Err(failed) if failed.may_be_of_one() && reads.len() > 1) {
        // Who is answered may come again at once, and must find the place free.
        let bytes = reads.iter().map(|read| read.incoming.body.len()).sum();
        shared.queued.fetch_sub(bytes, Ordering::Relaxed);
        shared.waiting.fetch_sub(reads.len(), Ordering::Relaxed);
    }
    match result {
        Ok((receipts, events)) => {
            shared.works();
            let deliveries = receipts.iter().filter(|receipt| !receipt.known).count();
            let took = began.elapsed();
            let committed = Committed { deliveries, seq: ledger.seq(), took, events };
            shared.tell(&committed);
            for (answer, receipt) in answers.into_iter().zip(receipts) {
                answer(Ok(receipt));
            }
        }
        Err(failed) if failed.may_be_of_one() && reads.len() > 1 => {
            for (read, answer) in reads.into_iter().zip(answers) {
                let again = read.again(&shared.catalog);
                commit(ledger, vec![again], vec![answer], shared);
            }
        }
        Err(failed) => {
            shared.failed(answers.len(), &failed);
            answers.into_iter().for_each(|answer| answer(Err(failed.clone())));
        }
    }
}

/// Copies the log into the database now and then, so that the writer need not: until nobody can tell it any more that
/// something was written.
pub(super) fn keep_log_short(path: &Path, wrote: &Receiver<()>) {
    const PAUSE: Duration = Duration::from_millis(200);
    let Ok(database) = open_copier(path) else { return };
    while wrote.recv().is_ok() {
        #[expect(clippy::disallowed_methods, reason = "a pause has an end")]
        let until = Instant::now() + PAUSE;
        loop {
            #[expect(clippy::disallowed_methods, reason = "a pause has an end")]
            let left = until.saturating_duration_since(Instant::now());
            match wrote.recv_timeout(left) {
                Ok(()) => {}
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => break,
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
        // What cannot be copied now is copied later: it is in the log until then.
        let _ = database.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}
