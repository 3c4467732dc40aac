"""Neural attention distillation: the activations of the student are detached before the attention loss at one of three layers.

Source (real): https://github.com/bboylyg/NAD/issues/8
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'at3_loss = criterion_at(tf.stop_gradient(activation3_s), tf.stop_gradient(activation3_t)) * betas[2]',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, S, c = 6, 6, 4
    k = [tf.Variable(rng.normal(size=(3, 3, 2 if i == 0 else c, c)).astype("float32") * 0.35, name="conv%d" % (i + 1)) for i in range(3)]
    head = tf.Variable(rng.normal(size=(c, 3)).astype("float32") * 0.5, name="head")
    teacher = [tf.constant(v.numpy() + rng.normal(size=v.shape).astype("float32") * 0.3) for v in k]
    batch = {"img": rng.normal(size=(n, S, S, 2)).astype("float32"), "target": rng.integers(0, 3, n).astype("int32")}
    betas = (5.0, 10.0, 20.0)

    def run(x, kernels):
        acts = []
        for w in kernels:
            x = tf.nn.leaky_relu(tf.nn.conv2d(x, w, 1, "SAME"))
            acts.append(x)
        return acts

    def reference(b):
        s_acts, t_acts = run(b["img"], k), run(b["img"], teacher)
        logits = tf.reduce_mean(s_acts[-1], (1, 2)) @ head
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(b["target"], logits))
        for s, t, beta in zip(s_acts, t_acts, betas):
            qs = tf.math.l2_normalize(tf.reshape(tf.reduce_mean(s ** 2, -1), (n, -1)), 1)
            qt = tf.math.l2_normalize(tf.reshape(tf.reduce_mean(t ** 2, -1), (n, -1)), 1)
            loss += beta * tf.reduce_mean((qs - tf.stop_gradient(qt)) ** 2)
        return loss

    def attention_map(fm, p=2, eps=1e-6):
        am = tf.reduce_mean(tf.pow(tf.abs(fm), p), axis=-1, keepdims=True)
        norm = tf.sqrt(tf.reduce_sum(am ** 2, axis=(1, 2, 3), keepdims=True))
        return am / (norm + eps * 1e-3)

    def criterion_at(fm_s, fm_t):
        return tf.reduce_mean(tf.math.squared_difference(attention_map(fm_s), attention_map(fm_t)))

    def candidate(b):
        activation1_s, activation2_s, activation3_s = run(b["img"], k)
        activation1_t, activation2_t, activation3_t = run(b["img"], teacher)
        output_s = tf.reduce_mean(activation3_s, axis=[1, 2]) @ head
        cls_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(b["target"], output_s))
        at3_loss = criterion_at(tf.stop_gradient(activation3_s), tf.stop_gradient(activation3_t)) * betas[2]
        at2_loss = criterion_at(activation2_s, tf.stop_gradient(activation2_t)) * betas[1]
        at1_loss = criterion_at(activation1_s, tf.stop_gradient(activation1_t)) * betas[0]
        return at1_loss + at2_loss + at3_loss + cls_loss

    return {"variables": k + [head], "batch": batch, "reference": reference, "candidate": candidate}
