//! The text of events, as it waits.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Texts gathered beyond this are a pile of their own.
const FULL: usize = 64 << 10;

/// Pieces of memory kept for the next piles: about as many as are under way while the handlers keep up.
const SPARE: usize = 32;

/// The text of one event. Texts that came together lie in one piece of memory, which goes with the last of them: taking memory for
/// each, and giving it back from another thread, costs more than reading it.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    whole: Arc<Whole>,
    place: Range<usize>,
}

#[derive(Debug)]
struct Whole {
    text: String,
    spare: Option<Arc<Spare>>,
}

/// Memory that has been used and is not given back: the system would clear it each time.
#[derive(Debug, Default)]
struct Spare(Mutex<Vec<String>>);

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some(spare) = &self.spare {
            spare.give(std::mem::take(&mut self.text));
        }
    }
}

impl Text {
    pub fn as_str(&self) -> &str {
        &self.whole.text[self.place.clone()]
    }

    pub fn len(&self) -> usize {
        self.place.len()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        let place = 0..text.len();
        Text { whole: Arc::new(Whole { text, spare: None }), place }
    }
}

/// Texts that come together. They are copied out of the WebSocket's buffer, which can be used again only when nobody holds a
/// part of it: with parts of it in a queue, it is read into in small pieces.
#[derive(Default)]
pub(crate) struct Pile {
    whole: String,
    ends: Vec<usize>,
    spare: Arc<Spare>,
}

impl Pile {
    pub fn push(&mut self, text: &str) {
        // A single text, as most come, has just what it needs.
        if self.ends.len() == 1 && self.whole.capacity() < 2 * FULL {
            let single = std::mem::replace(&mut self.whole, self.spare.take());
            self.whole.push_str(&single);
        }
        self.whole.push_str(text);
        self.ends.push(self.whole.len());
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.whole.len() >= FULL
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// All texts, in their order; the pile is empty then.
    pub fn take(&mut self) -> impl Iterator<Item = Text> + '_ {
        let mut text = std::mem::take(&mut self.whole);
        if text.capacity() >= 2 * FULL && text.len() < FULL / 2 {
            // A few texts must not keep much memory while they wait.
            let few = text.as_str().to_string();
            self.spare.give(std::mem::replace(&mut text, few));
        }
        // What one large text needed is not kept.
        let spare = (2 * FULL..4 * FULL).contains(&text.capacity()).then(|| self.spare.clone());
        let whole = Arc::new(Whole { text, spare });
        let mut start = 0;
        self.ends.drain(..).map(move |end| {
            let place = start..end;
            start = end;
            Text { whole: whole.clone(), place }
        })
    }
}

impl Spare {
    fn take(&self) -> String {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| String::with_capacity(2 * FULL))
    }

    fn give(&self, mut used: String) {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE {
            used.clear();
            spare.push(used);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_out_as_they_went_in() {
        let mut pile = Pile::default();
        for texts in [vec!["one"], vec!["", "zwölf", "3"], vec![]] {
            texts.iter().for_each(|text| pile.push(text));
            assert_eq!(pile.len(), texts.len());
            let out: Vec<_> = pile.take().collect();
            assert_eq!(out.iter().map(Text::as_str).collect::<Vec<_>>(), texts);
            assert!(pile.is_empty());
        }
    }

    #[test]
    fn a_few_texts_keep_no_more_memory_than_they_need() {
        let mut pile = Pile::default();
        for count in [1, 2, 20] {
            let text = "x".repeat(1000);
            (0..count).for_each(|_| pile.push(&text));
            let texts: Vec<_> = pile.take().collect();
            assert_eq!(texts[0].whole.text.capacity(), count * 1000);
        }
    }

    #[test]
    fn a_pile_says_when_it_is_full_and_its_memory_is_used_again() {
        let mut pile = Pile::default();
        let mut places = Vec::new();
        for letter in ["x", "y"] {
            let text = letter.repeat(1000);
            while !pile.is_full() {
                pile.push(&text);
            }
            assert_eq!(pile.len(), 66);
            let texts: Vec<_> = pile.take().collect();
            assert!(texts.iter().all(|each| each.as_str() == text));
            places.push(texts[0].as_str().as_ptr());
            assert!(!pile.is_full());
        }
        assert_eq!(places[0], places[1]);
    }
}
