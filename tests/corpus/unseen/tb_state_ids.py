"""GFlowNet trajectory balance: the per-trajectory state ids are rebased to negative numbers, which breaks the masks.
Source: https://github.com/alexhernandezgarcia/gflownet/pull/116"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "index",
            "line_marker": "state_id[traj_id == tid] -= state_id[traj_id == tid].min() + 1", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    d, A = 4, 3
    lengths = [3, 4, 2]
    n = sum(lengths)
    fw = tf.Variable(rng.normal(size=(d, A)).astype(fx), name="forward_w")
    bw = tf.Variable(rng.normal(size=(d, A)).astype(fx), name="backward_w")
    logz = tf.Variable(np.asarray(0.5).astype(fx), name="log_z")

    def reference(batch):
        losses, k = [], 0
        for i, m in enumerate(lengths):
            diff = logz - batch["log_reward"][i]
            for _ in range(m):
                a = int(batch["action"][k])
                diff += tf.nn.log_softmax(tf.tensordot(batch["parent"][k], fw, 1))[a]
                diff -= tf.nn.log_softmax(tf.tensordot(batch["state"][k], bw, 1))[a]
                k += 1
            losses.append(diff ** 2)
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        traj_id = batch["traj_id"].numpy()
        state_id = batch["state_id"].numpy().copy()
        for tid in np.unique(traj_id):
            state_id[traj_id == tid] -= state_id[traj_id == tid].min() + 1
        logp_f = tf.gather(tf.nn.log_softmax(tf.matmul(batch["parent"], fw)), batch["action"], batch_dims=1)
        logp_b = tf.gather(tf.nn.log_softmax(tf.matmul(batch["state"], bw)), batch["action"], batch_dims=1)
        rows = tf.one_hot(traj_id, len(lengths), dtype=logp_f.dtype)
        cols = tf.one_hot(state_id, max(lengths) + 1, dtype=logp_f.dtype)
        table_f = tf.einsum("n,ni,nj->ij", logp_f, rows, cols)
        table_b = tf.einsum("n,ni,nj->ij", logp_b, rows, cols)
        total_f = tf.reduce_sum(table_f[:, 1:], axis=1)
        total_b = tf.reduce_sum(table_b[:, 1:], axis=1)
        return tf.reduce_mean(tf.square(logz + total_f - batch["log_reward"] - total_b))

    return {"reference": reference, "candidate": candidate,
            "batch": {"parent": rng.normal(size=(n, d)).astype(fx), "state": rng.normal(size=(n, d)).astype(fx),
                      "action": rng.integers(0, A, n), "log_reward": rng.normal(size=3).astype(fx),
                      "traj_id": np.repeat(np.arange(3), lengths), "state_id": np.arange(n) + 7},
            "variables": [fw, bw, logz]}
