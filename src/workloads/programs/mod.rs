//! Real programs as workloads: small programs that use well-known crates and compute between their allocations.
//!
//! They are not listed: a command only measures those that are named. Only builds with the Cargo feature `programs`
//! contain them. Every build knows their names, so it can read their results.
//!
//! To add a program, write its file and a line in the table. It draws random numbers from the stream of its number.

#[cfg(feature = "programs")]
mod fft;
#[cfg(feature = "programs")]
mod http;
#[cfg(feature = "programs")]
mod json;
#[cfg(feature = "programs")]
mod markdown;
#[cfg(feature = "programs")]
mod parser;
#[cfg(feature = "programs")]
mod pipeline;
#[cfg(feature = "programs")]
mod regex;
#[cfg(feature = "programs")]
mod text;
#[cfg(feature = "programs")]
mod wordcount;

use super::{Definition, Tracker};
#[cfg(not(feature = "programs"))]
use super::{Digest, Scale};

/// Lists the programs: name, title, short scale, and whether it runs on several threads.
macro_rules! programs {
    ($($name:ident, $title:literal, $short_scale:literal, $is_parallel:literal;)*) => {
        impl<T: Tracker> Definition<T> {
            /// The programs, in the order of reports.
            pub(super) const PROGRAMS: &'static [Self] = &[$(
                Self {
                    name: stringify!($name),
                    title: $title,
                    short_scale: $short_scale,
                    is_parallel: $is_parallel,
                    #[cfg(feature = "programs")]
                    run: $name::$name,
                    #[cfg(not(feature = "programs"))]
                    run: missing,
                },
            )*];
        }
    };
}

programs! {
    parser, "Rust sources, parsed by syn", 0.03, false;
    json, "Documents of JSON, by serde_json", 0.03, false;
    regex, "Lines of a log, by regex", 0.03, false;
    markdown, "Pages of Markdown, by pulldown-cmark", 0.03, false;
    http, "An HTTP service with waits, by hyper", 0.03, true;
    pipeline, "Batches through channels, by tokio", 0.03, true;
    wordcount, "Words of many texts, by rayon", 0.03, true;
    fft, "Spectra of frames, by rustfft", 0.03, false;
}

/// A placeholder for a program that this build does not contain. It never runs, because commands refuse the name.
#[cfg(not(feature = "programs"))]
fn missing<T: Tracker>(_: &T, _: Scale) -> Digest {
    panic!("this build contains no programs: it lacks the feature `programs`")
}
