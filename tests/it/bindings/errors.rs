use super::*;

const SAVED: &str = r#"{"mediafold":1,"entity":"fastpix/media","id":"m1","events":[{"kind":"video.media.created","content":"00000000000000aa"}]}"#;

fn with(mut request: Value, name: &str, value: Value) -> Value {
    request[name] = value;
    request
}

/// What is wrong, and what it is said to be.
fn wrong() -> Vec<(Value, &'static [u8], &'static str)> {
    let unwrap = json!({ "call": "unwrap", "provider": "mux", "secrets": [SECRET], "now": NOW, "headers": [] });
    let mut wrong: Vec<(Value, &'static [u8], &'static str)> = vec![
        (json!({}), b"", "UsageError"),
        (json!([]), b"", "UsageError"),
        (json!({ "call": "nothing" }), b"", "UsageError"),
        (json!({ "call": "step", "fodl": 1 }), b"", "UsageError"),
        (json!({ "call": "asset", "fold": 9_007_199_254_740_993_u64 }), b"", "UsageError"),
        (json!({ "call": "asset", "fold": -1 }), b"", "UsageError"),
        (json!({ "call": "asset", "fold": 3 }), b"{}", "UsageError"),
        (json!({ "call": "asset", "fold": 2 }), b"\xff\xfe", "LoadError"),
        (json!({ "call": "read", "definitions": 7 }), b"{}", "UsageError"),
        (json!({ "call": "read", "provider": "muxx" }), b"{}", "UsageError"),
        (json!({ "call": "read", "received_at": "yesterday" }), b"{}", "UsageError"),
        (unwrap.clone(), b"{}", "UnsignedError"),
        (unwrap.clone(), b"\xff\x00", "UnsignedError"),
        (
            with(unwrap.clone(), "headers", json!([["mux-signature", "t=1,v1=00"]])),
            b"{}",
            "UnsignedError",
        ),
        (with(unwrap.clone(), "secrets", json!([])), b"{}", "UsageError"),
        (with(unwrap.clone(), "secrets", json!([""])), b"{}", "UsageError"),
        (with(unwrap.clone(), "provider", json!("vms")), b"{}", "UsageError"),
        (with(unwrap.clone(), "scheme", json!({ "scheme": "rsa" })), b"{}", "UsageError"),
        (with(unwrap, "now", Value::Null), b"{}", "UsageError"),
        (json!({ "call": "diagram", "entity": "mux/aset" }), b"", "UsageError"),
        (json!({ "call": "diagram", "entity": "mux/asset", "format": "gif" }), b"", "UsageError"),
        (json!({ "call": "diagram", "fold": SAVED, "format": "scxml" }), b"", "UsageError"),
        (
            json!({ "call": "open", "files": { "a.toml": "entity = 1", "b.toml": "x" } }),
            b"",
            "DefinitionError",
        ),
    ];
    wrong.extend(wrong_rows());
    wrong
}

/// What is wrong with saved assets.
fn wrong_rows() -> Vec<(Value, &'static [u8], &'static str)> {
    let step = json!({ "call": "step", "fold": SAVED, "other": SAVED });
    let other = SAVED.replace("\"m1\"", "\"m2\"");
    let upload = SAVED.replace("fastpix/media", "fastpix/upload");
    let unknown = SAVED.replace("fastpix/media", "acme/media");
    let newer = SAVED.replace("\"mediafold\":1", "\"mediafold\":2");
    let none = SAVED.split("[{").next().unwrap().to_owned() + "[]}";
    let asset = |fold: &str| json!({ "call": "asset", "fold": fold });
    vec![
        (asset(""), b"", "LoadError"),
        (asset("null"), b"", "LoadError"),
        (asset(&SAVED[..SAVED.len() - 3]), b"", "LoadError"),
        (asset(&unknown), b"", "LoadError"),
        (asset(&newer), b"", "LoadError"),
        (
            asset(
                "{\"mediafold\":1,\"entity\":\"mux/asset\",\"id\":\"a\",\"past\":{\"events\":1,\"state\":\"nowhere\"},\"events\":[]}",
            ),
            b"",
            "LoadError",
        ),
        (with(step.clone(), "other", json!(other)), b"", "LoadError"),
        (with(step.clone(), "other", json!(upload)), b"", "LoadError"),
        (with(step.clone(), "other", json!(none)), b"", "LoadError"),
        (with(step.clone(), "other", Value::Null), b"", "UsageError"),
        (with(step.clone(), "bound", json!({ "age": "a while" })), b"", "UsageError"),
        (json!({ "call": "merge", "fold": SAVED, "other": other }), b"", "LoadError"),
        (
            json!({ "call": "overdue", "fold": SAVED, "now": "99999999999999999999" }),
            b"",
            "UsageError",
        ),
        // The last of them is no error, and the module goes on.
        (json!({ "call": "read" }), b"\xff", ""),
        (step, b"", ""),
    ]
}

/// Whatever is wrong is an error that says what, and the next call is answered.
#[test]
fn what_is_wrong_is_said() {
    let mut vectors = Vectors::default();
    for (request, body, error) in wrong() {
        let answer = vectors.call(&request, body);
        assert_eq!(answer["type"].as_str().unwrap_or(""), error, "{request}: {answer}");
        if error == "LoadError" {
            assert!(answer["reason"].is_string(), "{answer}");
        }
    }
    vectors.check("errors");
}

/// Bytes of any kind, in place of a request and in place of a body.
#[test]
fn bytes_of_any_kind_are_answered() {
    let mut plain = Plain::new();
    let sample = fs::read("tests/data/samples/mux.jsonl").unwrap();
    let mut seed = 7_u64;
    for call in ["read", "fold", "check", "unwrap"].iter().cycle().take(400) {
        let mut bytes = sample[..sample.len().min(3_000)].to_vec();
        for _ in 0..8 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % bytes.len();
            bytes[at] = (seed >> 24) as u8;
        }
        let request = json!({
            "call": call, "provider": "mux", "secrets": ["s"], "now": NOW, "headers": [["mux-signature", "t=,v1="]],
        });
        let answer = told(&plain.call(request.to_string().as_bytes(), &bytes));
        assert!(answer["type"].is_null() || answer["status"] == 401, "{answer}");
        let answer = told(&plain.call(&bytes, b""));
        assert_eq!(answer["type"], "UsageError", "{answer}");
    }
}
