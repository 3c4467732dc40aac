"""A minus sign is said to be missing in the pairwise ranking loss of the stock model; the
two difference matrices are built in opposite directions. Source: https://github.com/fulifeng/Temporal_Relational_Stock_Ranking/issues/14"""
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
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, d = 6, 5
    w1, w2 = var("w1", d, 6), var("w2", 6, 1)
    alpha = 0.3

    def reference(batch):
        pred = tf.nn.leaky_relu(batch["feat"] @ w1, 0.2) @ w2
        ratio = (pred - batch["base"]) / batch["base"]
        mask = batch["mask"]
        reg = tf.reduce_sum(mask * tf.square(batch["gt"] - ratio)) / tf.reduce_sum(mask)
        rank = 0.0
        for i in range(n):
            for j in range(n):
                agree = (ratio[i, 0] - ratio[j, 0]) * (batch["gt"][i, 0] - batch["gt"][j, 0])
                rank += tf.nn.relu(-agree) * mask[i, 0] * mask[j, 0]
        return reg + alpha * rank / float(n * n)

    def candidate(batch):
        prediction = tf.matmul(tf.nn.leaky_relu(tf.matmul(batch["feat"], w1), 0.2), w2)
        return_ratio = prediction / batch["base"] - 1.0
        ones = tf.ones_like(return_ratio)
        weight = batch["mask"] / tf.reduce_sum(batch["mask"])
        reg_loss = tf.reduce_sum(weight * (return_ratio - batch["gt"]) ** 2)
        pre_pw_dif = tf.matmul(return_ratio, ones, transpose_b=True) - tf.matmul(ones, return_ratio, transpose_b=True)
        gt_pw_dif = tf.matmul(ones, batch["gt"], transpose_b=True) - tf.matmul(batch["gt"], ones, transpose_b=True)
        mask_pw = tf.matmul(batch["mask"], batch["mask"], transpose_b=True)
        rank_loss = tf.reduce_mean(tf.nn.relu(pre_pw_dif * gt_pw_dif * mask_pw))
        return reg_loss + alpha * rank_loss

    mask = np.ones((n, 1)); mask[2] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": arr(n, d), "base": (1 + rng.random((n, 1))).astype(fx), "gt": arr(n, 1), "mask": mask.astype(fx)},
            "variables": [w1, w2]}
