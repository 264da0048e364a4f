//! What is wrong between definitions that are sound each by itself: an entity and its provider, two providers.

use std::collections::BTreeMap;

use toml_span::Span;

use super::{
    Lifecycle, Locator, Pointer, Provider,
    definition::EntityDefinition,
    pattern::Pattern,
    problem::{DefinitionFile, Problem, ProblemKind},
};

/// How many patterns of a provider are compared with those of another: each pair takes a while.
const PATTERNS_MAX: usize = 1000;

/// What an entity asks for that its provider does not have.
pub(super) fn lint_entity(
    file: &DefinitionFile,
    entity: &EntityDefinition,
    provider: &Provider,
    problems: &mut Vec<Problem>,
) {
    let name = provider.name();
    if let Some(span) = entity.by_time
        && provider.time.is_empty()
        && provider.sequence.is_empty()
    {
        let message = format!("events are ordered by time, and `{name}` has none");
        let help =
            "expected a `time` under [envelope], `@received` for one, or `order = \"arrival\"`";
        problems.push(file.problem(ProblemKind::InvalidValue, span, message, help));
    }
    if provider.form && provider.unwrap.is_empty() {
        let too_deep = |pointers: &Vec<&Pointer>| {
            !pointers.is_empty() && pointers.iter().all(|pointer| pointer.tokens().len() > 1)
        };
        let deep = entity.pointers().into_iter().find(too_deep).map(|pointers| pointers[0]);
        if let Some(pointer) = deep {
            let message = format!(
                "`{name}` sends forms, which have no depth, and `{}` leads into one",
                pointer.as_str()
            );
            let help = "expected `/name`, or an `unwrap` that leads to the JSON within the form";
            problems.push(file.problem(
                ProblemKind::InvalidValue,
                entity.entity.span,
                message,
                help,
            ));
        }
    }
}

impl EntityDefinition {
    /// The pointers into a payload, together those of which one is enough.
    fn pointers(&self) -> Vec<Vec<&Pointer>> {
        let rows = || self.events.iter().flat_map(|event| &event.rows);
        let parent = self.parent.iter().map(|(_, id)| id);
        let ids = std::iter::once(&self.id).chain(parent).chain(rows().map(|row| &row.id));
        let ids = ids.map(|own| own.iter().flat_map(Locator::pointers).collect());
        let data = self.data.iter().map(|field| &field.at);
        let lists = std::iter::once(&self.status).chain(data).chain(rows().map(|row| &row.status));
        let tests = rows().flat_map(|row| row.when.tests());
        let tests = tests.filter_map(|(spot, _)| Some(vec![spot.pointer()?]));
        ids.chain(lists.map(|own| own.iter().collect())).chain(tests).collect()
    }
}

/// Warns of providers that know the same event kind in the same place, if no `when` tells their payloads apart. The
/// warning stands at the user's own one, at the later of two by name.
pub(super) fn lint_providers<'c>(
    providers: impl Iterator<Item = &'c Provider> + Clone,
    places: &BTreeMap<String, (&DefinitionFile, Span)>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (count, other) in providers.clone().enumerate() {
        for one in providers.clone().take(count) {
            let at = if one.is_own() && !other.is_own() { one } else { other };
            let Some((file, span)) = places.get(at.name()) else { continue };
            let Some(kind) = shared_kind(one, other) else { continue };
            let (one_name, other_name) = (one.name(), other.name());
            let message = format!(
                "`{one_name}` and `{other_name}` both know `{kind}`, and no `when` tells their payloads apart"
            );
            let fate = match one.is_own() == other.is_own() {
                true => "folded by neither (P108)".to_owned(),
                false => format!("taken to be `{}`'s", at.name()),
            };
            let help = format!(
                "expected a `when` under [envelope]: a payload that fits both as well is {fate}"
            );
            problems.push(file.problem(ProblemKind::SharedKinds, *span, message, help));
        }
    }
    problems
}

/// An event kind by which two providers may be mistaken for each other: the first of them by name.
fn shared_kind(one: &Provider, other: &Provider) -> Option<String> {
    let told_apart = one.when.is_empty() != other.when.is_empty() || one.when.excludes(&other.when);
    if told_apart || !one.kind.iter().any(|at| other.kind.contains(at)) {
        return None;
    }
    let (one, other) = (KnownKinds::of(one), KnownKinds::of(other));
    let both = one.names().filter(|name| other.knows(name));
    let both = both.chain(other.names().filter(|name| one.knows(name)));
    let patterns = || {
        let pairs =
            one.patterns.iter().flat_map(|own| other.patterns.iter().map(move |its| (own, its)));
        pairs.filter(|(own, its)| own.overlaps(its)).map(|(own, _)| own.text()).min()
    };
    both.min().or_else(patterns).map(str::to_owned)
}

/// The event kinds that a provider knows, those that it ignores among them.
struct KnownKinds<'p> {
    provider: &'p Provider,
    patterns: Vec<Pattern>,
}

impl<'p> KnownKinds<'p> {
    fn of(provider: &'p Provider) -> Self {
        let of_entities = provider.patterned.iter().flat_map(|(_, entity)| entity.patterns());
        let ignored = provider.ignore.iter().filter_map(|kind| Pattern::parse(kind));
        let patterns = of_entities.cloned().chain(ignored).take(PATTERNS_MAX).collect();
        Self { provider, patterns }
    }

    fn names(&self) -> impl Iterator<Item = &'p str> {
        let ignored = self.provider.ignore.iter().map(String::as_str);
        self.provider.named.names().chain(ignored.filter(|kind| !kind.contains('*')))
    }

    fn knows(&self, name: &str) -> bool {
        self.provider.named.find(name).is_some()
            || self.provider.ignore.iter().any(|kind| kind == name)
            || self.patterns.iter().any(|pattern| pattern.matches(name))
    }
}

impl Lifecycle {
    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter().map(|(pattern, _)| pattern)
    }
}
