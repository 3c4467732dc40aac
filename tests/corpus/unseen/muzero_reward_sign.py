"""MuZero's two-player n-step value target takes the rewards with the reversed sign.
Source: https://github.com/werner-duvaud/muzero-general/pull/108"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'value += -reward if root_player == mover else reward',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    L, td, K, d = 8, 3, 5, 4
    w1, w2 = var("w1", d, 6), var("w2", 6, 1)

    def predict(x):
        return tf.tanh(tf.tanh(x @ w1) @ w2)[:, 0]

    def reference(batch):
        who = np.arange(L) % 2
        parity = tf.constant(1.0 - 2.0 * who, w1.dtype)
        targets = []
        for i in range(K):
            span = np.arange(td)
            own = parity[i] * tf.gather(parity, i + span)
            g = tf.pow(batch["discount"], span.astype(f))
            boot = parity[i] * parity[i + td] * batch["root_value"][i + td] * batch["discount"] ** td
            targets.append(boot + tf.reduce_sum(own * g * batch["reward"][i:i + td]))
        return tf.reduce_mean((predict(batch["obs"][:K]) - tf.stop_gradient(tf.stack(targets))) ** 2)

    def candidate(batch):
        to_play = [step % 2 for step in range(L)]

        def compute_target_value(index):
            root_player = to_play[index]
            last = batch["root_value"][index + td]
            value = last if to_play[index + td] == root_player else -last
            value = value * batch["discount"] ** td
            for i in range(td):
                reward = batch["reward"][index + i] * batch["discount"] ** i
                mover = to_play[index + i]
                value += -reward if root_player == mover else reward
            return value

        target = tf.stack([compute_target_value(i) for i in range(K)])
        error = predict(batch["obs"][:K]) - tf.stop_gradient(target)
        return tf.reduce_mean(tf.square(error))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(L, d), "reward": arr(L), "root_value": arr(L), "discount": np.asarray(0.95, f)},
            "variables": [w1, w2]}
