use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
};

use serde_json::{Value, json};

use super::{Server, TOKEN, each, incoming, moment};

/// The next overview of a stream.
fn next(stream: &mut BufReader<TcpStream>) -> Option<Value> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        if let Some(data) = line.strip_prefix("data: ") {
            return Some(serde_json::from_str(data).unwrap());
        }
    }
}

fn follow(server: &Server) -> BufReader<TcpStream> {
    let headers = format!("{TOKEN}Accept: text/event-stream\r\n");
    server.open("GET", "/api/overview", &headers)
}

#[test]
fn what_came_today_is_counted() {
    let server = Server::filled();
    // The server's clock says 2026-09-21.
    let yesterday = "2026-09-20T23:59:59.999999999Z".parse::<mediafold::Timestamp>().unwrap();
    let other = Server::new();
    let received = [("created", yesterday), ("failed", yesterday), ("ready", moment(-100))];
    for ((kind, at), second) in received.into_iter().zip(0..) {
        let mut delivery = super::media("m1", kind, second);
        delivery.received_at = at;
        other.deliver(delivery);
    }
    other.deliver(incoming("fastpix", "{]", 0));
    let today = &other.json("/api/overview")["today"];
    let counted = json!({
        "since": "2026-09-21T00:00:00Z", "deliveries": 2, "quarantined": 1, "changes": 0,
        "findings": { "error": 2, "warning": 0, "info": 0 },
    });
    assert_eq!(*today, counted, "of two days");

    let all = server.json("/api/overview");
    assert_eq!(all["today"]["deliveries"], 8);
    assert_eq!(all["today"]["changes"], server.json("/api/changes")["seq"]);
    assert_eq!((&all["overdue"], &all["delivery"]), (&json!(0), &json!(8)));
    server.store.sweep(moment(1_000_000)).unwrap();
    let all = server.json("/api/overview");
    assert_eq!(all["overdue"], 1);
    let media = &all["lifecycles"][0];
    assert_eq!((&media["entity"], &media["assets"]), (&json!("fastpix/media"), &json!(3)));
    // Overdue is a warning, and is counted with the rest.
    assert_eq!(media["findings"], json!({ "error": 1, "warning": 1, "info": 0 }));
}

#[test]
fn an_overview_comes_again_for_whatever_is_stored() {
    let server = Server::new();
    let mut stream = follow(&server);
    assert_eq!(next(&mut stream).unwrap()["lifecycles"], json!([]));
    server.media("m1", "failed", 0);
    let seen = next(&mut stream).unwrap();
    assert_eq!(seen["lifecycles"][0]["states"][0]["state"], "failed");
    // It changes no state, but there is a finding.
    server.media("m1", "ready", 1);
    let seen = next(&mut stream).unwrap();
    assert_eq!((&seen["today"]["findings"]["error"], &seen["seq"]), (&json!(1), &json!(1)));
    // Nothing but a delivery.
    server.media("m1", "ready", 1);
    assert_eq!(next(&mut stream).unwrap()["delivery"], 3);
    server.deliver(incoming("vms", "no JSON", 2));
    assert_eq!(next(&mut stream).unwrap()["today"]["quarantined"], 1);
    server.serving.signal(mediafold::server::Signal::Shutdown);
    assert!(next(&mut stream).is_none());
}

#[test]
fn however_much_comes_an_overview_comes_seldom() {
    let server = Server::new();
    let mut streams: Vec<_> = (0..20).map(|_| follow(&server)).collect();
    for stream in &mut streams {
        next(stream).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "how seldom is told by the clock")]
    let begun = std::time::Instant::now();
    for number in 0..400 {
        server.media(&format!("m{number}"), "created", 0);
    }
    for stream in &mut streams {
        let mut seen = 0;
        while next(stream).unwrap()["delivery"] != 400 {
            seen += 1;
        }
        let most = begun.elapsed().as_millis() / 500 + 1;
        assert!(seen <= most, "{seen} overviews, and {most} at the most");
    }
}

#[test]
fn findings_are_searched_by_the_database() {
    let server = Server::filled();
    server.media("m3", "nonsense", 6);
    server.deliver(incoming("vms", r#"{"UniqueId":"m3","ContentStatus":"PACKAGE"}"#, 7));
    let found = |query: &str| each(&server.json(&format!("/api/findings?{query}")), "name");
    assert_eq!(found("severity=error"), ["illegal-transition"]);
    let warnings = found("severity=warning");
    assert_eq!(warnings.last().unwrap(), "illegal-transition");
    assert!(warnings.contains(&"unknown-kind".to_owned()), "{warnings:?}");
    assert!(found("severity=info").len() > warnings.len() && found("") == found("severity=info"));
    assert_eq!(found("severity=error&entity=vms/content"), [""; 0]);
    assert_eq!(found("severity=warning&code=L203&id=m3"), ["unknown-kind"]);
    assert_eq!(found("id=m3"), found(""));
    assert_eq!(server.problem("/api/findings?severity=fatal", 400)["parameter"], "severity");
}

#[test]
fn findings_are_explained() {
    let server = Server::new();
    let all = server.json("/api/explanations");
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), mediafold::Code::ALL.len());
    for (code, item) in mediafold::Code::ALL.iter().zip(items) {
        assert_eq!(
            (code.code(), code.name()),
            (item["code"].as_str().unwrap(), item["name"].as_str().unwrap())
        );
        assert!(item["text"].as_str().unwrap().starts_with("**What.**"), "{item}");
    }
    assert_eq!(server.json("/api/explanations?code=illegal-transition")["items"][0], items[0]);
    server.problem("/api/explanations?code=L999", 400);
}
