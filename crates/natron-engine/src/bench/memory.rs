//! How much memory this process holds.

/// Resident memory, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// The most so far.
    pub peak: u64,
}

impl Memory {
    /// What the system says of this process; `None` where it says nothing (it does on Linux).
    pub fn now() -> Option<Self> {
        Self::read(&std::fs::read_to_string("/proc/self/status").ok()?)
    }

    fn read(status: &str) -> Option<Self> {
        let bytes = |key: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(key))?;
            let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(1024 * kibibytes)
        };
        Some(Self { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines_are_read() {
        let status = "Name:\tnatron\nVmHWM:\t   20 kB\nVmRSS:\t   12 kB\n";
        assert_eq!(Memory::read(status), Some(Memory { resident: 12 << 10, peak: 20 << 10 }));
        assert_eq!(Memory::read("Name:\tnatron\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_holds_something() {
        let held = Memory::now().expect("Linux says so");
        assert!(held.resident > 100_000 && held.peak >= held.resident);
    }
}
