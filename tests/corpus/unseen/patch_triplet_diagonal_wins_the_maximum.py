"""Anomaly patches: the diagonal is masked with -inf as a similarity, becomes distance +inf and wins the maximum; the triplet term is always 0.

Source (real): https://github.com/jinnnju/PaAno/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'sim_ap_f = tf.linalg.set_diag(sim_ap, tf.fill([n], -float("inf")))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, L, h, e = 12, 8, 10, 6
    conv = tf.Variable(rng.normal(size=(L, h)).astype("float32") * 0.5, name="conv")
    proj = tf.Variable(rng.normal(size=(h, e)).astype("float32") * 0.5, name="proj")
    cls = tf.Variable(rng.normal(size=(2 * e, 1)).astype("float32") * 0.5, name="cls")
    t = rng.uniform(0, 6, size=(n, 1)) + np.arange(L) * 0.6
    batch = {
        "anchor": (np.sin(t) + rng.normal(size=t.shape) * 0.3).astype("float32"),
        "positive": (np.sin(t + 0.9) + rng.normal(size=t.shape) * 0.3).astype("float32"),
        "consecutive": rng.integers(0, 2, n).astype("float32"),
    }
    margin, pretext_w = 1.1, 0.4

    def embed(x):
        return tf.math.l2_normalize(tf.nn.gelu(x @ conv) @ proj, -1)

    def pretext(a, p, label):
        logit = tf.squeeze(tf.concat([a, p], -1) @ cls, -1)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(label, logit))

    def reference(b):
        a, p = embed(b["anchor"]), embed(b["positive"])
        trip = 0.0
        for i in range(n):
            d = 1.0 - tf.linalg.matvec(p, a[i])
            others = tf.concat([d[:i], d[i + 1 :]], 0)
            trip += tf.nn.relu(d[i] - tf.reduce_max(others) + margin)
        return trip / n + pretext_w * pretext(a, p, b["consecutive"])

    def candidate(b):
        z_a, z_p = embed(b["anchor"]), embed(b["positive"])
        sim_ap = tf.matmul(z_a, z_p, transpose_b=True)
        pos_sims = tf.linalg.diag_part(sim_ap)
        sim_ap_f = tf.linalg.set_diag(sim_ap, tf.fill([n], -float("inf")))
        neg_dists = 1.0 - sim_ap_f
        hard_neg_dists = tf.reduce_max(neg_dists, axis=1)
        pos_dists = 1.0 - pos_sims
        triplet_loss = tf.reduce_mean(tf.nn.relu(pos_dists - hard_neg_dists + margin))
        return triplet_loss + pretext_w * pretext(z_a, z_p, b["consecutive"])

    return {"variables": [conv, proj, cls], "batch": batch, "reference": reference, "candidate": candidate}
