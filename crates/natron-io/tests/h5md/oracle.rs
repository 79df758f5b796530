//! h5py and MDAnalysis read what natron writes, and natron what they write.

use natron_atoms::Vec3;
use natron_io::h5md::{Options, Precision, Reader};
use serde_json::{Value, json};

use super::{Run, SMALL, read};
use crate::oracle::ask;

fn vectors(value: &Value) -> Vec<Vec3> {
    let number = |v: &Value| v.as_f64().expect("a number");
    let vector = |v: &Value| Vec3::new(number(&v[0]), number(&v[1]), number(&v[2]));
    value.as_array().expect("an array").iter().map(vector).collect()
}

#[test]
fn h5py_finds_the_h5md_layout() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let run = Run { periodic: [true, true, false], ..SMALL };
    run.write(&path, &Options { author: "N. Atron".into(), ..Options::default() }, 30);
    let Some(found) = ask("read_h5md.py", &path) else { return };
    assert_eq!(found["version"], json!([1, 1]));
    assert_eq!(found["author"], "N. Atron");
    assert_eq!(found["creator"], json!(["natron", env!("CARGO_PKG_VERSION")]));
    assert_eq!(found["groups"], json!(["all"]));
    assert_eq!(found["species"], json!([11, 6, 6, 11, 6, 6, 11]));
    assert_eq!(found["mass"][1], json!(12.011));
    assert_eq!(found["dimension"], json!(3));
    assert_eq!(found["boundary"], json!(["periodic", "periodic", "none"]));
    // HDF5's order of filters is that of writing: bytes are sorted before they are compressed.
    assert_eq!(found["filters"], json!(["shuffle", "deflate"]));
    let units = json!({
        "position/value": "Angstrom", "position/time": "ps", "velocity/value": "Angstrom fs-1",
        "velocity/time": "ps", "box/edges/value": "Angstrom", "box/edges/time": "ps",
    });
    assert_eq!(found["units"], units);
    for (index, frame) in (0..30).map(|index| (index as usize, run.frame(index))) {
        for element in ["position", "velocity", "edges", "potential_energy"] {
            assert_eq!(found[element]["step"][index], json!(frame.step), "{element}");
            assert_eq!(found[element]["time"][index], json!(frame.time_ps), "{element}");
        }
        assert_eq!(vectors(&found["position"]["value"][index]), frame.positions_a);
        assert_eq!(Some(vectors(&found["velocity"]["value"][index])), frame.velocities_a_per_fs);
        let edges: Vec<Vec3> = (0..3).map(|k| frame.cell.vector(k)).collect();
        assert_eq!(vectors(&found["edges"]["value"][index]), edges);
        assert_eq!(found["potential_energy"]["value"][index], json!(-3.5 * index as f64));
        assert_eq!(found["temperature"]["value"][index], json!(300.0 + index as f64));
        // The pressure of a cell that is not periodic all round means nothing: NaN.
        assert_eq!(found["pressure"]["value"][index], Value::Null);
    }
}

#[test]
fn mdanalysis_reads_the_same_trajectory() {
    for precision in [Precision::F64, Precision::F32] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.h5md");
        SMALL.write(&path, &Options { precision, ..Options::default() }, 25);
        let Some(frames) = ask("read_mdanalysis.py", &path) else { return };
        assert_eq!(frames.as_array().expect("an array").len(), 25);
        for (found, index) in frames.as_array().expect("an array").iter().zip(0..) {
            let frame = SMALL.frame(index);
            // MDAnalysis holds positions in 4 bytes and velocities in A/ps.
            for (a, b) in vectors(&found["positions"]).iter().zip(&frame.positions_a) {
                assert!((a - b).norm() < 1e-5, "{a} {b}");
            }
            for (a, b) in vectors(&found["velocities"]).iter().zip(frame.velocities_a_per_fs.iter().flatten())
            {
                assert!((a - b * 1e3).norm() < 1e-5, "{a} {b}");
            }
            assert!((found["time"].as_f64().expect("a time") - frame.time_ps).abs() < 1e-9);
            assert_eq!(found["step"], json!(frame.step));
            let volume = found["volume"].as_f64().expect("a volume");
            assert!((volume / frame.cell.volume_a3() - 1.0).abs() < 1e-5, "{volume}");
            assert_eq!(found["temperature"], json!(300.0 + index as f64));
        }
    }
}

/// MDAnalysis writes what it has read from natron, atoms put back into the cell; species are added, for it writes
/// none.
#[test]
fn a_file_of_mdanalysis_is_followed_through_the_cell() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5md");
    SMALL.write(&path, &Options::default(), 40);
    if ask("write_mdanalysis.py", &path).is_none() {
        return;
    }
    let written = path.with_extension("out.h5md");
    let reader = Reader::open(&written).expect("opened");
    assert_eq!(reader.species(), SMALL.structure().species);
    let frames = read(&written);
    assert_eq!(frames.len(), 40);
    let first = &frames[0].positions_a;
    let start = SMALL.frame(0).positions_a;
    for (frame, index) in frames.iter().zip(0..) {
        let expected = SMALL.frame(index);
        for atom in 0..SMALL.atoms {
            // How far an atom has gone since the first frame; where it is then depends on the wrapping. The cell
            // is turned as MDAnalysis holds angles, and its small breathing shifts wrapped atoms with it.
            let gone = (frame.positions_a[atom] - first[atom]).norm();
            let should = (expected.positions_a[atom] - start[atom]).norm();
            assert!((gone - should).abs() < 0.02, "frame {index}, atom {atom}: {gone} {should}");
        }
    }
}

#[test]
fn filters_that_need_code_or_multiply_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for (how, expected) in
        [("lzf", "is compressed by a filter that is not part of HDF5"), ("twice", "is compressed twice")]
    {
        let path = folder.path().join(how);
        SMALL.write(&path, &Options::default(), 4);
        if ask("compress.py", &path).is_none() {
            return;
        }
        let error = Reader::open(&path).expect_err(how);
        assert_eq!(error.message, format!("`position/value` {expected}"));
        assert!(error.help.contains("h5repack"));
    }
}
