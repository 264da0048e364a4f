use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, ValueHint};

use super::{CliError, check_config};
use crate::{
    Store, StoreOptions,
    server::{self, Accept, Config, ConfigError, Gate},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold check-config mediafold.toml     what it says, and what is wrong with it
  mediafold serve --config mediafold.toml

SIGHUP reads the configuration again; SIGTERM and Ctrl-C end it when all that was accepted is stored.
docs/configuration.md has the configuration, docs/store.md the tables for your own SQL.")]
pub(super) struct Serve {
    /// The configuration
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, default_value = "mediafold.toml")]
    config: PathBuf,
}

impl Serve {
    pub(super) fn run(self, definitions: &[PathBuf]) -> Result<ExitCode, CliError> {
        let load = || check_config::load(&self.config, definitions);
        let config = match load() {
            Ok(config) => config,
            Err(wrong) => return check_config::refuse(wrong),
        };
        let json = !io::stderr().is_terminal();
        let logger = server::logger(&config.log, json, io::stderr);
        tracing::subscriber::set_global_default(logger).map_err(CliError::usage)?;
        let options = StoreOptions::default();
        let store = Arc::new(Store::open(&config.data, config.catalog().clone(), options)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let served = runtime.block_on(serve(config, Arc::clone(&store), load));
        // What still looks for what is overdue has the store too, and the last to let go of it closes it.
        drop(runtime);
        drop(store);
        served?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(
    config: Config,
    store: Arc<Store>,
    load: impl Fn() -> Result<Config, ConfigError> + Send,
) -> Result<(), CliError> {
    let listen = config.listen;
    let clock = server::system_clock();
    let accept: Arc<dyn Accept> = Arc::<Store>::clone(&store);
    let gate = Gate::new(config, accept, clock);
    let refused = |error: io::Error| CliError::usage(format!("cannot listen on {listen}: {error}"));
    let listener = server::bind(listen).map_err(refused)?;
    let signals = server::signals()?;
    let upkeep = tokio::spawn(server::upkeep(Arc::clone(&gate), Arc::clone(&store)));
    let questions = server::ask::routes(Arc::clone(&gate), store);
    let served = server::run(listener, gate, questions, signals, load).await;
    upkeep.abort();
    Ok(served?)
}
