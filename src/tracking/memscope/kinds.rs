//! The kinds of values that every version of memscope can track.

/// Implements [`Tracker`](crate::workloads::Tracker) for a type with a method `pass_on` that takes every kind of value.
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
