"""Audio-visual separation: what is the -gamma*(S_true_i - S_pred_j)^2 part? It is the
discriminative term of the joint objective; here against a vectorised form. Source: https://github.com/bill9800/speech_separation/issues/8"""
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

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, t, f, spk, gamma = 3, 4, 5, 3, 0.1
    net = var("net", f, f * spk, scale=0.5)
    mix = rng.standard_normal((n, t, f)).astype(fx)
    true = rng.standard_normal((n, t, f, spk)).astype(fx)
    frames = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]]).astype(fx)

    def reference(batch):
        masks = tf.sigmoid(tf.reshape(tf.einsum("ntf,fg->ntg", batch["mix"], net), [n, t, f, spk]))
        s_pred = masks * batch["mix"][..., None]
        s_true = batch["true"]
        acc = tf.zeros([n, t, f], s_pred.dtype)
        for i in range(spk):
            acc += tf.square(s_true[..., i] - s_pred[..., i])
            for j in range(spk):
                if i != j:
                    acc -= gamma * tf.square(s_true[..., i] - s_pred[..., j])
        acc = acc * batch["frames"][:, :, None]
        return tf.reduce_sum(acc) / (tf.reduce_sum(batch["frames"]) * f)

    def candidate(batch):
        s = batch["true"]
        est = tf.reshape(batch["mix"] @ net, [n, t, f, spk])
        est = batch["mix"][:, :, :, None] * tf.sigmoid(est)
        cross = tf.square(s[..., :, None] - est[..., None, :])
        eye = tf.eye(spk, dtype=cross.dtype)
        coef = eye * (1.0 + gamma) - gamma
        per_bin = tf.reduce_sum(cross * coef, axis=[-2, -1])
        per_frame = tf.reduce_mean(per_bin, axis=-1)
        m = batch["frames"]
        return tf.reduce_sum(per_frame * m) / tf.reduce_sum(m)

    return {"reference": reference, "candidate": candidate,
            "batch": {"mix": mix, "true": true, "frames": frames}, "variables": [net]}
