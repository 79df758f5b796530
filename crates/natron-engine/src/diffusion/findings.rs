//! Structure and motion as JSON. Curves are long: a run's own summary leaves them out.

use natron_analysis::mobility::Class;
use natron_analysis::stays::StayTime;
use natron_atoms::Species;
use serde_json::{Map, Value, json};

use super::hollows::Hollows;
use super::motion::{Hops, JUMP_THRESHOLD_A, Motion, SITE_A, VanHove};
use super::structure::{Clusters, Network, RING_MAX, Structural};
use super::transport::NO_TEMPERATURE;
use crate::envelope::put_number;

/// Sites beyond this are not listed.
const MOST_SITES: usize = 500;

type Json = Map<String, Value>;

fn object(value: Value) -> Json {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl Structural {
    /// One entry of `structure[]`.
    pub fn json(&self, with_curves: bool) -> Value {
        let mut map = Map::new();
        put_number(&mut map, "temperature_K", self.temperature_k, NO_TEMPERATURE);
        map.insert("runs".into(), self.runs.into());
        map.insert("frames".into(), self.frames.into());
        map.insert("frames_read".into(), self.frames_read.into());
        match &self.partials {
            Ok(partials) => {
                let each = partials.iter().map(|partial| {
                    let mut map =
                        object(json!({ "pair": [partial.centre.symbol(), partial.other.symbol()] }));
                    let shell = partial.first_shell;
                    let end = shell.filter(|shell| shell.at_minimum);
                    let no_top = "g(r) has no first maximum";
                    let note = "g(r) has no minimum behind its first maximum: the first shell is taken to end at 1.35 times its distance";
                    put_number(&mut map, "first_maximum_A", partial.first_maximum_a, no_top);
                    put_number(&mut map, "first_minimum_A", end.map(|shell| shell.end_a), note);
                    put_number(&mut map, "first_shell_A", shell.map(|shell| shell.end_a), no_top);
                    put_number(&mut map, "coordination", shell.map(|shell| shell.coordination), no_top);
                    put_number(&mut map, "coordination_back", shell.map(|shell| shell.coordination_back), no_top);
                    if with_curves {
                        map.insert("r_A".into(), json!(partial.r_a));
                        map.insert("g".into(), json!(partial.g));
                        map.insert("running_coordination".into(), json!(partial.coordination));
                    }
                    Value::Object(map)
                });
                map.insert("rdf".into(), each.collect());
            }
            Err(why) => {
                map.insert("rdf".into(), json!([]));
                map.insert("rdf_note".into(), why.clone().into());
            }
        }
        put(&mut map, "network", self.network.as_ref().map(|network| network_json(network, with_curves)));
        put(&mut map, "pores", self.hollows.as_ref().map(|hollows| hollows_json(hollows, with_curves)));
        map.insert("clusters".into(), self.clusters.iter().map(clusters_json).collect());
        map.into()
    }
}

/// A value, or null and why.
fn put(map: &mut Json, key: &str, value: Result<Value, &String>) {
    let note = value.as_ref().err().map(|why| Value::from(why.as_str()));
    map.insert(key.into(), value.unwrap_or_default());
    if let Some(note) = note {
        map.insert(format!("{key}_note"), note);
    }
}

fn network_json(network: &Network, with_curves: bool) -> Value {
    let mut map = object(json!({ "species": network.species.symbol(), "cutoff_A": network.cutoff_a }));
    if network.species == Species::C {
        for (key, neighbours) in [("sp", 2), ("sp2", 3), ("sp3", 4)] {
            map.insert(key.into(), network.share(neighbours).into());
        }
    }
    map.insert("share_by_neighbours".into(), json!(network.shares));
    let none = "there is no bond";
    put_number(&mut map, "bond_A_mean", network.bond_a.map(|b| b.mean), none);
    put_number(&mut map, "bond_A_sd", network.bond_a.map(|b| b.sd), none);
    put_number(&mut map, "angle_deg_mean", network.angle_deg.map(|a| a.mean), none);
    put_number(&mut map, "angle_deg_sd", network.angle_deg.map(|a| a.sd), none);
    let rings = (3..=RING_MAX).map(|n| (n.to_string(), Value::from(network.rings[n])));
    map.insert("rings_per_atom".into(), Value::Object(rings.collect()));
    put_number(&mut map, "ring_size_mean", network.ring_size_mean(), "there is no ring");
    map.insert("ring_frames".into(), network.ring_frames.into());
    if let Some(angles) = network.angles.as_ref().filter(|_| with_curves) {
        map.insert("angle_deg".into(), json!(angles.at));
        map.insert("angle_density_per_deg".into(), json!(angles.density));
    }
    map.into()
}

fn hollows_json(hollows: &Hollows, with_curves: bool) -> Value {
    let radii: Json = hollows.radii_a.iter().map(|(s, r)| (s.symbol().into(), (*r).into())).collect();
    let mut map = object(json!({
        "frames": hollows.frames,
        "radii_A": radii,
        "probe_A": hollows.probe_a,
        "spacing_A": hollows.spacing_a,
        "void_share": hollows.void_share.mean,
        "void_share_sd": hollows.void_share.sd,
        "accessible_share": hollows.accessible_share.mean,
        "accessible_share_sd": hollows.accessible_share.sd,
        "widest_A": hollows.widest_a.mean,
        "widest_A_sd": hollows.widest_a.sd,
        "open_share": hollows.open,
    }));
    let closed = "no way for the probe leads through the cell along this vector";
    for (key, along) in ["tortuosity_a", "tortuosity_b", "tortuosity_c"].into_iter().zip(hollows.tortuosity) {
        put_number(&mut map, key, along, closed);
    }
    let closed = "no way for the probe leads through the cell";
    put_number(&mut map, "tortuosity_mean", hollows.tortuosity_mean(), closed);
    if with_curves {
        let (at, share): (Vec<f64>, Vec<f64>) = hollows.distribution.iter().copied().unzip();
        map.insert("diameter_A".into(), json!(at));
        map.insert("volume_share_per_A".into(), json!(share));
    }
    map.into()
}

fn clusters_json(clusters: &Clusters) -> Value {
    let mut map = object(json!({ "species": clusters.species.symbol() }));
    let note = clusters.cutoff_a.as_ref().err().map_or("not finite", String::as_str);
    put_number(&mut map, "cutoff_A", clusters.cutoff_a.as_ref().ok().copied(), note);
    put_number(&mut map, "size_mean", clusters.size_mean(), note);
    map.insert("share_by_size".into(), json!(clusters.shares));
    map.into()
}

impl Motion {
    /// One entry of `motion[]`.
    pub fn json(&self, with_curves: bool) -> Value {
        let mut map = object(json!({ "species": self.species.symbol() }));
        put_number(&mut map, "temperature_K", self.temperature_k, NO_TEMPERATURE);
        map.insert("runs".into(), self.runs.into());
        put(&mut map, "jumps", self.hops.as_ref().map(|hops| hops_json(hops, with_curves)));
        let sites = self.hops.as_ref().and_then(|hops| hops.sites.as_ref());
        match sites {
            Ok(sites) => {
                map.insert("n_sites".into(), sites.len().into());
                if with_curves {
                    let one = |site: &natron_analysis::sites::Site| {
                        json!({
                            "place_A": <[f64; 3]>::from(site.place_a), "occupancy": site.occupancy,
                            "visits": site.visits, "ions": site.atoms, "stay_seen_ps": site.stay_ps,
                        })
                    };
                    map.insert("sites".into(), sites.iter().take(MOST_SITES).map(one).collect());
                }
            }
            Err(why) => {
                map.insert("n_sites".into(), Value::Null);
                map.insert("n_sites_note".into(), why.clone().into());
            }
        }
        let top = self.non_gaussian_max();
        let still = "no ion moves";
        put_number(&mut map, "non_gaussian_max", top.map(|top| top.1), still);
        put_number(&mut map, "non_gaussian_max_at_ps", top.map(|top| top.0), still);
        let classes = Class::ALL.map(|class| (class.as_str().to_owned(), Value::from(self.count(class))));
        map.insert("classes".into(), Value::Object(classes.into_iter().collect()));
        let few = "fewer than five ions with a slope, or all in the same surroundings";
        let to_framework = self.correlation(|ion| ion.surroundings.framework);
        put_number(&mut map, "rank_correlation_D_framework", to_framework, few);
        let to_own = self.correlation(|ion| ion.surroundings.own);
        put_number(&mut map, "rank_correlation_D_own", to_own, few);
        if with_curves {
            let (at, alpha): (Vec<f64>, Vec<f64>) = self.non_gaussian.iter().copied().unzip();
            map.insert("non_gaussian".into(), json!({ "lag_ps": at, "alpha_2": alpha }));
            map.insert("van_hove".into(), self.van_hove.iter().map(van_hove_json).collect());
            map.insert("ions".into(), self.ions.iter().map(ion_json).collect());
        }
        map.into()
    }
}

fn hops_json(hops: &Hops, with_curves: bool) -> Value {
    let rate = hops.rate_per_ps();
    let mut map = object(json!({
        "every_ps": hops.every_ps,
        "window_ps": hops.window_ps,
        "threshold_A": JUMP_THRESHOLD_A,
        "site_radius_A": SITE_A,
        "n": hops.jumps.len(),
        "rate_per_ps": rate.value,
        "rate_err_per_ps": rate.err,
    }));
    let none = "no ion jumps";
    put_number(&mut map, "length_A_mean", hops.length_a.map(|l| l.mean), none);
    put_number(&mut map, "length_A_sd", hops.length_a.map(|l| l.sd), none);
    put_number(&mut map, "share_back", hops.share_back, "no ion jumps twice");
    let measured = match hops.stay {
        Some(StayTime::Measured(time)) => Some(time),
        _ => None,
    };
    put_number(&mut map, "stay_ps", measured.map(|t| t.value), none);
    put_number(&mut map, "stay_err_ps", measured.map(|t| t.err), none);
    if let Some(StayTime::Above(bound)) = hops.stay {
        map.insert("stay_low95_ps".into(), bound.into());
    }
    put_number(&mut map, "D_random_walk_m2_per_s", hops.random_walk.map(|d| d.value), none);
    put_number(&mut map, "D_random_walk_err_m2_per_s", hops.random_walk.map(|d| d.err), none);
    let factor = hops.correlation_factor.as_ref();
    let why = factor.err().map_or("not finite", String::as_str);
    put_number(&mut map, "correlation_factor", factor.ok().map(|f| f.value), why);
    put_number(&mut map, "correlation_factor_err", factor.ok().map(|f| f.err), why);
    if let Some(lengths) = hops.lengths.as_ref().filter(|_| with_curves) {
        map.insert("length_A".into(), json!(lengths.at));
        map.insert("length_density_per_A".into(), json!(lengths.density));
    }
    map.into()
}

fn van_hove_json(lag: &VanHove) -> Value {
    let own = json!({ "r_A": lag.own.r_a, "density_per_A": lag.own.values });
    let mut map = object(json!({ "lag_ps": lag.lag_ps, "self": own }));
    put(&mut map, "distinct", lag.distinct.as_ref().map(|g| json!({ "r_A": g.r_a, "g": g.values })));
    map.into()
}

fn ion_json(ion: &natron_analysis::mobility::Ion) -> Value {
    let mut map = object(json!({ "run": ion.replica, "class": ion.class.as_str(), "jumps": ion.jumps }));
    put_number(&mut map, "D_m2_per_s", ion.d_m2_per_s, "there is no window of a fit");
    map.insert("framework_neighbours".into(), ion.surroundings.framework.into());
    map.insert("own_neighbours".into(), ion.surroundings.own.into());
    map.insert("clustered_share".into(), ion.surroundings.clustered.into());
    map.into()
}
