use std::borrow::Cow;

use super::form::unescaped;

/// The headers of a request, by name without regard to case; of a repeated name the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Box<str>, Box<str>)>);

impl Headers {
    /// The value of the header of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| &**value)
    }

    /// All of them, their names in lower case, as they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: AsRef<str>, V: Into<Box<str>>> FromIterator<(K, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(headers: I) -> Self {
        let headers = headers.into_iter();
        let lower = |(name, value): (K, V)| {
            (name.as_ref().to_ascii_lowercase().into_boxed_str(), value.into())
        };
        Self(headers.map(lower).collect())
    }
}

/// The value of a parameter in the query of an address, decoded; of a repeated name the first counts, and one that is
/// not UTF-8 is as if absent.
pub fn parameter<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let pairs = query.trim_start_matches('?').split('&');
    let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(own, _)| unescaped(own).is_some_and(|own| own == name))?;
    unescaped(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_case() {
        let headers: Headers =
            [("X-Event", "a"), ("x-event", "b"), ("Y", "")].into_iter().collect();
        assert_eq!(headers.get("x-EVENT"), Some("a"));
        assert_eq!(headers.get("y"), Some(""));
        assert_eq!(headers.get("z"), None);
    }

    #[test]
    fn parameters_are_decoded() {
        let query = "?a=1+2&b%5B=%C3%A9&c&a=3&d=%FF";
        assert_eq!(parameter(query, "a").as_deref(), Some("1 2"));
        assert_eq!(parameter(query, "b[").as_deref(), Some("é"));
        assert_eq!(parameter(query, "c").as_deref(), Some(""));
        assert_eq!(parameter(query, "d"), None);
        assert_eq!(parameter(query, "e"), None);
    }
}
