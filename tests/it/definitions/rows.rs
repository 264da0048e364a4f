//! What rows can say beside states: `*`, conditions, several places for a status word.

use mediafold::{Asset, Catalog, Delivery, Lifecycle, Reader, step};
use serde_json::{Value, json};

use super::catalog::with;

const PROVIDER: &str = r#"
provider = "acme"
envelope = { kind = ["/type"], event_id = ["/n"], time = ["/at"] }
"#;

const JOB: &str = r#"
entity = "acme/job"
id = ["/id"]
status = ["/word"]
[states]
made    = {}
running = {}
done    = { rest = true }
gone    = { end = true }
[flags]
mp4  = {}
seen = {}
[statuses]
"RUN"  = "running"
"DONE" = "done"
[events]
"job.*.made"      = { from = ["new"], to = "made" }
"job.*"           = { from = "*", set = ["seen"] }
"job.fast.made"   = { from = ["new"], to = "running" }
"job.gone"        = { from = "*", to = "gone" }
"job.file" = [
    { when = { "/format" = "mp4" }, from = "*", set = ["mp4"] },
    { when = { "/format" = ["hls", "dash"], "/error" = false }, from = ["running"], to = "done" },
    { from = ["made"], to = "running" },
]
"job.only" = { when = { "/x" = true }, from = ["made"], to = "running" }
"job.word" = [
    { when = { "/deep" = true }, from = ["made"], status = ["/deep/word", "/word"], to = ["running"] },
    { from = ["running"], status = "/word", to = ["done"] },
]
"#;

fn catalog() -> Catalog {
    with(&[PROVIDER, JOB])
}

/// The asset after these payloads, an event a second, and the names of what was found.
fn folded(catalog: &Catalog, payloads: &[Value]) -> (Asset, Vec<&'static str>) {
    let lifecycle = catalog.lifecycle("acme/job").expect("it is there");
    let (reader, mut asset) = (Reader::new(catalog), Asset::new("j1"));
    for (number, payload) in (1_750_000_000_u64..).zip(payloads) {
        let mut payload = payload.clone();
        (payload["id"], payload["n"], payload["at"]) = ("j1".into(), number.into(), number.into());
        let mut reading = reader.read(&Delivery::new(payload.to_string().as_bytes(), number));
        assert_eq!((reading.errors.len(), reading.events.len()), (0, 1), "{payload}");
        step(lifecycle, &mut asset, &reading.events.remove(0).event);
    }
    let names = asset.findings(lifecycle).iter().map(|finding| finding.name).collect();
    (asset, names)
}

fn check(payloads: &[Value], state: &str, flags: &[&str], findings: &[&str]) {
    let catalog = catalog();
    let lifecycle = catalog.lifecycle("acme/job").expect("it is there");
    let (asset, found) = folded(&catalog, payloads);
    let own = (asset.state(lifecycle).name.as_str(), asset.flags(lifecycle));
    assert_eq!((own, found.as_slice()), ((state, flags.to_vec()), findings), "{payloads:?}");
}

fn event(kind: &str) -> Value {
    json!({ "type": kind })
}

#[test]
fn a_star_in_from_is_every_state_but_new_and_the_ends() {
    let catalog = catalog();
    let lifecycle = catalog.lifecycle("acme/job").expect("it is there");
    let gone = lifecycle.kind("job.gone").expect("a kind");
    assert_eq!(lifecycle.legal_in(gone), ["made", "running", "done"]);
    check(&[event("job.a.made"), event("job.gone")], "gone", &[], &[]);
    check(
        &[event("job.gone"), event("job.gone")],
        "gone",
        &[],
        &["first-seen-mid-life", "after-end"],
    );
}

/// An exact name wins, then the longer pattern; the name that came is kept.
#[test]
fn a_star_in_a_kind_stands_for_anything() {
    let catalog = catalog();
    let lifecycle = catalog.lifecycle("acme/job").expect("it is there");
    let name = |name: &str| lifecycle.kind(name).map(|kind| lifecycle.kind_name(kind));
    assert_eq!(name("job.fast.made"), Some("job.fast.made"));
    assert_eq!(name("JOB.fast.made"), Some("job.fast.made"));
    assert_eq!(name("job.slow.made"), Some("job.*.made"));
    assert_eq!(name("job.slow.begun"), Some("job.*"));
    assert_eq!(name("job"), None);
    let (asset, findings) = folded(&catalog, &[event("job.slow.made"), event("job.note")]);
    let names: Vec<&str> = asset.history().map(|entry| entry.event.name(lifecycle)).collect();
    assert_eq!((names, findings), (vec!["job.slow.made", "job.note"], vec![]));
    assert_eq!(asset.flags(lifecycle), ["seen"]);
}

/// Names of one pattern that differ are other events, also of one time.
#[test]
fn names_of_one_pattern_are_no_copies_of_each_other() {
    let catalog = with(&[&PROVIDER.replace("event_id = [\"/n\"], ", ""), JOB]);
    let reader = Reader::new(&catalog);
    let lifecycle = catalog.lifecycle("acme/job").expect("it is there");
    let mut asset = Asset::new("j1");
    for kind in ["job.a", "job.b", "job.a"] {
        let body = json!({ "type": kind, "id": "j1", "at": 1_750_000_000 }).to_string();
        let reading = reader.read(&Delivery::new(body.as_bytes(), 1));
        step(lifecycle, &mut asset, &reading.events[0].event);
    }
    assert_eq!(asset.events(), 2);
}

/// The first row whose condition holds names the kind, whatever the state; rows without one serve the rest.
#[test]
fn a_condition_chooses_among_rows() {
    let made = || event("job.a.made");
    let file = |format: &str| json!({ "type": "job.file", "format": format });
    check(&[made(), file("ts")], "running", &[], &[]);
    check(&[made(), file("mp4")], "made", &["mp4"], &[]);
    check(&[made(), file("ts"), file("hls")], "done", &[], &[]);
    // Its own rows alone are asked: events before it are missing.
    check(&[made(), file("dash")], "done", &[], &["missing-events"]);
    let failed = json!({ "type": "job.file", "format": "hls", "error": "e" });
    check(&[made(), failed], "running", &[], &[]);
    let null = json!({ "type": "job.file", "format": "hls", "error": null });
    check(&[made(), file("ts"), null], "done", &[], &[]);
    // Where there are no rows for other payloads, they change nothing in the states that the rows name.
    check(&[made(), event("job.only")], "made", &[], &[]);
    check(&[made(), json!({ "type": "job.only", "x": 0 })], "running", &[], &[]);
    check(&[made(), file("ts"), event("job.only")], "running", &[], &["illegal-transition"]);
}

#[test]
fn a_status_word_may_stand_in_several_places_and_under_a_condition() {
    let word = |word: &str| json!({ "type": "job.word", "word": word });
    let deep = |word: Value, other: &str| json!({ "type": "job.word", "deep": { "word": word }, "word": other });
    let made = || event("job.a.made");
    check(&[made(), deep("RUN".into(), "DONE")], "running", &[], &[]);
    check(&[made(), deep(Value::Null, "RUN")], "running", &[], &[]);
    check(&[made(), deep("RUN".into(), "-"), word("DONE")], "done", &[], &[]);
    check(&[made(), word("DONE")], "done", &[], &["missing-events"]);
}

#[test]
fn what_chose_a_row_is_named() {
    let catalog = catalog();
    let lifecycle = catalog.lifecycle("acme/job").expect("it is there");
    let allowed = lifecycle.allowed(lifecycle.node("made", 0).expect("a node"));
    assert_eq!(allowed, ["job.gone", "job.file", "job.only (/x)", "job.word (/deep, RUN)"],);
    let (asset, _) =
        folded(&catalog, &[event("job.a.made"), json!({ "type": "job.file", "format": "dash" })]);
    let message = &asset.findings(lifecycle)[0].message;
    let named = "`job.file (/format = hls or dash, no /error)` in `made`: events before it are missing, at the least `job.file`";
    assert_eq!(message, named);
    let (asset, _) =
        folded(&catalog, &[event("job.a.made"), json!({ "type": "job.word", "word": "DONE" })]);
    let finding = &asset.findings(lifecycle)[0];
    assert_eq!(
        finding.message,
        "`job.word (DONE)` in `made`: events before it are missing, at the least `job.file`"
    );
    assert_eq!(finding.event.as_deref(), Some("job.word"));
}

/// A row's condition, and `*`, are part of what a definition means.
#[test]
fn conditions_and_stars_are_part_of_the_fingerprint() {
    let print =
        |text: &str| with(&[PROVIDER, text]).lifecycle("acme/job").map(Lifecycle::fingerprint);
    let others = [
        JOB.replace("\"/format\" = \"mp4\"", "\"/format\" = \"mov\""),
        JOB.replace("[\"/deep/word\", \"/word\"]", "[\"/word\", \"/deep/word\"]"),
        JOB.replace("\"job.*\" ", "\"job.?*\" "),
    ];
    for other in others {
        assert!(other != JOB && print(&other) != print(JOB), "{other}");
    }
}
