//! An operation of a plan, in 16 bytes.

/// Bytes of an operation.
pub(super) const STEP: usize = 16;
/// The maximum work of one operation, in nanoseconds.
pub(super) const MAX_WORK: u64 = (1 << 23) - 1;
/// The largest size of a block.
pub(super) const MAX_BYTES: u64 = (1 << 48) - 1;
/// Stands for a number of operations that needs more bits: the order before has it.
pub(crate) const MANY: u16 = u16::MAX;

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Allocate a block.
    Allocate,
    /// Allocate a block of zeros.
    Zeroed,
    /// Resize a block.
    Reallocate,
    /// Free a block.
    Free,
    /// Work for as many nanoseconds as the size.
    Work,
    /// Start a thread.
    Open,
    /// Wait for the end of a thread.
    Await,
    /// Wait until the block has had as many operations as the size.
    Turn,
}

const ACTS: [Act; 8] =
    [Act::Allocate, Act::Zeroed, Act::Reallocate, Act::Free, Act::Work, Act::Open, Act::Await, Act::Turn];

/// An operation of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// Kind.
    pub act: Act,
    /// Logarithm of the alignment.
    pub align: u8,
    /// True if several threads use the block.
    pub is_shared: bool,
    /// Work before it, in nanoseconds.
    pub work_ns: u32,
    /// Place of the block, or a thread.
    pub place: u32,
    /// Size in bytes.
    pub size: u64,
    /// Number of the block's operations before this one, below [`MANY`].
    pub before: u16,
}

impl Order {
    /// Encodes the operation.
    pub(super) fn bytes(&self) -> [u8; STEP] {
        let head = self.act as u32 | u32::from(self.align) << 3 | u32::from(self.is_shared) << 8 | self.work_ns << 9;
        let tail = self.size | u64::from(self.before) << 48;
        let mut bytes = [0; STEP];
        bytes[..4].copy_from_slice(&head.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.place.to_le_bytes());
        bytes[8..].copy_from_slice(&tail.to_le_bytes());
        bytes
    }

    /// Decodes an operation.
    #[inline]
    pub(super) fn of(bytes: &[u8; STEP]) -> Self {
        let head = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let place = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        let tail =
            u64::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]]);
        Self {
            act: ACTS[head as usize & 7],
            align: (head >> 3) as u8 & 31,
            is_shared: head >> 8 & 1 == 1,
            work_ns: head >> 9,
            place,
            size: tail & MAX_BYTES,
            before: (tail >> 48) as u16,
        }
    }

    /// Returns an operation without a block.
    pub(super) const fn gate(act: Act, thread: usize) -> Self {
        Self { act, align: 0, is_shared: false, work_ns: 0, place: thread as u32, size: 0, before: 0 }
    }

    /// Returns the order that waits until the block in a place has had this many operations.
    pub(crate) const fn turn(place: u32, operations: u32) -> Self {
        Self { size: operations as u64, ..Self::gate(Act::Turn, place as usize) }
    }

    /// Returns the number of a block's operations before one, as the order has it.
    pub(crate) fn number(operations: u32) -> u16 {
        u16::try_from(operations).unwrap_or(MANY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_was_written() {
        for act in ACTS {
            for is_shared in [false, true] {
                let order = Order {
                    act,
                    align: 31,
                    is_shared,
                    work_ns: MAX_WORK as u32,
                    place: u32::MAX,
                    size: MAX_BYTES,
                    before: 65_535,
                };
                assert_eq!(Order::of(&order.bytes()), order);
            }
        }
    }
}
