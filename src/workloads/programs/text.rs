//! Text for programs: words of a fixed vocabulary, frequent and rare ones as in prose.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

const SYLLABLES: [&str; 16] =
    ["ba", "co", "de", "fi", "gu", "ha", "jo", "ke", "li", "mu", "na", "po", "re", "si", "tu", "va"];

/// Appends a word of two to four syllables. The first of a vocabulary of a few thousand are the most frequent.
pub(super) fn push_word(text: &mut String, rng: &mut Pcg64Mcg) {
    // The product of two even numbers is small more often than not.
    let (a, b) = (rng.random_range(0..64_usize), rng.random_range(0..64_usize));
    let rank = a * b;
    text.push_str(SYLLABLES[rank % 16]);
    text.push_str(SYLLABLES[rank / 16 % 16]);
    for place in 0..rank / 1_400 {
        text.push_str(SYLLABLES[(rank / 256 + place) % 16]);
    }
}

/// Appends words, with a blank between them.
pub(super) fn push_words(text: &mut String, words: usize, rng: &mut Pcg64Mcg) {
    for word in 0..words {
        if word > 0 {
            text.push(' ');
        }
        push_word(text, rng);
    }
}
