//! SIGINT and SIGTERM: the first asks for an orderly end, the second is obeyed at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use natron_engine::watch::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Remembers the first signal.
#[derive(Debug, Clone)]
pub struct Signals {
    first: Arc<AtomicUsize>,
}

impl Signals {
    /// From now on SIGINT and SIGTERM do not end the process; a second one does.
    ///
    /// # Errors
    /// The system refuses the handler.
    pub fn listen() -> io::Result<Self> {
        let first = Arc::new(AtomicUsize::new(0));
        let seen = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The order matters: this one acts only when `seen` was set by an earlier signal.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&seen))?;
            flag::register(signal, Arc::clone(&seen))?;
            flag::register_usize(signal, Arc::clone(&first), signal as usize)?;
        }
        Ok(Self { first })
    }

    /// The signal that asked for the end, if one did.
    pub fn received(&self) -> Option<Stop> {
        match self.first.load(Ordering::Relaxed) as i32 {
            SIGINT => Some(Stop::Interrupt),
            SIGTERM => Some(Stop::Terminate),
            _ => None,
        }
    }
}
