//! The functions that need nothing but text. Those of the world go before them.

use regex::Regex;

use super::application::truth;
use super::math::{math, plain};
use super::substitute::{split, split_at_most, Scope};
use super::Variables;

/// The value of a function, or nothing if there is none of that name.
pub fn read(scope: &mut Scope, name: &str, text: &str) -> Option<String> {
    let arguments = split(text, ',');
    let argument = |index: usize| arguments.get(index).map_or("", String::as_str);
    let flag = |truth: bool| Some(if truth { "1" } else { "0" }.to_string());
    let value = |scope: &Scope| scope.get(argument(0)).unwrap_or_default();
    let numbers = || arguments.iter().filter_map(|number| number.trim().parse::<f64>().ok());
    match name {
        "LEN" => Some(text.len().to_string()),
        "ISNULL" => flag(text.is_empty()),
        "EXISTS" => flag(!text.is_empty()),
        "IF" => Some(choose(text)),
        "SET" => {
            let (name, value) = text.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            scope.variables.set(name, value);
            Some(value.into())
        }
        "TOUPPER" => Some(text.to_ascii_uppercase()),
        "TOLOWER" => Some(text.to_ascii_lowercase()),
        "TRIM" => Some(text.trim().into()),
        "LTRIM" => Some(text.trim_start().into()),
        "RTRIM" => Some(text.trim_end().into()),
        "CUT" => Some(cut(&value(scope), argument(1), argument(2))),
        "FIELDQTY" => {
            let value = value(scope);
            Some(if value.is_empty() { 0 } else { value.split(delimiter(argument(1))).count() }.to_string())
        }
        "FILTER" => {
            let (allowed, text) = text.split_once(',')?;
            let allowed = members(allowed);
            Some(text.chars().filter(|character| allowed.iter().any(|range| range.contains(character))).collect())
        }
        "REPLACE" => {
            let (set, with) = (members(argument(1)), argument(2).chars().next());
            let replace = |character| {
                if set.iter().any(|range| range.contains(&character)) {
                    with
                } else {
                    Some(character)
                }
            };
            Some(value(scope).chars().filter_map(replace).collect())
        }
        "STRREPLACE" => {
            let most = argument(3).parse().unwrap_or(usize::MAX);
            let find = argument(1);
            let value = value(scope);
            Some(if find.is_empty() { value } else { value.replacen(find, argument(2), most) })
        }
        "REGEX" => {
            let (pattern, data) = text.trim_start().strip_prefix('"')?.split_once('"')?;
            let data = data.strip_prefix([' ', ',']).unwrap_or(data);
            Some(Regex::new(pattern).map_or(String::new(), |regex| u8::from(regex.is_match(data)).to_string()))
        }
        "MATH" => Some(math(&arguments).unwrap_or_default()),
        "MIN" => Some(numbers().reduce(f64::min).map(plain).unwrap_or_default()),
        "MAX" => Some(numbers().reduce(f64::max).map(plain).unwrap_or_default()),
        "ABS" => Some(numbers().next().map(|number| plain(number.abs())).unwrap_or_default()),
        "INC" => count(scope, argument(0), 1),
        "DEC" => count(scope, argument(0), -1),
        "SHIFT" | "POP" => {
            let separator = separator(argument(1));
            let value = value(scope);
            let (taken, left) = match (name, value.split_once(&separator), value.rsplit_once(&separator)) {
                ("SHIFT", Some((first, rest)), _) | ("POP", _, Some((rest, first))) => (first, rest),
                _ => (value.as_str(), ""),
            };
            if !value.is_empty() {
                scope.variables.set(argument(0), left);
            }
            Some(taken.into())
        }
        "LISTFILTER" => {
            let separator = separator(argument(1));
            let value = value(scope);
            let kept: Vec<&str> = value.split(&separator).filter(|word| *word != argument(2)).collect();
            Some(kept.join(&separator))
        }
        "QUOTE" => Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
        "URIENCODE" => Some(percent_encoding::utf8_percent_encode(text, UNSAFE).to_string()),
        "URIDECODE" => Some(percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()),
        "PASSTHRU" => Some(text.into()),
        "LOCAL" => Some(if scope.variables.returns().is_empty() { String::new() } else { value(scope) }),
        "KEYPADHASH" => Some(text.bytes().filter_map(key).collect()),
        "EVAL" => Some(scope.substitute(text)),
        _ => None,
    }
}

const UNSAFE: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Writes to a function; one that cannot be written to does nothing, as in Asterisk.
pub fn write(name: &str, arguments: &str, value: &str, variables: &mut dyn Variables) {
    if variables.set_function(name, arguments, value) {
        return;
    }
    let arguments = split(arguments, ',');
    let Some(variable) = arguments.first() else { return };
    match name {
        "ARRAY" => {
            let values = split(value, ',');
            for (index, name) in arguments.iter().enumerate() {
                variables.set(name.trim(), values.get(index).map_or("", String::as_str));
            }
        }
        "PUSH" | "UNSHIFT" => {
            let separator = separator(arguments.get(1).map_or("", String::as_str));
            let list = variables.get(variable).filter(|list| !list.is_empty());
            let list = match (name, list) {
                (_, None) => value.to_string(),
                ("PUSH", Some(list)) => format!("{list}{separator}{value}"),
                (_, Some(list)) => format!("{value}{separator}{list}"),
            };
            variables.set(variable, &list);
        }
        _ => {}
    }
}

/// The key of a telephone on which a letter is.
fn key(letter: u8) -> Option<char> {
    Some(match letter.to_ascii_uppercase() {
        b'1' => '1',
        b'2' | b'A'..=b'C' => '2',
        b'3' | b'D'..=b'F' => '3',
        b'4' | b'G'..=b'I' => '4',
        b'5' | b'J'..=b'L' => '5',
        b'6' | b'M'..=b'O' => '6',
        b'7' | b'P'..=b'S' => '7',
        b'8' | b'T'..=b'V' => '8',
        b'9' | b'W'..=b'Z' => '9',
        b'0' => '0',
        _ => return None,
    })
}

/// `IF(condition?yes:no)`.
fn choose(text: &str) -> String {
    let parts = split_at_most(text, '?', 2);
    let condition = parts.first().map_or("", String::as_str).trim();
    let Some(branches) = parts.get(1).filter(|_| !condition.is_empty()) else { return String::new() };
    let branches = split_at_most(branches, ':', 2);
    branches.get(usize::from(!truth(condition))).map_or("", |branch| branch.trim()).into()
}

fn count(scope: &mut Scope, name: &str, by: i64) -> Option<String> {
    let number = scope.get(name)?.trim().parse::<i64>().ok()?.saturating_add(by).to_string();
    scope.variables.set(name, &number);
    Some(number)
}

/// The fields that a range like `2`, `2-`, `-2`, `1-2&4` names.
fn cut(value: &str, separator: &str, range: &str) -> String {
    let separator = if separator.is_empty() { '-' } else { delimiter(separator) };
    let fields: Vec<&str> = value.split(separator).collect();
    let bound = |text: &str, without: usize| if text.is_empty() { Some(without) } else { text.trim().parse().ok() };
    let mut kept = Vec::new();
    for part in range.split('&').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').map_or((part, part), |(first, last)| (first, last));
        let (Some(first), Some(last)) = (bound(first, 1), bound(last, fields.len())) else { return String::new() };
        kept.extend(fields.iter().take(last).skip(first.max(1) - 1).copied());
    }
    kept.join(&separator.to_string())
}

/// The separator of a list, a comma without one.
fn separator(text: &str) -> String {
    text.chars().next().map_or(',', |_| delimiter(text)).to_string()
}

fn delimiter(text: &str) -> char {
    match text {
        "\\n" => '\n',
        "\\t" => '\t',
        _ => text.chars().next().unwrap_or(','),
    }
}

/// The characters that `a-z0-9\-` allows.
fn members(text: &str) -> Vec<std::ops::RangeInclusive<char>> {
    let mut found: Vec<std::ops::RangeInclusive<char>> = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(first) = member(&mut characters) {
        let mut ahead = characters.clone();
        match (ahead.next(), member(&mut ahead)) {
            (Some('-'), Some(last)) => {
                characters = ahead;
                found.push(first..=last);
            }
            _ => found.push(first..=first),
        }
    }
    found
}

/// A character, or one that is written as `\x41`, `\n` or `\-`.
fn member(characters: &mut std::iter::Peekable<std::str::Chars>) -> Option<char> {
    match characters.next()? {
        '\\' => match characters.next()? {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            'x' => {
                let digits: String = characters.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).ok().map(char::from)
            }
            other => Some(other),
        },
        other => Some(other),
    }
}
