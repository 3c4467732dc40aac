"""Scene flow fields: the backward-forward cycle adds the flow of the forward-backward cycle to the backward point.

Source (real): https://github.com/kwea123/nsff_pl/issues/16 (PyTorch, ported; rendering.py, confirmed and fixed).
Right answer: NOT equivalent; xyz_bw must be carried on by the flow that was predicted at xyz_bw.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'results["xyzs_bw_fw"] = xyz_bw + transient_flows_fw_bw',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, samples, hid = 16, 5, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(4, hid), name="trunk_w")
    w2 = tf.Variable(0.5 * arr(hid, 6), name="flow_w")
    batch = {"xyz": arr(n, samples, 3), "t": rng.random((n, 1)).astype(f), "rgb_fw": arr(n, 3)}
    dt = 0.1

    def field(xyz, t):
        tt = tf.ones_like(xyz[..., :1]) * t[:, None]
        h = tf.tanh(tf.concat([xyz, tt], -1) @ w1)
        out = tf.tanh(h @ w2)
        return out[..., :3], out[..., 3:]                 # flow to t + 1, flow to t - 1

    def reference(b):
        total = 0.0
        for i in range(b["xyz"].shape[0]):
            p, t = b["xyz"][i : i + 1], b["t"][i : i + 1]
            there_f, there_b = field(p, t)
            for direction, step in ((0, there_f), (1, there_b)):
                q = p + step
                ahead = t + dt if direction == 0 else t - dt
                back = field(q, ahead)[1 - direction]
                total += tf.reduce_mean(tf.abs(q + back - p))
            total += 0.1 * tf.reduce_mean(tf.square(tf.reduce_mean(p + there_f, 1) - b["rgb_fw"][i]))
        return total / b["xyz"].shape[0]

    def candidate(b):
        results = {}
        xyz = b["xyz"]
        transient_flows_fw, transient_flows_bw = field(xyz, b["t"])
        xyz_fw = xyz + transient_flows_fw
        xyz_bw = xyz + transient_flows_bw
        results["xyzs_fw"] = xyz_fw
        _, transient_flows_fw_bw = field(xyz_fw, b["t"] + dt)
        transient_flows_bw_fw, _ = field(xyz_bw, b["t"] - dt)
        results["xyzs_fw_bw"] = xyz_fw + transient_flows_fw_bw
        results["xyzs_bw_fw"] = xyz_bw + transient_flows_fw_bw
        results["flow_bw_fw"] = transient_flows_bw_fw
        loss = tf.reduce_mean(tf.abs(results["xyzs_fw_bw"] - xyz))
        loss += tf.reduce_mean(tf.abs(results["xyzs_bw_fw"] - xyz))
        end = tf.reduce_mean(results["xyzs_fw"], axis=1)
        return loss + 0.1 * tf.reduce_mean(tf.square(end - b["rgb_fw"]))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
