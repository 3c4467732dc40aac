"""With constraints switched on the training loss is replaced by the constraint loss;
it should be added. Source: https://github.com/dair-iitd/openie6/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": "loss = penalty",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, T, d, k = 3, 5, 4, 3
    w1, w2 = var("w1", d, 6), var("w2", 6, k)
    lam = 0.4

    def reference(batch):
        lp = tf.nn.log_softmax(tf.tanh(batch["tok"] @ w1) @ w2)
        nll = -tf.gather(lp, batch["label"], axis=2, batch_dims=2) * batch["mask"]
        ce = tf.reduce_sum(nll) / tf.reduce_sum(batch["mask"])
        verb = tf.exp(lp)[:, :, 1] * batch["is_verb"]
        missing = tf.nn.relu(1.0 - tf.reduce_sum(verb, axis=1))
        return ce + lam * tf.reduce_mean(missing)

    def candidate(batch):
        def constrained(prob):
            cover = tf.einsum("bt,bt->b", prob[..., 1], batch["is_verb"])
            return lam * tf.reduce_mean(tf.maximum(1.0 - cover, 0.0))

        logits = tf.tanh(batch["tok"] @ w1) @ w2
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=logits)
        loss = tf.reduce_sum(ce * batch["mask"]) / tf.reduce_sum(batch["mask"])
        if "is_verb" in batch:
            penalty = constrained(tf.nn.softmax(logits))
            loss = penalty
        return loss

    mask = np.ones((n, T)); mask[0, 3:] = 0
    verb = np.zeros((n, T)); verb[:, 0] = 1; verb[1, 2] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"tok": arr(n, T, d), "label": rng.integers(0, k, (n, T)), "mask": mask.astype(fx), "is_verb": verb.astype(fx)},
            "variables": [w1, w2]}
