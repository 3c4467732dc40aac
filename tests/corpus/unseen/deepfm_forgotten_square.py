"""The FM layer subtracts the sum of squares from the plain sum: the square of the sum is forgotten.
Source: https://github.com/shenweichen/DeepCTR/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "temp_a = tf.reduce_sum(concated_embeds_value, axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, fields, vocab, k = 8, 4, 5, 3
    table = tf.Variable((0.7 * rng.normal(size=(fields, vocab, k))).astype(fx), name="embedding")
    linear = tf.Variable((0.5 * rng.normal(size=(fields, vocab))).astype(fx), name="linear")
    deep = keras.layers.Dense(1, name="deep")
    deep.build((None, fields * k))

    def reference(batch):
        total = 0.0
        for i in range(n):
            v = [table[f, int(batch["ids"][i, f])] for f in range(fields)]
            z = deep(tf.concat(v, axis=0)[None])[0, 0]
            for f in range(fields):
                z += linear[f, int(batch["ids"][i, f])]
                for g in range(f + 1, fields):
                    z += tf.reduce_sum(v[f] * v[g])
            y = batch["click"][i]
            total += tf.nn.softplus(z) - y * z
        return total / n

    def candidate(batch):
        def fm_layer(concated_embeds_value):
            temp_a = tf.reduce_sum(concated_embeds_value, axis=1, keepdims=True)
            temp_b = concated_embeds_value * concated_embeds_value
            temp_b = tf.reduce_sum(temp_b, axis=1, keepdims=True)
            cross_term = temp_a - temp_b
            return 0.5 * tf.reduce_sum(cross_term, axis=2)

        fields_idx = tf.broadcast_to(tf.range(fields)[None], (n, fields))
        where = tf.stack([fields_idx, batch["ids"]], axis=-1)
        embeds = tf.gather_nd(table, where)
        linear_logit = tf.reduce_sum(tf.gather_nd(linear, where), axis=1, keepdims=True)
        logit = linear_logit + fm_layer(embeds) + deep(tf.reshape(embeds, (n, fields * k)))
        labels = batch["click"][:, None]
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logit))

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, (n, fields)).astype("int32"),
                      "click": rng.integers(0, 2, n).astype(fx)},
            "variables": [table, linear] + deep.trainable_variables}
