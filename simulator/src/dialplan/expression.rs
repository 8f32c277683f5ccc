//! What stands in `$[...]`.
//!
//! A quoted string keeps its quotes (`"a"` is not `a`), only what matches or joins takes them off. A mistake is no error: what
//! could be understood up to there counts, or 0.

use std::cmp::Ordering;

use regex::Regex;

/// How deep parentheses and conditions may stand in each other.
const DEEPEST: usize = 100;

/// Calls a function of the dialplan.
pub type Call<'a> = dyn FnMut(&str, &str) -> Option<String> + 'a;

pub fn evaluate(text: &str, call: &mut Call) -> String {
    let mut parser = Parser { tokens: tokens(text), next: 0, depth: 0, call };
    match parser.tokens.first() {
        Some(Token::Text(_) | Token::Sign("(" | "-" | "!")) => {
            parser.condition().map_or_else(|| "0".into(), |value| value.text)
        }
        _ => String::new(),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Sign(&'static str),
}

/// The longer ones first.
const SIGNS: [&str; 23] = [
    "::", "=~", "~~", "==", "!=", "<=", ">=", "&&", "||", "|", "&", "=", "<", ">", "+", "-", "*", "/", "%", "?", ":",
    "!", ",",
];

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|character| !in_word(character)).unwrap_or(rest.len());
        let taken = if word > 0 {
            found.push(Token::Text(rest[..word].into()));
            word
        } else if let Some(end) = rest.strip_prefix('"').and_then(|quoted| quoted.find('"')) {
            found.push(Token::Text(rest[..end + 2].into()));
            end + 2
        } else if let Some(sign) = SIGNS.into_iter().chain(["(", ")"]).find(|sign| rest.starts_with(sign)) {
            found.push(Token::Sign(sign));
            sign.len()
        } else {
            // What means nothing is not there.
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    found
}

fn in_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || ".';\\_^#@".contains(character) || !character.is_ascii()
}

#[derive(Debug, Clone)]
struct Value {
    text: String,
    number: Option<f64>,
}

impl Value {
    fn text(text: &str) -> Value {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let numeric = digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(fraction);
        Value { text: text.into(), number: numeric.then(|| text.parse().ok()).flatten() }
    }

    fn number(number: f64) -> Value {
        Value { text: format_number(number), number: Some(number) }
    }

    fn truth(truth: bool) -> Value {
        Value::number(f64::from(u8::from(truth)))
    }

    /// A text that is no number counts as 0.
    fn to_number(&self) -> f64 {
        self.number.unwrap_or_default()
    }

    fn is_empty_or_zero(&self) -> bool {
        self.number.map_or(self.text.is_empty(), |number| number == 0.0)
    }

    fn unquoted(&self) -> &str {
        self.text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&self.text)
    }

    fn compare(&self, other: &Value) -> Ordering {
        match (self.number, other.number) {
            (Some(left), Some(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
            _ => self.text.cmp(&other.text),
        }
    }
}

/// Up to where whole numbers are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// As C's `%.15g` does, and exact whole numbers in full. (Asterisk has numbers of 18 digits; here there are 15.)
fn format_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return format!("{number:.0}");
    }
    let scientific = format!("{number:.14e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(exponent) = exponent.parse::<i32>() else { return scientific };
    if (-4..15).contains(&exponent) {
        let decimals = usize::try_from(14 - exponent).unwrap_or_default();
        return trim_zeros(&format!("{number:.decimals$}")).into();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim_zeros(digits), exponent.abs())
}

fn trim_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

struct Parser<'a, 'b> {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    call: &'a mut Call<'b>,
}

impl Parser<'_, '_> {
    fn accept(&mut self, signs: &[&str]) -> Option<&'static str> {
        match self.tokens.get(self.next) {
            Some(Token::Sign(sign)) if signs.contains(sign) => {
                self.next += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    /// `a ? b :: c`, which binds loosest.
    fn condition(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let condition = self.binary(0)?;
        let value = if self.accept(&["?"]).is_some() {
            let yes = self.condition()?;
            self.accept(&["::"])?;
            let no = self.condition()?;
            // Here, and here alone, an empty string in quotes counts as empty.
            let truth = !condition.is_empty_or_zero() && condition.text != "\"\"";
            if truth {
                yes
            } else {
                no
            }
        } else {
            condition
        };
        self.depth -= 1;
        Some(value)
    }

    fn binary(&mut self, level: usize) -> Option<Value> {
        const LEVELS: [&[&str]; 6] = [
            &["|", "||"],
            &["&", "&&"],
            &["=", "==", "!=", "<", ">", "<=", ">="],
            &["+", "-"],
            &["*", "/", "%"],
            &[":", "=~", "~~"],
        ];
        // Between the products and the matches stand the signs before a value.
        if level == 5 {
            if let Some(sign) = self.accept(&["-", "!"]) {
                self.depth += 1;
                let value = if self.depth > DEEPEST { None } else { self.binary(level) }?;
                self.depth -= 1;
                return Some(match sign {
                    "-" => value.number.map_or_else(|| Value::number(0.0), |number| Value::number(-number)),
                    _ => Value::truth(value.to_number() == 0.0),
                });
            }
        }
        let Some(signs) = LEVELS.get(level) else { return self.operand() };
        let mut left = self.binary(level + 1)?;
        while let Some(sign) = self.accept(signs) {
            let right = self.binary(level + 1)?;
            left = apply(sign, left, right);
        }
        Some(left)
    }

    fn operand(&mut self) -> Option<Value> {
        if self.accept(&["("]).is_some() {
            let value = self.condition()?;
            self.accept(&[")"])?;
            return Some(value);
        }
        let Some(Token::Text(text)) = self.tokens.get(self.next).cloned() else { return None };
        self.next += 1;
        if self.accept(&["("]).is_none() {
            return Some(Value::text(&text));
        }
        let mut arguments = Vec::new();
        while self.accept(&[")"]).is_none() {
            arguments.push(self.condition()?);
            if self.accept(&[","]).is_none() && self.tokens.get(self.next) != Some(&Token::Sign(")")) {
                return None;
            }
        }
        Some(self.function(&text, &arguments))
    }

    fn function(&mut self, name: &str, arguments: &[Value]) -> Value {
        let number = |index: usize| arguments.get(index).map(Value::to_number).unwrap_or_default();
        match name.to_ascii_uppercase().as_str() {
            "POW" => Value::number(number(0).powf(number(1))),
            "SQRT" => Value::number(number(0).sqrt()),
            "FLOOR" => Value::number(number(0).floor()),
            "CEIL" => Value::number(number(0).ceil()),
            "ROUND" => Value::number(number(0).round()),
            "TRUNC" => Value::number(number(0).trunc()),
            _ => {
                let arguments: Vec<&str> = arguments.iter().map(|argument| argument.text.as_str()).collect();
                (self.call)(name, &arguments.join(",")).map_or_else(|| Value::number(0.0), |text| Value::text(&text))
            }
        }
    }
}

fn apply(sign: &str, left: Value, right: Value) -> Value {
    let order = left.compare(&right);
    let (a, b) = (left.to_number(), right.to_number());
    match sign {
        "|" | "||" if left.is_empty_or_zero() => right,
        "&" | "&&" if left.is_empty_or_zero() || right.is_empty_or_zero() => Value::number(0.0),
        "|" | "||" | "&" | "&&" => left,
        "=" | "==" => Value::truth(order.is_eq()),
        "!=" => Value::truth(order.is_ne()),
        "<" => Value::truth(order.is_lt()),
        ">" => Value::truth(order.is_gt()),
        "<=" => Value::truth(order.is_le()),
        ">=" => Value::truth(order.is_ge()),
        "+" => Value::number(a + b),
        "-" => Value::number(a - b),
        "*" => Value::number(a * b),
        "/" if left.number.is_none() => Value::number(0.0),
        // What the real one answers to a division by nothing.
        "/" => Value::number(if b == 0.0 { f64::from(i32::MAX) } else { a / b }),
        "%" => Value::number(if b == 0.0 { 0.0 } else { a % b }),
        "~~" => Value::text(&format!("{}{}", left.unquoted(), right.unquoted())),
        _ => matched(sign, left.unquoted(), right.unquoted()),
    }
}

/// What the first group took, or how much was matched; `:` matches from the start on.
fn matched(sign: &str, text: &str, pattern: &str) -> Value {
    // The C library's regular expressions have no such class.
    let Ok(regex) = Regex::new(&pattern.replace(r"\d", "d")) else { return Value::text("") };
    let found = regex.captures(text).filter(|found| sign == "=~" || found.get_match().start() == 0);
    match found.as_ref().map(|found| (found.get(1), found.get_match().len())) {
        Some((Some(group), _)) => Value::text(group.as_str()),
        Some((None, length)) => Value::number(length as f64),
        None if regex.captures_len() > 1 => Value::text(""),
        None => Value::number(0.0),
    }
}
