"""SPADE / SEAN GAN: the hinge loss of the discriminator is written as -mean(min(x - 1, 0)); the thread claims that it cuts the gradient.

Source (real): https://github.com/ZPdesu/SEAN/issues/51 (PyTorch, ported; no reply in the thread).
Right answer: EQUIVALENT to mean(relu(1 - x)); only scores beyond the margin have no gradient, as is intended.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, patches, d, hid = 20, 5, 6, 4
    num_D = 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = [tf.Variable(0.7 * arr(d, hid), name=f"netD{k}_conv") for k in range(num_D)]
    w2 = [tf.Variable(0.9 * arr(hid), name=f"netD{k}_out") for k in range(num_D)]
    batch = {"real": arr(n, patches, d) + 0.4, "fake": arr(n, patches, d) - 0.4}

    def netD(k, x):
        return tf.linalg.matvec(tf.nn.leaky_relu(x @ w1[k], 0.2), w2[k])

    def reference(b):
        total = 0.0
        for k in range(num_D):
            total += tf.reduce_mean(tf.nn.relu(1.0 - netD(k, b["real"])))
            total += tf.reduce_mean(tf.nn.relu(1.0 + netD(k, b["fake"])))
        return total / num_D

    def candidate(b):
        class GANLoss:
            zero_tensor = None

            def get_zero_tensor(self, input):
                if self.zero_tensor is None:
                    self.zero_tensor = tf.zeros([1], input.dtype)
                return tf.broadcast_to(self.zero_tensor, input.shape)

            def loss(self, input, target_is_real, for_discriminator=True):
                if for_discriminator:
                    if target_is_real:
                        minval = tf.minimum(input - 1, self.get_zero_tensor(input))
                        return -tf.reduce_mean(minval)
                    minval = tf.minimum(-input - 1, self.get_zero_tensor(input))
                    return -tf.reduce_mean(minval)
                return -tf.reduce_mean(input)

            def __call__(self, input, target_is_real, for_discriminator=True):
                loss = 0
                for pred_i in input:
                    loss_tensor = self.loss(pred_i, target_is_real, for_discriminator)
                    new_loss = tf.reduce_mean(tf.reshape(loss_tensor, [1, -1]), axis=1)
                    loss += new_loss
                return loss / len(input)

        # fake and real go through the discriminators in one batch
        fake_and_real = tf.concat([b["fake"], b["real"]], axis=0)
        outs = [netD(k, fake_and_real) for k in range(num_D)]
        pred_fake = [o[: o.shape[0] // 2] for o in outs]
        pred_real = [o[o.shape[0] // 2 :] for o in outs]
        criterionGAN = GANLoss()
        D_losses = {"D_Fake": criterionGAN(pred_fake, False), "D_real": criterionGAN(pred_real, True)}
        return tf.reduce_mean(tf.add_n(list(D_losses.values())))

    return {"variables": w1 + w2, "batch": batch, "reference": reference, "candidate": candidate}
