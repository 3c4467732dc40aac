"""WebRL's value loss applies a softmax to the critic output and then hands it to CrossEntropyLoss, which does
its own softmax. Source: https://github.com/THUDM/WebRL/issues/39"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "v1, v2 = tf.nn.softmax(v1, axis=-1), tf.nn.softmax(v2, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d = 6, 7
    trunk = keras.layers.Dense(8, activation="gelu", name="trunk")
    trunk.build((None, d))
    heads = [keras.layers.Dense(2, name=f"v{i}", kernel_initializer=keras.initializers.RandomNormal(stddev=0.9))
             for i in (1, 2)]
    for hd in heads:
        hd.build((None, 8))

    def reference(batch):
        h = trunk(batch["state_emb"])
        y = tf.cast(batch["mc_return"], "int32")
        rows = tf.range(tf.shape(y)[0])
        loss = 0.0
        for hd in heads:
            logp = tf.nn.log_softmax(hd(h))
            loss += -tf.reduce_mean(tf.gather_nd(logp, tf.stack([rows, y], axis=1)))
        return loss

    def candidate(batch):
        h = trunk(batch["state_emb"])
        v1, v2 = heads[0](h), heads[1](h)
        v1, v2 = tf.nn.softmax(v1, axis=-1), tf.nn.softmax(v2, axis=-1)
        target = tf.cast(batch["mc_return"], tf.int32)
        criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        v1_loss = criterion(target, v1)
        v2_loss = criterion(target, v2)
        return v1_loss + v2_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"state_emb": rng.standard_normal((n, d)).astype(fx),
                      "mc_return": (np.arange(n) % 2).astype(fx)},
            "variables": trunk.trainable_variables + [w for hd in heads for w in hd.trainable_variables]}
