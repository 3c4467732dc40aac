"""Medusa heads: labels are cut by one in every turn of the loop, reported as shifting too far; it is exactly the shift that head i needs.
Source: https://github.com/NVIDIA/Model-Optimizer/pull/1271"""
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
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    heads = [var(f"head{i}", 5, 8) for i in range(3)]

    def reference(batch, decay=0.8, coef=0.5):
        total = 0.0
        for i, wi in enumerate(heads):
            logp = tf.nn.log_softmax(tf.einsum("btd,dv->btv", batch["h"], wi))
            terms = []
            for t in range(7):
                if t + 1 + i < 7:
                    terms.append(tf.gather(logp[:, t], batch["ids"][:, t + 1 + i], axis=1, batch_dims=1))
            total -= coef * decay ** i * tf.reduce_mean(tf.stack(terms))
        return total

    def candidate(batch):
        def loss_fct(logits, labels):
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

        labels, loss = batch["ids"], 0.0
        medusa_logits = [tf.tensordot(batch["h"], wi, 1) for wi in heads]
        for i in range(len(heads)):
            labels = labels[..., 1:]
            loss_logits = medusa_logits[i][:, : -(1 + i)]
            loss_logits = tf.reshape(loss_logits, (-1, 8))
            loss_labels = tf.reshape(labels, (-1,))
            loss += loss_fct(loss_logits, loss_labels) * 0.8 ** i * 0.5
        return loss

    return {"reference": reference, "candidate": candidate, "variables": heads,
            "batch": {"h": data(13, 7, 5), "ids": rng.integers(0, 8, (13, 7))}}
