//! Texts as they are meant, and values of JSON as they are written in the shortest way.

use crate::scan::{after_space, plain_end, string_end};
use crate::values::{fraction, is_number, whole};

/// Append what a string between its quotes means. `None` for what is no text, or has a zero in it.
pub fn unescape(text: &[u8], to: &mut Vec<u8>) -> Option<()> {
    let mut at = 0;
    while at < text.len() {
        let plain = text[at..]
            .iter()
            .position(|&byte| byte == b'\\')
            .unwrap_or(text.len() - at);
        to.extend_from_slice(&text[at..at + plain]);
        at += plain;
        if at < text.len() {
            let (meant, next) = escape(text, at)?;
            push(meant, to);
            at = next;
        }
    }
    Some(())
}

/// What the escape at `at` means, and where it ends.
fn escape(text: &[u8], at: usize) -> Option<(char, usize)> {
    let meant = match *text.get(at + 1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(text, at),
        _ => return None,
    };
    Some((meant, at + 2))
}

fn unicode(text: &[u8], at: usize) -> Option<(char, usize)> {
    let first = four(text, at + 2)?;
    let (code, next) = match first {
        0 | 0xdc00..=0xdfff => return None,
        0xd800..=0xdbff => {
            if text.get(at + 6..at + 8)? != b"\\u" {
                return None;
            }
            let second = four(text, at + 8)?;
            if !(0xdc00..=0xdfff).contains(&second) {
                return None;
            }
            (
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                at + 12,
            )
        }
        _ => (first, at + 6),
    };
    Some((char::from_u32(code)?, next))
}

fn four(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..at + 4)?.iter().try_fold(0, |value, &byte| {
        Some(value * 16 + (byte as char).to_digit(16)?)
    })
}

fn push(meant: char, to: &mut Vec<u8>) {
    to.extend_from_slice(meant.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Whether a number has to be one that every reader takes for the same.
#[derive(Clone, Copy, PartialEq)]
pub enum Numbers {
    Certain,
    Any,
}

/// Append the object or list at `from` without spaces. Gives where it ends.
pub fn minify(text: &[u8], from: usize, to: &mut Vec<u8>, numbers: Numbers) -> Option<usize> {
    let mut open: Vec<u8> = Vec::new();
    let mut at = from;
    loop {
        // Here a value begins.
        let first = *text.get(at)?;
        match first {
            b'{' | b'[' => {
                to.push(first);
                at = after_space(text, at + 1);
                let last = if first == b'{' { b'}' } else { b']' };
                if *text.get(at)? != last {
                    open.push(last);
                    if first == b'{' {
                        at = member_name(text, at, to)?;
                    }
                    continue;
                }
                to.push(last);
                at += 1;
            }
            b'"' => at = string(text, at, to)?,
            _ => at = plain(text, at, to, numbers)?,
        }
        // Here it has ended.
        loop {
            let expected = match open.last() {
                Some(&last) => last,
                None => return Some(at),
            };
            at = after_space(text, at);
            let next = *text.get(at)?;
            to.push(next);
            if next == b',' {
                at = after_space(text, at + 1);
                if expected == b'}' {
                    at = member_name(text, at, to)?;
                }
                break;
            }
            if next != expected {
                return None;
            }
            open.pop();
            at += 1;
        }
    }
}

fn member_name(text: &[u8], at: usize, to: &mut Vec<u8>) -> Option<usize> {
    if *text.get(at)? != b'"' {
        return None;
    }
    let at = after_space(text, string(text, at, to)?);
    if *text.get(at)? != b':' {
        return None;
    }
    to.push(b':');
    Some(after_space(text, at + 1))
}

/// Append the string that begins at `at` with its quotes. Gives where it ends.
pub fn string(text: &[u8], at: usize, to: &mut Vec<u8>) -> Option<usize> {
    let (end, has_escapes) = string_end(text, at + 1)?;
    if !has_escapes {
        to.extend_from_slice(&text[at..end + 1]);
        return Some(end + 1);
    }
    let mut meant = Vec::new();
    unescape(&text[at + 1..end], &mut meant)?;
    to.push(b'"');
    for byte in meant {
        match byte {
            b'"' => to.extend_from_slice(b"\\\""),
            b'\\' => to.extend_from_slice(b"\\\\"),
            8 => to.extend_from_slice(b"\\b"),
            12 => to.extend_from_slice(b"\\f"),
            b'\n' => to.extend_from_slice(b"\\n"),
            b'\r' => to.extend_from_slice(b"\\r"),
            b'\t' => to.extend_from_slice(b"\\t"),
            0..=0x1f => to.extend_from_slice(format!("\\u{:04X}", byte).as_bytes()),
            _ => to.push(byte),
        }
    }
    to.push(b'"');
    Some(end + 1)
}

fn plain(text: &[u8], at: usize, to: &mut Vec<u8>, numbers: Numbers) -> Option<usize> {
    let end = plain_end(text, at);
    let plain = &text[at..end];
    if numbers == Numbers::Certain {
        to.extend_from_slice(plain_text(plain)?);
    } else if !is_plain(plain) {
        return None;
    }
    Some(end)
}

/// Whether it is a number, `true`, `false` or `null`.
pub fn is_plain(text: &[u8]) -> bool {
    matches!(text, b"true" | b"false" | b"null") || is_number(text)
}

/// A number, `true`, `false` or `null` as it is written in the shortest way.
pub fn plain_text(text: &[u8]) -> Option<&[u8]> {
    match text {
        b"true" | b"false" | b"null" => Some(text),
        _ if whole(text).is_some() => Some(text),
        _ => fraction(text),
    }
}
