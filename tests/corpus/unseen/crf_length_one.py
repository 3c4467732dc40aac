"""crf_log_likelihood gives positive values for sequences of length one in a longer batch, as the partition function
of these is read one time step too late. Source: https://github.com/tensorflow/addons/issues/778"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'last_index = tf.maximum(1, batch["len"] - 1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, steps, feat, tags = 4, 4, 3, 3
    kernel = var("unary", feat, tags)
    trans = var("transitions", tags, tags)
    lengths = np.array([1, 4, 1, 2], "int32")
    y = rng.integers(0, tags, (n, steps)).astype("int32")

    def path_score(unary, labels, lens):
        picked = tf.gather(unary, labels, batch_dims=2)
        moves = tf.gather_nd(trans, tf.stack([labels[:, :-1], labels[:, 1:]], axis=-1))
        on = tf.cast(tf.sequence_mask(lens, steps), unary.dtype)
        return tf.reduce_sum(picked * on, axis=1) + tf.reduce_sum(moves * on[:, 1:], axis=1)

    def reference(batch):
        unary = tf.einsum("ntf,fk->ntk", batch["x"], kernel)
        gold = path_score(unary, batch["y"], batch["len"])
        losses = []
        for i in range(n):
            alpha = unary[i, 0]
            for t in range(1, int(lengths[i])):
                alpha = tf.reduce_logsumexp(alpha[:, None] + trans, axis=0) + unary[i, t]
            losses.append(tf.reduce_logsumexp(alpha) - gold[i])
        return tf.add_n(losses) / n

    def candidate(batch):
        inputs = tf.einsum("ntf,fk->ntk", batch["x"], kernel)
        state = inputs[:, 0]
        states = [state]
        for t in range(1, steps):
            scores = tf.expand_dims(state, 2) + trans
            state = inputs[:, t] + tf.reduce_logsumexp(scores, axis=1)
            states.append(state)
        all_alphas = tf.stack(states, axis=1)
        last_index = tf.maximum(1, batch["len"] - 1)
        final = tf.gather_nd(all_alphas, tf.stack([tf.range(n), last_index], axis=1))
        log_norm = tf.reduce_logsumexp(final, axis=1)
        log_likelihood = path_score(inputs, batch["y"], batch["len"]) - log_norm
        return -tf.reduce_mean(log_likelihood)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, steps, feat), "y": y, "len": lengths},
            "variables": [kernel, trans]}
