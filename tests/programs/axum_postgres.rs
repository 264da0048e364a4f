//! An endpoint of one's own: axum takes Mux's webhooks, Postgres keeps a row for each asset.
//!
//! ```console
//! $ createdb media
//! $ DATABASE_URL='host=localhost dbname=media user=postgres' MUX_WEBHOOK_SECRET=… cargo run --example axum_postgres
//! ```
//!
//! The column `fold` is the asset as [`Asset::save`] writes it, `status` what the application looks at. Two requests
//! may take webhooks of one asset at once: whoever writes second finds another `version`, and merges.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own"
)]

use std::{env, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use mediafold::{
    Asset, Catalog, Delivery, Reader, Timestamp,
    event::Placed,
    signature::{Received, Secret, Verifier},
    step,
};
use tokio_postgres::{Client, NoTls};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS media (
    entity text, id text, status text NOT NULL, fold text NOT NULL, version bigint NOT NULL,
    PRIMARY KEY (entity, id))";

struct Endpoint {
    verifier: Verifier,
    database: Client,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mux = Catalog::builtin().provider("mux").ok_or("Mux is built in")?;
    let secret = Secret::new(env::var("MUX_WEBHOOK_SECRET")?);
    let verifier = Verifier::new(mux.scheme().clone(), &[secret])?;
    let (database, connection) = tokio_postgres::connect(&env::var("DATABASE_URL")?, NoTls).await?;
    tokio::spawn(connection);
    database.batch_execute(TABLE).await?;
    let endpoint = Arc::new(Endpoint { verifier, database });
    let routes = Router::new().route("/hooks/mux", post(receive)).with_state(endpoint);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, routes).await?)
}

async fn receive(
    State(endpoint): State<Arc<Endpoint>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let named: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let received = Received::new("https://example.com/hooks/mux", &named, &body);
    let Ok(now) = Timestamp::try_from(std::time::SystemTime::now()) else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    if endpoint.verifier.verify(&received, now).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let events = Reader::new(Catalog::builtin()).read(&Delivery::new(&body, 1)).events;
    for placed in events {
        if let Err(error) = keep(&endpoint.database, &placed).await {
            eprintln!("{}/{}: {error}", placed.lifecycle.entity(), placed.asset);
            // Mux sends it again.
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    StatusCode::OK
}

/// Steps the row of an asset, until nobody else has written it meanwhile.
async fn keep(database: &Client, placed: &Placed<'_>) -> Result<(), Failure> {
    let (lifecycle, entity, id) = (placed.lifecycle, placed.lifecycle.entity(), &*placed.asset);
    let mut ours: Option<Asset> = None;
    loop {
        let select = "SELECT fold, version FROM media WHERE entity = $1 AND id = $2";
        let row = database.query_opt(select, &[&entity, &id]).await?;
        let (mut asset, version) = match &row {
            Some(row) => (Asset::load(lifecycle, row.get(0))?, row.get::<_, i64>(1)),
            None => (Asset::new(id), 0),
        };
        let changed = match &ours {
            None => step(lifecycle, &mut asset, &placed.event).changed(),
            Some(ours) => asset.merge(lifecycle, ours)?.changed(),
        };
        asset.bound(lifecycle, 64, None);
        let (status, fold) = (&asset.state(lifecycle).name, asset.save(lifecycle));
        let upsert = "INSERT INTO media VALUES ($1, $2, $3, $4, 1)
            ON CONFLICT (entity, id) DO UPDATE SET status = $3, fold = $4, version = media.version + 1
            WHERE media.version = $5";
        if database.execute(upsert, &[&entity, &id, status, &fold, &version]).await? == 1 {
            if changed {
                println!("{entity}/{id} is {status} now");
            }
            return Ok(());
        }
        ours = Some(asset);
    }
}
