//! Every picture and page is well-formed XML, whatever goes in.

use std::collections::BTreeMap;

use natron_report::{Page, Plot, StructurePicture, Table, beside, stack};
use proptest::prelude::*;
use quick_xml::{Reader, events::Event};

/// Counts elements, and panics where the text is not well-formed XML or a number in it is not finite.
fn elements(xml: &str) -> BTreeMap<String, usize> {
    let mut reader = Reader::from_str(xml);
    let mut counts = BTreeMap::new();
    let mut open = 0i64;
    loop {
        let (name, attributes) = match reader.read_event().expect("well-formed") {
            Event::Eof => break,
            Event::End(_) => {
                open -= 1;
                continue;
            }
            Event::Start(e) => {
                open += 1;
                (
                    e.name().as_ref().to_vec(),
                    e.attributes().map(|a| a.expect("a valid attribute").value.to_vec()).collect(),
                )
            }
            Event::Empty(e) => (
                e.name().as_ref().to_vec(),
                e.attributes().map(|a| a.expect("a valid attribute").value.to_vec()).collect(),
            ),
            _ => continue,
        };
        let attributes: Vec<Vec<u8>> = attributes;
        for value in attributes {
            let value = String::from_utf8(value).expect("UTF-8");
            for word in value.split([' ', 'M', 'L', 'h', 'v']) {
                assert!(!["NaN", "inf", "-inf"].contains(&word), "a number that is not finite: {value}");
            }
        }
        *counts.entry(String::from_utf8(name).expect("UTF-8")).or_default() += 1;
    }
    assert_eq!(open, 0, "every element is closed");
    counts
}

fn series(svg: &str) -> usize {
    svg.matches("class=\"series\"").count()
}

const HOSTILE: &str = "</text></svg><script>alert('1')</script>&\"\u{0}\u{1b}]]>";

#[test]
fn one_group_per_series() {
    let points = [(0.0, 1.0), (1.0, 2.0), (2.0, 4.0)];
    let band = [(0.0, 0.5, 1.5), (2.0, 3.0, 5.0)];
    let svg = Plot::new("title")
        .x("x / 1")
        .y("y / 1")
        .line("a", &points)
        .band("68 %", &band)
        .dashed("fit", &points)
        .scatter("marks", &points)
        .crosses("doubtful", &points[..1])
        .error_bars("bars", &band)
        .span("window", 0.5, 1.5)
        .note("a note")
        .to_svg(480.0, 320.0);
    assert_eq!(series(&svg), 7);
    elements(&svg);
    for text in ["title", "x / 1", "y / 1", "68 %", "fit", "marks", "doubtful", "bars", "window", "a note"] {
        assert!(svg.contains(&format!(">{text}<")), "{text}");
    }
}

/// Three pictures in two columns: two rows, nothing outside.
#[test]
fn a_grid_has_a_place_for_every_picture() {
    let picture = Plot::new("").scatter("a", &[(0.0, 1.0), (1.0, 2.0)]).to_svg(300.0, 200.0);
    let svg = natron_report::grid(&[picture.clone(), picture.clone(), picture], 2, (300.0, 200.0));
    elements(&svg);
    assert!(svg.contains("width=\"600\"") && svg.contains("height=\"400\""), "{}", &svg[..200]);
    for place in ["translate(0 0)", "translate(300 0)", "translate(0 200)"] {
        assert!(svg.contains(place), "{place}");
    }
    assert_eq!(series(&svg), 3);
}

#[test]
fn of_many_curves_some_are_told_apart() {
    use natron_report::told_apart;
    assert_eq!(told_apart(&[1, 2, 3]), [&1, &2, &3]);
    let many: Vec<usize> = (0..11).collect();
    assert_eq!(told_apart(&many), [&0, &2, &4, &6, &8, &10]);
}

#[test]
fn hostile_strings_stay_text() {
    let plot =
        Plot::new(HOSTILE).x(HOSTILE).y(HOSTILE).line(HOSTILE, &[(1.0, 1.0), (2.0, 3.0)]).note(HOSTILE);
    let structure =
        StructurePicture::new(None).title(HOSTILE).atoms(HOSTILE, &[[0.0; 3]]).to_svg(200.0, 200.0);
    for svg in [plot.to_svg(400.0, 300.0), structure.clone()] {
        assert_eq!(elements(&svg).get("script"), None);
    }
    let table = Table::new(&[HOSTILE]).row(&[HOSTILE]);
    let html = Page::new(HOSTILE)
        .subtitle(HOSTILE)
        .heading(HOSTILE)
        .text(HOSTILE)
        .note(HOSTILE)
        .warning(HOSTILE)
        .code(HOSTILE)
        .key_numbers(&[(HOSTILE, HOSTILE, HOSTILE)])
        .table(&table)
        .figure(&structure, HOSTILE)
        .to_html();
    assert!(!html.contains("<script") && !html.contains('\u{1b}') && !html.contains('\u{0}'));
}

#[test]
fn nothing_to_draw_is_said() {
    let nan = [(f64::NAN, 1.0), (1.0, f64::INFINITY)];
    for plot in [
        Plot::new(""),
        Plot::new("").line("none", &[]),
        Plot::new("").line("nan", &nan).log_log(),
        Plot::new("").scatter("negative", &[(-1.0, -1.0)]).log_log(),
    ] {
        let svg = plot.to_svg(300.0, 200.0);
        elements(&svg);
        assert!(svg.contains("no data"));
    }
    elements(&StructurePicture::new(None).to_svg(100.0, 100.0));
    elements(&stack(&[], 100.0, 100.0));
    elements(&beside(&[], 100.0));
}

#[test]
fn a_page_loads_nothing_from_elsewhere() {
    let svg = Plot::new("p").line("a", &[(0.0, 0.0), (1.0, 1.0)]).to_svg(300.0, 200.0);
    let html = Page::new("Run").figure(&svg, "caption").to_html();
    let without_namespace = html.replace("http://www.w3.org/2000/svg", "");
    for forbidden in ["http:", "https:", "src=", "@import", "<script", "<link"] {
        assert!(!without_namespace.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn many_points_make_a_small_picture() {
    let points: Vec<(f64, f64)> = (0..200_000).map(|k| (f64::from(k), (f64::from(k) * 0.37).sin())).collect();
    assert!(Plot::new("").scatter("a", &points).to_svg(400.0, 300.0).len() < 1_000_000);
    assert!(Plot::new("").line("a", &points).to_svg(400.0, 300.0).len() < 100_000);
}

#[test]
fn the_same_plot_is_the_same_picture() {
    let draw = || Plot::new("t").scatter("a", &[(0.1, 0.2), (0.3, 0.1)]).diagonal().to_svg(300.0, 300.0);
    assert_eq!(draw(), draw());
}

#[test]
fn bonds_join_near_atoms_only() {
    let picture = StructurePicture::new(Some([[5.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 5.0]]))
        .atoms("C", &[[0.0; 3], [1.4, 0.0, 0.0], [4.0, 4.0, 4.0]])
        .atoms("Na", &[[1.0, 1.0, 0.0]])
        .bonds("C", "C", 1.9);
    let svg = picture.to_svg(300.0, 300.0);
    assert_eq!(svg.matches("paper-line").count(), 1);
    assert_eq!(svg.matches("<circle class=\"paper\"").count(), 4);
    assert_eq!(svg.matches("class=\"rule\"").count(), 12);
    elements(&svg);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_numbers_give_well_formed_pictures(
        points in proptest::collection::vec((proptest::num::f64::ANY, proptest::num::f64::ANY), 0..20),
        log in any::<(bool, bool)>(),
        diagonal in any::<bool>(),
        size in (proptest::num::f64::ANY, proptest::num::f64::ANY),
    ) {
        let band: Vec<(f64, f64, f64)> = points.iter().map(|p| (p.0, p.1, p.0)).collect();
        let mut plot = Plot::new("t").line("a", &points).scatter("b", &points).band("c", &band).error_bars("d", &band).span("e", 1.0, 2.0);
        if log.0 { plot = plot.log_x(); }
        if log.1 { plot = plot.log_y(); }
        if diagonal { plot = plot.diagonal(); }
        elements(&plot.to_svg(size.0, size.1));
        elements(&plot.to_svg(400.0, 300.0));
        let positions: Vec<[f64; 3]> = points.iter().map(|p| [p.0, p.1, p.0]).collect();
        elements(&StructurePicture::new(None).atoms("C", &positions).bonds("C", "C", 2.0).to_svg(300.0, 200.0));
    }
}
