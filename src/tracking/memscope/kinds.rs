//! The kinds of values that memscope can be told of by name, one function each: what is alike for all versions that take
//! them, but for the type that passes them on.

/// Makes a [`Tracker`](crate::workloads::Tracker) of a type whose method `pass_on` takes every kind of value that all
/// versions of memscope can track.
macro_rules! pass_on_every_kind {
    ($variables:ty) => {
        impl crate::workloads::Tracker for $variables {
            fn vec<T>(&self, name: &'static str, value: &Vec<T>) {
                self.pass_on(name, value);
            }
            fn string(&self, name: &'static str, value: &String) {
                self.pass_on(name, value);
            }
            fn boxed<T>(&self, name: &'static str, value: &Box<T>) {
                self.pass_on(name, value);
            }
            fn rc<T>(&self, name: &'static str, value: &std::rc::Rc<T>) {
                self.pass_on(name, value);
            }
            fn arc<T>(&self, name: &'static str, value: &std::sync::Arc<T>) {
                self.pass_on(name, value);
            }
        }
    };
}
