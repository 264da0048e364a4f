//! Rebuilding, retention, backups.

use std::time::Duration;

use mediafold::{
    Catalog, Lifecycle, Policy, Timestamp,
    lifecycle::DefinitionFile,
    store::{Retain, Retained, Store, StoreError, StoreOptions},
};

use super::{deliver, exported, folded, incoming, lines, media, moment, open, place};

const DAY: Duration = Duration::from_secs(86_400);

/// A catalog in which a FastPix media that failed may become ready after all.
pub(super) fn other_catalog() -> Catalog {
    let media = Lifecycle::builtin("fastpix/media").unwrap();
    let row =
        r#""video.media.ready"                    = { from = ["created", "preparing", "ready"]"#;
    assert!(media.definition().contains(row));
    let text = media
        .definition()
        .replace(row, &row.replace("\"ready\"]", "\"ready\"], again = [\"failed\"]"));
    Catalog::with(&[DefinitionFile::new("media.toml", text)]).unwrap()
}

fn failed_then_ready(store: &Store, id: &str) {
    deliver(store, media(id, "created", "1", 1));
    deliver(store, media(id, "failed", "2", 2));
    deliver(store, media(id, "ready", "3", 3));
}

#[test]
fn a_rebuild_judges_everything_by_the_new_definitions() {
    let (_folder, path) = place();
    let store = open(&path);
    failed_then_ready(&store, "m1");
    deliver(&store, media("m2", "created", "4", 4));
    deliver(&store, incoming("vms", r#"{"UniqueId":"u","ContentStatus":"CREATED"}"#, 5));
    let (before, changes) = (lines(&store), store.last_change());
    drop(store);
    let with = |catalog: Catalog| Store::open(&path, catalog, StoreOptions::default());
    let refused = with(other_catalog()).err().unwrap();
    assert!(
        matches!(&refused, StoreError::Definitions { providers } if *providers == ["fastpix"]),
        "{refused}"
    );
    let rebuild = |catalog, dry_run| {
        Store::rebuild(&path, catalog, Policy::Keep, moment(100), dry_run).unwrap()
    };
    let dry = rebuild(other_catalog(), true);
    assert_eq!((dry.deliveries, dry.restated.len()), (5, 1));
    assert_eq!(dry.restated[0].id, "m1");
    assert_eq!(dry.restated[0].from.as_deref(), Some("failed"));
    assert_eq!(dry.restated[0].to.as_deref(), Some("ready"));
    assert_eq!(lines(&open(&path)), before, "nothing was changed");
    assert_eq!(rebuild(other_catalog(), false), dry);
    let store = with(other_catalog()).unwrap();
    assert_eq!(store.asset("fastpix/media", "m1").unwrap().unwrap().state, "ready");
    let change = store.changes(changes, 9).unwrap();
    assert_eq!((change.len(), change[0].cause.as_str(), change[0].delivery), (1, "rebuild", None));
    assert_eq!(change[0].to, "ready");
    deliver(&store, media("m1", "deleted", "9", 9));
    drop(store);
    // And back: the definitions that were known before are known still.
    let back = rebuild(Catalog::builtin().clone(), false);
    assert_eq!(back.restated, []);
    let store = open(&path);
    assert_eq!(lines(&store), folded(&exported(&path)).0);
}

/// The built-in definitions, with other words about them.
fn reworded_catalog() -> Catalog {
    let catalog = Catalog::builtin();
    let provider = catalog.provider("fastpix").unwrap();
    let texts = catalog.lifecycles().map(Lifecycle::definition).chain([provider.definition()]);
    let files = texts.map(|text| {
        let titled = |line: &str| match line.split_once(" = ") {
            Some(("title", title)) => format!("title = {} # new", title.replace('"', "'")),
            _ => line.replace("summary = \"", "summary = \"Now: "),
        };
        let lines: Vec<String> = text.lines().map(titled).collect();
        DefinitionFile::new("own.toml", format!("# Seen through.\n{}", lines.join("\n")))
    });
    Catalog::with(&files.collect::<Vec<_>>()).unwrap()
}

#[test]
fn other_words_in_a_definition_need_no_rebuild() {
    let (_folder, path) = place();
    let store = open(&path);
    failed_then_ready(&store, "m1");
    let before = lines(&store);
    drop(store);
    let store = Store::open(&path, reworded_catalog(), StoreOptions::default()).unwrap();
    assert_eq!(lines(&store), before);
    drop(store);
    assert_eq!(lines(&open(&path)), before);
}

/// Stores of the versions whose fingerprints were of the text are opened as long as that means the same.
#[test]
fn a_fingerprint_of_the_text_is_understood() {
    let (_folder, path) = place();
    let store = open(&path);
    failed_then_ready(&store, "m1");
    drop(store);
    // As version 0.1.0 wrote it: two digests of the text with what it was judged by.
    let age = || {
        let database = rusqlite::Connection::open(&path).unwrap();
        let sql = "SELECT text FROM definitions WHERE provider = 'fastpix' AND current";
        let text: String = database.query_row(sql, [], |row| row.get(0)).unwrap();
        let digest = |text: String| xxhash_rust::xxh3::xxh3_64(text.as_bytes());
        let (first, second) = (digest(format!("1 Keep {text}")), digest(format!("{text} Keep 1")));
        let sql = "UPDATE definitions SET fingerprint = ? WHERE provider = 'fastpix' AND current";
        database.execute(sql, [format!("{first:016x}{second:016x}")]).unwrap();
    };
    let with = |catalog: Catalog| Store::open(&path, catalog, StoreOptions::default());
    age();
    drop(with(reworded_catalog()).unwrap());
    drop(open(&path));
    age();
    assert!(matches!(with(other_catalog()), Err(StoreError::Definitions { .. })));
    drop(open(&path));
}

#[test]
fn a_rebuild_by_the_same_definitions_changes_nothing() {
    let (_folder, path) = place();
    let store = open(&path);
    store
        .import(&*std::fs::read("tests/data/webhooks/fastpix.jsonl").unwrap(), Some("fastpix"))
        .unwrap();
    deliver(&store, incoming("fastpix", "{", 5));
    let (before, findings, last) =
        (lines(&store), super::stored_findings(&store), store.last_change());
    drop(store);
    let rebuilt =
        Store::rebuild(&path, Catalog::builtin().clone(), Policy::Keep, moment(0), false).unwrap();
    assert_eq!((rebuilt.restated, rebuilt.released), (Vec::new(), 0));
    let store = open(&path);
    assert_eq!(lines(&store), before);
    assert_eq!(super::stored_findings(&store), findings);
    assert_eq!(store.last_change(), last);
}

/// What nobody could read is read once somebody has written the definition.
#[test]
fn a_rebuild_releases_what_can_be_read_now() {
    let (_folder, path) = place();
    let store = open(&path);
    assert!(deliver(&store, incoming("acme", r#"{"what":"made","film":"f1"}"#, 5)).quarantined);
    assert!(store.quarantine(1).unwrap().unwrap().starts_with("P107 unknown-provider"));
    drop(store);
    let files = [
        DefinitionFile::new(
            "provider.toml",
            "provider = \"acme\"\n[envelope]\nbody = \"json\"\nkind = [\"/what\"]\nevent_id = []\ntime = []\n",
        ),
        DefinitionFile::new(
            "film.toml",
            "entity = \"acme/film\"\ntitle = \"Film\"\nid = [\"/film\"]\norder = \"arrival\"\n[states]\nmade = { rest = true }\n[events]\nmade = { from = [\"new\"], to = \"made\" }\n",
        ),
    ];
    let catalog = Catalog::with(&files).unwrap();
    let refused = Store::open(&path, catalog.clone(), StoreOptions::default()).err().unwrap();
    assert!(matches!(refused, StoreError::Definitions { .. }), "{refused}");
    let rebuilt = Store::rebuild(&path, catalog.clone(), Policy::Keep, moment(9), false).unwrap();
    assert_eq!((rebuilt.released, rebuilt.restated[0].id.as_str()), (1, "f1"));
    let store = Store::open(&path, catalog, StoreOptions::default()).unwrap();
    assert_eq!(store.asset("acme/film", "f1").unwrap().unwrap().state, "made");
    assert_eq!(store.quarantine(1).unwrap(), None);
}

fn retain(bodies: u32, assets: Option<u32>) -> [Retain; 1] {
    let assets = assets.map(|days| ("fastpix".to_owned(), days * DAY));
    [Retain { source: "fastpix".to_owned(), bodies: Some(bodies * DAY), assets }]
}

fn retained(store: &Store, terms: &[Retain], now: Timestamp) -> Retained {
    store.retain(terms, now, &|| true).unwrap()
}

#[test]
fn bodies_go_and_what_they_said_stays() {
    let (_folder, path) = place();
    let store = open(&path);
    failed_then_ready(&store, "m1");
    deliver(&store, media("m2", "created", "4", 40 * 86_400));
    deliver(&store, incoming("vms", r#"{"UniqueId":"u","ContentStatus":"CREATED"}"#, 0));
    let before = lines(&store);
    let now = moment(41 * 86_400);
    assert_eq!(retained(&store, &retain(30, None), now).bodies, 3);
    assert_eq!(retained(&store, &retain(30, None), now).bodies, 0);
    assert_eq!(lines(&store), before);
    assert!(store.body(1).unwrap().is_none() && store.body(4).unwrap().is_some());
    assert!(store.body(5).unwrap().is_some(), "the other source keeps its own");
    // A copy is known to be one, however late it comes.
    deliver(&store, media("m1", "ready", "3", 3));
    assert!(
        store.asset("fastpix/media", "m1").unwrap().unwrap().json.contains(r#""duplicates":1"#)
    );
    drop(store);
    // A rebuild still judges what was read of them.
    let rebuilt = Store::rebuild(&path, other_catalog(), Policy::Keep, now, false).unwrap();
    assert_eq!((rebuilt.recalled, rebuilt.deliveries, rebuilt.restated.len()), (3, 3, 1));
    let store = Store::open(&path, other_catalog(), StoreOptions::default()).unwrap();
    assert_eq!(store.asset("fastpix/media", "m1").unwrap().unwrap().state, "ready");
}

#[test]
fn assets_at_rest_go_but_no_event_id_before_90_days() {
    let (_folder, path) = place();
    let store = open(&path);
    deliver(&store, media("done", "created", "1", 1));
    deliver(&store, media("done", "ready", "2", 2));
    deliver(&store, media("begun", "created", "3", 3));
    deliver(&store, media("fresh", "ready", "4", 50 * 86_400));
    let at = |day: i64| moment(day * 86_400);
    assert_eq!(retained(&store, &retain(1, Some(7)), at(89)).assets, 0, "not before 90 days");
    deliver(&store, media("done", "ready", "2", 2));
    assert!(lines(&store)[1].contains(r#""duplicates":1"#), "{:?}", lines(&store));
    assert_eq!(retained(&store, &retain(1, Some(7)), at(91)).assets, 1);
    let left: Vec<bool> = ["done", "begun", "fresh"]
        .iter()
        .map(|id| store.asset("fastpix/media", id).unwrap().is_some())
        .collect();
    assert_eq!(left, [false, true, true], "what is not at rest stays");
    let population = store.population().unwrap();
    assert_eq!(population.iter().map(|(_, _, count)| count).sum::<u64>(), 2);
    let numbers = deliver(&store, media("done", "created", "1", 1)).delivery;
    assert_eq!(numbers, 6, "no number is given twice");
}

/// What was taken in without the time at which it was received is not old, and what is told to stop does.
#[test]
fn what_has_no_time_stays_and_who_is_stopped_stops() {
    let (_folder, path) = place();
    let store = open(&path);
    for number in 0..1_200 {
        let mut delivery = media(&format!("m{number}"), "ready", &format!("e{number}"), 1);
        if number % 2 == 0 {
            delivery.received_at = Timestamp::from_nanos(0);
        }
        deliver(&store, delivery);
    }
    let (terms, now) = (retain(1, Some(90)), moment(200 * 86_400));
    let calls = std::cell::Cell::new(0);
    let some = store.retain(&terms, now, &|| calls.replace(calls.get() + 1) < 1).unwrap();
    assert_eq!((some.bodies, some.assets), (250, 0));
    let rest = retained(&store, &terms, now);
    assert_eq!((rest.bodies, rest.assets), (350, 600));
    assert_eq!(lines(&store).len(), 600);
    assert!(store.body(1).unwrap().is_some());
    assert_eq!(retained(&store, &terms, now), Retained::default());
}

#[test]
fn what_is_erased_is_nowhere_in_the_tables() {
    let (_folder, path) = place();
    let store = open(&path);
    failed_then_ready(&store, "secret-one");
    failed_then_ready(&store, "other");
    assert!(store.erase("fastpix/media", "secret-one").unwrap());
    assert!(!store.erase("fastpix/media", "secret-one").unwrap());
    let last = store.last_change();
    drop(store);
    let database = rusqlite::Connection::open(&path).unwrap();
    for table in ["deliveries", "assets", "events", "findings", "changes"] {
        let columns: Vec<String> = database
            .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for column in columns {
            let sql = format!(
                "SELECT count(*) FROM {table} WHERE instr(CAST({column} AS TEXT), 'secret-one')"
            );
            let found: i64 = database.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(found, 0, "{table}.{column}");
        }
    }
    let store = open(&path);
    deliver(&store, media("new", "created", "7", 7));
    assert_eq!(store.last_change(), last + 1, "numbers of changes go on");
    assert_eq!(lines(&store), folded(&exported(&path)).0);
}

#[test]
fn a_backup_is_a_store() {
    let (folder, path) = place();
    let store = open(&path);
    failed_then_ready(&store, "m1");
    let copy = folder.path().join("copy.db");
    Store::backup(&path, &copy).unwrap();
    deliver(&store, media("m2", "created", "4", 4));
    let copied = open(&copy);
    assert_eq!(lines(&copied), lines(&store)[..1]);
    assert_eq!(copied.last_change() + 1, store.last_change());
    deliver(&copied, media("m2", "created", "4", 4));
    assert_eq!(lines(&copied), lines(&store));
    assert!(matches!(Store::backup(&path, &copy), Err(StoreError::File { doing: "create", .. })));
    let nowhere = Store::backup(&path, folder.path().join("no/folder"));
    assert!(matches!(nowhere, Err(StoreError::File { .. })));
}
