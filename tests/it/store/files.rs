//! The files of a store under what people do to them: removed, replaced, linked, and others in their place.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use mediafold::{
    Catalog, Policy,
    store::{FailedKind, Store, StoreError, StoreOptions},
};
use rusqlite::Connection;

use super::{deliver, exported, folded, lines, media, moment, open, place};

fn refused(path: &Path) -> StoreError {
    Store::open(path, Catalog::builtin().clone(), StoreOptions::default()).err().unwrap()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    format!("{}{ending}", path.display()).into()
}

/// What is in a folder, by name.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.is_file());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// A delivery that must not be acknowledged, and that the store says so when it is asked before and after.
fn is_refused(store: &Store, what: &str, event: &str) {
    let asked = store.failing().unwrap();
    assert!(asked.kind == FailedKind::Gone && asked.to_string().contains(what), "{asked}");
    let failed = store.submit(media("m", "ready", event, 2)).unwrap().wait().unwrap_err();
    assert!(failed.kind == FailedKind::Gone && failed.to_string().contains(what), "{failed}");
    assert!(store.probe().is_err());
    assert_eq!(store.failing(), Some(failed));
}

#[cfg(unix)]
#[test]
fn a_database_that_is_renamed_takes_nothing_until_it_is_back() {
    let (folder, path) = place();
    let store = open(&path);
    deliver(&store, media("m", "created", "e1", 1));
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    is_refused(&store, "was removed or renamed", "e2");
    assert!(!path.exists(), "nothing is made in its place");
    fs::rename(&elsewhere, &path).unwrap();
    store.probe().unwrap();
    assert_eq!(store.failing(), None);
    deliver(&store, media("m", "ready", "e2", 2));
    assert_eq!(lines(&store), folded(&exported(&path)).0);
    assert_eq!(exported(&path).iter().filter(|byte| **byte == b'\n').count(), 2);
}

/// The file goes after the writer has looked for it and before the commit, which another connection holds up.
#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "the writer is to have looked")]
fn a_commit_is_not_acknowledged_if_the_file_goes_meanwhile() {
    let (folder, path) = place();
    for ending in ["", "-wal"] {
        let store = open(&path);
        deliver(&store, media("m", "created", "e1", 1));
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let pending = store.submit(media("m", "ready", "e2", 2)).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
        let aside = folder.path().join("aside");
        fs::rename(beside(&path, ending), &aside).unwrap();
        other.execute_batch("ROLLBACK").unwrap();
        drop(other);
        let failed = pending.wait().unwrap_err();
        assert_eq!(failed.kind, FailedKind::Gone, "{failed}");
        fs::rename(&aside, beside(&path, ending)).unwrap();
        store.probe().unwrap();
        // It may have been stored: sent again it is a copy.
        deliver(&store, media("m", "ready", "e2", 2));
        assert_eq!(lines(&store), folded(&exported(&path)).0);
    }
}

/// Another store in the place of one that is open is neither written to nor asked, and does not get the other's log.
#[cfg(unix)]
#[test]
fn a_database_that_is_replaced_takes_nothing_more() {
    for killed in [false, true] {
        let (folder, path) = place();
        let store = open(&path);
        deliver(&store, media("m", "created", "e1", 1));
        let (copy, elsewhere) = (folder.path().join("copy.db"), folder.path().join("elsewhere.db"));
        Store::backup(&path, &copy).unwrap();
        for number in 0..50 {
            deliver(&store, media(&format!("m{number}"), "ready", &format!("r{number}"), number));
        }
        let before = fs::read(&copy).unwrap();
        fs::rename(&path, &elsewhere).unwrap();
        fs::rename(&copy, &path).unwrap();
        is_refused(&store, "was replaced", "late");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert!(!beside(&path, "-wal").exists() && !beside(&path, "-shm").exists());
        if killed {
            // As a kill leaves it.
            let crashed = folder.path().join("crashed.db");
            fs::copy(&path, &crashed).unwrap();
            assert_eq!(lines(&open(&crashed)).len(), 1);
        }
        drop(store);
        let store = open(&path);
        assert_eq!(deliver(&store, media("m", "ready", "e2", 2)).delivery, 2);
        assert_eq!(lines(&store), folded(&exported(&path)).0);
        assert_eq!(lines(&open(&elsewhere)).len(), 51, "all that the other had");
    }
}

/// What was acknowledged is in the database then, and nothing more is acknowledged into a log that has no name.
#[cfg(unix)]
#[test]
fn a_log_that_is_removed_or_replaced_loses_nothing_that_was_acknowledged() {
    for replaced in [false, true] {
        let (folder, path) = place();
        let store = open(&path);
        for number in 0..100 {
            deliver(&store, media("m", "updated", &format!("e{number}"), number));
        }
        let log = beside(&path, "-wal");
        fs::remove_file(&log).unwrap();
        if replaced {
            fs::write(&log, "another").unwrap();
        }
        is_refused(&store, if replaced { "was replaced" } else { "was removed" }, "late");
        // As a kill leaves it: without the log.
        let crashed = folder.path().join("crashed.db");
        fs::copy(&path, &crashed).unwrap();
        assert_eq!(exported(&crashed).iter().filter(|byte| **byte == b'\n').count(), 100);
        drop(store);
        assert!(!log.exists());
        let store = open(&path);
        assert_eq!(deliver(&store, media("m", "ready", "late", 200)).delivery, 101);
        assert_eq!(lines(&store), folded(&exported(&path)).0);
    }
}

/// Moved at any moment under load, a database has all that was acknowledged.
#[cfg(unix)]
#[test]
fn no_moment_is_left_in_which_a_file_without_a_name_takes_deliveries() {
    for round in 0..20 {
        let (folder, path) = place();
        let (store, moved) = (open(&path), AtomicBool::new(false));
        let [early, late] = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let client = |name: usize| {
            for number in 0.. {
                // Looked at before it is given: what was given before the move may be answered after.
                let count = if moved.load(Ordering::SeqCst) { &late } else { &early };
                let (id, event) = (format!("m{name}"), format!("{name}-{number}"));
                match store.submit(media(&id, "updated", &event, number)).unwrap().wait() {
                    Ok(_) => count.fetch_add(1, Ordering::SeqCst),
                    Err(failed) if failed.kind == FailedKind::Gone => break,
                    Err(failed) => panic!("{failed}"),
                };
            }
        };
        std::thread::scope(|scope| {
            for name in 0..4 {
                let client = &client;
                scope.spawn(move || client(name));
            }
            while early.load(Ordering::SeqCst) <= round * 3 {
                std::thread::yield_now();
            }
            fs::rename(&path, folder.path().join("elsewhere.db")).unwrap();
            moved.store(true, Ordering::SeqCst);
        });
        assert_eq!(late.into_inner(), 0, "round {round}: acknowledged without a file");
        drop(store);
        for ending in ["-wal", "-shm"] {
            let to = folder.path().join(format!("elsewhere.db{ending}"));
            fs::rename(beside(&path, ending), to).unwrap();
        }
        let stored = exported(&folder.path().join("elsewhere.db"));
        let stored = stored.iter().filter(|byte| **byte == b'\n').count();
        assert!(stored >= early.into_inner(), "round {round}: {stored} stored");
    }
}

#[cfg(unix)]
#[test]
fn one_writes_whatever_the_file_is_called() {
    use std::os::unix::fs::symlink;

    let (folder, path) = place();
    let store = open(&path);
    deliver(&store, media("m", "created", "e1", 1));
    let (link, hard) = (folder.path().join("link.db"), folder.path().join("hard.db"));
    symlink(&path, &link).unwrap();
    let in_use = |path: &Path| {
        let error = refused(path);
        assert!(matches!(error, StoreError::InUse { .. }), "{error}");
        let catalog = Catalog::builtin().clone();
        assert!(Store::rebuild(path, catalog, Policy::Keep, moment(1), false).is_err());
    };
    in_use(&path);
    in_use(&link);
    fs::hard_link(&path, &hard).unwrap();
    in_use(&hard);
    assert_eq!(deliver(&store, media("m", "ready", "e2", 2)).delivery, 2);
    assert_eq!(exported(&link), exported(&path));
    // The log of the other name is not this one's: read alone, the file may lack what that has.
    let copy = folder.path().join("copy.db");
    for result in [Store::export(&hard, &mut Vec::new()).map(drop), Store::backup(&hard, &copy)] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("2 names"), "{error}");
    }
    drop(store);
    for name in [&path, &hard, &link] {
        let error = refused(name).to_string();
        assert!(error.contains("2 names"), "{error}");
    }
    fs::remove_file(&hard).unwrap();
    // Opened by the link, it is the same store with the same log.
    let store = open(&link);
    deliver(&store, media("m", "failed", "e3", 3));
    assert!(beside(&path, "-wal").exists() && !beside(&link, "-wal").exists());
    in_use(&path);
    drop(store);
    assert_eq!(lines(&open(&path)), folded(&exported(&path)).0);
    fs::remove_file(&path).unwrap();
    assert!(refused(&link).to_string().contains("leads nowhere"));
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let (folder, path) = place();
    let text = "no database, but text that is long enough to be looked at ".repeat(9);
    let foreign = folder.path().join("foreign.db");
    let other = Connection::open(&foreign).unwrap();
    other.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x)").unwrap();
    drop(other);
    for (name, content) in [("empty.db", ""), ("short.db", "x"), ("text.db", &text)] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let nothing = folder.path().join("nothing.db");
    let before = contents(folder.path());
    let mut stores: Vec<PathBuf> = before.keys().cloned().collect();
    assert_eq!(stores.len(), 4);
    stores.push(folder.path().to_owned());
    for path in &stores {
        let copy = folder.path().join("copy.db");
        for dry in [false, true] {
            let catalog = Catalog::builtin().clone();
            let error = Store::rebuild(path, catalog, Policy::Keep, moment(1), dry).unwrap_err();
            assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
        }
        let error = refused(path);
        assert!(matches!(error, StoreError::Foreign { .. }), "{path:?}: {error}");
        assert!(Store::export(path, &mut Vec::new()).is_err());
        assert!(Store::backup(path, &copy).is_err());
        assert_eq!(contents(folder.path()), before, "{path:?}");
    }
    // Only what opens a store makes one.
    for dry in [false, true] {
        let catalog = Catalog::builtin().clone();
        assert!(Store::rebuild(&nothing, catalog, Policy::Keep, moment(1), dry).is_err());
    }
    assert!(Store::export(&nothing, &mut Vec::new()).is_err());
    assert_eq!(contents(folder.path()), before);
    drop(open(&path));
    let made: Vec<PathBuf> = contents(folder.path()).into_keys().collect();
    assert_eq!(made.len(), before.len() + 1, "{made:?}");
}

/// SQLite would write a log that was left behind into a new database, and this over what it says of the old one.
#[test]
fn a_log_without_its_database_is_not_taken_for_another_ones() {
    let (folder, path) = place();
    let store = open(&path);
    deliver(&store, media("m", "created", "e1", 1));
    let left = folder.path().join("left.db");
    fs::copy(beside(&path, "-wal"), beside(&left, "-wal")).unwrap();
    let before = contents(folder.path()).remove(&beside(&left, "-wal")).unwrap();
    for error in [refused(&left), Store::backup(&path, &left).unwrap_err()] {
        assert!(matches!(error, StoreError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("left.db-wal"), "{error}");
    }
    assert!(!left.exists() && !beside(&left, ".part").exists());
    assert_eq!(fs::read(beside(&left, "-wal")).unwrap(), before);
    fs::remove_file(beside(&left, "-wal")).unwrap();
    assert_eq!(lines(&open(&left)), [""; 0]);
}

/// What a killed process left beside a name that it had not given yet.
#[test]
fn parts_of_what_was_killed_are_replaced() {
    let (folder, path) = place();
    fs::write(beside(&path, ".part"), "half a store").unwrap();
    fs::write(beside(&path, ".part-journal"), "and its journal").unwrap();
    let store = open(&path);
    deliver(&store, media("m", "created", "e1", 1));
    let copy = folder.path().join("copy.db");
    fs::write(beside(&copy, ".part"), "half a copy".repeat(1000)).unwrap();
    fs::write(beside(&copy, ".part-journal"), "and its journal").unwrap();
    Store::backup(&path, &copy).unwrap();
    assert_eq!(exported(&copy), exported(&path));
    drop(store);
    assert_eq!(contents(folder.path()).len(), 2);
}

/// Not even what the log has is copied into the database by those who only ask.
#[test]
fn who_asks_writes_nothing() {
    let (folder, path) = place();
    let store = open(&path);
    deliver(&store, media("m", "created", "e1", 1));
    deliver(&store, media("m", "ready", "e2", 2));
    let (crashed, aside) = (folder.path().join("crashed.db"), folder.path().join("aside"));
    fs::create_dir(&aside).unwrap();
    for ending in ["-wal", ""] {
        fs::copy(beside(&path, ending), beside(&crashed, ending)).unwrap();
    }
    drop(store);
    for path in [&crashed, &path] {
        let files = || {
            let mut files = contents(folder.path());
            // Memory that connections share, made anew by the first.
            files.retain(|path, _| !path.to_str().unwrap().ends_with("-shm"));
            files
        };
        let before = files();
        let catalog = super::upkeep::other_catalog();
        let told = Store::rebuild(path, catalog, Policy::Keep, moment(1), true).unwrap();
        assert_eq!(told.deliveries, 2);
        assert_eq!(exported(path).iter().filter(|byte| **byte == b'\n').count(), 2);
        Store::backup(path, aside.join(path.file_name().unwrap())).unwrap();
        assert_eq!(files(), before, "{path:?}");
    }
    assert_eq!(lines(&open(&crashed)), lines(&open(&path)));
}

/// A dry run says what the run then does, in whatever order things are in.
#[test]
fn a_dry_run_says_what_the_run_does() {
    let (_folder, path) = place();
    let store = open(&path);
    store
        .import(&*fs::read("tests/data/webhooks/fastpix.jsonl").unwrap(), Some("fastpix"))
        .unwrap();
    drop(store);
    let rebuild = |dry| {
        let catalog = super::upkeep::other_catalog();
        Store::rebuild(&path, catalog, Policy::Keep, moment(1), dry).unwrap()
    };
    let before = exported(&path);
    let told = rebuild(true);
    assert!(!told.restated.is_empty());
    assert_eq!(lines(&open(&path)), folded(&before).0);
    assert_eq!(rebuild(false), told);
}
