//! Clocks and randomness for a component that is not granted the real ones.
//!
//! Both are the same in every run, so a pipeline that is granted nothing answers the same
//! question always the same way.
//!
//! **Time** begins on 1 January 2000, or at the moment that the manifest names, and passes for two
//! reasons only. A sleep really takes as long as was asked for, and then moves the clock on by just
//! that. And each reading moves it on by a microsecond, so that a loop which waits for a moment to
//! come gets there, and no two moments are equal. The wall clock and the monotonic clock are one.
//! With a scale, time passes as real time does and so many times as fast, and sleeps are as much
//! shorter or longer.
//!
//! **Randomness** is the `SplitMix64` sequence from a fixed seed, or from the manifest's, one for
//! each interface of `wasi:random`. It is no secret to anyone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

use super::context::Context;
use super::excess::Over;
use crate::manifest::{ClockSettings, Limit, Moment, RandomSettings, Scale, Switch};
use crate::random::SplitMix64;

/// 2000-01-01T00:00:00Z, in seconds since 1970.
const BEGINNING: u64 = 946_684_800;

/// What the monotonic clock shows at the beginning, in nanoseconds. Go's runtime takes 0 for a
/// broken clock.
const START: u64 = 1_000_000_000;

/// Nanoseconds by which a reading moves the clock on.
const READING: u64 = 1_000;

/// The most bytes that one call for randomness gets, as wasmtime-wasi has it too.
const MOST_RANDOM_BYTES: u64 = 64 << 20;

/// Time that is not the real one; clones share it.
#[derive(Clone)]
pub(super) struct Clock {
    /// What the wall clock shows at the beginning, in nanoseconds since 1970.
    beginning: u64,
    pace: Pace,
}

/// How time passes.
#[derive(Clone)]
enum Pace {
    /// By reading and by sleeping. The moment is in nanoseconds.
    Standing(Arc<AtomicU64>),
    /// As real time since `begun` does, `factor` times as fast.
    Scaled { begun: Instant, factor: f64 },
}

impl Default for Clock {
    fn default() -> Self {
        Self { beginning: BEGINNING * 1_000_000_000, pace: Pace::standing() }
    }
}

impl Pace {
    fn standing() -> Self {
        Self::Standing(Arc::new(AtomicU64::new(START)))
    }
}

impl Clock {
    /// The clock that the manifest asks for; none, if that is the real one.
    pub(super) fn of(clocks: Switch<ClockSettings>) -> Option<Self> {
        match clocks {
            Switch::On => None,
            Switch::Off => Some(Self::default()),
            Switch::As(ClockSettings { fixed, scale }) => {
                let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let scaled =
                    |scale: Scale| Pace::Scaled { begun: Instant::now(), factor: scale.get() };
                Some(Self {
                    beginning: fixed.map_or_else(
                        || u64::try_from(now().as_nanos()).unwrap_or(u64::MAX),
                        Moment::nanoseconds,
                    ),
                    pace: scale.map_or_else(Pace::standing, scaled),
                })
            }
        }
    }

    fn read(&self) -> u64 {
        match &self.pace {
            Pace::Standing(moment) => moment.fetch_add(READING, Ordering::Relaxed),
            Pace::Scaled { begun, factor } => {
                // A time too long to be told stops there.
                let passed = Duration::try_from_secs_f64(begun.elapsed().as_secs_f64() * factor);
                let passed = passed.unwrap_or(Duration::MAX).as_nanos();
                START.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
            }
        }
    }

    fn reach(&self, moment: u64) {
        if let Pace::Standing(now) = &self.pace {
            now.fetch_max(moment, Ordering::Relaxed);
        }
    }

    /// How long so many of its nanoseconds really take.
    fn really(&self, nanoseconds: u64) -> Duration {
        let duration = Duration::from_nanos(nanoseconds);
        match self.pace {
            Pace::Standing(_) => duration,
            Pace::Scaled { factor, .. } => {
                Duration::try_from_secs_f64(duration.as_secs_f64() / factor)
                    .unwrap_or(Duration::MAX)
            }
        }
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(READING)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.beginning) + Duration::from_nanos(self.read() - START)
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        READING
    }

    fn now(&self) -> u64 {
        self.read()
    }
}

/// Puts the clock in the place of the real monotonic one.
pub(super) fn link_clock(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    monotonic_clock::add_to_linker::<Context, Clocks>(linker, |context| ClockView {
        clock: context.granted.clock.clone(),
        table: &mut context.table,
    })
}

struct Clocks;

impl HasData for Clocks {
    type Data<'a> = ClockView<'a>;
}

struct ClockView<'a> {
    clock: Clock,
    table: &'a mut ResourceTable,
}

impl monotonic_clock::Host for ClockView<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock.read())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(READING)
    }

    fn subscribe_instant(&mut self, until: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let now = self.clock.read();
        self.sleep(now, until)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let now = self.clock.read();
        self.sleep(now, now.saturating_add(duration))
    }
}

impl ClockView<'_> {
    fn sleep(&mut self, now: u64, until: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let duration = self.clock.really(until.saturating_sub(now));
        // A moment too far away to be told is never reached.
        let end = tokio::time::Instant::now().checked_add(duration);
        let sleep = self.table.push(Sleep { clock: self.clock.clone(), until, end })?;
        subscribe(self.table, sleep)
    }
}

struct Sleep {
    clock: Clock,
    until: u64,
    end: Option<tokio::time::Instant>,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Sleep {
    async fn ready(&mut self) {
        match self.end {
            Some(end) if end <= tokio::time::Instant::now() => tokio::task::yield_now().await,
            Some(end) => tokio::time::sleep_until(end).await,
            None => std::future::pending().await,
        }
        self.clock.reach(self.until);
    }
}

/// Numbers that look random and are the same in every run.
pub(super) struct Sequences {
    secure: SplitMix64,
    insecure: SplitMix64,
}

impl Default for Sequences {
    fn default() -> Self {
        Self { secure: SplitMix64(0x706f_6c79_0001), insecure: SplitMix64(0x706f_6c79_0002) }
    }
}

impl Sequences {
    /// The sequences that the manifest asks for; none, if numbers are to be random.
    pub(super) fn of(random: Switch<RandomSettings>) -> Option<Self> {
        match random {
            Switch::On => None,
            Switch::Off => Some(Self::default()),
            Switch::As(RandomSettings { seed }) => {
                Some(Self { secure: SplitMix64(seed), insecure: SplitMix64(!seed) })
            }
        }
    }
}

/// So many bytes of a sequence.
pub(super) fn random_bytes(sequence: &mut SplitMix64, length: u64) -> wasmtime::Result<Vec<u8>> {
    if length > MOST_RANDOM_BYTES {
        return Err(Over(Limit::Transfer).into());
    }
    let length = usize::try_from(length)?;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&sequence.next().to_le_bytes());
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Puts the sequences in the place of real randomness.
pub(super) fn link_randomness(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    random::add_to_linker::<Context, Randomness>(linker, sequences)?;
    insecure::add_to_linker::<Context, Randomness>(linker, sequences)?;
    insecure_seed::add_to_linker::<Context, Randomness>(linker, sequences)
}

fn sequences(context: &mut Context) -> &mut Sequences {
    &mut context.granted.sequences
}

struct Randomness;

impl HasData for Randomness {
    type Data<'a> = &'a mut Sequences;
}

impl random::Host for Sequences {
    fn get_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        random_bytes(&mut self.secure, length)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.secure.next())
    }
}

impl insecure::Host for Sequences {
    fn get_insecure_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        random_bytes(&mut self.insecure, length)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.insecure.next())
    }
}

impl insecure_seed::Host for Sequences {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((self.insecure.next(), self.insecure.next()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_bytes_as_asked_for_and_not_without_end() {
        let mut sequence = SplitMix64(1);
        for length in [0, 1, 7, 8, 9, 4096] {
            assert_eq!(random_bytes(&mut sequence, length).unwrap().len() as u64, length);
        }
        assert!(random_bytes(&mut sequence, u64::MAX).is_err());
    }

    fn settings(text: &str) -> Switch<ClockSettings> {
        toml::from_str::<crate::manifest::Grants>(&format!("clocks = {text}")).unwrap().clocks
    }

    #[test]
    fn a_scaled_clock_passes_as_fast_as_it_is_told() {
        let clock =
            Clock::of(settings("{ fixed = '2026-01-01T00:00:00Z', scale = 1000 }")).unwrap();
        let really = Instant::now();
        let before = clock.read();
        std::thread::sleep(Duration::from_millis(20));
        let passed = clock.read() - before;
        assert!(passed >= 20_000_000_000, "{passed}");
        assert!(u128::from(passed) <= really.elapsed().as_nanos() * 1000, "{passed}");
        let wall = HostWallClock::now(&clock).as_secs();
        assert!((1_767_225_600..1_767_225_600 + 100_000).contains(&wall), "{wall}");
        assert_eq!(clock.really(5_000_000_000), Duration::from_millis(5));
        let slow = Clock::of(settings("{ scale = 0.001 }")).unwrap();
        assert_eq!(slow.really(1_000_000), Duration::from_secs(1));
        assert!(slow.really(u64::MAX) > Duration::from_secs(1_000_000_000));
    }

    #[test]
    fn a_clock_that_is_set_begins_there_and_stands() {
        let clock = Clock::of(settings("{ fixed = '2026-01-01T00:00:00.5Z' }")).unwrap();
        assert_eq!(HostWallClock::now(&clock), Duration::from_millis(1_767_225_600_500));
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(clock.read(), START + READING);
        assert!(Clock::of(settings("true")).is_none());
    }

    #[test]
    fn seeds_are_told_apart() {
        let first = |random: Switch<RandomSettings>| Sequences::of(random).unwrap().secure.next();
        let seed = |seed| Switch::As(RandomSettings { seed });
        assert_eq!(first(seed(1_234_567)), 6_457_827_717_110_365_317);
        assert_ne!(first(seed(1)), first(seed(2)));
        assert_ne!(first(Switch::Off), first(seed(0)));
        assert!(Sequences::of(Switch::On).is_none());
    }

    #[test]
    fn the_clock_moves_by_reading_and_by_reaching() {
        let clock = Clock::default();
        assert_eq!((clock.read(), clock.read()), (START, START + READING));
        clock.reach(START + 1_000_000_000);
        clock.reach(5);
        assert_eq!(clock.read(), START + 1_000_000_000);
        assert_eq!(HostWallClock::now(&clock).as_secs(), BEGINNING + 1);
    }
}
