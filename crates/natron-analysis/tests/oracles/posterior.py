"""What kinisi (doi:10.1021/acs.jctc.4c01249) and MDAnalysis say of a path: shared by the oracles that compare D.

kinisi's own MSD and regression are called on the displacements directly: its ASE reader repeats the first frame, which
makes one observation per lag one frame too short.
"""

from types import SimpleNamespace

import MDAnalysis
import numpy as np
import scipp as sc
from kinisi.diffusion import Diffusion
from kinisi.displacement import calculate_msd
from MDAnalysis.analysis.msd import EinsteinMSD


def analyse(path, index, spacing_ps):
    """MSD, its covariance (where there are few lags), and mean and width of the posterior of D, averaged over 10 seeds.

    path: positions, A, [frames, atoms, 3]; index: lags, frames, ascending.
    """
    moves = SimpleNamespace(
        displacements=sc.array(dims=["obs", "particle", "dimension"], values=path[1:] - path[:1], unit="angstrom"),
        dt_index=sc.array(dims=["time interval"], values=index),
        dt=sc.array(dims=["time interval"], values=index * spacing_ps, unit="ps"),
        dimensionality=sc.scalar(3),
    )
    # n_samples counts lags that fit into the longest one asked for; the run itself is what counts.
    group = calculate_msd(with_whole_run(moves, len(path), spacing_ps), progress=False)
    group["da"] = group["da"]["time interval", : len(index)].copy()
    means, widths = [], []
    for seed in range(10):
        fit = Diffusion(group)
        np.random.seed(seed)
        fit._diffusion(sc.scalar(index[0] * spacing_ps, unit="ps"), progress=False, n_samples=1500)
        d = np.asarray(fit.D.values) * 1e-4
        means.append(d.mean())
        widths.append(d.std())
    found = {
        "lags": [int(i) for i in index],
        "msd_A2": [float(m) for m in group["da"].values],
        "msd_mdanalysis_A2": by_mdanalysis(path, index),
        "D_m2_per_s": float(np.mean(means)),
        "D_err_m2_per_s": float(np.mean(widths)),
    }
    if len(index) <= 21:
        found["covariance_A4"] = [[float(f"{c:.12e}") for c in row] for row in fit.covariance_matrix.values]
    return found


def by_mdanalysis(path, index):
    universe = MDAnalysis.Universe.empty(path.shape[1], trajectory=True)
    universe.load_new(path, order="fac")
    msd = EinsteinMSD(universe, select="all", msd_type="xyz", fft=False).run()
    return [float(msd.results.timeseries[i]) for i in index]


def with_whole_run(moves, frames, spacing_ps):
    whole = sc.array(dims=["time interval"], values=[frames - 1])
    moves.dt_index = sc.concat([moves.dt_index, whole], "time interval")
    moves.dt = sc.concat([moves.dt, whole * sc.scalar(spacing_ps, unit="ps")], "time interval")
    return moves
