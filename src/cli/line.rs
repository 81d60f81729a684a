//! Reads the command line, and the environment variables that replace flags.
//!
//! An empty variable counts as unset. The error for a wrong value names the variable. A variable that a flag excludes
//! is ignored. Unknown variables with the program's prefix lead to one warning.

use crate::cli::{Cli, groups};
use crate::platform::{console, environment, text};
use crate::worker::fault::Fault;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, Parser};
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::process::ExitCode;

/// The exit code of a wrong command line, as for every error.
const WRONG: u8 = 2;

/// Reads the command line of this process.
///
/// # Errors
/// The exit code, if it is wrong or asks for help. The message has been printed.
pub fn read_command_line<T: Parser>() -> Result<T, ExitCode> {
    read_arguments(std::env::args_os().collect())
}

/// Returns whether a word is the name of a command.
pub(crate) fn has_command(word: &OsStr) -> bool {
    // Every probe runs this code, and does not need the list of commands.
    let is_it = |command: &Command| command.get_all_aliases().chain([command.get_name()]).any(|name| word == name);
    word == "worker" || word == "help" || Cli::command().get_subcommands().any(is_it)
}

/// Reads environment variables only, for a program whose flags belong to Criterion.
///
/// # Errors
/// The exit code, if one is wrong. The message has been printed.
pub(super) fn read_variables<T: Parser>() -> Result<T, ExitCode> {
    read_arguments(vec![T::command().get_name().into()])
}

/// Reads these arguments; the first is the program's name.
///
/// # Errors
/// As for the command line.
pub(crate) fn read_arguments<T: Parser>(arguments: Vec<OsString>) -> Result<T, ExitCode> {
    let is_child = arguments.iter().any(|argument| argument.as_encoded_bytes().starts_with(b"--parent"));
    if !is_child {
        check_variables()?;
    }
    let mut left_out = Vec::new();
    loop {
        // A child never prints help, and starts faster without it.
        let command = if is_child { T::command() } else { groups::grouped(T::command()) };
        let mut command = without(command, &left_out);
        let matches = command.try_get_matches_from_mut(&arguments);
        match matches.and_then(|matches| {
            let parsed = T::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
            Ok((parsed, in_force(&command, &matches)))
        }) {
            Ok((parsed, in_force)) => {
                environment::set_in_force(in_force);
                return Ok(parsed);
            }
            // A flag overrides a variable that it conflicts with.
            Err(error) if error.kind() == ErrorKind::ArgumentConflict => {
                match excluded(&whole::<T>(), &error, &left_out) {
                    Some(name) => left_out.push(name),
                    None => return Err(refuse(&error, &arguments)),
                }
            }
            Err(error) => return Err(refuse(&named(&whole::<T>(), error, arguments.len() == 1), &arguments)),
        }
    }
}

/// Returns the command with clap's additions, so arguments look the same as in errors.
fn whole<T: Parser>() -> Command {
    let mut command = T::command();
    command.build();
    command
}

/// Returns the command without the variables that are unset or excluded.
fn without(command: Command, left_out: &[String]) -> Command {
    let is_out = |name: &OsStr| {
        environment::own(&name.to_string_lossy()).is_none() || left_out.iter().any(|out| name == out.as_str())
    };
    let drop = |argument: Arg| {
        if argument.get_env().is_some_and(is_out) { argument.env(None::<&'static str>) } else { argument }
    };
    command.mut_args(drop).mut_subcommands(|command| without(command, left_out))
}

/// Returns the arguments of a command and its subcommands that have a variable, with its name.
fn with_variables(command: &Command) -> Vec<(&Arg, String)> {
    let own = command.get_arguments().filter_map(|argument| Some((argument, argument.get_env()?.to_str()?.to_owned())));
    own.chain(command.get_subcommands().flat_map(with_variables)).collect()
}

/// Returns the variables that affect the commands.
fn in_force(command: &Command, matches: &ArgMatches) -> Vec<String> {
    let own = command
        .get_arguments()
        .filter(|argument| matches.value_source(argument.get_id().as_str()) == Some(ValueSource::EnvVariable));
    let mut names: Vec<String> = own.filter_map(|argument| Some(argument.get_env()?.to_str()?.to_owned())).collect();
    if let Some((name, matches)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        names.extend(in_force(command, matches));
    }
    names
}

/// Returns the variable that is part of a conflict and was not excluded before.
fn excluded(command: &Command, error: &clap::Error, left_out: &[String]) -> Option<String> {
    let parties = [ContextKind::InvalidArg, ContextKind::PriorArg].into_iter().filter_map(|kind| error.get(kind));
    let parties: Vec<String> = parties
        .flat_map(|value| match value {
            ContextValue::String(one) => vec![one.clone()],
            ContextValue::Strings(several) => several.clone(),
            _ => Vec::new(),
        })
        .collect();
    let arguments = with_variables(command).into_iter();
    arguments
        .filter(|(argument, _)| parties.contains(&argument.to_string()))
        .map(|(_, name)| name)
        .find(|name| !left_out.contains(name))
}

/// Returns the error under the variable's name, if the wrong value comes from a variable.
fn named(command: &Command, mut error: clap::Error, are_variables_alone: bool) -> clap::Error {
    let text = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (Some(argument), Some(value)) =
        (text(&error, ContextKind::InvalidArg), text(&error, ContextKind::InvalidValue))
    else {
        return error;
    };
    let has_it = |(of, name): &(&Arg, String)| {
        of.to_string() == argument && environment::own(name).is_some_and(|it| it == *value)
    };
    if let Some((_, name)) = with_variables(command).into_iter().find(has_it) {
        let words = if are_variables_alone { name } else { format!("{name} (sets {argument})") };
        error.insert(ContextKind::InvalidArg, ContextValue::String(words));
    }
    error
}

/// Prints the error or the help, and returns the exit code.
fn refuse(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        let is_plain = !io::stdout().is_terminal() || wants_no_styles();
        let help = error.render();
        console::print_styled(if is_plain { help.to_string() } else { help.ansi().to_string() }.trim_end());
        return match console::trouble() {
            None => ExitCode::SUCCESS,
            Some(why) => {
                console::complain(format_args!("error: cannot write {why}"));
                ExitCode::from(WRONG)
            }
        };
    }
    let message = error.render();
    let is_harmless = |word: &OsStr| matches!(text::harmless(&word.to_string_lossy()), std::borrow::Cow::Borrowed(_));
    let is_own = |name: &OsStr| name.as_encoded_bytes().starts_with(environment::PREFIX.as_bytes());
    let mut variables = std::env::vars_os().filter(|(name, _)| is_own(name));
    let are_harmless =
        arguments.iter().all(|argument| is_harmless(argument)) && variables.all(|(_, value)| is_harmless(&value));
    if io::stderr().is_terminal() && are_harmless {
        let _ = error.print();
    } else if arguments.len() == 1 {
        // There is no --help to mention.
        console::complain(message.to_string().lines().next().unwrap_or_default());
    } else {
        console::complain(message.to_string().trim_end());
    }
    ExitCode::from(WRONG)
}

/// Returns whether the user wants no styles (see <https://no-color.org>), or the terminal has none.
fn wants_no_styles() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    is_dumb || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Checks that the program's own variables are text and that the fault is valid, and warns of unknown ones.
fn check_variables() -> Result<(), ExitCode> {
    let wrong = |why: String| {
        console::complain(format_args!("error: {}", text::one_line(&why)));
        Err(ExitCode::from(WRONG))
    };
    let command = Cli::command();
    let mut known: Vec<String> = with_variables(&command).into_iter().map(|(_, name)| name).collect();
    known.extend([environment::CORE_ONLY, environment::TRACE].map(str::to_owned));
    known.sort_unstable();
    known.dedup();
    for name in known.iter().filter(|name| *name != environment::BUILD_CACHE) {
        if let Some(value) = environment::own(name)
            && value.to_str().is_none()
        {
            return wrong(format!("invalid value '{}' for '{name}': it is not text", value.display()));
        }
    }
    if let Some(fault) = environment::own(environment::FAULT)
        && let Err(why) = fault.to_string_lossy().parse::<Fault>()
    {
        return wrong(format!("invalid value '{}' for '{}': {why}", fault.display(), environment::FAULT));
    }
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with(environment::PREFIX) && !known.iter().any(|one| *one == name) {
            let known = known.join(", ");
            console::complain(format_args!(
                "Warning: {name} is not a variable of memscope-bench and has no effect; known are {known}."
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_and_filters_differ() {
        for command in ["compare", "worker", "help", "latency", "probe"] {
            assert!(has_command(OsStr::new(command)), "{command}");
        }
        for filter in ["--bench", "--list", "structures", "compare/", ""] {
            assert!(!has_command(OsStr::new(filter)), "{filter}");
        }
    }

    #[test]
    fn former_names_of_options_are_accepted() {
        for line in ["calls --no-instructions", "compare 0.2.5 --shuffle=2"] {
            let parsed = Cli::try_parse_from(format!("memscope-bench {line}").split(' '));
            assert!(parsed.is_ok(), "{line}: {parsed:?}");
        }
    }

    #[test]
    fn every_variable_of_a_flag_is_named_once() {
        let command = Cli::command();
        let mut names: Vec<String> = with_variables(&command).into_iter().map(|(_, name)| name).collect();
        names.sort_unstable();
        names.dedup();
        let mut expected = [
            environment::TIME_LIMIT,
            environment::MEMORY_LIMIT,
            environment::PRECISION,
            environment::PRECISION_LIMIT,
            environment::BUILD_CACHE,
            environment::FAULT,
            environment::KEEP,
        ];
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
}
