//! Where changes come from.

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde::Deserialize;
use serde_json::value::RawValue;
use ureq::{Agent, Body, http::Response};

use crate::{
    cli::{CliError, output},
    shown::harmless,
    store::Store,
};

/// Changes that are asked for at a time.
const LIMIT: usize = 100;
/// How long a server waits for a change, in seconds.
const WAIT: u64 = 30;
/// How often a store is asked.
const LOOK: Duration = Duration::from_millis(500);
/// How long it takes at most until a server that does not answer is asked again, in seconds.
const AGAIN_MAX: u64 = 30;
/// Answers are read no further than this, in bytes.
const ANSWER_LEN_MAX: u64 = 64 << 20;

/// A change of an asset's state.
#[derive(Debug, Deserialize)]
pub(super) struct FollowedChange {
    pub(super) seq: u64,
    pub(super) entity: String,
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) at: Option<String>,
    pub(super) recorded_at: String,
    pub(super) delivery: Option<u64>,
    pub(super) cause: String,
    /// As it came, in one line.
    #[serde(skip)]
    pub(super) json: String,
}

impl FollowedChange {
    fn of(json: String) -> serde_json::Result<Self> {
        Ok(Self { json: json.clone(), ..serde_json::from_str(&json)? })
    }
}

/// Changes, and the number after which the next ones are asked for.
#[derive(Debug, Default)]
pub(super) struct ChangePage {
    pub(super) changes: Vec<FollowedChange>,
    pub(super) next: u64,
}

/// What a server answers.
#[derive(Deserialize)]
struct ChangesAnswer<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
    next: u64,
    seq: u64,
}

/// What is wrong with a question.
#[derive(Deserialize)]
struct ProblemAnswer {
    detail: String,
}

pub(super) enum Upstream {
    Store { path: PathBuf, once: bool },
    Server(Server),
}

pub(super) struct Server {
    agent: Agent,
    url: String,
    token: String,
    once: bool,
    /// It has answered before, so that it is asked again when it does not.
    heard: bool,
}

/// Why a server gave no changes.
enum Refusal {
    /// It may give them later.
    Later(String, Option<u64>),
    Never(CliError),
}

impl Upstream {
    pub(super) fn open(from: &str, token: Option<&Path>, once: bool) -> Result<Self, CliError> {
        if !from.starts_with("http://") && !from.starts_with("https://") {
            return Ok(Self::Store { path: from.into(), once });
        }
        let token = match token {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| CliError::Read { path: path.to_owned(), source })?,
            None => {
                let set = std::env::var_os("MEDIAFOLD_TOKEN");
                set.and_then(|token| token.into_string().ok()).ok_or_else(|| {
                    CliError::usage(
                        "a server wants its token: set MEDIAFOLD_TOKEN, or add `--token-file FILE`",
                    )
                })?
            }
        };
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(2 * WAIT)))
            .http_status_as_error(false)
            // Nobody else is to get the token.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("mediafold/", env!("CARGO_PKG_VERSION")));
        let url = format!("{}/api/changes", from.trim_end_matches('/'));
        let token = token.trim().to_owned();
        Ok(Self::Server(Server { agent: config.build().into(), url, token, once, heard: false }))
    }

    /// The number of the last change.
    pub(super) fn last(&mut self) -> Result<u64, CliError> {
        match self {
            Self::Store { path, .. } => Ok(Store::changes_in(path, 0, 0)?.1),
            Self::Server(server) => Ok(server.ask(0, 1, 0)?.1),
        }
    }

    /// The changes after this one; if there are none they are waited for, for a while.
    pub(super) fn changes(&mut self, after: u64) -> Result<ChangePage, CliError> {
        match self {
            Self::Store { path, once } => {
                let (changes, last) = Store::changes_in(&*path, after, LIMIT)?;
                if after > last {
                    return Err(CliError::usage(format!(
                        "this store has given no change {after}: it was replaced, or restored; begin anew, from its assets"
                    )));
                }
                if changes.is_empty() && !*once {
                    wait(LOOK);
                }
                let next = changes.last().map_or(after, |change| change.seq);
                let json = changes
                    .iter()
                    .map(|own| serde_json::to_string(own).and_then(FollowedChange::of));
                let changes = json.collect::<serde_json::Result<_>>().map_err(CliError::usage)?;
                Ok(ChangePage { changes, next })
            }
            Self::Server(server) => {
                let seconds = if server.once { 0 } else { WAIT };
                server.ask(after, LIMIT, seconds).map(|(page, _)| page)
            }
        }
    }
}

impl Server {
    /// The changes after this one and the number of the last. One that has answered before is asked until it does again.
    fn ask(
        &mut self,
        after: u64,
        limit: usize,
        seconds: u64,
    ) -> Result<(ChangePage, u64), CliError> {
        let mut pause = 1;
        loop {
            match self.ask_once(after, limit, seconds) {
                Ok(answer) => {
                    self.heard = true;
                    return Ok(answer);
                }
                Err(Refusal::Later(reason, after)) if self.heard => {
                    let seconds = after.unwrap_or(pause).clamp(1, AGAIN_MAX);
                    output::note(&format!(
                        "note: {}; asked again in {seconds} s",
                        harmless(&reason)
                    ));
                    wait(Duration::from_secs(seconds));
                    pause = (pause * 2).min(AGAIN_MAX);
                }
                Err(Refusal::Later(reason, _)) => return Err(CliError::usage(harmless(&reason))),
                Err(Refusal::Never(error)) => return Err(error),
            }
        }
    }

    fn ask_once(
        &self,
        after: u64,
        limit: usize,
        seconds: u64,
    ) -> Result<(ChangePage, u64), Refusal> {
        let url = format!("{}?after={after}&limit={limit}&wait={seconds}", self.url);
        let later = |error: &dyn std::fmt::Display| {
            Refusal::Later(format!("`{}` does not answer: {error}", self.url), None)
        };
        let asked = self.agent.get(&url).header("Authorization", format!("Bearer {}", self.token));
        let mut answer = asked.call().map_err(|error| later(&error))?;
        let status = answer.status().as_u16();
        let body = body(&mut answer).map_err(|error| later(&error))?;
        if status == 200 {
            return page(&body).map_err(|error| {
                let what = format!("`{}` answers with what are no changes: {error}", self.url);
                Refusal::Never(CliError::usage(what))
            });
        }
        let told = serde_json::from_slice::<ProblemAnswer>(&body).map(|problem| problem.detail);
        let told = told.map(|detail| format!(": {}", harmless(&detail))).unwrap_or_default();
        let told = format!("`{}` answers {status}{told}", self.url);
        let header = answer.headers().get("retry-after");
        let again = header.and_then(|value| value.to_str().ok()?.parse().ok());
        match status {
            429 | 500..=599 => Err(Refusal::Later(told, again)),
            401 => Err(Refusal::Never(CliError::usage(format!(
                "{told}\nthe token is what MEDIAFOLD_TOKEN says, or `--token-file FILE`"
            )))),
            409 => {
                Err(Refusal::Never(CliError::usage(format!("{told}\nbegin anew, from the assets"))))
            }
            _ => Err(Refusal::Never(CliError::usage(told))),
        }
    }
}

fn body(answer: &mut Response<Body>) -> Result<Vec<u8>, ureq::Error> {
    answer.body_mut().with_config().limit(ANSWER_LEN_MAX).read_to_vec()
}

fn page(body: &[u8]) -> serde_json::Result<(ChangePage, u64)> {
    let answer: ChangesAnswer<'_> = serde_json::from_slice(body)?;
    let changes =
        answer.items.iter().map(|item| FollowedChange::of(item.get().replace(['\n', '\r'], " ")));
    let changes = changes.collect::<serde_json::Result<_>>()?;
    Ok((ChangePage { changes, next: answer.next }, answer.seq))
}

fn wait(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "there is nothing to do until then")]
    thread::sleep(time);
}
