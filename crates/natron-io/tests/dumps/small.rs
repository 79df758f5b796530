//! Small dumps written here: what real ones of the tests' data do not hold.

use natron_io::{Format, Label, SkipReason, read_structures};

use super::{missing, read_text, skipped};

/// The head of an OUTCAR of two atoms.
fn outcar_head() -> String {
    " vasp.6.4.2 20Jul23\n   TITEL  = PAW_PBE Na_pv 19Sep2006\n   TITEL  = PAW_PBE C 08Apr2002\n   ions per type =               1   1\n   \
     number of dos      NEDOS =    301   number of ions     NIONS =      2\n   NELM   =      3;   NELMIN=  2; NELMDL= -5     # of ELM steps\n   \
     EDIFF  = 0.1E-03   stopping-criterion for ELM\n"
        .to_owned()
}

fn cell() -> &'static str {
    "      direct lattice vectors                 reciprocal lattice vectors\n     5.000000000  0.000000000  0.000000000     0.200000000  0.0  0.0\n     \
     0.000000000  5.000000000  0.000000000     0.0  0.2  0.0\n     0.000000000  0.000000000  5.000000000     0.0  0.0  0.2\n"
}

fn table(mark: &str) -> String {
    format!(
        " POSITION                                       TOTAL-FORCE (eV/Angst){mark}\n ----\n      0.0 0.0 0.0   0.1 0.0 0.0\n      \
         0.0 0.0 2.5  -0.1 0.0 0.0\n ----\n"
    )
}

/// A DFT step of so many electronic steps, the last with this change of energy.
fn step(number: usize, electronic: usize, change: &str, reached: bool, toten: f64) -> String {
    let mut text = String::new();
    for k in 1..=electronic {
        text += &format!("--------------------------------------- Iteration      {number}(   {k})  -----\n");
        text += &format!("  total energy-change (2. order) :{change}  (-0.1E-08)\n");
    }
    if reached {
        text += "------------------------ aborting loop because EDIFF is reached ---------------\n";
    }
    text += "  FORCE on cell =-STRESS in cart. coord.  units (eV):\n  in kB      16.02177    0.0    0.0    0.0   0.0   0.0\n";
    text += cell();
    text += &table("");
    let zero = toten + 0.5;
    text + &format!(
        "  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)\n  free  energy   TOTEN  =       {toten:.8} eV\n\n  energy  without entropy=      {zero}  energy(sigma->0) =      {zero}\n"
    )
}

fn learned() -> String {
    let stress =
        "  ML FORCE on cell =-STRESS in cart. coord. units (eV/cell)\n  in kB  9.0 9.0 9.0 9.0 9.0 9.0\n";
    format!(
        "{stress}{}{}  ML FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)\n  free  energy ML TOTEN  =   -99.0 eV\n\n  ML energy  without entropy= -99.0  ML energy(sigma->0) = -99.0\n",
        cell(),
        table(" (ML)")
    )
}

#[test]
fn a_step_that_used_all_electronic_steps_must_have_become_small() {
    let text = outcar_head()
        + &step(1, 2, "-0.2E-04", true, -1.0)
        + &step(2, 3, "0.7E+00", true, -2.0)
        + &step(3, 3, "-0.2E-04", true, -3.0)
        + &step(4, 3, "0.7E+00", false, -4.0)
        + &step(5, 2, "0.1E+00", false, -5.0);
    let file = read_text("OUTCAR", &text).expect("reads");
    let energies: Vec<Option<f64>> = file.frames.iter().map(|f| f.frame.labels.free_energy_ev).collect();
    assert_eq!(energies, [Some(-1.0), Some(-3.0)]);
    assert_eq!(file.frames[0].frame.labels.energy_ev, Some(-0.5));
    let reasons: Vec<SkipReason> = file.skipped.iter().map(|s| s.reason).collect();
    assert_eq!(reasons, [SkipReason::Unconverged; 3]);
    assert!(file.skipped[0].text.contains("NELM = 3"), "{:?}", file.skipped);
    // Lines of the first electronic step: 8 of the head, then steps of different lengths.
    let line = |number: usize| {
        text.lines().position(|l| l.contains(&format!("Iteration      {number}("))).expect("there") + 1
    };
    let lines: Vec<usize> = file.skipped.iter().map(|s| s.line).collect();
    assert_eq!(lines, [line(2), line(4), line(5)]);
    assert_eq!(file.frames[1].line, line(3));
}

#[test]
fn steps_of_a_machine_learned_force_field_are_listed_unless_dft_follows() {
    let text = outcar_head()
        + &learned()
        + &step(1, 2, "0.1E-05", true, -1.0)
        + &learned()
        + &learned()
        + &step(4, 2, "0.1E-05", true, -4.0)
        + &learned();
    let file = read_text("OUTCAR", &text).expect("reads");
    let energies: Vec<Option<f64>> = file.frames.iter().map(|f| f.frame.labels.free_energy_ev).collect();
    assert_eq!(energies, [Some(-1.0), Some(-4.0)]);
    assert_eq!(file.skipped.len(), 2, "{:?}", file.skipped);
    assert!(file.skipped.iter().all(|s| s.reason == SkipReason::MachineLearned));
    // 16.02177 kB over 125 A^3, not the 9.0 of the force field.
    let virial = file.frames[1].frame.labels.virial_ev.expect("a virial");
    assert!((virial[(0, 0)] - 1.25).abs() < 1e-5 && virial[(1, 1)] == 0.0, "{virial}");
}

#[test]
fn an_outcar_without_tables_or_end_says_so() {
    let short = step(2, 2, "0.1E-05", true, -2.0).replace(&table(""), "");
    let cut = "--------------------------------------- Iteration      3(   1)  -----\n";
    let text = outcar_head() + &step(1, 2, "0.1E-05", true, -1.0) + &short + cut;
    let file = read_text("OUTCAR", &text).expect("reads");
    assert_eq!(file.frames.len(), 1);
    let last = text.lines().count();
    assert_eq!(skipped(&file)[1], (SkipReason::Incomplete, last));
    assert!(file.skipped[0].text.contains("NWRITE"), "{:?}", file.skipped);
}

#[test]
fn a_table_that_ends_early_is_refused_with_its_line() {
    let whole = outcar_head() + &step(1, 2, "0.1E-05", true, -1.0);
    let row = whole.find("0.0 0.0 2.5").expect("the second row");
    let end = whole[..row].rfind('\n').expect("a line before") + 1;
    let error = read_text("OUTCAR", &whole[..end]).expect_err("cut in the table");
    assert!(error.message.contains("ends within the table of positions and forces"), "{error}");
    assert_eq!(error.line, Some(whole[..end].lines().count() + 1));
    let error =
        read_text("OUTCAR", &whole.replace("0.0 0.0 2.5  -0.1", "0.0 0.0 2.5  *****")).expect_err("stars");
    assert!(error.message.contains("is not a number"), "{error}");
    let error =
        read_text("OUTCAR", &whole.replace("type =               1   1", "type =  7 1")).expect_err("counts");
    assert!(error.help.contains("vasprun.xml"), "{error:?}");
}

fn vasprun(calculations: &str, extra: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<modeling>\n<incar>{extra}</incar>\n<parameters><i type=\"int\" name=\"NELM\"> 3</i><i \
         name=\"EDIFF\">0.0001</i></parameters>\n<atominfo><array name=\"atoms\"><set>\n<rc><c>Na</c><c>1</c></rc>\n<rc><c>r </c><c>2</c></rc>\n\
         </set></array></atominfo>\n{calculations}"
    )
}

fn calculation(electronic: &[f64], free: f64, stress: bool) -> String {
    let mut text = "<calculation>\n".to_owned();
    for energy in electronic {
        text += &format!(
            "<scstep><energy><i name=\"e_fr_energy\">{energy}</i><i name=\"e_0_energy\">{}</i></energy></scstep>\n",
            energy + 0.25
        );
    }
    text += "<structure><crystal><varray name=\"basis\"><v>4 0 0</v><v>0 4 0</v><v>0 0 4</v></varray></crystal>\n<varray name=\"positions\"><v>0 0 0</v><v>0.5 0 0</v></varray></structure>\n";
    text += "<varray name=\"forces\"><v>1 2 3</v><v>-1 -2 -3</v></varray>\n";
    if stress {
        text += "<varray name=\"stress\"><v>10 0 0</v><v>0 20 0</v><v>0 0 30</v></varray>\n";
    }
    text + &format!(
        "<energy><i name=\"e_fr_energy\">{free}</i><i name=\"e_0_energy\">77</i></energy>\n</calculation>\n"
    )
}

#[test]
fn a_vasprun_takes_van_der_waals_from_the_whole_and_smearing_from_the_last_step() {
    let text = vasprun(&calculation(&[-1.0, -2.0], -2.5, true), "") + "</modeling>\n";
    let file = read_text("vasprun.xml", &text).expect("reads");
    let frame = &file.frames[0].frame;
    assert_eq!((frame.labels.free_energy_ev, frame.labels.energy_ev), (Some(-2.5), Some(-2.25)));
    assert_eq!(frame.structure.positions[1].x, 2.0);
    let symbols: Vec<&str> = frame.structure.species.iter().map(|s| s.symbol()).collect();
    assert_eq!(symbols, ["Na", "Zr"]);
    let virial = frame.labels.virial_ev.expect("a virial");
    assert!((virial[(2, 2)] - 30.0 * 64.0 / 1602.176634).abs() < 1e-12, "{virial}");
}

#[test]
fn calculations_that_are_no_labels_are_listed() {
    let text = vasprun(
        &[
            calculation(&[], -9.0, true),
            calculation(&[-1.0, -2.0, -3.0], -3.0, true),
            calculation(&[-1.0, -2.99999, -3.0], -3.0, false),
            "<calculation>\n<scstep><energy><i name=\"e_fr_energy\">1</i></energy></scstep>\n".to_owned(),
        ]
        .concat(),
        "<i type=\"logical\" name=\"ML_LMLFF\"> T </i>",
    );
    let file = read_text("vasprun.xml", &text).expect("reads");
    assert_eq!(file.frames.len(), 1);
    assert_eq!(missing(&file.frames[0]), ["virial"]);
    let reasons: Vec<SkipReason> = file.skipped.iter().map(|s| s.reason).collect();
    assert_eq!(reasons, [SkipReason::MachineLearned, SkipReason::Unconverged, SkipReason::Incomplete]);
}

#[test]
fn broken_xml_is_refused_with_its_line() {
    let whole = vasprun(&calculation(&[-1.0], -1.0, true), "") + "</modeling>\n";
    for (broken, part) in [
        (whole.replace("</crystal>", "</crysta>"), "not well-formed XML"),
        (whole.replace("<v>1 2 3</v>", "<v>1 2 NaN</v>"), "is not finite"),
        (whole.replace("<v>1 2 3</v>", ""), "1 forces for 2 atoms"),
        (whole[..whole.find("-1 -2 -3").expect("there")].to_owned(), "ends within <v>"),
        (whole.replace("<c>Na</c>", "<c>Qq</c>"), "no element"),
    ] {
        let error = read_text("vasprun.xml", &broken).expect_err(part);
        assert!(error.message.contains(part), "{part}: {error}");
        assert!(error.line.is_some_and(|line| line > 1) && !error.help.is_empty(), "{error:?}");
    }
}

#[test]
fn gzip_is_read_as_it_is_and_a_cut_one_refused() {
    let text = vasprun(&calculation(&[-1.0], -1.0, true), "") + "</modeling>\n";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vasprun.xml.gz");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).expect("packs");
    let packed = encoder.finish().expect("packs");
    std::fs::write(&path, &packed).expect("writes");
    let file = read_structures(&path, None).expect("reads");
    assert_eq!((file.format, file.frames.len()), (Format::Vasprun, 1));
    assert_eq!(file.frames, read_text("vasprun.xml", &text).expect("reads").frames);
    std::fs::write(&path, &packed[..packed.len() - 20]).expect("writes");
    read_structures(&path, None).expect_err("cut short");
}

fn ml_ab(count: usize, stress: &str) -> String {
    let rule = "**************************************************\n";
    let line = "--------------------------------------------------\n";
    let equals = "==================================================\n";
    let section = |title: &str, body: &str| format!("{equals}     {title}\n{line}{body}");
    let mut text = format!(" 1.0 Version\n{rule}     The number of configurations\n{line}         {count}\n");
    text += &format!("{rule}     Configuration num.      1\n");
    text += &section("System name", "     Na C\n");
    text += &section("Atom types and atom numbers", "     Na  1\n     C  1\n");
    text += &section("CTIFOR", "   1.9E-003\n");
    text += &section("Primitive lattice vectors (ang.)", " 4 0 0\n 0 4 0\n 0 0 4\n");
    text += &section("Atomic positions (ang.)", " 0 0 0\n 2 0 0\n");
    text += &section("Total energy (eV)", "  -12.5\n");
    text += &section("Forces (eV ang.^-1)", " 0.1 0 0\n -0.1 0 0\n");
    text + &section("Stress (kbar)", &format!("     XX YY ZZ\n{line}{stress}"))
}

#[test]
fn an_ml_ab_of_vasp_has_energy_and_stress() {
    let stress = "  10.0 20.0 30.0\n--------------------------------------------------\n     XY YZ ZX\n--------------------------------------------------\n  1.0 2.0 3.0\n";
    let file = read_text("ML_AB", &ml_ab(1, stress)).expect("reads");
    let labels = &file.frames[0].frame.labels;
    assert_eq!((labels.free_energy_ev, labels.energy_ev), (Some(-12.5), Some(-12.5)));
    let kbar = labels.virial_ev.expect("a virial") * (1602.176634 / 64.0);
    for (place, expected) in [((0, 0), 10.0), ((2, 2), 30.0), ((0, 1), 1.0), ((1, 2), 2.0), ((2, 0), 3.0)] {
        assert!((kbar[place] - expected).abs() < 1e-10, "{kbar}");
    }
    assert_eq!(missing(&file.frames[0]), Vec::<&str>::new());
    let error = read_text("ML_AB", &ml_ab(3, stress)).expect_err("two are missing");
    assert!(error.message.contains("ends after 1 of 3 configurations"), "{error}");
    let file = read_text("ML_AB", &ml_ab(1, "")).expect("reads");
    assert_eq!(file.frames[0].missing[0].label, Label::Virial);
}

/// A relaxation of pw.x in two steps; energies, forces and stress belong to the positions before them.
fn pw_relaxation() -> String {
    let head = "     Program PWSCF v.7.2 starts on  1Jan2024\n     celldm(1)=  10.000000  celldm(2)=   0.0  celldm(3)=   0.0\n\n     \
        crystal axes: (cart. coord. in units of alat)\n               a(1) = (   1.000000   0.000000   0.000000 )\n               \
        a(2) = (   0.000000   1.000000   0.000000 )\n               a(3) = (   0.000000   0.000000   1.000000 )\n\n     \
        atomic species   valence    mass     pseudopotential\n        Naup           9.00    22.98977     Na( 1.00)\n        C1             4.00    12.011     C( 1.00)\n\n   \
        Cartesian axes\n\n     site n.     atom                  positions (alat units)\n         1           Naup  tau(   1) = (   0.0000000   0.0000000   0.0000000  )\n         \
        2           C1  tau(   2) = (   0.5000000   0.0000000   0.0000000  )\n\n";
    let labels = |energy: f64, force: f64, done: &str| {
        format!(
            "     Self-consistent Calculation\n     total energy              =     -1.0 Ry\n{done}    total energy              =     {energy:.8} Ry\n     \
             smearing contrib. (-TS)   =      -0.001 Ry\n     convergence has been achieved in   6 iterations\n\n     Forces acting on atoms (cartesian axes, Ry/au):\n\n     \
             atom    1 type  1   force =     {force:.8}    0.0    0.0\n     atom    2 type  2   force =    {:.8}    0.0    0.0\n     The non-local contrib.  to forces\n     \
             atom    1 type  1   force =     9.0    9.0    9.0\n\n          total   stress  (Ry/bohr**3)                   (kbar)     P=   13.85\n   \
             0.001 0.0 0.0   147.1 0.0 0.0\n   0.0 0.001 0.0   0.0 147.1 0.0\n   0.0 0.0 0.001  0.0 0.0 147.1\n\n",
            -force
        )
    };
    let moved = "CELL_PARAMETERS (alat= 10.00000000)\n   1.1   0.0   0.0\n   0.0   1.0   0.0\n   0.0   0.0   1.0\n\nATOMIC_POSITIONS (crystal)\nNaup 0.0 0.0 0.0\nC1 0.25 0.0 0.0  0 0 0\n\n";
    let failed =
        "     Self-consistent Calculation\n     convergence NOT achieved after 100 iterations: stopping\n";
    [
        head,
        &labels(-2.0, 0.5, "!"),
        moved,
        &labels(-3.0, 0.25, "!!"),
        "ATOMIC_POSITIONS (angstrom)\nNaup 0 0 0\nC1 1 0 0\n\n",
        failed,
    ]
    .concat()
}

#[test]
fn a_relaxation_of_pw_x_keeps_positions_and_labels_together() {
    let (ry, bohr) = (13.605693122994, 0.529177210903);
    let file = read_text("relax.out", &pw_relaxation()).expect("reads");
    assert_eq!((file.format, file.frames.len()), (Format::PwOutput, 2));
    let [first, second] = [&file.frames[0].frame, &file.frames[1].frame];
    assert_eq!(first.labels.free_energy_ev, Some(-2.0 * ry));
    assert_eq!(second.labels.free_energy_ev, Some(-3.0 * ry));
    assert!((first.structure.positions[1].x - 5.0 * bohr).abs() < 1e-12);
    assert!((second.structure.positions[1].x - 0.25 * 11.0 * bohr).abs() < 1e-12);
    assert_eq!(second.labels.forces.as_ref().expect("forces")[1].x, -0.25 * ry / bohr);
    // 0.001 Ry/bohr^3 times 1100 bohr^3, pushing outwards.
    assert!((second.labels.virial_ev.expect("a virial")[(0, 0)] - 1.1 * ry).abs() < 1e-9);
    assert_eq!(file.skipped.len(), 1);
    assert_eq!(file.skipped[0].reason, SkipReason::Unconverged);
    let symbols: Vec<&str> = second.structure.species.iter().map(|s| s.symbol()).collect();
    assert_eq!(symbols, ["Na", "C"]);
}

fn cp2k_head(project: &str, ensemble: &str) -> String {
    format!(
        " CP2K| version string:                                          CP2K version 2024.1\n GLOBAL| Project name                  {project}\n MD| Ensemble Type            {ensemble}\n \
         CELL| Vector a [angstrom]:       5.000     0.000     0.000   |a| =       5.000000\n CELL| Vector b [angstrom]:       0.000     5.000     0.000   |b| =  5.0\n \
         CELL| Vector c [angstrom]:       0.000     0.000     5.000   |c| =  5.0\n\n MODULE QUICKSTEP: ATOMIC COORDINATES IN ANGSTROM\n\n  Atom  Kind  Element       X           Y           Z          Z(eff)       Mass\n\n     \
         1     1 Na   11    0.000000    0.000000    0.000000      9.0000      22.9898\n     2     2 C    6    1.000000    0.000000    0.000000      4.0      12.0107\n\n"
    )
}

fn cp2k_step(energy: &str, converged: bool) -> String {
    let said = if converged {
        "  *** SCF run converged in     9 steps ***"
    } else {
        " *** WARNING in qs_scf.F:542 :: SCF run NOT converged ***"
    };
    format!(
        "{said}\n ENERGY| Total FORCE_EVAL ( QS ) energy [hartree]           {energy}\n\n FORCES| Atomic forces [hartree/bohr]\n FORCES|  Atom     x               y               z               |f|\n FORCES|      1  1.00000000E-01  0.0  0.0  1.0E-01\n \
         FORCES|      2 -1.00000000E-01  0.0  0.0  1.0E-01\n FORCES| Sum     0.0  0.0  0.0   0.0\n\n STRESS| Analytical stress tensor [bar]\n STRESS|                        x                   y                   z\n \
         STRESS|      x    1.0E+04   0.0   0.0\n STRESS|      y    0.0   2.0E+04   0.0\n STRESS|      z    0.0   0.0   3.0E+04\n STRESS| 1/3 Trace    2.0E+04\n"
    )
}

#[test]
fn evaluations_of_cp2k_find_their_positions_by_energy() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writes");
    let output = [
        cp2k_head("box", "NVT"),
        cp2k_step("-10.000000000000001", true),
        cp2k_step("-10.5", true),
        cp2k_step("-11.000000000000001", false),
        cp2k_step("-12.000000000012", true),
    ]
    .concat();
    write("run.log", &output);
    let alone = read_structures(&folder.path().join("run.log"), None).expect("reads");
    assert_eq!((alone.frames.len(), alone.skipped.len()), (1, 3));
    assert!(alone.skipped[0].text.contains("PROJECT-pos-1.xyz"), "{:?}", alone.skipped);

    let frame = |step: usize, energy: &str, x: f64| {
        format!("2\n i = {step:8}, time = 0.5, E = {energy}\n Na 0.0 0.0 0.0\n C {x} 0.0 0.0\n")
    };
    write(
        "box-pos-1.xyz",
        &[frame(0, "-10.0000000000", 1.0), frame(1, "-11.0", 1.5), frame(2, "-12.0000000000", 2.0)].concat(),
    );
    let file = read_structures(&folder.path().join("run.log"), None).expect("reads");
    let found: Vec<f64> = file.frames.iter().map(|f| f.frame.structure.positions[1].x).collect();
    assert_eq!((file.format, found), (Format::Cp2kOutput, vec![1.0, 2.0]));
    let reasons: Vec<SkipReason> = file.skipped.iter().map(|s| s.reason).collect();
    assert_eq!(reasons, [SkipReason::Incomplete, SkipReason::Unconverged]);
    let labels = &file.frames[1].frame.labels;
    assert!(
        (labels.forces.as_ref().expect("forces")[0].x - 0.1 * 27.211386245988 / 0.529177210903).abs() < 1e-12
    );
    assert!((labels.virial_ev.expect("a virial")[(2, 2)] - 3.0 * 125.0 / 160.2176634).abs() < 1e-9);
    // A cell that changes must be told.
    write("npt.log", &output.replace("NVT", "NPT_I"));
    let error = read_structures(&folder.path().join("npt.log"), None).expect_err("no file of cells");
    assert!(error.help.contains("MOTION/PRINT/CELL"), "{error:?}");
    write(
        "box-1.cell",
        "#   Step   Time [fs] ...\n 0 0.0 5 0 0 0 5 0 0 0 5 125\n 2 1.0 6 0 0 0 5 0 0 0 5 150\n",
    );
    let file = read_structures(&folder.path().join("npt.log"), None).expect("reads");
    assert_eq!(file.frames[1].frame.structure.cell.volume_a3(), 150.0);
}

#[test]
fn trajectory_files_of_cp2k_are_put_together_by_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writes");
    let frame = |step: usize, x: f64| {
        format!("2\n i = {step:8}, time = 0.5, E = -10.{step}\n Na {x} 0.0 0.0\n C 1.0 0.0 0.0\n")
    };
    write("box-pos-1.xyz", &[frame(0, 0.0), frame(1, 0.5), frame(2, 0.25)].concat());
    write("box-frc-1.xyz", &[frame(0, 0.1), frame(2, 0.2)].concat());
    let path = folder.path().join("box-pos-1.xyz");
    let error = read_structures(&path, None).expect_err("no cell");
    assert!(error.help.contains("box-1.cell"), "{error:?}");
    write(
        "box.inp",
        "&GLOBAL\n PROJECT box\n&END\n&FORCE_EVAL\n&SUBSYS\n &CELL\n  ABC [angstrom] 5.0 6.0 7.0\n  ALPHA_BETA_GAMMA 90 90 120\n  PERIODIC XY\n &END CELL\n",
    );
    write("box-1.stress", "# Step  Time [fs] xx [bar] ...\n 2 1.0 1e4 0 0 0 1e4 0 0 0 1e4\n");
    let file = read_structures(&path, None).expect("reads");
    assert_eq!(file.frames.len(), 3);
    let cell = &file.frames[0].frame.structure.cell;
    assert_eq!(cell.periodic(), [true, true, false]);
    assert!(
        (cell.rows()[(1, 0)] + 3.0).abs() < 1e-12
            && (cell.volume_a3() - 5.0 * 6.0 * 7.0 * 0.75_f64.sqrt()).abs() < 1e-9
    );
    assert_eq!(missing(&file.frames[1]), ["forces", "virial"]);
    let labels = &file.frames[2].frame.labels;
    assert!((labels.free_energy_ev.expect("an energy") + 10.2 * 27.211386245988).abs() < 1e-9);
    assert!(
        (labels.forces.as_ref().expect("forces")[0].x - 0.2 * 27.211386245988 / 0.529177210903).abs() < 1e-12
    );
    assert!((labels.virial_ev.expect("a virial")[(0, 0)] - cell.volume_a3() / 160.2176634).abs() < 1e-9);
}

#[test]
fn a_file_named_after_its_dump_is_what_its_ending_says() {
    for (name, format) in [
        ("OUTCAR.extxyz", Format::ExtendedXyz),
        ("ML_AB.h5", Format::DataSet),
        ("a/OUTCAR.gz", Format::Outcar),
        ("box-pos-1.xyz", Format::Cp2kFiles),
        ("vasprun.relax.xml.gz", Format::Vasprun),
    ] {
        assert_eq!(Format::of_name(std::path::Path::new(name)), Some(format), "{name}");
    }
}

#[test]
fn every_dump_is_known_by_its_name_or_its_content() {
    for (name, text, format) in [
        ("run_OUTCAR.1", outcar_head() + &step(1, 2, "0", true, -1.0), Format::Outcar),
        ("vasp.out", outcar_head() + &step(1, 2, "0", true, -1.0), Format::Outcar),
        ("something", vasprun(&calculation(&[-1.0], -1.0, true), ""), Format::Vasprun),
        ("a.txt", ml_ab(1, ""), Format::MlAb),
        ("relax.txt", pw_relaxation(), Format::PwOutput),
        ("cp2k.out", cp2k_head("a", "NVE") + &cp2k_step("-1", true), Format::Cp2kOutput),
    ] {
        assert_eq!(
            read_text(name, &text).unwrap_or_else(|error| panic!("{name}: {error}")).format,
            format,
            "{name}"
        );
    }
}
