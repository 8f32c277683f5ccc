//! The functions that count.

/// `MATH(2+3,int)`. As in Asterisk there is one operator, the first of this list that occurs; a number ends where no digit
/// follows.
pub fn math(arguments: &[String]) -> Option<String> {
    let text = arguments.first()?;
    let kind = arguments.get(1).map_or("", |kind| kind.trim()).to_ascii_lowercase();
    let (operator, left, right) = OPERATORS.iter().find_map(|operator| {
        // The sign of a number is no operator.
        let from = usize::from(text.starts_with('-') || text.starts_with('+'));
        let at = text.get(from..)?.find(operator)? + from;
        Some((*operator, &text[..at], &text[at + operator.len()..]))
    })?;
    let (a, b) = (leading(left)?, leading(right)?);
    let (m, n) = (a as i64, b as i64);
    let truth = |truth: bool| Some(if truth { "TRUE" } else { "FALSE" }.to_string());
    let number = match operator {
        "*" => a * b,
        "/" => {
            if b == 0.0 {
                0.0
            } else {
                a / b
            }
        }
        "%" => {
            if b == 0.0 {
                0.0
            } else {
                a % b
            }
        }
        "^" => a.powf(b),
        "AND" => (m & n) as f64,
        "XOR" => (m ^ n) as f64,
        "OR" => (m | n) as f64,
        "<<" => u32::try_from(n).ok().and_then(|n| m.checked_shl(n)).unwrap_or_default() as f64,
        ">>" => u32::try_from(n).ok().and_then(|n| m.checked_shr(n)).unwrap_or_default() as f64,
        "==" => return truth(a == b),
        ">=" => return truth(a >= b),
        "<=" => return truth(a <= b),
        ">" => return truth(a > b),
        "<" => return truth(a < b),
        "+" => a + b,
        _ => a - b,
    };
    Some(match kind.as_str() {
        "int" | "i" => integer(number).to_string(),
        "hex" | "h" => format!("{:x}", integer(number)),
        "char" | "c" => char::from(number as u8).to_string(),
        _ => format!("{number:.6}"),
    })
}

/// What does not fit becomes what a C program on a PC makes of it.
fn integer(number: f64) -> i32 {
    if number.abs() < 2_147_483_648.0 {
        number as i32
    } else {
        i32::MIN
    }
}

/// As `MIN`, `MAX` and `ABS` write a number.
pub fn plain(number: f64) -> String {
    if number.fract() == 0.0 {
        format!("{number:.0}")
    } else {
        format!("{number:.6}")
    }
}

const OPERATORS: [&str; 16] =
    ["*", "/", "%", "^", "AND", "XOR", "OR", "<<", ">>", "==", ">=", "<=", ">", "<", "+", "-"];

fn leading(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(digits.len());
    text[..text.len() - digits.len() + end].parse().ok()
}
