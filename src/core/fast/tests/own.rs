//! A user's own platforms, whose envelopes are of the kinds that there are: read quickly, and right.

use super::*;
use crate::{
    fast::read::FastReader,
    lifecycle::DefinitionFile,
    scan::{Level, Scanner},
};

/// Envelope and id, and the share of its lines that is read quickly, in percent at least.
const PLATFORMS: [(&str, &str, usize); 8] = [
    // EventBridge: some of it within, some around.
    (
        "when = { \"/source\" = \"aws.acme\" }\nunwrap = [\"/detail\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/time\"]",
        "[\"/video/id\"]",
        95,
    ),
    ("unwrap = [\"/data\"]\nkind = [\"/type\"]\ntime = [\"/at\"]", "[\"/video/id\"]", 95),
    // Wrapped, with no id and no time of its own.
    ("unwrap = [\"/data/object\"]\nkind = [\"/type\"]", "[\"/video/id\"]", 95),
    (
        "kind = [[\"/object\", \"/action\"]]\nevent_id = [[\"/video\", \"/n\", \"/action\"]]\ntime = [\"/at\"]",
        "[[\"/account\", \"/video\"]]",
        95,
    ),
    // Headers are written into records, and looked at.
    ("kind = [\"@X-Event\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]", "[\"/video/id\"]", 0),
    // Nobody looks at anything but when it was received.
    ("kind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"@received\"]", "[\"/video/id\"]", 95),
    // JSON within text is for the general reader.
    (
        "unwrap = [\"/Message\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]",
        "[\"/video/id\"]",
        0,
    ),
    (
        "unwrap = [\"/events\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]",
        "[\"/video/id\"]",
        0,
    ),
];

/// With rows that are chosen by what a payload has.
const ENTITY: &str = "status = [\"/status\"]\n[data]\ntitle = \"/title\"\n[states]\nmade = {}\nready = { rest = true }\ngone = { end = true }\n\
    [flags]\nmp4 = {}\nhls = {}\n[events]\n\"video.made\" = { from = [\"new\"], to = \"made\" }\n\
    \"video.rendered\" = [{ when = { \"/of\" = \"mp4\" }, from = [\"made\", \"ready\"], set = [\"mp4\"] },\n\
    { when = { \"/of\" = \"hls\", \"/err\" = false }, from = [\"made\", \"ready\"], set = [\"hls\"] }, { from = [\"made\"] }]\n\
    \"video.ready*\" = { from = [\"made\"], to = \"ready\" }\n\"video.gone\" = { from = [\"made\", \"ready\"], to = \"gone\" }\n";

fn catalog(envelope: &str, id: &str) -> Catalog {
    let order = if envelope.contains("time =") { "" } else { "order = \"arrival\"\n" };
    let files = [
        ("p.toml", format!("provider = \"acme\"\n[envelope]\n{envelope}\n")),
        ("v.toml", format!("entity = \"acme/video\"\nid = {id}\n{order}{ENTITY}")),
    ];
    let files = files.map(|(path, text)| DefinitionFile::new(path, text));
    Catalog::with(&files).unwrap_or_else(|error| panic!("{envelope}: {error}"))
}

/// What the platform sends, with copies that are written or wrapped in another way, and some that say something else.
fn lines(catalog: &Catalog, seed: u64) -> Vec<String> {
    let templates = Templates::with(&[]).expect("they are built in");
    let start = "2026-01-01T00:00:00Z".parse().expect("a time");
    let (names, scale) = (["acme".to_owned()], Scale::Assets(25));
    let mut faults = Faults::default();
    (faults.duplicates, faults.late, faults.illegal) = (0.1, 0.1, 0.05);
    let mut simulation =
        Simulation::new(catalog, &templates, &names, scale, seed, start, faults).expect("it reads");
    let mut lines = Vec::new();
    while let Some(body) = simulation.next_delivery() {
        let body = String::from_utf8_lossy(body).into_owned();
        let own = lines.len();
        match own % 9 {
            1 => lines.push(body.replace("\":", "\": ")),
            3 => lines.push(body.replacen('{', "{\"around\":7,", 1)),
            5 => lines.push(body.replace("\"video\":{", "\"video\":{\"more\":1,")),
            7 => {
                lines.push(body.replacen('{', "{\"title\":\"out\\u0065r\",\"status\":\"odd\",", 1))
            }
            8 => lines.push(format!(
                "{{\"received_at\":1767225600,\"headers\":{{\"a\":\"b\"}},\"body\":{body}}}"
            )),
            _ => {}
        }
        lines.push(body);
    }
    lines
}

#[test]
fn what_other_platforms_send_is_read_quickly_and_right() {
    for (envelope, id, least) in PLATFORMS {
        let catalog = catalog(envelope, id);
        let (mut quick, mut all) = (0, 0);
        for seed in 0..4 {
            let lines = lines(&catalog, seed);
            let mut scanner = Scanner::new(Level::detect());
            let mut reader = FastReader::new(&Reader::new(&catalog));
            for line in lines.iter().filter(|line| !line.contains("\\u0065")) {
                all += 1;
                scanner.scan(line.as_bytes(), |line| {
                    quick += usize::from(reader.read(&line, 1, &mut |_| {}).is_some());
                });
            }
            let text = lines.join("\n");
            let bulk = Bulk::new(Reader::new(&catalog)).with_findings();
            let plain = plainly_by(bulk, text.as_bytes(), false);
            for (len, count) in [(700, 3), (1 << 20, 2)] {
                let told =
                    told_by_blocks_of(&catalog, text.as_bytes(), false, true, len, count, &terms());
                for (plain, told) in plain.iter().zip(&told) {
                    assert_eq!(plain, told, "{envelope}");
                }
                assert_eq!(plain.len(), told.len(), "{envelope}");
            }
        }
        assert!(quick * 100 >= all * least, "{envelope}: {quick} of {all}");
        assert!(least > 0 || quick * 100 < all * 95, "{envelope}: {quick} of {all}");
    }
}
