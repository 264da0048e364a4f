//! What the SDKs of providers signed, for `.ci/judges/run`: `signers.mjs` writes `signed.jsonl`, this says of each line
//! what the verifier makes of it, and `signers.mjs` judges that.

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use mediafold::{Timestamp, signature::Request};
use serde_json::{Value, json};

use super::verify::{read, verifier, verify};

const FOLDER: &str = "target/judges/signers";

/// Of each body as it was signed, and with each of its bits changed or, of long ones, one that the line names; then the
/// headers that we sign it with.
#[test]
#[ignore = "writes what .ci/judges reads"]
fn write_verdicts() {
    let folder = Path::new(FOLDER);
    let lines = fs::read_to_string(folder.join("signed.jsonl")).unwrap();
    let verdicts: Vec<String> = lines.lines().map(|line| verdict(line).to_string()).collect();
    fs::write(folder.join("verdicts.jsonl"), verdicts.join("\n")).unwrap();
}

fn verdict(line: &str) -> Value {
    let line: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| line[name].as_str().unwrap();
    let scheme = read(text("definition"));
    let one = verifier(&scheme, &[text("secret")]);
    let body = STANDARD.decode(text("body")).unwrap();
    let at = Timestamp::from_nanos(line["at"].as_i64().unwrap() * 1_000_000_000);
    let headers = line["headers"].as_object().unwrap();
    let headers: Vec<(&String, &str)> =
        headers.iter().map(|(name, value)| (name, value.as_str().unwrap())).collect();
    let is_taken = |body: &[u8]| verify(&one, text("url"), &headers, body, at).is_ok();
    let bit = usize::try_from(line["bit"].as_u64().unwrap()).unwrap();
    let mut changed = body.clone();
    changed[bit / 8] ^= 1 << (bit % 8);
    let request = Request::new(text("url"), &body, text("id"), at);
    let ours = scheme.sign(text("secret"), &request).unwrap();
    json!({
        "accepted": is_taken(&body),
        "refused": !is_taken(&changed),
        "headers": ours.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value.into()))
            .collect::<serde_json::Map<String, Value>>(),
    })
}
