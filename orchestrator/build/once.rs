//! Values that several threads want and one of them makes, when the first asks for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a value is, or will be.
type Place<T> = Arc<Mutex<Option<Arc<T>>>>;

/// Values by name, each made once.
#[derive(Debug)]
pub(super) struct Once<N, T>(Mutex<BTreeMap<N, Place<T>>>);

impl<N, T> Default for Once<N, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<N: Ord + Clone, T> Once<N, T> {
    /// The value of a name, which `make` makes if it is not there. What fails is tried again when
    /// it is asked for again.
    pub(super) fn get<E>(
        &self,
        name: &N,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match places.get(name) {
            Some(place) => Arc::clone(place),
            None => Arc::clone(places.entry(name.clone()).or_default()),
        };
        drop(places);
        // Whoever else wants it waits here, and not those who want another.
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        match &*place {
            Some(value) => Ok(Arc::clone(value)),
            None => Ok(Arc::clone(place.insert(Arc::new(make()?)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn one_makes_it_and_all_have_it() {
        let once: Once<&str, usize> = Once::default();
        let count = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let make = || Ok::<_, ()>(count.fetch_add(1, Ordering::SeqCst));
                    assert_eq!(*once.get(&"one", make).unwrap(), 0);
                });
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_fails_is_tried_again() {
        let once: Once<&str, usize> = Once::default();
        assert_eq!(once.get(&"one", || Err("not yet")), Err("not yet"));
        assert_eq!(once.get(&"one", || Ok::<_, ()>(1)).as_deref(), Ok(&1));
        assert_eq!(once.get(&"one", || Ok::<_, ()>(2)).as_deref(), Ok(&1));
    }
}
