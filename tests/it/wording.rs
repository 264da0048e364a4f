//! What each finding says, in all the ways in which it is said.

use std::collections::BTreeSet;

use mediafold::{
    Asset, Catalog, Code, Delivery, Event, Finding, Lifecycle, Reader,
    bulk::Bulk,
    event::EventError,
    fold,
    fold::{HISTORY_MAX, overdue},
    step,
};
use serde_json::{Value, json};

use crate::{generate::at, golden};

/// What is found of these deliveries.
fn found(bodies: &[String]) -> Vec<Finding> {
    let mut bulk = Bulk::new(Reader::new(Catalog::builtin())).with_findings();
    for (number, body) in (1..).zip(bodies) {
        bulk.deliver(&Delivery::new(body.as_bytes(), number));
    }
    bulk.finish().findings.iter().collect()
}

/// Events of an asset of FastPix, a second after each other: what is said of each beside its kind.
fn fastpix(entity: &str, events: &[(&str, Value)]) -> Vec<String> {
    let body = |(number, (kind, members)): (usize, &(&str, Value))| {
        let mut body = json!({
            "type": format!("video.{entity}.{kind}"), "id": format!("e{number}"),
            "createdAt": format!("2025-04-07T09:30:{number:02}Z"), "object": {"id": "a"},
            "data": {"id": "a"},
        });
        for (name, value) in members.as_object().expect("members") {
            body[name] = value.clone();
        }
        body.to_string()
    };
    events.iter().enumerate().map(body).collect()
}

fn media(events: &[(&str, Value)]) -> Vec<String> {
    fastpix("media", events)
}

fn vms(statuses: &[&str]) -> Vec<String> {
    statuses
        .iter()
        .map(|word| json!({"UniqueId": "u", "ContentStatus": word}).to_string())
        .collect()
}

fn status(word: &str) -> Value {
    json!({"data": {"id": "a", "status": word}})
}

/// Findings of assets.
fn of_assets() -> Vec<Vec<String>> {
    let none = || json!({});
    let long = "x".repeat(65);
    let retries = ["CREATED", "QUEUE", "ENCODE", "ERROR", "ENCODE", "ERROR", "ENCODE", "ERROR"];
    vec![
        media(&[("ready", none())]),
        media(&[("updated", none())]),
        vms(&["CREATED", "ENCODE"]),
        fastpix("live_stream", &[("created", none()), ("active", none()), ("active", none())]),
        vms(&["CREATED", "QUEUE", "ENCODE", "FAILED"]),
        vms(&["CREATED", "QUEUE", "ENCODE", "ERROR", "ENCODE", "FAILED"]),
        vms(&[&retries[..], &["ENCODE"]].concat()),
        media(&[("created", none()), ("deleted", none()), ("ready", none())]),
        vms(&["CREATED", "READY", "ENCODE"]),
        media(&[("created", none()), ("failed", none()), ("ready", none())]),
        fastpix("live_stream", &[("created", none()), ("enabled", none())]),
        fastpix("live_stream", &[("created", none()), ("disabled", none()), ("active", none())]),
        media(&[("created", none()), ("redy", none()), (&long, none()), (&long[..64], none())]),
        media(&[("created", json!({"createdAt": null})), ("ready", json!({"createdAt": "soon"}))]),
        media(&[("created", none()), ("updated", status("none of these"))]),
        media(&[("created", none()), ("updated", status(&long))]),
        media(&[("created", none()), ("ready", status("failed"))]),
        media(&[
            ("created", none()),
            ("created", json!({"id": "e0", "createdAt": "2025-04-07T09:30:00Z"})),
        ]),
        media(&[("created", none()), ("created", json!({"id": "e0", "x": 1}))]),
        media(&[("created", none()), ("ready", json!({"id": "e0"}))]),
        media(&[
            ("created", json!({"id": null})),
            ("created", json!({"id": null, "createdAt": "2025-04-07T09:30:00Z", "x": 1})),
        ]),
        media(&[("ready", none()), ("created", json!({"createdAt": "2025-04-07T09:00:00Z"}))]),
    ]
}

/// What cannot be read, for every reason.
fn unreadable() -> Vec<Vec<String>> {
    let long = "x".repeat(1_025);
    let texts = [
        "{",
        r#"{"type":5.5}"#,
        r#"{"provider":"vms","body":{"x":1}}"#,
        r#"[1]"#,
        r#"{"type":"invoice.paid"}"#,
        r#"{"type":"video.media.ready","id":"e1","createdAt":"2025-04-07T09:30:00Z"}"#,
        r#"{"type":"video.media.redy"}"#,
        r#"{"type":"video.media.quite_another"}"#,
        r#"{"provider":"fastpics","body":{}}"#,
        r#"{"provider":"somebody","body":{}}"#,
        r#"{"provider":"vms","received_at":"soon","body":{"UniqueId":"u","ContentStatus":"CREATED"}}"#,
    ];
    let texts = texts.into_iter().map(str::to_owned);
    let id = json!({"UniqueId": long, "ContentStatus": "CREATED"}).to_string();
    let word = media(&[("created", status(&long))]).remove(0);
    texts.chain([id, word]).map(|text| vec![text]).collect()
}

/// Findings that need a long history, a clock or a stream that breaks off.
fn others() -> Vec<Finding> {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let event = |number: i64| {
        let kind = if number == 0 { "video.media.created" } else { "video.media.updated" };
        let event = Event::new(media, kind)
            .unwrap_or_else(|_| Event::unknown(kind))
            .at(at(number))
            .with_id(format!("e{number}"));
        event.from_delivery(number as u64)
    };
    let mut asset = Asset::new("a");
    fold(media, &mut asset, (0..HISTORY_MAX as i64).map(event));
    let mut told = step(media, &mut asset, &event(HISTORY_MAX as i64)).findings;
    let late = Event::new(media, "video.media.updated").unwrap().at(at(7)).with_id("late");
    told.extend(step(media, &mut asset, &late.from_delivery(20_000)).findings);
    let mut asset = Asset::new("a");
    step(media, &mut asset, &event(0));
    told.extend(overdue(media, &asset, at(10_000_000)));
    let content = Lifecycle::builtin("vms/content").expect("built in");
    let row = |kind: &str| {
        let mut row = Asset::new("c1");
        step(content, &mut row, &Event::new(content, kind).expect("a kind").with_id(kind));
        row
    };
    told.extend(row("READY").merge(content, &row("ENCODE")).expect("one asset").findings);
    let broken = EventError::BrokenStream { reason: "it breaks off".to_owned() };
    let ambiguous = EventError::Ambiguous {
        kind: "video.ready".to_owned(),
        providers: ["one".to_owned(), "other".to_owned()],
    };
    let of_other = EventError::NotOf { provider: "one".to_owned() };
    let list = EventError::PartOfList { at: "/items".to_owned(), len: 3 };
    let many = EventError::TooManyItems { len: 10_001, len_max: 10_000 };
    let errors = [broken, ambiguous, of_other, list, many];
    told.extend(errors.iter().map(|error| Finding::unreadable(error, 3)));
    told
}

#[test]
fn what_findings_say_is_golden() {
    let cases = of_assets().into_iter().chain(unreadable()).map(|bodies| found(&bodies));
    let (mut lines, mut seen) = (String::new(), BTreeSet::new());
    for (number, findings) in (1..).zip(cases.chain([others()])) {
        assert!(!findings.is_empty(), "nothing is found of case {number}");
        for finding in findings {
            seen.insert(finding.code);
            let mut line = serde_json::to_value(&finding).expect("plain values");
            line["delivery"] = finding.delivery.into();
            line["repeats"] = finding.repeats.into();
            lines += &format!("{number} {line}\n");
        }
    }
    let unsaid: Vec<_> = Code::ALL.iter().filter(|code| !seen.contains(code)).collect();
    assert!(unsaid.is_empty(), "{unsaid:?}");
    golden::check("golden/findings.txt", &lines);
}

#[test]
fn a_misspelt_kind_is_an_error() {
    let media = Lifecycle::builtin("fastpix/media").unwrap();
    let told = |kind: &str| Event::new(media, kind).unwrap_err().to_string();
    let near =
        "fastpix/media has no event kind `video.media.raedy`; did you mean `video.media.ready`?";
    assert_eq!(told("video.media.raedy"), near);
    assert_eq!(told("x"), "fastpix/media has no event kind `x`");
    let unknown = Event::unknown("video.media.raedy");
    assert_eq!(unknown.name(media), "video.media.raedy");
}
