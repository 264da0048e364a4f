//! Where in a delivery a definition looks: pointers into the payload, headers, parameters of the address.

use std::sync::Arc;

use super::{KindId, Lifecycle, pointer::Pointer};

/// Parts of names of headers and parameters that are never kept: what they hold lets others in.
const SECRET: [&str; 4] = ["authorization", "cookie", "signature", "token"];

/// Whether a text is the name of a header, as definitions may have them.
pub(super) fn is_header(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

/// One place in a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spot {
    /// In the payload.
    Body(Pointer),
    /// The header of this name, in lower case.
    Header(Box<str>),
    /// The parameter of this name in the query of the address.
    Parameter(Box<str>),
    /// When the delivery was received.
    Received,
}

impl Spot {
    /// `/pointer`, `@header`, `?parameter` or `@received`; `None` for what is none of these.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_at_checked(1) {
            Some(("@", "received")) => Some(Self::Received),
            Some(("@", name)) => {
                is_header(name).then(|| Self::Header(name.to_ascii_lowercase().into()))
            }
            Some(("?", name)) => (!name.is_empty()).then(|| Self::Parameter(name.into())),
            _ => Pointer::parse(text).map(Self::Body),
        }
    }

    /// As a definition writes it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Body(pointer) => pointer.as_str().to_owned(),
            Self::Header(name) => format!("@{name}"),
            Self::Parameter(name) => format!("?{name}"),
            Self::Received => "@received".to_owned(),
        }
    }

    /// The pointer of a spot in the payload.
    pub(crate) fn pointer(&self) -> Option<&Pointer> {
        match self {
            Self::Body(pointer) => Some(pointer),
            _ => None,
        }
    }

    /// Whether it is a header or a parameter whose name says that it lets its bearer in.
    pub(crate) fn is_secret(&self) -> bool {
        let (Self::Header(name) | Self::Parameter(name)) = self else { return false };
        let name = name.to_ascii_lowercase();
        SECRET.iter().any(|secret| name.contains(secret))
    }
}

/// Where a name is looked for: in one spot, or in several whose texts are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Locator(Box<[Spot]>);

impl Locator {
    /// The spots whose texts are joined: at least one.
    pub(crate) fn new(spots: Vec<Spot>) -> Self {
        Self(spots.into())
    }

    pub(crate) fn spots(&self) -> &[Spot] {
        &self.0
    }

    /// The only spot, where nothing is joined.
    pub(crate) fn single(&self) -> Option<&Spot> {
        match &*self.0 {
            [spot] => Some(spot),
            _ => None,
        }
    }

    /// The pointer, where it is nothing but one.
    pub(crate) fn pointer(&self) -> Option<&Pointer> {
        self.single().and_then(Spot::pointer)
    }

    /// The pointers among its spots.
    pub(crate) fn pointers(&self) -> impl Iterator<Item = &Pointer> {
        self.0.iter().filter_map(Spot::pointer)
    }

    /// As a definition writes it.
    pub(crate) fn text(&self) -> String {
        match self.single() {
            Some(spot) => spot.text(),
            None => self.0.iter().map(Spot::text).collect::<Vec<_>>().join(" with "),
        }
    }
}

/// Joins the texts of an id with `/`, a part's own `/` written `~1`.
pub(crate) fn joined_id(parts: &[impl AsRef<str>]) -> String {
    let parts = parts.iter().map(|part| part.as_ref().replace('/', "~1"));
    parts.collect::<Vec<_>>().join("/")
}

impl Lifecycle {
    /// Where the id of an asset stands, in events of a kind or of any.
    pub(crate) fn id_of(&self, kind: Option<KindId>) -> &[Locator] {
        match kind {
            Some(kind) if !self.kinds[usize::from(kind.0)].id.is_empty() => {
                &self.kinds[usize::from(kind.0)].id
            }
            _ => &self.id,
        }
    }

    pub(crate) fn parent(&self) -> Option<&(Arc<str>, Vec<Locator>)> {
        self.parent.as_ref()
    }
}
