//! What well-known programs do to files: who owns what, what they install, make and remove.

mod deeds;
mod installers;

pub(super) use deeds::deeds;
pub(super) use installers::{Installer, installer};

use super::ground::Step;
use super::paths;
use super::shell::Command;
use super::tree::Word;

/// A change of owners or modes that a command makes.
#[derive(Debug)]
pub(super) struct Change<'s> {
    /// `chown` or `chmod`; `chgrp` and `install -o` count as the first.
    pub(super) program: &'static str,
    /// How it is written, such as `chown -R` or `find -exec chown`.
    pub(super) how: String,
    /// The owner or the mode; empty where another file gives it.
    pub(super) spec: String,
    /// Paths as written.
    pub(super) targets: Vec<&'s Word>,
    pub(super) is_recursive: bool,
    /// The option that makes it recursive, where leaving it out is all it takes.
    pub(super) flag: Option<&'s Word>,
}

/// Whether one of these commands changes owners, modes or access lists.
pub(super) fn changes_owners(commands: &[Command]) -> bool {
    let steps: Vec<Step> = commands.iter().map(Step::alone).collect();
    let changes = |(at, step): (usize, &Step)| {
        step.command.program() == "setfacl"
            || change(step, at.checked_sub(1).map(|b| &steps[b])).is_some()
    };
    steps.iter().enumerate().any(changes)
}

/// The change that one command of a `RUN` makes; `before` is what is piped into it.
pub(super) fn change<'s>(step: &'s Step, before: Option<&'s Step>) -> Option<Change<'s>> {
    let program = step.command.program();
    let arguments = step.command.arguments();
    match program {
        "chown" | "chgrp" | "chmod" => direct(program, arguments),
        "find" => {
            let at = arguments.iter().position(|w| w.value == "-exec" || w.value == "-execdir")?;
            let inner = inner(&arguments[at + 1..], "find -exec")?;
            Some(Change { targets: roots(arguments), is_recursive: is_deep(arguments), ..inner })
        }
        "xargs" => {
            let at = arguments.iter().position(|w| is_changer(&w.value))?;
            let inner = inner(&arguments[at..], "xargs")?;
            let before = before.filter(|b| b.command.program() == "find")?;
            let arguments = before.command.arguments();
            Some(Change { targets: roots(arguments), is_recursive: is_deep(arguments), ..inner })
        }
        "install" => installed(arguments),
        _ => None,
    }
}

fn is_changer(word: &str) -> bool {
    matches!(paths::name(word), "chown" | "chgrp" | "chmod" | "install")
}

/// Whether `find` goes over the files of a whole tree. Folders alone take no room.
fn is_deep(arguments: &[Word]) -> bool {
    let folders = arguments.windows(2).any(|w| w[0].value == "-type" && w[1].value == "d");
    !folders && !arguments.iter().any(|w| w.value == "-maxdepth" || w.value == "-quit")
}

/// The folders that `find` starts from.
fn roots(arguments: &[Word]) -> Vec<&Word> {
    let skip = arguments.iter().take_while(|w| matches!(w.value.as_str(), "-L" | "-P" | "-H"));
    let from = skip.count();
    arguments[from..].iter().take_while(|w| !w.value.starts_with(['-', '(', '!'])).collect()
}

fn inner<'s>(words: &'s [Word], how: &str) -> Option<Change<'s>> {
    let name = paths::name(&words.first()?.value);
    let change = match name {
        "chown" | "chgrp" | "chmod" => direct(name, &words[1..])?,
        "install" => installed(&words[1..])?,
        _ => return None,
    };
    Some(Change { how: format!("{how} {name}"), flag: None, ..change })
}

fn direct<'s>(program: &str, arguments: &'s [Word]) -> Option<Change<'s>> {
    let mut operands = Vec::new();
    let (mut flag, mut reference) = (None, false);
    let mut options_end = false;
    for word in arguments {
        let value = word.value.as_str();
        // `chmod -x` takes a mode, not an option.
        let is_mode = program == "chmod"
            && !value.starts_with("--")
            && value.len() > 1
            && value[1..].contains(|c: char| !"Rcfv".contains(c));
        if options_end || !value.starts_with('-') || is_mode {
            operands.push(word);
        } else if value == "--" {
            options_end = true;
        } else if value == "--recursive" || (!value.starts_with("--") && value.contains('R')) {
            flag = Some(word);
        } else if value.starts_with("--reference") {
            reference = true;
        }
    }
    let spec = if reference { String::new() } else { operands.first()?.value.clone() };
    let spec = if program == "chgrp" { format!(":{spec}") } else { spec };
    let how = if flag.is_some() { format!("{program} -R") } else { program.to_owned() };
    // `-Rf` holds more than one option.
    let alone = flag.filter(|word| matches!(word.value.as_str(), "-R" | "--recursive"));
    Some(Change {
        program: if program == "chmod" { "chmod" } else { "chown" },
        how,
        spec,
        targets: operands.into_iter().skip(usize::from(!reference)).collect(),
        is_recursive: flag.is_some(),
        flag: alone.filter(|_| !reference && program == "chown"),
    })
}

/// `install -o` over more than single files.
fn installed(arguments: &[Word]) -> Option<Change<'_>> {
    let mut owner = None;
    let mut operands = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.value.as_str() {
            "-d" | "--directory" => return None,
            "-o" => owner = Some(words.next()?.value.clone()),
            "-g" | "-m" | "-t" => drop(words.next()),
            value if value.starts_with("--owner=") => owner = Some(value[8..].to_owned()),
            value if value.starts_with('-') => {}
            _ => operands.push(word),
        }
    }
    let is_recursive = operands.iter().any(|word| word.value.contains('*'));
    let how = "install -o".to_owned();
    Some(Change {
        program: "chown",
        how,
        spec: owner?,
        targets: operands,
        is_recursive,
        flag: None,
    })
}
