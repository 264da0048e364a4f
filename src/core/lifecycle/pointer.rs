use crate::json::Json;

/// A JSON pointer (RFC 6901), split once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    text: Box<str>,
    tokens: Box<[Box<str>]>,
}

impl Pointer {
    /// `None` unless the text is empty or begins with `/`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let tokens = match text {
            "" => Box::default(),
            _ => text
                .strip_prefix('/')?
                .split('/')
                .map(|token| token.replace("~1", "/").replace("~0", "~").into())
                .collect(),
        };
        Some(Self { text: text.into(), tokens })
    }

    /// The value that the pointer leads to; `null` counts as absent.
    pub(crate) fn find<'v, 'a>(&self, root: &'v Json<'a>) -> Option<&'v Json<'a>> {
        self.tokens
            .iter()
            .try_fold(root, |value, token| match value {
                Json::Object(_) => value.get(token),
                Json::Array(items) => items.get(token.parse::<usize>().ok()?),
                _ => None,
            })
            .filter(|value| **value != Json::Null)
    }

    /// Removes the value that the pointer leads to, if it is the member of an object.
    pub(crate) fn remove(&self, root: &mut Json<'_>) {
        let Some((last, parents)) = self.tokens.split_last() else { return };
        let parent = parents.iter().try_fold(root, |value, token| value.get_mut(token));
        if let Some(parent) = parent {
            parent.remove(last);
        }
    }

    /// The names and indexes on its way.
    pub(crate) fn tokens(&self) -> &[Box<str>] {
        &self.tokens
    }

    /// The pointer as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The first of several pointers that leads to something other than `null`.
pub(crate) fn find_first<'v, 'a>(pointers: &[Pointer], root: &'v Json<'a>) -> Option<&'v Json<'a>> {
    pointers.iter().find_map(|pointer| pointer.find(root))
}
