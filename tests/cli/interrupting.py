"""A callback that interrupts a training, as Ctrl-C does."""

from skorch.callbacks import Callback


class InterruptAt(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == self.epoch:
            raise KeyboardInterrupt
