//! The address of a file in a page.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// Returns the address of a file for a page in a folder: a relative URL.
pub fn address(folder: &Path, file: &Path) -> String {
    let [folder, file] = [folder, file].map(whole);
    let same = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(same).map(|_| "..".to_owned());
    let down = file.components().skip(same).map(|part: Component| encoded(part.as_os_str().as_encoded_bytes()));
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Returns the absolute path, with links resolved if it exists.
fn whole(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// Encodes a name, so that no character has a meaning in a URL.
fn encoded(name: &[u8]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |&byte: &u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    name.iter().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_from_the_page_to_the_file() {
        let address = |folder: &str, file: &str| address(Path::new(folder), Path::new(file));
        assert_eq!(address("/none/results", "/none/results/commits/a b#1.json"), "commits/a%20b%231.json");
        assert_eq!(address("/none/results", "/none/target/x/index.html"), "../target/x/index.html");
        assert_eq!(address("", "Cargo.toml"), "Cargo.toml");
        assert_eq!(address("src", "Cargo.toml"), "../Cargo.toml");
    }
}
