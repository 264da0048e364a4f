//! What a finding means: the little Markdown that `docs/findings.md` is written in, as HTML.

use maud::{Markup, PreEscaped, Render, html};

/// The paragraphs and blocks of a section, without its heading. Links to other findings stay links if
/// `linked` has an address for them; of other links only the text is left.
pub(super) fn explanation(section: &str, linked: &dyn Fn(&str) -> Option<String>) -> Markup {
    let body = section.split_once('\n').map_or("", |(_, body)| body);
    html! {
        @for (at, part) in body.split("```").enumerate() {
            // Between the first pair of fences is a block, and so on; its first line names the language.
            @if at % 2 == 1 {
                pre { (part.split_once('\n').map_or(part, |(_, code)| code).trim_end()) }
            } @else {
                @for paragraph in part.split("\n\n").filter(|text| !text.trim().is_empty()) {
                    p { (inline(paragraph.trim(), linked)) }
                }
            }
        }
    }
}

fn inline(text: &str, linked: &dyn Fn(&str) -> Option<String>) -> Markup {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        rest[..at].render_to(&mut out);
        let from = &rest[at..];
        let found = code(from).or_else(|| bold(from)).or_else(|| link(from, linked));
        let (markup, len) = found.unwrap_or_else(|| (from[..1].render(), 1));
        out.push_str(&markup.0);
        rest = &from[len..];
    }
    rest.render_to(&mut out);
    PreEscaped(out)
}

fn code(text: &str) -> Option<(Markup, usize)> {
    let (inner, _) = text.strip_prefix('`')?.split_once('`')?;
    Some((html! { code { (inner) } }, inner.len() + 2))
}

fn bold(text: &str) -> Option<(Markup, usize)> {
    let (inner, _) = text.strip_prefix("**")?.split_once("**")?;
    Some((html! { strong { (inner) } }, inner.len() + 4))
}

fn link(text: &str, linked: &dyn Fn(&str) -> Option<String>) -> Option<(Markup, usize)> {
    let (inner, after) = text.strip_prefix('[')?.split_once("](")?;
    let (target, _) = after.split_once(')')?;
    let len = inner.len() + target.len() + 4;
    let markup = match linked(target) {
        Some(address) => html! { a href=(address) { (inner) } },
        None => inner.render(),
    };
    Some((markup, len))
}
