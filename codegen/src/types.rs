//! Swagger's types.

use std::fmt;

/// A type as Asterisk's documents name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Void,
    Binary,
    String,
    Int,
    Long,
    Double,
    Boolean,
    Date,
    /// Any JSON object.
    Object,
    /// A JSON object of names and values, carried in the body under the parameter's name.
    Containers,
    List(Box<Type>),
    Model(String),
}

impl Type {
    /// `is_model` says which names are models; the error is the reason.
    pub fn parse(text: &str, is_model: &dyn Fn(&str) -> bool) -> Result<Type, String> {
        let text = text.trim();
        if let Some(inner) = ["List[", "Array[", "Set["].iter().find_map(|prefix| text.strip_prefix(prefix)) {
            let inner = inner.strip_suffix(']').ok_or_else(|| format!("{text:?} lacks its closing bracket"))?;
            return Ok(Type::List(Box::new(Type::parse(inner, is_model)?)));
        }
        // A model may bear any name; one that is declared wins over a spelling of a simple type.
        if is_model(text) {
            return Ok(Type::Model(text.to_string()));
        }
        Ok(match text {
            "void" => Type::Void,
            "binary" => Type::Binary,
            "string" => Type::String,
            "int" | "integer" => Type::Int,
            "long" => Type::Long,
            "double" | "float" | "number" => Type::Double,
            "boolean" => Type::Boolean,
            "Date" => Type::Date,
            "object" => Type::Object,
            "containers" => Type::Containers,
            _ => return Err(format!("{text:?} is neither a type of Swagger nor a model of these documents")),
        })
    }

    /// Key of this type in a language's type map.
    pub fn key(&self) -> &'static str {
        match self {
            Type::Void => "void",
            Type::Binary => "binary",
            Type::String => "string",
            Type::Int => "int",
            Type::Long => "long",
            Type::Double => "double",
            Type::Boolean => "boolean",
            Type::Date => "date",
            Type::Object => "object",
            Type::Containers => "containers",
            Type::List(_) => "list",
            Type::Model(_) => "model",
        }
    }

    /// Name of the kind in the table of operations, which knows only what has to be checked.
    pub fn kind(&self) -> &'static str {
        match self {
            Type::String | Type::Void | Type::Binary => "String",
            Type::Int | Type::Long => "Integer",
            Type::Double => "Number",
            Type::Boolean => "Boolean",
            Type::Date => "Date",
            Type::Containers => "Map",
            Type::Object => "Object",
            Type::List(_) | Type::Model(_) => "Json",
        }
    }

    /// The model at the heart of this type, through lists.
    pub fn model(&self) -> Option<&str> {
        match self {
            Type::Model(name) => Some(name),
            Type::List(inner) => inner.model(),
            _ => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::List(inner) => write!(f, "List[{inner}]"),
            Type::Model(name) => f.write_str(name),
            Type::Date => f.write_str("Date"),
            other => f.write_str(other.key()),
        }
    }
}
