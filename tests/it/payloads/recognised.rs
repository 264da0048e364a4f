//! Whose a payload is, where several providers could have sent it; and what is said of kinds that they do not know.

use std::cmp::Ordering;

use mediafold::{
    Catalog, Code, Delivery, Finding, Reader,
    event::{EventError, NAME_LEN_MAX},
    lifecycle::DefinitionFile,
};

use super::read;

/// Providers that look for everything under names of their own, every other one in forms; all know the kind `go`.
const PROVIDERS: [(&str, bool); 4] = [("a", false), ("b", true), ("c", false), ("d", true)];

fn catalog() -> Catalog {
    let files = PROVIDERS.into_iter().flat_map(|(name, form)| {
        let body = if form { "form" } else { "json" };
        let provider = format!(
            r#"
            provider = "{name}"
            [envelope]
            body = "{body}"
            kind = ["/{name}-kind"]
            event_id = ["/{name}-event"]
            time = ["/{name}-time"]
            "#
        );
        let entity = format!(
            r#"
            entity = "{name}/thing"
            id = ["/{name}-asset"]
            prefix = ["go."]
            states = {{ there = {{ rest = true }} }}
            events = {{ go = {{ from = ["new"], to = "there" }} }}
            "#
        );
        let file = |kind: &str, text| DefinitionFile::new(format!("{name}/{kind}.toml"), text);
        [file("provider", provider), file("thing", entity)]
    });
    Catalog::with(&files.collect::<Vec<_>>()).unwrap_or_else(|error| panic!("{error}"))
}

/// What a payload has of one provider's envelope.
#[derive(Clone, Copy, Debug)]
struct Has {
    kind: bool,
    event_id: bool,
    time: bool,
    asset: bool,
}

impl Has {
    fn all() -> impl Iterator<Item = Self> + Clone {
        (0..16_u8).map(|bits| {
            let [kind, event_id, time, asset] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
            Self { kind, event_id, time, asset }
        })
    }

    fn members(self, provider: &str) -> Vec<(String, &'static str)> {
        let Self { kind, event_id, time, asset } = self;
        let kind = ("kind", if kind { "go" } else { "go.on" });
        let others = [("event", event_id), ("time", time), ("asset", asset)];
        let others = others.into_iter().filter(|(_, has)| *has).map(|(name, _)| (name, "1"));
        [kind]
            .into_iter()
            .chain(others)
            .map(|(name, of)| (format!("{provider}-{name}"), of))
            .collect()
    }

    /// What counts, and what counts only where all before it is equal.
    fn fit(self, same_format: bool) -> (bool, bool, bool, bool, bool) {
        (self.kind, self.event_id, self.time, self.asset, same_format)
    }
}

fn body(members: &[(String, &str)], form: bool) -> String {
    let (quote, is, comma) = if form { ("", "=", "&") } else { ("\"", ":", ",") };
    let member =
        |(name, of): &(String, &str)| format!("{quote}{name}{quote}{is}{quote}{of}{quote}");
    let members = members.iter().map(member).collect::<Vec<_>>().join(comma);
    if form { members } else { format!("{{{members}}}") }
}

/// A kind that is known counts for more than one that only begins right; then come the event's id, its time, the asset's
/// id and the format, each only where all before it is equal; of two that fit as well neither is taken.
#[test]
fn who_fits_best_has_sent_it() {
    let catalog = catalog();
    let reader = Reader::new(&catalog);
    for (at, (one, one_form)) in PROVIDERS.into_iter().enumerate() {
        for (other, other_form) in PROVIDERS.into_iter().skip(at + 1) {
            for (of_one, of_other) in Has::all().flat_map(|a| Has::all().map(move |b| (a, b))) {
                for form in [false, true] {
                    let members = [of_one.members(one), of_other.members(other)].concat();
                    let body = body(&members, form);
                    let fits = [of_one.fit(one_form == form), of_other.fit(other_form == form)];
                    let wanted = match fits[0].cmp(&fits[1]) {
                        Ordering::Greater => Some(one),
                        Ordering::Less => Some(other),
                        Ordering::Equal => None,
                    };
                    let reading = reader.read(&Delivery::new(body.as_bytes(), 1));
                    assert_eq!(reading.provider, wanted, "{body}");
                    let ambiguous =
                        reading.errors.iter().any(|it| matches!(it, EventError::Ambiguous { .. }));
                    assert_eq!(ambiguous, wanted.is_none(), "{body}");
                }
            }
        }
    }
}

fn unknown(reader: &Reader<'_>, kind: &str) -> Finding {
    let body = format!(r#"{{"type":"{kind}","id":"e1"}}"#);
    let reading = reader.read(&Delivery::new(body.as_bytes(), 7));
    let [error @ EventError::UnknownKind { .. }] = &reading.errors[..] else {
        panic!("{reading:?}");
    };
    Finding::unreadable(error, 7)
}

/// The nearest known kind is named, again too; of very many unknown ones only the first are looked at.
#[test]
fn an_unknown_kind_is_told_the_nearest() {
    let reader = Reader::new(Catalog::builtin());
    for _ in 0..2 {
        let finding = unknown(&reader, "video.media.redy");
        assert_eq!((finding.code, finding.delivery), (Code::UnknownKind, 7));
        assert_eq!(finding.event.as_deref(), Some("video.media.redy"));
        assert_eq!(finding.help, "the nearest known is `video.media.ready`");
        let far = unknown(&reader, "video.media.of_another_kind_altogether").help;
        assert!(far.starts_with("if it moves an asset, add it"), "{far}");
    }
    // Two are known by now.
    for number in 2..1_000 {
        unknown(&reader, &format!("video.media.{number}"));
    }
    let nearest = |finding: Finding| finding.help.contains("nearest");
    assert!(nearest(unknown(&reader, "video.media.redy")));
    assert!(!nearest(unknown(&reader, "video.media.rady")));
}

/// A status word may be as long as any name; one that is longer is left out, and all else is read.
#[test]
fn a_status_word_that_is_too_long_is_left_out() {
    for (len, is_read) in [(NAME_LEN_MAX, true), (NAME_LEN_MAX + 1, false)] {
        let word = "x".repeat(len);
        let reading = read(&format!(
            r#"{{"type":"video.media.ready","id":"e1","object":{{"id":"m1"}},"data":{{"status":"{word}","title":"t"}}}}"#
        ));
        let [placed] = &reading.events[..] else { panic!("{reading:?}") };
        assert_eq!(placed.event.status.as_deref(), Some(&*word).filter(|_| is_read));
        let refused = EventError::LongStatus { len, len_max: NAME_LEN_MAX };
        assert_eq!(reading.errors, Vec::from_iter(Some(refused).filter(|_| !is_read)));
    }
}

/// A platform that is built in later takes nothing away from a user's own definition of it, even if it is more exact.
#[test]
fn a_definition_of_ones_own_goes_on_working() {
    let provider = "provider = \"lvp\"\n[envelope]\nkind = [\"/event\"]\nevent_id = [\"/id\"]\ntime = [\"/createdAt\"]\n";
    let entity = "entity = \"lvp/recording\"\nid = [\"/stream/id\"]\n[states]\nstarted = { rest = true }\n\
        [events]\n\"recording.started\" = { from = [\"new\"], to = \"started\" }\n";
    let files = [("p.toml", provider), ("r.toml", entity)];
    let files = files.map(|(path, text)| DefinitionFile::new(path, text));
    let catalog = Catalog::with(&files).unwrap();
    let body = |id: &str| {
        format!(
            r#"{{{id}"webhookId":"w","createdAt":1637661600000,"event":"recording.started","stream":{{"id":"s1"}}}}"#
        )
    };
    for (id, wanted) in [(r#""id":"1","#, "lvp"), ("", "livepeer")] {
        let reading = Reader::new(&catalog).read(&Delivery::new(body(id).as_bytes(), 1));
        assert_eq!(reading.provider, Some(wanted));
    }
    let builtin = Reader::new(Catalog::builtin());
    let body = body(r#""id":"1","#);
    assert_eq!(builtin.read(&Delivery::new(body.as_bytes(), 1)).provider, Some("livepeer"));
}
