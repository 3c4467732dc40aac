"""The per-sample std of the targets is vectorised over the padded batch; the loop took .std(dim=0)
of the valid nodes. Source: https://github.com/wandb/senpai/pull/1498"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'variance = tf.reduce_sum(tf.square(centred), axis=1, keepdims=True) / n_valid',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, n, d, c = 4, 5, 3, 2
    x = normal(b, n, d)
    y = normal(b, n, c)
    lengths = np.array([2, 5, 3, 4])
    mask = (np.arange(n)[None, :] < lengths[:, None]).astype(fx)
    tandem = np.array([1, 0, 0, 1], dtype="int32")
    channel_clamps = np.array([0.1, 0.2], dtype=fx)
    tandem_clamps = np.array([0.2, 0.1], dtype=fx)
    kernel = var("kernel", d, c)
    bias = var("bias", c)

    def reference(batch):
        pred = tf.einsum("bnd,dc->bnc", batch["x"], kernel) + bias
        errors, count = [], 0.0
        for s in range(b):
            rows = tf.where(batch["mask"][s] > 0.5)[:, 0]
            target = tf.gather(batch["y"][s], rows)
            k = tf.cast(tf.shape(target)[0], target.dtype)
            mu = tf.reduce_mean(target, axis=0)
            std = tf.sqrt(tf.reduce_sum((target - mu) ** 2, axis=0) / (k - 1.0))
            floor = tandem_clamps if int(batch["tandem"][s]) else channel_clamps
            std = tf.maximum(std, floor)
            errors.append(tf.reduce_sum(((tf.gather(pred[s], rows) - target) / std) ** 2))
            count += k
        return tf.add_n(errors) / count

    def candidate(batch):
        mask_f = batch["mask"][:, :, None]
        n_valid = tf.maximum(tf.reduce_sum(mask_f, axis=1, keepdims=True), 1.0)
        y_masked = batch["y"] * mask_f
        y_mean = tf.reduce_sum(y_masked, axis=1, keepdims=True) / n_valid
        centred = (y_masked - y_mean) * mask_f
        variance = tf.reduce_sum(tf.square(centred), axis=1, keepdims=True) / n_valid
        raw = tf.sqrt(variance)
        is_tandem = (batch["tandem"] > 0)[:, None, None]
        clamp_vals = tf.where(is_tandem, tandem_clamps[None, None, :], channel_clamps[None, None, :])
        sample_stds = tf.maximum(raw, clamp_vals)
        pred = tf.tensordot(batch["x"], kernel, axes=[[2], [0]]) + bias
        sq = tf.square(pred / sample_stds - batch["y"] / sample_stds) * mask_f
        return tf.reduce_sum(sq) / tf.reduce_sum(batch["mask"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "mask": mask, "tandem": tandem}, "variables": [kernel, bias]}
