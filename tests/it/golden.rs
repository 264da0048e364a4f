//! Golden files: what is printed is compared with a file; `UPDATE=1 cargo test` writes it anew.

use std::{fs, path::Path};

/// Compares with the file below `tests/data/`, and names the first line that differs.
pub(crate) fn check(file: &str, actual: &str) {
    check_at(&Path::new("tests/data").join(file), actual);
}

/// Compares with a file anywhere in the package.
pub(crate) fn check_at(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}; UPDATE=1 writes it", path.display()));
    for (number, (expected, actual)) in (1..).zip(expected.lines().zip(actual.lines())) {
        assert_eq!(expected, actual, "{}:{number}; UPDATE=1 accepts it", path.display());
    }
    assert_eq!(expected, actual, "{}: of other length; UPDATE=1 accepts it", path.display());
}
