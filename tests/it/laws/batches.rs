//! Laws of wrappers and batches: how payloads are shared out among deliveries, and what is around them, says nothing.

use std::{fmt::Write as _, sync::OnceLock};

use mediafold::{Catalog, Delivery, Policy, Reader, bulk::Bulk, lifecycle::DefinitionFile};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use super::{
    config,
    reading::{base64, folded, payloads},
    same, shuffled,
};

/// The built-in provider as it would be behind a queue.
fn catalog() -> &'static Catalog {
    static QUEUED: OnceLock<Catalog> = OnceLock::new();
    QUEUED.get_or_init(|| {
        let plain = Catalog::builtin().provider("fastpix").expect("built in").definition();
        let unwrap = "[envelope]\nunwrap = [\"/Message\", \"/events\", \"\"]";
        let text = plain.replace("[envelope]", unwrap);
        Catalog::with(&[DefinitionFile::new("provider.toml", text)]).expect("it compiles")
    })
}

/// What is around the payloads of one delivery.
#[derive(Clone, Copy, Debug)]
enum Around {
    List,
    Member,
    Text,
    TextOfMember,
    Base64,
    /// Each payload is text.
    ListOfTexts,
    ListOfMessages,
}

const AROUND: [Around; 7] = [
    Around::List,
    Around::Member,
    Around::Text,
    Around::TextOfMember,
    Around::Base64,
    Around::ListOfTexts,
    Around::ListOfMessages,
];

impl Around {
    fn body(self, payloads: &[String]) -> Value {
        let json = |text: &String| serde_json::from_str::<Value>(text).expect("JSON");
        let list = Value::from(payloads.iter().map(json).collect::<Vec<_>>());
        let envelope =
            |message: Value| json!({"MessageId": "m1", "Type": "Notification", "Message": message});
        match self {
            Self::List => list,
            Self::Member => json!({"account": 7, "events": list}),
            Self::Text => envelope(list.to_string().into()),
            Self::TextOfMember => envelope(json!({"events": list}).to_string().into()),
            Self::Base64 => envelope(base64(list.to_string().as_bytes()).into()),
            Self::ListOfTexts => payloads.iter().map(|text| Value::from(&**text)).collect(),
            Self::ListOfMessages => {
                payloads.iter().map(|text| envelope(Value::from(&**text))).collect()
            }
        }
    }
}

/// Payloads with the second in which they were received, if that is known.
fn received() -> impl Strategy<Value = Vec<(String, Option<u8>)>> {
    vec((payloads("fastpix"), prop::option::weighted(0.4, 0..2_u8)), 0..24)
}

/// A delivery of these payloads, as a file has it.
fn delivery(body: &Value, received: Option<u8>) -> String {
    let mut line = String::new();
    match received {
        None => write!(line, "{body}"),
        Some(second) => {
            let time = format!("2025-04-07T09:30:0{second}.5Z");
            write!(line, r#"{{"received_at":"{time}","headers":{{"x":"y"}},"body":{body}}}"#)
        }
    }
    .expect("a string can be written to");
    line
}

/// Everything that is printed, the numbers of payloads in their deliveries aside.
fn told(policy: Policy, deliveries: &[String]) -> String {
    without_items(&folded(Reader::new(catalog()), policy, deliveries))
}

fn without_items(printed: &str) -> String {
    let lines = printed.lines().filter(|line| !line.trim_start().starts_with("\"item\":"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The same payloads shared out anew, `sizes` at a time.
fn grouped(payloads: &[(String, Option<u8>)], sizes: &[u8], around: &[Around]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut choices = sizes.iter().zip(around).cycle();
    for second in [None, Some(0), Some(1)] {
        let mut left: Vec<String> = payloads
            .iter()
            .filter(|(_, received)| *received == second)
            .map(|(body, _)| body.clone())
            .collect();
        while !left.is_empty() {
            let (size, around) = choices.next().expect("there is one");
            let rest = left.split_off(usize::from(*size).min(left.len()));
            lines.push(delivery(&around.body(&left), second));
            left = rest;
        }
    }
    lines
}

proptest! {
    #![proptest_config(config(128))]

    /// Several events of one asset in one delivery, a delivery each, other neighbours, another order, copies, any wrapper: the
    /// same assets and findings.
    #[test]
    fn how_payloads_are_shared_out_says_nothing(
        payloads in received(),
        sizes in vec(1..6_u8, 1..6),
        around in vec(prop::sample::select(AROUND.to_vec()), 6),
        policy in prop_oneof![Just(Policy::Keep), Just(Policy::Follow)],
        seed in vec(any::<u16>(), 1..24),
    ) {
        let plain: Vec<String> = payloads
            .iter()
            .map(|(body, second)| delivery(&serde_json::from_str(body).expect("JSON"), *second))
            .collect();
        let one = told(policy, &plain);
        let batches = grouped(&payloads, &sizes, &around);
        same(&one, &told(policy, &batches))?;
        same(&one, &told(policy, &shuffled(&batches, &seed)))?;
        // Who knows of no wrapper says the same of payloads that have none.
        same(&one, &without_items(&folded(Reader::new(Catalog::builtin()), policy, &plain)))?;
    }

    /// A payload that cannot be read costs its neighbours nothing.
    #[test]
    fn a_broken_payload_costs_only_itself(
        payloads in vec(payloads("fastpix"), 1..8),
        at in any::<prop::sample::Index>(),
        junk in prop::sample::select(vec![json!(3), json!(null), json!("x"), json!({}), json!([])]),
    ) {
        let json = |text: &String| serde_json::from_str::<Value>(text).expect("JSON");
        let mut items: Vec<Value> = payloads.iter().map(json).collect();
        items.insert(at.index(items.len() + 1), junk);
        let fold = |bodies: &[String]| {
            let mut bulk = Bulk::new(Reader::new(catalog())).with_findings();
            for (line, body) in (1..).zip(bodies) {
                bulk.deliver(&Delivery::new(body.as_bytes(), line));
            }
            let folded = bulk.finish();
            let unread = folded.findings.iter().filter(|finding| finding.name == "no-event-kind");
            let assets = folded.assets.iter();
            let assets = assets.map(|(own, asset)| without_items(&super::printed(own, asset)));
            (unread.count(), assets.collect::<String>())
        };
        let (broken, with) = fold(&[Value::from(items).to_string()]);
        let (whole, without) = fold(&payloads);
        prop_assert_eq!((broken, whole), (1, 0));
        same(&without, &with)?;
    }
}
