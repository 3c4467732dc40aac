"""PVSE: the sentence vector takes the reverse GRU output at the last valid step, which is not the final reverse hidden state.
Source: https://github.com/yalesong/pvse/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'last_bwd = tf.gather(bwd, last, batch_dims=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, t, d, u = 4, 5, 3, 3
    params = {k: (var(k + "_w", d, u), var(k + "_r", u, u)) for k in ("fwd", "bwd")}
    img_w = var("img_w", 4, 2 * u)

    def reference(batch):
        sents = []
        for i in range(n):
            m = int(batch["len"][i])
            states = []
            for name, order in (("fwd", range(m)), ("bwd", reversed(range(m)))):
                w, r = params[name]
                h = tf.zeros([1, u], dtype=F)
                for s in order:
                    h = tf.tanh(batch["cap"][i:i + 1, s] @ w + h @ r)
                states.append(h)
            sents.append(tf.concat(states, -1))
        txt = tf.math.l2_normalize(tf.concat(sents, 0), axis=-1)
        img = tf.math.l2_normalize(batch["img"] @ img_w, axis=-1)
        sim = img @ tf.transpose(txt)
        pos = tf.linalg.diag_part(sim)
        off = 1 - tf.eye(n, dtype=F)
        cost = tf.nn.relu(0.4 + sim - pos[:, None]) + tf.nn.relu(0.4 + sim - pos[None, :])
        return tf.reduce_sum(cost * off) / n

    def candidate(batch):
        lengths = batch["len"]

        def rnn(x, name):
            w, r = params[name]
            h = tf.zeros([n, u], dtype=F)
            outs = []
            for x_t in tf.unstack(x, axis=1):
                h = tf.tanh(tf.matmul(x_t, w) + tf.matmul(h, r))
                outs.append(h)
            return tf.stack(outs, axis=1)

        fwd = rnn(batch["cap"], "fwd")
        flipped = tf.reverse_sequence(batch["cap"], lengths, seq_axis=1, batch_axis=0)
        bwd = tf.reverse_sequence(rnn(flipped, "bwd"), lengths, seq_axis=1, batch_axis=0)
        last = lengths - 1
        last_fwd = tf.gather(fwd, last, batch_dims=1)
        last_bwd = tf.gather(bwd, last, batch_dims=1)
        text = tf.math.l2_normalize(tf.concat([last_fwd, last_bwd], axis=1), axis=1)
        image = tf.math.l2_normalize(tf.matmul(batch["img"], img_w), axis=1)
        scores = tf.matmul(image, text, transpose_b=True)
        diagonal = tf.linalg.diag_part(scores)
        cost_s = tf.nn.relu(0.4 + scores - diagonal[:, None])
        cost_im = tf.nn.relu(0.4 + scores - diagonal[None, :])
        total = tf.linalg.set_diag(cost_s + cost_im, tf.zeros([n], dtype=F))
        return tf.reduce_sum(total) / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"cap": arr(n, t, d), "img": arr(n, 4), "len": np.array([5, 2, 4, 3])},
            "variables": [v for p in params.values() for v in p] + [img_w]}
