//! Listening: from a connection's acceptance to its end, and the end of all of them.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener as StdListener},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use hyper::{
    Request, Version, body::Incoming as IncomingBody, header::HOST, http::uri::Authority,
    server::conn::http1, service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tracing::{error, info, warn};

use super::{Config, ConfigError, Gate, Signal, connections::Connection, receive, socket::Socket};

/// The longest head of a request.
const HEAD_MAX: usize = 32 << 10;
/// Connections that wait to be accepted. With the 128 that are usual, a thousand clients at once wait for seconds.
const BACKLOG: u32 = 4096;
/// How long to wait after the machine could not give us a connection.
const PAUSE: Duration = Duration::from_millis(50);
/// Once the end was asked for, a client may keep us waiting for this long: for what was on its way, or for it to take its
/// answer.
const LAST_WAIT: Duration = Duration::from_millis(500);
/// How often it is looked who has.
const LOOK: Duration = Duration::from_millis(100);
/// What a client is told that there is no place for.
const NO_PLACE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Listens on this address. Has to be called within the runtime that [`run`] will be in.
///
/// # Errors
/// The address cannot be had.
pub fn bind(address: SocketAddr) -> io::Result<StdListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that was just ended may be started again at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// Serves the gate and these routes beside it until it is told to end, and then finishes what was accepted.
///
/// At [`Signal::Reload`] it calls `reload` and takes what that gives; where it gives an error, the configuration stays as
/// it was.
///
/// # Errors
/// The listener cannot be used.
pub async fn run(
    listener: StdListener,
    gate: Arc<Gate>,
    beside: Router,
    mut signals: mpsc::Receiver<Signal>,
    reload: impl Fn() -> Result<Config, ConfigError> + Send,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let routes = gate.routes().merge(beside);
    let open = GracefulShutdown::new();
    info!(address = %listener.local_addr()?, "listening");
    loop {
        tokio::select! {
            signal = signals.recv() => match signal {
                Some(Signal::Reload) => match reload() {
                    Ok(config) => gate.reload(config),
                    Err(reason) => {
                        gate.metrics.failed_reloads.inc();
                        error!(%reason, "the configuration stays as it was");
                    }
                },
                Some(Signal::Shutdown) | None => break,
            },
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => accept(&gate, stream, from.ip(), &routes, &open),
                Err(reason) => {
                    // Most likely there are no more file descriptors.
                    warn!(%reason, "a connection could not be accepted");
                    gate.connections.close_one();
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    gate.close();
    info!("shutting down");
    let all = async {
        open.shutdown().await;
        gate.finished().await;
    };
    tokio::select! {
        ended = timeout(gate.limits.shutdown_timeout, all) => if ended.is_err() {
            warn!("ended before all that was accepted was stored");
        },
        () = close_those_that_wait(&gate) => {}
    }
    Ok(())
}

/// Closes, for ever, whoever keeps us waiting too long for the end.
async fn close_those_that_wait(gate: &Gate) {
    sleep(LAST_WAIT).await;
    loop {
        gate.connections.close_those_that_waited(LAST_WAIT);
        sleep(LOOK).await;
    }
}

fn accept(
    gate: &Arc<Gate>,
    stream: TcpStream,
    from: IpAddr,
    routes: &Router,
    open: &GracefulShutdown,
) {
    let Some((connection, anothers)) = gate.connections.admit(gate.peer(from)) else {
        gate.metrics.refused.inc();
        // Whether it takes the answer is up to the client.
        let _ = stream.try_write(NO_PLACE);
        return;
    };
    if anothers {
        gate.metrics.closed_for_others.inc();
    }
    // Without it answers are late, but right.
    let _ = stream.set_nodelay(true);
    let (gate, routes, watcher) = (Arc::clone(gate), routes.clone(), open.watcher());
    let stream = Socket::new(stream);
    connection.looks_at(stream.reads());
    tokio::spawn(async move {
        let Some(tls) = gate.settings().tls.clone() else {
            return serve(&gate, stream, connection, routes, watcher).await;
        };
        let handshake = TlsAcceptor::from(tls).accept(stream);
        tokio::select! {
            shaken = timeout(gate.limits.header_timeout, handshake) => {
                if let Ok(Ok(stream)) = shaken {
                    serve(&gate, stream, connection, routes, watcher).await;
                }
            }
            () = connection.closed() => {}
        }
    });
}

async fn serve(
    gate: &Gate,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connection: Arc<Connection>,
    routes: Router,
    watcher: Watcher,
) {
    let inner = TowerToHyperService::new(routes);
    let own = Arc::clone(&connection);
    let service = service_fn(move |mut request: Request<IncomingBody>| {
        let (own, inner) = (Arc::clone(&own), inner.clone());
        own.works();
        request.extensions_mut().insert(Arc::clone(&own));
        async move {
            let response = match has_one_host(&request) {
                true => hyper::service::Service::call(&inner, request).await,
                false => Ok(receive::without_host()),
            };
            own.answered();
            response
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(gate.limits.header_timeout)
        .max_buf_size(HEAD_MAX)
        // Who sends nothing more may still wait for an answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // What goes wrong with a connection is its client's concern.
        _ = watcher.watch(served) => {}
        () = connection.closed() => {}
    }
}

/// Whether the request names the host that it is for as HTTP wants it: once, or in HTTP/1.0 not at all.
fn has_one_host(request: &Request<IncomingBody>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => {
            let is_host = |text: &[u8]| !text.contains(&b'@') && Authority::try_from(text).is_ok();
            host.is_empty() || is_host(host.as_bytes())
        }
        (Some(_), Some(_)) => false,
    }
}
