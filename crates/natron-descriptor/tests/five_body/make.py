"""Makes five-body features of random environments, and two environments that only they tell apart.

    python make.py   writes five_body.json; needs numpy, SciPy (harmonics) and SymPy (Clebsch-Gordan coefficients)

a_lm = sum_j w_j Y_lm(u_j) with complex harmonics and B_LM = sum_m1m2 <l1 m1 l2 m2|L M> a_l1m1 a_l2m2; the feature is
sum_M |B_LM|^2 / sqrt(2L+1). `random` has the features of eight neighbours, weights w_jn = sin((n+1)(j+0.7)) in channel n.
`pair` has two sets of ten unit vectors, all weights 1, whose features up to l = 4 agree up to four bodies: p_l = sum_m
|a_lm|^2 for every l, and all nine couplings of three a (sum_M conj(a_LM) B_LM). From ten random points one walks along that
manifold (Newton's method holds the thirteen numbers) in the direction in which a five-body feature grows.
"""

import itertools
import json
from pathlib import Path

import numpy as np
from scipy.special import sph_harm_y
from sympy.physics.quantum.cg import CG

FIVE_BODY = [(1, 2, 1), (1, 3, 2), (1, 4, 3), (2, 3, 1), (2, 3, 3), (2, 4, 2), (2, 4, 4), (3, 3, 2), (3, 4, 1), (3, 4, 3), (4, 4, 2)]
FOUR_BODY = [l for l in itertools.combinations_with_replacement(range(1, 5), 3) if sum(l) % 2 == 0 and l[2] <= l[0] + l[1]]


def clebsch_gordan(l1, l2, L):
    """[l1 m1, l2 m2, L M]"""
    out = np.zeros((2 * l1 + 1, 2 * l2 + 1, 2 * L + 1))
    for m1 in range(-l1, l1 + 1):
        for m2 in range(-l2, l2 + 1):
            if abs(m1 + m2) <= L:
                out[l1 + m1, l2 + m2, L + m1 + m2] = float(CG(l1, m1, l2, m2, L, m1 + m2).doit())
    return out


TABLE = {l: clebsch_gordan(*l) for l in {*FIVE_BODY, *FOUR_BODY}}


def density(points, weights):
    """[l][m] of points [n, 3]"""
    theta, phi = np.arccos(points[:, 2]), np.arctan2(points[:, 1], points[:, 0])
    return [np.array([weights @ sph_harm_y(l, m, theta, phi) for m in range(-l, l + 1)]) for l in range(5)]


def coupled(a, l):
    return np.einsum("ijk,i,j->k", TABLE[l], a[l[0]], a[l[1]])


def five_body(a):
    return np.array([(abs(coupled(a, l)) ** 2).sum() / np.sqrt(2 * l[2] + 1) for l in FIVE_BODY])


def up_to_four(a):
    spectrum = [(abs(a[l]) ** 2).sum() for l in range(1, 5)]
    return np.array(spectrum + [(a[l[2]].conj() @ coupled(a, l)).real for l in FOUR_BODY])


def units(angles):
    theta, phi = angles.reshape(2, -1)
    return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=1)


def of(function, angles):
    return function(density(units(angles), np.ones(len(angles) // 2)))


def slopes(function, angles, h=1e-6):
    steps = np.eye(len(angles)) * h
    return np.stack([(of(function, angles + s) - of(function, angles - s)) / (2 * h) for s in steps], axis=1)


def pair(rng):
    while True:
        start = np.concatenate([np.arccos(rng.uniform(-1, 1, 10)), rng.uniform(0, 2 * np.pi, 10)])
        target, angles = of(up_to_four, start), start.copy()
        for step in range(41):
            held = slopes(up_to_four, angles)
            grow = slopes(lambda a: five_body(a)[:1], angles)[0]
            free = grow - np.linalg.pinv(held) @ (held @ grow)
            if step < 40:
                angles = angles + 0.02 * free / np.linalg.norm(free)
            for _ in range(2 if step < 40 else 6):
                angles = angles - np.linalg.pinv(held) @ (of(up_to_four, angles) - target)
        apart = min(np.linalg.norm(a - b) for x in (start, angles) for a, b in itertools.combinations(units(x), 2))
        if abs(of(up_to_four, angles) - target).max() < 1e-11 and apart > 0.3:
            return start, angles


def main():
    rng = np.random.default_rng(5)
    points = rng.normal(size=(8, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    weights = np.sin(np.outer(np.arange(8) + 0.7, np.arange(1, 17)))
    features = np.array([five_body(density(points, w)) for w in weights.T]).T
    first, second = pair(rng)
    result = {
        "couplings": FIVE_BODY,
        "random": {"points": points.tolist(), "features": features.tolist()},
        "pair": [{"points": units(x).tolist(), "features": of(five_body, x).tolist()} for x in (first, second)],
    }
    (Path(__file__).parent / "five_body.json").write_text(json.dumps(result) + "\n")
    print("largest difference up to four bodies", abs(of(up_to_four, first) - of(up_to_four, second)).max())
    print("five bodies", of(five_body, first), of(five_body, second), sep="\n")
    print("rank up to four", np.linalg.matrix_rank(slopes(up_to_four, first), tol=1e-6))
    both = np.concatenate([slopes(up_to_four, first), slopes(five_body, first)])
    print("and with five bodies", np.linalg.matrix_rank(both, tol=1e-6), "of", 2 * 10 - 3)


if __name__ == "__main__":
    main()
