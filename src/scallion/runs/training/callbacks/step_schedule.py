"""The callback that sets the learning rate of each step and stops after the last one."""

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.runs.training.preparation import PreparedRun


class StepSchedule(Callback):
    """Follows a step plan: changes the learning-rate schedule with it, and stops at its end.

    The last step may be in the middle of an epoch.
    """

    def __init__(self, prepared: PreparedRun) -> None:
        super().__init__()
        self.steps = prepared.steps
        self.images, self.batch_size = len(prepared.splits.train), prepared.batch_size
        self.steps_per_epoch = prepared.steps_per_epoch
        self._recipe, self._peak = prepared.recipe, prepared.learning_rate
        self._frozen_steps = prepared.frozen_steps
        self._planned = 0

    @property
    def epochs(self) -> int:
        """The number of epochs; the last one may be partial."""
        return -(-self.steps.count // self.steps_per_epoch)

    @property
    def max_epochs(self) -> int:
        """The number of epochs that the plan may grow to."""
        return self.epochs

    @property
    def images_seen(self) -> int:
        """The number of images in all steps, each counted every time that it is used."""
        epochs, rest = divmod(self.steps.count, self.steps_per_epoch)
        return epochs * self.images + rest * self.batch_size

    @property
    def done(self) -> int:
        """The number of steps that are done, those that a frozen stage counts as included."""
        return self.model.optimizer.batches_seen + self._frozen_steps

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget the plan of a previous training."""
        self._planned = 0

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Change the schedule if the plan changed, and stop training with the last step."""
        planned = self.steps.planned_at(self.done)
        if planned != self._planned:
            self._planned = planned
            steps = max(1, planned - self._frozen_steps)
            self.model.optimizer.learning_rate = self._recipe.learning_rate_for(steps, self._peak)
        if self.done + 1 >= self.steps.count:
            self.model.stop_training = True
