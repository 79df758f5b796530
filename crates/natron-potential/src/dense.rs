//! Dense layers over blocks of atoms, channels in lanes.

use natron_descriptor::{CHANNELS, Fit, Lanes, Path, Real, Vector};

/// Atoms a block holds: weights are read once for all of them.
pub const BLOCK: usize = 24;

/// A weight matrix laid out for one direction: `[inputs][outputs / 16]`, zero-padded.
#[derive(Debug, Clone)]
pub struct Weights<T> {
    inputs: usize,
    vectors: usize,
    values: Vec<Lanes<T>>,
}

impl<T: Real> Weights<T> {
    /// From any matrix given by its entries `at(output, input)`.
    pub fn new(inputs: usize, outputs: usize, at: impl Fn(usize, usize) -> f64) -> Self {
        let vectors = outputs.div_ceil(CHANNELS);
        let mut values = Vec::with_capacity(inputs * vectors);
        for input in 0..inputs {
            for vector in 0..vectors {
                values.push(Lanes(std::array::from_fn(|n| {
                    let output = vector * CHANNELS + n;
                    T::from_f64(if output < outputs { at(output, input) } else { 0.0 })
                })));
            }
        }
        Self { inputs, vectors, values }
    }

    /// Lane vectors of an output.
    pub fn vectors(&self) -> usize {
        self.vectors
    }

    /// out = weights . x (+ what is in out), for up to [`BLOCK`] atoms.
    ///
    /// Shapes: `x` `[atoms][stride]` of lane vectors holding at least `inputs` numbers each, `out`
    /// `[atoms][vectors]`.
    #[inline(always)]
    pub fn accumulate<P: Path>(
        &self,
        path: P,
        x: &[Lanes<T>],
        stride: usize,
        out: &mut [Lanes<T>],
        atoms: usize,
    ) {
        if const { Fit::<T, P>::REGISTERS >= 32 } {
            self.tiles::<P, 6, 4>(path, x, stride, out, atoms);
        } else if const { Fit::<T, P>::REGISTERS >= 16 } {
            self.tiles::<P, 2, 4>(path, x, stride, out, atoms);
        } else if const { Fit::<T, P>::REGISTERS >= 8 } {
            self.tiles::<P, 2, 2>(path, x, stride, out, atoms);
        } else {
            self.tiles::<P, 1, 1>(path, x, stride, out, atoms);
        }
    }

    /// The product in tiles of `TALL` atoms and `WIDE` vectors, which stay in registers; panel after panel of the
    /// weights is read from far memory once and used for all atoms from the first cache.
    #[inline(always)]
    fn tiles<P: Path, const TALL: usize, const WIDE: usize>(
        &self,
        path: P,
        x: &[Lanes<T>],
        stride: usize,
        out: &mut [Lanes<T>],
        atoms: usize,
    ) {
        for inputs in panels(self.inputs) {
            let mut v = 0;
            while v < self.vectors {
                let wide = WIDE.min(self.vectors - v);
                match wide {
                    4 if const { WIDE >= 4 } => {
                        self.column::<P, TALL, 4>(path, x, stride, out, atoms, inputs.clone(), v);
                    }
                    3 if const { WIDE >= 3 } => {
                        self.column::<P, TALL, 3>(path, x, stride, out, atoms, inputs.clone(), v);
                    }
                    2 if const { WIDE >= 2 } => {
                        self.column::<P, TALL, 2>(path, x, stride, out, atoms, inputs.clone(), v);
                    }
                    _ => self.column::<P, TALL, 1>(path, x, stride, out, atoms, inputs.clone(), v),
                }
                v += wide;
            }
        }
    }

    /// `WIDE` vectors of all atoms.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn column<P: Path, const TALL: usize, const WIDE: usize>(
        &self,
        path: P,
        x: &[Lanes<T>],
        stride: usize,
        out: &mut [Lanes<T>],
        atoms: usize,
        inputs: std::ops::Range<usize>,
        v: usize,
    ) {
        let mut first = 0;
        while first + TALL <= atoms {
            self.tile::<P, TALL, WIDE>(path, x, stride, out, inputs.clone(), first, v);
            first += TALL;
        }
        if const { TALL > 2 } {
            while first + 2 <= atoms {
                self.tile::<P, 2, WIDE>(path, x, stride, out, inputs.clone(), first, v);
                first += 2;
            }
        }
        if const { TALL > 1 } && first < atoms {
            self.tile::<P, 1, WIDE>(path, x, stride, out, inputs, first, v);
        }
    }

    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn tile<P: Path, const TALL: usize, const WIDE: usize>(
        &self,
        path: P,
        x: &[Lanes<T>],
        stride: usize,
        out: &mut [Lanes<T>],
        inputs: std::ops::Range<usize>,
        first: usize,
        v: usize,
    ) {
        let vectors = self.vectors;
        let mut sums = [[Lanes::ZERO; WIDE]; TALL];
        for (a, sums) in sums.iter_mut().enumerate() {
            for (w, sum) in sums.iter_mut().enumerate() {
                *sum = out[(first + a) * vectors + v + w];
            }
        }
        let rows = self.values[inputs.start * vectors..inputs.end * vectors].chunks_exact(vectors);
        for (row, input) in rows.zip(inputs) {
            let row: &[_; WIDE] = row[v..].first_chunk().expect("v + WIDE <= vectors");
            for (a, sums) in sums.iter_mut().enumerate() {
                let x = x[(first + a) * stride + input / CHANNELS].0[input % CHANNELS];
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum = weight.axpy(path, x, *sum);
                }
            }
        }
        for (a, sums) in sums.iter().enumerate() {
            for (w, sum) in sums.iter().enumerate() {
                out[(first + a) * vectors + v + w] = *sum;
            }
        }
    }
}

/// Inputs by panels whose weights for four vectors fill half of a first-level cache of 32 KiB.
fn panels(inputs: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    const PANEL: usize = 64;
    (0..inputs).step_by(PANEL).map(move |start| start..inputs.min(start + PANEL))
}

/// Turns each number into its SiLU and the slope of it.
#[inline(always)]
fn silu<T: Real>(value: &mut Lanes<T>, slope: &mut Lanes<T>) {
    let x = value.0;
    for (x, (value, slope)) in x.iter().zip(value.0.iter_mut().zip(&mut slope.0)) {
        (*value, *slope) = x.silu();
    }
}

/// A network with SiLU between its layers and one output, for blocks of atoms. A layer may add its input to its output (He et
/// al., 10.1109/CVPR.2016.90): x + SiLU(W x + b).
#[derive(Debug, Clone)]
pub struct Network<T> {
    inputs: usize,
    forward: Vec<Weights<T>>,
    backward: Vec<Weights<T>>,
    bias: Vec<Vec<Lanes<T>>>,
    /// Whether each layer adds its input; never the first or the last.
    residual: Vec<bool>,
    /// What the members of an ensemble have more in their last layer, and give more for inputs of zero.
    members: Option<(Weights<T>, Vec<Lanes<T>>)>,
}

/// Buffers of [`Network::evaluate`].
#[derive(Debug, Clone)]
pub struct NetworkScratch<T> {
    values: Vec<Vec<Lanes<T>>>,
    slopes: Vec<Vec<Lanes<T>>>,
    /// What each member gives more than the network, `[atoms][members / 16]`, if there is an ensemble.
    pub members: Vec<Lanes<T>>,
}

impl<T: Real> Network<T> {
    /// From layers given as (inputs, outputs, row-major weight `[outputs, inputs]`, bias `[outputs]`), of which those that are
    /// `residual` add their input to their output: neither the first nor the last, and as many inputs as outputs.
    pub fn new(layers: &[(usize, usize, Vec<f64>, Vec<f64>)], residual: &[bool]) -> Self {
        let at = |weight: &[f64], inputs: usize, o: usize, i: usize| weight[o * inputs + i];
        let forward = layers
            .iter()
            .map(|(inputs, outputs, weight, _)| {
                Weights::new(*inputs, *outputs, |o, i| at(weight, *inputs, o, i))
            })
            .collect();
        let backward = layers
            .iter()
            .map(|(inputs, outputs, weight, _)| {
                Weights::new(*outputs, *inputs, |i, o| at(weight, *inputs, o, i))
            })
            .collect();
        let pad = |bias: &[f64], v: usize, n: usize| bias.get(v * CHANNELS + n).copied().unwrap_or(0.0);
        let bias = layers
            .iter()
            .map(|(_, outputs, _, bias)| {
                (0..outputs.div_ceil(CHANNELS))
                    .map(|v| Lanes(std::array::from_fn(|n| T::from_f64(pad(bias, v, n)))))
                    .collect()
            })
            .collect();
        Self { inputs: layers[0].0, forward, backward, bias, residual: residual.to_vec(), members: None }
    }

    /// The same with an ensemble: `rows` are what its members have more in their last layer than the network, row-major
    /// `[members, inputs of the last layer]`. Members are compared by what they give beyond inputs of zero.
    #[must_use]
    pub fn with_members(mut self, rows: &[f64]) -> Self {
        let width = self.forward.last().map_or(0, |last| last.inputs);
        let count = rows.len() / width.max(1);
        if count > 0 {
            let weights = Weights::new(width, count, |member, input| rows[member * width + input]);
            let vectors = weights.vectors();
            self.members = Some((weights, vec![Lanes::ZERO; vectors]));
            let (mut scratch, empty) = (self.scratch(), vec![Lanes::ZERO; self.inputs.div_ceil(CHANNELS)]);
            self.evaluate(
                natron_descriptor::Portable,
                &empty,
                &mut empty.clone(),
                &mut [T::ZERO],
                &mut scratch,
            );
            let nothing = scratch.members[..vectors].iter().map(|lanes| Lanes(lanes.0.map(|x| T::ZERO - x)));
            self.members = self.members.map(|(weights, _)| (weights, nothing.collect()));
        }
        self
    }

    /// Members of the ensemble, up to the next multiple of sixteen (those beyond have no weights); 0 without one.
    pub fn member_vectors(&self) -> usize {
        self.members.as_ref().map_or(0, |(weights, _)| weights.vectors())
    }

    /// Buffers for one block.
    pub fn scratch(&self) -> NetworkScratch<T> {
        let sized = |v: usize| vec![Lanes::ZERO; v * BLOCK];
        NetworkScratch {
            values: self.forward.iter().map(|w| sized(w.vectors())).collect(),
            slopes: self.forward.iter().map(|w| sized(w.vectors())).collect(),
            members: sized(self.member_vectors()),
        }
    }

    /// Outputs of up to [`BLOCK`] atoms, and their gradients by the inputs.
    ///
    /// Shapes: `x` and `gradient` `[atoms][inputs / 16]`, `out` `[atoms]`.
    #[inline(always)]
    pub fn evaluate<P: Path>(
        &self,
        path: P,
        x: &[Lanes<T>],
        gradient: &mut [Lanes<T>],
        out: &mut [T],
        scratch: &mut NetworkScratch<T>,
    ) {
        let atoms = out.len();
        let last = self.forward.len() - 1;
        for n in 0..=last {
            let vectors = self.forward[n].vectors();
            let (before, after) = scratch.values.split_at_mut(n);
            let here = &mut after[0][..atoms * vectors];
            for (k, value) in here.iter_mut().enumerate() {
                *value = self.bias[n][k % vectors];
            }
            let (input, stride) = match n {
                0 => (x, self.inputs.div_ceil(CHANNELS)),
                _ => (&before[n - 1][..], self.forward[n - 1].vectors()),
            };
            self.forward[n].accumulate(path, input, stride, here, atoms);
            if n < last {
                for (value, slope) in here.iter_mut().zip(&mut scratch.slopes[n]) {
                    silu(value, slope);
                }
            }
            if self.residual[n] {
                for (value, input) in here.iter_mut().zip(&before[n - 1]) {
                    *value = value.add(path, *input);
                }
            }
        }
        for (a, out) in out.iter_mut().enumerate() {
            *out = scratch.values[last][a].0[0];
        }
        if let Some((weights, nothing)) = &self.members {
            let vectors = weights.vectors();
            let (input, stride) = match last {
                0 => (x, self.inputs.div_ceil(CHANNELS)),
                _ => (&scratch.values[last - 1][..], self.forward[last - 1].vectors()),
            };
            let members = &mut scratch.members[..atoms * vectors];
            for (k, member) in members.iter_mut().enumerate() {
                *member = nothing[k % vectors];
            }
            weights.accumulate(path, input, stride, members, atoms);
        }
        self.pull_back(path, gradient, scratch, atoms);
    }

    /// The gradients, from the output back to the inputs.
    #[inline(always)]
    fn pull_back<P: Path>(
        &self,
        path: P,
        gradient: &mut [Lanes<T>],
        scratch: &mut NetworkScratch<T>,
        atoms: usize,
    ) {
        let last = self.forward.len() - 1;
        let mut seed = Lanes::ZERO;
        seed.0[0] = T::ONE;
        scratch.values[last][..atoms].fill(seed);
        for n in (1..=last).rev() {
            let (before, after) = scratch.values.split_at_mut(n);
            let here = &mut before[n - 1][..atoms * self.forward[n - 1].vectors()];
            match self.residual[n] {
                true => here.copy_from_slice(&scratch.slopes[n][..here.len()]),
                false => here.fill(Lanes::ZERO),
            }
            self.backward[n].accumulate(path, &after[0], self.forward[n].vectors(), here, atoms);
            // The gradient by a residual layer's output, which its input shares, takes the place of the slope.
            for (value, slope) in here.iter_mut().zip(&mut scratch.slopes[n - 1]) {
                let by_output = *value;
                *value = value.mul(path, *slope);
                *slope = by_output;
            }
        }
        let gradient = &mut gradient[..atoms * self.inputs.div_ceil(CHANNELS)];
        gradient.fill(Lanes::ZERO);
        self.backward[0].accumulate(path, &scratch.values[0], self.forward[0].vectors(), gradient, atoms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use natron_descriptor::Portable;
    use rand::{RngExt, SeedableRng};

    fn random(count: usize, rng: &mut impl rand::Rng) -> Vec<f64> {
        (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    fn plain(layers: &[(usize, usize, Vec<f64>, Vec<f64>)], residual: &[bool], x: &[f64]) -> f64 {
        let mut x = x.to_vec();
        for (n, (inputs, outputs, weight, bias)) in layers.iter().enumerate() {
            let sum = |o: usize| bias[o] + (0..*inputs).map(|i| weight[o * inputs + i] * x[i]).sum::<f64>();
            let next: Vec<f64> = (0..*outputs).map(sum).collect();
            let input = std::mem::take(&mut x);
            x = if n + 1 < layers.len() { next.iter().map(|v| v.silu().0).collect() } else { next };
            if residual[n] {
                x.iter_mut().zip(input).for_each(|(x, input)| *x += input);
            }
        }
        x[0]
    }

    #[test]
    fn blocks_match_the_plain_network_and_its_differences() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        for (widths, residual) in [
            (vec![48, 1], vec![]),
            (vec![48, 20, 1], vec![]),
            (vec![32, 64, 16, 1], vec![]),
            (vec![32, 64, 70, 33, 1], vec![]),
            (vec![112, 48, 48, 1], vec![]),
            (vec![112, 48, 48, 1], vec![1]),
            (vec![32, 20, 20, 20, 24, 1], vec![1, 2]),
        ] {
            let layers: Vec<_> = widths
                .windows(2)
                .map(|w| (w[0], w[1], random(w[0] * w[1], &mut rng), random(w[1], &mut rng)))
                .collect();
            let residual: Vec<bool> = (0..layers.len()).map(|n| residual.contains(&n)).collect();
            let network = Network::<f64>::new(&layers, &residual);
            for atoms in [1, 3, 4, 7, BLOCK] {
                let inputs: Vec<Vec<f64>> = (0..atoms).map(|_| random(widths[0], &mut rng)).collect();
                let x: Vec<Lanes<f64>> = inputs
                    .iter()
                    .flat_map(|x| x.as_chunks::<CHANNELS>().0.iter().map(|c| Lanes(*c)).collect::<Vec<_>>())
                    .collect();
                let (mut out, mut gradient) = (vec![0.0; atoms], vec![Lanes::ZERO; x.len()]);
                network.evaluate(Portable, &x, &mut gradient, &mut out, &mut network.scratch());
                for a in 0..atoms {
                    assert!(
                        (out[a] - plain(&layers, &residual, &inputs[a])).abs() < 1e-12 * (1.0 + out[a].abs())
                    );
                    for i in [0, widths[0] / 2, widths[0] - 1] {
                        let (mut up, mut down) = (inputs[a].clone(), inputs[a].clone());
                        up[i] += 1e-5;
                        down[i] -= 1e-5;
                        let difference =
                            (plain(&layers, &residual, &up) - plain(&layers, &residual, &down)) / 2e-5;
                        let exact = gradient[a * widths[0] / CHANNELS + i / CHANNELS].0[i % CHANNELS];
                        assert!((difference - exact).abs() < 1e-6 * (1.0 + exact.abs()));
                    }
                }
            }
        }
    }
}
