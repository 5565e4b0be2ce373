//! Which gems need which packages of Debian's.

/// A gem that is no use without packages.
pub(super) struct Row {
    pub(super) gem: &'static str,
    /// Whether it counts only where the `Gemfile` itself names it: others depend on it, too,
    /// and do not always use it.
    pub(super) direct: bool,
    /// In the image.
    pub(super) image: &'static [&'static str],
    /// For compiling alone.
    pub(super) build: &'static [&'static str],
}

const fn row(
    gem: &'static str,
    image: &'static [&'static str],
    build: &'static [&'static str],
) -> Row {
    Row { gem, direct: false, image, build }
}

/// A gem that is not here needs nothing beyond what the template installs itself, or brings its
/// libraries with it as `nokogiri`, `sqlite3` and `sassc` do. Names are those of Debian 12 and 13
/// alike: newer packages provide the older names.
pub(super) const PACKAGES: &[Row] = &[
    row("ruby-vips", &["libvips"], &[]),
    row("image_processing", &["libvips"], &[]),
    Row { direct: true, ..row("mini_magick", &["imagemagick"], &[]) },
    row("rmagick", &["imagemagick"], &["libmagickwand-dev"]),
    row("image_optim", &["jpegoptim", "optipng", "pngquant"], &[]),
    row("charlock_holmes", &["libicu-dev"], &[]),
    row("curb", &["libcurl4"], &["libcurl4-openssl-dev"]),
    row("eventmachine", &[], &["libssl-dev"]),
    row("ferrum_pdf", &["chromium"], &[]),
    row("grover", &["chromium"], &[]),
    row("idn-ruby", &["libidn12"], &["libidn-dev"]),
    row("libxml-ruby", &["libxml2"], &["libxml2-dev"]),
    row("mimemagic", &["shared-mime-info"], &["shared-mime-info"]),
    row("mini_exiftool", &["libimage-exiftool-perl"], &[]),
    row("rgeo", &["libgeos-c1v5"], &["libgeos-dev"]),
    row("rgeo-proj4", &["libproj-dev"], &[]),
    row("rtesseract", &["tesseract-ocr"], &[]),
    row("ruby-filemagic", &["libmagic1"], &["libmagic-dev"]),
    row("rugged", &[], &["cmake", "libssl-dev"]),
    row("snappy", &["libsnappy1v5"], &["cmake", "libsnappy-dev"]),
    row("streamio-ffmpeg", &["ffmpeg"], &[]),
    row("tiny_tds", &["libsybdb5"], &["freetds-dev"]),
];

/// What the template installs for every build of gems.
pub(super) const BUILD: &[&str] = &["build-essential", "git", "libyaml-dev", "pkg-config"];

/// What serves only to fetch or build node's modules, for which the template has a stage.
pub(super) const NODE: &[&str] = &[
    "ca-certificates",
    "curl",
    "gnupg",
    "gnupg2",
    "node-gyp",
    "nodejs",
    "npm",
    "python-is-python3",
    "python3",
    "unzip",
    "wget",
    "xz-utils",
    "yarn",
];

/// What the template installs for a database: in the image, and for building.
pub(super) fn of_database(database: &str) -> &'static [&'static str] {
    match database {
        "sqlite" => &["sqlite3"],
        "postgresql" => &["postgresql-client", "libpq-dev", "libpq5"],
        "mysql" => &["default-mysql-client", "default-libmysqlclient-dev"],
        _ => &[],
    }
}
