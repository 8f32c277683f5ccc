//! The extended regular expressions that dialplans use. By trial and error from left to right, so of several ways to match the
//! first is taken where the C library would take the longest; in what dialplans ask, that is the same.

/// How many steps a match may take, so that no pattern keeps the simulator busy for ever.
const MOST_STEPS: usize = 200_000;
/// How deep groups may stand in each other, and how many times something may be repeated one after another.
const DEEPEST: usize = 50;
const MOST_REPEATS: usize = 2_000;

pub struct Regex {
    ways: Vec<Vec<Item>>,
    groups: usize,
}

pub struct Match {
    pub start: usize,
    pub end: usize,
    /// What the first group took.
    pub group: Option<String>,
}

struct Item {
    what: What,
    least: usize,
    most: usize,
}

enum What {
    Start,
    End,
    Any,
    One(char),
    Set { not: bool, ranges: Vec<(char, char)> },
    Group { number: usize, ways: Vec<Vec<Item>> },
}

impl Regex {
    /// Nothing if the pattern is none.
    pub fn new(pattern: &str) -> Option<Regex> {
        let mut parser = Parser { rest: pattern.chars().collect(), next: 0, groups: 0, depth: 0 };
        let ways = parser.ways()?;
        (parser.next == parser.rest.len()).then_some(Regex { ways, groups: parser.groups })
    }

    pub fn has_groups(&self) -> bool {
        self.groups > 0
    }

    pub fn find(&self, text: &str) -> Option<Match> {
        let text: Vec<char> = text.chars().collect();
        let length = |characters: &[char]| characters.iter().map(|character| character.len_utf8()).sum();
        let mut matcher = Matcher { text: &text, steps: 0, group: None };
        (0..=text.len()).find_map(|start| {
            matcher.group = None;
            let end = matcher.ways(&self.ways, start, &mut |_, end| Some(end))?;
            let group = matcher.group.map(|(from, to)| text[from..to].iter().collect());
            Some(Match { start: length(&text[..start]), end: length(&text[..end]), group })
        })
    }
}

struct Parser {
    rest: Vec<char>,
    next: usize,
    groups: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.next).copied()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.next += 1;
        Some(character)
    }

    fn accept(&mut self, character: char) -> bool {
        let accepted = self.peek() == Some(character);
        self.next += usize::from(accepted);
        accepted
    }

    fn ways(&mut self) -> Option<Vec<Vec<Item>>> {
        let mut ways = vec![self.sequence()?];
        while self.accept('|') {
            ways.push(self.sequence()?);
        }
        Some(ways)
    }

    fn sequence(&mut self) -> Option<Vec<Item>> {
        let mut items = Vec::new();
        while let Some(character) = self.peek().filter(|character| !matches!(character, '|' | ')')) {
            self.next += 1;
            let what = match character {
                '^' => What::Start,
                '$' => What::End,
                '.' => What::Any,
                '[' => self.set()?,
                '(' => self.group()?,
                '\\' => What::One(self.take()?),
                '*' | '+' | '?' => return None,
                other => What::One(other),
            };
            let (least, most) = self.repeats()?;
            items.push(Item { what, least, most });
        }
        Some(items)
    }

    fn group(&mut self) -> Option<What> {
        self.depth += 1;
        self.groups += 1;
        let number = self.groups;
        let ways = if self.depth > DEEPEST { None } else { self.ways() }?;
        self.depth -= 1;
        self.accept(')').then_some(What::Group { number, ways })
    }

    fn repeats(&mut self) -> Option<(usize, usize)> {
        Some(match self.peek() {
            Some('*') => (self.take().map(|_| 0)?, usize::MAX),
            Some('+') => (self.take().map(|_| 1)?, usize::MAX),
            Some('?') => (self.take().map(|_| 0)?, 1),
            Some('{') => {
                self.next += 1;
                let end = self.next + self.rest[self.next..].iter().position(|character| *character == '}')?;
                let range: String = self.rest[self.next..end].iter().collect();
                self.next = end + 1;
                let (least, most) = range.split_once(',').unwrap_or((&range, &range));
                (least.parse().ok()?, if most.is_empty() { usize::MAX } else { most.parse().ok()? })
            }
            _ => (1, 1),
        })
    }

    fn set(&mut self) -> Option<What> {
        let not = self.accept('^');
        let mut ranges = Vec::new();
        loop {
            let first = self.take()?;
            match first {
                ']' if !ranges.is_empty() => return Some(What::Set { not, ranges }),
                '[' if self.accept(':') => ranges.extend(self.class()?),
                _ if self.peek() == Some('-') && self.rest.get(self.next + 1).is_some_and(|last| *last != ']') => {
                    self.next += 1;
                    ranges.push((first, self.take()?));
                }
                _ => ranges.push((first, first)),
            }
        }
    }

    /// `[:digit:]` and its like.
    fn class(&mut self) -> Option<Vec<(char, char)>> {
        let end = self.next + self.rest[self.next..].iter().position(|character| *character == ':')?;
        let name: String = self.rest[self.next..end].iter().collect();
        self.next = end + 1;
        let (digit, upper, lower) = (('0', '9'), ('A', 'Z'), ('a', 'z'));
        let ranges = match name.as_str() {
            "digit" => vec![digit],
            "upper" => vec![upper],
            "lower" => vec![lower],
            "alpha" => vec![upper, lower],
            "alnum" => vec![digit, upper, lower],
            "xdigit" => vec![digit, ('A', 'F'), ('a', 'f')],
            "space" => vec![(' ', ' '), ('\t', '\r')],
            _ => return None,
        };
        self.accept(']').then_some(ranges)
    }
}

struct Matcher<'a> {
    text: &'a [char],
    steps: usize,
    group: Option<(usize, usize)>,
}

/// What has to match after this.
type Then<'t> = dyn FnMut(&mut Matcher, usize) -> Option<usize> + 't;

impl Matcher<'_> {
    fn ways(&mut self, ways: &[Vec<Item>], at: usize, then: &mut Then) -> Option<usize> {
        ways.iter().find_map(|items| self.items(items, 0, at, then))
    }

    /// The items from the first on, `done` of which have been matched already.
    fn items(&mut self, items: &[Item], done: usize, at: usize, then: &mut Then) -> Option<usize> {
        let Some((item, others)) = items.split_first() else { return then(self, at) };
        self.steps += 1;
        if self.steps > MOST_STEPS || done > MOST_REPEATS {
            return None;
        }
        if done < item.most {
            let before = self.group;
            let more = self.once(&item.what, at, &mut |matcher, end| {
                // Nothing, repeated, is still nothing.
                if end == at && done >= item.least {
                    return None;
                }
                matcher.items(items, done + 1, end, then)
            });
            if more.is_some() {
                return more;
            }
            self.group = before;
        }
        if done >= item.least {
            self.items(others, 0, at, then)
        } else {
            None
        }
    }

    fn once(&mut self, what: &What, at: usize, then: &mut Then) -> Option<usize> {
        let character = self.text.get(at).copied();
        let matched = match what {
            What::Start => return (at == 0).then(|| then(self, at)).flatten(),
            What::End => return (at == self.text.len()).then(|| then(self, at)).flatten(),
            What::Group { number, ways } => {
                return self.ways(ways, at, &mut |matcher, end| {
                    let before = matcher.group;
                    if *number == 1 {
                        matcher.group = Some((at, end));
                    }
                    let matched = then(matcher, end);
                    if matched.is_none() {
                        matcher.group = before;
                    }
                    matched
                });
            }
            What::Any => character.is_some(),
            What::One(one) => character == Some(*one),
            What::Set { not, ranges } => character.is_some_and(|character| {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&character)) != *not
            }),
        };
        if matched {
            then(self, at + 1)
        } else {
            None
        }
    }
}
