use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueHint};
use indicatif::ProgressBar;

use super::{
    CliError,
    exit::Exit,
    files::{open, paths},
    output,
};
use crate::{
    bulk::Documents,
    discover::Discovery,
    shown::{harmless, plural},
};

/// Limit on the unreadable documents that are named.
const REFUSED_SHOWN_MAX: usize = 10;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold init acme --from captured.jsonl
  mediafold init acme --from hooks/ --into mine/
  mediafold lint mine/ && mediafold fold --definitions mine/ captured.jsonl

Bodies as they came, or records {\"provider\":…,\"received_at\":…,\"headers\":{…},\"body\":…}. What it writes passes `lint`,
and says in comments what it rests on and what is uncertain. It writes over no file.")]
pub(super) struct Init {
    /// What the provider is to be called
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
    /// Files or folders of what it sent; `-` is standard input
    #[arg(long, value_name = "FILE", required = true, num_args = 1.., value_hint = ValueHint::AnyPath)]
    from: Vec<PathBuf>,
    /// The folder to write to; NAME if absent
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    into: Option<PathBuf>,
}

fn name(text: &str) -> Result<String, String> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match !text.is_empty() && text.len() <= 64 && text.bytes().all(letter) {
        true => Ok(text.to_owned()),
        false => Err("expected letters, digits, `-` and `_`".to_owned()),
    }
}

impl Init {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        let folder = self.into.unwrap_or_else(|| PathBuf::from(&self.name));
        let (paths, exit) = paths(&self.from)?;
        let mut discovery = Discovery::default();
        let mut refused = 0_u64;
        for path in paths {
            let read = |source| CliError::Read { path: path.clone(), source };
            let input = open(&path, &ProgressBar::hidden()).map_err(read)?;
            let mut documents = Documents::new(input.stream);
            while let Some(document) = documents.next_document().map_err(read)? {
                let body = document.body.map_err(|error| error.to_string());
                if let Err(reason) = body.and_then(|body| discovery.add(body)) {
                    refused += 1;
                    if refused <= REFUSED_SHOWN_MAX as u64 {
                        let (path, reason) = (path.display(), harmless(&reason));
                        output::note(&format!("not read: {path}:{}: {reason}", document.line));
                    }
                }
            }
        }
        let draft = discovery.draft(&self.name).map_err(CliError::usage)?;
        write_new(&folder, &draft.files)?;
        let mut text = format!("{}\n", plural(draft.payloads as u64, "payload"));
        for (what, found) in &draft.found {
            text += &format!("{what:<9} {}\n", harmless(found));
        }
        for (name, _) in &draft.files {
            text += &format!("wrote {}\n", folder.join(name).display());
        }
        let shown = folder.display();
        text += &format!(
            "next: read the comments, then `mediafold lint {shown}` and `mediafold check --definitions {shown} FILE`\n"
        );
        output::write_all(text.as_bytes())?;
        Ok(exit.max(Exit::found(refused > 0)).into())
    }
}

/// Writes all files, or none if one of them is there.
pub(super) fn write_new(
    folder: &Path,
    files: &[(impl AsRef<Path>, impl AsRef<[u8]>)],
) -> Result<(), CliError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CliError::Write { path, source }
    };
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        let path = folder.join(name);
        return Err(CliError::usage(format!("`{}` is there already", path.display())));
    }
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, text) in files {
        let path = folder.join(name);
        let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        made.and_then(|mut file| file.write_all(text.as_ref())).map_err(failed(&path))?;
    }
    Ok(())
}
