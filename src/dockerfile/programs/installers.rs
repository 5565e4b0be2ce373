//! Programs that install dependencies from lists.

use crate::dockerfile::ground::Step;

/// What installs dependencies from a list, with the files that it needs before everything
/// else, and the folder whose cache it keeps.
pub(in crate::dockerfile) struct Installer {
    pub(in crate::dockerfile) name: &'static str,
    pub(in crate::dockerfile) lists: &'static [&'static str],
    pub(in crate::dockerfile) cache: &'static str,
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
pub(in crate::dockerfile) fn installer(step: &Step) -> Option<&'static Installer> {
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
        ("pip" | "pip3", "install") | ("python" | "python3", "pip") if requirements => Some(&PIP),
        ("composer", "install") => Some(&COMPOSER),
        ("go", "mod") if command.has("download") => Some(&GO),
        ("mix", "deps.get") => Some(&MIX),
        ("poetry", "install") => Some(&POETRY),
        ("uv", "sync") => Some(&UV),
        _ => None,
    }
}
