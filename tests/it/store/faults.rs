//! What fails, and that it is over when the fault is.

use mediafold::{
    Catalog,
    store::{Failed, FailedKind, Store, StoreError, StoreOptions},
};
use rusqlite::Connection;

use super::{deliver, exported, folded, incoming, lines, media, open, place};

#[test]
fn a_full_file_refuses_whole_deliveries_and_goes_on_when_there_is_room() {
    let (_folder, path) = place();
    let mut options = StoreOptions::default();
    options.file_len_max = Some(400_000);
    let store = Store::open(&path, Catalog::builtin().clone(), options).unwrap();
    let padded = |asset: &str, event: &str, second| {
        let mut delivery = media(asset, "created", event, second);
        delivery.body.extend(vec![b' '; 1000]);
        delivery
    };
    let mut acked = 0;
    let full: Failed = loop {
        let delivery = padded(&format!("m{acked}"), &format!("e{acked}"), acked);
        match store.submit(delivery).unwrap().wait() {
            Ok(_) => acked += 1,
            Err(failed) => break failed,
        }
    };
    assert_eq!(full.kind, FailedKind::Full, "{full}");
    assert!(acked > 50, "{acked}");
    assert_eq!(store.failures(), 1);
    let before = lines(&store);
    assert_eq!(before.len(), acked as usize);
    for number in 0..3 {
        // One as long: a shorter one may still find room.
        let again = padded("another", "another", number);
        assert!(store.submit(again).unwrap().wait().is_err());
    }
    assert_eq!(lines(&store), before);
    drop(store);
    let store = open(&path);
    assert_eq!(
        deliver(&store, media("another", "created", "another", 0)).delivery,
        acked as u64 + 1
    );
    assert_eq!(lines(&store), folded(&exported(&path)).0);
}

#[test]
fn what_another_process_locks_is_refused_and_stored_later() {
    let (_folder, path) = place();
    let store = open(&path);
    deliver(&store, media("m", "created", "e1", 1));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let failed = store.submit(media("m", "ready", "e2", 2)).unwrap().wait().unwrap_err();
    assert_eq!(failed.kind, FailedKind::Busy, "{failed}");
    assert_eq!(store.failing(), Some(failed));
    assert_eq!(store.asset("fastpix/media", "m").unwrap().unwrap().state, "created");
    other.execute_batch("ROLLBACK").unwrap();
    store.probe().unwrap();
    assert_eq!(store.failing(), None);
    assert_eq!(deliver(&store, media("m", "ready", "e2", 2)).delivery, 2);
    assert_eq!(store.asset("fastpix/media", "m").unwrap().unwrap().state, "ready");
    assert_eq!(lines(&store), folded(&exported(&path)).0);
}

/// SQLite takes a file of a later version of its format for one that may only be read: whoever runs this may be root, whom
/// permissions do not stop.
#[test]
fn a_file_that_may_only_be_read_takes_nothing_until_it_may_be_written() {
    let (_folder, path) = place();
    let store = open(&path);
    deliver(&store, media("m", "created", "e1", 1));
    let before = lines(&store);
    drop(store);
    let set_version = |version: u8| {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[18] = version;
        std::fs::write(&path, bytes).unwrap();
    };
    set_version(3);
    let store = open(&path);
    for _ in 0..2 {
        let failed = store.submit(media("m", "ready", "e2", 2)).unwrap().wait().unwrap_err();
        assert_eq!(failed.kind, FailedKind::ReadOnly, "{failed}");
        assert_eq!(store.failing(), Some(failed));
        assert!(store.probe().is_err());
    }
    assert_eq!(lines(&store), before);
    drop(store);
    set_version(2);
    let store = open(&path);
    assert_eq!(store.failing(), None);
    assert_eq!(deliver(&store, media("m", "ready", "e2", 2)).delivery, 2);
    assert_eq!(lines(&store), folded(&exported(&path)).0);
}

/// A table that takes no row of one kind stands for a delivery that cannot be stored, whyever.
#[test]
fn one_bad_delivery_does_not_refuse_its_neighbours() {
    let (_folder, path) = place();
    let store = open(&path);
    deliver(&store, media("m", "created", "e0", 0));
    let sql = "CREATE TRIGGER bad BEFORE INSERT ON deliveries WHEN NEW.source = 'bad'
               BEGIN SELECT RAISE(ABORT, 'bad'); END";
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let pending: Vec<_> = (0..300)
        .map(|number| {
            let mut delivery =
                media(&format!("m{}", number % 7), "updated", &format!("e{number}"), number);
            if number % 50 == 9 {
                delivery.source = "bad".to_owned();
            }
            store.submit(delivery).unwrap()
        })
        .collect();
    let stored: Vec<bool> = pending.into_iter().map(|pending| pending.wait().is_ok()).collect();
    let bad: Vec<usize> = (0..300).filter(|at| !stored[*at]).collect();
    assert_eq!(bad, [9, 59, 109, 159, 209, 259]);
    assert_eq!(lines(&store), folded(&exported(&path)).0);
    let (deliveries, last): (i64, i64) = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*), max(delivery) FROM deliveries", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((deliveries, last), (295, 295));
}

#[test]
fn a_file_that_cannot_be_made_or_is_something_else_is_said_so() {
    let (folder, path) = place();
    let open = |path: &std::path::Path| {
        Store::open(path, Catalog::builtin().clone(), StoreOptions::default()).err().unwrap()
    };
    let nowhere = open(&folder.path().join("no/such/folder/x.db"));
    assert!(matches!(nowhere, StoreError::File { .. }), "{nowhere}");
    std::fs::write(&path, "no database, but text that is long enough to be looked at ".repeat(9))
        .unwrap();
    let text = open(&path);
    assert!(matches!(text, StoreError::Foreign { .. }), "{text}");
    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let error = open(&other);
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    let later = folder.path().join("later.db");
    drop(super::open(&later));
    Connection::open(&later).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(open(&later).to_string().contains("version 99"));
}

#[test]
fn one_process_at_a_time_has_a_store_open() {
    let (_folder, path) = place();
    let store = open(&path);
    let second = Store::open(&path, Catalog::builtin().clone(), StoreOptions::default());
    assert!(matches!(second, Err(StoreError::InUse { .. })));
    drop(store);
    drop(open(&path));
}

#[test]
fn more_than_may_wait_is_refused_at_once() {
    let (_folder, path) = place();
    let mut options = StoreOptions::default();
    (options.queue_len, options.queue_bytes) = (8, 2_000);
    let store = Store::open(&path, Catalog::builtin().clone(), options).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let one = || store.submit(media("m", "created", "e", 1));
    let pending: Vec<_> = std::iter::repeat_with(one).take(20).collect();
    assert!(pending.iter().filter(|pending| pending.is_err()).count() >= 12);
    other.execute_batch("ROLLBACK").unwrap();
    for pending in pending.into_iter().flatten() {
        pending.wait().unwrap();
    }
    assert_eq!(store.waiting(), 0);
    // One that is longer than all that may wait is taken when nothing waits.
    deliver(&store, incoming("fastpix", vec![b' '; 5_000], 1));
}

/// What was accepted is committed before a store is closed.
#[test]
fn closing_finishes_what_was_accepted() {
    let (_folder, path) = place();
    let store = open(&path);
    let pending: Vec<_> = (0..1_000)
        .map(|number| store.submit(media(&format!("m{number}"), "created", "e", number)).unwrap())
        .collect();
    drop(store);
    assert!(pending.into_iter().all(|pending| pending.wait().is_ok()));
    assert_eq!(lines(&open(&path)).len(), 1_000);
}

/// What was answered with a receipt is in the copy that is taken of the files as they stand: what a crash leaves.
#[test]
fn what_was_answered_survives_a_crash() {
    let (folder, path) = place();
    let store = open(&path);
    let mut all = Vec::new();
    for round in 0..8_i64 {
        for number in 0..40 {
            let (id, event) = (format!("m{}", number % 11), format!("e{round}-{number}"));
            let kind = ["created", "ready", "updated", "failed"][(number % 4) as usize];
            all.push(store.submit(media(&id, kind, &event, number * 7 % 13)).unwrap());
        }
        let acked = all.drain(..).map(|pending| pending.wait().unwrap().delivery).max().unwrap();
        // More is under way while the files are copied.
        all.extend((0..50).map(|number| {
            store.submit(media("x", "updated", &format!("{round}{number}"), number)).unwrap()
        }));
        let crashed = folder.path().join(format!("crashed{round}.db"));
        for ending in ["-wal", ""] {
            let from = format!("{}{ending}", path.display());
            let to = format!("{}{ending}", crashed.display());
            std::fs::copy(from, to).unwrap();
        }
        let again = open(&crashed);
        let lines = lines(&again);
        let out = exported(&crashed);
        assert!(out.iter().filter(|byte| **byte == b'\n').count() as u64 >= acked);
        assert_eq!(lines, folded(&out).0);
    }
}
