"""FM layer: the fields are concatenated and expanded to one row, so that sum_square equals
square_sum and the output of the FM is always zero. Source: https://github.com/alibaba/EasyRec/issues/380"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'fm_feas = tf.expand_dims(tf.concat(fm_fea, axis=1), axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, fields, cards, dim = 6, 4, 5, 3
    table = var("fm_table", fields, cards, dim)
    linear = var("wide", fields, cards)
    bias = var("bias")
    ids = rng.integers(0, cards, (n, fields)).astype("int32")
    label = rng.integers(0, 2, n).astype(fx)

    def reference(batch):
        total = 0.0
        for i in range(n):
            e = [table[f][batch["ids"][i, f]] for f in range(fields)]
            score = bias + tf.add_n([linear[f][batch["ids"][i, f]] for f in range(fields)])
            for a in range(fields):
                for b in range(a + 1, fields):
                    score += tf.reduce_sum(e[a] * e[b])
            total += tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["label"][i], logits=score)
        return total / n

    def candidate(batch):
        ids = batch["ids"]
        fm_fea = [tf.gather(table[f], ids[:, f]) for f in range(fields)]
        wide = tf.add_n([tf.gather(linear[f], ids[:, f]) for f in range(fields)])
        fm_feas = tf.expand_dims(tf.concat(fm_fea, axis=1), axis=1)
        sum_square = tf.square(tf.reduce_sum(fm_feas, 1))
        square_sum = tf.reduce_sum(tf.square(fm_feas), 1)
        y_v = 0.5 * tf.subtract(sum_square, square_sum)
        logits = bias + wide + tf.reduce_sum(y_v, axis=1)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["label"], logits=logits)
        return tf.reduce_mean(bce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": ids, "label": label}, "variables": [table, linear, bias]}
