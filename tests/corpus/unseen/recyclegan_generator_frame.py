"""RecycleGAN: updateGenerator gets the last real frame instead of the generated one for its adversarial term, so
that term does not train the generator.
Source: https://github.com/SunnerLi/RecycleGAN/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'adv_b = gan_loss(d_b, batch["b"][:, -1])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, frames, d = 4, 3, 5
    g_ab, g_ba, pred_b = var("g_ab", d, d), var("g_ba", d, d), var("pred_b", 2 * d, d)
    d_b = rng.normal(size=(d, 1)).astype(fx)
    lam = 2.0

    def reference(batch):
        a = batch["a"]
        fb = [tf.tanh(a[:, k] @ g_ab) for k in range(frames)]
        nxt = tf.tanh(tf.concat([fb[0], fb[1]], 1) @ pred_b)
        back = tf.tanh(nxt @ g_ba)
        adv = tf.reduce_mean((fb[-1] @ d_b - 1.0) ** 2)
        recycle = tf.reduce_mean(tf.abs(back - a[:, 2]))
        b = batch["b"]
        recurrent = tf.reduce_mean(tf.abs(tf.tanh(tf.concat([b[:, 0], b[:, 1]], 1) @ pred_b) - b[:, 2]))
        return adv + lam * (recycle + recurrent)

    def candidate(batch):
        def gan_loss(critic, frame):
            return tf.reduce_mean(tf.square(tf.matmul(frame, critic) - 1.0))

        def predict(frame_list):
            return tf.tanh(tf.matmul(tf.concat(frame_list, axis=-1), pred_b))

        true_a_frame_list = tf.unstack(batch["a"], axis=1)
        true_b_frame_list = tf.unstack(batch["b"], axis=1)
        fake_b_frame_list = [tf.tanh(tf.matmul(f, g_ab)) for f in true_a_frame_list]
        fake_b_pred = predict(fake_b_frame_list[:2])
        reconst_a = tf.tanh(tf.matmul(fake_b_pred, g_ba))
        recycle = tf.reduce_mean(tf.abs(reconst_a - true_a_frame_list[-1]))
        recurrent = tf.reduce_mean(tf.abs(predict(true_b_frame_list[:2]) - true_b_frame_list[-1]))
        adv_b = gan_loss(d_b, batch["b"][:, -1])
        return adv_b + lam * (recycle + recurrent)

    return {"reference": reference, "candidate": candidate,
            "batch": {"a": rng.uniform(-1, 1, (n, frames, d)).astype(fx), "b": rng.uniform(-1, 1, (n, frames, d)).astype(fx)},
            "variables": [g_ab, g_ba, pred_b]}
