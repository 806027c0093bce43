//! Values out of their texts: only such as have one meaning. All else is `None`.

/// No number of this length is beyond 64 bits.
const MOST_DIGITS: usize = 18;
/// A number of so many digits is itself after it was a double.
const EXACT_DIGITS: usize = 15;
const DAY: i64 = 24 * 60 * 60;

/// Whether it is a number of JSON, however large or fine.
#[inline]
pub fn is_number(text: &[u8]) -> bool {
    let mut rest = if text.first() == Some(&b'-') {
        &text[1..]
    } else {
        text
    };
    let before = digits_of(rest);
    if before == 0 || (before > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[before..];
    if rest.first() == Some(&b'.') {
        let after = digits_of(&rest[1..]);
        if after == 0 {
            return false;
        }
        rest = &rest[1 + after..];
    }
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', power @ ..] | [b'e' | b'E', power @ ..] => {
            !power.is_empty() && digits_of(power) == power.len()
        }
        _ => false,
    }
}

#[inline]
fn digits_of(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The number as JSON writes a whole one: no sign but a minus, and no nought before it.
pub fn whole(text: &[u8]) -> Option<i64> {
    match text {
        [b'0'] => Some(0),
        [b'-', b'1'..=b'9', ..] => digits(&text[1..]).map(|value| -value),
        [b'1'..=b'9', ..] => digits(text),
        _ => None,
    }
}

/// The number times ten to the `scale`; what is left of it is rounded, the half away from nought.
pub fn decimal(text: &[u8], width: u32, scale: u32) -> Option<i64> {
    let (is_negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let point = text.iter().position(|&byte| byte == b'.');
    let (before, after) = match point {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &text[..0]),
    };
    if before.is_empty() || (point.is_some() && after.is_empty()) {
        return None;
    }
    if before.len() + after.len() > MOST_DIGITS {
        return None;
    }
    digits_or_none(after)?;
    let kept = after.len().min(scale as usize);
    let missing = scale as usize - kept;
    let mut value = digits(before)?.checked_mul(power(kept)?)? + digits_or_none(&after[..kept])?;
    value = value.checked_mul(power(missing)?)?;
    if after.get(kept).map_or(false, |&next| next >= b'5') {
        value += 1;
    }
    if value >= power(width as usize)? {
        return None;
    }
    Some(if is_negative { -value } else { value })
}

/// The same of a number of JSON, which others read as a double.
pub fn decimal_number(text: &[u8], width: u32, scale: u32) -> Option<i64> {
    if whole(text).is_none() {
        fraction(text)?;
    }
    decimal(text, width, scale)
}

/// A number with a point as it is written after it was a double: without noughts at its end.
pub fn fraction(text: &[u8]) -> Option<&[u8]> {
    let unsigned = if text.first() == Some(&b'-') {
        &text[1..]
    } else {
        text
    };
    let point = unsigned.iter().position(|&byte| byte == b'.')?;
    let (before, after) = (&unsigned[..point], &unsigned[point + 1..]);
    if after.is_empty() || before.len() + after.len() > EXACT_DIGITS {
        return None;
    }
    if before != b"0" && !matches!(before, [b'1'..=b'9', ..]) {
        return None;
    }
    digits(before)?;
    digits(after)?;
    let spare = after.iter().rev().take_while(|&&byte| byte == b'0').count();
    let kept = (after.len() - spare).max(1);
    // A very small one is written with an exponent.
    let is_tiny = before == b"0" && kept > 4 && after.starts_with(b"0000");
    if is_tiny {
        return None;
    }
    Some(&text[..text.len() - (after.len() - kept)])
}

/// Days since 1970 of a date such as 2026-11-01.
pub fn day(text: &[u8]) -> Option<i64> {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(&text[..4])?, two(text, 5)?, two(text, 8)?);
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    if year < 1 || day < 1 || day > last {
        return None;
    }
    // Years that begin in March, so that a leap day is the last; 400 of them have 146,097 days.
    let shifted = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (shifted / 400, shifted % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Microseconds since 1970. Without a zone it is UTC; digits beyond the sixth are cut.
///
/// `is_utc` takes no other zone.
pub fn moment(text: &[u8], is_utc: bool) -> Option<i64> {
    let day = day(text.get(..10)?)?;
    let time = &text[10..];
    if time.is_empty() {
        return Some(day * DAY * 1_000_000);
    }
    if time.len() < 6 || !matches!(time[0], b'T' | b' ') || time[3] != b':' {
        return None;
    }
    let (hour, minute) = (two(time, 1)?, two(time, 4)?);
    let mut rest = &time[6..];
    let (mut second, mut micros) = (0, 0);
    if rest.len() >= 3 && rest[0] == b':' {
        second = two(rest, 1)?;
        rest = &rest[3..];
        if rest.first() == Some(&b'.') {
            let length = rest[1..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if length == 0 || length > 9 {
                return None;
            }
            let kept = length.min(6);
            micros = digits(&rest[1..1 + kept])? * power(6 - kept)?;
            rest = &rest[1 + length..];
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = if is_utc && !matches!(rest, [] | [b'Z']) {
        None
    } else {
        offset(rest)
    }?;
    let seconds = day * DAY + hour * 3600 + minute * 60 + second - offset;
    Some(seconds * 1_000_000 + micros)
}

/// Seconds that a zone is before UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (hours, minutes) = match zone {
        [] | [b'Z'] => return Some(0),
        [b'+' | b'-', _, _] => (two(zone, 1)?, 0),
        [b'+' | b'-', _, _, b':', _, _] => (two(zone, 1)?, two(zone, 4)?),
        [b'+' | b'-', _, _, _, _] => (two(zone, 1)?, two(zone, 3)?),
        _ => return None,
    };
    if hours > 15 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    Some(if zone[0] == b'+' { seconds } else { -seconds })
}

fn two(text: &[u8], at: usize) -> Option<i64> {
    digits(text.get(at..at + 2)?)
}

fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    digits_or_none(text)
}

fn digits_or_none(text: &[u8]) -> Option<i64> {
    if text.len() > MOST_DIGITS {
        return None;
    }
    let mut value = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + digit as i64;
    }
    Some(value)
}

fn power(of_ten: usize) -> Option<i64> {
    10_i64.checked_pow(of_ten as u32)
}
