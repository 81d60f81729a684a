use memscope_bench::{AllocationTracker, Recorded, RecordingKind, tracker};
use own_tracker::Counter;
use std::sync::atomic::Ordering::Relaxed;

struct Counting;

impl AllocationTracker for Counting {
    type Allocator = Counter;

    const NAME: &str = "counter";
    const ABOUT: &str = "three counters that all threads share";
    const RECORDS: RecordingKind = RecordingKind::Counts;
    const ALLOCATOR: Counter = Counter::new();

    fn start(counter: &Counter) {
        counter.is_on.store(true, Relaxed);
    }

    fn stop(counter: &Counter) {
        counter.is_on.store(false, Relaxed);
    }

    fn recorded(counter: &Counter) -> Recorded {
        Recorded {
            allocations: Some(counter.allocations.load(Relaxed)),
            deallocations: Some(counter.frees.load(Relaxed)),
            allocated_bytes: Some(counter.bytes.load(Relaxed)),
            ..Recorded::default()
        }
    }
}

tracker!(Counting);
