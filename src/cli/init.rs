//! `fleet init`: a first inventory to fill in.

use super::args::Global;
use super::fault::Fault;
use super::out;
use crate::record::ExitCode;
use std::fs;
use std::io::Write;
use std::path::Path;

const FILES: [(&str, &str); 2] = [
    ("hosts.toml", include_str!("../../inventory/hosts.toml")),
    ("apps.toml", include_str!("../../inventory/apps.toml")),
];

#[derive(Debug, clap::Args)]
pub(super) struct Init {}

impl Init {
    #[expect(clippy::unused_self, reason = "every verb is called alike")]
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Fault> {
        let project = global.directory.clone().unwrap_or_else(|| ".".into());
        let folder = project.join("inventory");
        let wrong =
            |path: &Path, e: &std::io::Error| Fault::usage(format!("{}: {e}", path.display()));
        if folder.is_dir() && fs::read_dir(&folder).is_ok_and(|mut all| all.next().is_some()) {
            return Err(Fault::usage(format!("{} is there and not empty", folder.display()))
                .hint("nothing was written; edit what is there"));
        }
        fs::create_dir_all(&folder).map_err(|e| wrong(&folder, &e))?;
        for (name, text) in FILES {
            let path = folder.join(name);
            fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(|e| wrong(&path, &e))?;
            out::result(&format!("wrote {}\n", path.display()));
        }
        out::result("next: put your servers in, then: fleet hosts; fleet trust all; fleet ping\n");
        Ok(ExitCode::OK)
    }
}
