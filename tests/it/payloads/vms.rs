use mediafold::{Verdict, event::Placed};
use serde_json::{Value, json};

use super::{folded, merged, one};

/// A VMS payload with these members in place of the usual ones.
fn content(members: &Value) -> Placed<'static> {
    one(&merged(json!({"UniqueId": "u7", "ContentId": 7, "ContentStatus": "READY"}), members))
}

/// What is kept of a content after these payloads.
fn data_of(payloads: &[Value]) -> Value {
    let events: Vec<_> = payloads.iter().map(content).collect();
    folded(&events).0["data"].clone()
}

#[test]
fn content_id_stands_in_for_unique_id() {
    assert_eq!(&*content(&json!({})).asset, "u7");
    assert_eq!(&*content(&json!({"UniqueId": null, "ContentId": 40_211})).asset, "40211");
}

#[test]
fn status_words_in_any_case() {
    for word in ["UPLOAD_FROM_3Party", "UPLOAD_FROM_3PARTY", "upload_from_3party"] {
        let placed = content(&json!({"ContentStatus": word}));
        assert_eq!(placed.event.name(placed.lifecycle), "UPLOAD_FROM_3Party");
        assert_eq!(placed.event.status.as_deref(), Some(word), "as it came");
    }
}

#[test]
fn null_overwrites_nothing() {
    let known = json!({"RefId": "r1", "Name": "Reef", "Links": [{"LinkType": "HLS", "Link": "a"}]});
    for nothing in [json!({"RefId": null, "Name": null, "Links": null}), json!({"Links": []})] {
        let data = data_of(&[known.clone(), nothing]);
        assert_eq!((&data["ref_id"], &data["name"]), (&json!("r1"), &json!("Reef")));
        assert_eq!(data["links"], known["Links"]);
    }
}

/// What makes a link is type, width, height and bitrate; each becomes ready by itself.
#[test]
fn links_are_ready_one_by_one() {
    let link = |kind: &str, size: [Value; 3], ready: bool, address: Value| {
        let [width, height, rate] = size;
        json!({"LinkType": kind, "Width": width, "Height": height, "Bitrate": rate,
            "IsReady": ready, "Link": address})
    };
    let full = || [json!(1920), json!(1080), json!(4200)];
    let half = || [json!(960), json!(540), json!(1100)];
    let none = || [json!(null), json!(null), json!(null)];
    let first = json!({"ContentStatus": "PARTIAL_READY", "Links": [
        link("HLS", none(), false, json!("")),
        link("Progressive", full(), false, json!("")),
        link("Progressive", half(), true, json!("540.mp4")),
    ]});
    let second = json!({"Links": [
        link("Progressive", half(), true, json!(null)),
        link("Progressive", full(), true, json!("1080.mp4")),
    ]});
    let links = data_of(&[first.clone(), second.clone()])["links"].clone();
    let expected = json!([
        link("HLS", none(), false, json!("")),
        link("Progressive", full(), true, json!("1080.mp4")),
        link("Progressive", half(), true, json!("540.mp4")),
    ]);
    assert_eq!(links, expected);
    // Of the HLS link there is only one, so that is what a link without its size must be.
    let third = json!({"Links": [{"LinkType": "HLS", "IsReady": true, "Link": "m3u8"}]});
    let links = data_of(&[first.clone(), second, third])["links"].clone();
    assert_eq!(links[0], link("HLS", none(), true, json!("m3u8")));
    // Of Progressive links there are two, so it is another one.
    let fourth = json!({"Links": [{"LinkType": "Progressive", "IsReady": true, "Link": "x"}]});
    let links = data_of(&[first.clone(), fourth.clone()])["links"].clone();
    assert_eq!(links.as_array().map(Vec::len), Some(4));
    assert_eq!((&links[1], &links[3]), (&first["Links"][1], &fourth["Links"][0]));
    // A size that was not known is learnt.
    let early = json!({"Links": [link("Progressive", none(), false, json!(null))]});
    let late = json!({"Links": [link("Progressive", full(), true, json!("1080.mp4"))]});
    let links = data_of(&[early, late.clone()])["links"].clone();
    assert_eq!(links, late["Links"]);
}

/// The same status with another percentage is news; with the same one it was sent twice.
#[test]
fn percentage_is_progress() {
    let encode =
        |percentage| content(&json!({"ContentStatus": "ENCODE", "Percentage": percentage}));
    let (snapshot, verdicts) = folded(&[encode(42), encode(42), encode(43), encode(42)]);
    assert_eq!(verdicts[1..], [Verdict::Duplicate, Verdict::Stayed, Verdict::Stayed]);
    assert_eq!(snapshot["data"]["progress"], 42, "the order of arrival is all there is");
    assert_eq!((&snapshot["events"], &snapshot["duplicates"]), (&json!(3), &json!(1)));
    // Nor does it prove anything: the page's own READY says 0.
    let ready = folded(&[encode(42), content(&json!({"Percentage": 0}))]).0;
    assert_eq!((&ready["state"], &ready["data"]["progress"]), (&json!("READY"), &json!(0)));
}

/// Two items of one payload are two links, even where nothing in the key tells them apart.
#[test]
fn links_of_one_payload_are_never_one() {
    let link = |list: &str, address: &str| json!({"LinkType": "HLS", "PlaylistType": list, "Link": address});
    let links = json!({"Links": [link("DEFAULT", "a.m3u8"), link("DVR", "b.m3u8")]});
    let again = json!({"Links": links["Links"], "Message": "Sent again."});
    assert_eq!(data_of(&[links.clone(), again])["links"], links["Links"]);
}

/// Null in a link overwrites nothing, and every digit of a number is kept.
#[test]
fn null_in_a_link_overwrites_nothing() {
    let link = |link: &Value| json!({"Links": [link]});
    let known = json!({"LinkType": "HLS", "Width": 1, "Link": "a", "IsReady": true, "Length": 1234.5678901234567});
    let nulls =
        json!({"LinkType": "HLS", "Width": 1, "Link": null, "IsReady": false, "Length": null});
    let links = &data_of(&[link(&known), link(&nulls)])["links"];
    let expected = json!({"LinkType": "HLS", "Width": 1, "Link": "a", "IsReady": false, "Length": 1234.5678901234567});
    assert_eq!(links[0], expected);
    assert!(links[0].to_string().contains("1234.5678901234567"));
}

/// Merging looks at every pair of items, so a list too long for that takes the place of the other.
#[test]
fn long_lists_are_replaced() {
    let links = |from: u32| {
        let link = |number| json!({"LinkType": "HLS", "Bitrate": number, "Link": "x"});
        json!({"Links": (from..from + 20_000).map(link).collect::<Vec<_>>()})
    };
    assert_eq!(data_of(&[links(0), links(20_000)])["links"], links(20_000)["Links"]);
}

/// Lists that come to 500 links together are merged; of one link more only the new ones are kept.
#[test]
fn lists_are_merged_up_to_their_limit() {
    let links = |numbers: std::ops::Range<u32>| {
        let link = |number| json!({"LinkType": "HLS", "Bitrate": number, "Link": "x"});
        numbers.map(link).collect::<Value>()
    };
    let merged = |first: u32, second: u32| {
        let lists = [links(0..first), links(first..first + second)];
        data_of(&lists.map(|list| json!({"Links": list})))["links"].clone()
    };
    for (first, second, kept) in
        [(250, 250, 0..500), (499, 1, 0..500), (250, 251, 250..501), (500, 1, 500..501)]
    {
        assert_eq!(merged(first, second), links(kept), "{first} and {second}");
    }
}

/// A link whose size is another is another link, also where it is the only one.
#[test]
fn links_of_other_sizes_are_others() {
    let link = |height: Value| json!({"LinkType": "HLS", "Height": height, "Link": "x"});
    let merged = |one: Value, other: Value| {
        let links = [link(one), link(other)].map(|link| json!({"Links": [link]}));
        data_of(&links)["links"].as_array().map(Vec::len)
    };
    assert_eq!(merged(json!(540), json!(1080)), Some(2));
    assert_eq!(merged(json!(540), json!(null)), Some(1));
    assert_eq!(merged(json!(null), json!(1080)), Some(1));
}
