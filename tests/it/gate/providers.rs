use super::*;

/// Every configuration that `docs/providers.md` shows is one, and each platform has one.
#[test]
fn the_configurations_of_the_page_are_right() {
    let page = std::fs::read_to_string("docs/providers.md").unwrap();
    let secret = |name: &str| (!name.starts_with("MEDIAFOLD_")).then(|| format!("{name}-5ecret"));
    let folder = tempfile::tempdir().unwrap();
    let mut shown = std::collections::BTreeSet::new();
    for block in page.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        if !text.contains("[sources.") {
            continue;
        }
        let path = folder.path().join("mediafold.toml");
        std::fs::write(&path, text).unwrap();
        let config = load_with(&path, &secret);
        let config = config.unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert!(!config.to_string().contains("5ecret"), "{config}");
        let names = text.lines().filter_map(|line| line.strip_prefix("provider"));
        shown.extend(names.filter_map(|rest| rest.split('"').nth(1)).map(str::to_owned));
    }
    for provider in Catalog::builtin().providers() {
        let is_of_a_seed = ["fastpix", "vms"].contains(&provider.name());
        assert!(is_of_a_seed || shown.contains(provider.name()), "{}", provider.name());
    }
}
