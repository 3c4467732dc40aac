"""Open-ended knowledge tracing: the correctness term is assigned from the constant accuracy line instead of from the
logits, so that head gets no gradient. Source: https://github.com/lucy66666/OKT/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "loss_cls = tf.reduce_mean(tf.cast(tf.not_equal(hit, labels), gen_loss.dtype))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, t, d, h, vocab = 4, 5, 6, 7, 9
    f = keras.config.floatx()

    def var(name, *shape):
        return tf.Variable((0.6 * rng.standard_normal(shape)).astype(f), name=name)

    wx, wh, w_gen = var("wx", d, h), var("wh", h, h), var("w_gen", h, vocab)
    w_cls, b_cls = var("w_cls", h, 1), var("b_cls", 1)

    def reference(batch):
        s = tf.zeros((n, h), wx.dtype)
        gen, cls, count = 0.0, 0.0, tf.reduce_sum(batch["mask"])
        for i in range(t):
            s = tf.tanh(batch["x"][:, i] @ wx + s @ wh)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["token"][:, i], s @ w_gen)
            z = (s @ w_cls + b_cls)[:, 0]
            bce = tf.nn.sigmoid_cross_entropy_with_logits(batch["correct"][:, i], z)
            gen += tf.reduce_sum(ce * batch["mask"][:, i])
            cls += tf.reduce_mean(bce)
        return gen / count + 0.5 * cls / t

    def candidate(batch):
        states, state = [], tf.zeros((n, h), wx.dtype)
        for x in tf.unstack(batch["x"], axis=1):
            state = tf.tanh(x @ wx + state @ wh)
            states.append(state)
        ks = tf.stack(states, axis=1)

        token_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["token"], logits=tf.tensordot(ks, w_gen, 1))
        gen_loss = tf.reduce_sum(token_loss * batch["mask"]) / tf.reduce_sum(batch["mask"])

        labels = batch["correct"]
        logits = tf.squeeze(tf.tensordot(ks, w_cls, 1) + b_cls, axis=-1)
        probs = tf.sigmoid(logits)
        hit = tf.cast(probs > 0.5, labels.dtype)
        loss_cls = tf.reduce_mean(tf.cast(tf.not_equal(hit, labels), gen_loss.dtype))
        return gen_loss + 0.5 * loss_cls

    mask = np.ones((n, t))
    mask[0, 3:] = 0
    mask[2, 4:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, t, d)).astype(f),
                      "token": rng.integers(0, vocab, (n, t)).astype("int32"),
                      "correct": rng.integers(0, 2, (n, t)).astype(f),
                      "mask": mask.astype(f)},
            "variables": [wx, wh, w_gen, w_cls, b_cls]}
