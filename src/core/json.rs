//! A JSON value that borrows from its text: payloads are read once and mostly thrown away, and half
//! the time of reading them with `serde_json::Value` goes into allocating names and strings.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::Number;

/// Members of objects are sorted by name; of a repeated name the last value counts, but all are kept.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "JSON has no more")]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, with every digit that was written.
    Number(Number),
    /// A string, without its escapes.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Self>),
    /// An object, its members sorted by name.
    Object(Vec<(Cow<'a, str>, Self)>),
}

/// Objects with at most this many members are looked through one after another.
const FEW: usize = 24;

impl<'a> Json<'a> {
    /// An object of these members.
    pub(crate) fn object(mut members: Vec<(Cow<'a, str>, Self)>) -> Self {
        // The sort is stable: of a repeated name the last value is the last of its run.
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self::Object(members)
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        // Names mostly differ in length: a search in order would compare their letters.
        if members.len() <= FEW {
            return members.iter().rfind(|(other, _)| other == name).map(|(_, value)| value);
        }
        let (found, value) = members[..end_of(members, name)].last()?;
        (found == name).then_some(value)
    }

    /// Takes a member out of an object, however often it is repeated.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Self> {
        let Self::Object(members) = self else { return None };
        let end = end_of(members, name);
        let start = members.partition_point(|(other, _)| **other < *name);
        members.drain(start..end).next_back().map(|(_, value)| value)
    }
}

/// After all members of this name and before the next one.
fn end_of(members: &[(Cow<'_, str>, Json<'_>)], name: &str) -> usize {
    members.partition_point(|(other, _)| **other <= *name)
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(None)?;
                for (at, (name, value)) in members.iter().enumerate() {
                    if members.get(at + 1).is_none_or(|(next, _)| next != name) {
                        map.serialize_entry(name, value)?;
                    }
                }
                map.end()
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(name) = members.next_key::<MemberName<'de>>()? {
            list.push((name.0, members.next_value()?));
        }
        Ok(Json::object(list))
    }
}

/// The name of a member, borrowed unless it has escapes.
struct MemberName<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for MemberName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = MemberName<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<MemberName<'de>, E> {
                Ok(MemberName(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<MemberName<'de>, E> {
                Ok(MemberName(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_repeated_name_the_last_value_counts() {
        let read = || serde_json::from_str(r#"{"b":1,"a":1,"b":{"c":2},"a":null}"#);
        let mut value: Json<'_> = read().expect("it is JSON");
        assert_eq!(value.to_string(), r#"{"a":null,"b":{"c":2}}"#);
        assert_eq!(value.get("b").map(Json::to_string).as_deref(), Some(r#"{"c":2}"#));
        assert_eq!(value.get("c"), None);
        assert_eq!(value.remove("b").map(|b| b.to_string()).as_deref(), Some(r#"{"c":2}"#));
        assert_eq!(value.to_string(), r#"{"a":null}"#);
    }
}
