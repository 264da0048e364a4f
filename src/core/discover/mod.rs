//! A first definition of a platform, from deliveries that it sent: where kinds, ids and times are, and which kinds there
//! are in which order. Bytes in, text out; what is written passes `lint`, and says what it rests on and what is uncertain.
//!
//! `sample` opens deliveries and counts what stands where, `guess` chooses places by that, `mine` finds what followed what,
//! `write` puts it down as TOML.

mod guess;
mod mine;
mod sample;
#[cfg(test)]
mod tests;
mod write;

pub use self::write::quoted;
use self::{guess::Envelope, sample::Samples};
use crate::{
    lifecycle::{Catalog, DefinitionFile},
    shown::plural,
};

/// Files of a definition, and what they rest on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Draft {
    /// Names and texts: the provider's first.
    pub files: Vec<(String, String)>,
    /// Payloads that were looked at.
    pub payloads: usize,
    /// What was found where, for people: a name and what is said of it.
    pub found: Vec<(&'static str, String)>,
}

/// Deliveries to make a draft from, one after the other.
#[derive(Debug, Default)]
pub struct Discovery(Samples);

impl Discovery {
    /// Takes in a document: a body, or the record of a delivery.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn add(&mut self, document: &[u8]) -> Result<(), String> {
        self.0.add(document)
    }

    /// A draft of this provider.
    ///
    /// # Errors
    /// What was not found, without which there is no definition.
    pub fn draft(self, provider: &str) -> Result<Draft, String> {
        let samples = self.0.unwrapped();
        let envelope = Envelope::of(&samples)?;
        let entities = mine::entities(&samples, &envelope)?;
        let mut files =
            vec![("provider.toml".to_owned(), write::provider(provider, &samples, &envelope))];
        for entity in &entities {
            files.push((format!("{}.toml", entity.name), write::entity(provider, entity)));
        }
        let named = |(path, text): &(String, String)| DefinitionFile::new(&**path, &**text);
        let checked: Vec<DefinitionFile> = files.iter().map(named).collect();
        Catalog::with(&checked).map_err(|error| format!("no definition came of it: {error}"))?;
        let mut found = envelope.found();
        for entity in &entities {
            let kinds = plural(entity.rows.len() as u64, "kind");
            let assets = plural(entity.assets as u64, "asset");
            let id = entity.id.join(", ");
            found.push(("entity", format!("{}: id {id}; {kinds}, {assets}", entity.name)));
        }
        Ok(Draft { files, payloads: samples.len(), found })
    }
}
