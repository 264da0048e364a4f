use crate::json::Json;

/// A JSON pointer (RFC 6901), split once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    text: Box<str>,
    tokens: Box<[Box<str>]>,
}

impl Pointer {
    /// `None` unless the text is empty or begins with `/`.
    pub fn parse(text: &str) -> Option<Self> {
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

    /// What leads on to the member of this name, as pointers write it.
    pub fn member(name: &str) -> String {
        format!("/{}", name.replace('~', "~0").replace('/', "~1"))
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

    /// The names and indexes on its way.
    pub fn tokens(&self) -> &[Box<str>] {
        &self.tokens
    }

    /// The pointer as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
