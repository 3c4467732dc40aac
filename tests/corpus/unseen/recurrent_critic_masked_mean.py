"""Value loss of a recurrent agent: the padded steps are zeroed, but the mean still counts them.

Source (real): https://github.com/DeepX-inc/machina/pull/198 (PyTorch, ported: the losses with out_masks for RNN policies).
Right answer: NOT equivalent to the mean over the valid steps.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(vf_loss * out_masks)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, obs, hid, clip = 15, 6, 4, 5, 0.4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_in = tf.Variable(0.5 * arr(obs, hid), name="rnn_in")
    w_rec = tf.Variable(0.4 * arr(hid, hid), name="rnn_rec")
    w_out = tf.Variable(0.6 * arr(hid), name="value_head")
    ends = rng.integers(2, steps + 1, n)
    batch = {"obs": arr(n, steps, obs), "rets": arr(n, steps), "vs_old": 0.5 * arr(n, steps),
             "out_masks": (np.arange(steps)[None] < ends[:, None]).astype(f)}

    def reference(b):
        total, count = 0.0, 0
        for i, stop in enumerate(b["out_masks"].numpy().sum(1).astype(int)):
            h = tf.zeros([1, hid], w_in.dtype)
            for t in range(stop):
                h = tf.tanh(b["obs"][i, t][None] @ w_in + h @ w_rec)
                v = tf.tensordot(h[0], w_out, 1)
                old = b["vs_old"][i, t]
                near = tf.minimum(tf.maximum(v, old - clip), old + clip)
                total += 0.5 * tf.maximum((v - b["rets"][i, t]) ** 2, (near - b["rets"][i, t]) ** 2)
                count += 1
        return total / float(count)

    def candidate(b):
        class DeterministicSVfunc:
            def __call__(self, obs_seq):
                hs = tf.zeros([obs_seq.shape[0], hid], obs_seq.dtype)
                vs = []
                for t in range(obs_seq.shape[1]):
                    hs = tf.tanh(obs_seq[:, t] @ w_in + hs @ w_rec)
                    vs.append(tf.linalg.matvec(hs, w_out))
                return tf.stack(vs, axis=1)

        def monte_carlo_clip(vf, batch, clip_param):
            vs = vf(batch["obs"])
            vs_clip = batch["vs_old"] + tf.clip_by_value(vs - batch["vs_old"], -clip_param, clip_param)
            vfloss1 = tf.square(vs - batch["rets"])
            vfloss2 = tf.square(vs_clip - batch["rets"])
            vf_loss = 0.5 * tf.maximum(vfloss1, vfloss2)
            out_masks = batch["out_masks"]
            return tf.reduce_mean(vf_loss * out_masks)

        return monte_carlo_clip(DeterministicSVfunc(), b, clip)

    return {"variables": [w_in, w_rec, w_out], "batch": batch, "reference": reference, "candidate": candidate}
