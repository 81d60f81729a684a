//! The claims, read from `claims.toml`.

use super::Claim;
use serde::Deserialize;
use std::sync::LazyLock;

/// The file, as this program was built with it.
const FILE: &str = include_str!("claims.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    claims: Vec<Claim>,
}

/// All claims, in the order of the table.
pub static CLAIMS: LazyLock<Vec<Claim>> = LazyLock::new(|| {
    let file: File = toml_edit::de::from_str(FILE).expect("a test reads the file");
    file.claims
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::claims::Source;
    use std::collections::BTreeSet;

    #[test]
    fn every_claim_has_a_quote_a_place_and_a_setting() {
        let mut ids = BTreeSet::new();
        for claim in CLAIMS.iter() {
            assert!(ids.insert(&claim.id), "{} occurs twice", claim.id);
            assert!(!claim.quote.is_empty() && claim.place.contains(".md, "), "{claim:?}");
            assert!(!claim.settings.is_empty(), "{claim:?}");
            assert!(semver::Version::parse(&claim.version).is_ok(), "{claim:?}");
        }
        assert!(ids.len() >= 30, "{} claims", ids.len());
    }

    #[test]
    fn every_generation_has_claims() {
        let versions: BTreeSet<&str> = CLAIMS.iter().map(|claim| claim.version.as_str()).collect();
        for version in ["0.1.0", "0.1.3", "0.1.4", "0.1.5", "0.1.10", "0.2.0", "0.2.3", "0.2.4", "0.2.5"] {
            assert!(versions.contains(version), "{version}");
        }
    }

    #[test]
    fn a_claim_that_cannot_be_tested_has_a_reason() {
        for setting in CLAIMS.iter().flat_map(|claim| &claim.settings) {
            if let Source::None { reason } = &setting.from {
                assert!(reason.len() > 20, "{setting:?}");
            }
        }
    }

    #[test]
    fn a_claim_about_typical_applications_names_the_measured_workloads() {
        let typical: Vec<&Claim> = CLAIMS.iter().filter(|claim| claim.quote.contains("typical applications")).collect();
        assert!(!typical.is_empty());
        for claim in typical {
            let of_measured = claim.settings.iter().filter(|setting| matches!(setting.from, Source::Compare { .. }));
            assert!(of_measured.clone().all(|setting| setting.about.contains("stress workload")), "{claim:?}");
        }
    }

    #[test]
    fn a_field_that_is_unknown_is_refused() {
        let refused = |text: &str| toml_edit::de::from_str::<File>(text).err().expect("refused").to_string();
        assert!(refused(&FILE.replacen("quote =", "qoute =", 1)).contains("qoute"));
        assert!(refused(&FILE.replacen("quantity = \"wall-time\"", "amount = 1", 1)).contains("amount"));
        assert!(refused(&FILE.replacen("study = \"measure\"", "study = \"guess\"", 1)).contains("guess"));
        assert!(refused(&FILE.replacen("level = \"full\"", "level = \"fool\"", 1)).contains("fool"));
    }
}
