//! Small files whose content is known by hand.

use natron_atoms::{InfoValue, Vec3};
use natron_io::Format;

use super::compare::assert_close;
use super::{one, read_as};

pub const CIF: &str = "\
#\\#CIF_1.1
data_global
_journal.name 'a dog's life'
data_salt
_cell_length_a 5.64(2)
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90.0
_cell_angle_gamma 9.00e1
_space_group_name_H-M_alt 'P 1 2 1'
_refine_special_details
;
loop_ is only text here
;
loop_
_space_group_symop.id
_space_group_symop.operation_xyz
1 x,y,z
2 '-x, y, -z'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na1 0.1(1) 0.2 0.3 1.0
Cl1A 0.5 0.25 0.500 . # on the axis
";

#[test]
fn cif_with_symmetry_uncertainties_and_text_fields() {
    let [read] = <[_; 1]>::try_from(read_as(Format::Cif, CIF).expect("a CIF")).expect("one block with sites");
    assert_eq!(read.line, 4);
    let structure = read.frame.structure;
    let symbols: Vec<&str> = structure.species.iter().map(|s| s.symbol()).collect();
    assert_eq!(symbols, ["Na", "Na", "Cl"]);
    let expected = [[0.1, 0.2, 0.3], [0.9, 0.2, 0.7], [0.5, 0.25, 0.5]].map(|f| Vec3::from(f) * 5.64);
    assert_close("positions", &structure.positions, &expected);
    assert_eq!(structure.cell.volume_a3(), 5.64 * 5.64 * 5.64);
}

const CONTCAR: &str = "\
Na2 C
  -64.0
 1 0 0
 0 2 0
 0 0 1
 Na_pv  C/0a1b2c
 2 1
Selective dynamics
Direct
 0.25 0.5 0.5 T T F
 0 0 0 F F F Na
 1.5 0 -0.25 .TRUE. .FALSE. T ! a comment

  0.1 0 0
  0 0.2 0
  0 0 0.3

 1
  0.5
";

#[test]
fn contcar_with_volume_flags_velocities_and_integrator() {
    let frame = one(Format::Poscar, CONTCAR);
    let edge = 32.0_f64.cbrt();
    let expected = [[0.25, 1.0, 0.5], [0.0, 0.0, 0.0], [1.5, 0.0, -0.25]].map(|f| Vec3::from(f) * edge);
    assert_close("positions", &frame.structure.positions, &expected);
    assert_eq!(frame.velocities, Some(vec![Vec3::x() * 0.1, Vec3::y() * 0.2, Vec3::z() * 0.3]));
    assert_eq!(frame.info, [("comment".to_owned(), InfoValue::Text("Na2 C".to_owned()))]);
    // Zeros are what VASP writes where nothing moves.
    let still = CONTCAR.replace("0.1 0 0", "0 0 0").replace("0 0.2 0", "0 0 0").replace("0 0 0.3", "0 0 0");
    assert_eq!(one(Format::Poscar, &still).velocities, None);
}

#[test]
fn contcar_of_a_moving_cell() {
    let lattice =
        "Lattice velocities and vectors\n  1\n 0 0 0\n 0 0 0\n 0 0 0\n 1 0 0\n 0 1 0\n 0 0 1\n\n  0.1 0 0";
    let text = CONTCAR.replace("\n\n  0.1 0 0", &format!("\n{lattice}"));
    let read = read_as(Format::Poscar, &text).expect("a CONTCAR").remove(0);
    assert_eq!(read.ignored, ["lattice velocities"]);
    assert_eq!(read.frame.velocities, one(Format::Poscar, CONTCAR).velocities);
}

const DATA: &str = "\
LAMMPS data file via write_data, version 22 Jul 2025, timestep = 5, units = real

3 atoms
2 bonds
2 atom types
1 bond types

-1 3 xlo xhi
0.0 5.0 ylo yhi # a comment
2 8 zlo zhi
1 0.5 -2 xy xz yz

Atom Type Labels

1 Na
2 graphene

Masses

1 22.98977
graphene 12.011 # a ring

Pair Coeffs # lj/cut

1 0.1 3.0

Atoms # full

7 1 graphene -0.5 1 1 4 0 0 0
2 1 1 1 0 1 3 -1 2 1
3 2 2 0.25 0 0 2 # at the corner

Velocities

2 0.001 0 0
3 0 0 0
7 0 0 -0.002

Bonds

1 1 2 3
2 1 3 7
";

#[test]
fn lammps_data_of_style_full() {
    let read = read_as(Format::LammpsData, DATA).expect("a data file").remove(0);
    assert_eq!(read.ignored, ["section Pair Coeffs", "section Bonds"]);
    let frame = read.frame;
    let symbols: Vec<&str> = frame.structure.species.iter().map(|s| s.symbol()).collect();
    assert_eq!(symbols, ["Na", "C", "C"]);
    // a = (4, 0, 0), b = (1, 5, 0), c = (0.5, -2, 6); the corner (-1, 0, 2) goes to zero.
    let first = Vec3::new(0.0 + 1.0 - 4.0 + 2.0 + 0.5, 1.0 + 10.0 - 2.0, 3.0 - 2.0 + 6.0);
    let expected = [first, Vec3::new(1.0, 0.0, 0.0), Vec3::new(2.0, 1.0, 2.0)];
    assert_close("positions", &frame.structure.positions, &expected);
    assert_eq!(frame.velocities.expect("velocities")[2], Vec3::new(0.0, 0.0, -0.002));
    let metal = one(Format::LammpsData, &DATA.replace("units = real", "units = metal"));
    assert_eq!(metal.velocities.expect("velocities")[0], Vec3::new(1e-6, 0.0, 0.0));
    let names: Vec<&str> = frame.arrays.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["initial_charges", "mol-id"]);
}

#[test]
fn the_style_is_seen_from_the_numbers_where_they_allow_it() {
    let atoms = |lines: &str| {
        format!(
            "title\n\n1 atoms\n1 atom types\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n\nMasses\n\n1 23.0\n\nAtoms\n\n{lines}\n"
        )
    };
    for line in ["1 1 1 2 3", "1 1 1 2 3 0 0 0", "1 1 -0.5 1 2 3", "1 2 1 0.0 1 2 3", "1 2 1 0 1 2 3 0 0 0"] {
        let frame = one(Format::LammpsData, &atoms(line));
        assert_eq!(frame.structure.positions, [Vec3::new(1.0, 2.0, 3.0)], "{line}");
    }
    let error = read_as(Format::LammpsData, &atoms("1 1 1 1 2 3")).expect_err("charge or molecular?");
    assert_eq!((error.line, error.column), (Some(15), Some(1)));
}
