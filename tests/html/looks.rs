//! What pages look like in a browser, beside pictures of what they looked like when somebody last looked.
//!
//! `FLEET_UPDATE=1 cargo test --test html` takes the pictures anew. A difference leaves the new picture and its page in
//! `target/tmp/html`.

use crate::{bench_runs, comparison, page};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Thousandths of all pixels that may differ: versions of a browser smooth letters differently.
const TOLERANCE: usize = 15;
/// How far a channel may be off before a pixel differs.
const CHANNEL: u8 = 48;

/// A picture: its name, the page, the size of the window, whether the system is dark.
struct Look {
    name: &'static str,
    page: fn() -> String,
    size: (u32, u32),
    dark: bool,
}

const LOOKS: &[Look] = &[
    Look {
        name: "before-wide",
        page: || page(&bench_runs::before()),
        size: (1280, 1800),
        dark: false,
    },
    Look {
        name: "before-narrow",
        page: || page(&bench_runs::before()),
        size: (390, 1800),
        dark: false,
    },
    Look {
        name: "after-dark",
        page: || page(&bench_runs::after()),
        size: (1280, 1400),
        dark: true,
    },
    Look { name: "comparison", page: comparison, size: (1280, 1500), dark: false },
];

#[test]
fn pages_look_as_they_did() {
    let browser = browser();
    let shots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/html/shots");
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("html");
    fs::create_dir_all(&made).unwrap();
    let update = std::env::var_os("FLEET_UPDATE").is_some();
    let mut wrong = Vec::new();
    for look in LOOKS {
        let now = made.join(format!("{}.png", look.name));
        shoot(&browser, look, &now);
        let kept = shots.join(format!("{}.png", look.name));
        if update {
            fs::copy(&now, &kept).unwrap();
            continue;
        }
        let share = difference(&pixels(&kept), &pixels(&now));
        if share > TOLERANCE {
            wrong.push(format!(
                "{}: {share} of 1000 pixels differ, see {}",
                look.name,
                now.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}\nif that is right: FLEET_UPDATE=1", wrong.join("\n"));
}

/// The browser that `tests/setup` installs.
fn browser() -> PathBuf {
    let found = ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| {
        std::env::split_paths(&std::env::var_os("PATH")?)
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
    });
    found.expect("no Chromium is installed: run make setup")
}

fn shoot(browser: &Path, look: &Look, to: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let file = to.with_extension("html");
    fs::write(&file, (look.page)()).unwrap();
    let (width, height) = look.size;
    let mut command = Command::new(browser);
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
        ])
        .args(["--disable-lcd-text", "--font-render-hinting=none", "--no-first-run"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--window-size={width},{height}"))
        .arg(format!("--screenshot={}", to.display()))
        .arg(format!("file://{}", file.display()))
        .env("HOME", folder.path())
        .stdin(Stdio::null());
    if look.dark {
        command.arg("--blink-settings=preferredColorScheme=0");
    }
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

struct Picture {
    size: (u32, u32),
    /// Red, green and blue of each pixel.
    pixels: Vec<[u8; 3]>,
}

fn pixels(file: &Path) -> Picture {
    let open = fs::File::open(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut reader = png::Decoder::new(std::io::BufReader::new(open)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let each = info.color_type.samples();
    let pixels =
        bytes[..info.buffer_size()].chunks_exact(each).map(|p| [p[0], p[1], p[2]]).collect();
    Picture { size: (info.width, info.height), pixels }
}

/// Thousandths of the pixels that are clearly another colour.
fn difference(kept: &Picture, now: &Picture) -> usize {
    assert_eq!(kept.size, now.size);
    let off =
        |(a, b): &(&[u8; 3], &[u8; 3])| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > CHANNEL);
    kept.pixels.iter().zip(&now.pixels).filter(off).count() * 1_000 / kept.pixels.len().max(1)
}

#[test]
fn a_picture_differs_from_another_one() {
    let plain = |color: u8| Picture { size: (10, 10), pixels: vec![[color; 3]; 100] };
    let mut spotted = plain(255);
    spotted.pixels[..5].fill([0; 3]);
    assert_eq!(difference(&plain(255), &plain(250)), 0);
    assert_eq!(difference(&plain(255), &spotted), 50);
}
