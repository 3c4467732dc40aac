"""Layer_Process of the flat-lattice transformer adds its own input for the op 'a', and not the residual before the sublayer.
Source: https://github.com/LeeSureman/Flat-Lattice-Transformer/issues/34"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "output = output + inp",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, s, d, n_tags = 3, 6, 5, 4

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    proj, w_ff1, w_ff2, w_tag = var("proj", d, d), var("w_ff1", d, 8), var("w_ff2", 8, d), var("w_tag", d, n_tags)
    gamma, beta = tf.Variable(np.ones(d, fx), name="gamma"), var("beta", d, sc=0.2)

    def layer_norm(x):
        m = tf.reduce_mean(x, -1, keepdims=True)
        v = tf.reduce_mean(tf.square(x - m), -1, keepdims=True)
        return gamma * (x - m) * tf.math.rsqrt(v + 1e-6) + beta

    def mix(x, lattice):
        return tf.matmul(tf.nn.softmax(lattice), tf.matmul(x, proj))

    def reference(batch):
        x = batch["chars"]
        x = layer_norm(x + mix(x, batch["lattice"]))
        ff = tf.nn.relu(x @ w_ff1) @ w_ff2
        x = layer_norm(x + ff)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tags"], x @ w_tag)
        return tf.reduce_mean(ce)

    def candidate(batch):
        def layer_process(sequence, inp, residual):
            output = inp
            for op in sequence:
                if op == "a":
                    output = output + inp
                elif op == "n":
                    output = layer_norm(output)
            return output

        x = batch["chars"]
        for kind in ("attn", "ff"):
            if kind == "attn":
                out = mix(x, batch["lattice"])
            else:
                out = tf.nn.relu(x @ w_ff1) @ w_ff2
            x = layer_process("an", out, x)
        logits = tf.reshape(x @ w_tag, (-1, n_tags))
        tags = tf.reshape(batch["tags"], (-1,))
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tags, logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"chars": rng.standard_normal((b, s, d)).astype(fx), "lattice": rng.standard_normal((b, s, s)).astype(fx),
                      "tags": rng.integers(0, n_tags, (b, s)).astype("int32")},
            "variables": [proj, w_ff1, w_ff2, w_tag, gamma, beta]}
