//! The constant command that every program of ours is started by, and the marks that prove it ran.
//!
//! A login shell can be anything (fish, csh), its start-up files can print, exit or hang.
//! So the command line is constant and says only: read a length, read that many bytes,
//! evaluate them with `/bin/sh`. Our program then prints a random mark first and another
//! one with its exit code last; only what stands between the two is believed.

use memchr::memmem::Finder;
use std::fmt::Write as _;

/// The loader, for the login user.
pub(crate) const LOADER: &str = r#"exec /bin/sh -c 'IFS= read -r n; s=$(head -c "$n"); eval "$s"'"#;

/// The loader, as root through sudo, which must not ask.
pub(crate) const SUDO_LOADER: &str =
    r#"exec sudo -n -- /bin/sh -c 'IFS= read -r n; s=$(head -c "$n"); eval "$s"'"#;

/// Bytes before the first mark that are kept to say what the login shell printed instead.
const NOISE_KEPT: usize = 2_000;

/// The two marks of one program.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    begin: String,
    end: String,
}

impl Marks {
    /// Marks that nobody can guess.
    pub(crate) fn new() -> Self {
        Self { begin: format!("fleet-begin-{}", nonce()), end: format!("fleet-end-{}", nonce()) }
    }
}

/// 128 random bits in hex.
pub(crate) fn nonce() -> String {
    let mut bytes = [0_u8; 16];
    // The system's generator failing is not a state to go on in.
    getrandom::fill(&mut bytes).unwrap_or_else(|e| panic!("no randomness: {e}"));
    format!("{:032x}", u128::from_ne_bytes(bytes))
}

/// A value as one POSIX shell word.
///
/// # Panics
/// Never on text without NUL, which no caller passes: NUL is refused where input is read.
pub(crate) fn quote(value: &str) -> String {
    shlex::try_quote(value).map_or_else(|_| "''".to_owned(), std::borrow::Cow::into_owned)
}

/// The bytes to send on stdin: the length, the program, then whatever the caller adds.
/// `variables` are set before `body` runs; `$begin` and `$end` among them.
pub(crate) fn frame(marks: &Marks, variables: &[(&str, &str)], body: &str) -> Vec<u8> {
    // In braces the shell reads the whole before it runs any of it: a program that was cut
    // off on the way is a syntax error.
    let mut program = format!("{{\nbegin={} end={}\n", marks.begin, marks.end);
    for (name, value) in variables {
        let _ = writeln!(program, "{name}={}", quote(value));
    }
    program.push_str(PRELUDE);
    program.push_str(body);
    program.push_str("\n}\n");
    format!("{}\n{program}", program.len()).into_bytes()
}

/// Set before anything else runs. `finish CODE` is how a program ends.
const PRELUDE: &str = r#"LC_ALL=C; export LC_ALL
PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"; export PATH
finish() { printf '%s %d\n' "$end" "$1" >&2; printf '%s %d\n' "$end" "$1"; exit "$1"; }
printf '%s\n' "$begin" >&2; printf '%s\n' "$begin"
"#;

/// Cuts one stream at the marks.
#[derive(Debug)]
pub(crate) struct Cutter {
    begin: Finder<'static>,
    end: Finder<'static>,
    state: State,
    held: Vec<u8>,
    noise: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum State {
    Before,
    Inside,
    /// The end mark was seen; its code follows up to a newline.
    Code,
    After(Option<u8>),
}

impl Cutter {
    pub(crate) fn new(marks: &Marks) -> Self {
        Self {
            begin: Finder::new(format!("{}\n", marks.begin).as_bytes()).into_owned(),
            end: Finder::new(format!("{} ", marks.end).as_bytes()).into_owned(),
            state: State::Before,
            held: Vec::new(),
            noise: Vec::new(),
        }
    }

    /// Takes bytes of the stream in and hands on those that our program printed.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut pass: impl FnMut(&[u8])) {
        let mut input = std::mem::take(&mut self.held);
        input.extend_from_slice(bytes);
        let mut rest: &[u8] = &input;
        loop {
            match self.state {
                State::Before => {
                    let Some(at) = self.begin.find(rest) else {
                        let keep = overlap(rest, self.begin.needle());
                        self.keep_noise(&rest[..rest.len() - keep]);
                        self.held = rest[rest.len() - keep..].to_vec();
                        return;
                    };
                    self.keep_noise(&rest[..at]);
                    rest = &rest[at + self.begin.needle().len()..];
                    self.state = State::Inside;
                }
                State::Inside => {
                    let Some(at) = self.end.find(rest) else {
                        let keep = overlap(rest, self.end.needle());
                        let (out, held) = rest.split_at(rest.len() - keep);
                        if !out.is_empty() {
                            pass(out);
                        }
                        self.held = held.to_vec();
                        return;
                    };
                    if at > 0 {
                        pass(&rest[..at]);
                    }
                    rest = &rest[at + self.end.needle().len()..];
                    self.state = State::Code;
                }
                State::Code => {
                    let Some(line) = memchr::memchr(b'\n', rest) else {
                        self.held = rest[..rest.len().min(8)].to_vec();
                        return;
                    };
                    let code = std::str::from_utf8(&rest[..line]).ok().and_then(|t| t.parse().ok());
                    self.state = State::After(code);
                    return;
                }
                State::After(_) => return,
            }
        }
    }

    /// Hands on what was held back in case a mark began there. For the end of the stream.
    pub(crate) fn flush(&mut self, mut pass: impl FnMut(&[u8])) {
        let held = std::mem::take(&mut self.held);
        match self.state {
            State::Before => self.keep_noise(&held),
            State::Inside if !held.is_empty() => pass(&held),
            _ => {}
        }
    }

    /// Whether our program has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.state != State::Before
    }

    /// Whether our program has ended by its own words.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.state, State::After(_))
    }

    /// The code that came with the end, where it is one.
    pub(crate) fn code(&self) -> Option<u8> {
        match self.state {
            State::After(code) => code,
            _ => None,
        }
    }

    /// What was printed before our program began.
    pub(crate) fn noise(&self) -> &[u8] {
        &self.noise
    }

    fn keep_noise(&mut self, bytes: &[u8]) {
        let room = NOISE_KEPT.saturating_sub(self.noise.len());
        self.noise.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// The length of the longest end of `text` with which `needle` begins.
fn overlap(text: &[u8], needle: &[u8]) -> usize {
    let longest = text.len().min(needle.len() - 1);
    (1..=longest).rev().find(|n| text.ends_with(&needle[..*n])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Marks {
        Marks { begin: "BEGIN".into(), end: "END".into() }
    }

    fn cut(chunks: &[&[u8]]) -> (String, (bool, Option<u8>), String) {
        let mut cutter = Cutter::new(&marks());
        let mut out = Vec::new();
        for chunk in chunks {
            cutter.feed(chunk, |b| out.extend_from_slice(b));
        }
        cutter.flush(|b| out.extend_from_slice(b));
        (
            String::from_utf8(out).unwrap(),
            (cutter.has_ended(), cutter.code()),
            String::from_utf8(cutter.noise().to_vec()).unwrap(),
        )
    }

    #[test]
    fn only_what_stands_between_the_marks_is_passed() {
        let (out, code, noise) = cut(&[b"motd\nBEGIN\nhello\nEND 7\ntrailing"]);
        assert_eq!((out.as_str(), code, noise.as_str()), ("hello\n", (true, Some(7)), "motd\n"));
        let (out, code, _) = cut(&[b"BEGIN\nno newlineEND 0\n"]);
        assert_eq!((out.as_str(), code), ("no newline", (true, Some(0))));
        let (out, code, _) = cut(&[b"BEGIN\ncut off EN"]);
        assert_eq!((out.as_str(), code), ("cut off EN", (false, None)));
        let (out, code, noise) = cut(&[b"exit 0 in a start-up file"]);
        assert_eq!(
            (out.as_str(), code, noise.as_str()),
            ("", (false, None), "exit 0 in a start-up file")
        );
        let (_, code, _) = cut(&[b"BEGIN\nEND 99999999999\n"]);
        assert_eq!(code, (true, None));
    }

    #[test]
    fn a_program_that_was_cut_off_runs_not_even_in_part() {
        let frame = frame(&marks(), &[("x", "it's")], "echo \"$x\"\nfinish 3\n");
        let text = String::from_utf8(frame).unwrap();
        let (length, program) = text.split_once('\n').unwrap();
        assert_eq!(length.parse(), Ok(program.len()));
        let run = |text: &str| {
            std::process::Command::new("/bin/sh").arg("-c").arg(text).output().unwrap()
        };
        let whole = run(program);
        assert_eq!(String::from_utf8_lossy(&whole.stdout), "BEGIN\nit's\nEND 3\n");
        assert_eq!(whole.status.code(), Some(3));
        for end in 1..program.len() - 2 {
            assert_eq!(run(&program[..end]).stdout, b"", "cut at {end}");
        }
    }

    #[test]
    fn any_cut_of_the_stream_gives_the_same() {
        let whole = b"noise BEG\nBEGIN\nE EN END-ish BEGIN\n\xf0 END 3\nEND 4\n";
        let mut all = Cutter::new(&marks());
        let mut expected = Vec::new();
        all.feed(whole, |b| expected.extend_from_slice(b));
        for at in 0..whole.len() {
            let mut cutter = Cutter::new(&marks());
            let mut out = Vec::new();
            cutter.feed(&whole[..at], |b| out.extend_from_slice(b));
            cutter.feed(&whole[at..], |b| out.extend_from_slice(b));
            assert_eq!(out, expected, "cut at {at}");
            assert_eq!(cutter.code(), Some(3), "cut at {at}");
        }
        let mut cutter = Cutter::new(&marks());
        let mut out = Vec::new();
        whole.iter().for_each(|b| cutter.feed(&[*b], |b| out.extend_from_slice(b)));
        assert_eq!(out, expected);
    }
}
