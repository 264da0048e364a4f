use std::{collections::BTreeSet, fs};

use serde_json::Value;

use super::{Server, TOKEN, each};

/// What `docs/api.md` shows is what the server answers.
#[test]
fn examples_are_true() {
    let server = Server::filled();
    let page = fs::read_to_string("docs/api.md").unwrap();
    let mut shown = BTreeSet::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let (command, expected) = block.split_once('\n').unwrap();
        let target = command.split("'localhost:8080").nth(1).unwrap();
        let target = target.split('\'').next().unwrap();
        shown.insert(target.split('?').next().unwrap().to_owned());
        if command.contains("curl -N") {
            let headers = format!("{TOKEN}Accept: text/event-stream\r\n");
            let mut stream = server.open("GET", target, &headers);
            for line in expected.lines().filter(|line| !line.is_empty()) {
                let found = std::iter::from_fn(|| {
                    let mut own = String::new();
                    let read = std::io::BufRead::read_line(&mut stream, &mut own).unwrap();
                    (read > 0).then_some(own)
                });
                assert!({ found }.any(|own| own.trim_end() == line), "{target}: {line}");
            }
        } else if !expected.trim().is_empty() {
            let answer = server.get(target).json();
            let expected: Value = serde_json::from_str(expected).unwrap();
            assert_eq!(expected, answer, "{target} gives\n{answer}");
        }
    }
    let described = server.json("/openapi.json");
    for path in described["paths"].as_object().unwrap().keys() {
        let path = path
            .replace("{provider}/{kind}", "fastpix/media")
            .replace("{id}", "m3")
            .replace("{delivery}", "7");
        assert!(shown.contains(&path), "{path} has no example");
    }
}

/// The parameters and answers of the description are those that there are.
#[test]
fn the_description_is_right() {
    let server = Server::filled();
    let described = server.json("/openapi.json");
    let schemas = &described["components"]["schemas"];
    assert!(schemas["entity"]["enum"].as_array().unwrap().contains(&"vms/content".into()));
    for (path, item) in described["paths"].as_object().unwrap() {
        let target = path
            .replace("{provider}/{kind}", "fastpix/media")
            .replace("{id}", "m3")
            .replace("{delivery}", "7");
        let parameters = item["get"]["parameters"].as_array().unwrap();
        let query = parameters.iter().filter(|own| own["in"] == "query");
        let query: BTreeSet<&str> = query.map(|own| own["name"].as_str().unwrap()).collect();
        let problem = server.problem(&format!("{target}?nonsense"), 400);
        let known = problem["possible"].as_array().cloned().unwrap_or_default();
        let known: BTreeSet<&str> = known.iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(query, known, "{path}");
        let content = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        if let Some(name) = content["$ref"].as_str() {
            let schema = &schemas[name.rsplit('/').next().unwrap()];
            fits(schemas, schema, &server.json(&target), path);
        }
    }
    assert!(each(&server.json("/api/lifecycles"), "entity").contains(&"fastpix/media".to_owned()));
}

/// Checks that an answer has the fields of its schema, all of them and no others.
fn fits(schemas: &Value, schema: &Value, answer: &Value, place: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &schemas[name.rsplit('/').next().unwrap()],
        None => schema,
    };
    if let (Some(fields), Some(answer)) = (schema["properties"].as_object(), answer.as_object()) {
        let names: BTreeSet<&String> = fields.keys().collect();
        assert_eq!(names, answer.keys().collect(), "{place}");
        for (name, schema) in fields {
            fits(schemas, schema, &answer[name], &format!("{place} {name}"));
        }
    }
    for item in answer.as_array().into_iter().flatten() {
        fits(schemas, &schema["items"], item, place);
    }
}
