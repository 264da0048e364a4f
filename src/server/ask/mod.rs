//! Asking: where assets are, what was found, and the stream of changes that an application consumes instead of raw
//! webhooks. `docs/api.md` shows each route, `openapi.json` says all of them in full.
//!
//! Everything needs the token. The database is asked by threads that are kept for such, a few at a time, and who
//! waits for a change costs no thread: a commit wakes them.

mod changes;
mod deliveries;
#[cfg(feature = "draw")]
mod diagrams;
mod explanations;
mod openapi;
mod overview;
mod problem;
mod query;
mod questions;
mod stream;
mod targets;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use serde::Serialize;
use tokio::sync::{Mutex, Semaphore, watch};

use self::problem::Problem;
use super::{Gate, authorization::bearer};
use crate::store::{Store, StoreError};

/// Questions put to the database at a time; others wait for their turn.
const QUESTIONS_MAX: usize = 4;
/// Clients that may wait for changes at a time; others are told to come again.
const FOLLOWERS_MAX: usize = 256;

/// What is needed to answer.
struct Asking {
    gate: Arc<Gate>,
    store: Arc<Store>,
    /// The number of the last change.
    last: watch::Receiver<u64>,
    /// How many commits there were: more than changes, for not all that is stored changes a state.
    commits: watch::Receiver<u64>,
    /// The last overview.
    latest: Mutex<Option<overview::Made>>,
    questions: Arc<Semaphore>,
    /// Those of the followers, who ask after every commit and must not keep others from asking.
    readings: Arc<Semaphore>,
    followers: Arc<Semaphore>,
}

/// The routes under `/api`, and `/openapi.json`: answers from this store for whom this gate lets ask.
pub fn routes(gate: Arc<Gate>, store: Arc<Store>) -> Router {
    let last = store.follow();
    let (count, commits) = watch::channel(0);
    store.on_commit(move |_| count.send_modify(|commits| *commits += 1));
    let permits = |most| Arc::new(Semaphore::new(most));
    let asking = Arc::new(Asking {
        gate,
        store,
        last,
        commits,
        latest: Mutex::default(),
        questions: permits(QUESTIONS_MAX),
        readings: permits(QUESTIONS_MAX),
        followers: permits(FOLLOWERS_MAX),
    });
    let nothing =
        || async { Problem::not_found("there is nothing here").possible(openapi::paths()) };
    let not_allowed = || async {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "questions are asked with GET")
            .possible(["GET"])
    };
    let router = Router::new()
        .route("/api/assets", get(questions::assets))
        .route("/api/assets/{provider}/{kind}/{id}", get(questions::asset))
        .route("/api/deliveries", get(deliveries::deliveries))
        .route("/api/deliveries/{delivery}", get(deliveries::delivery))
        .route("/api/findings", get(questions::findings))
        .route("/api/explanations", get(explanations::explanations))
        .route("/api/overview", get(overview::overview))
        .route("/api/population", get(questions::population))
        .route("/api/lifecycles", get(questions::lifecycles))
        .route("/api/changes", get(changes::changes))
        .route("/api/targets", get(targets::targets))
        .route("/api/visits", get(questions::visits))
        .route("/openapi.json", get(openapi::description));
    #[cfg(feature = "draw")]
    let router = router.route("/api/diagrams/{provider}/{file}", get(diagrams::diagram));
    router
        .method_not_allowed_fallback(not_allowed)
        .route("/api/{*rest}", any(nothing))
        .layer(middleware::from_fn_with_state(Arc::clone(&asking), guard))
        .with_state(asking)
}

/// Lets in whoever may ask, and says of every answer that it is neither kept nor guessed at.
async fn guard(State(asking): State<Arc<Asking>>, request: Request, next: Next) -> Response {
    let mut response = match asking.gate.may_ask(bearer(request.headers())) {
        true => next.run(request).await,
        false => asking.gate.not_allowed_to_ask(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

impl Asking {
    /// Puts a question to the database, by a thread that may wait for it.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.ask_among(&self.questions, question).await
    }

    async fn ask_among<T: Send + 'static>(
        &self,
        turns: &Arc<Semaphore>,
        question: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let failed = || Problem::for_now("the store cannot be asked at the moment");
        let turn = Arc::clone(turns).acquire_owned().await.map_err(|_| failed())?;
        let store = Arc::clone(&self.store);
        let asked = tokio::task::spawn_blocking(move || {
            let answer = question(&store);
            drop(turn);
            answer
        });
        Ok(asked.await.map_err(|_| failed())??)
    }

    /// The number of the last change. What is asked after this has that change in it.
    fn seq(&self) -> u64 {
        *self.last.borrow()
    }
}

fn json(answer: &impl Serialize) -> Response {
    // Text and numbers only: writing them does not fail.
    json_text(serde_json::to_string(answer).unwrap_or_default())
}

fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text + "\n").into_response()
}
