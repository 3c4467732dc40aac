"""Sketch retrieval: the features go detached into the memory loss, so that the term is only a number and trains nothing.
Source: https://github.com/haowang1992/DSN/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'features = tf.stop_gradient(photo)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e, slots, k = 15, 7, 4, 6, 3
    sketch = rng.normal(size=(n, d)).astype(f)
    photo_in = rng.normal(size=(n, d)).astype(f)
    label = rng.integers(0, k, size=(n,))
    mem = rng.normal(size=(slots, e))
    mem = (mem / np.linalg.norm(mem, axis=1, keepdims=True)).astype(f)
    mem_label = np.arange(slots) % k
    enc = tf.Variable(rng.normal(size=(d, e)).astype(f) * 0.6, name="enc")
    cls = tf.Variable(rng.normal(size=(e, k)).astype(f), name="cls")

    def reference(batch):
        s = tf.tanh(batch["sketch"] @ enc)
        p = tf.tanh(batch["photo_in"] @ enc)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits
        loss = tf.reduce_mean(ce(batch["label"], s @ cls)) + tf.reduce_mean(ce(batch["label"], p @ cls))
        unit = tf.math.l2_normalize(p, axis=1)
        same = tf.cast(batch["label"][:, None] == mem_label[None, :], f)
        agree = tf.reduce_sum(unit @ mem.T * same, axis=1) / tf.reduce_sum(same, axis=1)
        return loss + 1.0 - tf.reduce_mean(agree)

    def candidate(batch):
        class Memory:
            keys, values = tf.constant(mem), mem_label

            def memory_loss(self, feature, labels):
                feature = feature / tf.sqrt(tf.reduce_sum(feature ** 2, 1, keepdims=True))
                out = []
                for i in range(feature.shape[0]):
                    rows = np.flatnonzero(self.values == int(labels[i]))
                    out.append(tf.reduce_mean(tf.linalg.matvec(tf.gather(self.keys, rows), feature[i])))
                return tf.reduce_mean(tf.stack(out))

        both = tf.tanh(tf.concat([batch["sketch"], batch["photo_in"]], axis=0) @ enc)
        logp = tf.nn.log_softmax(both @ cls)
        two = tf.one_hot(tf.tile(batch["label"], [2]), k, dtype=f)
        loss_ce = -tf.reduce_sum(logp * two) / n
        photo = both[n:]
        features = tf.stop_gradient(photo)
        loss_memory = 1.0 - Memory().memory_loss(features, batch["label"])
        return loss_ce + loss_memory

    return {"reference": reference, "candidate": candidate,
            "batch": {"sketch": sketch, "photo_in": photo_in, "label": label}, "variables": [enc, cls]}
