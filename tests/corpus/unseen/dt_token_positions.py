"""Decision transformer: is action_preds from x[:, 1] and state_preds from x[:, 2] swapped? The authors explain the
(R, s, a) interleaving; it is right. Source: https://github.com/kzl/decision-transformer/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, sd, ad, h = 3, 4, 3, 2, 6

    def lin(name, i, o):
        lay = keras.layers.Dense(o, name=name)
        lay.build((None, i))
        return lay

    er, es, ea = lin("er", 1, h), lin("es", sd, h), lin("ea", ad, h)
    wq, wv = lin("wq", h, h), lin("wv", h, h)
    pa, ps = lin("pa", h, ad), lin("ps", h, sd)

    def attend(x, length):
        w = tf.einsum("bid,bjd->bij", wq(x), x) / float(np.sqrt(h))
        tri = tf.linalg.band_part(tf.ones((length, length), x.dtype), -1, 0)
        return x + tf.einsum("bij,bjd->bid", tf.nn.softmax(w - 1e9 * (1.0 - tri)), wv(x))

    def reference(batch):
        seq = []
        for i in range(t):
            seq += [er(batch["rtg"][:, i]), es(batch["state"][:, i]), ea(batch["action"][:, i])]
        x = attend(tf.stack(seq, axis=1), 3 * t)
        num = den = 0.0
        for i in range(t):
            m = batch["mask"][:, i]
            err = tf.reduce_mean(tf.square(pa(x[:, 3 * i + 1]) - batch["action"][:, i]), -1)
            err += tf.reduce_mean(tf.square(ps(x[:, 3 * i + 2]) - batch["next_state"][:, i]), -1)
            num += tf.reduce_sum(m * err)
            den += tf.reduce_sum(m)
        return num / den

    def candidate(batch):
        stacked = tf.stack([er(batch["rtg"]), es(batch["state"]), ea(batch["action"])], axis=1)
        stacked = tf.reshape(tf.transpose(stacked, [0, 2, 1, 3]), [b, 3 * t, h])
        x = attend(stacked, 3 * t)
        x = tf.transpose(tf.reshape(x, [b, t, 3, h]), [0, 2, 1, 3])
        state_preds = ps(x[:, 2])
        action_preds = pa(x[:, 1])
        keep = tf.reshape(batch["mask"], [-1]) > 0

        def masked(y, target):
            k = target.shape[-1]
            diff = tf.boolean_mask(tf.reshape(y - target, [-1, k]), keep)
            return tf.reduce_mean(diff ** 2)

        return masked(action_preds, batch["action"]) + masked(state_preds, batch["next_state"])

    def arr(*s):
        return rng.standard_normal(s).astype(fx)

    mask = np.ones((b, t))
    mask[0, :2] = 0
    mask[2, :1] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"rtg": arr(b, t, 1), "state": arr(b, t, sd), "action": arr(b, t, ad),
                      "next_state": arr(b, t, sd), "mask": mask.astype(fx)},
            "variables": [w for lay in (er, es, ea, wq, wv, pa, ps) for w in lay.trainable_variables
                          if not (lay is wq and w.shape.rank == 1)]}
