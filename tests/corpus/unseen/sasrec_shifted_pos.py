"""Question why pos is the input sequence moved by one step. Right: every time step is scored against
its next item, padding left out. Source: https://github.com/pmixer/SASRec.pytorch/issues/12"""
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
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, t, items, d = 3, 6, 9, 5
    emb, mix = var("item_emb", items, d), var("mix", d, d)
    seq = rng.integers(1, items, (b, t + 1))
    seq[0, :3] = 0
    seq[2, :1] = 0
    neg = rng.integers(1, items, (b, t))
    batch = {"log_seq": seq[:, :-1].astype("int32"), "pos": seq[:, 1:].astype("int32"), "neg": neg.astype("int32")}

    def states(ids):
        real = tf.cast(ids != 0, fx)[..., None]
        return tf.tanh(tf.cumsum(tf.gather(emb, ids) * real, axis=1) @ tf.reshape(mix, (1, d, d)))

    def reference(batch):
        s = states(batch["log_seq"])
        losses = []
        for u in range(b):
            for step in range(t):
                nxt = int(batch["pos"][u, step])
                if nxt == 0:
                    continue
                up = tf.tensordot(s[u, step], emb[nxt], 1)
                down = tf.tensordot(s[u, step], emb[int(batch["neg"][u, step])], 1)
                losses.append((tf.nn.softplus(-up), tf.nn.softplus(down)))
        return tf.add_n([p + q for p, q in losses]) / len(losses)

    def candidate(batch):
        log_feats = states(batch["log_seq"])
        pos_logits = tf.reduce_sum(log_feats * tf.gather(emb, batch["pos"]), axis=-1)
        neg_logits = tf.reduce_sum(log_feats * tf.gather(emb, batch["neg"]), axis=-1)
        indices = tf.where(batch["pos"] != 0)
        pos_logits, neg_logits = tf.gather_nd(pos_logits, indices), tf.gather_nd(neg_logits, indices)
        bce = keras.losses.binary_crossentropy
        loss = bce(tf.ones_like(pos_logits), pos_logits, from_logits=True)
        loss += bce(tf.zeros_like(neg_logits), neg_logits, from_logits=True)
        return loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, mix]}
