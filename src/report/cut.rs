//! Text that is too long for its place.

use console::measure_text_width;

/// Text cut to a width, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let mut short = wrap_hard(text, width.saturating_sub(1));
    short.push('…');
    short
}

/// Text without its middle.
pub(super) fn cut_inside(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let backwards: String = text.chars().rev().collect();
    let end: String = wrap_hard(&backwards, room / 2).chars().rev().collect();
    format!("{}…{end}", wrap_hard(text, room - room / 2))
}

fn wrap_hard(text: &str, width: usize) -> String {
    let mut line = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += measure_text_width(c.encode_utf8(&mut [0; 4]));
        if used > width {
            break;
        }
        line.push(c);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_as_two() {
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("漢字", 4), "漢字");
        assert_eq!(cut_inside("registry/shop:v1 +11", 12), "regist…1 +11");
        assert_eq!(cut_inside("漢字漢字", 6), "漢…字");
    }
}
