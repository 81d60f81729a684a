//! A source analyser: parses Rust files with syn, and walks their trees.

use super::text::push_word;
use crate::workloads::{Context, Digest, Scale, Tracker};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use std::fmt::Write;
use syn::visit::Visit;

/// At scale 1, 400 files of 12 items each. Each file is parsed, its tree is walked and dropped.
pub(super) fn parser<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(101);
    let mut source = String::new();
    for _ in 0..scale.count(400) {
        source.clear();
        write_file(&mut source, &mut rng);
        context.track("source", &source);
        let file = syn::parse_file(&source).expect("the source was written by this program");
        let mut metrics = Metrics::default();
        metrics.visit_file(&file);
        let Metrics { functions, expressions, letters } = metrics;
        [functions, expressions, letters].into_iter().for_each(|number| context.record(number));
    }
    context.checkpoint("the last source alive");
    context.digest()
}

/// The figures of one file.
#[derive(Default)]
struct Metrics {
    functions: u64,
    expressions: u64,
    letters: u64,
}

impl<'ast> Visit<'ast> for Metrics {
    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.functions += 1;
        syn::visit::visit_signature(self, signature);
    }

    fn visit_expr(&mut self, expression: &'ast syn::Expr) {
        self.expressions += 1;
        syn::visit::visit_expr(self, expression);
    }

    fn visit_ident(&mut self, name: &'ast syn::Ident) {
        self.letters += name.to_string().len() as u64;
    }
}

/// Writes a file of 12 structures, each with a method.
fn write_file(source: &mut String, rng: &mut Pcg64Mcg) {
    for item in 0..12 {
        let fields = rng.random_range(2..6);
        let _ = write!(source, "/// Item {item}.\n#[derive(Clone, Debug)]\npub struct Item{item} {{\n");
        for field in 0..fields {
            source.push_str("    pub ");
            push_word(source, rng);
            let _ = writeln!(source, "{field}: Option<Vec<u{}>>,", [8, 16, 32, 64][rng.random_range(0..4)]);
        }
        let _ = write!(source, "}}\n\nimpl Item{item} {{\n    pub fn total(&self, scale: u64) -> u64 {{\n");
        for step in 0..rng.random_range(2..8) {
            source.push_str("        let ");
            push_word(source, rng);
            let number: u16 = rng.random();
            let _ = writeln!(source, "{step} = if scale > {number} {{ scale * {step} }} else {{ scale + {number} }};");
        }
        source.push_str("        scale.wrapping_mul(3)\n    }\n}\n\n");
    }
}
