//! The rules of the house as functions of a file's path and text, so that they can be tried on planted violations.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::paths::Named;

/// What only the parts that have files, sockets, threads and a clock may name.
const IMPURE: [&str; 22] = [
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "getrandom",
    "rusqlite",
    "tempfile",
    "tokio",
    "dbg!",
    "eprint!",
    "eprintln!",
    "print!",
    "println!",
];

/// The floors, and where the names at the crate's root come from.
pub(super) struct House {
    pub(super) floors: BTreeMap<String, u32>,
    exports: BTreeMap<String, String>,
}

impl House {
    /// Reads the table of floors of docs/architecture.md, and what the roots of the packages export.
    pub(super) fn new(page: &str, roots: &[String]) -> Self {
        let mut floors = BTreeMap::new();
        for line in page.lines() {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [_, floor, module, ..] = cells[..] else { continue };
            if let Ok(floor) = floor.parse() {
                let name = module.trim_matches('`').trim_end_matches('/').trim_end_matches(".rs");
                assert_eq!(floors.insert(name.to_owned(), floor), None, "{name} is there twice");
            }
        }
        let mut exports = BTreeMap::new();
        let root = || vec!["crate".to_owned()];
        for (name, paths) in roots.iter().flat_map(|it| Named::in_file(root(), it).imports) {
            if let [root, module, ..] = &paths[0][..]
                && root == "crate"
            {
                exports.insert(name, module.clone());
            }
        }
        Self { floors, exports }
    }

    /// The modules above its own that a file names, and names at the crate's root that no module is known of.
    pub(super) fn upwards(&self, path: &Path, text: &str) -> BTreeSet<String> {
        let own = module_of(path);
        let Some(floor) = self.floors.get(&own) else { return BTreeSet::from([own]) };
        let named = Named::in_file(module_path(path), text).paths.into_iter();
        let from_root = named.filter_map(|path| match &path[..] {
            [root, name, ..] if root == "crate" || root == "mediafold" => Some(name.clone()),
            _ => None,
        });
        let modules = from_root.map(|name| self.exports.get(&name).cloned().unwrap_or(name));
        let is_below = |module: &String| self.floors.get(module).is_some_and(|it| it < floor);
        modules.filter(|module| *module != own && !is_below(module)).collect()
    }
}

/// Which of [`IMPURE`] a file names.
pub(super) fn impure(path: &Path, text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // It turns the type into ours; reading the clock is another thing.
    let converts = module_path(path) == ["crate", "time"];
    for path in Named::in_file(module_path(path), text).paths {
        let is_in = |path: &[String], other: &[&str]| path.iter().zip(other).all(|(a, b)| a == b);
        for word in IMPURE {
            let banned: Vec<&str> = word.split("::").collect();
            let is_all = path.last().is_some_and(|last| last == "*")
                && path.len() <= banned.len()
                && is_in(&path[..path.len() - 1], &banned);
            // Where a macro comes from makes no difference.
            let is_macro = path.last().is_some_and(|last| word.ends_with('!') && last == word);
            if converts
                && word.ends_with("::SystemTime")
                && path.get(3).is_none_or(|it| it != "now")
            {
                continue;
            }
            if is_all || is_macro || (path.len() >= banned.len() && is_in(&path, &banned)) {
                found.insert(word.to_owned());
            }
        }
    }
    found
}

/// The module at the top of its package that a file belongs to; the names of both packages' modules differ.
pub(super) fn module_of(path: &Path) -> String {
    module_path(path).get(1).cloned().unwrap_or_default()
}

/// Whether a file is a module of tests.
pub(super) fn is_test(path: &Path) -> bool {
    module_path(path).iter().any(|name| name == "tests")
}

/// The package that a file of src/ belongs to.
pub(super) fn package_of(path: &Path) -> &'static str {
    match path {
        path if path.starts_with("src/core") => "mediafold-core",
        path if path.starts_with("src/bindings/plain") => "mediafold-plain",
        path if path.starts_with("src/bindings/python") => "mediafold-python",
        path if path.starts_with("src/bindings/wasm") => "mediafold-wasm",
        _ => "mediafold",
    }
}

pub(super) fn module_path(path: &Path) -> Vec<String> {
    let mut module = vec!["crate".to_owned()];
    let path = path.strip_prefix("src").expect("it is a file of src/");
    let path = path.strip_prefix("core").unwrap_or(path).with_extension("");
    let names = path.iter().map(|name| name.to_string_lossy().into_owned());
    module.extend(names.filter(|name| name != "mod" && name != "lib"));
    module
}
