use serde_json::{Value, json};

use super::{Server, TOKEN, each, incoming, moment, percent};

const ALL: [&str; 12] = [
    "/api/assets",
    "/api/assets/fastpix/media/m1",
    "/api/deliveries",
    "/api/deliveries/1",
    "/api/findings",
    "/api/explanations",
    "/api/overview",
    "/api/population",
    "/api/lifecycles",
    "/api/changes",
    "/openapi.json",
    "/api/nothing",
];

#[test]
fn nobody_asks_without_the_token() {
    let server = Server::filled();
    let none = server.send("GET", "/metrics", "");
    for target in ALL.into_iter().chain(["/api/diagrams/fastpix/media.svg"]) {
        for headers in ["", "Authorization: Bearer may\r\n", "Authorization: Basic may ask\r\n"] {
            let answer = server.send("GET", target, headers);
            assert_eq!((answer.status, &answer.body), (401, &none.body), "{target}");
            assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        }
    }
}

#[test]
fn every_answer_says_that_it_is_neither_kept_nor_guessed_at() {
    let server = Server::filled();
    for target in ALL {
        for (method, headers) in [("GET", TOKEN), ("GET", ""), ("POST", TOKEN), ("HEAD", TOKEN)] {
            let answer = server.send(method, target, headers);
            assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
            assert!(answer.head.contains("x-content-type-options: nosniff"), "{}", answer.head);
            if method == "POST" && target != "/api/nothing" {
                assert_eq!(answer.status, 405, "{target}");
                assert!(answer.head.contains("allow: get"), "{}", answer.head);
            }
        }
    }
}

#[test]
fn assets_are_found_by_what_they_are() {
    let server = Server::filled();
    let ids = |query: &str| each(&server.json(&format!("/api/assets?{query}")), "id");
    assert_eq!(ids(""), ["m1", "m2", "m3", "v1"]);
    assert_eq!(ids("entity=fastpix%2Fmedia"), ["m1", "m2", "m3"]);
    assert_eq!(ids("entity=fastpix/media&state=ready"), ["m1"]);
    assert_eq!(ids("state=CREATED"), ["v1"]);
    assert_eq!(ids("flag=subtitle"), ["m3"]);
    assert_eq!(ids("finding=L101"), ["m3"]);
    assert_eq!(ids("finding=illegal-transition"), ["m3"]);
    assert_eq!(ids("overdue=true"), [""; 0]);
    server.store.sweep(moment(1_000_000)).unwrap();
    assert_eq!(ids("overdue=true&entity=fastpix/media"), ["m2"]);
    assert_eq!(ids("since_before=2026-09-21T14:13:22Z"), ["m2"]);
    assert_eq!(ids("id_prefix=m"), ["m1", "m2", "m3"]);
    let stored = server.store.asset("fastpix/media", "m1").unwrap().unwrap();
    assert!(server.get("/api/assets?id_prefix=m1").body.contains(&stored.json));
}

/// All items, by pages of this length.
fn pages(server: &Server, target: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.json(&format!("{target}limit={limit}{cursor}"));
        let own = page["items"].as_array().unwrap();
        assert!(own.len() <= limit);
        items.extend(own.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[test]
fn pages_have_everything_once() {
    let server = Server::filled();
    for number in 0..20 {
        server.media(&format!("é{number}/%2F"), "created", number);
        server.media(&format!("é{number}/%2F"), "failed", 30);
        server.media(&format!("é{number}/%2F"), "ready", 50 + number);
    }
    for target in [
        "/api/assets?",
        "/api/assets?entity=fastpix/media&",
        "/api/assets?entity=fastpix/media&state=failed&",
        "/api/deliveries?",
        "/api/deliveries?source=fastpix&",
        "/api/findings?",
        "/api/findings?entity=fastpix/media&",
        "/api/findings?code=L101&",
    ] {
        let all = pages(&server, target, 1_000);
        assert!(all.len() >= 20, "{target}");
        for limit in [1, 3, 7] {
            assert_eq!(pages(&server, target, limit), all, "{target} {limit}");
        }
    }
}

#[test]
fn what_is_asked_wrong_is_said_with_what_is_possible() {
    let server = Server::filled();
    let wrong = [
        ("/api/assets?nonsense=1", "nonsense", "id_prefix"),
        ("/api/assets?entity=fastpix/medai", "entity", "fastpix/media"),
        ("/api/assets?state=Ready", "state", "ready"),
        ("/api/assets?flag=red", "flag", "recording"),
        ("/api/assets?finding=L999", "finding", "L101"),
        ("/api/assets?overdue=maybe", "overdue", "true"),
        ("/api/assets?since_before=yesterday", "since_before", ""),
        ("/api/assets?since_before=12", "since_before", ""),
        ("/api/assets?limit=0", "limit", ""),
        ("/api/assets?limit=1001", "limit", ""),
        ("/api/assets?limit=%2B5", "limit", ""),
        ("/api/assets?limit=1&limit=1", "limit", ""),
        ("/api/assets?id_prefix=%FF", "id_prefix", ""),
        ("/api/assets?cursor=", "cursor", ""),
        ("/api/assets?cursor=a.c", "cursor", ""),
        ("/api/assets?cursor=%C3%A9", "cursor", ""),
        ("/api/findings?code=X", "code", "P101"),
        ("/api/population?x", "x", ""),
        ("/api/lifecycles?x", "x", ""),
        ("/api/changes?after=-1", "after", ""),
        ("/api/changes?wait=56", "wait", ""),
        ("/api/assets/fastpix/media/m1?limit=1", "limit", ""),
        ("/openapi.json?x=%3Cscript%3E", "x", ""),
    ];
    for (target, parameter, possible) in wrong {
        let problem = server.problem(target, 400);
        assert_eq!(problem["parameter"], parameter, "{target}");
        let known = problem["possible"].as_array().cloned().unwrap_or_default();
        match possible {
            "" => assert_eq!(known, [json!(null); 0], "{target}: {problem}"),
            word => assert!(known.contains(&json!(word)), "{target}: {problem}"),
        }
    }
    let other = server.problem("/api/assets?entity=fastpix/media&state=READY", 404);
    assert!(other["possible"].as_array().unwrap().contains(&json!("ready")));
    server.problem("/api/assets?entity=vms/content&flag=recording", 404);
    for cursor in ["abc", "AAAAAAAAAAA", "AAAAAAAAAAAA", "_"] {
        assert_eq!(
            server.problem(&format!("/api/assets?cursor={cursor}"), 404)["parameter"],
            "cursor"
        );
    }
    server.problem("/api/assets/fastpix/media/%FF", 400);
    server.problem("/api/assets/fastpix/media/none", 404);
    server.problem("/api/assets/fastpix/medai/m1", 404);
    let nothing = server.problem("/api/assets/fastpix", 404);
    assert!(nothing["possible"].as_array().unwrap().contains(&json!("/api/assets")));
}

#[test]
fn cursors_are_of_one_question() {
    let server = Server::filled();
    let page = server.json("/api/assets?entity=fastpix/media&limit=1");
    let next = page["next"].as_str().unwrap();
    server.json(&format!("/api/assets?limit=2&cursor={next}&entity=fastpix/media"));
    for other in ["/api/assets?", "/api/assets?entity=vms/content&", "/api/findings?"] {
        assert_eq!(server.problem(&format!("{other}cursor={next}"), 404)["parameter"], "cursor");
    }
}

#[test]
fn one_asset_has_its_timeline_and_findings() {
    let server = Server::filled();
    let found = server.json("/api/assets/fastpix/media/m3");
    assert_eq!(found["asset"]["state"], "failed");
    let timeline = found["timeline"].as_array().unwrap();
    let verdicts: Vec<&str> =
        timeline.iter().map(|entry| entry["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["Moved", "Stayed", "Moved", "Illegal"]);
    assert_eq!(found["findings"][0]["code"], "L101");
    let of_asset = server.json("/api/findings?entity=fastpix/media&id=m3");
    assert_eq!(of_asset["items"], found["findings"]);
    assert_eq!(server.json("/api/findings?id=m3")["items"], found["findings"]);
    assert_eq!(each(&server.json("/api/findings?id=m3&entity=vms/content"), "code"), [""; 0]);
}

/// The status word that decides stands beside the kind, of copies too.
#[test]
fn a_timeline_names_the_word_that_decided() {
    let server = Server::new();
    let updated = |id: &str, word: &str, second: i64| {
        let body = json!({
            "type": "video.media.updated", "id": id, "createdAt": moment(second).to_string(),
            "object": { "id": "m1" }, "data": { "status": word },
        });
        server.deliver(incoming("fastpix", &body.to_string(), second));
    };
    server.media("m1", "created", 0);
    updated("e2", "preparing", 2);
    updated("e3", "Ready", 3);
    updated("e3", "Ready", 3);
    let found = server.json("/api/assets/fastpix/media/m1");
    let timeline = found["timeline"].as_array().unwrap();
    let told = |name: &str| -> Vec<&str> {
        timeline.iter().map(|entry| entry[name].as_str().unwrap_or("-")).collect()
    };
    let ready = "video.media.updated (Ready)";
    let labels = ["video.media.created", "video.media.updated (preparing)", ready, ready];
    assert_eq!(told("label"), labels);
    assert_eq!(told("status"), ["-", "preparing", "Ready", "Ready"]);
    assert_eq!(told("event")[1], "video.media.updated");
    assert_eq!(told("verdict")[3], "Duplicate");
}

#[test]
fn ids_may_be_anything() {
    let server = Server::new();
    let hostile = [
        "a/b/c",
        "..",
        ".",
        "%2F",
        "a b+c",
        "\"}],",
        "<script>alert(1)</script>",
        "é\u{202e}\u{0}",
        "?limit=1#x",
        "'; DROP TABLE assets; --",
        "id: 7\n\ndata: {}",
        "\r\n\r\n",
        "😀",
        "x.svg",
    ];
    for (id, second) in hostile.iter().zip(0..) {
        server.media(id, "created", second);
    }
    let all = server.json("/api/assets");
    assert_eq!(all["items"].as_array().unwrap().len(), hostile.len());
    let changes = server.json("/api/changes");
    for (at, id) in hostile.iter().enumerate() {
        let found = server.json(&format!("/api/assets/fastpix/media/{}", percent(id)));
        assert_eq!(found["asset"]["id"], *id);
        assert_eq!(changes["items"][at]["id"], *id);
        let found = server.json(&format!("/api/assets?id_prefix={}", percent(id)));
        assert!(each(&found, "id").len() <= 2 && found["items"][0]["id"].is_string());
        server.json(&format!("/api/findings?entity=fastpix/media&id={}", percent(id)));
    }
}

#[test]
fn states_have_their_population() {
    let server = Server::filled();
    let population = server.json("/api/population");
    let expected = json!([
        { "entity": "fastpix/media", "state": "created", "assets": 1 },
        { "entity": "fastpix/media", "state": "failed", "assets": 1 },
        { "entity": "fastpix/media", "state": "ready", "assets": 1 },
        { "entity": "vms/content", "state": "CREATED", "assets": 1 },
    ]);
    assert_eq!((&population["items"], &population["overdue"]), (&expected, &json!(0)));
}

#[cfg(feature = "draw")]
#[test]
fn lifecycles_are_drawn() {
    let server = Server::filled();
    let hostile = "</text><script>alert(1)</script>";
    server.media(hostile, "created", 7);
    let draw = |query: &str| {
        let answer = server.get(&format!("/api/diagrams/fastpix/media.svg{query}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.head.contains("content-type: image/svg+xml"), "{}", answer.head);
        assert!(answer.head.contains("content-security-policy: default-src 'none'"));
        roxmltree::Document::parse(&answer.body).unwrap();
        assert!(!answer.body.contains("<script"));
        answer.body
    };
    let (plain, observed) = (draw(""), draw("?observed"));
    assert!(!plain.contains("4 assets") && observed.contains("4 assets"), "{observed}");
    assert!(observed.contains("4 assets · 6 events"), "{observed}");
    assert!(draw("?asset=m3") != plain);
    draw(&format!("?asset={}", percent(hostile)));
    server.problem("/api/diagrams/fastpix/media.svg?asset=none", 404);
    server.problem("/api/diagrams/fastpix/none.svg", 404);
    server.problem("/api/diagrams/fastpix/media.png", 404);
    assert_eq!(draw("?asset=m3&observed=true"), draw("?asset=m3"));
    assert_eq!(
        server.problem("/api/diagrams/fastpix/media.svg?observed=1", 400)["parameter"],
        "observed"
    );
}

/// A delivery is shown as it came, with what was read from it; what could not be read is a list.
#[test]
fn deliveries_are_shown_as_they_came() {
    let server = Server::filled();
    let own = server.json("/api/deliveries/7");
    let body: Value = serde_json::from_str(own["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["type"], "video.media.ready");
    assert_eq!(own["body_len"], own["body"].as_str().unwrap().len());
    assert_eq!(own["told"][0]["id"], "m3");
    assert_eq!(own["told"][0]["verdict"], "Illegal");
    assert_eq!(own["findings"][0]["code"], "L101");

    server.deliver(incoming("vms", "no json", 7));
    let mut bytes = incoming("vms", "", 8);
    bytes.body = vec![0xff, 0x00];
    server.deliver(bytes);
    let unread = server.json("/api/deliveries?quarantine=true");
    let numbers = |page: &Value| -> Vec<u64> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|own| own["delivery"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(numbers(&unread), [10, 9]);
    assert!(unread["items"][1]["quarantine"].as_str().unwrap().starts_with("P101"), "{unread}");
    let own = server.json("/api/deliveries/10");
    assert_eq!((&own["body"], &own["body_base64"]), (&Value::Null, &"/wA=".into()));
    assert_eq!(own["findings"][0]["delivery"], 10);

    assert_eq!(numbers(&server.json("/api/deliveries?source=vms")), [10, 9, 8]);
    assert_eq!(numbers(&server.json("/api/deliveries?after=8")), [10, 9]);
    assert_eq!(numbers(&server.json("/api/deliveries?source=nobody")), [0; 0]);
    assert!(server.problem("/api/deliveries/11", 404)["detail"].as_str().unwrap().contains("11"));
    for wrong in ["/api/deliveries/0", "/api/deliveries/x", "/api/deliveries/99999999999999999999"]
    {
        server.problem(wrong, 400);
    }
}
