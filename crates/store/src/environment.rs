//! What comes from outside and must be a parameter: the time and chance.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::text::encode_base32;

/// Tells the time. The only clock there is, so that a test or the demo can move it.
pub trait Clock: Send + Sync {
    /// The current moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else takes")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved: for tests.
#[derive(Debug)]
pub struct ManualClock {
    micros: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `at`, to the microsecond.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self { micros: AtomicI64::new(at.as_microsecond()) }
    }

    /// Moves the clock forward, or back by a negative duration.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        crate::from_micros(self.micros.load(Ordering::SeqCst))
    }
}

/// The machine's clock, shifted: for the demo, whose visitors may move it.
#[derive(Debug, Default)]
pub struct ShiftedClock {
    micros: AtomicI64,
}

impl ShiftedClock {
    /// Moves the clock forward, or back by a negative duration.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let shift = SignedDuration::from_micros(self.micros.load(Ordering::SeqCst));
        let now = SystemClock.now();
        now.checked_add(shift).unwrap_or(now)
    }
}

/// Gives random bytes. The only source there is.
pub trait Randomness: Send + Sync {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// A new id: 128 bits, as the database keeps it.
    fn id(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        encode_base32(&bytes)
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    /// # Panics
    /// When the operating system has none to give: nothing secret can be made then, and going on would be worse.
    #[expect(clippy::disallowed_methods, reason = "this is the source that everything else takes")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gave no randomness: {error}");
        }
    }
}

/// The same bytes for the same seed: for tests, never for anything real.
#[derive(Debug)]
pub struct SeededRandomness {
    seed: u64,
    block: AtomicU64,
}

impl SeededRandomness {
    /// A source whose sequence is a function of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, block: AtomicU64::new(0) }
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = self.block.fetch_add(1, Ordering::SeqCst);
            let digest =
                Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(block.to_be_bytes());
            chunk.copy_from_slice(&digest.finalize()[..chunk.len()]);
        }
    }
}
