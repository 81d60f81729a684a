//! The bytes of a trace.
//!
//! A trace begins with a header, and ends with an end mark. In between are frames. A frame contains some operations of
//! one thread, with a length and a checksum, so a process that dies leaves a file that can be read up to its last
//! frame. All numbers are little-endian.
//!
//! | header | bytes |
//! |---|---|
//! | magic, `MSBTRACE` | 8 |
//! | version | 4 |
//! | clock: 1 is the CPU time of a thread | 4 |
//! | cost of one reading of the clock, in picoseconds | 4 |
//! | process | 4 |
//! | length of the program's path | 4 |
//! | checksum of the above and the path | 4 |
//! | path of the program | |
//!
//! | frame | bytes |
//! |---|---|
//! | mark, `MSBF`; `MSBE` at the end | 4 |
//! | thread | 4 |
//! | length of the operations, in bytes | 4 |
//! | number of operations | 4 |
//! | ticket of the first operation | 8 |
//! | checksum of the above and the operations | 8 |
//! | operations | |
//!
//! An operation is a byte with its kind and the logarithm of its alignment, and then numbers of variable length: the
//! ticket minus the thread's last ticket, the block minus the thread's last block, the size, and the nanoseconds of the
//! clock since the last operation. A reallocation has a second ticket and a second block. A free has no size.
//!
//! All threads draw tickets from one counter: an allocation when it is done, a free before it begins, and a
//! reallocation both. So the tickets order the operations of a block across threads. A block is its address plus a
//! random number that is not saved, so a trace does not reveal the addresses of the program's memory.

/// The beginning of each trace.
pub const MAGIC: [u8; 8] = *b"MSBTRACE";
/// The version of the format. A change that an older reader would misread raises it.
pub const VERSION: u32 = 1;
/// The clock: the CPU time of the thread.
pub const THREAD_CPU_TIME: u32 = 1;
/// The bytes of a header, excluding the program's path.
pub const HEADER: usize = 32;
/// The bytes of a frame, excluding its operations.
pub const FRAME: usize = 32;
/// The mark of a frame.
pub const FRAME_MARK: u32 = u32::from_le_bytes(*b"MSBF");
/// The mark of the end.
pub const END_MARK: u32 = u32::from_le_bytes(*b"MSBE");
/// The maximum number of bytes of a frame's operations.
pub const PAYLOAD: usize = 16 << 10;
/// The maximum number of bytes of one operation: a byte and six numbers.
pub const MAX_LENGTH: usize = 1 + 6 * 10;

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A block of any content.
    Allocate,
    /// A block of zeros.
    Zeroed,
    /// Another size of a block.
    Reallocate,
    /// The end of a block.
    Free,
    /// No operation: the thread's work after its last operation.
    Rest,
}

impl Kind {
    /// All kinds. The index of each is its number in a trace.
    pub const ALL: [Self; 5] = [Self::Allocate, Self::Zeroed, Self::Reallocate, Self::Free, Self::Rest];
}

/// An operation in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Kind.
    pub kind: Kind,
    /// Logarithm of the alignment, to the base of 2.
    pub align: u8,
    /// Ticket; for a reallocation, the ticket before it.
    pub ticket: u64,
    /// Ticket after a reallocation; for other operations, the same ticket.
    pub after: u64,
    /// Block; for a reallocation, the old block.
    pub block: u64,
    /// New block of a reallocation; for other operations, the same block.
    pub new_block: u64,
    /// Size in bytes; 0 for a free.
    pub size: u64,
    /// Nanoseconds of the thread's clock since its last operation, including one reading of the clock.
    pub gap_ns: u64,
}

/// The last operation of a thread within a frame, relative to which the next one's numbers are encoded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Last {
    /// Ticket.
    pub ticket: u64,
    /// Block.
    pub block: u64,
}

/// Writes numbers into an existing buffer.
struct Writer<'b> {
    bytes: &'b mut [u8],
    used: usize,
}

impl Writer<'_> {
    fn byte(&mut self, byte: u8) {
        self.bytes[self.used] = byte;
        self.used += 1;
    }

    /// Writes a number in groups of seven bits, the lowest first.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    /// Writes a difference; small differences of either sign are short.
    fn difference(&mut self, from: u64, to: u64) {
        let difference = to.wrapping_sub(from) as i64;
        self.number(((difference << 1) ^ (difference >> 63)) as u64);
    }
}

/// Encodes an operation into at least [`MAX_LENGTH`] bytes. Returns the number of bytes written. It allocates nothing.
pub fn encode(event: &Event, last: &mut Last, bytes: &mut [u8]) -> usize {
    let mut writer = Writer { bytes, used: 0 };
    writer.byte(event.kind as u8 | event.align << 3);
    writer.number(event.ticket.wrapping_sub(last.ticket));
    last.ticket = event.ticket;
    if event.kind != Kind::Rest {
        writer.difference(last.block, event.block);
        last.block = event.block;
    }
    if event.kind == Kind::Reallocate {
        writer.number(event.after.wrapping_sub(event.ticket));
        writer.difference(event.block, event.new_block);
        (last.ticket, last.block) = (event.after, event.new_block);
    }
    if !matches!(event.kind, Kind::Free | Kind::Rest) {
        writer.number(event.size);
    }
    writer.number(event.gap_ns);
    writer.used
}

/// Reads numbers; returns `None` beyond the end.
struct Reader<'b> {
    bytes: &'b [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn from(&mut self, from: u64) -> Option<u64> {
        let number = self.number()?;
        let difference = (number >> 1) as i64 ^ -((number & 1) as i64);
        Some(from.wrapping_add(difference as u64))
    }
}

/// Decodes the operation at the beginning of bytes, and removes its bytes; `None` if there is none.
pub fn decode(bytes: &mut &[u8], last: &mut Last) -> Option<Event> {
    let mut reader = Reader { bytes };
    let first = reader.byte()?;
    let kind = *Kind::ALL.get(usize::from(first & 7))?;
    let ticket = last.ticket.checked_add(reader.number()?)?;
    let block = if kind == Kind::Rest { last.block } else { reader.from(last.block)? };
    let (after, new_block) = match kind {
        Kind::Reallocate => (ticket.checked_add(reader.number()?)?, reader.from(block)?),
        _ => (ticket, block),
    };
    let size = if matches!(kind, Kind::Free | Kind::Rest) { 0 } else { reader.number()? };
    let gap_ns = reader.number()?;
    *last = Last { ticket: after, block: new_block };
    *bytes = reader.bytes;
    Some(Event { kind, align: first >> 3, ticket, after, block, new_block, size, gap_ns })
}

/// Returns the FNV-1a checksum of bytes that follow others; it begins with [`checksum_of_nothing`].
pub const fn checksum(mut sum: u64, bytes: &[u8]) -> u64 {
    let mut place = 0;
    while place < bytes.len() {
        sum = (sum ^ bytes[place] as u64).wrapping_mul(0x0100_0000_01b3);
        place += 1;
    }
    sum
}

/// Returns the checksum of no bytes.
pub const fn checksum_of_nothing() -> u64 {
    0xcbf2_9ce4_8422_2325
}

/// The numbers of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderNumbers {
    /// Version.
    pub version: u32,
    /// Clock.
    pub clock: u32,
    /// Cost of one reading of the clock, in picoseconds.
    pub clock_cost_ps: u32,
    /// Process.
    pub process: u32,
}

/// Returns a header; the program's path follows it.
pub fn header(numbers: &HeaderNumbers, program: &[u8]) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    let HeaderNumbers { version, clock, clock_cost_ps, process } = *numbers;
    let fields = [version, clock, clock_cost_ps, process, program.len() as u32];
    for (place, field) in fields.into_iter().enumerate() {
        bytes[8 + 4 * place..12 + 4 * place].copy_from_slice(&field.to_le_bytes());
    }
    let sum = checksum(checksum(checksum_of_nothing(), &bytes[..HEADER - 4]), program);
    bytes[HEADER - 4..].copy_from_slice(&(sum as u32).to_le_bytes());
    bytes
}

/// The numbers of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameNumbers {
    /// Mark.
    pub mark: u32,
    /// Thread.
    pub thread: u32,
    /// Length of the operations, in bytes.
    pub length: u32,
    /// Number of operations.
    pub operations: u32,
    /// Ticket of the first one.
    pub ticket: u64,
}

/// Returns the beginning of a frame, which its operations follow.
pub fn frame(numbers: &FrameNumbers, operations: &[u8]) -> [u8; FRAME] {
    let mut bytes = [0; FRAME];
    let FrameNumbers { mark, thread, length, operations: count, ticket } = *numbers;
    for (place, field) in [mark, thread, length, count].into_iter().enumerate() {
        bytes[4 * place..4 * place + 4].copy_from_slice(&field.to_le_bytes());
    }
    bytes[16..24].copy_from_slice(&ticket.to_le_bytes());
    let sum = checksum(checksum(checksum_of_nothing(), &bytes[..24]), operations);
    bytes[24..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event() -> impl Strategy<Value = Event> {
        let numbers = (any::<u32>(), any::<u32>(), any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>());
        (0..Kind::ALL.len(), 0_u8..32, numbers).prop_map(|(kind, align, numbers)| {
            let (ticket, later, block, new_block, size, gap_ns) = numbers;
            let (kind, ticket) = (Kind::ALL[kind], u64::from(ticket));
            let is_resized = kind == Kind::Reallocate;
            let size = if matches!(kind, Kind::Free | Kind::Rest) { 0 } else { size };
            let after = if is_resized { ticket + u64::from(later) } else { ticket };
            Event {
                kind,
                align,
                ticket,
                after,
                block,
                new_block: if is_resized { new_block } else { block },
                size,
                gap_ns,
            }
        })
    }

    proptest! {
        #[test]
        fn an_operation_is_read_as_it_was_written(events in proptest::collection::vec(event(), 1..20)) {
            let (mut bytes, mut last, mut expected) = (vec![0; 20 * MAX_LENGTH], Last::default(), Vec::new());
            let mut used = 0;
            for mut event in events {
                // Tickets increase.
                event.after += last.ticket;
                event.ticket += last.ticket;
                if event.kind == Kind::Rest {
                    (event.block, event.new_block) = (last.block, last.block);
                }
                let length = encode(&event, &mut last, &mut bytes[used..]);
                prop_assert!(length <= MAX_LENGTH);
                used += length;
                expected.push(event);
            }
            let (mut rest, mut last, mut read) = (&bytes[..used], Last::default(), Vec::new());
            while let Some(event) = decode(&mut rest, &mut last) {
                read.push(event);
            }
            prop_assert!(rest.is_empty());
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (mut rest, mut last) = (bytes.as_slice(), Last { ticket: u64::MAX - 9, block: 3 });
            while decode(&mut rest, &mut last).is_some() {}
        }
    }
}
