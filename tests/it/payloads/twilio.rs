use mediafold::Verdict;
use serde_json::json;

use super::{folded, one, read};

const QUERY: &str = "AccountSid=AC01&PlayerStreamerSid=VJ01&StatusCallbackEvent=stream-ended\
    &Timestamp=2021-11-18T17%3A40%3A52.007Z&EndedReason=ended-via-api&Url=https%3A%2F%2Fx%2F%3Fa%3Db";

/// With `StatusCallbackMethod=GET` the fields are in the address, of which logs keep more or less.
#[test]
fn get_is_read_however_it_was_recorded() {
    let posted = one(QUERY);
    assert_eq!(posted.event.time.expect("a time").to_string(), "2021-11-18T17:40:52.007Z");
    for recorded in [
        format!("/hooks/twilio?{QUERY}"),
        format!("https://hooks.example.org/twilio?{QUERY}"),
        format!("https://hooks.example.org/twilio?{QUERY}#top"),
        format!("GET /hooks/twilio?{QUERY} HTTP/1.1"),
        format!("?{QUERY}"),
        format!("{QUERY}\r\n"),
    ] {
        let got = one(&recorded);
        assert_eq!(got.lifecycle.entity(), "twilio/player_streamer", "{recorded}");
        assert_eq!((&got.asset, got.event.time), (&posted.asset, posted.event.time), "{recorded}");
        let (snapshot, verdicts) = folded(&[posted.clone(), got]);
        assert_eq!(verdicts, [Verdict::Moved, Verdict::Duplicate], "{recorded}");
        assert_eq!(snapshot["findings"]["error"], 0, "{recorded}");
        assert_eq!(snapshot["data"]["url"], "https://x/?a=b", "{recorded}");
    }
}

/// The page's table of parameters has other names than its table of events.
#[test]
fn player_streamer_events_by_either_name() {
    for what in ["started", "ended", "failed"] {
        for spelling in ["stream", "player-streamer"] {
            let placed = one(&QUERY.replace("stream-ended", &format!("{spelling}-{what}")));
            assert_eq!(placed.lifecycle.entity(), "twilio/player_streamer");
            assert_eq!(placed.event.name(placed.lifecycle), format!("stream-{what}"));
        }
    }
}

/// There is no event id: Sid, event and time say which event it is.
#[test]
fn identity_is_sid_event_and_time() {
    let other_time = one(&QUERY.replace("52.007", "53.007"));
    let other_body = one(&QUERY.replace("ended-via-api", "max-duration-exceeded"));
    let (_, verdicts) = folded(&[one(QUERY), one(QUERY), other_time]);
    assert_eq!(verdicts, [Verdict::Moved, Verdict::Duplicate, Verdict::Illegal]);
    let (snapshot, verdicts) = folded(&[one(QUERY), other_body]);
    assert_eq!(verdicts, [Verdict::Moved, Verdict::Duplicate]);
    assert_eq!(snapshot["findings"]["error"], 1, "a conflicting duplicate");
}

/// Records hold the body as it came, or what a framework made of it.
#[test]
fn recorded_deliveries_of_any_body() {
    let form = json!({"PlayerStreamerSid": "VJ01", "StatusCallbackEvent": "stream-ended",
        "Timestamp": "2021-11-18T17:40:52.007Z"});
    let received = json!("2021-11-18T17:40:53Z");
    for record in [
        json!({"provider": "twilio", "received_at": received, "body": QUERY}),
        json!({"provider": "twilio", "received_at": received, "body": form}),
        json!({"provider": "twilio", "received_at": received, "body": form.to_string()}),
        json!({"received_at": received, "body": QUERY}),
        json!({"received_at": received, "body": form}),
    ] {
        let placed = one(&record.to_string());
        assert_eq!(placed.lifecycle.entity(), "twilio/player_streamer", "{record}");
        assert_eq!(&*placed.asset, "VJ01", "{record}");
        let received_at = placed.event.received_at.expect("a record has it");
        assert_eq!(received_at.to_string(), "2021-11-18T17:40:53Z", "{record}");
        assert!(placed.event.time < Some(received_at), "{record}");
    }
}

/// The provider of a record is believed, and one that nobody knows is told.
#[test]
fn recorded_provider_is_believed() {
    let record = json!({"provider": "vms", "body": QUERY}).to_string();
    let reading = read(&record);
    assert_eq!((reading.provider, reading.events.len()), (Some("vms"), 0));
    assert_eq!(reading.errors.len(), 1);
    let record = json!({"provider": "nobody", "body": QUERY}).to_string();
    let error = read(&record).errors.remove(0).to_string();
    assert_eq!(
        error,
        "there is no provider `nobody` (known: bunny, cloudflare, fastpix, livekit, mediaconvert, mux, twilio, vms, zoom)"
    );
}
