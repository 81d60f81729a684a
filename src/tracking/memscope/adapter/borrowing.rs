//! Recording of borrows.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::{Borrowing, Linked};
use crate::tracking::memscope::Borrows;

/// From 0.1.3 on: an analyser, to which a program reports the beginning and end of borrows.
#[cfg(memscope_borrowing = "analyzer")]
impl Borrowing for Linked {
    const BORROWS: Result<Borrows, &'static str> = {
        use memscope_rs::analysis::borrow_analysis::{BorrowType, get_global_borrow_analyzer};
        Ok(Borrows {
            begin: |address, name| {
                let borrow = get_global_borrow_analyzer().track_borrow(address, BorrowType::Immutable, name);
                Box::new(move || get_global_borrow_analyzer().end_borrow(borrow))
            },
            of: |address| {
                let active = get_global_borrow_analyzer().get_active_borrows(address);
                active.into_iter().map(|borrow| borrow.var_name).collect()
            },
        })
    };
}
