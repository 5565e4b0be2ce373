//! What well-known programs do to files: who owns what, what they install, make and remove.

use super::ground::{Kind, Step};
use super::paths;
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
    arguments[from..]
        .iter()
        .take_while(|w| !w.value.starts_with(['-', '(', '!']))
        .collect()
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
    Some(Change { program: "chown", how, spec: owner?, targets: operands, is_recursive, flag: None })
}

/// What a command leaves behind, as paths from its working folder. `None` where nobody knows
/// what the program does.
pub(super) fn deeds(step: &Step) -> Option<Vec<(String, Kind)>> {
    let command = &step.command;
    let first = command.operands().next().map_or("", |word| word.value.as_str());
    let here = |path: &str, what: &'static str| vec![(path.to_owned(), Kind::Installed(what))];
    let mut deeds = match command.program() {
        "" | "apt-get" | "apt" | "aptitude" | "apk" | "dpkg" | "yum" | "dnf" | "microdnf" | "groupadd"
        | "addgroup" | "usermod" | "groupmod" | "chmod" | "chown" | "chgrp" | "echo" | "printf" | "true"
        | ":" | "set" | "cd" | "test" | "[" | "[[" | "ls" | "cat" | "grep" | "corepack" | "sleep"
        | "update-ca-certificates" | "locale-gen" | "export" | "id" | "whoami" | "which" | "rm"
        | "rmdir" | "xargs" | "find" | "exit" | "ldconfig" | "unset" | "umask" | "passwd" | "chpasswd"
        | "setcap" | "date" | "env" | "a2enmod" | "docker-php-ext-install" | "sync" | "du"
        | "apt-key" | "add-apt-repository" | "dpkg-reconfigure" | "update-alternatives" | "gem" => vec![],
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
            if command.words.iter().any(|w| w.value.contains("--deployment") || w.value.starts_with("--path")) {
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
    let Some((list, tail)) = rest.split_once('}').filter(|(l, t)| l.contains(',') && !t.contains('{'))
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

/// What installs dependencies from a list, with the files that it needs before everything
/// else, and the folder whose cache it keeps.
pub(super) struct Installer {
    pub(super) name: &'static str,
    pub(super) lists: &'static [&'static str],
    pub(super) cache: &'static str,
}

macro_rules! installer {
    ($name:literal, $lists:expr, $cache:literal) => {
        Installer { name: $name, lists: &$lists, cache: $cache }
    };
}

static BUNDLE: Installer =
    installer!("bundle install", ["Gemfile", "Gemfile.lock"], "/usr/local/bundle/cache");
static NPM: Installer = installer!("npm", ["package.json", "package-lock.json"], "/root/.npm");
static YARN: Installer =
    installer!("yarn", ["package.json", "yarn.lock"], "/usr/local/share/.cache/yarn");
static PNPM: Installer =
    installer!("pnpm", ["package.json", "pnpm-lock.yaml"], "/root/.local/share/pnpm/store");
static PIP: Installer = installer!("pip install", ["requirements.txt"], "/root/.cache/pip");
static COMPOSER: Installer =
    installer!("composer install", ["composer.json", "composer.lock"], "/root/.composer/cache");
static GO: Installer = installer!("go mod download", ["go.mod", "go.sum"], "/go/pkg/mod");
static MIX: Installer = installer!("mix deps.get", ["mix.exs", "mix.lock"], "/root/.hex");
static POETRY: Installer =
    installer!("poetry install", ["pyproject.toml", "poetry.lock"], "/root/.cache/pypoetry");
static UV: Installer = installer!("uv sync", ["pyproject.toml", "uv.lock"], "/root/.cache/uv");

/// The installer that a command runs.
pub(super) fn installer(step: &Step) -> Option<&'static Installer> {
    let command = &step.command;
    let mut operands = command.operands().map(|word| word.value.as_str());
    let first = operands.next().unwrap_or_default();
    let requirements = command
        .arguments()
        .iter()
        .any(|w| w.value.starts_with("-r") || w.value.starts_with("--requirement"));
    match (command.program(), first) {
        ("bundle", "install" | "") => Some(&BUNDLE),
        ("npm", "ci" | "install" | "i") if operands.next().is_none() && !command.has("-g") => {
            Some(&NPM)
        }
        ("yarn", "" | "install") if !command.has("--version") => Some(&YARN),
        ("pnpm", "install" | "i") => Some(&PNPM),
        ("pip" | "pip3", "install") if requirements => Some(&PIP),
        ("python" | "python3", "pip") if requirements => Some(&PIP),
        ("composer", "install") => Some(&COMPOSER),
        ("go", "mod") if command.has("download") => Some(&GO),
        ("mix", "deps.get") => Some(&MIX),
        ("poetry", "install") => Some(&POETRY),
        ("uv", "sync") => Some(&UV),
        _ => None,
    }
}
