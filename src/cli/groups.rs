//! The first screen of `--help`: the commands, grouped by purpose.

use std::fmt::Write;

/// The groups, each with its commands in order.
const GROUPS: [(&str, &[&str]); 6] = [
    (
        "Measure what memscope costs",
        &["measure", "modes", "stress", "footprint", "calls", "soak", "programs", "trackers"],
    ),
    ("Compare builds of memscope", &["check", "compare", "history", "bisect", "why"]),
    ("Measure your own program", &["record", "replay", "predict"]),
    ("Check what trackers report and do", &["accuracy", "conform"]),
    ("Read kept results", &["report", "trend"]),
    ("Check claims and the harness itself", &["claims", "validate", "probe"]),
];

/// Returns the command with the template of its first screen, if it has commands to group.
pub(super) fn grouped(command: clap::Command) -> clap::Command {
    if command.has_subcommands() {
        let template = template(&command);
        command.help_template(template)
    } else {
        command
    }
}

fn template(commands: &clap::Command) -> String {
    let mut screen = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (title, names) in GROUPS {
        let _ = writeln!(screen, "\n{title}:");
        for name in names {
            let about = commands.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(screen, "  {name:<10} {about}");
        }
    }
    screen
        + "\n`memscope-bench help COMMAND` describes one. Without a command, the stress run, with these options:\n\n\
           {options}{after-help}"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    #[test]
    fn each_command_is_in_one_group() {
        let commands = Cli::command();
        let mut shown: Vec<&str> =
            commands.get_subcommands().filter(|one| !one.is_hide_set()).map(|one| one.get_name()).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        shown.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, shown);
    }
}
