"""Asked why the gradient is halved after every model step. It follows the paper; the forward pass stays as it is.
Source: https://github.com/Hwhitetooth/jax_muzero/issues/2"""
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
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, K, d, m = 5, 3, 4, 2
    rep, dyn, act_k, val, rew = var("rep", d, d), var("dyn", d, d), var("act_k", m, d), var("val", d, 1), var("rew", d, 1)

    @tf.custom_gradient
    def halve(x):
        return tf.identity(x), lambda up: 0.5 * up

    def reference(batch):
        s = tf.tanh(batch["obs"] @ rep)
        loss = tf.reduce_mean((s @ val - batch["value"][0]) ** 2)
        for k in range(K):
            s = tf.tanh(s @ dyn + batch["act"][k] @ act_k)
            step = tf.reduce_mean((s @ rew - batch["reward"][k]) ** 2) + tf.reduce_mean((s @ val - batch["value"][k + 1]) ** 2)
            loss += step / K
            s = halve(s)
        return loss

    def candidate(batch):
        def scale_gradient(tensor, scale):
            return tensor * scale + tf.stop_gradient(tensor) * (1.0 - scale)

        state = tf.tanh(tf.matmul(batch["obs"], rep))
        values, rewards = [tf.matmul(state, val)], []
        for action in tf.unstack(batch["act"]):
            state = tf.tanh(tf.matmul(state, dyn) + tf.matmul(action, act_k))
            rewards.append(tf.matmul(state, rew))
            values.append(tf.matmul(state, val))
            state = scale_gradient(state, 0.5)
        v_err = tf.reduce_mean(tf.square(tf.stack(values) - batch["value"]), axis=[1, 2])
        r_err = tf.reduce_mean(tf.square(tf.stack(rewards) - batch["reward"]), axis=[1, 2])
        return v_err[0] + tf.reduce_mean(v_err[1:] + r_err)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "act": arr(K, n, m), "value": arr(K + 1, n, 1), "reward": arr(K, n, 1)},
            "variables": [rep, dyn, act_k, val, rew]}
