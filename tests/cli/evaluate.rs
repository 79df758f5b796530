//! `natron evaluate`: figures and predicted frames.

use super::{argon, json, number, run, stderr};

#[test]
fn predictions_compared_with_themselves_are_exact() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Two frames off their sites, of two kinds; the second is labelled wrongly by 0.32 eV and 0.1 eV/A.
    let shifted = argon().replacen("Ar 0.0000 0.0000 0.0000", "Ar 0.3000 0.1000 0.0000", 1);
    let frames = shifted.replacen("pbc=", "kind=a split=train pbc=", 1)
        + &shifted.replacen("pbc=", "kind=b split=test pbc=", 1);
    std::fs::write(folder.path().join("bare.extxyz"), frames).expect("writes");
    let evaluate =
        |arguments: &[&str]| json(folder.path(), &[&["evaluate", "-p", "lj-argon"], arguments].concat());
    evaluate(&["bare.extxyz", "--output", "own.extxyz"]);
    let report = evaluate(&["own.extxyz", "--output", "again.extxyz"]);
    assert_eq!(report["n_frames"], 2);
    assert_eq!(report["n_atoms"], 64);
    assert_eq!(report["energy_label"], "energy");
    for key in [
        "energy_rmse_meV_per_atom",
        "energy_mae_meV_per_atom",
        "force_rmse_meV_per_A",
        "force_mae_meV_per_A",
        "virial_rmse_meV_per_atom",
    ] {
        assert!(number(&report, key).abs() < 1e-9, "{key} = {}", report[key]);
    }
    assert!(number(&report, "force_rms_meV_per_A") > 1.0, "the frames are not at rest");
    let kinds: Vec<&str> =
        report["by_kind"].as_array().expect("kinds").iter().filter_map(|k| k["kind"].as_str()).collect();
    assert_eq!(kinds, ["a", "b"]);
    assert_eq!(report["by_species"][0]["species"], "Ar");
    assert_eq!(evaluate(&["own.extxyz", "--split", "test"])["n_frames"], 1);
    assert_eq!(evaluate(&["own.extxyz", "--kind", "a,b"])["n_frames"], 2);

    let again = std::fs::read_to_string(folder.path().join("again.extxyz")).expect("reads");
    for key in ["ref_energy=", "ref_virial=", "ref_forces:R:3", "energy=", "virial=", "kind=b"] {
        assert!(again.contains(key), "no {key} in\n{}", again.lines().nth(1).unwrap_or_default());
    }
}

#[test]
fn the_free_energy_is_what_forces_derive_from() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("bare.extxyz"), argon()).expect("writes");
    let evaluate =
        |arguments: &[&str]| json(folder.path(), &[&["evaluate", "-p", "lj-argon"], arguments].concat());
    evaluate(&["bare.extxyz", "--output", "own.extxyz"]);
    let own = std::fs::read_to_string(folder.path().join("own.extxyz")).expect("reads");
    let (_, rest) = own.split_once(" energy=").expect("it has an energy");
    let energy: f64 = rest.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number");
    let labelled = |keys: &str| argon().replacen("pbc=", &format!("{keys} pbc="), 1);
    // 32 atoms: 0.32 eV too much is 10 meV per atom.
    let text = labelled(&format!("energy=-999.0 free_energy={}", energy + 0.32));
    std::fs::write(folder.path().join("free.extxyz"), text).expect("writes");
    let report = evaluate(&["free.extxyz"]);
    assert_eq!(report["energy_label"], "free_energy");
    assert!((number(&report, "energy_rmse_meV_per_atom") - 10.0).abs() < 1e-6);
    assert!(report["force_rmse_meV_per_A"].is_null());
    assert_eq!(report["force_rmse_meV_per_A_note"], "no frame has forces");
}

#[test]
fn a_frame_that_does_not_fit_is_named_by_its_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wrong = argon().replacen("Ar ", "C ", 1);
    std::fs::write(folder.path().join("frames.extxyz"), argon() + &wrong).expect("writes");
    let output =
        run(folder.path(), &["evaluate", "-p", "lj-argon", "frames.extxyz", "--output", "out.extxyz"]);
    assert_eq!(output.status.code(), Some(2));
    let line = argon().lines().count() + 1;
    assert!(stderr(&output).contains(&format!("frames.extxyz:{line}\n")), "{}", stderr(&output));
}
