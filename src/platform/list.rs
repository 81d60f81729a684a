//! Lists with repeated values.

/// Removes repeated values; the first of each stays.
pub(crate) fn each_once<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_items_is_kept() {
        assert_eq!(each_once([3, 1, 3, 2, 1]), [3, 1, 2]);
        assert!(each_once([0_u8; 0]).is_empty());
    }
}
