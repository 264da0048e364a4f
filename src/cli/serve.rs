use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, ValueHint};

use super::{CliError, check_config, demo, exit::Exit, serving::serve};
use crate::store::{Store, StoreOptions};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold serve --demo                    simulated webhooks, and a page to watch them on
  mediafold check-config mediafold.toml     what it says, and what is wrong with it
  mediafold serve --config mediafold.toml

SIGHUP reads the configuration again; SIGTERM and Ctrl-C end it when all that was accepted is stored.
`mediafold docs configuration` has the configuration, `mediafold docs store` the tables for your own SQL.")]
pub(super) struct Serve {
    /// The configuration
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, default_value = "mediafold.toml")]
    config: PathBuf,
    /// Start with simulated webhooks, in a store that is removed at the end; needs no configuration
    #[arg(long, conflicts_with_all = ["config", "definitions"])]
    demo: bool,
    /// Where the demo listens; without it on a free port of this machine
    #[arg(long, value_name = "ADDRESS", requires = "demo", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

impl Serve {
    pub(super) fn run(self, definitions: &[PathBuf]) -> Result<ExitCode, CliError> {
        if self.demo {
            return demo::run(self.listen);
        }
        let load = || check_config::load(&self.config, definitions);
        let config = match load() {
            Ok(config) => config,
            Err(wrong) => return check_config::refuse(wrong).map(|()| Exit::Failed.into()),
        };
        let options = StoreOptions::default();
        let store = Arc::new(Store::open(&config.data, config.catalog().clone(), options)?);
        serve(config, store, load, |_| Ok(()))?;
        Ok(Exit::Fine.into())
    }
}
