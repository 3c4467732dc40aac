"""Total score of a lattice with a handwritten backward: the posteriors are returned without the incoming gradient.

Source (real): https://github.com/k2-fsa/k2/issues/341 (PyTorch autograd function of get_tot_scores; "the sign of the update wrong").
Right answer: NOT equivalent; the loss has the same value, but the gradient lacks the factor -1 / frames.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.exp(arc_scores - frame_scores[..., None])",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, frames, d, arcs = 17, 6, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w = tf.Variable(0.6 * arr(d, arcs), name="acoustic_w")
    lm = tf.Variable(0.4 * arr(arcs), name="arc_scores_lm")
    batch = {"features": arr(n, frames, d)}

    def reference(b):
        tot = 0.0
        for x in tf.unstack(b["features"]):
            alpha = tf.zeros([], x.dtype)
            for frame in tf.unstack(x):
                alpha = tf.reduce_logsumexp(alpha + tf.linalg.matvec(w, frame, transpose_a=True) + lm)
            tot += alpha
        return -tot / (b["features"].shape[0] * frames)

    def candidate(b):
        @tf.custom_gradient
        def get_tot_scores(arc_scores):
            frame_scores = tf.reduce_logsumexp(arc_scores, axis=-1)
            tot_scores = tf.reduce_sum(frame_scores, axis=-1)

            def backward(tot_scores_grad):
                return tf.exp(arc_scores - frame_scores[..., None])

            return tot_scores, backward

        nnet_output = tf.einsum("ntd,da->nta", b["features"], w)
        tot_scores = get_tot_scores(nnet_output + lm)
        return -tf.reduce_sum(tot_scores) / (tot_scores.shape[0] * frames)

    return {"variables": [w, lm], "batch": batch, "reference": reference, "candidate": candidate}
