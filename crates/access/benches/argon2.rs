//! How many hashes of the least allowed parameters this machine makes in a second, with nothing around them: one thread
//! for each core, each with its own memory. What sign-ins per second are compared with (`scripts/bench`).

use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::{
    hint::black_box,
    io::Error,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

/// How long each thread hashes.
const TIME: Duration = Duration::from_secs(10);

fn main() -> Result<(), Error> {
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(Error::other)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let (made, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let cores = thread::available_parallelism()?;
    thread::scope(|scope| {
        for _ in 0..cores.get() {
            scope.spawn(|| {
                let mut memory = vec![Block::default(); params.block_count()];
                let mut output = [0; 32];
                while !over.load(Ordering::Relaxed) {
                    let password = black_box(b"correct horse battery staple");
                    if argon2
                        .hash_password_into_with_memory(password, &[7; 16], &mut output, &mut memory)
                        .is_err()
                    {
                        return;
                    }
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(TIME);
        over.store(true, Ordering::Relaxed);
    });
    let rate = made.into_inner() as f64 / TIME.as_secs_f64();
    println!("{rate:.2}");
    Ok(())
}
