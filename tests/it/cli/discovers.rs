//! `discover`, `compare` and `lint --against`, as they are used.

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }
}

fn lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_log_becomes_a_definition_that_folds_it() {
    let folder = Folder::new();
    let (traffic, acme) = (folder.path("traffic.jsonl"), folder.path("acme"));
    mediafold(&["simulate", "wistia", "--assets", "300", "-o", &traffic]);
    let found = mediafold(&["discover", &traffic, "-o", &acme, "--format", "jsonl"]);
    assert_eq!(found.status.code(), Some(0), "{}", stderr(&found));
    let rows = lines(&found);
    let summary = rows.iter().find(|row| row["summary"] == true).unwrap();
    assert!(summary["fitness"].as_f64().unwrap() >= 0.95, "{summary}");
    assert_eq!(summary["entity"], "acme/media");
    assert_eq!(mediafold(&["lint", &acme]).status.code(), Some(0));
    let own = ["--definitions", &acme, "--provider", "acme", "--fail-on", "never", &traffic];
    let checked = mediafold(&[&["check", "--summary", "--format", "jsonl"], &own[..]].concat());
    let last = lines(&checked).pop().unwrap();
    assert!(last["fitness"].as_f64().unwrap() >= 0.95, "{last}");
    // Nothing is written over.
    let again = mediafold(&["discover", &traffic, "-o", &acme]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("is there already"));
}

#[test]
fn rows_of_csv_are_events() {
    let folder = Folder::new();
    let table = folder.path("orders.csv");
    let mut text = "case,activity,timestamp\n".to_owned();
    for case in 0..30 {
        for (at, step) in ["placed", "paid", "sent"].iter().enumerate() {
            text += &format!("o-{case},{step},2026-01-01T00:{case:02}:{at:02}Z\n");
        }
    }
    fs::write(&table, text).unwrap();
    let found = mediafold(&["discover", &table, "--entity", "order", "--format", "csv"]);
    assert_eq!(found.status.code(), Some(0), "{}", stderr(&found));
    let rows: Vec<String> = stdout(&found).lines().map(str::to_owned).collect();
    let wanted = [
        "entity,from,event,to,again,count",
        "discovered/order,new,placed,placed,false,30",
        "discovered/order,placed,paid,paid,false,30",
        "discovered/order,paid,sent,sent,false,30",
    ];
    assert_eq!(rows, wanted);
}

#[test]
fn what_cannot_be_told_is_said() {
    let folder = Folder::new();
    let log = folder.path("log.jsonl");
    let line = |at: u32| {
        format!("{{\"type\":\"clip.made\",\"clip_id\":\"c-{at}\",\"at\":{}}}\n", 1_760_000_000 + at)
    };
    fs::write(&log, (0..100).map(line).collect::<String>()).unwrap();
    let out = folder.path("out");
    let found = mediafold(&["discover", &log, "-o", &out]);
    assert_eq!(found.status.code(), Some(2));
    assert!(stderr(&found).contains("which follows which cannot be told"), "{}", stderr(&found));
    assert!(!std::path::Path::new(&out).exists());
    assert_eq!(mediafold(&["discover", &folder.path("none.jsonl")]).status.code(), Some(2));
}

#[test]
fn two_definitions_are_compared() {
    let folder = Folder::new();
    let mine = folder.path("asset.toml");
    let built_in = stdout(&mediafold(&["lifecycles", "mux/asset", "--toml"]));
    let same = mediafold(&["compare", "mux/asset", "mux/asset"]);
    assert_eq!((same.status.code(), stdout(&same)), (Some(0), String::new()));
    // Nothing may be deleted any more.
    let without: String = built_in
        .lines()
        .filter(|line| {
            !line.starts_with("\"video.asset.deleted\"") && !line.starts_with("deleted ")
        })
        .map(|line| format!("{line}\n"))
        .collect();
    assert_ne!(without, built_in);
    fs::write(&mine, without).unwrap();
    let differ = mediafold(&["compare", "mux/asset", &mine, "--format", "jsonl"]);
    assert_eq!(differ.status.code(), Some(1), "{}", stderr(&differ));
    let rows = lines(&differ);
    let removed = |part: &str, name: &str| {
        rows.iter()
            .any(|row| row["part"] == part && row["change"] == "removed" && row["name"] == name)
    };
    assert!(removed("state", "deleted"), "{rows:?}");
    assert!(removed("transition", "video.asset.deleted from ready"), "{rows:?}");
    let sample = "tests/data/samples/mux.jsonl";
    let judged = mediafold(&["compare", "mux/asset", &mine, sample, "--format", "jsonl"]);
    assert_eq!(judged.status.code(), Some(1), "{}", stderr(&judged));
    let rows = lines(&judged);
    let asset = rows.iter().find(|row| row["id"] == "Qs01tide7xK2").unwrap();
    assert_eq!((&asset["old"], &asset["new"]), (&"deleted".into(), &"ready".into()), "{asset}");
    assert!(asset["why"].as_str().unwrap().contains("video.asset.deleted"), "{asset}");
    assert_eq!(asset["source"], sample);
    assert_eq!(mediafold(&["compare", "mux/asset", "no/such"]).status.code(), Some(2));
}

#[test]
fn drift_is_what_happens_and_is_not_defined() {
    let folder = Folder::new();
    let (mine, traffic) = (folder.path("mine"), folder.path("traffic.jsonl"));
    fs::create_dir(&mine).unwrap();
    for name in ["provider", "media"] {
        let text = fs::read_to_string(format!("src/core/definitions/wistia/{name}.toml")).unwrap();
        fs::write(format!("{mine}/{name}.toml"), text).unwrap();
    }
    mediafold(&["simulate", "wistia", "--assets", "200", "-o", &traffic]);
    let fine = mediafold(&["lint", &mine, "--against", &traffic, "--format", "jsonl"]);
    assert_eq!(fine.status.code(), Some(0), "{}{}", stdout(&fine), stderr(&fine));
    assert!(lines(&fine).iter().all(|row| row["is"] == "unused"), "{}", stdout(&fine));
    let faulty = folder.path("faulty.jsonl");
    mediafold(&["simulate", "wistia", "--assets", "200", "--illegal", "5%", "-o", &faulty]);
    let drift = mediafold(&["lint", &mine, "--against", &faulty, "--format", "jsonl"]);
    assert_eq!(drift.status.code(), Some(1), "{}", stderr(&drift));
    assert!(
        lines(&drift).iter().any(|row| row["is"] == "undefined" && row["count"].as_u64() > Some(0))
    );
}
