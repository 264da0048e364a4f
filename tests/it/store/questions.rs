//! What a store is asked.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use mediafold::{
    Code,
    store::{AssetFilter, FindingFilter, Store, StoreError},
};

use super::{deliver, incoming, media, moment, open, place};

fn filled() -> (tempfile::TempDir, Store) {
    let (folder, path) = place();
    let store = open(&path);
    for number in 0..10 {
        let id = format!("m{number}");
        deliver(&store, media(&id, "created", &format!("a{number}"), number));
        if number % 2 == 0 {
            deliver(&store, media(&id, "ready", &format!("b{number}"), 100 + number));
        }
        if number % 5 == 0 {
            deliver(&store, media(&id, "subtitle.generated.ready", &format!("c{number}"), 200));
            deliver(&store, media(&id, "failed", &format!("d{number}"), 300));
            deliver(&store, media(&id, "ready", &format!("e{number}"), 400));
        }
    }
    deliver(&store, incoming("vms", r#"{"UniqueId":"m1","ContentStatus":"CREATED"}"#, 5));
    (folder, store)
}

/// The ids of all pages of this length.
fn ids(store: &Store, filter: &AssetFilter, limit: usize) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.assets(filter, cursor.as_deref(), limit).unwrap();
        assert!(page.items.len() <= limit);
        ids.extend(page.items.into_iter().map(|asset| asset.id));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return ids,
        }
    }
}

#[test]
fn assets_are_found_by_what_they_are() {
    let (_folder, store) = filled();
    let by = |change: &dyn Fn(&mut AssetFilter)| {
        let mut filter = AssetFilter::default();
        filter.entity = Some("fastpix/media".to_owned());
        change(&mut filter);
        let pages: Vec<Vec<String>> =
            [1, 2, 3, 100].iter().map(|limit| ids(&store, &filter, *limit)).collect();
        assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "{pages:?}");
        pages.into_iter().next().unwrap()
    };
    assert_eq!(by(&|_| {}).len(), 10);
    assert_eq!(by(&|filter| filter.entity = None).len(), 11);
    let ready = by(&|filter| filter.state = Some("ready".to_owned()));
    assert_eq!(ready, ["m2", "m4", "m6", "m8"], "the longest in its state comes first");
    let created = by(&|filter| filter.state = Some("created".to_owned()));
    assert_eq!(created, ["m1", "m3", "m7", "m9"]);
    assert_eq!(by(&|filter| filter.finding = Some(Code::IllegalTransition)), ["m0", "m5"]);
    assert_eq!(by(&|filter| filter.since_before = Some(moment(3))), ["m1", "m3"]);
    assert_eq!(by(&|filter| filter.id_prefix = Some("m1".to_owned())), ["m1"]);
    assert_eq!(by(&|filter| filter.id_prefix = Some("n".to_owned())).len(), 0);
    assert_eq!(by(&|filter| filter.flag = Some("subtitle".to_owned())), ["m0", "m5"]);
    assert_eq!(store.asset("fastpix/media", "none").unwrap(), None);
}

#[test]
fn cursors_of_nothing_are_refused() {
    let (_folder, store) = filled();
    for cursor in ["", "x", "3.ab", "99999999999999999999.a", "1.\u{e9}", "4.é", "-1.a"] {
        let page = store.assets(&AssetFilter::default(), Some(cursor), 3);
        assert!(matches!(page, Err(StoreError::NoCursor)), "{cursor}");
        let mut filter = AssetFilter::default();
        filter.overdue = true;
        assert!(matches!(store.assets(&filter, Some(cursor), 3), Err(StoreError::NoCursor)));
        let page = store.findings(&FindingFilter::default(), Some(cursor), 3);
        assert!(matches!(page, Err(StoreError::NoCursor)), "{cursor}");
    }
}

#[test]
fn findings_come_by_page_and_the_latest_first() {
    let (_folder, store) = filled();
    let mut filter = FindingFilter::default();
    filter.code = Some(Code::IllegalTransition);
    let page = store.findings(&filter, None, 1).unwrap();
    assert_eq!(page.items[0].id.as_deref(), Some("m5"));
    let page = store.findings(&filter, page.next.as_deref(), 1).unwrap();
    assert_eq!((page.items[0].id.as_deref(), page.next), (Some("m0"), None));
    let mut filter = FindingFilter::default();
    filter.asset = Some(("fastpix/media".to_owned(), "m0".to_owned()));
    assert_eq!(store.findings(&filter, None, 9).unwrap().items.len(), 1);
    let json = serde_json::to_value(&store.findings(&filter, None, 9).unwrap().items[0]).unwrap();
    assert_eq!(
        (json["code"].as_str(), json["event"].as_str()),
        (Some("L101"), Some("video.media.ready"))
    );
    assert!(json["allowed"].is_array());
}

#[test]
fn changes_can_be_followed_and_waited_for() {
    let (_folder, store) = filled();
    let all = store.changes(0, 1_000).unwrap();
    assert_eq!(all.len(), 10 + 5 + 2 + 1);
    assert_eq!(store.changes(all[3].seq, 2).unwrap(), all[4..6]);
    assert_eq!(store.last_change(), all.len() as u64);
    let last = store.last_change();
    let heard = Arc::new(AtomicU64::new(0));
    let hears = Arc::clone(&heard);
    store.on_commit(move |committed| hears.store(committed.seq, Ordering::SeqCst));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| store.wait_for_change(last, Duration::from_secs(60)));
        deliver(&store, media("fresh", "created", "f", 7));
        assert_eq!(waiting.join().unwrap(), last + 1);
    });
    assert_eq!(heard.load(Ordering::SeqCst), last + 1);
    assert_eq!(store.wait_for_change(last + 1, Duration::ZERO), last + 1);
    let counts = store.count_changes(0, u64::MAX).unwrap();
    assert_eq!(counts.iter().map(|count| count.count).sum::<u64>(), last + 1);
    // All were recorded by this clock, in which only the last two went back.
    assert_eq!(store.last_change_before(moment(-1)).unwrap(), 0);
    assert_eq!(store.last_change_before(moment(1_000_000)).unwrap(), last + 1);
}

#[test]
fn one_asset_has_its_timeline() {
    let (_folder, store) = filled();
    deliver(&store, media("m0", "ready", "b0", 100));
    let timeline = store.timeline("fastpix/media", "m0").unwrap();
    let verdicts: Vec<&str> = timeline.iter().map(|entry| entry.verdict.name()).collect();
    assert_eq!(verdicts, ["Moved", "Moved", "Stayed", "Moved", "Illegal", "Duplicate"]);
    assert_eq!(timeline[4].findings, ["illegal-transition"]);
    assert!(store.timeline("fastpix/nothing", "m0").unwrap().is_empty());
    assert_eq!(store.body(1).unwrap().unwrap(), media("m0", "created", "a0", 0).body);
    assert_eq!(store.body(10_000).unwrap(), None);
}

#[test]
fn what_lasts_too_long_is_found_while_nothing_comes() {
    let (_folder, path) = place();
    let store = open(&path);
    for number in 0..1_200 {
        deliver_all(&store, number);
    }
    let late = moment(2_000_000);
    assert_eq!(store.sweep(moment(10)).unwrap().overdue, 0);
    let due = store.next_due().unwrap().unwrap();
    assert_eq!(store.sweep(due).unwrap().overdue, 0, "the longest that is normal is normal");
    let swept = store.sweep(late).unwrap();
    assert_eq!((swept.overdue, store.overdue().unwrap()), (1_200, 1_200));
    assert_eq!(store.sweep(late).unwrap().overdue, 0);
    let mut filter = FindingFilter::default();
    filter.code = Some(Code::Overdue);
    let finding = store.findings(&filter, None, 1).unwrap().items.remove(0);
    assert_eq!((finding.name.as_str(), finding.delivery), ("overdue", None));
    // It moves on: nothing is overdue about it any more.
    deliver(&store, media("m7", "ready", "r", 5_000));
    assert_eq!(store.overdue().unwrap(), 1_199);
    filter.asset = Some(("fastpix/media".to_owned(), "m7".to_owned()));
    assert!(store.findings(&filter, None, 1).unwrap().items.is_empty());
    // The clock was wrong.
    let swept = store.sweep(moment(0)).unwrap();
    assert_eq!((swept.not_yet, store.overdue().unwrap()), (1_199, 0));
    let mut filter = FindingFilter::default();
    filter.code = Some(Code::Overdue);
    assert!(store.findings(&filter, None, 1).unwrap().items.is_empty());
    store.sweep(late).unwrap();
    drop(store);
    let store = open(&path);
    let mut filter = AssetFilter::default();
    filter.overdue = true;
    assert_eq!(ids(&store, &filter, 500).into_iter().collect::<BTreeSet<_>>().len(), 1_199);
    deliver(&store, media("m8", "updated", "u", 5_000));
    assert_eq!(store.overdue().unwrap(), 1_199, "what stays is as late as before");
}

fn deliver_all(store: &Store, number: i64) {
    let delivery = media(&format!("m{number}"), "created", &format!("e{number}"), number % 60);
    if number % 100 == 99 {
        deliver(store, delivery);
    } else {
        drop(store.submit(delivery).unwrap());
    }
}

/// The questions that docs/store.md shows are understood, and have answers.
#[test]
fn documented_questions_are_answered() {
    let (folder, store) = filled();
    deliver(&store, media("d49e44c7", "created", "z1", 1));
    deliver(&store, incoming("fastpix", "{", 1));
    store.sweep(moment(2_000_000)).unwrap();
    let database = rusqlite::Connection::open(folder.path().join("mediafold.db")).unwrap();
    let page = std::fs::read_to_string("docs/store.md").unwrap();
    let sql = page.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
    let questions: Vec<&str> =
        sql.split(';').map(str::trim).filter(|sql| !sql.is_empty()).collect();
    assert!(questions.len() >= 6);
    for question in questions {
        let mut statement = database.prepare(question).expect(question);
        let rows = statement.query_map([], |_| Ok(())).unwrap().map(Result::unwrap).count();
        assert!(rows > 0, "{question}");
    }
}
