//! What everything that looks into the text of JSON has in common, here and in the bindings.

/// How many bytes at the beginning of what stands between quotes stand for themselves: neither quote nor backslash nor control
/// character.
#[inline]
pub fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut length = 0;
    // Eight bytes at a time. Subtracting borrows from the next byte only where a byte is found, so the first one is right.
    for word in bytes.chunks_exact(8) {
        let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
        let zero_where = |byte: u8| word ^ (ONES * u64::from(byte));
        let (quote, backslash) = (zero_where(b'"'), zero_where(b'\\'));
        let found = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        let found = found & HIGH;
        if found != 0 {
            return length + found.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let rest = &bytes[length..];
    length + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_ends_where_it_ends() {
        for length in 0..40 {
            let plain = "\u{e9}~ !".repeat(length);
            for end in ["", "\"", "\\", "\n", "\u{1f}", "\"\\"] {
                let text = format!("{plain}{end}more of it");
                let wanted = if end.is_empty() { text.len() } else { plain.len() };
                assert_eq!(plain_length(text.as_bytes()), wanted, "{text:?}");
            }
        }
    }
}
