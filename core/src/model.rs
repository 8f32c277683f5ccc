//! How the generated models are read.
//!
//! What serde derives for a struct that keeps unknown fields takes every field through a form of its own first, and events are
//! read often. This reads each where it is.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Reads a model: its fields by their names in JSON, the rest into `extra`.
///
/// Null is the empty value of a field: one that a server leaves out is no reason to lose the rest.
#[macro_export]
macro_rules! read_model {
    ($type:ident { $($name:literal => $field:ident,)* }) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;

                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("the fields of ", stringify!($type)))
                    }

                    fn visit_map<M: serde::de::MapAccess<'de>>(self, mut members: M) -> Result<$type, M::Error> {
                        let mut read = <$type>::default();
                        while let Some($crate::model::Name(name)) = members.next_key()? {
                            match &*name {
                                $($name => read.$field = $crate::model::value(&mut members)?,)*
                                _ => {
                                    read.extra.insert(name.into_owned(), members.next_value()?);
                                }
                            }
                        }
                        Ok(read)
                    }
                }

                deserializer.deserialize_map(Members)
            }
        }
    };
}

/// Name of a member, not copied unless something in it is escaped.
pub struct Name<'a>(pub Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_string())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// The value of a member; of null, the empty one.
pub fn value<'de, M: MapAccess<'de>, T: Deserialize<'de> + Default>(members: &mut M) -> Result<T, M::Error> {
    members.next_value::<Option<T>>().map(Option::unwrap_or_default)
}
