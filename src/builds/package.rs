//! The package of a build: the number of its crates, and its build time.

use super::PACKAGE;
use super::record::BuildRecord;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use toml_edit::{DocumentMut, Table};

/// Returns the number of crates of memscope and its dependencies, from the lock file in a build's folder; `None` if
/// there is no lock file.
pub(crate) fn crates(folder: &Path) -> Option<u64> {
    crates_of(folder, PACKAGE)
}

/// Returns the number of crates of a package and its dependencies, from the lock file in a folder; `None` if there is
/// no lock file, or it lacks the package.
pub(super) fn crates_of(folder: &Path, package: &str) -> Option<u64> {
    reached(&fs::read_to_string(folder.join("Cargo.lock")).ok()?, package)
}

/// Returns the duration of a build, in seconds, from the record in its folder; `None` if nothing was compiled.
pub(crate) fn build_seconds(folder: &Path) -> Option<u64> {
    BuildRecord::read(folder).filter(|record| record.failure.is_none()).map(|record| record.seconds)
}

/// Returns the number of packages in a lock file that a package depends on, directly or indirectly, including itself.
fn reached(lock: &str, root: &str) -> Option<u64> {
    let lock: DocumentMut = lock.parse().ok()?;
    let packages: Vec<&Table> = lock.get("package")?.as_array_of_tables()?.iter().collect();
    let text = |package: &Table, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let mut found = BTreeSet::new();
    let mut left: Vec<usize> =
        packages.iter().position(|package| text(package, "name").as_deref() == Some(root)).into_iter().collect();
    while let Some(place) = left.pop() {
        if !found.insert(place) {
            continue;
        }
        let dependencies = packages[place].get("dependencies").and_then(|item| item.as_array());
        for dependency in dependencies.into_iter().flatten().filter_map(|value| value.as_str()) {
            // `name`, or `name version` if there are several versions of it.
            let mut words = dependency.split(' ');
            let (name, version) = (words.next(), words.next());
            left.extend(packages.iter().position(|package| {
                text(package, "name").as_deref() == name
                    && version.is_none_or(|version| text(package, "version").as_deref() == Some(version))
            }));
        }
    }
    Some(found.len() as u64).filter(|&crates| crates > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dependencies_of_memscope_are_counted() {
        let package = |name: &str, version: &str, dependencies: &[&str]| {
            format!("[[package]]\nname = {name:?}\nversion = {version:?}\ndependencies = {dependencies:?}\n")
        };
        let lock = [
            package("memscope-bench", "0.1.0", &["memscope-rs", "clap"]),
            package("memscope-rs", "0.2.5", &["a", "b 1.0.0"]),
            package("a", "1.0.0", &["b 2.0.0", "memscope-rs"]),
            package("b", "1.0.0", &[]),
            package("b", "2.0.0", &[]),
            package("b", "3.0.0", &[]),
            package("clap", "4.0.0", &["a"]),
        ];
        assert_eq!(reached(&lock.concat(), PACKAGE), Some(4));
        assert_eq!(reached(&lock[3], PACKAGE), None, "there is no memscope");
        assert_eq!(reached("package = 3", PACKAGE), None);
    }
}
