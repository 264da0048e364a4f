//! Bunny Stream: what goes wrong in its real streams, and what is made of it.

#[cfg(feature = "signature")]
use mediafold::{Catalog, Timestamp, signature::Request};
use mediafold::{Code, Finding, Verdict};
use serde_json::{Value, json};

use super::{folded, one, read};

fn body(status: u32) -> String {
    json!({ "VideoLibraryId": 208_417, "VideoGuid": "v1", "Status": status }).to_string()
}

/// A video after these numbers, as they came.
fn after(numbers: &[u32]) -> (Value, Vec<Verdict>) {
    folded(&numbers.iter().map(|number| one(&body(*number))).collect::<Vec<_>>())
}

/// The greatest number is not the furthest.
#[test]
fn numbers_are_no_order() {
    let (shown, verdicts) = after(&[6, 7, 0, 1, 2, 4, 3, 10, 9]);
    assert_eq!(verdicts[..7], [Verdict::Moved; 7]);
    assert_eq!(shown["state"], "finished");
    assert_eq!(shown["flags"], json!(["captions", "title"]));
    assert_eq!(shown["findings"], json!({ "error": 0, "warning": 0, "info": 0 }));
}

/// 4 for each resolution, the same to the byte: in a row it is a copy, and after 3 it changes nothing.
#[test]
fn resolutions_are_told_one_by_one() {
    let (shown, verdicts) = after(&[0, 1, 2, 4, 4, 9, 4, 3, 4]);
    assert_eq!(
        (verdicts[4], verdicts[6], verdicts[8]),
        (Verdict::Duplicate, Verdict::Stayed, Verdict::Stayed)
    );
    assert_eq!(shown["state"], "finished");
    assert_eq!(shown["findings"]["error"], 0, "{shown}");
}

/// There is no time: what comes late is a step back, and is not believed. Encoding anew is none.
#[test]
fn what_comes_late_is_a_step_back() {
    let (shown, verdicts) = after(&[0, 1, 4, 2, 3]);
    assert_eq!((&shown["state"], verdicts[3]), (&json!("finished"), Verdict::Illegal));
    let (shown, verdicts) = after(&[0, 1, 2, 3, 0, 1, 2, 5]);
    assert_eq!((&shown["state"], verdicts[4]), (&json!("failed"), Verdict::Moved));
    assert_eq!(shown["findings"]["error"], 0, "{shown}");
}

/// A number that is not known yet is Bunny's all the same; a number by itself is nobody's.
#[test]
fn new_numbers_are_unknown_kinds() {
    let reading = read(&body(12));
    assert_eq!(reading.provider, Some("bunny"));
    let told = reading.errors.iter().map(|error| Finding::unreadable(error, 1).code);
    let unknown = reading.events.iter().all(|placed| placed.event.name(placed.lifecycle) == "12");
    assert!(unknown && told.clone().all(|code| code == Code::UnknownKind), "{:?}", reading.errors);
    assert_eq!(reading.events.len() + told.count(), 1);
    assert_eq!(read(r#"{"VideoGuid":"v1","Status":3}"#).provider, None);
}

/// A value that Python's `hmac` computed, of the raw body in hex, as the page has it.
#[cfg(feature = "signature")]
#[test]
fn the_definition_signs_as_bunny_does() {
    let bunny = Catalog::builtin().provider("bunny").unwrap();
    let time = Timestamp::from_epoch(1_767_225_600).unwrap();
    let request = Request::new("", br#"{"type":"video.asset.ready","id":"e1"}"#, "", time);
    let signed = bunny.scheme().sign("secret", &request).unwrap();
    let value = "3c295a54140d51c10dab798ca1e3b48d5480c810fd07fe14bf0d0f32799782de";
    assert_eq!(signed, [("X-BunnyStream-Signature".to_owned(), value.to_owned())]);
}
