"""neural_sp train.py: with gradient accumulation the loss of each micro batch is not divided by accum_grad_n_steps.
Source: https://github.com/hirofumi0810/neural_sp/issues/168"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss_train += loss',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    n, steps, t, vocab, d = 6, 3, 5, 7, 4
    emb = tf.Variable(rng.normal(size=(vocab, d)).astype(F), name="emb")
    rec = tf.Variable((0.5 * rng.normal(size=(d, d))).astype(F), name="rec")
    out = tf.Variable(rng.normal(size=(d, vocab)).astype(F), name="out")

    def lm(ids):
        e = tf.gather(emb, ids)
        h = tf.zeros_like(e[:, 0])
        hs = []
        for i in range(ids.shape[1]):
            h = tf.tanh(e[:, i] + h @ rec)
            hs.append(h)
        return tf.stack(hs, 1) @ out

    def reference(batch):
        ids = batch["ids"]
        logits = lm(ids[:, :-1])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits)
        return tf.reduce_mean(nll) + 1e-2 * tf.reduce_sum(rec ** 2)

    def candidate(batch):
        accum_grad_n_steps = steps
        size = n // accum_grad_n_steps
        loss_train = 0.0
        for step in range(accum_grad_n_steps):
            ys = batch["ids"][step * size:(step + 1) * size]
            ys_in, ys_out = ys[:, :-1], ys[:, 1:]
            logits = lm(ys_in)
            log_probs = tf.nn.log_softmax(logits, axis=-1)
            picked = tf.gather(log_probs, ys_out, batch_dims=2)
            loss = -tf.reduce_mean(picked)
            loss_train += loss
        weight_decay = 1e-2 * tf.reduce_sum(tf.square(rec))
        return loss_train + weight_decay

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, (n, t + 1))}, "variables": [emb, rec, out]}
