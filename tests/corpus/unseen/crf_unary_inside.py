"""The tagger adds the unary potentials inside log_sum_exp of the forward recursion, whereas TensorFlow adds them outside;
the reporter asks about the difference. Source: https://github.com/glample/tagger/issues/22"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, steps, feat, tags = 3, 4, 3, 3
    kernel = var("unary", feat, tags)
    trans = var("transitions", tags, tags)
    start = var("start", tags)

    def gold_score(unary, y):
        s = tf.gather(start, y[:, 0]) + tf.reduce_sum(tf.gather(unary, y, batch_dims=2), axis=1)
        return s + tf.reduce_sum(tf.gather_nd(trans, tf.stack([y[:, :-1], y[:, 1:]], -1)), axis=1)

    def reference(batch):
        unary = tf.einsum("ntf,fk->ntk", batch["x"], kernel)
        alpha = start + unary[:, 0]
        for t in range(1, steps):
            alpha = tf.reduce_logsumexp(alpha[:, :, None] + trans[None], axis=1) + unary[:, t]
        return tf.reduce_mean(tf.reduce_logsumexp(alpha, axis=1) - gold_score(unary, batch["y"]))

    def candidate(batch):
        observations = tf.transpose(tf.einsum("ntf,fk->ntk", batch["x"], kernel), (1, 0, 2))

        def recurrence(obs, previous):
            scores = tf.expand_dims(previous, 2) + tf.expand_dims(obs, 1) + trans
            top = tf.stop_gradient(tf.reduce_max(scores, axis=1, keepdims=True))
            return top[:, 0] + tf.math.log(tf.reduce_sum(tf.exp(scores - top), axis=1))

        alpha = observations[0] + start
        for obs in tf.unstack(observations[1:]):
            alpha = recurrence(obs, alpha)
        all_paths = tf.reduce_logsumexp(alpha, axis=1)
        real_path = gold_score(tf.transpose(observations, (1, 0, 2)), batch["y"])
        return -tf.reduce_mean(real_path - all_paths)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, steps, feat), "y": rng.integers(0, tags, (n, steps)).astype("int32")},
            "variables": [kernel, trans, start]}
