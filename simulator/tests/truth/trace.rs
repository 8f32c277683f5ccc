//! Traces as files, and what to say when two of them are not the same.

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
            wanted[left..i].iter().for_each(|line| report += &format!("    - {}\n", line.trim_start()));
            got[right..j].iter().for_each(|line| report += &format!("    + {}\n", line.trim_start()));
            (left, right) = (i + 1, j + 1);
        }
    }
    report
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
