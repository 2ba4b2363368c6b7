"""Leads a training along its steps, to the last."""

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.runs.training.preparation import PreparedRun


class StepSchedule(Callback):
    """Turns the learning rate's schedule where the steps turn, and ends the training with the last,
    which may be in the middle of an epoch.
    """

    def __init__(self, prepared: PreparedRun) -> None:
        super().__init__()
        self.steps = prepared.steps
        self.images, self.batch_size = len(prepared.splits.train), prepared.batch_size
        self.an_epoch = prepared.steps_an_epoch
        self._recipe, self._rate = prepared.recipe, prepared.learning_rate
        self._planned = 0

    @property
    def epochs(self) -> int:
        """How many epochs there are, the last of which may be cut short."""
        return -(-self.steps.count // self.an_epoch)

    @property
    def most_epochs(self) -> int:
        """How many epochs there may come to be."""
        return self.epochs

    @property
    def images_seen(self) -> int:
        """How many images the whole training sees, each counted as often as it comes."""
        epochs, rest = divmod(self.steps.count, self.an_epoch)
        return epochs * self.images + rest * self.batch_size

    @property
    def done(self) -> int:
        """How many updates were made."""
        return self.model.optimizer.batches_seen

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._planned = 0

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        planned = self.steps.planned(self.done)
        if planned != self._planned:
            self._planned = planned
            self.model.optimizer.learning_rate = self._recipe.learning_rate_for(planned, self._rate)
        if self.done + 1 >= self.steps.count:
            self.model.stop_training = True
