//! What a command leaves behind: folders, files, installed trees.

use crate::dockerfile::ground::{Kind, Step};
use crate::dockerfile::paths;
use crate::dockerfile::tree::Word;

/// Programs that write nothing that matters here, or whose changes are looked at elsewhere.
const HARMLESS: [&str; 57] = [
    "apt-get",
    "apt",
    "aptitude",
    "apk",
    "dpkg",
    "yum",
    "dnf",
    "microdnf",
    "groupadd",
    "addgroup",
    "usermod",
    "groupmod",
    "chmod",
    "chown",
    "chgrp",
    "echo",
    "printf",
    "true",
    ":",
    "set",
    "cd",
    "test",
    "[",
    "[[",
    "ls",
    "cat",
    "grep",
    "corepack",
    "sleep",
    "update-ca-certificates",
    "locale-gen",
    "export",
    "id",
    "whoami",
    "which",
    "rm",
    "rmdir",
    "xargs",
    "find",
    "exit",
    "ldconfig",
    "unset",
    "umask",
    "passwd",
    "chpasswd",
    "setcap",
    "date",
    "env",
    "a2enmod",
    "docker-php-ext-install",
    "sync",
    "du",
    "apt-key",
    "add-apt-repository",
    "dpkg-reconfigure",
    "update-alternatives",
    "gem",
];

/// What a command leaves behind, as paths from its working folder. `None` where nobody knows
/// what the program does.
pub(in crate::dockerfile) fn deeds(step: &Step) -> Option<Vec<(String, Kind)>> {
    let command = &step.command;
    let first = command.operands().next().map_or("", |word| word.value.as_str());
    let here = |path: &str, what: &'static str| vec![(path.to_owned(), Kind::Installed(what))];
    let mut deeds = match command.program() {
        name if name.is_empty() || HARMLESS.contains(&name) => vec![],
        "useradd" | "adduser" => homes(step),
        "mkdir" => made(command.operands()),
        "install" => made(command.operands().filter(|_| command.has("-d"))),
        "touch" | "tee" | "truncate" => {
            command.operands().map(|w| (w.value.clone(), Kind::Touched)).collect()
        }
        "ln" => {
            let last = command.operands().last();
            last.map(|w| (w.value.clone(), Kind::Linked)).into_iter().collect()
        }
        "curl" | "wget" => fetched(step),
        "sed" => {
            let in_place = command.arguments().iter().any(|w| w.value.starts_with("-i"));
            let files = command.operands().skip(1).filter(|_| in_place);
            files.map(|w| (w.value.clone(), Kind::Touched)).collect()
        }
        "git" if first == "clone" => cloned(step),
        "tar" | "unzip" | "bsdtar" => unpacked(step),
        "cp" | "mv" | "rsync" => {
            let last = command.operands().last().map(|w| w.value.clone());
            last.map(|path| (path, Kind::Installed("copied files"))).into_iter().collect()
        }
        "bundle" | "bundler" if matches!(first, "install" | "") => {
            let mut all = here("/usr/local/bundle", "bundle install");
            all.extend(here("$BUNDLE_PATH", "bundle install"));
            if command
                .words
                .iter()
                .any(|w| w.value.contains("--deployment") || w.value.starts_with("--path"))
            {
                all.extend(here("vendor/bundle", "bundle install"));
            }
            all
        }
        "bundle" if matches!(first, "config" | "check" | "clean") => vec![],
        "bundle" | "rails" | "rake" if precompiles(step) => {
            let mut all = here("public/assets", "assets:precompile");
            all.extend(here("tmp/cache", "assets:precompile"));
            all
        }
        "npm" if matches!(first, "ci" | "install" | "i") && command.has("-g") => vec![],
        "npm" if matches!(first, "ci" | "install" | "i") => here("node_modules", "npm"),
        "npm" if matches!(first, "config" | "cache") => vec![],
        "yarn" if matches!(first, "" | "install") => here("node_modules", "yarn"),
        "pnpm" if matches!(first, "install" | "i") => here("node_modules", "pnpm"),
        "bun" if first == "install" => here("node_modules", "bun"),
        "pip" | "pip3" if first == "install" => here("/usr/local/lib", "pip install"),
        "python" | "python3" if command.has("venv") => {
            let last = command.operands().last().map_or("venv", |w| w.value.as_str());
            here(last, "python -m venv")
        }
        "python" | "python3" if command.has("pip") => here("/usr/local/lib", "pip install"),
        "composer" if first == "install" => here("vendor", "composer install"),
        _ => return None,
    };
    for (operator, target) in &command.redirects {
        if operator.starts_with('>') && !target.value.starts_with("/dev/") && operator != ">&" {
            deeds.push((target.value.clone(), Kind::Touched));
        }
    }
    Some(deeds)
}

fn made<'w>(words: impl Iterator<Item = &'w Word>) -> Vec<(String, Kind)> {
    // `-m 755` has its mode behind it.
    let is_mode = |word: &Word| word.value.chars().all(|c| c.is_ascii_digit());
    words.filter(|w| !is_mode(w)).flat_map(|w| braces(&w.value)).map(|p| (p, Kind::Made)).collect()
}

/// `a/{b,c}` as bash reads it.
fn braces(word: &str) -> Vec<String> {
    let Some((head, rest)) = word.split_once('{').filter(|(h, _)| !h.ends_with('$')) else {
        return vec![word.to_owned()];
    };
    let Some((list, tail)) =
        rest.split_once('}').filter(|(l, t)| l.contains(',') && !t.contains('{'))
    else {
        return vec![word.to_owned()];
    };
    list.split(',').map(|item| format!("{head}{item}{tail}")).collect()
}

fn homes(step: &Step) -> Vec<(String, Kind)> {
    let arguments = step.command.arguments();
    let at = arguments.iter().position(|w| matches!(w.value.as_str(), "-d" | "--home" | "-h"));
    let home = at.and_then(|at| arguments.get(at + 1)).map(|w| w.value.clone());
    let home = home.or_else(|| {
        let long = arguments.iter().find_map(|w| w.value.strip_prefix("--home-dir="));
        long.map(str::to_owned)
    });
    // The name is the last operand, or the first: the rest are values of options.
    let names = arguments.iter().filter(|w| w.value.starts_with(|c: char| c.is_ascii_lowercase()));
    let homes = names.map(|w| format!("/home/{}", w.value)).chain(home);
    homes.map(|path| (path, Kind::Made)).collect()
}

fn fetched(step: &Step) -> Vec<(String, Kind)> {
    let arguments = step.command.arguments();
    let at = arguments.iter().position(|w| {
        let value = w.value.as_str();
        matches!(value, "-o" | "-O" | "--output" | "--output-document")
            || (!value.starts_with("--") && value.starts_with('-') && value.ends_with('o'))
    });
    let curl_o = step.command.program() == "curl" && step.command.has("-O");
    let named = at.filter(|_| !curl_o).and_then(|at| arguments.get(at + 1));
    let path = match named {
        Some(word) if word.value == "-" => return vec![],
        Some(word) => word.value.clone(),
        None if curl_o || step.command.program() == "wget" => {
            let address = step.command.operands().find(|w| w.value.contains("://"));
            let Some(address) = address else { return vec![] };
            paths::name(&address.value).to_owned()
        }
        None => return vec![],
    };
    vec![(path, Kind::Fetched)]
}

fn cloned(step: &Step) -> Vec<(String, Kind)> {
    let operands: Vec<&Word> = step.command.operands().skip(1).collect();
    let Some(at) = operands.iter().position(|w| w.value.contains(':') || w.value.contains('/'))
    else {
        return vec![];
    };
    let folder = operands.get(at + 1).map_or_else(
        || paths::name(&operands[at].value).trim_end_matches(".git").to_owned(),
        |word| word.value.clone(),
    );
    vec![(folder, Kind::Installed("git clone"))]
}

fn unpacked(step: &Step) -> Vec<(String, Kind)> {
    let arguments = step.command.arguments();
    let at = arguments.iter().position(|w| matches!(w.value.as_str(), "-C" | "-d" | "--directory"));
    let folder = at.and_then(|at| arguments.get(at + 1)).map_or(".", |w| w.value.as_str());
    let long = arguments.iter().find_map(|w| w.value.strip_prefix("--directory="));
    vec![(long.unwrap_or(folder).to_owned(), Kind::Installed("an unpacked archive"))]
}

fn precompiles(step: &Step) -> bool {
    step.command.words.iter().any(|word| word.value.contains("assets:precompile"))
}
