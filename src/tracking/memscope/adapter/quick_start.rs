//! The quick starts of memscope's documents: small programs with the calls that the README of a version shows.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::{Linked, QuickStart, ServiceStart};
use crate::tracking::Mode;
use crate::tracking::memscope::{Started, Starting};
use std::path::Path;

/// From 0.2.5 on: one guard, which writes a report when it is dropped.
#[cfg(memscope_quick_start = "guard")]
impl QuickStart for Linked {
    const QUICK_START: Result<Starting, &'static str> = Ok(Starting {
        mode: Mode::OFF,
        report: Some("memscope-report"),
        run: || {
            use memscope_rs::track;
            let guard = memscope_rs::start().map_err(|error| error.to_string())?;
            let numbers = vec![1, 2, 3, 4, 5];
            track!(guard, numbers);
            let recorded = guard.analyze().total_allocations as u64;
            drop(guard);
            Ok(Started { named: 1, recorded: Box::new(move || Ok(recorded)) })
        },
    });
}

/// The documents of versions with a guard have another program, for a service that exports on demand.
#[cfg(memscope_service_start = "documented")]
impl ServiceStart for Linked {
    const SERVICE_START: Option<Result<Starting, &'static str>> = Some(Ok(Starting {
        mode: Mode::OFF,
        report: Some("memscope-report"),
        run: || {
            let guard = memscope_rs::start().map_err(|error| error.to_string())?;
            guard.export_now().map_err(|error| error.to_string())?;
            let snapshot = guard.snapshot_json().map_err(|error| error.to_string())?;
            // The program names no value, so it reads the snapshot.
            Ok(Started { named: 1, recorded: Box::new(move || Ok(u64::from(!snapshot.is_empty()))) })
        },
    }));
}

/// 0.2.5: the documented `guard.export_now()?` does not compile.
#[cfg(memscope_service_start = "without_result")]
impl ServiceStart for Linked {
    const SERVICE_START: Option<Result<Starting, &'static str>> =
        Some(Err("`export_now` returns no Result, so the documented `guard.export_now()?` does not compile"));
}

/// 0.2.0 to 0.2.4: a global tracker.
#[cfg(memscope_quick_start = "global")]
impl QuickStart for Linked {
    const QUICK_START: Result<Starting, &'static str> = Ok(Starting {
        mode: Mode::OFF,
        report: None,
        run: || {
            use memscope_rs::track;
            memscope_rs::init_global_tracking().map_err(|error| error.to_string())?;
            let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
            let numbers = vec![1, 2, 3, 4, 5];
            track!(tracker, numbers);
            let recorded = tracker.analyze().total_allocations as u64;
            Ok(Started { named: 1, recorded: Box::new(move || Ok(recorded)) })
        },
    });
}

/// 0.1.0 to 0.1.5: a logger, and a macro for each value. The hook is on by default in these versions.
#[cfg(memscope_quick_start = "init")]
impl QuickStart for Linked {
    const QUICK_START: Result<Starting, &'static str> = Ok(Starting {
        mode: Mode::HOOK,
        report: Some("memory_analysis"),
        run: || {
            use memscope_rs::track_var;
            memscope_rs::init();
            let numbers = vec![1, 2, 3, 4, 5];
            let text = String::from("app_config=production");
            let cache = Box::new([0_u8; 1_024]);
            // The macro returns a result in 0.1.0 to 0.1.2, and nothing later.
            #[allow(clippy::let_unit_value, reason = "the macro's type differs between versions")]
            {
                let _ = track_var!(numbers);
                let _ = track_var!(text);
                let _ = track_var!(cache);
            }
            let tracker = memscope_rs::get_global_tracker();
            tracker.export_to_json("memory_analysis").map_err(|error| error.to_string())?;
            let recorded = move || {
                let active = tracker.get_active_allocations().map_err(|error| error.to_string())?;
                let ours = |name: &String| ["numbers", "text", "cache"].contains(&name.as_str());
                let found = active.iter().filter(|block| block.var_name.as_ref().is_some_and(ours)).count();
                drop((numbers, text, cache));
                Ok(found as u64)
            };
            Ok(Started { named: 3, recorded: Box::new(recorded) })
        },
    });
}
