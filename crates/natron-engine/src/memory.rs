//! How much memory there is to use.

use std::fs;

/// Where the system does not say what there is, bytes.
const ASSUMED_BYTES: u64 = 8_000_000_000;

/// Half of the machine's memory, or of what its control group leaves to this process, bytes.
pub(crate) fn half_bytes() -> u64 {
    let read = |path: &str| fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| total_bytes(&text));
    let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let group = group.iter().find_map(|path| read(path)?.trim().parse().ok());
    half(machine, group)
}

fn half(machine_bytes: Option<u64>, group_bytes: Option<u64>) -> u64 {
    machine_bytes.unwrap_or(ASSUMED_BYTES).min(group_bytes.unwrap_or(u64::MAX)) / 2
}

/// `MemTotal` of /proc/meminfo.
fn total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Bytes as a deck says them, in units of 1e9 with two digits.
pub(crate) fn in_gb(bytes: u64) -> String {
    let gb = bytes as f64 * 1e-9;
    if gb >= 1.0 { format!("{gb:.1}") } else { format!("{gb:.2e}").parse::<f64>().unwrap_or(gb).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_of_machine_and_group_counts() {
        let text = "MemTotal:       24576000 kB\nMemFree:         1 kB\n";
        assert_eq!(total_bytes(text), Some(24_576_000 * 1024));
        assert_eq!(total_bytes("MemFree: 1 kB"), None);
        assert_eq!(half(Some(100), Some(60)), 30);
        assert_eq!(half(Some(100), Some(u64::MAX)), 50);
        assert_eq!(half(None, None), ASSUMED_BYTES / 2);
    }

    #[test]
    fn gigabytes_read_well() {
        assert_eq!([in_gb(12_345_678_901), in_gb(250_000_000), in_gb(0)], ["12.3", "0.25", "0"]);
    }
}
