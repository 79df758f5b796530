//! Every refusal names line and column and says what to do.

use super::read;

const HEAD: &str = "Lattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3";

#[test]
fn names_line_column_and_remedy() {
    for (text, line, column, message) in [
        ("abc\n", 1, 1, "expected a number of atoms, found `abc`"),
        ("  -3\n\n", 1, 3, "expected a number of atoms, found `-3`"),
        ("1\n\nC 0 0 0\nC 0 0 0\n", 4, 1, "expected a number of atoms, found `C 0 0 0`"),
        ("2", 2, 1, "the file ends where the comment line should be"),
        ("2\n\nC 0 0 0\n", 4, 1, "the file ends where atom 2 of 2 should be"),
        ("2\n\nC 0 0 0\n\n", 4, 1, "the line ends where `species` should be"),
        ("1\nHEAD\nC 0 0\n", 3, 6, "the line ends where `pos` should be"),
        ("1\nHEAD\nC 0 0 0 0\n", 3, 9, "one word more than there are columns"),
        ("1\nHEAD\nC 0 zero 0\n", 3, 5, "`pos` is not a number: `zero`"),
        ("1\nHEAD\nC 0 0x10 0\n", 3, 5, "`pos` is not a number: `0x10`"),
        ("1\nHEAD\nC  0 0 NaN\n", 3, 8, "`pos` is not finite: `NaN`"),
        ("1\nHEAD\nC -inf 0 0\n", 3, 3, "`pos` is not finite: `-inf`"),
        ("1\nHEAD\nC 0 1e999 0\n", 3, 5, "`pos` is not finite: `1e999`"),
        ("1\nHEAD\n na 0 0 0\n", 3, 2, "`na` is no element"),
        ("1\nHEAD\nXx 0 0 0\n", 3, 1, "`Xx` is no element"),
        ("1\nHEAD\n119 0 0 0\n", 3, 1, "`119` is no element"),
        ("1\nProperties=Z:I:1:pos:R:3\nC 0 0 0\n", 3, 1, "`C` is no atomic number"),
        (
            "1\nProperties=species:S:1:pos:R:3:tag:I:1\nC 0 0 0 1.5\n",
            3,
            9,
            "`tag` is not a whole number: `1.5`",
        ),
        (
            "1\nProperties=species:S:1:pos:R:3:mask:L:1\nC 0 0 0 maybe\n",
            3,
            9,
            "`mask` is not T or F: `maybe`",
        ),
        ("1\nProperties=species:S:1:pos:R:3:q:R:1\nC 0 0 0 nan\n", 3, 9, "`q` is not finite: `nan`"),
        ("1\nHEAD energy=nan\nC 0 0 0\n", 2, 67, "`energy` is not finite: `nan`"),
        ("1\nHEAD energy=None\nC 0 0 0\n", 2, 67, "`energy` is not a number: `None`"),
        ("1\nHEAD energy=\"1 2\"\nC 0 0 0\n", 2, 67, "`energy` has 2 numbers, not one"),
        ("1\nHEAD energy\nC 0 0 0\n", 2, 60, "`energy` has no value"),
        ("1\nHEAD energy=\nC 0 0 0\n", 2, 67, "nothing follows `=`"),
        ("1\nHEAD virial=\"1 2 3\"\nC 0 0 0\n", 2, 67, "`virial` has 3 numbers, not 9 or 6"),
        ("1\nHEAD virial=\"1 2 3 4 5 inf\"\nC 0 0 0\n", 2, 67, "`virial` is not finite: `inf`"),
        ("1\nstress=\"1 2 3 4 5 6\"\nC 0 0 0\n", 2, 1, "`stress` without a periodic cell"),
        ("1\nHEAD pbc=\"T T\"\nC 0 0 0\n", 2, 64, "`pbc` is not three truth values: `T T`"),
        ("1\npbc=\"T T T\"\nC 0 0 0\n", 2, 1, "periodic without a Lattice"),
        ("1\nHEAD a=1 a=2\nC 0 0 0\n", 2, 64, "`a` appears twice"),
        ("1\nHEAD a=\"1\nC 0 0 0\n", 2, 62, "this \" is never closed"),
        ("1\nHEAD a=[1, [2]\nC 0 0 0\n", 2, 62, "this [ is never closed"),
        ("1\nHEAD =3\nC 0 0 0\n", 2, 60, "expected a key, found `=`"),
        ("1\nLattice=\"1 2 3\"\nC 0 0 0\n", 2, 9, "`Lattice` has 3 numbers, not 9"),
        ("1\nLattice=\"1 0 0 0 1 0 1 1 0\"\nC 0 0 0\n", 2, 9, "the cell has zero volume (0 A^3)"),
        (
            "1\nLattice=\"0 0 0 0 0 0 0 0 0\" pbc=\"F F F\"\nC 0 0 0\n",
            2,
            9,
            "the cell has zero volume (0 A^3)",
        ),
        ("1\nLattice=\"1 0 0 0 x 0 1 1 0\"\nC 0 0 0\n", 2, 9, "`Lattice` is not a number: `x`"),
        (
            "1\nProperties=species:S:1:pos:R\nC 0 0 0\n",
            2,
            12,
            "Properties has 5 fields, not a multiple of three",
        ),
        ("1\nProperties=pos:R:3\n0 0 0\n", 2, 12, "no column says which elements the atoms are"),
        ("1\nProperties=species:S:1\nC\n", 2, 12, "no column holds the positions"),
        ("1\nProperties=species:S:1:pos:R:2\nC 0 0\n", 2, 12, "column `pos` must be 3 wide and of type Real"),
        ("1\nProperties=species:S:1:pos:Q:3\nC 0 0\n", 2, 12, "column `pos` has the unknown type `Q`"),
        (
            "1\nProperties=species:S:1:pos:R:0\nC 0 0\n",
            2,
            12,
            "column `pos` has the width `0`, not a positive number",
        ),
        (
            "1\nProperties=species:S:1:pos:R:3:pos:R:3\nC 0 0\n",
            2,
            12,
            "column `pos` is unnamed or appears twice",
        ),
        (
            "1\nProperties=species:S:1:pos:R:3:a:R:18446744073709551615\nC 0 0 0\n",
            2,
            1,
            "Properties names too many columns",
        ),
    ] {
        let text = text.replace("HEAD", HEAD);
        let error = read(&text).expect_err(&text);
        let found = (error.line, error.column, error.message.as_str());
        assert_eq!(found, (Some(line), Some(column), message), "{text}");
        assert!(!error.help.is_empty(), "{text}");
    }
}

#[test]
fn columns_count_characters() {
    let error = read("1\nname=\"Häß\" energy=x\nC 0 0 0\n").expect_err("x is no number");
    // Plain XYZ with an odd comment is plain XYZ; as soon as a cell is given, it has to make sense.
    assert_eq!((error.line, error.column), (Some(2), Some(19)));
}

#[test]
fn never_allocates_for_atoms_that_the_file_cannot_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("huge.xyz");
    for (text, message) in [
        (
            "18446744073709551615\n\nC 0 0 0\n",
            "18446744073709551615 atoms cannot fit in the 9 bytes left of the file",
        ),
        ("6\n\nC 0 0 0\n", "6 atoms cannot fit in the 9 bytes left of the file"),
        ("2\n\nC 0 0 0\n", "2 atoms cannot fit in the 8 bytes left of the file"),
    ] {
        std::fs::write(&path, text).expect("writes");
        let error = natron_io::read_frames(&path).expect_err(text);
        assert_eq!(error.message, message);
    }
    std::fs::write(&path, "2\n\nC 0 0 0\nC 0 0 0").expect("writes");
    assert_eq!(natron_io::read_frames(&path).expect("just fits").len(), 1);
}

#[test]
fn bytes_that_are_no_text() {
    let bytes: &[u8] = b"1\n\xC3\xA4 \xFF\nC 0 0 0\n";
    let error = natron_io::extxyz::Reader::new(bytes, std::path::Path::new("a.xyz")).next();
    let error = error.expect("a frame or an error").expect_err("not UTF-8");
    assert_eq!(error.to_string(), "a.xyz:2:3: a byte that is not UTF-8 text");
}

#[test]
fn a_missing_file_has_no_line() {
    let error = natron_io::read_frames(std::path::Path::new("/nowhere/a.xyz")).expect_err("missing");
    assert_eq!((error.line, error.column), (None, None));
    assert!(error.to_string().starts_with("/nowhere/a.xyz: cannot open the file"));
}

#[test]
fn the_reader_ends_after_an_error() {
    let text = "1\n\nC 0 0 0\n1\n\nC 0 0 nan\n1\n\nC 0 0 0\n";
    let mut reader = natron_io::extxyz::Reader::new(text.as_bytes(), std::path::Path::new("a.xyz"));
    assert!(reader.next().is_some_and(|frame| frame.is_ok()));
    assert!(reader.next().is_some_and(|frame| frame.is_err()));
    assert!(reader.next().is_none());
}
