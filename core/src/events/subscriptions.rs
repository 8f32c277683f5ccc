//! Who wants which events.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use foldhash::HashMap;
use smallvec::SmallVec;

use super::frame::{Frame, Sighting};
use super::scan::{self, Reach};

/// Token of one subscription; it removes it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct SubscriptionId(pub u64);

/// The subscriptions that want an event. Most events are wanted by one or two.
pub type Handlers = SmallVec<[SubscriptionId; 4]>;

/// What a subscription is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Type of event; `None`: every one.
    pub event: Option<String>,
    /// The object that has to be in the event; `None`: any event. It need not exist yet.
    pub object: Option<ObjectKey>,
}

/// One domain object: its class and its id, for an endpoint `technology/resource`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    pub class: String,
    pub id: String,
}

/// What is told of a frame that is no event.
const UNREADABLE: &str = "UnreadableFrame";

/// All subscriptions of a client. Finding those of an event takes the same time whatever their number.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    index: Mutex<Index>,
    generation: AtomicU64,
}

#[derive(Debug, Default)]
struct Index {
    next: u64,
    /// How many subscriptions there are for which every frame has to be read to its end, because it may be no event.
    thorough: usize,
    wanted: HashMap<SubscriptionId, Wanted>,
    /// Wanted whatever the type. This list and the following ones rise by id, which is the order of registration.
    every: Vec<SubscriptionId>,
    by_event: HashMap<String, Vec<SubscriptionId>>,
    /// By class and id.
    by_object: HashMap<String, HashMap<String, Vec<SubscriptionId>>>,
    /// How many subscriptions of objects are for every type of event, and for each one. In other events no objects are looked
    /// for.
    of_objects: usize,
    of_objects_by_event: HashMap<String, usize>,
}

#[derive(Debug)]
struct Wanted {
    interest: Interest,
    thorough: bool,
}

impl Subscriptions {
    pub fn add(&self, interest: Interest) -> SubscriptionId {
        let thorough = interest.object.is_none() && interest.event.as_deref().is_none_or(|event| event == UNREADABLE);
        self.add_wanted(Wanted { interest, thorough })
    }

    /// For who is told of this type of event only in passing.
    pub fn add_notice(&self, event: &str) -> SubscriptionId {
        let interest = Interest { event: Some(event.to_string()), object: None };
        self.add_wanted(Wanted { interest, thorough: false })
    }

    fn add_wanted(&self, wanted: Wanted) -> SubscriptionId {
        let mut index = self.lock();
        index.next += 1;
        let id = SubscriptionId(index.next);
        let place = match &wanted.interest {
            Interest { object: Some(key), .. } => {
                let class = index.by_object.entry(key.class.clone()).or_default();
                class.entry(key.id.clone()).or_default()
            }
            Interest { event: Some(event), .. } => index.by_event.entry(event.clone()).or_default(),
            Interest { .. } => &mut index.every,
        };
        place.push(id);
        match &wanted.interest {
            Interest { object: None, .. } => {}
            Interest { event: None, .. } => index.of_objects += 1,
            Interest { event: Some(event), .. } => {
                *index.of_objects_by_event.entry(event.clone()).or_default() += 1;
            }
        }
        index.thorough += usize::from(wanted.thorough);
        index.wanted.insert(id, wanted);
        self.touch();
        id
    }

    /// False when it had been removed before.
    pub fn remove(&self, id: SubscriptionId) -> bool {
        let mut index = self.lock();
        let Some(Wanted { interest, thorough }) = index.wanted.remove(&id) else { return false };
        index.thorough -= usize::from(thorough);
        match &interest {
            Interest { object: Some(key), .. } => {
                if let Some(class) = index.by_object.get_mut(&key.class) {
                    remove_from(class, &key.id, id);
                    if class.is_empty() {
                        index.by_object.remove(&key.class);
                    }
                }
                match &interest.event {
                    None => index.of_objects -= 1,
                    Some(event) => {
                        if let Some(count) = index.of_objects_by_event.get_mut(event) {
                            *count -= 1;
                            if *count == 0 {
                                index.of_objects_by_event.remove(event);
                            }
                        }
                    }
                }
            }
            Interest { event: Some(event), .. } => remove_from(&mut index.by_event, event, id),
            Interest { .. } => remove_sorted(&mut index.every, id),
        }
        self.touch();
        true
    }

    /// Changes whenever a subscription comes or goes.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Has what was matched before be matched again.
    pub fn touch(&self) {
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Holds the subscriptions still while a batch of events is matched.
    pub fn matcher(&self) -> Matcher<'_> {
        let index = self.lock();
        Matcher { generation: self.generation(), index }
    }

    /// The same, unless somebody holds them.
    pub fn try_matcher(&self) -> Option<Matcher<'_>> {
        let index = self.index.try_lock().ok()?;
        Some(Matcher { generation: self.generation(), index })
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

pub(crate) struct Matcher<'a> {
    pub generation: u64,
    index: MutexGuard<'a, Index>,
}

impl Matcher<'_> {
    /// Whether a quick look is enough to say that nobody wants this frame.
    pub fn passes_over(&self, frame: &Frame) -> bool {
        if self.index.thorough > 0 || frame.library().is_some() {
            return false;
        }
        let text = frame.text.as_str();
        let Some(event) = scan::event_type(text) else { return false };
        if self.index.by_event.contains_key(event.spec.name) {
            return false;
        }
        if event.objects.is_empty() || !self.needs_objects(event.spec.name) {
            return true;
        }
        let Ok(objects) = scan::objects(text, event, Reach::Objects) else { return false };
        objects.iter().all(|(object, id)| self.of_object(object.class, id).is_none())
    }

    /// Whether it takes the objects of an event of this type to say who wants it.
    pub fn needs_objects(&self, event: &str) -> bool {
        self.index.of_objects > 0 || self.index.of_objects_by_event.contains_key(event)
    }

    /// The subscriptions an event has to reach, each once, in the order of registration.
    pub fn wanted_by(&self, event: &Sighting) -> Handlers {
        let mut found = Handlers::from_slice(&self.index.every);
        let name = event.name.as_str();
        if let Some(ids) = self.index.by_event.get(name) {
            found.extend_from_slice(ids);
        }
        if self.needs_objects(name) {
            for (object, id) in &event.objects {
                for id in self.of_object(object.class, id).into_iter().flatten() {
                    let interest = &self.index.wanted[id].interest;
                    if interest.event.as_deref().is_none_or(|event| event == name) {
                        found.push(*id);
                    }
                }
            }
        }
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    fn of_object(&self, class: &str, id: &str) -> Option<&Vec<SubscriptionId>> {
        self.index.by_object.get(class)?.get(id)
    }
}

fn remove_from(map: &mut HashMap<String, Vec<SubscriptionId>>, key: &str, id: SubscriptionId) {
    if let Some(ids) = map.get_mut(key) {
        remove_sorted(ids, id);
        if ids.is_empty() {
            map.remove(key);
        }
    }
}

fn remove_sorted(ids: &mut Vec<SubscriptionId>, id: SubscriptionId) {
    if let Ok(place) = ids.binary_search(&id) {
        ids.remove(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interest(event: Option<&str>, object: Option<(&str, &str)>) -> Interest {
        Interest {
            event: event.map(str::to_string),
            object: object.map(|(class, id)| ObjectKey { class: class.into(), id: id.into() }),
        }
    }

    fn wanted(subscriptions: &Subscriptions, text: &str) -> Vec<SubscriptionId> {
        let frame = Frame::received(text.to_string().into());
        let matcher = subscriptions.matcher();
        let wanted = matcher.wanted_by(&frame.sight(|_| true).unwrap());
        assert!(wanted.is_empty() || !matcher.passes_over(&frame), "{text}");
        wanted.to_vec()
    }

    #[test]
    fn handlers_are_found_in_order_and_once() {
        let all = Subscriptions::default();
        let peer = all.add(interest(Some("Dial"), Some(("Channel", "1"))));
        let event = all.add(interest(Some("Dial"), None));
        let every = all.add(interest(None, None));
        let object = all.add(interest(None, Some(("Channel", "1"))));
        all.add(interest(Some("StasisStart"), Some(("Channel", "1"))));
        all.add(interest(None, Some(("Channel", "2"))));
        all.add(interest(None, Some(("Bridge", "1"))));
        let dial = r#"{"type":"Dial","peer":{"id":"1"},"caller":{"id":"1"},"dialstatus":""}"#;
        assert_eq!(wanted(&all, dial), [peer, event, every, object]);
        assert_eq!(wanted(&all, r#"{"type":"Nobody"}"#), [every]);
    }

    #[test]
    fn only_who_asks_for_it_has_unwanted_frames_read_to_their_end() {
        let broken = Frame::received(r#"{"type":"Dial","peer":{"id":"1"},"caller":"#.to_string().into());
        let all = Subscriptions::default();
        let passes_over = || all.matcher().passes_over(&broken);
        all.add_notice(UNREADABLE);
        assert!(passes_over());
        for interest in [interest(Some(UNREADABLE), None), interest(None, None), interest(Some("Dial"), None)] {
            let id = all.add(interest);
            assert!(!passes_over());
            all.remove(id);
            assert!(passes_over());
        }
        // Its objects are not all there.
        all.add(interest(None, Some(("Channel", "2"))));
        assert!(!passes_over());
    }

    #[test]
    fn what_is_removed_leaves_nothing_behind() {
        let all = Subscriptions::default();
        let before = all.generation();
        let ids: Vec<_> = (0..100)
            .map(|n| all.add(interest(None, Some(("Channel", &n.to_string())))))
            .chain([all.add(interest(None, None)), all.add(interest(Some("Dial"), None))])
            .chain([all.add(interest(Some("Dial"), Some(("Channel", "1"))))])
            .collect();
        assert_ne!(all.generation(), before);
        for id in ids {
            assert!(all.remove(id));
            assert!(!all.remove(id));
        }
        let index = all.lock();
        assert!(index.every.is_empty() && index.by_event.is_empty());
        assert!(index.of_objects == 0 && index.of_objects_by_event.is_empty());
        assert!(index.by_object.is_empty() && index.wanted.is_empty() && index.thorough == 0);
    }
}
