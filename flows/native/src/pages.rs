//! An answer of an API: where its records are, and what it says beside them.

use crate::scan::{after_space, plain_end, string_end};
use crate::texts::{is_plain, unescape};
use std::ops::Range;

/// With more than so many members it is no envelope but data.
const MOST_MEMBERS: usize = 100;
/// As many as fit into the bits of what is open.
const DEEPEST: usize = 64;

/// Where something begins and ends.
pub type Span = [u32; 2];

/// `members` are the name, without its quotes, and the value of each member at the top.
#[derive(Default)]
pub struct Page {
    pub records: Vec<Span>,
    pub members: Vec<[Span; 2]>,
}

/// Find the list at the end of a path of names, which may be empty. `None` if there is no such list,
/// if what is there is no JSON or has more than `deepest` levels, or if one of the names of the path
/// or at the top is there twice or is written with escapes.
pub fn cut(text: &[u8], path: &[&[u8]], deepest: usize) -> Option<Page> {
    if text.len() > u32::MAX as usize || deepest > DEEPEST || path.len() >= deepest {
        return None;
    }
    let mut page = Page::default();
    let mut scratch = Vec::new();
    let mut cutter = Cutter {
        text,
        deepest,
        scratch: &mut scratch,
    };
    let end = cutter.level(after_space(text, 0), path, 0, &mut page)?;
    if after_space(text, end) != text.len() {
        return None;
    }
    Some(page)
}

struct Cutter<'a> {
    text: &'a [u8],
    deepest: usize,
    scratch: &'a mut Vec<u8>,
}

impl Cutter<'_> {
    /// The value at `at`, around which there are `around` others: the list, or an object with it.
    fn level(
        &mut self,
        at: usize,
        path: &[&[u8]],
        around: usize,
        page: &mut Page,
    ) -> Option<usize> {
        match path.split_first() {
            Some((name, rest)) => self.object(at, name, rest, around, page),
            None => self.list(at, around, page),
        }
    }

    fn list(&mut self, at: usize, around: usize, page: &mut Page) -> Option<usize> {
        if *self.text.get(at)? != b'[' {
            return None;
        }
        let mut at = after_space(self.text, at + 1);
        if *self.text.get(at)? == b']' {
            return Some(at + 1);
        }
        loop {
            let end = self.past(at, self.deepest - around - 1)?;
            page.records.push(span(at..end));
            at = after_space(self.text, end);
            match *self.text.get(at)? {
                b',' => at = after_space(self.text, at + 1),
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn object(
        &mut self,
        at: usize,
        wanted: &[u8],
        rest: &[&[u8]],
        around: usize,
        page: &mut Page,
    ) -> Option<usize> {
        if *self.text.get(at)? != b'{' {
            return None;
        }
        let mut at = after_space(self.text, at + 1);
        let mut is_found = false;
        loop {
            let (name, begin) = self.name(at)?;
            let end = if &self.text[name.clone()] == wanted {
                if is_found {
                    return None;
                }
                is_found = true;
                self.level(begin, rest, around + 1, page)?
            } else {
                self.past(begin, self.deepest - around - 1)?
            };
            if around == 0 {
                self.note(name, begin..end, page)?;
            }
            at = after_space(self.text, end);
            match *self.text.get(at)? {
                b',' => at = after_space(self.text, at + 1),
                b'}' => return Some(at + 1).filter(|_| is_found),
                _ => return None,
            }
        }
    }

    fn note(&self, name: Range<usize>, value: Range<usize>, page: &mut Page) -> Option<()> {
        let text = &self.text[name.clone()];
        let mut known = page.members.iter().map(|member| member[0]);
        let is_twice = known.any(|[from, to]| &self.text[from as usize..to as usize] == text);
        if is_twice || page.members.len() == MOST_MEMBERS {
            return None;
        }
        page.members.push([span(name), span(value)]);
        Some(())
    }

    /// The name of a member, and where its value begins.
    fn name(&self, at: usize) -> Option<(Range<usize>, usize)> {
        if *self.text.get(at)? != b'"' {
            return None;
        }
        match string_end(self.text, at + 1)? {
            (end, false) => Some((at + 1..end, self.after_colon(end + 1)?)),
            _ => None,
        }
    }

    fn after_colon(&self, at: usize) -> Option<usize> {
        let at = after_space(self.text, at);
        if *self.text.get(at)? != b':' {
            return None;
        }
        Some(after_space(self.text, at + 1))
    }

    /// Past the value at `at`, which may have so many levels.
    fn past(&mut self, mut at: usize, room: usize) -> Option<usize> {
        // What is open, the last in the lowest bit: 1 is an object, 0 a list.
        let mut open: u64 = 0;
        let mut depth = 0;
        loop {
            // Here a value begins.
            match *self.text.get(at)? {
                first @ (b'{' | b'[') => {
                    if depth == room {
                        return None;
                    }
                    let is_object = first == b'{';
                    let next = after_space(self.text, at + 1);
                    if *self.text.get(next)? == if is_object { b'}' } else { b']' } {
                        at = next + 1;
                    } else {
                        open = open << 1 | is_object as u64;
                        depth += 1;
                        at = if is_object { self.member(next)? } else { next };
                        continue;
                    }
                }
                b'"' => at = self.string(at)?,
                _ => at = self.plain(at)?,
            }
            // Here it has ended.
            loop {
                if depth == 0 {
                    return Some(at);
                }
                let is_object = open & 1 == 1;
                at = after_space(self.text, at);
                match *self.text.get(at)? {
                    b',' => {
                        at = after_space(self.text, at + 1);
                        if is_object {
                            at = self.member(at)?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                open >>= 1;
                depth -= 1;
                at += 1;
            }
        }
    }

    /// Past the name of a member and its colon.
    #[inline]
    fn member(&mut self, at: usize) -> Option<usize> {
        if *self.text.get(at)? != b'"' {
            return None;
        }
        let end = self.string(at)?;
        self.after_colon(end)
    }

    #[inline]
    fn string(&mut self, at: usize) -> Option<usize> {
        let (end, has_escapes) = string_end(self.text, at + 1)?;
        if has_escapes {
            self.scratch.clear();
            unescape(&self.text[at + 1..end], self.scratch)?;
        }
        Some(end + 1)
    }

    #[inline]
    fn plain(&self, at: usize) -> Option<usize> {
        let end = plain_end(self.text, at);
        Some(end).filter(|_| is_plain(&self.text[at..end]))
    }
}

fn span(range: Range<usize>) -> Span {
    [range.start as u32, range.end as u32]
}

/// Append records to a text, and tell where each ends. If `on_one_line`, blanks take the place of
/// line ends: between the tokens of JSON they mean the same.
///
/// # Panics
/// If there is no room for them.
pub fn copy(
    text: &[u8],
    records: &[Span],
    on_one_line: bool,
    to: &mut [u8],
    ends: &mut [i32],
    from: usize,
) {
    let mut at = from;
    for (&[begin, end], told) in records.iter().zip(ends) {
        let record = &text[begin as usize..end as usize];
        to[at..at + record.len()].copy_from_slice(record);
        at += record.len();
        *told = at as i32;
    }
    let written = &mut to[from..at];
    if on_one_line {
        for byte in written {
            if matches!(*byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
}
