//! What a workload knows of the tracker under measurement: a thing that values can be named to.
//!
//! The kinds of values are those that every version of memscope can track: `Vec`, `String`, `Box`, `Rc` and `Arc`. A
//! map, which only some versions can track, goes into a `Box`.

#![allow(
    clippy::ptr_arg,
    clippy::borrowed_box,
    reason = "a tracker is shown the owner of the memory, not a view of it"
)]

use std::rc::Rc;
use std::sync::Arc;

/// Something that named values are shown to. Cheap to clone: each task of a concurrent workload has its own.
pub trait Tracker: Clone + Send + Sync + 'static {
    /// Takes note of a vector's buffer.
    fn vec<T>(&self, name: &'static str, value: &Vec<T>);
    /// Takes note of a string's buffer.
    fn string(&self, name: &'static str, value: &String);
    /// Takes note of a box's content.
    fn boxed<T>(&self, name: &'static str, value: &Box<T>);
    /// Takes note of a shared value of one thread.
    fn rc<T>(&self, name: &'static str, value: &Rc<T>);
    /// Takes note of a value that threads share.
    fn arc<T>(&self, name: &'static str, value: &Arc<T>);

    /// Takes note of a value of any of the five kinds. This is what a workload calls.
    #[inline]
    fn track(&self, name: &'static str, value: &impl Value) {
        value.pass_to(name, self);
    }

    /// A point at which the workload holds what it will never hold more of: whoever wants to look at the heap looks now.
    #[inline]
    fn checkpoint(&self, _name: &'static str) {}

    /// Takes note of a block that is left alive on purpose: where it begins, and its bytes. One that was named to the
    /// tracker was so right before.
    #[inline]
    fn leaked(&self, _address: usize, _bytes: usize) {}

    /// Takes note of leaked values that hold each other, by an address in each.
    #[inline]
    fn cycle(&self, _values: &[usize]) {}
}

/// The tracker of an untracked run: it does nothing, at no cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Untracked;

impl Tracker for Untracked {
    #[inline(always)]
    fn vec<T>(&self, _: &'static str, _: &Vec<T>) {}
    #[inline(always)]
    fn string(&self, _: &'static str, _: &String) {}
    #[inline(always)]
    fn boxed<T>(&self, _: &'static str, _: &Box<T>) {}
    #[inline(always)]
    fn rc<T>(&self, _: &'static str, _: &Rc<T>) {}
    #[inline(always)]
    fn arc<T>(&self, _: &'static str, _: &Arc<T>) {}
}

/// A value of one of the five kinds that every tracker knows.
pub trait Value {
    /// Shows this value to the method of its kind.
    fn pass_to<T: Tracker>(&self, name: &'static str, tracker: &T);
}

/// Says for each kind of value which method of the tracker takes it.
macro_rules! values {
    ($([$($generic:ident)?] $kind:ty => $method:ident;)*) => {
        $(impl$(<$generic>)? Value for $kind {
            #[inline]
            fn pass_to<K: Tracker>(&self, name: &'static str, tracker: &K) {
                tracker.$method(name, self);
            }
        })*
    };
}

values! {
    [T] Vec<T> => vec;
    [] String => string;
    [T] Box<T> => boxed;
    [T] Rc<T> => rc;
    [T] Arc<T> => arc;
}
