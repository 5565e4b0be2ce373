//! Modes that let everybody write.

use super::words;
use crate::dockerfile::finding::{Edit, Finding, Safety, Severity};
use crate::dockerfile::rule::{Case, Rule};
use crate::dockerfile::text::Span;
use crate::dockerfile::tree::Word;

pub(super) static RULE: Rule = Rule {
    name: "world-writable",
    codes: &[],
    severity: Severity::Warning,
    summary: "mode 777, which lets everybody write",
    why: "Mode 777 is given when the owner is wrong. It lets every process in the container change the \
          files, code too. Give the folder to the user that runs the program; 775 is then enough.",
    before: "RUN chmod -R 777 log tmp",
    after: "RUN install -d -o rails -g rails log tmp",
    check,
};

fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for ground in case.grounds {
        let mut runs: Vec<_> = ground.runs.iter().collect();
        runs.sort_by_key(|(at, _)| **at);
        for step in runs.into_iter().flat_map(|(_, steps)| steps) {
            let arguments = step.command.arguments();
            let mode = match step.command.program() {
                "chmod" => arguments.iter().find(|w| !is_option(&w.value)),
                "mkdir" | "install" => after(arguments, "-m"),
                "find" | "xargs" => after(arguments, "chmod"),
                _ => continue,
            };
            let Some(word) = mode.filter(|word| is_open(&word.value)) else { continue };
            let on_tmp =
                step.command.operands().any(|w| matches!(w.value.as_str(), "/tmp" | "/var/tmp"));
            if on_tmp {
                continue;
            }
            let shown = words::one_line(&case.file.text, step.command.span.clone(), 44);
            let finding = Finding::new(
                rule,
                step.command.span.clone(),
                format!("`{shown}` lets everybody write"),
            );
            found.push(mended(finding, case, word, step.script.is_none()));
        }
    }
    for instruction in case.file.instructions() {
        let flag = instruction.flags.iter().find(|f| f.name == "chmod" && is_open(&f.value));
        if let Some(flag) = flag {
            let message =
                format!("`--chmod={}` lets everybody write", words::shown(&flag.value, 10));
            let finding = Finding::new(rule, flag.span.clone(), message);
            let start = flag.span.end - flag.value.len();
            let word = Word { span: start..flag.span.end, value: flag.value.clone() };
            found.push(mended(finding, case, &word, true));
        }
    }
    found
}

fn after<'w>(arguments: &'w [Word], option: &str) -> Option<&'w Word> {
    let at = arguments
        .iter()
        .position(|w| w.value == option || w.value.ends_with(&format!("/{option}")))?;
    arguments[at + 1..].iter().find(|w| !is_option(&w.value))
}

fn is_option(value: &str) -> bool {
    value.starts_with('-') && !value[1..].starts_with(['r', 'w', 'x'])
}

/// Whether a mode lets others write where others can also go.
fn is_open(mode: &str) -> bool {
    let digits = mode.trim_start_matches('0');
    let octal = digits.len() == 3 && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
    if octal {
        return matches!(digits.as_bytes()[2], b'2' | b'3' | b'6' | b'7');
    }
    mode.split(',').any(|part| {
        part.split_once(['+', '=']).is_some_and(|(who, what)| {
            (who.contains('o') || who.contains('a')) && what.contains('w')
        })
    })
}

fn mended(finding: Finding, case: &Case<'_>, word: &Word, here: bool) -> Finding {
    let span: Span = word.span.clone();
    let shown = case.file.text.show(span.clone());
    let mut narrow: String = word.value.clone();
    let octal = narrow.bytes().all(|b| b.is_ascii_digit());
    let finding = finding.label("others may write");
    if !here || !octal || *shown != word.value {
        return finding.advice("give the folder to the user that runs the program instead");
    }
    let last = narrow.pop().and_then(|c| c.to_digit(8)).unwrap_or(0) & 5;
    narrow.push_str(&last.to_string());
    finding
        .advice(format!(
            "{} becomes {narrow}: others can no longer write. The program's user must own the files, or be \
             in their group",
            word.value
        ))
        .fix(Safety::Modes, vec![Edit::replace(span, narrow)])
}
