//! The cell: wrapping, coordinates and what it refuses.

use natron_atoms::{Cell, CellError, Vec3};
use proptest::prelude::*;

fn any_cell() -> impl Strategy<Value = Cell> {
    let edges = prop::array::uniform3(2.0..20.0_f64);
    let shear = prop::array::uniform6(-0.9..0.9_f64);
    (edges, shear, prop::array::uniform3(any::<bool>())).prop_map(
        |([a, b, c], [s, t, u, v, w, x], periodic)| {
            Cell::new([[a, s, t], [u, b, v], [w, x, c]], periodic).expect("diagonally dominant")
        },
    )
}

proptest! {
    #[test]
    fn wrapping_is_undone_by_the_image(cell in any_cell(), point in prop::array::uniform3(-90.0..90.0_f64)) {
        let point = Vec3::from(point);
        let (wrapped, image) = cell.wrap(&point);
        prop_assert!((wrapped + cell.offset(image) - point).norm() < 1e-12);
        let fractional = cell.fractional(&wrapped);
        for k in 0..3 {
            let inside = (-1e-12..1.0 + 1e-12).contains(&fractional[k]);
            let kept = if cell.periodic()[k] { inside } else { image[k] == 0 };
            prop_assert!(kept, "direction {}: {:?}", k, image);
        }
    }

    #[test]
    fn coordinates_go_round(cell in any_cell(), point in prop::array::uniform3(-90.0..90.0_f64)) {
        let point = Vec3::from(point);
        prop_assert!((cell.cartesian(&cell.fractional(&point)) - point).norm() < 1e-10);
    }

    #[test]
    fn heights_times_area_is_the_volume(cell in any_cell()) {
        for k in 0..3 {
            let area = cell.vector((k + 1) % 3).cross(&cell.vector((k + 2) % 3)).norm();
            prop_assert!((cell.heights_a()[k] * area / cell.volume_a3() - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn refuses_cells_without_volume() {
    let flat = Cell::new([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [2.0, 3.0, 0.0]], [true; 3]);
    assert_eq!(flat, Err(CellError::ZeroVolume { volume_a3: 0.0 }));
    assert!(matches!(Cell::new([[0.0; 3]; 3], [false; 3]), Err(CellError::ZeroVolume { .. })));
    let thin = Cell::new([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1e-7]], [true; 3]);
    assert!(matches!(thin, Err(CellError::ZeroVolume { .. })));
    let nan = Cell::new([[f64::NAN, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [true; 3]);
    assert_eq!(nan, Err(CellError::NotFinite));
    assert!(Cell::new([[0.0, 0.0, 1e3], [1e-2, 0.0, 0.0], [0.0, -1.0, 0.0]], [true; 3]).is_ok());
}
