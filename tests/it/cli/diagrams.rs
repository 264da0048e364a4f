use std::{fs, path::Path};

use super::{mediafold, stdout};
use crate::golden;

/// What a diagram is written in is asked for, or told by the name of its file; never guessed.
#[test]
fn the_name_of_a_file_tells_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let draw = |name: &str| {
        let path = folder.path().join(name);
        let drawn = mediafold(&["diagram", "fastpix/upload", "-o", path.to_str().unwrap()]);
        (drawn.status.code(), fs::read(path).unwrap_or_default())
    };
    for (name, begins) in [
        ("a.svg", &b"<svg "[..]),
        ("a.png", b"\x89PNG\r\n"),
        ("a.mmd", b"---\ntitle"),
        ("a.gv", b"digraph"),
        ("a.json", b"{"),
        ("a.scxml", b"<?xml"),
        ("a", b"---\ntitle"),
    ] {
        let (code, bytes) = draw(name);
        assert!(code == Some(0) && bytes.starts_with(begins), "{name}: {code:?}");
    }
    assert_eq!(draw("a.pdf"), (Some(2), Vec::new()));
    let machine = ["diagram", "fastpix/upload", "--format", "scxml", "--asset", "a"];
    assert_eq!(mediafold(&machine).status.code(), Some(2), "a machine has no asset on it");
}

/// The pictures under `docs/diagrams/` are what the command draws.
#[test]
fn the_pictures_of_the_docs_are_current() {
    let mut pictures = String::new();
    for lifecycle in mediafold::Catalog::builtin().lifecycles() {
        let (entity, title) = (lifecycle.entity(), lifecycle.title());
        let name = entity.replace('/', "_");
        for format in ["svg", "mermaid"] {
            let drawn = mediafold(&["diagram", entity, "--format", format]);
            golden::check_at(
                &Path::new("docs/diagrams").join(format!("{name}.{format}")),
                &stdout(&drawn),
            );
        }
        pictures += &format!(
            "\n## {title}\n\n`{entity}`, as [Mermaid]({name}.mermaid) too.\n\n![{title}]({name}.svg)\n"
        );
    }
    let page = format!(
        "# The built-in lifecycles\n\nDrawn by `mediafold diagram ENTITY -o FILE.svg`; `UPDATE=1 cargo test` draws them anew.\n{pictures}"
    );
    golden::check_at(Path::new("docs/diagrams/README.md"), &page);
    let stream = "tests/data/samples/mux.jsonl";
    #[rustfmt::skip]
    let path = mediafold(&[
        "diagram", "mux/live_stream", "--observed", stream, "--asset", "Ls05dawn3hJ7", "--format", "svg",
    ]);
    golden::check_at(Path::new("docs/diagrams/path.svg"), &stdout(&path));
}
