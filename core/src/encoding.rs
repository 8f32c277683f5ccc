//! Percent-encoding: whatever goes in, one path segment or one query value comes out.

use std::fmt::Write;

/// Encodes everything but the unreserved characters of RFC 3986, as UTF-8.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// True for a path that is already fit for a request line: no query, no fragment, no way up, nothing to encode.
pub(crate) fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte))
        && path.split('/').all(|segment| {
            let dots = segment.replace("%2e", ".").replace("%2E", ".");
            dots != "." && dots != ".."
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("Az09-._~"), "Az09-._~");
        assert_eq!(encode("a b/%+é\u{1F4DE}\n"), "a%20b%2F%25%2B%C3%A9%F0%9F%93%9E%0A");
    }

    #[test]
    fn a_plain_path_cannot_leave_its_place() {
        assert!(is_plain_path("/channels/a%2Fb/x"));
        for path in ["channels", "/a?b", "/a#b", "/a b", "/../x", "/a/%2e%2E/x", "/ü", "/a\r\nHost: x"] {
            assert!(!is_plain_path(path), "{path}");
        }
    }
}
