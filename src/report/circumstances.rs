//! The circumstances of a run, as lines of a report.

use super::number;
use super::origin::Origin;
use crate::platform::conditions::Conditions;
use crate::platform::system::Toolchain;
use crate::platform::{shell, text};

/// Returns the circumstances, one per line: the memscope, the machine, the date and the command.
pub(crate) fn circumstances(origin: &Origin) -> Vec<String> {
    let build = format!("Build: {}; allocator: {}.", origin.memscope, origin.toolchain.allocator);
    std::iter::once(build).chain(circumstances_of_other_builds(origin)).collect()
}

/// Returns the circumstances of a report that names the builds itself: without the memscope of this program.
pub(crate) fn circumstances_of_other_builds(origin: &Origin) -> Vec<String> {
    let Origin { started, machine, toolchain, .. } = origin;
    let mut lines = vec![
        format!(
            "Machine: {}, {} cores, {}, {}.",
            machine.processor,
            machine.cores,
            number::bytes(machine.memory_bytes as f64),
            machine.system
        ),
        toolchain_line(toolchain),
    ];
    lines.extend(environment_line(origin));
    lines.push(format!("Measured {} with {}.", started.format("%Y-%m-%d %H:%M UTC"), origin.command_and_features()));
    lines
}

fn toolchain_line(toolchain: &Toolchain) -> String {
    let Toolchain { rustc, target, opt_level, flags, wrapper, debug_assertions, .. } = toolchain;
    let mut line = format!("Toolchain: {rustc}, {target}, opt-level {opt_level}");
    if *debug_assertions {
        line += ", with debug assertions";
    }
    if !flags.is_empty() {
        line += &format!(", flags {}", text::code(flags));
    }
    if !wrapper.is_empty() {
        line += &format!(", wrapped by {}", text::code(wrapper));
    }
    line + "."
}

/// Names the variables and restrictions of the process that affect its measurements.
fn environment_line(origin: &Origin) -> Option<String> {
    let variables = origin.environment.iter();
    let variables = variables.map(|(name, value)| text::code(&format!("{name}={}", shell::quoted(value.as_ref()))));
    let restrictions = origin.conditions.iter().flat_map(Conditions::restrictions);
    let all: Vec<String> = variables.chain(restrictions).collect();
    (!all.is_empty()).then(|| format!("Environment: {}.", all.join(", ")))
}
