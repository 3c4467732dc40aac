"""torchrl GPT2RewardModel: identical chosen/rejected pairs are skipped, yet the sum is divided by the full batch size.
Source: https://github.com/pytorch/rl/pull/3886"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = loss / batch_size",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, v, d, pad = 5, 6, 11, 4, 0
    emb = keras.Variable(rng.standard_normal((v, d)).astype(f), name="emb")
    w = keras.Variable(rng.standard_normal((d, 1)).astype(f), name="w_reward")

    def rewards(ids):
        h = tf.cumsum(tf.gather(tf.convert_to_tensor(emb), ids), axis=1)
        return tf.squeeze(tf.matmul(tf.tanh(h), tf.convert_to_tensor(w)), -1)

    def reference(batch):
        c, r = batch["chosen"], batch["rejected"]
        rc, rr = rewards(c), rewards(r)
        pos = tf.range(t)[None]
        differ = tf.cast(c != r, "int32")
        valid = tf.reduce_any(c != r, axis=1)
        start = tf.argmax(differ, axis=1, output_type=tf.int32)
        end = tf.maximum(tf.reduce_sum(tf.cast(c != pad, "int32"), 1), tf.reduce_sum(tf.cast(r != pad, "int32"), 1))
        span = tf.cast((pos >= start[:, None]) & (pos < end[:, None]) & valid[:, None], f)
        per = tf.reduce_sum(tf.nn.softplus(rr - rc) * span, 1) / tf.maximum(tf.reduce_sum(span, 1), 1.0)
        return tf.reduce_sum(per) / tf.reduce_sum(tf.cast(valid, f))

    def candidate(batch):
        chosen_ids, rejected_ids = batch["chosen"].numpy(), batch["rejected"].numpy()
        chosen_rewards = rewards(batch["chosen"])
        rejected_rewards = rewards(batch["rejected"])
        batch_size = chosen_ids.shape[0]
        loss = 0.0
        for i in range(batch_size):
            if (chosen_ids[i] == rejected_ids[i]).all():
                continue
            c_ind = int((chosen_ids[i] != pad).sum())
            r_ind = int((rejected_ids[i] != pad).sum())
            end_ind = max(c_ind, r_ind)
            divergence_ind = int((chosen_ids[i] != rejected_ids[i]).nonzero()[0][0])
            c_trunc = chosen_rewards[i, divergence_ind:end_ind]
            r_trunc = rejected_rewards[i, divergence_ind:end_ind]
            loss += -tf.reduce_mean(tf.math.log_sigmoid(c_trunc - r_trunc))
        loss = loss / batch_size
        return loss

    c = rng.integers(1, v, (n, t)); r = c.copy()
    for i, k in enumerate([2, 3, 1]):
        r[i, k:] = rng.integers(1, v, t - k); r[i, k] = c[i, k] % (v - 1) + 1
    c[0, 5:] = pad; r[1, 4:] = pad
    return {"reference": reference, "candidate": candidate,
            "batch": {"chosen": c.astype("int32"), "rejected": r.astype("int32")},
            "variables": [emb, w]}
