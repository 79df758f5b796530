//! Every refusal names line and column and says what to do.

use natron_io::Format;

use super::{read_as, small};

/// Checks replacements in a valid text: what is replaced, by what, and line, column, message of the refusal.
fn check(format: Format, valid: &str, cases: &[(&str, &str, usize, usize, &str)]) {
    assert!(read_as(format, valid).is_ok());
    for &(from, to, line, column, message) in cases {
        assert!(valid.contains(from), "{from}");
        let text = valid.replacen(from, to, 1);
        let error = read_as(format, &text).expect_err(&text);
        let found = (error.line.unwrap_or(0), error.column.unwrap_or(0), error.message.as_str());
        assert_eq!(found, (line, column, message), "{from} -> {to}");
        assert!(!error.help.is_empty(), "{message}");
    }
}

const POSCAR: &str = "\
cell
1.0
 3 0 0
 0 4 0
 0 0 5
Na C
1 2
Selective
Direct
0 0 0 T T T
0.5 0.5 0.5 F F F
0.5 0 0 T F T

0.1 0 0
0 0.1 0
0 0 0.1
";

#[test]
fn poscar() {
    check(
        Format::Poscar,
        POSCAR,
        &[
            ("1.0\n", "one\n", 2, 1, "`one` is no scale"),
            ("1.0\n", "0.0\n", 2, 1, "`0.0` is no scale"),
            ("1.0\n", "1 1 -1\n", 2, 1, "`1 1 -1` is no scale"),
            ("1.0\n", "1 2\n", 2, 1, "`1 2` is no scale"),
            ("1.0\n", "inf\n", 2, 1, "the scale is not finite: `inf`"),
            (" 0 4 0", " 0 4", 4, 5, "the line ends where a cell vector should be"),
            (" 0 4 0", " 0 b 0", 4, 4, "a cell vector is not a number: `b`"),
            (" 0 4 0", " 6 0 0", 3, 2, "the cell has zero volume (0 A^3)"),
            ("Na C\n", "", 6, 1, "there is no line of elements before the numbers of atoms"),
            ("Na C\n", "Na Xx\n", 6, 4, "`Xx` is no element"),
            ("1 2\n", "1\n", 7, 1, "1 numbers of atoms for 2 elements"),
            ("1 2\n", "1 two\n", 7, 3, "the number of atoms is not a whole number that can be used: `two`"),
            ("1 2\n", "1 -2\n", 7, 3, "the number of atoms is not a whole number that can be used: `-2`"),
            ("1 2\n", "1 20000000000\n", 7, 3, "20000000000 atoms cannot fit in the rest of the file"),
            ("Direct\n", "0 0 0\n", 9, 1, "expected Direct or Cartesian, found `0 0 0`"),
            ("0.5 0 0 T F T", "0.5 0", 12, 6, "the line ends where a position should be"),
            ("0.5 0 0 T F T", "0.5 0 nan T F T", 12, 7, "a position is not finite: `nan`"),
            ("0.5 0 0 T F T", "0.5 0 0 T F", 12, 12, "the line ends where T or F should be"),
            ("0.5 0 0 T F T", "0.5 0 0 T 1 T", 12, 11, "`1` is not T or F"),
            ("0.5 0 0 T F T", "0.5 0 0 T F T Na", 12, 15, "this atom is C by lines 6 and 7, but Na here"),
            ("\n\n0.1 0 0", "\nDirect\n0.1 0 0", 13, 1, "velocities in Direct coordinates"),
            ("0 0 0.1\n", "", 16, 1, "the file ends where the velocity of atom 3 of 3 should be"),
            ("0 0 0.1\n", "0 0 v\n", 16, 5, "a velocity is not a number: `v`"),
        ],
    );
    let short = POSCAR.split("0.5 0 0").next().expect("the start");
    let error = read_as(Format::Poscar, short).expect_err("cut short");
    assert_eq!(error.to_string(), "test:12:1: the file ends where the position of atom 3 of 3 should be");
}

#[test]
fn cif() {
    check(
        Format::Cif,
        small::CIF,
        &[
            ("data_global\n", "\n", 3, 1, "nothing may come before the first data block"),
            ("5.64(2)", "?", 4, 1, "the block has no `_cell_length_a`"),
            ("5.64(2)", "-5.64", 5, 16, "the length of a cell vector is not positive"),
            ("5.64(2)", "about", 5, 16, "`_cell_length_a` is not a number: `about`"),
            ("9.00e1", "190", 10, 19, "`_cell_angle_gamma` is no angle of a cell"),
            (
                "90\n_cell_angle_beta 90.0",
                "10\n_cell_angle_beta 45",
                10,
                19,
                "there is no cell with these three angles",
            ),
            ("beta 90.0", "beta nan", 9, 18, "`_cell_angle_beta` is not finite: `nan`"),
            ("'P 1 2 1'", "'P 1 2 1", 11, 27, "this ' is never closed"),
            ("only text here\n;", "only text here\n", 13, 1, "this text field is never closed"),
            ("2 '-x, y, -z'", "2 '-x, y, w'", 20, 4, "`-x, y, w` is no symmetry operation"),
            ("2 '-x, y, -z'", "2 -x, y, -z", 20, 3, "`-x,` is no symmetry operation"),
            ("2 '-x, y, -z'", "2 -x, y", 16, 1, "5 values in a loop over 2 names"),
            ("Na1 0.1(1)", "Qq1 0.1(1)", 27, 1, "`Qq1` is no element"),
            ("Na1 0.1(1)", "Na1 ?", 27, 5, "`_atom_site_fract_x` is not a number: `?`"),
            ("0.3 1.0", "0.3 0.5", 27, 20, "a site that is occupied to 0.5 only"),
            ("_atom_site_fract_y", "_atom_site_fract_v", 21, 1, "the sites have no `_atom_site_fract_y`"),
        ],
    );
    let all: String =
        small::CIF.lines().filter(|line| !line.contains(",")).map(|line| format!("{line}\n")).collect();
    let text = all.replace("loop_\n_space_group_symop.id\n_space_group_symop.operation_xyz\n", "");
    let error = read_as(Format::Cif, &text).expect_err("no operations");
    assert_eq!(error.to_string(), "test:11:28: space group P 1 2 1 without its symmetry operations");
    let error = read_as(Format::Cif, "data_x\n_a b\n").expect_err("no sites");
    assert_eq!(error.to_string(), "test: no data block has atom sites with fractional coordinates");
}

const DATA: &str = "\
title, units = metal

2 atoms
2 atom types
0 4 xlo xhi
0 5 ylo yhi
0 6 zlo zhi

Masses

1 22.98977
2 12.011

Atoms # charge

1 1 0.5 0 0 0
2 2 -0.5 1 1 1

Velocities

1 0 0 0
2 1 1 1
";

#[test]
fn lammps_data() {
    check(
        Format::LammpsData,
        DATA,
        &[
            ("= metal", "= lj", 1, 1, "the file is in units `lj`; metal and real are known"),
            ("2 atoms\n", "\n", 1, 1, "the header gives no number of atoms"),
            (
                "2 atoms\n",
                "2.5 atoms\n",
                3,
                1,
                "the number of atoms is not a whole number that can be used: `2.5`",
            ),
            ("2 atoms\n", "3 atoms\n", 17, 1, "2 atoms, but the header says 3"),
            ("0 4 xlo xhi\n", "0 nan xlo xhi\n", 5, 3, "`xlo xhi` is not finite: `nan`"),
            ("0 4 xlo xhi\n", "4 0 xlo xhi\n", 7, 1, "a box bound is not above its lower bound"),
            ("0 4 xlo xhi\n", "0 4\n", 5, 1, "`0 4` is no line of the header"),
            ("0 4 xlo xhi\n", "\n", 7, 1, "the header gives no complete box"),
            ("Masses\n", "Mases\n", 9, 1, "`Mases` is no section"),
            (
                "Masses\n",
                "Pair Coeffs\n",
                14,
                1,
                "2 atom types, but masses or labels of 0: which elements are they?",
            ),
            ("1 22.98977", "1 40.0", 11, 3, "no single element has the mass 40"),
            ("1 22.98977", "1 12.011 # Na", 11, 3, "type 1 is called Na, but its mass 12.011 is that of C"),
            ("1 22.98977", "1", 11, 1, "a mass is a type and a number"),
            ("1 22.98977", "3 22.98977", 11, 1, "`3` is none of the 2 atom types"),
            ("1 22.98977", "2 12.011", 16, 3, "which element is type 1?"),
            ("# charge", "# dipole", 14, 1, "atom style `dipole` is not read"),
            ("# charge", "# full", 16, 1, "6 numbers; an atom of style full has 7 (or 10 with image flags)"),
            ("2 2 -0.5 1 1 1", "2 C -0.5 1 1 1", 17, 3, "`C` is none of the 2 atom types"),
            ("2 2 -0.5 1 1 1", "1 2 -0.5 1 1 1", 17, 1, "there are two atoms with the id 1"),
            ("2 2 -0.5 1 1 1", "2 2 -0.5 1 1 one", 17, 14, "a position is not a number: `one`"),
            (
                "2 2 -0.5 1 1 1",
                "2 2 -0.5 1 1 1 0 0 0.5",
                17,
                20,
                "an image flag is not a whole number that can be used: `0.5`",
            ),
            ("Atoms # charge", "Atom # charge", 14, 1, "`Atom # charge` is no section"),
            ("2 1 1 1\n", "", 21, 1, "1 velocities for 2 atoms"),
            ("2 1 1 1\n", "3 1 1 1\n", 22, 1, "no atom has the id 3"),
            ("2 1 1 1\n", "1 1 1 1\n", 22, 1, "a second velocity of atom 1"),
            ("2 1 1 1\n", "2 1 1\n", 22, 6, "the line ends where a velocity should be"),
            ("Velocities\n", "Masses\n", 19, 1, "there is a second section Masses"),
        ],
    );
}

#[test]
fn bytes_that_are_no_text() {
    let error =
        natron_io::poscar::read(&b"ab\nc\xFFd\n"[..], std::path::Path::new("POSCAR")).expect_err("not UTF-8");
    assert_eq!(error.to_string(), "POSCAR:2:2: a byte that is not UTF-8 text");
}
