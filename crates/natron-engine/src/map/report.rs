//! report.html of a map.

use natron_atoms::{NeighbourList, Species, Vec3};
use natron_report::{Page, Plot, StructurePicture, Table, beside};

use super::MapJob;
use super::run::{Drawn, mean};
use crate::job::Job;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 460.0;
/// Side of the picture of one environment, pixels.
const SMALL: f64 = 210.0;
/// Pictures of environments beside each other: together they fit a phone held sideways.
const IN_A_ROW: usize = 3;
/// A map that bends distances by more than this says little about them.
const BENT: f64 = 0.3;

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_string(), |value| format!("{value:.digits$}"))
}

/// The clusters.
pub(super) fn table(job: &MapJob, drawn: &Drawn) -> Table {
    let mut heading: Vec<String> = ["cluster", "environments", "x"].map(String::from).to_vec();
    heading.extend(drawn.counted.iter().map(|s| format!("{s} neighbours")));
    heading.extend(job.deck.map.columns.iter().cloned());
    heading.push("representative".into());
    let last = heading.len() - 1;
    let mut table = (0..last).fold(Table::new(&heading), Table::right);
    for (cluster, &representative) in drawn.representatives.iter().enumerate() {
        let members = drawn.members(cluster);
        let x = mean(&members, |index| job.sources[drawn.environments[index].frame].x);
        let mut row = vec![cluster.to_string(), members.len().to_string(), number(x, 1)];
        for k in 0..drawn.counted.len() {
            row.push(number(mean(&members, |i| Some(drawn.environments[i].coordination[k] as f64)), 2));
        }
        for k in 0..job.deck.map.columns.len() {
            row.push(number(mean(&members, |i| Some(drawn.environments[i].columns[k])), 3));
        }
        row.push(origin(job, drawn, representative));
        table.push(&row);
    }
    table
}

/// Which atom of which frame an environment is.
fn origin(job: &MapJob, drawn: &Drawn, index: usize) -> String {
    let environment = &drawn.environments[index];
    let source = &job.sources[environment.frame];
    format!("{}, frame {}, atom {}", source.file, source.number, environment.atom)
}

/// The page.
pub(super) fn page(job: &MapJob, drawn: &Drawn) -> String {
    let name = job.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut page = Page::new(&format!("Map: {name}")).subtitle(&job.about());
    if drawn.distortion > BENT {
        page = page.warning(&format!(
            "Distances in the plane are {:.0} % off on average: neighbours on the map need not be alike.",
            100.0 * drawn.distortion
        ));
    }
    page = page
        .key_numbers(&[
            ("environments", &drawn.environments.len().to_string(), ""),
            ("of squared distances in the plane", &format!("{:.0}", 100.0 * drawn.share), "%"),
            ("distances off by", &format!("{:.0}", 100.0 * drawn.distortion), "%"),
            ("silhouette of the clusters", &number(drawn.silhouette, 2), ""),
        ])
        .table(&table(job, drawn))
        .note("Means over the members of a cluster. x: mobile atoms for 200 others.");
    page = page.heading("Clusters").figure(
        &clusters(drawn).to_svg(WIDTH, HEIGHT),
        &format!(
            "Classical scaling of SOAP distances, spanned by {} of {} environments; colour: cluster.",
            drawn.landmarks,
            drawn.environments.len()
        ),
    );
    page = coloured(page, job, drawn);
    page = representatives(page, job, drawn);
    page.heading("Deck").code(&job.deck_for_directory()).to_html()
}

fn axes(plot: Plot) -> Plot {
    plot.x("first axis").y("second axis")
}

fn clusters(drawn: &Drawn) -> Plot {
    let mut plot = axes(Plot::new(""));
    for cluster in 0..drawn.representatives.len() {
        let points: Vec<(f64, f64)> =
            drawn.members(cluster).into_iter().map(|i| (drawn.places[i][0], drawn.places[i][1])).collect();
        plot = plot.scatter(&cluster.to_string(), &points);
    }
    plot
}

/// The map coloured by everything that is known of environments.
fn coloured(mut page: Page, job: &MapJob, drawn: &Drawn) -> Page {
    let mut add = |name: &str, caption: &str, value: &dyn Fn(usize) -> f64| {
        let points: Vec<(f64, f64, f64)> =
            drawn.places.iter().enumerate().map(|(i, place)| (place[0], place[1], value(i))).collect();
        // One colour shows nothing.
        if points.iter().all(|p| p.2 == points[0].2 || p.2.is_nan()) {
            return;
        }
        let plot = axes(Plot::new("")).graded(name, &points);
        page = std::mem::replace(&mut page, Page::new(""))
            .heading(name)
            .figure(&plot.to_svg(WIDTH, HEIGHT), caption);
    };
    if job.sources.iter().any(|source| source.x.is_some()) {
        add("x", "Colour: mobile atoms for 200 others in the frame.", &|i| {
            job.sources[drawn.environments[i].frame].x.unwrap_or(f64::NAN)
        });
    }
    for (k, species) in drawn.counted.iter().enumerate() {
        let caption = format!("Colour: {species} atoms closer than {} \u{c5}.", job.deck.map.coordination_a);
        add(&format!("{species} neighbours"), &caption, &|i| drawn.environments[i].coordination[k] as f64);
    }
    for (k, name) in job.deck.map.columns.iter().enumerate() {
        add(name, "Colour: the column of this name in the files.", &|i| drawn.environments[i].columns[k]);
    }
    page
}

/// A picture of the environment that stands for each cluster.
fn representatives(mut page: Page, job: &MapJob, drawn: &Drawn) -> Page {
    page = page.heading("Representative environments");
    let pictures: Vec<(String, f64)> = drawn
        .representatives
        .iter()
        .enumerate()
        .map(|(cluster, &index)| (picture(job, drawn, cluster, index), SMALL))
        .collect();
    for (row, pictures) in pictures.chunks(IN_A_ROW).enumerate() {
        let first = row * IN_A_ROW;
        let names: Vec<String> = (first..first + pictures.len())
            .map(|cluster| format!("{cluster}: {}", origin(job, drawn, drawn.representatives[cluster])))
            .collect();
        let caption = format!("The medoid of each cluster with its neighbours. {}.", names.join("; "));
        page = page.figure(&beside(pictures, SMALL), &caption);
    }
    page
}

/// An atom in the middle of its neighbours.
fn picture(job: &MapJob, drawn: &Drawn, cluster: usize, index: usize) -> String {
    let environment = &drawn.environments[index];
    let structure = &job.sources[environment.frame].frame.structure;
    let reach = job.deck.map.coordination_a.max(job.deck.soap.cutoff_a);
    let list = NeighbourList::build(structure, reach, 0.0).expect("the environment had a list before");
    let mut atoms: Vec<(Species, Vec3)> = vec![(structure.species[environment.atom], Vec3::zeros())];
    atoms
        .extend(list.neighbours(structure, environment.atom).map(|n| (structure.species[n.index], n.vector)));
    let mut picture = StructurePicture::new(None).title(&format!("cluster {cluster}"));
    for species in job.soap.species() {
        let positions: Vec<[f64; 3]> =
            atoms.iter().filter(|(s, _)| s == species).map(|(_, p)| <[f64; 3]>::from(*p)).collect();
        picture = picture.atoms(species.symbol(), &positions);
    }
    // Sticks to the centre show what is counted as its neighbour.
    let centre = structure.species[environment.atom].symbol();
    picture = picture.bonds("C", "C", 1.9);
    if centre != "C" {
        picture = picture.bonds(centre, "C", job.deck.map.coordination_a.min(2.9));
    }
    picture.to_svg(SMALL, SMALL)
}
