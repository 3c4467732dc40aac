"""Stellar spectra: the marginal -2 log L over the continuum coefficients has the log determinant with the wrong sign.

Source (real): https://github.com/segasai/rvspecfit/issues/4 (numpy, ported with trainable templates: get_chisq0).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "chisq = -ldetI + tf.reduce_sum(tf.square(normspec - model), axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, lam, npoly, d = 16, 9, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    grid = tf.Variable(0.2 * arr(d, lam), name="template_grid")
    base = tf.Variable(0.2 * arr(lam), name="template_mean")
    x = np.linspace(-1, 1, lam)
    polys = np.stack([np.polynomial.Chebyshev.basis(i)(x) for i in range(npoly)]).astype(f)
    batch = {"param": arr(n, d), "spec": (1.5 + 0.4 * rng.standard_normal((n, lam))).astype(f),
             "espec": rng.uniform(0.4, 0.9, (n, lam)).astype(f)}

    def reference(b):
        total = 0.0
        m = b["param"].shape[0]
        for i in range(m):
            template = tf.exp(tf.linalg.matvec(grid, b["param"][i], transpose_a=True) + base)
            design = tf.transpose(polys * template / b["espec"][i])
            y = (b["spec"][i] / b["espec"][i])[:, None]
            normal = tf.matmul(design, design, transpose_a=True)
            hat = design @ tf.linalg.inv(normal) @ tf.transpose(design)
            left = tf.matmul(y, y - hat @ y, transpose_a=True)[0, 0]
            total += left + tf.math.log(tf.linalg.det(normal))
        return total / m

    def candidate(b):
        templ = tf.exp(b["param"] @ grid + base)
        normspec = b["spec"] / b["espec"]
        normtempl = templ / b["espec"]
        polys1 = normtempl[:, None, :] * polys
        vector1 = polys1 @ normspec[..., None]
        matrix1 = tf.matmul(polys1, polys1, transpose_b=True)
        chol = tf.linalg.cholesky(matrix1)
        ldetI = 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(chol)), axis=-1)
        v2 = tf.linalg.cholesky_solve(chol, vector1)[..., 0]
        model = tf.einsum("np,npl->nl", v2, polys1)
        chisq = -ldetI + tf.reduce_sum(tf.square(normspec - model), axis=-1)
        return tf.reduce_mean(chisq)

    return {"variables": [grid, base], "batch": batch, "reference": reference, "candidate": candidate}
