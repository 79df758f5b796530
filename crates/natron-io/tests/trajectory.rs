//! Trajectories of other programs, wrapped and unwrapped in every way, against each other and against LAMMPS.

use std::path::{Path, PathBuf};

use natron_atoms::{Cell, Species, Vec3};
use natron_io::ReadError;
use natron_io::trajectory::{About, Frame, Options, Source};

use crate::oracle::ask;

fn read(path: &Path, options: &Options) -> Result<(About, Vec<Frame>), ReadError> {
    let source = Source::open(path, options)?;
    let about = source.about().clone();
    let mut frames = Vec::new();
    source.read(&mut |frame| {
        frames.push(frame);
        Ok(())
    })?;
    Ok((about, frames))
}

fn scratch(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("written");
    (folder, path)
}

fn sodium_in_carbon() -> Options {
    Options { frame_every_ps: Some(0.02), types: vec![Species::NA, Species::C] }
}

fn distance(a: &[Frame], b: &[Frame]) -> f64 {
    let pairs = a.iter().zip(b).flat_map(|(a, b)| a.positions_a.iter().zip(&b.positions_a));
    pairs.map(|(p, q)| (p - q).norm()).fold(0.0, f64::max)
}

/// A dump of two atoms that run through a leaning cell that breathes, with the words of each atom made by `words`.
fn dump(columns: &str, words: impl Fn(usize, &Vec3, &Cell) -> String) -> String {
    let mut text = String::new();
    for frame in 0..30_i32 {
        let scale = 1.0 + 0.01 * (0.7 * f64::from(frame)).sin();
        let (lx, ly, lz, xy, xz, yz) = (5.0 * scale, 6.0 * scale, 7.0 * scale, 1.0, -2.0, 0.5);
        let cell = Cell::new([[lx, 0.0, 0.0], [xy, ly, 0.0], [xz, yz, lz]], [true; 3]).expect("a cell");
        let low = |tilts: [f64; 4]| tilts.into_iter().fold(0.0, f64::min);
        let high = |tilts: [f64; 4]| tilts.into_iter().fold(0.0, f64::max);
        let x = [0.0, xy, xz, xy + xz];
        let y = [0.0, yz, 0.0, yz];
        text += &format!(
            "ITEM: TIMESTEP\n{}\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS xy xz yz pp pp pp\n",
            10 * frame
        );
        text += &format!("{} {} {xy}\n{} {} {xz}\n0 {lz} {yz}\n", low(x), lx + high(x), low(y), ly + high(y));
        text += &format!("ITEM: ATOMS {columns}\n");
        let places =
            [Vec3::new(1.0, -0.7, 0.9) * f64::from(frame), Vec3::new(-0.8, 1.0, 0.4) * f64::from(frame)];
        let mut lines: Vec<String> = (0..2).map(|a| words(a, &places[a], &cell) + "\n").collect();
        if frame % 2 == 1 {
            lines.reverse();
        }
        text += &lines.concat();
    }
    text
}

fn numbers(v: &Vec3) -> String {
    format!("{:.9} {:.9} {:.9}", v.x, v.y, v.z)
}

#[test]
fn a_dump_says_the_same_whichever_way_positions_are_written() {
    let id = |a: usize| format!("{} {}", a + 1, if a == 0 { 1 } else { 2 });
    let unwrapped = dump("id type xu yu zu", |a, p, _| format!("{} {}", id(a), numbers(p)));
    let (_folder, path) = scratch("run.dump", &unwrapped);
    let (about, there) = read(&path, &sodium_in_carbon()).expect("read");
    assert_eq!(about.species, [Species::NA, Species::C]);
    assert_eq!(there.len(), 30);
    assert!((there[7].time_ps - 0.14).abs() < 1e-12);
    assert!((there[29].positions_a[0] - Vec3::new(29.0, -20.3, 26.1)).norm() < 1e-6);
    assert!(
        (there[0].cell.rows()
            - Cell::new([[5.0, 0.0, 0.0], [1.0, 6.0, 0.0], [-2.0, 0.5, 7.0]], [true; 3])
                .expect("a cell")
                .rows())
        .norm()
            < 1e-12
    );

    let image = |i: [i32; 3]| format!("{} {} {}", i[0], i[1], i[2]);
    let forms = [
        (
            "id type x y z ix iy iz",
            dump("id type x y z ix iy iz", |a, p, c| {
                let (w, i) = c.wrap(p);
                format!("{} {} {}", id(a), numbers(&w), image(i))
            }),
        ),
        (
            "id type xs ys zs ix iy iz",
            dump("id type xs ys zs ix iy iz", |a, p, c| {
                let (w, i) = c.wrap(p);
                format!("{} {} {}", id(a), numbers(&c.fractional(&w)), image(i))
            }),
        ),
        (
            "id type xsu ysu zsu",
            dump("id type xsu ysu zsu", |a, p, c| format!("{} {}", id(a), numbers(&c.fractional(p)))),
        ),
        (
            "type id x y z",
            dump("type id x y z", |a, p, c| format!("{} {} {}", a + 1, a + 1, numbers(&c.wrap(p).0))),
        ),
        (
            "id type xs ys zs",
            dump("id type xs ys zs", |a, p, c| format!("{} {}", id(a), numbers(&c.fractional(&c.wrap(p).0)))),
        ),
    ];
    for (name, text) in forms {
        let (_folder, path) = scratch("run.dump", &text);
        let (_, found) = read(&path, &sodium_in_carbon()).expect(name);
        assert!(distance(&found, &there) < 1e-6, "{name}: {}", distance(&found, &there));
    }
}

#[test]
fn what_a_dump_leaves_open_is_asked_for() {
    let text = dump("id type x y z", |a, p, c| format!("{} {} {}", a + 1, a + 1, numbers(&c.wrap(p).0)));
    let (_folder, path) = scratch("run.dump", &text);
    let refusal = |options: &Options| {
        let error = read(&path, options).expect_err("a refusal");
        (error.line, error.message, error.help)
    };
    let (line, message, help) = refusal(&Options { frame_every_ps: Some(0.02), types: Vec::new() });
    assert_eq!(line, Some(9));
    assert!(message.contains("which elements") && help.contains("--types Na,C"), "{message} {help}");
    let (line, message, help) = refusal(&Options { frame_every_ps: None, ..sodium_in_carbon() });
    assert_eq!(line, Some(1));
    assert!(
        message.contains("when its frames were taken") && help.contains("--frame-every-fs"),
        "{message} {help}"
    );
    let (line, message, _) = refusal(&Options { types: vec![Species::NA], ..sodium_in_carbon() });
    assert_eq!(line, Some(11));
    assert!(message.contains("atom type 2 is none of the 1"), "{message}");
}

#[test]
fn broken_dumps_are_refused_where_they_break() {
    let good = dump("id type x y z", |a, p, c| format!("{} {} {}", a + 1, a + 1, numbers(&c.wrap(p).0)));
    let lines: Vec<&str> = good.lines().collect();
    let with = |line: usize, text: &str| {
        let mut lines = lines.clone();
        lines[line - 1] = text;
        lines.join("\n") + "\n"
    };
    let cases: Vec<(String, usize, &str)> = vec![
        (with(13, "7"), 23, "step 20 is 13 steps"),
        (with(24, "15"), 23, "step 15 is 5 steps"),
        (with(24, "5"), 23, "step 5 comes after step 10"),
        (with(15, "3"), 23, "2 words where"),
        (with(22, "1 1 0.1 nan 0.3"), 22, "not finite"),
        (with(22, "1 1 0.1 0.2"), 22, "4 words"),
        (with(22, "2 1 0.1 0.2 0.3"), 22, "the id 2 stands twice"),
        (with(22, "1 2 0.1 0.2 0.3"), 12, "other atoms"),
        (with(17, "0 0 1"), 19, "not above"),
        (with(16, "ITEM: SOMETHING"), 16, "not known"),
        (lines[..21].join("\n") + "\n", 22, "ends within the atoms"),
        (with(10, "1 1 -1.115 0 0"), 12, "nearly half"),
    ];
    for (text, line, message) in cases {
        let (_folder, path) = scratch("run.dump", &text);
        let error = read(&path, &sodium_in_carbon()).expect_err(message);
        assert!(error.message.contains(message), "{error} instead of {message}");
        assert_eq!(error.line, Some(line), "{error}");
        assert!(!error.help.is_empty());
    }
}

#[test]
fn extended_xyz_is_unwrapped_and_asks_for_its_times() {
    let frame = |k: i32, comment: &str| {
        let (p, q) = (Vec3::new(1.5, 1.0, 1.0) * f64::from(k), Vec3::new(2.0, 2.0, 2.0));
        let cell = Cell::new([[4.0, 0.0, 0.0], [1.0, 5.0, 0.0], [0.0, 0.0, 6.0]], [true; 3]).expect("a cell");
        let (p, q) = (numbers(&cell.wrap(&p).0), numbers(&q));
        format!("2\nLattice=\"4 0 0 1 5 0 0 0 6\" Properties=species:S:1:pos:R:3 {comment}\nNa {p}\nC {q}\n")
    };
    let text: String = (0..20).map(|k| frame(k, &format!("time_fs={}", 5.0 + 2.5 * f64::from(k)))).collect();
    let (_folder, path) = scratch("run.xyz", &text);
    let (_, frames) = read(&path, &Options::default()).expect("read");
    assert!((frames[19].time_ps - 0.0525).abs() < 1e-12);
    assert_eq!(frames[19].line, Some(77));
    assert!(
        (frames[19].positions_a[0] - Vec3::new(28.5, 19.0, 19.0)).norm() < 1e-6,
        "{}",
        frames[19].positions_a[0]
    );

    // What the user says must not contradict the file.
    let said = |fs: f64| Options { frame_every_ps: Some(1e-3 * fs), ..Options::default() };
    assert!(read(&path, &said(2.5)).is_ok());
    let error = read(&path, &said(5.0)).expect_err("another spacing");
    assert!(error.message.contains("2.5 fs after") && error.line == Some(5), "{error}");

    let plain: String = (0..20).map(|k| frame(k, "")).collect();
    let (_folder, path) = scratch("run.xyz", &plain);
    let error = read(&path, &Options::default()).expect_err("no time");
    assert!(error.help.contains("--frame-every-fs"), "{}", error.help);
    assert!((read(&path, &said(2.5)).expect("read").1[19].time_ps - 0.0475).abs() < 1e-12);

    let half: String = (0..3).map(|k| frame(3 * k, "")).collect();
    let (_folder, path) = scratch("run.xyz", &half);
    let error = read(&path, &said(2.5)).expect_err("half a cell");
    assert!(error.message.contains("nearly half") && error.line == Some(5), "{error}");

    let other = frame(0, "") + &frame(1, "").replace("C ", "O ");
    let (_folder, path) = scratch("run.xyz", &other);
    let error = read(&path, &said(2.5)).expect_err("other atoms");
    assert!(error.message.contains("other atoms") && error.line == Some(5), "{error}");
}

/// LAMMPS at constant pressure in a leaning cell: all its ways to write positions are one trajectory.
#[test]
fn dumps_of_lammps_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(answer) = ask("lammps_dumps.py", folder.path()) else { return };
    let species = |symbol: &serde_json::Value| {
        Species::from_symbol(symbol.as_str().expect("a symbol")).expect("an element")
    };
    let types = answer["species"].as_array().expect("a list").iter().map(species).collect();
    // The times stand in the files.
    let options = Options { frame_every_ps: None, types };
    let (about, there) = read(&folder.path().join("unwrapped.dump"), &options).expect("read");
    assert_eq!(
        (there.len() as u64, there[0].positions_a.len() as u64),
        (answer["frames"].as_u64().expect("a count"), answer["atoms"].as_u64().expect("a count"))
    );
    let every_ps = answer["every_ps"].as_f64().expect("a number");
    assert!((there[100].time_ps - 100.0 * every_ps).abs() < 1e-9);
    // 3 N k_B T = sum m v^2: the velocities are in A/fs.
    let velocities = there[50].velocities_a_per_fs.as_ref().expect("velocities");
    let mv2: f64 = velocities.iter().zip(&about.masses_amu).map(|(v, m)| m * v.norm_squared()).sum();
    let temperature_k = mv2 * 103.642_696_561_7 / (3.0 * about.species.len() as f64 * 8.617_333_262e-5);
    assert!((600.0..1200.0).contains(&temperature_k), "{temperature_k}");
    // The cell changes, and atoms leave it.
    assert!((there[100].cell.volume_a3() / there[0].cell.volume_a3() - 1.0).abs() > 1e-3);
    let gone = there[100]
        .positions_a
        .iter()
        .zip(&there[0].positions_a)
        .map(|(p, q)| (p - q).norm())
        .fold(0.0, f64::max);
    assert!(gone > 6.0, "{gone}");
    for name in ["images", "scaled", "wrapped", "unsorted"] {
        let (other, found) = read(&folder.path().join(format!("{name}.dump")), &options).expect(name);
        assert_eq!(other.species, about.species, "{name}");
        assert_eq!(found.len(), there.len());
        assert!(distance(&found, &there) < 1e-6, "{name}: {}", distance(&found, &there));
    }
}
