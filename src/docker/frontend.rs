//! Which Dockerfile features a plain `docker build` on a host understands without pulling a frontend.

use crate::record::DockerFacts;

/// The minor number of the Dockerfile frontend 1.x inside each engine, newest first. An engine
/// bundles a BuildKit (vendor.mod of moby), and a BuildKit bundles the frontend that was released
/// with it: 0.8 holds 1.2 (cache mounts, secrets), 0.10 holds 1.4 (`--link`, heredocs).
const BUNDLED: [((u32, u32), u32); 9] = [
    ((29, 0), 19),
    ((28, 2), 16),
    ((28, 0), 14),
    ((27, 0), 8),
    ((26, 0), 7),
    ((25, 0), 6),
    ((24, 0), 5),
    ((23, 0), 4),
    ((20, 10), 2),
];

/// `legacy`, or the version of the frontend, such as `1.4`.
#[must_use]
pub fn frontend(docker: &DockerFacts) -> String {
    let mut parts = docker.version.split('.').map_while(|part| part.parse::<u32>().ok());
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    // Without buildx a command line from 23.0 on falls back to the old builder.
    let lacks_buildx = version.0 >= 23 && docker.buildx.is_none();
    if docker.builder != "buildkit" || lacks_buildx {
        return "legacy".into();
    }
    let bundled = BUNDLED.iter().find(|(engine, _)| version >= *engine);
    bundled.map_or_else(|| "legacy".into(), |(_, minor)| format!("1.{minor}"))
}

/// All answers that [`frontend`] can give.
pub fn frontends() -> impl Iterator<Item = String> {
    let bundled = BUNDLED.iter().map(|(_, minor)| format!("1.{minor}"));
    std::iter::once("legacy".to_owned()).chain(bundled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frontend_follows_from_engine_builder_and_buildx() {
        let cases = [
            ("20.10.24+dfsg1", "legacy", None, "legacy"),
            ("20.10.24+dfsg1", "buildkit", None, "1.2"),
            ("23.0.6", "buildkit", Some("0.10.4"), "1.4"),
            ("26.1.5+dfsg1", "buildkit", Some("0.13.1"), "1.7"),
            ("26.1.5+dfsg1", "buildkit", None, "legacy"),
            ("28.1.0", "buildkit", Some("0.23.0"), "1.14"),
            ("28.5.2", "buildkit", Some("0.29.1"), "1.16"),
            ("31.0.0", "buildkit", Some("1.0"), "1.19"),
            ("19.03.15", "buildkit", None, "legacy"),
            ("nonsense", "buildkit", Some("1"), "legacy"),
        ];
        for (version, builder, buildx, expected) in cases {
            let docker = DockerFacts {
                version: version.into(),
                builder: builder.into(),
                buildx: buildx.map(str::to_owned),
                ..DockerFacts::default()
            };
            assert_eq!(frontend(&docker), expected, "{version} {builder} {buildx:?}");
        }
    }
}
