//! Posts deliveries as their providers do, and measures the answers.

mod outcome;

use std::{
    collections::{BTreeMap, BinaryHeap, VecDeque},
    net::IpAddr,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use clap::{Args, ValueHint};
use ureq::{Agent, RequestBuilder, http::Uri, typestate::WithBody};

use self::outcome::{Seen, SendOutcome};
use super::{CliError, Format, FormatArg, exit::Exit, input::now, interrupt};
use crate::{
    Catalog,
    lifecycle::{Provider, Scheme},
    locks::locked,
    signature::Request,
    simulate::{Post, Templates},
};

/// Answers are read no further than this, in bytes.
const ANSWER_LEN_MAX: u64 = 64 << 10;
/// Whoever waits looks this often whether Ctrl-C was pressed.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
#[command(next_help_heading = "Sending")]
pub(super) struct SendArgs {
    /// Post the deliveries there in place of writing them; {provider} stands for the provider's name
    #[arg(long, value_name = "URL", conflicts_with = "output", value_hint = ValueHint::Url)]
    send: Option<String>,
    /// Sign as the provider does with this secret, or with what stands in FILE for PROVIDER=@FILE
    #[arg(long, value_name = "PROVIDER=SECRET", requires = "send", value_parser = pair)]
    secret: Vec<(String, String)>,
    /// Deliveries a second; default: as fast as they are answered
    #[arg(long, value_name = "N", requires = "send", value_parser = rate)]
    rate: Option<f64>,
    /// Deliveries under way at the same time; with more than one they may overtake each other
    #[arg(long, value_name = "N", requires = "send", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: u16,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", requires = "send", default_value = "10s",
          value_parser = super::simulate::duration)]
    timeout: Duration,
    /// How long a delivery that gets no 2xx is attempted again, where the provider does so
    #[arg(long, value_name = "TIME", requires = "send", default_value = "60s",
          value_parser = super::simulate::duration)]
    give_up: Duration,
    /// Post to this host too; without it only to this machine
    #[arg(long, value_name = "HOST", requires = "send")]
    allow_host: Vec<String>,
    #[command(flatten)]
    format: FormatArg,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (provider, secret) =
        text.split_once('=').ok_or("expected PROVIDER=SECRET or PROVIDER=@FILE")?;
    let secret = match secret.strip_prefix('@') {
        None => secret.to_owned(),
        Some(path) => {
            let text = std::fs::read_to_string(path);
            text.map_err(|error| format!("cannot read `{path}`: {error}"))?.trim().to_owned()
        }
    };
    Ok((provider.to_owned(), secret))
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "expected a number of deliveries a second, such as 50 or 0.5".to_owned())
}

/// Where posts go and how.
pub(super) struct Sender<'a> {
    args: &'a SendArgs,
    url: &'a str,
    templates: &'a Templates,
    schemes: BTreeMap<String, Scheme>,
    queue: Mutex<Queue<'a>>,
    changed: Condvar,
    /// Ctrl-C was pressed.
    stopped: Arc<AtomicBool>,
}

#[derive(Default)]
struct Queue<'c> {
    fresh: VecDeque<Job<'c>>,
    /// Those to be attempted again, the next one first.
    later: BinaryHeap<Job<'c>>,
    open: bool,
    in_flight: usize,
}

struct Job<'c> {
    number: u64,
    post: Post<'c>,
    /// Which attempt it is, from 1.
    attempt: u32,
    due: Instant,
    first: Instant,
}

impl SendArgs {
    /// A sender, if there is to be one.
    pub(super) fn sender<'a>(
        &'a self,
        catalog: &'a Catalog,
        templates: &'a Templates,
    ) -> Result<Option<Sender<'a>>, CliError> {
        let Some(url) = self.send.as_deref() else { return Ok(None) };
        for (name, _) in &self.secret {
            if catalog.provider(name).is_none() {
                return Err(CliError::usage(format!("--secret: there is no provider `{name}`")));
            }
        }
        let mut schemes = BTreeMap::new();
        for provider in catalog.providers() {
            self.reachable(&address(url, provider))?;
            schemes.insert(provider.name().to_owned(), provider.scheme().clone());
        }
        // The second Ctrl-C does not wait for answers.
        let stopped = interrupt::stop();
        let queue = Mutex::new(Queue { open: true, ..Queue::default() });
        let changed = Condvar::new();
        Ok(Some(Sender { args: self, url, templates, schemes, queue, changed, stopped }))
    }

    /// Whether the address is one, and of a host that may be posted to.
    fn reachable(&self, url: &str) -> Result<(), CliError> {
        let wrong = || CliError::usage(format!("`{url}` is no http or https address"));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong());
        }
        let host = uri.host().ok_or_else(wrong)?;
        if is_loopback(host) || self.allow_host.iter().any(|allowed| allowed == host) {
            return Ok(());
        }
        Err(CliError::usage(format!(
            "`{host}` is not this machine; add `--allow-host {host}` if it is to get test traffic"
        )))
    }
}

fn is_loopback(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn address(url: &str, provider: &Provider) -> String {
    url.replace("{provider}", provider.name())
}

impl<'a> Sender<'a> {
    /// Posts everything that `next` gives, in as many threads as asked for.
    pub(super) fn send(
        &self,
        mut next: impl FnMut() -> Result<Option<Post<'a>>, CliError>,
    ) -> Result<Exit, CliError> {
        let begun = instant();
        let mut number = 0;
        let (fed, seen) = std::thread::scope(|scope| {
            let workers: Vec<_> =
                (0..self.args.concurrency).map(|_| scope.spawn(|| self.work())).collect();
            let fed = loop {
                match next() {
                    Ok(None) => break Ok(()),
                    Ok(Some(post)) => match self.feed(post, number, begun) {
                        true => number += 1,
                        false => break Ok(()),
                    },
                    Err(error) => break Err(error),
                }
            };
            self.close();
            (fed, workers.into_iter().map(joined).collect::<Vec<Seen>>())
        });
        fed?;
        let took = begun.elapsed();
        let seen = seen.into_iter().fold(Seen::new(), Seen::with);
        if let Some(error) = seen.failed {
            return Err(error);
        }
        let outcome = SendOutcome::new(number, took, seen);
        outcome.print(Format::or_default(self.args.format.format))?;
        Ok(match self.stopped.load(Ordering::Relaxed) {
            true => Exit::Interrupted,
            false => Exit::found(!outcome.is_complete()),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Queue<'a>> {
        locked(&self.queue)
    }

    /// Waits for the delivery's turn and for room; `false` if there is to be no more.
    fn feed(&self, post: Post<'a>, number: u64, begun: Instant) -> bool {
        let due = match self.args.rate {
            Some(rate) => begun + Duration::from_secs_f64(number as f64 / rate),
            None => begun,
        };
        let room = 2 * usize::from(self.args.concurrency);
        let mut queue = self.lock();
        loop {
            if !queue.open || self.stopped.load(Ordering::Relaxed) {
                return false;
            }
            let early = due.saturating_duration_since(instant());
            if early.is_zero() && queue.fresh.len() < room {
                break;
            }
            queue = self.wait(queue, if early.is_zero() { LOOK } else { early });
        }
        let attempt = post.attempt();
        queue.fresh.push_back(Job { number, post, attempt, due, first: due });
        drop(queue);
        self.changed.notify_all();
        true
    }

    /// Until something changes, and no longer than this.
    fn wait<'q>(
        &self,
        queue: MutexGuard<'q, Queue<'a>>,
        time: Duration,
    ) -> MutexGuard<'q, Queue<'a>> {
        let waited = self.changed.wait_timeout(queue, time.min(LOOK));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn close(&self) {
        self.lock().open = false;
        self.changed.notify_all();
    }

    /// The next request to make; `None` when there will be no more.
    fn take(&self) -> Option<Job<'a>> {
        let mut queue = self.lock();
        loop {
            let now = instant();
            let ready = queue.later.peek().is_some_and(|job| job.due <= now);
            let stopped = self.stopped.load(Ordering::Relaxed);
            let job = match ready {
                _ if stopped => return None,
                true => queue.later.pop(),
                false => queue.fresh.pop_front(),
            };
            if job.is_some() {
                queue.in_flight += 1;
                drop(queue);
                self.changed.notify_all();
                return job;
            }
            if !queue.open && queue.later.is_empty() && queue.in_flight == 0 {
                return None;
            }
            let wait = queue.later.peek().map(|job| job.due.saturating_duration_since(now));
            queue = self.wait(queue, wait.unwrap_or(LOOK));
        }
    }

    fn work(&self) -> Seen {
        let timeout = Some(self.args.timeout);
        let mut config = Agent::config_builder()
            .timeout_global(timeout)
            .http_status_as_error(false)
            // An answer may not lead to another host.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("mediafold/", env!("CARGO_PKG_VERSION")));
        if self.args.allow_host.is_empty() {
            config = config.proxy(None);
        }
        let agent: Agent = config.build().into();
        let mut seen = Seen::new();
        while let Some(job) = self.take() {
            let again = self.attempt(&agent, job, &mut seen);
            let mut queue = self.lock();
            queue.in_flight -= 1;
            queue.later.extend(again);
            if seen.failed.is_some() {
                queue.open = false;
                queue.fresh.clear();
                queue.later.clear();
            }
            drop(queue);
            self.changed.notify_all();
        }
        seen
    }

    /// Makes one request; gives back the delivery if it is to be attempted again.
    fn attempt(&self, agent: &Agent, job: Job<'a>, seen: &mut Seen) -> Option<Job<'a>> {
        let provider = job.post.provider();
        let mut url = address(self.url, provider);
        let query = job.post.query(job.attempt);
        if !query.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&query);
        }
        let body = job.post.body(job.attempt);
        let signed = self.sign(provider, &url, &body, &job);
        let headers = match signed {
            Ok(headers) => headers,
            Err(error) => {
                seen.failed = Some(error);
                return None;
            }
        };
        // What is signed is as the signature has it.
        let mut own = job.post.headers(job.attempt);
        own.retain(|(name, _)| !headers.iter().any(|(its, _)| its.eq_ignore_ascii_case(name)));
        own.extend(headers);
        let request = request(agent, &url, provider, own);
        let begun = match self.args.rate {
            Some(_) => job.due,
            None => instant(),
        };
        let answer = request.send(&body[..]).and_then(|mut answer| {
            answer.body_mut().with_config().limit(ANSWER_LEN_MAX).read_to_vec().map(|_| answer)
        });
        match answer {
            Ok(answer) => {
                seen.answer(answer.status().as_u16(), begun.elapsed());
                if answer.status().is_success() {
                    seen.delivered += 1;
                    return None;
                }
            }
            Err(error) => seen.error(&error),
        }
        let attempts = self.templates.attempts(provider.name());
        let now = instant();
        match attempts.wait_after(job.attempt) {
            Some(wait) if now + wait < job.first + self.args.give_up => {
                Some(Job { attempt: job.attempt + 1, due: now + wait, ..job })
            }
            _ => {
                seen.given_up += 1;
                None
            }
        }
    }

    fn sign(
        &self,
        provider: &Provider,
        url: &str,
        body: &[u8],
        job: &Job<'_>,
    ) -> Result<Vec<(String, String)>, CliError> {
        let name = provider.name();
        let secret = self.args.secret.iter().find(|(own, _)| own == name);
        let (Some((_, secret)), Some(scheme)) = (secret, self.schemes.get(name)) else {
            return Ok(Vec::new());
        };
        let id = format!("msg_{}", job.number);
        let request = Request::new(url, body, &id, now().map_err(CliError::usage)?);
        let signed = scheme.sign(secret, &request);
        signed.map_err(|error| CliError::usage(format!("{name}: {error}")))
    }
}

/// A request as this provider makes it, with these headers; its body is still to come.
pub(super) fn request(
    agent: &Agent,
    url: &str,
    provider: &Provider,
    headers: Vec<(String, String)>,
) -> RequestBuilder<WithBody> {
    let form = if provider.is_form() { "x-www-form-urlencoded" } else { "json" };
    let request = match headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        true => agent.post(url),
        false => agent.post(url).header("Content-Type", format!("application/{form}")),
    };
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

#[expect(clippy::disallowed_methods, reason = "latency and rate are measured by the clock")]
fn instant() -> Instant {
    Instant::now()
}

/// The one due first is the greatest, as a heap has it.
impl Ord for Job<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.due, other.number).cmp(&(self.due, self.number))
    }
}

impl PartialOrd for Job<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Job<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Job<'_> {}

/// What a thread gives; if it panicked, so does this one.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
