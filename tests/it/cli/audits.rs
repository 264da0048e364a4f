//! What `audit` prints, in every format, of every kind of table, and of what is none.

use std::fs;

use super::{mediafold, rows, stderr, stdout, with_stdin};
use crate::golden;

const TABLE: &str = "tests/data/audit/media.csv";
const DELIVERIES: &str = "tests/data/audit/deliveries.jsonl";

/// A table of this text in a file of this name, audited.
fn audited(name: &str, table: impl AsRef<[u8]>, options: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, table).unwrap();
    mediafold(&[&["audit", path.to_str().unwrap()], options].concat())
}

/// Each row's id and what it is, and the summary.
fn told(output: &std::process::Output) -> (Vec<(String, String)>, serde_json::Value) {
    let mut lines = rows(output);
    let summary = lines.pop().unwrap_or_else(|| panic!("{}", stderr(output)));
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    (lines.iter().map(|row| (text(row, "id"), text(row, "is"))).collect(), summary)
}

fn pairs(rows: &[(String, String)]) -> Vec<(&str, &str)> {
    rows.iter().map(|(id, is)| (&**id, &**is)).collect()
}

#[test]
fn a_table_is_audited_in_every_format() {
    for format in ["table", "jsonl", "csv"] {
        let output = mediafold(&["audit", "--format", format, TABLE, DELIVERIES]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        golden::check(&format!("golden/audit.{format}"), &stdout(&output));
        golden::check(&format!("golden/audit.{format}.stderr"), &stderr(&output));
    }
    for dialect in ["postgres", "mysql", "sqlite"] {
        let fix = ["--fix", "sql", "--dialect", dialect, "--table-name", "public.media"];
        let output = mediafold(&[&["audit"], &fix[..], &[TABLE, DELIVERIES]].concat());
        golden::check(&format!("golden/audit-fix.{dialect}.sql"), &stdout(&output));
    }
    let output = mediafold(&["audit", "--fix", "csv", TABLE, DELIVERIES]);
    assert_eq!(output.status.code(), Some(1));
    golden::check("golden/audit-fix.csv", &stdout(&output));
    let all = rows(&mediafold(&["audit", "--all", TABLE, DELIVERIES]));
    assert!(all.iter().any(|row| row["is"] == "equal" && row["row"] == 2), "{all:?}");
}

/// What the page shows is what is printed.
#[test]
fn the_page_is_true() {
    let page = fs::read_to_string("docs/audit.md").unwrap();
    let (_, shown) = page.split_once("```console\n$ mediafold ").unwrap();
    let (command, rest) = shown.split_once('\n').unwrap();
    let expected = rest.split("```").next().unwrap();
    let args: Vec<&str> = command.split(' ').chain(["--format", "table"]).collect();
    let output = mediafold(&args);
    assert_eq!(stderr(&output) + &stdout(&output), expected);
    for rule in mediafold::audit::Rule::ALL {
        assert!(page.contains(&format!("| `{}` |", rule.name())), "{rule:?}");
    }
}

/// The same rows in whatever a table is written in.
#[test]
fn tables_of_every_kind_are_read() {
    let wrong = [("a2", "wrong"), ("=a7", "missing"), ("a3", "missing")];
    let tables = [
        ("semicolons.csv", "\u{feff}id;status\r\na2;Preparing\r\na1;READY\r\n".to_owned()),
        ("tabs.tsv", "status\tname\tid\npreparing\t\"a\n\"\"b\"\"\tc\"\ta2\nready\tx\ta1".to_owned()),
        ("rows.ndjson", "{\"id\":\"a2\",\"status\":\"preparing\"}\n{\"id\":\"a1\",\"status\":\"ready\"}\n".to_owned()),
        ("list.json", "[{\"id\":\"a2\",\"status\":\"preparing\"},\n{\"id\":\"a1\",\"status\":\"ready\"}]".to_owned()),
        ("api.json", "{\"object\":\"list\",\n\"data\": [{\"id\":\"a2\",\"status\":\"preparing\",\"tracks\":[{\"id\":\"t\"}]},{\"id\":\"a1\",\"status\":\"ready\"}], \"total\":2}".to_owned()),
        ("items.json", "{\"items\":[{\"id\":\"a2\",\"status\":{\"phase\":\"preparing\"}},{\"id\":\"a1\",\"status\":{\"phase\":\"ready\"}}]}".to_owned()),
        ("result.json", r#"{"success":true,"errors":[],"result":[{"uid":"a2","status":{"state":"preparing"}},{"uid":"a1","status":{"state":"ready"}}]}"#.to_owned()),
("live.csv", "video_id,encoding_status\n a2 , preparing\na1,ready\n".to_owned()),
    ];
    for (name, table) in &tables {
        let output = audited(name, table, &[DELIVERIES]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", stderr(&output));
        let (rows, summary) = told(&output);
        assert_eq!(pairs(&rows)[..3], wrong, "{name}");
        assert_eq!(
            (summary["rows"].as_u64(), summary["equal"].as_u64()),
            (Some(2), Some(1)),
            "{name}"
        );
        // By standard input, too.
        let piped = with_stdin(&["audit", "-", DELIVERIES], table.as_bytes());
        assert_eq!(stdout(&piped), stdout(&output), "{name}");
    }
    let right = audited("right.csv", "id,status\na1,ready\n", &[DELIVERIES]);
    assert_eq!(right.status.code(), Some(0), "{}", stderr(&right));
    let both = with_stdin(&["audit", "-"], b"id,status\na1,ready\n");
    assert!(stderr(&both).contains("the table comes from standard input"), "{}", stderr(&both));
    let swapped = with_stdin(&["audit", TABLE], &fs::read(DELIVERIES).unwrap());
    assert!(stdout(&swapped).contains("\"source\":\"<stdin>\",\"line\":4"), "{}", stdout(&swapped));
}

#[test]
fn words_columns_and_entities_are_as_the_user_says() {
    let table = "asset,Their State,id\na1,LIVE,1\na2,working,2\n";
    let folder = tempfile::tempdir().unwrap();
    let words = folder.path().join("words");
    fs::write(&words, "LIVE = ready\nworking = \"preparing\" # still\n").unwrap();
    let columns = ["--id", "asset", "--status", "their_state", "--entity", "mux/asset"];
    let with_words = [&columns[..], &["--words", words.to_str().unwrap(), DELIVERIES]].concat();
    let (rows, _) = told(&audited("t.csv", table, &with_words));
    assert_eq!(pairs(&rows)[..1], [("a2", "wrong")]);
    let fix = audited("t.csv", table, &[&with_words[..], &["--fix", "csv"]].concat());
    assert_eq!(stdout(&fix), "asset,Their State,was\na2,LIVE,working\n");
    // Without them nobody knows.
    let output = audited("t.csv", table, &[&columns[..], &[DELIVERIES]].concat());
    assert_eq!(pairs(&told(&output).0)[..2], [("a1", "unclear"), ("a2", "unclear")]);
    assert!(
        stderr(&output).contains("`LIVE` in 1 row, `working` in 1 row; `--words`"),
        "{}",
        stderr(&output)
    );
    fs::write(&words, "LIVE = redy\n").unwrap();
    let output = audited("t.csv", table, &with_words);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `ready`?"), "{}", stderr(&output));
    // What `fold` prints may be audited, by the entity that it names.
    let folded = mediafold(&["fold", "--format", "csv", DELIVERIES]);
    let own = with_stdin(&["audit", "-", DELIVERIES, "--status", "state"], &folded.stdout);
    assert_eq!((own.status.code(), rows_of(&own)), (Some(0), 0), "{}", stderr(&own));
}

/// Rows that are printed besides the summary.
fn rows_of(output: &std::process::Output) -> usize {
    rows(output).len() - 1
}

/// A row that was right when it was written is explained by what came since, and no rule is named for it.
#[test]
fn when_a_row_was_written_counts() {
    let at = |time: &str| format!("id,status,updated_at\na1,preparing,{time}\n");
    let row = |table: &str, options: &[&str]| {
        let output = audited("t.csv", table, &[options, &[DELIVERIES]].concat());
        (rows(&output)[0].clone(), rows(&output).pop().unwrap(), stderr(&output))
    };
    let (wrong, summary, notes) = row(&at("2026-03-02 09:00:20.5+00"), &[]);
    assert_eq!((&wrong["why"], &wrong["line"]), (&"after-written".into(), &3.into()), "{wrong}");
    assert_eq!((&summary["wrong"], &summary["compared"]), (&1.into(), &0.into()), "{summary}");
    assert!(notes.contains("written at `updated_at`"), "{notes}");
    let (wrong, summary, _) = row(&at("2026-03-02T10:00:00Z"), &[]);
    assert_eq!((&wrong["why"], &summary["compared"]), (&"none".into(), &1.into()), "{wrong}");
    // A time without a zone is none until one is given; a decimal comma is a point.
    let (wrong, _, notes) = row(&at("\"2026-03-02 10:00:20,5\""), &[]);
    assert_eq!(
        (&wrong["at"], notes.contains("`--zone`")),
        (&serde_json::Value::Null, true),
        "{notes}"
    );
    let (wrong, ..) = row(&at("\"2026-03-02 10:00:20,5\""), &["--zone", "+01:00"]);
    assert_eq!(
        (&wrong["at"], &wrong["why"]),
        (&"2026-03-02T09:00:20.5Z".into(), &"after-written".into())
    );
    let (wrong, ..) = row(&at("\"1772442020,5\""), &["--at", "Updated At"]);
    assert_eq!(wrong["at"], "2026-03-02T09:00:20.5Z");
}

/// What cannot be told is said, and never guessed.
#[test]
fn what_cannot_be_told_is_said() {
    let refused = [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("name,status\nx,ready\n", "which column has the id cannot be told: none is called so"),
        ("id,name\na1,x\n", "which column has the status cannot be told"),
        ("id,status,state\na1,ready,ready\n", "is it `status` or `state`?"),
        (
            "mux_asset_id,mux_upload_id,status\na1,u1,ready\n",
            "is it `mux_asset_id` or `mux_upload_id`?",
        ),
        ("[1,2]", "not one row can be read"),
        ("{\"id\":\"a1\",\"status\":", "not one row can be read"),
        ("\u{1f}\u{0}\u{0}", "cannot be told"),
        ("entity,id,status\nmux/asset,a1,ready\nmux/upload,u1,waiting\n", "about several entities"),
    ];
    for (table, why) in refused {
        let output = audited("t", table, &[DELIVERIES]);
        assert_eq!((output.status.code(), &*stdout(&output)), (Some(2), ""), "{table}");
        assert!(stderr(&output).contains(why), "{table}: {}", stderr(&output));
    }
    let nowhere = mediafold(&["audit", "no/such/table.csv", DELIVERIES]);
    assert_eq!(nowhere.status.code(), Some(2));
    let unread = audited("t.csv", "id,status\na1,ready\n", &["README.md"]);
    assert_eq!(unread.status.code(), Some(2), "{}", stderr(&unread));
    let wish = audited("t.csv", "id,status\na1,ready\n", &["--id", "uid", DELIVERIES]);
    assert!(stderr(&wish).contains("there is no column `uid`"), "{}", stderr(&wish));

    // Two rows of one id; the same said twice is one thing.
    let twice = "id,status\na1,preparing\na1,ready\na2,preparing\na2,preparing\n";
    let output = audited("t.csv", twice, &[DELIVERIES]);
    let (rows, summary) = told(&output);
    let expected = [("a1", "unclear"), ("a1", "unclear"), ("a2", "wrong"), ("a2", "wrong")];
    assert_eq!(pairs(&rows)[..4], expected);
    assert_eq!(summary["repeated"], 2);
    assert!(stdout(&output).contains("line 3 has the same id and says something else"));
    let fix = audited("t.csv", twice, &[DELIVERIES, "--fix", "csv"]);
    assert_eq!(stdout(&fix), "id,status,was\na2,ready,preparing\n");

    // Numbers are ids, no id at all is none, and what is broken costs itself.
    let table = "{\"id\":17,\"status\":\"ready\"}\n{\"status\":\"ready\"}\n{\"id\":\"a2\",\"status\":null}\nnonsense\n";
    let output = audited("t.ndjson", table, &[DELIVERIES, "--entity", "mux/asset"]);
    let expected = [("17", "unknown"), ("", "unclear"), ("a2", "unclear")];
    assert_eq!(pairs(&told(&output).0)[..3], expected);
    assert!(stderr(&output).contains("not read: 1 row of"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for empty in ["id,status\n", "[]", "{\"data\":[]}"] {
        let output = audited("t", empty, &[DELIVERIES]);
        assert_eq!(output.status.code(), Some(0), "{empty}: {}", stderr(&output));
        assert!(stderr(&output).contains("has no rows"), "{}", stderr(&output));
    }
}

/// A table that breaks off anywhere is read as far as it goes, or refused.
#[test]
fn a_table_that_is_cut_is_no_panic() {
    let api = r#"{"object":"list","data":[{"id":"a2","status":"pre\"paring"},{"id":"a1","status":{"x":[1]}}],"n":1}"#;
    let tables =
        [fs::read(TABLE).unwrap(), api.as_bytes().to_vec(), vec![0xff, 0xfe, b'"', b';', 0, b'\n']];
    for table in tables {
        for end in (0..=table.len()).step_by(table.len() / 25 + 1) {
            let output = with_stdin(&["audit", "-", DELIVERIES], &table[..end]);
            let told = stderr(&output);
            assert!(matches!(output.status.code(), Some(0..=2)), "{end}: {told}");
            assert!(!told.contains("panicked"), "{end}: {told}");
        }
    }
}

/// A table may be about what several entities have, and is then about neither.
#[test]
fn the_entity_is_never_guessed() {
    let upload = r#"{"type":"video.upload.created","id":"u1","created_at":"2026-03-02T09:00:00Z","environment":{"id":"k7"},"data":{"id":"a1","status":"waiting"}}"#;
    let deliveries = format!("{}{upload}\n", fs::read_to_string(DELIVERIES).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("both.jsonl");
    fs::write(&file, deliveries).unwrap();
    let file = file.to_str().unwrap();
    let output = audited("t.csv", "id,status\na1,ready\na2,ready\n", &[file]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("mux/asset has 2 of them, mux/upload has 1 of them"),
        "{}",
        stderr(&output)
    );
    let output = audited("t.csv", "id,status\nz1,ready\n", &[file]);
    assert!(stderr(&output).contains("none of the table's ids is known"), "{}", stderr(&output));
    let output = audited("t.csv", "id,status\nz1,ready\n", &[file, "--entity", "mux/asset"]);
    assert_eq!(pairs(&told(&output).0)[..1], [("z1", "unknown")]);
    assert!(stderr(&output).contains("no id of the table is known"), "{}", stderr(&output));
}

#[cfg(feature = "server")]
#[test]
fn a_store_has_deliveries() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("mediafold.db");
    let store = store.to_str().unwrap();
    let imported = mediafold(&["import", "--data", store, DELIVERIES]);
    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    let output = mediafold(&["audit", TABLE, "--data", store]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let of_file = mediafold(&["audit", TABLE, DELIVERIES]);
    assert_eq!(stdout(&output).replace(store, DELIVERIES), stdout(&of_file));
    let none = mediafold(&["audit", TABLE, "--data", "no/such/store.db"]);
    assert_eq!(none.status.code(), Some(2));
    let both = mediafold(&["audit", TABLE, DELIVERIES, "--data", store]);
    assert_eq!(both.status.code(), Some(2));
}
