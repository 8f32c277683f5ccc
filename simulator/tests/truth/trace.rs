//! Traces as files, and what to say when two of them are not the same.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::run::Block;

pub fn text(about: &str, blocks: &[Block]) -> String {
    let steps: Vec<String> = blocks.iter().map(|block| block.join("\n")).collect();
    format!("{about}\n\n{}\n", steps.join("\n\n"))
}

pub fn parse(text: &str) -> Vec<Block> {
    let (_, steps) = text.split_once("\n\n").unwrap_or_default();
    steps.trim_end().split("\n\n").map(|block| block.lines().map(str::to_string).collect()).collect()
}

/// What is wrong, step by step; nothing where nothing is.
pub fn compare(scenario: &str, wanted: &[Block], got: &[Block]) -> String {
    let mut report = String::new();
    for index in 0..wanted.len().max(got.len()) {
        let (wanted, got) = (wanted.get(index), got.get(index));
        if wanted == got {
            continue;
        }
        let (wanted, got) = (wanted.cloned().unwrap_or_default(), got.cloned().unwrap_or_default());
        let title = wanted.first().or(got.first()).cloned().unwrap_or_default();
        report += &format!("{scenario} {title}\n");
        let common = subsequence(&wanted, &got);
        let (mut left, mut right) = (0, 0);
        for (i, j) in common.into_iter().chain([(wanted.len(), got.len())]) {
            let (missing, surplus) = (&wanted[left..i], &got[right..j]);
            missing.iter().for_each(|line| report += &format!("    - {}\n", line.trim_start()));
            surplus.iter().for_each(|line| report += &format!("    + {}\n", line.trim_start()));
            for (a, b) in missing.iter().zip(surplus) {
                report.extend(fields(a, b).iter().map(|field| format!("        {field}\n")));
            }
            (left, right) = (i + 1, j + 1);
        }
    }
    report
}

/// Where two lines of one kind differ.
fn fields(a: &str, b: &str) -> Vec<String> {
    let json = |line: &str| {
        let (kind, json) = line.split_at(line.find(['{', '['])?);
        Some((kind.to_string(), serde_json::from_str::<Value>(json).ok()?))
    };
    let mut found = Vec::new();
    match (json(a), json(b)) {
        (Some((a_kind, a)), Some((b_kind, b))) if a_kind == b_kind => differing(&a, &b, String::new(), &mut found),
        _ => {}
    }
    found
}

fn differing(a: &Value, b: &Value, place: String, found: &mut Vec<String>) {
    match (a, b) {
        _ if a == b => {}
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            names.into_iter().for_each(|name| differing(&a[name], &b[name], format!("{place}/{name}"), found));
        }
        _ => found.push(format!("{place}: {a}, now {b}")),
    }
}

/// The longest common part of two lists, as pairs of places.
fn subsequence(a: &[String], b: &[String]) -> Vec<(usize, usize)> {
    let mut length = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            length[i][j] = if a[i] == b[j] { length[i + 1][j + 1] + 1 } else { length[i + 1][j].max(length[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if length[i + 1][j] >= length[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}
