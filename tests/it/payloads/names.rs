//! Who sent a payload, and the names in it: what cannot be told is said as it is.

use mediafold::{
    Catalog, Code, Delivery, Finding, Reader,
    event::{EventError, Reading},
};

use super::read;

/// The one finding of what was not read.
fn unreadable(reading: &Reading<'_>) -> Finding {
    let [error] = &reading.errors[..] else { panic!("{reading:?}") };
    Finding::unreadable(error, 1)
}

#[test]
fn what_no_provider_knows_is_nobodys() {
    for (body, kind, at) in [
        (
            r#"{"type":"video.clip.created","id":"e1","created_at":"2025-04-07T09:30:10Z","data":{"id":"a1"}}"#,
            "video.clip.created",
            "/type",
        ),
        (
            r#"{"type":"invoice.paid","id":"evt_1","data":{"object":{"id":"in_1"}}}"#,
            "invoice.paid",
            "/type",
        ),
        (r#"{"UniqueId":"u7","ContentStatus":"ARCHIVED"}"#, "ARCHIVED", "/ContentStatus"),
        ("StatusCallbackEvent=call-ended&CallSid=CA1", "call-ended", "/StatusCallbackEvent"),
        (
            r#"{"received_at":"2025-04-07T09:30:10Z","body":{"type":"invoice.paid"}}"#,
            "invoice.paid",
            "/type",
        ),
    ] {
        let reading = read(body);
        assert_eq!((reading.provider, reading.events.len()), (None, 0), "{body}");
        let finding = unreadable(&reading);
        assert_eq!((finding.code, finding.event.as_deref()), (Code::UnknownProvider, Some(kind)));
        for said in [kind, at] {
            assert!(finding.message.contains(said), "{}", finding.message);
        }
        assert!(!finding.message.contains("astpix"), "{}", finding.message);
    }
}

/// Whoever is said to have sent it, or whose kinds begin so, did.
#[test]
fn a_kind_of_somebody_stays_theirs() {
    let fastpix = Catalog::builtin().provider("fastpix").unwrap();
    let bare = r#"{"type":"invoice.paid","id":"e1"}"#;
    let record = format!(r#"{{"provider":"fastpix","body":{bare}}}"#);
    let begins = r#"{"type":"video.media.redy","id":"e1"}"#;
    let given = Reader::new(Catalog::builtin())
        .with_provider(fastpix)
        .read(&Delivery::new(bare.as_bytes(), 1));
    for reading in [given, read(&record), read(begins)] {
        assert_eq!(reading.provider, Some("fastpix"));
        assert_eq!(unreadable(&reading).code, Code::UnknownKind);
    }
}

#[test]
fn what_is_no_event_is_named() {
    for (body, code, said, help) in [
        (r#"[{"type":"video.media.ready"}]"#, Code::NoEventKind, "a list", "each of its items"),
        (
            r#"{"provider":"fastpix","body":[{"type":"video.media.ready"}]}"#,
            Code::NoEventKind,
            "at /type: the body is a list",
            "each of its items",
        ),
        (
            r#""{\"type\":\"video.media.ready\"}""#,
            Code::NoEventKind,
            "text that is JSON",
            "encoded twice",
        ),
        (
            r#"" <event type=\"video.media.ready\"/>""#,
            Code::NoEventKind,
            "text that is XML",
            "form-urlencoded",
        ),
        (
            r#""--x\r\nContent-Disposition: form-data\r\n""#,
            Code::NoEventKind,
            "text that is multipart",
            "form-urlencoded",
        ),
        (r#""a=1&b=2""#, Code::NoEventKind, "text that is a form", "what the text says"),
        (r#""video.media.ready""#, Code::NoEventKind, "the body is text", "a line is the body"),
        ("5", Code::NoEventKind, "a number", "a line is the body"),
        ("{}", Code::NoEventKind, "empty", "a line is the body"),
        (
            r#"{"f":1,"e":1,"d":1,"c":1,"b":1,"a":1,"a":2}"#,
            Code::NoEventKind,
            "`a`, `b`, `c`, `d`, `e` and 1 more",
            "a line is",
        ),
        (
            "EventType=x&AccountSid=1",
            Code::NoEventKind,
            "the form has `AccountSid`, `EventType`",
            "a line is",
        ),
        (
            "<event kind=\"ready\"/>",
            Code::MalformedPayload,
            "it is XML or HTML",
            "ask the provider",
        ),
        (
            "<a=1&StatusCallbackEvent=stream-ended",
            Code::MalformedPayload,
            "it is XML or HTML",
            "ask the provider",
        ),
        (
            "--x\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nready\r\n",
            Code::MalformedPayload,
            "a multipart body that is cut",
            "ask the provider",
        ),
    ] {
        let finding = unreadable(&read(body));
        assert_eq!(finding.code, code, "{body}");
        assert!(finding.message.contains(said), "{body}: {}", finding.message);
        assert!(finding.help.contains(help), "{body}: {}", finding.help);
        assert!(!finding.message.contains("/ContentStatus"), "{}", finding.message);
    }
}

/// A number is the name that it is written as: none of its digits is lost, and none made up.
#[test]
fn numbers_are_names_as_they_are_written() {
    for id in [
        "42",
        "-7",
        "42.0",
        "8.57e10",
        "0.1",
        "1E3",
        "18446744073709551615",
        "18446744073709551616",
        "340282366920938463463374607431768211455",
        "-0",
        "-9223372036854775809",
    ] {
        let body = format!(
            r#"{{"type":"video.media.ready","id":{id},"object":{{"id":"x","id":{id}}},"data":[0,{{"a/b":2.5}}]}}"#
        );
        let escaped = serde_json::to_string(&body).unwrap();
        for body in [
            body.clone(),
            format!(r#"{{"body":{{"id":1}},"provider":"fastpix","body": {body}}}"#),
            format!(r#"{{"provider":"fastpix","body":{escaped}}}"#),
        ] {
            let reading = read(&body);
            assert_eq!(reading.errors, [], "{body}");
            let placed = &reading.events[0];
            assert_eq!((&*placed.asset, placed.event.id.as_deref()), (id, Some(id)), "{body}");
        }
    }
    let vms = read(r#"{"UniqueId":null,"ContentId":8.57e10,"ContentStatus":"READY"}"#);
    assert_eq!(&*vms.events[0].asset, "8.57e10");
    let kind = read(r#"{"provider":"vms","body":{"ContentId":1,"ContentStatus":7.50}}"#);
    assert_eq!(kind.events[0].event.name(kind.events[0].lifecycle), "7.50");
    let long = format!(r#"{{"UniqueId":0.{},"ContentStatus":"READY"}}"#, "1".repeat(2000));
    assert!(matches!(read(&long).errors[..], [EventError::TooLarge { .. }]));
}
