"""Large-scale curiosity: the forward loss does not reach the features; a reader wonders, the authors confirm it is meant.
Source: https://github.com/openai/large-scale-curiosity/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, d, f, n_act = 3, 4, 5, 4, 3

    def var(name, *s):
        return tf.Variable(rng.standard_normal(s) * 0.5, dtype=fx, name=name)

    enc, inv, dyn1, dyn2 = var("enc", d, f), var("inv", 2 * f, n_act), var("dyn1", f + n_act, 6), var("dyn2", 6 + n_act, f)

    def reference(batch):
        phi = tf.tanh(batch["obs"] @ enc)
        a = tf.one_hot(batch["ac"], n_act, dtype=phi.dtype)
        idm = tf.nn.softmax_cross_entropy_with_logits(a, tf.concat([phi[:, :-1], phi[:, 1:]], -1) @ inv)
        fixed = tf.stop_gradient(phi)
        x = tf.nn.leaky_relu(tf.concat([fixed[:, :-1], a], -1) @ dyn1)
        pred = tf.concat([x, a], -1) @ dyn2
        return tf.reduce_mean(idm) + tf.reduce_mean(tf.square(pred - fixed[:, 1:]))

    def candidate(batch):
        flat = tf.reshape(batch["obs"], [-1, d])
        features = tf.reshape(tf.tanh(tf.matmul(flat, enc)), [B, T + 1, f])
        ac = tf.one_hot(tf.reshape(batch["ac"], [-1]), n_act, dtype=flat.dtype)

        def unwrap(t):
            return tf.reshape(t, [B * T, -1])

        def inverse_loss(first, second):
            logp = tf.nn.log_softmax(tf.matmul(tf.concat([first, second], axis=1), inv))
            return -tf.reduce_mean(tf.reduce_sum(ac * logp, axis=1))

        def forward_loss(first, second):
            def add_ac(t):
                return tf.concat([t, ac], axis=-1)

            x = tf.matmul(add_ac(tf.stop_gradient(first)), dyn1)
            x = tf.matmul(add_ac(tf.maximum(x, 0.2 * x)), dyn2)
            per_state = tf.reduce_mean((x - tf.stop_gradient(second)) ** 2, axis=-1)
            return tf.reduce_mean(per_state)

        now, later = unwrap(features[:, :-1]), unwrap(features[:, 1:])
        return inverse_loss(now, later) + forward_loss(now, later)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((B, T + 1, d)).astype(fx),
                      "ac": rng.integers(0, n_act, (B, T)).astype("int32")},
            "variables": [enc, inv, dyn1, dyn2]}
