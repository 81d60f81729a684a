//! The warnings about a run's build, environment and machine.

use super::warning::Warning;
use crate::platform::conditions::Conditions;
use crate::platform::{allocator, text};
use crate::report::origin::Origin;

/// The load of other work above which a run gets a warning, in cores.
pub(super) const BUSY_CORES: f64 = 0.25;

/// Returns the warnings about an origin, as lines of a report.
pub(crate) fn of_origin(origin: &Origin) -> Vec<String> {
    of_build(origin).iter().map(|warning| format!("Warning: {warning}")).collect()
}

/// Returns the warnings about the build, the allocator and the environment.
pub(super) fn of_build(origin: &Origin) -> Vec<Warning> {
    let unoptimised = origin.toolchain.is_unoptimised().then_some(Warning::Unoptimised);
    let allocator = allocator::replacing(&origin.toolchain.allocator);
    let allocator = allocator.map(|name| Warning::Allocator { name: text::one_line(name) });
    let modes = origin.environment.keys().filter(|name| name.starts_with("MEMSCOPE_"));
    let names: Vec<String> = modes.cloned().collect();
    let mode = (!names.is_empty()).then_some(Warning::Mode { names });
    [unoptimised, allocator, mode].into_iter().flatten().collect()
}

/// Returns the warnings about the state of the machine. An unknown state gets none.
pub(super) fn of_conditions(conditions: &Conditions) -> impl Iterator<Item = Warning> {
    let busy = conditions.busy_cores.filter(|&cores| cores > BUSY_CORES).map(|cores| Warning::BusyCores { cores });
    let names: Vec<String> =
        conditions.governors.iter().flatten().filter(|name| *name != "performance").cloned().collect();
    let governor = (!names.is_empty()).then_some(Warning::Governor { names });
    let turbo = (conditions.turbo == Some(true)).then_some(Warning::Turbo);
    let is_fixed = conditions.fixed_addresses || conditions.randomize_va_space == Some(0);
    let addresses = is_fixed.then_some(Warning::FixedAddresses);
    [busy, governor, turbo, addresses].into_iter().flatten()
}
