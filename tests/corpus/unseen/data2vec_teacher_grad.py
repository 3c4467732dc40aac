"""data2vec-pytorch: the teacher's targets go into the regression undetached and send gradient into the shared front end.
Source: https://github.com/arxyzan/data2vec-pytorch/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "y = layer_average(ema_blocks, feats)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, h, depth, top_k = 3, 6, 4, 6, 3, 2
    front = keras.layers.Dense(h, activation="gelu", name="feature_extractor")
    front.build((None, None, d))
    blocks = [keras.Variable((0.5 * rng.standard_normal((h, h))).astype(f), name=f"block{i}") for i in range(depth)]
    ema = [tf.constant((0.5 * rng.standard_normal((h, h))).astype(f)) for i in range(depth)]
    reg = keras.layers.Dense(h, name="regression_head")
    reg.build((None, None, h))
    mask_emb = keras.Variable(rng.standard_normal(h).astype(f), name="mask_emb")

    def reference(batch):
        x = front(batch["audio"])
        m = batch["mask"][..., None]
        s = x * (1 - m) + mask_emb * m
        for w in blocks:
            s = s + tf.tanh(tf.matmul(s, tf.convert_to_tensor(w)))
        pred = reg(s)
        k = tf.stop_gradient(x)
        acc = 0.0
        for i, w in enumerate(ema):
            k = k + tf.tanh(tf.matmul(k, w))
            if i >= depth - top_k:
                acc = acc + k / top_k
        err = tf.reduce_sum((pred - acc) ** 2 * m) / tf.reduce_sum(m) / h
        return err

    def candidate(batch):
        def layer_average(weights, hidden):
            outs = []
            for w in weights:
                hidden = hidden + tf.tanh(tf.matmul(hidden, w))
                outs.append(hidden)
            return tf.reduce_mean(tf.stack(outs[-top_k:]), axis=0)

        ema_blocks = ema
        mask = batch["mask"] > 0
        feats = front(batch["audio"])
        x = tf.where(mask[..., None], tf.convert_to_tensor(mask_emb), feats)
        for blk in blocks:
            x = x + tf.tanh(tf.matmul(x, tf.convert_to_tensor(blk)))
        x = reg(x)
        y = layer_average(ema_blocks, feats)
        x, y = tf.boolean_mask(x, mask), tf.boolean_mask(y, mask)
        return tf.reduce_mean(tf.square(x - y))

    mask = rng.integers(0, 2, (n, t)); mask[:, 0] = 1; mask[:, 1] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"audio": rng.standard_normal((n, t, d)).astype(f), "mask": mask.astype(f)},
            "variables": front.trainable_variables + blocks + reg.trainable_variables + [mask_emb]}
