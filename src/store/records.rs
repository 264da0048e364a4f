//! Deliveries as lines of a file: how they are written, and what a document of a file says of one.

use std::{collections::HashMap, io};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    digests::DeliveryRow,
    incoming::{Incoming, Named, Origin},
};
use crate::{
    event::{
        Delivery, Headers, Reader, from_base64,
        record::{headers_of, is_record, is_record_without_body, query_of},
        time_of,
    },
    json::Json,
    lifecycle::Catalog,
    time::Timestamp,
};

/// Digits of a store's id.
const ID_LEN: usize = 32;

/// The record of a delivery, as the reader of files understands it.
#[derive(Debug, Serialize)]
struct Record<'a> {
    /// The id of the store that it was stored in first, and its number there.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<i64>,
    source: &'a str,
    provider: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    /// A body that is not UTF-8, which JSON cannot hold as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

/// The line of a delivery that has its body.
pub(super) fn line_of(row: &DeliveryRow<'_>, body: &[u8]) -> io::Result<Vec<u8>> {
    let text = std::str::from_utf8(body).ok();
    // A store of the first version has no id.
    let origin = Some(row.origin).filter(|id| !id.is_empty());
    let time = Timestamp::from_nanos(row.received_at);
    let record = Record {
        origin,
        delivery: origin.map(|_| row.number.unwrap_or(row.delivery)),
        source: row.source,
        provider: row.provider,
        // By a broken clock it is left out.
        received_at: (row.received_at > 0).then(|| time.to_string()),
        content_type: row.content_type,
        headers: row.headers.and_then(|text| serde_json::from_str(text).ok()),
        query: row.query,
        body: text,
        body_base64: text.is_none().then(|| STANDARD.encode(body)),
    };
    let mut line = serde_json::to_vec(&record)?;
    line.push(b'\n');
    Ok(line)
}

/// The delivery that a document is the record of, or the body of: from this provider, or from the one that the document
/// is recognised to be from, as when it is folded.
///
/// # Errors
/// It cannot be stored; why not.
pub(super) fn incoming_of(
    catalog: &Catalog,
    document: &[u8],
    provider: Option<&str>,
) -> Result<(Incoming, Option<Origin>), String> {
    let sender = |delivery: &Delivery<'_>| match provider {
        Some(provider) => Ok(provider.to_owned()),
        None => {
            let sender = Reader::new(catalog).sender_of(delivery).map(str::to_owned);
            sender.map_err(|error| format!("it cannot be told who sent it: {error}"))
        }
    };
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document).trim_ascii();
    let json: Json<'_> = serde_json::from_slice(text).unwrap_or(Json::Null);
    if is_record_without_body(&json) {
        return Err("the record of a delivery has no `body`".to_owned());
    }
    if !is_record(&json) {
        let provider = sender(&Delivery::new(document, 0))?;
        let incoming = Incoming {
            source: provider.clone(),
            provider,
            received_at: Timestamp::from_nanos(0),
            content_type: None,
            headers: Headers::default(),
            query: None,
            body: document.to_vec(),
        };
        return Ok((incoming, None));
    }
    let text_of = |name| match json.get(name) {
        Some(Json::String(text)) => Some(text.clone().into_owned()),
        _ => None,
    };
    let body = body_of(&json, text)?;
    let named = Named::of(catalog);
    let headers = headers_of(&json).map(|all| named.headers(all.iter())).unwrap_or_default();
    let query = query_of(&json).and_then(|query| named.query(&query));
    let told = json.get("provider").filter(|name| **name != Json::Null);
    let provider = match told {
        Some(Json::String(name)) => name.clone().into_owned(),
        Some(name) => name.to_string(),
        None => {
            let delivery = Delivery::new(&body, 0).with_headers(&headers);
            sender(&match &query {
                Some(query) => delivery.with_query(query),
                None => delivery,
            })?
        }
    };
    // A time that is none is left out, as when the record is folded.
    let received_at = json.get("received_at").and_then(|time| time_of(time, None).ok());
    let incoming = Incoming {
        source: text_of("source").unwrap_or_else(|| provider.clone()),
        provider,
        received_at: received_at.unwrap_or(Timestamp::from_nanos(0)),
        content_type: text_of("content_type"),
        headers,
        query,
        body,
    };
    Ok((incoming, origin_of(&json)))
}

/// The body of a record, to the byte as it stands in this text.
fn body_of(record: &Json<'_>, text: &[u8]) -> Result<Vec<u8>, String> {
    match (record.get("body"), record.get("body_base64")) {
        (Some(Json::String(body)), _) => Ok(body.as_bytes().to_vec()),
        (None | Some(Json::Null), Some(Json::String(base64))) => from_base64(base64),
        _ => {
            let members: HashMap<String, &RawValue> =
                serde_json::from_slice(text).map_err(|error| error.to_string())?;
            Ok(members.get("body").map_or_else(Vec::new, |body| body.get().as_bytes().to_vec()))
        }
    }
}

/// Where the record says that its delivery was stored first; members of these names that others write say nothing.
fn origin_of(record: &Json<'_>) -> Option<Origin> {
    let Some(Json::String(store)) = record.get("origin") else { return None };
    let Some(Json::Number(number)) = record.get("delivery") else { return None };
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_id = store.len() == ID_LEN && store.bytes().all(digit);
    let number = number.as_i64().filter(|number| is_id && *number > 0)?;
    Some(Origin { store: store.clone().into_owned(), number })
}
