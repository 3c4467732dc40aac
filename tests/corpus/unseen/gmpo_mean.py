"""The geometric mean policy loss calls mean over the local sequences instead of the aggregation that
uses the global number of sequences. Source: https://github.com/verl-project/verl/pull/5614"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'pg_loss = tf.reduce_mean(losses)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, t, d, v = 6, 4, 3, 4
    h = normal(b, t, d)
    tokens = rng.integers(0, v, (b, t)).astype("int32")
    old = (-1.2 + 0.2 * rng.standard_normal((b, t))).astype(fx)
    adv = normal(b)
    mask = (np.arange(t)[None] < np.array([4, 2, 3, 1, 4, 2])[:, None]).astype(fx)
    rank = np.array([0, 0, 0, 0, 1, 1], dtype="int32")
    head = var("head", d, v, scale=0.5)

    def reference(batch):
        losses = []
        for i in range(b):
            n_tok = int(tf.reduce_sum(batch["mask"][i]))
            diff = 0.0
            for j in range(n_tok):
                logits = (batch["h"][i, j][None] @ head)[0]
                diff += tf.nn.log_softmax(logits)[int(batch["tokens"][i, j])] - batch["old"][i, j]
            ratio = tf.exp(tf.clip_by_value(diff / n_tok, -0.4, 0.4))
            losses.append(-batch["adv"][i] * ratio)
        return tf.add_n(losses) / b

    def candidate(batch):
        dp_size = 2
        grads_loss = 0.0
        for r in range(dp_size):
            rows = tf.where(tf.equal(batch["rank"], r))[:, 0]
            m = tf.gather(batch["mask"], rows)
            logits = tf.einsum("btd,dv->btv", tf.gather(batch["h"], rows), head)
            logp = tf.gather(tf.nn.log_softmax(logits, -1), tf.gather(batch["tokens"], rows), batch_dims=2)
            log_ratio = tf.reduce_sum((logp - tf.gather(batch["old"], rows)) * m, 1) / tf.reduce_sum(m, 1)
            geo_mean = tf.exp(tf.clip_by_value(log_ratio, -0.4, 0.4))
            losses = -tf.gather(batch["adv"], rows) * geo_mean
            pg_loss = tf.reduce_mean(losses)
            grads_loss += pg_loss / dp_size
        return grads_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": h, "tokens": tokens, "old": old, "adv": adv, "mask": mask, "rank": rank},
            "variables": [head]}
