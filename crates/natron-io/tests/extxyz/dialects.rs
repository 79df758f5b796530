//! Files as ASE (fixtures/extxyz.py), GPUMD, QUIP and nobody in particular write them.

use natron_atoms::{AtomArray, Cell, InfoValue, Mat3, Species, Vec3};

use super::{fixture, read};

fn carbon(number: u8) -> Species {
    Species::from_number(number).expect("an element")
}

fn info(frame: &natron_atoms::Frame, key: &str) -> InfoValue {
    frame.info.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone()).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn ase() {
    let frames = fixture("ase.extxyz");
    let json: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/ase.json")).expect("valid JSON");
    let number = |v: &serde_json::Value| v.as_f64().expect("a number");
    let frame = &frames[0];
    let cell = &frame.structure.cell;
    for i in 0..3 {
        for j in 0..3 {
            assert_eq!(cell.rows()[(i, j)], number(&json["cell"][i][j]));
        }
    }
    assert_eq!(cell.periodic(), [true, false, true]);
    assert_eq!(frame.structure.species, [11, 11, 6, 6, 6].map(carbon));
    assert_eq!(frame.structure.positions[1], Vec3::new(-1.781_183_68, -0.909_341_57, -1.983_293_11));
    assert_eq!(frame.labels.energy_ev, Some(number(&json["energy_eV"])));
    assert_eq!(frame.labels.free_energy_ev, Some(-12.5));
    let forces = frame.labels.forces.as_ref().expect("forces");
    assert_eq!(forces[4], Vec3::new(-3.094_289_36, 1.718_765_38, 0.238_708_05));
    let [xx, yy, zz, yz, xz, xy] = std::array::from_fn(|k| number(&json["stress_eV_per_A3"][k]));
    let expected = Mat3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz) * -cell.volume_a3();
    assert!((frame.labels.virial_ev.expect("a virial") - expected).norm() < 1e-12);

    let keys: Vec<&str> = frame.info.iter().map(|(k, _)| k.as_str()).collect();
    let order =
        ["config_type", "count", "weight", "good", "title", "tag", "kpts", "weights", "flags", "nested"];
    assert_eq!(keys, order);
    assert_eq!(frame.text("config_type"), Some("na_carbon"));
    assert_eq!(frame.text("title"), Some("quoted \"words\" here"));
    assert_eq!(frame.text("tag"), Some("00012-01"));
    assert_eq!(frame.text("nested"), Some("_JSON [[0, 1], [2, 3]]"));
    assert_eq!(info(frame, "count"), InfoValue::Int(12));
    assert_eq!(info(frame, "weight"), InfoValue::Real(0.25));
    assert_eq!(info(frame, "good"), InfoValue::Bool(true));
    assert_eq!(info(frame, "kpts"), InfoValue::Ints(vec![2, 2, 3]));
    assert_eq!(info(frame, "weights"), InfoValue::Reals(vec![0.5, 1.0]));
    assert_eq!(info(frame, "flags"), InfoValue::Bools(vec![true, false]));

    let [(tags, a), (bader, b), (marks, c), (frozen, d), (site, e)] = frame.arrays.as_slice() else {
        panic!("five arrays, not {:?}", frame.arrays)
    };
    assert_eq!([tags, bader, marks, frozen, site], ["tags", "bader", "marks", "frozen", "site"]);
    assert_eq!(*a, AtomArray::Int { columns: 1, values: vec![0, 1, 2, 3, 4] });
    assert!(matches!(b, AtomArray::Real { columns: 1, values } if values[0] == 0.313_502_17));
    assert_eq!(*c, AtomArray::Int { columns: 2, values: vec![3, 4, 2, 4, 3, 2, 8, 0, 0, 1] });
    assert_eq!(*d, AtomArray::Bool { columns: 1, values: vec![true, false, false, true, false] });
    let sites = ["a", "b1", "c", "d", "e"].map(str::to_owned).to_vec();
    assert_eq!(*e, AtomArray::Text { columns: 1, values: sites });

    assert_eq!(frames[1].structure.cell, Cell::open());
    assert_eq!(frames[1].labels.energy_ev, Some(-14.5));
    assert_eq!(frames[2].structure.cell.volume_a3(), 8.0);
}

#[test]
fn gpumd() {
    let [first, second] = <[_; 2]>::try_from(fixture("gpumd.xyz")).expect("two frames");
    assert_eq!(first.structure.species, [11, 6, 6].map(carbon));
    assert_eq!(first.structure.positions[0], Vec3::new(0.0, 0.25, 0.1));
    assert_eq!(first.structure.cell.periodic(), [true, true, false]);
    assert_eq!(first.structure.cell.vector(2), Vec3::new(0.5, 0.0, 6.0));
    assert_eq!(first.labels.energy_ev, Some(-1.5));
    assert_eq!(first.labels.virial_ev, Some(Mat3::new(1.0, 0.1, 0.2, 0.1, 2.0, 0.3, 0.2, 0.3, 3.0)));
    assert_eq!(first.labels.forces.as_ref().expect("forces")[1], Vec3::new(-1.0, -2.0, -3.0));
    assert_eq!(first.velocities.as_ref().expect("velocities")[0], Vec3::new(0.001, 0.002, -0.003));
    assert_eq!(first.arrays[0], ("group".to_owned(), AtomArray::Int { columns: 1, values: vec![0, 1, 1] }));
    assert_eq!(first.arrays[1].0, "mass");
    assert_eq!(first.info.len(), 2);

    assert_eq!(second.labels.energy_ev, Some(-2.0));
    let stress = Mat3::new(0.01, 0.006, 0.005, 0.006, 0.02, 0.004, 0.005, 0.004, 0.03);
    assert!((second.labels.virial_ev.expect("from the stress") + stress * 120.0).norm() < 1e-12);
    assert_eq!(second.structure.cell.periodic(), [true; 3]);
    assert!(second.info.is_empty());
}

#[test]
fn quip() {
    let [frame] = <[_; 1]>::try_from(fixture("quip.xyz")).expect("one frame");
    assert_eq!(frame.structure.species, [11, 6].map(carbon));
    assert_eq!(frame.labels.energy_ev, Some(-3.25));
    assert_eq!(frame.labels.virial_ev, Some(Mat3::identity()));
    assert_eq!(frame.labels.forces.as_ref().expect("forces")[1], Vec3::new(-0.1, -0.2, -0.3));
    assert_eq!(frame.velocities.as_ref().expect("velocities")[1], Vec3::new(-0.01, -0.02, -0.03));
    assert_eq!(frame.structure.cell.periodic(), [true; 3]);
    assert_eq!(info(&frame, "converged"), InfoValue::Bool(true));
    assert_eq!(info(&frame, "cutoff"), InfoValue::Real(-1.0));
    assert_eq!(frame.text("note"), Some("it is"));
    assert_eq!(frame.text("path"), Some("a\\b \"c\"\nd"));
    assert_eq!(frame.text("empty"), Some(""));
    assert_eq!(frame.text("gap_energy"), Some("-3.25D+00"), "kept as written: nobody said it is a number");
    assert_eq!(frame.arrays[0].0, "local_energy");
}

#[test]
fn plain() {
    let [first, second] = <[_; 2]>::try_from(fixture("plain.xyz")).expect("two frames");
    assert_eq!(first.structure.cell, Cell::open());
    assert_eq!(first.structure.species, [11, 11].map(carbon));
    assert_eq!(first.structure.positions[1], Vec3::new(1.5, 0.0, -2.0));
    assert_eq!(first.text("comment"), Some("water? no: it's \"sodium"));
    assert_eq!((second.structure.len(), second.info.len()), (1, 0));
}

#[test]
fn truth_values_in_all_spellings() {
    for (pbc, expected) in [
        ("pbc=\"T F T\"", [true, false, true]),
        ("pbc=[T, F, T]", [true, false, true]),
        ("pbc='1 0 1'", [true, false, true]),
        ("pbc={true false True}", [true, false, true]),
        ("pbc=\"[TRUE, FALSE, TRUE]\"", [true, false, true]),
        ("pbc=F", [false; 3]),
        ("pbc=true", [true; 3]),
        ("pbc", [true; 3]),
        ("PBC = \"F F T\"", [false, false, true]),
        ("", [true; 3]),
    ] {
        let text = format!("1\nLattice=\"9 0 0 0 9 0 0 0 9\" {pbc}\nC 0 0 0\n");
        assert_eq!(read(&text).expect(pbc)[0].structure.cell.periodic(), expected, "{pbc}");
    }
}

#[test]
fn values_of_the_comment_line_get_their_types() {
    use InfoValue::{Bool, Bools, Int, Ints, Real, Reals, Text};
    let text = |t: &str| Text(t.to_owned());
    for (written, expected) in [
        ("k", Bool(true)),
        ("k=F", Bool(false)),
        ("k=-12", Int(-12)),
        ("k=0012", text("0012")),
        ("k=99999999999999999999", text("99999999999999999999")),
        ("k=1.", Real(1.0)),
        ("k=1e-5", Real(1e-5)),
        ("k=nan", text("nan")),
        ("k=1e999", text("1e999")),
        ("k=a=b", text("a=b")),
        ("k=\"5\"", text("5")),
        ("k=\"1 2 -3\"", Ints(vec![1, 2, -3])),
        ("k=\"\\1 2 -3\"", text("1 2 -3")),
        ("k={1 2.5}", Reals(vec![1.0, 2.5])),
        ("k=[1, 2.5]", Reals(vec![1.0, 2.5])),
        ("k=[7]", Ints(vec![7])),
        ("k=\"T F\"", Bools(vec![true, false])),
        ("k=[[1, 2], [3, 4]]", text("[[1, 2], [3, 4]]")),
        ("k=[a, b]", text("[a, b]")),
        ("k=\"T 1\"", text("T 1")),
    ] {
        let frames = read(&format!("1\n{written} Properties=species:S:1:pos:R:3\nC 0 0 0\n")).expect(written);
        assert_eq!(info(&frames[0], "k"), expected, "{written}");
    }
}

#[test]
fn a_second_spelling_of_a_label_is_kept_beside_it() {
    let text = "1\nLattice=\"2 0 0 0 2 0 0 0 2\" Properties=species:S:1:pos:R:3:force:R:3:forces:R:3 stress=\"1 1 1 0 0 0\" \
                virial=\"2 2 2 0 0 0\"\nC 0 0 0 9 9 9 1 2 3\n";
    let frame = &read(text).expect("valid")[0];
    assert_eq!(frame.labels.virial_ev, Some(Mat3::identity() * 2.0));
    assert_eq!(info(frame, "stress"), InfoValue::Ints(vec![1, 1, 1, 0, 0, 0]));
    assert_eq!(frame.labels.forces.as_ref().expect("forces")[0], Vec3::new(1.0, 2.0, 3.0));
    assert_eq!(frame.arrays[0].0, "force");
    assert_eq!(read(&super::write(std::slice::from_ref(frame))).expect("reads back")[0], *frame);
}
