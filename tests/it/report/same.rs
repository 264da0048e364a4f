use std::{collections::BTreeMap, fs, path::Path};

use proptest::prelude::*;
use serde_json::Value;

use super::{assert_sound, between, delivery, mediafold, page_of};

/// The text of some markup, with blanks made plain.
fn text(markup: &str) -> String {
    let parts = markup.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<String>().replace('\u{a0}', " ")
}

/// A number as people read it: `1,234` in pages.
fn number(text: &str) -> usize {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number in {text:?}"))
}

/// The numbers of errors, warnings and what is overdue apart, as the heading says them.
fn heading(page: &str) -> [usize; 3] {
    let heading = text(between(page, "<h1>", "</h1>"));
    ["error", "warning", "overdue"].map(|what| {
        let part = heading.split(", ").find(|part| part.contains(what));
        part.filter(|part| !part.starts_with("No ") && !part.starts_with("no ")).map_or(0, number)
    })
}

/// The findings by code, each with its article.
fn articles(page: &str) -> BTreeMap<String, &str> {
    let articles = page.split("<article class=\"finding").skip(1);
    let articles = articles.map(|rest| rest.split_once("</article>").unwrap().0);
    articles.map(|own| (text(between(own, "<span class=\"code\">", "</span>")), own)).collect()
}

fn counts(page: &str) -> BTreeMap<String, usize> {
    let count = |own: &str| number(between(own, "<small>", "</small>"));
    articles(page).into_iter().map(|(code, own)| (code, count(own))).collect()
}

/// The findings of `check` by code, and how many are errors and warnings.
fn checked(args: &[&str]) -> (BTreeMap<String, usize>, [usize; 2]) {
    let (messages, grave) = messages(args);
    (messages.into_iter().map(|(code, all)| (code, all.len())).collect(), grave)
}

/// The same with what they say.
fn messages(args: &[&str]) -> (BTreeMap<String, Vec<String>>, [usize; 2]) {
    let output = mediafold(&[&["check", "--format", "jsonl"], args].concat());
    let mut messages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut grave = [0, 0];
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let message = row["message"].as_str().unwrap().replace('`', "");
        messages.entry(row["code"].as_str().unwrap().to_owned()).or_default().push(message);
        grave[0] += usize::from(row["severity"] == "error");
        grave[1] += usize::from(row["severity"] == "warning");
    }
    (messages, grave)
}

/// Examples with their counts, and what is left, make up the whole; what stands for several names none of them.
fn assert_adds_up(page: &str, messages: &BTreeMap<String, Vec<String>>) {
    for (code, own) in articles(page) {
        let all = number(between(own, "<small>", "</small>"));
        let examples = between(own, "<ol class=\"examples\">", "</ol>");
        let mut sum = 0;
        for example in examples.split("<li>").skip(1) {
            let message = text(between(example, "<span class=\"message\">", "</span>"));
            let many =
                example.split_once("class=\"alike\"").map(|(_, rest)| between(rest, ">", "<"));
            sum += many.map_or(1, number);
            // What stands for several is true of at least that many.
            let (begin, end) = message.split_once('…').unwrap_or((&message, ""));
            let fits = |said: &&String| match message.contains('…') {
                true => said.starts_with(begin) && said.ends_with(end),
                false => **said == message,
            };
            let said = messages.get(&code).map_or(0, |all| all.iter().filter(fits).count());
            assert!(said >= many.map_or(1, number), "{message}");
            assert_eq!(many.is_some(), example.contains("such as "), "{example}");
        }
        let note = own.rsplit_once("<p class=\"note\">").map(|(_, note)| text(note));
        let more = note
            .as_deref()
            .and_then(|note| note.split_once(" more: "))
            .map_or(0, |(more, _)| number(more));
        assert_eq!(sum + more, all, "{code}: {}", text(own));
    }
}

/// The command that the page names for a code, with the file in its place.
fn named<'a>(page: &'a str, code: &str, file: &'a str) -> Option<Vec<&'a str>> {
    let articles = articles(page);
    let note = articles.get(code)?.rsplit_once("<p class=\"note\">")?.1;
    let command = between(note, "<code>mediafold check", "</code>");
    let words = command.split_whitespace();
    Some(words.map(|word| if word == "FILE…" { file } else { word }).collect())
}

fn assert_same(file: &str, args: &[&str]) {
    let output = mediafold(&[&["report", file], args].concat());
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    let page = String::from_utf8(output.stdout).unwrap();
    assert_sound(&page);
    let as_of = named(&page, "L304", file).unwrap_or_else(|| [&[file], args].concat());
    let mut all = messages(&[&[file], args].concat()).0;
    all.extend(messages(&as_of).0.remove_entry("L304"));
    assert_adds_up(&page, &all);
    let (mut found, grave) = checked(&[&[file], args].concat());
    let [errors, warnings, apart] = heading(&page);
    assert_eq!([errors, warnings], grave, "{args:?}");
    let mut shown = counts(&page);
    if !args.contains(&"--as-of") {
        assert_eq!(shown.remove("L304").unwrap_or(0), apart);
        assert_eq!(found.remove("L304"), None);
    }
    assert_eq!(shown, found, "{args:?}");
    // What the page says to run gives what the page says.
    for (code, count) in counts(&page) {
        if let Some(command) = named(&page, &code, file) {
            assert_eq!(checked(&command).0.get(&code), Some(&count), "{command:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_page_and_check_say_the_same_numbers(
        seed in 0_u64..1000,
        assets in 1_u64..120,
        shares in prop::array::uniform5(0_u32..8),
        as_of in prop::option::of(0_i64..40),
        options in prop::sample::subsequence(vec![
            "--deny=late", "--allow=duplicate", "--warn=illegal-transition", "--deny=overdue", "--policy=follow",
        ], 0..3),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hooks.jsonl");
        let file = file.to_str().unwrap();
        let faults = ["--duplicates", "--late", "--lost", "--illegal", "--malformed"];
        let faults = faults.iter().zip(shares).map(|(name, share)| format!("{name}={share}%"));
        let mut args: Vec<String> = ["simulate", "fastpix", "twilio", "vms", "-o", file].map(str::to_owned).into();
        args.extend([format!("--seed={seed}"), format!("--assets={assets}")]);
        args.extend(faults);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        prop_assert!(mediafold(&args).status.success());
        let time = as_of.map(|hours| format!("2026-01-0{}T{:02}:00:00Z", 1 + hours / 24, hours % 24));
        let mut options: Vec<&str> = options;
        if let Some(time) = &time {
            options.extend(["--as-of", time]);
        }
        assert_same(file, &options);
    }
}

/// Deliveries of which one sort is frequent, each late by another time and each overdue for another.
#[test]
fn what_stands_for_many_names_none_of_them() {
    let time = |minute: usize, second: usize| {
        format!("2025-04-07T{:02}:{:02}:{second:02}Z", 9 + minute / 60, minute % 60)
    };
    let mut lines = Vec::new();
    for asset in 0..42 {
        let id = format!("m{asset}");
        lines.push(delivery("video.media.created", &id, &time(asset, 0)));
        lines.push(delivery("video.media.updated", &id, &time(asset, 20 + asset % 30)));
        lines.push(delivery("video.media.updated", &id, &time(asset, 5)));
    }
    for asset in 0..9 {
        lines.push(delivery("video.media.upload", &format!("u{asset}"), &time(asset, 0)));
    }
    lines.push(delivery("video.media.created", "last", "2025-05-07T09:00:00Z"));
    let page = page_of(&lines, &[]);
    let articles = articles(&page);
    let overdue = text(articles["L304"]);
    assert!(
        overdue.contains("in created for …; 1d is the longest that is normal × 42"),
        "{overdue}"
    );
    assert!(overdue.contains("× 9"), "{overdue}");
    assert!(overdue.contains("mediafold check --as-of 2025-05-07T09:00:00Z FILE…"), "{overdue}");
    assert!(page.contains("not counted above"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hooks.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    assert_same(file.to_str().unwrap(), &[]);
    assert_same(file.to_str().unwrap(), &["--as-of", "2025-05-07T09:00:00Z"]);
    assert_same(file.to_str().unwrap(), &["--allow", "overdue"]);
}

#[test]
fn the_samples_are_counted_alike() {
    for file in ["fastpix.jsonl", "fastpix-live.jsonl", "vms.jsonl", ""] {
        assert_same(Path::new(super::WEBHOOKS).join(file).to_str().unwrap(), &[]);
    }
}
