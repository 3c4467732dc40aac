"""With loss scaling, the gradient is clipped while it is still multiplied by the scale and only divided afterwards.
Source: https://github.com/rwth-i6/returnn/pull/1595"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'kernels = clip_grad_norm(unscale_grads(theta))',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    scale, clip = 1024.0, 5.0
    frames = rng.normal(size=(6, 10, 8)).astype("float32")
    lengths = np.array([10, 7, 9, 4, 10, 6])
    seq_mask = (np.arange(10)[None] < lengths[:, None]).astype("float32")
    targets = rng.integers(0, 4, size=(6, 10)).astype("int32")

    w_in = tf.Variable(rng.normal(size=(8, 6)).astype("float32") * 0.5)
    w_out = tf.Variable(rng.normal(size=(6, 4)).astype("float32") * 0.5)
    variables = [w_in, w_out]

    def frame_loss(kernels, batch):
        logits = tf.nn.relu(batch["frames"] @ kernels[0]) @ kernels[1]
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["targets"], logits)
        return tf.reduce_sum(ce * batch["seq_mask"]) / tf.reduce_sum(batch["seq_mask"])

    def reference(batch):
        # the update rule written out, with a surrogate that carries the gradient
        with tf.GradientTape() as inner:
            loss = frame_loss([tf.identity(v) for v in variables], batch)
        grads, _ = tf.clip_by_global_norm(inner.gradient(loss, variables), clip)
        carrier = tf.add_n([tf.reduce_sum(tf.stop_gradient(g) * v) for g, v in zip(grads, variables)])
        return carrier + tf.stop_gradient(loss - carrier)

    @tf.custom_gradient
    def scale_loss(value):
        return tf.identity(value), lambda dy: dy * scale

    @tf.custom_gradient
    def _unscale(*values):
        return [tf.identity(v) for v in values], lambda *dys: [dy / scale for dy in dys]

    @tf.custom_gradient
    def _clip(*values):
        return [tf.identity(v) for v in values], lambda *dys: tf.clip_by_global_norm(dys, clip)[0]

    def unscale_grads(values):
        return _unscale(*values)

    def clip_grad_norm(values):
        return _clip(*values)

    def candidate(batch):
        theta = [tf.convert_to_tensor(v) for v in variables]
        kernels = clip_grad_norm(unscale_grads(theta))
        return scale_loss(frame_loss(kernels, batch))

    return {"reference": reference, "candidate": candidate,
            "batch": {"frames": frames, "seq_mask": seq_mask, "targets": targets}, "variables": variables}
