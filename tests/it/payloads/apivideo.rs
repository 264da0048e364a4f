//! api.video: what goes wrong in its real streams, and what is made of it.

use mediafold::Verdict;
#[cfg(feature = "signature")]
use mediafold::{Catalog, Timestamp, signature::Request};
use serde_json::json;

use super::{folded, one};

fn quality(encoding: &str, quality: &str, second: u32) -> String {
    let at = format!("2026-03-02T10:00:{second:02}+01:00");
    json!({
        "type": "video.encoding.quality.completed", "emittedAt": at, "videoId": "v1",
        "encoding": encoding, "quality": quality,
    })
    .to_string()
}

fn live(what: &str, second: u32) -> String {
    let kind = format!("live-stream.broadcast.{what}");
    let at = format!("2026-03-02T09:00:{second:02}+00:00");
    json!({ "type": kind, "emittedAt": at, "liveStreamId": "l1" }).to_string()
}

/// Which qualities are there is no matter of order: not of the order in which they came, and not of their times.
#[test]
fn qualities_come_in_any_order() {
    let all = [("hls", "240p", 1), ("hls", "360p", 4), ("hls", "720p", 9), ("mp4", "720p", 9)];
    let events = all.map(|(encoding, height, second)| one(&quality(encoding, height, second)));
    let mut backwards = events.to_vec();
    backwards.reverse();
    for events in [events.to_vec(), backwards] {
        let (shown, _) = folded(&events);
        assert_eq!(shown["state"], "playable");
        assert_eq!(shown["flags"], json!(["mp4", "hls_240p", "hls_360p", "hls_720p"]), "{shown}");
        assert_eq!(shown["findings"], json!({ "error": 0, "warning": 0, "info": 0 }), "{shown}");
    }
}

/// The MP4 file alone plays nowhere yet.
#[test]
fn a_file_is_not_playable_before_a_quality_is() {
    let (shown, verdicts) = folded(&[one(&quality("mp4", "720p", 1))]);
    assert_eq!((&shown["state"], verdicts[0]), (&json!("processing"), Verdict::Moved));
    let events = [one(&quality("mp4", "720p", 1)), one(&quality("hls", "240p", 3))];
    let (shown, _) = folded(&events);
    assert_eq!(shown["state"], "playable");
    assert_eq!(shown["flags"], json!(["mp4", "hls_240p"]));
}

/// Without an id of its own an event is told by what it says: two of one second are two, and one of them twice is a copy.
#[test]
fn two_of_one_second_are_two() {
    let (low, high) = (one(&quality("hls", "240p", 1)), one(&quality("hls", "360p", 1)));
    let unknown = [one(&quality("hls", "1440p", 1)), one(&quality("hls", "4320p", 1))];
    let events = [&[low.clone(), high, low], &unknown[..]].concat();
    let (shown, verdicts) = folded(&events);
    assert_eq!(verdicts[2], Verdict::Duplicate);
    assert_eq!((&shown["events"], &shown["duplicates"]), (&json!(4), &json!(1)), "{shown}");
    assert_eq!(shown["findings"]["error"], 0, "{shown}");
}

/// A short break, of which retries swap the two ends; and one whose end was never heard.
#[test]
fn a_broadcast_that_breaks_is_on_air_again() {
    let (start, end, again) =
        (one(&live("started", 0)), one(&live("ended", 30)), one(&live("started", 33)));
    let (shown, _) = folded(&[start.clone(), again.clone(), end]);
    assert_eq!((&shown["state"], &shown["late"]), (&json!("live"), &json!(1)));
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
    let (shown, verdicts) = folded(&[start, again]);
    assert_eq!((&shown["state"], verdicts[1]), (&json!("live"), Verdict::Gap));
}

/// The call that api.video's page gives to try a listener with.
#[cfg(feature = "signature")]
#[test]
fn the_definition_signs_as_api_video_does() {
    let apivideo = Catalog::builtin().provider("apivideo").unwrap();
    let body = br#"{"type":"video.encoding.quality.completed","emittedAt":"2021-01-29T15:46:25.217Z","videoId":"vi0000000000000000000000","liveStreamId":"li0000000000000000000000","encoding":"hls","quality":"720p"}"#;
    let request = Request::new("", body, "", Timestamp::from_epoch(1_611_935_185).unwrap());
    let signed = apivideo.scheme().sign("sig_sec_0000000000000000000000", &request).unwrap();
    let value = "27a77d3a7fc626854886b5dbfae4e32c8b0170c1ea1b714c91ba77f1e7774e8c";
    assert_eq!(signed, [("X-Api-Video-Signature".to_owned(), value.to_owned())]);
}
