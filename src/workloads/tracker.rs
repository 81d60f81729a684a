//! The interface of trackers for workloads, which name values to it.
//!
//! The kinds of values are those that every version of memscope can track: `Vec`, `String`, `Box`, `Rc` and `Arc`. A
//! map, which only some versions can track, goes into a `Box`.

#![allow(clippy::ptr_arg, clippy::borrowed_box, reason = "a tracker needs the owner of the memory, not a view of it")]

use std::rc::Rc;
use std::sync::Arc;

/// A tracker of named values. It is cheap to clone: each task of a concurrent workload has its own.
pub trait Tracker: Clone + Send + Sync + 'static {
    /// Records a vector's buffer.
    fn vec<T>(&self, name: &'static str, value: &Vec<T>);
    /// Records a string's buffer.
    fn string(&self, name: &'static str, value: &String);
    /// Records a box's content.
    fn boxed<T>(&self, name: &'static str, value: &Box<T>);
    /// Records a value that one thread shares.
    fn rc<T>(&self, name: &'static str, value: &Rc<T>);
    /// Records a value that threads share.
    fn arc<T>(&self, name: &'static str, value: &Arc<T>);

    /// Records a value of any of the five kinds. Workloads call this method.
    #[inline]
    fn track(&self, name: &'static str, value: &impl Value) {
        value.pass_to(name, self);
    }

    /// Marks a point at which the workload's live memory peaks. A tracker that inspects the heap does so here.
    #[inline]
    fn checkpoint(&self, _name: &'static str) {}

    /// Records a block that is leaked on purpose, by its address and bytes. If the workload names the block, it does so
    /// right before.
    #[inline]
    fn leaked(&self, _address: usize, _bytes: usize) {}

    /// Records leaked values that own each other, by an address in each.
    #[inline]
    fn cycle(&self, _values: &[usize]) {}
}

/// A tracker that does nothing, at no cost.
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

/// A value of one of the five kinds that every tracker supports.
pub trait Value {
    /// Passes this value to the tracker's method for its kind.
    fn pass_to<T: Tracker>(&self, name: &'static str, tracker: &T);
}

/// Implements [`Value`] for each kind, with the tracker's method that takes it.
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
