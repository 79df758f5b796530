//! Random MD decks: valid ones, and what becomes of them under a user's hands.

use std::fmt::Write as _;
use std::path::Path;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// What decks refer to: solid argon that runs, and files that do not.
pub fn write_structures(folder: &Path) {
    let edge_a = 11.0;
    let mut solid =
        format!("32\nLattice=\"{edge_a} 0 0 0 {edge_a} 0 0 0 {edge_a}\" Properties=species:S:1:pos:R:3\n");
    for cell in 0..8_u8 {
        let corner = [cell & 1, cell >> 1 & 1, cell >> 2].map(|n| 5.5 * f64::from(n));
        for basis in [[0.0, 0.0, 0.0], [0.0, 2.75, 2.75], [2.75, 0.0, 2.75], [2.75, 2.75, 0.0]] {
            let [x, y, z] = std::array::from_fn(|k| corner[k] + basis[k]);
            writeln!(solid, "Ar {x} {y} {z}").expect("writing to a String");
        }
    }
    let poscar = "Ar\n1.0\n9 0 0\n0 9 0\n0 0 9\nAr\n2\nCartesian\n0 0 0\n4 4 4\n";
    for (name, text) in [
        ("solid.extxyz", solid.as_str()),
        ("POSCAR", poscar),
        ("overlap.vasp", &poscar.replace("4 4 4", "0.1 0 0")),
        ("sodium.vasp", &poscar.replace("\nAr\n", "\nNa\n")),
        ("cut.vasp", &poscar.replace("4 4 4\n", "")),
        ("empty.extxyz", ""),
        ("cut.safetensors", "nothing"),
    ] {
        std::fs::write(folder.join(name), text).expect("the folder is ours");
    }
}

/// A deck without a mistake.
pub fn valid(rng: &mut ChaCha8Rng) -> String {
    let timestep = pick(rng, &[0.5, 1.0, 2.0]);
    let mut whole = |most: u32| f64::from(rng.random_range(1..=most)) * timestep;
    let (trajectory, thermo, restart) = (whole(50), whole(50), whole(9000) / 1000.0);
    let structure = pick(rng, &["solid.extxyz", "POSCAR"]);
    let mut deck = format!("format = 1\nseed = {}\n", rng.random_range(0..u64::MAX / 2));
    if rng.random() {
        deck += &format!("replicas = {}\n", rng.random_range(1..9));
    }
    deck += &format!("\n[system]\nstructure = \"{structure}\"\n");
    if rng.random() {
        deck += "frame = 0\n\n";
    }
    deck += "[potential]\nname = \"lj-argon\"\n";
    if rng.random() {
        deck += &format!(
            "[output]\ndirectory = \"run\"\ntrajectory_every_fs = {trajectory:?}\nthermo_every_fs = {thermo:?}\nrestart_every_ps = {restart:?}\n"
        );
    }
    if rng.random() {
        deck += "[analysis]\nmobile = [\"Ar\"] # what moves\nreference = []\n";
    }
    if rng.random() {
        deck += &format!("[limits]\nforce_max_eV_per_A = {:?}\n", rng.random_range(1.0..100.0));
    }
    if rng.random() {
        deck += &format!("[neighbour]\nskin_A = {:?}\n", rng.random_range(0.3..1.5));
    }
    if rng.random() {
        deck += GROUPS;
    }
    let mut moves = false;
    for stage in 0..rng.random_range(1..5) {
        deck += &format!("[[stage]]\nname = \"stage-{stage}\"\n{}", stage_keys(rng, timestep, &mut moves));
    }
    deck
}

/// One group of each kind, small enough for both structures.
const GROUPS: &str = "[[group]]\nname = \"first\"\nindices = [0, \"1-1\"]\n[[group]]\nname = \"argon\"\nspecies = [\"Ar\"]\n[[group]]\nname = \"low\"\nregion = { kind = \"slab\", axis = \"z\", from_A = -1.0, to_A = 4.5 }\n[[group]]\nname = \"some\"\nexpression = \"argon and (low or first)\"\n";

fn stage_keys(rng: &mut ChaCha8Rng, timestep: f64, moves: &mut bool) -> String {
    if rng.random_ratio(1, 4) {
        let method = pick(rng, &["", "method = \"fire\"\n", "method = \"lbfgs\"\n"]);
        let cell =
            pick(rng, &["", "", "cell = \"anisotropic\"\npressure_GPa = 0.1\n", "cell = \"triclinic\"\n"]);
        return format!("kind = \"minimise\"\nforce_max_eV_per_A = 0.05\nmax_steps = 7\n{method}{cell}");
    }
    let first = !std::mem::replace(moves, true);
    let duration = f64::from(rng.random_range(1..100_u32)) * timestep / 10.0;
    let temperature = rng.random_range(1.0..900.0);
    // At least 20 steps, so that chains and cells are content.
    let relaxation = timestep * rng.random_range(20.5..900.0) / 1000.0;
    let held = match rng.random() {
        true => format!("temperature_K = {temperature:?}"),
        false => format!("temperature_K = {{ from = {temperature:?}, to = 300 }}"),
    };
    let mut ensemble = match rng.random_range(0..7) {
        0 => "kind = \"nve\"".to_owned(),
        1 => format!("kind = \"nvt-langevin\", {held}, friction_per_ps = {:?}", rng.random_range(0.1..9.0)),
        2 => format!("kind = \"nvt-nose-hoover\", {held}, relaxation_ps = {relaxation:?}, chain_length = 5"),
        3 => format!("kind = \"nvt-rescale\", {held}, relaxation_ps = {relaxation:?}"),
        4 => format!("kind = \"nvt-berendsen\", {held}"),
        5 => format!("kind = \"npt-mttk\", {held}, pressure_GPa = 0.5, relaxation_ps = {relaxation:?}"),
        _ => format!(
            "kind = \"npt-rescale\", {held}, pressure_GPa = {:?}, pressure_relaxation_ps = {relaxation:?}, coupling = \"{}\"",
            rng.random_range(-1.0..1.0),
            pick(rng, &["isotropic", "anisotropic", "triclinic"]),
        ),
    };
    if first {
        ensemble += &format!(", initial_temperature_K = {temperature:?}");
    }
    format!(
        "kind = \"dynamics\"\nduration_ps = {duration:?}\ntimestep_fs = {timestep:?}\nensemble = {{ {ensemble} }}\n"
    )
}

/// A deck after one to four accidents.
pub fn mutated(rng: &mut ChaCha8Rng) -> String {
    let mut text = valid(rng);
    for _ in 0..rng.random_range(1..5) {
        text = match rng.random_range(0..9) {
            0..3 => with_value(rng, &text),
            3 => with_key(rng, &text),
            4 => without_line(rng, &text),
            5 => with_line_twice(rng, &text),
            6 => with_characters(rng, &text),
            7 => text[..place(rng, &text)].to_owned(),
            _ => lines_exchanged(rng, &text),
        };
    }
    text
}

/// Another value behind one of the keys.
fn with_value(rng: &mut ChaCha8Rng, text: &str) -> String {
    const VALUES: &[&str] = &[
        "0",
        "-1",
        "1",
        "2",
        "1.5",
        "-0.0",
        "1e300",
        "1e-300",
        "nan",
        "-inf",
        "9223372036854775807",
        "1e999",
        "18446744073709551616",
        "0x10",
        "true",
        "\"\"",
        "\"nve\"",
        "\"npt-mttk\"",
        "\"nac\"",
        "\"Na\"",
        "\"solid.extxyz\"",
        "\"overlap.vasp\"",
        "\"sodium.vasp\"",
        "\"cut.vasp\"",
        "\"empty.extxyz\"",
        "\"none.xyz\"",
        "\"cut.safetensors\"",
        "\"../..\"",
        "\".\"",
        "\"\\u0000\"",
        "\"POSCAR/x\"",
        "\"ü\"",
        "[]",
        "[\"Ar\", \"Na\"]",
        "[1, \"a\"]",
        "[[]]",
        "{}",
        "{ kind = \"nve\" }",
        "{ kind = \"nvt-langevin\" }",
        "{ kind = \"nve\", temperature_K = 3 }",
        "{ kind = \"nvt-rescale\", temperature_K = { from = 3 } }",
        "{ kind = \"npt-rescale\", temperature_K = 3, pressure_GPa = [], coupling = 1 }",
        "{ from = 1, to = 2 }",
        "{ kind = 1 }",
        "{ kind = \"nvt-langevin\", temperature_K = -1.0, friction_per_ps = 0.0 }",
        "1979-05-27",
        "'''\nlong\n'''",
    ];
    let value = pick(rng, VALUES);
    replace_line(rng, text, |line| match line.split_once('=') {
        Some((key, _)) => format!("{key}= {value}"),
        None => line.to_owned(),
    })
}

/// A letter of a line changed, lost or doubled: most often a misspelt key.
fn with_key(rng: &mut ChaCha8Rng, text: &str) -> String {
    let (place, what) = (rng.random_range(0..6_usize), rng.random_range(0..3));
    replace_line(rng, text, |line| {
        let mut characters: Vec<char> = line.chars().collect();
        if place < characters.len() {
            match what {
                0 => drop(characters.remove(place)),
                1 => characters.insert(place, characters[place]),
                _ => characters[place] = 'q',
            }
        }
        characters.into_iter().collect()
    })
}

fn without_line(rng: &mut ChaCha8Rng, text: &str) -> String {
    let skipped = rng.random_range(0..text.lines().count().max(1));
    text.lines().enumerate().filter(|(k, _)| *k != skipped).map(|(_, line)| format!("{line}\n")).collect()
}

fn with_line_twice(rng: &mut ChaCha8Rng, text: &str) -> String {
    replace_line(rng, text, |line| format!("{line}\n{line}"))
}

fn with_characters(rng: &mut ChaCha8Rng, text: &str) -> String {
    let junk = pick(
        rng,
        &[
            "=",
            "[",
            "]",
            "\"",
            "{",
            "}",
            "\n",
            ".",
            ",",
            "#",
            "\u{0}",
            "\r",
            "é",
            "🙂",
            "[[stage]]\n",
            "[stage]\n",
        ],
    );
    let mut text = text.to_owned();
    text.insert_str(place(rng, &text), junk);
    text
}

fn lines_exchanged(rng: &mut ChaCha8Rng, text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.len() > 1 {
        let (a, b) = (rng.random_range(0..lines.len()), rng.random_range(0..lines.len()));
        lines.swap(a, b);
    }
    lines.join("\n")
}

fn replace_line(rng: &mut ChaCha8Rng, text: &str, change: impl Fn(&str) -> String) -> String {
    let chosen = rng.random_range(0..text.lines().count().max(1));
    let line = |(k, line): (usize, &str)| if k == chosen { change(line) } else { line.to_owned() };
    text.lines().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// A place between two characters.
fn place(rng: &mut ChaCha8Rng, text: &str) -> usize {
    let mut place = rng.random_range(0..=text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    place
}

fn pick<T: Copy>(rng: &mut ChaCha8Rng, of: &[T]) -> T {
    of[rng.random_range(0..of.len())]
}
