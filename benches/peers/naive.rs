//! What a Rust programmer writes in an afternoon: lines, typed `serde_json`, a map of lists, a set of ids, a table.
//! One thread; exact. `naive TABLE.json FILE OUT.tsv`; `compare.py` runs it.

#![allow(clippy::print_stderr, clippy::disallowed_methods, reason = "it is a program")]

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    fs::{self, File},
    io::{BufRead, BufReader, BufWriter, Write},
};

use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    width: usize,
    entities: Vec<Entity>,
    codes: Vec<Code>,
    next: Vec<i64>,
}

#[derive(Deserialize)]
struct Entity {
    name: String,
    states: Vec<String>,
}

#[derive(Deserialize)]
struct Code {
    #[serde(rename = "type")]
    kind: String,
    entity: usize,
    code: usize,
    decided: HashMap<String, usize>,
}

#[derive(Deserialize)]
struct Webhook {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    object: Option<Object>,
    data: Data,
    #[serde(rename = "createdAt", alias = "created_at")]
    created_at: When,
}

#[derive(Deserialize)]
struct Object {
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    id: Option<String>,
    stream_id: Option<String>,
    upload_id: Option<String>,
    track_id: Option<String>,
    simulcast_id: Option<String>,
    simulcast: Option<Simulcast>,
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Simulcast {
    simulcast_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum When {
    Text(String),
    Millis(i64),
}

impl When {
    fn nanos(&self) -> Result<i128, jiff::Error> {
        match self {
            Self::Text(text) => Ok(text.parse::<jiff::Timestamp>()?.as_nanosecond()),
            Self::Millis(millis) => Ok(i128::from(*millis) * 1_000_000),
        }
    }
}

impl Webhook {
    fn asset(&self, entity: &str) -> Option<&String> {
        let (data, object) =
            (&self.data, self.object.as_ref().and_then(|object| object.id.as_ref()));
        match entity {
            "fastpix/media" => object.or(data.id.as_ref()),
            "fastpix/live_stream" => data.stream_id.as_ref().or(object).or(data.id.as_ref()),
            "fastpix/upload" => data.upload_id.as_ref().or(object).or(data.id.as_ref()),
            "fastpix/track" => data.track_id.as_ref().or(data.id.as_ref()),
            "fastpix/simulcast_target" => {
                let inner = data.simulcast.as_ref().and_then(|inner| inner.simulcast_id.as_ref());
                data.simulcast_id.as_ref().or(inner).or(object).or(data.id.as_ref())
            }
            _ => None,
        }
    }
}

fn fold(table: &str, file: &str, out: &str) -> Result<(), Box<dyn Error>> {
    let table: Table = serde_json::from_str(&fs::read_to_string(table)?)?;
    let mut codes: HashMap<&str, Vec<&Code>> = HashMap::new();
    for code in &table.codes {
        codes.entry(&code.kind).or_default().push(code);
    }
    let mut seen: HashSet<String> = HashSet::new();
    let mut assets: HashMap<(usize, String), Vec<(i128, usize)>> = HashMap::new();
    for line in BufReader::with_capacity(1 << 20, File::open(file)?).lines() {
        let Ok(webhook) = serde_json::from_str::<Webhook>(&line?) else { continue };
        let (Some(concerned), Ok(time)) = (codes.get(&*webhook.kind), webhook.created_at.nanos())
        else {
            continue;
        };
        for code in concerned {
            let Some(asset) = webhook.asset(&table.entities[code.entity].name) else { continue };
            let decided = webhook.data.status.as_ref().and_then(|word| code.decided.get(word));
            if !seen.contains(&webhook.id) {
                let events = assets.entry((code.entity, asset.clone())).or_default();
                events.push((time, *decided.unwrap_or(&code.code)));
            }
        }
        seen.insert(webhook.id);
    }
    let mut out = BufWriter::new(File::create(out)?);
    #[allow(clippy::iter_over_hash_type, reason = "any order will do")]
    for ((entity, asset), mut events) in assets {
        events.sort_by_key(|(time, _)| *time);
        let (mut state, mut illegal) = (0, 0);
        for (_, code) in events {
            match usize::try_from(table.next[code * table.width + state]) {
                Ok(next) => state = next,
                Err(_) => illegal += 1,
            }
        }
        let Entity { name, states } = &table.entities[entity];
        writeln!(out, "{name}\t{asset}\t{}\t{illegal}", states[state])?;
    }
    Ok(out.flush()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match &*arguments {
        [table, file, out] => fold(table, file, out),
        _ => {
            eprintln!("naive TABLE.json FILE OUT.tsv; benches/peers/compare.py runs it");
            Ok(())
        }
    }
}
