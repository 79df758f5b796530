//! Bytes that say what they are and whether they are whole.
//!
//! Layout, little endian: 8 bytes of magic, format number (u64), length of the payload (u64), payload, SHA-256 of all before
//! it (32 bytes).

use sha2::{Digest, Sha256};

use crate::bytes::{Reader, Writer};

const MAGIC: usize = 8;
const HEADER: usize = 24;
const CHECKSUM: usize = 32;

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealError {
    /// They begin otherwise.
    Other,
    /// Written by a later version.
    Newer { found: u64 },
    /// The end is missing: bytes there are, bytes there should be.
    Truncated { found: u64, expected: u64 },
    /// The checksum does not fit.
    Damaged,
}

/// A payload between header and checksum.
pub(crate) fn seal(magic: &[u8; MAGIC], format: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Writer::default();
    bytes.raw(magic);
    bytes.u64(format);
    bytes.u64(payload.len() as u64);
    bytes.raw(payload);
    let checksum = Sha256::digest(&bytes.0);
    bytes.raw(&checksum);
    bytes.0
}

/// Format number, from 1 to `newest`, and payload of sealed bytes.
pub(crate) fn open<'a>(
    magic: &[u8; MAGIC],
    newest: u64,
    bytes: &'a [u8],
) -> Result<(u64, &'a [u8]), SealError> {
    let shared = bytes.len().min(MAGIC);
    if bytes[..shared] != magic[..shared] || bytes.is_empty() {
        return Err(SealError::Other);
    }
    let found = bytes.len() as u64;
    let truncated = |expected| SealError::Truncated { found, expected };
    let mut header = Reader(&bytes[shared..]);
    let (Ok(format), Ok(length)) = (header.u64(), header.u64()) else {
        return Err(truncated((HEADER + CHECKSUM) as u64));
    };
    if format == 0 || format > newest {
        return Err(SealError::Newer { found: format });
    }
    let expected = length.saturating_add((HEADER + CHECKSUM) as u64);
    if found < expected {
        return Err(truncated(expected));
    }
    if found > expected {
        return Err(SealError::Damaged);
    }
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    if Sha256::digest(content).as_slice() != checksum {
        return Err(SealError::Damaged);
    }
    Ok((format, &content[HEADER..]))
}
