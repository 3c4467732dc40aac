"""The denoiser's loss method returns (loss, model_output) but the caller takes the first value for the target of
an L2 loss. Source: https://github.com/roboterax/video-prediction-policy/pull/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.reduce_mean(tf.square(model_output - target)), model_output",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, sigma_data = 5, 4, 0.5
    w1 = tf.Variable(rng.normal(size=(d + 1, 8)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(8, d)).astype(fx), name="w2")

    def inner_model(x, cond):
        return tf.matmul(tf.nn.silu(tf.matmul(tf.concat([x, cond], -1), w1)), w2)

    def scalings(sigma):
        total = sigma ** 2 + sigma_data ** 2
        return sigma_data ** 2 / total, sigma * sigma_data / tf.sqrt(total), 1.0 / tf.sqrt(total)

    def reference(batch):
        sigma = batch["sigma"][:, None]
        c_skip, c_out, c_in = scalings(sigma)
        noised = batch["actions"] + sigma * batch["noise"]
        out = inner_model(noised * c_in, tf.math.log(sigma) / 4)
        wanted = (batch["actions"] - c_skip * noised) / c_out
        return tf.reduce_mean((out - wanted) ** 2)

    def candidate(batch):
        def loss_fn(actions, noise, sigma):
            c_skip, c_out, c_in = scalings(sigma)
            noised_input = actions + noise * sigma
            model_output = inner_model(noised_input * c_in, tf.math.log(sigma) / 4)
            target = (actions - c_skip * noised_input) / c_out
            return tf.reduce_mean(tf.square(model_output - target)), model_output

        target, model_output = loss_fn(batch["actions"], batch["noise"], tf.expand_dims(batch["sigma"], -1))
        action_loss = tf.square(model_output - target)
        return tf.reduce_mean(tf.reduce_mean(action_loss, axis=-1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"actions": rng.normal(size=(n, d)).astype(fx), "noise": rng.normal(size=(n, d)).astype(fx),
                      "sigma": np.exp(rng.normal(size=n) * 0.7 - 0.5).astype(fx)},
            "variables": [w1, w2]}
