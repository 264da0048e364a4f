//! Deliveries of a platform that no definition knows, opened as far as that goes without one.

use serde_json::Value;

use super::{
    Headers,
    layer::decoded,
    payload::{RecordedBody, word_of},
    record::{Taken, headers_of, is_record, take_body},
};

/// A body as values, and the headers that its record has.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) body: Value,
    pub(crate) form: bool,
    pub(crate) headers: Headers,
    /// Who sent it, as the record says.
    pub(crate) provider: Option<String>,
}

/// The body of a document: of the record of a delivery, or the document itself.
///
/// # Errors
/// Why it cannot be read.
pub(crate) fn sample(document: &[u8]) -> Result<Sample, String> {
    let mut body = RecordedBody::parse(document).map_err(|error| error.to_string())?;
    let mut headers = Headers::default();
    let mut provider = None;
    let bytes;
    if is_record(&body.json) {
        headers = headers_of(&body.json).unwrap_or_default();
        provider = body.json.get("provider").and_then(word_of);
        body = match take_body(&mut body.json).map_err(|error| error.to_string())? {
            Taken::Bytes(taken) => {
                bytes = taken;
                RecordedBody::parse(&bytes).map_err(|error| error.to_string())?
            }
            Taken::Value(json) => RecordedBody { json, ..body },
        };
    }
    let value = serde_json::to_value(&body.json).map_err(|error| error.to_string())?;
    Ok(Sample { body: value, form: body.form, headers, provider })
}

/// The JSON object or list that a text is, in base64 or as it is.
pub(crate) fn opened(text: &str) -> Option<Value> {
    let decoded = decoded(text);
    let value: Value = serde_json::from_str(decoded.as_deref().unwrap_or(text)).ok()?;
    (value.is_object() || value.is_array()).then_some(value)
}
