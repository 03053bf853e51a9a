//! Password hashing: Argon2id on threads of its own, as many as there are cores, behind a queue that ends.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use portico_store::environment::Randomness;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::secret::Password;

const OUTPUT: usize = 32;
/// Twenty seconds of waiting on one core at the least parameters; beyond that nobody still waits.
const QUEUE: usize = 1024;

/// The queue is full, or the server is going down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be checked: try again in a moment")]
pub struct Busy;

/// Parameters below the floor, or beyond what Argon2 takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParametersError(&'static str);

/// How much work a hash is.
#[derive(Debug, Clone)]
pub struct Parameters(Params);

/// By the work alone: the default's length of output is written differently and is the same.
impl PartialEq for Parameters {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Parameters {}

impl Parameters {
    /// Parameters for use: at least 19456 KiB, 2 passes and 1 lane (OWASP's floor for Argon2id).
    ///
    /// # Errors
    /// Names the setting that is too small or too large.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, ParametersError> {
        if memory_kib < 19_456 {
            return Err(ParametersError("argon2.memory_kib must be at least 19456"));
        }
        if passes < 2 {
            return Err(ParametersError("argon2.passes must be at least 2"));
        }
        if lanes < 1 {
            return Err(ParametersError("argon2.lanes must be at least 1"));
        }
        if memory_kib > 4 * 1024 * 1024 {
            return Err(ParametersError(
                "argon2.memory_kib must be at most 4194304, which is 4 GiB for each core",
            ));
        }
        Params::new(memory_kib, passes, lanes, Some(OUTPUT))
            .map(Self)
            .map_err(|_| ParametersError("argon2.lanes must be at most an eighth of argon2.memory_kib"))
    }

    /// As little work as Argon2 knows.
    #[cfg(feature = "testing")]
    #[must_use]
    #[expect(clippy::expect_used, reason = "constants that Argon2 takes")]
    pub fn for_tests() -> Self {
        Self(Params::new(Params::MIN_M_COST, 1, 1, Some(OUTPUT)).expect("the least parameters"))
    }

    /// As a row of the password history names them: `m=19456,t=2,p=1`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("m={},t={},p={}", self.0.m_cost(), self.0.t_cost(), self.0.p_cost())
    }

    /// The reverse of [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Params::try_from(&name.parse::<ParamsString>().ok()?).ok().and_then(Self::sized)
    }

    fn sized(params: Params) -> Option<Self> {
        Params::new(params.m_cost(), params.t_cost(), params.p_cost(), Some(OUTPUT)).ok().map(Self)
    }

    fn less_than(&self, other: &Self) -> bool {
        self.0.m_cost() < other.0.m_cost() || self.0.t_cost() < other.0.t_cost()
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self(Params::DEFAULT)
    }
}

/// How many hashes were made since the start, by what they were for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Candidates checked against an account's password.
    pub stored: u64,
    /// Candidates checked against nobody's password, for the same cost.
    pub nobody: u64,
    /// Hashes made to be kept or compared with a history.
    pub made: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.stored + self.nobody + self.made
    }
}

/// The pool. Cloning is cheap and shares it.
#[derive(Clone)]
pub struct Hasher {
    shared: Arc<Shared>,
}

struct Shared {
    parameters: Parameters,
    queue: SyncSender<Job>,
    nobody_salt: [u8; 16],
    nobody_hash: [u8; OUTPUT],
    stored: AtomicU64,
    nobody: AtomicU64,
    made: AtomicU64,
}

struct Job {
    parameters: Parameters,
    password: Password,
    salt: Vec<u8>,
    answer: oneshot::Sender<Zeroizing<[u8; OUTPUT]>>,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("parameters", &self.shared.parameters).finish_non_exhaustive()
    }
}

impl Hasher {
    /// A pool with a thread for each core. New hashes are made with `parameters`.
    #[must_use]
    pub fn new(parameters: Parameters, randomness: &dyn Randomness) -> Self {
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_pool(parameters, randomness, threads, QUEUE)
    }

    /// A pool of `threads` threads, before which at most `queue` passwords wait.
    #[must_use]
    pub fn with_pool(
        parameters: Parameters,
        randomness: &dyn Randomness,
        threads: usize,
        queue: usize,
    ) -> Self {
        let (sender, receiver) = sync_channel(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads.max(1) {
            let receiver = receiver.clone();
            let spawned =
                thread::Builder::new().name(format!("password-{number}")).spawn(move || work(&receiver));
            if let Err(error) = spawned {
                tracing::error!(%error, "a thread for hashing passwords did not start");
            }
        }
        // Nobody's password is the hash of nothing: random bytes, so that no password has it.
        let (mut nobody_salt, mut nobody_hash) = ([0; 16], [0; OUTPUT]);
        randomness.fill(&mut nobody_salt);
        randomness.fill(&mut nobody_hash);
        let shared = Shared {
            parameters,
            queue: sender,
            nobody_salt,
            nobody_hash,
            stored: AtomicU64::new(0),
            nobody: AtomicU64::new(0),
            made: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The parameters of new hashes.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.shared.parameters
    }

    /// How many hashes were made so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            stored: self.shared.stored.load(Ordering::SeqCst),
            nobody: self.shared.nobody.load(Ordering::SeqCst),
            made: self.shared.made.load(Ordering::SeqCst),
        }
    }

    /// Makes the hash of an account's new password, as a PHC string with a salt of its own.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub async fn hash(&self, randomness: &dyn Randomness, password: &Password) -> Result<String, Busy> {
        let mut salt = [0; 16];
        randomness.fill(&mut salt);
        self.shared.made.fetch_add(1, Ordering::SeqCst);
        let output = self.run(&self.shared.parameters, password, &salt).await?;
        let as_phc = || {
            Some(PasswordHash {
                algorithm: ARGON2ID_IDENT,
                version: Some(Version::V0x13.into()),
                params: ParamsString::try_from(&self.shared.parameters.0).ok()?,
                salt: Some(Salt::new(&salt).ok()?),
                hash: Some(Output::new(&*output).ok()?),
            })
        };
        as_phc().map(|hash| hash.to_string()).ok_or(Busy)
    }

    /// Checks a candidate against an account's PHC string: one hash. A string that cannot be read matches nothing,
    /// at the same cost.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub async fn verify(&self, password: &Password, stored: &str) -> Result<bool, Busy> {
        let Some((parameters, salt, expected)) = read(stored) else {
            tracing::error!("accounts.password_hash holds a value that this version cannot read");
            self.verify_nobody(password).await?;
            return Ok(false);
        };
        self.shared.stored.fetch_add(1, Ordering::SeqCst);
        let output = self.run(&parameters, password, &salt).await?;
        Ok(output.ct_eq(expected.as_slice()).into())
    }

    /// Checks a candidate against nobody's password: the cost of [`verify`](Self::verify), and never a match.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub async fn verify_nobody(&self, password: &Password) -> Result<(), Busy> {
        self.shared.nobody.fetch_add(1, Ordering::SeqCst);
        let output = self.run(&self.shared.parameters, password, &self.shared.nobody_salt).await?;
        let _never: bool = output.ct_eq(&self.shared.nobody_hash).into();
        Ok(())
    }

    /// The hash of a candidate with a given salt and parameters, for comparing it with a whole history.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub async fn derive(
        &self,
        password: &Password,
        parameters: &Parameters,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; OUTPUT]>, Busy> {
        self.shared.made.fetch_add(1, Ordering::SeqCst);
        self.run(parameters, password, salt).await
    }

    /// Whether a hash was made with less work than new ones are.
    #[must_use]
    pub fn is_outdated(&self, stored: &str) -> bool {
        read(stored).is_none_or(|(parameters, ..)| parameters.less_than(&self.shared.parameters))
    }

    async fn run(
        &self,
        parameters: &Parameters,
        password: &Password,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; OUTPUT]>, Busy> {
        let (answer, result) = oneshot::channel();
        let job =
            Job { parameters: parameters.clone(), password: password.clone(), salt: salt.to_vec(), answer };
        self.shared.queue.try_send(job).map_err(|_| Busy)?;
        result.await.map_err(|_| Busy)
    }
}

/// Takes jobs until the last [`Hasher`] is gone.
fn work(queue: &Mutex<Receiver<Job>>) {
    let mut memory: Vec<Block> = Vec::new();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let blocks = job.parameters.0.block_count();
        if memory.len() < blocks {
            memory.resize(blocks, Block::default());
        }
        let mut output = Zeroizing::new([0; OUTPUT]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, job.parameters.0);
        let hashed = argon2.hash_password_into_with_memory(
            job.password.expose().as_bytes(),
            &job.salt,
            &mut *output,
            memory.as_mut_slice(),
        );
        match hashed {
            // Whoever waited may have left.
            Ok(()) => drop(job.answer.send(output)),
            Err(error) => tracing::error!(%error, "a password could not be hashed"),
        }
    }
}

fn read(stored: &str) -> Option<(Parameters, Vec<u8>, Vec<u8>)> {
    let hash = PasswordHash::new(stored).ok()?;
    if hash.algorithm != ARGON2ID_IDENT || hash.hash?.len() != OUTPUT {
        return None;
    }
    let parameters = Params::try_from(&hash).ok().and_then(Parameters::sized)?;
    Some((parameters, hash.salt?.to_vec(), hash.hash?.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_store::environment::SeededRandomness;

    fn hasher() -> (Hasher, SeededRandomness) {
        let randomness = SeededRandomness::new(1);
        (Hasher::with_pool(Parameters::for_tests(), &randomness, 1, 4), randomness)
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let (hasher, randomness) = hasher();
        let stored = hasher.hash(&randomness, &"correct horse".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
        assert!(hasher.verify(&"correct horse".into(), &stored).await.unwrap());
        assert!(!hasher.verify(&"correct horsf".into(), &stored).await.unwrap());
        assert!(!hasher.verify(&"correct horse".into(), "nonsense").await.unwrap());
        hasher.verify_nobody(&"".into()).await.unwrap();
        assert_eq!(hasher.counts(), Counts { stored: 2, nobody: 2, made: 1 });
    }

    #[tokio::test]
    async fn a_hash_is_one_that_others_can_check() {
        use argon2::PasswordVerifier as _;
        let (hasher, randomness) = hasher();
        let stored = hasher.hash(&randomness, &"password".into()).await.unwrap();
        let parsed = PasswordHash::new(&stored).unwrap();
        assert!(Argon2::default().verify_password(b"password", &parsed).is_ok());
    }

    #[tokio::test]
    async fn hashes_with_less_work_are_outdated() {
        let (little, randomness) = hasher();
        let stored = little.hash(&randomness, &"p".into()).await.unwrap();
        assert!(!little.is_outdated(&stored));
        let more = Hasher::with_pool(Parameters::default(), &randomness, 1, 1);
        assert!(more.is_outdated(&stored));
    }

    #[test]
    fn parameters_have_a_floor() {
        assert_eq!(Parameters::new(19_456, 2, 1), Ok(Parameters::default()));
        for (memory, passes, lanes) in [(19_455, 2, 1), (19_456, 1, 1), (19_456, 2, 0), (19_456, 2, 10_000)] {
            assert!(Parameters::new(memory, passes, lanes).is_err());
        }
    }

    #[test]
    fn parameters_are_read_by_their_name() {
        for parameters in [Parameters::for_tests(), Parameters::default()] {
            assert_eq!(Parameters::from_name(&parameters.name()), Some(parameters));
        }
        assert_eq!(Parameters::from_name("nonsense"), None);
    }

    #[tokio::test]
    async fn a_full_queue_says_so() {
        let randomness = SeededRandomness::new(1);
        let hasher = Hasher::with_pool(Parameters::default(), &randomness, 1, 1);
        let guesses: Vec<_> = (0..20)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.verify_nobody(&"guess".into()).await })
            })
            .collect();
        let mut busy = 0;
        for guess in guesses {
            busy += u32::from(guess.await.unwrap() == Err(Busy));
        }
        assert!(busy > 0);
    }
}
