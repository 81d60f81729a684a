//! Made-up traces for tests.

use crate::trace::format::{
    self, END_MARK, Event, FRAME_MARK, FrameNumbers, HeaderNumbers, Last, THREAD_CPU_TIME, VERSION,
};

/// Returns the bytes of a trace with these frames, each with its thread. `is_whole` adds the end mark.
pub fn bytes(frames: &[(u32, Vec<Event>)], clock_cost_ps: u32, is_whole: bool) -> Vec<u8> {
    let numbers = HeaderNumbers { version: VERSION, clock: THREAD_CPU_TIME, clock_cost_ps, process: 7 };
    let program = b"/usr/bin/example";
    let mut bytes = format::header(&numbers, program).to_vec();
    bytes.extend(program);
    for (thread, events) in frames {
        let ticket = events.first().map_or(0, |event| event.ticket);
        let (mut operations, mut last) = (Vec::new(), Last { ticket, block: 0 });
        for event in events {
            let mut one = [0; format::MAX_LENGTH];
            let length = format::encode(event, &mut last, &mut one);
            operations.extend(&one[..length]);
        }
        let (length, count) = (operations.len() as u32, events.len() as u32);
        let numbers = FrameNumbers { mark: FRAME_MARK, thread: *thread, length, operations: count, ticket };
        bytes.extend(format::frame(&numbers, &operations));
        bytes.extend(operations);
    }
    if is_whole {
        let numbers = FrameNumbers { mark: END_MARK, thread: 0, length: 0, operations: 0, ticket: 0 };
        bytes.extend(format::frame(&numbers, &[]));
    }
    bytes
}
