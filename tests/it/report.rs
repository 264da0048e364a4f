use std::{
    collections::HashSet,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// The numbers of the page are those of `check`.
mod same;

const WEBHOOKS: &str = "tests/data/webhooks/";

fn mediafold(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mediafold")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn page(args: &[&str]) -> String {
    let output = mediafold(&[&["report"], args].concat());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        (output.status.code(), errors.replace("no deliveries\n", "").as_str()),
        (Some(0), "")
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The page of deliveries that are written to a file of their own.
fn page_of(lines: &[String], args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hooks.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    let page = page(&[&[file.to_str().unwrap()], args].concat());
    page.replace(folder.path().to_str().unwrap(), "")
}

fn delivery(kind: &str, id: &str, time: &str) -> String {
    let event = format!("{kind} {id} {time}");
    serde_json::json!({"type": kind, "id": event, "createdAt": time, "data": {"id": id}})
        .to_string()
}

/// A number of seconds after the start of a day.
fn at(second: usize) -> String {
    format!("2025-04-07T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// What stands between two marks, the first of each.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to} after {from}")).0
}

struct Tag<'a> {
    name: &'a str,
    text: &'a str,
}

/// All tags of the page, with what script and style contain left out.
fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').expect("a tag ends");
        let text = &rest[at + 1..end];
        let name = text.trim_start_matches('/').split([' ', '/']).next().unwrap();
        tags.push(Tag { name, text });
        rest = &rest[end + 1..];
        if matches!(text.split(' ').next(), Some("script" | "style")) {
            rest = &rest[rest.find(&format!("</{name}>")).expect("it ends")..];
        }
    }
    tags
}

fn attribute<'a>(tag: &Tag<'a>, name: &str) -> Option<&'a str> {
    let (_, value) = tag.text.split_once(&format!(" {name}=\""))?;
    value.split('"').next()
}

/// Every element is closed where it should be, ids are there once, and links within the page lead somewhere.
fn assert_sound(page: &str) {
    const VOID: [&str; 3] = ["meta", "link", "input"];
    let mut open = Vec::new();
    let mut ids = HashSet::new();
    let tags = tags(page);
    for tag in tags.iter().filter(|tag| !tag.text.starts_with('!') && !VOID.contains(&tag.name)) {
        if tag.text.starts_with('/') {
            assert_eq!(open.pop(), Some(tag.name), "of {open:?}");
        } else {
            open.push(tag.name);
        }
        if let Some(id) = attribute(tag, "id") {
            assert!(ids.insert(id), "{id} is there twice");
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for tag in &tags {
        if let Some(target) = attribute(tag, "href").and_then(|href| href.strip_prefix('#')) {
            assert!(ids.contains(target), "nothing is at #{target}");
        }
    }
}

fn percent(part: u64, whole: u64) -> String {
    format!("{:.2}\u{a0}%", part as f64 * 100.0 / whole as f64)
}

#[test]
fn the_rates_are_those_of_check() {
    let page = page(&[WEBHOOKS]);
    assert_sound(&page);
    let summary = mediafold(&["check", "--summary", "--format", "jsonl", WEBHOOKS]);
    let summary = String::from_utf8(summary.stdout).unwrap();
    let rows: Vec<Value> = summary
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["summary"] == true)
        .collect();
    assert!(rows.len() >= 4);
    for row in &rows {
        let count = |name: &str| row[name].as_u64().unwrap();
        let Some(name) = row["provider"].as_str() else {
            assert!(page.contains("<i>not recognised</i>"));
            continue;
        };
        let cells = between(&page, &format!("<th scope=\"row\">{name}</th>"), "</tr>");
        let events = count("events");
        let copies = count("duplicates") + count("conflicts");
        assert!(cells.contains(&percent(count("legal_as_came"), events)), "{name}: fitness");
        let mut rates = cells.split("<td class=\"n rate").skip(2);
        for (what, part, whole) in [
            ("copies", copies, events + copies),
            ("late", count("late"), events),
            ("gaps", count("gaps"), events),
            ("illegal", count("illegal"), events),
            ("unknown", count("unknown"), events),
            ("unreadable", count("unreadable"), count("deliveries")),
        ] {
            let shown = match part {
                0 if (name, what) == ("vms", "late") => {
                    " none\" title=\"the provider sends no times\">not known</td>".to_owned()
                }
                0 => " none\">0</td>".to_owned(),
                _ => format!("\" title=\"{part} of {whole}\">{}", percent(part, whole)),
            };
            let cell = rates.next().unwrap();
            assert!(cell.starts_with(&shown), "{name}, {what}: no {shown} but {cell}");
        }
        let late: u64 = row["lateness"]["ranges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|range| range[1].as_u64().unwrap())
            .sum();
        assert_eq!(late, count("late"), "{name}");
    }
    for code in ["L101", "L102", "L103", "L201", "L202", "L301", "L303", "P101"] {
        assert!(page.contains(&format!(" id=\"{code}\"><h3>")), "{code}");
        assert!(page.contains(&format!("id=\"{code}-means\"")), "{code}");
    }
    assert!(page.contains("tests/data/webhooks/fastpix.jsonl:14"));
    assert!(page.contains("All 21\u{a0}assets, the worst first."));
}

#[test]
fn lateness_is_counted_in_ranges() {
    let at = |second: u32| format!("2025-04-07T09:{:02}:{:02}Z", second / 60, second % 60);
    let lines = [
        delivery("video.media.updated", "a", &at(3000)),
        delivery("video.media.ready", "a", &at(2999)),
        delivery("video.media.created", "a", &at(2995)),
        delivery("video.media.updated", "a", &at(10)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hooks.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    let output = mediafold(&["check", "--summary", file.to_str().unwrap()]);
    let output = String::from_utf8(output.stdout).unwrap();
    let row: Value = serde_json::from_str(output.lines().last().unwrap()).unwrap();
    let counts: Vec<u64> = row["lateness"]["ranges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|range| range[1].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [0, 1, 1, 0, 0, 1, 0, 0, 0, 0]);
    assert_eq!(row["lateness"]["longest_seconds"], 2990.0);
}

/// The page opens from a disk without a network, and asks for nothing.
#[test]
fn nothing_is_loaded_from_anywhere() {
    let page = page(&[WEBHOOKS]);
    for tag in tags(&page) {
        assert_eq!(attribute(&tag, "src"), None, "{}", tag.text);
        if let Some(target) = attribute(&tag, "href") {
            let local = target.starts_with('#') || target == "data:,";
            assert!(local || (tag.name == "a" && target.starts_with("https://")), "{}", tag.text);
        }
        let handler = |word: &str| word.starts_with("on") && word.contains('=');
        assert!(!tag.text.split(' ').any(handler), "a handler in {}", tag.text);
    }
    assert!(page.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"));
    for (from, to) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let text = between(&page, from, to);
        for word in ["http", "url(", "@import", "fetch", "innerHTML", "eval"] {
            assert!(!text.contains(word), "{word} in {from}");
        }
    }
}

/// The same input gives the same page; any order and repetition of events with times the same of what
/// follows from their set.
#[test]
fn any_order_and_repetition_gives_the_same_assets() {
    let lines: Vec<String> = ["fastpix.jsonl", "fastpix-live.jsonl"]
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(Path::new(WEBHOOKS).join(file)).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let page = page_of(&lines, &[]);
    assert_eq!(page_of(&lines, &[]), page);
    let mut shuffled: Vec<String> = lines.iter().chain(&lines[5..20]).cloned().collect();
    shuffled.reverse();
    shuffled.rotate_left(13);
    let shuffled = page_of(&shuffled, &[]);
    let entities =
        |page: &str| between(page, "<section id=\"entities\"", "<section id=\"assets\"").to_owned();
    assert_eq!(entities(&shuffled), entities(&page));
    let as_of = |page: &str| between(page, "As of ", "the latest time in the data").to_owned();
    assert_eq!(as_of(&shuffled), as_of(&page));
    // All but the counts of copies and late events, and where the deliveries were.
    let worst = |page: &str| {
        let lines = page.split("<details class=\"asset\"").skip(1);
        lines
            .map(|asset| between(asset, "<code class=\"id\">", "</code>").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(worst(&shuffled), worst(&page));
}

#[test]
fn what_comes_from_outside_is_harmless() {
    const HOSTILE: [&str; 6] = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</script><script>alert(2)</script>",
        "a\u{202e}gpj.exe",
        "x\u{0}\n\u{1b}[31m\u{7f}",
        "'; rm -rf ~; '&amp;",
    ];
    let lines: Vec<String> = HOSTILE
        .iter()
        .flat_map(|id| {
            [
                delivery("video.media.failed", id, "2025-04-07T09:30:10Z"),
                delivery("video.media.ready", id, "2025-04-07T09:30:40Z"),
                delivery(&format!("video.media.{id}"), id, "2025-04-07T09:31:40Z"),
            ]
        })
        .collect();
    for assets in ["500", "0"] {
        let page = page_of(&lines, &["--assets", assets]);
        assert_sound(&page);
        assert!(!page.contains("<script>alert") && !page.contains("<img"));
        assert_eq!(page.matches("</script>").count(), if assets == "0" { 2 } else { 1 });
        let hidden = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
        assert!(!page.contains(hidden));
        assert!(page.contains("⟨U+202E⟩gpj.exe"));
        for tag in tags(&page) {
            assert!(!tag.text.contains("onerror"), "{}", tag.text);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("<b onclick=x>.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    let page = page(&[file.to_str().unwrap()]);
    assert_sound(&page);
    assert!(!page.contains("<b onclick"));
}

#[test]
fn the_worst_are_shown_and_the_others_counted() {
    let page = page(&["--assets", "2", WEBHOOKS]);
    assert_sound(&page);
    assert_eq!(page.matches("<details class=\"asset\"").count(), 2);
    assert!(page.contains("2 of 21\u{a0}assets have their timeline here"));
    assert!(page.contains("The search knows the others too."));
    let others: Value =
        serde_json::from_str(between(&page, "type=\"application/json\">", "</script>")).unwrap();
    let others = others.as_array().unwrap().iter();
    assert_eq!(others.map(|entity| entity["ids"].as_array().unwrap().len()).sum::<usize>(), 19);
    let first = between(&page, "<details class=\"asset\"", "</details>");
    assert!(first.contains("tag error"), "{first}");
}

/// Overdue is measured at the latest time in the data, or at the time that is asked for.
#[test]
fn overdue_is_measured_at_a_time_of_the_data() {
    let lines = [
        delivery("video.media.created", "old", "2025-04-07T09:30:10Z"),
        delivery("video.media.created", "young", "2025-04-09T10:30:10Z"),
    ];
    let page = page_of(&lines, &[]);
    assert!(page.contains("1\u{a0}asset is overdue"));
    assert!(page.contains("No errors and no warnings, <span class=\"warning\">1 overdue</span>"));
    let list = between(&page, "aria-label=\"Overdue assets\"", "</table>");
    assert!(list.contains(">old<") && list.contains("1d 1h") && !list.contains(">young<"));
    assert!(page.contains("id=\"L304\""));
    let earlier = page_of(&lines, &["--as-of", "2025-04-07T10:00:00Z"]);
    assert!(earlier.contains("none is overdue") && earlier.contains("the time that was asked for"));
    let later = page_of(&lines, &["--as-of", "2025-05-07T10:00:00Z"]);
    assert!(later.contains("2\u{a0}assets are overdue") && later.contains("2\u{a0}warnings"));
    assert!(!page_of(&lines, &["--allow", "overdue"]).contains("id=\"L304\""));
}

#[test]
fn long_histories_are_cut_and_what_matters_stays() {
    let mut lines = vec![delivery("video.media.created", "m", &at(0))];
    lines.extend((1..400).map(|second| delivery("video.media.updated", "m", &at(second))));
    lines.push(delivery("video.media.archived", "m", &format!("{}.5Z", &at(200)[..19])));
    let page = page_of(&lines, &[]);
    assert_sound(&page);
    let timeline = between(&page, "<table class=\"timeline\">", "</table>");
    assert!((40..100).contains(&timeline.matches("<tr").count()));
    assert!(timeline.contains("video.media.archived"));
    assert!(timeline.contains("left out"));
}

#[test]
fn of_events_too_old_for_the_history_some_are_named() {
    let seconds = (100..101 + mediafold::fold::HISTORY_MAX).chain(0..45);
    let updated = seconds.map(|second| delivery("video.media.updated", "m", &at(second)));
    let mut lines = vec![delivery("video.media.created", "m", &at(99))];
    lines.extend(updated);
    let page = page_of(&lines, &[]);
    assert_sound(&page);
    let remarks = between(&page, "<ul class=\"remarks\">", "</ul>");
    assert_eq!(remarks.matches("<li>").count(), 40);
    assert!(remarks.contains("<li class=\"dim\">6 more</li>"), "{remarks}");
}

#[test]
fn the_page_goes_to_a_file_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let output = mediafold(&["report", WEBHOOKS, "-o", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    assert_eq!(fs::read_to_string(&path).unwrap(), page(&[WEBHOOKS]));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("no/such/report.html");
    let output = mediafold(&["report", WEBHOOKS, "-o", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let output = mediafold(&["report", WEBHOOKS, "no-such-file.jsonl"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stdout.is_empty());
}

#[test]
fn nothing_to_say_is_said() {
    let fine = [delivery("video.media.created", "m", "2025-04-07T09:30:10Z")];
    let page = page_of(&fine, &[]);
    assert_sound(&page);
    assert!(
        page.contains("No errors and no warnings") && page.contains("There is nothing to report")
    );
    assert_sound(&page_of(&[], &[]));
}
