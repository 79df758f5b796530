//! The Python process in which a peer runs: one JSON object a line, each way.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use natron_atoms::{Structure, Vec3};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Peer;
use crate::{Failure, InputError, RunError};

/// What runs there.
const SCRIPT: &str = include_str!("driver.py");
/// Names the Python that has the peers.
const PYTHON: &str = "NATRON_PEER_PYTHON";

/// A peer at work.
pub(super) struct Driver {
    /// Which.
    pub(super) peer: Peer,
    child: Child,
    /// `None` once it is to end.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// The peer's version.
    pub(super) version: String,
}

/// A model of a peer that is ready to run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct PeerModel {
    /// What it is: kind, size, cutoffs.
    pub(super) name: String,
    /// What is timed.
    pub(super) timed: String,
}

/// Steps done and the time they took.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Turn {
    pub(super) steps: f64,
    pub(super) wall_s: f64,
    pub(super) processor_s: f64,
}

#[derive(Deserialize)]
struct Hello {
    version: String,
}

#[derive(Deserialize)]
struct Ready {
    models: Vec<PeerModel>,
}

/// Why there was no answer.
enum Silence {
    /// The module cannot be loaded.
    Missing(String),
    /// Anything else.
    Failed(String),
}

impl Driver {
    /// Starts Python and loads the peer's module.
    pub(super) fn start(peer: Peer) -> Result<Self, Failure> {
        let named = std::env::var_os(PYTHON);
        let python = named.as_deref().unwrap_or(OsStr::new("python3"));
        let shown = python.to_string_lossy().into_owned();
        let mut child = command(python).spawn().map_err(|error| {
            InputError::new(format!(
                "--against {} needs Python, and `{shown}` does not start: {error}",
                peer.name()
            ))
            .help(install(peer))
        })?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("stdout was piped"));
        let mut driver = Self { peer, child, requests, answers, version: String::new() };
        match driver.ask::<Hello>(&json!({ "peer": peer.name() })) {
            Ok(hello) => driver.version = hello.version,
            Err(Silence::Missing(why)) => {
                let message = format!("`{shown}` cannot load {}: {why}", peer.name());
                return Err(InputError::new(message).help(install(peer)).into());
            }
            Err(Silence::Failed(why)) => return Err(driver.failure(&why)),
        }
        Ok(driver)
    }

    /// Hands over the system; returns the models that run.
    pub(super) fn load(
        &mut self,
        structure: &Structure,
        velocities_a_per_fs: &[Vec3],
    ) -> Result<Vec<PeerModel>, Failure> {
        let rows = structure.cell.rows();
        let vectors = |values: &[Vec3]| values.iter().map(|v| json!([v.x, v.y, v.z])).collect::<Value>();
        let system = json!({
            "species": structure.species.iter().map(|s| s.symbol()).collect::<Vec<_>>(),
            "masses_amu": structure.species.iter().map(|s| s.mass_amu()).collect::<Vec<_>>(),
            "cell_A": (0..3).map(|i| json!([rows[(i, 0)], rows[(i, 1)], rows[(i, 2)]])).collect::<Value>(),
            "positions_A": vectors(&structure.positions),
            "velocities_A_per_fs": vectors(velocities_a_per_fs),
        });
        self.ask::<Ready>(&system).map(|ready| ready.models).map_err(|silence| self.failure(silence.why()))
    }

    /// Lets a model run for about so many seconds.
    pub(super) fn measure(&mut self, model: usize, seconds: f64) -> Result<Turn, Failure> {
        let request = json!({ "model": model, "seconds": seconds });
        self.ask(&request).map_err(|silence| self.failure(silence.why()))
    }

    fn ask<A: DeserializeOwned>(&mut self, request: &Value) -> Result<A, Silence> {
        let failed = |what: &str, error: &dyn std::fmt::Display| Silence::Failed(format!("{what}: {error}"));
        let requests = self.requests.as_mut().expect("it is taken when the driver is dropped, not before");
        let mut line = format!("{request}\n");
        requests
            .write_all(line.as_bytes())
            .and_then(|()| requests.flush())
            .map_err(|error| failed("it takes no request", &error))?;
        line.clear();
        match self.answers.read_line(&mut line) {
            Err(error) => return Err(failed("its answer cannot be read", &error)),
            Ok(0) => return Err(Silence::Failed("it ended without an answer".into())),
            Ok(_) => {}
        }
        let answer: Value =
            serde_json::from_str(&line).map_err(|error| failed("its answer is no JSON", &error))?;
        match (answer["missing"].as_str(), answer["failed"].as_str()) {
            (Some(why), _) => Err(Silence::Missing(why.into())),
            (_, Some(why)) => Err(Silence::Failed(why.into())),
            _ => serde_json::from_value(answer).map_err(|error| failed("its answer is another", &error)),
        }
    }

    fn failure(&self, why: &str) -> Failure {
        RunError::new(format!("{} could not be measured: {why}", self.peer.name())).into()
    }
}

impl Silence {
    fn why(&self) -> &str {
        match self {
            Self::Missing(why) | Self::Failed(why) => why,
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        self.requests = None;
        let _ = self.child.wait();
    }
}

/// Python with the script, on one thread. What it says beside its answers would only disturb ours.
fn command(python: &OsStr) -> Command {
    let mut command = Command::new(python);
    command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] {
        command.env(name, "1");
    }
    command
}

/// What to do where it is missing.
fn install(peer: Peer) -> String {
    format!("pip install {}, or name a Python that has it in {PYTHON}", peer.package())
}
