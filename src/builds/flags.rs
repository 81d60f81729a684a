//! The compiler's flags in the environment of a build.

use std::ffi::OsString;

/// The flag under which a lint gives a warning at most.
const CAP: &str = "--cap-lints=warn";
/// The beginnings of flags under which a lint gives an error.
const RAISING: [&str; 4] = ["-D", "-F", "--deny", "--forbid"];

/// Cargo's setting for warnings, and its usual value.
const WARNINGS: [&str; 2] = ["CARGO_BUILD_WARNINGS", "warn"];

/// Returns the variables whose flags turn lints into errors, as `-Dwarnings` does, each with a cap that turns those
/// errors back into warnings.
///
/// Cargo caps lints for published packages, but not for folders and commits: those would fail to compile because of a
/// lint that no published build is judged by.
///
/// The cap is added only to variables that already have such flags, because a new variable would hide the flags in
/// cargo's configuration files. The others stay unchanged, so cargo does not recompile. Cargo's own setting for
/// warnings is always the usual one: cargo itself would fail after compiling.
pub(super) fn capped(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<(String, String)> {
    let texts = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let cap = |(name, flags): (String, String)| {
        let separator = separator(&name)?;
        let raises = |flag: &str| RAISING.iter().any(|head| flag.starts_with(head));
        flags.split(separator).any(raises).then(|| (name, flags + separator + CAP))
    };
    texts.filter_map(cap).chain([WARNINGS.map(str::to_owned).into()]).collect()
}

/// Returns what separates the flags in a variable; `None` if it has no flags.
fn separator(variable: &str) -> Option<&'static str> {
    let is_of_a_target = variable.starts_with("CARGO_TARGET_") && variable.ends_with("_RUSTFLAGS");
    match variable {
        "CARGO_ENCODED_RUSTFLAGS" => Some("\x1f"),
        "RUSTFLAGS" | "CARGO_BUILD_RUSTFLAGS" => Some(" "),
        _ => is_of_a_target.then_some(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_turn_lints_into_errors_are_capped_and_others_are_unchanged() {
        let of_target = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS";
        let variables = [
            ("RUSTFLAGS", "-Ctarget-cpu=native -Dwarnings"),
            ("CARGO_ENCODED_RUSTFLAGS", "-D\x1fwarnings"),
            (of_target, "--forbid unsafe_code"),
            ("CARGO_BUILD_RUSTFLAGS", "-Ctarget-cpu=native"),
            ("CARGO_TARGET_DIR", "-Dwarnings"),
            ("CARGO_BUILD_WARNINGS", "deny"),
            ("RUSTDOCFLAGS", "-Dwarnings"),
        ];
        let changed = capped(variables.map(|(name, value)| (name.into(), value.into())).into_iter());
        let expected = [
            ("RUSTFLAGS", "-Ctarget-cpu=native -Dwarnings --cap-lints=warn"),
            ("CARGO_ENCODED_RUSTFLAGS", "-D\x1fwarnings\x1f--cap-lints=warn"),
            (of_target, "--forbid unsafe_code --cap-lints=warn"),
            ("CARGO_BUILD_WARNINGS", "warn"),
        ];
        assert_eq!(changed, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
