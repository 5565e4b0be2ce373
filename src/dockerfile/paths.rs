//! Paths in an image, as text: joined, normal, compared.

/// A path from `base`, without `.`, `..` and doubled slashes. What begins with a variable
/// that nobody knows stays a path of its own.
pub(super) fn join(base: &str, path: &str) -> String {
    let rooted = path.starts_with('/') || path.starts_with('$') || path.starts_with("{{");
    let start = if rooted { "" } else { base };
    let absolute = if rooted { path.starts_with('/') } else { base.starts_with('/') };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        // The working folder of an image that nobody knows is `.`.
        (false, false) if !rooted && base.starts_with('.') => format!("./{joined}"),
        (false, false) => joined,
    }
}

/// Whether `path` is `folder` or lies in it.
pub(super) fn is_within(path: &str, folder: &str) -> bool {
    if folder == "/" {
        return path.starts_with('/');
    }
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether one holds the other.
pub(super) fn touch(one: &str, other: &str) -> bool {
    is_within(one, other) || is_within(other, one)
}

/// The last part.
pub(super) fn name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Whether a path most likely names a single file.
pub(super) fn looks_like_file(path: &str) -> bool {
    const FILES: [&str; 14] = [
        "Gemfile",
        "Rakefile",
        "Procfile",
        "Makefile",
        "Pipfile",
        "go.mod",
        "go.sum",
        "LICENSE",
        "Dockerfile",
        "gunicorn_conf",
        "entrypoint",
        "docker-entrypoint",
        "Jenkinsfile",
        "VERSION",
    ];
    let name = name(path);
    if path.ends_with('/') || name.is_empty() || name == ".." || name.starts_with('$') {
        return false;
    }
    FILES.contains(&name)
        || name.get(1..).is_some_and(|rest| rest.contains('.'))
            && name.rsplit('.').next() != Some("d")
}

/// Every folder of `path` below `root`, `root` itself left out.
pub(super) fn below<'p>(path: &'p str, root: &str) -> Vec<&'p str> {
    if !is_within(path, root) {
        return Vec::new();
    }
    let mut found = vec![path];
    let mut rest = path;
    while let Some(cut) = rest.rfind('/') {
        rest = &path[..cut];
        if rest.len() <= root.len() {
            break;
        }
        found.push(rest);
    }
    found.retain(|folder| *folder != root);
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_normal() {
        let cases = [
            ("/", "app", "/app"),
            ("/app", "./tmp/../log/", "/app/log"),
            ("/app", "/srv//x/", "/srv/x"),
            ("/app", ".", "/app"),
            ("/app", "$HOME/x", "$HOME/x"),
            ("$APP", "log", "$APP/log"),
            (".", "log", "./log"),
            (".", ".", "."),
            ("/", "..", "/"),
            ("./x", "y", "./x/y"),
        ];
        for (base, path, expected) in cases {
            assert_eq!(join(base, path), expected, "{base} {path}");
        }
    }

    #[test]
    fn what_lies_in_what() {
        assert!(is_within("/app/log", "/app") && is_within("/app", "/app"));
        assert!(is_within("/app", "/") && !is_within("/application", "/app"));
        assert!(!is_within("$APP", "/") && touch("/a", "/a/b") && !touch("/a", "/b"));
        assert_eq!(below("/app/tmp/pids", "/app"), ["/app/tmp", "/app/tmp/pids"]);
        assert_eq!(below("/a/b", "/"), ["/a", "/a/b"]);
        assert!(below("/app", "/app").is_empty());
    }

    #[test]
    fn files_by_their_names() {
        for file in ["Gemfile", "a/package.json", "x.sh", "Gemfile.lock"] {
            assert!(looks_like_file(file), "{file}");
        }
        for folder in ["app", "a.d", "src/", ".", "..", "bin", ".git", "$X"] {
            assert!(!looks_like_file(folder), "{folder}");
        }
    }
}
