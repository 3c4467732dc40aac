"""Wrong: the identity term compares a translated image of the other domain instead of the same domain's image.

Source (real): https://github.com/torchgan/torchgan/issues/125
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_identity = 0.5 * (l1(fake_a, image_a) + l1(fake_b, image_b))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    D = 6
    wab = tf.Variable((np.eye(D) + rng.normal(0, 0.3, (D, D))).astype("float32"), name="gen_a2b")
    wba = tf.Variable((np.eye(D) + rng.normal(0, 0.3, (D, D))).astype("float32"), name="gen_b2a")
    da = tf.Variable(rng.normal(0, 0.4, (D, 1)).astype("float32"), name="dis_a")
    db = tf.Variable(rng.normal(0, 0.4, (D, 1)).astype("float32"), name="dis_b")
    n = 10
    batch = {
        "a": rng.normal(size=(n, D)).astype("float32"),
        "b": rng.normal(0.5, 1.2, size=(n, D)).astype("float32"),
    }

    def gen_a2b(x):
        return tf.tanh(x @ wab) * 2.0

    def gen_b2a(x):
        return tf.tanh(x @ wba) * 2.0

    def l1(x, y):
        return tf.reduce_mean(tf.abs(x - y))

    def lsgan(x, w):
        return tf.reduce_mean((x @ w - 1.0) ** 2)

    def reference(b):
        fb, fa = gen_a2b(b["a"]), gen_b2a(b["b"])
        adv = 0.5 * (lsgan(fb, db) + lsgan(fa, da))
        cyc = 0.5 * (l1(gen_b2a(fb), b["a"]) + l1(gen_a2b(fa), b["b"]))
        idt = 0.5 * (l1(gen_b2a(b["a"]), b["a"]) + l1(gen_a2b(b["b"]), b["b"]))
        return adv + 10.0 * cyc + 5.0 * idt

    def candidate(b):
        image_a, image_b = b["a"], b["b"]
        fake_b = gen_a2b(image_a)
        fake_a = gen_b2a(image_b)
        loss_identity = 0.5 * (l1(fake_a, image_a) + l1(fake_b, image_b))
        loss_gan = 0.5 * (lsgan(fake_b, db) + lsgan(fake_a, da))
        loss_cycle_a = l1(gen_b2a(fake_b), image_a)
        loss_cycle_b = l1(gen_a2b(fake_a), image_b)
        return loss_gan + 5.0 * (loss_cycle_a + loss_cycle_b) + 5.0 * loss_identity

    return {"variables": [wab, wba, da, db], "batch": batch, "reference": reference, "candidate": candidate}
