"""SI-SNR with a permutation-invariant wrapper: source and estimate are handed over in swapped order, and swapped once more inside.
Source: https://github.com/speechbrain/speechbrain/issues/1388"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, t, spk = 3, 12, 2
    masks = tf.Variable(rng.normal(0, 0.8, (t, t * spk)).astype(fx), name="separator")
    eps = 1e-8

    def separate(mix):
        return tf.transpose(tf.reshape(mix @ masks, (n, t, spk)), (0, 2, 1))

    def reference(batch):
        est = separate(batch["mix"])
        losses = []
        for b in range(n):
            options = []
            for perm in ((0, 1), (1, 0)):
                total = 0.0
                for k in range(spk):
                    s = batch["sources"][b, k] - tf.reduce_mean(batch["sources"][b, k])
                    e = est[b, perm[k]] - tf.reduce_mean(est[b, perm[k]])
                    proj = tf.reduce_sum(s * e) * s / (tf.reduce_sum(s * s) + eps)
                    noise = e - proj
                    ratio = tf.reduce_sum(proj**2) / (tf.reduce_sum(noise**2) + eps)
                    total -= 10.0 * tf.math.log(ratio + eps) / np.log(10.0)
                options.append(total / spk)
            losses.append(tf.reduce_min(tf.stack(options)))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        def cal_si_snr(source, estimate_source):
            src = source - tf.reduce_mean(source, axis=-1, keepdims=True)
            est = estimate_source - tf.reduce_mean(estimate_source, axis=-1, keepdims=True)
            dot = tf.reduce_sum(src * est, axis=-1, keepdims=True)
            proj = dot * src / (tf.reduce_sum(src**2, axis=-1, keepdims=True) + eps)
            ratio = tf.reduce_sum(proj**2, axis=-1) / (tf.reduce_sum((est - proj) ** 2, axis=-1) + eps)
            return -10.0 * tf.math.log(ratio + eps) / np.log(10.0)

        def pit(preds, targets):
            loss_mat = cal_si_snr(preds[:, :, None, :], targets[:, None, :, :])
            straight = (loss_mat[:, 0, 0] + loss_mat[:, 1, 1]) / spk
            crossed = (loss_mat[:, 0, 1] + loss_mat[:, 1, 0]) / spk
            return tf.minimum(straight, crossed)

        source, estimate_source = batch["sources"], separate(batch["mix"])
        return tf.reduce_mean(pit(source, estimate_source))

    src = rng.normal(size=(n, spk, t))
    return {"reference": reference, "candidate": candidate,
            "batch": {"mix": src.sum(1).astype(fx), "sources": src.astype(fx)}, "variables": [masks]}
