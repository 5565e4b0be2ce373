//! The `fleet` program: see the library for everything.

fn main() -> std::process::ExitCode {
    fleet::cli::main()
}
