//! Files that are not what was written.

use std::path::Path;

use mediafold::{
    Catalog, Policy,
    store::{Store, StoreError, TargetOrder},
};
use rusqlite::Connection;

use super::{deliver, exported, folded, incoming, lines, media, moment, open, place, verified};

/// A store with deliveries of every kind, closed.
fn filled(path: &Path) {
    let store = open(path);
    for number in 0..60 {
        let id = format!("m{}", number % 20);
        let kind = ["created", "deleted", "ready"][number as usize / 20];
        let mut delivery = media(&id, kind, &format!("e{number}"), number);
        delivery.content_type = Some("application/json".to_owned());
        // Nothing else in the file has tabs.
        delivery.body.extend(vec![b'\t'; number as usize * 40]);
        deliver(&store, delivery);
    }
    deliver(&store, incoming("vms", r#"{"UniqueId":"u","ContentStatus":"CREATED"}"#, 70));
    deliver(&store, incoming("nobody", b"\xff\x00".to_vec(), 71));
    let imported = br#"{"origin":"0123456789abcdef0123456789abcdef","delivery":7,"provider":"vms","body":{"UniqueId":"u","ContentStatus":"QUEUE"}}"#;
    assert_eq!(store.import(&imported[..], None).unwrap().deliveries, 1);
}

/// What is exported, or nothing if that stops.
fn export_of(path: &Path) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    Store::export(path, &mut out).ok().map(|_| out)
}

fn is_sound(path: &Path) -> bool {
    let verified = Store::verify(path, Catalog::builtin(), Policy::Keep, &mut |_, _| ());
    verified.is_ok_and(|verified| verified.damaged == 0 && verified.other_definitions.is_empty())
}

/// One bit after the other all over the file: whatever changes what is exported is told by the export and by `verify`.
#[test]
fn a_flipped_bit_is_told_or_changes_nothing() {
    let (folder, path) = place();
    filled(&path);
    // Without what pages have left of bodies that moved to others.
    let copy = folder.path().join("copy.db");
    Store::backup(&path, &copy).unwrap();
    let (whole, expected) = (std::fs::read(&copy).unwrap(), exported(&path));
    assert!(is_sound(&copy));
    let damaged = folder.path().join("damaged.db");
    let mut within = 0;
    // A prime number, for another bit and another place of a page each.
    for bit in (0..whole.len() * 8).step_by(14_983) {
        let (at, mut bytes) = (bit / 8, whole.clone());
        bytes[at] ^= 1 << (bit % 8);
        std::fs::write(&damaged, bytes).unwrap();
        let out = export_of(&damaged);
        let sound = is_sound(&damaged);
        assert!(!(out.is_none() && sound), "bit {bit} stops an export and is not told");
        // A page of numbers of pages has left in it what was there before the tree grew.
        let in_row = whole[at / 4096 * 4096] != 5;
        let around = &whole[at.saturating_sub(4)..(at + 4).min(whole.len())];
        let in_body = in_row && around.iter().all(|byte| *byte == b'\t');
        assert!(!(in_body && (out.is_some() || sound)), "bit {bit} is of a body and not told");
        assert!(out.is_none_or(|out| out == expected), "bit {bit} changes an export silently");
        within += usize::from(in_body);
    }
    assert!(within > 12, "{within} of them were in bodies");
}

/// Does this to the table behind SQLite's back, as far as it knows, and says which delivery is damaged then.
fn after(change: &str) -> Option<u64> {
    let (_folder, path) = place();
    filled(&path);
    Connection::open(&path).unwrap().execute_batch(change).unwrap();
    let mut out = Vec::new();
    let error = Store::export(&path, &mut out).err();
    let delivery = match &error {
        Some(StoreError::DamagedDelivery { delivery, .. }) => Some(*delivery),
        Some(other) => panic!("{change}: {other}"),
        None => None,
    };
    let to = path.with_extension("copy");
    let backup = Store::backup(&path, &to);
    let rebuilt =
        Store::rebuild(&path, Catalog::builtin().clone(), Policy::Keep, moment(99), false);
    let same = |error: Option<StoreError>| match error {
        Some(StoreError::DamagedDelivery { delivery, .. }) => Some(delivery),
        Some(other) => panic!("{change}: {other}"),
        None => None,
    };
    assert_eq!(same(backup.err()), delivery, "{change}");
    assert_eq!(to.exists(), delivery.is_none(), "{change}: no copy is left of what is damaged");
    assert_eq!(same(rebuilt.err()), delivery, "{change}");
    if let Some(delivery) = delivery {
        let verified = verified(&path);
        assert_eq!(verified.damage[0].delivery, Some(delivery), "{change}");
        let body = open(&path).body(delivery);
        assert!(matches!(body, Err(StoreError::DamagedDelivery { .. })), "{change}");
    }
    delivery
}

#[test]
fn every_column_of_a_delivery_is_told() {
    for (column, to) in [
        ("source", "'fastpiy'"),
        ("provider", "'vms'"),
        ("received_at", "received_at + 1"),
        ("content_type", "NULL"),
        ("quarantine", "'P101 malformed-payload: '"),
        ("body", "CAST(replace(CAST(body AS TEXT), 'm10', 'm11') AS BLOB)"),
        ("body", "x''"),
        ("origin", "1"),
        ("number", "31"),
        ("body_digest", "zeroblob(16)"),
        ("body_digest", "NULL"),
        ("digest", "digest + 1"),
    ] {
        let change = format!("UPDATE deliveries SET {column} = {to} WHERE delivery = 31");
        assert_eq!(after(&change), Some(31), "{change}");
    }
    assert_eq!(after("UPDATE deliveries SET delivery = 640 WHERE delivery = 31"), Some(640));
    // Of one without its body the rest is told still.
    let change = "UPDATE deliveries SET body = NULL";
    assert_eq!(after(change), None);
    let change = format!("{change}; UPDATE deliveries SET source = 'vms' WHERE delivery = 31");
    assert_eq!(after(&change), Some(31));
}

/// What follows from the deliveries is compared with a fold of them.
#[test]
fn what_is_not_what_a_fold_gives_is_told() {
    for change in [
        "UPDATE deliveries SET events = 0 WHERE delivery = 31",
        "UPDATE events SET kind = 'video.media.updated' WHERE delivery = 31",
        "UPDATE events SET at = at + 1 WHERE delivery = 31",
        "UPDATE events SET content = content + 1 WHERE delivery = 31",
        "UPDATE events SET event_id = 'e' WHERE delivery = 31",
        "UPDATE events SET verdict = 'Illegal' WHERE delivery = 31",
        "UPDATE events SET state_after = 'failed' WHERE delivery = 31",
        "DELETE FROM events WHERE delivery = 31",
        "INSERT INTO events SELECT asset, 999, kind, verdict, state_before, state_after, at, received_at, event_id,
             status, parent, time_error, content, data, item, sequence, branch, by_receipt FROM events
             WHERE delivery = 31",
        "UPDATE assets SET state = 'created' WHERE id = 'm10'",
        "UPDATE assets SET since = since + 1 WHERE id = 'm10'",
        "UPDATE assets SET due = 1 WHERE id = 'm10'",
        "UPDATE assets SET overdue = 1 WHERE id = 'm10'",
        "UPDATE assets SET heard_at = heard_at + 1 WHERE id = 'm10'",
        "UPDATE assets SET data = '{\"title\":1}' WHERE id = 'm10'",
        "UPDATE assets SET id = 'm99' WHERE id = 'm10'",
        "DELETE FROM assets WHERE id = 'm10'",
        "DELETE FROM findings WHERE finding = 3",
        "UPDATE findings SET code = 'L305' WHERE finding = 3",
        "DELETE FROM findings WHERE asset IS NULL",
        "UPDATE population SET assets = assets + 1",
        "DELETE FROM population",
        "UPDATE changes SET to_state = 'failed' WHERE seq = 3",
        "UPDATE changes SET from_state = 'failed' WHERE seq = 30",
        "DELETE FROM changes WHERE seq = 3",
        "DELETE FROM changes WHERE id = 'm10'",
    ] {
        let (_folder, path) = place();
        filled(&path);
        assert_eq!(verified(&path).damage, []);
        Connection::open(&path).unwrap().execute_batch(change).unwrap();
        assert_ne!(verified(&path).damage, [], "{change}");
    }
}

/// A running server beside it changes nothing of what is seen.
#[test]
fn a_store_in_use_is_looked_through_as_it_is_at_one_moment() {
    let (_folder, path) = place();
    let store = open(&path);
    for number in 0..300 {
        deliver(&store, media(&format!("m{number}"), "created", &format!("e{number}"), number));
    }
    let mut told = 0;
    let verified = Store::verify(&path, Catalog::builtin(), Policy::Keep, &mut |done, all| {
        assert!(done <= all && all == 600);
        told += 1;
        if told % 40 == 0 {
            deliver(&store, media(&format!("m{}", 300 - told), "ready", &format!("r{told}"), 400));
            store.erase("fastpix/media", &format!("m{told}")).unwrap();
        }
    })
    .unwrap();
    assert_eq!((verified.damage, verified.deliveries, verified.assets), (vec![], 300, 300));
}

#[test]
fn what_other_definitions_judged_is_not_compared() {
    let (_folder, path) = place();
    filled(&path);
    let verified =
        Store::verify(&path, Catalog::builtin(), Policy::Follow, &mut |_, _| ()).unwrap();
    assert!(verified.other_definitions.contains(&"fastpix".to_owned()) && verified.assets == 0);
    assert_eq!((verified.damage, verified.deliveries), (vec![], 63));
}

/// Takes from the tables what version 1 did not have.
pub(super) fn make_first_version(path: &Path) {
    make_second_version(path);
    let back = "DROP INDEX deliveries_by_origin; DROP TABLE stores;
        ALTER TABLE deliveries DROP COLUMN digest; ALTER TABLE deliveries DROP COLUMN body_digest;
        ALTER TABLE deliveries DROP COLUMN number; ALTER TABLE deliveries DROP COLUMN origin;
        PRAGMA user_version = 1;";
    Connection::open(path).unwrap().execute_batch(back).unwrap();
}

/// Takes from the tables what version 3 did not have.
pub(super) fn make_third_version(path: &Path) {
    let back = "DROP TABLE targets; DROP TABLE outstanding; PRAGMA user_version = 3;";
    Connection::open(path).unwrap().execute_batch(back).unwrap();
}

/// Takes from the tables what version 2 did not have.
pub(super) fn make_second_version(path: &Path) {
    make_third_version(path);
    let back =
        "ALTER TABLE deliveries DROP COLUMN query; ALTER TABLE deliveries DROP COLUMN headers;
        ALTER TABLE findings DROP COLUMN item; ALTER TABLE findings DROP COLUMN repeats_item;
        CREATE TABLE events_then AS SELECT * FROM events; DROP TABLE events;
        ALTER TABLE events_then DROP COLUMN item; ALTER TABLE events_then DROP COLUMN sequence;
        ALTER TABLE events_then DROP COLUMN branch; ALTER TABLE events_then DROP COLUMN by_receipt;
        ALTER TABLE events_then RENAME TO events;
        CREATE UNIQUE INDEX events_key ON events (asset, delivery);
        PRAGMA user_version = 2;";
    Connection::open(path).unwrap().execute_batch(back).unwrap();
}

/// A store of the second version is read as it is, verified and judged anew beside it, and becomes one of this version
/// when it is opened, with the same bytes in every export.
#[test]
fn a_store_without_items_goes_on() {
    let (folder, path) = place();
    filled(&path);
    let before = exported(&path);
    make_second_version(&path);
    assert_eq!(exported(&path), before);
    assert_eq!(verified(&path).damage, vec![]);
    Store::backup(&path, folder.path().join("copy.db")).unwrap();
    let dry = Store::rebuild(&path, Catalog::builtin().clone(), Policy::Keep, moment(99), true);
    assert_eq!(dry.unwrap().restated, vec![]);
    let store = open(&path);
    assert_eq!(deliver(&store, media("m1", "deleted", "e", 90)).delivery, 64);
    assert_eq!(lines(&store), folded(&exported(&path)).0);
    drop(store);
    assert_eq!(verified(&path).damage, vec![]);
    assert!(exported(&path).starts_with(&before));
}

/// A store of the third version is read as it is, has no targets, and becomes one of this version when it is opened.
#[test]
fn a_store_without_targets_goes_on() {
    let (folder, path) = place();
    filled(&path);
    let before = exported(&path);
    make_third_version(&path);
    assert_eq!((exported(&path), verified(&path).damage), (before, vec![]));
    assert_eq!(Store::list_targets(&path).unwrap(), vec![]);
    let order = Store::order_target(&path, "app", TargetOrder::Pause, moment(99));
    assert!(order.unwrap_err().to_string().contains("no target `app`"));
    Store::backup(&path, folder.path().join("copy.db")).unwrap();
    let dry = Store::rebuild(&path, Catalog::builtin().clone(), Policy::Keep, moment(99), true);
    assert_eq!(dry.unwrap().restated, vec![]);
    let store = open(&path);
    assert_eq!(deliver(&store, media("m1", "deleted", "e", 90)).delivery, 64);
    assert_eq!(store.targets().unwrap(), vec![]);
    drop(store);
    assert_eq!(verified(&path).damage, vec![]);
    let tables = "SELECT name, sql FROM sqlite_schema WHERE name IN ('targets', 'outstanding') ORDER BY name";
    let tables = |path: &Path| -> Vec<(String, String)> {
        let database = Connection::open(path).unwrap();
        let mut statement = database.prepare(tables).unwrap();
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).unwrap();
        let plain = |text: &str| -> String {
            let lines = text.lines().map(|line| line.split("--").next().unwrap());
            lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
        };
        rows.map(Result::unwrap).map(|(name, sql)| (name, plain(&sql))).collect()
    };
    let made = folder.path().join("made.db");
    drop(open(&made));
    assert_eq!(tables(&path), tables(&made));
    assert_eq!(tables(&path).len(), 2);
}

/// A store of the first version is read as it is, and goes on as one of this version once it is opened.
#[test]
fn a_store_without_digests_goes_on() {
    let (folder, path) = place();
    filled(&path);
    make_first_version(&path);
    let out = exported(&path);
    assert!(!out.starts_with(b"{\"origin\""));
    let first = verified(&path);
    assert_eq!((first.damage, first.deliveries, first.undigested), (vec![], 63, 63));
    Store::backup(&path, folder.path().join("copy.db")).unwrap();
    let store = open(&path);
    assert_eq!(deliver(&store, media("m1", "deleted", "e", 90)).delivery, 64);
    assert_eq!(lines(&store), folded(&exported(&path)).0);
    let again = store.import(&*exported(&path), None).unwrap();
    assert_eq!((again.deliveries, again.known), (0, 64));
    drop(store);
    assert_eq!(verified(&path).undigested, 63);
    Store::rebuild(&path, Catalog::builtin().clone(), Policy::Keep, moment(99), false).unwrap();
    let rebuilt = verified(&path);
    assert_eq!((rebuilt.damage, rebuilt.undigested), (vec![], 0));
}

/// A page that is damaged may hide rows, of which no digest tells.
#[test]
fn rows_that_a_page_hides_are_told() {
    let (_folder, path) = place();
    filled(&path);
    let (bytes, expected) = (std::fs::read(&path).unwrap(), exported(&path));
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let mut hidden = 0;
    for (page, _) in bytes.chunks(size).enumerate().skip(1).filter(|(_, page)| page[0] == 13) {
        let mut damaged = bytes.clone();
        // How many cells a leaf has.
        damaged[page * size + 4] -= u8::from(damaged[page * size + 4] > 0);
        if damaged != bytes {
            std::fs::write(&path, damaged).unwrap();
            assert!(!is_sound(&path), "page {page}");
            let out = export_of(&path);
            hidden += usize::from(out.is_none());
            assert!(out.is_none_or(|out| out == expected), "page {page} hides a row silently");
        }
    }
    assert!(hidden > 5, "{hidden}");
}
