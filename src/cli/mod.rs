//! Arguments in, exit code out. One file per verb; the only module that prints.

mod app;
mod apps;
mod args;
mod bases;
mod bench;
mod carry_out;
mod cleanup;
mod completions;
mod diff;
mod exec;
mod fault;
mod history;
mod hosts;
mod init;
mod interrupted;
mod limits;
mod lint;
mod man;
mod out;
mod ping;
mod plan_file;
mod printer;
mod process;
mod project;
mod pull;
mod push;
mod put;
mod render;
mod report;
mod resume;
mod shower;
mod signals;
mod trust;
mod unified;
mod visit;

use crate::record::ExitCode;
use args::Global;
use clap::{CommandFactory, Parser, Subcommand};
use fault::Fault;

/// Look after Docker on a fleet of servers
#[derive(Debug, Parser)]
#[command(name = "fleet", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes: 0 every host ok or changed · 1 findings of lint, differences of diff --exit-code ·
2 wrong arguments or files, nothing contacted ·
3 a host failed · 4 unreachable · 5 unknown: an answer was lost · 6 refused ·
7 host key · 8 over --fail-over · 9 history or result not written · 70 bug · 129/130/143 stopped by a signal";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a first inventory to fill in
    Init(init::Init),
    /// Show the hosts of the inventory, or where one host's values come from
    Hosts(hosts::Hosts),
    /// Show the apps of the inventory, their templates and where they are built
    Apps(apps::Apps),
    /// Describe an app for the inventory from its own files
    App(app::App),
    /// Record host keys after showing their fingerprints
    Trust(trust::Trust),
    /// Connect, and show what each host and its Docker are
    Ping(ping::Ping),
    /// Run a command on hosts and stream its output
    Exec(exec::Exec),
    /// Put a file of this machine on hosts, whole and checked or not at all
    Push(push::Push),
    /// Fetch a file from hosts, each into a file of its own
    Pull(pull::Pull),
    /// Remove what Docker no longer needs: plan, show, confirm, apply
    Cleanup(cleanup::Cleanup),
    /// Build apps on their hosts and measure every step
    Bench(bench::Bench),
    /// Finish the plan of a run that was cut off
    Resume(resume::Resume),
    /// Find what makes builds of Dockerfiles slow, and mend it
    Lint(lint::Lint),
    /// Print or write an app's Dockerfile and what belongs to it
    Render(render::Render),
    /// Compare the files of apps with what their templates make
    Diff(diff::Diff),
    /// List past runs, or show one
    History(history::History),
    /// Report on a run
    Report(report::Report),
    /// Print a completion script for a shell
    Completions(completions::Completions),
    /// Print the manual page
    Man(man::Man),
}

/// Runs the program and gives its exit code.
#[must_use]
pub fn main() -> std::process::ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout with code 0, and mistakes to stderr with code 2.
            let _ = error.print();
            return code(ExitCode(u8::try_from(error.exit_code()).unwrap_or(2)));
        }
    };
    match run(&cli) {
        Ok(exit) if out::has_failed() => code(exit.worse(ExitCode::HISTORY)),
        Ok(exit) => code(exit),
        Err(fault) => {
            out::notice(&fault.render(cli.global.color.on_stderr()));
            code(fault.code)
        }
    }
}

fn code(exit: ExitCode) -> std::process::ExitCode {
    std::process::ExitCode::from(exit.0)
}

fn run(cli: &Cli) -> Result<ExitCode, Fault> {
    let global = &cli.global;
    match &cli.verb {
        Verb::Init(verb) => verb.run(global),
        Verb::Hosts(verb) => verb.run(global),
        Verb::Lint(verb) => verb.run(global),
        Verb::Apps(verb) => verb.run(global),
        Verb::App(verb) => verb.run(global),
        Verb::History(verb) => verb.run(global),
        Verb::Report(verb) => verb.run(global),
        Verb::Completions(verb) => Ok(verb.run()),
        Verb::Man(verb) => verb.run(),
        Verb::Trust(verb) => wait_for(verb.run(global)),
        Verb::Ping(verb) => wait_for(verb.run(global)),
        Verb::Exec(verb) => wait_for(verb.run(global)),
        Verb::Push(verb) => wait_for(verb.run(global)),
        Verb::Pull(verb) => wait_for(verb.run(global)),
        Verb::Cleanup(verb) => wait_for(verb.run(global)),
        Verb::Bench(verb) => wait_for(verb.run(global)),
        Verb::Resume(verb) => wait_for(verb.run(global)),
        Verb::Render(verb) => wait_for(verb.run(global)),
        Verb::Diff(verb) => wait_for(verb.run(global)),
    }
}

/// Runs a verb that talks to hosts. The runtime starts only here, so that the others
/// answer at once.
fn wait_for(verb: impl Future<Output = Result<ExitCode, Fault>>) -> Result<ExitCode, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Fault::usage(format!("no threads: {e}")))?;
    let ended = runtime.block_on(verb);
    // A question that nobody answered still waits in a thread; it must not hold us up.
    runtime.shutdown_background();
    ended
}

fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_are_consistent() {
        super::command().debug_assert();
    }
}
