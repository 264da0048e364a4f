//! What is wrong with a question, and what is possible.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::store::StoreError;

/// An answer that is none, as `application/problem+json`.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    parameter: Option<String>,
    possible: Vec<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    possible: &'a [String],
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), parameter: None, possible: Vec::new() }
    }

    /// The value of a parameter is none.
    pub(super) fn of(parameter: &str, detail: impl Into<String>) -> Self {
        let parameter = Some(parameter.to_owned());
        Self { parameter, ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// The value of a parameter is well formed, and there is nothing of that name.
    pub(super) fn none_of(parameter: &str, detail: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::of(parameter, detail) }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// There is no room for whoever asks, or the database failed: it may be asked again.
    pub(super) fn for_now(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    pub(super) fn possible(self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { possible: words.into_iter().map(Into::into).collect(), ..self }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NoCursor) {
            return Self::none_of("cursor", "this is the cursor of no page");
        }
        tracing::error!(reason = %error, "the store could not be asked");
        Self::for_now("the store cannot be asked at the moment")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            parameter: self.parameter.as_deref(),
            possible: &self.possible,
        };
        // Text and numbers only: writing them does not fail.
        let body = serde_json::to_string(&body).unwrap_or_default() + "\n";
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, kind, body).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
