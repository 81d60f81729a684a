//! A version that is published with other benchmarks, or with none.

use crate::tracking::memscope::Published;

/// Its own benchmarks are of other things than those of 0.2.
pub const PUBLISHED: Result<Published, &str> = Err("this version is not published with this benchmark");
