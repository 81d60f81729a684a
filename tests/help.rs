//! The help of every command, as a user reads it.

mod common;

use clap::CommandFactory;
use common::memscope_bench;
use memscope_bench::internal::cli::Cli;

fn help(arguments: &[&str]) -> String {
    let assert = memscope_bench().args(arguments).arg("--help").env("COLUMNS", "110").assert().success().stderr("");
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

#[test]
fn the_first_screen() {
    insta::assert_snapshot!(help(&[]));
}

#[test]
fn each_command() {
    let command = Cli::command();
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        insta::assert_snapshot!(format!("help_{name}"), help(&[name]));
    }
}
