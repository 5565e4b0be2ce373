//! Reads `.dockerignore` as far as whole paths go.

/// The lines of a `.dockerignore`.
pub(super) struct IgnoreFile {
    /// A pattern in parts, and whether it takes paths back in.
    patterns: Vec<(Vec<String>, bool)>,
}

impl IgnoreFile {
    pub(super) fn read(content: &str) -> Self {
        let lines = content.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        let patterns = lines.take(1000).map(|line| {
            let (line, back) = line.strip_prefix('!').map_or((line, false), |rest| (rest, true));
            let parts = line.split('/').filter(|p| !p.is_empty() && *p != ".");
            (parts.map(str::to_owned).collect(), back)
        });
        Self { patterns: patterns.collect() }
    }

    /// Whether a path stays out of the build; the last line that fits counts.
    pub(super) fn covers(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        let mut covered = false;
        for (pattern, back) in &self.patterns {
            // A folder that is left out takes along all that lies in it.
            if (1..=parts.len()).any(|end| matches(pattern, &parts[..end])) {
                covered = !back;
            }
        }
        covered
    }
}

fn matches(pattern: &[String], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => {
            matches(rest, path)
                || path.split_first().is_some_and(|(_, tail)| matches(pattern, tail))
        }
        (Some((first, rest)), Some((name, tail))) => {
            part(first.as_bytes(), name.as_bytes()) && matches(rest, tail)
        }
        _ => false,
    }
}

/// One part of a pattern, with `*` and `?`, without going back more than to the last `*`.
fn part(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_cover_paths() {
        let cases = [
            (".git", ".git", true),
            ("/.git/", ".git", true),
            ("**/node_modules", "a/b/node_modules", true),
            ("log/*", "log/test.log", true),
            ("log/*\n!log/.keep", "log/test.log", true),
            ("log\n!log/test.log", "log/test.log", false),
            (".env*", ".env.local", true),
            ("*", "config/master.key", true),
            ("config/*.key", "config/master.key", true),
            ("node_module", "node_modules", false),
            ("# .git", ".git", false),
            ("tmp/*/x", "tmp/cache", false),
        ];
        for (file, path, expected) in cases {
            assert_eq!(IgnoreFile::read(file).covers(path), expected, "{file:?} {path}");
        }
    }
}
