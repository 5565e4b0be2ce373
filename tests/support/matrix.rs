//! The switches of the template `rails` and variants of it, in which every two values of two
//! switches meet at least once.

use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

/// A switch with what it may be, as TOML. The first is the shipped default or nothing.
const SWITCHES: &[(&str, &[&str])] = &[
    ("frontend", &["\"legacy\"", "\"1.2\"", "\"1.4\"", "\"1.16\""]),
    ("gems", &["\"bundle\"", "\"vendored\"", "\"system\""]),
    ("javascript", &["\"none\"", "\"yarn\"", "\"npm\"", "\"pnpm\"", "\"bun\""]),
    ("yarn_version", &["\"1.22.22\"", "\"4.5.0\""]),
    ("pnpm_version", &["\"\"", "\"9.15\""]),
    ("node_files", &["[]", "[\".npmrc\"]"]),
    ("node_image", &["\"\"", "\"registry.example/node:22\""]),
    ("keep_node", &["false", "true"]),
    ("database", &["\"none\"", "\"sqlite\"", "\"postgresql\"", "\"mysql\""]),
    ("packages", &["[]", "[\"libvips\", \"imagemagick\"]"]),
    ("build_packages", &["[]", "[\"libmagickwand-dev\"]"]),
    ("apt_mirror", &["\"\"", "\"http://mirror.example\""]),
    ("bootsnap", &["true", "false"]),
    ("assets", &["true", "false"]),
    ("jemalloc", &["true", "false"]),
    ("yjit", &["true", "false"]),
    ("thruster", &["false", "true"]),
    ("entrypoint", &["true", "false"]),
    ("prepare_database", &["true", "false"]),
    ("code_owner", &["\"user\"", "\"root\""]),
    ("private_gem_hosts", &["[]", "[\"gems.example.com\", \"my-gems.example.com\"]"]),
    ("gem_files", &["[]", "[\".ruby-version\", \"vendor/gems\"]"]),
    ("bundle_without", &["[\"development\", \"test\"]", "[]"]),
    ("bundler_version", &["\"\"", "\"2.6.2\""]),
    ("base_image", &["\"\"", "\"fleet-lab/rails:stable\""]),
    ("platform", &["\"\"", "\"linux/amd64\""]),
    ("variant", &["\"slim\"", "\"\""]),
    ("syntax", &["\"\"", "\"docker/dockerfile:1\""]),
    ("health_check", &["\"\"", "\"/up\""]),
    ("command", &["[]", "[\"bundle\", \"exec\", \"puma\"]"]),
    ("port", &["3000", "80"]),
    ("env", &["{}", "{ A = \"a \\\"b\\\" $c\", B = \"\" }"]),
    ("labels", &["{}", "{ \"org.example.team\" = \"shop\", service = \"shop\" }"]),
    ("build_env", &["{}", "{ NODE_OPTIONS = \"--max-old-space-size=4096\" }"]),
    ("build_args", &["[]", "[\"GIT_REVISION\"]"]),
    ("ignore", &["[]", "[\"docs\"]"]),
    ("base_instructions", &["[]", "[\"ENV LANG=C.UTF-8\"]"]),
    ("build_instructions", &["[]", "[\"RUN echo build\"]"]),
    ("final_instructions", &["[]", "[\"RUN echo final\"]"]),
    ("last_instructions", &["[]", "[\"LABEL last=1\"]"]),
];

/// How many rows are tried for the next one of the matrix.
const TRIES: usize = 60;

/// Values of one app, by variable.
pub(crate) type Variant = BTreeMap<String, Value>;

/// A position in [`SWITCHES`] and in its values.
type Choice = (usize, usize);

/// Variants in which every pair of values meets, but for those that the template refuses.
pub(crate) fn variants() -> Vec<Variant> {
    let mut open = pairs();
    let mut seed = 1;
    let mut rows = Vec::new();
    while let Some(first) = open.first().copied() {
        let rows_tried = (0..TRIES).map(|_| random(&mut seed, first));
        let best = rows_tried.max_by_key(|row| met(row).filter(|pair| open.contains(pair)).count());
        let best = best.unwrap();
        for pair in met(&best) {
            open.remove(&pair);
        }
        rows.push(best);
    }
    rows.iter().map(|row| variant(row)).collect()
}

/// Every value of every switch that is not its first, as TOML.
pub(crate) fn values() -> Vec<String> {
    let lines = |(name, values): &(&str, &[&str])| {
        values.iter().skip(1).map(|value| format!("{name} = {value}")).collect::<Vec<_>>()
    };
    SWITCHES.iter().flat_map(lines).collect()
}

fn pairs() -> BTreeSet<(Choice, Choice)> {
    let all: Vec<Choice> = SWITCHES
        .iter()
        .enumerate()
        .flat_map(|(at, (_, values))| (0..values.len()).map(move |value| (at, value)))
        .collect();
    let pairs = all.iter().flat_map(|a| all.iter().map(|b| (*a, *b)));
    pairs.filter(|(a, b)| a.0 < b.0 && !refused(*a, *b)).collect()
}

/// Private gems need build secrets.
fn refused(a: Choice, b: Choice) -> bool {
    let is = |choice: Choice, name: &str, value: usize| {
        SWITCHES[choice.0].0 == name && choice.1 == value
    };
    is(a, "frontend", 0) && is(b, "private_gem_hosts", 1)
}

fn met(row: &[usize]) -> impl Iterator<Item = (Choice, Choice)> {
    (0..row.len()).flat_map(move |a| (a + 1..row.len()).map(move |b| ((a, row[a]), (b, row[b]))))
}

/// A row that holds a pair, the rest of it by chance, the same chance every time.
fn random(seed: &mut u64, (a, b): (Choice, Choice)) -> Vec<usize> {
    let mut row: Vec<usize> = SWITCHES
        .iter()
        .map(|(_, values)| {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(*seed >> 33).unwrap() % values.len()
        })
        .collect();
    row[a.0] = a.1;
    row[b.0] = b.1;
    let frontend = SWITCHES.iter().position(|(name, _)| *name == "frontend").unwrap();
    let private = SWITCHES.iter().position(|(name, _)| *name == "private_gem_hosts").unwrap();
    if row[frontend] == 0 && row[private] == 1 {
        let free = if a.0 == frontend || b.0 == frontend { private } else { frontend };
        row[free] = 1 - row[free].min(1);
    }
    row
}

fn variant(row: &[usize]) -> Variant {
    let named = SWITCHES.iter().zip(row);
    let lines: Vec<_> =
        named.map(|((name, values), value)| format!("{name} = {}", values[*value])).collect();
    lines.join("\n").parse::<toml::Table>().unwrap().into_iter().collect()
}
