"""Motion forecasting (MTR decoder): the classification loss, one value per agent, is summed over the agents and then added to every agent's loss.

Source (real): https://github.com/sshaoshuai/MTR/issues/18 (PyTorch, ported; the author: a mistake from a refactoring, kept as another loss weight).
Right answer: NOT equivalent; the classification weighs more by the number of agents.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "layer_loss = loss_reg_gmm * weight_reg + loss_reg_vel * weight_vel + tf.reduce_sum(loss_cls, -1) * weight_cls",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, modes, steps, d = 15, 4, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_traj = tf.Variable(0.3 * arr(d, modes * steps * 5), name="traj_head")
    w_cls = tf.Variable(0.6 * arr(d, modes), name="cls_head")
    weight_cls, weight_reg, weight_vel = 1.0, 1.0, 0.5
    batch = {
        "query": arr(n, d),
        "gt": arr(n, steps, 2),
        "gt_vel": arr(n, steps, 2),
        "best": rng.integers(0, modes, n),
        "valid": (rng.random((n, steps)) > 0.2).astype(f),
    }

    def heads(q):
        return tf.reshape(q @ w_traj, [-1, modes, steps, 5]), q @ w_cls

    def reference(b):
        trajs, scores = heads(b["query"])
        total = 0.0
        for i in range(n):
            k = b["best"][i]
            mu, log_s, vel = trajs[i, k, :, :2], tf.tanh(trajs[i, k, :, 2]), trajs[i, k, :, 3:]
            sq = tf.reduce_sum((b["gt"][i] - mu) ** 2, -1)
            total += weight_reg * tf.reduce_sum((0.5 * sq * tf.exp(-2.0 * log_s) + 2.0 * log_s) * b["valid"][i])
            total += weight_vel * tf.reduce_sum(tf.reduce_sum(tf.abs(vel - b["gt_vel"][i]), -1) * b["valid"][i])
            total += weight_cls * (tf.reduce_logsumexp(scores[i]) - scores[i, k])
        return total / n

    def candidate(b):
        def nll_loss_gmm_direct(pred, gt, mask):
            log_std = tf.tanh(pred[..., 2])
            dist = tf.reduce_sum(tf.square(gt - pred[..., 0:2]), -1)
            reg_gmm_exp = 0.5 * dist * tf.exp(-2.0 * log_std)
            return tf.reduce_sum((2.0 * log_std + reg_gmm_exp) * mask, axis=-1)

        pred_trajs, pred_scores = heads(b["query"])
        nearest_trajs = tf.gather(pred_trajs, b["best"], batch_dims=1)
        loss_reg_gmm = nll_loss_gmm_direct(nearest_trajs, b["gt"], b["valid"])
        vel_l1 = tf.reduce_sum(tf.abs(nearest_trajs[..., 3:5] - b["gt_vel"]), axis=-1)
        loss_reg_vel = tf.reduce_sum(vel_l1 * b["valid"], axis=-1)
        loss_cls = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["best"], logits=pred_scores)
        layer_loss = loss_reg_gmm * weight_reg + loss_reg_vel * weight_vel + tf.reduce_sum(loss_cls, -1) * weight_cls
        return tf.reduce_mean(layer_loss)

    return {"variables": [w_traj, w_cls], "batch": batch, "reference": reference, "candidate": candidate}
