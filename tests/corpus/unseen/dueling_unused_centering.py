"""Double & dueling DQN: the centred advantage is computed but the Q output adds the raw advantage to the value.
Source: https://github.com/louisnino/RLcode/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "q = svalue + avalue",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, a, gamma = 6, 4, 3, 0.9
    trunk = keras.layers.Dense(8, activation="tanh", name="trunk")
    trunk.build((None, d))
    av = keras.layers.Dense(a, name="avalue")
    av.build((None, 8))
    sv = keras.layers.Dense(1, name="svalue")
    sv.build((None, 8))
    tgt = rng.standard_normal((d, a)).astype(fx)

    def reference(batch):
        h = trunk(batch["s"])
        adv, val = av(h), sv(h)[:, 0]
        chosen = tf.gather(adv, batch["a"], batch_dims=1) - tf.reduce_mean(adv, axis=1) + val
        h2 = trunk(batch["s2"])
        best = tf.argmax(av(h2), axis=-1)
        boot = tf.gather(batch["s2"] @ tgt, best, batch_dims=1)
        y = batch["r"] + gamma * (1.0 - batch["done"]) * boot
        return tf.reduce_mean(batch["isw"] * tf.square(y - chosen))

    def candidate(batch):
        def q_net(s):
            h = trunk(s)
            svalue, avalue = sv(h), av(h)
            mean = tf.reduce_mean(avalue, axis=1, keepdims=True)
            advantage = avalue - mean
            q = svalue + avalue
            return q, advantage

        q_pred, _ = q_net(batch["s"])
        _, next_adv = q_net(batch["s2"])
        next_a = tf.one_hot(tf.argmax(next_adv, axis=1), a, dtype=q_pred.dtype)
        target = tf.reduce_sum(tf.matmul(batch["s2"], tgt) * next_a, axis=1)
        target = tf.stop_gradient(batch["r"] + gamma * target * (1.0 - batch["done"]))
        q_sa = tf.reduce_sum(q_pred * tf.one_hot(batch["a"], a, dtype=q_pred.dtype), axis=1)
        td = q_sa - target
        return tf.reduce_mean(batch["isw"] * td * td)

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": rng.standard_normal((n, d)).astype(fx), "s2": rng.standard_normal((n, d)).astype(fx),
                      "a": rng.integers(0, a, n).astype("int32"), "r": rng.standard_normal(n).astype(fx),
                      "done": (np.arange(n) == 2).astype(fx), "isw": rng.uniform(0.4, 1, n).astype(fx)},
            "variables": trunk.trainable_variables + av.trainable_variables + sv.trainable_variables}
