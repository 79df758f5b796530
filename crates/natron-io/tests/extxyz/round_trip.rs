//! What natron writes reads back as the same frame, in natron bit for bit and in ASE.

use natron_atoms::{AtomArray, Cell, Frame, InfoValue, Labels, Mat3, Species, Structure, Vec3};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{fixture, read, write};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        -10.0..10.0_f64,
        any::<f64>().prop_filter("finite", |x| x.is_finite()),
        Just(0.0),
        Just(-0.0),
        Just(5e-324),
        Just(f64::MAX),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_.-]{0,8}",
        "[ -~]{0,12}",
        "(T|F|1|2.5|-3|nan| |,){0,6}",
        "\\PC{0,6}",
        Just("a\nb\r\\n \"".to_owned()),
    ]
}

fn any_info() -> impl Strategy<Value = InfoValue> {
    prop_oneof![
        any::<bool>().prop_map(InfoValue::Bool),
        any::<i64>().prop_map(InfoValue::Int),
        number().prop_map(InfoValue::Real),
        text().prop_map(InfoValue::Text),
        vec(any::<i64>(), 0..5).prop_map(InfoValue::Ints),
        vec(number(), 1..5).prop_map(InfoValue::Reals),
        vec(any::<bool>(), 1..5).prop_map(InfoValue::Bools),
    ]
}

fn any_array(atoms: usize) -> impl Strategy<Value = AtomArray> {
    (1..4_usize).prop_flat_map(move |columns| {
        let n = columns * atoms;
        prop_oneof![
            vec(number(), n).prop_map(move |values| AtomArray::Real { columns, values }),
            vec(any::<i64>(), n).prop_map(move |values| AtomArray::Int { columns, values }),
            vec(any::<bool>(), n).prop_map(move |values| AtomArray::Bool { columns, values }),
            vec("[!-~]{1,6}", n).prop_map(move |values| AtomArray::Text { columns, values }),
        ]
    })
}

fn vectors(atoms: usize) -> impl Strategy<Value = Vec<Vec3>> {
    vec(prop::array::uniform3(number()).prop_map(Vec3::from), atoms)
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let closed =
        (prop::array::uniform9(-0.4..0.4_f64), prop::array::uniform3(any::<bool>())).prop_map(|(x, pbc)| {
            Cell::new([[9.0 + x[0], x[1], x[2]], [x[3], 5.0 + x[4], x[5]], [x[6], x[7], 3.0 + x[8]]], pbc)
                .expect("diagonal")
        });
    prop_oneof![Just(Cell::open()), closed]
}

fn any_labels(atoms: usize) -> impl Strategy<Value = Labels> {
    let energies = (prop::option::of(number()), prop::option::of(number()));
    let virial = prop::option::of(prop::array::uniform9(number()).prop_map(|x| Mat3::from_row_slice(&x)));
    (energies, virial, prop::option::of(vectors(atoms))).prop_map(
        |((energy_ev, free_energy_ev), virial_ev, forces)| Labels {
            energy_ev,
            free_energy_ev,
            forces,
            virial_ev,
        },
    )
}

prop_compose! {
    fn any_frame()(atoms in 0..6_usize)(
        cell in any_cell(),
        numbers in vec(1..119_u8, atoms),
        positions in vectors(atoms),
        labels in any_labels(atoms),
        velocities in prop::option::of(vectors(atoms)),
        info in prop::collection::hash_map("k[ -~]{0,5}", any_info(), 0..5),
        arrays in prop::collection::hash_map("a[a-zA-Z0-9_ .=-]{0,5}", any_array(atoms), 0..4),
    ) -> Frame {
        let species = numbers.into_iter().map(|n| Species::from_number(n).expect("an element")).collect();
        let structure = Structure::new(cell, species, positions).expect("finite");
        Frame {
            structure, labels, velocities,
            info: info.into_iter().collect(),
            arrays: arrays.into_iter().collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_frames_go_round(frames in vec(any_frame(), 0..4)) {
        let text = write(&frames);
        let again = read(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&again, &frames, "{}", text);
        prop_assert_eq!(write(&again), text, "bit for bit, the sign of zero included");
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(1|2|\n|C|Na| |=|\"|\\[|\\{|Lattice|Properties|pos|:|R|3|\\\\|é|nan){0,40}") {
        if let Ok(frames) = read(&text) {
            prop_assert_eq!(read(&write(&frames)).expect("what was read can be written and read"), frames);
        }
    }
}

#[test]
fn the_fixtures_go_round() {
    for name in ["ase.extxyz", "gpumd.xyz", "quip.xyz", "plain.xyz"] {
        let frames = fixture(name);
        assert!(!frames.is_empty());
        assert_eq!(read(&write(&frames)).expect("reads back"), frames, "{name}");
    }
}

#[test]
fn frames_that_would_not_read_back_are_not_written() {
    let frame = || fixture("quip.xyz").remove(0);
    let refused = |change: &dyn Fn(&mut Frame)| {
        let mut frame = frame();
        change(&mut frame);
        natron_io::write_frame(&mut Vec::new(), &frame).expect_err("must be refused").to_string()
    };
    let bad_array = |values: &[&str]| {
        let values = values.iter().map(|&s| s.to_owned()).collect();
        ("bad".to_owned(), AtomArray::Text { columns: 1, values })
    };
    assert!(refused(&|f| f.labels.energy_ev = Some(f64::NAN)).contains("not finite"));
    assert!(refused(&|f| f.info.push(("energy".into(), InfoValue::Int(1)))).contains("`energy`"));
    assert!(refused(&|f| f.info.push(("Lattice".into(), InfoValue::Int(1)))).contains("`Lattice`"));
    assert!(
        refused(&|f| f.info.push(("x".into(), InfoValue::Real(f64::INFINITY)))).contains("`x` is not finite")
    );
    assert!(refused(&|f| f.info.push(("note".into(), InfoValue::Int(1)))).contains("`note` appears twice"));
    assert!(refused(&|f| f.arrays.push(bad_array(&["a b", "c"]))).contains("blanks"));
    assert!(refused(&|f| f.arrays.push(bad_array(&["a"]))).contains("1 values for 2 atoms"));
    assert!(refused(&|f| f.velocities = Some(vec![Vec3::zeros()])).contains("1 vectors for 2 atoms"));
}

#[test]
fn ase_reads_what_natron_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out.extxyz");
    let frames: Vec<Frame> = ["ase.extxyz", "gpumd.xyz", "quip.xyz"].into_iter().flat_map(fixture).collect();
    natron_io::replace(&path, |mut w| natron_io::write_frames(&mut w, &frames)).expect("writes");
    let Some(json) = crate::oracle::ask("read_extxyz.py", &path) else { return };
    let read = json.as_array().expect("an array");
    assert_eq!(read.len(), frames.len());
    let rows =
        |vectors: &[Vec3]| serde_json::json!(vectors.iter().map(|v| [v.x, v.y, v.z]).collect::<Vec<_>>());
    for (ase, frame) in read.iter().zip(&frames) {
        let symbols: Vec<&str> = frame.structure.species.iter().map(|s| s.symbol()).collect();
        assert_eq!(ase["symbols"], serde_json::json!(symbols));
        assert_eq!(ase["positions"], rows(&frame.structure.positions));
        let cell = &frame.structure.cell;
        assert_eq!(ase["pbc"], serde_json::json!(cell.periodic()));
        if *cell != Cell::open() {
            assert_eq!(ase["cell"], rows(&[cell.vector(0), cell.vector(1), cell.vector(2)]));
        }
        assert_eq!(ase["results"]["energy"].as_f64(), frame.labels.energy_ev);
        assert_eq!(ase["results"]["free_energy"].as_f64(), frame.labels.free_energy_ev);
        if let Some(forces) = &frame.labels.forces {
            assert_eq!(ase["results"]["forces"], rows(forces));
        }
        if let Some(velocities) = &frame.velocities {
            assert_eq!(ase["arrays"]["vel"], rows(velocities));
        }
        if let Some(virial) = frame.labels.virial_ev {
            assert_eq!(ase["info"]["virial"][0][1].as_f64(), Some(virial[(0, 1)]));
        }
    }
    let info = &read[0]["info"];
    assert_eq!(info["title"], "quoted \"words\" here");
    assert_eq!(info["kpts"], serde_json::json!([2, 2, 3]));
    assert_eq!(info["nested"], serde_json::json!([[0, 1], [2, 3]]));
    assert_eq!(read[0]["arrays"]["frozen"], serde_json::json!([true, false, false, true, false]));
}
