//! Takes ERB out of a YAML file without evaluating it.

/// What stands for a value that only running the app would tell.
pub(super) const UNKNOWN: &str = "__ERB__";

/// The text with each `<%= … %>` as [`UNKNOWN`] and without other tags. Lines stay where they
/// are. An error is the line of a tag without an end.
pub(super) fn blank(text: &str) -> Result<String, usize> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut line = 1;
    while let Some(start) = rest.find("<%") {
        let (before, tag) = rest.split_at(start);
        out.push_str(before);
        line += before.matches('\n').count();
        if let Some(after) = tag.strip_prefix("<%%") {
            out.push_str("<%");
            rest = after;
            continue;
        }
        let end = tag.find("%>").ok_or(line)? + 2;
        let (tag, after) = tag.split_at(end);
        if tag.starts_with("<%=") && !is_alone(&out, after) {
            out.push_str(UNKNOWN);
        }
        let lines = tag.matches('\n').count();
        out.extend(std::iter::repeat_n('\n', lines));
        line += lines;
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Whether nothing else stands on the lines of a tag: it prints lines, not a value.
fn is_alone(before: &str, after: &str) -> bool {
    let head = before.trim_end_matches([' ', '\t']);
    let tail = after.trim_start_matches([' ', '\t', '\r']);
    (head.is_empty() || head.ends_with('\n')) && (tail.is_empty() || tail.starts_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_lines_stay() {
        let cases = [
            ("a: <%= ENV.fetch(\"A\") { 1 } %>\nb: 2\n", "a: __ERB__\nb: 2\n"),
            ("<% if x %>\na: 1\n<% end -%>\n", "\na: 1\n\n"),
            ("<%= lines %>\na: x<%# no %>y\n", "\na: xy\n"),
            ("a: <%= b\n%>\nc: 1\n", "a: __ERB__\n\nc: 1\n"),
            ("a: <%% b\n", "a: <% b\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(blank(text).as_deref(), Ok(expected));
        }
        assert_eq!(blank("a: 1\nb: <%= x\n"), Err(2));
    }
}
