//! Values that JavaScript has already: names, states and ids come again and again, and need not be made again.

/// How many there are. Those of one batch that are not kept follow behind them.
pub const SLOTS: usize = 1024;

/// A slot that holds nothing.
pub const NOWHERE: u32 = SLOTS as u32;

/// Longer ones are not kept.
const LONGEST: usize = 118;

/// The JSON of the values that JavaScript keeps, each in the slot that its hash says.
pub struct Values {
    slots: Vec<Slot>,
    /// The batch that is being made. What it uses stays where it is until it is done.
    batch: u32,
}

#[derive(Clone)]
struct Slot {
    batch: u32,
    length: u8,
    json: [u8; LONGEST],
}

/// Where a value is.
pub enum Place {
    Kept(u32),
    /// It is to be put there.
    New(u32),
    /// Nowhere: it is too long, or its slot is taken.
    Elsewhere,
}

impl Values {
    pub fn new() -> Values {
        Values { slots: Vec::new(), batch: 0 }
    }

    /// Begins a batch.
    pub fn begin(&mut self) {
        // Not before there are events: many threads have none.
        if self.slots.is_empty() {
            self.slots = vec![Slot { batch: 0, length: 1, json: [0; LONGEST] }; SLOTS + 1];
        }
        self.batch = self.batch.wrapping_add(1);
    }

    /// What is in a slot. In an empty one that is a zero, which JSON does not have.
    pub fn json(&self, slot: u32) -> &[u8] {
        let slot = &self.slots[slot as usize];
        &slot.json[..slot.length.into()]
    }

    /// A value in a slot is used by this batch, too.
    pub fn hold(&mut self, slot: u32) {
        self.slots[slot as usize].batch = self.batch;
    }

    pub fn place(&mut self, json: &[u8]) -> Place {
        if json.len() > LONGEST {
            return Place::Elsewhere;
        }
        let index = hash(json) % SLOTS;
        let slot = &mut self.slots[index];
        if slot.json[..slot.length.into()] == *json {
            slot.batch = self.batch;
            return Place::Kept(index as u32);
        }
        if slot.batch == self.batch {
            return Place::Elsewhere;
        }
        slot.batch = self.batch;
        slot.length = json.len() as u8;
        slot.json[..json.len()].copy_from_slice(json);
        Place::New(index as u32)
    }
}

/// Good enough for a table that loses nothing but time when two values meet.
fn hash(bytes: &[u8]) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let mut words = bytes.chunks_exact(8);
    let mut hash = bytes.len() as u64;
    for word in &mut words {
        hash = mix(hash, u64::from_le_bytes(word.try_into().unwrap_or_default()));
    }
    let mut rest = [0; 8];
    rest[..words.remainder().len()].copy_from_slice(words.remainder());
    (mix(hash, u64::from_le_bytes(rest)) >> 40) as usize
}
