//! Which files of a module import each other in a circle. A folder's own file (`mod.rs`) is its index: what it passes on
//! is looked up where it is defined, and what it defines itself is everybody's.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    house::{module_path, package_of},
    paths::Named,
};

/// The files that import each other, a set for each circle.
pub(super) fn circles(files: &[(PathBuf, String)]) -> BTreeSet<BTreeSet<PathBuf>> {
    let drawing = Drawing::new(files);
    let leads_to: BTreeMap<&Path, BTreeSet<&Path>> =
        drawing.files.values().map(|file| (file.path, drawing.imports(file))).collect();
    let reached: BTreeMap<&Path, BTreeSet<&Path>> =
        leads_to.keys().map(|path| (*path, reached(&leads_to, path))).collect();
    let circle = |path: &Path| -> BTreeSet<PathBuf> {
        let back = reached[path].iter().filter(|other| reached[*other].contains(path));
        back.map(|other| (*other).to_owned()).collect()
    };
    leads_to.keys().map(|path| circle(path)).filter(|circle| !circle.is_empty()).collect()
}

struct File<'a> {
    path: &'a Path,
    named: Named,
}

/// All files by package and module.
struct Drawing<'a> {
    files: BTreeMap<(&'static str, Vec<String>), File<'a>>,
}

impl<'a> Drawing<'a> {
    fn new(files: &'a [(PathBuf, String)]) -> Self {
        let files = files.iter().map(|(path, text)| {
            let module = module_path(path);
            let named = Named::in_file(module.clone(), text);
            ((package_of(path), module), File { path, named })
        });
        Self { files: files.collect() }
    }

    /// The other files of its module that a file imports from.
    fn imports(&self, file: &File<'_>) -> BTreeSet<&'a Path> {
        if is_index(file.path) {
            return BTreeSet::new();
        }
        let package = package_of(file.path);
        let own = module_path(file.path);
        let found = file.named.paths.iter().filter(|path| path.get(1) == own.get(1));
        let found = found.filter_map(|path| self.definer(package, path, 0));
        found.filter(|path| *path != file.path).collect()
    }

    /// The file that defines what a path names, if that is no index.
    fn definer(&self, package: &'static str, path: &[String], depth: usize) -> Option<&'a Path> {
        let module = |len: &usize| self.files.get(&(package, path[..*len].to_vec()));
        let len = (1..=path.len()).rev().find(|len| module(len).is_some())?;
        let file = module(&len)?;
        if !is_index(file.path) {
            return Some(file.path);
        }
        let passed_on = file.named.imports.get(path.get(len)?).filter(|_| depth < 8)?;
        passed_on.iter().find_map(|path| self.definer(package, path, depth + 1))
    }
}

/// What can be reached from a file, itself only in a circle.
fn reached<'a>(
    leads_to: &BTreeMap<&'a Path, BTreeSet<&'a Path>>,
    from: &Path,
) -> BTreeSet<&'a Path> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Path> = leads_to[from].iter().copied().collect();
    while let Some(path) = open.pop() {
        if found.insert(path) {
            open.extend(&leads_to[path]);
        }
    }
    found
}

fn is_index(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "mod.rs" || name == "lib.rs" || name == "main.rs")
}
