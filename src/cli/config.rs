use std::{fmt::Write, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{CliError, completions, output};
use crate::{
    Catalog,
    discover::quoted,
    lifecycle::{Provider, Scheme},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold config fastpix > mediafold.toml
  mediafold config --definitions mine/ acme > mediafold.toml

Set the variables that it names in the environment, then: mediafold check-config mediafold.toml")]
pub(super) struct ConfigToBegin {
    /// Providers that send to it; all of them if none is given
    #[arg(value_name = "PROVIDER", add = completions::providers())]
    providers: Vec<String>,
}

impl ConfigToBegin {
    pub(super) fn run(
        self,
        catalog: &Catalog,
        definitions: &[PathBuf],
    ) -> Result<ExitCode, CliError> {
        let mut providers = Vec::new();
        for name in &self.providers {
            let found = catalog.provider(name);
            let unknown = || CliError::usage(format!("there is no provider `{name}`"));
            providers.push(found.ok_or_else(unknown)?);
        }
        if providers.is_empty() {
            providers.extend(catalog.providers());
        }
        output::write_all(config(&providers, definitions).as_bytes())
    }
}

fn config(providers: &[&Provider], definitions: &[PathBuf]) -> String {
    let mut text = "# What `mediafold serve --config` reads; `mediafold docs configuration` says all of it. A secret may also be a text, or { file = \"…\" }.
listen = \"127.0.0.1:8080\"
data   = \"mediafold.db\"
token  = { env = \"MEDIAFOLD_TOKEN\" }    # whoever has it may ask, and see the page
"
    .to_owned();
    if !definitions.is_empty() {
        let paths = definitions.iter().map(|path| quoted(&path.to_string_lossy()));
        let paths: Vec<String> = paths.collect();
        text += "# Paths are relative to the folder of this file.\n";
        text += &format!("definitions = [{}]\n", paths.join(", "));
    }
    providers.iter().for_each(|provider| source(provider, &mut text));
    text
}

fn source(provider: &Provider, text: &mut String) {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let name: String = provider.name().chars().map(letter).collect();
    let variable = |what: &str| format!("MEDIAFOLD_{}_{what}", name.to_ascii_uppercase());
    let mut line = |line: String| {
        // Writing to a text does not fail.
        let _ = writeln!(text, "{line}");
    };
    let signed = *provider.scheme() != Scheme::None;
    let token = if signed { "" } else { "/TOKEN" };
    line(String::new());
    line(format!("[sources.{name}]"));
    line(format!(
        "provider = {}    # it posts to https://YOUR.HOST/in/{name}{token}",
        quoted(provider.name())
    ));
    match signed {
        true => line(format!(
            "secrets  = [{{ env = \"{}\" }}]    # as the provider shows it",
            variable("SECRET")
        )),
        false => line(format!(
            "path_token = {{ env = \"{}\" }}    # it signs nothing, so the last part of its address is the secret: make one with `openssl rand -hex 32`",
            variable("TOKEN")
        )),
    }
    if matches!(provider.scheme(), Scheme::Twilio { .. }) {
        line(format!(
            "public_url = \"https://YOUR.HOST/in/{name}\"    # to the letter as the provider has it, since it signs it"
        ));
    }
    if provider.asks_for_token() {
        line(format!(
            "verify_token = {{ env = \"{}\" }}    # what you tell it to try the address with",
            variable("VERIFY_TOKEN")
        ));
    }
}
