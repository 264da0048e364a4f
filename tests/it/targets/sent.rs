use mediafold::{
    lifecycle::Scheme,
    signature::{Received, Secret, Verifier},
};

use super::*;

/// Whether a request is authentic by this secret.
fn is_signed(post: &Post, secret: &str) -> bool {
    let headers: Vec<(&str, &[u8])> =
        post.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let verifier = Verifier::new(Scheme::StandardWebhooks, &[Secret::new(secret)]).unwrap();
    verifier.verify(&Received::new("", &headers, &post.body), moment(100)).is_ok()
}

#[test]
fn a_change_comes_with_its_asset_and_signed() {
    let receiver = Receiver::fine();
    let server = Server::new(&target("app", &receiver.address, ""));
    assert!(soon(|| server.told("app")["configured"] == true));
    server.media("m1", "created", 0);
    server.media("m1", "ready", 40);
    assert!(receiver.has_taken(2));
    let posts = receiver.posts();
    let (_, changes) = server.get("/api/changes");
    let changes: Value = serde_json::from_str(&changes).unwrap();
    for (post, change) in posts.iter().zip(changes["items"].as_array().unwrap()) {
        assert!(post.head.starts_with("POST /hook HTTP/1.1\r\n"), "{}", post.head);
        let names: Vec<&String> = post.headers.keys().collect();
        let expected = [
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "webhook-id",
            "webhook-signature",
            "webhook-timestamp",
        ];
        assert_eq!(names, expected);
        assert_eq!(post.headers["webhook-id"], format!("chg_{}", post.seq()));
        assert_eq!(post.headers["webhook-timestamp"], (NOW + 100).to_string());
        assert_eq!(post.headers["content-type"], "application/json");
        assert!(is_signed(post, SECRET) && !is_signed(post, "b3RoZXI="));
        let mut own = post.json.as_object().unwrap().clone();
        let (asset, asset_seq) = (own.remove("asset").unwrap(), own.remove("asset_seq").unwrap());
        assert_eq!(Value::Object(own), *change);
        assert!(asset_seq.as_u64().unwrap() >= post.seq());
        assert_eq!((&asset["entity"], &asset["id"]), (&change["entity"], &change["id"]));
    }
    let last = &posts[1].json;
    assert_eq!((&last["to"], &last["asset"]["state"]), (&"ready".into(), &"ready".into()));
    let row = server.store.asset("fastpix/media", "m1").unwrap().unwrap().json;
    assert_eq!(last["asset"], serde_json::from_str::<Value>(&row).unwrap());
    receiver.is_in_order();
}

#[test]
fn while_two_secrets_hold_there_are_two_signatures() {
    let receiver = Receiver::fine();
    let secrets = "secrets = [{ value = \"whsec_b2xkIHNlY3JldA==\", not_after = \"2026-12-31T00:00:00Z\" }, \
                   { value = \"bmV3IHNlY3JldA==\" }, \
                   { value = \"Z29uZSBzZWNyZXQ=\", not_after = \"2020-01-01T00:00:00Z\" }]";
    let text = target("app", &receiver.address, "");
    let text = text.replace(&format!("secrets = [{{ value = \"{SECRET}\" }}]"), secrets);
    let server = Server::new(&text);
    assert!(soon(|| server.told("app")["configured"] == true));
    server.media("m1", "created", 0);
    assert!(receiver.has_taken(1));
    let post = &receiver.posts()[0];
    assert_eq!(post.headers["webhook-signature"].split(' ').count(), 2);
    assert!(is_signed(post, "b2xkIHNlY3JldA==") && is_signed(post, "bmV3IHNlY3JldA=="));
    assert!(!is_signed(post, "Z29uZSBzZWNyZXQ="));
}

/// Ids are what strangers say; nothing of them gets into a head.
#[test]
fn what_a_delivery_says_is_in_the_body_alone() {
    let receiver = Receiver::fine();
    let server = Server::new(&target("app", &receiver.address, "from = \"all\""));
    let ids = [
        "m\r\nX-Evil: 1\r\n\r\nGET / HTTP/1.1",
        "m\u{0}\u{202e}\"},{",
        "http://127.0.0.1:1/",
        "ü\u{85}",
    ];
    for id in ids {
        server.media(id, "created", 0);
    }
    assert!(receiver.has_taken(ids.len()));
    let posts = receiver.posts();
    // Those of several assets come in any order.
    let mut told: Vec<&str> = posts.iter().map(|post| post.json["id"].as_str().unwrap()).collect();
    told.sort_unstable();
    let mut ids = ids;
    ids.sort_unstable();
    assert_eq!(told, ids);
    for post in &posts {
        assert_eq!(post.headers.len(), 7, "{}", post.head);
        assert!(is_signed(post, SECRET) && post.head.is_ascii());
    }
}

#[test]
fn a_target_gets_what_it_wants_from_where_it_begins() {
    let all = ["all", "second", "ready", "vms", "now"].map(|name| (name, Receiver::fine()));
    let lines = [
        "from = \"all\"",
        "from = 2",
        "from = \"all\"\nstates = [\"ready\"]",
        "from = \"all\"\nentities = [\"vms/content\"]",
        "",
    ];
    let targets: String = all
        .iter()
        .zip(lines)
        .map(|((name, receiver), lines)| target(name, &receiver.address, lines))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::begin(folder, &targets, |store| {
        fill(store, 2);
    });
    for (name, _) in &all {
        assert!(server.is_done(name), "{name}");
    }
    server.media("m9", "created", 50);
    assert!(all[4].1.has_taken(1));
    for (name, _) in &all {
        assert!(server.is_done(name), "{name}");
    }
    let taken = |at: usize| {
        let mut taken = all[at].1.taken();
        taken.sort_unstable();
        taken
    };
    assert_eq!(taken(0), [1, 2, 3, 4, 5]);
    assert_eq!(taken(1), [2, 3, 4, 5]);
    assert_eq!(taken(2), [2, 4]);
    assert_eq!(taken(3), [0; 0]);
    assert_eq!(taken(4), [5]);
}
