//! Fingerprints: what a definition means and not how it is written.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mediafold::{
    Asset, Catalog, Event, Lifecycle, Timestamp,
    bulk::Observed,
    diagram::Diagram,
    fold,
    fold::{Levels, overdue},
    lifecycle::DefinitionFile,
    step,
};
use proptest::prelude::*;

use crate::generate::random;

fn fingerprint(text: &str) -> Option<u128> {
    let lifecycle = Lifecycle::compile(&DefinitionFile::new("own.toml", text)).ok()?;
    Some(lifecycle.fingerprint())
}

/// The same definition written by somebody else: sections and keys in another order, with a comment to each line, and
/// everything explained.
fn reworded(text: &str, seed: usize) -> String {
    let (top, sections) = text.split_once("[states]").expect("a section of states");
    let mut top: Vec<&str> = top.lines().collect();
    let count = top.len();
    top.rotate_left(seed % count);
    let mut out = format!("title = \"No. {seed}\"\nsource = \"https://{seed}.example\"\n");
    top.iter().for_each(|line| out += &format!("{line} # {seed}\n"));
    let sections = format!("[states]{sections}");
    let mut sections: Vec<String> =
        sections.split("\n[").map(|own| own.trim_matches(['[', '\n']).to_owned()).collect();
    let count = sections.len();
    sections.rotate_left(seed / 3 % count);
    for section in sections {
        let mut lines: Vec<&str> = section.lines().collect();
        if lines[0] == "statuses]" || lines[0] == "retries]" {
            lines[1..].reverse();
        }
        out += &format!("# {seed}\n[{}\n", lines.join("  # said so\n"));
    }
    out = out.replace(
        "{ rest = true, end = false }",
        "{ end = false, summary = \"At rest.\", rest = true }",
    );
    out.replace("= {}", &format!("= {{ summary = \"Flag {seed}.\" }}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn wording_is_no_meaning(machine in random(None, true), seed in 0_usize..100) {
        let other = reworded(machine.text(), seed);
        prop_assert_ne!(machine.text(), &other);
        prop_assert_eq!(Some(machine.lifecycle.fingerprint()), fingerprint(&other), "{}", other);
    }

    /// Whatever else is edited and still a definition means something else.
    #[test]
    fn every_edit_of_what_is_meant_is_told(machine in random(None, true), at in 0_usize..14) {
        let (from, to) = [
            ("random/thing", "random/other"), ("[\"/id\"]", "[\"/id\", \"/no\"]"),
            ("\"time\"", "\"arrival\""), ("\"arrival\"", "\"time\""),
            ("rest = true", "rest = true, dwell = \"1h\""), ("rest = true", "rest = true, error = true"),
            ("end = true", "rest = true"), ("rest = false", "rest = true"), ("s1", "s77"),
            ("f0", "f77"), ("\"word ", "\"wort "), ("\"k0\"", "\"k0!\""), ("from = ", "again = "), ("\"/status\"", "\"/state\""),
        ][at];
        let all = !from.starts_with("rest") && !from.starts_with("from");
        let text = machine.text();
        let other = if all { text.replace(from, to) } else { text.replacen(from, to, 1) };
        prop_assume!(other != text);
        if let Some(fingerprint) = fingerprint(&other) {
            prop_assert_ne!(machine.lifecycle.fingerprint(), fingerprint, "{}", other);
        }
    }
}

/// Each field of the format, edited alone.
#[test]
fn every_field_counts() {
    let text = r#"entity = "acme/film"
id = ["/id"]
status = "/state"
prefix = ["film."]
parent = { entity = "acme/show", id = ["/show"] }
[data]
tags = { at = ["/tags"], key = ["id"] }
names = "/names"
[states]
made = { rest = true, dwell = "1h" }
shot = { rest = true, error = true }
lost = { end = true }
kept = { end = true }
[flags]
dubbed = {}
cut = {}
[statuses]
Made = "made"
[retries]
from = "shot"
limit = 2
then = "lost"
renewed_by = ["kept"]
[events]
make = { from = ["new"], to = "made" }
shoot = { from = ["made"], to = "shot", spellings = ["Shoot!"] }
again = { again = ["shot"], to = "made", set = ["dubbed"], id = ["/film"] }
look = { from = ["made", "shot"], clear = ["cut"], foreign = true }
say = { from = ["new"], to = ["made"], status = "/word" }
lose = { from = ["shot"], to = "lost" }
keep = { from = ["made"], to = "kept" }
"#;
    let before = Lifecycle::compile(&DefinitionFile::new("film.toml", text));
    let before = before.unwrap_or_else(|error| panic!("{error}")).fingerprint();
    for (from, to) in [
        ("acme/film", "acme/films"),
        ("id = [\"/id\"]", "id = [\"/ids\"]"),
        ("\"/state\"", "\"/stat\""),
        ("film.", "films."),
        ("acme/show", "acme/shows"),
        ("/show\"", "/shows\""),
        ("tags =", "tag ="),
        ("/tags", "/tag"),
        ("key = [\"id\"]", "key = [\"ids\"]"),
        ("1h", "2h"),
        ("error = true", "error = false"),
        ("lost = { end", "lost = { rest"),
        ("cut", "short"),
        ("dubbed = {}\ncut = {}", "cut = {}\ndubbed = {}"),
        ("Made =", "Done ="),
        ("limit = 2", "limit = 1"),
        ("renewed_by = [\"kept\"]", "renewed_by = []"),
        ("Shoot!", "Shoot?"),
        ("set = [\"dubbed\"]", "clear = [\"dubbed\"]"),
        ("/film\"", "/films\""),
        ("foreign = true", "foreign = false"),
        ("\"/word\"", "\"/wort\""),
        ("look = { from = [\"made\", \"shot\"]", "look = { from = [\"made\"]"),
    ] {
        assert!(text.contains(from), "{from}");
        let after = fingerprint(&text.replace(from, to));
        assert!(after.is_some(), "{to}: no definition any more");
        assert_ne!(after, Some(before), "{from} → {to}");
    }
}

#[test]
fn a_provider_is_what_its_envelope_reads() {
    let read = |text: &str| {
        let catalog = Catalog::with(&[DefinitionFile::new("provider.toml", text)]).unwrap();
        catalog.provider("acme").unwrap().fingerprint()
    };
    let text = "provider = \"acme\"\n[envelope]\nbody = \"json\"\nkind = [\"/what\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]\nattempts = [\"/tries\"]\n[signature]\nscheme = \"token\"\nheader = \"X-Token\"\n";
    for (from, to) in [("acme\"", "acme\"\ntitle = \"Acme\" # so"), ("X-Token", "X-Other")] {
        assert_eq!(read(text), read(&text.replace(from, to)), "{to}");
    }
    for (from, to) in
        [("json", "form"), ("/what", "/is"), ("/id", "/no"), ("/at", "/when"), ("/tries", "/n")]
    {
        assert_ne!(read(text), read(&text.replace(from, to)), "{to}");
    }
}

/// An asset of one lifecycle is not answered for by another, however it is asked; by the same one compiled again it is.
#[test]
fn an_asset_belongs_to_its_lifecycle() {
    let media = Lifecycle::builtin("fastpix/media").unwrap();
    let content = Lifecycle::builtin("vms/content").unwrap();
    let created = Event::new(media, "video.media.created").unwrap();
    let folded = || {
        let mut asset = Asset::new("m1");
        step(media, &mut asset, &created);
        asset
    };
    let asset = folded();
    let foreign = Event::new(content, "CREATED").unwrap();
    type Ask<'a> = &'a dyn Fn(&Lifecycle);
    let asked: [(&str, Ask<'_>); 11] = [
        ("state", &|other| assert!(asset.state(other).rank < 9)),
        ("flags", &|other| drop(asset.flags(other))),
        ("since", &|other| assert!(asset.since(other).is_none())),
        ("findings", &|other| drop(asset.findings(other))),
        ("finding_counts", &|other| {
            assert!(asset.finding_counts(other, &Levels::default()).error < 9)
        }),
        ("snapshot", &|other| drop(asset.snapshot(other, true))),
        ("overdue", &|other| drop(overdue(other, &asset, Timestamp::from_nanos(0)))),
        ("step", &|other| drop(step(other, &mut folded(), &foreign))),
        ("fold", &|other| fold(other, &mut folded(), [foreign.clone()])),
        ("diagram", &|other| drop(Diagram::asset(other, &asset).mermaid())),
        ("observed", &|other| Observed::new(other).add(&asset)),
    ];
    for (what, ask) in asked {
        let panicked = catch_unwind(AssertUnwindSafe(|| ask(content))).expect_err(what);
        let said = panicked.downcast_ref::<String>().expect("it says why");
        assert!(said.contains("fastpix/media") && said.contains("vms/content"), "{what}: {said}");
    }
    // Whatever is asked of an asset is asked of the one that nothing was heard of too.
    assert_eq!(Asset::new("m1").state(content).name, "new");
    let compiled = |text: &str| Lifecycle::compile(&DefinitionFile::new("own.toml", text)).unwrap();
    let again = compiled(&format!("# Once more.\n{}", media.definition()));
    assert_eq!(asset.state(&again).name, "created");
    step(&again, &mut folded(), &created);
    let other = compiled(
        &media
            .definition()
            .replace("fastpix/upload", "fastpix/file")
            .replace("dwell = \"", "dwell = \"1"),
    );
    let panicked =
        catch_unwind(AssertUnwindSafe(|| asset.state(&other).rank)).expect_err("another");
    let said = panicked.downcast_ref::<String>().expect("it says why");
    assert!(said.contains("another definition of fastpix/media"), "{said}");
}
