//! What the findings mean: docs/findings.md is the one place where that is written.

const FINDINGS: &str = include_str!("../docs/findings.md");

/// The sections on all findings, in Markdown. The first line of each is its title.
pub(crate) fn explanations() -> impl Iterator<Item = &'static str> {
    FINDINGS.split("\n## ").skip(1)
}

/// The section on a finding, by its code or its name.
pub(crate) fn explanation(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let title = |section: &str| section.lines().next().unwrap_or_default().to_lowercase();
    explanations().find(|section| title(section).split_whitespace().any(|word| word == name))
}
